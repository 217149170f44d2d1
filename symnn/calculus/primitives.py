"""Adjoint rules of the reductions that are no sums: one small named function each, registered by class.

For T[i] = R over k of body[i, k], a rule gives the weight w[i, k] = ∂T[i]/∂body[i, k], written with
the value T[i] where that is shorter. The chain rule does the rest, as it does for a sum, whose
weight is 1. A rule that needs one more matrix, such as the inverse, names it as its companion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy import Expr, Idx, Rational, exp

from symnn.errors import CalculusError
from symnn.language import (
    Cholesky,
    Determinant,
    Entry,
    Equation,
    Inverse,
    LogDeterminant,
    LogSumExp,
    MatrixOperation,
    Maximum,
    Reduction,
    Step,
    Tensor,
    Within,
    free_indices,
    fresh_index,
    refresh,
    size_of,
    sum_over,
)

Rule = Callable[[Entry, Expr, Sequence[Idx]], Expr]
MatrixRule = Callable[[Entry, Sequence[Idx], Sequence[Idx], Any], Expr]

_RULES: dict[type[Reduction], Any] = {}
_COMPANIONS: dict[type[Reduction], Callable[[Entry, MatrixOperation], MatrixOperation]] = {}


def adjoint_rule(reduction: type[Reduction]) -> Callable[[Any], Any]:
    """Register the adjoint rule of a class of reductions.

    A `Rule` takes the value, the body and the bound indices; the rule of a `MatrixOperation` takes the
    value, the indices of its result, the row and the column of the matrix, and its companion.
    """

    def register(rule: Any) -> Any:
        _RULES[reduction] = rule
        return rule

    return register


def companion(*operations: type[MatrixOperation]) -> Callable[[Any], Any]:
    """Register what matrix the adjoint rules of some operations need beside the value."""

    def register(made: Any) -> Any:
        _COMPANIONS.update(dict.fromkeys(operations, made))
        return made

    return register


def companion_of(equation: Equation) -> MatrixOperation | None:
    """Return the matrix that the adjoint rule of an equation needs, if there is one."""
    made = _COMPANIONS.get(type(equation.right))
    return None if made is None else made(equation.left, equation.right)


def weight_of(value: Entry, reduction: Reduction, beside: Tensor | None = None) -> Expr:
    """Return ∂value/∂body of a reduction, as an expression in the free and the bound indices.

    Args:
        value: the left side of the equation.
        reduction: its right side.
        beside: the tensor that holds the companion, where the rule needs one.

    Raises:
        CalculusError: where no rule is registered for the class.
    """
    rule = _RULES.get(type(reduction))
    if rule is None:
        name = type(reduction).__name__
        raise CalculusError(f"no adjoint rule for {name}: add one with @adjoint_rule({name}) in calculus/primitives.py")
    if not isinstance(reduction, MatrixOperation):
        return rule(value, reduction.body, reduction.bound)
    shared = [i for i in value.indices if i in free_indices(reduction)]
    own = [i for i in value.indices if i not in shared]

    def entry_of(tensor: Tensor) -> Callable[[Idx, Idx], Entry]:
        return lambda row, column: tensor[(*shared, row, column)]

    return rule(value, own, reduction.bound, entry_of(value.base) if beside is None else entry_of(beside))


@adjoint_rule(LogSumExp)
def softmax_weight(value: Entry, body: Expr, bound: Sequence[Idx]) -> Expr:
    """∂L/∂zₖ = exp(zₖ − L)"""
    return exp(body - value)


@adjoint_rule(Maximum)
def largest_weight(value: Entry, body: Expr, bound: Sequence[Idx]) -> Expr:
    """∂M/∂zₖ = [zₖ = M] / Σₖ [zₖ = M]: equal shares where several are largest"""
    is_largest = 1 - Step(value - body)
    return is_largest / refresh(sum_over(is_largest, bound))


@adjoint_rule(Inverse)
def inverse_weight(value: Entry, own: Sequence[Idx], place: Sequence[Idx], inverse: Any) -> Expr:
    """∂V/∂S = −V (∂S) V:  ∂V[i, j]/∂S[p, q] = −V[i, p] V[q, j]"""
    (i, j), (p, q) = own, place
    return -inverse(i, p) * inverse(q, j)


@companion(LogDeterminant, Determinant)
def inverse_of(value: Entry, operation: MatrixOperation) -> MatrixOperation:
    """The inverse of the matrix itself."""
    return Inverse(operation.body, *operation.bound)


@adjoint_rule(LogDeterminant)
def log_determinant_weight(value: Entry, own: Sequence[Idx], place: Sequence[Idx], inverse: Any) -> Expr:
    """Jacobi's formula: ∂ log det S/∂S = S⁻ᵀ"""
    p, q = place
    return inverse(q, p)


@adjoint_rule(Determinant)
def determinant_weight(value: Entry, own: Sequence[Idx], place: Sequence[Idx], inverse: Any) -> Expr:
    """Jacobi's formula: ∂ det S/∂S = det(S) S⁻ᵀ"""
    p, q = place
    return value * inverse(q, p)


@companion(Cholesky)
def inverse_of_the_factor(value: Entry, operation: MatrixOperation) -> MatrixOperation:
    """The inverse K of the factor L."""
    shared = [i for i in value.indices if i in free_indices(operation)]
    rows, columns = (fresh_index(i) for i in operation.bound)
    return Inverse(value.base[(*shared, rows, columns)], rows, columns)


@adjoint_rule(Cholesky)
def cholesky_weight(value: Entry, own: Sequence[Idx], place: Sequence[Idx], inverse: Any) -> Expr:
    """∂L = L Φ(K ∂S Kᵀ), K = L⁻¹, for symmetric ∂S; Φ takes the lower triangle and half of the diagonal.

    Source: Murray, Differentiation of the Cholesky decomposition (2016), equation 9.
    """
    (i, j), (p, q) = own, place
    shared = value.indices[: len(value.indices) - 2]
    k = fresh_index(j)
    below = Within(k - j - 1, size_of(j))
    both = inverse(k, p) * inverse(j, q) + inverse(k, q) * inverse(j, p)
    strictly = sum_over(value.base[(*shared, i, k)] * below * both, [k])
    return Rational(1, 2) * (strictly + value * inverse(j, p) * inverse(j, q))
