"""Labels of a diagram: a letter with its layer and its indices, or a number, for SVG, LaTeX and plain text.

w⁽²⁾₁₂      a⁽¹⁾₃      x₁      −0.25      b⁽¹⁾₁ = 1
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from symnn.writing import Notation
from symnn.writing.characters import ACCENTS, escape_latex, subscript, superscript
from symnn.writing.dialects import Text, joined_indices
from symnn.writing.latex import Latex
from symnn.writing.marks import Mark, read_mark
from symnn.writing.names import mark_of_name

MINUS = "−"
_LONGEST = 28
_NAME = re.compile(r"(?P<letter>[A-Za-z])(?P<layer>.*)\Z")
_WIDE = ("CYRILLIC", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "ARABIC", "DEVANAGARI")
_SMALL = 0.68
"""The size of what is raised or lowered, of the size of a letter."""


@dataclass(frozen=True)
class Label:
    """A short formula or text, as each way of drawing needs it.

    Attributes:
        plain: Unicode text.
        latex: LaTeX, for text mode.
        letter: what stands on the line, before what is raised and lowered.
        above, below: what is raised, and what is lowered.
        after: what follows, such as " = 1".
        is_italic: whether the letter is a variable.
    """

    plain: str
    latex: str
    letter: str
    above: str = ""
    below: str = ""
    after: str = ""
    is_italic: bool = False

    def equal_to(self, value: float) -> Label:
        """Return the label with the value that it has: w₁₂ = 0.2."""
        number = number_label(value)
        latex = f"{self.latex[:-1]} = {number.latex[1:]}" if self.latex.endswith("$") else self.latex
        return replace(self, plain=f"{self.plain} = {number.plain}", latex=latex, after=f" = {number.plain}")

    def width(self, size: float) -> float:
        """Return about how wide the label is, for letters of a size in pixels."""
        scripts = max(_length(self.above), _length(self.below)) * _SMALL
        return size * (_length(self.letter) + scripts + _length(self.after))


def text_label(text: str, longest: int = _LONGEST) -> Label:
    """Return a label of words; text from outside is one short line of printable characters.

    >>> text_label("50 % of <it>").latex
    '50 \\\\% of $<$it$>$'
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = line if len(line) <= longest else line[: longest - 1] + "…"
    return Label(line, latex_text(line), line)


def size_label(size: Any, word: str) -> Label:
    """Return how many there are of something: 784 inputs, or n₀ inputs where the size is a letter.

    >>> size_label(1, "output").plain, size_label("n0", "input").latex
    ('1 output', '$n_{0}$ inputs')
    """
    words = word + "s" * (size != 1)
    if isinstance(size, int):
        return text_label(f"{size:,} {words}")
    found = re.fullmatch(r"([A-Za-z]+)_?(\d+|L)", str(size))
    letter, below = (found[1], found[2]) if found else (str(size), "")
    latex = f"${_in_latex(str(size))}$ {words}"
    return Label(f"{lowered(str(size))} {words}", latex, letter, "", below, f" {words}", len(letter) == 1)


def latex_text(text: str) -> str:
    """Return a text for pdflatex, in ASCII: letters that it lacks lose their accents, or become a question mark."""
    safe = escape_latex(text).replace("<", "$<$").replace(">", "$>$").replace("|", "$|$").replace('"', "''")
    return "".join(c if ord(c) < 128 else unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode() or "?"
                   for c in safe)  # fmt: skip


def number_label(value: float, digits: int = 3) -> Label:
    """Return a number with so many significant digits.

    >>> number_label(-0.25).plain, number_label(1234567).plain, number_label(1234567).latex
    ('−0.25', '1.23·10⁶', '$1.23 \\\\cdot 10^{6}$')
    """
    if not math.isfinite(value):
        if math.isnan(value):
            return Label("nan", "nan", "nan")
        word = MINUS * (value < 0) + "∞"
        return Label(word, "$-" * (value < 0) + "$" * (value > 0) + r"\infty$", word)
    written, _, exponent = f"{value:.{digits}g}".partition("e")
    written = "0" if written == "-0" else written
    plain = written.replace("-", MINUS)
    if not exponent:
        return Label(plain, f"${written}$", plain)
    power = str(int(exponent))
    plain = f"{plain}·10{superscript(power)}"
    return Label(plain, rf"${written} \cdot 10^{{{power}}}$", plain)


@dataclass(frozen=True)
class Labels:
    """The labels of a network's entries in a notation; `last` is the layer of its output, such as 2 or L."""

    notation: Notation
    last: str

    def entry(self, name: str, places: Sequence[Any] = ()) -> Label:
        """Return the label of an entry of x, y, W1, b1, z1 or a1; places count from 1, or are sizes such as n₀.

        >>> Labels(Notation(), "2").entry("W1", (1, 12)).plain
        'w⁽¹⁾₁‚₁₂'
        """
        return label_of(self._mark(name), [self._index(place) for place in places], self.notation)

    def _index(self, place: Any) -> str:
        first = 1 if self.notation.indices is None else self.notation.indices
        if isinstance(place, int):
            return str(place - 1 + first)
        return str(place) if first else f"{place}-1"

    def _mark(self, name: str) -> Mark:
        found = _NAME.match(name)
        assert found is not None
        letter, layer = found["letter"], found["layer"]
        if name in self.notation.names:
            mark = read_mark(self.notation.names[name])
        elif letter == "a" and layer == self.last and self.notation.output:
            mark = read_mark(self.notation.output)
        else:
            mark = mark_of_name(letter if letter in "xyC" else f"{letter}1", True, self.notation)
            mark = replace(mark, layer=layer if mark.layer else "", subscript=layer if mark.subscript == "1" else "")
        return replace(mark, letter=mark.letter.lower()) if letter == "W" and len(mark.letter) == 1 else mark


def label_of(mark: Mark, indices: Sequence[str], notation: Notation) -> Label:
    """Return the label of a symbol with its indices."""
    above = {"bracket": f"[{mark.layer}]"}.get(notation.layers, f"({mark.layer})") if mark.layer else ""
    shown = [lowered(index) for index in indices]
    below = ",".join(part for part in (mark.subscript, joined_indices(shown) if shown else "") if part)
    letter = unicodedata.normalize("NFC", mark.letter + ACCENTS.get(mark.accent, ""))
    latex = Latex(notation).symbol(mark, [_in_latex(index) for index in indices]).text
    plain = Text(notation).symbol(mark, shown).text
    return Label(plain, f"${latex}$", letter, above, below, mark.after, len(mark.letter) == 1)


def lowered(index: str) -> str:
    """Return an index with its own index lowered: n0 is n₀."""
    found = re.fullmatch(r"([A-Za-z]+)_?(\d+|L)(-1)?", index)
    if found is None:
        return index.replace("-", MINUS)
    return found[1] + (subscript(found[2]) or found[2]) + ("−1" if found[3] else "")


def _in_latex(index: str) -> str:
    return re.sub(r"([A-Za-z]+)_?(\d+|L)", r"\1_{\2}", index)


def _length(text: str) -> float:
    """Return about how long a text is, in sizes of its letters."""
    narrow = sum(letter in "ijlt.,()[]|'! ‚⁽⁾" for letter in text)
    # Letters that the fonts of mathematics lack come from another font, and are wide there.
    wide = sum(letter in "mwMW" or unicodedata.name(letter, "").startswith(_WIDE) for letter in text)
    return 0.54 * (len(text) - narrow - wide) + 0.32 * narrow + 0.76 * wide
