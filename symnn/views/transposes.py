"""Transposes of the matrix view: pushed to the leaves, and left out where a matrix is symmetric."""

from __future__ import annotations

from symnn.language import same_size
from symnn.views.tree import (
    Apply,
    Axis,
    Diagonal,
    Extreme,
    Hadamard,
    Identity,
    InverseOf,
    Leaf,
    Plus,
    Power,
    Product,
    Scaled,
    Series,
    Transposed,
    Tree,
    Zeros,
)


def transpose(tree: Tree) -> Tree:
    """Return the transpose, with transposes pushed to the leaves; what is symmetric is its own."""
    if is_scalar(tree) or isinstance(tree, Identity | Diagonal):
        return tree
    if isinstance(tree, Transposed):
        return tree.body
    if isinstance(tree, Leaf) and tree.tensor.is_symmetric:
        return tree
    if isinstance(tree, Zeros):
        return Zeros(tree.columns, tree.rows)
    if isinstance(tree, Product):
        return Product(tuple(transpose(factor) for factor in reversed(tree.factors)))
    if isinstance(tree, Hadamard):
        return Hadamard(tuple(map(transpose, tree.factors)))
    if isinstance(tree, Plus):
        turned = tuple(map(transpose, tree.terms))
        return tree if set(turned) == set(tree.terms) else Plus(turned)
    if isinstance(tree, Power):
        return Power(transpose(tree.body), tree.exponent)
    if isinstance(tree, Apply):
        return Apply(transpose(tree.body), tree.function)
    if isinstance(tree, Extreme):
        return Extreme(tree.kind, tuple(map(transpose, tree.operands)))
    if isinstance(tree, Scaled):
        return Scaled(tree.scalars, transpose(tree.body))
    if isinstance(tree, Series):
        return Series(transpose(tree.body), tree.letter, tree.first, tree.last)
    if isinstance(tree, InverseOf) and transpose(tree.body) == tree.body:
        return tree
    return Transposed(tree)


def transposes(tree: Tree) -> int:
    """Return how many transposes stand in the tree."""
    return sum(isinstance(node, Transposed) for node in tree.walk())


def same_axis(one: Axis, other: Axis) -> bool:
    """Whether two axes are equal."""
    if one is None or other is None:
        return one is other
    return bool(same_size(one, other))


def is_scalar(tree: Tree) -> bool:
    """Whether the tree has neither rows nor columns."""
    return tree.rows is None and tree.columns is None
