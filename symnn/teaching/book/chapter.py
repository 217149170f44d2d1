"""A chapter, written block by block; every claim in it is checked while it is written.

    chapter = Chapter("The neuron")
    chapter.say("A neuron adds up, and returns $a = sigmoid(z)$, here {a:.2f}.", a=0.907)
    chapter.check("The neuron returns {a:.2f}.", abs(a - 0.907) < 0.001, a=a)
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from sympy import Expr

from symnn.calculus import Derivation as Derived
from symnn.errors import InputError, SymnnError
from symnn.gradients import Gradient
from symnn.language import Equation, Program
from symnn.networks import GeneralNetwork
from symnn.steps import Steps
from symnn.teaching.book.blocks import (
    Block,
    Bullets,
    Checked,
    Code,
    Command,
    Derivation,
    Display,
    Equations,
    Exercise,
    Heading,
    Note,
    OnePage,
    Paragraph,
    Parts,
    Picture,
    Row,
    Statement,
    Table,
    Worked,
    plain,
)
from symnn.teaching.book.holding import check_chain
from symnn.teaching.book.maths import Language, Maths, maths
from symnn.teaching.book.prose import numeral, paragraphs, parts_of, row_of
from symnn.teaching.book.sources import content_of, equations_page
from symnn.teaching.pictures.diagram import Diagram
from symnn.teaching.working import Working
from symnn.training.optimizers.base import RuleOptimizer
from symnn.writing import Notation
from symnn.writing.sections import Page


class Chapter:
    """A chapter as it is written.

    Args:
        title: of the chapter.
        lead: one or two sentences on what it is about.
        names: how names in formulas are written: {"dC": "Δ C"}.
        shapes: of names in formulas that are no scalars: {"g": "n"}.
        bold: letters that stand for vectors and matrices.
        notation: choices of writing.
        functions: letters that stand for functions that nothing more is known of: C(theta), phi'(t).

    In prose, `$…$` is a formula in symnn's own language (or one symbol, such as W^(1), w_12 or ∂C/∂w_12), `*…*` is a
    word met for the first time, and `{name}` is a value: a number (with a format, {a:.2f}), a formula from `maths`, or
    words.

    Attributes:
        number: of the chapter in its book, or 0.
        blocks: what was written.
        exercises: with their solutions.
        checked: what held.
        marks: what the proof says of the lines of its derivations.
    """

    def __init__(
        self,
        title: str,
        lead: str = "",
        *,
        names: Mapping[str, str] | None = None,
        shapes: Mapping[str, Any] | None = None,
        bold: str = "",
        notation: Notation | None = None,
        functions: str = "",
    ) -> None:
        self.title, self.number = title, 0
        self.notation = notation or Notation()
        self.language = Language(
            dict(names or {}), dict(shapes or {}), frozenset(bold.split()), self.notation, frozenset(functions.split())
        )
        self.blocks: list[Block] = []
        self.exercises: list[Exercise] = []
        self.checked: list[Checked] = []
        self.marks: set[str] = set()
        self._chained = self._derived = 0
        self.lead = self.parts(lead) if lead else ()

    def parts(self, text: str, **values: Any) -> Parts:
        """Return a sentence with its formulas and values in their places."""
        return parts_of(text, self.language, values)

    def embolden(self, letters: str) -> None:
        """Write more letters bold from here on: those that stand for vectors and matrices now."""
        self.language = replace(self.language, bold=frozenset({*self.language.bold, *letters.split()}))

    def maths(self, source: Any, program: Program | None = None) -> Maths:
        """Return a formula in the chapter's notation: typed, or an expression or equation of a program."""
        return self.language.read(source) if isinstance(source, str) else maths(source, program, self.notation)

    # What is written

    def heading(self, text: str) -> None:
        """Begin a section."""
        self.blocks.append(Heading(text))

    def say(self, text: str, **values: Any) -> None:
        """Write paragraphs of prose; an empty line parts them."""
        for one in paragraphs(text):
            self.blocks.append(Paragraph(self.parts(one, **values)))

    def bullets(self, *items: str, **values: Any) -> None:
        """Write a list."""
        self.blocks.append(Bullets(tuple(self.parts(" ".join(item.split()), **values) for item in items)))

    def note(self, title: str, text: str, **values: Any) -> None:
        """Write a box that explains something to those who meet it for the first time."""
        self.blocks.append(Note(title, tuple(self.parts(one, **values) for one in paragraphs(text))))

    @contextmanager
    def statement(self, title: str) -> Iterator[None]:
        """Write a theorem, in a box: what is written within.

            with chapter.statement("Theorem"):
                chapter.say("The cost falls.")
        """
        kept, self.blocks = self.blocks, []
        try:
            yield
            kept.append(Statement(title, tuple(self.blocks)))
        finally:
            self.blocks = kept

    def display(self, *rows: str | tuple[str, str] | Row, **values: Any) -> None:
        """Display formulas under each other: "a = sigmoid(z)", or ("a = sigmoid(z)", "why").

        A row that begins with a sign goes on with the one before: "= 1/(1 + exp(-z))". These are not checked: see
        `chain`.
        """
        read = (one if isinstance(one, Row) else row_of(one, self.language, values) for one in rows)
        self.blocks.append(Display(tuple(read)))

    def chain(
        self,
        *rows: str | tuple[str, str],
        ranges: Mapping[str, tuple[float, float]] | None = None,
        given: Mapping[str, str] | None = None,
    ) -> None:
        """Display a chain, "f = g", "= h", "≤ k", after it was checked at random places, to 50 digits.

        Args:
            rows: formulas with the signs =, ≤, ≥, <, > between them, and perhaps why.
            ranges: where the names lie; by default within -3 and 3.
            given: names that stand for formulas of the others, while they are checked: {"p": "softmax(z)"}.

        Raises:
            SymnnError: for a line that does not hold.
        """
        texts = [row if isinstance(row, str) else row[0] for row in rows]
        self.hold(" ".join(texts), ranges, given)
        self.display(*rows)

    def hold(
        self,
        text: str,
        ranges: Mapping[str, tuple[float, float]] | None = None,
        given: Mapping[str, str] | None = None,
    ) -> None:
        """Check a chain of formulas at random places, to 50 digits.

        Raises:
            SymnnError: for a sign that does not hold.
        """
        self._chained += check_chain(text, self.language.shapes, ranges or {}, given)

    def equations(
        self,
        subject: Gradient | GeneralNetwork | Derived | Program,
        view: str = "matrix",
        *,
        batch: bool = False,
        only: Sequence[str] = (),
        notation: Notation | None = None,
        defined: bool = True,
        beside: bool = False,
    ) -> None:
        """Write the equations of a gradient, a general network or a program.

        Args:
            subject: whose.
            view: matrix, index or scalar.
            batch: those of a batch of examples.
            only: the headings of the sections that are shown, Forward, Backward; by default all. One that stands
                alone is shown without its heading.
            notation: choices of writing.
            defined: whether what the symbols mean is said under them.
            beside: whether the sections stand beside each other, with small fractions.
        """
        chosen = notation or getattr(subject, "notation", None) or self.notation

        def page(format: str) -> Page:
            whole = equations_page(subject, view, batch, format, chosen, beside)
            sections = tuple(section for section in whole.sections if not only or section.heading in only)
            if only and len(sections) == 1:
                sections = (replace(sections[0], heading=""),)
            kept = whole.definitions if defined else ()
            return Page("", sections, kept, whole.facts if defined else "", is_full=whole.is_full)

        page("text")
        self.blocks.append(Equations(page, beside))

    def one_page(
        self, title: str, text: str, subject: Gradient, *, notation: Notation | None = None, **values: Any
    ) -> None:
        """Put a gradient on a page of its own: forward beside backward, in letters as large as fit.

        Args:
            title: of the page.
            text: paragraphs under it, as `say` has them.
            subject: whose equations, in matrix form.
            notation: choices of writing.
        """
        chosen = notation or subject.notation or self.notation

        def page(format: str) -> Page:
            return replace(equations_page(subject, "matrix", False, format, chosen, True), title="")

        page("text")
        self.blocks.append(OnePage(title, tuple(self.parts(one, **values) for one in paragraphs(text)), page))

    def derivation(self, steps: Steps, *names: str, reasons: bool | None = None) -> None:
        """Write a derivative line by line; of its stages the named ones, by default all. Every line is checked.

        Args:
            steps: the derivative's steps.
            names: of the tensors whose stages are shown.
            reasons: whether why each line follows is said under it; by default on a page, and not in text.

        Raises:
            SymnnError: where a line does not follow from the one before it.
        """
        stages = steps.shown("text").stages
        if steps.is_wrong:
            raise SymnnError(f"{self.title}: a line of the derivation of {', '.join(steps.wrt)} does not follow")
        known = [stage.name for stage in stages]
        for name in names:
            if name not in known:
                raise SymnnError(f"{self.title}: no stage {name!r} (there are {', '.join(known)})")
        self.marks |= {step.mark for stage in stages for step in stage.steps}
        self._derived += sum(
            bool(step.mark) for stage in stages if not names or stage.name in names for step in stage.steps
        )
        self.blocks.append(Derivation(steps.shown, names, reasons))

    def working(self, working: Working, digits: int = 4, names: Iterable[str] = ()) -> None:
        """Write scalar equations with numbers in their places; of some tensors, or of all."""
        self.blocks.append(Worked(working, digits, tuple(names)))

    def table(self, head: Sequence[str], rows: Iterable[Sequence[Any]], caption: str = "", **values: Any) -> None:
        """Write a table; a cell is a text such as in prose, or a value.

        Raises:
            InputError: for a row that has not as many cells as the head.
        """
        cells = tuple(tuple(self._cell(cell) for cell in row) for row in rows)
        for place, row in enumerate(cells, 1):
            if len(row) != len(head):
                raise InputError(f"row {place} of a table has {len(row)} cells, its head has {len(head)}")
        named = tuple(self._cell(cell) for cell in head)
        self.blocks.append(Table(named, cells, self.parts(caption, **values) if caption else ()))

    def picture(self, name: str, figure: Any, caption: str, described: str = "", width: float = 0.8,
                **values: Any) -> None:  # fmt: skip
        """Put in a picture: a diagram, a figure of matplotlib, or what returns its content for an ending.

        Args:
            name: of its file.
            figure: the picture.
            caption: what is seen.
            described: the same for those who do not see it; by default the caption.
            width: of the line, at most.
        """
        parts = self.parts(caption, **values)
        said = described or plain(parts)
        content, tikz = content_of(figure, name), None
        if isinstance(figure, Diagram):
            said, tikz = figure.description, figure.tikz
        self.blocks.append(Picture(name, parts, content, said, tikz, width))

    def command(self, line: str) -> None:
        """Show a command line that prints the same, or more of it."""
        self.blocks.append(Command(line))

    def code(self, source: str | Callable[..., Any]) -> None:
        """Show lines of Python: those of a function, so that what is shown is what runs, or a text."""
        text = source if isinstance(source, str) else inspect.getsource(source)
        self.blocks.append(Code(tuple(textwrap.dedent(text).strip("\n").splitlines())))

    def update(self, optimizer: RuleOptimizer) -> None:
        """Write what an optimizer does in one step with any parameter θ, whose gradient is called g."""
        rows = []
        for text, latex in zip(optimizer.rows("text"), optimizer.rows("latex"), strict=True):
            left, sign, right = (Maths(*part) for part in zip(text, latex, strict=True))
            rows.append(Row(left, sign, right))
        gradient = Row(Maths("g", "g"), Maths("=", "="), Maths("∂C/∂θ", r"\partial C/\partial \theta"))
        self.blocks.append(Display((gradient, *rows)))

    # What is checked

    def check(self, said: str, holds: Any, **values: Any) -> None:
        """Note what was checked; raise SymnnError where it does not hold.

        Args:
            said: what was checked.
            holds: True or False, or an array of these, all of which are to be True.
            values: for the {fields} in what is said.
        """
        parts = self.parts(said, **values)
        if np.asarray(holds).dtype != bool:
            raise InputError(f"whether '{plain(parts)}' holds is to be True or False, it is a {type(holds).__name__}")
        if not np.all(holds):
            raise SymnnError(f"{self.title}: this does not hold: {plain(parts)}")
        self.checked.append(Checked(parts))

    @property
    def held(self) -> tuple[Checked, ...]:
        """Everything that was checked: what was noted, and how many lines of chains and derivations."""
        counted = ((self._chained, "lines of chained formulas, at 20 random places each, to 50 digits"),
                   (self._derived, "lines of derivations, each against the one before it"))  # fmt: skip
        said = [f"{count} {what}" for count, what in counted if count]
        return (*self.checked, *([Checked((f"Beside these: {'; '.join(said)}.",))] if said else []))

    def audit(self, gradient: Gradient, what: str) -> None:
        """Check every equation, every line and the compiled code of a gradient, and note it.

        Raises:
            SymnnError: where something is wrong.
        """
        found = gradient.audit()
        if not found.is_right:
            raise SymnnError(f"{self.title}: {what}: the audit found something wrong")
        code = "" if found.code is None else " and its compiled code"
        lines = ", every line of its derivation" if code else " and every line of its derivation"
        self.check(f"{what}: every equation{lines}{code}, audited.", True)

    # Exercises

    @contextmanager
    def exercise(self) -> Iterator[Callable[[], None]]:
        """Write an exercise: what is written before the call of what this gives is the task, after it the solution.

            with chapter.exercise() as solution:
                chapter.say("How much is σ(0)?")
                solution()
                chapter.say("½.")
        """
        kept, self.blocks = self.blocks, []
        parted: list[int] = []
        try:
            yield lambda: parted.append(len(self.blocks))
            if len(parted) != 1:
                raise SymnnError(f"{self.title}: an exercise needs one solution")
            self.exercises.append(Exercise(tuple(self.blocks[: parted[0]]), tuple(self.blocks[parted[0] :])))
        finally:
            self.blocks = kept

    # How it is read

    def _cell(self, cell: Any) -> Parts:
        if isinstance(cell, str):
            return numeral(cell) or self.parts(cell)
        if isinstance(cell, Maths | Expr | Equation):
            return (self.maths(cell),)
        return numeral(str(cell)) or (str(cell),)
