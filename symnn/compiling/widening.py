"""Equal functions of parts of one array are one function of a wider part, taken apart afterwards.

z₀ = t[0], z₁ = t[1], a₀ = f(z₀), a₁ = f(z₁)   becomes   u = f(t[0:2]), a₀ = u[0], a₁ = u[1]

What a call costs is then paid once for all gates of a recurrent cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Function, Mul, Pow, Symbol
from sympy.core.basic import Basic

from symnn.compiling.nodes import (
    Chain,
    ExpMinusOne,
    ExpOfMinus,
    Item,
    LogOnePlus,
    NegativePart,
    PositivePart,
    Quotient,
    Rows,
    Softplus,
    TanhSlope,
)
from symnn.compiling.sharing import Assignment

_ENTRYWISE = (
    *(Add, Mul, Pow, Function, Chain, Quotient),
    *(ExpOfMinus, ExpMinusOne, LogOnePlus, NegativePart, PositivePart, Softplus, TanhSlope),
)
_PART = Symbol("part", real=True)


@dataclass(frozen=True)
class _Origin:
    """A function, entry by entry, of array[place]."""

    array: Expr
    place: int
    function: Expr


def with_functions_widened(lines: Sequence[Assignment]) -> list[Assignment]:
    """Return the lines with a function of several neighbouring array[0], array[1], … computed of all of them at once.

    Args:
        lines: the lowered lines, each with a name of its own.
    """
    origins: dict[Symbol, _Origin] = {}
    for name, line in lines:
        found = _part_of(line) or _origin(line, origins)
        if found is not None:
            origins[name] = found
    if not origins:
        return list(lines)
    places: dict[tuple[Expr, Expr], set[int]] = {}
    for _, line in lines:
        for found in _functions(line, origins):
            places.setdefault((found.array, found.function), set()).add(found.place)
    runs = {key: _runs(among) for key, among in places.items()}
    return [(name, _widened(line, origins, runs)) for name, line in lines]


def _part_of(line: Expr) -> _Origin | None:
    if isinstance(line, Item) and not line.args[1] and len(line.args[2]) == 1 and line.args[2][0].is_Integer:
        return _Origin(line.args[0], int(line.args[2][0]), _PART)
    return None


def _origin(part: Basic, origins: Mapping[Symbol, _Origin]) -> _Origin | None:
    """Return what an expression is a function of, if that is one part of one array."""
    if not isinstance(part, _ENTRYWISE) or not part.free_symbols <= origins.keys():
        return None
    used = [origins[symbol] for symbol in part.free_symbols]
    if len({(origin.array, origin.place) for origin in used}) != 1 or not _is_entrywise(part):
        return None
    function = part.xreplace({symbol: origins[symbol].function for symbol in part.free_symbols})
    return _Origin(used[0].array, used[0].place, function)


def _is_entrywise(part: Basic) -> bool:
    return not part.args or (isinstance(part, _ENTRYWISE) and all(map(_is_entrywise, part.args)))


def _functions(part: Basic, origins: Mapping[Symbol, _Origin]) -> Iterator[_Origin]:
    """Yield the largest parts of an expression that are functions of one part of an array."""
    if not part.args or not part.free_symbols & origins.keys():
        return
    found = _origin(part, origins)
    if found is not None:
        yield found
        return
    for arg in part.args:
        yield from _functions(arg, origins)


def _runs(places: set[int]) -> dict[int, tuple[int, int]]:
    """Return for each place the first of its neighbours and the place after the last."""
    runs: dict[int, tuple[int, int]] = {}
    for place in places:
        start, stop = place, place + 1
        while start - 1 in places:
            start -= 1
        while stop in places:
            stop += 1
        runs[place] = start, stop
    return runs


def _widened(
    part: Basic,
    origins: Mapping[Symbol, _Origin],
    runs: Mapping[tuple[Expr, Expr], Mapping[int, tuple[int, int]]],
) -> Basic:
    if not part.args or not part.free_symbols & origins.keys():
        return part
    found = _origin(part, origins)
    if found is None:
        return part.func(*(_widened(arg, origins, runs) for arg in part.args))
    start, stop = runs[found.array, found.function][found.place]
    if stop - start == 1:
        return part
    whole = found.function.xreplace({_PART: Rows(found.array, start, stop)})
    return Item(whole, (), (found.place - start,))
