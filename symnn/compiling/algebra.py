"""Scalar algebra that saves passes over arrays: a b + a c is a (b + c), and outer products are summed apart."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, KroneckerDelta, Mul
from sympy.core.basic import Basic

from symnn.language import Step, free_indices


def with_common_factor(terms: Add) -> Expr:
    """Return a sum with a factor that all its terms have taken out of it, if it has any index.

    >>> from symnn.language import index, tensor
    >>> i = index("i", 3); a, b, c = tensor("a", 3), tensor("b", 3), tensor("c", 3)
    >>> with_common_factor(a[i] * b[i] - a[i] * c[i])
    (b[i] - c[i])*a[i]
    """
    first, *others = (Mul.make_args(term) for term in terms.args)
    common = [f for f in first if free_indices(f) and all(f in other for other in others)]
    if not common:
        return terms
    return Mul(*common, Add(*(Mul(*(f for f in factors if f not in common)) for factors in (first, *others))))


def distributed(factors: Sequence[Expr]) -> list[Expr] | None:
    """Return the terms of a product with a sum of outer products in it; None where there is none.

    Each term of Σ a[i] (b[i] c[j] + …) is better summed by itself: it then never has more axes than its factors.
    """
    for place, factor in enumerate(factors):
        if isinstance(factor, Add) and any(_is_outer(term) or _has_delta(term) for term in factor.args):
            others = Mul(*factors[:place], *factors[place + 1 :])
            return [term * others for term in factor.args]
    return None


def not_positive(part: Basic) -> Expr | None:
    """Return u where the expression is 1 − [u > 0]."""
    if isinstance(part, Add) and len(part.args) == 2 and part.args[0] == 1 and isinstance(-part.args[1], Step):
        return (-part.args[1]).args[0]
    return None


def _has_delta(term: Expr) -> bool:
    return any(isinstance(f, KroneckerDelta) for f in Mul.make_args(term))


def _is_outer(term: Expr) -> bool:
    factors = Mul.make_args(term)
    return len(factors) > 1 and all(len(free_indices(f)) < len(free_indices(term)) for f in factors)
