"""Whether a line is right: its matrix expression is read as index notation, and proved or refuted.

    (W⁽²⁾)ᵀ δ⁽²⁾ ⊙ σ′(z⁽¹⁾)     →     Σ_j W2[j, k] delta2[j] · sigmoid′(z1[k])     →     exact, or wrong
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sympy import Expr

from symnn.language import Equation, Tensor, Total, fresh_index_over
from symnn.proof import Checker, Verdict, matrix_verdict
from symnn.teaching.worksheets.models import Model
from symnn.views.tree import Tree


@lru_cache(maxsize=8192)
def judged(model: Model, tensor: Tensor, tree: Tree) -> Verdict:
    """Return whether a matrix expression equals a tensor of a network, for all values of everything.

    A derivative is compared with what dual numbers say of the forward equations, not with its own equation.

    Args:
        model: the network.
        tensor: a tensor that it defines, forward or backward.
        tree: what is said to equal it; shapes that do not fit are wrong, too. A vector of n entries is n×1.
    """
    places = tuple(fresh_index_over(size) for size in tensor.shape)
    adjoint = model.program.adjoints.get(tensor.name)
    true: Expr = tensor[places]
    if adjoint is not None:
        true = Total(model.tensor(adjoint.of)[()], model.tensor(adjoint.wrt)[places])
    return matrix_verdict(_checker(model), Equation(tensor[places], true), tree)


@lru_cache(maxsize=256)
def _checker(model: Model) -> Checker:
    return Checker(model.program, "C")


def shape_of(tree: Tree) -> tuple[int, int]:
    """Return the numbers of rows and columns of an expression that is defined."""
    return _size(tree.rows), _size(tree.columns)


def _size(axis: Any) -> int:
    return 1 if axis is None else int(axis)
