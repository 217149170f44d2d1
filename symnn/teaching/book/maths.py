"""Formulas in a book's prose: typed once in symnn's own formula language, written in every format.

    maths("a = sigmoid(z)")        a = σ(z)        a = \\sigma(z)
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr

from symnn.errors import InputError
from symnn.language import Equation, Program, parse_formula
from symnn.language.grammar import parse_tree
from symnn.language.syntax import Call, Item, Name, Node, Number, Source, postorder
from symnn.language.vocabulary import spelled
from symnn.teaching.book.typed import PRIME, NotWrittenError, typed
from symnn.views.closed import closed_forms
from symnn.writing import Mark, Notation
from symnn.writing.characters import superscript
from symnn.writing.expressions import ExpressionWriter
from symnn.writing.marks import read_mark
from symnn.writing.names import mark_of_name
from symnn.writing.scope import Scope
from symnn.writing.sections import line_of
from symnn.writing.write import writer_for

SIGNS = {
    "=": "=", "≈": r"\approx", "≠": r"\ne", "≤": r"\le", "≥": r"\ge", "<": "<", ">": ">", "→": r"\to",
    "←": r"\leftarrow", ",": ",", "·": r"\cdot", "∈": r"\in", "×": r"\times",
}  # fmt: skip
"""What stands between two formulas, with a space on both sides (a comma, after it)."""
_JOINT = re.compile(rf"(?: ([{''.join(sign for sign in SIGNS if sign != ',')}])|(,)) ")
_CHANGE = re.compile(r"^([Δ∇])(\w)")
_SLOPE = re.compile(r"∂([^/∂]+)/∂([^/∂]+)")
_INDICES = re.compile("[0-9ijklmnpqr]{2}")
"""Two indices, and no word: w_jk."""
_NUMBER = re.compile(r"[-−+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")


@dataclass(frozen=True)
class Maths:
    """A formula, as text and as LaTeX; within a sentence its fractions are written in a line.

    >>> maths("sigmoid(z)*(1 - sigmoid(z)) ≤ 1/4").text
    'σ(z)(1 − σ(z)) ≤ ¼'
    """

    text: str
    latex: str
    within: str = ""
    """The LaTeX of it within a sentence, where that is another."""

    @property
    def inline(self) -> str:
        """Its LaTeX within a sentence."""
        return self.within or self.latex


@dataclass(frozen=True)
class Language:
    """How formulas are read and written.

    Attributes:
        names: how names are written: {"dC": "Δ C"}.
        shapes: of names that are no scalars, as `symnn.diff` has them: {"g": "n"}.
        bold: the letters that stand for vectors and matrices, where they have no index.
        notation: choices of writing.
        functions: names of functions that nothing more is known of: C(theta), phi'(t).
    """

    names: Mapping[str, str | Mark]
    shapes: Mapping[str, Any]
    bold: Collection[str]
    notation: Notation
    functions: frozenset[str] = frozenset()

    def read(self, text: str) -> Maths:
        """Return a formula, or several with signs between them.

        Raises:
            InputError, ParseError: for what is no formula.
        """
        parts = _split(text.strip())
        pieces = [self._part(part) if not is_sign else Maths(part, SIGNS[part]) for part, is_sign in parts]
        written = [Maths("", "")]
        for (part, is_sign), piece in zip(parts, pieces, strict=True):
            if is_sign and part == ",":
                before = written[-1]
                written[-1] = Maths(f"{before.text},", f"{before.latex},", f"{before.inline},")
            else:
                written.append(piece)
        found = [piece for piece in written if piece.text]
        return Maths(*(" ".join(one) for one in zip(*((p.text, p.latex, p.inline) for p in found), strict=True)))

    def _part(self, text: str) -> Maths:
        if _NUMBER.fullmatch(text):
            return number_text(text)
        if text == "…":
            return Maths("…", r"\dots")
        mark = self._mark(text)
        if mark is not None:
            return Maths(*(self._symbol(mark, format) for format in FORMATS))
        return self._formula(text)

    def _mark(self, text: str) -> Mark | None:
        if text in self.names:
            return read_mark(self.names[text])
        slope = _SLOPE.fullmatch(text)
        if slope is not None:
            of, by = self._mark(slope[1]), self._mark(slope[2])
            return None if of is None or by is None else replace(by, of=of)
        try:
            # Δz is a change of z, and no letter of its own.
            return read_mark(_CHANGE.sub(r"\1 \2", text))
        except InputError:
            return None

    def _symbol(self, mark: Mark, format: str) -> str:
        if mark.of is not None:
            above, below = self._symbol(mark.of, format), self._symbol(replace(mark, of=None), format)
            return rf"\partial {above} / \partial {below}" if format == "latex" else f"∂{above}/∂{below}"
        dialect = writer_for(Program([]), format, self.notation).dialect
        # W_K is a matrix, w_12 an entry of one.
        is_whole = not mark.after and (not mark.subscript or mark.subscript.isupper())
        bold = is_whole and mark.letter in self.bold
        if _INDICES.fullmatch(mark.subscript):
            return str(dialect.symbol(replace(mark, subscript=""), list(mark.subscript)).text)
        return str(dialect.symbol(mark, bold=bold).text)

    def _formula(self, text: str) -> Maths:
        # What has an index that is calculated with, n[l-1], is written as it is: the index has no range here.
        # So is what has a function that nothing is known of.
        tree = parse_tree(Source(text, functions=self.functions))
        as_it_is = _calculates(tree) or any(self._is_applied(node) for node in postorder(tree))
        program = None if as_it_is else program_of(text, self.shapes)
        names = {spelled(name): mark for name, mark in self.names.items()}
        marks = {name: read_mark(mark) for name, mark in {**self.notation.names, **names}.items()}
        try:
            written, latex = (self._typed(text, format, marks) for format in FORMATS)
            return Maths(written, latex, self._typed(text, "latex", marks, flat=True))
        except NotWrittenError:
            program = program or program_of(text, self.shapes)
        chosen = Notation(**{**vars(self.notation), "names": {**self.notation.names, **names}})
        (main, *_), _ = closed_forms(program, [program.equations[-1].tensor.name])
        return Maths(*(line_of(main, writer_for(program, format, chosen), "matrix").right for format in FORMATS))

    def _typed(self, text: str, format: str, marks: Mapping[str, Mark], flat: bool = False) -> str:
        dialect = writer_for(Program([]), format, self.notation).dialect
        return typed(text, dialect, marks, lambda n: mark_of_name(n, layered=False), self.shapes, self.functions, flat)

    def _is_applied(self, node: Node) -> bool:
        return isinstance(node, Call) and node.function.partition(PRIME)[0] in self.functions


FORMATS = ("text", "latex")


def _calculates(tree: Node) -> bool:
    """Whether a formula has an index that is calculated with."""
    items = [node for node in postorder(tree) if isinstance(node, Item)]
    return any(not isinstance(index, Name | Number) for item in items for index in item.indices)


def program_of(text: str, shapes: Mapping[str, Any]) -> Program:
    """Return a formula's program; names without a shape are scalars, and a letter in a shape is a size."""
    used = {node.name for node in postorder(parse_tree(Source(text))) if isinstance(node, Name)}
    sizes = {size for name in used for size in _letters(shapes.get(name, ()))}
    return parse_formula(text, {name: shapes.get(name, ()) for name in used - sizes}).program


