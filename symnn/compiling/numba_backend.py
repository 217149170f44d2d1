"""The numba backend: loops in Python source that numba makes machine code of.

No `fastmath`: sums are added in the order in which they are written, and nan stays nan.
"""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.compiling.formulas import with_formulas
from symnn.compiling.lowered import Code, Lowered
from symnn.compiling.memory import keep_freed_memory
from symnn.compiling.numba_code import function_source, steps_source
from symnn.compiling.outer import with_vectors
from symnn.compiling.stable import stable
from symnn.compiling.stepping import Begin, StepProgram, Steps
from symnn.language import Equation, fresh_index_over

Array = NDArray[Any]

_NUMBERS = itertools.count(1)


def numba_function(lowered: Lowered) -> Code:
    """Return the function of a program, as loops: it is compiled when it is first called.

    Raises:
        CompileError: for what there is no code for, or a size that no array tells.
    """
    keep_freed_memory()
    dtype, tensors = lowered.dtype, lowered.tensors
    source = function_source(with_formulas(lowered.program), lowered.arguments, lowered.outputs, tensors, dtype)
    number = np.dtype(dtype).type
    ranks = [tensors[name].rank for name in lowered.arguments]
    made = [tensors[name].rank for name in lowered.outputs]

    @cache
    def function() -> Any:
        return _compiled(source, "compute", tuple(_array_type(rank, dtype, readonly=True) for rank in ranks))

    def raw(*arrays: Any) -> tuple[Any, ...]:
        given = zip(arrays, ranks, strict=True)
        results = function()(*[np.ascontiguousarray(a, dtype) if rank else number(a) for a, rank in given])
        return tuple(value if rank else number(value) for value, rank in zip(results, made, strict=True))

    return Code(raw, lambda: source)


def numba_steps(step: StepProgram) -> Begin:
    """Return what begins runs of a step: all steps of an order are one call of compiled code.

    Raises:
        CompileError: for what there is no code for, or a size that no array tells.
    """
    keep_freed_memory()
    step = _with_copies(step)
    program = with_formulas(with_vectors(stable(step.program)[0].pruned(step.wanted), step.wanted)[0])
    settings = [name for name in step.settings if name in program.inputs]
    source = steps_source(program, step, settings)

    @cache
    def function() -> Any:
        tensors, whole = step.program.tensors, _numba().intp
        ranks = [*(max(tensors[name].rank, 1) for name in step.renewed), *(0 for _ in settings)]
        ranks += [tensors[name].rank for name in step.data]
        return _compiled(source, "take", (whole[::1], whole, *(_array_type(rank, step.dtype) for rank in ranks)))

    def begin(carried: Mapping[str, Array], data: Mapping[str, Array]) -> Steps:
        numbers = [np.dtype(step.dtype).type(step.settings[name]) for name in settings]
        return _NumbaSteps(function(), step, numbers, carried, data)

    return begin


class _NumbaSteps:
    """The steps of one run."""

    def __init__(
        self,
        function: Callable[..., float],
        step: StepProgram,
        numbers: list[Any],
        carried: Mapping[str, Array],
        data: Mapping[str, Array],
    ) -> None:
        self.function = function
        self.now = {name: np.array(carried[name], step.dtype, order="C") for name in step.renewed}
        examples = [np.require(data[name], step.dtype, ["C", "W"]) for name in step.data]
        self.arguments = [*(np.atleast_1d(array) for array in self.now.values()), *numbers, *examples]

    def take(self, order: Array, batch_size: int) -> float:
        return float(self.function(np.ascontiguousarray(order, np.intp), batch_size, *self.arguments))

    def carried(self) -> dict[str, Array]:
        return {name: array.copy() for name, array in self.now.items()}


def _with_copies(step: StepProgram) -> StepProgram:
    """Return the step with an equation for each next value that is something given: it changes before it is copied."""
    equations, renewed = [], dict(step.renewed)
    for name, new in step.renewed.items():
        if new not in step.program.defined:
            given = step.program.find(new)
            at = tuple(fresh_index_over(size) for size in given.shape)
            made = given.like(step.program.fresh_name(f"{name}_new", renewed.values()), role="value")
            equations.append(Equation(made[at], given[at]))
            renewed[name] = made.name
    return replace(step, program=step.program.extended(equations), renewed=renewed) if equations else step


def _numba() -> Any:
    import numba

    return numba


def _array_type(rank: int, dtype: str, readonly: bool = False) -> Any:
    number = getattr(_numba(), dtype)
    return _numba().types.Array(number, rank, "C", readonly=readonly) if rank else number


@lru_cache(maxsize=64)
def _compiled(source: str, name: str, types: tuple[Any, ...]) -> Any:
    """Return the function of a source, compiled for arguments of these types: that takes seconds, and is kept."""
    place, namespace = f"<symnn {name} {next(_NUMBERS)}>", dict[str, Any]()
    linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)  # numba reads it there
    exec(compile(source, place, "exec"), namespace)  # symnn's own text, of checked names
    made = _numba().njit(error_model="numpy", nogil=True, boundscheck=False)(namespace[name])
    made.compile(types)
    return made
