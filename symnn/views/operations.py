"""Making nodes of the matrix view that act on one matrix, with the rules that a reader expects.

(Sᵀ)⁻¹ = S⁻ᵀ      tr(u vᵀ) = vᵀ u      diag(1) = I      exp(z − logsumexp(z) 1) = softmax(z)      log(det S) = log det S

`rebuild` makes a whole tree anew, with some of its parts replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from sympy import Expr, Integer, Pow, S, exp, log

from symnn.errors import ShapeError
from symnn.language import LogSumExp
from symnn.views.making import ONE, ZERO, fewest_transposes, hadamard, plus, product, scaled, shape_text
from symnn.views.transposes import is_scalar, same_axis, transpose, transposes
from symnn.views.tree import (
    Apply,
    CholeskyOf,
    DeterminantOf,
    Diagonal,
    DiagonalOf,
    Extreme,
    Hadamard,
    Identity,
    InverseOf,
    Leaf,
    LogDeterminantOf,
    Norm1,
    Ones,
    Plus,
    Power,
    Product,
    Reduce,
    Scalar,
    Scaled,
    Series,
    Softmax,
    SquaredNorm,
    Trace,
    Transposed,
    Tree,
    Unmarked,
    Zeros,
)


def rebuild(tree: Tree, replace: Callable[[Tree], Tree | None]) -> Tree:
    """Return the tree made anew, with `replace` applied from the top: None means "look inside"."""
    replaced = replace(tree)
    if replaced is not None:
        return replaced
    if not tree.parts:
        return tree
    parts = [rebuild(part, replace) for part in tree.parts]
    return _MAKERS[type(tree)](tree, parts)


def inverse(tree: Tree) -> Tree:
    """Return the inverse of a square matrix; a transpose stands outside: S⁻ᵀ.

    Raises:
        ShapeError: for a matrix that is not square.
    """
    _refuse_oblong("an inverse", tree)
    if isinstance(tree, InverseOf | Identity):
        return tree.body if isinstance(tree, InverseOf) else tree
    if isinstance(tree, Transposed):
        return transpose(inverse(tree.body))
    if isinstance(tree, Scaled):
        return scaled([power(scalar, Integer(-1)) for scalar in tree.scalars], inverse(tree.body))
    return InverseOf(tree)


def determinant(tree: Tree) -> Tree:
    """Return the determinant of a square matrix."""
    _refuse_oblong("a determinant", tree)
    return ONE if isinstance(tree, Identity) else DeterminantOf(fewest_transposes(tree))


def log_determinant(tree: Tree) -> Tree:
    """Return the logarithm of the determinant of a square matrix."""
    _refuse_oblong("a determinant", tree)
    return ZERO if isinstance(tree, Identity) else LogDeterminantOf(fewest_transposes(tree))


def cholesky(tree: Tree) -> Tree:
    """Return Cholesky's factor of a square matrix."""
    _refuse_oblong("Cholesky's factor", tree)
    return tree if isinstance(tree, Identity) else CholeskyOf(tree)


def trace(tree: Tree) -> Tree:
    """Return the trace of a square matrix; that of u vᵀ is vᵀ u."""
    _refuse_oblong("a trace", tree)
    if isinstance(tree, Scaled):
        return scaled(tree.scalars, trace(tree.body))
    if isinstance(tree, Identity):
        return Scalar(tree.size)
    if isinstance(tree, Zeros):
        return ZERO
    if isinstance(tree, Product):
        for place, (left, right) in enumerate(pairwise(tree.factors), 1):
            if left.columns is None and right.rows is None:
                return fewest_transposes(product(*tree.factors[place:], *tree.factors[:place]))
        turns = [product(*tree.factors[n:], *tree.factors[:n]) for n in range(len(tree.factors))]
        return Trace(min(map(fewest_transposes, turns), key=_spelling))
    return Trace(fewest_transposes(tree))


def _spelling(tree: Tree) -> tuple[int, list[str]]:
    """Of the turns of a product under a trace, the one with the fewest transposes reads best, then the alphabet's."""
    return transposes(tree), [node.tensor.name for node in tree.walk() if isinstance(node, Leaf)]


