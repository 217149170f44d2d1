"""Where a chapter's equations and pictures come from: gradients and programs, diagrams and figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symnn.errors import InputError
from symnn.formulas import FormulaDerivative
from symnn.gradients import Gradient
from symnn.networks import GeneralNetwork
from symnn.teaching.pictures.diagram import Diagram
from symnn.teaching.pictures.plots.style import written
from symnn.writing import Notation
from symnn.writing.formula import formula_page
from symnn.writing.sections import Page, page_of
from symnn.writing.write import writer_for


def equations_page(
    subject: Any, view: str, batch: bool, format: str, notation: Notation, compact: bool = False
) -> Page:
    """Return the equations of a gradient, a general network or a program."""
    if isinstance(subject, GeneralNetwork):
        return subject.with_notation(notation).page(format, view, batch)
    if isinstance(subject, FormulaDerivative) and view == "matrix":
        return formula_page(subject.derivation, heading=subject.kind.capitalize(), format=format, notation=notation,
                            order=tuple(subject.formula.variables))  # fmt: skip
    if isinstance(subject, Gradient):
        subject = subject.batch_derivation if batch else subject.derivation
    return page_of(subject, writer_for(subject, format, notation), view=view, batch=batch, compact=compact)


def content_of(picture: Any, name: str) -> Callable[[str], bytes]:
    """Return what gives a picture's content for an ending: of a diagram, a figure of matplotlib, or a function."""
    if callable(picture):
        return picture
    if not isinstance(picture, Diagram) and not hasattr(picture, "savefig"):
        raise InputError(
            f"a {type(picture).__name__} is no picture (accepted: what diagram_of returned, a figure of matplotlib, a "
            "function that returns its content for an ending)"
        )
    if not isinstance(picture, Diagram):
        return lambda ending: written(picture, ending)

    def content(ending: str) -> bytes:
        return picture.svg(name).encode() if ending == "svg" else picture.png() if ending == "png" else picture.pdf()

    return content
