"""Whether a chain of formulas holds: both sides of every sign, at random places, to 50 digits.

    sigmoid(z)*(1 - sigmoid(z)) = 1/4 - (sigmoid(z) - 1/2)^2 ≤ 1/4
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np

from symnn.errors import InputError, SymnnError, suggest
from symnn.language import Program
from symnn.proof import evaluate
from symnn.teaching.book.maths import program_of

PLACES, DIGITS = 20, 50
_CLOSE = mpmath.mpf(10) ** -40
_ORDER = {"≤": operator.le, "≥": operator.ge, "<": operator.lt, ">": operator.gt}
_SIGN = re.compile(rf" ?([={''.join(_ORDER)}]) ")
_WIDTH = 3
"""How many entries an axis has whose size is a letter."""


def check_chain(
    text: str,
    shapes: Mapping[str, Any],
    ranges: Mapping[str, tuple[float, float]],
    given: Mapping[str, str] | None = None,
) -> int:
    """Check a chain of formulas.

    Args:
        text: formulas with =, ≤, ≥, <, > between them.
        shapes: of the names that are no scalars.
        ranges: where the names' numbers lie; by default within -3 and 3.
        given: names that stand for formulas of the others: {"p": "softmax(z)"}.

    Returns:
        How many signs were checked.

    Raises:
        SymnnError: naming the first sign that does not hold, and where it does not.
        InputError: for a chain without a sign, and a range of a name that is not in it.
    """
    pieces = _SIGN.split(text)
    formulas, signs = [piece.strip() for piece in pieces[::2]], pieces[1::2]
    if not signs:
        raise InputError(f"nothing to check in '{text}' (accepted: formulas with = ≤ ≥ < > between them)")
    programs = [program_of(one, shapes) for one in formulas]
    meant = {name: program_of(one, shapes) for name, one in (given or {}).items()}
    inputs = {name: tensor for one in (*programs, *meant.values()) for name, tensor in one.inputs.items()}
    for name in ranges:
        if name not in inputs:
            raise InputError(f"a range is given for '{name}', which is not in the chain{suggest(name, inputs)}")
    random = np.random.default_rng(0)
    with mpmath.workdps(DIGITS):
        for _ in range(PLACES):
            drawn = {
                name: random.uniform(*ranges.get(name, (-3, 3)), [int(s) if s.is_Integer else _WIDTH for s in t.shape])
                for name, t in sorted(inputs.items())
                if name not in meant
            }
            for name, program in meant.items():
                drawn[name] = _array(program, drawn)
            values = [_value(program, drawn) for program in programs]
            for place, sign in enumerate(signs):
                sides = values[place], values[place + 1]
                if not _holds(sign, *sides):
                    said = f"{formulas[place]} {sign} {formulas[place + 1]}"
                    raise SymnnError(f"this does not hold: {said}{_where(drawn, sides, ranges)}")
    return len(signs)


def _where(drawn: Mapping[str, Any], sides: tuple[Any, Any], ranges: Mapping[str, Any]) -> str:
    """Return where a sign does not hold, with both sides, if all of them are single numbers."""
    if any(np.size(value) > 1 for value in drawn.values()) or any(len(side) != 1 for side in sides):
        return ""
    at = ", ".join(f"{name} = {float(value):.4g}" for name, value in drawn.items())
    left, right = (mpmath.nstr(side[0], 8) for side in sides)
    hint = " (names are drawn from -3 to 3; others by ranges={name: (low, high)})" if not ranges else ""
    return f": at {at} they are {left} and {right}{hint}"


def _value(program: Program, drawn: Mapping[str, Any]) -> Any:
    return np.ravel(_array(program, drawn))


def _array(program: Program, drawn: Mapping[str, Any]) -> Any:
    last = program.equations[-1].tensor.name
    return evaluate(program, {name: drawn[name] for name in program.inputs}, "mpmath", DIGITS)[last]


def _holds(sign: str, left: Any, right: Any) -> bool:
    pairs = list(zip(left, right, strict=True))
    if any(mpmath.im(value) or not mpmath.isfinite(value) for value in (*left, *right)):
        return False
    if sign == "=":
        return all(abs(a - b) <= _CLOSE * (1 + abs(a)) for a, b in pairs)
    return all(_ORDER[sign](a, b) for a, b in pairs)
