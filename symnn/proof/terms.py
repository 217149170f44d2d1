"""How a residue was made, as a sum of atoms with rational coefficients: what exp, sin and log need to know of it.

    2 w x − w x/3  is  {w·x: 5/3}         exp of it is E(w·x)^(5/3)

An atom is known by its value modulo p, up to sign: products multiply values, so that x · (1/x) is 1. The
roots of numbers are kept beside it, because √2 · √2 is the number 2 and not an atom.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from itertools import product

from sympy import factorint

from symnn.proof.residues import (
    EXP,
    MINUS,
    NEGATIVE,
    NUMBER,
    OVER,
    PLUS,
    POWER,
    PRIME,
    SURD,
    TIMES,
    Residue,
    inverse_of,
)

Surd = tuple[tuple[int, Fraction], ...]
"""A product of fractional powers of primes, the exponents between 0 and 1."""

Atom = tuple[int, Surd]
"""A value modulo p, the smaller of v and −v, and a surd; the number 1 is (1, ())."""

Coefficient = int | Fraction

Terms = dict[Atom, Coefficient]
"""A sum of atoms with coefficients."""

ONE: Atom = (1, ())
LARGEST = 64
"""Products of more terms than this are not multiplied out."""
LARGEST_NAMED = 24
"""Entries that are made of more parts than this are atoms."""


def terms(residue: Residue) -> Terms:
    """Return a residue as a sum of atoms.

    >>> x = Residue(5)
    >>> terms(x + x) == {(5, ()): 2}
    True
    """
    found: Terms = {}
    waiting: list[tuple[Residue, int]] = [(residue, 1)]
    while waiting:
        node, sign = waiting.pop()
        origin = node.origin
        kind = None if origin is None else origin[0]
        if origin is None or kind == EXP:
            _add(found, atom(node.value), sign)
        elif kind == NUMBER:
            _add(found, {ONE: origin[1]}, sign)
        elif kind == PLUS:
            waiting += ((origin[2], sign), (origin[1], sign))
        elif kind == MINUS:
            waiting += ((origin[2], -sign), (origin[1], sign))
        elif kind == NEGATIVE:
            waiting.append((origin[1], -sign))
        else:
            _add(found, _product_terms(node), sign)
    return {key: coefficient for key, coefficient in found.items() if coefficient}


def _add(found: Terms, more: Terms, sign: int) -> None:
    for key, coefficient in more.items():
        found[key] = found.get(key, 0) + sign * coefficient


def atom(value: int) -> Terms:
    """Return a value as an atom with a sign."""
    if value == 0:
        return {}
    return {(value, ()): 1} if 2 * value < PRIME else {(PRIME - value, ()): -1}


def _product_terms(node: Residue) -> Terms:
    """Return the terms of a product, a quotient or a power."""
    kind, *parts = node.origin or (None,)
    if kind == SURD:
        coefficient, surd = parts
        return {(1, surd): coefficient}
    if kind == TIMES:
        one, other = terms(parts[0]), terms(parts[1])
        return _multiplied([one, other]) if len(one) * len(other) <= LARGEST else atom(node.value)
    if kind == OVER:
        above, below = terms(parts[0]), _to_power(parts[1], -1)
        return _multiplied([above, below]) if len(above) * len(below) <= LARGEST else atom(node.value)
    base, exponent = parts
    if kind != POWER or exponent != int(exponent):
        return atom(node.value)
    return _to_power(base, int(exponent))


def _to_power(base: Residue, exponent: int) -> Terms:
    """Return the terms of a whole power; of a sum in a denominator, what is left when a number is taken out."""
    inside = terms(base)
    if exponent >= 0 and len(inside) ** exponent <= LARGEST:
        return _multiplied([inside] * exponent)
    if not inside:
        return {}
    if len(inside) == 1:
        ((value, surd), coefficient), *_ = inside.items()
        turned = tuple((prime, power * exponent) for prime, power in surd)
        return _of_key(pow(value, exponent, PRIME), turned, Fraction(coefficient) ** exponent)
    content = Fraction(inside[min(inside)])
    whole = base.value * inverse_of(_modulo(content)) % PRIME
    return _multiplied([{ONE: content**exponent}, atom(pow(whole, exponent, PRIME))])


def _modulo(fraction: Fraction) -> int:
    return fraction.numerator * inverse_of(fraction.denominator % PRIME) % PRIME


def _multiplied(factors: Iterable[Terms]) -> Terms:
    made: Terms = {ONE: 1}
    for factor in factors:
        found: Terms = {}
        for (one, a), (other, b) in product(made.items(), factor.items()):
            _add(found, _of_key(one[0] * other[0] % PRIME, one[1] + other[1], a * b), 1)
        made = found
    return made


def _of_key(value: int, surd: Surd, coefficient: Coefficient) -> Terms:
    """Return one term; whole powers of primes in its surd become part of the coefficient."""
    if 2 * value > PRIME:
        value, coefficient = PRIME - value, -coefficient
    if not surd:
        return {(value, ()): coefficient}
    exponents: dict[int, Fraction] = {}
    for prime, exponent in surd:
        exponents[prime] = exponents.get(prime, Fraction(0)) + exponent
    for prime, exponent in exponents.items():
        whole = exponent.__floor__()
        coefficient *= Fraction(prime) ** whole
        exponents[prime] = exponent - whole
    return {(value, tuple(sorted((p, e) for p, e in exponents.items() if e))): coefficient}


@lru_cache(maxsize=4096)
def surd_of(number: Fraction, exponent: Fraction) -> tuple[Fraction, Surd]:
    """Return number^exponent, of a positive number, as a fraction and a surd.

    >>> surd_of(Fraction(8), Fraction(1, 2))
    (Fraction(2, 1), ((2, Fraction(1, 2)),))
    """
    powers = [(prime, times * exponent) for prime, times in prime_powers(number).items()]
    ((_, surd), coefficient), *_ = _of_key(1, tuple(powers), Fraction(1)).items()
    return Fraction(coefficient), surd


def prime_powers(number: Fraction) -> dict[int, int]:
    """Return the exponent of each prime in a positive fraction; what has no small factor counts as a prime."""
    found: dict[int, int] = {}
    for part, sign in ((number.numerator, 1), (number.denominator, -1)):
        for prime, times in factorint(part, limit=1000).items():
            found[int(prime)] = found.get(int(prime), 0) + sign * int(times)
    return found


def constant(residue: Residue) -> Fraction | None:
    """Return the fraction that a residue is, if it was made of numbers alone."""
    if residue.origin is not None and residue.origin[0] == NUMBER:
        return Fraction(residue.origin[1])
    waiting = [residue]
    while waiting:
        origin = waiting.pop().origin
        if origin is None or origin[0] in (SURD, EXP):
            return None
        waiting += [part for part in origin[1:] if isinstance(part, Residue)]
    found = terms(residue)
    return Fraction(found.get(ONE, 0)) if not found.keys() - {ONE} else None


def kept(residue: Residue) -> Residue:
    """Return a residue as the entry of a tensor: a long sum is from now on an atom by itself.

    A sum of 784 products is one number to what follows, and its own parts can be forgotten.
    """
    waiting, leaves = [residue], 0
    while waiting:
        origin = waiting.pop().origin
        if origin is None or origin[0] in (NUMBER, SURD):
            leaves += 1
        elif origin[0] in (NEGATIVE, POWER, EXP):
            waiting.append(origin[1])
        else:
            waiting += origin[1:]
        if leaves + len(waiting) > LARGEST_NAMED:
            return Residue(residue.value)
    return residue
