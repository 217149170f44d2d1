"""Checkpoints: all that a training is, at any step, in one file; what goes on from it comes to the same bits.

The file holds the parameters and the state of the optimizer, now and after the last good epoch, the generator of each
start, the order of this epoch's examples and the place in it, the history, the best start so far, and by what network,
settings and data it was made: other ones are refused. A start of L-BFGS, whose memory is scipy's own, begins anew.
"""

from __future__ import annotations

import time
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import DataError, InputError, OutputError
from symnn.training.archives import Archive, write_archive
from symnn.training.descent import Descent, Run
from symnn.training.files import check_writable
from symnn.training.fingerprints import differences, fingerprint
from symnn.training.minimising import Minimisation
from symnn.training.plan import MEASURED, Plan
from symnn.training.running import Training
from symnn.training.starts import Start

Array = NDArray[Any]

_FORMAT = "symnn checkpoint 1"
_TITLE = "checkpoint.json"
_LONGEST = 2**26
_SUMMARY = {"optimizer", "seed", "epoch", *MEASURED, "stopped"}


@dataclass(eq=False)
class Checkpoints:
    """Writes checkpoints of a training to one file, each in place of the one before.

    Args:
        path: the file, which ends in `.npz`.
        every: how often: so many seconds, or steps, as in "500 steps".
        information: whatever else is worth keeping; JSON-able.

    >>> Checkpoints("run.npz", "500 steps").steps
    500

    Raises:
        InputError: for another ending, and for a time between checkpoints that makes no sense.
        OutputError: where the file cannot be written.
    """

    path: str | Path
    every: float | str = 60.0
    information: dict[str, Any] = field(default_factory=dict)
    seconds: float | None = field(init=False)
    steps: int | None = field(init=False)
    _taken: int = 0
    _written: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        if Path(self.path).suffix != ".npz":
            raise InputError(f"cannot write a checkpoint as {str(self.path)!r} (accepted: a name that ends in .npz)")
        self.seconds, self.steps = _often(self.every)
        check_writable(self.path)

    def at_most(self, steps: int) -> int:
        """Return how many of these steps to take before the next checkpoint."""
        return steps if self.steps is None else min(steps, self.steps - self._taken)

    def took(self, steps: int, training: Training) -> None:
        """Learn that so many steps were taken, and write a checkpoint if it is time for one."""
        self._taken += steps
        if self.steps is not None:
            due = self._taken >= self.steps
        else:
            due = self.seconds is not None and time.perf_counter() - self._written >= self.seconds
        if due:
            self.write(training)

    def write(self, training: Training) -> None:
        """Write a checkpoint; where that fails, the training goes on, and a warning says so."""
        if training.made_by is None:
            training.made_by = fingerprint(training.plan)
        arrays: dict[str, Array] = {}
        state = _training_state(training, arrays)
        described = {"format": _FORMAT, "made by": training.made_by, "information": self.information, "state": state}
        try:
            write_archive(self.path, _TITLE, described, arrays)
        except OutputError as error:
            warnings.warn(f"no checkpoint was written: {error}", RuntimeWarning, stacklevel=2)
        self._taken, self._written = 0, time.perf_counter()


def resumed(path: str | Path, plan: Plan) -> Training:
    """Return the training that a checkpoint holds; nothing in the file is run or unpickled.

    Raises:
        DataError: for a file that is missing, broken, or no checkpoint.
        InputError: for one that was made by another network, other settings or other data, with what differs.
    """
    with _opened(path) as archive:
        described = _described(archive)
        made_by = fingerprint(plan)
        if found := differences(described["made by"], made_by):
            raise InputError(f"cannot go on from {str(path)!r}: {'; '.join(found)}")
        training = _Reader(archive, plan).training(described["state"])
        training.made_by = made_by
        return training


