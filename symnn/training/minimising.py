"""Minimising: all examples at once, by scipy's L-BFGS; an epoch is one of its iterations."""

from __future__ import annotations

import math
import threading
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.training.descent import Run
from symnn.training.flat import Flat, flat_of
from symnn.training.optimizers import LBFGS
from symnn.training.optimizers.lbfgs import scipy_minimize
from symnn.training.plan import MEASURED, Plan
from symnn.training.starts import Start

Array = NDArray[Any]

_TRIES = 50
"""How many step sizes are tried in one iteration at most."""


class Minimisation:
    """One start on its way down; it may be left between any two iterations.

    It is what `Descent` is to optimizers that are equations.
    """

    def __init__(self, plan: Plan, start: Start) -> None:
        self.plan, self.starts = plan, [start]
        self.function = flat_of(plan, start)
        self.good = self.function.start
        self.first = self._measured(self.good)
        self.history: list[Array] = []
        self.ended: list[Run] = []
        optimizer = plan.optimizers[start.optimizer]
        assert isinstance(optimizer, LBFGS)
        self.iterations = _Iterations(self.function, optimizer, plan.settings.epochs)

    @property
    def epoch(self) -> int:
        return len(self.history) + 1

    @property
    def done(self) -> bool:
        return not self.starts

    def advance(self, most: int) -> int:
        """Take one iteration; return how many steps it counts."""
        if not math.isfinite(self.first[0, 0]):
            self._end(f"the cost is {self.first[0, 0]:g} before any step: kept the initial parameters")
            return 1
        x = self.iterations.next()
        if x is None:
            self._end()
        else:
            measured = self._measured(x)
            if math.isfinite(measured[0, 0]):
                self.good = x
                self.history.append(measured)
        # An iteration looks at all examples, as a step of the other optimizers does not: look up after each.
        return most

    def stop(self) -> None:
        """End where it is, because training was interrupted."""
        self._end(f"interrupted at epoch {self.epoch} of {self.plan.settings.epochs}")

    def _end(self, stopped: str | None = None) -> None:
        self.iterations.close()
        parameters = {name: np.array(value) for name, value in self.function.parameters(self.good).items()}
        history = np.array(self.history).reshape(-1, len(MEASURED))
        measured = (self.history[-1] if self.history else self.first)[0]
        self.ended.append(Run(self.starts[0], parameters, history, measured, stopped))
        self.starts, self.history = [], []

    def _measured(self, x: Array) -> Array:
        return self.plan.measure({name: value[None] for name, value in self.function.parameters(x).items()})


class _Iterations:
    """The iterations of scipy's L-BFGS, one at a time: it runs in a thread of its own, and waits after each."""

    def __init__(self, function: Flat, optimizer: LBFGS, most: int) -> None:
        self._minimize = scipy_minimize()
        self._function = function
        self._options = {
            "maxcor": optimizer.memory,
            "gtol": optimizer.tolerance,
            # It goes on as long as the cost goes down at all: flat places are no minima.
            "ftol": 0.0,
            "maxiter": most,
            "maxfun": _TRIES * most,
            "maxls": _TRIES,
        }
        self._reached: SimpleQueue[Array | None] = SimpleQueue()
        self._go: SimpleQueue[bool] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._over = False

    def next(self) -> Array | None:
        """Return where one more iteration leads; None after the last."""
        if self._over:
            return None
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        else:
            self._go.put(True)
        x = self._reached.get()
        self._over = x is None
        if self._error is not None:
            raise self._error
        return x

    def close(self) -> None:
        """End before the end."""
        if self._thread is not None and not self._over:
            self._go.put(False)
            self._over = self._reached.get() is None

    def _run(self) -> None:
        try:
            start, options = self._function.start, self._options
            self._minimize(self._function, start, jac=True, method="L-BFGS-B", callback=self._wait, options=options)
        except StopIteration:  # scipy hands it on in versions before 1.11
            pass
        except BaseException as error:
            self._error = error
        self._reached.put(None)

    def _wait(self, x: Array) -> None:
        self._reached.put(np.array(x))
        if not self._go.get():
            raise StopIteration
