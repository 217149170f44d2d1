"""Finding the families of a program: see `symnn.views.families`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from sympy import Add, Expr, Idx, Integer
from sympy.core.basic import Basic

from symnn.calculus.canonical import canonical
from symnn.language import Adjoint, Entry, Equation, Program, entries, substitute, tensors, transform
from symnn.views.families import Folding, Member, Run, RunningSum, running_letter, split_name

_FEWEST = 3
"""So many terms of a sum, or tensors of a name, make a family."""
_LETTERS = "tsrqp"


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
        if split := split_name(name):
            numbers.setdefault(split[0], []).append(split[1])
    stems = {stem for stem, found in numbers.items() if len(found) >= _FEWEST}
    if not stems:
        return Folding(program)
    return _Fold(program, stems).result()


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
            split = split_name(equation.tensor.name)
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
            base, split = part.base, split_name(part.base.name)
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
            base, split = part.base, split_name(part.base.name)
            if split is not None and split[0] in self.stems:
                base = base.like(self._name(part.base.name, *split, split[1] - number))
            t = running_letter(self.letter)
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
            splits = [split for entry in entries(term) if (split := split_name(entry.base.name))]
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
                made.append(RunningSum(body, running_letter(self.letter), Integer(numbers[0]), Integer(numbers[-1])))
            else:
                others.extend(terms.values())
        return Add(*others, *made) if made else None

    def _adjoints(self) -> dict[str, Adjoint]:
        """Return what the adjoints are derivatives of, those with t in their names too."""
        known = dict(self.program.adjoints)
        for name, member in list(self.members.items()):
            adjoint = known.get(member.example)
            split = split_name(adjoint.wrt) if adjoint is not None else None
            if adjoint is not None and split is not None and split[0] in self.stems:
                offset = split[1] - member.number + member.offset
                known[name] = replace(adjoint, wrt=self._name(adjoint.wrt, *split, offset))
        return known


def _number(equation: Equation) -> int:
    split = split_name(equation.tensor.name)
    assert split is not None
    return split[1]


def _meeting(starts: list[int], going_up: bool) -> int | None:
    """Return the first number at which all families have begun."""
    return (max if going_up else min)(starts) if starts else None


def _beside_their_families(
    lines: Iterable[Equation], runs: Mapping[str, Run], members: Mapping[str, Member]
) -> list[Equation]:
    """Return the equations with a first or last step that differs right before or after its family."""
    given = list(lines)
    families = {(split_name(members[name].example) or (name, 0))[0]: name for name in runs}
    beside: dict[tuple[str, bool], list[Equation]] = {}
    for equation in given:
        split = split_name(equation.tensor.name)
        if split is not None and split[0] in families:
            run = runs[families[split[0]]]
            is_early = (split[1] < run.first) == (run.first <= run.last)
            beside.setdefault((families[split[0]], is_early), []).append(equation)
    moved = {equation.tensor.name for equations in beside.values() for equation in equations}
    ordered: list[Equation] = []
    for equation in given:
        name = equation.tensor.name
        if name not in moved:
            ordered += [*beside.get((name, True), []), equation, *beside.get((name, False), [])]
    return _defined_before_used(ordered)


def _defined_before_used(equations: Iterable[Equation]) -> list[Equation]:
    """Return equations in their order, each after those that it needs."""
    by_name = {equation.tensor.name: equation for equation in equations}
    ordered: dict[str, Equation] = {}
    waiting: list[tuple[str, bool]] = [(name, False) for name in reversed(by_name)]
    while waiting:
        name, is_ready = waiting.pop()
        if name in ordered:
            continue
        if is_ready:
            ordered[name] = by_name[name]
            continue
        needed = {tensor.name for tensor in tensors(by_name[name].right)}
        waiting.append((name, True))
        waiting.extend((other, False) for other in reversed(by_name) if other in needed and other not in ordered)
    return list(ordered.values())
