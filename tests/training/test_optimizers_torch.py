"""Each optimizer against torch.optim: the same parameters after many steps, in float64."""

from __future__ import annotations

import numpy as np
import pytest

from symnn import mlp
from symnn.training import SGD, Adam, AdamW, Momentum, Nesterov, RMSProp
from symnn.training.optimizers import schedules
from symnn.training.step import compile_step

torch = pytest.importorskip("torch")

STEPS = 30
OPTIMIZERS = [
    (SGD(0.7), lambda p: torch.optim.SGD(p, lr=0.7)),
    (Momentum(0.2, momentum=0.85), lambda p: torch.optim.SGD(p, lr=0.2, momentum=0.85)),
    (Nesterov(0.2, momentum=0.85), lambda p: torch.optim.SGD(p, lr=0.2, momentum=0.85, nesterov=True)),
    (RMSProp(0.01, decay=0.8, epsilon=1e-6), lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.8, eps=1e-6)),
    (Adam(0.01), lambda p: torch.optim.Adam(p, lr=0.01)),
    (Adam(0.03, beta1=0.5, beta2=0.9), lambda p: torch.optim.Adam(p, lr=0.03, betas=(0.5, 0.9))),
    (AdamW(0.01, weight_decay=0.3), lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.3)),
]


def losses_of_torch(parameters, batches, optimizer, schedule=None):
    """Take a step on each batch, with the network, its quadratic cost and its gradient written in torch."""
    for number, (x, y) in enumerate(batches, 1):
        for group in optimizer.param_groups:
            group["lr"] = schedule(number) if schedule else group["lr"]
        optimizer.zero_grad()
        hidden = torch.sigmoid(x @ parameters["W1"].T + parameters["b1"])
        output = torch.sigmoid(hidden @ parameters["W2"].T + parameters["b2"])
        (((output - y) ** 2).sum() / (2 * len(x))).backward()
        optimizer.step()


def both(optimizer, make, schedule=None):
    """Return the parameters after the steps, by symnn and by torch."""
    net = mlp("3-5-2")
    random = np.random.default_rng(1)
    batches = [(random.standard_normal((4, 3)), random.uniform(size=(4, 2))) for _ in range(STEPS)]
    initial = net.initial_parameters(seed=2)
    step = compile_step(net, optimizer)
    carried = step.start(initial, "float64")
    for X, Y in batches:
        _, carried = step(carried, X, Y)
    theirs = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in initial.items()}
    tensors = [(torch.tensor(X), torch.tensor(Y)) for X, Y in batches]
    losses_of_torch(theirs, tensors, make(list(theirs.values())), schedule)
    moved = max(np.abs(carried[name] - initial[name]).max() for name in initial)
    assert moved > 0.01
    return {name: (carried[name], value.detach().numpy()) for name, value in theirs.items()}


@pytest.mark.parametrize(("optimizer", "make"), OPTIMIZERS, ids=lambda one: type(one).__name__)
def test_the_parameters_are_those_of_torch(optimizer, make):
    for name, (ours, theirs) in both(optimizer, make).items():
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("name", ["SGD", "AdamW"])
def test_a_schedule_multiplies_the_step_and_the_decay(name):
    rate = schedules.warmup(schedules.cosine(0.3, steps=STEPS), steps=5)
    ours, theirs = {
        "SGD": (SGD(rate), lambda p: torch.optim.SGD(p, lr=1.0)),
        "AdamW": (AdamW(rate, weight_decay=0.1), lambda p: torch.optim.AdamW(p, lr=1.0, weight_decay=0.1)),
    }[name]

    def closed(t):
        return 0.3 * min(1, t / 5) * (1 + np.cos(np.pi * (t - 1) / STEPS)) / 2

    for parameter, (mine, other) in both(ours, theirs, closed).items():
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-12, err_msg=parameter)
