"""What is drawn: an architecture, a network or a saved model is read as columns of nodes or as a chain of boxes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Tuple

from symnn.errors import InputError, ShapeError, suggest
from symnn.language import parse_architecture
from symnn.networks import Dense, Network, ProgramNetwork, mlp
from symnn.networks.unrolling import Unrolled
from symnn.teaching.pictures.chain import Link
from symnn.teaching.pictures.columns import Column
from symnn.training import Model

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Subject:
    """A network as it is to be drawn.

    Attributes:
        title: such as 3-4-2.
        columns: its layers where all are dense, else nothing.
        chain: its layers as boxes, where not all are dense.
        input_shape: of the chain.
        targets, cost: what the output should have been, and the cost, where they are known.
    """

    title: str
    columns: tuple[Column, ...] = ()
    chain: tuple[Link, ...] = ()
    input_shape: str = ""
    targets: Array | None = None
    cost: float | None = None
    values: Mapping[str, Array] = field(default_factory=dict)


def subject_of(given: Any, values: Mapping[str, Any] | None = None) -> Subject:
    """Return what is to be drawn.

    Args:
        given: a text such as 3-4-2, a network, or a model (with its parameters).
        values: arrays by name: parameters, x and y; a model's own parameters need not be given.

    Raises:
        InputError, ShapeError: for what is no network, and for values that it does not have.
    """
    if isinstance(given, str) and parse_architecture(given).general:
        _refuse(values, "a network of any number of layers")
        return Subject(given, _general(given))
    if isinstance(given, Model):
        own = {**given.parameters, **(values or {})}
        if "x" in own:
            own["x"] = given.scaling.apply(np.atleast_1d(np.asarray(own["x"], dtype=float)))
        return subject_of(given.network, own)
    net = mlp(given) if isinstance(given, str) else given
    if not isinstance(net, Network):
        raise InputError(f"cannot draw {given!r} (accepted: an architecture such as 3-4-2, a network, a saved model)")
    if not _is_fans(net):
        return Subject(_title(net), (), _chain(net), _shape(net.layers[0].inputs))
    found = _values(net, values or {})
    return Subject(_title(net), _columns(net, found), targets=found.get("y"), cost=_cost(found), values=found)


def _is_fans(net: Network) -> bool:
    """Whether every layer is a fan of lines between two columns."""
    return all(isinstance(layer, Dense) and not isinstance(layer.inputs, tuple | list) for layer in net.layers)


def _title(net: Network) -> str:
    return net.title.split(" · ")[0]


def _columns(net: Network, found: Mapping[str, Array]) -> tuple[Column, ...]:
    columns = [Column(0, _size(net.layers[0].inputs), a=found.get("x"))]
    for number, layer in enumerate(net.layers, 1):
        assert isinstance(layer, Dense)
        weights, biases = layer.shared.get("W", f"W{number}"), layer.shared.get("b", f"b{number}")
        turned = layer.weights == "inputs,outputs"
        W = found.get(weights)
        columns.append(
            Column(
                number, _size(layer.outputs), layer.activation.name.replace("_", " "), weights, biases, turned,
                W.T if W is not None and turned else W, found.get(biases), found.get(f"a{number}"),
            )
        )  # fmt: skip
    return tuple(columns)


def _size(given: Any) -> Any:
    return int(given) if isinstance(given, int) or given.is_Integer else given


def _general(text: str) -> tuple[Column, ...]:
    """Return the columns 0, 1 and L of a network of any number of layers."""
    letter = text.strip().partition("0")[0].rstrip("_")
    first = Column(0, f"{letter}0")
    return (first, *(Column(n, f"{letter}{n}", "", f"W{n}", f"b{n}") for n in (1, "L")))


def _chain(net: Network) -> tuple[Link, ...]:
    if isinstance(net, ProgramNetwork):
        program = net.program
        listed = [f"{name} {_shape(shape)}" for name, shape in net.parameters.items()]
        shown = ", ".join(listed) if len(listed) <= 3 else f"{len(listed)} parameters"
        names = tuple(program.tensors)
        return (Link((net.name, shown), _shape(program.find(net.output).shape), names),)
    links = []
    for number, layer in enumerate(net.layers, 1):
        own = tuple(net._built.owners[number - 1])
        count = sum(math.prod(net.parameters[name]) for name in own)
        said = [_name_of(layer)]
        if isinstance(layer, Dense):
            said.append(layer.activation.name.replace("_", " "))
        if own:
            said.append(f"{_number(count)} parameter" + "s" * (count != 1))
        links.append(Link(tuple(said), _shape(layer.outputs if layer.outputs is not None else ()), own))
    return tuple(links)


def _name_of(layer: Any) -> str:
    if isinstance(layer, Unrolled):
        return f"{type(layer.cell).__name__}, {layer.steps} steps"
    return type(layer).__name__


def _number(count: Any) -> str:
    return f"{count:,}" if isinstance(count, int) else str(count)


def _shape(shape: Any) -> str:
    # A tensor's shape is a Tuple of SymPy's, which is no sequence of Python's.
    sizes = shape if isinstance(shape, Sequence | Tuple) and not isinstance(shape, str) else (shape,)
    return " × ".join(str(size) for size in sizes)


def _values(net: Network, given: Mapping[str, Any]) -> dict[str, Array]:
    """Return the values of all tensors that are given, or follow from those that are.

    The activations follow where all parameters and x are known; the cost, where y is as well.
    """
    if not given:
        return {}
    program = net.program
    shapes: dict[str, Any] = dict(net.parameters) | {"x": (program.find("x").shape), "y": None}
    if "y" in program.inputs:
        shapes["y"] = program.find("y").shape
    for name in given:
        if name not in shapes or shapes[name] is None:
            raise InputError(f"unknown name '{name}' among the values{suggest(name, [n for n in shapes if shapes[n]])}")
    found = {name: _shaped(name, value, shapes[name]) for name, value in given.items()}
    if all(name in found for name in (*net.parameters, "x")):
        parameters = {name: found[name] for name in net.parameters}
        with np.errstate(all="ignore"):
            made = net.evaluate(parameters, found["x"], found.get("y"))
        found |= {name: np.asarray(value) for name, value in made.items()}
    return found


def _shaped(name: str, value: Any, shape: tuple[Any, ...]) -> Array:
    """Return an array of a shape; its numbers may also come in one row."""
    if not all(str(size).isdigit() for size in shape):
        raise InputError(f"sizes that are numbers are needed to draw values: '{name}' has {_shape(shape)}")
    wanted = tuple(int(size) for size in shape)
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"'{name}' is no array of numbers") from None
    in_a_row = array.ndim <= 1 and array.size == math.prod(wanted)
    as_column = array.shape == (*wanted, 1)
    if array.shape != wanted and not in_a_row and not as_column:
        given = f"{array.size} number" + "s" * (array.size != 1) if array.ndim < 2 else f"{_shape(array.shape)} numbers"
        raise ShapeError(
            f"'{name}' has {given}; {_shape(wanted)} {'number is' if wanted == (1,) else 'numbers are'} needed"
        )
    if not np.isfinite(array).all():
        raise InputError(f"'{name}' has a value that is not finite")
    return array.reshape(wanted)


def _cost(found: Mapping[str, Array]) -> float | None:
    return float(found["C"]) if "C" in found else None


def _refuse(values: Mapping[str, Any] | None, what: str) -> None:
    if values:
        raise InputError(f"values are for a network whose sizes are numbers, and this is {what}")
