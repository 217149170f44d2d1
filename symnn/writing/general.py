"""The general network on a page: layer l, the output layer L, and the four fundamental equations."""

from __future__ import annotations

from collections.abc import Iterable

from symnn.language import Fact, Program
from symnn.views.matrix import MatrixEquation
from symnn.writing.definitions import definitions, facts_text
from symnn.writing.notation import Notation
from symnn.writing.sections import Line, Page, Section, line_of, view_of
from symnn.writing.write import page_text, writer_for

Part = tuple[str, dict[str, str]]
"""A heading, and for the tensor of each equation under it, the remark beside the equation."""


def write_parts(
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
) -> str:
    """Return chosen equations of a program in writing, under headings of one's own.

    Args:
        parts: headings, the equations under each, and remarks beside them.
        understood: adjoints that need no words of their own, because another one's say what they are.
        program, facts, view, format, title, batch, notation: as in `write`.

    Raises:
        InputError: for an unknown view or format, and for a scalar view that is too long.
    """
    writer = writer_for(program, format, notation)
    shown = {_name(one): one for one in view_of(program, view)}
    writer.page = writer.page.of(shown.values())
    sections, used = [], []
    for heading, remarks in parts:
        lines = []
        for name, remark in remarks.items():
            if name in shown:
                line = line_of(shown[name], writer, view)
                lines.append(Line(line.left, line.right, line.remark or remark))
                used.append(shown[name])
        if lines:
            sections.append(Section(heading, tuple(lines), derivatives=any(n in program.adjoints for n in remarks)))
    said = {name: a for name, a in program.adjoints.items() if name not in set(understood)}
    defined = tuple(definitions(writer, used, Program(program, layered=program.layered, adjoints=said), batch))
    return page_text(Page(title, tuple(sections), defined, facts_text(writer, tuple(facts))), format)


def _name(shown: object) -> str:
    equation = shown.equation if isinstance(shown, MatrixEquation) else shown
    return str(equation.left.base.name)  # type: ignore[attr-defined]
