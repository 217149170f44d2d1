"""Formulas in ASCII: the names of the program, `.*`, and `'` for a transpose."""

from __future__ import annotations

from collections.abc import Sequence

from symnn.writing.characters import ascii_letters
from symnn.writing.dialects import Piece, Precedence, Text
from symnn.writing.notation import Mark, Notation


class Ascii(Text):
    """Text of ASCII characters alone."""

    minus, times, divide, less_equal = "-", ".*", "./", "<="
    greater_equal, unequal, pi, partial, prime = ">=", "!=", "pi", "d", "'"
    dots, dot = "...", "*"
    index_times = "*"
    small_entries = False

    def __init__(self, notation: Notation) -> None:
        super().__init__(notation)
        self.times = ".*"

    def letters(self, mark: Mark) -> str:
        name = ascii_letters(mark.letter)
        layer = mark.layer if mark.layer.isdigit() else self.layer(mark.layer) if mark.layer else ""
        below = ",".join(_lowered(part) for part in mark.subscript.split(",")) if mark.subscript else ""
        joint = "" if below[:1].isdigit() and not layer else "_"
        below += self.letters(mark.below) if mark.below else ""
        accent = f"_{mark.accent}" if mark.accent else ""
        return name + layer + (joint + below if below else "") + accent + (f" {mark.after}" if mark.after else "")

    def symbol(self, mark: Mark, indices: Sequence[str] = (), bold: bool = False) -> Piece:
        if mark.of is not None or (mark.after and indices):
            return super().symbol(mark, indices, bold)
        return Piece(self.letters(mark) + self.indices(indices), Precedence.PREFIX if mark.after else Precedence.ATOM)

    def partials(self, order: int) -> str:
        return self.partial if order == 1 else f"{self.partial}{order}"

    def differentials(self, texts: Sequence[str]) -> str:
        return texts[0] if len(texts) == 1 else f"({' '.join(texts)})"

    def layer(self, layer: str) -> str:
        return f"^[{layer}]" if self.notation.layers == "bracket" else f"^({layer})"

    def indices(self, indices: Sequence[str]) -> str:
        between = ", " if any(" " in index for index in indices) else ","
        return f"[{between.join(indices)}]" if indices else ""

    def index_letters(self, letter: str) -> bool:
        return len(letter) == 1

    def vulgar(self, p: int, q: int) -> str | None:
        return f"{p}/{q}" if (p, q) == (1, 2) else None

    def power(self, base: Piece, exponent: Piece, elementwise: bool = False) -> Piece:
        sign = ".^" if elementwise else "^"
        return Piece(self.close(base, Precedence.ATOM) + sign + self.close(exponent, Precedence.ATOM), Precedence.POWER)

    def number(self, p: int, q: int = 1) -> Piece:
        if q == 1:
            return Piece(str(p))
        return self.decimal(p, q) or Piece(f"{p}/{q}", Precedence.PRODUCT)

    def scientific(self, digits: str, exponent: int) -> str:
        return f"{digits}e{exponent}"

    def root(self, inner: Piece) -> Piece:
        return self.call("sqrt", inner)

    def times_number(self, number: str, body: str) -> str:
        return f"{number} {body}"

    def exponential(self, inner: Piece) -> Piece:
        return self.call("exp", inner)

    def floor(self, inner: str) -> Piece:
        return self.call("floor", Piece(inner))

    def function(self, name: str, primes: int = 0) -> str:
        return {"sigmoid": "sigma"}.get(name, name) + "'" * primes

    def total(self, letters: Sequence[str], body: Piece) -> Piece:
        return self.over("sum", letters, Piece(self.close(body, Precedence.BINDER)))

    def running_total(self, letter: str, first: str, last: str, body: Piece) -> Piece:
        sign = f"sum_{{{letter}={first}..{last.replace(' ', '')}}}"
        return Piece(f"{sign} {self.close(body, Precedence.BINDER)}", Precedence.BINDER)

    def over(self, name: str, letters: Sequence[str], body: Piece) -> Piece:
        below = letters[0] if len(letters) == 1 else "{" + ",".join(letters) + "}"
        return Piece(f"{name}_{below} {self.close(body, Precedence.PREFIX)}", Precedence.BINDER)

    def norm(self, inner: str) -> Piece:
        return Piece(f"||{inner}||")

    def norm_squared(self, inner: str) -> Piece:
        return Piece(f"||{inner}||^2", Precedence.POWER)

    def norm_one(self, inner: str) -> Piece:
        return Piece(f"||{inner}||_1", Precedence.POWER)

    def transposed(self, inner: Piece) -> Piece:
        return Piece(self.close(inner, Precedence.ATOM) + "'", Precedence.POWER)

    def inverse(self, inner: Piece, transposed: bool = False) -> Piece:
        inverted = self.call("inv", inner)
        return self.transposed(inverted) if transposed else inverted

    def determinant(self, inner: Piece) -> Piece:
        return self.call("det", inner)

    def log_determinant(self, inner: Piece) -> Piece:
        return self.call("log", self.determinant(inner))

    def hessian_part(self, mark: Mark) -> str:
        return f"(H v)_{self.letters(mark)}"

    def phrase(self, text: str) -> str:
        return text.replace("′", "'")

    def shape(self, symbol: str, sizes: Sequence[str]) -> str:
        return f"{symbol} {'x'.join(sizes) or 'scalar'}"


def _lowered(part: str) -> str:
    """Return a part of a subscript: t, or (t-1)."""
    text = ascii_letters(part.replace("−", "-"))
    return f"({text})" if "-" in text or "+" in text else text
