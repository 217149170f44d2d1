"""What a page shows, before it is HTML: the model, the derivation's lines with their formulas as trees, the results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from symnn.calculus.steps import Stage
from symnn.errors import InputError, SymnnError
from symnn.gradients import Gradient
from symnn.language import Program, tensors
from symnn.steps import Steps
from symnn.teaching.page.highlight import compared
from symnn.writing import Notation
from symnn.writing.fragment import equations, listed
from symnn.writing.mathml import Element
from symnn.writing.mathml_reader import read
from symnn.writing.sections import page_of
from symnn.writing.steps import ShownStage, ShownStep
from symnn.writing.write import writer_for

MOST_STEPS = 400
"""Where a derivation has more lines, only the rules that matter most are shown."""
VIEWS = (
    ("In matrices", "matrix", False),
    ("With indices", "index", False),
    ("Entry by entry", "scalar", False),
    ("For a batch of examples", "matrix", True),
)


@dataclass(frozen=True)
class Line:
    """One line of a derivation, its formulas as trees.

    Attributes:
        shown: the line in writing.
        left, right: its sides; the left one only where it is written.
        names: the tensors that it speaks of.
    """

    shown: ShownStep
    left: Element | None
    right: Element
    names: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """How one derivative is found."""

    shown: ShownStage
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Content:
    """All that a page shows.

    Attributes:
        title: the first line.
        subtitle: what is under it.
        model: the equations of what is differentiated, as HTML.
        definitions: what the symbols mean, as HTML, each.
        parts: the derivation.
        results: a heading and HTML, for each view.
        numbers: rows of symbols, numbers and result, under headings, as formulas in LaTeX.
        diagram: a drawing, as SVG.
        notes: sentences at the end.
    """

    title: str
    subtitle: str
    model: str
    definitions: tuple[str, ...]
    parts: tuple[Part, ...]
    results: tuple[tuple[str, str], ...]
    diagram: str = ""
    numbers: str = ""
    notes: tuple[str, ...] = field(default=())


def model_of(subject: Gradient, notation: Notation | None) -> tuple[str, tuple[str, ...]]:
    """Return the equations that are differentiated and what their symbols mean, as HTML."""
    derivation, program = subject.derivation, subject.program
    forward = Program(derivation.forward_equations, program.facts, program.layered)
    shown = page_of(forward, writer_for(derivation, "mathml", notation), view="matrix")
    return "\n".join(map(equations, shown.sections)), tuple(listed([one]) for one in shown.definitions)


def results_of(subject: Gradient) -> tuple[tuple[str, str], ...]:
    """Return what was found in every view; of a view that is too large, what is said of it."""
    found = []
    for heading, view, batch in VIEWS:
        try:
            written = subject.write("mathml", view, batch)
        except SymnnError as error:
            if batch or not isinstance(error, InputError):
                continue
            written = f"</h2>\n<p>{str(error)[:1].upper()}{str(error)[1:]}</p>\n"
        found.append((heading, written.partition("</h2>\n")[2]))
    return tuple(found)


def parts_of(steps: Steps) -> tuple[Part, ...]:
    """Return the derivation's lines, each compared with the one before."""
    shown = steps.shown("latex")
    return tuple(Part(one, _lines(one, stage)) for one, stage in zip(shown.stages, steps.stages, strict=True))


def steps_of(subject: Gradient, wrt: Sequence[str] = ()) -> Steps:
    """Return the steps in as much detail as a page has room for."""
    for detail in (2, 1):
        found = subject.steps(*wrt, detail=detail)
        if sum(len(stage.inferences) + 1 for stage in found.stages) <= MOST_STEPS:
            break
    return found


def _lines(shown: ShownStage, stage: Stage) -> tuple[Line, ...]:
    lines: list[Line] = []
    for place, step in enumerate(shown.steps):
        names = _names(stage, place)
        left, right = read(step.left) if step.left else None, read(step.right)
        if lines and (left is None or left == lines[0].left):
            # A line is compared with the last one that says what the same left side equals.
            before = lines[-1]
            old, right = compared(before.right, right)
            lines[-1] = Line(before.shown, before.left, old, before.names)
        lines.append(Line(step, left, right, names))
    return tuple(lines)


def _names(stage: Stage, place: int) -> tuple[str, ...]:
    """Return the tensors that a line speaks of: those of its right side, and what the stage is about."""
    expression: Any = stage.inferences[place].right if place < len(stage.inferences) else stage.equation.right
    met: Iterable[Any] = tensors(expression)
    return tuple(sorted({stage.tensor.name, *(tensor.name for tensor in met)}))
