"""The networks that questions are about: small, of named activations and costs, derived once each."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from symnn.calculus import Derivation
from symnn.errors import InputError, SymnnError
from symnn.language import Program, Tensor, parse_architecture
from symnn.networks import Network, mlp
from symnn.networks.activations import NAMES
from symnn.proof import evaluate
from symnn.teaching.given_numbers import MOST_PARAMETERS
from symnn.views.matrix import MatrixEquation, matrix_equation

EXACT_ACTIVATIONS = ("identity", "relu")
EXACT_COSTS = ("quadratic", "hinge", "mean_squared_error")
_HIDDEN = ("relu", "sigmoid", "tanh")
_LAST = {
    "quadratic": ("identity", "sigmoid", "tanh"),
    "binary_cross_entropy": ("sigmoid",),
    "cross_entropy": ("softmax",),
    "mean_squared_error": ("identity", "sigmoid"),
    "hinge": ("identity",),
}
"""For each cost, the activations of the last layer that it is used with."""
_COSTS = ("quadratic", "quadratic", "binary_cross_entropy", "cross_entropy")
_ORDINARY = 1e6


@dataclass(frozen=True, eq=False)
class Model:
    """A network with its gradient, and values of all its tensors at random points.

    Attributes:
        architecture: as it was given.
        activations: one for each layer.
        cost: its name.
        network: the network.
    """

    architecture: str
    activations: tuple[str, ...]
    cost: str
    network: Network

    @cached_property
    def derivation(self) -> Derivation:
        return self.network.gradient().derivation

    @property
    def program(self) -> Program:
        return self.derivation.program

    @property
    def layers(self) -> int:
        return len(self.activations)

    @property
    def is_exact(self) -> bool:
        """Whether short numbers stay short: nothing has to be rounded."""
        return set(self.activations) <= set(EXACT_ACTIVATIONS) and self.cost in EXACT_COSTS

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        """All tensors, by name."""
        return dict(self.program.tensors)

    @cached_property
    def inputs(self) -> dict[str, Tensor]:
        """The parameters, x and y."""
        return dict(self.program.inputs)

    def tensor(self, name: str) -> Tensor:
        return self.tensors[name]

    @cached_property
    def is_own(self) -> bool:
        """Whether it has an activation or a cost that is none of the named ones."""
        return not (set(self.activations) <= set(NAMES) and self.cost in _LAST)

    def has_values(self, given: Mapping[str, Any]) -> bool:
        """Whether everything has a finite value of ordinary size, for numbers of the inputs."""
        try:
            found = evaluate(self.program, given)
        except SymnnError:
            return False
        return all(bool((np.abs(array) < _ORDINARY).all()) for array in found.values())

    @cached_property
    def equations(self) -> dict[str, MatrixEquation]:
        """The equations that have a matrix form, by the name of what they define."""
        found = {name: matrix_equation(self.program[name]) for name in self.program.defined}
        return {name: made for name, made in found.items() if isinstance(made, MatrixEquation)}


@lru_cache(maxsize=256)
def model_of(architecture: str, activations: tuple[str, ...], cost: str) -> Model:
    """Return the network of a description; one that was made before is not made again."""
    network = mlp(architecture, activation=activations, cost=cost)
    for text in (*activations, cost):
        if len(text) == 1 and text.isalpha():
            raise InputError(f"a worksheet has numbers in it, and '{text}' is an undefined function")
    for size, name in zip(architecture.split("-")[1:], activations, strict=True):
        if name == "softmax" and size == "1":
            raise InputError("softmax of a layer of one unit is always 1: give it more units")
    return Model(architecture, activations, cost, network)


@dataclass(frozen=True)
class Choice:
    """What is said of the networks of a sheet, and what is left to the seed.

    Attributes:
        architecture: such as 2-2-1.
        activations: one for each layer, or None.
        cost: its name, or None.
    """

    architecture: str
    activations: tuple[str, ...] | None = None
    cost: str | None = None

    @property
    def is_one(self) -> bool:
        """Whether all questions are about the same network."""
        return self.activations is not None and self.cost is not None

    def draw(self, chooser: random.Random, exact: bool = False, last: str | None = None) -> Model:
        """Return a network, with what is left open drawn.

        Args:
            exact: whether to take one in which nothing has to be rounded, where the choice is free.
            last: the last layer's activation, where the choice is free.
        """
        sizes = parse_architecture(self.architecture).sizes
        outputs, cost, given = sizes[-1], self.cost, self.activations
        if cost is None:
            fits = [c for c in _COSTS if given is None or given[-1] in _LAST[c]] or ["quadratic"]
            fits = [c for c in fits if c != "cross_entropy" or outputs != 1] or ["quadratic"]
            cost = "quadratic" if exact or last == "softmax" else chooser.choice(fits)
        if given is None:
            ends = [f for f in _LAST.get(cost, ("identity", "sigmoid")) if f != "softmax" or outputs != 1]
            ends += ["softmax"] if last == "softmax" and cost == "quadratic" and outputs != 1 else []
            ends = [f for f in ends if f in ("identity", last)] or ends if exact or last else ends
            end = last if last in ends else chooser.choice(ends or ["softmax"])
            hidden = ("relu", "relu", "identity") if exact else _HIDDEN
            given = (*(chooser.choice(hidden) for _ in range(len(sizes) - 2)), end)
        return model_of(self.architecture, given, cost)


def checked_choice(architecture: str, activations: tuple[str, ...] | None, cost: str | None) -> Choice:
    """Return what is said of the networks of a sheet, if there are worksheets for it.

    Raises:
        InputError: for sizes that are symbols, and for a network that is too large to be worked by hand.
    """
    parsed = parse_architecture(architecture)
    if parsed.general or not all(str(size).isdecimal() for size in parsed.sizes):
        raise InputError(f"a worksheet needs sizes that are numbers, such as 2-2-1, and not '{architecture}'")
    sizes = [int(size) for size in parsed.sizes]
    count = sum((before + 1) * after for before, after in pairwise(sizes))
    if count > MOST_PARAMETERS:
        raise InputError(
            f"{architecture} has {count:,} parameters: a worksheet is for at most {MOST_PARAMETERS}, such as 2-2-1"
        )
    if activations is not None and len(activations) == 1:
        activations *= len(sizes) - 1
    choice = Choice("-".join(map(str, sizes)), activations, cost)
    if "y" not in choice.draw(random.Random(0)).network.program.inputs:
        raise InputError(f"a worksheet needs a cost with the targets y in it, and '{cost}' has none")
    return choice
