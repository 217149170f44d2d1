"""Entries as arrays: views of windows for affine indices, gathers for lookups, masks for brackets.

An index stands for an axis; `order` is the order in which axes are kept: the left side's first.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Idx, Integer, KroneckerDelta, Symbol
from sympy.core.basic import Basic

from symnn.compiling.arrays import Array
from symnn.compiling.nodes import (
    Cast,
    Contiguous,
    Diagonal,
    Equal,
    Gather,
    Inside,
    Item,
    Lookup,
    Places,
    Whole,
    Windows,
)
from symnn.language import Entry, Equation, Within, free_indices, index_bounds, size_of


class Axes:
    """The axes of one equation, and its entries and brackets as arrays."""

    def __init__(self, equation: Equation) -> None:
        self.equation = equation
        self.order: list[Idx] = list(equation.indices)

    def see(self, indices: Sequence[Idx]) -> None:
        """Put indices that are new at the end of the order."""
        self.order.extend(i for i in indices if i not in self.order)

    def union(self, arrays: Sequence[Array]) -> tuple[Idx, ...]:
        """Return all axes of some arrays, in order."""
        present = {i for array in arrays for i in array.axes}
        return tuple(i for i in self.order if i in present)

    def mask(self, part: Basic) -> Array:
        """Return a bracket as an array of 0 and 1."""
        if isinstance(part, Within):
            place = self.places(part.args[0])
            return Array(Cast(Inside(place.expression, part.args[1])), place.axes)
        places = [self.places(arg) for arg in part.args[:2]]
        axes = self.union(places)
        return Array(Cast(Equal(*(place.aligned(axes) for place in places))), axes)

    def places(self, expression: Expr) -> Array:
        """Return the values of an index expression as an array of whole numbers."""
        if isinstance(expression, Entry):
            found = self.entry(expression)
            return Array(Whole(found.expression), found.axes)
        used = sorted(free_indices(expression), key=str)
        self.see(used)
        arrays = {i: Array(Places(size_of(i)), (i,)) for i in used}
        axes = self.union(list(arrays.values()))
        return Array(expression.xreplace({i: a.aligned(axes) for i, a in arrays.items()}), axes)

    def entry(self, entry: Entry) -> Array:
        """Return an entry as an array with an axis for each index in it."""
        name, indices = Symbol(entry.base.name, real=True), entry.indices
        for e in indices:
            self.see(sorted(free_indices(e), key=str))
        if all(isinstance(e, Idx) for e in indices):
            return _with_diagonals(Array(name, indices))
        if _is_windowed(entry):
            return self._windowed(Array(name, indices), entry)
        lookups = [place for place, e in enumerate(indices) if isinstance(e, Entry)]
        if len(lookups) == 1 and _are_plain(indices) and not _has_repeated(entry):
            return self._looked_up(name, entry, lookups[0])
        return self._gathered(name, entry)

    def _windowed(self, array: Array, entry: Entry) -> Array:
        """Replace each axis with an affine index by one axis for each index in it, the longest last."""
        expression, place = array.expression, 0
        axes: list[Idx] = []
        for e, size in zip(entry.indices, entry.base.shape, strict=True):
            used = sorted((i for i in self.order if i in free_indices(e)), key=length)
            if isinstance(e, Idx):
                axes.append(e)
            elif not used:
                before = [":"] * place
                expression = Item(expression, [*before, "@"], [e])
                continue
            else:
                steps = [e.coeff(i) for i in used]
                start = e.xreplace({i: Integer(0) for i in used})
                low, high = index_bounds(e)
                inside = low.is_nonnegative and (size - 1 - high).is_nonnegative
                padding = (0, 0) if inside else (low, high - size + 1)
                counts = [size_of(i) for i in used]
                expression = Windows(expression, Integer(place), start, counts, steps, padding)
                axes.extend(used)
            place += len(used)
        return Array(expression, tuple(axes))

    def _looked_up(self, name: Expr, entry: Entry, axis: int) -> Array:
        """Replace one axis by the axes of the whole numbers by which it is looked up."""
        places = self.places(entry.indices[axis])
        axes = (*entry.indices[:axis], *places.axes, *entry.indices[axis + 1 :])
        return Array(Lookup(name, Integer(axis), places.expression), axes)

    def _gathered(self, name: Expr, entry: Entry) -> Array:
        places = [self.places(e) for e in entry.indices]
        axes = self.union(places)
        return Array(Gather(name, [place.aligned(axes) for place in places]), axes)


def padded(part: Basic) -> set[tuple[Expr, Expr]]:
    """Return the affine indices of an entry whose array has zeros around it, each with the size of its axis.

    What is gathered has the border there, not zeros.
    """
    if not isinstance(part, Entry) or not _is_windowed(part):
        return set()
    pairs = zip(part.indices, part.base.shape, strict=True)
    return {(e, size) for e, size in pairs if not isinstance(e, Idx) and free_indices(e)}


def is_mask(part: Basic) -> bool:
    """Whether a factor is a bracket or a delta on indices."""
    return isinstance(part, Within | KroneckerDelta)


def length(an_index: Idx) -> tuple[bool, int]:
    """Return how long an axis is, to sort by: symbols are longer than numbers."""
    size = size_of(an_index)
    return (False, int(size)) if size.is_Integer else (True, 0)


def _is_windowed(entry: Entry) -> bool:
    """Whether an entry is a view of windows: no index stands in it twice, and nothing is looked up."""
    return not _has_repeated(entry) and not any(isinstance(e, Entry) for e in entry.indices)


def _has_repeated(entry: Entry) -> bool:
    used = [i for e in entry.indices for i in free_indices(e)]
    return len(used) != len(set(used))


def _are_plain(indices: Sequence[Expr]) -> bool:
    return all(isinstance(e, Idx | Entry) for e in indices)


def laid_out(array: Array) -> Array:
    """Return windows as an array of its own, taps before places: what is done entry by entry then has long rows."""
    part, taps = array.expression, list[int]()
    while isinstance(part, Windows):
        first = int(part.args[1])
        taps = [*range(first, first + len(part.args[3]) - 1), *taps]
        part = part.args[0]
    if not taps:
        return array
    order = [*range(taps[0]), *taps, *(n for n in range(taps[0], len(array.axes)) if n not in taps)]
    moved = array.transposed([array.axes[n] for n in order])
    return Array(Contiguous(moved.expression), moved.axes)


def _with_diagonals(array: Array) -> Array:
    """Take repeated axes together: A[i, i] has the single axis i."""
    distinct = tuple(dict.fromkeys(array.axes))
    if distinct == array.axes:
        return array
    letters = {i: "abcdefghijklmnop"[n] for n, i in enumerate(distinct)}
    subscripts = "".join(letters[i] for i in array.axes) + "->" + "".join(letters.values())
    return Array(Diagonal(array.expression, subscripts), distinct)
