"""One sum of products of two arrays as one matrix product, with neighbouring axes taken together.

Axes that stand in both factors and in the result are matrices side by side; the others are rows, columns
and what is summed. A group of several axes becomes one by `reshape`: a view where the axes lie so in memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from sympy import Idx, Integer, Mul, preorder_traversal

from symnn.compiling.arrays import Array
from symnn.compiling.nodes import (
    Einsum,
    Expand,
    Item,
    MatMul,
    ReduceSum,
    Reshape,
    VecDot,
    WindowProduct,
    Windows,
    WindowSum,
)
from symnn.language import size_of


def product(
    left: Array, right: Array, shared: list[Idx], rows: list[Idx], inner: list[Idx], columns: list[Idx]
) -> Array:
    """Return Σ over `inner` of left · right: left has the rows, right the columns, both what is shared."""
    if not rows and not columns:
        return _rowwise(left, right, shared, inner)
    if not rows:
        left, right, rows, columns = right, left, columns, rows
    common = all(i in left.axes and i in right.axes for i in shared)
    side = _summed_side_by_side(left, right, inner) if common and columns else None
    if side is not None:
        return _product_and_sum(left, right, shared, rows, [i for i in inner if i != side], columns, side)
    return _matrices(left, right, shared, rows, inner, columns)


def side_by_side(left: Array, right: Array, order: Sequence[Idx], common: Sequence[Idx]) -> tuple[Idx, ...]:
    """Return the first axes of the result that are best taken one after the other, though one factor lacks them.

    In z[n, o, i] = Σ w[o, c, p] x[n, c, i + p] it is n: each example is w times a matrix, and has its place at once.
    """
    axes = [i for i in order if (i in left.axes or i in right.axes) and i not in common]
    owners = [i in left.axes for i in axes]
    runs = sum(one != other for one, other in itertools.pairwise(owners))
    first = next((n for n, owner in enumerate(owners) if owner != owners[0]), 0)
    owner = left if owners and owners[0] else right
    leading = tuple(axes[:first])
    return leading if runs == 2 and (_is_windows(owner) or owner.axes[:first] == leading) else ()


def _is_windows(array: Array) -> bool:
    """Whether an array is a view of overlapping windows, of which a matrix can only be made by copying."""
    return any(isinstance(part, Windows) for part in preorder_traversal(array.expression))


def _summed_side_by_side(left: Array, right: Array, inner: Sequence[Idx]) -> Idx | None:
    """Return the leading axis of both factors, if it is summed too and windows had to be copied across it."""
    if len(inner) < 2 or not (_is_windows(left) or _is_windows(right)):
        return None
    first = left.axes[0]
    return first if first == right.axes[0] and first in inner else None


def _product_and_sum(
    left: Array,
    right: Array,
    shared: list[Idx],
    rows: list[Idx],
    inner: list[Idx],
    columns: list[Idx],
    side: Idx,
) -> Array:
    """Multiply for each value of an axis, then sum over it; windows come first, where no transpose is needed."""
    if _is_windows(right) and columns:
        left, right, rows, columns = right, left, columns, rows
    if isinstance(left.expression, Windows) and columns and not shared:
        windows = left.transposed([side, *rows, *inner]).expression
        return _apart(WindowSum(windows, _together(right, ([side], columns, inner))), [], rows, columns)
    whole = _matrix(left, (side, *shared), rows, inner), _matrix(right, (side, *shared), inner, columns)
    return _apart(ReduceSum(MatMul(*whole), [0]), shared, rows, columns)


def _matrices(
    left: Array, right: Array, shared: list[Idx], rows: list[Idx], inner: list[Idx], columns: list[Idx]
) -> Array:
    inner = _cheapest(left, right, inner)
    if isinstance(right.expression, Windows) and columns and len(shared) == 1 and shared[0] not in left.axes:
        windows = right.transposed([*shared, *inner, *columns]).expression
        whole = WindowProduct(_matrix(left, [], rows, inner), windows, Integer(len(inner)))
        return _apart(whole, shared, rows, columns)
    if columns:
        whole = MatMul(_matrix(left, shared, rows, inner), _matrix(right, shared, inner, columns))
        return _apart(whole, shared, rows, columns)
    vector = _together(right, (shared, inner))
    if not any(i in right.axes for i in shared):
        return _apart(MatMul(_matrix(left, shared, rows, inner), vector), shared, rows, [])
    column = Expand(vector, [1] * (len(shared) + 1) + [0])
    return _apart(Item(MatMul(_matrix(left, shared, rows, inner), column), ["..."], [0]), shared, rows, [])


def _rowwise(left: Array, right: Array, shared: list[Idx], inner: list[Idx]) -> Array:
    """Return products summed over some axes and not over others: row by row, where rows lie so in memory."""
    axes = (*shared, *inner)
    if len(inner) == 1 and left.axes == right.axes == axes:
        return Array(VecDot(left.expression, right.expression), tuple(shared))
    letters = {i: "abcdefghijklmnop"[n] for n, i in enumerate(dict.fromkeys((*left.axes, *right.axes)))}
    subscripts = ",".join("".join(letters[i] for i in array.axes) for array in (left, right))
    shown = f"{subscripts}->{''.join(letters[i] for i in shared)}"
    return Array(Einsum(left.expression, right.expression, shown), tuple(shared))


def _cheapest(left: Array, right: Array, inner: list[Idx]) -> list[Idx]:
    """Return the summed axes in the order that they have in a factor, windows last: they are copied anyhow."""
    first, second = (right, left) if _is_windows(left) else (left, right)
    for array in (first, second):
        own = [i for i in array.axes if i in inner]
        places = [array.axes.index(i) for i in own]
        if places == list(range(places[0], places[0] + len(own))):
            return own
    return [i for i in first.axes if i in inner]


def _matrix(array: Array, shared: Sequence[Idx], first: Sequence[Idx], second: Sequence[Idx]) -> Array:
    """Return an array as matrices side by side, transposed only where that is a view."""
    lead = [i for i in shared if i in array.axes]
    straight = array.axes == (*lead, *first, *second) or array.axes[-1] in second
    if straight or (len(first) == 1 and len(second) == 1):
        return _together(array, (lead, first, second))
    turned = Array(_together(array, (lead, second, first)), tuple(range(len(lead) + 2)))
    return turned.transposed([*range(len(lead)), len(lead) + 1, len(lead)]).expression


def _together(array: Array, groups: Sequence[Sequence[Idx]]) -> Array:
    """Return the expression of an array with the axes of the first group kept, and each other group made one axis."""
    lead, *others = ([i for i in group if i in array.axes] for group in groups)
    moved = array.transposed([*lead, *(i for group in others for i in group)]).expression
    if all(len(group) == 1 for group in others):
        return moved
    return Reshape(moved, [*map(size_of, lead), *(_size(group) for group in others)])


def _apart(whole: Array, shared: Sequence[Idx], rows: Sequence[Idx], columns: Sequence[Idx]) -> Array:
    """Return a product with each of its axes by itself again."""
    axes = (*shared, *rows, *columns)
    if len(rows) == 1 and len(columns) <= 1:
        return Array(whole, axes)
    return Array(Reshape(whole, [size_of(i) for i in axes]), axes)


def _size(group: Sequence[Idx]) -> Mul:
    return Mul(*map(size_of, group)) if group else Integer(1)
