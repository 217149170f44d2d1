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
from symnn.training.evaluating import evaluate, outputs_of
from symnn.training.examples import Examples
from symnn.training.targets import Targets

Array = NDArray[Any]

_MOST_SEEN = 2000


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
    def curvature(self) -> Curvature:
        return Curvature(self.net, self.parameters, self.training)

    @cached_property
    def cost(self) -> float:
        return evaluate(self.net, self.parameters, self.training.X, self.training.Y, self.training.beside)[1]

    @cached_property
    def validation_cost(self) -> float | None:
        if self.validation is None:
            return None
        return evaluate(self.net, self.parameters, self.validation.X, self.validation.Y, self.validation.beside)[1]

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
    def extremes(self) -> Extremes | None:
        """The ends of the spectrum of the Hessian, or None where there are no second derivatives."""
        return None if self.brief else _extremes(self.curvature)

    @cached_property
    def first_extremes(self) -> Extremes | None:
        """The same at the parameters that training began with."""
        if self.brief:
            return None
        try:
            first = self.net.initial_parameters(seed=self.seed)
        except InputError:
            return None
        return _extremes(Curvature(self.net, first, self.training))


def _extremes(curvature: Curvature) -> Extremes | None:
    try:
        found = curvature.extremes
    except (CalculusError, CompileError):
        return None
    return found if math.isfinite(found.largest) else None


def percent(share: float) -> str:
    """Return a share as text.

    >>> percent(0.974), percent(1.0), percent(0.004)
    ('97 %', '100 %', '0.4 %')
    """
    shown = 100 * share
    return f"{shown:.0f} %" if shown >= 1 or shown == 0 else f"{shown:.1g} %"
