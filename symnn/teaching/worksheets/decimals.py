"""Decimals as they stand on a sheet: exact where they are short, rounded half away from zero where they are not."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from symnn.errors import SymnnError

LONGEST = 10
"""Exact decimals have at most so many places."""
_CLOSE = Fraction(1, 10**30)


def decimal(number: Any, places: int | None = None) -> str:
    """Return a number as a decimal: rounded to so many places, or exactly.

    >>> decimal(Fraction(1, 8)), decimal(Fraction(-2, 3), 4), decimal(3), decimal(Fraction(-1, 100000), 4)
    ('0.125', '-0.6667', '3', '0')

    Raises:
        SymnnError: for a number that has no short decimal, where it should be exact.
    """
    value = fraction(number)
    digits = LONGEST if places is None else places
    scaled = abs(value) * 10**digits
    whole = int(scaled + Fraction(1, 2))
    if places is None and abs(scaled - whole) > _CLOSE * 10**digits:
        raise SymnnError(f"{float(value)!r} is no decimal of at most {LONGEST} places")
    text = f"{whole // 10**digits}.{whole % 10**digits:0{digits}d}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 and whole else text


def is_short(number: Any, places: int = LONGEST) -> bool:
    """Whether a number is a decimal of at most so many places."""
    scaled = fraction(number) * 10**places
    return abs(scaled - round(scaled)) <= _CLOSE * 10**places


def fraction(number: Any) -> Fraction:
    """Return a number, of whatever kind, as a fraction."""
    if hasattr(number, "_mpf_"):
        sign, mantissa, exponent, _ = number._mpf_
        return Fraction(-int(mantissa) if sign else int(mantissa)) * Fraction(2) ** int(exponent)
    if hasattr(number, "p") and hasattr(number, "q"):
        return Fraction(int(number.p), int(number.q))
    return Fraction(number)
