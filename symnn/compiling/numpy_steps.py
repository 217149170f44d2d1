"""Steps with NumPy: one function bound to its arrays for each size of a batch, called again and again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.calculus.inlining import inlined
from symnn.compiling.biases import Biased, biased, with_ones
from symnn.compiling.blas import LARGE
from symnn.compiling.formulas import with_formulas
from symnn.compiling.helpers import HELPERS
from symnn.compiling.in_place import Feed, InPlace, Trial, bind, defined
from symnn.compiling.joining import block, joined, together, updates_of, views
from symnn.compiling.lines import program_lines
from symnn.compiling.memory import keep_freed_memory
from symnn.compiling.operations import Operations, operations_of
from symnn.compiling.outer import with_vectors
from symnn.compiling.printing import ArrayPrinter
from symnn.compiling.sizes import size_lines
from symnn.compiling.stable import stable
from symnn.compiling.stepping import Begin, StepProgram, Steps
from symnn.language import Program, Tensor, tensors
from symnn.writing.write import writer_for

Array = NDArray[Any]


def numpy_steps(step: StepProgram) -> Begin:
    """Return what begins runs of a step with NumPy."""
    keep_freed_memory()

    @cache
    def code() -> _Code:
        return _Code(step)

    def begin(carried: Mapping[str, Array], data: Mapping[str, Array]) -> Steps:
        return NumPySteps(step, code(), carried, data)

    return begin


class _Code:
    """The operations of a step."""

    def __init__(self, step: StepProgram) -> None:
        self.step = step
        program = with_gradients_put_in(stable(step.program)[0].pruned(step.wanted), step)
        self.needed, _ = with_vectors(program, step.wanted)
        formulas = with_formulas(self.needed)
        printer = ArrayPrinter(step.dtype)
        # A number after a sum costs a call; of small arrays one call serves all, of large ones BLAS's product takes it.
        outside = {e.tensor.name for e in formulas if _is_small(e.tensor)} | {*step.renewed.values()}
        lines, _ = program_lines(formulas, step.wanted, printer, outside)
        tensors = formulas.tensors
        names = {name for name, _ in lines}
        sizes = {s for _, line in lines for s in line.free_symbols if s.is_integer} - names
        told = size_lines(sizes, tensors, [name for name in (*step.renewed, *step.data) if name in tensors])
        self.sizes = {str(size): str(printer.doprint(where)) for size, where in told}
        scalars = [name for name, tensor in tensors.items() if not tensor.rank]
        self.operations = operations_of(lines, scalars, printer, [*tensors, *self.sizes])
        self.helpers = defined(printer.helpers, HELPERS)

    def wanted(self, with_cost: bool) -> Operations:
        """Return the operations that are needed; the cost is asked for once in a while only."""
        wanted = {*self.step.renewed.values(), *([self.step.cost] if with_cost else [])}
        kept = []
        for operation in reversed(self.operations.operations):
            if operation.name in wanted:
                kept.append(operation)
                wanted.update(operation.uses)
        return Operations(tuple(reversed(kept)), self.operations.numbers)

    @cached_property
    def equations(self) -> dict[str, str]:
        """For the name of a tensor, how its equation is written."""
        writer = writer_for(self.needed, "ascii")
        writer.base = 0  # as arrays count
        return {e.tensor.name: " = ".join(writer.equation(e)) for e in self.needed}


def with_gradients_put_in(program: Program, step: StepProgram) -> Program:
    """Return the program with each gradient that only an update uses written where it is used.

    W_new = W − η ∂C/∂W with ∂C/∂W = (1/m) Σₙ δ[n, j] a[n, k] becomes W − (η/m) Σₙ δ[n, j] a[n, k]: the factors
    meet, and go to δ, which is smaller than W.
    """
    updates = {*step.renewed.values()}
    used = {tensor.name for e in program if e.tensor.name in updates for tensor in tensors(e.right)}
    put_in = {e.tensor.name for e in program if e.tensor.name in used and e.tensor.role == "adjoint"}
    equations = inlined(list(program), {e.tensor.name for e in program} - put_in)
    return Program(equations, program.facts, program.layered, program.adjoints)


def _is_small(tensor: Tensor) -> bool:
    return all(size.is_Integer for size in tensor.shape) and math.prod(map(int, tensor.shape)) < LARGE


class NumPySteps:
    """The steps of one run."""

    def __init__(
        self,
        step: StepProgram,
        code: _Code,
        carried: Mapping[str, Array],
        data: Mapping[str, Array],
    ) -> None:
        self.step, self.code = step, code
        self.now = {name: np.array(carried[name], step.dtype, order="C") for name in step.renewed}
        self.fixed = {name: np.asarray(value, step.dtype) for name, value in step.settings.items()}
        # Rows are brought together: of columns `take` would copy all of them first, in every step.
        self.data = {name: np.ascontiguousarray(data[name], step.dtype) for name in step.data}
        self.homes: dict[tuple[str, ...], Array] = {}
        """For carried arrays that lie one behind the other: the one array that they are parts of."""
        self.layers: dict[tuple[str, ...], dict[int, Biased]] = {}
        """For such arrays: the layers whose weights lie in rows with their bias, by the place of the weights."""
        self.blocks: dict[str, Array] = {}
        """Such rows, by the layers' names for them."""
        self.batches: dict[tuple[int, ...], dict[str, Array]] = {}
        self.bound: dict[tuple[tuple[int, ...], bool], InPlace] = {}
        self.plans: dict[tuple[tuple[int, ...], int], tuple[int, Any, Any]] = {}
        """For orders of a shape, and the size of a batch: see `_plan`."""

    def take(self, order: Array, batch_size: int) -> Any:
        key = order.shape, batch_size
        if key not in self.plans:
            self.plans[key] = self._plan(*key)
        last, step, last_step = self.plans[key]
        if last:
            for rows in np.moveaxis(order[..., :last].reshape(*order.shape[:-1], -1, batch_size), -2, 0):
                step(rows)
            order = order[..., last:]
        cost = last_step(order)
        return cost.copy() if isinstance(cost, np.ndarray) else cost

    def _plan(self, shape: tuple[int, ...], batch_size: int) -> tuple[int, Any, Any]:
        """Return where the last batch of an order begins, the step on those before it, and that on it."""
        *lead, count = shape
        last = (count - 1) // batch_size * batch_size
        step = self.bound_step((*lead, batch_size)).step if last else None
        return last, step, self.bound_step((*lead, count - last), True).step

    def bound_step(self, shape: tuple[int, ...], with_cost: bool = False) -> InPlace:
        """Return the step on batches of a shape; what it returns is the cost, if that is wanted."""
        key = shape, with_cost
        if key not in self.bound:
            self.bound[key] = self._bind(shape, with_cost)
        return self.bound[key]

    def batch(self, shape: tuple[int, ...]) -> dict[str, Array]:
        """Return the arrays into which a batch of a shape is brought together, by the names of the data."""
        batch = self.batches.setdefault(shape, {})
        for name, array in self.data.items():
            if name not in batch:
                batch[name] = np.zeros((*shape, *array.shape[1:]), array.dtype)
        return batch

    def _bind(self, shape: tuple[int, ...], with_cost: bool) -> InPlace:
        if not self.bound:
            self._arrange(shape[:-1])
        operations, feed = self.code.wanted(with_cost), self._feed(shape, with_cost)
        values = Trial(operations, feed, self.code.helpers).values
        found = updates_of(operations.operations, values, feed.renewed)
        found = [updates for updates in found if all(names in self.homes for names in together(updates))]
        for updates in found:
            layers = self.layers[together(updates)[0]]
            for layer in layers.values():
                operations = replace(operations, operations=layer.rewritten(operations.operations))
            operations, feed = joined(operations, updates, feed, values, self.homes, layers)
        return bind(operations, feed, self.code.helpers, lambda: self.code.equations)

    def _arrange(self, lead: tuple[int, ...]) -> None:
        """Lay arrays that are renewed in one form behind each other, before the first step."""
        # With the cost: equal steps are to give equal bits, whether it is asked for or not. One example is enough.
        operations, feed = self.code.wanted(True), self._feed((*lead, 1), True)
        values = Trial(operations, feed, self.code.helpers).values
        for updates in updates_of(operations.operations, values, feed.renewed):
            layers = biased(operations.operations, updates, self.data, values)
            for names in together(updates):
                arrays = [self.now[name] for name in names]
                shapes = [array.shape for array in arrays]
                whole = self.homes[names] = np.empty(sum(array.size for array in arrays), self.step.dtype)
                self.layers[names] = layers
                self.now.update(zip(names, views(whole, shapes, layers), strict=True))
                for name, array in zip(names, arrays, strict=True):
                    self.now[name][...] = array
                for place, layer in layers.items():
                    if layer.weights == names[place]:
                        self.blocks[layer.block] = block(whole, shapes, place)
            for layer in layers.values():
                self.data[layer.extended] = with_ones(self.data[layer.data])

    def _feed(self, shape: tuple[int, ...], with_cost: bool) -> Feed:
        arrays = {**self.fixed, **self.now, **self.blocks, **self.batch(shape)}
        sizes = {name: eval(text, dict(arrays)) for name, text in self.code.sizes.items()}
        returned = self.step.cost if with_cost else None
        return Feed(
            {**arrays, **sizes},
            frozenset({*self.fixed, *sizes}),
            self.step.renewed,
            self.data,
            returned,
            self.step.dtype,
        )

    def carried(self) -> dict[str, Array]:
        return {name: array.copy() for name, array in self.now.items()}
