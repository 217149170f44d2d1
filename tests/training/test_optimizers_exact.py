"""Each optimizer against the algorithm of its paper, in 50 digits, on C(θ) = ½ a (θ₁ − 1)² + ¼ θ₂⁴ with g by hand."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from symnn import Equation, Program, index, tensor
from symnn.compiling import compile_program
from symnn.language import Tensor
from symnn.training import SGD, Adam, AdamW, Momentum, Nesterov, RMSProp, UpdateRule

STEPS = 40
START = (0.3, -1.2)


def gradient(theta):
    return [3 * (theta[0] - 1), theta[1] ** 3]


def ours(optimizer, dtype="float64", steps=STEPS):
    """Run the optimizer's own equations, with the gradient computed outside."""
    k = index("k", 2)
    theta, g = Tensor("theta", (2,), "parameter"), Tensor("g", (2,), "adjoint")
    program = Program([Equation(tensor("C"), 0 * theta[0])])
    update = optimizer.update({"theta": theta}, {"theta": g}, program)
    compiled = compile_program(Program(update.equations), tuple(update.renewed.values()), dtype)
    carried = {"theta": np.array(START, dtype)}
    for name, made in update.state.items():
        carried[name] = np.full([int(n) for n in made.shape], update.start.get(name, 0.0), dtype)
    assert k.upper == 1
    for _ in range(steps):
        slope = np.array(gradient(carried["theta"]), dtype)
        found = compiled(**carried, **update.settings, g=slope)
        carried = {name: found[new] for name, new in update.renewed.items()}
    return carried


def in_digits(step, *states):
    """Run an algorithm for both entries with 50 digits."""
    with mpmath.workdps(50):
        theta = [mpmath.mpf(value) for value in START]
        state = [[mpmath.mpf(0), mpmath.mpf(0)] for _ in range(states[0] if states else 0)]
        for t in range(1, STEPS + 1):
            g = gradient(theta)
            for i in (0, 1):
                theta[i], *new = step(theta[i], g[i], t, *(one[i] for one in state))
                for one, value in zip(state, new, strict=True):
                    one[i] = value
        return [float(value) for value in theta]


def mp(text):
    return mpmath.mpf(text)


def descent(theta, g, t):
    return (theta - mp("0.1") * g,)


def heavy_ball(theta, g, t, before):
    # Polyak's form: the last displacement is repeated, times μ.
    moved = mp("0.9") * before - mp("0.05") * g
    return theta + moved, moved


def rms_propagation(theta, g, t, mean_square):
    mean_square = mp("0.9") * mean_square + mp("0.1") * g**2
    return theta - mp("0.01") * g / (mpmath.sqrt(mean_square) + mp("1e-8")), mean_square


def adaptive_moments(theta, g, t, first, second):
    first = mp("0.9") * first + mp("0.1") * g
    second = mp("0.999") * second + mp("0.001") * g**2
    corrected, square = first / (1 - mp("0.9") ** t), second / (1 - mp("0.999") ** t)
    return theta - mp("0.01") * corrected / (mpmath.sqrt(square) + mp("1e-8")), first, second


def decoupled(theta, g, t, first, second):
    # Algorithm 2, line 12, with the schedule multiplier 1 and the decay λ′ = η λ.
    moved, first, second = adaptive_moments(theta, g, t, first, second)
    return moved - mp("0.01") * mp("0.2") * theta, first, second


ALGORITHMS = [
    (SGD(0.1), descent, 0),
    (Momentum(0.05), heavy_ball, 1),
    (RMSProp(0.01), rms_propagation, 1),
    (Adam(0.01), adaptive_moments, 2),
    (AdamW(0.01, weight_decay=0.2), decoupled, 2),
]


@pytest.mark.parametrize(("optimizer", "algorithm", "states"), ALGORITHMS, ids=lambda one: getattr(one, "__name__", ""))
def test_the_steps_are_those_of_the_paper(optimizer, algorithm, states):
    np.testing.assert_allclose(ours(optimizer)["theta"], in_digits(algorithm, states), rtol=1e-13, atol=0)


def test_nesterov_takes_the_gradient_where_the_velocity_leads():
    with mpmath.workdps(50):
        theta, v = [mp(value) for value in START], [mp(0), mp(0)]
        for _ in range(STEPS):
            g = gradient([theta[i] + mp("0.9") * v[i] for i in (0, 1)])
            v = [mp("0.9") * v[i] - mp("0.05") * g[i] for i in (0, 1)]
            theta = [theta[i] + v[i] for i in (0, 1)]
        ahead = [float(theta[i] + mp("0.9") * v[i]) for i in (0, 1)]
    # What is carried is the point ahead.
    np.testing.assert_allclose(ours(Nesterov(0.05))["theta"], ahead, rtol=1e-13, atol=0)


def test_adam_in_float32_keeps_its_digits():
    np.testing.assert_allclose(ours(Adam(0.01), "float32")["theta"], in_digits(adaptive_moments, 2), rtol=3e-4)
    assert all(value.dtype == np.float32 for value in ours(Adam(0.01), "float32").values())


def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient():
    moved = ours(Adam(0.01), steps=1)["theta"] - np.array(START)
    np.testing.assert_allclose(np.abs(moved), 0.01, rtol=1e-7)


BY_HAND = [
    ("theta = theta - 0.1*g", {}, SGD(0.1)),
    ("v = mu*v - eta*g; theta = theta + v", {"mu": 0.9, "eta": 0.05}, Momentum(0.05)),
    ("v = 0.9*v + 0.1*g^2\ntheta = theta - 0.01*g/(sqrt(v) + 1e-8)", {}, RMSProp(0.01)),
    (
        """
        p1 = b1*p1             # β₁ᵗ and β₂ᵗ as products that are carried along
        p2 = b2*p2
        m = b1*m + (1 - b1)*g
        v = b2*v + (1 - b2)*g**2
        theta = theta - 0.01*(m/(1 - p1))/(sqrt(v/(1 - p2)) + 1e-8)
        """,
        {"b1": 0.9, "b2": 0.999, "start": {"p1": 1, "p2": 1}},
        Adam(0.01),
    ),
]


@pytest.mark.parametrize(("text", "given", "same"), BY_HAND, ids=["descent", "momentum", "rmsprop", "adam"])
def test_rules_of_ones_own_are_the_built_in_ones(text, given, same):
    np.testing.assert_allclose(ours(UpdateRule(text, **given))["theta"], ours(same)["theta"], rtol=1e-13)
