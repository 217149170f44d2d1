"""The layers that a file of equations may call by name: h = LayerNorm(x), o = TransformerBlock(h, heads=4).

The first argument says what a layer is applied to, and so the shape of its input; the options are those
of the class.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from sympy import Integer, Rational

from symnn.errors import InputError, suggest
from symnn.language import Equation, Program, Tensor, examples
from symnn.language import parse_program as _parse_program
from symnn.language.layer_calls import LayerCall
from symnn.networks.attention import Attention, MultiHeadAttention
from symnn.networks.blocks import FeedForward, TransformerBlock
from symnn.networks.composing import placed
from symnn.networks.convolution import Convolution1d, Convolution2d
from symnn.networks.dropout import Dropout
from symnn.networks.embedding import Embedding
from symnn.networks.layers import Dense, Layer
from symnn.networks.normalization import BatchNorm, LayerNorm, RMSNorm
from symnn.networks.pooling import AveragePooling1d, AveragePooling2d, MaxPooling1d, MaxPooling2d
from symnn.networks.recurrent import Cell, GRUCell, LSTMCell, RecurrentCell
from symnn.networks.unrolling import unroll

_CLASSES: tuple[type[Layer], ...] = (
    Attention,
    AveragePooling1d,
    AveragePooling2d,
    BatchNorm,
    Convolution1d,
    Convolution2d,
    Dense,
    Dropout,
    FeedForward,
    LayerNorm,
    MaxPooling1d,
    MaxPooling2d,
    MultiHeadAttention,
    RMSNorm,
    TransformerBlock,
)
_CELLS: dict[str, Callable[..., Cell]] = {"GRU": GRUCell, "LSTM": LSTMCell, "Recurrent": RecurrentCell}


def _embedding(inputs: Any, vocabulary: Any, width: Any) -> Layer:
    return Embedding(vocabulary, width, inputs)


def _unrolled(make: Callable[..., Cell], word: str) -> Callable[..., Layer]:
    """Return what makes a cell and unrolls it over the first axis of its input."""

    def made(inputs: Any, *, outputs: Any, which: str = "last", **options: Any) -> Layer:
        if not isinstance(inputs, tuple) or len(inputs) != 2 or not isinstance(inputs[0], int):
            raise InputError(f"{word} goes through the steps of its input: of shape steps × width, steps a number")
        return unroll(make(inputs[1], outputs, **options), inputs[0], which)

    return made


MAKERS: dict[str, Callable[..., Layer]] = {
    **{kind.__name__: kind for kind in _CLASSES},
    "Embedding": _embedding,
    **{word: _unrolled(make, word) for word, make in _CELLS.items()},
}
"""What makes each layer, of the shape of its input and its options."""


def _call(word: str, make: Callable[..., Layer]) -> LayerCall:
    def written_out(
        inputs: Tensor, options: Mapping[str, Any], suffix: str
    ) -> tuple[list[Equation], str]:
        _check_options(word, make, options)
        shape = inputs.shape[1:] if inputs.rank and inputs.shape[0] == examples else inputs.shape
        sizes = tuple(map(_plain, shape))
        layer = make(sizes[0] if len(sizes) == 1 else sizes, **{name: _plain(v) for name, v in options.items()})
        equations = placed(layer, inputs, dict(layer.shared), suffix)
        return equations, equations[-1].tensor.name

    return written_out


def _check_options(word: str, make: Callable[..., Layer], options: Mapping[str, Any]) -> None:
    known = {n: p for n, p in inspect.signature(make).parameters.items() if n != "inputs"}
    if any(p.kind is p.VAR_KEYWORD for p in known.values()):
        known |= {"activation": inspect.Parameter("activation", inspect.Parameter.KEYWORD_ONLY, default=None)}
    for name in options:
        if name not in known:
            raise InputError(f"{word} has no option '{name}'{suggest(name, known)}")
    missing = [n for n, p in known.items() if p.default is p.empty and n not in options and p.kind is not p.VAR_KEYWORD]
    if missing:
        raise InputError(f"{word} needs the option {missing[0]}, as in {word}(x, {missing[0]}=…)")


def _plain(value: Any) -> Any:
    """Return whole numbers and truth values as Python's, which constructors check."""
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if isinstance(value, Integer):
        return int(value)
    if isinstance(value, Rational):
        return value
    return value.name if isinstance(value, Tensor) else value


def parse_program(text: str, source: str = "equations") -> Program:
    """Return the program that a text of equations writes, with the layers of symnn.networks by their names.

    >>> print(parse_program("input x: 3\nh = LayerNorm(x)")["mu_h"])
    mu_h = Sum(x[k], k)/3

    Raises:
        ParseError, ShapeError: with source, line and column; see `symnn.language.parse_program`.
    """
    return _parse_program(text, source, LAYERS)


LAYERS: dict[str, LayerCall] = {word: _call(word, make) for word, make in MAKERS.items()}
"""The table that `symnn.language.parse_program` takes."""
