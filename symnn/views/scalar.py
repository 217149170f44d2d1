"""The scalar view: every equation written out for all values of its indices.

z[j] = Sum(W[j, k]*x[k], k)   →   z₁ = w₁₁ x₁ + w₁₂ x₂,   z₂ = w₂₁ x₁ + w₂₂ x₂
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Add, Expr, Idx, Integer, KroneckerDelta, Max, Symbol, exp, lambdify, log
from sympy.core.basic import Basic

from symnn.errors import ProgramError
from symnn.language import (
    Entry,
    Equation,
    LogSumExp,
    MatrixOperation,
    Maximum,
    Tensor,
    Within,
    body_and_bound,
    entries,
    free_indices,
    is_binder,
    rebuild,
    size_of,
    transform,
)
from symnn.views.evaluation import elementary
from symnn.views.small_matrices import written_out

LARGEST = 400
"""The largest number of scalar equations that is written out."""


@dataclass(frozen=True)
class ScalarEquation:
    """One scalar equation: an entry with whole-number indices (from 0), and an expression without sums."""

    left: Entry
    right: Expr


def scalar_equations(program: Iterable[Equation], largest: int = LARGEST) -> tuple[ScalarEquation, ...]:
    """Return every equation of a program for every value of its indices.

    >>> from sympy import Sum
    >>> from symnn.language import index, tensor
    >>> j, k = index("j", 1), index("k", 2)
    >>> W, x, z = tensor("W", (1, 2)), tensor("x", 2), tensor("z", 1)
    >>> scalar_equations([Equation(z[j], Sum(W[j, k] * x[k], k))])[0].right
    W[0, 0]*x[0] + W[0, 1]*x[1]

    Raises:
        ProgramError: if a size is symbolic, or if there would be more than `largest` equations.
    """
    equations = tuple(program)
    count = sum(math.prod(map(_length, equation.indices), start=1) for equation in equations)
    if count > largest:
        raise ProgramError(
            f"the scalar view would have {count:,} equations (at most {largest}): use the index view instead"
        )
    return tuple(scalar for equation in equations for scalar in _written_out(equation))


def evaluate_scalar(equations: Iterable[ScalarEquation], values: Mapping[str, Any]) -> dict[Entry, Any]:
    """Return the value of every left side of scalar equations, in order.

    Args:
        equations: as from `scalar_equations`.
        values: an array for each tensor that is used and not defined, and a number for each size, by name.
    """
    known: dict[Entry, Any] = {}
    for equation in equations:
        right = _looked_up(elementary(equation.right), values)
        used = sorted(entries(right), key=str)
        free = sorted((s for s in right.free_symbols if isinstance(s, Symbol) and s.name in values), key=str)
        stand_ins = {entry: Symbol(f"v{n}", real=True) for n, entry in enumerate(used)}
        call = lambdify([*stand_ins.values(), *free], right.xreplace(stand_ins), modules=[{"Step": _step}, "mpmath"])
        given = [known[e] if e in known else _value(values, e) for e in used]
        known[equation.left] = call(*given, *(values[s.name] for s in free))
    return known


def _written_out(equation: Equation) -> Iterator[ScalarEquation]:
    for place in _values(equation.indices):
        left = equation.tensor[tuple(place[i] for i in equation.indices)]
        if isinstance(equation.right, MatrixOperation):
            own = tuple(int(place[i]) for i in equation.indices if i not in free_indices(equation.right))
            yield ScalarEquation(left, written_out(equation.right, _matrix(equation.right, place), own))
        else:
            yield ScalarEquation(left, _expand(equation.right, place))


def _matrix(operation: MatrixOperation, place: Mapping[Idx, Integer]) -> list[list[Any]]:
    """Return the entries of the matrix that an operation is of."""
    row, column = operation.bound
    return [
        [_expand(operation.body, {**place, **at_row, **at_column}) for at_column in _values([column])]
        for at_row in _values([row])
    ]


def _values(indices: Iterable[Idx]) -> Iterator[dict[Idx, Integer]]:
    """Go through all values of some indices."""
    given = tuple(indices)
    for numbers in itertools.product(*(range(_length(i)) for i in given)):
        yield {i: Integer(number) for i, number in zip(given, numbers, strict=True)}


def _length(an_index: Idx) -> int:
    size = size_of(an_index)
    if not size.is_Integer:
        raise ProgramError(
            f"the scalar view needs sizes that are numbers, and the size '{size}' is a symbol: "
            "use the index view instead"
        )
    return int(size)


def _expand(expression: Basic, place: Mapping[Idx, Integer]) -> Any:
    """Return the expression at a place, with its sums written out."""
    if isinstance(expression, Idx):
        return place.get(expression, expression)
    if isinstance(expression, Tensor) or not expression.args:
        return expression
    if isinstance(expression, Within):
        inside, size = (_expand(part, place) for part in expression.args)
        return Integer(int(bool(0 <= inside < size)))
    if isinstance(expression, MatrixOperation):
        return written_out(expression, _matrix(expression, place), ())
    if is_binder(expression):
        body, bound = body_and_bound(expression)
        parts = [_expand(body, {**place, **values}) for values in _values(bound)]
        if isinstance(expression, LogSumExp):
            return log(Add(*(exp(part) for part in parts)))
        return Max(*parts) if isinstance(expression, Maximum) else Add(*parts)
    return rebuild(expression, [_expand(part, place) for part in expression.args])


def _looked_up(expression: Expr, values: Mapping[str, Any]) -> Any:
    """Return the expression with what is found by an entry, E[t[0], 1], found."""

    def change(part: Basic) -> Basic | None:
        if isinstance(part, KroneckerDelta) and entries(part):
            return KroneckerDelta(*(_whole(side, values) for side in part.args))
        if isinstance(part, Entry) and any(isinstance(place, Entry) for place in part.indices):
            return part.base[tuple(_whole(place, values) for place in part.indices)]
        return None

    return transform(expression, change)


def _whole(place: Expr, values: Mapping[str, Any]) -> Expr:
    return Integer(int(_value(values, place))) if isinstance(place, Entry) else place


def _value(values: Mapping[str, Any], entry: Entry) -> Any:
    if entry.base.name not in values:
        raise ProgramError(f"no value for '{entry.base.name}' (given: {', '.join(values) or 'nothing'})")
    return np.asarray(values[entry.base.name])[tuple(int(i) for i in entry.indices)]


def _step(number: Any) -> int:
    return int(number > 0)
