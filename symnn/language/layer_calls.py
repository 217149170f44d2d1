"""A layer that is called by name in a file of equations: its equations, with the output named as the caller wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sympy.core.basic import Basic

from symnn.errors import ProgramError
from symnn.language.equation import Equation
from symnn.language.expressions import transform
from symnn.language.tensors import Entry, Tensor

LayerCall = Callable[[Tensor, Mapping[str, Any], str], tuple[list[Equation], str]]
"""Of the tensor it is applied to, its options, and a suffix for its names: its equations, and its output's name."""


def expanded(layer: LayerCall, inputs: Tensor, options: Mapping[str, Any], name: str) -> list[Equation]:
    """Return a layer's equations, with its output renamed to `name`.

    Raises:
        ProgramError: where no equation defines the output.
    """
    equations, output = layer(inputs, options, f"_{name}")
    if output not in {equation.tensor.name for equation in equations}:
        raise ProgramError(f"no equation of the layer defines its output '{output}'")

    def rename(part: Basic) -> Basic | None:
        if not isinstance(part, Entry) or part.base.name != output:
            return None
        return part.base.like(name=name)[tuple(transform(index, rename) for index in part.indices)]

    return [Equation(transform(each.left, rename), transform(each.right, rename)) for each in equations]
