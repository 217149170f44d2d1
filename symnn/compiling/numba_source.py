"""A nest of loops as Python source: its names, the bounds that brackets give, what each statement does."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Idx
from sympy.core.basic import Basic

from symnn.compiling.numba_scalars import Formulas
from symnn.compiling.numba_statements import SET, SUM, Statement, is_bracket
from symnn.compiling.numba_text import Code, affine
from symnn.language import Entry, Tensor, Within, entries, free_indices, size_of

INDENT = "    "


@dataclass
class Kept:
    """How the code of a program calls what it keeps.

    Attributes:
        own: the index of the examples in the loops over them.
        words: how the code's own names are written.
        taken: every name that is taken.
        dropped: the names of tensors that are kept for one example at a time.
        data: the names of what is read by the row of an example in the whole data.
        boxed: the names of numbers that are kept in an array with one entry.
        alias: for each tensor that is kept in the place of another, the name of that.
    """

    dtype: str
    own: Idx
    words: dict[str, str]
    taken: set[str]
    dropped: set[str]
    data: set[str]
    boxed: set[str]
    alias: dict[str, str]

    def place(self, tensor: Tensor, codes: Sequence[str]) -> str:
        name = self.alias.get(str(tensor.name), str(tensor.name))
        if tensor.name in self.dropped:
            codes = codes[1:]
        elif tensor.name in self.data:
            own = codes[0] == self.words["n"]
            codes = [self.words["row"] if own else f"{self.words['rows']}[{codes[0]}]", *codes[1:]]
        if name in self.boxed:
            return f"{name}[0]"
        return f"{name}[{', '.join(codes)}]" if codes else name

    def fresh(self, name: str) -> str:
        """Return a name that nothing has, and keep it."""
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name


class Nest:
    """The lines of a nest of loops.

    Args:
        statements: what is done in it.
        loops: the indices that run, outermost first.
        kept: how what is kept is called.
        scalars: the names of tensors that are not stored.
        comments: what to say of each tensor that is made: it is said once.
    """

    def __init__(
        self,
        statements: Sequence[Statement],
        loops: Sequence[Idx],
        kept: Kept,
        scalars: Collection[str] = (),
        comments: dict[str, str] | None = None,
    ) -> None:
        self.statements, self.loops, self.kept = statements, list(loops), kept
        self.scalars, self.comments = scalars, {} if comments is None else comments
        names = self._index_names(loops)
        used: set[str] = set()

        def fresh(wish: str) -> str:
            taken = {*self.kept.taken, *names.values(), *used}
            candidates = itertools.chain([wish] if wish != "s" else [], (f"{wish}{k}" for k in range(1, 10**6)))
            name = next(n for n in candidates if n not in taken)
            used.add(name)
            return name

        counts: Counter[Basic] = Counter()
        for statement in statements:
            _count(statement.right, counts)
        self.formulas = Formulas(loops, names, self.kept.place, self.kept.dtype, fresh, counts)
        self.after: list[list[str]] = [[] for _ in range(len(loops) + 1)]

    @property
    def lines(self) -> list[str]:
        """The lines of the nest."""
        bounds, conditions = self._bounds(self.statements[0])
        for statement in self.statements:
            self._statement(statement)
        return self._written(bounds, conditions)

    def _index_names(self, loops: Sequence[Idx]) -> dict[Idx, str]:
        names = {self.kept.own: self.kept.words["n"]}
        for each in loops:
            if size_of(each) == 1:
                names[each] = "0"
                continue
            letters = itertools.chain([each.name], (f"{each.name}{k}" for k in range(1, 100)))
            names[each] = next(x for x in letters if x not in names.values() and x not in self.kept.taken)
        return names

    def _statement(self, statement: Statement) -> None:
        formulas, depth = self.formulas, len(self.loops)
        target = self._target(statement.left)
        comment = self._comment(statement)
        here = formulas.lines[depth]
        if statement.operation == SET:
            code = formulas.outer(formulas.code(statement.right, whole=True), depth)
            if statement.name in self.scalars or formulas.repeated[statement.left]:
                name = formulas.fresh(formulas.wish(statement.left)) if statement.left.indices else target
                formulas.known[statement.left] = Code(name, depth=depth)
                here.append(f"{name} = {code.text}{comment if statement.name in self.scalars else ''}")
                if statement.name in self.scalars or name == target:
                    return
                code = Code(name)
            here.append(f"{target} = {code.text}{comment}")
            return
        target = self._held(statement, target)
        code = formulas.outer(formulas.code(statement.right), depth)
        if statement.operation == SUM:
            text = f"-= {code.text[1:]}" if code.text.startswith("-") and " " not in code.text else f"+= {code.text}"
            here.append(f"{target} {text}{comment}")
        else:
            value = formulas.named(replace(code, depth=depth), statement.right).text
            here.append(f"{target} = {value} if {value} > {target} or {value} != {value} else {target}{comment}")

    def _held(self, statement: Statement, target: str) -> str:
        """Return what is added to: a number of its own while inner loops sum, if these are the innermost."""
        free = [i for i in self.loops if i in free_indices(statement.left)]
        if target.isidentifier() or len(free) == len(self.loops) or self.loops[: len(free)] != free:
            return target
        if any(isinstance(e, Entry) for i in statement.left.indices for e in entries(i)):
            return target
        name = self.formulas.fresh(self.formulas.wish(statement.left))
        self.formulas.lines[len(free)].append(f"{name} = {target}")
        self.after[len(free)].append(f"{target} = {name}")
        return name

    def _target(self, left: Entry) -> str:
        places = [self.formulas.index_in(i, size).text for i, size in zip(left.indices, left.base.shape, strict=True)]
        return self.kept.place(left.base, places)

    def _comment(self, statement: Statement) -> str:
        equation = statement.equation
        if equation is None or statement.name != equation.tensor.name or statement.name not in self.comments:
            return ""
        return f"  # {self.comments.pop(statement.name)}"

    def _bounds(self, statement: Statement) -> tuple[dict[Idx, tuple[list[str], list[str]]], list[str]]:
        """Return the bounds of loops that brackets give, and the conditions of the other brackets."""
        bounds: dict[Idx, tuple[list[str], list[str]]] = {i: ([], []) for i in self.loops}
        rest = []
        for bracket in statement.brackets:
            solved = _solved(bracket, self.loops, self.formulas.names)
            if solved is None:
                rest.append(bracket)
                continue
            inner, low, high = solved
            bounds[inner][0].append(low)
            bounds[inner][1].append(high)
            self.formulas.true.append(bracket)
        return bounds, [self.formulas.condition(bracket) for bracket in rest]

    def _written(self, bounds: dict[Idx, tuple[list[str], list[str]]], conditions: list[str]) -> list[str]:
        lines = self.formulas.lines
        inner = lines[-1]
        if conditions:
            inner = [f"if {' and '.join(conditions)}:", *(INDENT + line for line in inner)]
        made = [*inner, *self.after[-1]]
        for place in range(len(self.loops) - 1, -1, -1):
            each = self.loops[place]
            low, high = bounds[each]
            if size_of(each) == 1 and not low:
                made = [*lines[place], *made, *self.after[place]]
                continue
            size = affine(size_of(each), self.formulas.names)
            begin = (
                ""
                if not low
                else f"{low[0]}, "
                if len(low) == 1 and low[0] == "0"
                else f"max({', '.join(['0', *low])}), "
            )
            end = size if not high else f"min({', '.join([size, *high])})"
            head = f"for {self.formulas.names[each]} in range({begin}{end}):"
            made = [*lines[place], head, *(INDENT + line for line in made), *self.after[place]]
        return made


def _solved(bracket: Any, loops: Sequence[Idx], names: dict[Idx, str]) -> tuple[Idx, str, str] | None:
    """Return the innermost index of a bracket [0 ≤ c i + e < s], and between what it is."""
    if not isinstance(bracket, Within) or entries(bracket.args[0]):
        return None
    expression, size = bracket.args[0].expand(), bracket.args[1]
    inside = [i for i in loops if i in free_indices(expression)]
    if not inside:
        return None
    inner = inside[-1]
    step = expression.coeff(inner)
    rest = (expression - step * inner).expand()
    if not step.is_Integer:
        return None
    up = int(step) > 0
    low, high = (-rest, size - 1 - rest) if up else (rest - size + 1, rest)
    by = abs(int(step))
    if by == 1:
        return inner, affine(low.expand(), names), affine((high + 1).expand(), names)
    return inner, f"-(({affine((-low).expand(), names)})//{by})", f"({affine(high.expand(), names)})//{by} + 1"


def _count(part: Basic, counts: Counter[Basic]) -> None:
    """Count the parts that are computed wherever an expression is."""
    counts[part] += 1
    if counts[part] > 1 or isinstance(part, Entry | Idx | Tensor) or not part.args:
        return
    if any(is_bracket(arg) for arg in part.args) or part.func.__name__ == "Piecewise":
        return
    for arg in part.args:
        _count(arg, counts)
