"""A working with numbers as text or LaTeX: symbols, numbers in their places, the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from symnn.writing.breaking import broken, measure
from symnn.writing.characters import width

WIDTH = 100
_PAPER = 84.0
"""How many letters a line has on paper, about."""


_BETWEEN = 12.0
_COLUMNS = ("left", "symbols", "substituted", "result")


@dataclass(frozen=True)
class Row:
    """One scalar equation worked.

    Attributes:
        left: what is computed.
        symbols: the right side in symbols.
        substituted: the same with numbers in their places.
        result: the number that it comes to.
        between: its parts worked out, or nothing.
        name: the tensor that it is an entry of.
        is_update: whether it gives a parameter a new value.
    """

    left: str
    symbols: str
    substituted: str
    result: str
    between: str = ""
    name: str = ""
    is_update: bool = False

    @property
    def steps(self) -> list[str]:
        """Everything that the left side equals, each said once."""
        found = (self.symbols, self.substituted, self.between, self.result)
        return list(dict.fromkeys(step for step in found if step))


Sections = Sequence[tuple[str, Sequence[Row]]]


def text_of(sections: Sections, defined: Sequence[str], stated: Sequence[str], ascii: bool) -> str:
    """Return a working as text."""
    arrow = "<-" if ascii else "←"
    indent = "  " if len(sections) > 1 else ""
    lines: list[str] = []
    for heading, rows in sections:
        lines += [heading] if len(sections) > 1 else []
        for _, group in groupby(rows, key=lambda row: row.name):
            members = list(group)
            written = [[row.left, *row.steps] for row in members]
            lines += _set_out(written, arrow if members[0].is_update else "=", indent)
    lines += _where(defined) if defined else []
    lines += [f"notation: {'; '.join(stated)}"] if stated else []
    return "\n".join(lines) + "\n"


def latex_of(sections: Sections) -> str:
    """Return a working as LaTeX: align environments with a column each for symbols, numbers and results."""
    blocks = []
    for heading, rows in sections:
        widths = [max(measure(getattr(row, part)) for row in rows) for part in _COLUMNS]
        fits = sum(widths) + _BETWEEN <= _PAPER
        lines = " \\\\\n".join(map(_columns if fits else _stacked, rows))
        blocks.append(f"\\noindent\\textit{{{heading}}}\n\\begin{{align*}}\n{lines}\n\\end{{align*}}")
    return "\\begingroup\\allowdisplaybreaks\n" + "\n\n".join(blocks) + "\n\\endgroup\n"


def _columns(row: Row) -> str:
    sign = r"\leftarrow" if row.is_update else "="
    numbers = rf"= {row.substituted}" if row.substituted not in (row.symbols, row.result) else ""
    return f"  {row.left} &{sign} {row.symbols} &&{numbers} &&= {row.result}"


def _stacked(row: Row) -> str:
    """Return a row whose parts stand below each other, long ones broken."""
    sign = r"\leftarrow" if row.is_update else "="
    room = _PAPER - measure(row.left) - 4
    first, *others = [
        (sign if place == 0 else "=", part) for place, part in enumerate(row.steps)
    ]
    lines = _parts(f"  {row.left} &", *first, room)
    for one in others:
        lines += _parts("  &", *one, room)
    return " \\\\\n".join(lines)


def _parts(opening: str, sign: str, step: str, room: float) -> list[str]:
    head, *rest = broken(step, room) if measure(step) > room else [step]
    return [f"{opening}{sign} {head}", *(rf"  &\quad {part}" for part in rest)]


def _where(defined: Sequence[str]) -> list[str]:
    """Return the definitions, on as many lines as they need."""
    lines = [f"where {defined[0]}"]
    for one in defined[1:]:
        if width(lines[-1]) + width(one) + 3 > WIDTH:
            lines[-1] += ","
            lines.append(f"      {one}")
        else:
            lines[-1] += f", {one}"
    return lines


def _set_out(rows: Sequence[Sequence[str]], sign: str, indent: str) -> list[str]:
    """Return rows as lines, their columns below each other; where that is too wide, a line for each step."""
    columns = [max(width(row[n]) for row in rows if n < len(row)) for n in range(max(map(len, rows)))]
    if len(indent) + sum(columns) + 3 * (len(columns) - 1) <= WIDTH:
        return [indent + _aligned(row, columns, sign) for row in rows]
    lines = []
    for row in rows:
        start = indent + row[0] + " "
        below = " " * width(start)
        for n, step in enumerate(row[1:]):
            opening = f"{start}{sign} " if n == 0 else f"{below}{'=':<{len(sign)}} "
            lines += _broken(opening, step)
    return lines


def _aligned(row: Sequence[str], columns: Sequence[int], sign: str) -> str:
    # A row with fewer steps leaves out those before its result.
    padded = [*row[:-1], *[""] * (len(columns) - len(row)), row[-1]]
    written = padded[0] + " " * (columns[0] - width(padded[0]))
    for n, (step, wide) in enumerate(zip(padded[1:], columns[1:], strict=True)):
        joint = f" {sign} " if n == 0 else " = "
        written += (joint if step else "   ") + step + " " * (wide - width(step))
    return written.rstrip()


def _broken(opening: str, step: str) -> list[str]:
    """Return a long sum on several lines, broken before its signs."""
    lines, room = [opening], WIDTH - width(opening)
    words = step.split(" ")
    terms = [words[0]]
    for word in words[1:]:
        if word in ("+", "−", "-"):
            terms.append(word)
        else:
            terms[-1] += f" {word}"
    used = 0
    for term in terms:
        if used and used + 1 + width(term) > room:
            lines.append(" " * width(opening))
            used = 0
        lines[-1] += (" " if used else "") + term
        used += width(term) + (1 if used else 0)
    return lines
