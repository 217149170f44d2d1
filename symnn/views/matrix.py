"""The matrix view of equations and programs.

>>> from sympy import Sum
>>> from symnn.language import Equation, index, sizes, tensor
>>> n, d = sizes("n d"); j, k = index("j", n), index("k", d)
>>> W, x, z = tensor("W", (n, d)), tensor("x", d), tensor("z", n)
>>> matrix_equation(Equation(z[j], Sum(W[j, k] * x[k], k))).right
Product(factors=(Leaf(tensor=W), Leaf(tensor=x)))
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sympy import Add, Expr, Idx, exp

from symnn.language import Entry, Equation, LogSumExp, body_and_bound, entries, refresh, substitute, tensors
from symnn.views.contraction import convert
from symnn.views.graph import NoMatrixFormError
from symnn.views.tree import Leaf, Softmax, Tree


@dataclass(frozen=True)
class MatrixEquation:
    """An equation between a whole tensor and a matrix expression: left = right.

    Attributes:
        equation: the same equation in index notation.
        right: the typed tree; its axes are those of the left side.
    """

    equation: Equation
    right: Tree

    @property
    def left(self) -> Leaf:
        return Leaf(self.equation.tensor)


def matrix_equation(equation: Equation) -> MatrixEquation | None:
    """Return the matrix form of an equation, or None if it has none.

    What has none: tensors of more than two axes, indices such as i + p, brackets over an axis,
    functions of several variables, and products in which an index stands in three matrices.
    """
    if equation.tensor.rank > 2:
        return None
    row, column = (*equation.indices, None, None)[:2]
    try:
        return MatrixEquation(equation, convert(equation.right, row, column))
    except NoMatrixFormError:
        return None


def matrix_equations(equations: Iterable[Equation]) -> tuple[MatrixEquation | Equation, ...]:
    """Return the matrix view of a whole program, in order; what has no matrix form stays as it is.

    The two equations of softmax, L[i] = logsumexpⱼ S[i, j] and P[i, j] = exp(S[i, j] − L[i]), become
    the one line P = softmax(S); the line of L is left out if nothing else uses it.
    """
    given = tuple(equations)
    logarithms = {e.tensor.name: e for e in given if isinstance(e.right, LogSumExp)}
    folded: dict[str, MatrixEquation] = {}
    # An adjoint that is shown, ∂C/∂L, speaks of L.
    adjoints = getattr(equations, "adjoints", {})
    used_elsewhere = {adjoints[e.tensor.name].wrt for e in given if e.tensor.name in adjoints}
    folded_into: set[str] = set()
    for equation in given:
        found = _softmax(equation, logarithms)
        if found is not None:
            folded[equation.tensor.name], logarithm = found
            folded_into.add(logarithm)
        else:
            used_elsewhere.update(tensor.name for tensor in tensors(equation.right))
    shown: list[MatrixEquation | Equation] = []
    for equation in given:
        name = equation.tensor.name
        if name in folded_into and name not in used_elsewhere:
            continue
        shown.append(folded.get(name) or matrix_equation(equation) or equation)
    return tuple(shown)


def _softmax(equation: Equation, logarithms: dict[str, Equation]) -> tuple[MatrixEquation, str] | None:
    """Return P = softmax(S) and the name of L, if the equation is P[…] = exp(S[…] − L[…])."""
    if not isinstance(equation.right, exp) or not 1 <= equation.tensor.rank <= 2:
        return None
    exponent = equation.right.args[0]
    for entry in sorted(entries(exponent), key=str):
        known = logarithms.get(entry.base.name)
        body = exponent + entry
        if known is None or entry not in Add.make_args(-exponent) or known.tensor in tensors(body):
            continue
        summed = [i for i in equation.indices if i not in entry.indices]
        if summed == [equation.indices[-1]] and _body_of(known, entry, summed[0]) == body:
            row, column = (*equation.indices, None)[:2]
            try:
                return MatrixEquation(equation, Softmax(convert(body, row, column))), entry.base.name
            except NoMatrixFormError:
                return None
    return None


def _body_of(logarithm: Equation, entry: Entry, summed: Idx) -> Expr | None:
    """Return S[…] of L[…] = logsumexp S[…], written with the indices of an entry of L and one more."""
    body, bound = body_and_bound(refresh(logarithm.right))
    if len(bound) != 1 or not all(isinstance(i, Idx) for i in entry.indices):
        return None
    return substitute(body, {**dict(zip(logarithm.indices, entry.indices, strict=True)), bound[0]: summed})
