"""Which adjoints get an equation of their own: those that a textbook would name.

An adjoint that is used once, entry for entry, is written where it is used:
δ = ā ⊙ σ′(z) with ā = Wᵀδ becomes δ = Wᵀδ ⊙ σ′(z). A mere copy, or its negative, is written where
it is used, too, and so is an outer product that one equation uses: with it written out, matrices
meet vectors, not matrices.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sympy import Expr, Idx, Mul
from sympy.core.basic import Basic

from symnn.calculus.canonical import add_terms, content
from symnn.language import (
    Entry,
    Equation,
    Tensor,
    body_and_bound,
    entries,
    free_indices,
    has_binder,
    is_binder,
    rebind,
    rebuild,
    refresh,
    substitute,
    tensors,
)

_MOST_ENTRIES = 12
"""What has more entries than this keeps its name: a long chain of layers does not end in one long product."""


def inlined(equations: Sequence[Equation], keep: Collection[str]) -> list[Equation]:
    """Return the equations without those that are better written where they are used."""
    remaining = list(equations)
    users: dict[str, set[int]] = {}
    for position, equation in enumerate(remaining):
        for tensor in tensors(equation.right):
            users.setdefault(tensor.name, set()).add(position)
    gone: set[int] = set()
    for position, equation in enumerate(remaining):
        name = equation.tensor.name
        places = users.get(name, set()) - gone
        if name in keep or not places or not _belongs_inside(equation, [remaining[p] for p in places]):
            continue
        for place in places:
            remaining[place] = _put_in(equation, remaining[place])
            for tensor in tensors(remaining[place].right):
                users.setdefault(tensor.name, set()).add(place)
        gone.add(position)
    return [equation for position, equation in enumerate(remaining) if position not in gone]


def _belongs_inside(equation: Equation, users: Sequence[Equation]) -> bool:
    if isinstance(equation.right, Entry) or isinstance(-equation.right, Entry):
        return True
    if len(users) != 1 or len(entries(equation.right)) > _MOST_ENTRIES:
        return False
    if _is_outer_product(equation):
        return True
    uses = _occurrences(users[0].right, equation.tensor, bound=False)
    if len(uses) != 1:
        return False
    (entry, under_sum), indices = uses[0], set(users[0].indices)
    return (
        not under_sum
        and all(isinstance(i, Idx) for i in entry.indices)
        and (set(entry.indices) == indices and len(entry.indices) == len(indices))
    )


def _is_outer_product(equation: Equation) -> bool:
    """Whether a tensor of several axes is a product of factors with fewer: V (u uᵀ) V is (V u)(V u)ᵀ."""
    factors = [factor for factor in Mul.make_args(equation.right) if entries(factor)]
    axes = [free_indices(factor) for factor in factors]
    separate = len(factors) > 1 and sum(map(len, axes)) == len(equation.indices) and all(map(len, axes))
    return separate and not any(has_binder(factor) for factor in factors)


def _occurrences(part: Basic, tensor: Tensor, bound: bool) -> list[tuple[Entry, bool]]:
    if isinstance(part, Entry):
        return [(part, bound)] if part.base == tensor else []
    if isinstance(part, Idx | Tensor) or not part.args:
        return []
    return [found for arg in part.args for found in _occurrences(arg, tensor, bound or is_binder(part))]


def _put_in(equation: Equation, user: Equation) -> Equation:
    """Return the user with the equation's right side in place of its tensor."""

    def walk(part: Basic) -> Basic:
        if isinstance(part, Entry):
            if part.base != equation.tensor:
                return part
            return substitute(refresh(equation.right), dict(zip(equation.indices, part.indices, strict=True)))
        if isinstance(part, Idx | Tensor) or not part.args:
            return part
        if is_binder(part):
            body, bound = body_and_bound(part)
            return rebind(part, walk(body), bound)
        return rebuild(part, [walk(arg) for arg in part.args])

    right: Expr = walk(refresh(user.right))
    return Equation(user.left, content(add_terms([right])) if entries(right) else right)
