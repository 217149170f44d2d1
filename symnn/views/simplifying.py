"""Simplification of matrix expressions as a textbook has it: common factors in front, positive terms first.

A x + Aᵀ x = (A + Aᵀ) x          −x + m = m − x          2 A x − 2 b = 2 (A x − b)
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, S

from symnn.views.making import coefficient_and_rest, plus, product, scaled
from symnn.views.operations import rebuild
from symnn.views.transposes import is_scalar
from symnn.views.tree import Leaf, Plus, Product, Scalar, Scaled, Transposed, Tree

Term = tuple[Expr, tuple[Tree, ...], tuple[Tree, ...]]
"""A number, other scalars, and the factors of a matrix product."""


def simplified(tree: Tree) -> Tree:
    """Return the tree with the terms of each sum collected and in order."""
    made = rebuild(tree, lambda part: None)
    return _collected_below(made)


def length(tree: Tree) -> int:
    """Return about how many characters a tree takes."""
    own = len(str(tree.value)) if isinstance(tree, Scalar) else _OWN.get(type(tree), 3)
    if isinstance(tree, Leaf):
        return min(len(tree.tensor.name), 3)
    between = 3 if isinstance(tree, Plus) else 1
    return own + sum(map(length, tree.parts)) + between * max(len(tree.parts) - 1, 0)


_OWN: dict[type[Tree], int] = {Plus: 2, Product: 0, Scaled: 0}


def turned(tree: Tree) -> Tree:
    """Return the tree with 2 (m − x) for −2 (x − m): last of all, when it is known how long the terms are."""

    def visit(part: Tree) -> Tree | None:
        if not isinstance(part, Scaled) or not _is_minus_of_differences(part):
            return None
        minus = Scalar(S.NegativeOne)
        terms = [rebuild(scaled([minus], term), visit) for term in part.body.parts]
        return scaled([minus, *(rebuild(scalar, visit) for scalar in part.scalars)], _collected(terms))

    return rebuild(tree, visit)


def _collected_below(tree: Tree) -> Tree:
    def visit(part: Tree) -> Tree | None:
        if not isinstance(part, Plus):
            return None
        return _collected([rebuild(term, visit) for term in part.terms])

    return rebuild(tree, visit)


def _is_minus_of_differences(tree: Scaled) -> bool:
    """−2 (x − m), which is 2 (m − x); a minus before long terms is left where it is"""
    first = tree.scalars[0]
    if not isinstance(first, Scalar) or not isinstance(tree.body, Plus) or not first.value.could_extract_minus_sign():
        return False
    terms = [_split(term) for term in tree.body.terms]
    is_short = all(len(factors) < 3 for _, _, factors in terms)
    return is_short and any(number.could_extract_minus_sign() for number, _, _ in terms)


def _collected(terms: Sequence[Tree]) -> Tree:
    """Return the sum of terms with what they share taken out; a scalar stays a sum of products."""
    whole = plus(*terms)
    if not isinstance(whole, Plus):
        return whole
    split = [_split(term) for term in whole.terms]
    return _in_order(split) if is_scalar(whole) else _in_order(_grouped(_grouped(split, -1), 0))


def _split(term: Tree) -> Term:
    number, rest = coefficient_and_rest(term)
    scalars: tuple[Tree, ...] = ()
    if isinstance(rest, Scaled):
        scalars, rest = rest.scalars, rest.body
    return number, scalars, rest.factors if isinstance(rest, Product) else (rest,)


def _joined(term: Term) -> Tree:
    number, scalars, factors = term
    return scaled([Scalar(number), *scalars], product(*factors))


def _grouped(terms: Sequence[Term], end: int) -> list[Term]:
    """Take out the factor at one end that terms with the same scalars share; none of them is that factor alone."""
    groups: dict[object, list[Term]] = {}
    for place, term in enumerate(terms):
        alone = len(term[2]) < 2
        key = ("alone", place) if alone else (frozenset(term[1]), term[2][end])
        groups.setdefault(key, []).append(term)
    found: list[Term] = []
    for group in groups.values():
        if len(group) == 1 or (len(group) < len(terms) and any(len(factors) > 2 for _, _, factors in group)):
            found.extend(group)
            continue
        factor, scalars = group[0][2][end], group[0][1]
        rests: list[Term] = [(number, (), factors[:-1] if end else factors[1:]) for number, _, factors in group]
        number, _, inner = _common_out(rests)
        body = _in_order(_grouped(_grouped(inner, -1), 0))
        found.append((number, scalars, (body, factor) if end else (factor, body)))
    return found


def _common_out(terms: Sequence[Term]) -> tuple[Expr, tuple[Tree, ...], list[Term]]:
    """Take out the number that all terms share, up to signs, and the scalars that they share."""
    first = terms[0][0]
    sign = S.NegativeOne if all(n.could_extract_minus_sign() for n, _, _ in terms) else S.One
    shared = sign
    if all(number in (first, -first) for number, _, _ in terms):
        shared = sign * (-first if first.could_extract_minus_sign() else first)
    scalars = tuple(s for s in terms[0][1] if all(s in others for _, others, _ in terms))
    inner = [(n / shared, tuple(s for s in own if s not in scalars), factors) for n, own, factors in terms]
    return shared, scalars, inner


def _in_order(terms: Sequence[Term]) -> Tree:
    """Return a sum with its positive terms first, and the number and scalars that all terms share in front."""
    if len(terms) == 1:
        return _joined(terms[0])
    number, scalars, inner = _common_out(terms)
    ordered = sorted(inner, key=lambda term: (term[0].could_extract_minus_sign(), _is_late(term)))
    return scaled([Scalar(number), *scalars], plus(*map(_joined, ordered)))


def _is_late(term: Term) -> bool:
    """Whether a term stands after others: Aᵀ after A, (Aᵀ)² after A², and in a sum of columns b after W x."""
    _, scalars, factors = term
    if len(factors) > 1 or scalars:
        return not scalars and all(factor == factors[0] and isinstance(factor, Transposed) for factor in factors)
    only = factors[0]
    return isinstance(only, Transposed) or (isinstance(only, Leaf) and only.rows is not None and only.columns is None)
