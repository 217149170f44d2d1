"""The general network on a page: layer l, the output layer L, and the four fundamental equations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symnn.language import Fact, Program
from symnn.views.matrix import MatrixEquation
from symnn.writing.definitions import definitions, facts_text
from symnn.writing.lines import numbered
from symnn.writing.notation import Notation
from symnn.writing.sections import Page, Section, base_of, line_of, stated, view_of
from symnn.writing.write import writer_for
from symnn.writing.written import as_written

Part = tuple[str, dict[str, str]]
"""A heading, and for the tensor of each equation under it, the remark beside the equation."""


def parts_page(
    program: Program,
    parts: Iterable[Part],
    *,
    facts: Iterable[Fact] = (),
    view: str = "matrix",
    format: str = "text",
    title: str = "",
    batch: bool = False,
    notation: Notation | None = None,
    understood: Iterable[str] = (),
) -> Page:
    """Return chosen equations of a program, under headings of one's own, before they are set on a page.

    Args:
        parts: headings, the equations under each, and remarks beside them.
        understood: adjoints that need no words of their own, because another one's say what they are.
        program, facts, view, format, title, batch, notation: as in `write`.

    Raises:
        InputError: for an unknown view or format, and for a scalar view that is too long.
    """
    chosen = notation or Notation()
    program = as_written(program, chosen)
    writer = writer_for(program, format, chosen)
    writer.base, writer.swaps_gradients = base_of(chosen, view), view == "matrix"
    shown = {_name(one): one for one in view_of(program, view)}
    writer.page = writer.page.of(shown.values())
    sections, used = [], []
    for heading, remarks in parts:
        lines = []
        for name, remark in remarks.items():
            if name in shown:
                line = line_of(shown[name], writer, view)
                lines.append(replace(line, remark=line.remark or remark))
                used.append(shown[name])
        if lines:
            sections.append(Section(heading, tuple(lines), derivatives=any(n in program.adjoints for n in remarks)))
    said = {name: a for name, a in program.adjoints.items() if name not in set(understood)}
    defined = tuple(definitions(writer, used, Program(program, layered=program.layered, adjoints=said), batch))
    return Page(
        chosen.titled(title),
        numbered(sections, chosen),
        defined,
        facts_text(writer, tuple(facts)),
        choices=stated(writer, used, view),
    )


def _name(shown: object) -> str:
    equation = shown.equation if isinstance(shown, MatrixEquation) else shown
    return str(equation.left.base.name)  # type: ignore[attr-defined]
