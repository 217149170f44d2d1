"""What the checker says of equal and of unequal expressions, with derivatives in them."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Rational, Sum, cos, exp, log, sin, sqrt

from symnn.calculus import differentiate
from symnn.language import (
    NAMED,
    Equation,
    Fact,
    LogSumExp,
    Maximum,
    Partial,
    Program,
    Step,
    Total,
    index,
    tensor,
    undefined_function,
)
from symnn.proof import Checker, float_differences
from tests.strategies import random_case

i, j, k, p, q = (index(letter, 3) for letter in "ijkpq")
x, y, W, b = tensor("x", 3), tensor("y", 3), tensor("W", (3, 3)), tensor("b", 3)
z, a, C, s = tensor("z", 3), tensor("a", 3), tensor("C"), tensor("s")
sigmoid, tanh, relu, softplus = (NAMED[name] for name in ("sigmoid", "tanh", "relu", "softplus"))

LAYER = Program(
    [
        Equation(z[j], Sum(W[j, k] * x[k], k) + b[j]),
        Equation(a[j], sigmoid(z[j])),
        Equation(C, Sum((a[j] - y[j]) ** 2, j) / 2),
    ]
)


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(LAYER, "C")


DERIVATIVES: list[tuple[Any, Any, tuple[Any, ...]]] = [
    (Total(C, W[p, q]), (a[p] - y[p]) * a[p] * (1 - a[p]) * x[q], (p, q)),
    (Total(C, b[p]), Sum(Total(C, z[j]) * Partial(z[j], b[p]), j), (p,)),
    (Partial(a[j], b[p]), sympy.Integer(0), (j, p)),
    (Total(a[j], z[p]), Partial(sigmoid(z[j]), z[p]), (j, p)),
    (Total(a[j], W[p, q]), Sum(Total(a[j], z[k]) * Partial(z[k], W[p, q]), k), (j, p, q)),
    (Partial(z[j], x[q]), W[j, q], (j, q)),
    (Partial(z[j] ** 2 + W[j, j], z[q]), 2 * z[j] * sympy.KroneckerDelta(j, q), (j, q)),
    (Partial(Sum(W[j, k] * x[k], k), W[p, q]), sympy.KroneckerDelta(j, p) * x[q], (j, p, q)),
    (Total(x[p], x[q]), sympy.KroneckerDelta(p, q), (p, q)),
    (Total(y[p], x[q]), sympy.Integer(0), (p, q)),
]


@pytest.mark.parametrize(("left", "right", "indices"), DERIVATIVES)
def test_derivatives_are_worked_out_exactly(checker: Checker, left: Expr, right: Expr, indices: Any) -> None:
    assert checker.equal(left, right, indices).kind == "exact"


def test_an_index_that_is_bound_again_is_another() -> None:
    u = tensor("u", 3)
    program = Program([Equation(u[j], x[j] * Sum(x[j] ** 2, j)), Equation(C, Sum(u[k], k))])
    checker = Checker(program, "C")
    total = Sum(x[k] ** 2, k) + 2 * x[p] * Sum(x[k], k)
    assert checker.equal(Total(C, x[p]), total, (p,)).kind == "exact"
    slope = sympy.KroneckerDelta(j, p) * Sum(x[k] ** 2, k) + 2 * x[j] * x[p]
    assert checker.equal(Partial(u[j], x[p]), slope, (j, p)).kind == "exact"
    assert checker.equal(Partial(Sum(x[j], j) + x[j], x[p]), 1 + sympy.KroneckerDelta(j, p), (j, p)).kind == "exact"


EQUAL = [
    (sigmoid(-x[j]), 1 - sigmoid(x[j])),
    (NAMED["tanh"](x[j]), 2 * sigmoid(2 * x[j]) - 1),
    (relu(x[j]) - relu(-x[j]), x[j]),
    (sympy.Abs(x[j] * y[j]), sympy.Abs(x[j]) * sympy.Abs(y[j])),
    (exp(x[j] + y[j]), exp(x[j]) * exp(y[j])),
    (sin(x[j] + y[j]), sin(x[j]) * cos(y[j]) + cos(x[j]) * sin(y[j])),
    (sqrt(x[j] ** 2 * y[j] ** 2), sympy.Abs(x[j]) * sympy.Abs(y[j])),
    (exp(LogSumExp(x[k], k)), Sum(exp(x[k]), k)),
    (Sum(exp(x[k] - LogSumExp(x[i], i)), k), sympy.Integer(1)),
    (Maximum(x[k], k) + Maximum(y[k], k), Maximum(y[k], k) + Maximum(x[k], k)),
    (undefined_function("f")(x[j] + y[j]), undefined_function("f")(y[j] + x[j] + Sum(x[k] - x[k] * 1, k))),
]


@pytest.mark.parametrize(("left", "right"), EQUAL)
def test_functions_obey_their_relations(checker: Checker, left: Expr, right: Expr) -> None:
    assert checker.equal(left, right, (j,)).kind == "exact"


def test_what_no_relation_says_is_decided_by_50_digits(checker: Checker) -> None:
    positive = softplus(x[j]) - softplus(-x[j])
    assert checker.equal(positive, x[j], (j,)).kind == "digits"
    assert checker.equal(sympy.erf(x[j]) + sympy.erfc(x[j]), sympy.Integer(1), (j,)).is_right
    assert checker.equal(sympy.atan(x[j] ** 2) + sympy.atan(x[j] ** -2), sympy.pi / 2, (j,)).kind == "digits"


UNEQUAL = [
    (relu(x[j]), x[j]),
    (sqrt(x[j] ** 2), x[j]),
    (sigmoid(x[j]), tanh(x[j])),
    (Step(x[j]), sympy.Integer(1)),
    (sin(x[j] + y[j]), sin(x[j]) + sin(y[j])),
    (Maximum(x[k], k), Sum(x[k], k)),
    (exp(x[j]), 1 + x[j] + x[j] ** 2 / 2),
    (undefined_function("f")(x[j]), undefined_function("g")(x[j])),
    (undefined_function("f")(-x[j]), -undefined_function("f")(x[j])),
    (x[j] / 3, Rational(33333, 100000) * x[j]),
    (Sum(W[j, k] * x[k], k), Sum(W[k, j] * x[k], k)),
    (W[j, j] * x[j], W[j, j] * x[j] + Rational(1, 10**30)),
]


@pytest.mark.parametrize(("left", "right"), UNEQUAL)
def test_what_differs_is_wrong(checker: Checker, left: Expr, right: Expr) -> None:
    verdict = checker.equal(left, right, (j,))
    assert verdict.kind == "wrong"
    assert verdict.detail.startswith("at j = ")


def test_what_is_wrong_is_shown(checker: Checker) -> None:
    verdict = checker.equal(x[j] - x[j] + 2, -3 + 0 * x[j], (j,))
    assert str(verdict) == "WRONG at j = 1: 2 against −3"
    assert not verdict.is_right


def test_what_is_not_in_the_program_is_not_checked(checker: Checker) -> None:
    verdict = checker.equal(tensor("u", 3)[j], x[j], (j,))
    assert (verdict.kind, verdict.detail, verdict.mark) == ("unchecked", "'u' is no tensor of the program", "")


def test_what_cannot_be_computed_is_not_checked(checker: Checker) -> None:
    verdict = checker.equal(sympy.besselj(0, x[j]), x[j], (j,))
    assert verdict.kind == "unchecked"
    assert "besselj" in verdict.detail


def test_declared_facts_hold_of_what_is_drawn() -> None:
    cost = Program([Equation(C, -Sum(y[k] * log(x[k]), k))], facts=[Fact(Sum(y[k], k), 1)])
    assert Checker(cost, "C").equal(Sum(y[k], k), sympy.Integer(1)).kind == "exact"
    plain = Program([Equation(C, -Sum(y[k] * log(x[k]), k))])
    assert Checker(plain, "C").equal(Sum(y[k], k), sympy.Integer(1)).kind == "wrong"


def test_places_are_looked_up() -> None:
    t, E = tensor("t", 3), tensor("E", (5, 3))
    program = Program([Equation(C, Sum(E[t[i], j] ** 2, i, j))])
    checker = Checker(program, "C")
    assert all(0 <= int(place) < 5 for place in (checker.exact.use(0), checker.exact.data["t"])[1])
    r = index("r", 5)
    counted = Sum(2 * E[r, q] * sympy.KroneckerDelta(r, t[i]), i)
    assert checker.equal(Total(C, E[r, q]), counted, (r, q)).kind == "exact"


def test_an_upstream_adjoint_is_a_factor() -> None:
    found = differentiate(Program(LAYER.equations[:2]), "a", ["W"], upstream="g")
    checker = Checker(found.program, "a", "g")
    equation = found.program["dW"]
    claim = checker.adjoint(found.program.find("W"), equation.indices)
    assert checker.equal(claim, equation.right, equation.indices).kind == "exact"
    assert checker.equal(claim, 2 * equation.right, equation.indices).kind == "wrong"


def test_derivatives_by_a_symmetric_matrix_are_symmetric() -> None:
    S = tensor("S", (3, 3), symmetric=True)
    program = Program([Equation(C, Sum(W[i, k] * S[i, k], i, k))])
    checker = Checker(program, "C")
    assert checker.equal(Total(C, S[p, q]), (W[p, q] + W[q, p]) / 2, (p, q)).kind == "exact"
    assert checker.equal(Total(C, S[p, q]), W[p, q], (p, q)).kind == "wrong"
    assert checker.equal(Total(C, S[p, q]), W[p, q], (p, q), symmetric=True).kind == "exact"


def test_the_seed_chooses_the_points() -> None:
    one, same, other = (Checker(LAYER, "C", seed=seed) for seed in (1, 1, 2))
    for checker in (one, same, other):
        checker.real.use(0)
    assert one.real.data["x"] == same.real.data["x"] != other.real.data["x"]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_derivatives_agree_with_differences(seed: int) -> None:
    """Forward derivatives of random programs, against (f(x + h) − f(x − h))/2h in floats at the same point."""
    case = random_case(seed)
    name, parameter = next(iter(case.program.inputs.items()))
    checker = Checker(case.program, "C")
    points = checker.real
    points.use(0)
    names = {s.name: int(n) for s, n in checker.sizes.items()}
    values = {n: _array(points, n, case.program.inputs[n], checker) for n in case.program.inputs}
    expected = float_differences(case.program, {**names, **values}, "C", [name])[name]
    axes = tuple(index(letter, size) for letter, size in zip("abc", parameter.shape, strict=False))
    derivative = points.formula(Total(C, parameter[axes]), axes)
    for place in checker.places(axes):
        found = float(derivative(place))
        assert found == pytest.approx(float(expected[place]), rel=1e-4, abs=1e-4 * max(1.0, abs(expected).max()))


def _array(points: Any, name: str, parameter: Any, checker: Checker) -> Any:
    shape = [int(size.xreplace(checker.sizes)) for size in parameter.shape]
    return np.array([float(number) for number in points.data[name]]).reshape(shape)


def random_expression(chooser: random.Random, depth: int) -> Expr:
    """Return an expression of x[j], y[j] and functions of them, not multiplied out."""
    if depth == 0:
        t = chooser.choice([x[j], y[j], x[j] + y[j], x[j] - 2 * y[j]])
        return chooser.choice([x[j], y[j], sigmoid(t), exp(t), sin(t), relu(t), undefined_function("f")(t)])
    one, other = random_expression(chooser, depth - 1), random_expression(chooser, depth - 1)
    kinds = [one + other, one - 3 * other, one * other, (one + other) ** 2, one * (other + Rational(1, 3))]
    return chooser.choice(kinds)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_an_expression_is_exactly_its_expansion_and_nothing_near_it(seed: int) -> None:
    chooser = random.Random(seed)
    made = random_expression(chooser, 3)
    checker = Checker(LAYER, "C", seed=seed)
    assert checker.equal(made, sympy.expand(made), (j,)).kind == "exact"
    change = chooser.choice([x[j] * Rational(1, 10**6), exp(y[j]) / 10**9, Rational(1, 10**20), sin(x[j])])
    assert checker.equal(made, sympy.expand(made) + change, (j,)).kind == "wrong"
