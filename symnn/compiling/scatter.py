"""Sums that put numbers down at places: the adjoints of strided windows and of lookups.

    Σ_l [0 ≤ k − 2l < w] f(k − 2l, l)   =   Σ over l, p with k = 2l + p of f(p, l)

Instead of a mask over all k and l, f is computed for each l and p, and added up at k = 2l + p.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Idx, Integer, KroneckerDelta, Mul
from sympy.core.basic import Basic

from symnn.compiling.arrays import Array
from symnn.compiling.nodes import Overlap, ScatterAdd
from symnn.compiling.places import Axes, is_mask, length
from symnn.language import Entry, Within, free_indices, fresh_index_over, index_bounds, size_of, substitute


@dataclass(frozen=True)
class Placement:
    """Where the values of a sum go: the axis `target`, at `place`, an expression in other indices."""

    target: Idx
    place: Expr


def placed(factors: Sequence[Expr], bound: Sequence[Idx]) -> tuple[list[Expr], tuple[Idx, ...], list[Placement]]:
    """Return the factors of a sum, its bound indices, and where its values are to be put down.

    Each bracket or delta that ties an index of the result to a multiple of a bound index, or to a lookup,
    becomes a placement: the index of the result is no longer in the factors.
    """
    factors, bound = [f for f in factors if not always(f)], tuple(bound)
    placements: list[Placement] = []
    while (found := _first(factors, bound, placements)) is not None:
        factor, placement, tap = found
        rest = {placement.target: placement.place}
        factors = [_simplified(substitute(f, rest)) for f in factors if f is not factor]
        inside = Within(placement.place, size_of(placement.target))  # what lies outside is dropped anyhow
        factors = [f for f in factors if not always(f) and f != inside]
        bound = bound if tap is None else (*bound, tap)
        placements.append(placement)
    return factors, bound, placements


def constants(part: Basic) -> tuple[Idx, dict[Expr, Expr], Expr] | None:
    """Take [0 = j] A + [1 = j] B + c apart: the index j, what stands at each of its places, and the rest.

    None where no delta ties an index to a number.
    """
    if not isinstance(part, Add | Mul):
        return None
    terms = [(term, _constant(term)) for term in Add.make_args(part)]
    target = next((found[0] for _, found in terms if found is not None), None)
    if target is None:
        return None
    parts: dict[Expr, Expr] = {}
    rest: Expr = Integer(0)
    for term, found in terms:
        if found is None or found[0] != target:
            rest += term
        else:
            parts[found[1]] = parts.get(found[1], Integer(0)) + found[2]
    return target, dict(sorted(parts.items(), key=lambda pair: int(pair[0]))), rest


def resolved(factors: Sequence[Expr], bound: Sequence[Idx]) -> tuple[list[Expr], tuple[Idx, ...]]:
    """Return a sum's factors and bound indices without deltas that tie one of these to a number."""
    made, left = list(factors), list(bound)
    for delta in [f for f in factors if isinstance(f, KroneckerDelta)]:
        for target, place in (delta.args[:2], delta.args[1::-1]):
            if target in left and place.is_Integer:
                made = [_simplified(substitute(f, {target: place})) for f in made if f is not delta]
                left.remove(target)
                break
    return made, tuple(left)


def _constant(term: Expr) -> tuple[Idx, Expr, Expr] | None:
    """Return the index, its place, and the other factors of a term with a delta of an index and a number."""
    for delta in Mul.make_args(term):
        if isinstance(delta, KroneckerDelta):
            for target, place in (delta.args[:2], delta.args[1::-1]):
                others = Mul(*(f for f in Mul.make_args(term) if f != delta))
                if isinstance(target, Idx) and place.is_Integer and free_indices(others) - {target}:
                    return target, place, substitute(others, {target: place})
    return None


def put_down(array: Array, placements: Sequence[Placement], axes: Axes) -> Array:
    """Return an array with the values at indices of places added up at their targets."""
    for placement in placements:
        put = _scattered if isinstance(placement.place, Entry) else _overlapping
        array = put(array, placement, axes)
    return array


