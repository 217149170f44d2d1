"""A matrix expression read as index notation: the other way round from the matrix view.

    ((W)ᵀ δ)ₖ = Σⱼ wⱼₖ δⱼ
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from sympy import Abs, Expr, Idx, Integer, KroneckerDelta, Mul, S, exp

from symnn.language import Entry, Tensor, fresh_index_over, same_size, sum_over
from symnn.views.tree import (
    Apply,
    Diagonal,
    DiagonalOf,
    Hadamard,
    Identity,
    Leaf,
    Norm1,
    Ones,
    Plus,
    Power,
    Product,
    Scalar,
    Scaled,
    Softmax,
    SquaredNorm,
    Trace,
    Transposed,
    Tree,
    Zeros,
)


def entry_of(tree: Tree, row: Idx | None, column: Idx | None) -> Expr | None:
    """Return one entry of a matrix expression in index notation, or None where it has none here.

    Args:
        tree: an expression whose shapes fit: see `misfit`.
        row, column: indices; None on an axis that is 1.

    >>> from symnn.language import index, sizes, tensor
    >>> n, d = sizes("n d"); k = index("k", d); W, u = tensor("W", (n, d)), tensor("u", n)
    >>> entry_of(Hadamard((Leaf(u), Leaf(u))), index("i", n), None)
    u[i]**2
    """
    try:
        return _entry(tree, row, column)
    except NotImplementedError:
        return None


def _entry(tree: Tree, row: Any, column: Any) -> Expr:
    match tree:
        case Leaf():
            return _of_tensor(tree.tensor, row, column)
        case Transposed():
            return _entry(tree.body, column, row)
        case Scalar():
            return tree.value
        case Ones():
            return S.One
        case Zeros():
            return S.Zero
        case Product():
            return _product(tree.factors, row, column)
        case Hadamard():
            return Mul(*(_entry(factor, row, column) for factor in tree.factors))
        case Plus():
            return sum((_entry(term, row, column) for term in tree.terms), S.Zero)
        case Scaled():
            return Mul(*(_entry(scalar, None, None) for scalar in tree.scalars), _entry(tree.body, row, column))
        case Apply():
            return tree.function(_entry(tree.body, row, column))
        case Power():
            return _entry(tree.body, row, column) ** tree.exponent
        case Diagonal():
            return KroneckerDelta(_place(row), _place(column)) * _entry(tree.body, row, None)
        case DiagonalOf():
            return _entry(tree.body, row, row)
        case Identity():
            return KroneckerDelta(_place(row), _place(column))
        case Trace() | SquaredNorm() | Norm1():
            return _total(tree)
        case Softmax():
            return _softmax(tree, row, column)
    raise NotImplementedError


def _of_tensor(tensor: Tensor, row: Any, column: Any) -> Entry:
    return tensor[tuple(_place(place) for place in (row, column)[: tensor.rank])]


def _place(index: Any) -> Any:
    """An axis of size 1 has one place."""
    return Integer(0) if index is None else index


def _fresh(axis: Any) -> Idx | None:
    return None if axis is None else fresh_index_over(axis)


def _bound(*indices: Idx | None) -> list[Idx]:
    return [index for index in indices if index is not None]


def _product(factors: tuple[Tree, ...], row: Any, column: Any) -> Expr:
    axes = [one.columns if one.columns is not None else other.rows for one, other in pairwise(factors)]
    inner = [_fresh(axis) for axis in axes]
    ends = [row, *inner, column]
    parts = [_entry(factor, *ends[place : place + 2]) for place, factor in enumerate(factors)]
    return sum_over(Mul(*parts), _bound(*inner))


def _total(tree: Trace | SquaredNorm | Norm1) -> Expr:
    row, column = _fresh(tree.body.rows), _fresh(tree.body.columns)
    if isinstance(tree, Trace):
        return sum_over(_entry(tree.body, row, row), _bound(row))
    inside = _entry(tree.body, row, column)
    return sum_over(Abs(inside) if isinstance(tree, Norm1) else inside**2, _bound(row, column))


def _softmax(tree: Softmax, row: Any, column: Any) -> Expr:
    """Along the rows of a matrix, or the entries of a column."""
    if tree.body.columns is None:
        other = _fresh(tree.body.rows)
        below = exp(_entry(tree.body, other, None))
    else:
        other = _fresh(tree.body.columns)
        below = exp(_entry(tree.body, row, other))
    return exp(_entry(tree.body, row, column)) / sum_over(below, _bound(other))


def misfit(tree: Tree) -> tuple[Tree, Tree] | None:
    """Return two parts of an expression whose shapes do not fit, or None where it is defined."""
    # The innermost first: what does not fit has no shape that could be compared.
    for node in reversed(list(tree.walk())):
        if isinstance(node, Product):
            for left, right in pairwise(node.factors):
                if not _same(left.columns, right.rows):
                    return left, right
        if isinstance(node, Hadamard | Plus):
            first, *others = node.parts
            for other in others:
                if not is_alike(first, other):
                    return first, other
    return None


def is_alike(one: Tree, other: Tree) -> bool:
    """Whether two expressions have one shape."""
    return _same(one.rows, other.rows) and _same(one.columns, other.columns)


def _same(one: Any, other: Any) -> bool:
    return same_size(S.One if one is None else one, S.One if other is None else other)