def _letters(shape: Any) -> set[str]:
    return {str(size) for size in ([shape] if isinstance(shape, str) else shape)}


def maths(source: Any, program: Program | None = None, notation: Notation | None = None) -> Maths:
    """Return a formula that was typed, a number, or an expression or equation of a program.

    Raises:
        InputError, ParseError: for a text that is no formula.
    """
    if isinstance(source, Maths):
        return source
    if isinstance(source, str):
        return Language({}, {}, (), notation or Notation()).read(source)
    if isinstance(source, Equation):
        whole = program or Program([source])
        sides = [_writer(whole, format, notation).sides(source.left, source.right) for format in FORMATS]
        return Maths(*(f"{left} = {right}" for left, right in sides))
    if isinstance(source, Expr) and not source.is_Number:
        whole = program or Program([])
        return Maths(*(str(_writer(whole, format, notation).piece(source, Scope()).text) for format in FORMATS))
    return number(source)


def _writer(program: Program, format: str, notation: Notation | None) -> ExpressionWriter:
    writer = writer_for(program, format, notation)
    writer.base = 1
    return writer


def number(value: Any, digits: int = 4) -> Maths:
    """Return a number with so many significant digits.

    >>> number(-0.000012345, 3).text
    '−1.23·10⁻⁵'
    """
    return number_text(f"{float(value):.{digits}g}")


def number_text(text: str) -> Maths:
    """Return a number that is written in digits already: -1.5, 2e-7."""
    digits, mark, exponent = text.replace("−", "-").replace("+", "").partition("e")
    shown, latex = digits.replace("-", "−"), digits.replace(",", "{,}")
    if not mark:
        return Maths(shown, latex)
    power = int(exponent)
    return Maths(f"{shown}·10{superscript(str(power))}", rf"{latex} \cdot 10^{{{power}}}")


def _split(text: str) -> list[tuple[str, bool]]:
    """Return the parts of a text that stand between signs outside of brackets, and those signs."""
    parts, start, depth, place = [], 0, 0, 0
    while place < len(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(text[place], 0)
        found = _JOINT.match(text, place) if not depth else None
        if found:
            parts += [(text[start:place], False), (found[1] or found[2], True)]
            start = place = found.end()
        else:
            place += 1
    return [*parts, (text[start:], False)]
