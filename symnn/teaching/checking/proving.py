"""Whether a formula is equal to a tensor of a derivation, by the means of the proof."""

from __future__ import annotations

from typing import Any

import numpy as np

from symnn.errors import CalculusError
from symnn.language import Equation, Tensor, fresh_index_over, size_of, substitute
from symnn.proof import evaluate
from symnn.teaching.checking.answers import Compared, with_equations
from symnn.teaching.checking.known import Known
from symnn.teaching.checking.points import concrete_program, points

EXACT, DIGITS, WRONG, UNCHECKED = "exact", "digits", "wrong", "unchecked"


def verdict(known: Known, made: Compared) -> str:
    """Return exact or digits where two sides are equal, wrong where they are not, unchecked where nobody can say."""
    program = with_equations(known.program, made)
    letters = {index: fresh_index_over(size_of(index), "j") for index in made.indices}
    name = program.fresh_name("residual")
    entry: Any = Tensor(name, tuple(map(size_of, made.indices)))[tuple(letters.values())]
    residual = Equation(entry, substitute(made.left - made.right, letters))
    found = points(known, 2)
    if not found:
        return UNCHECKED
    for point in found:
        given = {symbol.name: int(number) for symbol, number in point.sizes.items()}
        inputs = {n: point.values[n] for n in program.inputs if n in point.values}
        try:
            whole = concrete_program(program.extended([residual]))
            values = evaluate(whole, {**given, **inputs}, "mpmath", wanted=[name])
        except CalculusError:
            return UNCHECKED
        if np.any(np.abs(values[name].astype(float)) > 1e-12):
            return WRONG
    return DIGITS
