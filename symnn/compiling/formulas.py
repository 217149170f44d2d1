"""Derivatives of named functions by their formulas, with what has a name already: tanh′(z) is 1 − a²."""

from __future__ import annotations

from typing import Any

from symnn.calculus.folding import Names
from symnn.compiling.functions import OWN_CODE
from symnn.language import Elementwise, Equation, Program, formula, transform


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


def _written_out(part: Any) -> Any:
    if not isinstance(part, Elementwise) or part.order == 0 or isinstance(part, OWN_CODE):
        return None
    inner = transform(part.args[0], _written_out)
    written = formula(type(part), inner)
    return None if written is None else transform(written, _written_out)
