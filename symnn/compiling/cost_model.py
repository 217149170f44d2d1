"""How long a step takes, by what it computes: the backend that is likely to be the fastest.

    seconds = begin + steps · (call + equations · e + numbers · n + functions · f + products · p)

The numbers below are fitted to measured steps by `tests/benchmarks/auto.py`, and its table shows how good a choice
they make. They are those of one core of one machine: what counts here is which backend wins, not by how much.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, Function, Mul, Sum, preorder_traversal

from symnn.compiling.backends import BACKENDS
from symnn.compiling.stepping import StepProgram
from symnn.language import Elementwise, examples, free_indices, size_of


@dataclass(frozen=True)
class Work:
    """What a step computes.

    Attributes:
        equations: how many there are.
        numbers: the entries of all that is computed, and of the batch.
        functions: how many of them are values of a function such as exp.
        products: the multiply-adds of sums of products.
    """

    equations: int
    numbers: int
    functions: int
    products: int


@dataclass(frozen=True)
class Speed:
    """How long a backend takes, in nanoseconds but for what it takes to begin: (seconds, seconds an equation)."""

    begin: tuple[float, float]
    call: float
    equation: float
    number: float
    function: float
    product: float

    def seconds(self, work: Work, steps: int) -> float:
        """Return the time of a training of so many steps, what comes before them included."""
        return self.begin[0] + self.begin[1] * work.equations + steps * self.step_seconds(work)

    def step_seconds(self, work: Work) -> float:
        """Return the time of one step."""
        alone = self.call + self.equation * work.equations + self.number * work.numbers
        return 1e-9 * (alone + self.function * work.functions + self.product * work.products)


SPEEDS: dict[tuple[str, str], Speed] = {
    ("numpy", "float64"): Speed((0.1, 0.0033), 0, 1.21e3, 0.705, 8.2, 0.0412),
    ("numba", "float64"): Speed((0.6, 0.23), 0, 6.69, 1.45, 7.32, 0.183),
    ("jax", "float64"): Speed((1.6, 0.03), 0, 316, 1.83, 6.92, 0.0469),
    ("numpy", "float32"): Speed((0.1, 0.0049), 7.95e3, 520, 0.258, 3.34, 0.0229),
    ("numba", "float32"): Speed((0.6, 0.24), 0, 13, 0.793, 4.71, 0.0812),
    ("jax", "float32"): Speed((1.4, 0.039), 0, 330, 0.966, 2.32, 0.0105),
}
"""By backend and type; fitted on 27 November 2026, on one core of an Intel(R) Xeon(R) Processor."""


def work_of(step: StepProgram, batch_size: int) -> Work:
    """Return what a step on a batch computes."""

    def count(*sizes: Expr) -> int:
        known = [size.subs(examples, batch_size) for size in sizes]
        return math.prod(int(size) for size in known if size.is_Integer)

    numbers = sum(count(*step.program.find(name).shape) for name in step.data)
    functions = products = 0
    for equation in step.program:
        entries = count(*equation.tensor.shape)
        numbers += entries
        for part in preorder_traversal(equation.right):
            if isinstance(part, Elementwise | Function):
                functions += entries
            elif isinstance(part, Sum):
                terms = count(*(size_of(i) for i in {*free_indices(part), *(limit[0] for limit in part.limits)}))
                products += terms if isinstance(part.function, Mul) else 0
                numbers += 0 if isinstance(part.function, Mul) else terms
    return Work(len(step.program), numbers, functions, products)


def expected_seconds(step: StepProgram, batch_size: int, steps: int) -> dict[str, float]:
    """Return how long a training is expected to take with each backend that is installed."""
    work = work_of(step, batch_size)
    return {
        name: SPEEDS[name, step.dtype].seconds(work, steps)
        for name, backend in BACKENDS.items()
        if (name, step.dtype) in SPEEDS and _is_installed(backend.package)
    }


def likely_fastest(step: StepProgram, batch_size: int, steps: int) -> str:
    """Return the name of the backend that is likely to be the fastest; numpy, where nothing else is installed."""
    expected: Mapping[str, float] = expected_seconds(step, batch_size, steps)
    return min(expected, key=lambda name: expected[name], default="numpy")


def _is_installed(package: str) -> bool:
    return not package or importlib.util.find_spec(package) is not None
