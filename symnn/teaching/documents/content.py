"""What a document has to say, gathered before it is set: every style takes from it what it shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from symnn.errors import CalculusError, InputError
from symnn.formulas import FormulaDerivative
from symnn.gradients import Gradient
from symnn.networks import Network
from symnn.teaching.documents.architecture import architecture
from symnn.teaching.documents.escaping import code, escaped
from symnn.teaching.documents.numbers import working_lines, working_of
from symnn.teaching.documents.parts import LEGEND
from symnn.teaching.documents.repeating import Told, told_once
from symnn.teaching.documents.symbols import Symbol, symbols_of
from symnn.teaching.pictures import diagram_of
from symnn.teaching.unshown import WITH_INDICES, unshown_lines
from symnn.teaching.working import Working
from symnn.writing import VIEWS, Notation, notation_statement
from symnn.writing.formula import formula_page
from symnn.writing.lines import Line, Section
from symnn.writing.marks import read_mark
from symnn.writing.sections import Page, page_of
from symnn.writing.steps import ShownSteps
from symnn.writing.write import writer_for

_ARTICLE, _SLIDE = (440.0, 300.0), (400.0, 150.0)
"""The most that a diagram may be wide and high, in points."""
_VERDICTS = {
    "exact": "checked exactly",
    "50 digits": "checked to 50 digits",
    "unchecked": "could not be checked",
    "wrong": "wrong",
}
FEW_STAGES = 16
"""Where a derivation has more stages, only the main lines of each are shown."""
GIVEN = ("Forward", "Value", "With", "")
"""The headings of equations that are given."""
NAMED = "With names for its parts"
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
        indexed: equations that the derivation puts in, and the page does not show as they are.
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
    indexed: tuple[Line, ...] = ()

    @property
    def forward(self) -> tuple[Section, ...]:
        """The equations that are given, and not derived."""
        given = tuple(section for section in self.page.sections if section.heading in GIVEN)
        # A formula's derivation speaks of its parts by names, which its closed form has not.
        names = self.steps.given if self.source and self.steps is not None else ()
        if len(names) > 1:
            return (*given, Section(NAMED, names))
        return (*given, Section(WITH_INDICES, self.indexed)) if self.indexed else given

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
    return f"{section.heading.partition(' ')[0].lower()}{':names' * (section.heading == NAMED)}:{place + 1}"


def content_of(
    gradient: Gradient,
    *,
    notation: Notation | None = None,
    network: Network | None = None,
    batch: bool = False,
    views: tuple[str, ...] = VIEWS,
    numbers: str | int | Working | None = None,
    proof: bool | None = None,
) -> Content:
    """Gather what a document on a gradient shows; arguments as in `document`."""
    notation = notation or gradient.notation
    formula = isinstance(gradient, FormulaDerivative)
    derivation = gradient.batch_derivation if batch else gradient.derivation
    shown_batch = batch and not gradient.program.names_examples
    first = gradient.title.replace("one example, columns", BATCH_TITLE) if shown_batch else gradient.title
    page = _page(gradient, "matrix", batch, notation)
    steps, is_brief, is_checked = _steps(gradient, notation, proof)
    working = None if batch else working_of(network, numbers, notation)
    large, small = _diagrams(network, notation)
    return Content(
        title=_title(gradient, network),
        assumed=code(gradient.title) if formula else escaped((notation or Notation()).titled(first)),
        source=code(gradient.title) if formula else "",
        page=page,
        views=tuple(_view(gradient, view, batch, notation) for view in views),
        symbols=symbols_of(derivation, notation, shown_batch, "variable" if formula else "parameter"),
        architecture="" if network is None else architecture(network, writer_for(derivation, "latex", notation)),
        notation=_statement(gradient, page, notation or Notation(), shown_batch),
        steps=steps,
        told=told_once(steps.stages) if steps is not None else (),
        is_brief=is_brief,
        diagram=large,
        small_diagram=small,
        working="" if working is None else working_lines(working, numbers),
        checked=_checked(gradient, steps, is_checked),
        update=_update(gradient, notation),
        has_cost=derivation.of == "C",
        letter=_cost_letter(gradient, notation),
        indexed=() if steps is None else unshown_lines(gradient.derivation, "latex", notation),
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
        # What to ask a command for instead is no matter of a document, which has the other views.
        return View(view, None, escaped(str(error).partition(": ")[0]))


def _steps(
    gradient: Gradient, notation: Notation | None, proof: bool | None
) -> tuple[ShownSteps | None, bool, bool]:
    """Return the steps, whether only their main lines, and whether they are checked.

    There are none for a derivation of which nothing was recorded.
    """
    steps = replace(gradient, notation=notation).steps(proof=False)
    try:
        is_brief = len(steps.stages) > FEW_STAGES
    except CalculusError:
        return None, False, False
    steps = replace(steps, detail=1) if is_brief else steps
    is_checked = steps.is_quickly_checked if proof is None else proof
    return replace(steps, proof=is_checked).shown("latex"), is_brief, is_checked


def _checked(gradient: Gradient, steps: ShownSteps | None, is_checked: bool) -> str:
    """Return what was checked, in sentences."""
    if steps is None:
        return ""
    marks = [step.mark for stage in steps.stages for step in stage.steps]
    if not is_checked:
        return "The lines of this derivation are many or large: they were not checked for this document."
    counts = {mark: marks.count(mark) for mark in LEGEND if mark in marks}
    said = "; ".join(f"{count} {_VERDICTS[mark]}" for mark, count in counts.items())
    said += f"; {marks.count('')} not checked" if "" in marks else ""
    return f"Of the {len(marks)} lines of the derivation: {said}."


def _diagrams(network: Network | None, notation: Notation | None) -> tuple[str, str]:
    """Return the diagram of a network, as high as an article and a slide have room for."""
    if network is None:
        return "", ""
    picture = diagram_of(network, notation=notation)
    large, small = (min(wide, picture.width * high / picture.height) for wide, high in (_ARTICLE, _SLIDE))
    return picture.tikz(large), picture.tikz(small)


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
