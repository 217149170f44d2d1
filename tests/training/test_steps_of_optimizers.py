"""Steps in place, of every optimizer: the same as the same steps by a function that changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from symnn import SGD, Adam, AdamW, Momentum, Nesterov, RMSProp, UpdateRule, mlp, schedules
from symnn.training.step import compile_step

OPTIMIZERS = {
    "sgd": SGD(0.1),
    "a formula": SGD("0.3/(1+t/10)"),
    "steps down": SGD(schedules.step_decay(0.5, factor=0.5, steps=3)),
    "cosine after a warm-up": SGD(schedules.warmup(schedules.cosine(0.1, steps=20), steps=4)),
    "momentum": Momentum(0.1),
    "momentum with a formula": Momentum("0.3/sqrt(t)"),
    "nesterov": Nesterov(0.1),
    "rmsprop": RMSProp(0.01),
    "adam": Adam(0.01),
    "adamw with a formula": AdamW("0.1/t"),
    "a number that is carried": UpdateRule("theta = theta - p*g; p = 0.9*p", start={"p": 0.5}),
    "a number that is renewed": UpdateRule("p = 0.9*p; theta = theta - p*g", start={"p": 0.5}),
    "the sign": UpdateRule("theta = theta - eta*sign(0.9*m + 0.1*g); m = 0.99*m + 0.01*g", eta="0.01/sqrt(t)"),
    "the largest": UpdateRule("v = max(0.9*v, abs(g)); theta = theta - 0.01*g/(v + 1e-8)"),
}


# The large network has matrices that BLAS adds to; in the small one, small arrays lie one behind the other.
LARGE = ("sgd", "cosine after a warm-up", "momentum with a formula", "adam", "a number that is carried")


@pytest.mark.parametrize(
    ("name", "architecture"), [(name, "3-4-2") for name in OPTIMIZERS] + [(name, "150-60-3") for name in LARGE]
)
def test_steps_in_place_are_the_steps_of_the_equations(name, architecture):
    net = mlp(architecture)
    step = compile_step(net, OPTIMIZERS[name])
    random = np.random.default_rng(0)
    X, Y = random.uniform(size=(26, net.layers[0].inputs)), random.uniform(size=(26, net.layers[-1].outputs))
    carried = start = step.start(net.initial_parameters(seed=0), "float64")
    steps = step.begin(start, X, Y)
    steps.take(np.arange(26), 4)
    steps.take(np.arange(26), 4)
    for first in [*range(0, 26, 4)] * 2:
        _, carried = step(carried, X[first : first + 4], Y[first : first + 4])
    found = steps.carried()
    assert found.keys() == carried.keys()
    for key, value in carried.items():
        np.testing.assert_allclose(found[key], value, rtol=1e-9, atol=1e-12, err_msg=key)
