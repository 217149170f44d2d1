r"""From the LaTeX that this package writes to MathML: a parser of those commands, and of no others.

    \sum_{k} W_{jk} x_{k}   →   Σ under which k stands, then two identifiers with indices and a product between

What is not known is an error: nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from symnn.errors import InputError
from symnn.writing.mathml import Element, bold, row, token
from symnn.writing.mathml_rows import Item, finished, layer_mark, scripted
from symnn.writing.mathml_signs import (
    ACCENTS,
    CLOSING,
    ESCAPES,
    FENCES,
    FUNCTIONS,
    LETTERS,
    NOTHING,
    PAIRS,
    POINTS,
    RELATIONS,
    SIGNS,
    SPACES,
    STYLES,
    WORDS,
)

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_ROOM = 50


def read(latex: str) -> Element:
    r"""Return a formula's elements.

    >>> [child.tag for child in read(r"\bm{z} = \bm{W} \bm{x}").children]
    ['mi', 'mo', 'mi', 'mo', 'mi']

    Raises:
        InputError: for a command that is not known, and for braces or brackets that do not match.
    """
    return row(_Reader(latex).row(None))


def read_words(text: str) -> list[str | Element]:
    r"""Return words and formulas of a text with formulas between dollar signs.

    >>> read_words(r"the sum over $k$")
    ['the sum over ', Element(tag='mi', children=(), text='k', attributes=())]
    """
    parts = re.split(r"(?<!\\)\$", text)
    found: list[str | Element] = []
    for place, part in enumerate(parts):
        word = _unescaped(part) if place % 2 == 0 else WORDS.get(part)
        if word is None:
            found.append(read(part))
        elif found and isinstance(found[-1], str):
            found[-1] += word
        elif word:
            found.append(word)
    return found


def _unescaped(text: str) -> str:
    return "".join(ESCAPES.get(part, part) for part in _TOKEN.findall(text.replace("{}", "")))


class _Reader:
    """One walk over the tokens of a formula."""

    def __init__(self, latex: str) -> None:
        self.latex = latex
        self.raw = _TOKEN.findall(latex)
        self.place = 0

    def error(self, what: str) -> InputError:
        rest = "".join(self.raw[max(self.place - 1, 0) :])[:_ROOM]
        return InputError(f"no MathML for this formula: {what} at {rest!r}")

    def peek(self) -> str | None:
        """Return the next token that is no space."""
        while self.place < len(self.raw) and self.raw[self.place].isspace():
            self.place += 1
        return self.raw[self.place] if self.place < len(self.raw) else None

    def take(self) -> str:
        found = self.peek()
        if found is None:
            raise self.error("it ends too early")
        self.place += 1
        return found

    def row(self, closing: Callable[[str], bool] | None, indices: bool = False) -> list[Element]:
        """Return the elements up to a closing token, which is left; `indices` stand side by side."""
        items: list[Item] = []
        while (following := self.peek()) is not None:
            if closing is not None and closing(following):
                break
            before = self.place
            is_close = before > 0 and not self.raw[before - 1].isspace()
            item = self.item()
            if item is not None:
                items.append(item._replace(is_close=is_close))
        if closing is not None and following is None:
            raise self.error("a brace or bracket is not closed")
        return finished(items, indices)

    def argument(self, indices: bool = False) -> Element:
        """Return what stands in braces, or one token."""
        if self.peek() == "{":
            self.take()
            inner = self.row(lambda text: text == "}", indices)
            self.take()
            return row(inner)
        found = self.atom()
        if found is None:
            raise self.error("an argument is missing")
        return found.element

    def item(self) -> Item | None:
        """Return an atom with its scripts."""
        found = self.atom()
        if found is None:
            return None
        below, above, primes, beside = None, None, 0, False
        while (following := self.peek()) in ("_", "^", "'", r"\nolimits", r"\limits"):
            self.take()
            if following == "'":
                primes += 1
            elif following == "_":
                below = self.argument(indices=True)
            elif following == "^":
                above = layer_mark(self.argument())
            else:
                beside = following == r"\nolimits"
        if primes:
            # A prime is a raised sign by itself.
            marks = token("mo", {1: "′", 2: "″", 3: "‴"}.get(primes, "′" * primes))
            found = found._replace(element=Element("mrow", (found.element, marks)))
        if below is None and above is None:
            return found
        if found.part == "bracket" and found.element.children[-1].attributes:
            # Beside the closing bracket a script stands as high as in LaTeX, however tall what is inside.
            *inner, last = found.element.children
            last = scripted(Item(last, "factor"), below, above, beside).element
            return found._replace(element=Element("mrow", (*inner, last)))
        return scripted(found, below, above, beside)

    def atom(self) -> Item | None:
        """Return one thing: a letter, a number, a group in braces or brackets, a fraction, a sign."""
        if self.peek() in ("^", "_"):
            # Its base stands before the formula, in words.
            return Item(Element("mrow"), "factor")
        text = self.take()
        if text in NOTHING:
            return None
        for table, make in _TABLES:
            if text in table:
                return make(table[text])
        if text in FENCES:
            return self.fenced(text, stretchy=False)
        method = getattr(self, f"_{_METHODS.get(text, '')}", None)
        if method is not None:
            made: Item = method(text)
            return made
        if text[0].isdigit():
            return Item(token("mn", text), "number")
        if text.isalpha():
            return Item(token("mi", text), "factor")
        if text.startswith("\\") and text[1:] in FUNCTIONS:
            return Item(token("mi", text[1:]), "function")
        raise self.error(f"unknown {'command' if text.startswith(chr(92)) else 'character'} {text!r}")

    def fenced(self, text: str, stretchy: bool) -> Item:
        """Return what stands between brackets, with them."""
        if text not in FENCES:
            raise self.error(f"{text!r} opens no bracket")
        opening = FENCES[text]
        ending = r"\right" if stretchy else None
        inner = self.row(lambda t: t == ending if ending else CLOSING.get(t) == PAIRS[opening])
        if stretchy:
            self.take()
        closing = CLOSING.get(self.take())
        if closing is None:
            raise self.error("a bracket is not closed")
        # First and last in a row of their own, they are an opening and a closing bracket without a word.
        size = {} if stretchy else {"stretchy": "false"}
        return Item(Element("mrow", (token("mo", opening, **size), *inner, token("mo", closing, **size))), "bracket")

    def _group(self, _: str) -> Item:
        inner = self.row(lambda text: text == "}")
        self.take()
        return Item(row(inner), "factor")

    def _left(self, _: str) -> Item:
        return self.fenced(self.take(), stretchy=True)

    def _fraction(self, text: str) -> Item:
        made = Element("mfrac", (self.argument(), self.argument()))
        is_operator = made.children[0].text == "∂"
        shown = made.with_attribute("displaystyle", "false") if text == r"\tfrac" else made
        return Item(shown, "function" if is_operator else "factor")

    def _root(self, _: str) -> Item:
        return Item(Element("msqrt", (self.argument(),)), "factor")

    def _bold(self, _: str) -> Item:
        return Item(bold(self.argument()), "factor")

    def _accent(self, text: str) -> Item:
        mark = token("mo", ACCENTS[text], stretchy="false")
        return Item(Element("mover", (self.argument(), mark), "", (("accent", "true"),)), "factor")

    def _sum(self, _: str) -> Item:
        return Item(token("mo", "∑"), "sum")

    def _upright(self, _: str) -> Item:
        name = self.words()
        attributes = {"mathvariant": "normal"} if len(name) == 1 else {}
        return Item(token("mi", name, **attributes), "factor")

    def _styled(self, text: str) -> Item:
        """Return letters of a script or double-struck alphabet, which Unicode has."""
        letters = [STYLES[text].get(letter, letter) for letter in self.words()]
        return Item(token("mi", "".join(letters)), "factor")

    def _sans(self, _: str) -> Item:
        name = self.words()
        return Item(token("mo", "⊤") if name == "T" else token("mi", name), "factor")

    def _operator(self, _: str) -> Item:
        return Item(token("mi", self.words()), "function")

    def _wrapped(self, _: str) -> Item:
        inner = self.argument()
        return Item(inner, "sum" if inner.tag == "mo" else "function")

    def _words(self, _: str) -> Item:
        if self.take() != "{":
            raise self.error("words need braces")
        depth, start = 1, self.place
        while depth:
            if self.place >= len(self.raw):
                raise self.error("a brace is not closed")
            depth += (self.raw[self.place] == "{") - (self.raw[self.place] == "}")
            self.place += 1
        parts = read_words("".join(self.raw[start : self.place - 1]))
        texts = [token("mtext", re.sub(r"\A\s|\s\Z", "\u00a0", p)) if isinstance(p, str) else p for p in parts]
        return Item(row(texts), "words")

    def words(self) -> str:
        """Return the letters in braces."""
        return "".join(part.text for part in self._words("").element.walk())

    def _environment(self, _: str) -> Item:
        name = self.words()
        if name not in _TABLE_SIDES:
            raise self.error(f"unknown environment {name!r}")
        rows: list[Element] = []
        cells: list[Element] = []
        while True:
            sides = _TABLE_SIDES[name]
            inner = self.row(lambda text: text in ("&", r"\\", r"\end"))
            side = sides[len(cells) % len(sides)]
            cells.append(Element("mtd", tuple(inner), "", (("class", side),) if side else ()))
            ending = self.take()
            if ending == "&":
                continue
            if any(cell.children for cell in cells):
                rows.append(Element("mtr", tuple(cells)))
            cells = []
            if ending == r"\end":
                break
            self._skip_room()
        if self.words() != name:
            raise self.error(f"{name!r} is not ended")
        return _bracketed_table(name, Element("mtable", tuple(rows)))

    def _skip_room(self) -> None:
        """Pass over [0.5ex] after the end of a line."""
        if self.place < len(self.raw) and self.raw[self.place] == "[":
            while self.take() != "]":
                pass


def _bracketed_table(name: str, table: Element) -> Item:
    if name == "cases":
        return Item(Element("mrow", (token("mo", "{"), table)), "factor")
    if name in ("pmatrix", "bmatrix"):
        opening, closing = "()" if name == "pmatrix" else "[]"
        return Item(Element("mrow", (token("mo", opening), table, token("mo", closing))), "factor")
    return Item(table.with_attribute("displaystyle", "true"), "factor")


_TABLE_SIDES = {
    "cases": ("left",), "aligned": ("right", "left"), "align*": ("right", "left"), "split": ("right", "left"),
    "pmatrix": ("",), "bmatrix": ("",),
}  # fmt: skip
_METHODS = {
    "{": "group", r"\left": "left", r"\frac": "fraction", r"\tfrac": "fraction", r"\dfrac": "fraction",
    r"\sqrt": "root", r"\bm": "bold", r"\boldsymbol": "bold", r"\mathbf": "bold", r"\sum": "sum",
    r"\mathcal": "styled", r"\mathbb": "styled",
    r"\mathrm": "upright", r"\mathsf": "sans", r"\operatorname": "operator", r"\mathop": "wrapped",
    r"\text": "words", r"\begin": "environment", **dict.fromkeys(ACCENTS, "accent"),
}  # fmt: skip
_TABLES: tuple[tuple[dict[str, str], Callable[[str], Item]], ...] = (
    (LETTERS, lambda letter: Item(token("mi", letter), "differential" if letter == "∂" else "factor")),
    (RELATIONS, lambda sign: Item(token("mo", sign), "relation")),
    (SIGNS, lambda sign: Item(token("mo", sign), "sign")),
    (POINTS, lambda sign: Item(token("mi" if sign == "…" else "mo", sign), "point")),
    (SPACES, lambda width: Item(token("mspace", "", width=width), "space")),
    ({r"\prime": "′", r"\top": "⊤"}, lambda sign: Item(token("mo", sign), "factor")),
)
def in_a_line(element: Element) -> Element:
    r"""Return a fraction in a line: ∂C/∂W.

    >>> [child.tag for child in in_a_line(read(r"\frac{\partial C}{\partial W}")).children]
    ['mi', 'mi', 'mo', 'mi', 'mi']
    """
    if element.tag != "mfrac":
        return element
    sides = [part.children if part.tag == "mrow" else (part,) for part in element.children]
    return Element("mrow", (*sides[0], token("mo", "/", lspace="0", rspace="0"), *sides[1]))
