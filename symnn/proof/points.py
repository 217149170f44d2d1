"""A program at random points: what is computed there, and when a point has to be drawn again."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sympy import Expr, Idx, Integer, Max, Min, Pow, Symbol, log, preorder_traversal

from symnn.language import Cholesky, Inverse, LogDeterminant, Maximum, Program, tensors
from symnn.proof.arithmetic import Arithmetic, DomainError, arithmetic_of
from symnn.proof.derivatives import Derivatives
from symnn.proof.drawing import WAYS, Description, Numbers, random_numbers, random_residues
from symnn.proof.relations import residues

DIGITS = 50
_ATTEMPTS = 400
"""How often a point is drawn until every root is one modulo p."""
_LARGEST = 10**30

Formula = Callable[[Sequence[int]], Any]
"""The value of an expression at some values of its indices."""


class Points:
    """A program at several points, in one arithmetic; `use` goes to one of them.

    Args:
        program: the equations.
        of: the tensor whose equations must have values at every point.
        arithmetic: the numbers.
        sizes: a number for each size symbol.
        given: what the inputs are like.
    """

    def __init__(
        self, program: Program, of: str, arithmetic: Arithmetic, sizes: Mapping[Symbol, Integer], given: Description
    ) -> None:
        self.program, self.of, self.given, self.arithmetic = program, of, given, arithmetic
        self.data: Numbers = {name: [] for name in (*given.shapes, *program.defined)}
        self.machine = Derivatives(program, arithmetic, sizes, self.data)
        self.forward = [equation.tensor.name for equation in program.pruned([of])]
        self.order = [equation.tensor.name for equation in program]
        self.uses = {e.tensor.name: {t.name for t in tensors(e.right)} for e in program}
        self.saved: list[Numbers] = []
        self.computed: list[set[str]] = []
        self.derivatives: list[dict[Any, Any]] = []
        self.formulas: dict[tuple[Expr, tuple[Idx, ...]], Formula] = {}
        self.instead: dict[str, Callable[[], list[Any]]] = {}
        """What an adjoint is, where its equation is wrong."""
        self.here = -1
        self.fresh: set[str] = set()
        """What was computed since we came here."""

    def draw(self, place: int) -> None:
        """Fill the inputs and compute what leads to `of`.

        Raises:
            DomainError: where no point was found at which everything has a value.
        """
        raise NotImplementedError

    def use(self, place: int) -> None:
        """Go to a point; the points are numbered from 0."""
        if place == self.here:
            return
        if self.here >= 0:
            self.saved[self.here] |= {name: list(self.data[name]) for name in self.fresh}
        self.fresh.clear()
        self.here = -1
        while len(self.saved) <= place:
            self.machine.known = {}
            self.draw(len(self.saved))
            self.saved.append({name: list(values) for name, values in self.data.items()})
            self.computed.append(set(self.forward))
            self.derivatives.append({})
        for name, values in self.saved[place].items():
            if values:
                self.data[name][:] = values
        self.machine.known = self.derivatives[place]
        self.here = place

    def need(self, names: Iterable[str]) -> None:
        """Compute tensors at the point where we are."""
        computed = self.computed[self.here]
        wanted = set(names) - computed
        for name in reversed(self.order):
            if name in wanted:
                wanted |= self.uses[name] - computed
        for name in self.order:
            if name in wanted:
                self.compute(name)
                computed.add(name)
                self.fresh.add(name)

    def compute(self, name: str) -> None:
        """Compute one tensor from what is there."""
        if name in self.instead:
            self.data[name][:] = self.instead[name]()
        else:
            self.machine.computation(name)()

    def replace(self, name: str, values: Callable[[], list[Any]]) -> None:
        """Let a tensor be something else than its equation says, and forget what depends on it."""
        self.instead[name] = values
        reached = {name}
        for other in self.order:
            if self.uses[other] & reached:
                reached.add(other)
        for computed, known in zip(self.computed, self.derivatives, strict=True):
            computed -= reached
            for key in [key for key in known if key[0] in reached]:
                del known[key]

    def formula(self, expression: Expr, indices: tuple[Idx, ...]) -> Formula:
        """Return the function that computes an expression for values of its indices, at the point where we are."""
        if (expression, indices) not in self.formulas:
            machine = self.machine
            scope = {index: machine.slot() for index in indices}
            closure, own, slots = machine.one_entry(expression, scope), list(scope.values()), machine.slots

            def value(place: Sequence[int]) -> Any:
                for slot, number in zip(own, place, strict=True):
                    slots[slot] = number
                return closure(slots)

            self.formulas[expression, indices] = value
        return self.formulas[expression, indices]


class ExactPoints(Points):
    """Points modulo a prime: two equal values there are equal, but for a negligible chance."""

    def __init__(
        self, program: Program, of: str, sizes: Mapping[Symbol, Integer], given: Description, seed: int
    ) -> None:
        super().__init__(program, of, residues(seed), sizes, given)
        self.seed = seed
        ancestors: dict[str, set[str]] = {}
        for name in self.order:
            ancestors[name] = {n for used in self.uses[name] for n in ancestors.get(used, {used})}
        self.ancestors = ancestors
        self.risky = {e.tensor.name for e in program if _may_fail(e.right)}

    def draw(self, place: int) -> None:
        self.fill(random_residues(self.given, (self.seed, place)))
        done: set[str] = set()
        settled: set[str] = set()
        attempts = 0
        while len(done) < len(self.forward):
            name = next(name for name in self.forward if name not in done)
            try:
                self.compute(name)
            except DomainError:
                attempts += 1
                if attempts > _ATTEMPTS:
                    raise
                settled = self._redraw(name, settled, done, (self.seed, place, attempts))
                continue
            done.add(name)
            if name in self.risky:
                settled |= self.ancestors[name]

    def _redraw(self, name: str, settled: set[str], done: set[str], seed: Any) -> set[str]:
        """Draw anew what a value without a root depends on, if possible nothing that other roots depend on."""
        changed = self.ancestors[name] - settled
        if not changed:
            changed, settled = self.ancestors[name], set()
        self.fill(random_residues(self.given, seed, sorted(changed)))
        done -= {other for other in done if self.ancestors[other] & changed}
        return settled

    def fill(self, numbers: Numbers) -> None:
        for name, values in numbers.items():
            self.data[name][:] = values


class RealPoints(Points):
    """Points of real numbers with many digits."""

    def __init__(
        self, program: Program, of: str, sizes: Mapping[Symbol, Integer], given: Description, seed: int
    ) -> None:
        arithmetic = arithmetic_of("mpmath", DIGITS)
        super().__init__(program, of, replace(arithmetic, undefined=_stand_in(arithmetic)), sizes, given)
        self.seed = seed

    def draw(self, place: int) -> None:
        convert, why = self.arithmetic.convert, "no point was found at which all its values are finite"
        for attempt in range(3):
            for way in WAYS:
                for name, values in random_numbers(self.given, (self.seed, place, attempt), way).items():
                    self.data[name][:] = map(convert, values)
                try:
                    for name in self.forward:
                        self.compute(name)
                except (DomainError, ArithmeticError):
                    continue
                numbers = [number for name in self.forward for number in self.data[name]]
                if not any(map(is_nan, numbers)) and all(map(is_finite, self.data[self.of])):
                    return
        raise DomainError(why)


def is_finite(number: Any) -> bool:
    """Whether a number of many digits is one, and not too large to be compared."""
    return bool(abs(number) < _LARGEST)


def is_nan(number: Any) -> bool:
    """Whether a number of many digits is none."""
    return bool(number != number)  # noqa: PLR0124


def _may_fail(right: Expr) -> bool:
    """Whether a right side has no value at some points: a root, a logarithm, a largest number."""
    parts = Max | Min | Maximum | log | Cholesky | Inverse | LogDeterminant
    return any(
        isinstance(part, parts) or (isinstance(part, Pow) and not part.exp.is_integer)
        for part in preorder_traversal(right)
    )


def _stand_in(arithmetic: Arithmetic) -> Callable[[str, int], Callable[[Any], Any]]:
    """Return smooth functions that stand for undefined ones: f(t) = a sin(b t + c) + d t, and its derivatives."""
    convert, sin = arithmetic.convert, arithmetic.functions["sin"]

    def derivative(name: str, order: int) -> Callable[[Any], Any]:
        digits = zlib.crc32(name.encode())
        a, b, c, d = (convert(Fraction(500 + digits // 1000**n % 1000, 1000)) for n in range(4))
        shift, slope = arithmetic.pi * convert(Fraction(order, 2)), (d, convert(0))[min(max(order - 1, 0), 1)]

        def compute(t: Any) -> Any:
            wave = a * b**order * sin(b * t + c + shift)
            return wave + d * t if order == 0 else wave + slope

        return compute

    return derivative

