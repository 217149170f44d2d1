"""Whether a matrix form says the same as its equation: the typed tree is evaluated with strict shapes."""

from __future__ import annotations

import itertools
import math
from typing import Any

import mpmath
import numpy as np

from symnn.errors import SymnnError
from symnn.language import Equation, Tensor, size_of, tensors
from symnn.proof.checker import EXACT, TO_DIGITS, UNCHECKED, WRONG, Checker, Verdict
from symnn.proof.points import DIGITS
from symnn.views.entries import entry_of, is_alike, misfit
from symnn.views.evaluation import evaluate_matrix
from symnn.views.tree import Leaf, Tree

MOST_ENTRIES = 2000


def matrix_verdict(checker: Checker, equation: Equation, tree: Tree) -> Verdict:
    """Return whether a matrix expression equals an equation's right side.

    It is read as index notation, and compared exactly; what cannot be read so is evaluated to 50 digits, in
    all entries, or in some where there are very many.

    Args:
        checker: a checker of the program.
        equation: the equation, in index notation.
        tree: its right side as a matrix expression.
    """
    known = checker.inputs.keys() | checker.program.defined.keys()
    leaves = {node.tensor for node in tree.walk() if isinstance(node, Leaf)}
    used = {tensor.name: tensor for tensor in tensors(equation.right) | leaves}
    if not used.keys() <= known:
        return Verdict(UNCHECKED, "the form speaks of what has no equation")
    if misfit(tree) is not None or not is_alike(tree, Leaf(equation.tensor)):
        return Verdict(WRONG, "its shapes do not fit")
    read = entry_of(tree, *(*equation.indices, None, None)[:2])
    if read is not None and (found := checker.equal(read, equation.right, equation.indices)).kind in (EXACT, WRONG):
        return found
    return _to_digits(checker, equation, tree, used)


def _to_digits(checker: Checker, equation: Equation, tree: Tree, used: dict[str, Tensor]) -> Verdict:
    """Evaluate the expression with strict shapes, to 50 digits."""
    sizes = checker.sizes
    try:
        points = checker.real
        points.use(0)
        points.need(used)
        with mpmath.workdps(2 * DIGITS):
            values: dict[str, Any] = {str(symbol): int(size) for symbol, size in sizes.items()}
            for name, tensor in used.items():
                shape = tuple(int(size.xreplace(sizes)) for size in tensor.shape)
                array = np.empty(len(points.data[name]), dtype=object)
                array[:] = [mpmath.mp.make_mpf(number._mpf_) for number in points.data[name]]
                values[name] = array.reshape(shape)
            made = np.asarray(evaluate_matrix(tree, values), dtype=object)
            right = points.formula(equation.right, equation.indices)
            ranges = [range(int(size_of(i).xreplace(sizes))) for i in equation.indices]
            if made.shape != tuple(map(len, ranges)):
                return Verdict(WRONG, f"its shape is {made.shape}")
            every = math.prod(map(len, ranges)) <= MOST_ENTRIES
            for place in itertools.product(*ranges) if every else checker.places(equation.indices):
                one, other = mpmath.mpf(made[place]), mpmath.mp.make_mpf(right(place)._mpf_)
                if abs(one - other) > mpmath.mpf(10) ** -DIGITS * max(abs(one), abs(other), 1):
                    at = ", ".join(str(i + 1) for i in place)
                    return Verdict(WRONG, f"at {at}: {float(one):.6g} against {float(other):.6g}")
            return Verdict(TO_DIGITS)
    except (SymnnError, ArithmeticError) as error:
        return Verdict(UNCHECKED, str(error))
