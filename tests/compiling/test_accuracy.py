"""Digits: functions and their slopes, gradients and second derivatives, against 60 digits and more."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from exact_networks import ACTIVATIONS, DIGITS, exact_gradient, example, unavoidable
from sympy import Expr, Symbol

import symnn
from symnn.compiling import compile_program
from symnn.language import NAMED, Equation, Program, index, tensor

FAR = (1, 1.2, 1.7, 2.4, 5, 8, 12, 18, 25, 36.9, 37.4, 80, 88.5, 103, 300, 700, 745.3, 9999.5)
POINTS = [0.0, *(side * x for side in (1, -1) for x in (*np.logspace(-12, 4, 17), *FAR))]
ULPS = 8


# Functions, their slopes, and the slopes of those


def _second(name: str) -> Callable[[Any], Any]:
    """Return f″ as a textbook has it."""
    sigmoid, slope = ACTIVATIONS["sigmoid"]
    bend = {
        "sigmoid": lambda t: slope(t) * (1 - 2 * sigmoid(t)),
        "tanh": lambda t: -2 * mpmath.tanh(t) * (1 - mpmath.tanh(t) ** 2),
        "elu": lambda t: mpmath.mpf(0) if t > 0 else mpmath.exp(t),
        "softplus": slope,
        "log_sigmoid": lambda t: -slope(t),
        "gelu": lambda t: (2 - t * t) * mpmath.npdf(t),
        "swish": lambda t: slope(t) * (2 + t * (1 - 2 * sigmoid(t))),
    }
    return bend.get(name, lambda t: mpmath.mpf(0))


def exact(name: str, order: int, point: Any) -> Any:
    lost = 0 if name == "gelu" else int(0.9 * abs(point))  # in 1 − tanh(point); erfc loses none
    with mpmath.workdps(DIGITS + lost):
        f = _second(name) if order == 2 else ACTIVATIONS[name][order]
        return f(mpmath.mpf(point))


def steepness(name: str, order: int, point: float) -> float:
    """Return by how much a function changes where its argument does, from two values beside each other."""
    with mpmath.workdps(DIGITS):
        step = mpmath.mpf(10) ** -20
        return float(abs(exact(name, order, point + step) - exact(name, order, point)) / step)


def compiled(name: str, order: int, dtype: str) -> Any:
    """Return f, f′ or f″ at all points."""
    i, t = index("i", len(POINTS)), Symbol("t", real=True)
    z, out = tensor("z", len(POINTS)), tensor("out", len(POINTS))
    right: Expr = NAMED[name](t).diff(t, order) if order else NAMED[name](t)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return compile_program(Program([Equation(out[i], right.xreplace({t: z[i]}))]), ["out"], dtype)(z=POINTS)["out"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("order", [0, 1, 2], ids=["value", "slope", "bend"])
@pytest.mark.parametrize("name", NAMED)
def test_functions_keep_their_digits(name: str, order: int, dtype: str) -> None:
    """Within 8 ulp, and of a slope what rounding z does: swish′ and gelu′ pass through 0."""
    smallest, points = float(np.finfo(dtype).tiny), np.array(POINTS, dtype)
    for point, found in zip(points, compiled(name, order, dtype), strict=True):
        true = exact(name, order, float(point))
        allowed = ULPS * float(np.spacing(np.dtype(dtype).type(abs(float(true))))) + 2 * smallest * max(1, abs(point))
        assert np.isfinite(found)
        if order and abs(float(found) - true) > allowed:
            allowed += float(np.spacing(abs(point))) * steepness(name, order, float(point))
        assert abs(float(found) - true) <= allowed, f"{name}, order {order}, at {point!r}"


# Gradients of networks

TABLE = [
    ("sigmoid", "sigmoid", "quadratic"),
    ("sigmoid", "sigmoid", "binary_cross_entropy"),
    ("tanh", "sigmoid", "cross_entropy"),
    ("tanh", "tanh", "quadratic"),
    ("elu", "sigmoid", "binary_cross_entropy"),
    ("softplus", "sigmoid", "mean_squared_error"),
    ("log_sigmoid", "identity", "hinge"),
    ("sigmoid", "softmax", "cross_entropy"),
    ("sigmoid", "softmax", "quadratic"),
    ("sigmoid", "softmax", "binary_cross_entropy"),
    ("sigmoid", "softmax", "hinge"),
    ("tanh", "tanh", "hinge"),
]
NETWORKS = 8


def errors(network: tuple[str, str, str], spread: float, dtype: str) -> list[tuple[float, float, float]]:
    """Return for each component its error in ulp, its relative error, and how often what rounding does it is."""
    hidden, last, cost = network
    sizes = (2, 3, 3 if last == "softmax" else 1)
    function = symnn.mlp("-".join(map(str, sizes)), [hidden, last], cost).gradient().compile(dtype=dtype)
    found = []
    for seed in range(NETWORKS):
        given = example((seed, 77), spread, dtype, sizes, cost)
        slopes = function(given.parameters, given.x, given.y)[1]
        values = [float(value) for name in given.parameters for value in np.ravel(slopes[name])]
        truth, bounds = exact_gradient(given, *network), unavoidable(given, *network)
        for value, true, bound in zip(values, truth, bounds, strict=True):
            if abs(true) >= float(np.finfo(dtype).tiny):
                unit = float(np.spacing(np.dtype(dtype).type(abs(float(true)))))
                error = abs(value - true)
                found.append((float(error / unit), float(error / abs(true)), float(error / (bound.total + unit))))
            else:
                assert abs(value) < 1e-30
    return found


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("network", TABLE, ids=" ".join)
def test_gradients_keep_their_digits(network: tuple[str, str, str], dtype: str) -> None:
    ordinary = errors(network, 1, dtype)
    assert all(ulps <= 16 or beyond <= 2 for ulps, _, beyond in ordinary)
    saturated = errors(network, 10, dtype)
    assert max(relative for _, relative, _ in saturated) < 0.1
    assert max(beyond for *_, beyond in (*ordinary, *saturated)) <= 6


# Far out

COSTS = {
    "quadratic": (*NAMED, "identity"),
    "mean_squared_error": (*NAMED, "identity"),
    "binary_cross_entropy": ("sigmoid", "softmax"),
    "cross_entropy": ("sigmoid", "softmax"),
    "hinge": ("identity", "tanh", "softmax"),
}
PAIRS = [(activation, cost) for cost, activations in COSTS.items() for activation in activations]


def far_parameters() -> dict[str, Any]:
    """Return parameters of a 1-6-2 network whose pre-activations are 1e4, −1e4 and between."""
    hidden = np.array([1e4, -1e4, 750.0, -750.0, 1.0, 0.0])
    second = np.array([[1.0, 1.0, -1.0, 0.5, 2.0, -1.0], [-1.0, 0.5, 1.0, 2.0, 1.0, 1.0]]) / 3
    return {"W1": hidden[:, None], "b1": np.zeros(6), "W2": second, "b2": np.array([1e4, -1e4])}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("activation", "cost"), PAIRS)
def test_nothing_overflows_far_out(activation: str, cost: str, dtype: str) -> None:
    hidden = "tanh" if activation == "softmax" else activation
    net = symnn.mlp("1-6-2", [hidden, activation], cost)
    gradient = net.gradient()
    products = symnn.hessian_vector_product(net.program)
    functions = gradient.compile(dtype=dtype), products.compile(dtype=dtype)
    given = far_parameters()
    directions = {f"v{name}": np.ones_like(value) for name, value in given.items()}
    for x in (1.0, -1.0, 1e-4):
        for y in ([0.0, 1.0], [1.0, 0.0]):
            cost_value, slopes = functions[0](given, [x], y)
            assert np.isfinite(cost_value)
            if (activation, cost) == ("softmax", "binary_cross_entropy"):
                continue  # its second derivatives divide by shares that are 0
            _, bends = functions[1](**given, **directions, x=[x], y=y)
            for name in given:
                assert np.isfinite(slopes[name]).all(), f"dC/d{name}"
                assert np.isfinite(bends[name]).all(), f"H v, {name}"


@pytest.mark.parametrize(("activation", "cost"), [("sigmoid", "quadratic"), ("sigmoid", "binary_cross_entropy")])
def test_second_derivatives_keep_their_digits_in_saturation(activation: str, cost: str) -> None:
    """H v of one unit, σ and both costs, by hand: C″(z) v x², far from 0."""
    net = symnn.mlp("1-1", activation, cost)
    function = symnn.hessian_vector_product(net.program).compile()
    for z in (-200.0, -30.0, -1.0, 0.5, 20.0, 300.0):
        for y in (0.0, 1.0):
            found = function(W1=[[z]], b1=[0.0], vW1=[[0.0]], vb1=[1.0], x=[1.0], y=[y])[1]["b1"][0]
            with mpmath.workdps(400):
                a = 1 / (1 + mpmath.exp(-mpmath.mpf(z)))
                slope = a * (1 - a)
                bend = slope if cost == "binary_cross_entropy" else slope**2 + (a - y) * slope * (1 - 2 * a)
            assert found == pytest.approx(float(bend), rel=1e-14), f"z = {z}, y = {y}"
