"""Scalar simplification that a teacher would do: cancel, and put a definition in where that shortens."""

from __future__ import annotations

from sympy import Add, Dummy, Expr, Integer, Mul, Pow, cancel, count_ops, factor_list
from sympy.polys.polyerrors import PolynomialError

from symnn.language import Elementwise, Equation, entries, formula, has_binder, substitute


def shorten_product(adjoint: Expr, definition: Expr | None, slope: Expr, equation: Equation) -> Expr:
    """Return adjoint · slope, with what the adjoint equals put in its place if the product then gets no longer.

    With T̄ = −y/s and slope s the product is −y; with T̄ = (a − y)/(a(1 − a)) and slope σ′(z), where
    a = σ(z), it is a − y.
    """
    product = adjoint * slope
    if definition is None or has_binder(definition) or has_binder(slope) or not _divides(definition):
        return product
    longest = count_ops(product)
    for other in _written_with_names(slope, equation):
        short = cancelled(definition * other)
        if count_ops(short) <= longest:
            return short
    return product


def _divides(expression: Expr) -> bool:
    return any(power.exp.could_extract_minus_sign() for power in expression.atoms(Pow))


def _written_with_names(slope: Expr, equation: Equation) -> tuple[Expr, ...]:
    """The slope as it is, and with f′ written by f, which has the name of the equation's left side."""
    right = equation.right
    if not isinstance(right, Elementwise) or right.order != 0:
        return (slope,)
    primed = right.fdiff()
    textbook = formula(type(primed), right.args[0]) if isinstance(primed, Elementwise) else None
    if textbook is None:
        return (slope,)
    return slope, substitute(substitute(slope, {primed: textbook}), {right: equation.left})


def cancelled(expression: Expr) -> Expr:
    """Return a scalar expression as one fraction in lowest terms, if that is shorter; 1 − a rather than a − 1."""
    if has_binder(expression):
        return expression
    dummies = {entry: Dummy(entry.base.name, real=True) for entry in entries(expression)}
    names = {dummy: entry for entry, dummy in dummies.items()}
    scalar = substitute(expression, dummies)
    whole = cancel(scalar)
    factored = _factored(whole)
    shortest = min((scalar, whole, factored), key=count_ops)
    return substitute(shortest, names)


def _factored(fraction: Expr) -> Expr:
    """Return a fraction with factors as a textbook writes them: numbers first in differences."""
    numerator, denominator = fraction.as_numer_denom()
    return _product(numerator) / _product(denominator)


def _product(polynomial: Expr) -> Expr:
    try:
        number, powers = factor_list(polynomial) if polynomial.free_symbols else (polynomial, [])
    except (PolynomialError, TypeError):  # a sign or a bracket alone, or an exponent that is a size
        return polynomial
    made, sign = [], Integer(1)
    for base, exponent in powers:
        if isinstance(base, Add) and (constant := base.as_coeff_Add()[0]).is_negative:
            del constant
            base, sign = -base, sign * (-1) ** exponent
        made.append(base**exponent)
    return sign * number * Mul(*made)
