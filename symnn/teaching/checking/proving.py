"""Whether a formula is equal to a tensor of a derivation, by the means of the proof.

The two are compared at random points, exactly modulo a prime or else to 50 digits, in some of their entries;
and in all of their entries in floats, so that what is wrong in a single entry is not missed.
"""

from __future__ import annotations

from collections.abc import Sequence

from symnn.language import Tensor
from symnn.proof import Checker, Verdict
from symnn.proof.checker import EXACT, TO_DIGITS, UNCHECKED, WRONG, decides_by_sign
from symnn.teaching.checking.answers import Reading, compared, with_equations
from symnn.teaching.checking.known import Known
from symnn.teaching.checking.points import SMALL, Point, points
from symnn.teaching.checking.tree_values import apart

MANY = 400

__all__ = ["EXACT", "TO_DIGITS", "UNCHECKED", "WRONG", "verdict"]


def verdict(known: Known, reading: Reading, target: Tensor, at: Sequence[Point]) -> Verdict:
    """Return whether two sides of one shape are equal: exactly, to 50 digits, not, or nobody can say why.

    Args:
        known: what the names mean.
        reading: the formula.
        target: what it should be equal to.
        at: points at which every entry is compared.
    """
    made = compared(known, reading, target)
    checker = Checker(with_equations(known.program, made), known.of)
    found = checker.equal(made.left, made.right, made.indices)
    if found.kind == TO_DIGITS and (known.has_branches or decides_by_sign(made.right)):
        # Where signs choose between branches, a few points may all lie in the same ones.
        at = points(known, MANY, seed=1) if at and at[0].count <= SMALL else at
    if found.is_right and any(apart(known, reading, target, point) for point in at):
        return Verdict(WRONG)
    return found
