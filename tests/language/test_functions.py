"""Named functions: what they equal, and their derivatives, against 50-digit numeric differentiation."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from sympy import Dummy, Symbol, lambdify

from symnn.errors import BadNameError
from symnn.language import NAMED, Elementwise, Step, Within, formula, index, prime, tensor, undefined_function

DIGITS = 50


def numeric(function: type[Elementwise]) -> object:
    """Return the function as plain mpmath, all names replaced by what they equal."""
    t = Dummy("t", real=True)
    expression = function(t)
    while expression.has(Elementwise):
        expression = expression.replace(lambda e: isinstance(e, Elementwise), lambda e: formula(type(e), e.args[0]))
    return lambdify(t, expression, [{"Step": lambda u: mpmath.mpf(u > 0)}, "mpmath"])


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("name", sorted(NAMED))
def test_primes_against_numeric_differentiation(name: str, order: int) -> None:
    points = np.random.default_rng(len(name)).normal(scale=2, size=6)
    with mpmath.workdps(2 * DIGITS):
        lower, higher = (
            numeric(prime(NAMED[name], order - 1) if order > 1 else NAMED[name]),
            numeric(prime(NAMED[name], order)),
        )
        for point in map(mpmath.mpf, points):
            expected = mpmath.diff(lower, point, h=mpmath.mpf(10) ** -30)
            assert abs(higher(point) - expected) < mpmath.mpf(10) ** -25


@pytest.mark.parametrize(
    ("name", "definition"),
    [
        ("sigmoid", lambda t: 1 / (1 + mpmath.exp(-t))),
        ("tanh", mpmath.tanh),
        ("relu", lambda t: max(t, 0)),
        ("leaky_relu", lambda t: t if t > 0 else t / 100),
        ("elu", lambda t: t if t > 0 else mpmath.expm1(t)),
        ("softplus", lambda t: mpmath.log(1 + mpmath.exp(t))),
        ("gelu", lambda t: t * mpmath.ncdf(t)),
        ("swish", lambda t: t / (1 + mpmath.exp(-t))),
        ("log_sigmoid", lambda t: -mpmath.log(1 + mpmath.exp(-t))),
    ],
)
def test_definitions(name: str, definition: object) -> None:
    with mpmath.workdps(DIGITS):
        computed = numeric(NAMED[name])
        for point in ("-30.5", "-1.25", "-0.1", "0", "0.1", "2.5", "40"):
            t = mpmath.mpf(point)
            assert abs(computed(t) - definition(t)) <= mpmath.mpf(10) ** -45 * (1 + abs(t))


def test_every_named_function_is_tested() -> None:
    tested = ["elu", "gelu", "leaky_relu", "log_sigmoid", "relu", "sigmoid", "softplus", "swish", "tanh"]
    assert sorted(NAMED) == tested


@pytest.mark.parametrize("name", sorted(NAMED))
def test_names_of_primes(name: str) -> None:
    t = Symbol("t", real=True)
    function = NAMED[name]
    slope = prime(function)(t) if function.has_named_derivative else function.first_derivative(t)
    assert function(t).diff(t) == slope
    assert prime(function, 2) is prime(prime(function))
    assert str(prime(function, 2)(t)) == f"{name}_prime2(t)"
    assert prime(function).root is function


def test_undefined_functions_differentiate_and_have_no_formula() -> None:
    t, f = Symbol("t", real=True), undefined_function("f")
    assert f is undefined_function("f")
    assert f(f(t)).diff(t) == prime(f)(f(t)) * prime(f)(t)
    assert formula(f, t) is None
    assert formula(prime(f), t) is None
    assert formula(prime(f, 2), t) is None


@pytest.mark.parametrize("name", ["__import__('os')", "f x", "exp", "lambda"])
def test_undefined_functions_have_plain_names(name: str) -> None:
    with pytest.raises(BadNameError, match=r"^bad name"):
        undefined_function(name)


def test_brackets() -> None:
    t, i = Symbol("t", real=True), index("i", 3)
    assert (Step(2), Step(0), Step(-1)) == (1, 0, 0)
    assert Step(t).diff(t) == 0
    assert Within(i - 1, 3) ** 2 == Within(i - 1, 3)
    assert (Within(i, 3) * tensor("s")).diff(i) == 0


def test_subgradients_are_said() -> None:
    assert NAMED["relu"].subgradient == "relu′(0) = 0"
    assert formula(prime(NAMED["relu"]), Symbol("t", real=True)).subs("t", 0) is not None
    assert prime(NAMED["relu"]).subgradient == "relu′(0) = 0"
