"""What a page shows, before it is HTML: the model, the derivation's lines with their formulas as trees, the results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import numpy as np

from symnn.calculus.steps import Stage
from symnn.errors import InputError, SymnnError
from symnn.gradients import Gradient
from symnn.language import Program, tensors
from symnn.networks import Network
from symnn.steps import Steps
from symnn.teaching.page.highlight import Span, compared, marked
from symnn.teaching.pictures import diagram_of
from symnn.teaching.unshown import WITH_INDICES, unshown_lines
from symnn.teaching.working import Working
from symnn.writing import Notation
from symnn.writing.fragment import equations, listed
from symnn.writing.mathml import Element
from symnn.writing.mathml_reader import read
from symnn.writing.sections import Section, page_of
from symnn.writing.steps import ShownStage, ShownStep, ShownSteps
from symnn.writing.write import writer_for

_TITLE = re.compile(r"\A<h2>.*?</h2>\n")
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
        shapes: their shapes, in plain characters.
    """

    shown: ShownStep
    left: Element | None
    right: Element
    names: tuple[str, ...]
    shapes: str = ""


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
        left_out: how many derivatives there was no room for.
        diagram: a drawing, as SVG.
    """

    title: str
    subtitle: str
    model: str
    definitions: tuple[str, ...]
    parts: tuple[Part, ...] = ()
    results: tuple[tuple[str, str], ...] = ()
    left_out: int = 0
    diagram: str = ""


def model_of(subject: Gradient, notation: Notation | None) -> tuple[str, tuple[str, ...]]:
    """Return the equations that are differentiated and what their symbols mean, as HTML."""
    derivation, program = subject.derivation, subject.program
    forward = Program(derivation.forward_equations, program.facts, program.layered)
    shown = page_of(forward, writer_for(derivation, "mathml", notation), view="matrix")
    written = "\n".join(map(equations, shown.sections))
    if indexed := unshown_lines(derivation, "mathml", notation):
        written += f'\n<p class="note">{WITH_INDICES}:</p>\n{equations(Section("", indexed))}'
    return written, tuple(listed([one]) for one in shown.definitions)


def drawing_of(network: Network | None, working: Working | None) -> str:
    """Return a network as SVG, with the numbers of a working; nothing for what cannot be drawn."""
    if network is None:
        return ""
    known = {} if working is None else {**network.parameters, **network.program.inputs}
    values = {name: np.asarray(working.values[name], dtype=float) for name in known} if working is not None else None
    try:
        return diagram_of(network, values).svg()
    except SymnnError:
        return ""


def results_of(subject: Gradient) -> tuple[tuple[str, str], ...]:
    """Return what was found in every view; of a view that is too large, what is said of it."""
    found = []
    for heading, view, batch in VIEWS:
        try:
            written = subject.write("mathml", view, batch)
        except SymnnError as error:
            if batch or not isinstance(error, InputError):
                continue
            written = f"<p>{escape(str(error)[:1].upper() + str(error)[1:])}</p>\n"
        # The page has a title of its own.
        found.append((heading, _TITLE.sub("", written)))
    return tuple(found)


def parts_of(steps: Steps, shown: ShownSteps) -> tuple[Part, ...]:
    """Return the derivation's lines, written in LaTeX, each compared with the one before."""
    text = replace(steps, proof=False).shown("text")
    return tuple(
        Part(one, _lines(one, stage, [step.shapes for step in beside.steps], steps.derivation.program))
        for one, beside, stage in zip(shown.stages, text.stages, steps.stages, strict=True)
    )


def _lines(shown: ShownStage, stage: Stage, shapes: Sequence[str], program: Program) -> tuple[Line, ...]:
    read_ones = [(read(step.left) if step.left else None, read(step.right)) for step in shown.steps]
    changed: list[list[Span]] = [[] for _ in read_ones]
    leaving: list[list[Span]] = [[] for _ in read_ones]
    for place, (left, right) in enumerate(read_ones):
        if place and (left is None or left == read_ones[0][0]):
            leaving[place - 1], changed[place] = compared(read_ones[place - 1][1], right)
    return tuple(
        Line(step, left, marked(right, changed[place], leaving[place]), _names(stage, place, program), shapes[place])
        for place, (step, (left, right)) in enumerate(zip(shown.steps, read_ones, strict=True))
    )


def _names(stage: Stage, place: int, program: Program) -> tuple[str, ...]:
    """Return the tensors that a line speaks of; of a derivative, by what it is."""
    expression: Any = stage.inferences[place].right if place < len(stage.inferences) else stage.equation.right
    met: Iterable[Any] = tensors(expression)
    names = {stage.tensor.name, *(tensor.name for tensor in met)}
    return tuple(sorted({program.adjoints[name].wrt if name in program.adjoints else name for name in names}))
