"""The interpreter: each right side becomes nested closures, once, and is then computed entry by entry.

It reads a Program as its equations say, with plain loops over all values of all indices, and shares
nothing with the calculus or the compiler: what they do can be checked against it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sympy import Expr, Float, Idx, Rational, Symbol
from sympy.core.basic import Basic
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, BooleanFalse, BooleanTrue, Not, Or

from symnn.errors import CalculusError
from symnn.language import (
    Cholesky,
    Determinant,
    Elementwise,
    Entry,
    Equation,
    Inverse,
    LogSumExp,
    MatrixOperation,
    Maximum,
    body_and_bound,
    free_indices,
    is_binder,
    size_of,
    substitute,
)
from symnn.proof.arithmetic import Arithmetic
from symnn.proof.linear_algebra import cholesky, determinant, inverse
from symnn.proof.operations import MAKERS, RELATIONS, Closure, Scope, Slots


class Interpreter:
    """Computes equations over flat lists of numbers, one list a tensor, in row-major order.

    Args:
        arithmetic: the numbers to compute with.
        sizes: the value of each size symbol.
        data: the entries of every tensor that is given, by name; what is defined is added to it.
    """

    def __init__(self, arithmetic: Arithmetic, sizes: Mapping[Symbol, int], data: dict[str, list[Any]]) -> None:
        self.arithmetic, self.sizes, self.data = arithmetic, sizes, data
        self.zero, self.one = arithmetic.convert(0), arithmetic.convert(1)
        self.slots: Slots = []
        self.definitions: dict[type[Elementwise], tuple[int, Closure]] = {}

    def prepare(self, equation: Equation) -> Callable[..., None]:
        """Return a function that computes the equation's left side, from what is there, at all its indices.

        Given `only`, the values of each index, it computes the entries with those.
        """
        scope = {index: self.slot() for index in equation.indices}
        places = list(scope.values())
        right = self.right_side(equation, scope)
        ranges = [range(self.size(size)) for size in equation.tensor.shape]
        target = self.data.setdefault(equation.tensor.name, [])
        target[:] = [self.zero] * math.prod(len(values) for values in ranges)
        slots, kept = self.slots, self.arithmetic.kept
        strides = [math.prod(len(values) for values in ranges[axis + 1 :]) for axis in range(len(ranges))]

        def compute(only: Sequence[Iterable[int]] | None = None) -> None:
            for position, values in enumerate(itertools.product(*(only or ranges))):
                for place, value in zip(places, values, strict=True):
                    slots[place] = value
                if only:
                    position = sum(value * stride for value, stride in zip(values, strides, strict=True))
                target[position] = kept(right(slots))

        return compute

    def right_side(self, equation: Equation, scope: Scope) -> Closure:
        """Return a function of the slots that computes one entry of the equation's right side."""
        if not isinstance(equation.right, MatrixOperation):
            return self.closure(equation.right, scope)
        shared = [scope[i] for i in equation.indices if i in free_indices(equation.right)]
        own = [scope[i] for i in equation.indices if i not in free_indices(equation.right)]
        whole = self.operation(equation.right, scope)
        known: dict[tuple[int, ...], Any] = {}

        def read(slots: Slots) -> Any:
            here = tuple(slots[place] for place in shared)
            if all(slots[place] == 0 for place in own):  # the first entry: what was given may have changed
                known[here] = whole(slots)
            found = known[here]
            for place in own:
                found = found[slots[place]]
            return found

        return read

    def operation(self, operation: MatrixOperation, scope: Scope) -> Closure:
        """Return a function of the slots that computes the whole result of a matrix operation."""
        row, column = operation.bound
        places = {row: self.slot(), column: self.slot()}
        body = self.closure(operation.body, {**scope, **places})
        size, one, functions = self.size(size_of(row)), self.one, self.arithmetic.functions

        def matrix(slots: Slots) -> Any:
            rows: list[list[Any]] = []
            for r in range(size):
                slots[places[row]] = r
                rows.append([])
                for c in range(size):
                    slots[places[column]] = c
                    rows[-1].append(body(slots))
            return rows

        if isinstance(operation, Inverse):
            return lambda slots: inverse(matrix(slots), one)
        if isinstance(operation, Cholesky):
            half, power = one / (one + one), self.arithmetic.power
            return lambda slots: cholesky(matrix(slots), one, lambda value: power(value, half))
        if isinstance(operation, Determinant):
            return lambda slots: determinant(matrix(slots), one)
        return lambda slots: functions["log"](determinant(matrix(slots), one))

    def slot(self) -> int:
        self.slots.append(0)
        return len(self.slots) - 1

    def size(self, size: Expr) -> int:
        """Return the value of a size."""
        found = size.xreplace(self.sizes)
        if not found.is_Integer:
            raise CalculusError(f"size {size} is not determined by the given arrays")
        return int(found)

    def closure(self, expression: Basic, scope: Scope) -> Closure:
        """Return a function of the slots that computes the expression."""
        if expression in scope:
            place, convert = scope[expression], self.arithmetic.convert
            if isinstance(expression, Idx):
                return lambda slots: convert(slots[place])
            return lambda slots: slots[place]
        if isinstance(expression, Entry):
            return self.entry(expression, scope)
        if isinstance(expression, Rational | Float):
            return _always(self.arithmetic.convert(expression))
        if isinstance(expression, Symbol) and expression in self.sizes:
            return _always(self.arithmetic.convert(self.sizes[expression]))
        if isinstance(expression, MatrixOperation):
            return self.operation(expression, scope)
        if is_binder(expression):
            return self.reduction(expression, scope)
        for kind, make in MAKERS:
            if isinstance(expression, kind):
                made = make(self, expression, scope)
                return made if expression.free_symbols else _always(made(self.slots))
        return self.special(expression, scope)

    def closures(self, expressions: Sequence[Basic], scope: Scope) -> list[Closure]:
        return [self.closure(expression, scope) for expression in expressions]

    def special(self, expression: Basic, scope: Scope) -> Closure:
        """A constant such as π, or a function that is known by its name."""
        if expression.is_NumberSymbol:
            known = {"Pi": self.arithmetic.pi, "Exp1": self.arithmetic.functions["exp"](self.one)}
            if type(expression).__name__ in known:
                return _always(known[type(expression).__name__])
        function = self.arithmetic.functions.get(type(expression).__name__)
        if function is None or len(expression.args) != 1:
            raise CalculusError(f"{type(expression).__name__} cannot be computed, in {expression}")
        argument = self.closure(expression.args[0], scope)
        return lambda slots: function(argument(slots))

    def entry(self, entry: Entry, scope: Scope) -> Closure:
        """Read an entry: each axis is an affine form of the slots, checked where it may leave the axis."""
        values, stride, plain = self.data[entry.base.name], 1, True
        offset, steps, checks = 0, [], []
        if any(isinstance(index, Entry) for index in entry.indices):
            return self.lookup(entry, scope)
        for index, size in reversed(list(zip(entry.indices, map(self.size, entry.base.shape), strict=True))):
            constant, terms = self.affine(index, scope)
            offset += stride * constant
            steps += [(place, stride * coefficient) for place, coefficient in terms]
            if not isinstance(index, Idx):
                plain = False
                checks.append((constant, terms, size))
            stride *= size
        if plain:
            return _plain_reader(values, steps)

        def read(slots: Slots) -> Any:
            for constant, terms, size in checks:
                position = constant + sum(slots[place] * coefficient for place, coefficient in terms)
                if not 0 <= position < size:
                    raise CalculusError(f"{entry}: index {position} is outside an axis of size {size}")
            return values[offset + sum(slots[place] * step for place, step in steps)]

        return read

    def lookup(self, entry: Entry, scope: Scope) -> Closure:
        """Read an entry some of whose indices are looked up in other tensors."""
        values, sizes = self.data[entry.base.name], list(map(self.size, entry.base.shape))
        places = [self.place(index, scope) for index in entry.indices]

        def read(slots: Slots) -> Any:
            offset = 0
            for place, size in zip(places, sizes, strict=True):
                position = place(slots)
                if not 0 <= position < size:
                    raise CalculusError(f"{entry}: index {position} is outside an axis of size {size}")
                offset = offset * size + position
            return values[offset]

        return read

    def place(self, index: Expr, scope: Scope) -> Callable[[Slots], int]:
        """Return a function of the slots that computes an index."""
        if isinstance(index, Entry):
            looked_up = self.entry(index, scope)
            return lambda slots: int(looked_up(slots))
        if index in scope:
            slot = scope[index]
            return itemgetter(slot)
        constant, terms = self.affine(index, scope)
        return lambda slots: constant + sum(slots[place] * coefficient for place, coefficient in terms)

    def affine(self, index: Expr, scope: Scope) -> tuple[int, list[tuple[int, int]]]:
        """Return an index expression as a constant and (slot, coefficient) pairs."""
        written = substitute(index, self.sizes).expand()
        used = free_indices(written)
        terms = [(scope[name], written.coeff(name)) for name in used if name in scope]
        constant = (written - sum(written.coeff(name) * name for name in used if name in scope)).expand()
        whole = [constant, *(coefficient for _, coefficient in terms)]
        if not all(number.is_Integer for number in whole):
            raise CalculusError(f"index {index} is not a whole number plus whole multiples of indices")
        return int(constant), [(place, int(coefficient)) for place, coefficient in terms]

    def reduction(self, expression: Basic, scope: Scope) -> Closure:
        """Σ, max or log Σ exp over all values of the bound indices."""
        body, bound = body_and_bound(expression)
        places = {index: self.slot() for index in bound}
        inside = self.closure(body, {**scope, **places})
        ranges = [range(self.size(index.lower), self.size(index.upper) + 1) for index in bound]
        order = list(places.values())

        def each(slots: Slots) -> Iterator[Any]:
            for values in itertools.product(*ranges):
                for place, value in zip(order, values, strict=True):
                    slots[place] = value
                yield inside(slots)

        if isinstance(expression, Maximum):
            return lambda slots: self.arithmetic.largest(each(slots))
        if isinstance(expression, LogSumExp):
            return lambda slots: self.log_sum_exp(list(each(slots)))
        zero = self.zero
        if len(order) > 1:
            return lambda slots: sum((value for value in each(slots) if value is not zero), zero)
        return _single_sum(order[0], ranges[0], inside, zero)

    def log_sum_exp(self, values: list[Any]) -> Any:
        exp, log = self.arithmetic.functions["exp"], self.arithmetic.functions["log"]
        if not self.arithmetic.shifted:
            return log(sum(map(exp, values), self.zero))
        largest = max(values)
        return largest + log(sum((exp(value - largest) for value in values), self.zero))

    def truth(self, condition: Basic, scope: Scope) -> Closure:
        """Return a function of the slots that says whether a condition holds."""
        if isinstance(condition, BooleanTrue | BooleanFalse):
            return _always(bool(condition))
        if isinstance(condition, Relational) and condition.rel_op in RELATIONS:
            compare = RELATIONS[condition.rel_op]
            one, other = self.closures(condition.args, scope)
            return lambda slots: compare(one(slots), other(slots))
        parts = [self.truth(part, scope) for part in condition.args]
        if isinstance(condition, And):
            return lambda slots: all(part(slots) for part in parts)
        if isinstance(condition, Or):
            return lambda slots: any(part(slots) for part in parts)
        if isinstance(condition, Not):
            return lambda slots: not parts[0](slots)
        raise CalculusError(f"the condition {condition} cannot be computed")


def _always(value: Any) -> Closure:
    return lambda slots: value


def _plain_reader(values: list[Any], steps: list[tuple[int, int]]) -> Closure:
    """Read an entry whose indices are plain: the loops keep them inside."""
    if not steps:
        return lambda slots: values[0]
    if len(steps) == 1:
        (place, step), *_ = steps
        return lambda slots: values[slots[place] * step]
    if len(steps) == 2:
        (first, by), (second, over) = steps
        return lambda slots: values[slots[first] * by + slots[second] * over]
    return lambda slots: values[sum(slots[place] * step for place, step in steps)]


def _single_sum(place: int, values: range, body: Closure, zero: Any) -> Closure:
    def add(slots: Slots) -> Any:
        total = zero
        for value in values:
            slots[place] = value
            term = body(slots)
            if term is not zero:
                total = total + term
        return total

    return add
