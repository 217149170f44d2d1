"""Why a formula is wrong: the slip that explains it, and one entry where the two sides differ.

Every proposal of `slips` is tried at the points first; the first that agrees there is proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Rational

from symnn.errors import InputError
from symnn.language import Tensor
from symnn.teaching.checking.answers import Reading, infer, same_shape
from symnn.teaching.checking.known import Known
from symnn.teaching.checking.points import Point
from symnn.teaching.checking.slip_cases import Case, Proposal
from symnn.teaching.checking.slips import KINDS
from symnn.teaching.checking.spelling import spelling
from symnn.teaching.checking.tree_edits import name, names_in, product, times
from symnn.teaching.checking.tree_values import NoValueError, agrees, both_values, differ

Array = NDArray[Any]
MOST_PROPOSALS, LONGEST = 1_200, 300
MOST_NUMBERS = 12
"""So many numbers at most are told of the names of a counterexample."""


@dataclass(frozen=True)
class Slip:
    """What explains a wrong formula: the kind, what is said of it, and the formula without the slip."""

    kind: str
    said: str
    formula: str


@dataclass(frozen=True)
class Counterexample:
    """One entry, counted from 1, in which two sides differ at one point; `given` are the values of names there."""

    entry: tuple[int, ...]
    yours: float
    right: float
    given: dict[str, str]

    def text(self) -> str:
        """Return it in words."""
        where = f"entry {', '.join(map(str, self.entry))}: " if self.entry else ""
        told = "; ".join(f"{n} = {v}" for n, v in self.given.items())
        return f"{where}yours {self.yours:.6g}, right {self.right:.6g}" + (f"   (with {told})" if told else "")


def explained(
    known: Known, reading: Reading, target: Tensor, at: Sequence[Point], proved: Callable[[Reading], bool]
) -> Slip | None:
    """Return the single slip that explains a wrong formula, or None.

    Args:
        known: what names mean.
        reading: the formula.
        target: what it should be equal to.
        at: points to try proposals at.
        proved: whether a reading is equal to the target, by proof.
    """
    if not at:
        return None
    case = Case(known, reading, target)
    seen = {spelling(reading.tree)}
    for proposal in _proposals(case, at):
        text = spelling(proposal.tree)
        if text in seen or len(seen) > MOST_PROPOSALS or len(text) > LONGEST:
            continue
        seen.add(text)
        made = _agrees(case, proposal, at)
        if made is not None and proved(made):
            return Slip(proposal.kind, proposal.said, text)
    return None


def _proposals(case: Case, at: Sequence[Point]) -> Iterator[Proposal]:
    for kind in KINDS:
        yield from kind(case)
    yield from _by_ratio(case, at)
    yield from _by_difference(case, at)


def _agrees(case: Case, proposal: Proposal, at: Sequence[Point]) -> Reading | None:
    try:
        made = infer(case.known, proposal.tree, case.target, case.reading.head)
    except InputError:
        return None
    if not same_shape(made.shape, case.target.shape):
        return None
    return made if all(agrees(case.known, made, case.target, point) for point in at) else None


def counterexample(known: Known, reading: Reading, target: Tensor, at: Sequence[Point]) -> Counterexample | None:
    """Return the entry in which two sides of one shape differ most at the first point where they do."""
    for point in at:
        try:
            mine, right = both_values(known, reading, target, point)
        except NoValueError:
            continue
        if differ(mine, right):
            distance = np.abs(mine - right)
            place = np.unravel_index(int(distance.argmax()), distance.shape)
            entry = tuple(int(n) + 1 for n in place)
            return Counterexample(entry, float(mine[place]), float(right[place]), _given(known, reading, point))
    return None


def _given(known: Known, reading: Reading, point: Point) -> dict[str, str]:
    """The values of the names in a formula, where these are few numbers."""
    used = [n for n in names_in(reading.tree) if n in known.names]
    arrays = {n: np.asarray(point.values[known.names[n].name], dtype=float) for n in used}
    if sum(array.size for array in arrays.values()) > MOST_NUMBERS:
        return {}
    return {n: _written(array) for n, array in arrays.items()}


def _written(array: Array) -> str:
    if array.ndim == 0:
        return f"{float(array):.4g}"
    if array.ndim == 1:
        return f"({', '.join(f'{number:.4g}' for number in array)})"
    return f"({'; '.join(', '.join(f'{number:.4g}' for number in row) for row in array.reshape(len(array), -1))})"


def _ratio(one: Array, other: Array) -> Rational | None:
    """Return the number by which one array is a multiple of another."""
    large = np.abs(other) > 1e-6
    if not np.any(large) or np.any(np.abs(one[~large]) > 1e-6):
        return None
    ratios = one[large] / other[large]
    if np.ptp(ratios) > 1e-7 * (1 + abs(ratios[0])):
        return None
    found = Fraction(float(ratios.mean())).limit_denominator(1000)
    near = abs(float(found) - ratios.mean()) < 1e-7 * (1 + abs(ratios.mean()))
    return Rational(found.numerator, found.denominator) if found and near else None


def _by_ratio(case: Case, at: Sequence[Point]) -> Iterator[Proposal]:
    """The whole is a multiple of what is right."""
    try:
        mine, right = both_values(case.known, case.reading, case.target, at[0])
    except NoValueError:
        return
    number = _ratio(right, mine)
    if number is not None:
        yield Proposal("factor", f"a factor {number} is missing", times(case.tree, number))


def _by_difference(case: Case, at: Sequence[Point]) -> Iterator[Proposal]:
    """What is missing, or too many, is a multiple of one tensor: a penalty's term."""
    if case.by_entries:
        return
    try:
        mine, right = both_values(case.known, case.reading, case.target, at[0])
    except NoValueError:
        return
    for word, tensor in case.known.names.items():
        if tensor.shape == case.target.shape and tensor != case.target and word not in case.known.adjoints.values():
            number = _ratio(right - mine, np.asarray(at[0].values[tensor.name], dtype=float))
            if number is not None:
                term = times(name(word, case.tree.place), abs(number))
                made = product(case.tree, term, "+" if number > 0 else "-")
                yield Proposal("term", f"{spelling(term)} is {'missing' if number > 0 else 'too many'}", made)
