"""Differences are written one way round: that in which the formula has them.

    −Aᵀ sign(b − A x)  →  Aᵀ sign(A x − b)          (x − y)ᵀ S (y − x)  →  −(x − y)ᵀ S (x − y)

What the formula names first is positive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sympy import Abs, Integer, S, sign

from symnn.views.making import coefficient_and_rest, product, scaled
from symnn.views.operations import rebuild
from symnn.views.transposes import transpose
from symnn.views.tree import Apply, Leaf, Norm1, Plus, Product, Scalar, SquaredNorm, Tree

_MINUS = Scalar(S.NegativeOne)


def oriented(trees: Sequence[Tree], order: Iterable[str]) -> list[Tree]:
    """Return trees in which differences have one orientation: what is named first in `order` is positive.

    The body of an absolute value, of a norm or of a sign is turned in any case; a factor of a product
    only where the other orientation stands somewhere, too.
    """
    places = {name: place for place, name in enumerate(order)}
    if not places:
        return list(trees)
    differences = {_terms(node) for tree in trees for node in tree.walk() if isinstance(node, Plus)}
    differences |= {_terms(transpose(node)) for tree in trees for node in tree.walk() if isinstance(node, Plus)}
    return [_turned(tree, places, differences) for tree in trees]


def _turned(tree: Tree, places: Mapping[str, int], differences: set[frozenset[Tree]]) -> Tree:
    def visit(part: Tree) -> Tree | None:
        if isinstance(part, Norm1 | SquaredNorm) and _is_backwards(part.body, places):
            return type(part)(rebuild(_negative(part.body), visit))
        if isinstance(part, Apply) and part.function in (Abs, sign) and _is_backwards(part.body, places):
            made = Apply(rebuild(_negative(part.body), visit), part.function)
            return scaled([_MINUS], made) if part.function == sign else made
        if isinstance(part, Product):
            turned = [_is_backwards(f, places) and _terms(_negative(f)) in differences for f in part.factors]
            if any(turned):
                factors = [_negative(f) if turn else f for f, turn in zip(part.factors, turned, strict=True)]
                number = Scalar(Integer(-1) ** sum(turned))
                return scaled([number], product(*(rebuild(factor, visit) for factor in factors)))
        return None

    return rebuild(tree, visit)


def _terms(tree: Tree) -> frozenset[Tree]:
    return frozenset(tree.parts)


def _negative(tree: Tree) -> Tree:
    """Return the difference the other way round, its positive terms first."""
    terms = [scaled([_MINUS], term) for term in tree.parts]
    return Plus(tuple(sorted(terms, key=_is_negative)))


def _is_negative(term: Tree) -> bool:
    return bool(coefficient_and_rest(term)[0].could_extract_minus_sign())


def _is_backwards(tree: Tree, places: Mapping[str, int]) -> bool:
    """Whether a sum has terms of either sign, and the one that is named first in a formula is negative."""
    if not isinstance(tree, Plus) or len({*map(_is_negative, tree.terms)}) < 2:
        return False
    last = len(places)

    def place(term: Tree) -> int:
        return min((places.get(node.tensor.name, last) for node in term.walk() if isinstance(node, Leaf)), default=last)

    first = min(tree.terms, key=place)
    return place(first) < last and _is_negative(first)
