"""Copies with other orders of axes, so that the innermost loop of a sum reads from one place to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sympy import Idx

from symnn.compiling.numba_orders import is_across, length
from symnn.compiling.numba_source import Kept
from symnn.compiling.numba_statements import SET, Statement
from symnn.language import Entry, Tensor, entries, examples, free_indices, fresh_index_over, size_of

_WORTH = 4
"""How often an entry is read, at least, where its array is copied."""


class Copies:
    """The copies that a program makes."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self.tensors: dict[str, Tensor] = {}
        """Every copy by its name."""
        self._known: dict[tuple[str, tuple[int, ...]], Tensor] = {}

    def reading_in_order(
        self, statement: Statement, loops: Sequence[Idx]
    ) -> tuple[Statement, list[Statement], list[Statement]]:
        """Return a sum that reads copies instead of going across arrays, and what makes these.

        Some are made once before the loop over the examples, the others just before the sum.
        """
        early: list[Statement] = []
        here: list[Statement] = []
        if not loops or loops[-1] not in free_indices(statement.left):
            return statement, early, here
        put = {}
        for entry in sorted(entries(statement.right), key=str):
            plain = all(isinstance(i, Idx) for i in entry.indices) and len(set(entry.indices)) == len(entry.indices)
            if plain and is_across(entry, loops[-1]) and self._pays(entry, statement):
                order = [*(i for i in entry.indices if i not in loops), *(i for i in loops if i in entry.indices)]
                once = statement.own == self.kept.own and self.kept.own not in entry.indices
                put[entry] = self._copy(entry, order, early if once else here, once)
        return replace(statement, right=statement.right.xreplace(put)), early, here

    def _pays(self, entry: Entry, statement: Statement) -> bool:
        """Whether the entries of an array, which may not be data, are read often enough."""
        own = self.kept.own
        if entry.base.name in self.kept.data or (own in entry.indices and entry.base.name not in self.kept.dropped):
            return False
        times = length(examples) if statement.own == own and own not in entry.indices else 1
        for i in statement.loops:
            times *= 1 if i in entry.indices else length(size_of(i))
        return times >= _WORTH

    def _copy(self, entry: Entry, order: Sequence[Idx], makers: list[Statement], once: bool) -> Entry:
        axes = tuple(entry.indices.index(i) for i in order)
        key = (str(entry.base.name), axes)
        known = self._known.get(key)
        if known is None:
            shape = tuple(entry.base.shape[axis] for axis in axes)
            known = self._known[key] = Tensor(self.kept.fresh(f"{entry.base.name}_T"), shape, "value")
            self.tensors[known.name] = known
            if entry.base.name in self.kept.dropped:
                self.kept.dropped.add(known.name)
        elif once:
            return known[tuple(order)]
        turned = {i: i if i == self.kept.own else fresh_index_over(size_of(i), i.name) for i in order}
        left, source = known[tuple(turned.values())], entry.base[tuple(turned[i] for i in entry.indices)]
        loops = tuple(i for i in turned.values() if i != self.kept.own)
        makers.append(Statement(left, SET, source, loops))
        return known[tuple(order)]
