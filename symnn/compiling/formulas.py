"""Derivatives of named functions by their formulas, with what has a name already: tanh′(z) is 1 − a²."""

from __future__ import annotations

from typing import Any

from sympy import exp, log

from symnn.calculus.folding import Names
from symnn.compiling.functions import FORMS, OWN_CODE
from symnn.language import Elementwise, Equation, LogSumExp, Program, formula, sum_over, transform


def with_formulas(program: Program) -> Program:
    """Return the program with each f′ written by its formula, folded into the names of earlier equations."""
    names = Names(program)
    earlier: set[str] = set()
    equations = []
    for equation in program:
        right = transform(equation.right, _written_out)
        if right != equation.right:
            right = names.apply(right, earlier)
            equation = Equation(equation.left, right)
        equations.append(equation)
        earlier.add(equation.tensor.name)
    return Program(equations, program.facts, program.layered, program.adjoints)


def as_defined(program: Program) -> Program:
    """Return the program with every named function by its formula, as a textbook has it: nothing keeps digits.

    σ(z) is 1/(1 + exp(−z)), σ′(z) is a (1 − a), softplus is log(1 + exp(z)), L is log Σ exp(z).
    """
    names, earlier, equations = Names(program), set[str](), []
    for equation in program:
        slopes = transform(equation.right, _as_slope)
        right = equation.right if slopes == equation.right else names.apply(slopes, earlier)
        equations.append(Equation(equation.left, transform(right, _as_definition)))
        earlier.add(equation.tensor.name)
    return Program(equations, program.facts, program.layered, program.adjoints)


def _as_slope(part: Any) -> Any:
    if not isinstance(part, Elementwise) or part.order == 0:
        return None
    return formula(type(part), transform(part.args[0], _as_slope))


def _as_definition(part: Any) -> Any:
    if isinstance(part, LogSumExp):
        return log(sum_over(exp(transform(part.body, _as_definition)), part.bound))
    if not isinstance(part, Elementwise):
        return None
    meaning = formula(type(part), transform(part.args[0], _as_definition))
    return None if meaning is None else transform(meaning, _as_definition)


def _written_out(part: Any) -> Any:
    if not isinstance(part, Elementwise) or part.order == 0 or isinstance(part, OWN_CODE):
        return None
    inner = transform(part.args[0], _written_out)
    written = FORMS[type(part)](inner) if type(part) in FORMS else formula(type(part), inner)
    return None if written is None else transform(written, _written_out)
