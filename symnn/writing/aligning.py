r"""Equations under each other in LaTeX: where long ones break, and two columns where a page is full."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, zip_longest

from symnn.writing.breaking import broken, measure
from symnn.writing.lines import Line, Section

WIDTH, SMALL_WIDTH = 78.0, 94.0
"""How many letters a line has on paper, about, and how many small ones."""
_EQUALS = 4.0
_BETWEEN = 6.0
_NUMBER = 5.0
_MOST_RUNS = 4
"""Where columns would be interrupted more often, there is one."""

Row = tuple[str, str]
"""The two cells of a row: what stands before the sign of alignment, and after it."""


def aligned(section: Section, air: bool = False, width: float = 0, labels: bool = False) -> str:
    """Return the lines of an align environment, with some air between fractions under each other.

    Args:
        section: the equations.
        air: whether fractions have some.
        width: how wide a line may be, in letters; nothing leaves every line as it is.
        labels: whether LaTeX numbers the equations; if it does not, a number stands as words.
    """
    room = width - _NUMBER if width and any(line.number for line in section.lines) else width
    rows = zip(section.lines, _rows(section.lines, room), strict=True)
    written = [_joined(_with_number(line, parts, labels)) for line, parts in rows]
    return (" \\\\[0.5ex]\n" if section.derivatives and air else " \\\\\n").join(written)


def in_columns(section: Section, width: float = SMALL_WIDTH) -> list[str]:
    """Return the lines of the align environments of a full page: in two columns, where two equations fit in a line.

    What is too wide for half a line has the whole of it.
    """
    half = (width - _BETWEEN) / 2
    runs = [(fits, list(lines)) for fits, lines in groupby(section.lines, lambda one: _fits(one, section.lines, half))]
    if len(runs) > _MOST_RUNS or not any(fits and len(lines) > 1 for fits, lines in runs):
        return [aligned(section, width=width)]
    return [_two_columns(lines, half) if fits else _one_column(lines, width) for fits, lines in runs]


def _with_number(line: Line, rows: Sequence[Row], labels: bool) -> list[Row]:
    """Return an equation's rows with its number in the last one."""
    if not line.number:
        return list(rows)
    tag = rf"\tag{{{line.number}}} " if "." in line.number else ""
    number = rf" {tag}\label{{{line.label}}}" if labels else rf" \qquad ({line.number})"
    *first, (left, last) = rows
    return [*((left, right + (r" \notag" if labels else "")) for left, right in first), (left, last + number)]


def _one_column(lines: Sequence[Line], width: float) -> str:
    return aligned(Section("", tuple(lines)), width=width)


def _two_columns(lines: Sequence[Line], width: float) -> str:
    """Return equations in two columns, one after the other; an equation stays in one of them."""
    cells = _rows(lines, width)
    total = sum(map(len, cells))
    first, taken = 0, 0
    while 2 * taken < total:
        taken += len(cells[first])
        first += 1
    columns = [[row for rows in part for row in rows] for part in (cells[:first], cells[first:])]
    return " \\\\\n".join(_in_two(one, other) for one, other in zip_longest(*columns, fillvalue=("", "")))


def after(line: Line, format: str) -> str:
    """Return what stands after an equation: from where to where t goes, and words."""
    if format in ("latex", "markdown", "mathml"):
        words = rf" \quad \text{{{line.remark}}}" if line.remark else ""
        return (rf" \quad ({line.condition})" if line.condition else "") + words
    return "".join(f"   {part}" for part in (f"({line.condition})" if line.condition else "", line.remark) if part)


def _rows(lines: Sequence[Line], width: float) -> list[list[Row]]:
    """Return the rows of each equation: one, or more where it breaks."""
    left = max((measure(line.left) for line in lines), default=0.0)
    found: list[list[Row]] = []
    for line in lines:
        first, *others = _parts(line, width - left) if width else [f"{line.right}{after(line, 'latex')}"]
        found.append([(line.left, f"= {first}"), *(("", rf"\quad {part}") for part in others)])
    return found


def _parts(line: Line, limit: float) -> list[str]:
    """Return an equation's right side in parts that fit, with what stands after it."""
    behind, room = after(line, "latex"), limit - _EQUALS
    parts = broken(line.right, room) if measure(line.right) > room else [line.right]
    if behind and measure(parts[-1] + behind) > room:
        return [*parts, behind.strip()]
    return [*parts[:-1], parts[-1] + behind]


def _fits(line: Line, lines: Sequence[Line], width: float) -> bool:
    room = width - max(measure(other.left) for other in lines) - _EQUALS
    return all(measure(part) <= room for part in _parts(line, room + _EQUALS))


def _joined(rows: Sequence[Row]) -> str:
    return " \\\\\n".join(f"  {left} &{right}" if left else f"  &{right}" for left, right in rows)


def _in_two(one: Row, other: Row) -> str:
    first = f"  {one[0]} &{one[1]}" if one[0] else f"  &{one[1]}"
    if other == ("", ""):
        return first
    return f"{first} & {other[0]} &{other[1]}"
