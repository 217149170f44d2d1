"""An array with the indices of its axes, and the moves that bring axes into line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Expr, Idx

from symnn.compiling.nodes import Expand, Transpose


@dataclass(frozen=True)
class Array:
    """An array expression and the index of each of its axes."""

    expression: Expr
    axes: tuple[Idx, ...] = ()

    def aligned(self, target: Sequence[Idx]) -> Expr:
        """Return the expression with axes in the order of `target`, ready to broadcast against it.

        Axes that the array lacks become axes of length 1, except leading ones, which NumPy adds.
        """
        order = [i for i in target if i in self.axes]
        moved = self.transposed(order).expression
        if not order:
            return moved
        kept = [int(i in self.axes) for i in target]
        while kept and not kept[0]:
            kept.pop(0)
        if all(kept):
            return moved
        coefficient, rest = moved.as_coeff_Mul()
        return coefficient * Expand(rest, kept)

    def transposed(self, order: Sequence[Idx]) -> Array:
        """Return the array with its axes in the given order."""
        if tuple(order) == self.axes:
            return self
        return Array(Transpose(self.expression, [self.axes.index(i) for i in order]), tuple(order))
