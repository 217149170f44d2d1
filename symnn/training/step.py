"""One step of training, compiled whole: the gradient's equations followed by the optimizer's."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.calculus.starts import with_starts
from symnn.compiling import Compiled, compile_program
from symnn.compiling.backends import Backend, backend_of
from symnn.compiling.stepping import Begin, StepProgram, Steps
from symnn.errors import InputError
from symnn.language import Equation, Program, Tensor, examples, tensor
from symnn.networks.weighting import names_beside
from symnn.training.examples import Examples
from symnn.training.optimizers import Optimizer

Array = NDArray[Any]


@dataclass(frozen=True)
class Step:
    """A compiled step: new parameters and the batch's cost, from parameters and a batch.

    Attributes:
        program: the equations: forward, backward, update.
        cost: the name of the cost.
        carried: what goes from step to step, the parameters and the optimizer's state: for each the name of its
            next value.
        state: the tensors of the optimizer's state.
        backend: what makes the code, and takes the steps.
        dtype: float64 or float32.
        settings: the values of the hyperparameters that the equations use.
        first: what every entry of such a tensor is before the first step, where that is not 0.
    """

    program: Program
    cost: str
    carried: Mapping[str, str]
    state: dict[str, Tensor]
    backend: Backend
    dtype: str
    settings: dict[str, Array]
    _data: tuple[str, str]
    first: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def compiled(self) -> Compiled:
        """The step as a function: what is carried, settings and a batch in; the cost and what is carried next out."""
        outputs = (self.cost, *self.carried.values())
        return compile_program(self.program, outputs, self.dtype, release=True, make=self.backend.function)

    def given(self, part: Examples) -> dict[str, Array]:
        """Return what a step takes of some examples, by name."""
        return {self._data[0]: part.X, self._data[1]: part.Y, **part.beside}

    def __call__(
        self, carried: dict[str, Array], X: Array, Y: Array, beside: Mapping[str, Array] = MappingProxyType({})
    ) -> tuple[float, dict[str, Array]]:
        """Return the cost before the step, and what is carried to the next.

        Args:
            beside: what the batch's examples have beside x and y: weights s, a mask M.
        """
        given = {**self.settings, **carried, **self.given(Examples(X, Y, beside))}
        cost, *renewed = self.compiled.raw(*[given[name] for name in self.compiled.arguments])
        return float(cost), dict(zip(self.carried, renewed, strict=True))

    @cached_property
    def step_program(self) -> StepProgram:
        """The equations, and how they are fed."""
        data = tuple(name for name in self.program.inputs if name not in {**self.settings, **self.carried})
        return StepProgram(self.program, self.cost, self.carried, self.settings, data, self.dtype)

    @cached_property
    def steps(self) -> Begin:
        """What begins runs of this step: see `symnn.compiling.stepping`."""
        return self.backend.steps(self.step_program)

    def begin(
        self, carried: Mapping[str, Array], X: Array, Y: Array, beside: Mapping[str, Array] = MappingProxyType({})
    ) -> Steps:
        """Return the steps of a run on these examples."""
        return self.steps(carried, self.given(Examples(X, Y, beside)))

    def begin_together(self, carried: Mapping[str, Array], part: Examples, settings: Mapping[str, Array]) -> Steps:
        """Return the steps of several starts at once: everything carried has a leading axis that counts them.

        Args:
            carried: into the first step.
            part: the examples.
            settings: for each hyperparameter that differs between the starts, its values, (starts,).
        """
        apart = frozenset(settings)
        if apart not in self._of_starts:
            self._of_starts[apart] = self.backend.steps(of_starts(self.step_program, apart))
        return self._of_starts[apart]({**carried, **settings}, self.given(part))

    @cached_property
    def _of_starts(self) -> dict[frozenset[str], Begin]:
        return {}

    def forward(self, output: str, parameters: Collection[str], together: bool = False) -> Compiled:
        """Return the code of the cost and of an output alone, with NumPy.

        Args:
            output: the name of the output.
            parameters: the names of the parameters.
            together: whether they have a leading axis, which counts several starts.
        """
        if (output, together) not in self._forward:
            program = self.program.pruned((self.cost, output))
            if together:
                program = with_starts(program, program.inputs.keys() & set(parameters))
            made = compile_program(program, (self.cost, output), self.dtype, release=True)
            self._forward[output, together] = made
        return self._forward[output, together]

    @cached_property
    def _forward(self) -> dict[tuple[str, bool], Compiled]:
        return {}

    @cached_property
    def size(self) -> int:
        """How many numbers are carried."""
        return sum(math.prod(int(size) for size in self.program.find(name).shape) for name in self.carried)

    @cached_property
    def between(self) -> int:
        """How many numbers an example has between its inputs and the new parameters."""
        shapes = [tensor.shape for tensor in self.program.defined.values() if examples in tensor.shape]
        return sum(math.prod(int(size) for size in shape if size != examples) for shape in shapes) or 1

    def start(self, parameters: dict[str, Array], dtype: str) -> dict[str, Array]:
        """Return what is carried into the first step: the parameters, and the optimizer's state, mostly zeros."""
        state = {
            name: np.full([int(size) for size in tensor.shape], self.first.get(name, 0.0), dtype)
            for name, tensor in self.state.items()
        }
        return {**{name: np.array(value, dtype) for name, value in parameters.items()}, **state}


