"""One statement of a loop program: an entry, what is done to it, a scalar formula, and the indices that run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sympy import Expr, Idx, KroneckerDelta
from sympy.core.basic import Basic

from symnn.language import Entry, Equation, Within, entries, examples, size_of

SET, SUM, ENLARGE = "=", "+=", "max"


@dataclass(frozen=True)
class Statement:
    """left = right, left += right or left = max(left, right), for all values of the indices where the brackets hold.

    Attributes:
        left: the entry; its indices are plain ones, or places at which numbers are put down.
        operation: =, += or max; of a matrix, the name of the operation.
        right: a formula without sums; of a matrix operation, the entry of the matrix.
        indices: what runs: those of the left side, then those that are summed over.
        brackets: where it holds.
        equation: the equation that it is part of.
    """

    left: Entry
    operation: str
    right: Expr
    indices: tuple[Idx, ...]
    brackets: tuple[Expr, ...] = ()
    equation: Equation | None = None

    @property
    def name(self) -> str:
        return str(self.left.base.name)

    @property
    def is_entrywise(self) -> bool:
        return self.operation in (SET, SUM, ENLARGE)

    @property
    def is_by_example(self) -> bool:
        """Whether the tensor on the left has a row for each example."""
        return bool(self.left.indices) and self.left.base.shape[0] == examples

    @cached_property
    def own(self) -> Idx | None:
        """The index of the examples over which the statement goes, if any: of its left side, or of what it adds up."""
        if self.is_by_example:
            first = self.left.indices[0]
            return first if isinstance(first, Idx) else None
        return next((i for i in self.indices if i not in self.left.indices and size_of(i) == examples), None)

    @cached_property
    def used(self) -> frozenset[Entry]:
        """Every entry that is read."""
        places = [entries(index) for index in self.left.indices]
        return entries(self.right).union(*places, *(entries(bracket) for bracket in self.brackets))

    @property
    def loops(self) -> tuple[Idx, ...]:
        """The indices that run beside the examples."""
        return tuple(i for i in self.indices if i != self.own)


def is_bracket(part: Basic) -> bool:
    """Whether a factor is 1 or 0, and says by that where others count."""
    return isinstance(part, Within | KroneckerDelta)
