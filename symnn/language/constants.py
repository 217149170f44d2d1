"""What a constant is worth in floats: quick, and an error at once where SymPy's own evaluation would hang."""

from __future__ import annotations

import math
from typing import Any

import sympy
from sympy import Add, Expr, Mul, Pow, Rational

from symnn.language.functions import Elementwise, formula


def value(constant: Expr) -> float:
    """Return a constant expression as a float.

    >>> value(sympy.sqrt(4) / 8)
    0.25

    Raises:
        OverflowError, ValueError, ZeroDivisionError: where it is too large, or no real number.
        TypeError: where it holds something that is no known function of numbers.
    """
    if isinstance(constant, Rational):
        return int(constant.p) / int(constant.q)
    if constant.is_NumberSymbol:
        return math.pi if constant is sympy.pi else math.e
    if isinstance(constant, Elementwise):
        definition = formula(type(constant), constant.args[0])
        return math.inf if definition is None else value(definition)
    values = [value(argument) for argument in constant.args]
    if isinstance(constant, Add):
        return sum(values)
    if isinstance(constant, Mul):
        return math.prod(values)
    if type(constant) not in _IN_FLOATS:
        raise TypeError(f"{type(constant).__name__} of numbers")
    found = _IN_FLOATS[type(constant)](*values)
    if isinstance(found, complex):
        raise ValueError("not real")
    return float(found)


_IN_FLOATS: dict[Any, Any] = {
    sympy.Abs: abs,
    sympy.Max: max,
    sympy.Min: min,
    sympy.sign: lambda t: (t > 0) - (t < 0),
    sympy.erf: math.erf,
    Pow: pow,
    sympy.exp: math.exp,
    sympy.log: math.log,
    sympy.sin: math.sin,
    sympy.cos: math.cos,
    sympy.sinh: math.sinh,
    sympy.cosh: math.cosh,
    sympy.tanh: math.tanh,
    sympy.atan: math.atan,
}
