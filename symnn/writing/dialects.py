"""How each construct of a formula is set, and nothing more: Unicode text here, ASCII and LaTeX by other dialects.

A `Piece` is a text with its precedence: whoever puts it into something that binds tighter adds parentheses.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from symnn.writing.characters import ACCENTS, subscript, superscript
from symnn.writing.notation import Mark, Notation


class Precedence(IntEnum):
    """How tightly a construct binds, from the loosest."""

    SUM = 1
    BINDER = 2
    HADAMARD = 3
    PRODUCT = 4
    PREFIX = 5
    POWER = 6
    ATOM = 7


class Piece(NamedTuple):
    """A text, and how tightly its outermost construct binds."""

    text: str
    precedence: Precedence = Precedence.ATOM


_VULGAR = {Fraction(1, 2): "½", Fraction(1, 3): "⅓", Fraction(2, 3): "⅔", Fraction(1, 4): "¼", Fraction(3, 4): "¾"}
FUNCTION_LETTERS = {"sigmoid": "σ", "Phi": "Φ"}


class Text:
    """Unicode text."""

    minus, times, divide, less_equal = "−", "⊙", "⊘", "≤"
    greater_equal, unequal, pi, partial, ones, identity = "≥", "≠", "π", "∂", "1", "I"
    zeros = "0"
    dots, dot = "…", "·"
    index_times = " "
    """What stands between the factors of an index such as q k."""
    prime = "′"
    has_pages = False
    """Whether it is set on paper, where a page has an end."""
    compact = False
    """Whether a page is so full that derivatives are written in a line."""
    small_entries = True
    """Whether an entry of W is written w."""

    def __init__(self, notation: Notation) -> None:
        self.notation = notation
        self.times = notation.hadamard

    def close(self, piece: Piece, least: Precedence) -> str:
        """Return the piece's text, in parentheses if it binds less tightly than `least`."""
        return piece.text if piece.precedence >= least else self.parentheses(piece.text)

    def parentheses(self, text: str) -> str:
        return f"({text})"

    def symbol(self, mark: Mark, indices: Sequence[str] = (), bold: bool = False) -> Piece:
        """Set a symbol with its indices."""
        if mark.ranks:
            above, below = self.derivative(mark, indices, bold)
            return Piece(f"{above}/{below}", Precedence.PRODUCT)
        if mark.of is not None:
            inner = self.symbol(replace(mark, of=None), indices)
            return Piece(f"{self.partial}{self.symbol(mark.of).text}/{self.partial}{inner.text}", Precedence.PRODUCT)
        text = self.letters(mark)
        if indices and (mark.subscript or mark.after or mark.below):
            return Piece(self.parentheses(text) + self.indices(indices), Precedence.ATOM)
        raised = Precedence.POWER if mark.layer or mark.after or mark.below else Precedence.ATOM
        return Piece(text + self.indices(indices), raised)

    def derivative(self, mark: Mark, indices: Sequence[str], bold: bool) -> tuple[str, str]:
        """Set the two sides of ∂hᵢ/∂xⱼ, ∂h/∂xᵀ, ∂²f/∂x∂xᵀ or ∂²f/∂x²."""
        places = [sum(mark.ranks[:n]) for n in range(len(mark.ranks) + 1)]
        own = [list(indices[start:end]) for start, end in pairwise(places)]
        heavy = [bold and rank > 0 for rank in mark.ranks]
        above = self.symbol(mark.numerator, own[0], heavy[0])
        below = [self.symbol(*part) for part in zip(mark.denominators, own[1:], heavy[1:], strict=True)]
        order = len(below)
        if order > 1 and not any(mark.ranks[1:]) and len(set(below)) == 1:
            under = self.partial + self.power(below[0], self.number(order)).text
        else:
            if mark.is_jacobian and not indices:
                above, below = self._jacobian(above, below)
            under = self.differentials([self.partial + piece.text for piece in below])
        return f"{self.partials(order)}{self.close(above, Precedence.POWER)}", under

    def derivative_operator(self, by: str, body: Piece) -> Piece:
        """Set ∂/∂x before what is differentiated."""
        inner = body.text if body.precedence >= Precedence.POWER else self.parentheses(body.text)
        return Piece(f"{self.partial}/{self.partial}{by} {inner}", Precedence.PREFIX)

    def _jacobian(self, above: Piece, below: list[Piece]) -> tuple[Piece, list[Piece]]:
        """Mark the transposes of a matrix of derivatives: ∂h/∂xᵀ, but ∂hᵀ/∂x of rows, and ∂h/∂x in numerator layout."""
        *first, last = below
        if self.notation.in_numerator_layout and not first:
            marked = self.transposed if self.notation.in_rows else lambda piece: piece
            return marked(above), [marked(last)]
        if not self.notation.in_rows:
            return above, [*first, self.transposed(last)]
        return (above, [*map(self.transposed, first), last]) if first else (self.transposed(above), below)

    def partials(self, order: int) -> str:
        """Set ∂, or ∂² for a second derivative."""
        return self.partial if order == 1 else f"{self.partial}{superscript(str(order))}"

    def differentials(self, texts: Sequence[str]) -> str:
        return "".join(texts)

    def flat(self, mark: Mark, bold: bool = False) -> str:
        """Set a derivative within a line of words: ∂C/∂W."""
        return self.symbol(mark, bold=bold).text

    def letters(self, mark: Mark) -> str:
        text = unicodedata.normalize("NFC", mark.letter + ACCENTS.get(mark.accent, ""))
        if mark.layer:
            text += self.layer(mark.layer)
        if mark.subscript:
            is_word = mark.subscript.isalnum()
            text += subscript(mark.subscript) or (f"_{mark.subscript}" if is_word else f"_({mark.subscript})")
        if mark.below:
            text += f"_{self.letters(mark.below)}"
        return text + mark.after

    def layer(self, layer: str) -> str:
        """Set the layer above a letter: ⁽¹⁾, or ^[1]."""
        if self.notation.layers == "bracket":
            return f"^[{layer.replace('-', self.minus)}]"
        return superscript(f"({layer})") or f"^({layer})"

    def indices(self, indices: Sequence[str]) -> str:
        if not indices:
            return ""
        return subscript(joined_indices(indices)) or f"[{', '.join(indices)}]"

    def lowered(self, indices: Sequence[str]) -> str:
        """Set the indices of what stands in brackets."""
        return self.indices(indices)

    def index_letters(self, letter: str) -> bool:
        """Whether a letter can stand as an index."""
        return len(letter) == 1 and subscript(letter) is not None

    def number(self, p: int, q: int = 1) -> Piece:
        if q == 1:
            return Piece(str(p).replace("-", self.minus))
        if decimal := self.decimal(p, q):
            return decimal
        return Piece(self.vulgar(p, q) or f"{p}/{q}", Precedence.ATOM if self.vulgar(p, q) else Precedence.PRODUCT)

    def decimal(self, p: int, q: int) -> Piece | None:
        """Return p/q as a decimal such as 0.01 or 10⁻⁵, where that reads better than the fraction."""
        if not reads_as_decimal(p, q):
            return None
        if p * 10_000 > q:
            return Piece(f"{Decimal(p) / q:f}".replace("-", self.minus))
        digits, _, exponent = f"{(Decimal(p) / q).normalize():e}".partition("e")
        return Piece(self.scientific(digits, int(exponent)), Precedence.POWER)

    def scientific(self, digits: str, exponent: int) -> str:
        """Set digits · 10^exponent, for an exponent below zero."""
        power = f"10{superscript(str(exponent))}"
        return power if digits == "1" else f"{digits}·{power}"

    def vulgar(self, p: int, q: int) -> str | None:
        """Return the fraction's own character, if it has one."""
        return _VULGAR.get(Fraction(p, q))

    def front(self, numerator: str, denominators: Sequence[Piece], p: int = 0, q: int = 1) -> str:
        """Set a scalar fraction that stands in front of a product."""
        if p and (vulgar := self.vulgar(p, q)):
            return vulgar
        denominator = self.denominator(denominators)
        written = f"{numerator}/{denominator}"
        return written if denominator.endswith(")") and not numerator.endswith(")") else f"({written})"

    def fraction(self, numerators: Sequence[Piece], denominators: Sequence[Piece]) -> Piece:
        """Set a quotient."""
        if len(denominators) == 1 and denominators[0].precedence == Precedence.BINDER and len(numerators) == 1:
            return Piece(f"{self.close(numerators[0], Precedence.PREFIX)} / {denominators[0].text}", Precedence.BINDER)
        if not numerators:
            return Piece(f"1/{self.denominator(denominators)}", Precedence.PRODUCT)
        if len(numerators) == 1:
            if numerators[0].precedence == Precedence.PRODUCT:
                return Piece(f"{numerators[0].text} / {self.denominator(denominators)}", Precedence.PRODUCT)
            above = self.close(numerators[0], Precedence.PREFIX)
            return Piece(f"{above}/{self.denominator(denominators)}", Precedence.PRODUCT)
        return Piece(
            f"{self.close(self.product(numerators), Precedence.PRODUCT)} / {self.denominator(denominators)}",
            Precedence.PRODUCT,
        )

    def denominator(self, pieces: Sequence[Piece]) -> str:
        if len(pieces) == 1:
            return self.close(pieces[0], Precedence.POWER)
        return self.parentheses(self.glued(pieces))

    def glued(self, pieces: Sequence[Piece]) -> str:
        """Set numbers and scalar letters side by side: 2m, but 2 λ₁ η."""
        texts = [self.close(piece, Precedence.PREFIX) for piece in pieces]
        head, *rest = texts
        if head.isdigit() and rest and not rest[0][0].isdigit():
            return " ".join([head + rest[0], *rest[1:]])
        return " ".join(texts)

    def product(self, pieces: Sequence[Piece], spaced: bool = False) -> Piece:
        """Set factors side by side; two parentheses need no space between, unless `spaced`."""
        if len(pieces) == 1:
            return pieces[0]
        last = len(pieces) - 1
        written = ""
        for place, piece in enumerate(pieces):
            open_end = place == last and piece.precedence in (Precedence.BINDER, Precedence.PREFIX)
            text = piece.text if open_end else self.close(piece, Precedence.POWER)
            written += text if not written else f" {text}" if spaced else self.beside(written, text)
        loose = pieces[-1].precedence == Precedence.BINDER
        return Piece(written, Precedence.BINDER if loose else Precedence.PRODUCT)

    def beside(self, before: str, after: str) -> str:
        return after if before.endswith(")") and after.startswith("(") else f" {after}"

    def times_number(self, number: str, body: str) -> str:
        """Set a scalar before a product: 2x, but 2 tanh(x)."""
        one_letter = body[:1].isalpha() and not ("a" <= body[1:2].lower() <= "z")
        return f"{number}{body}" if number.isdigit() and one_letter else f"{number} {body}"

    def power(self, base: Piece, exponent: Piece, elementwise: bool = False) -> Piece:
        raised = superscript(exponent.text)
        text = raised or f"^{self.close(exponent, Precedence.ATOM)}"
        return Piece(self.close(base, Precedence.ATOM) + ("∘" if elementwise else "") + text, Precedence.POWER)

    def root(self, inner: Piece) -> Piece:
        return Piece("√" + self.close(inner, Precedence.ATOM), Precedence.POWER)

    def exponential(self, inner: Piece) -> Piece:
        raised = superscript(inner.text.replace(" ", "")) if len(inner.text) < 4 else None
        return Piece(f"e{raised}", Precedence.POWER) if raised else self.call("exp", inner)

    def function(self, name: str, primes: int = 0) -> str:
        return FUNCTION_LETTERS.get(name, name) + {2: "″", 3: "‴"}.get(primes, self.prime * primes)

    def call(self, name: str, inner: Piece, primes: int = 0) -> Piece:
        return Piece(self.function(name, primes) + self.parentheses(inner.text))

    def named(self, name: str, inner: Piece) -> Piece:
        """Set a function that is written without parentheses before a single symbol, such as log x."""
        if inner.precedence >= Precedence.POWER and (" " not in inner.text or inner.text.startswith("[")):
            return Piece(f"{name} {inner.text}", Precedence.PREFIX)
        return self.call(name, inner)

    def total(self, letters: Sequence[str], body: Piece) -> Piece:
        sign = "Σ" + "".join(subscript(letter) or f"_{letter}" for letter in letters)
        return Piece(f"{sign} {self.close(body, Precedence.BINDER)}", Precedence.BINDER)

    def running_total(self, letter: str, first: str, last: str, body: Piece) -> Piece:
        """Set a sum over t from a first to a last number: Σₜ₌₁⁸."""
        last = last.replace(" ", "")
        above = superscript(last) or (f"^{last}" if last.isalnum() else f"^({last})")
        below = subscript(f"{letter}={first}") or f"_({letter}={first})"
        sign = f"Σ{below}{above}"
        return Piece(f"{sign} {self.close(body, Precedence.BINDER)}", Precedence.BINDER)

    def run(self, letter: str, first: str, last: str) -> str:
        """Set from where to where t goes: t = 2, …, 8."""
        is_pair = first.isdigit() and last.isdigit() and abs(int(first) - int(last)) == 1
        return f"{letter} = {first}, {last}" if is_pair else f"{letter} = {first}, {self.dots}, {last}"

    def over(self, name: str, letters: Sequence[str], body: Piece) -> Piece:
        """Set a reduction over indices, such as maxₖ."""
        sign = name + "".join(subscript(letter) or f"_{letter}" for letter in letters)
        return Piece(f"{sign} {self.close(body, Precedence.PREFIX)}", Precedence.BINDER)

    def norm(self, inner: str) -> Piece:
        return Piece(f"‖{inner}‖")

    def norm_squared(self, inner: str) -> Piece:
        return Piece(f"‖{inner}‖²", Precedence.POWER)

    def norm_one(self, inner: str) -> Piece:
        return Piece(f"‖{inner}‖₁", Precedence.POWER)

    def absolute(self, inner: str) -> Piece:
        return Piece(f"|{inner}|")

    def floor(self, inner: str) -> Piece:
        return Piece(f"⌊{inner}⌋")

    def transposed(self, inner: Piece) -> Piece:
        return Piece(self.close(inner, Precedence.ATOM) + self.notation.transpose, Precedence.POWER)

    def inverse(self, inner: Piece, transposed: bool = False) -> Piece:
        """Set S⁻¹, and the transpose of it, S⁻ᵀ."""
        if transposed and self.notation.transpose == "′":
            return self.transposed(self.inverse(inner))
        raised = f"⁻{self.notation.transpose}" if transposed else "⁻¹"
        return Piece(self.close(inner, Precedence.ATOM) + raised, Precedence.POWER)

    def determinant(self, inner: Piece) -> Piece:
        return self.named("det", inner)

    def log_determinant(self, inner: Piece) -> Piece:
        return Piece(f"{self.function('log')} {self.determinant(inner).text}", Precedence.PREFIX)

    def bracket(self, inner: str) -> Piece:
        return Piece(f"[{inner}]")

    def cases(self, cases: Sequence[tuple[str, str]]) -> Piece:
        """Set a value for each condition; an empty condition is "otherwise"."""
        written = ", ".join(f"{value} if {condition}" if condition else f"else {value}" for value, condition in cases)
        return Piece(f"({written})")

    def words(self, text: str) -> str:
        """Set plain words inside a formula."""
        return text

    def prose(self, text: str) -> str:
        """Set plain words between formulas of one definition: a line may break in them."""
        return text

    def plain_words(self, text: str) -> str:
        """Set words of a sentence that stands outside formulas."""
        return text

    def inline(self, formula: str) -> str:
        """Set a formula within a sentence."""
        return formula

    def phrase(self, text: str) -> str:
        """Set a formula that a function states of itself, such as relu′(0) = 0."""
        return text

    def softmax_entry(self, letter: str) -> str:
        """Set the left side of softmax's definition."""
        return f"softmax(t){self.indices([letter])}"

    def hessian_part(self, mark: Mark) -> str:
        """Set the part of H v that belongs to a parameter."""
        return self.letters(Mark("(H v)", below=mark))

    def example_derivative(self, of: Mark, wrt: Mark, whole: bool, example: str = "n") -> str:
        """Set ∂Cₙ/∂zₙ, the derivative of one example's cost."""
        bare = replace(wrt, of=None)
        above = self.symbol(of, [example]).text
        return f"{self.partial}{above}/{self.partial}{self.symbol(bare, [example]).text}"

    def shape(self, symbol: str, sizes: Sequence[str]) -> str:
        """Set a symbol and its shape: W 3×2."""
        return f"{symbol} {'×'.join(sizes) or 'scalar'}"


def reads_as_decimal(p: int, q: int) -> bool:
    """Whether p/q is better written as a decimal: over a power of ten from 100 on, or over twice one, and short.

    >>> reads_as_decimal(1, 100), reads_as_decimal(1, 200), reads_as_decimal(1, 784), reads_as_decimal(1, 20)
    (True, True, False, False)
    """
    whole = str(q if q % 10 == 0 and str(q)[0] == "1" else q // 2 if q % 2 == 0 else 0)
    return 0 < p < 10_000 and len(whole) > 2 and whole.strip("0") == "1" and (p == 1 or q == int(whole))


def joined_indices(indices: Sequence[str]) -> str:
    """Return indices side by side, with commas where one is longer than a letter."""
    if any(" " in index for index in indices):
        return ", ".join(indices)
    return ("" if all(len(index) == 1 for index in indices) else ",").join(indices)
