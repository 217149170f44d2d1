"""Whether two expressions are equal, by their values: exactly modulo a prime, or to 50 digits.

    checker.equal(Total(C, W[j, k]), delta[j] * x[k], (j, k))       exact

Both sides may contain derivatives that are not worked out. They are computed here from the program's
forward equations by dual numbers, which share nothing with the calculus.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from sympy import Abs, Expr, Idx, Integer, Max, Min, Piecewise, Pow, sign
from sympy.core.basic import Basic

from symnn.errors import SymnnError
from symnn.language import (
    Elementwise,
    Entry,
    Maximum,
    Partial,
    Program,
    Step,
    Tensor,
    Total,
    fresh_index_over,
    refresh,
    size_of,
    substitute,
    sum_over,
    tensors,
    transform,
)
from symnn.language.functions import formula
from symnn.proof.arithmetic import DomainError
from symnn.proof.drawing import describe, small_sizes
from symnn.proof.points import DIGITS, ExactPoints, Points, RealPoints, is_finite

EXACT, TO_DIGITS, WRONG, UNCHECKED = "exact", "digits", "wrong", "unchecked"
MARKS = {EXACT: "exact", TO_DIGITS: f"{DIGITS} digits", WRONG: "WRONG", UNCHECKED: ""}
MOST_PLACES = 6
_POINTS = 2
_BRANCHES, _ROOTS = 20, 16
"""Where signs decide between branches or roots, so many places are looked at, over all points."""
_SPARE = 4

Indices = tuple[Idx, ...]


@dataclass(frozen=True)
class Verdict:
    """What a check says.

    Attributes:
        kind: exact, digits, wrong or unchecked.
        detail: of what is wrong, where and by how much; of what is unchecked, why.
    """

    kind: str
    detail: str = ""

    @property
    def is_right(self) -> bool:
        return self.kind in (EXACT, TO_DIGITS)

    @property
    def mark(self) -> str:
        """What is printed beside a line: exact, 50 digits, WRONG, or nothing."""
        return MARKS[self.kind]

    def __str__(self) -> str:
        said = self.mark or UNCHECKED
        return f"{said} {self.detail}" if self.detail else said


class Checker:
    """Checks equations between expressions over one program, at random points.

    Args:
        program: the equations, forward and backward.
        of: what derivatives are taken of.
        upstream: the name of its upstream adjoint, if it has one.
        seed: the points follow from it.

    >>> from sympy import Sum
    >>> from symnn.language import Equation, index, tensor
    >>> i, p = index("i", 3), index("p", 3); w, C = tensor("w", 3, role="parameter"), tensor("C")
        >>> from symnn.language import Equation
    >>> checker = Checker(Program([Equation(C, Sum(w[i] ** 2, i))]), "C")
    >>> checker.equal(Total(C, w[p]), 2 * w[p], (p,)).kind
    'exact'
    >>> print(checker.equal(Total(C, w[p]), 3 * w[p], (p,)))
    WRONG at p = 1: ... against ...

    Raises:
        ProgramError: where `of` is no tensor of the program.
    """

    def __init__(self, program: Program, of: str, upstream: str | None = None, seed: int = 0) -> None:
        self.program, self.seed = program, seed
        self.of = program.find(of)
        self.inputs = dict(program.inputs)
        self.upstream: Tensor | None = None
        if upstream is not None:
            self.upstream = program.tensors.get(upstream) or Tensor(upstream, self.of.shape, "adjoint")
            self.inputs.setdefault(upstream, self.upstream)
        self.sizes = small_sizes(program, self.inputs.values())

    @cached_property
    def exact(self) -> ExactPoints:
        given = describe(self.program, self.inputs, self.sizes)
        return ExactPoints(self.program, self.of.name, self.sizes, given, self.seed)

    @cached_property
    def real(self) -> RealPoints:
        given = describe(self.program, self.inputs, self.sizes)
        return RealPoints(self.program, self.of.name, self.sizes, given, self.seed)

    def adjoint(self, wrt: Tensor, indices: Indices) -> Expr:
        """Return ∂of/∂U[p…], or Σ upstream[i…] · ∂of[i…]/∂U[p…]."""
        axes = tuple(fresh_index_over(size) for size in self.of.shape)
        slope = Total(self.of[axes], wrt[indices])
        return slope if self.upstream is None else sum_over(self.upstream[axes] * slope, axes)

    def equal(self, left: Expr, right: Expr, indices: Indices = (), symmetric: bool = False) -> Verdict:
        """Return whether two expressions are equal for all values of their indices.

        Args:
            left: an expression in index notation; it may contain `Partial` and `Total`.
            right: the same.
            indices: the free indices of both.
            symmetric: whether only the parts that are symmetric in the last two indices are compared.
        """
        known = self.inputs.keys() | self.program.defined.keys()
        left, right = without_strangers(left, known), without_strangers(right, known)
        names = {tensor.name for side in (left, right) for tensor in tensors(side)}
        if unknown := sorted(names - known):
            return Verdict(UNCHECKED, f"'{unknown[0]}' is no tensor of the program")
        if symmetric:
            left, right = symmetric_part(left, indices), symmetric_part(right, indices)
        try:
            places = self.places(indices)
            if self._is_exact((left, right), indices, places, names):
                return Verdict(EXACT)
            return self._to_digits((left, right), indices, places, names)
        except (SymnnError, ArithmeticError) as error:
            return Verdict(UNCHECKED, str(error))

    def places(self, indices: Indices) -> list[tuple[int, ...]]:
        """Return values of the indices: all of them, or some, on the diagonals too."""
        sizes = [int(size_of(i).xreplace(self.sizes)) for i in indices]
        total = 1
        for size in sizes:
            total *= size
        if total <= MOST_PLACES:
            return list(itertools.product(*map(range, sizes)))
        chooser = random.Random(f"{self.seed} {sizes}")
        found: dict[tuple[int, ...], None] = {}
        while len(found) < MOST_PLACES:
            start = chooser.randrange(max(sizes))
            diagonal = len(found) % 2 == 1 and len(sizes) > 1 and len(found) < min(sizes)
            found[tuple(start % size if diagonal else chooser.randrange(size) for size in sizes)] = None
        return sorted(found)

    def correct(self, name: str, value: Expr, indices: Indices) -> None:
        """Let an adjoint whose equation is wrong have its true value, so that later lines are judged by themselves."""
        ranges = [range(int(size_of(i).xreplace(self.sizes))) for i in indices]

        def values(points: Points) -> Callable[[], list[Any]]:
            formula = points.formula(value, indices)
            return lambda: [formula(place) for place in itertools.product(*ranges)]

        for points in (self.exact, self.real):
            points.replace(name, values(points))

    def _is_exact(
        self, sides: tuple[Expr, Expr], indices: Indices, places: Sequence[tuple[int, ...]], names: Iterable[str]
    ) -> bool:
        """Whether two expressions agree at random points modulo p."""
        decisions = max(self._decisions, *map(decisions_of, sides))
        needed = max(_POINTS, -(-decisions // len(places)))
        agreed = 0
        for point in range(3 * needed + _SPARE):
            try:
                self.exact.use(point)
                self.exact.need(names)
                one, other = (self.exact.formula(side, indices) for side in sides)
                if any(one(place) != other(place) for place in places):
                    return False
            except DomainError:
                if not point and not self.exact.saved:
                    return False
                continue
            agreed += 1
            if agreed == needed:
                return True
        return False

    def _to_digits(
        self, sides: tuple[Expr, Expr], indices: Indices, places: Sequence[tuple[int, ...]], names: Iterable[str]
    ) -> Verdict:
        """Compare two expressions to 50 digits."""
        agreed = 0
        for point in range(_POINTS + _SPARE):
            self.real.use(point)
            self.real.need(names)
            one, other = (self.real.formula(side, indices) for side in sides)
            pairs = [(place, one(place), other(place)) for place in places]
            if not all(is_finite(number) for _, *both in pairs for number in both):
                continue
            for place, left, right in pairs:
                if not _agree(left, right):
                    return Verdict(WRONG, _where(indices, place, left, right))
            agreed += 1
            if agreed == _POINTS:
                return Verdict(TO_DIGITS)
        return Verdict(UNCHECKED, "no point was found at which both sides are finite")

    @cached_property
    def _decisions(self) -> int:
        return max(decisions_of(equation.right) for equation in self.program.pruned([self.of.name]))


def decides_by_sign(expression: Expr) -> bool:
    """Whether the sign of something decides what an expression is: a step, an absolute value, a maximum, a root."""
    return decisions_of(expression) > 0


@lru_cache(maxsize=4096)
def decisions_of(expression: Expr) -> int:
    """Return at how many places an expression has to be looked at, because the sign of something decides what it is."""
    if expression.has(Step, Abs, sign, Max, Min, Maximum, Piecewise):
        return _BRANCHES
    if any(_bends(type(part)) for part in expression.atoms(Elementwise)):
        return _BRANCHES
    return _ROOTS if any(not power.exp.is_integer for power in expression.atoms(Pow)) else 0


def _bends(function: type[Elementwise]) -> bool:
    definition = formula(function, _VARIABLE)
    return definition is not None and decisions_of(definition) == _BRANCHES


_VARIABLE: Any = Entry(Tensor("t", ()))


def without_strangers(expression: Expr, known: Collection[str]) -> Expr:
    """Return an expression without derivatives by tensors on which nothing in a program depends: they are 0."""

    def change(part: Basic) -> Basic | None:
        if not isinstance(part, Partial) or part.by.base.name in known or part.by.base in tensors(part.of):
            return None
        return Integer(0)

    return transform(expression, change) if expression.has(Partial, Total) else expression


def symmetric_part(expression: Expr, indices: Indices) -> Expr:
    """Return (E[p, q] + E[q, p])/2, in the last two indices."""
    *_, row, column = indices
    turned = substitute(refresh(expression), {row: column, column: row})
    return (expression + turned) / 2


def _agree(left: Any, right: Any) -> bool:
    """Whether two numbers of many digits agree to 50 of them; what is 0 but for rounding is 0."""
    difference = abs(left - right)
    largest = max(abs(left), abs(right))
    return bool(difference <= largest * type(largest)(10) ** -DIGITS or difference <= type(largest)(10) ** -80)


def _where(indices: Indices, place: Sequence[int], left: Any, right: Any) -> str:
    at = ", ".join(f"{i.name} = {value + 1}" for i, value in zip(indices, place, strict=True))
    numbers = f"{_six(left)} against {_six(right)}"
    return f"at {at}: {numbers}" if at else numbers


def _six(number: Any) -> str:
    return f"{float(number):.6g}".replace("-", "−")
