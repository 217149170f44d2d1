"""Families: equations that repeat for t = 1, …, T are shown once, and sums over t as sums.

    z_2 = U h_1 + W x_2 + b,   z_3 = U h_2 + W x_3 + b,   …      →   z_t = U h_{t−1} + W x_t + b,   t = 2, …, T
    δ_1 x_1ᵀ + δ_2 x_2ᵀ + δ_3 x_3ᵀ                             →   Σ_{t=1}^{3} δ_t x_tᵀ

A family is found by the numbers at the end of names, `z_2`, and by whole-number indices, `x[1, k]`: its
equations are equal but for a shift of those. What is equal by accident is equal: unfolding gives back
exactly what was folded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from sympy import Add, Expr, Idx, Integer, Symbol
from sympy.core.basic import Basic

from symnn.calculus.canonical import canonical
from symnn.language import Adjoint, Entry, Equation, Program, Tensor, entries, substitute, transform

_NUMBERED = re.compile(r"(?P<stem>.*[^_\d].*)_(?P<number>\d+)\Z")
_FEWEST = 3
"""So many terms of a sum, or tensors of a name, make a family."""
_LETTERS = "tsrqp"


class RunningSum(Expr):
    """Σ of a body over t from a first to a last number; `args` are the body, t, and the two."""

    is_commutative = True
    is_real = True

    @property
    def body(self) -> Expr:
        return self.args[0]

    @property
    def free_symbols(self) -> set[Any]:
        return self.body.free_symbols - {self.args[1]}


@dataclass(frozen=True)
class Member:
    """What a tensor of a family's general equation stands for: `name` for t = 0 would end in `offset`.

    Attributes:
        example: a tensor of the program that it stands for.
        number: the number at the end of the example's name.
        offset: what is added to t: −1 for h_{t−1}.
    """

    example: str
    number: int
    offset: int


@dataclass(frozen=True)
class Run:
    """From where to where t goes, in the order of the program."""

    first: int
    last: int


@dataclass(frozen=True)
class Folding:
    """A program with an equation for each family.

    Attributes:
        program: the general equations, in place of the families.
        letter: the letter of t.
        runs: for the left side of each general equation, from where to where t goes.
        members: what the tensors with t in their names stand for.
    """

    program: Program
    letter: str = ""
    runs: dict[str, Run] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)


def folded(program: Program) -> Folding:
    """Return a program with its families folded; one without families is returned as it is.

    >>> from symnn.language import index, tensor
    >>> i = index("i", 2); x = [tensor(f"x_{n}", 2) for n in range(4)]
    >>> found = folded(Program([Equation(x[n][i], x[n - 1][i] / 2) for n in (1, 2, 3)]))
    >>> print(found.program, found.runs)
    x_t[i] = x_tm1[i]/2 {'x_t': Run(first=1, last=3)}
    """
    numbers: dict[str, list[int]] = {}
    for name in program.tensors:
        if split := _split(name):
            numbers.setdefault(split[0], []).append(split[1])
    stems = {stem for stem, found in numbers.items() if len(found) >= _FEWEST}
    if not stems:
        return Folding(program)
    return _Fold(program, stems).result()


def unfolded(folding: Folding) -> list[Equation]:
    """Return the equations that a folding stands for, family by family."""
    found: list[Equation] = []
    for equation in folding.program:
        run = folding.runs.get(equation.tensor.name)
        if run is None:
            found.append(_at(folding, equation, None))
            continue
        step = 1 if run.last >= run.first else -1
        found.extend(_at(folding, equation, t) for t in range(run.first, run.last + step, step))
    return found


def _split(name: str) -> tuple[str, int] | None:
    match = _NUMBERED.match(name)
    return None if match is None else (match["stem"], int(match["number"]))


def _at(folding: Folding, equation: Equation, t: int | None) -> Equation:
    """Return a general equation for one t, with its running sums written out."""

    def place(part: Basic, value: int | None) -> Any:
        def change(inner: Basic) -> Basic | None:
            if isinstance(inner, RunningSum):
                body, _, first, last = inner.args
                return Add(*(place(body, n) for n in range(int(first), int(last) + 1)))
            if isinstance(inner, Entry) and value is not None:
                base, member = inner.base, folding.members.get(inner.base.name)
                if member is not None:
                    stem, _ = _split(member.example) or (member.example, 0)
                    base = base.like(f"{stem}_{value + member.offset}")
                indices = [i.xreplace({_letter(folding.letter): Integer(value)}) for i in inner.indices]
                return base[tuple(place(i, value) for i in indices)]
            return None

        return transform(part, change)

    return Equation(place(equation.left, t), place(equation.right, t))


def _letter(letter: str) -> Symbol:
    return Symbol(letter, integer=True)


class _Fold:
    """One folding in the making."""

    def __init__(self, program: Program, stems: set[str]) -> None:
        self.program, self.stems = program, stems
        taken = {name.lower() for name in program.tensors} | {
            i.name for e in program for entry in entries(e.right) for i in entry.indices if isinstance(i, Idx)
        }
        self.letter = next((c for c in _LETTERS if c not in taken), _LETTERS[0])
        self.members: dict[str, Member] = {}
        self.names: dict[tuple[str, int], str] = {}

    def result(self) -> Folding:
        runs = list(self._runs())
        inside = {e.tensor.name: run for run in runs for e in run}
        start = {id(run): _number(run[0]) for run in runs}
        going_up = {id(run): _number(run[1]) > _number(run[0]) for run in runs}
        meeting = {up: _meeting([start[id(r)] for r in runs if going_up[id(r)] == up], up) for up in (True, False)}
        lines: list[Equation] = []
        ranges: dict[str, Run] = {}
        for equation in self.program:
            run = inside.get(equation.tensor.name)
            if run is None:
                lines.append(Equation(equation.left, self._sums(equation.right), equation.program))
                continue
            wanted = meeting[going_up[id(run)]]
            shown = next((e for e in run if _number(e) == wanted), run[0])
            if equation is not shown:
                continue
            general = self._general(run)
            ranges[general.tensor.name] = Run(_number(run[0]), _number(run[-1]))
            lines.append(general)
        if not ranges and not self.members:
            return Folding(self.program)
        ordered = _beside_their_families(lines, ranges, self.members)
        program = Program(ordered, self.program.facts, self.program.layered, self._adjoints())
        return Folding(program, self.letter, ranges, self.members)

    def _runs(self) -> Iterator[list[Equation]]:
        """Yield the equations of each family, in the program's order."""
        by_stem: dict[str, list[Equation]] = {}
        for equation in self.program:
            split = _split(equation.tensor.name)
            if split is not None and split[0] in self.stems:
                by_stem.setdefault(split[0], []).append(equation)
        for equations in by_stem.values():
            run = equations[:1]
            for before, after in pairwise(equations):
                if self._follows(before, after, run):
                    run.append(after)
                    continue
                if len(run) > 1:
                    yield run
                run = [after]
            if len(run) > 1:
                yield run

    def _follows(self, before: Equation, after: Equation, run: list[Equation]) -> bool:
        by = _number(after) - _number(before)
        if abs(by) != 1 or (len(run) > 1 and by != _number(run[1]) - _number(run[0])):
            return False
        if tuple(before.tensor.shape) != tuple(after.tensor.shape):
            return False
        names = dict(zip(before.indices, after.indices, strict=True))
        right = substitute(canonical(before.right), names)
        return canonical(self._shifted(right, by)) == canonical(after.right)

    def _shifted(self, expression: Expr, by: int) -> Any:
        """Return an expression with all its numbers moved: those of families' names, and those that are indices."""

        def change(part: Basic) -> Basic | None:
            if not isinstance(part, Entry):
                return None
            base, split = part.base, _split(part.base.name)
            if split is not None and split[0] in self.stems:
                if split[1] + by < 0:
                    return None
                base = base.like(f"{split[0]}_{split[1] + by}")
            return base[tuple(Integer(int(i) + by) if i.is_Integer else transform(i, change) for i in part.indices)]

        return transform(expression, change)

    def _general(self, run: list[Equation]) -> Equation:
        """Return the equation of a family for a general t."""
        number = _number(run[0])
        return Equation(self._at_t(run[0].left, number), self._at_t(run[0].right, number))

    def _at_t(self, expression: Basic, number: int) -> Any:
        """Return an expression with t in place of a number, t − 1 in place of the one before, and so on."""

        def change(part: Basic) -> Basic | None:
            if not isinstance(part, Entry):
                return None
            base, split = part.base, _split(part.base.name)
            if split is not None and split[0] in self.stems:
                base = base.like(self._name(part.base.name, *split, split[1] - number))
            t = _letter(self.letter)
            return base[tuple(t + int(i) - number if i.is_Integer else transform(i, change) for i in part.indices)]

        return transform(expression, change)

    def _name(self, example: str, stem: str, number: int, offset: int) -> str:
        if (stem, offset) not in self.names:
            end = "" if not offset else f"{'p' if offset > 0 else 'm'}{abs(offset)}"
            name = self.program.fresh_name(f"{stem}_{self.letter}{end}", self.members)
            self.names[stem, offset] = name
            self.members[name] = Member(example, number, offset)
        return self.names[stem, offset]

    def _sums(self, expression: Expr) -> Any:
        """Return an expression in which terms that are equal but for a shift stand under one Σ."""

        def change(part: Basic) -> Basic | None:
            return self._sum(part) if isinstance(part, Add) and len(part.args) >= _FEWEST else None

        return transform(expression, change)

    def _sum(self, total: Add) -> Basic | None:
        groups: dict[Expr, dict[int, Expr]] = {}
        others: list[Expr] = []
        for term in total.args:
            splits = [split for entry in entries(term) if (split := _split(entry.base.name))]
            found = [number for stem, number in splits if stem in self.stems]
            if found:
                start = max(found)
                groups.setdefault(canonical(self._at_t(term, start)), {})[start] = term
            else:
                others.append(term)
        made: list[Expr] = []
        for terms in groups.values():
            numbers = sorted(terms)
            whole = len(numbers) >= _FEWEST and numbers == list(range(numbers[0], numbers[-1] + 1))
            if whole:
                body = self._at_t(terms[numbers[0]], numbers[0])
                made.append(RunningSum(body, _letter(self.letter), Integer(numbers[0]), Integer(numbers[-1])))
            else:
                others.extend(terms.values())
        return Add(*others, *made) if made else None

    def _adjoints(self) -> dict[str, Adjoint]:
        """Return what the adjoints are derivatives of, those with t in their names too."""
        known = dict(self.program.adjoints)
        for name, member in list(self.members.items()):
            adjoint = known.get(member.example)
            split = _split(adjoint.wrt) if adjoint is not None else None
            if adjoint is not None and split is not None and split[0] in self.stems:
                offset = split[1] - member.number + member.offset
                known[name] = replace(adjoint, wrt=self._name(adjoint.wrt, *split, offset))
        return known


def _number(equation: Equation) -> int:
    split = _split(equation.tensor.name)
    assert split is not None
    return split[1]


def _meeting(starts: list[int], going_up: bool) -> int | None:
    """Return the first number at which all families have begun."""
    return (max if going_up else min)(starts) if starts else None


def _beside_their_families(
    lines: Iterable[Equation], runs: Mapping[str, Run], members: Mapping[str, Member]
) -> list[Equation]:
    """Return the equations with a first step that differs right before its family."""
    given = list(lines)
    families = {(_split(members[name].example) or (name, 0))[0]: name for name in runs}
    early = {
        equation.tensor.name: families[split[0]]
        for equation in given
        if (split := _split(equation.tensor.name)) and split[0] in families
    }
    waiting: dict[str, list[Equation]] = {}
    for equation in given:
        if equation.tensor.name in early:
            waiting.setdefault(early[equation.tensor.name], []).append(equation)
    ordered: list[Equation] = []
    for equation in given:
        if equation.tensor.name not in early:
            ordered.extend(waiting.get(equation.tensor.name, []))
            ordered.append(equation)
    return ordered


__all__ = ["Folding", "Member", "Run", "RunningSum", "folded", "unfolded"]

_ = Tensor
