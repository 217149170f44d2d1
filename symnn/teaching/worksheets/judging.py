"""Whether a line is right: its matrix expression is evaluated, with strict shapes, at random points."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import mpmath
import numpy as np

from symnn.errors import ShapeError
from symnn.language import Tensor
from symnn.proof import Verdict
from symnn.proof.checker import TO_DIGITS, WRONG
from symnn.teaching.worksheets.models import Model
from symnn.views.evaluation import evaluate_matrix
from symnn.views.tree import Hadamard, Plus, Product, Tree

_DIGITS = 50


def judged(model: Model, tensor: Tensor, tree: Tree) -> Verdict:
    """Return whether a matrix expression equals a tensor of a network, to 50 digits, at all points.

    Args:
        model: the network.
        tensor: a tensor that it defines, forward or backward.
        tree: what is said to equal it; shapes that do not fit are wrong, too.
    """
    try:
        with mpmath.workdps(2 * _DIGITS):
            for values in model.points:
                wrong = _difference(values[tensor.name], np.asarray(evaluate_matrix(tree, values), dtype=object))
                if wrong:
                    return Verdict(WRONG, wrong)
    except ShapeError as error:
        return Verdict(WRONG, str(error))
    return Verdict(TO_DIGITS)


def _difference(true: Any, found: Any) -> str:
    """Say where two arrays differ; nothing where they agree."""
    if found.shape != true.shape:
        return f"its shape is {found.shape}, and not {true.shape}"
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
