"""Formulas in LaTeX, for amsmath and bm."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from symnn.writing.characters import escape_latex, latex_letters
from symnn.writing.dialects import FUNCTION_LETTERS, Piece, Precedence, Text, joined_indices
from symnn.writing.notation import Mark, Notation

_LATEX_FUNCTIONS = frozenset(["log", "exp", "max", "min", "sin", "cos", "tan", "sinh", "cosh", "tanh", "det"])


class Latex(Text):
    """LaTeX with amsmath and bm."""

    has_pages = True
    dots, dot = r"\dots", r"\cdot"
    minus, divide, less_equal = "-", r"\oslash", r"\le"
    thin, thick, newline = r"\,", r"\;", r" \\ "
    greater_equal, unequal, pi, partial, prime = r"\ge", r"\ne", r"\pi", r"\partial ", "'"

    def __init__(self, notation: Notation, bold: str = r"\bm") -> None:
        super().__init__(notation)
        self.times = {"⊙": r"\odot", "∘": r"\circ"}[notation.hadamard]
        self.bold = bold
        self.ones, self.identity, self.zeros = self.heavy("1"), self.heavy("I"), self.heavy("0")

    def heavy(self, text: str) -> str:
        return f"{self.bold}{{{text}}}" if self.notation.bold else text

    def parentheses(self, text: str) -> str:
        tall = any(word in text for word in ((r"\begin",) if self.compact else (r"\frac", r"\sum", r"\begin")))
        return rf"\left({text}\right)" if tall else f"({text})"

    def symbol(self, mark: Mark, indices: Sequence[str] = (), bold: bool = False) -> Piece:
        if mark.ranks:
            over, under = self.derivative(mark, indices, bold)
            return self._quotient(over, under)
        if mark.of is not None:
            inner = self.symbol(replace(mark, of=None), indices, bold)
            above = rf"\partial {self.symbol(mark.of).text}"
            return self._quotient(above, rf"\partial {inner.text}")
        if indices and mark.font in ("boldsymbol", "mathbf"):
            # An entry is a number, and no vector.
            mark = replace(mark, font="")
        text = self.core(mark, bold)
        below = ",".join(_lowered(part) for part in mark.subscript.split(",") if part)
        below = self.symbol(mark.below, bold=bold).text if mark.below else below
        raised = f"^{{{self.layer(mark.layer)}}}" if mark.layer else ""
        if mark.after:
            text = f"{text}{raised}" + (f"_{{{below}}}" if below else "") + f" {self._after(mark.after)}"
            return Piece(rf"({text})_{{{joined_indices(indices)}}}") if indices else Piece(text, Precedence.PREFIX)
        joined = ",".join(part for part in (below, joined_indices(indices)) if part)
        lowered = f"_{{{joined}}}" if joined else ""
        return Piece(text + raised + lowered, Precedence.POWER if raised else Precedence.ATOM)

    def _quotient(self, above: str, below: str) -> Piece:
        if self.compact:
            return Piece(f"{above} / {below}", Precedence.PRODUCT)
        return Piece(rf"\frac{{{above}}}{{{below}}}", Precedence.POWER)

    def derivative_operator(self, by: str, body: Piece) -> Piece:
        inner = body.text if body.precedence >= Precedence.POWER else self.parentheses(body.text)
        return Piece(rf"{self._quotient(self.partial.strip(), rf'{self.partial}{by}').text} {inner}", Precedence.PREFIX)

    def partials(self, order: int) -> str:
        return self.partial if order == 1 else rf"\partial^{{{order}}} "

    def differentials(self, texts: Sequence[str]) -> str:
        return rf" {self.thin} ".join(texts)

    def flat(self, mark: Mark, bold: bool = False) -> str:
        if mark.ranks:
            return " / ".join(self.derivative(mark, (), bold))
        inner = self.symbol(replace(mark, of=None), bold=bold).text
        return inner if mark.of is None else rf"\partial {self.symbol(mark.of).text} / \partial {inner}"

    def _after(self, word: str) -> str:
        """Set what follows a symbol, as the cost follows ∇."""
        cost = self.notation.letter("cost")
        return self.core(cost, bold=False) if word == cost.letter else latex_letters(word)

    def layer(self, layer: str) -> str:
        return f"[{layer}]" if self.notation.layers == "bracket" else f"({layer})"

    def core(self, mark: Mark, bold: bool) -> str:
        text = latex_letters(mark.letter)
        if mark.font:
            text = f"{self.bold}{{{text}}}" if mark.font == "boldsymbol" else rf"\{mark.font}{{{mark.letter}}}"
        heavy = bold and mark.letter != "∇" and mark.font not in ("boldsymbol", "mathbf")
        text = self.heavy(text) if heavy else text
        return rf"\{mark.accent}{{{text}}}" if mark.accent else text

    def lowered(self, indices: Sequence[str]) -> str:
        return f"_{{{joined_indices(indices)}}}" if indices else ""

    def index_letters(self, letter: str) -> bool:
        return len(letter) == 1

    def number(self, p: int, q: int = 1) -> Piece:
        if q == 1:
            return Piece(str(p))
        return self.decimal(p, q) or Piece(rf"{self._bar()}{{{p}}}{{{q}}}", Precedence.POWER)

    def scientific(self, digits: str, exponent: int) -> str:
        power = f"10^{{{exponent}}}"
        return power if digits == "1" else rf"{digits} \cdot {power}"

    def front(self, numerator: str, denominators: Sequence[Piece], p: int = 0, q: int = 1) -> str:
        return rf"{self._bar()}{{{numerator}}}{{{self.glued(denominators)}}}"

    def fraction(self, numerators: Sequence[Piece], denominators: Sequence[Piece]) -> Piece:
        above = self.product(numerators).text if numerators else "1"
        below = denominators[0].text if len(denominators) == 1 else self.product(denominators).text
        return Piece(rf"{self._bar()}{{{above}}}{{{below}}}", Precedence.POWER)

    def _bar(self) -> str:
        return r"\tfrac" if self.compact else r"\frac"

    def glued(self, pieces: Sequence[Piece]) -> str:
        if len(pieces) == 1:
            return pieces[0].text
        return " ".join(self.close(piece, Precedence.PREFIX) for piece in pieces)

    def beside(self, before: str, after: str) -> str:
        # A bracket is a factor here, and no argument.
        return f" {self.thin} {after}" if after.startswith("[") else f" {after}"

    def times_number(self, number: str, body: str) -> str:
        return f"{number}{self.beside(number, body)}" if body.startswith("[") else super().times_number(number, body)

    def power(self, base: Piece, exponent: Piece, elementwise: bool = False) -> Piece:
        sign = r"\circ " if elementwise else ""
        return Piece(f"{self.close(base, Precedence.ATOM)}^{{{sign}{exponent.text}}}", Precedence.POWER)

    def root(self, inner: Piece) -> Piece:
        return Piece(rf"\sqrt{{{inner.text}}}")

    def exponential(self, inner: Piece) -> Piece:
        if "_" in inner.text:
            return self.call("exp", inner)
        return Piece(f"e^{{{inner.text}}}", Precedence.POWER)

    def function(self, name: str, primes: int = 0) -> str:
        letter = FUNCTION_LETTERS.get(name, name)
        if letter in _LATEX_FUNCTIONS:
            return f"\\{letter}" + "'" * primes
        text = latex_letters(letter) if len(letter) == 1 else self.operator(letter)
        return text + "'" * primes

    def operator(self, name: str) -> str:
        """Set the name of a function that LaTeX does not know."""
        return rf"\operatorname{{{escape_latex(name)}}}"

    def named(self, name: str, inner: Piece) -> Piece:
        if inner.precedence >= Precedence.POWER and (" " not in inner.text or inner.text.startswith("[")):
            return Piece(f"{self.function(name)} {inner.text}", Precedence.PREFIX)
        return self.call(name, inner)

    def total(self, letters: Sequence[str], body: Piece) -> Piece:
        return Piece(
            rf"{self._sigma()}_{{{','.join(letters)}}} {self.close(body, Precedence.BINDER)}", Precedence.BINDER
        )

    def _sigma(self) -> str:
        return r"\mathop{\textstyle\sum}\nolimits" if self.compact else r"\sum"

    def running_total(self, letter: str, first: str, last: str, body: Piece) -> Piece:
        sign = rf"{self._sigma()}_{{{letter}={first}}}^{{{last}}}"
        return Piece(f"{sign} {self.close(body, Precedence.BINDER)}", Precedence.BINDER)

    def over(self, name: str, letters: Sequence[str], body: Piece) -> Piece:
        sign = rf"{self.function(name)}_{{{','.join(letters)}}}"
        return Piece(f"{sign} {self.close(body, Precedence.PREFIX)}", Precedence.BINDER)

    def norm(self, inner: str) -> Piece:
        return Piece(self._norm(inner))

    def norm_squared(self, inner: str) -> Piece:
        return Piece(f"{self._norm(inner)}^2", Precedence.POWER)

    def norm_one(self, inner: str) -> Piece:
        return Piece(f"{self._norm(inner)}_1", Precedence.POWER)

    def _norm(self, inner: str) -> str:
        return rf"\left\lVert {inner}\right\rVert" if r"\frac" in inner else rf"\lVert {inner} \rVert"

    def absolute(self, inner: str) -> Piece:
        return Piece(rf"\lvert {inner} \rvert")

    def floor(self, inner: str) -> Piece:
        return Piece(rf"\lfloor {inner} \rfloor")

    def transposed(self, inner: Piece) -> Piece:
        mark = {"ᵀ": r"\mathsf{T}", "⊤": r"\top"}.get(self.notation.transpose, r"\prime")
        return Piece(f"{self.close(inner, Precedence.ATOM)}^{{{mark}}}", Precedence.POWER)

    def inverse(self, inner: Piece, transposed: bool = False) -> Piece:
        if transposed and self.notation.transpose == "′":
            return self.transposed(self.inverse(inner))
        raised = (r"-\top" if self.notation.transpose == "⊤" else r"-\mathsf{T}") if transposed else "-1"
        return Piece(f"{self.close(inner, Precedence.ATOM)}^{{{raised}}}", Precedence.POWER)

    def cases(self, cases: Sequence[tuple[str, str]]) -> Piece:
        lines = self.newline.join(
            rf"{value} & \text{{if }} {condition}" if condition else rf"{value} & \text{{otherwise}}"
            for value, condition in cases
        )
        return Piece(rf"\begin{{cases}} {lines} \end{{cases}}")

    def words(self, text: str) -> str:
        return rf"\text{{{escape_latex(text)}}}"

    def prose(self, text: str) -> str:
        return f"${escape_latex(text)}$"

    def plain_words(self, text: str) -> str:
        return escape_latex(text)

    def inline(self, formula: str) -> str:
        return f"${formula}$"

    def phrase(self, text: str) -> str:
        name, rest = text.split("′", 1)
        return f"{self.function(name, 1)}{rest}"

    def softmax_entry(self, letter: str) -> str:
        return rf"{self.operator('softmax')}(t)_{{{letter}}}"

    def hessian_part(self, mark: Mark) -> str:
        return rf"({self.heavy('H')} {self.heavy('v')})_{{{self.symbol(mark, bold=True).text}}}"

    def example_derivative(self, of: Mark, wrt: Mark, whole: bool, example: str = "n") -> str:
        bare = replace(wrt, of=None)
        above = self.symbol(of, [example]).text
        return rf"\partial {above} / \partial {self.symbol(bare, [example], whole).text}"

    def shape(self, symbol: str, sizes: Sequence[str]) -> str:
        size = r" \times ".join(sizes) or r"\text{scalar}"
        # Braces keep a line from ending at the ×.
        return f"{symbol}{self.thick} {{{size}}}" if len(sizes) > 1 else f"{symbol}{self.thick} {size}"


def _lowered(part: str) -> str:
    """Return a part of a subscript: a name, or t−1."""
    return part.replace("−", "-") if re.fullmatch(r"[a-z][+−]\d+", part) else latex_letters(part)


class MarkdownLatex(Latex):
    r"""LaTeX within Markdown, as MathJax shows it.

    Markdown takes the backslash off punctuation (``\,``, ``\_``), keeps a double one at the end of a
    line alone, and GitHub refuses ``\operatorname``.
    """

    has_pages = False
    thin, thick, newline = r"\thinspace", r"\enspace", " \\\\\n"

    def __init__(self, notation: Notation) -> None:
        super().__init__(notation, r"\boldsymbol")

    def operator(self, name: str) -> str:
        return rf"\mathop{{\mathrm{{{name.replace('_', '~')}}}}}\nolimits"
