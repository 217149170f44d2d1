"""Products taken apart as they are written: what stands in front, above and below the fraction bar."""

from __future__ import annotations

from math import gcd
from typing import Any

from sympy import Add, Expr, Function, Mul, Pow, Rational, S, Sum

from symnn.language import Reduction, entries, free_indices


def size_terms(expression: Expr) -> list[Expr]:
    """Return the terms of a sum of sizes and indices, as n − p + 1, or nothing for any other sum."""
    if entries(expression) or not all(symbol.is_integer for symbol in expression.free_symbols):
        return []
    return sorted(Add.make_args(expression), key=lambda t: (t.is_number, t.could_extract_minus_sign(), str(t)))


def times(number: Expr, rest: Expr) -> Expr:
    return rest if number == 1 else Mul(number, rest, evaluate=False) if rest != 1 else number


def number_first(factors: list[Expr]) -> list[Expr]:
    """Return the same product with two factors (s − 1)(t − 1) written (1 − s)(1 − t)."""
    turned = [n for n, f in enumerate(factors) if isinstance(f, Add) and f.as_coeff_Add()[0].is_negative]
    turned = turned[: len(turned) // 2 * 2]
    return [Add(*(-term for term in f.args)) if n in turned else f for n, f in enumerate(factors)]


def is_negative(exponent: Expr) -> bool:
    return bool(exponent.could_extract_minus_sign())


def in_front(factor: Expr) -> bool:
    """Whether a factor stands in front: numbers, sizes and hyperparameters alone."""
    if free_indices(factor) or isinstance(factor, Sum | Reduction):
        return False
    found = entries(factor)
    if not found:
        return bool(all(symbol.is_integer for symbol in factor.free_symbols)) and not isinstance(factor, Function | Add)
    return all(entry.base.role == "hyperparameter" and not entry.indices for entry in found)


def rational_roots(number: Any, above: list[Expr], below: list[Expr]) -> tuple[Any, list[Expr], list[Expr]]:
    """Return the same quotient with √2/2 written as 1/√2, and √2/4 as 1/√8."""
    if not number.is_Rational:
        return number, above, below
    kept: list[Expr] = []
    below = list(below)
    for factor in above:
        root = isinstance(factor, Pow) and factor.exp == Rational(1, 2) and factor.base.is_Integer
        if root and gcd(int(number.q), int(factor.base)) == int(factor.base):
            number = number * factor.base
            below.append(factor)
        else:
            kept.append(factor)
    over, kept = _roots(kept)
    under, below = _roots(below)
    if over == 1 and under.is_Integer and under != 1 and number.p == 1:
        number, under = Rational(1), under * number.q**2
    if over != 1 and under != 1 and (over / under).is_Rational:
        kept.append(Pow(over / under, Rational(1, 2), evaluate=False))
    else:
        kept.extend([_root(over)] if over != 1 else [])
        below.extend([_root(under)] if under != 1 else [])
    return number, kept, below


def _root(inside: Expr) -> Expr:
    """One root of a product: SymPy would take √(2π) apart again."""
    return Pow(inside, Rational(1, 2), evaluate=False)


def _roots(factors: list[Expr]) -> tuple[Expr, list[Expr]]:
    """Return the product of what stands under the square roots of numbers, and the other factors."""
    inside: Expr = S.One
    others: list[Expr] = []
    for factor in factors:
        if isinstance(factor, Pow) and factor.exp == Rational(1, 2) and factor.base.is_number:
            inside = inside * factor.base
        else:
            others.append(factor)
    return inside, others
