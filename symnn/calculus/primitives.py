"""Adjoint rules of the reductions that are no sums: one small named function each, registered by class.

For T[i] = R over k of body[i, k], a rule gives the weight w[i, k] = ∂T[i]/∂body[i, k], written with
the value T[i] where that is shorter. The chain rule does the rest, as it does for a sum, whose
weight is 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Expr, Idx, exp

from symnn.errors import CalculusError
from symnn.language import Entry, LogSumExp, Maximum, Reduction, Step, refresh, sum_over

Rule = Callable[[Entry, Expr, Sequence[Idx]], Expr]

_RULES: dict[type[Reduction], Rule] = {}


def adjoint_rule(reduction: type[Reduction]) -> Callable[[Rule], Rule]:
    """Register the adjoint rule of a class of reductions."""

    def register(rule: Rule) -> Rule:
        _RULES[reduction] = rule
        return rule

    return register


def weight_of(value: Entry, reduction: Reduction) -> Expr:
    """Return ∂value/∂body of a reduction, as an expression in the free and the bound indices.

    Raises:
        CalculusError: where no rule is registered for the class.
    """
    rule = _RULES.get(type(reduction))
    if rule is None:
        name = type(reduction).__name__
        raise CalculusError(f"no adjoint rule for {name}: add one with @adjoint_rule({name}) in calculus/primitives.py")
    return rule(value, reduction.body, reduction.bound)


@adjoint_rule(LogSumExp)
def softmax_weight(value: Entry, body: Expr, bound: Sequence[Idx]) -> Expr:
    """∂L/∂zₖ = exp(zₖ − L)"""
    return exp(body - value)


@adjoint_rule(Maximum)
def largest_weight(value: Entry, body: Expr, bound: Sequence[Idx]) -> Expr:
    """∂M/∂zₖ = [zₖ = M] / Σₖ [zₖ = M]: equal shares where several are largest"""
    is_largest = 1 - Step(value - body)
    return is_largest / refresh(sum_over(is_largest, bound))
