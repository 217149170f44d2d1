"""Layers made of layers: one layer's equations under other names, ready to stand beside another's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from symnn.language import Entry, Equation, Program, Tensor, transform
from symnn.networks.layers import Array, Layer

Renaming = Callable[[str], str]


def renamed(equations: Sequence[Equation], rename: Renaming) -> list[Equation]:
    """Return equations with every tensor under the name that `rename` gives it.

    >>> from symnn.networks import Dense
    >>> from symnn.language import tensor
    >>> print(renamed(Dense(2, 3).equations(tensor("x", 2)), lambda name: name if name == "x" else f"{name}_1")[1])
    a_1[j] = sigmoid(z_1[j])
    """

    def change(part: object) -> object:
        if not isinstance(part, Entry):
            return None
        inside = [transform(e, change) for e in part.indices]
        return part.base.like(rename(part.base.name))[inside]

    return [Equation(change(e.left), transform(e.right, change)) for e in equations]


def placed(layer: Layer, inputs: Tensor, names: Mapping[str, str], suffix: str = "") -> list[Equation]:
    """Return a layer's equations on an input, its own names changed: those in `names`, and all others by a suffix."""

    standing_in = inputs.like("input_of_layer")  # a name that no layer has, whatever its input is called here

    def rename(name: str) -> str:
        return inputs.name if name == standing_in.name else names.get(name, f"{name}{suffix}")

    return renamed(layer.equations(standing_in), rename)


def free_name(equations: Sequence[Equation], wanted: Sequence[str]) -> str:
    """Return the first of the wanted names that names nothing in the equations (or the last with a number)."""
    program = Program(equations)
    found = (name for name in wanted if program.fresh_name(name) == name)
    return next(found, program.fresh_name(wanted[-1]))


def drawn_by(
    layer: Layer,
    names: Mapping[str, str],
    shapes: Mapping[str, tuple[int, ...]],
    generator: np.random.Generator,
    method: str | None,
) -> dict[str, Array]:
    """Return first values that a layer draws for its own parameters, under the names that they have here."""
    own = {name: shapes[here] for name, here in names.items() if here in shapes}
    return {names[name]: array for name, array in layer.initial_parameters(own, generator, method).items()}
