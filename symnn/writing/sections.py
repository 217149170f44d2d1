"""What a derivation has to show, before it is set in a format: headings, equations, what follows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Idx, Integer, KroneckerDelta

from symnn.calculus.derivation import Derivation
from symnn.errors import InputError, suggest
from symnn.language import Equation, Fact, Program, Tensor, Within, entries
from symnn.views.families import Folding
from symnn.views.folding import folded
from symnn.views.labels import Labelling, labelled
from symnn.views.matrix import MatrixEquation, matrix_equations
from symnn.views.scalar import ScalarEquation, scalar_equations
from symnn.writing.brackets import is_order
from symnn.writing.conventions import columns_among, stated_choices
from symnn.writing.definitions import definitions, facts_text
from symnn.writing.expressions import ExpressionWriter
from symnn.writing.lines import Line, Section, label_of, numbered
from symnn.writing.matrices import MatrixWriter
from symnn.writing.notation import Mark, Notation
from symnn.writing.running import shown_backward, spoken_of, writer_of_families, writer_of_labels
from symnn.writing.scope import Scope
from symnn.writing.written import as_written

__all__ = ["VIEWS", "Line", "Page", "Section", "base_of", "line_of", "page_of", "stated", "view_of"]

VIEWS = ("matrix", "index", "scalar")
NO_MATRIX_FORM = "(index form: no matrix form)"
FULL = 32
"""More equations than this are set small."""
MOST_REMARKS = 4
"""Where more equations than this have no matrix form, it is said once."""


@dataclass(frozen=True)
class Page:
    """All that is shown of a derivation or a program.

    Attributes:
        title: the first line, or nothing.
        sections: the equations.
        definitions: formulas that say what the functions and symbols are.
        facts: formulas that were used, or nothing.
        count: the sentence on the number of parameters and on shapes.
        shapes: pairs of a symbol and its shape, as formulas.
        notes: sentences at the end.
        is_full: whether there is so much that it has to be set small to stand on one page.
        choices: what has to be said of the notation.
    """

    title: str
    sections: tuple[Section, ...]
    definitions: tuple[str, ...] = ()
    facts: str = ""
    count: str = ""
    shapes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_full: bool = False
    choices: tuple[str, ...] = ()


def page_of(
    subject: Derivation | Program,
    writer: ExpressionWriter,
    *,
    view: str,
    title: str = "",
    batch: bool = False,
    notes: Sequence[str] = (),
    compact: bool = False,
) -> Page:
    """Return all that is shown of a derivation, or of a bare program; on paper compactly, with small fractions."""
    notation = writer.dialect.notation
    subject = as_written(subject, notation)
    program = subject.program if isinstance(subject, Derivation) else subject
    folding = Folding(program) if view == "scalar" else folded(program)
    writer = writer_of_families(writer, folding)
    labelling = labelled(folding.program) if view == "matrix" else Labelling(folding.program)
    writer = writer_of_labels(writer, labelling)
    shown = view_of(labelling.program, view)
    writer.page = writer.page.of(shown, _wanted(subject) if isinstance(subject, Derivation) else ())
    writer.base = base_of(notation, view)
    writer.swaps_gradients = view == "matrix"
    is_full = writer.dialect.has_pages and len(shown) > FULL
    writer.dialect.compact = is_full or (compact and writer.dialect.has_pages)
    if isinstance(subject, Derivation):
        backward = shown_backward(folding, subject.backward)
        backward |= {made for made, name in labelling.labels.items() if name in backward}
        forward = [one for one in shown if _name(one) not in backward]
        groups = [("Forward", forward), ("Backward", [one for one in shown if _name(one) in backward])]
        count, shapes = _counted(subject, writer)
        facts: Sequence[Fact] = subject.facts
    else:
        groups, count, shapes, facts = [("", list(shown))], "", (), ()
    many = view == "matrix" and sum(isinstance(one, Equation) for one in shown) > MOST_REMARKS
    lines = _Lines(writer, view, folding, many)
    sections = tuple(
        Section(heading, tuple(map(lines.line, group)), _has_derivative(group, writer))
        for heading, group in groups
        if group
    )
    defined = tuple(definitions(writer, shown, spoken_of(folding, labelling), batch))
    if labelling.labels:
        last = writer.piece(labelling.count, Scope()).text
        defined = (*defined, writer.dialect.run(labelling.letter, "1", last))
    if many:
        defined = (*defined, writer.dialect.prose("what is written with indices has no matrix form").strip())
    if notation.indices is None and _calculates(shown):
        defined = (*defined, writer.dialect.prose(f"indices count from {writer.base}").strip())
    return Page(
        notation.titled(title),
        numbered(sections, notation),
        defined,
        facts_text(writer, facts),
        count,
        shapes,
        tuple(notes),
        is_full,
        stated(writer, shown, view),
    )


def stated(writer: ExpressionWriter, shown: Sequence[Any], view: str) -> tuple[str, ...]:
    """Return what has to be said of the notation of the shown equations."""
    dialect, gradient = writer.dialect, _shown_gradient(writer, shown)
    numbers = view == "scalar" or (view == "index" and writer.limits) or _calculates(shown)
    return stated_choices(dialect.notation, dialect, view, gradient, columns_among(shown, dialect), numbers)


def _calculates(shown: Sequence[Any]) -> bool:
    return any(isinstance(one, Equation) and _calculates_with_indices(one) for one in shown)


def _shown_gradient(writer: ExpressionWriter, shown: Sequence[Any]) -> Mark | None:
    """Return a derivative ∂C/∂W that is shown, by a matrix if there is one."""
    found = [(one.left.base if not isinstance(one, MatrixEquation) else one.left.tensor) for one in shown]
    known = [(tensor.rank, writer.names.of(tensor)) for tensor in found if tensor.rank in (1, 2)]
    gradients = [(rank, mark) for rank, mark in known if mark.of is not None and not mark.ranks]
    return max(gradients, key=lambda one: one[0])[1] if gradients else None


def base_of(notation: Notation, view: str) -> int:
    """Return from where indices count: where nothing is chosen, from 1 if they are numbers or limits of sums."""
    if notation.indices is not None:
        return notation.indices
    return 1 if view == "scalar" or notation.sums == "limits" else 0


@dataclass(frozen=True)
class _Lines:
    """How the equations of a page are written."""

    writer: ExpressionWriter
    view: str
    folding: Folding
    is_plain: bool
    """Whether it is said elsewhere what has no matrix form."""

    def line(self, one: Any) -> Line:
        written = line_of(one, self.writer, self.view)
        run = self.folding.runs.get(_name(one))
        condition = "" if run is None else self.writer.dialect.run(self.folding.letter, str(run.first), str(run.last))
        return replace(written, remark="" if self.is_plain else written.remark, condition=condition)


def _calculates_with_indices(equation: Equation) -> bool:
    """Whether it matters from where indices count: x[2], x[i + p], or a bracket."""
    found = entries(equation.right)
    plain = all(isinstance(place, Idx) for entry in found for place in entry.indices)
    deltas = equation.right.atoms(KroneckerDelta)
    numbers = any(part.is_number for delta in deltas for part in delta.args)
    return not plain or numbers or not all(map(is_order, equation.right.atoms(Within)))


def view_of(program: Program, view: str) -> tuple[Any, ...]:
    """Return a program's equations in a view.

    Raises:
        InputError: for a view that there is not.
    """
    if view not in VIEWS:
        raise InputError(f"unknown view '{view}'{suggest(view, VIEWS)}")
    if view == "matrix":
        return matrix_equations(program)
    return scalar_equations(program) if view == "scalar" else tuple(program)


def line_of(shown: MatrixEquation | Equation | ScalarEquation, writer: ExpressionWriter, view: str) -> Line:
    """Return one equation of a view in writing."""
    if isinstance(shown, MatrixEquation):
        return Line(*MatrixWriter(writer).equation(shown), label=label_of(shown.left.tensor, ()))
    remark = NO_MATRIX_FORM if view == "matrix" else ""
    return Line(*writer.sides(shown.left, shown.right), remark, label=label_of(shown.left.base, shown.left.indices))


def _name(shown: Any) -> str:
    return str((shown.equation if isinstance(shown, MatrixEquation) else shown).left.base.name)


def _has_derivative(group: Sequence[Any], writer: ExpressionWriter) -> bool:
    return any(mark.of is not None for mark in (writer.names.marks.get(_name(one)) for one in group) if mark)


def _wanted(derivation: Derivation) -> list[Tensor]:
    """Return the tensors whose shapes are said."""
    known = derivation.program.tensors
    return [known[name] for name in derivation.wrt if name in known]


def _counted(derivation: Derivation, writer: ExpressionWriter) -> tuple[str, tuple[str, ...]]:
    """Return the sentence on the number of parameters, and each shape."""
    wanted = _wanted(derivation)
    if not wanted:
        return "", ()
    shapes = []
    total = Integer(0)
    for tensor in wanted:
        volume = Integer(1)
        for size in tensor.shape:
            volume *= size
        total += volume
        symbol = writer.dialect.symbol(writer.names.whole(tensor), bold=tensor.rank > 0).text
        shapes.append(writer.dialect.shape(symbol, sizes_of(tensor, writer)))
    numerator = writer.dialect.notation.in_numerator_layout
    sentence = "each gradient has the shape of its variable" + ("'s transpose" if numerator else "")
    if total.is_Integer and all(tensor.role == "parameter" for tensor in wanted):
        plural = "parameter" if total == 1 else "parameters"
        return f"{int(total):,} {plural}; {sentence}", tuple(shapes)
    return sentence.capitalize(), tuple(shapes)


def sizes_of(tensor: Tensor, writer: ExpressionWriter) -> list[str]:
    """Return a tensor's sizes; where rows or columns are told apart, those of a vector too."""
    notation, sizes = writer.dialect.notation, [writer.piece(size, Scope()).text for size in tensor.shape]
    if tensor.rank != 1 or not (notation.in_rows or notation.in_numerator_layout):
        return sizes
    return ["1", *sizes] if writer.names.turns_axis(tensor.shape[0]) else [*sizes, "1"]
