"""The order of the loops of a sum, and several terms of it at a time.

z[j] += W[j, k] x[k]      with j innermost: each x[k] stays, and all z[j] go on together
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Add, Expr, Idx, Integer

from symnn.compiling.numba_statements import SUM, Statement
from symnn.language import Entry, entries, free_indices, fresh_index_over, size_of, substitute

_LANES = 8
"""How many numbers one instruction is taken to work on."""
_LOOP = 3
"""What it costs to begin a loop, in additions that wait for each other."""
_UNKNOWN = 16
"""What a size is taken to be while it is not known."""
_TERMS = 4
"""How many terms of a sum are added at a time: what they are added to is read and written once for all."""


def best_order(statement: Statement) -> list[Idx]:
    """Return the loops of a sum, outermost first: the innermost one best goes along rows, over no summed index."""
    loops = list(statement.loops)
    if not loops:
        return loops
    free = [i for i in loops if i in free_indices(statement.left)]
    inner = min(reversed(loops), key=lambda i: _cost(statement, i, i in free))
    if inner not in free:
        return [*free, *(i for i in loops if i not in free and i != inner), inner]
    return [*(i for i in loops if i != inner), inner]


def _cost(statement: Statement, inner: Idx, is_free: bool) -> float:
    """Return the time of one number in the innermost loop, with its share of what a loop costs at all."""
    size = length(size_of(inner))
    across = sum(is_across(entry, inner) for entry in entries(statement.right))
    if not is_free:
        return 1 + _LOOP / size + 0.1 * across
    if is_across(statement.left, inner):
        return 2 + _LOOP / size
    return 1 / min(size, _LANES) + _LOOP / size + 0.1 * across


def is_across(entry: Entry, inner: Idx) -> bool:
    """Whether an entry is not read from one place to the next as an index goes on."""
    *front, last = entry.indices or (Integer(0),)
    if any(inner in free_indices(place) for place in front):
        return True
    return inner in free_indices(last) and last.expand().coeff(inner) != 1


def length(size: Expr) -> int:
    return int(size) if size.is_Integer else _UNKNOWN


def several_at_a_time(statement: Statement, loops: list[Idx]) -> list[tuple[Statement, list[Idx]]]:
    """Return statements, each with its loops, that add four terms of the innermost sum at a time.

    z[j] += W[j, k] x[k] for k < 10 becomes z[j] += W[j, 4k] x[4k] + … + W[j, 4k + 3] x[4k + 3] for k < 2, and then
    z[j] += W[j, 8] x[8] + W[j, 9] x[9].
    """
    over = [i for i in loops[-2:] if i not in free_indices(statement.left)]
    if statement.operation != SUM or statement.brackets or not over or not size_of(over[-1]).is_Integer:
        return [(statement, loops)]
    summed, size = over[-1], int(size_of(over[-1]))
    rounds = size // _TERMS if size > _TERMS else 0
    made = []
    if rounds:
        step = fresh_index_over(Integer(rounds), summed.name)
        places = [_TERMS * step + term for term in range(_TERMS)]
        made.append(_terms(statement, loops, summed, places, [step]))
    if size > rounds * _TERMS:
        places = [Integer(term) for term in range(rounds * _TERMS, size)]
        made.append(_terms(statement, loops, summed, places, []))
    return made


def _terms(
    statement: Statement, loops: list[Idx], summed: Idx, places: list[Expr], instead: list[Idx]
) -> tuple[Statement, list[Idx]]:
    right = Add(*(substitute(statement.right, {summed: place}) for place in places), evaluate=False)
    at = loops.index(summed)
    inner = [*loops[:at], *instead, *loops[at + 1 :]]
    indices = tuple(i for i in statement.indices if i != summed)
    return replace(statement, right=right, indices=(*indices, *instead)), inner
