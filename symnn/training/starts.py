"""Starts: each a seed and an optimizer; many are trained at once, with an axis that counts them, where that is faster.

A step of a small network costs its calls far more than its arithmetic, and a hundred starts have as many calls as
one. Measured with NumPy on one core: the time of R starts together over that of R starts one after the other.

    R × network     batch of 4     10     32    100
    100 × 2-3-1           0.04   0.05   0.09   0.22
    10 × 64-30-10                0.33   0.58   0.95
    10 × 784-30-10               0.72
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from symnn.compiling.stepping import Steps
from symnn.training.examples import Examples
from symnn.training.step import Step

Array = NDArray[Any]

_MOST_WORK = 200_000
"""Parameters times examples of a batch: with more, the arithmetic of one start costs more than its calls."""
_MOST_NUMBERS = 2**20
"""How many numbers the starts of a group may carry and have in a batch: 8 MiB of float64."""
_MOST_PLACES = 2**24
"""How many places in orders of examples a group may have."""


@dataclass(frozen=True, order=True)
class Start:
    """One start: the number of its optimizer among those that are compared, and its seed."""

    optimizer: int
    seed: int


class StepsTogether(Protocol):
    """Steps of several starts, each with its own order of the examples."""

    def take(self, order: Array, batch_size: int) -> Array:
        """Take steps on an order of shape (starts, examples); return the last cost of each start, (starts,)."""

    def carried(self) -> dict[str, Array]:
        """Return copies of what is carried, each of shape (starts, …)."""


class _Alone:
    """The steps of one start, as those of several of which there is one."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps

    def take(self, order: Array, batch_size: int) -> Array:
        return np.asarray([self.steps.take(order[0], batch_size)])

    def carried(self) -> dict[str, Array]:
        return {name: array[None] for name, array in self.steps.carried().items()}


class _Together:
    """The steps of several starts; what differs between them is carried too, and not told."""

    def __init__(self, steps: Steps, names: Sequence[str]) -> None:
        self.steps, self.names = steps, names

    def take(self, order: Array, batch_size: int) -> Array:
        return np.asarray(self.steps.take(order, batch_size))

    def carried(self) -> dict[str, Array]:
        carried = self.steps.carried()
        return {name: carried[name] for name in self.names}


def _differing(steps: Sequence[Step]) -> list[str]:
    """Return the names of the hyperparameters in which steps of the same equations differ."""
    first, *others = (step.settings for step in steps)
    return [name for name, value in first.items() if any(other[name] != value for other in others)]


def begin(
    steps: Sequence[Step], starts: Sequence[Start], carried: Mapping[str, Array], part: Examples
) -> StepsTogether:
    """Return the steps of a group of starts.

    Args:
        steps: of each optimizer.
        starts: several only if their steps have the same equations.
        carried: into the first step, (starts, …).
        part: the examples.
    """
    own = [steps[start.optimizer] for start in starts]
    if len(starts) == 1:
        first = {name: array[0] for name, array in carried.items()}
        return _Alone(own[0].begin(first, part.X, part.Y, part.beside))
    settings = {name: np.array([step.settings[name] for step in own]) for name in _differing(steps)}
    return _Together(steps[0].begin_together(carried, part, settings), tuple(steps[0].carried))


def grouped(
    steps: Sequence[Step], seeds: Sequence[int], batch_size: int, part: Examples, together: bool
) -> list[list[Start]]:
    """Return all starts in groups: one each, or, if they may go together, as many as is faster and fits into memory."""
    starts = [Start(optimizer, seed) for optimizer in range(len(steps)) for seed in seeds]
    size = _together(steps[0], batch_size, part) if len(starts) > 1 and together else 1
    return [starts[first : first + size] for first in range(0, len(starts), size)]


def may_go_together(steps: Sequence[Step]) -> bool:
    """Whether the backend takes several starts, and the equations of the steps are the same but for numbers."""
    return steps[0].backend.together and all(step.program is steps[0].program for step in steps)


def _together(step: Step, batch_size: int, part: Examples) -> int:
    """Return how many starts are best trained together."""
    batch = min(batch_size, len(part))
    if step.size * batch > _MOST_WORK:
        return 1
    numbers = step.size + batch * step.between
    return max(1, min(_MOST_NUMBERS // numbers, _MOST_PLACES // len(part)))
