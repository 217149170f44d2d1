"""The steps of a derivation in writing: every line with its rule, the shapes of its factors, and a sentence of why.

Letters of indices are kept through a stage: an index that stands on two lines has one letter on both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, Idx, Mul, Sum, preorder_traversal
from sympy.core.basic import Basic

from symnn.calculus.canonical import canonical
from symnn.calculus.derivation import Derivation
from symnn.calculus.reasons import Equal
from symnn.calculus.steps import Inference, Stage
from symnn.language import (
    Elementwise,
    Entry,
    Equation,
    Program,
    Tensor,
    Total,
    body_and_bound,
    entries,
    free_indices,
    size_of,
    tensors,
    transform,
)
from symnn.views.closed import closed_forms
from symnn.views.explaining import explained
from symnn.views.matrix import MatrixEquation, matrix_equation
from symnn.views.tree import Tree
from symnn.writing.definitions import definitions, facts_text
from symnn.writing.expressions import ExpressionWriter
from symnn.writing.matrices import MatrixWriter
from symnn.writing.notation import Notation
from symnn.writing.scope import Scope
from symnn.writing.sections import Line, base_of, sizes_of
from symnn.writing.write import writer_for
from symnn.writing.written import written_equations

MATRIX_FORM = "index to matrix form"
CLOSED_FORM = "closed form"
_TURNED = "In numerator layout the whole stands transposed: what counts rows of the variable counts columns here."

Mark = Callable[[Stage, Expr, Inference], str]
"""What the proof says of a line with what stands on the left of it: a word such as exact, or nothing."""


@dataclass(frozen=True)
class ShownStep:
    """One line in writing.

    Attributes:
        left: the left side, where the line begins a chain; else nothing.
        right: the right side.
        rule: the names of the rules.
        why: a sentence.
        shapes: the shapes of the tensors on the line.
        mark: what the proof says of it.
    """

    left: str
    right: str
    rule: str
    why: str
    shapes: str
    mark: str = ""


@dataclass(frozen=True)
class ShownStage:
    """How one derivative is found: what it is of, the lines, and the result."""

    heading: str
    steps: tuple[ShownStep, ...]
    result: Line
    name: str = ""
    wanted: bool = False


@dataclass(frozen=True)
class ShownSteps:
    """A derivation, step by step, in writing."""

    title: str
    given: tuple[Line, ...]
    stages: tuple[ShownStage, ...]
    definitions: tuple[str, ...] = ()
    facts: str = ""
    notes: tuple[str, ...] = ()


def shown_steps(
    derivation: Derivation,
    stages: Sequence[Stage],
    *,
    format: str = "text",
    title: str = "",
    notation: Notation | None = None,
    notes: Sequence[str] = (),
    mark: Mark | None = None,
    closed: bool = False,
) -> ShownSteps:
    """Return the steps of a derivation in writing.

    Args:
        derivation: the derivation.
        stages: its stages, as far as they are to be shown.
        format: text, ascii, markdown, latex or mathml.
        title: the first line.
        notation: choices of writing.
        notes: lines at the end.
        mark: what the proof says of each line.
        closed: whether the results are shown in closed form too, names of the program put back.

    Raises:
        InputError: for an unknown format.
    """
    writer = writer_for(derivation, format, notation)
    needed = {tensor.name for stage in stages for tensor in _met(stage)}
    program = derivation.program
    forward = [e for e in program.pruned(needed | {derivation.of}) if e.tensor.name not in derivation.backward]
    results = [stage.equation for stage in stages]
    writer.page = writer.page.of([*forward, *results])
    writer.base = base_of(writer.dialect.notation, "index")
    telling = _Telling(derivation, writer, mark, closed)
    said = {name: a for name, a in program.adjoints.items() if name in needed or name in derivation.backward}
    if derivation.upstream is not None:
        # A gradient that is differentiated again is a value here, and said elsewhere to be one.
        said.pop(derivation.of, None)
    shown = [*forward, *(stage.equation for stage in stages if stage.equation.tensor.name in program.tensors)]
    spoken = Program([e for e in program if e.tensor.name in {s.tensor.name for s in shown}], layered=program.layered,
                     adjoints=said)  # fmt: skip
    return ShownSteps(
        title,
        tuple(Line(*writer.sides(e.left, e.right)) for e in forward),
        tuple(telling.stage(stage) for stage in stages),
        tuple(definitions(writer, _as_written(shown, writer), spoken, False)),
        facts_text(writer, derivation.facts),
        tuple(notes),
    )


def _as_written(shown: Sequence[Equation], writer: ExpressionWriter) -> Sequence[Equation]:
    return shown if writer.dialect.notation.derivative == "named" else written_equations(shown)


def _met(stage: Stage) -> set[Tensor]:
    found = {stage.tensor}
    for inference in stage.inferences:
        found |= tensors(inference.right)
    return found


class _Telling:
    """Writes the stages of one derivation."""

    def __init__(
        self, derivation: Derivation, writer: ExpressionWriter, mark: Mark | None, closed: bool = False
    ) -> None:
        self.derivation, self.writer, self.mark, self.closed = derivation, writer, mark, closed
        self.above = Tensor(derivation.program.fresh_name("C"), ())[()]
        """The cost that stands above a tensor with an upstream adjoint."""
        names = writer.names
        if names.numerator is not None:
            writer.names = replace(names, marks={**names.marks, self.above.base.name: names.numerator})

    def stage(self, stage: Stage) -> ShownStage:
        letters = _Letters(self.writer)
        letters.keep(stage.equation.indices)
        steps = [self.step(stage, *one, letters, place == 0) for place, one in enumerate(stage.lines)]
        matrix = matrix_equation(_as_shown(stage)) if stage.equation.tensor.rank else None
        line = Line(self.derivative(stage, letters, stage.equation.indices), steps[-1].right if steps else "")
        if matrix is not None and matrix.left.tensor.rank:
            whole = self.whole(stage)
            steps.append(self.matrix_step(stage, matrix, whole, letters))
            written = steps[-1].right
            if stage.wanted and self.closed and (other := self.closed_form(stage)) not in ("", written):
                written = other
                why = "Names are written out, and common factors taken out."
                word = self.form_mark(stage, CLOSED_FORM)
                steps.append(ShownStep("", written, CLOSED_FORM, why, "", word))
            line = Line(whole, written)
        elif stage.equation.tensor.rank:
            line = replace(line, remark="(index form: no matrix form)")
        return ShownStage(self.whole(stage), tuple(steps), line, stage.tensor.name, stage.wanted)

    def step(self, stage: Stage, chain: Expr, inference: Inference, letters: _Letters, first: bool) -> ShownStep:
        left = ""
        if first or inference.left is not None:
            whole = chain == stage.left
            left = self.derivative(stage, letters, stage.equation.indices) if whole else self.expression(chain, letters)
        right = self.expression(inference.right, letters)
        why = self.sentence(inference.why, letters)
        word = self.mark(stage, chain, inference) if self.mark else ""
        return ShownStep(left, right, inference.rule, why, self.shapes(tensors(self._named(inference.right))), word)

    def matrix_step(self, stage: Stage, matrix: MatrixEquation, whole: str, letters: _Letters) -> ShownStep:
        right, written = self.turned(matrix)
        in_numerator_layout = self.writer.dialect.notation.in_numerator_layout
        said = ((_TURNED,),) if in_numerator_layout else explained(matrix, right)
        why = " ".join(self.sentence(words, letters) for words in said)
        word = self.form_mark(stage, MATRIX_FORM)
        shown = [stage.equation.tensor, *tensors(stage.equation.right)]
        return ShownStep(whole, written, MATRIX_FORM, why, self.shapes(shown), word)

    def form_mark(self, stage: Stage, rule: str) -> str:
        """Return what the proof says of a stage's matrix form, or of its closed form."""
        return self.mark(stage, stage.left, Inference(rule, stage.equation.right, ())) if self.mark else ""

    def closed_form(self, stage: Stage) -> str:
        """Return the result with what has a name written out, where that is a matrix form."""
        main, beside = closed_forms(self.derivation.program, [stage.equation.tensor.name])
        if beside or not isinstance(main[0], MatrixEquation):
            return ""
        return self.turned(main[0])[1]

    def turned(self, matrix: MatrixEquation) -> tuple[Tree, str]:
        """Return a right side as the notation has it, rows or columns, and what is written."""
        if self.writer.dialect.notation.derivative != "named":
            written = written_equations([matrix.equation], self.derivation.forward_equations)
            matrix = matrix_equation(written[0]) or matrix
        writer = MatrixWriter(self.writer)
        if self.writer.dialect.notation.in_numerator_layout:
            # A derivative that has no name on the page is turned like those that have one.
            turned = self.writer.names.transposed | {matrix.left.tensor.name}
            writer = MatrixWriter(ExpressionWriter(self.writer.dialect, replace(self.writer.names, transposed=turned)))
        right = writer.turned(matrix.left, matrix.right)[1]
        return right, writer.piece(right).text

    def derivative(self, stage: Stage, letters: _Letters, indices: Sequence[Idx]) -> str:
        """Return ∂C/∂wⱼₖ, or ∂hᵢ/∂xⱼ: what a stage is about."""
        if isinstance(stage.left, Total) and stage.left.of.indices:
            return self.expression(stage.left, letters)
        return self.expression(stage.tensor[tuple(indices)], letters, derivative=True)

    def whole(self, stage: Stage) -> str:
        """Return ∂C/∂W, or the Jacobian ∂h/∂xᵀ."""
        if isinstance(stage.left, Total) and stage.left.of.indices:
            return self.writer.dialect.symbol(self.writer.names.whole(stage.equation.tensor), bold=True).text
        mark = replace(self.writer.names.of(stage.tensor), of=self._numerator(), ranks=())
        return self.writer.dialect.symbol(mark, bold=stage.tensor.rank > 0).text

    def _numerator(self) -> Any:
        names = self.writer.names
        return names.numerator or names.of(self.derivation.program.find(self.derivation.of))

    def expression(self, expression: Expr, letters: _Letters, derivative: bool = False) -> str:
        scope = letters.of(expression)
        if derivative and isinstance(expression, Entry):
            places = [self.writer.index(place, scope) for place in expression.indices]
            mark = replace(self.writer.names.entry(expression.base), of=self._numerator(), ranks=())
            return self.writer.dialect.symbol(mark, places).text
        return self.writer.piece(self._as_printed(expression), scope).text

    def _as_printed(self, expression: Expr) -> Expr:
        """Return an expression with ∂C/∂U for Σ upstream · ∂of/∂U, and derivatives written out if that is asked for."""
        expression = self._named(expression)
        notation = self.writer.dialect.notation
        if notation.derivative == "named" or not any(f.order for f in expression.atoms(Elementwise)):
            return expression
        free = sorted(free_indices(expression), key=str)
        left = Tensor("shown", [size_of(i) for i in free])[tuple(free)]
        return written_equations([Equation(left, expression)], self.derivation.forward_equations)[0].right

    def _named(self, expression: Expr) -> Expr:
        """Return an expression with ∂C/∂U for Σ upstream · ∂of/∂U."""
        return expression if self.derivation.upstream is None else transform(expression, self._from_above)

    def _from_above(self, part: Basic) -> Basic | None:
        if not isinstance(part, Sum):
            return None
        factors = Mul.make_args(body_and_bound(part)[0])
        slopes = [factor for factor in factors if isinstance(factor, Total)]
        given = [f for f in factors if isinstance(f, Entry) and f.base.name == self.derivation.upstream]
        if len(factors) != 2 or not slopes or not given or slopes[0].of.indices != given[0].indices:
            return None
        return Total(self.above, slopes[0].by)

    def sentence(self, words: Sequence[Any], letters: _Letters) -> str:
        """Return a sentence in writing."""
        dialect = self.writer.dialect
        letters.of(*(part for word in words for part in (word if isinstance(word, Equal) else (word,))
                     if isinstance(part, Basic)))  # fmt: skip
        found = ""
        for word in words:
            if isinstance(word, str):
                found += dialect.plain_words(word)
            elif isinstance(word, Tensor):
                mark = self.writer.names.whole(word)
                found += dialect.inline(dialect.symbol(mark, bold=word.rank > 0).text)
            elif isinstance(word, Equal):
                scope = letters.of(*word)
                found += dialect.inline(" = ".join(self.writer.index(part, scope) for part in word))
            elif isinstance(word, Idx):
                found += dialect.inline(self.writer.index(word, letters.of(word)))
            elif isinstance(word, Basic):
                found += dialect.inline(self.expression(word, letters))
        return found

    def shapes(self, found: Iterable[Tensor]) -> str:
        """Return the shapes of tensors, each once, by name."""
        dialect, said = self.writer.dialect, []
        for tensor in sorted(set(found), key=lambda t: t.name):
            if not tensor.rank or self._is_hidden(tensor):
                continue
            symbol = dialect.symbol(self.writer.names.whole(tensor), bold=True).text
            sizes = sizes_of(tensor, self.writer)
            turned = tensor.rank == 2 and tensor.name in self.writer.names.transposed
            said.append(dialect.shape(symbol, sizes[::-1] if turned else sizes))
        return ", ".join(dict.fromkeys(said))

    def _is_hidden(self, tensor: Tensor) -> bool:
        return tensor.name not in self.writer.names.marks


