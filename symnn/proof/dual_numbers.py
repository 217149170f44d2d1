"""Dual numbers v + ε v′ with ε² = 0: a derivative computed forward, beside the value, without a formula for it.

    (u + ε u′)(v + ε v′) = u v + ε (u′ v + u v′)         f(u + ε u′) = f(u) + ε f′(u) u′

The calculus works in reverse and on formulas; this works forward and on numbers. It shares no rule with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from symnn.errors import CalculusError
from symnn.proof.arithmetic import Arithmetic


@dataclass(frozen=True, eq=False)
class Dual:
    """A number and its derivative."""

    value: Any
    tangent: Any

    def __add__(self, other: Any) -> Dual:
        if isinstance(other, Dual):
            return Dual(self.value + other.value, self.tangent + other.tangent)
        return Dual(self.value + other, self.tangent)

    def __radd__(self, other: Any) -> Dual:
        return Dual(other + self.value, self.tangent)

    def __sub__(self, other: Any) -> Dual:
        if isinstance(other, Dual):
            return Dual(self.value - other.value, self.tangent - other.tangent)
        return Dual(self.value - other, self.tangent)

    def __rsub__(self, other: Any) -> Dual:
        return Dual(other - self.value, -self.tangent)

    def __mul__(self, other: Any) -> Dual:
        if isinstance(other, Dual):
            return Dual(self.value * other.value, self.tangent * other.value + self.value * other.tangent)
        return Dual(self.value * other, self.tangent * other)

    def __rmul__(self, other: Any) -> Dual:
        return Dual(other * self.value, other * self.tangent)

    def __truediv__(self, other: Any) -> Dual:
        if isinstance(other, Dual):
            quotient = self.value / other.value
            return Dual(quotient, (self.tangent - quotient * other.tangent) / other.value)
        return Dual(self.value / other, self.tangent / other)

    def __rtruediv__(self, other: Any) -> Dual:
        quotient = other / self.value
        return Dual(quotient, -(quotient * self.tangent) / self.value)

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.tangent)

    def __abs__(self) -> Dual:
        return -self if self.value < 0 else self

    def __eq__(self, other: object) -> bool:
        return bool(self.value == _value(other))

    def __bool__(self) -> bool:
        return bool(self.value)

    def __int__(self) -> int:
        return int(self.value)

    __hash__ = None  # type: ignore[assignment]

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > _value(other))

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < _value(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.value >= _value(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.value <= _value(other))


def _value(given: Any) -> Any:
    return given.value if isinstance(given, Dual) else given


def dual(arithmetic: Arithmetic) -> Arithmetic:
    """Return the arithmetic in which some numbers carry a derivative.

    >>> from symnn.proof.arithmetic import arithmetic_of
    >>> sin = dual(arithmetic_of("float")).functions["sin"]
    >>> sin(Dual(0.0, 1.0)).tangent
    1.0
    """
    slopes = _slopes(arithmetic)
    functions = {
        name: _lifted(function, slopes.get(name, _unknown(name))) for name, function in arithmetic.functions.items()
    }
    undefined, kept, bare = arithmetic.undefined, arithmetic.kept, arithmetic.bare

    def with_derivative(name: str, order: int) -> Callable[[Any], Any]:
        assert undefined is not None
        return _lifted(undefined(name, order), undefined(name, order + 1))

    def keep(number: Any) -> Any:
        if isinstance(number, Dual):
            return Dual(kept(number.value), bare(number.tangent))
        return kept(number)

    return replace(
        arithmetic,
        functions=functions,
        power=_power(arithmetic),
        kept=keep,
        largest=_largest(arithmetic),
        undefined=None if undefined is None else with_derivative,
    )


def _lifted(function: Callable[[Any], Any], slope: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def compute(t: Any) -> Any:
        if not isinstance(t, Dual):
            return function(t)
        return Dual(function(t.value), slope(t.value) * t.tangent)

    return compute


def _unknown(name: str) -> Callable[[Any], Any]:
    def refuse(t: Any) -> Any:
        raise CalculusError(f"the derivative of {name} is not known to dual numbers")

    return refuse


def _largest(arithmetic: Arithmetic) -> Callable[[Any], Any]:
    def choose(given: Any) -> Any:
        numbers = list(given)
        value = arithmetic.largest(map(_value, numbers))
        tied = [number for number in numbers if _value(number) == value]
        slopes = [number.tangent for number in tied if isinstance(number, Dual)]
        if not slopes:
            return tied[0]
        # Where several are largest, as where relu gives zeros, each takes an equal share of the derivative.
        return Dual(value, sum(slopes[1:], slopes[0]) / arithmetic.convert(len(tied)))

    return choose


def _power(arithmetic: Arithmetic) -> Callable[[Any, Any], Any]:
    power, log, convert = arithmetic.power, arithmetic.functions["log"], arithmetic.convert

    def compute(base: Any, exponent: Any) -> Any:
        if not isinstance(base, Dual) and not isinstance(exponent, Dual):
            return power(base, exponent)
        b, e = _value(base), _value(exponent)
        found = power(b, e)
        tangent = convert(0)
        if isinstance(base, Dual):
            whole = isinstance(e, int)
            lower = power(b, e - 1) if whole else power(b, e - convert(1))
            tangent = tangent + (convert(e) if whole else e) * lower * base.tangent
        if isinstance(exponent, Dual):
            tangent = tangent + found * log(b) * exponent.tangent
        return Dual(found, tangent)

    return compute


def _slopes(arithmetic: Arithmetic) -> dict[str, Callable[[Any], Any]]:
    """The derivative of each function of one number."""
    f, power, number = arithmetic.functions, arithmetic.power, arithmetic.convert
    one, two, half = number(1), number(2), number(1) / number(2)

    def root(t: Any) -> Any:
        return power(t, half)

    def bell(t: Any) -> Any:
        return two / root(arithmetic.pi) * f["exp"](-(t * t))

    return {
        "exp": f["exp"],
        "log": lambda t: one / t,
        "sin": f["cos"],
        "cos": lambda t: -f["sin"](t),
        "tan": lambda t: one + f["tan"](t) * f["tan"](t),
        "asin": lambda t: one / root(one - t * t),
        "acos": lambda t: -one / root(one - t * t),
        "atan": lambda t: one / (one + t * t),
        "sinh": f["cosh"],
        "cosh": f["sinh"],
        "tanh": lambda t: one - f["tanh"](t) * f["tanh"](t),
        "asinh": lambda t: one / root(one + t * t),
        "acosh": lambda t: one / root((t - one) * (t + one)),
        "atanh": lambda t: one / (one - t * t),
        "erf": bell,
        "erfc": lambda t: -bell(t),
        "floor": lambda t: t - t,
        "ceiling": lambda t: t - t,
    }
