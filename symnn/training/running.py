"""A training as a whole: group after group of starts, the best of them so far, and a good end at any time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from symnn.training.descent import Descent, Run
from symnn.training.fit import Fit
from symnn.training.interruption import Interruption, Pace
from symnn.training.minimising import Minimisation
from symnn.training.optimizers import LBFGS
from symnn.training.plan import Plan
from symnn.training.progress import Bar
from symnn.training.starts import Start


class Keeper(Protocol):
    """What writes checkpoints of a training: see `symnn.training.checkpoints`."""

    def at_most(self, steps: int) -> int:
        """Return how many of these steps to take before the next checkpoint."""

    def took(self, steps: int, training: Training) -> None:
        """Learn that so many steps were taken, and write a checkpoint if it is time for one."""

    def write(self, training: Training) -> None:
        """Write a checkpoint."""


@dataclass(eq=False)
class Training:
    """All starts of a plan, and how far they are.

    Attributes:
        plan: what all starts share.
        waiting: the groups that have not begun.
        descent: the group that is on its way.
        best: for each optimizer, its best start of those that have ended.
        ended: a summary of each start that has ended.
        seconds: how long it has been going on.
        stopped: why it ended before its time, or None.
        made_by: its fingerprint, once that is known.
    """

    plan: Plan
    waiting: list[list[Start]]
    descent: Descent | Minimisation | None = None
    best: dict[int, Run] = field(default_factory=dict)
    ended: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str | None = None
    made_by: dict[str, Any] | None = None

    @classmethod
    def begun(cls, plan: Plan) -> Training:
        """Return a training that has not begun."""
        return cls(plan, list(plan.groups))

    @property
    def done(self) -> bool:
        return self.descent is None and not self.waiting

    def run(self, progress: bool, keeper: Keeper | None = None) -> None:
        """Go on until all starts have ended, or Ctrl-C is pressed.

        Args:
            progress: whether to show a bar.
            keeper: what writes checkpoints, where these are wanted.
        """
        pace = Pace()
        whole = sum(map(len, self.plan.groups)) * self.plan.settings.epochs
        with Interruption() as interruption, Bar(whole, progress) as bar:
            while not (self.done or interruption.asked):
                began = time.perf_counter()
                taken = self.advance(pace.steps if keeper is None else keeper.at_most(pace.steps))
                pace.took(taken, time.perf_counter() - began)
                bar.at(*self.state)
                self.seconds += time.perf_counter() - began
                if keeper is not None:
                    keeper.took(taken, self)
            if keeper is not None:
                keeper.write(self)
            if not self.done:
                self.stop()

    def advance(self, most: int) -> int:
        """Take so many steps, or fewer; return how many were taken."""
        descent = self._current()
        taken = descent.advance(most)
        if descent.done:
            self._collect(descent)
        return taken

    def stop(self) -> None:
        """End where it is, because it was interrupted."""
        descent = self._current()
        descent.stop()
        self.stopped = descent.ended[-1].stopped
        self.waiting = []
        self._collect(descent)

    @property
    def state(self) -> tuple[int, str]:
        """How many epochs of how many starts are over, and what to say of the last one."""
        over = len(self.ended) * self.plan.settings.epochs
        if self.descent is None or not self.descent.history:
            return over, ""
        epoch = self.descent.epoch - 1
        over += len(self.descent.ended) * self.plan.settings.epochs + epoch * len(self.descent.starts)
        return over, f"epoch {epoch}, cost {self.descent.history[-1][:, 0].min():.4g}"

    def _current(self) -> Descent | Minimisation:
        if self.descent is None:
            group = self.waiting.pop(0)
            if isinstance(self.plan.optimizers[group[0].optimizer], LBFGS):
                first, *others = group
                self.waiting[:0] = [[one] for one in others]
                self.descent = Minimisation(self.plan, first)
            else:
                self.descent = Descent.begun(self.plan, group)
        return self.descent

    def _collect(self, descent: Descent | Minimisation) -> None:
        """Take over what a group came to; of equally good starts, the first is kept."""
        places = {seed: place for place, seed in enumerate(self.plan.settings.seeds)}
        for run in sorted(descent.ended, key=lambda run: (run.start.optimizer, places[run.start.seed])):
            best = self.best.get(run.start.optimizer)
            if best is None or self.plan.judged(run.measured) < self.plan.judged(best.measured):
                self.best[run.start.optimizer] = run
            self.ended.append(self._summary(run))
        self.descent = None

    def _summary(self, run: Run) -> dict[str, Any]:
        entry = self.plan.entry(len(run.history), run.measured)
        return {"optimizer": run.start.optimizer, "seed": run.start.seed, **entry, "stopped": run.stopped}

    def fits(self) -> list[Fit]:
        """Return what each optimizer came to: its best start, and a summary of all; of those that had a start."""
        return [self._fit(number) for number in sorted(self.best)]

    def _fit(self, number: int) -> Fit:
        plan, best = self.plan, self.best[number]
        history = [plan.entry(epoch, measured) for epoch, measured in enumerate(best.history, 1)]
        starts = [
            {name: value for name, value in one.items() if name != "optimizer"}
            for one in self.ended
            if one["optimizer"] == number
        ]
        return Fit(
            plan.net, best.parameters, plan.targets, float(best.measured[0]), history, len(history), self.seconds,
            self.stopped or best.stopped, best.start.seed, plan.learning_rate(best.start), starts,
            type(plan.optimizers[number]).__name__, plan.settings.backend, plan.training, plan.validation,
        )  # fmt: skip
