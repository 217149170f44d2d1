"""JAX: the lines that NumPy computes, printed for `jax.numpy` and compiled by `jax.jit`; on an accelerator too.

What comes in and goes out is NumPy's. Numbers have the program's type, whatever `jax_enable_x64` is set to: it is set
for the time of a call alone. What NumPy's linear algebra refuses (a singular matrix) is nan here.

Steps run on the device, where the data is from the beginning: a loop takes each batch by the order of the examples,
and goes on while the cost is finite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.compiling.compiled import lowered_program
from symnn.compiling.generated import generated, source_of
from symnn.compiling.jax_helpers import JAX_HELPERS
from symnn.compiling.jax_printing import JaxPrinter
from symnn.compiling.lowered import Code, Lowered
from symnn.compiling.stepping import Begin, StepProgram, Steps

Array = NDArray[Any]

_IMPORTS = "import jax\nimport jax.numpy as jnp\nimport numpy"


def jax_function(lowered: Lowered) -> Code:
    """Return the function compiled by JAX.

    Raises:
        CompileError: for a function without JAX code.
    """
    import jax

    function, helpers = _traceable(lowered)
    compiled, wide = jax.jit(function), lowered.dtype == "float64"

    def raw(*arrays: Any) -> tuple[Any, ...]:
        with jax.enable_x64(wide):
            return tuple(np.array(result) for result in compiled(*arrays))

    return Code(raw, lambda: _source(function, lowered, helpers), helpers)


def jax_steps(step: StepProgram) -> Begin:
    """Return what begins runs of a step with JAX."""
    import jax

    lowered, _ = lowered_program(step.program, step.wanted, step.dtype)
    run = jax.jit(partial(_run, _traceable(lowered)[0], lowered.arguments, step), static_argnames="batch_size")

    def begin(carried: Mapping[str, Array], data: Mapping[str, Array]) -> Steps:
        return JaxSteps(step, run, carried, data)

    return begin


class JaxSteps:
    """The steps of one run, on the device."""

    def __init__(
        self, step: StepProgram, run: Callable[..., Any], carried: Mapping[str, Array], data: Mapping[str, Array]
    ) -> None:
        import jax

        self.run, self.x64 = run, partial(jax.enable_x64, step.dtype == "float64")
        with self.x64():
            self.data = {name: jax.device_put(np.asarray(data[name], step.dtype)) for name in step.data}
            self.now = {name: jax.device_put(np.array(carried[name], step.dtype)) for name in step.renewed}
        self.examples = max((len(array) for array in self.data.values()), default=0)

    def take(self, order: Array, batch_size: int) -> Any:
        """Take a step on each batch: see `Steps`."""
        count, starts = order.shape[-1], order.shape[:-1]
        whole, rest = divmod(count, batch_size)
        # The loop is compiled for a number of rows: it is the same for every part of an epoch.
        rows = np.zeros((*starts, self.examples if count <= self.examples else 1 << count.bit_length()), np.int32)
        rows[..., :count] = order
        cost = np.zeros(starts)[()]
        with self.x64():
            for first, steps, size in ((0, whole, batch_size), (whole * batch_size, 1, rest)):
                if steps and size and np.isfinite(cost).any():
                    result, self.now = self.run(self.now, self.data, rows, first, steps, batch_size=size)
                    cost = np.array(result)[()]
        return cost

    def carried(self) -> dict[str, Array]:
        """Return copies of what is carried, as it is now."""
        return {name: np.array(array) for name, array in self.now.items()}


def _run(
    function: Callable[..., Any],
    arguments: Sequence[str],
    step: StepProgram,
    carried: dict[str, Any],
    data: dict[str, Any],
    rows: Any,
    first: Any,
    count: Any,
    batch_size: int,
) -> tuple[Any, dict[str, Any]]:
    """Take up to `count` steps on batches of the rows from `first` on; return the last cost and what is carried."""
    import jax
    import jax.numpy as jnp

    fixed = {name: np.asarray(value, step.dtype) for name, value in step.settings.items()}

    def goes_on(state: Any) -> Any:
        return (state[0] < count) & jnp.isfinite(state[1]).any()

    def next_state(state: Any) -> Any:
        taken, _, now = state
        here = jax.lax.dynamic_slice_in_dim(rows, first + taken * batch_size, batch_size, axis=-1)
        batch = {name: array.at[here].get(mode="promise_in_bounds") for name, array in data.items()}
        given = {**fixed, **now, **batch}
        cost, *renewed = function(*(given[name] for name in arguments))
        return taken + 1, jnp.asarray(cost, step.dtype), dict(zip(step.renewed, renewed, strict=True))

    start = (jnp.zeros_like(count), jnp.zeros(rows.shape[:-1], step.dtype), carried)
    _, cost, now = jax.lax.while_loop(goes_on, next_state, start)
    return cost, now


def _traceable(lowered: Lowered) -> tuple[Callable[..., tuple[Any, ...]], tuple[str, ...]]:
    """Return the function of JAX's arrays, and the names of the helpers that it calls."""
    import jax

    printer = JaxPrinter(lowered.dtype)
    names = {"jax": jax, "jnp": jax.numpy, "numpy": np}
    return generated(lowered, printer, names, JAX_HELPERS, "JAX"), tuple(sorted(printer.helpers))


def _source(function: Callable[..., Any], lowered: Lowered, helpers: tuple[str, ...]) -> str:
    text = source_of(function, lowered, _IMPORTS, JAX_HELPERS, helpers)
    return text.replace("\ndef compute(", "\n@jax.jit\ndef compute(", 1)
