"""Functions on residues: values drawn at random, but for the relations that the functions have.

    exp    exp(a + b) = exp a · exp b, exp(r a) = (exp a)^r for fractions r, exp a > 0, exp(log u) = u
    log    log(u v) = log u + log v, log(u^r) = r log u, log(exp a) = a, log 1 = 0; log 12 = 2 log 2 + log 3;
           exp(log 0) = 0
    power  (u^a)^b = u^(a b), u^a v^a = (u v)^a, u^(a+b) = u^a u^b for positive u, v and fractions a, b;
           u^v = exp(v log u) for any other exponent
    sin    sin² + cos² = 1, the formulas of sums and of multiples, sin(−a) = −sin a, cos π = −1
    sinh, cosh, tanh, tan, acos, erfc, atanh: by what they are in terms of these
    asin, atan, asinh, erf:     f(−a) = −f(a)
    acosh, gamma, loggamma, floor, and undefined functions:   one value for one argument
    Σ, Max   the largest of some numbers is the one that exceeds all others, if there is one

So σ(−z) = 1 − σ(z), σ′ = σ(1 − σ), Σ softmax = 1 hold because they follow; each relation is tested with
50 digits. What does not follow from them is decided by 50 digits alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from symnn.proof.arithmetic import Arithmetic, DomainError, exact_fraction
from symnn.proof.residues import (
    EXP,
    NEGATIVE,
    NUMBER,
    OVER,
    POWER,
    PRIME,
    SURD,
    TIMES,
    Residue,
    inverse_of,
    number,
    rational_power,
)
from symnn.proof.terms import Atom, Coefficient, atom, constant, kept, prime_powers, surd_of, terms

Point = tuple[int, int]
"""A point of the circle x² + y² = 1 modulo p: cosine and sine."""

TURNS = 720720
"""The least common multiple of 1 to 16: sin and cos of a/b times an atom are known for b that divide it."""


def residues(seed: int = 0) -> Arithmetic:
    """Return the arithmetic of residues, whose functions have values that follow from a seed.

    >>> exp = residues().functions["exp"]; a, b = Residue(3), Residue(4)
    >>> exp(a + b) == exp(a) * exp(b), exp(a + b) == exp(a) + exp(b)
    (True, False)
    """
    known = Relations(seed)
    two = number(2)
    root_of_pi = known.random("root of pi")
    pi = known.pi = Residue(root_of_pi * root_of_pi % PRIME)
    exp, log, sin, cos = known.exp, known.log, known.sine, known.cosine

    def by_exp(combine: Callable[[Residue, Residue], Residue]) -> Callable[[Residue], Residue]:
        return lambda t: combine(exp(t), exp(-t))

    functions: dict[str, Callable[[Residue], Residue]] = {
        "exp": exp,
        "log": log,
        "sin": sin,
        "cos": cos,
        "tan": lambda t: sin(t) / cos(t),
        "sinh": by_exp(lambda up, down: (up - down) / two),
        "cosh": by_exp(lambda up, down: (up + down) / two),
        "tanh": by_exp(lambda up, down: (up - down) / (up + down)),
        "acos": lambda t: pi / two - known.odd("asin")(t),
        "erfc": lambda t: number(1) - known.odd("erf")(t),
        "atanh": lambda t: (log(number(1) + t) - log(number(1) - t)) / two,
        "ceiling": lambda t: -known.single("floor")(-t),
    }
    functions |= {name: known.odd(name) for name in ("asin", "atan", "asinh", "erf")}
    functions |= {name: known.single(name) for name in ("acosh", "gamma", "loggamma", "floor")}
    zero = number(0)
    return Arithmetic(
        convert, functions, known.power, pi, zero, zero, zero, kept, bare, largest, False, known.undefined
    )


def convert(given: Any) -> Residue:
    """Return a number of any kind modulo p."""
    if isinstance(given, Residue):
        return given
    fraction = exact_fraction(given)
    if not isinstance(fraction, Fraction):
        raise DomainError(f"{given} is not finite")
    return number(fraction)


def bare(residue: Residue) -> Residue:
    """Return a residue without how it was made: no function is taken of a derivative."""
    return Residue(residue.value)


def largest(given: Iterable[Residue]) -> Residue:
    """Return the number that exceeds all others.

    Raises:
        DomainError: where there is none: residues are not in one order.
    """
    numbers = list(given)
    found = max(numbers)
    if any(one > found for one in numbers):
        raise DomainError("no number is the largest at this point")
    return found


@dataclass
class Relations:
    """What has been asked for so far: a function has one value for one argument.

    Attributes:
        seed: everything random follows from it.
        pi: π.
    """

    seed: int
    pi: Residue = field(default_factory=lambda: Residue(1))
    exponentials: dict[int, Residue] = field(default_factory=dict)
    logarithms: dict[int, Residue] = field(default_factory=dict)
    images: dict[Atom, int] = field(default_factory=dict)
    """exp of an atom."""
    points: dict[Atom, Point] = field(default_factory=dict)
    circle: dict[int, Point] = field(default_factory=dict)

    def random(self, *key: Any) -> int:
        """Return the random number of a key."""
        digest = hashlib.blake2b(repr((self.seed, *key)).encode(), digest_size=32).digest()
        return int.from_bytes(digest, "big") % (PRIME - 2) + 1

    def single(self, name: str) -> Callable[[Residue], Residue]:
        """Return a function of which nothing is known but its values."""
        return lambda t: Residue(self.random(name, t.value))

    def undefined(self, name: str, order: int) -> Callable[[Residue], Residue]:
        return self.single(f"undefined {name} {order}")

    def odd(self, name: str) -> Callable[[Residue], Residue]:
        """Return a function with f(−t) = −f(t)."""

        def compute(t: Residue) -> Residue:
            if t.value == 0:
                return number(0)
            value = self.random(name, min(t.value, PRIME - t.value))
            return Residue(value if 2 * t.value < PRIME else PRIME - value)

        return compute

    def exp(self, t: Residue) -> Residue:
        """Return exp t = Π E(atom)^coefficient."""
        if t.value == 0:
            return number(1)
        found = self.exponentials.get(t.value)
        if found is None:
            grouped: dict[Coefficient, int] = {}
            for key, coefficient in terms(t).items():
                grouped[coefficient] = grouped.get(coefficient, 1) * self._image(key) % PRIME
            value = 1
            for coefficient, base in grouped.items():
                value = value * rational_power(base, coefficient) % PRIME
            found = self.exponentials[t.value] = Residue(value, (EXP, kept(t)))
        return found

    def _image(self, key: Atom) -> int:
        if key not in self.images:
            self.images[key] = pow(self.random("exp", key), 2, PRIME)
        return self.images[key]

    def log(self, t: Residue) -> Residue:
        """Return log t: the sum of the logarithms of its factors."""
        if t.value == 0:
            return self._minus_infinity()
        if t.origin is not None and t.origin[0] == NUMBER and t.origin[1] < 0:
            raise DomainError("the logarithm of a number that is not positive at this point")
        found = self.logarithms.get(t.value)
        if found is None:
            found = number(0)
            for one, exponent in _factors(t):
                part = one if isinstance(one, Residue) else self._logarithm(one)
                found = found + (part if exponent == 1 else number(exponent) * part)
            self.logarithms[t.value] = found
        return found

    def _minus_infinity(self) -> Residue:
        """Return log 0: exp of it is 0, as where a mask leaves something out."""
        value = min(made := self.random("log", 0), PRIME - made)
        self.images[value, ()] = 0
        return Residue(value)

    def _logarithm(self, value: int) -> Residue:
        """Return the logarithm of a value that is no product: exp of it is the value."""
        made = Residue(self.random("log", value))
        ((key, sign),) = atom(made.value).items()
        self.images[key] = value if sign > 0 else inverse_of(value)
        return made

    def power(self, base: Any, exponent: Any) -> Residue:
        """Return base^exponent."""
        known = Fraction(exponent) if isinstance(exponent, int) else constant(exponent)
        if known is None:
            return self.exp(exponent * self.log(base))
        if known.denominator == 1:
            return Residue(rational_power(base.value, known), (POWER, base, int(known)))
        if base.value == 0:
            return number(0)
        if (fraction := constant(base)) is not None:
            if fraction < 0:
                raise DomainError("a root of a negative number")
            coefficient, surd = surd_of(fraction, known)
            return Residue(rational_power(number(fraction).value, known), (SURD, coefficient, surd))
        return Residue(rational_power(base.value, known), (POWER, base, known))

    def cosine(self, t: Residue) -> Residue:
        return number(1) if t.value == 0 else Residue(self._point(t)[0])

    def sine(self, t: Residue) -> Residue:
        return number(0) if t.value == 0 else Residue(self._point(t)[1])

    def _point(self, t: Residue) -> Point:
        """Return (cos t, sin t): the product of the turns of its atoms."""
        if t.value not in self.circle:
            made = (1, 0)
            for key, coefficient in terms(t).items():
                made = _turned(made, self._turn(key, coefficient))
            self.circle[t.value] = made
        return self.circle[t.value]

    def _turn(self, key: Atom, coefficient: Coefficient) -> Point:
        if key in atom_keys(self.pi):
            quarters = 2 * coefficient
            if quarters.denominator != 1:
                raise DomainError("sin and cos of this part of π are not known modulo p")
            return ((1, 0), (0, 1), (PRIME - 1, 0), (0, PRIME - 1))[int(quarters * _sign_of_atom(self.pi)) % 4]
        times = coefficient * TURNS
        if times.denominator != 1:
            raise DomainError("sin and cos of this fraction of an atom are not known modulo p")
        if key not in self.points:
            half = self.random("sin", key)
            scale = inverse_of((1 + half * half) % PRIME)
            self.points[key] = ((1 - half * half) * scale % PRIME, 2 * half * scale % PRIME)
        return _repeated(self.points[key], int(times))


def atom_keys(t: Residue) -> set[Atom]:
    return set(atom(t.value))


def _sign_of_atom(t: Residue) -> Coefficient:
    return next(iter(atom(t.value).values()))


def _turned(one: Point, other: Point) -> Point:
    (a, b), (c, d) = one, other
    return (a * c - b * d) % PRIME, (a * d + b * c) % PRIME


def _repeated(point: Point, times: int) -> Point:
    base = point if times >= 0 else (point[0], PRIME - point[1])
    made: Point = (1, 0)
    for bit in bin(abs(times))[2:]:
        made = _turned(made, made)
        if bit == "1":
            made = _turned(made, base)
    return made


def _factors(t: Residue) -> list[tuple[int | Residue, Fraction]]:
    """Return the factors of a number with their exponents: values, or what a factor exp(a) is exp of."""
    found: dict[int, Fraction] = {}
    exponents: list[tuple[int | Residue, Fraction]] = []
    waiting = [(t, Fraction(1))]
    while waiting:
        node, times = waiting.pop()
        kind, *parts = node.origin or (None,)
        if kind == TIMES:
            waiting += [(parts[0], times), (parts[1], times)]
        elif kind == OVER:
            waiting += [(parts[0], times), (parts[1], -times)]
        elif kind == POWER:
            waiting.append((parts[0], times * parts[1]))
        elif kind == EXP:
            exponents.append((parts[0], times))
        elif kind in (NUMBER, SURD) and parts[0] > 0:
            powers = {prime: Fraction(n) for prime, n in prime_powers(Fraction(parts[0])).items()}
            for prime, n in (*powers.items(), *(parts[1] if kind == SURD else ())):
                found[prime] = found.get(prime, Fraction(0)) + n * times
        elif kind == NEGATIVE and parts[0].origin is not None and parts[0].origin[0] == NEGATIVE:
            waiting.append((parts[0].origin[1], times))
        else:
            found[node.value] = found.get(node.value, Fraction(0)) + times
    return [*((value, n) for value, n in found.items() if n and value != 1), *exponents]

