"""Terms and sums in a normal form: equal sums are recognised whatever their bound indices are called."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from sympy import Add, Expr, Idx, Integer, Mul, Sum, Symbol
from sympy.core.basic import Basic

from symnn.language import (
    Tensor,
    body_and_bound,
    entries,
    free_indices,
    is_binder,
    rebind,
    rebuild,
    refresh,
    size_of,
    sum_over,
)


@lru_cache(maxsize=16384)
def canonical(expression: Expr) -> Expr:
    """Return the expression with bound indices named by their position: only for comparing.

    Renaming changes the order in which SymPy keeps factors, so it is done twice: the second pass
    names indices by the order that the first one settled.
    """

    def walk(part: Basic, names: dict[Idx, Idx], depth: int) -> Basic:
        if isinstance(part, Idx):
            return names.get(part, part)
        if isinstance(part, Tensor) or not part.args:
            return part
        if is_binder(part):
            body, bound = body_and_bound(part)
            order = sorted(bound, key=lambda i: (str(size_of(i)), _first_use(body, i, bound), i.name))
            made = {i: Idx(Symbol(f"c{depth + n}", integer=True), size_of(i)) for n, i in enumerate(order)}
            inner = walk(body, {**names, **made}, depth + len(order))
            return rebind(part, inner, (made[i] for i in order))
        return rebuild(part, [walk(arg, names, depth) for arg in part.args])

    return walk(walk(expression, {}, 0), {}, 0)


def _first_use(body: Expr, an_index: Idx, bound: Collection[Idx]) -> tuple[tuple[str, int, tuple[str, ...]], ...]:
    """Where an index stands, and with what free ones, in terms that do not depend on what it is called."""
    from_entries = sorted(
        # Either axis of a symmetric tensor is the same place.
        (
            entry.base.name,
            min(position, entry.base.rank - 2) if entry.base.is_symmetric else position,
            tuple(str(other) for other in entry.indices if not free_indices(other) & set(bound)),
        )
        for entry in entries(body)
        for position, e in enumerate(entry.indices)
        if an_index in free_indices(e)
    )
    return tuple(from_entries)


def add_terms(terms: Iterable[Expr]) -> Expr:
    """Return the sum of terms, collecting those that are equal but for the names of bound indices."""
    parts = [part for term in terms for part in Add.make_args(term)]
    if len(parts) == 1:
        return parts[0]
    collected: dict[Expr, tuple[Expr, Expr]] = {}
    for part in parts:
        coefficient, rest = part.as_coeff_Mul()
        key = canonical(rest)
        known = collected.get(key)
        collected[key] = (coefficient, rest) if known is None else (known[0] + coefficient, known[1])
    return Add(*(coefficient * rest for coefficient, rest in collected.values()))


def content(expression: Expr) -> Expr:
    """Return the expression with common numbers of sums taken out of it: (2a − 2y)/(2m) is (a − y)/m."""
    number, factors = Integer(1), []
    for factor in Mul.make_args(expression):
        if isinstance(factor, Add):
            taken, rest = factor.primitive()
            if _plain_terms(rest) > _plain_terms(factor):
                number, factor = number * taken, rest
        factors.append(factor)
    return number * Mul(*factors) if number != 1 else expression


def _plain_terms(expression: Expr) -> int:
    """How many terms have no number in front."""
    return sum(abs(term.as_coeff_Mul()[0]) == 1 for term in Add.make_args(expression))


def tidy_sum(body: Expr, bound: Sequence[Idx]) -> Expr:
    """Return Σ body with every factor outside the sums that it does not need, as a product of separate sums."""
    body = content(body)
    bound = list(bound)
    groups: list[tuple[set[Idx], list[Expr]]] = []
    outside: list[Expr] = []
    for factor in Mul.make_args(body):
        used = set(free_indices(factor)) & set(bound)
        if not used:
            outside.append(factor)
            continue
        joined = [group for group in groups if group[0] & used]
        groups = [group for group in groups if not group[0] & used]
        groups.append((used.union(*(g[0] for g in joined)), [f for g in joined for f in g[1]] + [factor]))
    unused = set(bound).difference(*(group[0] for group in groups)) if groups else set(bound)
    outside.extend(size_of(i) for i in bound if i in unused)
    sums = [_merged(factors, [i for i in bound if i in used]) for used, factors in groups]
    return Mul(*outside, *(refresh(one) for one in sums[1:]), *sums[:1])


def _merged(factors: Sequence[Expr], bound: list[Idx]) -> Expr:
    """Return a sum of a product; the sum of a single sum is one sum over the indices of both."""
    if len(factors) == 1 and isinstance(factors[0], Sum):
        body, inner = body_and_bound(refresh(factors[0]))
        return tidy_sum(body, [*bound, *inner])
    return sum_over(Mul(*factors), bound)