def diagonal(tree: Tree) -> Tree:
    """Return diag(v); that of ones is the identity."""
    if isinstance(tree, Scaled):
        return scaled(tree.scalars, diagonal(tree.body))
    if isinstance(tree, Zeros):
        return Zeros(tree.rows, tree.rows)
    return Identity(tree.size) if isinstance(tree, Ones) else Diagonal(tree)


def diagonal_of(tree: Tree) -> Tree:
    """Return the diagonal of a square matrix."""
    _refuse_oblong("a diagonal", tree)
    if isinstance(tree, Scaled):
        return scaled(tree.scalars, diagonal_of(tree.body))
    if isinstance(tree, Identity):
        return Ones(tree.size)
    return tree.body if isinstance(tree, Diagonal) else DiagonalOf(tree)


def power(tree: Tree, exponent: Expr) -> Tree:
    """Return each entry to a power."""
    if exponent == 1:
        return tree
    if isinstance(tree, Scalar):
        return Scalar(Pow(tree.value, exponent))
    if isinstance(tree, Power) and exponent.is_Integer:
        return power(tree.body, tree.exponent * exponent)
    if isinstance(tree, Scaled) and exponent.is_Integer and is_scalar(tree):
        return scaled([power(scalar, exponent) for scalar in tree.scalars], power(tree.body, exponent))
    return Power(tree, exponent)


def apply(tree: Tree, function: Any) -> Tree:
    """Return a function of each entry."""
    if isinstance(tree, DeterminantOf) and issubclass(function, log):
        return LogDeterminantOf(tree.body)
    if issubclass(function, exp) and (body := _softmax_of(tree)) is not None:
        return Softmax(body)
    return Apply(tree, function)


def _softmax_of(tree: Tree) -> Tree | None:
    """Return z, if the tree is z − logsumexp(z) 1, for a vector or row by row."""
    if not isinstance(tree, Plus):
        return None
    for term in tree.terms:
        if not (isinstance(term, Scaled) and term.scalars[0] == Scalar(S.NegativeOne)):
            continue
        found = [node for node in term.walk() if isinstance(node, Reduce) and issubclass(node.kind, LogSumExp)]
        rest = plus(*(other for other in tree.terms if other is not term))
        if not found or found[0].body != rest:
            continue
        spread = (
            product(found[0], transpose(Ones(tree.columns)))
            if found[0].by_row
            else scaled([found[0]], Ones(tree.rows) if tree.columns is None else ONE)
        )
        if term == scaled([Scalar(S.NegativeOne)], spread):
            return rest
    return None


def _refuse_oblong(what: str, tree: Tree) -> None:
    if not same_axis(tree.rows, tree.columns):
        raise ShapeError(f"{what} of a matrix that is not square: {shape_text(tree)}")


_MAKERS: dict[type[Tree], Callable[[Any, Sequence[Tree]], Tree]] = {
    Transposed: lambda node, parts: transpose(parts[0]),
    Unmarked: lambda node, parts: Unmarked(parts[0]),
    Product: lambda node, parts: product(*parts),
    Hadamard: lambda node, parts: hadamard(*parts),
    Plus: lambda node, parts: plus(*parts),
    Scaled: lambda node, parts: scaled(parts[:-1], parts[-1]),
    Power: lambda node, parts: power(parts[0], node.exponent),
    Apply: lambda node, parts: apply(parts[0], node.function),
    Extreme: lambda node, parts: Extreme(node.kind, tuple(parts)),
    Softmax: lambda node, parts: Softmax(parts[0]),
    Reduce: lambda node, parts: Reduce(node.kind, parts[0], node.by_row),
    Diagonal: lambda node, parts: diagonal(parts[0]),
    DiagonalOf: lambda node, parts: diagonal_of(parts[0]),
    Trace: lambda node, parts: trace(parts[0]),
    SquaredNorm: lambda node, parts: SquaredNorm(fewest_transposes(parts[0])),
    Norm1: lambda node, parts: Norm1(fewest_transposes(parts[0])),
    Series: lambda node, parts: Series(parts[0], node.letter, node.first, node.last),
    InverseOf: lambda node, parts: inverse(parts[0]),
    CholeskyOf: lambda node, parts: cholesky(parts[0]),
    DeterminantOf: lambda node, parts: determinant(parts[0]),
    LogDeterminantOf: lambda node, parts: log_determinant(parts[0]),
}
