"""Numbers for a question: whole ones and halves where nothing is rounded, tenths elsewhere."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from mpmath.libmp import from_rational, to_str
from sympy import Rational

from symnn.errors import InputError
from symnn.language import Entry, Tensor
from symnn.teaching.working import Working, work
from symnn.teaching.worksheets.content import Array, Equals, Matrix, Number, Term
from symnn.teaching.worksheets.models import Model
from symnn.views.tree import Leaf
from symnn.writing.numbers import plain_decimal

EXACT_DIGITS, ROUNDED_DIGITS = 15, 4
"""Significant digits where nothing is rounded, and of what is."""
LARGEST = 100
_SMALLEST = 0.002
_BITS = 200
_KINK = 1e-9
_TRIES = 300
_BENT = ("relu", "leaky_relu", "elu")


@dataclass(frozen=True, eq=False)
class Example:
    """Numbers for every input of a network, worked: forward, backward, one step of gradient descent.

    Attributes:
        model: the network.
        values: an array for each parameter, for x and for y.
        rate: the learning rate.
        working: the same, worked with 50 digits.
    """

    model: Model
    values: Mapping[str, Any]
    rate: Any
    working: Working

    @property
    def digits(self) -> int:
        return EXACT_DIGITS if self.model.is_exact else ROUNDED_DIGITS

    @property
    def eta(self) -> Term:
        """The learning rate's symbol."""
        return Term(Entry(Tensor("eta", ())))

    @cached_property
    def renewed(self) -> dict[str, str]:
        """For each parameter, the name of its new value."""
        return {tensor.name: new for new, tensor in self.working.renewed.items()}

    def places(self, name: str) -> list[tuple[int, ...]]:
        """Return the entries of a tensor."""
        return list(np.ndindex(np.shape(self.working.values[name])))

    def number(self, name: str, place: tuple[int, ...]) -> Number:
        """Return an entry's value, as it is printed."""
        return Number(np.asarray(self.working.values[name], dtype=object)[place], self.digits)

    def array(self, name: str, digits: int) -> Array:
        """Return a tensor's values, with so many digits."""
        array = np.asarray(self.working.values[name], dtype=object)
        rows = array.reshape(-1, 1) if array.ndim < 2 else array
        return Array(tuple(tuple(Number(value, digits) for value in row) for row in rows))

    def given(self, name: str) -> Equals:
        """Return W = its numbers, with more digits than answers have: they are worked on with."""
        return Equals(Matrix(Leaf(self.model.tensor(name))), self.array(name, self.digits + 2))


def drawn_example(chooser: random.Random, model: Model) -> Example:
    """Return numbers for a network that make a good question: none at a kink, no layer without slope, none large.

    Raises:
        InputError: where none are found.
    """
    rate = Rational(1, chooser.choice((2, 4) if model.is_exact else (2, 10)))
    for _ in range(_TRIES):
        values = _drawn(chooser, model)
        if model.is_own and not model.has_values(values):
            continue
        working = work(model.network, values, gradient=True, learning_rate=float(rate))
        if _is_good(model, working):
            return Example(model, values, rate, working)
    raise InputError(
        f"no numbers were found for {model.architecture} with {', '.join(model.activations)}: "
        "its layers have no slope, or its values are large"
    )


def _drawn(chooser: random.Random, model: Model) -> dict[str, Any]:
    halves = chooser.random() < 0.3
    found: dict[str, Any] = {}
    for name, tensor in model.inputs.items():
        shape = tuple(int(size) for size in tensor.shape)
        count = int(np.prod(shape))
        if tensor.role == "target":
            numbers = _targets(chooser, model, count)
        elif model.is_exact:
            step = 2 if halves and name.startswith("W") else 1
            numbers = [Rational(chooser.choice((-3, -2, -1, 1, 2, 3)), step) for _ in range(count)]
        else:
            numbers = [Rational(chooser.choice([n for n in range(-9, 10) if n]), 10) for _ in range(count)]
        array = np.empty(count, dtype=object)
        array[:] = numbers
        found[name] = array.reshape(shape).tolist()
    return found


def _targets(chooser: random.Random, model: Model, count: int) -> list[Any]:
    if model.cost == "cross_entropy" or model.activations[-1] == "softmax":
        one = chooser.randrange(count)
        return [int(place == one) for place in range(count)]
    if model.cost == "hinge":
        return [chooser.choice((-1, 1)) for _ in range(count)]
    if model.is_exact:
        return [chooser.randint(-2, 2) for _ in range(count)]
    return [chooser.randint(0, 1) for _ in range(count)]


def _is_good(model: Model, working: Working) -> bool:
    arrays = {name: np.asarray(value, dtype=float) for name, value in working.values.items()}
    for layer, activation in enumerate(model.activations, 1):
        if activation in _BENT and (np.abs(arrays[f"z{layer}"]) < _KINK).any():
            return False
        errors = np.abs(arrays[f"delta{layer}"])
        # What is much smaller than the numbers it comes from cannot be had from rounded ones.
        if not errors.any() or (not model.is_exact and errors[errors > 0].min() < _SMALLEST):
            return False
    return all(np.abs(array).max() <= LARGEST for array in arrays.values())


def decimal(number: Number) -> str:
    """Return a number as a decimal with a hyphen for its sign.

    >>> decimal(Number(Rational(-1, 8), 4))
    '-0.125'
    """
    return plain_decimal(to_str(binary(number.value), number.digits))


def binary(value: Any) -> Any:
    """Return a number of any kind as the digits that mpmath writes."""
    if hasattr(value, "_mpf_"):
        return value._mpf_
    exact = Rational(value)
    return from_rational(int(exact.p), int(exact.q), _BITS)
