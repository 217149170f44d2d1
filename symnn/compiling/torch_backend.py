"""torch: the lines that NumPy computes, printed for torch, without autograd: the equations are the gradient.

What comes in and goes out is NumPy's. It runs on torch's default device (`torch.set_default_device`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.compiling.compiled import lowered_program
from symnn.compiling.generated import generated, source_of
from symnn.compiling.lowered import Code, Lowered
from symnn.compiling.stepping import Begin, StepProgram, Steps
from symnn.compiling.torch_helpers import TORCH_HELPERS
from symnn.compiling.torch_printing import TorchPrinter

Array = NDArray[Any]


def torch_function(lowered: Lowered) -> Code:
    """Return the function of torch's operations.

    Raises:
        CompileError: for a function without torch code.
    """
    import torch

    function, helpers = _function(lowered)
    imports = f"import math\n\nimport torch\n\nlike = torch.zeros((), dtype=torch.{lowered.dtype})"

    def raw(*arrays: Any) -> tuple[Any, ...]:
        with torch.inference_mode():
            results = function(*(tensor_of(array, lowered.dtype) for array in arrays))
        return tuple(result.numpy(force=True) for result in results)

    return Code(raw, lambda: source_of(function, lowered, imports, TORCH_HELPERS, helpers), helpers)


def torch_steps(step: StepProgram) -> Begin:
    """Return what begins runs of a step with torch."""
    lowered, _ = lowered_program(step.program, step.wanted, step.dtype, release=True)
    function, _ = _function(lowered)

    def begin(carried: Mapping[str, Array], data: Mapping[str, Array]) -> Steps:
        return TorchSteps(step, function, lowered.arguments, carried, data)

    return begin


class TorchSteps:
    """The steps of one run."""

    def __init__(
        self,
        step: StepProgram,
        function: Callable[..., tuple[Any, ...]],
        arguments: tuple[str, ...],
        carried: Mapping[str, Array],
        data: Mapping[str, Array],
    ) -> None:
        self.step, self.function, self.arguments = step, function, arguments
        self.fixed = {name: tensor_of(value, step.dtype) for name, value in step.settings.items()}
        self.data = {name: tensor_of(data[name], step.dtype) for name in step.data}
        self.now = {name: tensor_of(np.array(carried[name]), step.dtype) for name in step.renewed}

    def take(self, order: Array, batch_size: int) -> Any:
        """Take a step on each batch: see `Steps`."""
        import torch

        cost = torch.zeros(order.shape[:-1])
        with torch.inference_mode():
            rows = tensor_of(order, "int64")
            for start in range(0, order.shape[-1], batch_size):
                batch = rows[..., start : start + batch_size]
                given = {**self.fixed, **self.now, **{name: array[batch] for name, array in self.data.items()}}
                cost, *renewed = self.function(*(given[name] for name in self.arguments))
                self.now = dict(zip(self.step.renewed, renewed, strict=True))
        return cost.numpy(force=True)[()]

    def carried(self) -> dict[str, Array]:
        """Return copies of what is carried, as it is now."""
        return {name: np.array(tensor.numpy(force=True)) for name, tensor in self.now.items()}


def tensor_of(array: Any, dtype: str) -> Any:
    """Return an array as a tensor on torch's default device; where that is the processor, they may share memory."""
    import torch

    return torch.from_numpy(np.require(array, dtype, ["C", "W"])).to(torch.get_default_device())


def _function(lowered: Lowered) -> tuple[Callable[..., tuple[Any, ...]], tuple[str, ...]]:
    """Return the function of torch's tensors, and the names of the helpers that it calls."""
    import torch

    printer = TorchPrinter(like="like")
    names = {"torch": torch, "math": math, "like": tensor_of(0, lowered.dtype)}
    return generated(lowered, printer, names, TORCH_HELPERS, "torch"), tuple(sorted(printer.helpers))
