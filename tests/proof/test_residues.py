"""The relations of functions on residues: each holds modulo the prime, and of real numbers to 50 digits."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import isprime, primerange

from symnn.proof import Arithmetic, DomainError, arithmetic_of
from symnn.proof.relations import residues
from symnn.proof.residues import ORDER, PRIME, Residue, character, number, sign_of
from symnn.proof.terms import constant, kept, terms

EXACT, REAL = residues(7), arithmetic_of("mpmath")

Relation = Callable[["Numbers", Any, Any], tuple[Any, Any]]


class Numbers:
    """Functions and whole numbers of one arithmetic, for formulas that are written once."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic

    def __getattr__(self, name: str) -> Any:
        return self.arithmetic.functions[name]

    def n(self, top: int, bottom: int = 1) -> Any:
        return self.arithmetic.convert(Fraction(top, bottom))

    def power(self, base: Any, top: int, bottom: int = 1) -> Any:
        return self.arithmetic.power(base, top if bottom == 1 else self.n(top, bottom))

    @property
    def pi(self) -> Any:
        return self.arithmetic.pi

    def sigmoid(self, t: Any) -> Any:
        return self.n(1) / (self.n(1) + self.exp(-t))


RELATIONS: dict[str, Relation] = {
    "exp of a sum": lambda f, a, b: (f.exp(a + b), f.exp(a) * f.exp(b)),
    "exp of a difference": lambda f, a, b: (f.exp(a - b), f.exp(a) / f.exp(b)),
    "exp of a fraction": lambda f, a, b: (f.power(f.exp(a / f.n(3)), 3), f.exp(a)),
    "exp of a multiple": lambda f, a, b: (f.exp(f.n(-5, 2) * a), f.power(f.exp(a), -5, 2)),
    "exp of products": lambda f, a, b: (f.exp(a * (b + f.n(2))), f.exp(a * b) * f.power(f.exp(a), 2)),
    "exp of a square": lambda f, a, b: (f.exp((a - b) * (a - b)), f.exp(a * a + b * b) / f.power(f.exp(a * b), 2)),
    "exp of a quotient": lambda f, a, b: (f.exp(a / (b + b)), f.power(f.exp(a / b), 1, 2)),
    "exp of log": lambda f, a, b: (f.exp(f.log(b)), b),
    "exp of half a log": lambda f, a, b: (f.exp(f.log(b * b) / f.n(2)), b),
    "exp of a number": lambda f, a, b: (f.exp(f.n(1, 2)) * f.exp(a), f.exp(a + f.n(1, 2))),
    "exp with a root in it": lambda f, a, b: (
        f.exp(-(a / f.power(f.n(2), 1, 2)) * (a / f.power(f.n(2), 1, 2))),
        f.exp(-(a * a) / f.n(2)),
    ),
    "exp of a root times a root": lambda f, a, b: (
        f.exp(a / f.power(f.n(12), 1, 2)),
        f.exp(a * f.power(f.n(3), 1, 2) / f.n(6)),
    ),
    "log of a product": lambda f, a, b: (f.log(b * b * b), f.n(3) * f.log(b)),
    "log of a quotient": lambda f, a, b: (f.log(b / f.exp(a)), f.log(b) - a),
    "log of a root": lambda f, a, b: (f.log(f.power(b * b, 1, 2)), f.log(b)),
    "log of exp": lambda f, a, b: (f.log(f.exp(a)), a),
    "log of numbers": lambda f, a, b: (f.log(f.n(12)), f.n(2) * f.log(f.n(2)) + f.log(f.n(3))),
    "log of a fraction": lambda f, a, b: (f.log(f.n(1, 6)), -f.log(f.n(2)) - f.log(f.n(3))),
    "log of a surd": lambda f, a, b: (f.log(f.power(f.n(2), 1, 3)), f.log(f.n(2)) / f.n(3)),
    "log of one": lambda f, a, b: (f.log(f.n(1)), f.n(0)),
    "exp of log 0": lambda f, a, b: (f.exp(a + f.log(f.n(0))), f.n(0)),
    "power of a power": lambda f, a, b: (f.power(f.power(b * b, 1, 3), 3, 2), b),
    "power of a product": lambda f, a, b: (
        f.power(b * b * f.exp(a), 1, 3),
        f.power(b * b, 1, 3) * f.exp(a / f.n(3)),
    ),
    "sum of exponents": lambda f, a, b: (f.power(f.exp(a), 1, 2) * f.power(f.exp(a), 1, 3), f.power(f.exp(a), 5, 6)),
    "any exponent": lambda f, a, b: (f.arithmetic.power(f.exp(b), a), f.exp(a * b)),
    "root of a square": lambda f, a, b: (f.power(a * a, 1, 2), abs(a)),
    "roots of numbers": lambda f, a, b: (f.power(f.n(8), 1, 2), f.n(2) * f.power(f.n(2), 1, 2)),
    "size of a product": lambda f, a, b: (abs(a * b), abs(a) * abs(b)),
    "size of the opposite": lambda f, a, b: (abs(-a), abs(a)),
    "sigmoid of the opposite": lambda f, a, b: (f.sigmoid(-a), f.n(1) - f.sigmoid(a)),
    "softplus": lambda f, a, b: (f.exp(f.log(f.n(1) + f.exp(a))), f.n(1) + f.exp(a)),
    "softplus of the opposite": lambda f, a, b: (
        f.log(f.exp(a) * (f.n(1) + f.exp(-a))),
        a + f.log(f.n(1) + f.exp(-a)),
    ),
    "softmax": lambda f, a, b: (
        f.exp(a - f.log(f.exp(a) + f.exp(b))) + f.exp(b - f.log(f.exp(a) + f.exp(b))),
        f.n(1),
    ),
    "tanh and sigmoid": lambda f, a, b: (f.tanh(a), f.n(2) * f.sigmoid(f.n(2) * a) - f.n(1)),
    "tanh of a sum": lambda f, a, b: (
        f.tanh(a + b),
        (f.tanh(a) + f.tanh(b)) / (f.n(1) + f.tanh(a) * f.tanh(b)),
    ),
    "sinh and cosh": lambda f, a, b: (f.cosh(a) * f.cosh(a) - f.sinh(a) * f.sinh(a), f.n(1)),
    "sin and cos": lambda f, a, b: (f.sin(a) * f.sin(a) + f.cos(a) * f.cos(a), f.n(1)),
    "sin of a sum": lambda f, a, b: (f.sin(a + b), f.sin(a) * f.cos(b) + f.cos(a) * f.sin(b)),
    "cos of a half": lambda f, a, b: (f.cos(a), f.n(2) * f.cos(a / f.n(2)) * f.cos(a / f.n(2)) - f.n(1)),
    "sin of the opposite": lambda f, a, b: (f.sin(-a), -f.sin(a)),
    "sin and pi": lambda f, a, b: (f.sin(a + f.pi / f.n(2)), f.cos(a)),
    "cos of pi": lambda f, a, b: (f.cos(f.pi), f.n(-1)),
    "tan": lambda f, a, b: (f.tan(a) * f.cos(a), f.sin(a)),
    "acos": lambda f, a, b: (f.acos(b / (b + f.n(1))) + f.asin(b / (b + f.n(1))), f.pi / f.n(2)),
    "erfc": lambda f, a, b: (f.erfc(a) + f.erf(a), f.n(1)),
    "erf of the opposite": lambda f, a, b: (f.erf(-a), -f.erf(a)),
    "atan of the opposite": lambda f, a, b: (f.atan(-a), -f.atan(a)),
    "asinh of the opposite": lambda f, a, b: (f.asinh(-a), -f.asinh(a)),
    "atanh": lambda f, a, b: (
        f.exp(f.n(2) * f.atanh(b / (b + f.n(1)))),
        f.n(1) + f.n(2) * b,
    ),
    "ceiling": lambda f, a, b: (f.ceiling(a), -f.floor(-a)),
    "the largest": lambda f, a, b: (f.arithmetic.largest([a, b]) + f.arithmetic.largest([-a, -b]), abs(a - b)),
}

