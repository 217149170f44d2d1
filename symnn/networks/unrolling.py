"""Unrolling: a recurrent cell written out for T steps, with the same parameters in all of them.

    x_t[k] = x[t − 1, k],   h_t = cell(x_t, h_{t−1}),   h_0 = 0

A parameter stands in every step, so that its gradient is a sum over the steps: ∂C/∂W = Σ_t δ_t x_tᵀ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Add, Integer, KroneckerDelta

from symnn.errors import InputError, suggest
from symnn.language import Entry, Equation, Tensor, index, transform
from symnn.networks.composing import renamed
from symnn.networks.layers import Array, Layer
from symnn.networks.recurrent import Cell

OUTPUTS = ("last", "all")
STARTS = ("zero", "parameter", "input")


def unroll(cell: Cell, steps: int, outputs: str = "last", initial: str = "zero") -> Unrolled:
    """Return a cell written out for T steps in time, as a layer.

    Args:
        cell: a `RecurrentCell`, `LSTMCell`, `GRUCell`, or a cell of your own.
        steps: T, a number; an example is (T, d).
        outputs: "last" for the output h_T of the last step; "all" for H of shape (T, outputs), a row a step.
        initial: the states before the first step: "zero", "parameter" (learned: h_0), or "input" (given with
            the data: h_0).

    >>> from symnn.language import Program, tensor
    >>> from symnn.networks import RecurrentCell
    >>> print(Program(unroll(RecurrentCell(2, 3), steps=2).equations(tensor("x", (2, 2)))))
    x_1[k] = x[0, k]
    z_1[j] = Sum(W[j, k]*x_1[k], k) + b[j]
    h_1[j] = tanh(z_1[j])
    x_2[k] = x[1, k]
    z_2[j] = Sum(U[j, q]*h_1[q], q) + Sum(W[j, k]*x_2[k], k) + b[j]
    h_2[j] = tanh(z_2[j])

    Raises:
        InputError: for what is no cell, a number of steps below 1, or an unknown choice.
    """
    return Unrolled(cell, steps, outputs, initial)


class Unrolled(Layer):
    """A recurrent cell written out for T steps, h_t = cell(x_t, h_{t−1}): see `unroll`."""

    def __init__(self, cell: Cell, steps: int, outputs: str = "last", initial: str = "zero") -> None:
        if not isinstance(cell, Cell):
            raise InputError(f"unroll: {cell!r} is not a cell (subclass symnn.networks.Cell)")
        if not isinstance(steps, int | Integer) or isinstance(steps, bool) or steps < 1:
            raise InputError(f"unroll: steps={steps!r}: a whole number from 1 on is needed")
        for name, given, accepted in (("outputs", outputs, OUTPUTS), ("initial", initial, STARTS)):
            if given not in accepted:
                raise InputError(f"unroll: unknown {name} {given!r}{suggest(str(given), accepted)}")
        self.cell, self.steps, self.returns, self.initial = cell, int(steps), outputs, initial
        self.inputs = (Integer(steps), cell.inputs)
        self.outputs = cell.outputs if outputs == "last" else (Integer(steps), cell.outputs)

    def equations(self, inputs: Tensor) -> list[Equation]:
        """Return the equations of all steps, one step after the other."""
        role = "input" if self.initial == "input" else "parameter"
        states = {name: Tensor(f"{name}_0", (self.cell.outputs,), role) for name in self.cell.states}
        written: list[Equation] = []
        for step in range(1, self.steps + 1):
            written += self._step(step, inputs, states)
            states = {name: Tensor(f"{name}_{step}", (self.cell.outputs,)) for name in self.cell.states}
        return written if self.returns == "last" else [*written, self._together()]

    def _step(self, step: int, inputs: Tensor, before: Mapping[str, Tensor]) -> list[Equation]:
        """Return the input of a step, and the cell's equations of it."""
        k = index("k", self.cell.inputs)
        x = Tensor("x", (self.cell.inputs,))
        own = self.cell.equations(x)
        defined = {equation.tensor.name for equation in own}
        names = {"x": f"x_{step}", **{name: f"{name}_{step}" for name in defined}}
        names |= {f"{name}_0": state.name for name, state in before.items()}
        mine = renamed(own, lambda name: names.get(name, name))
        taken = Equation(Tensor(names["x"], (self.cell.inputs,))[k], inputs[step - 1, k])
        return [taken, *(_with_states(equation, before, step == 1 and self.initial == "zero") for equation in mine)]

    def _together(self) -> Equation:
        """H[t, j] = Σ_τ [t = τ] h_τ[j], with t counted from 0."""
        T, size = self.outputs
        t, j = index("t", T), index("j", size)
        rows = [Tensor(f"{self.cell.states[0]}_{step}", (size,))[j] for step in range(1, self.steps + 1)]
        return Equation(Tensor("H", (T, size))[t, j], Add(*(KroneckerDelta(t, n) * row for n, row in enumerate(rows))))

    def initial_parameters(
        self, shapes: Mapping[str, tuple[int, ...]], generator: np.random.Generator, method: str | None
    ) -> dict[str, Array]:
        """Return the cell's own first values, and states that start at 0."""
        starts = {f"{name}_0" for name in self.cell.states}
        own = self.cell.initial_parameters({n: s for n, s in shapes.items() if n not in starts}, generator, method)
        return {name: own[name] if name in own else np.zeros(shape) for name, shape in shapes.items()}


def _with_states(equation: Equation, before: Mapping[str, Tensor], zero: bool) -> Equation:
    """Return an equation of a step with the states before it in their own role, or 0 where there are none."""
    named = {state.name: state for state in before.values()}

    def change(part: Any) -> Any:
        if isinstance(part, Entry) and part.base.name in named:
            return Integer(0) if zero else named[part.base.name][part.indices]
        return None

    return Equation(equation.left, transform(equation.right, change))
