"""Whether a formula is equal to a tensor of a derivation, by the means of the proof.

The two are compared at random points, exactly modulo a prime or else to 50 digits, in some of their entries;
and in all of their entries in floats, so that what is wrong in a single entry is not missed.
"""

from __future__ import annotations

from collections.abc import Sequence

from symnn.language import Tensor
from symnn.proof import Checker
from symnn.proof.checker import EXACT, TO_DIGITS, UNCHECKED, WRONG
from symnn.teaching.checking.answers import Reading, compared, with_equations
from symnn.teaching.checking.known import Known
from symnn.teaching.checking.points import Point
from symnn.teaching.checking.tree_values import apart

__all__ = ["EXACT", "TO_DIGITS", "UNCHECKED", "WRONG", "verdict"]


def verdict(known: Known, reading: Reading, target: Tensor, at: Sequence[Point]) -> str:
    """Return exact or digits where two sides of one shape are equal, wrong where not, unchecked where nobody can say.

    Args:
        known: what the names mean.
        reading: the formula.
        target: what it should be equal to.
        at: points at which every entry is compared.
    """
    made = compared(known, reading, target)
    checker = Checker(with_equations(known.program, made), known.of)
    kind = str(checker.equal(made.left, made.right, made.indices).kind)
    if kind in (EXACT, TO_DIGITS) and any(apart(known, reading, target, point) for point in at):
        return WRONG
    return kind
