"""The layers that a file of equations may call by name: h = LayerNorm(x), o = TransformerBlock(h, heads=4).

The first argument says what a layer is applied to, and so the shape of its input; the options are those
of the class.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


Written = tuple[Layer, dict[str, str]]
"""A layer, and its parameters' full names by its own names."""


@dataclass(frozen=True)
class _Call:
    """A layer's name in a file of equations: calling it writes the layer out, and keeps it in `written`, if that is."""

    word: str
    make: Callable[..., Layer]
    written: list[Written] | None = None

    def __call__(self, inputs: Tensor, options: Mapping[str, Any], suffix: str) -> tuple[list[Equation], str]:
        self._check(options)
        shape = inputs.shape[1:] if inputs.rank and inputs.shape[0] == examples else inputs.shape
        sizes = tuple(map(_plain, shape))
        layer = self.make(sizes[0] if len(sizes) == 1 else sizes, **{name: _plain(v) for name, v in options.items()})
        equations = placed(layer, inputs, dict(layer.shared), suffix)
        if self.written is not None:
            used = [name for name, tensor in Program(equations).inputs.items() if tensor.role == "parameter"]
            self.written.append((layer, {name.removesuffix(suffix): name for name in used if name.endswith(suffix)}))
        return equations, equations[-1].tensor.name

    @property
    def options(self) -> dict[str, bool]:
        """The options by name: whether each is needed."""
        taken = dict(inspect.signature(self.make).parameters)
        if self.word in _CELLS:
            # What unrolls a cell hands on whatever the cell takes.
            taken |= inspect.signature(_CELLS[self.word]).parameters
        named = {n: p for n, p in taken.items() if n != "inputs" and p.kind is not p.VAR_KEYWORD}
        return {name: parameter.default is parameter.empty for name, parameter in named.items()}

    def _check(self, options: Mapping[str, Any]) -> None:
        for name in options:
            if name not in self.options:
                raise InputError(f"{self.word} has no option '{name}'{suggest(name, self.options)}")
        missing = [name for name, needed in self.options.items() if needed and name not in options]
        if missing:
            raise InputError(f"{self.word} needs the option {missing[0]}, as in {self.word}(x, {missing[0]}=…)")


def _plain(value: Any) -> Any:
    """Return whole numbers and truth values as Python's, which constructors check."""
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if isinstance(value, Integer):
        return int(value)
    if isinstance(value, Rational):
        return value
    return value.name if isinstance(value, Tensor) else value


def parse_program(text: str, source: str = "equations", letters: bool = False) -> Program:
    """Return the program that a text of equations writes, with the layers of symnn.networks by their names.

    Args:
        text: see `symnn.language.parse_program`.
        source: the file's name, for errors.
        letters: whether a hyperparameter with a value keeps its letter in the equations.

    >>> print(parse_program("input x: 3\\nh = LayerNorm(x)")["mu_h"])
    mu_h = Sum(x[k], k)/3

    Raises:
        ParseError, ShapeError: with source, line and column; see `symnn.language.parse_program`.
    """
    return _parse_program(text, source, LAYERS, letters)


def layers_in(text: str, source: str = "equations") -> list[Written]:
    """Return the layers that a text of equations calls by name, each with its parameters' names, own and full.

    >>> [names for _, names in layers_in("input x: 3\\nh = LayerNorm(x)")]
    [{'beta': 'beta_h', 'gamma': 'gamma_h'}]
    """
    written: list[Written] = []
    _parse_program(text, source, {word: _Call(word, make, written) for word, make in MAKERS.items()})
    return written


LAYERS: dict[str, LayerCall] = {word: _Call(word, make) for word, make in MAKERS.items()}
"""The table that `symnn.language.parse_program` takes."""
