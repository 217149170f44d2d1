"""Descent: some starts on their way down, epoch by epoch; it may be left between any two steps.

Each epoch draws a fresh permutation of the examples for each start, takes a step on each batch, the last and
smaller one too, and then measures. A start whose cost or parameters are not finite ends there, at its last
good epoch, and the others go on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.training.plan import MEASURED, Plan
from symnn.training.starts import Start, StepsTogether

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Run:
    """One start, ended.

    Attributes:
        start: its seed and its optimizer.
        parameters: the last good ones.
        history: what was measured after each epoch, (epochs, 4).
        measured: the same of the parameters that are kept.
        stopped: why it ended before its time, or None.
    """

    start: Start
    parameters: dict[str, Array]
    history: Array
    measured: Array
    stopped: str | None = None


@dataclass(eq=False)
class Descent:
    """Some starts on their way down, in step.

    Attributes:
        plan: what all starts share.
        starts: those that go on.
        good: what they carried after the last epoch, (starts, …).
        random: the generator of each start.
        steps: what takes their steps, and owns what is carried now.
        epoch: the epoch that is going on, from 1.
        order: each start's order of the examples in this epoch, (starts, examples), once it is drawn.
        position: how many of them have been seen.
        history: what was measured after each epoch, (starts, 4).
        ended: the starts that have ended.
    """

    plan: Plan
    starts: list[Start]
    good: dict[str, Array]
    random: list[np.random.Generator]
    steps: StepsTogether
    epoch: int = 1
    order: Array | None = None
    position: int = 0
    history: list[Array] = field(default_factory=list)
    ended: list[Run] = field(default_factory=list)

    @classmethod
    def begun(cls, plan: Plan, starts: Sequence[Start]) -> Descent:
        """Return starts that have not taken a step yet."""
        first = [plan.first(start) for start in starts]
        carried = {name: np.stack([one[name] for one in first]) for name in first[0]}
        random = [np.random.default_rng([start.seed, 1]) for start in starts]
        return cls(plan, list(starts), carried, random, plan.begin(starts, carried))

    @property
    def done(self) -> bool:
        return not self.starts

    def advance(self, most: int) -> int:
        """Take so many steps, or fewer where the epoch ends before; return how many were taken."""
        size, count = self.plan.settings.batch_size, len(self.plan.training)
        if self.order is None:
            self.order, self.position = np.stack([one.permutation(count) for one in self.random]), 0
        part = self.order[:, self.position : self.position + most * size]
        with np.errstate(all="ignore"):
            costs = self.steps.take(part, size)
        self.position += part.shape[1]
        # Parameters that are not finite stay so: the rest of the epoch would change nothing.
        lost = not np.isfinite(costs).any() and not finite(self.steps.carried()).any()
        if lost or self.position >= count:
            self._end_epoch(costs)
        return -(-part.shape[1] // size)

    def stop(self) -> None:
        """End all starts where they are, because training was interrupted."""
        said = f"interrupted at epoch {self.epoch} of {self.plan.settings.epochs}"
        carried = self.steps.carried()
        whole = finite(carried)
        kept = {name: np.where(_column(whole, array), array, self.good[name]) for name, array in carried.items()}
        measured = self.plan.measure(kept)
        for place in range(len(self.starts)):
            self._end(place, kept, measured[place], said)
        self._keep(np.zeros(len(self.starts), bool))

    def _end_epoch(self, costs: Array) -> None:
        carried = self.steps.carried()
        measured = self.plan.measure(carried)
        well = np.isfinite(costs) & np.isfinite(measured[:, 0]) & finite(carried)
        if not well.all():
            before = self.history[-1] if self.history else self.plan.measure(self.good)
            for place in np.flatnonzero(~well).tolist():
                self._end(place, self.good, before[place], self._why(self.starts[place], before[place]))
        self.good, self.order = carried, None
        self.history.append(measured)
        if self.epoch == self.plan.settings.epochs:
            for place in np.flatnonzero(well).tolist():
                self._end(place, carried, measured[place])
            well[:] = False
        self.epoch += 1
        self._keep(well)

    def _end(self, place: int, carried: Mapping[str, Array], measured: Array, stopped: str | None = None) -> None:
        parameters = {name: carried[name][place].copy() for name in self.plan.net.parameters}
        history = np.array([one[place] for one in self.history]).reshape(-1, len(MEASURED))
        self.ended.append(Run(self.starts[place], parameters, history, measured, stopped))

    def _keep(self, well: Array) -> None:
        """Go on with some starts alone."""
        if well.all():
            return
        self.starts = [start for start, stays in zip(self.starts, well, strict=True) if stays]
        self.random = [one for one, stays in zip(self.random, well, strict=True) if stays]
        self.history = [one[well] for one in self.history]
        self.good = {name: array[well] for name, array in self.good.items()}
        if self.starts:
            self.steps = self.plan.begin(self.starts, self.good)

    def _why(self, start: Start, before: Array) -> str:
        """Return why a start ended: by the cost before, the first epoch's or the largest input's fault."""
        net, rate = self.plan.net, self.plan.learning_rate(start)
        kept = "the initial parameters" if self.epoch == 1 else f"the parameters of epoch {self.epoch - 1}"
        scale = self.plan.largest
        if not math.isfinite(before[0]):
            return (
                f"the cost is {before[0]:g} before any step: kept {kept}; no learning rate helps: the {net.cost} cost "
                f"may not suit the output ({net.activations[-1]}), the targets or the size of the inputs ({scale:.3g})"
            )
        inputs = f", or scale the inputs (the largest is {scale:.3g})" if scale > 10 else ""
        smaller = f"a learning rate below {rate:g}, such as {rate / 10:g}" if math.isfinite(rate) else "smaller steps"
        return f"the cost or the parameters were not finite in epoch {self.epoch}: kept {kept}; try {smaller}{inputs}"


def finite(arrays: Mapping[str, Array]) -> Array:
    """Return for each start whether all that it carries is finite."""
    rows = [np.isfinite(array.reshape(len(array), -1)).all(axis=1) for array in arrays.values()]
    return np.logical_and.reduce(rows)


def _column(values: Array, like: Array) -> Array:
    return values.reshape(-1, *[1] * (like.ndim - 1))