def of_starts(step: StepProgram, apart: Collection[str] = ()) -> StepProgram:
    """Return a step of several starts at once: a leading axis counts them in all that is theirs.

    Args:
        step: of one start.
        apart: the hyperparameters that differ between the starts; what is carried has them then, and they stay.
    """
    stay = {name: step.program.fresh_name(f"{name}_new") for name in sorted(apart)}
    kept = [Equation(tensor(new, (), "value"), step.program.find(name)[()]) for name, new in stay.items()]
    whole = with_starts(step.program.extended(kept), {*step.renewed, *step.data, *apart} & step.program.inputs.keys())
    settings = {name: value for name, value in step.settings.items() if name not in apart}
    return replace(step, program=whole, renewed={**step.renewed, **stay}, settings=settings)


def compile_step(
    net: Any, optimizer: Optimizer, dtype: str = "float64", backend: str = "numpy", known: Step | None = None
) -> Step:
    """Return the compiled step of a network: one program, from the batch to the new parameters.

    Args:
        known: another step of the network: its code is taken, if only numbers differ.

    Raises:
        InputError: for a network with hyperparameters that have no value, or without targets; for a backend
            that is unknown or not installed.
    """
    chosen = backend_of(backend)
    gradient = net.gradient()
    batched: Program = gradient.batched
    # What the cost does not depend on is in the network's own equations alone; its gradient is 0.
    parameters = {name: (batched if name in batched.inputs else net.program).find(name) for name in gradient.gradients}
    adjoints = {name: batched.find(adjoint) for name, adjoint in gradient.gradients.items()}
    update = optimizer.update(parameters, adjoints, batched)
    wanted = (gradient.of, *update.renewed.values())
    program = batched.extended(update.equations).pruned(wanted)
    fixed = {name: np.asarray(value, dtype) for name, value in update.settings.items()}
    if known is not None and (known.program, known.first) == (program, update.start):
        return replace(known, settings=fixed)
    x, y = _only(program, "input", net), _only(program, "target", net)
    for name in program.inputs:
        if name not in (x.name, y.name, *update.renewed, *fixed, *names_beside(net)):
            raise InputError(f"cannot train: '{name}' has no value: give it one, as in hyperparameter {name} = 0.01")
    return Step(
        program, gradient.of, update.renewed, update.state, chosen, dtype, fixed, (x.name, y.name), update.start
    )


def _only(program: Program, role: str, net: Any) -> Tensor:
    found = [t for t in program.inputs.values() if t.role == role and t.name not in names_beside(net)]
    if len(found) != 1:
        names = ", ".join(tensor.name for tensor in found) or "none"
        raise InputError(f"cannot train: the network needs one {role}, it has {names}")
    return found[0]
