"""Scalar formulas as Python code that numba compiles: what each function is called, and numbers of the right type.

A comparison with nan is false, so what could hide one is written so that nan comes through: `0.0 if z < 0.0 else z`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Abs, Expr, Idx, exp, sign

from symnn.compiling.functions import NODES
from symnn.compiling.nodes import (
    Chain,
    ExpMinusOne,
    ExpOfMinus,
    Gaussian,
    LogOnePlus,
    NegativePart,
    NormalDistribution,
    PositivePart,
    Softplus,
)
from symnn.compiling.numba_text import ATOM, Code
from symnn.errors import CompileError
from symnn.language import Elementwise, Entry, Equation, Step, Tensor, formula, prime, rebuild
from symnn.language.functions import sigmoid, tanh

NO_CODE = "the numba backend has no code for {}: use backend='numpy'"

LARGEST_EXPONENT = {"float64": "709.0", "float32": "88.0"}

_IN_MATH = "exp log sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc gamma"

FUNCTIONS: dict[type, str] = {getattr(sympy, name): f"math.{name}" for name in _IN_MATH.split()} | {
    sympy.loggamma: "math.lgamma",
    sympy.floor: "np.floor",
    sympy.ceiling: "np.ceil",
    Abs: "math.fabs",
    ExpMinusOne: "math.expm1",
    LogOnePlus: "math.log1p",
}


def written(part: Any, equation: Equation) -> Any:
    """Return an expression with every named function by what is computed, each in a form that keeps its digits.

    Raises:
        CompileError: for an undefined function.
    """
    if isinstance(part, Entry | Idx | Tensor) or not part.args:
        return part
    if not isinstance(part, Elementwise):
        return rebuild(part, [written(arg, equation) for arg in part.args])
    z = written(part.args[0], equation)
    if isinstance(part, sigmoid):
        return _sigmoid(z)
    if isinstance(part, prime(sigmoid)):
        return Chain(ExpOfMinus(z), _sigmoid(z), _sigmoid(z))
    if isinstance(part, prime(tanh)):
        power = exp(-2 * Abs(z))
        return 4 * power / (1 + power) ** 2
    if type(part) in NODES:
        return NODES[type(part)](z)
    textbook = formula(type(part), z)
    if textbook is None:
        root = part.root.__name__
        raise CompileError(
            f"{equation}: '{root}' is an undefined function: it is printed and differentiated, not compiled"
        )
    return written(textbook, equation)


def _sigmoid(z: Expr) -> Expr:
    """σ(z) = 1/(1 + e) and σ(−z) = e σ(z), with e = exp(−z)"""
    if z.could_extract_minus_sign():
        return Chain(ExpOfMinus(-z), 1 / (1 + ExpOfMinus(-z)))
    return 1 / (1 + ExpOfMinus(z))


def _template(text: str) -> Callable[[Any, Any, bool], Code]:
    """Return what writes a function of one argument: @ is the argument, and #…# a number of the program's type."""

    def method(formulas: Any, part: Any, guarded: bool) -> Code:
        inner = formulas.code(part.args[0], guarded)
        inner = formulas.simple(inner, part.args[0], guarded) if text.count("@") > 1 else inner
        shown = text.replace("@", inner.inside(ATOM)).replace("{limit}", LARGEST_EXPONENT[formulas.dtype])
        pieces = shown.split("#")
        return Code("".join(formulas.number(float(p)) if n % 2 else p for n, p in enumerate(pieces)), ATOM, inner.depth)

    return method


TEMPLATES: tuple[tuple[Any, Callable[[Any, Any, bool], Code]], ...] = (
    (Step, _template("(#1# if @ > #0# else #0#)")),
    (sign, _template("(#1# if @ > #0# else #-1# if @ < #0# else @)")),
    (PositivePart, _template("(#0# if @ < #0# else @)")),
    (NegativePart, _template("(#0# if @ > #0# else @)")),
    (ExpOfMinus, _template("math.exp(#{limit}# if @ < -#{limit}# else -@)")),
    (Softplus, _template("((#0# if @ < #0# else @) + math.log1p(math.exp(-math.fabs(@))))")),
    (Gaussian, _template("math.exp(#-0.5#*@*@)")),
    (NormalDistribution, _template("#0.5#*math.erfc(#-0.7071067811865476#*@)")),
)
"""How functions are written that Python has no name for."""
