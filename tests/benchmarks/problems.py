"""What is measured: networks, their data, and what every contender has to do with them.

A step goes from the places of a batch's examples to new parameters: the rows are gathered, the gradient of the mean
cost is calculated, the parameters are changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

import symnn

Array = NDArray[Any]

SIX = (
    ("2-2-1", 4, "float64"),
    ("2-8-8-1", 32, "float64"),
    ("64-30-10", 32, "float32"),
    ("784-30-10", 10, "float32"),
    ("784-128-10", 128, "float32"),
    ("784-512-512-10", 256, "float32"),
)
"""The networks of every table: architecture, batch, dtype."""

SWEEP = tuple((f"{n}-{n}-{n}", 32, "float32") for n in (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024))
"""From tiny to large: two layers of n units."""

SETTINGS = {
    "quadratic": ("sigmoid", "sigmoid", "quadratic"),
    "regression": ("sigmoid", "identity", "quadratic"),
    "softmax": ("relu", "softmax", "cross_entropy"),
}
"""Activation of the hidden layers, activation of the last, and cost: scikit-learn has the last two."""

RATES = {"sgd": 0.01, "adam": 0.001}
ADAM = (0.9, 0.999, 1e-8)


@dataclass(frozen=True)
class Problem:
    """One network with its data: `steps` batches of an epoch."""

    architecture: str
    batch: int
    dtype: str
    setting: str = "quadratic"
    optimizer: str = "sgd"
    steps: int = 1

    @property
    def label(self) -> str:
        return f"{self.architecture}, {self.batch}, {self.dtype}"

    @property
    def sizes(self) -> list[int]:
        return [int(size) for size in self.architecture.split("-")]

    @property
    def rate(self) -> float:
        return RATES[self.optimizer]

    @cached_property
    def net(self) -> Any:
        hidden, last, cost = SETTINGS[self.setting]
        return symnn.mlp(self.architecture, activation=[*[hidden] * (len(self.sizes) - 2), last], cost=cost)

    @cached_property
    def first(self) -> list[Array]:
        """W1, b1, W2, b2, …"""
        return [value.astype(self.dtype) for value in self.net.initial_parameters(seed=0).values()]

    @cached_property
    def X(self) -> Array:  # noqa: N802 - as everywhere
        random = np.random.default_rng(0)
        return random.uniform(size=(self.batch * self.steps, self.sizes[0])).astype(self.dtype)

    @cached_property
    def Y(self) -> Array:  # noqa: N802
        random, outputs = np.random.default_rng(1), self.sizes[-1]
        if self.setting == "softmax":
            return np.eye(outputs, dtype=self.dtype)[random.integers(outputs, size=len(self.X))]
        return random.uniform(size=(len(self.X), outputs)).astype(self.dtype)

    @cached_property
    def order(self) -> Array:
        return np.random.default_rng(2).permutation(len(self.X))


class Run(Protocol):
    """One contender at work on one problem."""

    def take(self, order: Array) -> Any:
        """Take a step on each batch of this order; what it returned has happened."""

    def parameters(self) -> list[Array]:
        """Return W1, b1, W2, b2, … as they are now."""


class DifferentError(Exception):
    """A contender computes something else than the others."""


def check_equal(problem: Problem, run: Run, reference: Run) -> None:
    """Take steps with both, and raise `DifferentError` unless they give the same parameters."""
    rtol, atol = (1e-9, 1e-12) if problem.dtype == "float64" else (2e-3, 2e-5)
    for one in (run, reference):
        for _ in range(2):
            one.take(problem.order)
    for mine, theirs in zip(run.parameters(), reference.parameters(), strict=True):
        if str(mine.dtype) != problem.dtype or not np.allclose(mine, theirs, rtol, atol):
            off = np.max(np.abs(np.asarray(mine, float) - theirs))
            raise DifferentError(f"{problem.label}: {type(run).__name__} is {off:.2g} off, with {mine.dtype}")
