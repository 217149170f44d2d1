"""What a part of a formula is in index notation: its row indices, its column indices, and one entry.

A*x      rows (i,), columns ():      Σ_j A[i, j] x[j]
kron     rows (i, p), columns (j, q): A[i, j] B[p, q]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Add, Expr, Idx, Integer, KroneckerDelta, Mul, Sum

from symnn.errors import ShapeError
from symnn.language.expressions import body_and_bound, free_indices, refresh, substitute, sum_over
from symnn.language.tensors import fresh_index, same_size, size_of

Indices = tuple[Idx, ...]


@dataclass(frozen=True)
class Value:
    """A scalar (no indices), a vector or a matrix; an axis of size 1 has no index, a grouped one several."""

    rows: Indices
    columns: Indices
    entry: Expr

    def with_entry(self, entry: Expr) -> Value:
        return Value(self.rows, self.columns, entry)

    def transposed(self) -> Value:
        return Value(self.columns, self.rows, self.entry)

    def copy(self) -> Value:
        """Return the same value with all its indices new, for its second use."""
        new = {index: fresh_index(index) for index in (*self.rows, *self.columns)}
        return Value(
            tuple(new[i] for i in self.rows),
            tuple(new[i] for i in self.columns),
            substitute(refresh(self.entry), new),
        )


def scalar(entry: Any) -> Value:
    return Value((), (), entry if isinstance(entry, Expr) else Integer(entry))


def place_of(indices: Indices) -> Expr:
    """Return where a group of indices stands in one axis: (i, p) is i*size(p) + p."""
    place: Expr = Integer(0)
    for index in indices:
        place = place * size_of(index) + index
    return place.expand() if len(indices) > 1 else place


def meet(one: Indices, other: Indices) -> tuple[dict[Idx, Expr], dict[Idx, Expr]]:
    """Return what to put for the indices of one axis, and of another, so that the two are the same axis.

    Raises:
        ShapeError: where the two are grouped in different ways.
    """
    if len(one) == len(other) and all(same_size(size_of(i), size_of(j)) for i, j in zip(one, other, strict=True)):
        return {}, dict(zip(other, one, strict=True))
    if len(other) == 1:
        return {}, {other[0]: place_of(one)}
    if len(one) == 1:
        return {one[0]: place_of(other)}, {}
    raise ShapeError("the two are grouped by Kronecker products of different sizes")


def aligned(one: Value, other: Value) -> tuple[Value, Expr]:
    """Return a value, and the entry of another of its shape written with the same indices."""
    entries = [one.entry, other.entry]
    axes: list[Indices] = []
    for mine, theirs in ((one.rows, other.rows), (one.columns, other.columns)):
        first, second = meet(mine, theirs)
        entries = [substitute(entries[0], first), substitute(entries[1], second)]
        axes.append(theirs if first else mine)
    return Value(axes[0], axes[1], entries[0]), entries[1]


def combined(one: Value, other: Value, operation: Callable[[Expr, Expr], Expr]) -> Value:
    """Return what an operation makes of each entry of one and of the other; a scalar goes with every entry."""
    if not one.rows and not one.columns:
        return other.with_entry(operation(one.entry, other.entry))
    if not other.rows and not other.columns:
        return one.with_entry(operation(one.entry, other.entry))
    first, second = aligned(one, other)
    return first.with_entry(operation(first.entry, second))


def product(one: Value, other: Value) -> Value:
    """Return the matrix product Σ one[…, k] other[k, …]."""
    first, second = meet(one.columns, other.rows)
    inner = other.rows if first else one.columns
    entry = summed(substitute(one.entry, first) * substitute(other.entry, second), inner)
    return Value(one.rows, other.columns, entry)


def kronecker(one: Value, other: Value) -> Value:
    """Return the Kronecker product: its rows are (rows, rows), its columns (columns, columns)."""
    return Value(one.rows + other.rows, one.columns + other.columns, one.entry * other.entry)


def diagonal(value: Value) -> Value:
    """Return the vector of a matrix's diagonal."""
    first, second = meet(value.rows, value.columns)
    return Value(value.columns if first else value.rows, (), substitute(substitute(value.entry, first), second))


def identity(rows: Indices, columns: Indices) -> Value:
    return Value(rows, columns, Mul(*(KroneckerDelta(i, j) for i, j in zip(rows, columns, strict=True))))


def diagonal_matrix(value: Value) -> Value:
    """Return the diagonal matrix of a vector."""
    rows = value.rows or value.columns
    columns = tuple(map(fresh_index, rows))
    return Value(rows, columns, value.entry * identity(rows, columns).entry)


def total(value: Value) -> Expr:
    """Return the sum of all entries."""
    return summed(value.entry, (*value.rows, *value.columns))


def summed(entry: Expr, indices: Sequence[Idx]) -> Expr:
    """Return Σ entry: a product of sums becomes one sum, and what does not depend on an index stands outside."""
    if not indices:
        return entry
    if isinstance(entry, Add) and any(_deltas(term) or not free_indices(term) & {*indices} for term in entry.args):
        # tr(A + I) is tr A + n; and two terms may not share the names of what they sum over.
        return Add(*(refresh(summed(term, indices)) for term in entry.args))
    factors, left = _without_deltas(entry, list(indices))
    outside: list[Expr] = [size_of(index) for index in left if not any(index in free_indices(f) for f in factors)]
    bound = [index for index in left if any(index in free_indices(f) for f in factors)]
    inside: list[Expr] = []
    for factor in factors:
        if not free_indices(factor) & frozenset(left):
            outside.append(factor)
        elif isinstance(factor, Sum):
            body, more = body_and_bound(factor)
            inside.append(body)
            bound += more
        else:
            inside.append(factor)
    return Mul(*outside, sum_over(Mul(*inside), bound))


def _deltas(entry: Expr) -> list[Expr]:
    return [factor for factor in Mul.make_args(entry) if isinstance(factor, KroneckerDelta)]


def _without_deltas(entry: Expr, bound: list[Idx]) -> tuple[list[Expr], list[Idx]]:
    """Return the factors, and the indices still to sum over, once Σ_j δ(i, j) f[j] is f[i]."""
    for delta in _deltas(entry):
        for index, other in (delta.args, delta.args[::-1]):
            if index in bound:
                rest = Mul(*(factor for factor in Mul.make_args(entry) if factor != delta))
                return _without_deltas(substitute(rest, {index: other}), [each for each in bound if each != index])
    return list(Mul.make_args(entry)), bound
