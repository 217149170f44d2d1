"""Softmax takes one exponential: P = exp(S − L) with L = log Σ exp S is E / Σ E with E = exp(S − max S)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sympy import Add, Expr, Symbol, exp, log
from sympy.core.basic import Basic

from symnn.compiling.nodes import Expand, ReduceLogSumExp, ReduceMax, ReduceSum
from symnn.compiling.sharing import Assignment


def with_one_exponential(
    lines: Sequence[Assignment], kept: Collection[str], ranks: Mapping[str, int]
) -> list[Assignment]:
    """Return the lines with each softmax written so that its exponential is taken once.

    Args:
        lines: the lowered lines.
        kept: the names of what is returned.
        ranks: how many axes each line's array has, by name.
    """
    sums = {name: _Exponentials(line, ranks[name.name]) for name, line in lines if isinstance(line, ReduceLogSumExp)}
    if not sums:
        return list(lines)
    changed = [(name, _rewritten(line, sums)) for name, line in lines]
    taken = set().union(*(line.atoms(ReduceSum) for _, line in changed))
    changed = [(name, sums[name].logarithm(taken) if name in sums else line) for name, line in changed]
    used = {Symbol(name, real=True) for name in kept}.union(*(line.free_symbols for _, line in changed))
    return [(name, line) for name, line in changed if name not in sums or name in used]


class _Exponentials:
    """The exponentials that a log-sum-exp adds up, with the largest entry taken out.

    What is reduced is narrower than the array: `shape` says where its axes stand in it, if NumPy would put
    them elsewhere.
    """

    def __init__(self, line: ReduceLogSumExp, rank: int) -> None:
        array, axes = line.args
        self.line, self.array, self.largest = line, array, ReduceMax(array, axes)
        kept = [int(axis not in axes) for axis in range(rank + len(axes))]
        first = kept.index(1) if 1 in kept else len(kept)
        self.shape = kept[first:] if 0 in kept[first:] else None
        self.terms = exp(array - self.shaped(self.largest))
        self.sum = ReduceSum(self.terms, axes)

    def shaped(self, reduced: Expr) -> Expr:
        """Return a reduced array with its axes where they stand in the whole array."""
        return reduced if self.shape is None else Expand(reduced, self.shape)

    def softmax(self) -> Expr:
        return self.terms / self.shaped(self.sum)

    def logarithm(self, taken: Collection[Basic]) -> Expr:
        """Return the log-sum-exp, from the sum of exponentials if that is taken anyhow."""
        return log(self.sum) + self.largest if self.sum in taken else self.line


def _rewritten(part: Basic, sums: Mapping[Symbol, _Exponentials]) -> Basic:
    if not part.args or not part.free_symbols & sums.keys():
        return part
    if isinstance(part, exp) and isinstance(part.args[0], Add):
        for name in sorted(part.free_symbols & sums.keys(), key=str):
            if part.args[0] == sums[name].array - sums[name].shaped(name):
                return sums[name].softmax()
    return part.func(*(_rewritten(arg, sums) for arg in part.args))
