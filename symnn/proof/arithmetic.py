"""Two kinds of numbers to compute with: Python's floats, and mpmath's numbers of many digits.

Both give infinities and nan where a formula has no finite value, and never raise for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from mpmath import MPContext
from sympy import Float, Rational

from symnn.errors import CalculusError, InputError, ShapeError

Unary = Callable[[Any], Any]


class DomainError(CalculusError):
    """A number at which a function has no value, such as the root of a negative one: another point may do."""


def itself(number: Any) -> Any:
    return number


@dataclass(frozen=True)
class Arithmetic:
    """One kind of number.

    Attributes:
        convert: the number nearest to a given one (int, float, Fraction, SymPy or mpmath number).
        functions: functions of one number, by SymPy's names.
        power: the function (base, exponent); a negative base with a fractional exponent gives nan.
        pi: π.
        infinity: +∞.
        nan: not a number.
        step: the step of a central difference that balances its two errors.
        kept: what becomes of a number that is stored as an entry of a tensor.
        bare: what becomes of a derivative that is stored.
        largest: the largest of several numbers.
        shifted: whether log Σ exp is computed with the largest term taken out.
        undefined: the n-th derivative of an undefined function, by its name; without it there are none.
    """

    convert: Callable[[Any], Any]
    functions: dict[str, Unary]
    power: Callable[[Any, Any], Any]
    pi: Any
    infinity: Any
    nan: Any
    step: Any
    kept: Unary = itself
    bare: Unary = itself
    largest: Callable[[Iterable[Any]], Any] = max
    shifted: bool = True
    undefined: Callable[[str, int], Unary] | None = None


def arithmetic_of(kind: str, digits: int = 50) -> Arithmetic:
    """Return the arithmetic of a kind: "float", or "mpmath" with so many correct digits.

    >>> arithmetic_of("float").functions["exp"](1.0)
    2.718281828459045

    Raises:
        InputError: for another kind, or digits outside 1 to 10,000.
    """
    if kind == "float":
        return _floats()
    if kind != "mpmath":
        raise InputError(f"unknown arithmetic {kind!r} (accepted: float, mpmath)")
    if not isinstance(digits, int) or not 1 <= digits <= 10_000:
        raise InputError(f"{digits!r} digits (accepted: a whole number from 1 to 10000)")
    return _many_digits(digits)


_NAMES = (
    "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
    "erf", "erfc", "gamma", "loggamma", "floor", "ceiling",
)  # fmt: skip
_IN_MATH = {"loggamma": "lgamma", "ceiling": "ceil"}
_IN_MPMATH = {"ceiling": "ceil"}


@lru_cache(maxsize=1)
def _floats() -> Arithmetic:
    functions = {name: _guarded(getattr(math, _IN_MATH.get(name, name)), math.nan) for name in _NAMES}
    functions["exp"] = _float_exp
    functions["log"] = lambda t: -math.inf if t == 0 else math.log(t) if t > 0 else math.nan
    for name in ("sinh", "cosh"):
        functions[name] = _overflowing(name)
    step = 2.0**-17  # about the cube root of the rounding error
    return Arithmetic(_to_float, functions, _float_power, math.pi, math.inf, math.nan, step)


@lru_cache(maxsize=16)
def _many_digits(digits: int) -> Arithmetic:
    """Return arithmetic of twice the digits, so that `digits` are left after a cancellation of as many."""
    context = MPContext()
    context.dps = 2 * digits + 10
    functions = {name: _guarded(getattr(context, _IN_MPMATH.get(name, name)), context.nan) for name in _NAMES}
    functions["log"] = lambda t: -context.inf if t == 0 else context.ln(t) if t > 0 else context.nan

    def power(base: Any, exponent: Any) -> Any:
        if base == 0 and exponent < 0:
            return context.inf
        if base < 0 and not context.isint(exponent):
            return context.nan
        return base**exponent

    def convert(given: Any) -> Any:
        if hasattr(given, "_mpf_"):
            return context.make_mpf(given._mpf_)
        if isinstance(given, float):
            return context.mpf(given)
        exact = exact_fraction(given)
        return context.mpf(exact.numerator) / exact.denominator if isinstance(exact, Fraction) else context.mpf(exact)

    step = context.mpf(10) ** (-(context.dps // 3))
    return Arithmetic(convert, functions, power, +context.pi, context.inf, context.nan, step)


def exact_fraction(given: Any) -> Fraction | float:
    """Return a number as a fraction, or as a float where it is not finite."""
    number = given.item() if hasattr(given, "item") else given
    if isinstance(number, Rational):
        return Fraction(int(number.p), int(number.q))
    if isinstance(number, Float):
        sign, mantissa, exponent, _ = number._mpf_
        return Fraction(-int(mantissa) if sign else int(mantissa)) * Fraction(2) ** int(exponent)
    if isinstance(number, int | Fraction):
        return Fraction(number)
    if isinstance(number, float):
        return Fraction(number) if math.isfinite(number) else number
    raise ShapeError(f"{given!r} is not a real number")


def _to_float(given: Any) -> float:
    if isinstance(given, float | int):
        return float(given)
    return float(given) if hasattr(given, "_mpf_") else float(exact_fraction(given))


def _float_exp(t: float) -> float:
    try:
        return math.exp(t)
    except OverflowError:
        return math.inf


def _overflowing(name: str) -> Unary:
    function = getattr(math, name)

    def compute(t: float) -> float:
        try:
            return float(function(t))
        except OverflowError:
            return math.copysign(math.inf, t) if name == "sinh" else math.inf

    return compute


def _guarded(function: Unary, nan: Any) -> Unary:
    """Return the function with nan where it is not defined, or not real."""

    def compute(t: Any) -> Any:
        try:
            found = function(t)
        except (ValueError, ZeroDivisionError, OverflowError):
            return nan
        return nan if hasattr(found, "_mpc_") else found

    return compute


def _float_power(base: float, exponent: float) -> float:
    if base < 0 and not float(exponent).is_integer():
        return math.nan
    try:
        return float(base**exponent)
    except ZeroDivisionError:
        return math.inf
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf
