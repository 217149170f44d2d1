"""Functions of one variable that a user defines by a formula: they print by name, as sigmoid does."""

from __future__ import annotations

from typing import Any

from sympy import Dummy, Expr

from symnn.language.expressions import substitute
from symnn.language.functions import Elementwise


def elementwise(name: str, variable: Expr, definition: Expr) -> type[Elementwise]:
    """Return the function name(t) that equals a formula of its variable.

    >>> from sympy import Symbol, log
    >>> t = Symbol("t", real=True); g = elementwise("g", t, log(1 + t**2))
    >>> g(t).diff(t), g.first_derivative(t)
    (g_prime(t), 2*t/(t**2 + 1))
    """
    own = Dummy("t", real=True)
    formula = substitute(definition, {variable: own})
    slope = formula.diff(own)

    def define(cls: Any, t: Expr) -> Expr:
        return substitute(formula, {own: t})

    def differentiate(cls: Any, t: Expr) -> Expr:
        return substitute(slope, {own: t})

    members = {
        "__module__": __name__,
        "__doc__": f"{name}(t), defined by a formula",
        "definition": classmethod(define),
        "first_derivative": classmethod(differentiate),
    }
    made: Any = type(name, (Elementwise,), members)
    made.root = made
    return made
