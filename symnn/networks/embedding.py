"""Embedding: a token is a number, and each has a row of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symnn.language import Equation, Tensor, index
from symnn.language.tensors import check_size
from symnn.networks.layers import Array, Layer


class Embedding(Layer):
    """A row of a table for each token: h[i, k] = E[x[i], k].

    Args:
        vocabulary: how many tokens there are; the tokens x[i] are whole numbers from 0 on.
        width: d, the columns of E.
        length: T, how many tokens an example has (the first layer of a network needs it).

    E is (vocabulary, d) and starts with variance 1. The output is (T, d).

    Source: Bengio, Ducharme, Vincent and Jauvin, A neural probabilistic language model (2003), section 2.

    >>> from symnn.language import tensor
    >>> print(Embedding(100, 8).equations(tensor("x", 5))[0])
    h[i, k] = E[x[i], k]
    """

    def __init__(self, vocabulary: Any, width: Any, length: Any = None) -> None:
        self.vocabulary, self.width = check_size(vocabulary), check_size(width)
        self.inputs = None if length is None else (check_size(length),)
        self.outputs = None if length is None else (self.inputs[0], self.width)

    def equations(self, inputs: Tensor) -> list[Equation]:
        """Return h[i, k] = E[x[i], k]."""
        i = tuple(index(name, size) for name, size in zip("ijpq", inputs.shape, strict=False))
        k = index("k", self.width)
        E, h = Tensor("E", (self.vocabulary, self.width), "parameter"), Tensor("h", (*inputs.shape, self.width))
        return [Equation(h[(*i, k)], E[inputs[i], k])]

    def parameters(self) -> dict[str, tuple[Any, ...]]:
        """Return the shape of E."""
        return {"E": (self.vocabulary, self.width)}

    def initial_parameters(
        self, shapes: Mapping[str, tuple[int, ...]], generator: np.random.Generator, method: str | None
    ) -> dict[str, Array]:
        """Return E drawn from a normal distribution of variance 1."""
        return {name: generator.standard_normal(shape) for name, shape in shapes.items()}
