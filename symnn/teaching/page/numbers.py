"""A working with given numbers on a page: symbols, numbers in their places, and what they come to, in three columns."""

from __future__ import annotations

from html import escape

from symnn.errors import SymnnError
from symnn.networks import Network
from symnn.teaching.given_numbers import worked
from symnn.teaching.working import Working
from symnn.teaching.working_pages import Row
from symnn.writing.mathml import Element, math, token
from symnn.writing.mathml_reader import in_a_line, read
from symnn.writing.spoken import spoken

SEED = 0
_HEADS = ("", "symbols", "numbers", "result")


def small_working(network: Network | None) -> Working | None:
    """Return a network worked with numbers drawn by a seed, where it is small enough to be read."""
    if not isinstance(network, Network):
        return None
    try:
        return worked(network, SEED)
    except SymnnError:
        return None


def numbers_html(working: Working) -> str:
    """Return a working as tables, one under each heading."""
    found = []
    sections = zip(working.rows("latex"), working.rows("text"), strict=True)
    for (heading, rows), (_, texts) in sections:
        body = "".join(_row(row, text) for row, text in zip(rows, texts, strict=True))
        heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
        table = f'<table class="numbers"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
        found.append(f'<h3>{escape(heading)}</h3><div class="scroll">{table}</div>')
    return "".join(found)


def _row(row: Row, text: Row) -> str:
    sign = "←" if row.is_update else "="
    numbers = f"<br>{sign} ".join(escape(one) for one in dict.fromkeys([text.substituted, text.between]) if one)
    left = in_a_line(read(row.left))
    cells = (_formula(row.symbols, sign), f"{sign} {numbers}", f"{sign} {escape(text.result)}")
    inner = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row">{math(left, spoken=spoken(left))}</th>{inner}</tr>'


def _formula(latex: str, sign: str) -> str:
    inner = read(latex)
    whole = (token("mo", sign, form="infix"), *(inner.children if inner.tag == "mrow" else (inner,)))
    made = Element("mrow", whole)
    return math(made, spoken=spoken(made))
