"""The axes of formulas, and how two of them become one.

An axis is a size (1, 3, n), an `Unknown` that unification finds, or a tuple of axes: the rows of
kron(A, B) are (rows of A, rows of B), and those of vec(X) are (columns of X, rows of X).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Integer, Mul, cancel

from symnn.language.tensors import same_size, sizes

ONE = Integer(1)

Axis = Any
"""A size, an `Unknown`, or a tuple of axes."""

Shape = tuple[Axis, Axis]
"""Rows and columns: a column vector has one column, a scalar one of each."""

SCALAR: Shape = (ONE, ONE)


@dataclass(frozen=True, eq=False)
class Unknown:
    """A size that is to be found. Only what takes its shape from around it may turn out to be 1."""

    may_be_one: bool = False


class Axes:
    """What is known of the unknown axes of one formula.

    Args:
        taken: names that no inferred size may have.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.found: dict[Unknown, Axis] = {}
        self.letters: dict[Unknown, Expr] = {}
        self.free_letters = _letters(set(taken))

    def resolve(self, axis: Axis) -> Axis:
        """Return what is known of an axis: a size, an unknown, or a flat tuple of these."""
        while isinstance(axis, Unknown) and axis in self.found:
            axis = self.found[axis]
        if not isinstance(axis, tuple):
            return axis
        flat: list[Axis] = []
        for part in map(self.resolve, axis):
            flat += part if isinstance(part, tuple) else [] if part == ONE else [part]
        return tuple(flat) if len(flat) > 1 else flat[0] if flat else ONE

    def is_one(self, axis: Axis) -> bool:
        return bool(self.resolve(axis) == ONE)

    def is_scalar(self, shape: Shape) -> bool:
        return self.is_one(shape[0]) and self.is_one(shape[1])

    def unify(self, one: Axis, other: Axis) -> bool:
        """Make two axes one, and return whether that is possible."""
        one, other = self.resolve(one), self.resolve(other)
        if one is other:
            return True
        if isinstance(one, Unknown) and (one.may_be_one or not isinstance(other, Unknown)):
            return self._learn(one, other)
        if isinstance(other, Unknown):
            return self._learn(other, one)
        if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
            before = dict(self.found)
            if all(self.unify(*pair) for pair in zip(one, other, strict=True)):
                return True
            self.found = before
        return self._same_total(one, other)

    def unify_shapes(self, one: Shape, other: Shape) -> bool:
        return self.unify(one[0], other[0]) and self.unify(one[1], other[1])

    def _learn(self, unknown: Unknown, axis: Axis) -> bool:
        if isinstance(axis, tuple) and unknown in axis:
            return False
        if axis == ONE and not unknown.may_be_one:
            return False
        self.found[unknown] = axis
        return True

    def _same_total(self, one: Axis, other: Axis) -> bool:
        """Whether a grouped axis has the size of another; one unknown in it is found from that."""
        parts = [list(axis) if isinstance(axis, tuple) else [axis] for axis in (one, other)]
        unknown = [(side, part) for side in (0, 1) for part in parts[side] if isinstance(part, Unknown)]
        known = [Mul(*(part for part in side if not isinstance(part, Unknown))) for side in parts]
        if not unknown:
            return same_size(*known)
        if len(unknown) > 1:
            return False
        side, missing = unknown[0]
        size = cancel(known[1 - side] / known[side])
        return bool(size.is_integer and size.is_positive) and self._learn(missing, size)

    def size(self, axis: Axis) -> Expr:
        """Return the size of an axis; what is unknown is named by a letter of its own."""
        axis = self.resolve(axis)
        if isinstance(axis, tuple):
            return Mul(*map(self.size, axis))
        if isinstance(axis, Unknown):
            if axis not in self.letters:
                self.letters[axis] = sizes(next(self.free_letters))
            return self.letters[axis]
        return axis

    def is_known(self, axis: Axis) -> bool:
        axis = self.resolve(axis)
        parts = axis if isinstance(axis, tuple) else (axis,)
        return not any(isinstance(part, Unknown) for part in parts)

    def settle(self, axis: Axis) -> None:
        """Let every unknown in an axis be the size that is named by its letter."""
        axis = self.resolve(axis)
        for part in axis if isinstance(axis, tuple) else (axis,):
            if isinstance(part, Unknown):
                self.found[part] = self.size(part)

    def written(self, shape: Shape) -> str:
        """Return a shape as it is said in errors: scalar, n×1, (m*n)×k."""
        if self.is_scalar(shape):
            return "scalar"
        return "×".join(self._written(axis) for axis in shape)

    def _written(self, axis: Axis) -> str:
        axis = self.resolve(axis)
        if isinstance(axis, tuple):
            return f"({'*'.join(self._written(part) for part in axis)})"
        size = self.size(axis)
        return f"({size})" if size.is_Add else str(size)


def _letters(taken: set[str]) -> Iterator[str]:
    plain = "nmpqrsdhuvw"
    for number in range(1, 10_000):
        for letter in plain:
            name = letter if number == 1 else f"{letter}{number}"
            if name not in taken:
                yield name
