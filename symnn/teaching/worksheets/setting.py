"""How formulas and sentences of a worksheet are set in a format and a notation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from symnn.errors import InputError
from symnn.teaching.documents.escaping import escaped
from symnn.teaching.working_pages import Row
from symnn.teaching.worksheets.content import (
    Array,
    Blank,
    Equals,
    Formula,
    Matrix,
    Number,
    Shape,
    Term,
    Worked,
)
from symnn.teaching.worksheets.models import Model
from symnn.teaching.worksheets.numbers import decimal
from symnn.writing import Notation
from symnn.writing.expressions import ExpressionWriter
from symnn.writing.matrices import MatrixWriter
from symnn.writing.scope import Scope
from symnn.writing.sections import Page, base_of, page_of
from symnn.writing.write import writer_for

FORMATS = ("text", "ascii", "markdown", "latex")


@dataclass(frozen=True)
class ModelText:
    """What is said of a network: its equations and the functions in them, as formulas."""

    sums: tuple[str, ...]
    equations: tuple[str, ...]
    definitions: tuple[str, ...]
    reductions: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Setting:
    """Sets formulas, sentences and working in a format.

    Attributes:
        format: text, ascii, markdown or latex.
        notation: the choices of writing.
    """

    format: str
    notation: Notation = field(default_factory=Notation)

    def __post_init__(self) -> None:
        if self.notation.in_rows or self.notation.in_numerator_layout:
            raise InputError("a worksheet has vectors as columns, and gradients of the shape of their variables")

    @property
    def is_plain(self) -> bool:
        """Whether formulas are text, and stand in sentences without marks."""
        return self.format in ("text", "ascii")

    @cached_property
    def _writers(self) -> dict[Model, MatrixWriter]:
        return {}

    def writer(self, model: Model) -> MatrixWriter:
        if model not in self._writers:
            self._writers[model] = MatrixWriter(writer_for(model.derivation, self.format, self.notation))
        return self._writers[model]

    @cached_property
    def _entries(self) -> dict[Model, ExpressionWriter]:
        """What writes entries, whose indices are numbers."""
        return {}

    def formula(self, formula: Formula, model: Model) -> str:
        """Return a formula, without marks around it."""
        return str(getattr(self, f"_{type(formula).__name__.lower()}")(formula, model))

    def inline(self, parts: Iterable[str | Formula], model: Model) -> str:
        """Return a sentence with its formulas."""
        return "".join(self._words(part) if isinstance(part, str) else self.marked(part, model) for part in parts)

    def marked(self, formula: Formula, model: Model) -> str:
        """Return a formula as it stands in a sentence; a blank is none."""
        if isinstance(formula, Blank):
            return self.blank(formula)
        if isinstance(formula, Equals) and isinstance(formula.right, Blank):
            return f"{self.math(f'{self.formula(formula.left, model)} {formula.sign}')} {self.blank(formula.right)}"
        return self.math(self.formula(formula, model))

    def math(self, formula: str) -> str:
        return formula if self.is_plain else f"${formula}$"

    def blank(self, blank: Blank) -> str:
        if self.format == "latex":
            return rf"\sheetblank{{{min(blank.letters * 2.1, 95):.0f}mm}}"
        return ("\\_" if self.format == "markdown" else "_") * blank.letters

    def _words(self, text: str) -> str:
        if self.format != "latex":
            return text
        inner = escaped(text)
        return f"{' ' if text[:1] == ' ' else ''}{inner}{' ' if text[-1:] == ' ' and text.strip() else ''}"

    def _matrix(self, formula: Matrix, model: Model) -> str:
        return self.writer(model).piece(formula.tree).text

    def _term(self, formula: Term, model: Model) -> str:
        if model not in self._entries:
            self._entries[model] = writer_for(model.derivation, self.format, self.notation)
            self._entries[model].base = base_of(self.notation, "scalar")
        return self._entries[model].piece(formula.expression, Scope()).text

    def _number(self, formula: Number, model: Model) -> str:
        text = decimal(formula)
        digits, mark, exponent = text.partition("e")
        if self.format in ("latex", "markdown"):
            return rf"{digits} \cdot 10^{{{exponent}}}" if mark else text
        return text.replace("-", "−") if self.format == "text" else text

    def _array(self, formula: Array, model: Model) -> str:
        rows = [[self.formula(cell, model) for cell in row] for row in formula.rows]
        if not self.is_plain:
            body = r" \\ ".join(" & ".join(row) for row in rows)
            return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"
        if all(len(row) == 1 for row in rows):
            return f"[{', '.join(row[0] for row in rows)}]"
        return f"[{', '.join('[' + ', '.join(row) + ']' for row in rows)}]"

    def _shape(self, formula: Shape, model: Model) -> str:
        sign = {"ascii": "x", "text": "×"}.get(self.format, r" \times ")
        return f"{formula.rows}{sign}{formula.columns}"

    def _equals(self, formula: Equals, model: Model) -> str:
        return f"{self.formula(formula.left, model)} {formula.sign} {self.formula(formula.right, model)}"

    def _blank(self, formula: Blank, model: Model) -> str:
        return self.blank(formula)

    @cached_property
    def _told(self) -> dict[Model, ModelText]:
        return {}

    def told(self, model: Model) -> ModelText:
        """Return what is said of a network."""
        if model not in self._told:
            self._told[model] = self._text_of(model)
        return self._told[model]

    def _text_of(self, model: Model) -> ModelText:
        page: Page = page_of(model.derivation, self.writer(model).writer, view="matrix")
        forward = next(section for section in page.sections if section.heading == "Forward")
        shown = [(line.label.rstrip("0123456789"), f"{line.left} = {line.right}") for line in forward.lines]
        return ModelText(
            tuple(text for letter, text in shown if letter == "z"),
            tuple(text for letter, text in shown if letter not in ("z", "L")),
            page.definitions,
            tuple(text for letter, text in shown if letter == "L"),
        )

    def rows(self, block: Worked) -> tuple[tuple[str, tuple[Row, ...]], ...]:
        """Return the rows of a working that are shown."""
        working = block.working.with_notation(self.notation)
        form = {"markdown": "text"}.get(self.format, self.format)
        return working.rows(form, block.digits, names=block.names)


def joined(setting: Setting, formulas: Iterable[str]) -> str:
    """Return formulas with commas between."""
    return ", ".join(setting.math(formula) for formula in formulas)


__all__ = ["FORMATS", "ModelText", "Setting", "joined"]
