"""Differences against derivatives that are known."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Sum, exp

from symnn.errors import CalculusError, ShapeError
from symnn.language import NAMED, Equation, Program, index, sizes, tensor
from symnn.proof import evaluate, finite_differences, float_differences

n, d = sizes("n d")
j, k = index("j", n), index("k", d)
W, x, b, h, C = tensor("W", (n, d)), tensor("x", d), tensor("b"), tensor("h", n), tensor("C")
PROGRAM = Program([Equation(h[j], NAMED["sigmoid"](Sum(W[j, k] * x[k], k) + b)), Equation(C, Sum(exp(h[j]), j))])
RANDOM = np.random.default_rng(1)
VALUES = {"W": RANDOM.normal(size=(3, 2)), "x": RANDOM.normal(size=2), "b": 0.25}


def slopes() -> tuple[np.ndarray, np.ndarray]:
    """Return h′ and ∂C/∂h."""
    a = 1 / (1 + np.exp(-(VALUES["W"] @ VALUES["x"] + 0.25)))
    return a * (1 - a), np.exp(a)


def test_a_gradient_of_a_scalar() -> None:
    slope, outer = slopes()
    found = finite_differences(PROGRAM, VALUES, "C", ["W", "x", "b"])
    assert np.allclose(found["W"].astype(float), np.outer(slope * outer, VALUES["x"]), rtol=1e-14)
    assert np.allclose(found["x"].astype(float), (slope * outer) @ VALUES["W"], rtol=1e-14)
    assert np.allclose(found["b"].astype(float), (slope * outer).sum(), rtol=1e-14)
    assert found["b"].shape == ()


def test_many_digits_are_right() -> None:
    t, s = tensor("t"), tensor("s")
    found = finite_differences(Program([Equation(s, exp(t))]), {"t": 1}, "s", "t", digits=50)["t"][()]
    exact = evaluate(Program([Equation(s, exp(t))]), {"t": 1}, "mpmath", digits=50)["s"][()]
    assert abs(found / exact - 1) < 1e-33


def test_an_upstream_adjoint_weighs_the_entries() -> None:
    slope, _ = slopes()
    upstream = np.array([1.0, -2.0, 0.5])
    found = finite_differences(PROGRAM, VALUES, "h", "x", upstream=upstream)["x"]
    assert np.allclose(found.astype(float), (slope * upstream) @ VALUES["W"], rtol=1e-14)


def test_only_chosen_entries_are_looked_at() -> None:
    every = finite_differences(PROGRAM, VALUES, "C", "W")["W"].astype(float)
    some = finite_differences(PROGRAM, VALUES, "C", "W", entries={"W": [(2, 1)]})["W"].astype(float)
    assert some[2, 1] == every[2, 1]
    assert np.isnan(some).sum() == 5


def test_floats_have_about_ten_digits() -> None:
    exact = finite_differences(PROGRAM, VALUES, "C", ["W"])["W"].astype(float)
    found = float_differences(PROGRAM, VALUES, "C", ["W"])["W"]
    assert found.dtype == float
    assert 0 < np.max(np.abs(found - exact)) < 1e-8


def test_what_a_tensor_does_not_depend_on_has_derivative_zero() -> None:
    program = Program([*PROGRAM, Equation(tensor("other"), Sum(tensor("v", n)[j], j))])
    found = finite_differences(program, {**VALUES, "v": np.ones(3)}, "C", "v")["v"]
    assert found.tolist() == [0, 0, 0]


def test_the_values_are_left_as_they_were() -> None:
    before = VALUES["W"].copy()
    finite_differences(PROGRAM, VALUES, "C", "W")
    assert np.array_equal(before, VALUES["W"])


def test_bad_questions_are_refused() -> None:
    with pytest.raises(CalculusError, match=r"^no equation defines 'D' \(accepted: h, C\)$"):
        finite_differences(PROGRAM, VALUES, "D", "W")
    with pytest.raises(CalculusError, match=r"^'V' is not an input of the program \(accepted: "):
        finite_differences(PROGRAM, VALUES, "C", "V")
    with pytest.raises(CalculusError, match=r"^'h' has shape \(3,\): give an upstream array of that shape$"):
        finite_differences(PROGRAM, VALUES, "h", "W")
    with pytest.raises(ShapeError, match=r"^upstream has shape \(2,\); 'h' has shape \(3,\)$"):
        finite_differences(PROGRAM, VALUES, "h", "W", upstream=[1.0, 2.0])
