"""When each statement is carried out, which of them share a loop, and which tensors are ever stored.

Time goes in turns: 0 before the first loop over the examples, 1 in it, 2 after it, 3 in a second loop, and so on. A
statement for each example waits for another loop only where it needs what sums over the examples, or other
examples' values. In one loop, tensors have no example axis unless somebody else asks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sympy import Idx

from symnn.compiling.numba_statements import SET, Statement
from symnn.language import Entry, Tensor, examples, fresh_index_over, same_size, size_of, substitute


@dataclass
class Group:
    """Statements that share a nest of loops over the indices."""

    loops: tuple[Idx, ...]
    statements: list[Statement] = field(default_factory=list)

    @property
    def is_sum(self) -> bool:
        """Whether it is one statement that sums over more than the indices of its left side."""
        first = self.statements[0]
        return len(self.statements) == 1 and set(first.loops) != set(first.left.indices) - {first.own}


@dataclass
class Plan:
    """The groups of each turn, and where tensors are kept.

    Attributes:
        turns: the groups of statements, turn by turn; odd turns are loops over the examples.
        own: the index of the examples in these loops.
        rows: the names of computed tensors that are stored for all examples.
        scalars: the names of those that live in one pass through a loop alone, and are not stored.
    """

    turns: list[list[Group]]
    own: Idx
    rows: set[str]
    scalars: set[str]


def planned(statements: Sequence[Statement], inputs: Mapping[str, Tensor], kept: Collection[str]) -> Plan:
    """Return the plan of statements.

    Args:
        statements: in an order in which they can be carried out.
        inputs: the tensors that are given.
        kept: the names of tensors that are wanted at the end.
    """
    times = _times(statements, inputs)
    own = fresh_index_over(examples, "n")
    ready = {statement.name: time for statement, time in zip(statements, times, strict=True)}
    rows = set(kept)
    for statement, time in zip(statements, times, strict=True):
        for entry in statement.used:
            if not _is_own(entry, statement) or ready.get(entry.base.name, time) != time:
                rows.add(entry.base.name)
        if statement.is_by_example and (statement.own is None or ready[statement.name] != time):
            rows.add(statement.name)
    turns: list[list[Group]] = [[] for _ in range(max(times, default=0) + 1)]
    for statement, time in zip(statements, times, strict=True):
        if statement.own is not None and time % 2:
            statement = renamed(statement, {statement.own: own})
        _join(turns[time], statement)
    by_example = {s.name for s in statements if s.is_by_example}
    return Plan(turns, own, rows & by_example, _scalars(turns, kept, rows & by_example))


def renamed(statement: Statement, names: Mapping[Idx, Idx]) -> Statement:
    """Return a statement with other indices."""
    return replace(
        statement,
        left=substitute(statement.left, names),
        right=substitute(statement.right, names),
        indices=tuple(names.get(i, i) for i in statement.indices),
        brackets=tuple(substitute(bracket, names) for bracket in statement.brackets),
    )


def _times(statements: Sequence[Statement], inputs: Mapping[str, Tensor]) -> list[int]:
    by_example = {s.name for s in statements if s.is_by_example}
    ready: dict[str, int] = {}
    times = []
    for statement in statements:
        loop = statement.own is not None
        time = int(loop)
        for entry in statement.used:
            name = entry.base.name
            if name in ready:
                together = ready[name] % 2 == 1 and loop and name in by_example and _is_own(entry, statement)
                time = max(time, _next(ready[name] + (ready[name] % 2 and not together), loop))
        if statement.name in ready:
            time = max(time, _next(ready[statement.name], loop))
        ready[statement.name] = max(time, ready.get(statement.name, 0))
        times.append(time)
    return times


def _next(time: int, loop: bool) -> int:
    """Return the first turn at or after a time that is a loop over the examples, or that is none."""
    return time + (time % 2 != int(loop))


def _is_own(entry: Entry, statement: Statement) -> bool:
    """Whether what is read of a tensor with a row for each example is the example's own."""
    shape = entry.base.shape
    if not shape or shape[0] != examples:
        return True
    return statement.own is not None and entry.indices[0] == statement.own


def _join(groups: list[Group], statement: Statement) -> None:
    """Put a statement into the first group of equal loops that it may share, or into one of its own."""
    first = 0
    for place, group in enumerate(groups):
        touched = {other.name for other in group.statements}
        if touched & {statement.name, *(entry.base.name for entry in statement.used)}:
            first = place
    if statement.is_entrywise and not statement.brackets:
        for place in range(first, len(groups)):
            made = _fitted(groups[place], statement)
            if made is not None:
                groups[place].statements.append(made)
                return
    groups.append(Group(statement.loops, [statement]))


def _fitted(group: Group, statement: Statement) -> Statement | None:
    """Return the statement in the indices of a group, if it may stand there."""
    one, other = group.loops, statement.loops
    if len(one) != len(other) or not all(same_size(size_of(i), size_of(j)) for i, j in zip(one, other, strict=True)):
        return None
    free = {i for i in statement.left.indices if isinstance(i, Idx)} - {statement.own}
    plain = all(isinstance(i, Idx) for i in statement.left.indices) and free in (set(), set(other))
    if not plain or group.is_sum or not all(s.is_entrywise and not s.brackets for s in group.statements):
        return None
    statement = renamed(statement, dict(zip(other, one, strict=True)))
    return statement if _agrees(group, statement) else None


def _agrees(group: Group, statement: Statement) -> bool:
    """Whether what a statement reads of a group's results is there before it, in the same pass."""
    for other in group.statements:
        for entry in statement.used:
            if entry.base == other.left.base and (entry != other.left or other.operation != SET):
                return False
        if other.name == statement.name and other.left != statement.left:
            return False
        if any(entry.base == statement.left.base for entry in other.used):
            return False
    return True


def _scalars(turns: list[list[Group]], kept: Collection[str], rows: Collection[str]) -> set[str]:
    """Return the names of tensors that one group alone makes and reads."""
    places: dict[str, set[tuple[int, int]]] = {}
    summed: set[str] = set()
    for time, groups in enumerate(turns):
        for place, group in enumerate(groups):
            for statement in group.statements:
                for name in (statement.name, *(entry.base.name for entry in statement.used)):
                    places.setdefault(name, set()).add((time, place))
                if statement.operation != SET:
                    summed.add(statement.name)
    made = {s.name for groups in turns for group in groups for s in group.statements}
    return {name for name in made - summed - set(kept) - set(rows) if len(places[name]) == 1}
