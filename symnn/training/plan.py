"""What all starts of one training share: the network, its step, the examples, and how it goes down."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.compiling.backends import BACKENDS, backend_of
from symnn.compiling.cost_model import likely_fastest
from symnn.errors import InputError, suggest
from symnn.training.evaluating import as_inputs
from symnn.training.examples import Examples, encoded, filled
from symnn.training.measuring import Measure
from symnn.training.optimizers import LBFGS, Optimizer, first_rate, optimizer_of
from symnn.training.shapes import input_shape, output_shape
from symnn.training.starts import Start, StepsTogether, begin, grouped, may_go_together
from symnn.training.step import Step, compile_step
from symnn.training.targets import Targets, targets_of

Array = NDArray[Any]

DTYPES = ("float64", "float32")
AUTO = "auto"
BACKEND_NAMES = (*BACKENDS, AUTO)
MEASURED = ("cost", "accuracy", "validation_cost", "validation_accuracy")
"""What is measured after each epoch."""


@dataclass(frozen=True)
class Settings:
    """How long training goes on, and what everything random follows from."""

    epochs: int = 30
    batch_size: int = 10
    seed: int = 0
    restarts: int = 1
    dtype: str = "float64"
    backend: str = "numpy"

    def __post_init__(self) -> None:
        check_settings(self.epochs, self.batch_size, self.restarts, self.seed, self.dtype)
        if self.backend not in BACKEND_NAMES:
            raise InputError(f"unknown backend {self.backend!r}{suggest(str(self.backend), BACKEND_NAMES)}")

    @cached_property
    def seeds(self) -> list[int]:
        """The seed of each start; the first is the seed itself, so that more restarts can only do better."""
        numbers = range(1, self.restarts)
        derived = (int(np.random.SeedSequence([self.seed, number]).generate_state(1)[0]) for number in numbers)
        return [int(self.seed), *derived]


def check_settings(epochs: int, batch_size: int, restarts: int, seed: int, dtype: str) -> None:
    """Raise InputError unless the settings of a training make sense."""
    for name, value, least in (
        ("epochs", epochs, 1),
        ("batch size", batch_size, 1),
        ("restarts", restarts, 1),
        ("seed", seed, 0),
    ):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
            raise InputError(f"bad {name} {value!r}: it is a whole number, at least {least}")
    if dtype not in DTYPES:
        raise InputError(f"unknown dtype {dtype!r}{suggest(str(dtype), DTYPES)}")


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that the starts of one training share.

    Attributes:
        optimizers: those that are compared; mostly one.
        steps: of each optimizer.
        training: the examples that are learned from, as the steps take them.
        validation: examples that are watched, or None.
        largest: the size of the largest input.
    """

    net: Any
    optimizers: tuple[Optimizer, ...]
    steps: tuple[Step, ...]
    targets: Targets
    training: Examples
    validation: Examples | None
    settings: Settings
    largest: float

    @cached_property
    def groups(self) -> list[list[Start]]:
        """All starts, those together that are best trained together."""
        together = self.may_go_together
        return grouped(self.steps, self.settings.seeds, self.settings.batch_size, self.training, together)

    @property
    def may_go_together(self) -> bool:
        """Whether several starts can be trained at once."""
        return may_go_together(self.steps) and not any(isinstance(one, LBFGS) for one in self.optimizers)

    def learning_rate(self, start: Start) -> float:
        """Return the step size η of a start; of a schedule, that by which it measures its rates."""
        return first_rate(self.optimizers[start.optimizer])

    def first(self, start: Start) -> dict[str, Array]:
        """Return what is carried into the first step of a start."""
        step, seed = self.steps[start.optimizer], start.seed
        return step.start(self.net.initial_parameters(seed=seed), self.settings.dtype)

    def begin(self, starts: Sequence[Start], carried: Mapping[str, Array]) -> StepsTogether:
        """Return the steps of a group of starts, from what is carried into the next of them, (starts, …)."""
        return begin(self.steps, starts, carried, self.training)

    @cached_property
    def _measures(self) -> list[Measure]:
        parts = (self.training, self.validation)
        return [Measure(self.net, self.steps[0], self.targets, part) for part in parts if part is not None]

    def measure(self, parameters: Mapping[str, Array]) -> Array:
        """Return what is `MEASURED` of each of some starts, (starts, 4); nan where there is no such thing.

        Args:
            parameters: of all starts, (starts, …).
        """
        found = [measure(parameters) for measure in self._measures]
        return np.concatenate(found if len(found) == 2 else [*found, np.full_like(found[0], np.nan)], axis=1)

    def entry(self, epoch: int, measured: Array) -> dict[str, Any]:
        """Return an entry of the history: what is `MEASURED` by name, None where there is no such thing."""
        absent = {name for name in MEASURED if name.startswith("validation") and self.validation is None}
        if self.targets.classes is None:
            absent |= {"accuracy", "validation_accuracy"}
        values = zip(MEASURED, measured.tolist(), strict=True)
        return {"epoch": epoch, **{name: None if name in absent else value for name, value in values}}

    def judged(self, measured: Array) -> float:
        """Return the cost by which the best start is chosen; infinite where it is not finite."""
        cost = float(measured[0] if self.validation is None else measured[2])
        return cost if math.isfinite(cost) else math.inf


