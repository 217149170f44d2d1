"""What a document has to say, gathered before it is set: every style takes from it what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from symnn.errors import CalculusError, InputError
from symnn.formulas import FormulaDerivative
from symnn.gradients import Gradient
from symnn.networks import Network
from symnn.teaching.documents.architecture import architecture
from symnn.teaching.documents.escaping import code, escaped
from symnn.teaching.documents.repeating import Told, told_once
from symnn.teaching.documents.symbols import Symbol, symbols_of
from symnn.writing import VIEWS, Notation, notation_statement
from symnn.writing.formula import formula_page
from symnn.writing.lines import Section
from symnn.writing.marks import read_mark
from symnn.writing.sections import Page, page_of
from symnn.writing.steps import ShownSteps
from symnn.writing.write import writer_for

FEW_STAGES = 16
"""Where a derivation has more stages, only the main lines of each are shown."""
GIVEN = ("Forward", "Value", "With", "")
"""The headings of equations that are given."""
BATCH_TITLE = "a batch of m examples, rows"


@dataclass(frozen=True)
class View:
    """The results in one view, or why they are not shown in it."""

    name: str
    page: Page | None
    refusal: str = ""


@dataclass(frozen=True)
class Content:
    """All that a document may show; texts are LaTeX already.

    Attributes:
        title: what the document is about.
        assumed: the first line of the text output: sizes, activations, cost, orientation.
        source: a formula as it was typed, or nothing.
        architecture: sentences on the network.
        diagram: a tikzpicture, or nothing.
        symbols: the table of notation.
        page: the matrix view: forward pass, gradient, definitions.
        views: the results in every view asked for.
        steps: the derivation, or nothing where it has no steps.
        told: its stages, those that repeat others together.
        is_brief: whether only the main lines of each stage are shown.
        update: lines of one step of gradient descent, left and right.
        notes: sentences at the end.
        notation: sentences on the choices of notation.
        working: small numbers put into the equations, set already, or nothing.
        checked: sentences on what the proof says.
        small_diagram: the same picture for a slide, where it is another one.
        has_cost: whether the last equation given is that of a cost.
        letter: the cost's letter.
    """

    title: str
    assumed: str
    page: Page
    views: tuple[View, ...]
    symbols: tuple[Symbol, ...] = ()
    source: str = ""
    architecture: str = ""
    diagram: str = ""
    steps: ShownSteps | None = None
    told: tuple[Told, ...] = ()
    is_brief: bool = False
    update: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    notation: str = ""
    working: str = ""
    checked: str = ""
    small_diagram: str = ""
    has_cost: bool = False
    letter: str = "C"

    @property
    def forward(self) -> tuple[Section, ...]:
        """The equations that are given, and not derived."""
        return tuple(section for section in self.page.sections if section.heading in GIVEN)

    @property
    def derived(self) -> tuple[Section, ...]:
        """The equations of the derivative."""
        return tuple(section for section in self.page.sections if section.heading not in GIVEN)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the equations that are given are referred to by."""
        return tuple(label(one, place) for one in self.forward for place in range(len(one.lines)))


def label(section: Section, place: int) -> str:
    """Return what an equation is referred to by."""
    return f"{section.heading.lower()}:{place + 1}"


