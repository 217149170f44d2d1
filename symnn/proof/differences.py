"""Derivatives from values alone: (f(x + h) − f(x − h)) / 2h, an entry at a time.

With many digits the step can be so small that some thirty digits of the derivative are right; in floats
about ten are.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from symnn.errors import CalculusError, ShapeError, suggest
from symnn.language import Program
from symnn.proof.arithmetic import Arithmetic, arithmetic_of
from symnn.proof.evaluation import Array, Machine, to_array

Entries = Mapping[str, Iterable[Sequence[int]]]


def finite_differences(
    program: Program,
    values: Mapping[str, Any],
    of: str,
    wrt: str | Iterable[str],
    *,
    entries: Entries | None = None,
    digits: int = 50,
    upstream: Any = None,
) -> dict[str, Array]:
    """Return ∂of/∂T for each tensor T in `wrt`, by central differences in arithmetic of many digits.

    Args:
        program: the program whose tensor `of` is differentiated.
        values: an array for each input of the program.
        of: the name of the differentiated tensor.
        wrt: names of inputs.
        entries: for some of them, the index tuples to look at; the others are nan.
        digits: the digits of the arithmetic; two thirds of them or more are right.
        upstream: where `of` is no scalar, an array of its shape: Σ upstream·of is differentiated.

    >>> from sympy import Sum
    >>> from symnn.language import Equation, index, sizes, tensor
    >>> n = sizes("n"); k = index("k", n); x, s = tensor("x", n), tensor("s")
    >>> program = Program([Equation(s, Sum(x[k] ** 2, k))])
    >>> finite_differences(program, {"x": [3.0, 4.0]}, of="s", wrt="x")["x"].astype(float)
    array([6., 8.])

    Raises:
        CalculusError: where `of` is not defined, `wrt` is no input, or an upstream is missing.
        ShapeError: for values that are missing or have another shape than their tensors.
    """
    differences = _Differences(program, values, of, arithmetic_of("mpmath", digits), upstream)
    return differences.of_each(wrt, entries or {})


def float_differences(
    program: Program,
    values: Mapping[str, Any],
    of: str,
    wrt: str | Iterable[str],
    *,
    entries: Entries | None = None,
    upstream: Any = None,
) -> dict[str, Array]:
    """Return the same as `finite_differences`, in ordinary floats: about ten digits are right.

    >>> from symnn.language import Equation, tensor
    >>> t = tensor("t"); program = Program([Equation(tensor("s"), t**3)])
    >>> print(f"{float_differences(program, {'t': 2.0}, of='s', wrt='t')['t']:.6f}")
    12.000000

    Raises:
        CalculusError, ShapeError: as `finite_differences` does.
    """
    differences = _Differences(program, values, of, arithmetic_of("float"), upstream)
    return differences.of_each(wrt, entries or {})


class _Differences:
    """The differences of one tensor of a program, at one point."""

    def __init__(
        self, program: Program, values: Mapping[str, Any], of: str, arithmetic: Arithmetic, upstream: Any
    ) -> None:
        if of not in program.defined:
            raise CalculusError(f"no equation defines '{of}'{suggest(of, program.defined)}")
        self.program, self.values, self.of, self.arithmetic = program, values, of, arithmetic
        self.machine = Machine(program.pruned([of]), values, arithmetic)
        self.machine.run()
        self.weights = self._weights(upstream)

    def _weights(self, upstream: Any) -> list[Any]:
        shape = self.machine.shapes[self.of]
        if upstream is None and shape:
            raise CalculusError(f"'{self.of}' has shape {shape}: give an upstream array of that shape")
        given = np.asarray(1 if upstream is None else upstream)
        if given.shape != shape:
            raise ShapeError(f"upstream has shape {given.shape}; '{self.of}' has shape {shape}")
        return [self.arithmetic.convert(number) for number in given.ravel()]

    def of_each(self, wrt: str | Iterable[str], entries: Entries) -> dict[str, Array]:
        names = [wrt] if isinstance(wrt, str) else list(wrt)
        for name in names:
            if name not in self.program.inputs:
                raise CalculusError(f"'{name}' is not an input of the program{suggest(name, self.program.inputs)}")
        return {name: self.of_one(name, entries.get(name)) for name in names}

    def of_one(self, name: str, chosen: Iterable[Sequence[int]] | None) -> Array:
        machine, arithmetic = self.machine, self.arithmetic
        if name not in machine.data:
            return to_array([arithmetic.convert(0)] * np.size(self.values[name]), np.shape(self.values[name]))
        shape, numbers = machine.shapes[name], machine.data[name]
        run, one = machine.runner(name), arithmetic.convert(1)
        slopes = [arithmetic.nan] * len(numbers)
        for place in itertools.product(*map(range, shape)) if chosen is None else chosen:
            position = int(np.ravel_multi_index(tuple(place), shape)) if shape else 0
            middle = numbers[position]
            step = arithmetic.step * max(abs(middle), one)
            values = []
            for numbers[position] in (middle + step, middle - step):
                run()
                values.append(self.total())
            slopes[position] = (values[0] - values[1]) / ((middle + step) - (middle - step))
            numbers[position] = middle
        run()
        return to_array(slopes, shape)

    def total(self) -> Any:
        found = self.machine.data[self.of]
        return sum((w * entry for w, entry in zip(self.weights, found, strict=True)), self.arithmetic.convert(0))