WRONG: dict[str, Relation] = {
    "exp of a product": lambda f, a, b: (f.exp(a * b), f.exp(a) * f.exp(b)),
    "sigmoid is odd": lambda f, a, b: (f.sigmoid(-a), -f.sigmoid(a)),
    "log of a sum": lambda f, a, b: (f.log(f.exp(a) + f.exp(b)), a + b),
    "sin is linear": lambda f, a, b: (f.sin(f.n(2) * a), f.n(2) * f.sin(a)),
    "cos is odd": lambda f, a, b: (f.cos(-a), -f.cos(a)),
    "erf of a sum": lambda f, a, b: (f.erf(a + b), f.erf(a) + f.erf(b)),
    "e is pi": lambda f, a, b: (f.exp(f.n(1)), f.pi),
    "floor is odd": lambda f, a, b: (f.floor(-a), -f.floor(a)),
}


def random_residues(seed: int) -> tuple[Residue, Residue]:
    """Return two residues, the second one positive."""
    chooser = random.Random(seed)
    return Residue(chooser.randrange(PRIME)), Residue(pow(chooser.randrange(PRIME), 2, PRIME))


@pytest.mark.parametrize("name", RELATIONS)
def test_a_relation_holds_modulo_the_prime_and_of_real_numbers(name: str) -> None:
    for seed in range(5):
        one, other = RELATIONS[name](Numbers(residues(seed)), *random_residues(seed))
        assert one == other
    for a, b in ((Fraction(-7, 5), Fraction(3, 8)), (Fraction(11, 7), Fraction(9, 4))):
        one, other = RELATIONS[name](Numbers(REAL), REAL.convert(a), REAL.convert(b))
        assert abs(one - other) < REAL.convert(Fraction(1, 10**50))


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_relation_does_not_hold(name: str) -> None:
    one, other = WRONG[name](Numbers(EXACT), *random_residues(5))
    assert one != other


