"""Whether a line is right: its matrix expression is read as index notation, and proved or refuted.

    (W⁽²⁾)ᵀ δ⁽²⁾ ⊙ σ′(z⁽¹⁾)     →     Σ_j W2[j, k] delta2[j] · sigmoid′(z1[k])     →     exact, or wrong
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
from sympy import Expr, Idx, Integer, KroneckerDelta, Mul, S

from symnn.errors import ShapeError
from symnn.language import Entry, Tensor, Total, fresh_index_over, sum_over
from symnn.proof import Checker, Verdict
from symnn.proof.checker import TO_DIGITS, WRONG
from symnn.teaching.worksheets.models import Model
from symnn.views.evaluation import evaluate_matrix
from symnn.views.tree import (
    Apply,
    Diagonal,
    Hadamard,
    Identity,
    Leaf,
    Ones,
    Plus,
    Power,
    Product,
    Scalar,
    Scaled,
    Transposed,
    Tree,
)

_DIGITS = 50


@lru_cache(maxsize=8192)
def judged(model: Model, tensor: Tensor, tree: Tree) -> Verdict:
    """Return whether a matrix expression equals a tensor of a network, for all values of everything.

    A derivative is compared with what dual numbers say of the forward equations, not with its own equation.

    Args:
        model: the network.
        tensor: a tensor that it defines, forward or backward.
        tree: what is said to equal it; shapes that do not fit are wrong, too. A vector of n entries is n×1.
    """
    if misfit(tree) is not None:
        return Verdict(WRONG, "the shapes do not fit")
    if shape_of(tree) != shape_of(Leaf(tensor)):
        return Verdict(WRONG, "it has another shape")
    places = tuple(fresh_index_over(size) for size in tensor.shape)
    right = entry_of(tree, *(*places, None, None)[:2])
    if right is None:
        return _at_points(model, tensor, tree)
    adjoint = model.program.adjoints.get(tensor.name)
    left: Expr = tensor[places]
    if adjoint is not None:
        left = Total(model.tensor(adjoint.of)[()], model.tensor(adjoint.wrt)[places])
    return _checker(model).equal(left, right, places)


@lru_cache(maxsize=256)
def _checker(model: Model) -> Checker:
    return Checker(model.program, "C")


def entry_of(tree: Tree, row: Any, column: Any) -> Expr | None:
    """Return one entry of a matrix expression in index notation, or None where it has none here.

    Args:
        tree: an expression whose shapes fit.
        row, column: indices; None on an axis that is 1.
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
        case Identity():
            return KroneckerDelta(_place(row), _place(column))
    raise NotImplementedError


def _of_tensor(tensor: Tensor, row: Any, column: Any) -> Entry:
    return tensor[tuple(_place(place) for place in (row, column)[: tensor.rank])]


def _place(index: Any) -> Any:
    """An axis of size 1 has one place."""
    return Integer(0) if index is None else index


def _product(factors: tuple[Tree, ...], row: Any, column: Any) -> Expr:
    inner: list[Idx | None] = []
    for one, other in pairwise(factors):
        axis = one.columns if one.columns is not None else other.rows
        inner.append(None if axis is None else fresh_index_over(axis))
    ends = [row, *inner, column]
    parts = [_entry(factor, *ends[place : place + 2]) for place, factor in enumerate(factors)]
    return sum_over(Mul(*parts), [index for index in inner if index is not None])


def _at_points(model: Model, tensor: Tensor, tree: Tree) -> Verdict:
    """Evaluate an expression with strict shapes at random points, to 50 digits."""
    try:
        with mpmath.workdps(2 * _DIGITS):
            for values in model.points:
                found = np.asarray(evaluate_matrix(tree, values), dtype=object)
                wrong = _difference(values[tensor.name], found.reshape(values[tensor.name].shape))
                if wrong:
                    return Verdict(WRONG, wrong)
    except ShapeError as error:
        return Verdict(WRONG, str(error))
    return Verdict(TO_DIGITS)


def _difference(true: Any, found: Any) -> str:
    """Say where two arrays differ; nothing where they agree."""
    for place in np.ndindex(true.shape):
        one, other = true[place], found[place]
        if abs(one - other) > mpmath.mpf(10) ** -_DIGITS * max(abs(one), abs(other), 1):
            return f"at {[n + 1 for n in place]}: {float(other):.6g}, and not {float(one):.6g}"
    return ""


def misfit(tree: Tree) -> tuple[Tree, Tree] | None:
    """Return two parts of an expression whose shapes do not fit, or None where it is defined."""
    for node in tree.walk():
        if isinstance(node, Product):
            for left, right in pairwise(node.factors):
                if _size(left.columns) != _size(right.rows):
                    return left, right
        if isinstance(node, Hadamard | Plus):
            first, *others = node.parts
            for other in others:
                if shape_of(first) != shape_of(other):
                    return first, other
    return None


def shape_of(tree: Tree) -> tuple[int, int]:
    """Return the numbers of rows and columns of an expression that is defined."""
    return _size(tree.rows), _size(tree.columns)


def _size(axis: Any) -> int:
    return 1 if axis is None else int(axis)
