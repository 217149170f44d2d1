"""First values of parameters: what is drawn, and how widely, by the number of inputs and outputs of a unit.

Two rules keep the variance of what goes forward and of what comes back the same from layer to layer:

    Var W = 2/(inputs + outputs)   (Glorot and Bengio, 2010)        Var W = 2/inputs   (He, Zhang, Ren and Sun, 2015)
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from symnn.errors import InputError, suggest
from symnn.networks.layers import METHODS, Array, Layer

RELU_LIKE = ("relu", "leaky_relu", "elu", "gelu", "swish", "softplus")
"""The activations for which weights are drawn as He and others do, unless something else is asked for."""


class DrawnLayer(Layer):
    """A layer that says how many inputs and outputs a unit of each weight has, and leaves the drawing to here."""

    def is_weight(self, name: str, shape: tuple[int, ...]) -> bool:
        """Whether a parameter is a weight, and no bias."""
        return len(shape) > 1

    def fans(self, name: str, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return how many inputs, and how many outputs, a weight has: those of a matrix are its last and first axis."""
        return shape[-1], shape[0]

    def default_method(self, name: str) -> str:
        """Return the method for a weight where none is asked for."""
        return "glorot"

    def initial_parameters(
        self, shapes: Mapping[str, tuple[int, ...]], generator: np.random.Generator, method: str | None
    ) -> dict[str, Array]:
        """Return first values: those of `initial_values`; else weights drawn by their fans, and biases 0."""
        drawn = {}
        for name, shape in shapes.items():
            if name in self.initial_values or not self.is_weight(name, shape):
                drawn[name] = np.full(shape, float(self.initial_values.get(name, 0.0)))
            else:
                drawn[name] = draw(generator, shape, self.fans(name, shape), method or self.default_method(name))
        return drawn


def draw(generator: np.random.Generator, shape: tuple[int, ...], fans: tuple[int, int], method: str) -> Array:
    """Return an array drawn from a normal distribution of mean 0, its variance by a method.

    normal: 1; scaled_normal: 1/inputs; glorot: 2/(inputs + outputs); he: 2/inputs.

    >>> draw(np.random.default_rng(0), (3, 2), (2, 3), "glorot").shape
    (3, 2)

    Raises:
        InputError: for an unknown method.
    """
    if method not in METHODS:
        raise InputError(f"unknown initial parameters '{method}'{suggest(method, METHODS)}")
    inputs, outputs = fans
    variance = {"normal": 1.0, "scaled_normal": 1 / inputs, "glorot": 2 / (inputs + outputs), "he": 2 / inputs}
    return generator.standard_normal(shape) * math.sqrt(variance[method])


def draw_orthogonal(generator: np.random.Generator, size: int) -> Array:
    """Return a square matrix with orthonormal rows, uniform among them (Saxe, McClelland and Ganguli, 2014).

    >>> U = draw_orthogonal(np.random.default_rng(0), 3)
    >>> np.allclose(U @ U.T, np.eye(3))
    True
    """
    Q, R = np.linalg.qr(generator.standard_normal((size, size)))
    return Q * np.sign(np.diag(R))
