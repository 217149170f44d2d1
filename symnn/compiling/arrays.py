"""An array with the indices of its axes, and the moves that bring axes into line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sympy import Expr, Idx, Symbol
from sympy.core.basic import Basic

from symnn.compiling.nodes import ArrayNode, Broadcast, Expand, Full, Transpose
from symnn.language import size_of


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


def entrywise(function: Callable[..., Expr], arrays: Sequence[Array], axes: Sequence[Idx]) -> Array:
    """Return a function of arrays, entry by entry, with the given axes; a number that is left has none.

    SymPy cancels while it makes a sum or a product: an axis may then have nothing left that is as long as it.
    """
    aligned = [array.aligned(axes) for array in arrays]
    made = function(*aligned)
    left = _operands(made)
    if not left:
        return Array(made)
    kept = {i for array, shown in zip(arrays, aligned, strict=True) if _operands(shown) <= left for i in array.axes}
    return Array(made, tuple(axes)) if kept >= set(axes) else filled(Array(made), axes)


def filled(array: Array, axes: Sequence[Idx]) -> Array:
    """Return an array of the full length of all the given axes; numbers get the program's own type."""
    sizes = [size_of(i) for i in axes]
    if not _operands(array.expression):
        return Array(Full(array.expression, sizes), tuple(axes))
    if set(array.axes) == set(axes):
        return Array(array.aligned(axes), tuple(axes))
    return Array(Broadcast(array.aligned(axes), sizes), tuple(axes))


def _operands(part: Basic) -> set[Basic]:
    """Return the arrays that an expression combines entry by entry; a number, or a size, is none."""
    if isinstance(part, ArrayNode):
        return {part}
    if isinstance(part, Symbol):
        return set() if part.is_integer else {part}
    return set().union(*map(_operands, part.args))
