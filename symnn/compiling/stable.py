"""Stable rewritings: the same value by a formula that keeps its digits, as equations before and after.

log σ(z) = −softplus(−z),   log(1 − σ(z)) = −softplus(z),   log exp(u) = u
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Idx, exp, log
from sympy.core.basic import Basic

from symnn.language import Entry, Equation, Program, Tensor, contains, rebuild, refresh, substitute
from symnn.language.functions import sigmoid, softplus


@dataclass(frozen=True)
class Rewriting:
    """One equation before and after a rewriting: an equation again, or code where it is solved, not multiplied."""

    before: Equation
    after: Equation | str

    def __str__(self) -> str:
        return f"{self.before}\n  becomes {self.after}"


def stable(program: Program) -> tuple[Program, tuple[Rewriting, ...]]:
    """Return the program with logarithms of sigmoids and exponentials rewritten, and what was rewritten."""
    definitions: dict[str, Equation] = {}
    equations, rewritings = [], []
    for equation in program:
        right = equation.right
        if contains(right, log):
            right = _rewritten(right, definitions)
        if right != equation.right:
            rewritings.append(Rewriting(equation, Equation(equation.left, right)))
        equations.append(Equation(equation.left, right) if right != equation.right else equation)
        if isinstance(equation.right, sigmoid | exp):
            definitions[equation.tensor.name] = equation
    return Program(equations, program.facts, program.layered, program.adjoints), tuple(rewritings)


def _rewritten(part: Basic, definitions: dict[str, Equation]) -> Basic:
    if isinstance(part, log):
        stable_form = _log(_defined(part.args[0], definitions), _defined(1 - part.args[0], definitions))
        if stable_form is not None:
            return stable_form
    if isinstance(part, Idx | Tensor) or not part.args:
        return part
    return rebuild(part, [_rewritten(arg, definitions) for arg in part.args])


def _log(value: Expr, complement: Expr) -> Expr | None:
    """Return log(value) in a stable form, or None where there is none."""
    if isinstance(value, sigmoid):
        return -softplus(-value.args[0])
    if isinstance(complement, sigmoid):
        return -softplus(complement.args[0])
    if isinstance(value, exp):
        return value.args[0]
    return None


def _defined(expression: Expr, definitions: dict[str, Equation]) -> Expr:
    """Return what an entry is defined as, in the indices that it has here."""
    if not isinstance(expression, Entry) or expression.base.name not in definitions:
        return expression
    known = definitions[expression.base.name]
    return substitute(refresh(known.right), dict(zip(known.indices, expression.indices, strict=True)))
