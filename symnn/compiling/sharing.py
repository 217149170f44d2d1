"""Sharing: nothing is computed twice. Equal parts of the lowered equations become one line.

The equations themselves are the common subexpressions; what two lines still have in common gets a
line of its own, just before its first use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sympy import Add, Expr, Mul, Symbol, preorder_traversal
from sympy.core.basic import Basic

from symnn.compiling.nodes import ArrayNode, Expand, ReduceSum, Transpose

Assignment = tuple[Symbol, Expr]
"""A name, and the expression that it stands for."""


def shared(lines: Sequence[Assignment], taken: Iterable[str]) -> list[Assignment]:
    """Return the lines with every part that occurs twice computed once."""
    known = {expression: name for name, expression in reversed(lines) if _is_work(expression)}
    counts: Counter[Basic] = Counter()
    for _, expression in lines:
        _count(expression, counts)
    sharing = _Sharing({part for part, times in counts.items() if times > 1}, known, set(taken))
    for name, expression in lines:
        sharing.add(name, expression)
    return sharing.lines


def with_sums_of_scaled(lines: Sequence[Assignment]) -> list[Assignment]:
    """Return the lines with (Σ X)/m written Σ (X/m) wherever X/m is computed anyway."""
    present = {part for _, expression in lines for part in preorder_traversal(expression) if isinstance(part, Mul)}

    def change(expression: Basic) -> Basic:
        if isinstance(expression, Add):
            return expression.func(*map(change, expression.args))
        if not isinstance(expression, Mul):
            return expression
        sums = [arg for arg in expression.args if isinstance(arg, ReduceSum)]
        if len(sums) != 1:
            return expression
        inside = Mul(*(arg for arg in expression.args if arg != sums[0]), sums[0].args[0])
        sign = -1 if inside.as_coeff_Mul()[0].is_negative else 1
        return sign * ReduceSum(sign * inside, *sums[0].args[1:]) if sign * inside in present else expression

    return [(name, change(expression)) for name, expression in lines]


def with_releases(lines: Sequence[Assignment], kept: Iterable[str]) -> list[tuple[Symbol, Expr | None]]:
    """Return the lines with `del` after the last use of each name that is not returned.

    The memory of a large array is then used again while it is in the cache, instead of fresh pages.
    """
    last: dict[Symbol, int] = {}
    names = {name for name, _ in lines}
    for place, (name, expression) in enumerate(lines):
        for symbol in {name} | (expression.free_symbols & names):
            last[symbol] = place
    wanted = set(kept)
    done: dict[int, list[str]] = {}
    for name, _ in lines:
        if name.name not in wanted:
            done.setdefault(last[name], []).append(name.name)
    made: list[tuple[Symbol, Expr | None]] = []
    for place, (name, expression) in enumerate(lines):
        made.append((name, expression))
        if place in done:
            made.append((Symbol(", ".join(done[place])), None))
    return made


def _is_work(part: Basic) -> bool:
    """Whether a part costs a pass over an array: names, numbers and most views do not."""
    if not isinstance(part, Expr) or not part.args or isinstance(part, Transpose | Expand):
        return False
    if isinstance(part, Mul) and len(part.args) == 2 and part.args[0] == -1 and part.args[1].is_Symbol:
        return False  # −y goes into a subtraction
    return any(symbol.is_integer is None for symbol in part.free_symbols) or (
        isinstance(part, ArrayNode) and not part.free_symbols
    )


def _count(part: Basic, counts: Counter[Basic]) -> None:
    counts[part] += 1
    if counts[part] == 1 or not _is_work(part):  # what a view is of is used wherever the view is
        for arg in part.args:
            _count(arg, counts)


class _Sharing:
    def __init__(self, repeated: set[Basic], known: dict[Expr, Symbol], taken: set[str]) -> None:
        self.repeated, self.known, self.taken = repeated, known, taken
        self.named: dict[Basic, Symbol] = {}
        self.lines: list[Assignment] = []
        self.number = 0

    def add(self, name: Symbol, expression: Expr) -> None:
        if expression in self.named:
            self.lines.append((name, self.named[expression]))
            return
        inside = self._parts(expression)
        if self.known.get(expression) == name:
            self.named[expression] = name
        self.lines.append((name, inside))

    def _parts(self, part: Basic) -> Basic:
        """Return the part with everything inside it that has a name, or deserves one, named."""
        if not part.args:
            return part
        return _remade(part, [self._shared(arg) for arg in part.args])

    def _shared(self, part: Basic) -> Basic:
        if part in self.named:
            return self.named[part]
        if not part.args:
            return part
        inside = self._parts(part)
        if part in self.repeated and _is_work(part):
            name = Symbol(self._fresh(), real=True)
            self.named[part] = name
            self.lines.append((name, inside))
            return name
        return inside

    def _fresh(self) -> str:
        while True:
            self.number += 1
            if f"t{self.number}" not in self.taken:
                return f"t{self.number}"


def _remade(part: Basic, args: list[Basic]) -> Basic:
    return part if tuple(args) == part.args else part.func(*args)
