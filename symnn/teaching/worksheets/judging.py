"""Whether a matrix expression is what it is said to be: it is read as index notation, and proved or refuted.

    (W⁽²⁾)ᵀ δ⁽²⁾ ⊙ σ′(z⁽¹⁾)     →     Σ_j W2[j, k] delta2[j] · sigmoid′(z1[k])     →     exact, or wrong
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

from sympy import Expr, Idx, Integer, KroneckerDelta, Mul, S

from symnn.language import Entry, Equation, Tensor, Total, fresh_index_over, same_size, sum_over
from symnn.proof import Verdict
from symnn.proof.checker import WRONG
from symnn.teaching.worksheets.subject import Subject
from symnn.views import matrix_equation
from symnn.views.tree import (
    Apply,
    Diagonal,
    Hadamard,
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

_ZERO = Integer(0)


class MisfitError(Exception):
    """Two parts of an expression whose shapes do not fit; it holds the expression in which they stand."""

    def __init__(self, tree: Tree, one: Tree, other: Tree) -> None:
        super().__init__("shapes that do not fit")
        self.tree, self.one, self.other = tree, one, other


def axes(tree: Tree) -> tuple[Any, Any]:
    """Return rows and columns as numbers or letters; a vector is a column."""
    return tuple(S.One if axis is None else axis for axis in (tree.rows, tree.columns))  # type: ignore[return-value]


def check_shapes(tree: Tree) -> None:
    """Raise MisfitError where a product, a sum or ⊙ is of shapes that do not fit."""
    for part in tree.parts:
        check_shapes(part)
    if isinstance(tree, Product):
        for one, other in pairwise(tree.factors):
            if not same_size(axes(one)[1], axes(other)[0]):
                raise MisfitError(tree, one, other)
    if isinstance(tree, Hadamard | Plus):
        for one, other in pairwise(tree.parts):
            if not _same_shape(one, other):
                raise MisfitError(tree, one, other)


def _same_shape(one: Tree, other: Tree) -> bool:
    return all(same_size(a, b) for a, b in zip(axes(one), axes(other), strict=True))


@lru_cache(maxsize=4096)
def judge(subject: Subject, wrt: str, tree: Tree) -> Verdict:
    """Return whether an expression is ∂C/∂T: exactly, to 50 digits, or not.

    Args:
        subject: the network.
        wrt: the name of T; or W1_new, where the expression is the new value of W1.
        tree: the expression.
    """
    parameter = wrt.removesuffix("_new")
    tensor = subject.known.names[parameter]
    try:
        check_shapes(tree)
    except MisfitError:
        return Verdict(WRONG, "the shapes do not fit")
    if not _same_shape(tree, Leaf(tensor)):
        return Verdict(WRONG, "it has another shape")
    indices = tuple(fresh_index_over(size) for size in tensor.shape)
    right = entry_of(tree, *(*indices, None, None)[:2])
    slope: Expr = Total(subject.checker.of[()], tensor[indices])
    if wrt != parameter:
        # Both sides are taken by η: what is left is the step that is subtracted.
        step = tensor[indices] - RATE[()] * slope
        right, slope = right.xreplace({RATE[()]: Integer(7)}), step.xreplace({RATE[()]: Integer(7)})
    return subject.checker.equal(slope, right, indices)


RATE = Tensor("eta", (), "hyperparameter")
"""The learning rate η."""


def entry_of(tree: Tree, row: Any, column: Any) -> Expr:
    """Return one entry of a matrix expression in index notation; an axis that is 1 needs no index."""
    match tree:
        case Leaf():
            return _entry(tree.tensor, row, column)
        case Transposed():
            return entry_of(tree.body, column, row)
        case Scalar():
            return tree.value
        case Ones():
            return S.One
        case Product():
            return _product(tree.factors, row, column)
        case Hadamard():
            return Mul(*(entry_of(factor, row, column) for factor in tree.factors))
        case Plus():
            return sum((entry_of(term, row, column) for term in tree.terms), S.Zero)
        case Scaled():
            scalars = [entry_of(scalar, None, None) for scalar in tree.scalars]
            return Mul(*scalars, entry_of(tree.body, row, column))
        case Apply():
            return tree.function(entry_of(tree.body, row, column))
        case Power():
            return entry_of(tree.body, row, column) ** tree.exponent
        case Diagonal():
            return KroneckerDelta(row, column) * entry_of(tree.body, row, None)
    raise TypeError(f"no way to read a {type(tree).__name__}")


def _entry(tensor: Tensor, row: Any, column: Any) -> Entry:
    places = (row, column)[: tensor.rank]
    return tensor[tuple(_ZERO if place is None else place for place in places)]


def _product(factors: tuple[Tree, ...], row: Any, column: Any) -> Expr:
    inner: list[Idx | None] = []
    for one, other in pairwise(factors):
        axis = one.columns if one.columns is not None else other.rows
        inner.append(None if axis is None else fresh_index_over(axis))
    ends = [row, *inner, column]
    parts = [entry_of(factor, *ends[place : place + 2]) for place, factor in enumerate(factors)]
    return sum_over(Mul(*parts), [index for index in inner if index is not None])


def equation_tree(equation: Equation) -> Tree:
    """Return the right side of an equation that has a matrix form."""
    found = matrix_equation(equation)
    assert found is not None
    return found.right
