"""The interpreter against NumPy and by hand, every construct of the language, and what it refuses."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Float, KroneckerDelta, Piecewise, Rational, Sum, exp, log

from symnn.errors import CalculusError, InputError, ShapeError
from symnn.language import (
    NAMED,
    Equation,
    LogSumExp,
    Maximum,
    Program,
    Within,
    index,
    prime,
    sizes,
    tensor,
    undefined_function,
)
from symnn.proof import arithmetic_of, evaluate

n, d = sizes("n d")
j, k, i, q = index("j", n), index("k", d), index("i", n), index("q", n)
W, A = tensor("W", (n, d)), tensor("A", (n, n))
x, y, z, s, t = tensor("x", d), tensor("y", n), tensor("z", n), tensor("s"), tensor("t")
RANDOM = np.random.default_rng(0)
VALUES = {
    "W": RANDOM.normal(size=(3, 2)),
    "A": RANDOM.normal(size=(3, 3)),
    "x": RANDOM.normal(size=2),
    "y": np.array([0.5, -1.5, 2.0]),
    "t": 0.75,
    "n": 3,
    "d": 2,
}
w, a, u, v, p = (VALUES[name] for name in ("W", "A", "x", "y", "t"))


def compute(left: Any, right: Any, arithmetic: str = "float") -> Any:
    return evaluate(Program([Equation(left, right)]), VALUES, arithmetic)[left.base.name]


CASES = [
    (z[j], Sum(W[j, k] * x[k], k), w @ u),
    (z[j], Sum(W[j, k] * x[k], k) + y[j] * t, w @ u + v * p),
    (A[i, j] * 0 + s, s, None),
    (s, Sum(A[i, i], i), np.trace(a)),
    (z[i], A[i, i], np.diag(a)),
    (s, Sum(W[j, k] ** 2, j, k), (w**2).sum()),
    (s, Sum(x[k] * Sum(W[j, k] * y[j], j), k), u @ (w.T @ v)),
    (s, Sum(y[j] * Sum(y[j] ** 2, j), j), v.sum() * (v**2).sum()),
    (z[j], y[n - 1 - j], v[::-1]),
    (z[j], y[0] + y[n - 1], np.full(3, v[0] + v[2])),
    (z[j], Within(j - 1, n) * y[j - 1], np.array([0, v[0], v[1]])),
    (z[j], Sum(Within(j - i, n) * y[j - i] * y[i], i), np.convolve(v, v)[:3]),
    (z[j], Sum(Within(2 * j - i, n) * y[2 * j - i], i), np.array([v[0], v[0] + v[1] + v[2], v[2]])),
    (s, Sum(KroneckerDelta(i, j) * A[i, j], i, j), np.trace(a)),
    (z[j], KroneckerDelta(j, n - 1) * y[j], np.array([0, 0, v[2]])),
    (s, LogSumExp(y[j], j), np.log(np.exp(v).sum())),
    (s, Maximum(A[i, j], i, j), a.max()),
    (z[j], exp(y[j] - LogSumExp(y[i], i)), np.exp(v) / np.exp(v).sum()),
    (z[j], Piecewise((y[j] ** 2, (y[j] > 0) & (y[j] < 1)), (-1, True)), np.array([0.25, -1, -1])),
    (z[j], Piecewise((1, sympy.Or(y[j] <= -1, sympy.Not(y[j] < 2))), (0, True)), np.array([0, 1, 1])),
    (z[j], sympy.Max(y[j], 0, t) + sympy.Min(y[j], 0), np.array([0.75, 0.75 - 1.5, 2.0])),
    (z[j], abs(y[j]) + sympy.sign(y[j]), np.abs(v) + np.sign(v)),
    (z[j], sympy.erf(y[j]), np.array([0.5204998778130465, -0.9661051464753108, 0.9953222650189527])),
    (z[j], sympy.sinh(y[j]) * sympy.cosh(y[j]) + sympy.atan(y[j]), np.sinh(v) * np.cosh(v) + np.arctan(v)),
    (z[j], (y[j] ** 2) ** Rational(-3, 2), np.abs(v) ** -3.0),
    (z[j], y[j] / n + sympy.sqrt(2) * sympy.pi + sympy.E, v / 3 + np.sqrt(2) * np.pi + np.e),
    (z[j], j * y[j], np.arange(3) * v),
    (s, Sum(1 / (j + 1), j), 11 / 6),
    (s, Float(0.1) + Rational(1, 3), 0.1 + 1 / 3),
    (z[j], NAMED["relu"](y[j]) + NAMED["leaky_relu"](y[j]), np.array([1.0, -0.015, 4.0])),
    (z[j], prime(NAMED["tanh"])(y[j]), 1 - np.tanh(v) ** 2),
    (z[j], prime(NAMED["sigmoid"], 2)(y[j]), None),
    (s, prime(NAMED["relu"])(t - t), 0.0),
]


@pytest.mark.parametrize("arithmetic", ["float", "mpmath"])
@pytest.mark.parametrize(("left", "right", "expected"), [case for case in CASES if case[2] is not None])
def test_every_construct(left: Any, right: Any, expected: Any, arithmetic: str) -> None:
    found = compute(left, right, arithmetic)
    assert found.shape == np.shape(expected)
    assert found.dtype == (float if arithmetic == "float" else object)
    assert np.allclose(found.astype(float), expected, rtol=1e-14, atol=1e-15)


def test_second_primes_are_computed_from_definitions() -> None:
    sigma = 1 / (1 + np.exp(-v))
    expected = sigma * (1 - sigma) * (1 - 2 * sigma)
    assert np.allclose(compute(z[j], prime(NAMED["sigmoid"], 2)(y[j])), expected)


def test_fifty_digits_are_right() -> None:
    with mpmath.workdps(60):
        found = compute(s, Sum(sympy.tanh(y[j]), j), "mpmath")[()]
        expected = sum(mpmath.tanh(mpmath.mpf(float(number))) for number in v)
        assert abs(found - expected) < mpmath.mpf(10) ** -50


def test_a_saturated_sigmoid_keeps_fifty_digits_of_its_slope() -> None:
    program = Program([Equation(s, prime(NAMED["sigmoid"])(t))])
    found = evaluate(program, {"t": 100}, "mpmath")["s"][()]
    with mpmath.workdps(120):
        expected = mpmath.exp(-100) / (1 + mpmath.exp(-100)) ** 2
        assert abs(found / expected - 1) < mpmath.mpf(10) ** -50


def test_floats_that_overflow_give_infinities_and_no_exception() -> None:
    sigma, large, pole = tensor("sigma"), tensor("large"), tensor("pole")
    equations = [Equation(sigma, NAMED["sigmoid"](t)), Equation(large, exp(-t)), Equation(pole, 1 / (t + 1000))]
    program = Program([*equations, Equation(s, log(t))])
    for arithmetic in ("float", "mpmath"):
        found = evaluate(program, {"t": -1000.0}, arithmetic)
        assert found["sigma"] < 1e-300
        assert found["large"] > 1e300
        assert found["pole"] == np.inf
        assert found["s"] != found["s"]


def test_exact_values_are_taken_exactly() -> None:
    program = Program([Equation(s, 3 * t)])
    for third in (Fraction(1, 3), Rational(1, 3), mpmath.mpf(1) / 3):
        found = evaluate(program, {"t": third}, "mpmath")["s"][()]
        assert abs(found - 1) < mpmath.mpf(10) ** (-15 if isinstance(third, mpmath.mpf) else -50)
    assert evaluate(program, {"t": np.float32(0.5)})["s"] == 1.5


def test_sizes_are_found_from_shapes() -> None:
    long, p_, r = tensor("long", n + d - 1), index("p", d), index("r", n)
    program = Program([Equation(z[r], Sum(x[p_] * long[r + p_], p_))])
    found = evaluate(program, {"x": [1.0, 1.0], "long": [1.0, 2.0, 3.0, 4.0]})["z"]
    assert found.tolist() == [3, 5, 7]


def test_only_what_is_wanted_is_computed() -> None:
    program = Program([Equation(s, t + 1), Equation(tensor("u"), tensor("w"))])
    assert list(evaluate(program, {"t": 1.0}, wanted=["s"])) == ["s"]


@pytest.mark.parametrize(
    ("left", "right", "values", "problem"),
    [
        (z[j], y[j], {}, "no value is given for 'y', an input of the program"),
        (z[j], y[j], {"y": 1.0}, "'y' has shape (); its axes are (n,)"),
        (z[j], A[j, j], {"A": np.ones((2, 3))}, "'A' has shape (2, 3); an axis of it is n with n = 2"),
        (s, tensor("x3", 3)[0], {"x3": np.ones(2)}, "'x3' has shape (2,); an axis of it is 3"),
        (s, t, {"t": "1"}, "'1' is not a real number"),
        (s, t, {"t": 1j}, "1j is not a real number"),
        (s, Sum(A[i, i], i), {"A": [[1.0, 2.0], [3.0]]}, "'A' has shape (2,); its axes are (n, n)"),
        (
            s,
            tensor("x3", n + d)[0],
            {"x3": np.ones(3)},
            "the arrays do not determine the size d, n: give it among the values",
        ),
    ],
)
def test_bad_values_are_refused(left: Any, right: Any, values: dict[str, Any], problem: str) -> None:
    with pytest.raises(ShapeError) as caught:
        evaluate(Program([Equation(left, right)]), values)
    assert str(caught.value) == problem


def test_undefined_functions_have_no_values() -> None:
    for function in (undefined_function("f"), prime(undefined_function("f"))):
        with pytest.raises(CalculusError, match=r"^'f' is an undefined function: it has no values to compute, in f"):
            evaluate(Program([Equation(s, function(t))]), {"t": 1.0})


def test_functions_that_cannot_be_computed_are_named() -> None:
    with pytest.raises(CalculusError, match=r"^besselj cannot be computed, in besselj"):
        evaluate(Program([Equation(s, sympy.besselj(0, t))]), {"t": 1.0})


def test_an_entry_outside_its_axis_is_an_error_where_no_bracket_guards_it() -> None:
    equation = Equation(z[j], Within(j - 1, n) + y[j - 1])
    with pytest.raises(CalculusError, match=r"^y\[j - 1\]: index -1 is outside an axis of size 3$"):
        evaluate(Program([equation]), {"y": [1.0, 2.0, 3.0]})


def test_arithmetic_is_named() -> None:
    with pytest.raises(InputError, match=r"^unknown arithmetic 'exact' \(accepted: float, mpmath\)$"):
        evaluate(Program([Equation(s, t)]), {"t": 1.0}, "exact")
    with pytest.raises(InputError, match=r"^0 digits \(accepted: a whole number from 1 to 10000\)$"):
        arithmetic_of("mpmath", 0)
