"""Scalar formulas as Python code that numba compiles: what each function is called, and numbers of the right type.

A comparison with nan is false, so what could hide one is written so that nan comes through: `0.0 if z < 0.0 else z`.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Abs, Expr, Idx, exp

from symnn.compiling.functions import NODES
from symnn.compiling.nodes import Chain, ExpMinusOne, ExpOfMinus
from symnn.errors import CompileError
from symnn.language import Elementwise, Entry, Equation, Tensor, formula, prime, rebuild
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
    return 1 / (1 + ExpOfMinus(z))