def content_of(
    gradient: Gradient,
    *,
    notation: Notation | None = None,
    network: Network | None = None,
    batch: bool = False,
    views: tuple[str, ...] = VIEWS,
) -> Content:
    """Gather what a document on a gradient shows."""
    notation = notation or gradient.notation
    formula = isinstance(gradient, FormulaDerivative)
    derivation = gradient.batch_derivation if batch else gradient.derivation
    shown_batch = batch and not gradient.program.names_examples
    first = gradient.title.replace("one example, columns", BATCH_TITLE) if shown_batch else gradient.title
    page = _page(gradient, "matrix", batch, notation)
    steps = _steps(gradient, notation)
    is_brief = steps is not None and len(steps.stages) > FEW_STAGES
    return Content(
        title=_title(gradient, network),
        assumed=code(gradient.title) if formula else escaped((notation or Notation()).titled(first)),
        source=code(gradient.title) if formula else "",
        page=page,
        views=tuple(_view(gradient, view, batch, notation) for view in views),
        symbols=symbols_of(derivation, notation, shown_batch),
        architecture="" if network is None else architecture(network, writer_for(derivation, "latex", notation)),
        notation=_statement(gradient, page, notation or Notation(), shown_batch),
        steps=steps,
        told=told_once(steps.stages) if steps is not None else (),
        is_brief=is_brief,
        update=_update(gradient, notation),
        has_cost=derivation.of == "C",
        letter=_cost_letter(gradient, notation),
        notes=tuple(map(escaped, getattr(gradient, "notes", ()))),
    )


def _cost_letter(gradient: Gradient, notation: Notation | None) -> str:
    writer = writer_for(gradient.derivation, "latex", notation)
    of = gradient.program.tensors.get(gradient.of)
    mark = writer.names.numerator or (writer.names.of(of) if of is not None else read_mark("C"))
    return writer.dialect.symbol(mark).text


def _statement(gradient: Gradient, page: Page, notation: Notation, batch: bool) -> str:
    """Return what is said of the notation: of a network all, else what was chosen."""
    if gradient.program.layered and gradient.of == "C":
        return " ".join(notation_statement(notation, "latex", batch))
    said = "; ".join(page.choices)
    return f"{said[0].upper()}{said[1:]}." if said else ""


def _title(gradient: Gradient, network: Network | None) -> str:
    if isinstance(gradient, FormulaDerivative):
        return {"jacobian": "The Jacobian of a formula", "hessian": "The Hessian of a formula"}.get(
            gradient.kind, "The gradient of a formula"
        )
    first = gradient.title.partition(" · ")[0]
    if not first:
        return "A gradient, derived"
    return f"The gradient of {escaped(first)}" if network is None else f"The gradient of a {escaped(first)} network"


def _page(gradient: Gradient, view: str, batch: bool, notation: Notation | None) -> Page:
    derivation = gradient.batch_derivation if batch else gradient.derivation
    if isinstance(gradient, FormulaDerivative) and view == "matrix":
        order = tuple(gradient.formula.variables)
        return formula_page(
            derivation, heading=gradient.kind.capitalize(), format="latex", notation=notation, order=order
        )
    shown_batch = batch and not gradient.program.names_examples
    return page_of(derivation, writer_for(derivation, "latex", notation), view=view, batch=shown_batch)


def _view(gradient: Gradient, view: str, batch: bool, notation: Notation | None) -> View:
    try:
        return View(view, _page(gradient, view, batch, notation))
    except InputError as error:
        return View(view, None, escaped(str(error)))


def _steps(gradient: Gradient, notation: Notation | None) -> ShownSteps | None:
    steps = replace(gradient, notation=notation).steps()
    try:
        count = len(steps.stages)
    except CalculusError:
        return None
    return (replace(steps, detail=1) if count > FEW_STAGES else steps).shown("latex")


def _update(gradient: Gradient, notation: Notation | None) -> tuple[tuple[str, str], ...]:
    """Return one step of gradient descent for each parameter: W and W − η ∂C/∂W."""
    program = gradient.program
    if isinstance(gradient, FormulaDerivative) or not all(
        program.tensors[name].role == "parameter" for name in gradient.wrt
    ):
        return ()
    writer = writer_for(gradient.derivation, "latex", notation)
    found = []
    for name, made in gradient.gradients.items():
        known, slope = program.tensors[name], program.tensors[made]
        symbol, by = (
            writer.dialect.symbol(writer.names.whole(tensor), bold=tensor.rank > 0).text for tensor in (known, slope)
        )
        found.append((symbol, rf"{symbol} - \eta\, {by}"))
    return tuple(found)


def values_for(network: Network | None, numbers: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return the numbers that are worked with, where the network is small enough for them."""
    return numbers
