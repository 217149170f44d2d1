"""Activations: the equations that take a layer's pre-activation z to its activation a.

An activation is a name, a SymPy expression of one variable, the text of one, or a single letter,
which stands for an undefined function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Symbol, exp

from symnn.errors import InputError, suggest
from symnn.language import (
    NAMED,
    Elementwise,
    Equation,
    LogSumExp,
    Tensor,
    fresh_index,
    index,
    parse_expression,
    plain,
    undefined_function,
)

NAMES = ("identity", *NAMED, "softmax")
_VARIABLES = ("t", "z", "x", "u")


@dataclass(frozen=True)
class Activation:
    """a = f(z) as equations.

    Attributes:
        name: how it is called: one of `NAMES`, or its formula.
        build: the equations that define an entry of `a` from those of `z`, one example.
        text: what rebuilds it, where text can.
        undefined: whether it is an undefined function.
    """

    name: str
    build: Callable[[Tensor, Tensor], list[Equation]]
    text: str | None
    undefined: bool = False


def activation(given: Any) -> Activation:
    """Return an activation from a name, an expression of one variable, a text, or a letter.

    >>> activation("relu").name
    'relu'
    >>> activation("t^2/2").name
    't**2/2'

    Raises:
        InputError: for an unknown name (with the nearest one), or an expression of more than one variable.
    """
    if isinstance(given, Activation):
        return given
    if isinstance(given, str):
        return _from_text(given.strip())
    if isinstance(given, type) and issubclass(given, Elementwise):
        return _elementwise(given.__name__, given, given.__name__ if given.__name__ in NAMED else None)
    if isinstance(given, Expr):
        return _from_expression(given, None)
    raise InputError(f"unknown activation {given!r}{suggest(str(given), NAMES)}, or an expression of one variable")


def _from_text(text: str) -> Activation:
    if text == "softmax":
        return Activation("softmax", _softmax, text)
    if text == "identity":
        return _elementwise(text, lambda z: z, text)
    if text in NAMED:
        return _elementwise(text, NAMED[text], text)
    if len(text) == 1 and text.isascii() and text.isalpha() and text not in _VARIABLES:
        made = _elementwise(text, undefined_function(text), text)
        return Activation(made.name, made.build, text, undefined=True)
    if text.replace("_", "").isalnum() and text not in _VARIABLES and not text.isdigit():
        raise InputError(f"unknown activation '{text}'{suggest(text, NAMES)}")
    known = {name: Symbol(name, real=True) for name in _VARIABLES}
    return _from_expression(parse_expression(text, known), text)


def _from_expression(expression: Expr, text: str | None) -> Activation:
    free = expression.free_symbols
    if len(free) != 1:
        names = ", ".join(sorted(map(str, free))) or "none"
        raise InputError(f"activation {plain(expression)}: an expression of one variable is needed, found {names}")
    variable = next(iter(free))
    return _elementwise(plain(expression), lambda z: expression.xreplace({variable: z}), text or plain(expression))


def _elementwise(name: str, function: Callable[[Expr], Expr], text: str | None) -> Activation:
    def build(z: Tensor, a: Tensor) -> list[Equation]:
        axes = _axes(z)
        return [Equation(a[axes], function(z[axes]))]

    return Activation(name, build, text)


def _softmax(z: Tensor, a: Tensor) -> list[Equation]:
    """L = log Σₖ exp zₖ, a = exp(z − L), along the last axis."""
    axes = _axes(z)
    k = fresh_index(axes[-1])
    largest = Tensor("L", z.shape[:-1])[axes[:-1]]
    return [Equation(largest, LogSumExp(z[(*axes[:-1], k)], k)), Equation(a[axes], exp(z[axes] - largest))]


def _axes(tensor: Tensor) -> tuple[Any, ...]:
    letters = "j" if tensor.rank == 1 else "ijklpq"
    return tuple(index(letters[n], size) for n, size in enumerate(tensor.shape))
