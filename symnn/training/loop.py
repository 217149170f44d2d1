"""The training loop: minibatches in a seeded order, a history, and a graceful end.

The step is one compiled program, θ ← θ − η ∂C/∂θ its last equations; `symnn.training.descent` takes it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from symnn.training.descent import Descent, Run
from symnn.training.fit import Fit
from symnn.training.interruption import Interruption, Pace
from symnn.training.optimizers import Optimizer
from symnn.training.plan import Plan, Settings, planned
from symnn.training.progress import Bar


def train(
    net: Any,
    X: Any,
    Y: Any,
    optimizer: Optimizer | str | None = None,
    epochs: int = 30,
    *,
    batch_size: int = 10,
    seed: int = 0,
    restarts: int = 1,
    validation: tuple[Any, ...] | None = None,
    example_weights: Any = None,
    mask: Any = None,
    dtype: str = "float64",
    backend: str = "numpy",
    progress: bool = False,
    classes: tuple[Any, ...] | None = None,
) -> Fit:
    """Train a network by minibatch gradient descent.

    Training that meets a cost or a parameter that is not finite, or Ctrl-C, ends early: the last good
    parameters are kept, and `stopped` says why. Equal seeds give equal results.

    Args:
        net: a network with a cost.
        X: the inputs, (examples, inputs).
        Y: labels, (examples,), or columns, (examples, outputs).
        optimizer: such as `Adam(learning_rate=0.01)`, or a name such as "adam", for the default learning rate of
            the cost and the activations; `SGD` unless given.
        epochs: how often each example is seen.
        batch_size: the examples of one step.
        seed: of the initial parameters and of the order of the examples.
        restarts: how many seeds to try; the best by validation cost (training cost without one) is kept.
        validation: inputs and targets that are watched and not learned from; after them, where the network
            takes these, weights of the examples (or None), and a mask.
        example_weights: how much each example counts, for a network that was made with example_weights=True.
            Each batch's cost is Σₙ sₙ Cₙ / Σₙ sₙ; examples of weight 0 are left out.
        mask: how much each target counts, of the shape of Y's columns, for a network made with masked=True;
            a target that does not count may be nan.
        dtype: float64 or float32.
        backend: what takes the steps: numpy, or another name in `symnn.compiling.backends`.
        progress: whether to show a bar on standard error, if that is a terminal.
        classes: the labels in the order of the columns, where Y may lack some of them.

    Returns:
        A `Fit`.

    Raises:
        DataError, ShapeError: for data that cannot be learned from, with the place.
        InputError: for settings that make no sense.
    """
    began = time.perf_counter()
    settings = Settings(epochs, batch_size, seed, restarts, dtype, backend)
    plan = planned(net, X, Y, optimizer, settings, validation, example_weights, mask, classes)
    training = _Training(plan, settings.seeds)
    training.run(progress)
    return training.fit(time.perf_counter() - began)


@dataclass(eq=False)
class _Training:
    """All starts, one after the other, and the best so far."""

    plan: Plan
    waiting: list[int]
    ended: int = 0
    best: Run | None = None
    descent: Descent | None = None
    stopped: str | None = None

    def run(self, progress: bool) -> None:
        """Go on until all starts have ended, or Ctrl-C is pressed."""
        pace = Pace()
        whole = len(self.waiting) * self.plan.settings.epochs
        with Interruption() as interruption, Bar(whole, progress) as bar:
            while not self.done and not interruption.asked:
                began = time.perf_counter()
                pace.took(self.advance(pace.steps), time.perf_counter() - began)
                bar.at(*self.state)
            if not self.done:
                self.stop()

    @property
    def done(self) -> bool:
        return self.descent is None and not self.waiting

    @property
    def state(self) -> tuple[int, str]:
        """How many epochs of how many starts are over, and what to say of the last one."""
        over = self.ended * self.plan.settings.epochs
        if self.descent is None or not self.descent.history:
            return over, ""
        epoch = self.descent.epoch - 1
        return over + epoch, f"epoch {epoch}, cost {self.descent.history[-1][:, 0].min():.4g}"

    def advance(self, most: int) -> int:
        """Take so many steps, or fewer."""
        if self.descent is None:
            self.descent = Descent(self.plan, [self.waiting.pop(0)])
        taken = self.descent.advance(most)
        self._collect()
        return taken

    def stop(self) -> None:
        """End where it is."""
        if self.descent is None:
            self.descent = Descent(self.plan, [self.waiting.pop(0)])
        self.descent.stop()
        stopped = self.descent.ended[-1].stopped
        self._collect()
        self.waiting, self.stopped = [], stopped

    def _collect(self) -> None:
        if self.descent is None or not self.descent.done:
            return
        for run in self.descent.ended:
            if self.best is None or self.plan.judged(run.measured) < self.plan.judged(self.best.measured):
                self.best = run
        self.ended += len(self.descent.ended)
        self.descent = None

    def fit(self, seconds: float) -> Fit:
        """Return what training came to."""
        assert self.best is not None
        plan, best = self.plan, self.best
        history = [plan.entry(epoch, measured) for epoch, measured in enumerate(best.history, 1)]
        return Fit(
            plan.net, best.parameters, plan.targets, float(best.measured[0]), history, len(history), seconds,
            self.stopped or best.stopped, best.seed, plan.learning_rate,
        )  # fmt: skip
