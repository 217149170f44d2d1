"""How steep the activations are: f'(z) of every equation a[…] = f(z[…]) of a network, at each example.

What an activation is is read off the equations, not the layers: an equation whose right side takes a single entry of
one tensor, with the very indices of the left side, and is not linear in it. It is a function of any number, and its
slope is bounded: 1/√v of a normalisation and exp z are none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import DiracDelta, Expr, Integer

from symnn.compiling import compile_program
from symnn.errors import CompileError
from symnn.language import Equation, Program, entries, examples, index, tensor
from symnn.training.examples import Examples

Array = NDArray[Any]

TINY = 0.01
"""A slope is tiny where it is less than this share of the activation's largest."""
_FAR, _PLACES = 30.0, 2001


@dataclass(frozen=True, eq=False)
class Slopes:
    """The slopes of one activation.

    Attributes:
        name: the tensor that the activation gives, such as a1.
        values: |f'(z)| over its largest value, (examples, units).
        one_sided: whether f is flat to one side alone, as relu is, so that a flat place switches a unit off.
    """

    name: str
    values: Array
    one_sided: bool

    @cached_property
    def tiny(self) -> Array:
        """Whether the slope is tiny, (examples, units)."""
        return self.values < TINY


@dataclass(frozen=True)
class _Shape:
    """The largest slope of an activation for z from −30 to 30, and to how many sides it is flat."""

    largest: float
    flat_sides: int


def slopes_of(net: Any, parameters: dict[str, Array], part: Examples) -> list[Slopes]:
    """Return the slopes of every activation that is flat somewhere, in order, the output's too."""
    program = net.gradient().batched.pruned(["C"])
    found = [(equation, slope) for equation in program if (slope := _slope(equation)) is not None]
    shapes = {equation.tensor.name: _shape(equation, slope) for equation, slope in found}
    kept = [(equation, slope) for equation, slope in found if shapes[equation.tensor.name].flat_sides]
    if not kept:
        return []
    named = {equation.tensor.name: program.fresh_name(f"slope_{equation.tensor.name}") for equation, _ in kept}
    more = [Equation(eq.tensor.like(named[eq.tensor.name])[eq.left.indices], slope) for eq, slope in kept]
    compiled = compile_program(program.extended(more).pruned(named.values()), tuple(named.values()), release=True)
    given = {"x": part.X, "y": part.Y, **part.beside, **parameters}
    with np.errstate(all="ignore"):
        values = compiled.raw(*[given[name] for name in compiled.arguments])
    result = []
    for name, value in zip(named, values, strict=True):
        steep = np.abs(np.asarray(value)).reshape(len(part), -1) / shapes[name].largest
        result.append(Slopes(name, steep, shapes[name].flat_sides == 1))
    return result


def _slope(equation: Equation) -> Expr | None:
    """Return f'(z) of an equation a[…] = f(z[…]), or None where it is none, or is linear."""
    used = set(entries(equation.right))
    if len(used) != 1 or examples not in equation.tensor.shape:
        return None
    (entry,) = used
    if tuple(entry.indices) != tuple(equation.left.indices):
        return None
    # The slope of sign z is 0 wherever there is one.
    slope = equation.right.diff(entry).replace(DiracDelta, lambda *_: Integer(0))
    return slope if entries(slope) else None


def _shape(equation: Equation, slope: Expr) -> _Shape:
    (entry,) = set(entries(equation.right))
    place = index("i", _PLACES)
    u, s = tensor("u", _PLACES, role="input"), tensor("s", _PLACES)
    program = Program([Equation(s[place], slope.xreplace({entry: u[place]}))])
    try:
        compiled = compile_program(program, ["s"])
    except CompileError:
        return _Shape(1.0, 0)
    with np.errstate(all="ignore"):
        found = np.abs(compiled(u=np.linspace(-_FAR, _FAR, _PLACES))["s"])
    largest, half = float(found.max()), _PLACES // 4
    if not (0 < largest < np.inf and largest < 2 * found[half:-half].max()):
        return _Shape(1.0, 0)
    return _Shape(largest, sum(bool(found[end] < TINY * largest) for end in (0, -1)))