def planned(
    net: Any,
    X: Any,
    Y: Any,
    optimizers: Sequence[Optimizer | str | None],
    settings: Settings,
    validation: Sequence[Any] | None = None,
    example_weights: Any = None,
    mask: Any = None,
    classes: tuple[Any, ...] | None = None,
) -> Plan:
    """Return the plan of a training: see `train` for the arguments.

    Args:
        optimizers: each is tried with every seed.

    Raises:
        DataError, ShapeError: for data that cannot be learned from, with the place.
        InputError: for a network that cannot be trained.
    """
    if not hasattr(net, "gradient"):
        raise InputError(f"cannot train {net!r}: a network is needed, such as symnn.mlp('2-8-1')")
    if net.cost is None:
        raise InputError("cannot train a network without a cost (give it one, such as cost='quadratic')")
    inputs, outputs = input_shape(net), math.prod(output_shape(net))
    given = tuple(optimizer_of(one, net, outputs) for one in optimizers)
    asked = "numpy" if settings.backend == AUTO else settings.backend
    step = compile_step(net, given[0], settings.dtype, asked)
    others = [compile_step(net, one, settings.dtype, asked, known=step) for one in given[1:]]
    X = as_inputs(X, inputs)
    activation = net.activations[-1] if net.activations else "identity"
    for wanted, value, name in (("example_weights", example_weights, "example_weights"), ("masked", mask, "mask")):
        if getattr(net, wanted, False) and value is None:
            raise InputError(f"the network was made with {wanted}=True: train it with {name}=…")
    targets = targets_of(filled(Y, mask), outputs, net.cost, activation, classes)
    training = encoded(net, step.program, targets, X, Y, example_weights, mask).counting(settings.dtype)
    watched = None if validation is None else encoded(net, step.program, targets, *validation)
    ready = [None if part is None else part.ready(net, settings.dtype) for part in (training, watched)]
    assert ready[0] is not None
    largest = float(np.abs(training.X).max())
    steps = (step, *others)
    if settings.backend == AUTO:
        steps, settings = _with_backend_chosen(steps, settings, len(ready[0]))
    return Plan(net, given, steps, targets, ready[0], ready[1], settings, largest)


def _with_backend_chosen(
    steps: tuple[Step, ...], settings: Settings, count: int
) -> tuple[tuple[Step, ...], Settings]:
    """Return steps and settings with the backend that is likely to be the fastest for so many examples."""
    batch = min(settings.batch_size, count)
    number = -(-count // batch) * settings.epochs * settings.restarts * len(steps)
    name = likely_fastest(steps[0].step_program, batch, number)
    return tuple(replace(step, backend=backend_of(name)) for step in steps), replace(settings, backend=name)