def _as_shown(stage: Stage) -> Equation:
    """Return a stage's equation with the indices of the line that shows it, so that reasons speak of that line."""
    found = stage.equation
    wanted = canonical(found.right)
    for inference in reversed(stage.inferences):
        if inference.left in (None, stage.left) and canonical(inference.right) == wanted:
            return Equation(found.left, inference.right)
    return found


class _Letters:
    """The letters of the indices of one stage: an index keeps its letter from line to line."""

    def __init__(self, writer: ExpressionWriter) -> None:
        self.writer = writer
        self.known: dict[Idx, str] = {}
        self.kept: dict[Idx, str] = {}

    def keep(self, indices: Sequence[Idx]) -> None:
        """Give indices the letters that no other index of the stage may have: those of its left side."""
        self.of(*indices)
        self.kept = dict(self.known)

    def of(self, *expressions: Basic) -> Scope:
        """Return a scope with a letter for every index in expressions: known ones first, new ones after."""
        page = self.writer.page
        met = list(dict.fromkeys(
            i for e in expressions for i in preorder_traversal(e) if isinstance(i, Idx)))  # fmt: skip
        old = {i: self.known[i] for i in met if i in self.known}
        taken = {*page.reserved, *self.kept.values(), *old.values()}
        taken |= {s.name for e in expressions for s in e.free_symbols if not isinstance(s, Idx | Entry)}
        taken |= {entry.base.name.lower() for e in expressions for entry in entries(e) if len(entry.base.name) == 1}
        scope = Scope(dict(old), frozenset(taken), (), page.chosen)
        new = [i for i in met if i not in old]
        scope = scope.with_indices(new, self.writer.dialect)
        self.known |= {i: scope.letters[i] for i in new}
        return replace(scope, first=tuple(self.kept), fixed=dict(scope.letters))

