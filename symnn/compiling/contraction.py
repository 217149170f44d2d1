"""Sums of products as matrix products: the order is chosen at compile time, two factors at a time.

NumPy's own `einsum_path` chooses the order from the sizes (a symbolic size counts as 64); each step
is then one `@`: see `symnn.compiling.products`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from sympy import Expr, Idx, Integer, Mul

from symnn.compiling.arrays import Array, entrywise, filled
from symnn.compiling.nodes import Dot, ReduceSum, TapSum, Windows
from symnn.compiling.products import product, side_by_side
from symnn.language import size_of

_TYPICAL_SIZE = 64
_MOST_TAPS = 64
_FEW = 4096
"""Up to about this many numbers, a call costs more than the work in it."""


def contract(factors: Sequence[Array], bound: Iterable[Idx], order: Sequence[Idx]) -> Array:
    """Return Σ over `bound` of the product of the factors, with axes in the given order."""
    summed = set(bound)
    remaining = _multiplied(factors, order, summed)
    while len(remaining) > 1:
        pair = _next_pair(remaining, summed)
        others = [array for n, array in enumerate(remaining) if n not in pair]
        first, second = (remaining[n] for n in pair)
        needed = {i for array in others for i in array.axes}
        together = {i for i in (*first.axes, *second.axes) if i in summed and i not in needed}
        remaining = _multiplied([*others, _pairwise(first, second, together, order)], order, summed)
    return reduced(remaining[0], summed)


def scaled(
    arrays: Sequence[Array], bound: Sequence[Idx], number: Expr, preferred: Collection[str] = ()
) -> tuple[list[Array], Expr]:
    """Return the factors of a sum, one of them multiplied by a number if that is less work than to multiply the sum.

    In (1/m) Σₙ δ[n, j] a[n, k] the 1/m goes to δ: it is smaller than the result, or so small that only
    the number of calls counts, and δ/m serves the bias as well: where calls count, a preferred one is chosen.
    """
    results = {i for array in arrays for i in array.axes} - set(bound)
    if number == 1 or len(arrays) < 2 or not results:
        return list(arrays), number
    most = max(_length(results), _FEW)
    lengths = [_length(array.axes) for array in arrays]
    if min(lengths) > most:
        return list(arrays), number
    chosen = min((max(length, _FEW), not _has(arrays[n], preferred), length, n) for n, length in enumerate(lengths))[3]
    return [_times([Array(number), a], a.axes) if n == chosen else a for n, a in enumerate(arrays)], Integer(1)


def _has(array: Array, names: Collection[str]) -> bool:
    return any(symbol.name in names for symbol in array.expression.free_symbols)


def _length(axes: Iterable[Idx]) -> int:
    return math.prod(int(size_of(i)) if size_of(i).is_Integer else _TYPICAL_SIZE for i in axes)


def reduced(array: Array, summed: Iterable[Idx]) -> Array:
    """Return the array summed over some of its axes."""
    places = [array.axes.index(i) for i in summed if i in array.axes]
    if not places:
        return array
    axes = tuple(i for n, i in enumerate(array.axes) if n not in places)
    node = TapSum if are_taps(array, [array.axes[place] for place in places]) else ReduceSum
    return Array(node(array.expression, sorted(places)), axes)


def are_taps(array: Array, indices: Sequence[Idx]) -> bool:
    """Whether these axes, of all that an array has, are the few taps of windows: better gone through one by one."""
    sizes = [size_of(i) for i in indices]
    few = all(size.is_Integer for size in sizes) and 2 <= math.prod(map(int, sizes)) <= _MOST_TAPS
    return few and len(indices) < len(array.axes) and bool(array.expression.has(Windows))


def _multiplied(factors: Sequence[Array], order: Sequence[Idx], summed: Collection[Idx]) -> list[Array]:
    """Return the factors, with those over the same axes multiplied entry by entry; numbers go into the first.

    What is summed over all that it has, and shares no axis with others, is one `Dot`.
    """
    groups: dict[frozenset[Idx], list[Array]] = {}
    for factor in factors:
        groups.setdefault(frozenset(factor.axes), []).append(factor)
    if len(groups) == 1 and len(factors) == 2 and factors[0].axes == factors[1].axes:
        return list(factors)
    made = []
    for axes, members in groups.items():
        same = all(member.axes == members[0].axes for member in members)
        target = members[0].axes if same else tuple(i for i in order if i in axes)
        others = {i for other in groups if other != axes for i in other}
        if len(members) == 1:
            made.append(members[0])
        elif axes and axes <= set(summed) - others:
            *before, last = members
            made.append(Array(Dot(_times(before, target).expression, last.aligned(target))))
        else:
            made.append(_times(members, target))
    return made


def _times(factors: Sequence[Array], axes: Sequence[Idx]) -> Array:
    return filled(entrywise(Mul, factors, axes), axes)


def _next_pair(arrays: Sequence[Array], summed: set[Idx]) -> tuple[int, int]:
    if len(arrays) == 2:
        return 0, 1
    letters: dict[Idx, int] = {}
    operands: list[Any] = []
    for array in arrays:
        shape = [int(size_of(i)) if size_of(i).is_Integer else _TYPICAL_SIZE for i in array.axes]
        operands += [np.broadcast_to(0.0, shape), [letters.setdefault(i, len(letters)) for i in array.axes]]
    kept = [number for i, number in letters.items() if i not in summed]
    path = np.einsum_path(*operands, kept, optimize="optimal")[0]
    step = tuple(sorted(path[1]))
    return (step[0], step[1])


def _pairwise(first: Array, second: Array, summed: set[Idx], order: Sequence[Idx]) -> Array:
    first = reduced(first, [i for i in summed if i not in second.axes])
    second = reduced(second, [i for i in summed if i not in first.axes])
    inner = [i for i in first.axes if i in second.axes and i in summed]
    shared = [i for i in order if i in first.axes and i in second.axes and i not in inner]
    if not inner:
        axes = tuple(i for i in order if i in first.axes or i in second.axes)
        return _times([first, second], axes)
    # What one factor lacks comes first, where NumPy broadcasts by itself.
    shared = [*side_by_side(first, second, order, [*inner, *shared]), *shared]
    left, right = _in_order(first, second, [*inner, *shared], order)
    rows = [i for i in order if i in left.axes and i not in inner and i not in shared]
    columns = [i for i in order if i in right.axes and i not in inner and i not in shared]
    if not (rows or columns or shared):
        return Array(Dot(left.expression, right.transposed(left.axes).expression))
    return product(left, right, shared, rows, inner, columns)


def _in_order(first: Array, second: Array, common: Sequence[Idx], order: Sequence[Idx]) -> tuple[Array, Array]:
    """Put first the factor whose own axis comes first in the result: no transpose is needed then."""
    places = [[order.index(i) for i in array.axes if i not in common] for array in (first, second)]
    swap = bool(places[0]) and bool(places[1]) and min(places[1]) < min(places[0])
    return (second, first) if swap else (first, second)
