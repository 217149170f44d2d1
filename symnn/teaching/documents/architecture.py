"""What a network is, in a sentence or two: how many inputs, which layers, which cost, how many parameters.

    Two inputs, a hidden layer of 3 units (sigmoid), and one output (sigmoid). …
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import sympify

from symnn.networks import Dense, Network
from symnn.teaching.documents.escaping import escaped
from symnn.writing.expressions import ExpressionWriter
from symnn.writing.scope import Scope

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def architecture(network: Network, writer: ExpressionWriter) -> str:
    """Return sentences on a network, as LaTeX."""
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    first = _perceptron(network, writer) if len(dense) == len(network.layers) else _layers(network, writer)
    cost = "" if network.cost is None else f" The cost is {_cost(network)}."
    return f"{first}{cost}"


def _perceptron(network: Network, writer: ExpressionWriter) -> str:
    """A sentence on a network of dense layers."""
    *hidden, last = network.layers
    names = network.activations
    said = [_counted(network.layers[0].inputs, "input", writer)]
    for place, layer in enumerate(hidden):
        units = _counted(layer.outputs, "unit", writer)
        said.append(f"a hidden layer of {units} ({_named(names[place])})")
    said.append(f"{_counted(last.outputs, 'output', writer)} ({_named(names[-1])})")
    listed = f"{', '.join(said[:-1])} and {said[-1]}" if len(said) < 3 else f"{', '.join(said[:-1])}, and {said[-1]}"
    return f"The network has {listed}."


def _layers(network: Network, writer: ExpressionWriter) -> str:
    """A sentence on a network with other layers: what goes through which."""
    said = []
    for layer, name in zip(network.layers, network.activations, strict=True):
        kind = f"dense ({_named(name)})" if isinstance(layer, Dense) else rf"\textsf{{{escaped(name)}}}"
        said.append(f"{kind} to {_shape(layer.outputs, writer)}")
    count = len(said)
    number = _WORDS[count] if count < len(_WORDS) else str(count)
    lead = f"An input of {_shape(network.layers[0].inputs, writer)} goes through"
    return f"{lead} {number} layer{'s' if count > 1 else ''}: {', then '.join(said)}."


def _cost(network: Network) -> str:
    name = str(network.cost)
    plain = name.replace("_", " ")
    words = f"the {escaped(plain)} cost" if name.replace("_", "").isalpha() and len(name) > 1 else escaped(name)
    also = [f"{kind} {value}" for kind, value in (("L1", network.l1), ("L2", network.l2)) if value != 0]
    penalty = f", with the penalt{'ies' if len(also) > 1 else 'y'} {escaped(' and '.join(also))} on the weights"
    return words + (penalty if also else "")


def _named(name: str) -> str:
    return escaped(str(name).replace("_", " "))


def _counted(size: Any, word: str, writer: ExpressionWriter) -> str:
    """Return two inputs, 784 inputs or n₀ inputs."""
    number = sympify(size)
    plural = word if number == 1 else f"{word}s"
    if number.is_Integer and int(number) < len(_WORDS):
        return f"{_WORDS[int(number)]} {plural}"
    return f"{_size(number, writer)} {plural}"


def _shape(size: Any, writer: ExpressionWriter) -> str:
    sizes = size if isinstance(size, Sequence) and not isinstance(size, str) else (size,)
    return r" $\times$ ".join(_size(sympify(one), writer) for one in sizes)


def _size(size: Any, writer: ExpressionWriter) -> str:
    return f"${writer.piece(size, Scope()).text}$"
