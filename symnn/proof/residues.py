"""Numbers modulo a large prime, on which an equation between formulas is checked exactly.

A rational identity that holds at a random point modulo p holds, but for a chance of degree/p. The prime
is chosen so that the residues behave as real numbers do where signs and roots are concerned:

    p = 3 mod 4             −1 is no square: of u and −u, one is "positive" (a square), so sign, |u|, [u > 0]
                            multiply as they should
    (p − 1)/2 is prime      a positive number has exactly one positive n-th root, for every n
    2, 3, 5, …, 59 squares  small positive numbers are positive

Each number remembers how it was made, as far as functions of it need to know (see `terms`).

Source: Schwartz, Fast probabilistic algorithms for verification of polynomial identities, JACM 27 (1980).
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

from symnn.proof.arithmetic import DomainError

PRIME = 160472718313897441637047824954100620599
ORDER = (PRIME - 1) // 2
"""The number of positive residues; it is prime."""

NUMBER, PLUS, MINUS, NEGATIVE, TIMES, OVER, POWER, SURD, EXP = range(9)
"""What a residue was made by."""

Origin = tuple[Any, ...] | None


class Residue:
    """A number modulo p: its value, and how it was made."""

    __slots__ = ("origin", "value")

    def __init__(self, value: int, origin: Origin = None) -> None:
        self.value, self.origin = value, origin

    def __add__(self, other: Any) -> Residue:
        if other.__class__ is not Residue:
            return NotImplemented
        return Residue((self.value + other.value) % PRIME, (PLUS, self, other))

    def __sub__(self, other: Any) -> Residue:
        if other.__class__ is not Residue:
            return NotImplemented
        return Residue((self.value - other.value) % PRIME, (MINUS, self, other))

    def __mul__(self, other: Any) -> Residue:
        if other.__class__ is not Residue:
            return NotImplemented
        return Residue(self.value * other.value % PRIME, (TIMES, self, other))

    def __truediv__(self, other: Any) -> Residue:
        if other.__class__ is not Residue:
            return NotImplemented
        return Residue(self.value * inverse_of(other.value) % PRIME, (OVER, self, other))

    def __neg__(self) -> Residue:
        return Residue(-self.value % PRIME, (NEGATIVE, self))

    def __abs__(self) -> Residue:
        return -self if sign_of(self) < 0 else self

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Residue):
            return other.value == self.value
        return other % PRIME == self.value if isinstance(other, int) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.value)

    def __gt__(self, other: Any) -> bool:
        return _sign_of_difference(self, other) > 0 if isinstance(other, Residue | int) else NotImplemented

    def __lt__(self, other: Any) -> bool:
        return _sign_of_difference(self, other) < 0 if isinstance(other, Residue | int) else NotImplemented

    def __ge__(self, other: Any) -> bool:
        return _sign_of_difference(self, other) >= 0 if isinstance(other, Residue | int) else NotImplemented

    def __le__(self, other: Any) -> bool:
        return _sign_of_difference(self, other) <= 0 if isinstance(other, Residue | int) else NotImplemented

    def __bool__(self) -> bool:
        return self.value != 0

    def __int__(self) -> int:
        return self.value

    def __repr__(self) -> str:
        return f"Residue({self.value})"


def number(given: Fraction | int) -> Residue:
    """Return a fraction modulo p.

    >>> number(Fraction(1, 2)) + number(Fraction(1, 2)) == number(1)
    True
    """
    fraction = Fraction(given)
    if fraction.denominator == 1:
        return Residue(fraction.numerator % PRIME, (NUMBER, fraction.numerator))
    return Residue(fraction.numerator * inverse_of(fraction.denominator % PRIME) % PRIME, (NUMBER, fraction))


def inverse_of(value: int) -> int:
    """Return 1/value modulo p.

    Raises:
        DomainError: for 0.
    """
    if value == 0:
        raise DomainError("division by zero at this point")
    return pow(value, -1, PRIME)


@lru_cache(maxsize=65536)
def character(value: int) -> int:
    """Return Legendre's symbol: 1 for a square other than 0, −1 for what is none, 0 for 0."""
    if value == 0:
        return 0
    return 1 if pow(value, ORDER, PRIME) == 1 else -1


def sign_of(residue: Residue) -> int:
    """Return the sign of a residue: that of a known fraction is its own.

    >>> sign_of(number(-3)), sign_of(number(7)), sign_of(Residue(5) * Residue(5))
    (-1, 1, 1)
    """
    if residue.origin is not None and residue.origin[0] == NUMBER:
        fraction = residue.origin[1]
        return (fraction > 0) - (fraction < 0)
    return character(residue.value)


def _sign_of_difference(one: Residue, other: Residue | int) -> int:
    second = other if isinstance(other, Residue) else number(other)
    if one.origin and second.origin and one.origin[0] == second.origin[0] == NUMBER:
        return (one.origin[1] > second.origin[1]) - (one.origin[1] < second.origin[1])
    return sign_of(one) if second.value == 0 else character((one.value - second.value) % PRIME)


def rational_power(value: int, exponent: Fraction | int) -> int:
    """Return value^exponent modulo p: of a positive number, its one positive root.

    Raises:
        DomainError: for a root of what is not positive.
    """
    if exponent.denominator == 1:
        if value == 0 and exponent < 0:
            raise DomainError("division by zero at this point")
        return pow(value, int(exponent), PRIME)
    if character(value) != 1:
        raise DomainError("a root of a number that is not positive at this point")
    return pow(value, exponent.numerator * pow(exponent.denominator, -1, ORDER) % ORDER, PRIME)