def information_of(path: str | Path) -> dict[str, Any]:
    """Return what a checkpoint keeps beside the training.

    Raises:
        DataError: for a file that is missing, broken, or no checkpoint.
    """
    with _opened(path) as archive:
        return dict(_described(archive)["information"])


@contextmanager
def _opened(path: str | Path) -> Iterator[Archive]:
    name = Path(path).name
    try:
        with zipfile.ZipFile(path) as archive:
            yield Archive(archive, "the checkpoint")
    except OSError as error:
        raise DataError(f"cannot read {str(path)!r}: {(error.strerror or str(error)).lower()}") from error
    except zipfile.BadZipFile as error:
        raise DataError(f"{name}: not a checkpoint (accepted: what symnn train --checkpoint wrote)") from error
    except DataError as error:
        raise DataError(f"{name}: {error}") from error
    except InputError:
        raise
    except Exception as error:  # a hostile file can raise anything: zlib, json and NumPy have their own
        raise DataError(f"{name}: the checkpoint is broken: {error or type(error).__name__}") from error


def _described(archive: Archive) -> dict[str, Any]:
    if not archive.holds(_TITLE):
        raise DataError("not a checkpoint (accepted: what symnn train --checkpoint wrote)")
    described = archive.described(_TITLE, _LONGEST)
    if described.get("format") != _FORMAT:
        raise DataError(f"the checkpoint is broken or from another version (accepted: '{_FORMAT}')")
    return described


def _training_state(training: Training, arrays: dict[str, Array]) -> dict[str, Any]:
    """Return what describes a training, and put its arrays, by name, to the others."""
    best = [training.best[number] for number in sorted(training.best)]
    descent, waiting = training.descent, training.waiting
    if isinstance(descent, Minimisation):  # what scipy remembers cannot be told: this start begins anew
        waiting, descent = [descent.starts, *waiting], None
    return {
        "waiting": [[_pair(start) for start in group] for group in waiting],
        "descent": None if descent is None else _descent_state(descent, arrays),
        "best": [_run_state(run, f"best/{place}", arrays) for place, run in enumerate(best)],
        "ended": training.ended,
        "seconds": training.seconds,
    }


def _descent_state(descent: Descent, arrays: dict[str, Array]) -> dict[str, Any]:
    arrays.update((f"good/{name}", value) for name, value in descent.good.items())
    arrays["history"] = np.array(descent.history).reshape(len(descent.history), len(descent.starts), len(MEASURED))
    if descent.order is not None:
        arrays["order"] = descent.order.astype(np.int64)
        arrays.update((f"carried/{name}", value) for name, value in descent.steps.carried().items())
    return {
        "starts": [_pair(start) for start in descent.starts],
        "random": [one.bit_generator.state for one in descent.random],
        "epoch": descent.epoch,
        "position": descent.position,
        "within": descent.order is not None,
        "ended": [_run_state(run, f"ended/{place}", arrays) for place, run in enumerate(descent.ended)],
    }


def _run_state(run: Run, prefix: str, arrays: dict[str, Array]) -> dict[str, Any]:
    arrays.update((f"{prefix}/{name}", value) for name, value in run.parameters.items())
    arrays[f"{prefix}/history"], arrays[f"{prefix}/measured"] = run.history, run.measured
    return {"start": _pair(run.start), "epochs": len(run.history), "stopped": run.stopped}


def _pair(start: Start) -> list[int]:
    return [start.optimizer, start.seed]


