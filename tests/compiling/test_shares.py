"""1 − p of a softmax keeps its digits under any cost: values and slopes where a class is certain, against mpmath."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest

import symnn

MARGIN = "sum(max(0, 2-2*a[j]*y[j]), j)"
UNDER: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "binary_cross_entropy": (
        lambda a, y, rest, log_a, log_rest: -y * log_a - (1 - y) * log_rest,
        lambda a, y, rest: -y / a + (1 - y) / rest,
    ),
    "hinge": (lambda a, y, *_: max(0, 1 - a * y), lambda a, y, rest: -y * (1 - a * y > 0)),
    MARGIN: (lambda a, y, *_: max(0, 2 - 2 * a * y), lambda a, y, rest: -2 * y * (1 - a * y > 0)),
    "quadratic": (lambda a, y, *_: (a - y) ** 2 / 2, lambda a, y, rest: a - y),
    "sum(a[j]^2/3 - y[j]*log(a[j]), j)": (
        lambda a, y, rest, log_a, log_rest: a**2 / 3 - y * log_a,
        lambda a, y, rest: 2 * a / 3 - y / a,
    ),
    "-sum(y[j]*log(1-a[j]), j)": (
        lambda a, y, rest, log_a, log_rest: -y * log_rest,
        lambda a, y, rest: y / rest,
    ),
}
"""C and ∂C/∂a of costs that need 1 − a, or divide by a, or by 1 − a: from a, y, 1 − a, log a and log(1 − a)."""
CERTAIN = [(0.0, 0.0), (37.0, 0.0), (0.0, 37.0), (800.0, 0.0), (1e4, -1e4)]
CERTAIN += [(1.0, 0.0, -1.0), (30.0, 0.0, 29.0), (300.0, 0.0, 1.0), (0.0, 800.0, 790.0), (1e4, -1e4, 0.0)]
CERTAIN += [(2e3, -1e3, 5e2, 0.0), (2.0, 0.0, 0.5, 0.25), (0.1, 0.2, 0.3, 5.0)]


@cache
def shares_of(z: tuple[float, ...]) -> tuple[int, list[tuple[Any, ...]]]:
    """Return how many digits 1 − p needs; p, 1 − p and their logarithms."""
    with mpmath.workdps(int(0.5 * (max(z) - min(z))) + 60):
        powers = [mpmath.exp(mpmath.mpf(one)) for one in z]
        shares = [power / sum(powers) for power in powers]
        return mpmath.mp.dps, [(a, 1 - a, mpmath.log(a), mpmath.log(1 - a)) for a in shares]


def after_softmax(cost: str, z: tuple[float, ...], target: tuple[float, ...]) -> tuple[float, list[float]]:
    """Return a cost after softmax, and its slopes."""
    digits, shares = shares_of(z)
    value, slope = UNDER[cost]
    with mpmath.workdps(digits):
        whole = sum(value(a, y, rest, *logs) for (a, rest, *logs), y in zip(shares, target, strict=True))
        slopes = [slope(a, mpmath.mpf(y), rest) for (a, rest, *_), y in zip(shares, target, strict=True)]
        mean = sum(a * one for (a, *_), one in zip(shares, slopes, strict=True))
        return float(whole), [float(a * (one - mean)) for (a, *_), one in zip(shares, slopes, strict=True)]


@pytest.mark.parametrize(
    ("cost", "backend"),
    [*((cost, "numpy") for cost in UNDER), *(("binary_cross_entropy", other) for other in ("numba", "jax", "torch"))],
)
def test_one_minus_a_share_keeps_its_digits_under_any_cost(cost: str, backend: str) -> None:
    """1 − p down to e⁻²⁰⁰⁰⁰, where it is 0 in any floating-point type, and its logarithm is not."""
    if backend != "numpy":
        pytest.importorskip(backend)
    sizes = (2, 3, 4) if backend == "numpy" else (3,)
    functions = {k: symnn.mlp(f"1-{k}", "softmax", cost).gradient().compile(backend=backend) for k in sizes}
    targets = [(1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (1.0, 0.0, 1.0, 0.0), (1.0, 1.0, 1.0, 1.0)]
    if cost in ("hinge", MARGIN):
        targets = [(1.0, -1.0, -1.0, -1.0), (-1.0, 1.0, -1.0, 1.0), (-1.0, -1.0, 1.0, 1.0)]
    for z, whole in itertools.product([z for z in CERTAIN if len(z) in sizes], targets):
        target = whole[: len(z)]
        given = {"W1": np.zeros((len(z), 1)), "b1": np.array(z)}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            value, slopes = functions[len(z)](given, [0.0], target)
        exact, exact_slopes = after_softmax(cost, z, target)
        lost = 1e-15 * max(map(abs, z))  # of log p = z − L, and so of a share
        said = f"z = {z}, y = {target}"
        of_log = lost if "log(a" in cost or "_" in cost else 0
        np.testing.assert_allclose(value, exact, rtol=1e-13, atol=of_log, err_msg=said)
        np.testing.assert_allclose(slopes["b1"], exact_slopes, rtol=1e-12 + lost, atol=1e-300, err_msg=said)


def test_what_is_computed_instead_can_be_read_and_left_out() -> None:
    gradient = symnn.mlp("1-2", "softmax", "binary_cross_entropy").gradient()
    kept, lost = gradient.compile(), gradient.compile(stable=False)
    text = kept.compiled.rewritten_text()
    assert "\n  with c⁽¹⁾ₙⱼ = (Σₖ a⁽¹⁾ₙₖ [¾ ≥ a⁽¹⁾ₙₖ]) [a⁽¹⁾ₙⱼ − ¾ > 0] + (1 − a⁽¹⁾ₙⱼ) [¾ ≥ a⁽¹⁾ₙⱼ]\n" in text
    assert "δ⁽¹⁾ₙⱼ = a⁽¹⁾ₙⱼ (ā⁽¹⁾ₙⱼ + L̄⁽¹⁾ₙ)\n  becomes r⁽¹⁾ₙⱼ − (Σₖ r⁽¹⁾ₙₖ) [a⁽¹⁾ₙⱼ − ¾ > 0]\n" in text
    assert text.count("  with c⁽¹⁾ₙⱼ") == 1  # wherever 1 − a is met
    given = {"W1": np.zeros((2, 1)), "b1": np.array([37.0, 0.0])}
    with np.errstate(all="ignore"):
        assert np.isnan(lost(given, [0.0], [1.0, 0.0])[0])
    assert np.isfinite(kept(given, [0.0], [1.0, 0.0])[0])


def test_cross_entropy_of_labels_that_sum_to_one_is_computed_as_before() -> None:
    function = symnn.mlp("1-3", "softmax", "cross_entropy").gradient().compile()
    assert "a⁽¹⁾ₙⱼ − ¾" not in function.compiled.rewritten_text()
    assert "greater" not in function.compiled.source


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_training_goes_on_where_classes_are_certain(backend: str) -> None:
    if backend != "numpy":
        pytest.importorskip(backend)
    x = 1e3 * np.random.default_rng(0).normal(size=(60, 2))
    y = np.eye(2)[(x[:, 0] > 0).astype(int)]
    fit = symnn.train(symnn.mlp("2-2", "softmax", "binary_cross_entropy"), x, y, epochs=5, seed=1, backend=backend)
    assert fit.stopped is None
    assert np.isfinite(fit.cost)
