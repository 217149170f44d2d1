"""Equations with numbers put in: `2·0.5 + 0.2·0.9 + 1` for `w₁₁ x₁ + w₁₂ x₂ + b₁`.

The numbers stand where the symbols stood, because the same walk writes both; a step in between
shows what the parts come to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from sympy import Add, Expr, Mul, Number, Pow

from symnn.language import Entry
from symnn.views.order import ordered_factors, ordered_terms, split_number
from symnn.writing.ascii import Ascii
from symnn.writing.characters import superscript
from symnn.writing.dialects import Piece, Precedence, Text
from symnn.writing.expressions import ExpressionWriter
from symnn.writing.latex import Latex
from symnn.writing.names import Names
from symnn.writing.notation import Notation
from symnn.writing.scope import Scope

MOST_PARTS = 6
_FIRST = re.compile(r"\A\(([−-][\d.]+)\)(?= [+−-] )")


class NumberWriter(ExpressionWriter):
    """Writes a scalar expression with the value of every entry in its place.

    Args:
        notation: the choices of writing.
        value: the number that an expression comes to.
        shown: a number as a decimal text, such as ``-0.5`` or ``1.2e-7``.
        format: text, ascii or latex.
    """

    def __init__(
        self, notation: Notation, value: Callable[[Expr], Any], shown: Callable[[Any], str], format: str = "text"
    ) -> None:
        dialects: dict[str, type[_Dotted]] = {"text": _Dotted, "ascii": _DottedAscii, "latex": _DottedLatex}
        super().__init__(dialects[format](notation), Names({}, {}))
        self.value, self.shown = value, shown

    def substituted(self, expression: Expr) -> str:
        """Return the expression with numbers for its entries."""
        return self.piece(expression, Scope()).text

    def result(self, expression: Expr) -> str:
        """Return the number that the expression comes to."""
        return self.number(self.value(expression)).text

    def between(self, expression: Expr) -> str | None:
        """Return the step between: each part of the expression worked out; None where there is nothing to work out.

        In a sum with a lone term, as w₁ x₁ + w₂ x₂ + b, all other terms are one part: 1.28 + 1.
        """
        if isinstance(expression, Add):
            return self._between_terms(ordered_terms(expression))
        if isinstance(expression, Mul):
            return self._between_factors(expression)
        if isinstance(expression, Pow) and not _is_leaf(expression.base) and expression.exp.is_positive:
            return self.dialect.power(self._worked(expression.base), self.piece(expression.exp, Scope())).text
        if expression.is_Function and len(expression.args) == 1 and not _is_leaf(expression.args[0]):
            return self.apply(type(expression), [self._worked(expression.args[0])]).text
        return None

    def entry(self, entry: Entry, scope: Scope) -> Piece:
        return self.number(self.value(entry))

    def terms(self, expression: Add, scope: Scope) -> Piece:
        written = super().terms(expression, scope)
        # A negative number needs no parentheses at the beginning of a sum.
        return Piece(_FIRST.sub(r"\1", written.text), written.precedence)

    def number(self, number: Any) -> Piece:
        """Return a number in writing; a negative one is put in parentheses where it needs them."""
        digits, _, exponent = self.shown(number).partition("e")
        text = digits.replace("-", self.dialect.minus)
        if exponent:
            text += self.dialect.power_of_ten(int(exponent))  # type: ignore[attr-defined]
        negative = digits.startswith("-")
        return Piece(text, Precedence.SUM if negative else Precedence.PRODUCT if exponent else Precedence.ATOM)

    def _with_front(self, front: str, main: Piece) -> Piece:
        return Piece(self.dialect.times_number(front, self.dialect.close(main, Precedence.BINDER)), Precedence.PRODUCT)

    def _worked(self, expression: Expr) -> Piece:
        return self.number(self.value(expression))

    def _between_terms(self, terms: Sequence[Expr]) -> str | None:
        alone = [_is_leaf(split_number(term)[1]) and abs(split_number(term)[0]) == 1 for term in terms]
        if all(alone) or (not any(alone) and len(terms) > MOST_PARTS):
            return None
        if any(alone) and all(self.value(term) == 0 for term, lone in zip(terms, alone, strict=True) if lone):
            return None
        parts: list[Expr] = []
        if any(alone):
            together = Add(*(term for term, lone in zip(terms, alone, strict=True) if not lone))
            first = alone.index(False)
            parts = [
                together if place == first else term
                for place, term in enumerate(terms)
                if alone[place] or place == first
            ]
        else:
            parts = list(terms)
        return self._added([self.value(part) for part in parts])

    def _added(self, numbers: Sequence[Any]) -> str:
        written = self.number(numbers[0]).text
        for number in numbers[1:]:
            sign, size = (self.dialect.minus, -number) if number < 0 else ("+", number)
            written += f" {sign} {self.number(size).text}"
        return written

    def _between_factors(self, expression: Mul) -> str | None:
        number, rest = split_number(expression)
        factors = ordered_factors(Mul.make_args(rest))
        quotient = any(isinstance(factor, Pow) and not factor.exp.is_positive for factor in factors)
        if quotient or all(map(_is_leaf, factors)) or not number.is_Rational:
            return None
        pieces = [self._worked(factor) for factor in factors]
        if abs(number) != 1:
            pieces.insert(0, self.dialect.number(int(abs(number).p), int(number.q)))
        product = self.dialect.product(pieces).text
        return f"{self.dialect.minus}{product}" if number < 0 else product


def _is_leaf(expression: Expr) -> bool:
    return isinstance(expression, Entry | Number)


class _Dotted(Text):
    """A dialect in which factors are numbers: a sign stands between them."""

    dot = "·"

    def beside(self, before: str, after: str) -> str:
        return f"{self.dot}{after}"

    def glued(self, pieces: Sequence[Piece]) -> str:
        return self.dot.join(self.close(piece, Precedence.PREFIX) for piece in pieces)

    def times_number(self, number: str, body: str) -> str:
        return f"{number}{self.dot}{body}"

    def power_of_ten(self, exponent: int) -> str:
        return f"·10{superscript(str(exponent).replace('-', '−'))}"


class _DottedAscii(_Dotted, Ascii):
    """ASCII with a star between factors."""

    dot = "*"

    def power_of_ten(self, exponent: int) -> str:
        return f"e{exponent}"


class _DottedLatex(_Dotted, Latex):
    """LaTeX with a dot between factors."""

    dot = r" \cdot "

    def power_of_ten(self, exponent: int) -> str:
        return rf"{self.dot}10^{{{exponent}}}"


def plain_decimal(text: str) -> str:
    """Return a decimal without zeros at its end: 2.280 is 2.28, and 2.0 is 2.

    >>> plain_decimal("2.280"), plain_decimal("2.0"), plain_decimal("1.50e-7"), plain_decimal("100")
    ('2.28', '2', '1.5e-7', '100')
    """
    digits, mark, exponent = text.partition("e")
    if "." in digits:
        digits = re.sub(r"\.?0+\Z", "", digits)
    return f"{digits}{mark}{exponent.removeprefix('+')}" if digits not in ("-0", "") else "0"
