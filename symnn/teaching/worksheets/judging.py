"""Whether a line is right: its matrix expression is read as index notation, and proved or refuted.

    (W⁽²⁾)ᵀ δ⁽²⁾ ⊙ σ′(z⁽¹⁾)     →     Σ_j W2[j, k] delta2[j] · sigmoid′(z1[k])     →     exact, or wrong
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import mpmath
import numpy as np
from sympy import Expr

from symnn.errors import ShapeError
from symnn.language import Tensor, Total, fresh_index_over
from symnn.proof import Checker, Verdict
from symnn.proof.checker import TO_DIGITS, WRONG
from symnn.teaching.worksheets.models import Model
from symnn.views.entries import entry_of, misfit
from symnn.views.evaluation import evaluate_matrix
from symnn.views.tree import Leaf, Tree

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


def shape_of(tree: Tree) -> tuple[int, int]:
    """Return the numbers of rows and columns of an expression that is defined."""
    return _size(tree.rows), _size(tree.columns)


def _size(axis: Any) -> int:
    return 1 if axis is None else int(axis)