def test_the_prime_is_what_signs_and_roots_need() -> None:
    assert isprime(PRIME)
    assert isprime(ORDER)
    assert PRIME % 4 == 3
    assert [character(q) for q in primerange(60)] == [1] * 17
    assert character(PRIME - 1) == -1


@given(st.integers(1, PRIME - 1), st.integers(1, PRIME - 1))
def test_signs_multiply(one: int, other: int) -> None:
    a, b = Residue(one), Residue(other)
    assert sign_of(a * b) == sign_of(a) * sign_of(b)
    assert sign_of(-a) == -sign_of(a)
    assert (a > b) == (b < a) != (a <= b)


@given(st.fractions(), st.fractions())
def test_fractions_are_computed_with_exactly(one: Fraction, other: Fraction) -> None:
    assert number(one) + number(other) == number(one + other)
    assert number(one) * number(other) == number(one * other)
    assert constant(number(one) * number(other) - number(one)) == one * other - one
    assert (number(one) > number(other)) == (one > other)


def test_terms_are_multiplied_out() -> None:
    x, y = Residue(11), Residue(13)
    found = terms((x + y) * (x - y) / number(3))
    assert found == {(121, ()): Fraction(1, 3), (169, ()): Fraction(-1, 3)}
    assert terms(x / x) == {(1, ()): 1}
    assert terms(number(2) / (x + x + y + y)) == terms(number(1) / (x + y))


def test_a_long_sum_is_one_number_once_it_has_a_name() -> None:
    long = sum((Residue(n) for n in range(2, 200)), number(0))
    assert kept(long).origin is None
    short = Residue(3) + Residue(4)
    assert kept(short) is short


@pytest.mark.parametrize(
    ("compute", "said"),
    [
        (lambda: number(1) / number(0), "division by zero at this point"),
        (lambda: EXACT.functions["log"](number(-2)), "the logarithm of a number that is not positive at this point"),
        (lambda: EXACT.power(number(-2), number(Fraction(1, 2))), "a root of a negative number"),
        (lambda: EXACT.power(-(Residue(5) * Residue(5)), number(Fraction(1, 2))), "a root of a number that is not"),
        (lambda: EXACT.convert(float("inf")), "inf is not finite"),
    ],
)
def test_what_has_no_value_says_so(compute: Callable[[], Any], said: str) -> None:
    with pytest.raises(DomainError, match=said):
        compute()


def test_three_numbers_may_have_no_largest() -> None:
    found = []
    for n in range(2, 40):
        try:
            found.append(EXACT.largest([Residue(n), Residue(n * n + 3), Residue(5 * n**3)]))
        except DomainError:
            found.append(None)
    assert None in found
    assert any(found)
