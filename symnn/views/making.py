"""Making nodes of the matrix view: axes that do not fit are refused, and what says nothing is left out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from sympy import Expr, Integer, S

from symnn.errors import ShapeError
from symnn.language import Step, same_size
from symnn.views.tree import (
    Apply,
    Axis,
    Diagonal,
    Extreme,
    Hadamard,
    Identity,
    Ones,
    Plus,
    Power,
    Product,
    Scalar,
    Scaled,
    Transposed,
    Tree,
)

ONE = Scalar(Integer(1))


def same_axis(one: Axis, other: Axis) -> bool:
    """Whether two axes are equal."""
    if one is None or other is None:
        return one is other
    return bool(same_size(one, other))


def is_scalar(tree: Tree) -> bool:
    """Whether the tree has neither rows nor columns."""
    return tree.rows is None and tree.columns is None


def transpose(tree: Tree) -> Tree:
    """Return the transpose, with transposes pushed to the leaves."""
    if is_scalar(tree) or isinstance(tree, Identity | Diagonal):
        return tree
    if isinstance(tree, Transposed):
        return tree.body
    if isinstance(tree, Product):
        return Product(tuple(transpose(factor) for factor in reversed(tree.factors)))
    if isinstance(tree, Hadamard):
        return Hadamard(tuple(map(transpose, tree.factors)))
    if isinstance(tree, Plus):
        return Plus(tuple(map(transpose, tree.terms)))
    if isinstance(tree, Power):
        return Power(transpose(tree.body), tree.exponent)
    if isinstance(tree, Apply):
        return Apply(transpose(tree.body), tree.function)
    if isinstance(tree, Extreme):
        return Extreme(tree.kind, tuple(map(transpose, tree.operands)))
    if isinstance(tree, Scaled):
        return Scaled(tree.scalars, transpose(tree.body))
    return Transposed(tree)


def _taken_apart(factors: Iterable[Tree], kind: type[Product | Hadamard]) -> tuple[list[Tree], list[Tree]]:
    """Return the scalars in front of factors, and the factors, those inside products of the same kind too."""
    scalars: list[Tree] = []
    chain: list[Tree] = []
    for factor in factors:
        inner = factor
        if isinstance(inner, Scaled):
            scalars.extend(inner.scalars)
            inner = inner.body
        chain.extend(inner.factors if isinstance(inner, kind) else (inner,))
    return scalars, chain


def product(*factors: Tree) -> Tree:
    """Return the matrix product; scalars of its factors go in front, identities are left out."""
    scalars, chain = _taken_apart(factors, Product)
    for left, right in pairwise(chain):
        if not same_axis(left.columns, right.rows):
            raise ShapeError(f"a product of {shape_text(left)} and {shape_text(right)}")
    kept = [factor for factor in chain if not isinstance(factor, Identity)] or chain[:1]
    return scaled(scalars, kept[0] if len(kept) == 1 else Product(tuple(kept)))


def hadamard(*factors: Tree) -> Tree:
    """Return the elementwise product; scalars of its factors go in front."""
    scalars, chain = _taken_apart(factors, Hadamard)
    _same_shapes("an elementwise product", chain)
    kept = sorted((f for f in chain if not _is_ones(f)), key=_hadamard_rank) or chain[:1]
    return scaled(scalars, kept[0] if len(kept) == 1 else Hadamard(tuple(kept)))


def plus(*terms: Tree) -> Tree:
    """Return the sum of terms of one shape."""
    _same_shapes("a sum", terms)
    return terms[0] if len(terms) == 1 else Plus(tuple(terms))


def scaled(scalars: Any, body: Tree) -> Tree:
    """Return the product of scalars with the body: all numbers and sizes in one, in front."""
    value: Expr = S.One
    others: list[Tree] = []
    pending = list(scalars)
    if isinstance(body, Scaled):
        pending, body = [*pending, *body.scalars], body.body
    if isinstance(body, Scalar):
        pending, body = [*pending, body], ONE
    for scalar in pending:
        inner = (*scalar.scalars, scalar.body) if isinstance(scalar, Scaled) else (scalar,)
        for part in inner:
            if isinstance(part, Scalar):
                value = value * part.value
            else:
                others.append(part)
    if body == ONE and others:
        body = others.pop()
    if value != 1 and body == ONE:
        return Scalar(value)
    front = ((Scalar(value),) if value != 1 else ()) + tuple(others)
    return Scaled(front, body) if front else body


def fewest_transposes(body: Tree) -> Tree:
    """Return the body or its transpose, where both are worth the same: whichever needs fewer transposes.

    The body is a scalar product, or stands under a norm or a trace.
    """
    if isinstance(body, Scaled):
        return scaled(body.scalars, fewest_transposes(body.body))
    if isinstance(body, Product):
        other: Tree = Product(tuple(transpose(factor) for factor in reversed(body.factors)))
    else:
        other = transpose(body)
    return other if transposes(other) < transposes(body) else body


def transposes(tree: Tree) -> int:
    """Return how many transposes stand in the tree."""
    return sum(isinstance(node, Transposed) for node in tree.walk())


def shape_text(tree: Tree) -> str:
    """Return a node's shape as a text: ``3×2``."""
    return "×".join("1" if axis is None else str(axis) for axis in (tree.rows, tree.columns))


def _is_ones(tree: Tree) -> bool:
    return isinstance(tree.body if isinstance(tree, Transposed) else tree, Ones)


def _hadamard_rank(tree: Tree) -> int:
    """Matrix products come first, derivatives of functions after other functions, brackets last."""
    if isinstance(tree, Apply):
        return 4 if tree.function is Step else 3 if getattr(tree.function, "order", 0) else 2
    if isinstance(tree, Power) and tree.exponent.is_negative:
        return 5
    return 0 if isinstance(tree, Product) else 1


def _same_shapes(what: str, trees: Any) -> None:
    for tree in trees:
        if not (same_axis(tree.rows, trees[0].rows) and same_axis(tree.columns, trees[0].columns)):
            raise ShapeError(f"{what} of {shape_text(trees[0])} and {shape_text(tree)}")