@dataclass(frozen=True, eq=False)
class _Reader:
    """Reads what was written, as a plan needs it."""

    archive: Archive
    plan: Plan

    def training(self, state: Mapping[str, Any]) -> Training:
        waiting = [self._starts(group) for group in state["waiting"]]
        best = {run.start.optimizer: run for run in self._runs(state["best"], "best")}
        descent = None if state["descent"] is None else self._descent(state["descent"])
        seconds = float(state["seconds"])
        summaries = [one for one in state["ended"] if isinstance(one, dict) and one.keys() == _SUMMARY]
        if not np.isfinite(seconds) or summaries != state["ended"]:
            raise ValueError("its summary is none")
        if descent is None and not waiting and not best:
            raise ValueError("it holds no start")
        return Training(self.plan, waiting, descent, best, summaries, seconds)

    def _descent(self, state: Mapping[str, Any]) -> Descent:
        plan, starts = self.plan, self._starts(state["starts"])
        epoch, position, within = int(state["epoch"]), int(state["position"]), bool(state["within"])
        examples, random = len(plan.training), [_generator(one) for one in state["random"]]
        if not (0 < epoch <= plan.settings.epochs and 0 <= position <= examples and len(random) == len(starts)):
            raise ValueError("its place in the training is none")
        history = self.archive.array("history", (epoch - 1, len(starts), len(MEASURED)), np.float64)
        order = None
        if within:
            order = self.archive.array("order", (len(starts), examples), np.int64)
            if not (np.sort(order, axis=1) == np.arange(examples)).all():
                raise ValueError("its order of the examples is none")
        good = self._carried("good", starts)
        carried = self._carried("carried", starts) if within else good
        ended = self._runs(state["ended"], "ended")
        steps = plan.begin(starts, carried)
        return Descent(plan, starts, good, random, steps, epoch, order, position, list(history), ended)

    def _carried(self, prefix: str, starts: Sequence[Start]) -> dict[str, Array]:
        step = self.plan.steps[starts[0].optimizer]
        shapes = {name: (len(starts), *map(int, step.program.find(name).shape)) for name in step.carried}
        dtype = self.plan.settings.dtype
        return {name: self.archive.array(f"{prefix}/{name}", shape, dtype) for name, shape in shapes.items()}

    def _runs(self, described: Any, kind: str) -> list[Run]:
        return [self._run(one, f"{kind}/{place}") for place, one in enumerate(described)]

    def _run(self, described: Mapping[str, Any], prefix: str) -> Run:
        (start,), dtype = self._starts([described["start"]]), self.plan.settings.dtype
        epochs, stopped = int(described["epochs"]), described["stopped"]
        if not 0 <= epochs <= self.plan.settings.epochs or not isinstance(stopped, str | None):
            raise ValueError("its starts are none")
        parameters = {
            name: self.archive.array(f"{prefix}/{name}", tuple(shape), dtype)
            for name, shape in self.plan.net.parameters.items()
        }
        history = self.archive.array(f"{prefix}/history", (epochs, len(MEASURED)), np.float64)
        measured = self.archive.array(f"{prefix}/measured", (len(MEASURED),), np.float64)
        return Run(start, parameters, history, measured, stopped)

    def _starts(self, pairs: Any) -> list[Start]:
        """Return a group of starts, which the plan has, and which can be trained together."""
        starts = [Start(int(optimizer), int(seed)) for optimizer, seed in pairs]
        known = {start for group in self.plan.groups for start in group}
        if not known.issuperset(starts) or not 0 < len(set(starts)) == len(starts):
            raise ValueError("its starts are none of this training")
        if len(starts) > 1 and not self.plan.may_go_together:
            raise ValueError("its starts cannot go together")
        return starts


def _generator(state: Mapping[str, Any]) -> np.random.Generator:
    made = np.random.default_rng(0)
    made.bit_generator.state = dict(state)
    return made


def _often(every: float | str) -> tuple[float | None, int | None]:
    """Return the seconds or the steps between checkpoints."""
    number, _, unit = str(every).strip().partition(" ")
    try:
        if unit in ("step", "steps") and int(number) > 0:
            return None, int(number)
        if unit in ("", "s", "second", "seconds") and 0 < float(number) < np.inf and not isinstance(every, bool):
            return float(number), None
    except ValueError:
        pass
    raise InputError(f"bad time between checkpoints {every!r} (accepted: seconds, such as 60, or '500 steps')")
