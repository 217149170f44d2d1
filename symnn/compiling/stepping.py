"""A step that is taken again and again: a program whose last equations give the next values of what it was given.

Each backend turns a `StepProgram` into a function that begins runs: `begin(carried, data)` returns `Steps`, which
take a step on each batch of an order of the examples, and own what they carry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from symnn.language import Program

Array = NDArray[Any]


@dataclass(frozen=True)
class StepProgram:
    """The equations of a step, and how they are fed.

    Attributes:
        program: forward, backward, update, for a batch of m examples.
        cost: the name of the cost.
        renewed: for each tensor that is carried from step to step, the name of its next value.
        settings: the values of the hyperparameters, by name.
        data: the names of the tensors whose first axis counts the examples: x, y, weights, a mask.
        dtype: float64 or float32.
    """

    program: Program
    cost: str
    renewed: Mapping[str, str]
    settings: Mapping[str, Any]
    data: tuple[str, ...]
    dtype: str

    @property
    def wanted(self) -> tuple[str, ...]:
        """The names of what a step computes: the cost, and what is carried to the next."""
        return (self.cost, *self.renewed.values())


class Steps(Protocol):
    """The steps of one run."""

    def take(self, order: Array, batch_size: int) -> Any:
        """Take a step on each batch of the examples in this order, the last and smaller one too.

        Equal orders give equal bits, however they are divided into calls between batches.

        Args:
            order: the places of the examples, (examples,). In a program of several starts, of which everything
                carried has a leading axis, (starts, examples): each start sees its own order.
            batch_size: the examples of one step.

        Returns:
            The cost before the last step that was taken; of several starts, (starts,). Where no cost is finite,
            the steps may end there.
        """

    def carried(self) -> dict[str, Array]:
        """Return copies of what is carried, as it is now."""


Begin = Callable[[Mapping[str, Array], Mapping[str, Array]], Steps]
"""From what is carried into the first step, and the data, whole, by name: steps that own copies of the former."""
