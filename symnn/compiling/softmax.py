"""Softmax takes one exponential: P = exp(S − L) with L = log Σ exp S is E / Σ E with E = exp(S − max S)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sympy import Add, Expr, Symbol, exp, log, preorder_traversal
from sympy.core.basic import Basic

from symnn.compiling.nodes import Expand, ReduceLogSumExp, ReduceMax, ReduceSum
from symnn.compiling.sharing import Assignment


def with_one_exponential(lines: Sequence[Assignment], kept: Collection[str]) -> list[Assignment]:
    """Return the lines with each softmax written so that its exponential is taken once.

    Args:
        lines: the lowered lines.
        kept: the names of what is returned.
    """
    sums = {name: line for name, line in lines if isinstance(line, ReduceLogSumExp)}
    if not sums:
        return list(lines)
    changed = [(name, _rewritten(line, sums)) for name, line in lines]
    parts = {part for _, line in changed for part in preorder_traversal(line) if isinstance(part, ReduceSum)}
    changed = [(name, _by_parts(line, parts) if name in sums else line) for name, line in changed]
    used = {Symbol(name, real=True) for name in kept}.union(*(line.free_symbols for _, line in changed))
    return [(name, line) for name, line in changed if name not in sums or name in used]


def _rewritten(part: Basic, sums: dict[Symbol, Expr]) -> Basic:
    if not part.args or not part.free_symbols & sums.keys():
        return part
    if isinstance(part, exp) and isinstance(part.args[0], Add):
        found = [(term, _subtracted(term, sums)) for term in part.args[0].args]
        taken = [(term, line, shape) for term, made in found if made is not None for line, shape in [made]]
        if len(taken) == 1 and part.args[0] - taken[0][0] == taken[0][1].args[0]:
            return _softmax(taken[0][1], taken[0][2])
    return part.func(*(_rewritten(arg, sums) for arg in part.args))


def _subtracted(term: Expr, sums: dict[Symbol, Expr]) -> tuple[Expr, Basic | None] | None:
    """Return the log-sum-exp that a term subtracts, and the shape in which it does."""
    positive = -term
    if positive in sums:
        return sums[positive], None
    if isinstance(positive, Expand) and positive.args[0] in sums:
        return sums[positive.args[0]], positive.args[1]
    return None


def _softmax(line: Expr, shape: Basic | None) -> Expr:
    array, axes = line.args
    exponentials = exp(array - _in_shape(ReduceMax(array, axes), shape))
    return exponentials / _in_shape(ReduceSum(exponentials, axes), shape)


def _by_parts(line: Expr, parts: Collection[Expr]) -> Expr:
    """Return log Σ exp S from the sum of exponentials that a softmax has, if there is one."""
    array, axes = line.args
    largest = ReduceMax(array, axes)
    made = [p for p in parts if p.args[1] == axes and isinstance(p.args[0], exp) and p.args[0].has(largest)]
    return log(made[0]) + largest if made else line


def _in_shape(part: Expr, shape: Basic | None) -> Expr:
    return part if shape is None else Expand(part, shape)
