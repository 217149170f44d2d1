"""Gradients of a network with one hidden layer as others compute them, each as one writes it there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy
from exact_networks import Example

from symnn.language import NAMED

Network = tuple[str, str, str]
Gradient = Callable[[Example], list[Any]]


def by_hand(network: Network, dtype: str) -> Gradient:
    """NumPy as one writes it: σ′ = a(1 − a), δ = a − y where they simplify so."""
    _, _, cost = network

    def gradient(given: Example) -> list[Any]:
        W1, b1, W2, b2 = given.parameters.values()
        a1 = 1 / (1 + np.exp(-(W1 @ given.x + b1)))
        a2 = 1 / (1 + np.exp(-(W2 @ a1 + b2)))
        delta2 = a2 - given.y
        if cost == "quadratic":
            delta2 = delta2 * a2 * (1 - a2)
        delta1 = (W2.T @ delta2) * a1 * (1 - a1)
        return flat(np.outer(delta1, given.x), delta1, np.outer(delta2, a1), delta2)

    return gradient


def by_lambdify(network: Network, dtype: str) -> Gradient:
    """The cost in scalars, differentiated by SymPy and handed to `lambdify` as it is."""
    _, _, cost = network
    names = [f"w{n}" for n in range(13)]
    w, x, y = sympy.symbols(names, real=True), sympy.symbols("x:2", real=True), sympy.Symbol("y", real=True)
    plain = NAMED["sigmoid"].definition
    a = [plain(w[2 * j] * x[0] + w[2 * j + 1] * x[1] + w[6 + j]) for j in range(3)]
    out = plain(sum(w[9 + j] * a[j] for j in range(3)) + w[12])
    C = (out - y) ** 2 / 2 if cost == "quadratic" else -y * sympy.log(out) - (1 - y) * sympy.log(1 - out)
    function = sympy.lambdify([*w, *x, y], [C.diff(one) for one in w], "numpy", cse=True)

    def gradient(given: Example) -> list[Any]:
        numbers = [value for array in given.parameters.values() for value in np.ravel(array)]
        return [float(value) for value in function(*numbers, *given.x, given.y[0])]

    return gradient


def by_torch(network: Network, dtype: str) -> Gradient:
    import torch

    _, _, cost = network

    def gradient(given: Example) -> list[Any]:
        W1, b1, W2, b2 = values = [torch.tensor(p, requires_grad=True) for p in given.parameters.values()]
        x, y = torch.tensor(given.x), torch.tensor(given.y)
        a = torch.sigmoid(W2 @ torch.sigmoid(W1 @ x + b1) + b2)
        if cost == "quadratic":
            C = ((a - y) ** 2).sum() / 2
        else:
            C = torch.nn.functional.binary_cross_entropy(a, y, reduction="sum")
        return flat(*(slope.numpy() for slope in torch.autograd.grad(C, values)))

    return gradient


def by_jax(network: Network, dtype: str) -> Gradient:
    import jax

    jax.config.update("jax_enable_x64", True)
    _, _, cost = network

    def value(parameters: Any, x: Any, y: Any) -> Any:
        W1, b1, W2, b2 = parameters
        a = jax.nn.sigmoid(W2 @ jax.nn.sigmoid(W1 @ x + b1) + b2)
        if cost == "quadratic":
            return ((a - y) ** 2).sum() / 2
        return -(y * jax.numpy.log(a) + (1 - y) * jax.numpy.log(1 - a)).sum()

    slopes = jax.jit(jax.grad(value))
    return lambda given: flat(*map(np.asarray, slopes(list(given.parameters.values()), given.x, given.y)))


def flat(*arrays: Any) -> list[Any]:
    return [float(value) for array in arrays for value in np.ravel(array)]


PEERS: dict[str, tuple[str, Callable[[Network, str], Gradient]]] = {
    "NumPy by hand": ("", by_hand),
    "SymPy lambdify": ("", by_lambdify),
    "torch": ("torch", by_torch),
    "JAX": ("jax", by_jax),
}
"""Each peer's package, if it needs one, and what makes its gradient of a network of sigmoids."""
