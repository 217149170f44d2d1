"""The ends of the Hessian's spectrum beside `torch.func.hessian`, of networks of several costs and activations."""

import numpy as np
import pytest

from symnn.networks import mlp
from symnn.training import Fit, targets_of

torch = pytest.importorskip("torch")

CASES = {
    "softmax": ("3-4-3", ["tanh", "softmax"], "cross_entropy"),
    "sigmoid": ("3-4-3", ["sigmoid", "sigmoid"], "quadratic"),
    "relu": ("3-4-3", ["relu", "identity"], "quadratic"),
}
NONLINEAR = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "identity": lambda z: z,
    "softmax": lambda z: torch.softmax(z, dim=1),
}


@pytest.mark.parametrize("case", CASES)
def test_the_ends_of_the_spectrum_are_those_of_torch(case):
    architecture, activations, cost = CASES[case]
    net = mlp(architecture, activation=activations, cost=cost, l2=0.02)
    random = np.random.default_rng(5)
    X, Y = random.normal(size=(20, 3)), np.eye(3)[random.integers(0, 3, 20)]
    parameters = {name: random.normal(size=shape) for name, shape in net.parameters.items()}
    names, shapes = list(parameters), [value.shape for value in parameters.values()]
    x, y = torch.tensor(X), torch.tensor(Y)

    def value(flat):
        parts = torch.split(flat, [int(np.prod(shape)) for shape in shapes])
        given = {n: part.reshape(shape) for n, part, shape in zip(names, parts, shapes, strict=True)}
        a = x
        for layer, activation in enumerate(activations, 1):
            a = NONLINEAR[activation](a @ given[f"W{layer}"].T + given[f"b{layer}"])
        loss = -(y * torch.log(a)).sum(dim=1) if cost == "cross_entropy" else ((a - y) ** 2).sum(dim=1) / 2
        return loss.mean() + 0.01 * ((given["W1"] ** 2).sum() + (given["W2"] ** 2).sum())

    flat = torch.tensor(np.concatenate([value.reshape(-1) for value in parameters.values()]))
    eigenvalues = np.linalg.eigvalsh(torch.func.hessian(value)(flat).numpy())
    gradient = torch.func.grad(value)(flat).numpy()
    found = Fit(net, parameters, targets_of(Y, 3, cost, activations[-1]), 0.0, []).certify(X, Y)
    assert found.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-10)
    assert (found.smallest, found.largest) == pytest.approx((eigenvalues[0], eigenvalues[-1]), rel=1e-8)
