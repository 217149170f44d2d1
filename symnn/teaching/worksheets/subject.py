"""The network that a question is about, with all that is asked of it: its derivation, every adjoint, a checker."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from symnn.calculus import Derivation
from symnn.gradients import Gradient
from symnn.language import Program, Tensor
from symnn.networks import Dense, Network, mlp
from symnn.proof import Checker
from symnn.teaching.checking.known import Known, known_of

EXACT = ("identity", "relu")
"""With these activations, numbers with few digits stay numbers with few digits."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A network of dense layers.

    Attributes:
        network: the network.
        activations: the name of each layer's activation.
        cost: the name of its cost.
    """

    network: Network
    activations: tuple[str, ...]
    cost: str

    @property
    def layers(self) -> int:
        """How many layers it has."""
        return len(self.network.layers)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of inputs, and of the units of each layer."""
        return (int(self.network.layers[0].inputs), *(int(layer.outputs) for layer in self.network.layers))

    @property
    def is_exact(self) -> bool:
        """Whether its numbers need no rounding."""
        return all(name in EXACT for name in self.activations) and self.cost == "quadratic"

    @property
    def gradient(self) -> Gradient:
        return self.network.gradient()

    @cached_property
    def known(self) -> Known:
        """The equations with those of every adjoint."""
        return known_of(self.network.program, "C")

    @property
    def derivation(self) -> Derivation:
        """The derivation with every adjoint in it; formulas are written as it says."""
        return self.known.derivation

    @cached_property
    def checker(self) -> Checker:
        return Checker(self.known.program, "C")

    @property
    def program(self) -> Program:
        """The equations, forward and backward."""
        return self.known.program

    def tensor(self, name: str) -> Tensor:
        """Return a tensor by the name that formulas have for it: W1, a0 for x, delta2, da1."""
        return self.known.names[name]

    def activation(self, layer: int) -> str:
        """Return the name of a layer's activation; layers count from 1."""
        return self.activations[layer - 1]


@lru_cache(maxsize=64)
def subject_of(architecture: str, activations: tuple[str, ...], cost: str) -> Subject:
    """Return the subject of an architecture.

    >>> subject_of("2-2-1", ("relu", "identity"), "quadratic").is_exact
    True

    Raises:
        InputError: for an architecture, an activation or a cost that is not there.
    """
    network = mlp(architecture, activation=activations, cost=cost)
    names = tuple(layer.activation.name for layer in network.layers if isinstance(layer, Dense))
    return Subject(network, names, str(network.cost))