def _first(
    factors: Sequence[Expr], bound: Sequence[Idx], before: Sequence[Placement]
) -> tuple[Expr, Placement, Idx | None] | None:
    """Return the first bracket or delta that says where something goes, and the new index that it needs."""
    taken = {i for placement in before for i in free_indices(placement.place)}
    free = set(bound) - taken
    for factor in factors:
        if isinstance(factor, KroneckerDelta):
            for target, place in (factor.args[:2], factor.args[1::-1]):
                if isinstance(target, Idx) and target not in bound and _may_be_place(place, free):
                    return factor, Placement(target, place), None
        if isinstance(factor, Within):
            solved = _solved(factor, factors, free, bound)
            if solved is not None:
                return factor, *solved
    return None


def _may_be_place(place: Expr, free: Collection[Idx]) -> bool:
    """Whether an index expression has bound indices alone: one or two, with steps, or those of a lookup."""
    used = free_indices(place)
    if not used or not used <= set(free):
        return False
    if isinstance(place, Entry):
        return all(isinstance(e, Idx) for e in place.indices)
    return len(used) <= 2 and all(_is_step(place.coeff(i)) for i in used)


def _solved(
    factor: Within, factors: Sequence[Expr], free: Collection[Idx], bound: Sequence[Idx]
) -> tuple[Placement, Idx] | None:
    """Solve a bracket [0 ≤ k − 2l + 1 < w] for the index k of the result: k = 2l + p − 1, with a new index p."""
    expression, size = factor.args
    used = free_indices(expression)
    outside = [i for i in used if i not in bound]
    inside = [i for i in used if i in bound]
    if len(outside) != 1 or len(inside) != 1 or inside[0] not in free:
        return None
    sign, step = expression.coeff(outside[0]), expression.coeff(inside[0])
    if sign != 1 or not _is_step(-step) or _windows_do(factor, factors, outside[0], step):
        return None
    tap = fresh_index_over(size, "p")
    place = (tap - (expression - outside[0])).expand()
    return Placement(outside[0], place), tap


def _windows_do(factor: Within, factors: Sequence[Expr], target: Idx, step: Expr) -> bool:
    """Whether windows of a padded entry are as good: nothing but entries, and not many more places than numbers."""
    if not all(isinstance(f, Entry) or is_mask(f) or f.is_number for f in factors):
        return False
    if not any(factor.args[0] in f.indices for f in factors if isinstance(f, Entry)):
        return False
    size, places = factor.args[1], size_of(target)
    known = size.is_Integer and places.is_Integer
    return abs(step) == 1 or bool(2 * size > places if known else (places - size).is_Integer)


def _is_step(coefficient: Expr) -> bool:
    return bool(coefficient.is_Integer and coefficient > 0)


def always(factor: Expr) -> bool:
    """Whether a bracket holds for all values of its indices."""
    if not isinstance(factor, Within) or factor.args[0].has(Entry):
        return False
    low, high = index_bounds(factor.args[0])
    return bool(low.is_nonnegative and (factor.args[1] - 1 - high).is_nonnegative)


def _simplified(factor: Expr) -> Expr:
    """Return a bracket with its index expanded; entries simplify by themselves."""
    return factor.func(factor.args[0].expand(), *factor.args[1:]) if isinstance(factor, Within) else factor


def _overlapping(array: Array, placement: Placement, axes: Axes) -> Array:
    place, target = placement.place, placement.target
    used = sorted((i for i in array.axes if i in free_indices(place)), key=length, reverse=True)
    start = place.xreplace({i: Integer(0) for i in used})
    where, steps = [array.axes.index(i) for i in used], [place.coeff(i) for i in used]
    axes.see([target])
    after = tuple(target if i == used[0] else i for i in array.axes if i not in used[1:])
    return Array(Overlap(array.expression, where, size_of(target), start, steps), after)


def _scattered(array: Array, placement: Placement, axes: Axes) -> Array:
    target, places = placement.target, axes.places(placement.place)
    others = [i for i in axes.order if i in array.axes and i not in places.axes]
    rows = array.transposed([*places.axes, *others]).expression
    axes.see([target])
    return Array(ScatterAdd(size_of(target), places.expression, rows), (target, *others))
