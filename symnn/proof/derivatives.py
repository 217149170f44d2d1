"""The interpreter with derivatives: ∂u/∂U[p] and ∂T[i]/∂U[p] at a point, by dual numbers.

A derivative by an entry of a symmetric tensor S is G[p, q] = (∂/∂S[p, q] + ∂/∂S[q, p])/2 with the two
entries taken as different: then dC = tr(G dS).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sympy import Expr, Idx, KroneckerDelta, Mul, Symbol
from sympy.core.basic import Basic

from symnn.language import (
    Entry,
    Equation,
    MatrixOperation,
    Partial,
    Program,
    Total,
    body_and_bound,
    entries,
    free_indices,
    has_binder,
    is_binder,
    tensors,
)
from symnn.proof.arithmetic import Arithmetic
from symnn.proof.dual_numbers import Dual, dual
from symnn.proof.interpreter import Interpreter
from symnn.proof.operations import Closure, Scope, Slots

Seeds = list[tuple[int, Any]]
"""Positions of entries that vary, and how much."""


class Derivatives(Interpreter):
    """An interpreter of a program at one point, in which expressions may contain derivatives.

    Args:
        program: its equations say how tensors depend on each other.
        arithmetic: the numbers to compute with.
        sizes: the value of each size symbol.
        data: a list for every tensor of the program; who uses this fills it.
    """

    def __init__(
        self, program: Program, arithmetic: Arithmetic, sizes: Mapping[Symbol, int], data: dict[str, list[Any]]
    ) -> None:
        super().__init__(dual(arithmetic), sizes, data)
        self.program = program
        self.half = self.one / (self.one + self.one)
        self.equations = {equation.tensor.name: equation for equation in program}
        self.computations: dict[str, Callable[..., None]] = {}
        self.paths: dict[tuple[str, str], list[str]] = {}
        self.known: dict[tuple[str, str, Any], list[Any]] = {}
        """Derivatives of whole tensors, of the point where we are."""

    def computation(self, name: str) -> Callable[..., None]:
        """Return the function that computes a tensor that the program defines."""
        if name not in self.computations:
            self.computations[name] = self.prepare(self.equations[name])
        return self.computations[name]

    def closure(self, expression: Basic, scope: Scope) -> Closure:
        """Return a function of the slots that computes the expression, derivatives in it too."""
        if isinstance(expression, Total):
            return self.total(expression, scope)
        if isinstance(expression, Partial):
            return self.partial(expression, scope)
        if isinstance(expression, Mul) and expression.has(Partial):
            expression = Mul(*map(with_deltas, expression.args))
        return super().closure(expression, scope)

    def partial(self, expression: Partial, scope: Scope) -> Closure:
        """∂u/∂U[p]; of an entry T[i] of another tensor, the derivative of what its equation says."""
        of, by = expression.of, expression.by
        if isinstance(of, Entry) and of.base != by.base and of.base.name in self.equations:
            return self.by_definition(of, by, scope)
        return self.varying(self.closure(of, scope), of, by, scope, scope)

    def by_definition(self, entry: Entry, by: Entry, scope: Scope) -> Closure:
        """The derivative of T[i], from its equation's right side."""
        equation = self.equations[entry.base.name]
        places = [self.place(index, scope) for index in entry.indices]
        inner = {index: self.slot() for index in equation.indices}
        body, own = self.one_entry(equation.right, inner), list(inner.values())
        derivative = self.varying(body, equation.right, by, inner, scope)

        def compute(slots: Slots) -> Any:
            for slot, place in zip(own, places, strict=True):
                slots[slot] = place(slots)
            return derivative(slots)

        return compute

    def varying(self, value: Closure, of: Expr, by: Entry, scope: Scope, scope_of_by: Scope) -> Closure:
        """Return what computes the derivative of u, whose indices are in `scope`, by U[p]."""
        name, seeds, zero = by.base.name, self.seeding(by, scope_of_by), self.zero
        depends = self.meeting(of, by, scope, scope_of_by)

        def compute(slots: Slots) -> Any:
            if not depends(slots):
                return zero
            with self.varied(name, seeds(slots)):
                found = value(slots)
            return found.tangent if isinstance(found, Dual) else zero

        return compute

    def meeting(self, of: Expr, by: Entry, scope: Scope, scope_of_by: Scope) -> Callable[[Slots], bool]:
        """Return a function of the slots that is false only where every entry of U in u is another than U[p].

        Of Σ w[j, k] x[k] with j known, only the derivatives by w[j, q] are not 0.
        """
        places, outside = [], scope.keys() - bound_in(of)
        for entry in entries(of):
            if entry.base == by.base:
                pairs = zip(entry.indices, by.indices, strict=True)
                known = [(e, p) for e, p in pairs if free_indices(e) <= outside]
                places.append([(self.place(e, scope), self.place(p, scope_of_by)) for e, p in known])
        if by.base.is_symmetric or not all(places):
            return lambda slots: True
        if [len(pairs) for pairs in places] == [1]:
            ((one, other),) = places[0]
            return lambda slots: one(slots) == other(slots)
        return lambda slots: any(all(one(slots) == other(slots) for one, other in pairs) for pairs in places)

    def one_entry(self, right: Expr, scope: Scope) -> Closure:
        """Return a function of the slots that computes a right side; of a matrix operation, one entry of its result."""
        if not isinstance(right, MatrixOperation) or not right.rank:
            return self.closure(right, scope)
        whole = self.operation(right, scope)
        own = [slot for index, slot in scope.items() if index not in free_indices(right)]

        def compute(slots: Slots) -> Any:
            found = whole(slots)
            for slot in own:
                found = found[slots[slot]]
            return found

        return compute

    def total(self, expression: Total, scope: Scope) -> Closure:
        """∂T[i]/∂U[p], through every equation between U and T."""
        of, by = expression.of, expression.by
        where, seeds = self.position(of, scope), self.seeding(by, scope)
        name, wrt, zero = of.base.name, by.base.name, self.zero

        def compute(slots: Slots) -> Any:
            place, varied = where(slots), seeds(slots)
            if name == wrt:
                return sum((amount for position, amount in varied if position == place), zero)
            found = self.tangents(name, wrt, varied)
            return found[place] if found else zero

        return compute

    def tangents(self, name: str, wrt: str, varied: Seeds) -> list[Any]:
        """Return the derivative of every entry of a tensor, when entries of another vary; [] where it is 0."""
        key = (name, wrt, tuple(position for position, _ in varied))
        if key not in self.known:
            path = self.path(name, wrt)
            before = {step: list(self.data[step]) for step in path}
            try:
                with self.varied(wrt, varied):
                    touched = {wrt: [position for position, _ in varied]}
                    for step in path:
                        touched[step] = self.propagate(step, touched)
                found = self.data[name] if path else []
                self.known[key] = [e.tangent if isinstance(e, Dual) else self.zero for e in found]
            finally:
                for step, values in before.items():
                    self.data[step][:] = values
        return self.known[key]

    def propagate(self, name: str, touched: Mapping[str, list[int]]) -> list[int]:
        """Compute the entries of a tensor that may vary when those of others do; return which ones vary."""
        equation, compute = self.equations[name], self.computation(name)
        if isinstance(equation.right, MatrixOperation):
            compute()
        else:
            compute(self.reached(equation, touched))
        return [position for position, value in enumerate(self.data[name]) if isinstance(value, Dual)]

    def reached(self, equation: Equation, touched: Mapping[str, list[int]]) -> list[Iterable[int]] | None:
        """Return, for each index of an equation, at which values its right side names entries that vary.

        In Σ w[j, k] x[k], of all z[j] only one depends on a given w[j, k].
        """
        used = [entry for entry in entries(equation.right) if entry.base.name in touched]
        shadowed = bound_in(equation.right)
        found: list[Iterable[int]] = []
        for index, size in zip(equation.indices, map(self.size, equation.tensor.shape), strict=True):
            values: set[int] = set()
            for entry in used:
                if index not in entry.indices or index in shadowed:
                    values |= set(range(size))
                    break
                values |= self.coordinates(entry, entry.indices.index(index), touched[entry.base.name])
            found.append(sorted(values))
        return found or None

    def coordinates(self, entry: Entry, axis: int, positions: Iterable[int]) -> set[int]:
        """Return the values that an axis has at some positions of a tensor's list."""
        sizes = [self.size(size) for size in entry.base.shape]
        stride = math.prod(sizes[axis + 1 :])
        return {position // stride % sizes[axis] for position in positions}

    def path(self, name: str, wrt: str) -> list[str]:
        """Return the tensors between `wrt` and `name`, in order, the last of them `name`; [] if there is no way."""
        if (name, wrt) not in self.paths:
            reached = {wrt}
            for equation in self.program:
                if equation.tensor.name != wrt and any(t.name in reached for t in tensors(equation.right)):
                    reached.add(equation.tensor.name)
            needed, path = {name}, []
            for equation in reversed(self.program.equations):
                if equation.tensor.name in needed & reached - {wrt}:
                    needed |= {tensor.name for tensor in tensors(equation.right)}
                    path.append(equation.tensor.name)
            self.paths[name, wrt] = path[::-1]
        return self.paths[name, wrt]

    def position(self, entry: Entry, scope: Scope) -> Callable[[Slots], int]:
        """Return a function of the slots that says where an entry stands in its tensor's list."""
        places, sizes = [self.place(i, scope) for i in entry.indices], [self.size(s) for s in entry.base.shape]

        def compute(slots: Slots) -> int:
            position = 0
            for place, size in zip(places, sizes, strict=True):
                position = position * size + place(slots)
            return position

        return compute

    def seeding(self, entry: Entry, scope: Scope) -> Callable[[Slots], Seeds]:
        """Return a function of the slots that says which entries vary: U[p], or half of S[p, q] and of S[q, p]."""
        where, one, half = self.position(entry, scope), self.one, self.half
        if not entry.base.is_symmetric:
            return lambda slots: [(where(slots), one)]
        size = self.size(entry.base.shape[-1])

        def both(slots: Slots) -> Seeds:
            place = where(slots)
            rest, column = divmod(place, size)
            before, row = divmod(rest, size)
            if row == column:
                return [(place, one)]
            return [(place, half), ((before * size + column) * size + row, half)]

        return both

    @contextmanager
    def varied(self, name: str, seeds: Seeds) -> Iterator[None]:
        """Let entries of a tensor carry a derivative."""
        values = self.data[name]
        before = [values[position] for position, _ in seeds]
        for position, amount in seeds:
            values[position] = Dual(values[position], amount)
        try:
            yield
        finally:
            for (position, _), value in zip(seeds, before, strict=True):
                values[position] = value


@lru_cache(maxsize=4096)
def bound_in(expression: Basic) -> frozenset[Idx]:
    """Return every index that is bound anywhere in an expression."""
    own = frozenset(body_and_bound(expression)[1]) if is_binder(expression) else frozenset()
    return own.union(*map(bound_in, expression.args)) if has_binder(expression) else own


def with_deltas(factor: Expr) -> Expr:
    """Return ∂U[e]/∂U[p] as deltas of indices, which are quick to look at; any other factor as it is."""
    if not isinstance(factor, Partial) or isinstance(factor, Total) or not isinstance(factor.of, Entry):
        return factor
    of, by = factor.of, factor.by
    if of.base != by.base or by.base.is_symmetric:
        return factor
    return Mul(*(KroneckerDelta(p, e) for p, e in zip(by.indices, of.indices, strict=True)))
