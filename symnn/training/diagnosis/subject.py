"""What is diagnosed, and what is found: a training with its examples, and a finding in a sentence with a remedy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.compiling import compile_program
from symnn.errors import CalculusError, CompileError, InputError
from symnn.language import Program
from symnn.training.curvature import Curvature, Extremes
from symnn.training.diagnosis.slopes import Slopes, slopes_of
from symnn.training.evaluating import evaluate, outputs_of
from symnn.training.examples import Examples
from symnn.training.targets import Targets

Array = NDArray[Any]

_MOST_SEEN, _BLOCKS = 2000, 20
_WELL, _NO_BETTER = 0.1, 0.98


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a training.

    Attributes:
        name: what is wrong, one of `symnn.training.diagnosis.NAMES`.
        sentence: how that shows, with its numbers.
        remedy: what to do about it.
        numbers: the numbers by name.
    """

    name: str
    sentence: str
    remedy: str
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence}; {self.remedy}"


@dataclass(frozen=True, eq=False)
class Subject:
    """A training that is looked at.

    Attributes:
        net: the network.
        parameters: those that training ended with.
        targets: what the outputs stand for.
        training: the examples that were learned from, ready in float64.
        validation: other examples, or None.
        history: a dictionary an epoch, as of `Fit`.
        learning_rate: the step size η; not a positive number where there is none or it is not known.
        optimizer: what took the steps, such as "SGD"; "" where that is not known.
        stopped: why training ended before its time, or None.
        seed: of the first parameters.
        brief: whether what takes a Hessian is left out.
    """

    net: Any
    parameters: dict[str, Array]
    targets: Targets
    training: Examples
    validation: Examples | None
    history: Sequence[Mapping[str, Any]]
    learning_rate: float
    optimizer: str
    stopped: str | None
    seed: int
    brief: bool = False

    @cached_property
    def seen(self) -> Examples:
        """Of very many examples, evenly chosen ones: what units do is seen on these."""
        step = -(-len(self.training) // _MOST_SEEN)
        return self.training.rows(slice(None, None, step))

    @cached_property
    def slopes(self) -> list[Slopes]:
        """How steep the activations are at these examples."""
        return slopes_of(self.net, self.parameters, self.seen)

    @cached_property
    def curvature(self) -> Curvature:
        return Curvature(self.net, self.parameters, self.training)

    @cached_property
    def cost(self) -> float:
        return evaluate(self.net, self.parameters, self.training.X, self.training.Y, self.training.beside)[1]

    def moved(self, rate: float) -> float:
        """Return the cost after one more step of gradient descent on all examples."""
        slopes = self.curvature.gradients
        after = {name: value - rate * slopes[name] for name, value in self.parameters.items()}
        return evaluate(self.net, after, self.training.X, self.training.Y, self.training.beside)[1]

    @cached_property
    def validation_cost(self) -> float | None:
        if self.validation is None:
            return None
        return evaluate(self.net, self.parameters, self.validation.X, self.validation.Y, self.validation.beside)[1]

    @cached_property
    def validation_error(self) -> float | None:
        """The standard error of the validation cost, from the costs of 20 parts of its examples, or None.

        It is what chance does: where few examples are wrong and cost much, it is as large as the cost itself.
        """
        if self.validation is None or len(self.validation) < 2:
            return None
        count = min(_BLOCKS, len(self.validation))
        parts = [self.validation.rows(slice(first, None, count)) for first in range(count)]
        costs = [evaluate(self.net, self.parameters, part.X, part.Y, part.beside)[1] for part in parts]
        return float(np.std(costs, ddof=1) / math.sqrt(count))

    @cached_property
    def outputs(self) -> Array:
        """The network's outputs for what it learned from, (examples, outputs)."""
        return outputs_of(self.net, self.parameters, self.training.X)

    @cached_property
    def constant_cost(self) -> float | None:
        """The cost of giving every example the mean of the targets, with the penalties as they are.

        None where the cost is not a function of the output and the targets alone.
        """
        output = self.net.output
        batched = self.net.gradient().batched
        rest = [equation for equation in batched.pruned(["C"]) if equation.tensor.name != output]
        program = Program(rest, batched.facts).pruned(["C"])
        if "x" in program.inputs or output not in program.inputs:
            return None
        part = self.training
        mean = np.broadcast_to(part.Y.mean(axis=0), part.Y.shape)
        try:
            compiled = compile_program(program, ["C"])
        except CompileError:
            return None
        given = {output: mean, "y": part.Y, **part.beside, **self.parameters}
        with np.errstate(all="ignore"):
            cost = float(compiled.raw(*[given[name] for name in compiled.arguments])[0])
        return cost if math.isfinite(cost) else None

    @cached_property
    def little_learned(self) -> bool:
        """Whether the cost is more than half of that of giving every example the mean of the targets."""
        reference = self.constant_cost
        return reference is None or not self.cost <= reference / 2

    @cached_property
    def well_learned(self) -> bool:
        """Whether the cost is below 10 % of that of giving every example the mean of the targets."""
        return self.constant_cost is not None and self.cost < _WELL * self.constant_cost

    @cached_property
    def no_better(self) -> bool:
        """Whether the cost is no better than that of giving every example the mean of the targets, within 2 %."""
        return self.constant_cost is not None and self.cost >= _NO_BETTER * self.constant_cost

    @cached_property
    def slope(self) -> float:
        """‖g‖ max(1, ‖θ‖) / C: what share of the cost changing all parameters by as much as they are changes."""
        size = max(1.0, self.curvature.length)
        return self.curvature.gradient_norm * size / abs(self.cost) if self.cost else 0.0

    @cached_property
    def first_parameters(self) -> dict[str, Array] | None:
        """What training began with, or None where that is not known."""
        try:
            return dict(self.net.initial_parameters(seed=self.seed))
        except InputError:
            return None

    @cached_property
    def extremes(self) -> Extremes | None:
        """The ends of the spectrum of the Hessian, or None where there are no second derivatives."""
        return None if self.brief else _extremes(self.curvature)

    @cached_property
    def first_extremes(self) -> Extremes | None:
        """The same at the parameters that training began with."""
        if self.brief or self.first_parameters is None:
            return None
        return _extremes(Curvature(self.net, self.first_parameters, self.training))


def _extremes(curvature: Curvature) -> Extremes | None:
    try:
        found = curvature.extremes
    except (CalculusError, CompileError):
        return None
    return found if math.isfinite(found.largest) else None


def length_of_weights(parameters: Mapping[str, Array]) -> float:
    """Return √(Σ w²) over the parameters of more than one axis, which penalties are on."""
    return math.sqrt(sum(float(np.sum(np.square(value))) for value in parameters.values() if np.ndim(value) > 1))


def percent(share: float) -> str:
    """Return a share as text.

    >>> percent(0.974), percent(1.0), percent(0.004)
    ('97 %', '100 %', '0.4 %')
    """
    shown = 100 * share
    return f"{shown:.0f} %" if shown >= 1 or shown == 0 else f"{shown:.1g} %"
