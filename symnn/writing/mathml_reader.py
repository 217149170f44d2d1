r"""From the LaTeX that this package writes to MathML: a parser of those commands, and of no others.

    \sum_{k} W_{jk} x_{k}   →   Σ under which k stands, then two identifiers with indices and a product between

What LaTeX does not say is put in: which pairs are products, applications or indices, and which minus is a sign.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from string import ascii_uppercase
from typing import NamedTuple

from symnn.errors import InputError
from symnn.writing.characters import GREEK
from symnn.writing.mathml import APPLY, SEPARATOR, TIMES, Element, bold, row, token

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_LETTERS = {
    **{f"\\{name}": letter for name, letter in GREEK.items()},
    r"\varepsilon": "ε", r"\epsilon": "ϵ", r"\varphi": "φ", r"\phi": "ϕ", r"\vartheta": "ϑ",
    r"\nabla": "∇", r"\partial": "∂", r"\infty": "∞", r"\ell": "ℓ",
}  # fmt: skip
_FUNCTIONS = frozenset([
    "log", "exp", "max", "min", "sin", "cos", "tan", "sinh", "cosh", "tanh", "det", "ln", "lim", "arg", "sup", "inf",
])  # fmt: skip
_RELATIONS = {
    "=": "=", "<": "<", ">": ">", r"\le": "≤", r"\ge": "≥", r"\ne": "≠", r"\in": "∈", r"\approx": "≈",
    r"\equiv": "≡", r"\to": "→", r"\sim": "∼", ":": ":", r"\colon": ":",
}  # fmt: skip
_SIGNS = {
    "+": "+", "-": "−", r"\odot": "⊙", r"\circ": "∘", r"\oslash": "⊘", r"\cdot": "·", r"\times": "×", "/": "/",
    r"\pm": "±", "*": "∗",
}  # fmt: skip
_POINTS = {",": ",", ";": ";", r"\dots": "…", r"\ldots": "…", r"\cdots": "⋯", r"\vdots": "⋮", ".": ".", "!": "!"}
_SPACES = {
    r"\,": "0.167em", r"\thinspace": "0.167em", r"\:": "0.222em", r"\;": "0.278em", r"\ ": "0.25em", "~": "0.25em",
    r"\enspace": "0.5em", r"\quad": "1em", r"\qquad": "2em",
}  # fmt: skip
_NOTHING = frozenset([r"\!", r"\displaystyle", r"\textstyle", r"\scriptstyle", r"\limits", r"\big", r"\Big"])
_FENCES = {"(": "(", "[": "[", r"\{": "{", r"\lVert": "‖", r"\lvert": "|", r"\langle": "⟨", r"\lfloor": "⌊"}
_CLOSING = {")": ")", "]": "]", r"\}": "}", r"\rVert": "‖", r"\rvert": "|", r"\rangle": "⟩", r"\rfloor": "⌋"}
_PAIRS = {"(": ")", "[": "]", "{": "}", "‖": "‖", "|": "|", "⟨": "⟩", "⌊": "⌋"}
_ACCENTS = {r"\bar": "‾", r"\hat": "^", r"\tilde": "~", r"\dot": "˙", r"\overline": "‾"}
_ESCAPES = {
    r"\_": "_", r"\%": "%", r"\&": "&", r"\#": "#", r"\$": "$", r"\{": "{", r"\}": "}", "~": "\u00a0", r"\ ": " ",
    r"\textbackslash": "\\", r"\textasciitilde": "~", r"\textasciicircum": "^", r"\dots": "…",
}  # fmt: skip
_WORDS = {"-": "−", r"\cdot": "·", "'": "′", r"\times": "×", r"\le": "≤", r"\ge": "≥", r"\infty": "∞"}
"""Signs that stand among words: no formulas."""
_ROOM = 50


class _Item(NamedTuple):
    """An element with the part that it plays in a row."""

    element: Element
    part: str
    """A factor, a bracket, a function, a sign, a relation, a point, a sum, a ∂, words or space."""
    is_close: bool = False
    """Whether nothing stood between it and what is before."""


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
        word = _unescaped(part) if place % 2 == 0 else _WORDS.get(part)
        if word is None:
            found.append(read(part))
        elif found and isinstance(found[-1], str):
            found[-1] += word
        elif word:
            found.append(word)
    return found


def _unescaped(text: str) -> str:
    return "".join(_ESCAPES.get(part, part) for part in _TOKEN.findall(text.replace("{}", "")))


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
        items: list[_Item] = []
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
        return _finished(items, indices)

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

    def item(self) -> _Item | None:
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
                above = _layer(self.argument())
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
            scripted = _scripted(_Item(last, "factor"), below, above, beside).element
            return found._replace(element=Element("mrow", (*inner, scripted)))
        return _scripted(found, below, above, beside)

    def atom(self) -> _Item | None:
        """Return one thing: a letter, a number, a group in braces or brackets, a fraction, a sign."""
        if self.peek() in ("^", "_"):
            # Its base stands before the formula, in words.
            return _Item(Element("mrow"), "factor")
        text = self.take()
        if text in _NOTHING:
            return None
        for table, make in _TABLES:
            if text in table:
                return make(table[text])
        if text in _FENCES:
            return self.fenced(text, stretchy=False)
        method = getattr(self, f"_{_METHODS.get(text, '')}", None)
        if method is not None:
            made: _Item = method(text)
            return made
        if text[0].isdigit():
            return _Item(token("mn", text), "number")
        if text.isalpha():
            return _Item(token("mi", text), "factor")
        if text.startswith("\\") and text[1:] in _FUNCTIONS:
            return _Item(token("mi", text[1:]), "function")
        raise self.error(f"unknown {'command' if text.startswith(chr(92)) else 'character'} {text!r}")

    def fenced(self, text: str, stretchy: bool) -> _Item:
        """Return what stands between brackets, with them."""
        if text not in _FENCES:
            raise self.error(f"{text!r} opens no bracket")
        opening = _FENCES[text]
        ending = r"\right" if stretchy else None
        inner = self.row(lambda t: t == ending if ending else _CLOSING.get(t) == _PAIRS[opening])
        if stretchy:
            self.take()
        closing = _CLOSING.get(self.take())
        if closing is None:
            raise self.error("a bracket is not closed")
        # First and last in a row of their own, they are an opening and a closing bracket without a word.
        size = {} if stretchy else {"stretchy": "false"}
        return _Item(Element("mrow", (token("mo", opening, **size), *inner, token("mo", closing, **size))), "bracket")

    def _group(self, _: str) -> _Item:
        inner = self.row(lambda text: text == "}")
        self.take()
        return _Item(row(inner), "factor")

    def _left(self, _: str) -> _Item:
        return self.fenced(self.take(), stretchy=True)

    def _fraction(self, text: str) -> _Item:
        made = Element("mfrac", (self.argument(), self.argument()))
        is_operator = made.children[0].text == "∂"
        shown = made.with_attribute("displaystyle", "false") if text == r"\tfrac" else made
        return _Item(shown, "function" if is_operator else "factor")

    def _root(self, _: str) -> _Item:
        return _Item(Element("msqrt", (self.argument(),)), "factor")

    def _bold(self, _: str) -> _Item:
        return _Item(bold(self.argument()), "factor")

    def _accent(self, text: str) -> _Item:
        mark = token("mo", _ACCENTS[text], stretchy="false")
        return _Item(Element("mover", (self.argument(), mark), "", (("accent", "true"),)), "factor")

    def _sum(self, _: str) -> _Item:
        return _Item(token("mo", "∑"), "sum")

    def _upright(self, _: str) -> _Item:
        name = self.words()
        attributes = {"mathvariant": "normal"} if len(name) == 1 else {}
        return _Item(token("mi", name, **attributes), "factor")

    def _styled(self, text: str) -> _Item:
        """Return letters of a script or double-struck alphabet, which Unicode has."""
        letters = [_STYLES[text].get(letter, letter) for letter in self.words()]
        return _Item(token("mi", "".join(letters)), "factor")

    def _sans(self, _: str) -> _Item:
        name = self.words()
        return _Item(token("mo", "⊤") if name == "T" else token("mi", name), "factor")

    def _operator(self, _: str) -> _Item:
        return _Item(token("mi", self.words()), "function")

    def _wrapped(self, _: str) -> _Item:
        inner = self.argument()
        return _Item(inner, "sum" if inner.tag == "mo" else "function")

    def _words(self, _: str) -> _Item:
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
        return _Item(row(texts), "words")

    def words(self) -> str:
        """Return the letters in braces."""
        return "".join(part.text for part in self._words("").element.walk())

    def _environment(self, _: str) -> _Item:
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


def _scripted(found: _Item, below: Element | None, above: Element | None, beside: bool) -> _Item:
    base, part = found.element, found.part
    if part == "function" and base.text in ("max", "min", "lim", "sup", "inf", "arg") and above is None:
        base = token("mo", base.text, form="prefix", movablelimits="true", lspace="0", rspace="0.167em")
        part = "sum"
    names = ("msub", "msup", "msubsup") if beside or part != "sum" else ("munder", "mover", "munderover")
    if below is not None and above is not None:
        return found._replace(element=Element(names[2], (base, below, above)), part=part)
    script = below if below is not None else above
    assert script is not None
    return found._replace(element=Element(names[0 if below is not None else 1], (base, script)), part=part)


def _bracketed_table(name: str, table: Element) -> _Item:
    if name == "cases":
        return _Item(Element("mrow", (token("mo", "{"), table)), "factor")
    if name in ("pmatrix", "bmatrix"):
        opening, closing = "()" if name == "pmatrix" else "[]"
        return _Item(Element("mrow", (token("mo", opening), table, token("mo", closing))), "factor")
    return _Item(table.with_attribute("displaystyle", "true"), "factor")


def _alphabet(name: str, letter: str) -> str:
    """Return a capital of one of Unicode's alphabets: some of them are older than the alphabet."""
    for form in (f"MATHEMATICAL {name} CAPITAL {letter}", f"{name} CAPITAL {letter}"):
        try:
            return unicodedata.lookup(form)
        except KeyError:
            continue
    return letter


_TABLE_SIDES = {
    "cases": ("left",), "aligned": ("right", "left"), "align*": ("right", "left"), "split": ("right", "left"),
    "pmatrix": ("",), "bmatrix": ("",),
}  # fmt: skip
_STYLES = {
    r"\mathcal": {letter: _alphabet("SCRIPT", letter) for letter in ascii_uppercase},
    r"\mathbb": {letter: _alphabet("DOUBLE-STRUCK", letter) for letter in ascii_uppercase},
}
_METHODS = {
    "{": "group", r"\left": "left", r"\frac": "fraction", r"\tfrac": "fraction", r"\dfrac": "fraction",
    r"\sqrt": "root", r"\bm": "bold", r"\boldsymbol": "bold", r"\mathbf": "bold", r"\sum": "sum",
    r"\mathcal": "styled", r"\mathbb": "styled",
    r"\mathrm": "upright", r"\mathsf": "sans", r"\operatorname": "operator", r"\mathop": "wrapped",
    r"\text": "words", r"\begin": "environment", **dict.fromkeys(_ACCENTS, "accent"),
}  # fmt: skip
_TABLES: tuple[tuple[dict[str, str], Callable[[str], _Item]], ...] = (
    (_LETTERS, lambda letter: _Item(token("mi", letter), "differential" if letter == "∂" else "factor")),
    (_RELATIONS, lambda sign: _Item(token("mo", sign), "relation")),
    (_SIGNS, lambda sign: _Item(token("mo", sign), "sign")),
    (_POINTS, lambda sign: _Item(token("mi" if sign == "…" else "mo", sign), "point")),
    (_SPACES, lambda width: _Item(token("mspace", "", width=width), "space")),
    ({r"\prime": "′", r"\top": "⊤"}, lambda sign: _Item(token("mo", sign), "factor")),
)
_FACTORS = frozenset(["factor", "number", "bracket", "function", "differential", "sum"])
_ENDS = frozenset(["factor", "number", "bracket"])


def _finished(items: Sequence[_Item], indices: bool) -> list[Element]:
    """Return a row's elements with what LaTeX does not say: products, applications, signs in front."""
    made: list[Element] = []
    before: _Item | None = None
    for item in items:
        if before is not None:
            made.extend(_between(before, item, indices))
        element = item.element
        if element.tag == "mo" and element.text in "+−±" and (before is None or before.part not in (*_ENDS, "words")):
            element = element.with_attribute("form", "prefix")
        if element.tag == "mo" and element.text == "/":
            element = replace(element, attributes=(("lspace", "0.1em"), ("rspace", "0.1em")))
        made.append(element)
        if item.part != "space":
            before = item
    return made


def _between(before: _Item, item: _Item, indices: bool) -> list[Element]:
    """Return what stands unseen between two things."""
    if item.part not in _FACTORS or before.part not in (*_ENDS, "function"):
        return []
    if indices:
        return [token("mo", SEPARATOR)] if before.part != "function" else [token("mo", APPLY)]
    thin = token("mspace", "", width="0.167em")
    is_name = _is_name(before.element)
    if item.part == "bracket" and item.is_close and before.part not in ("number", "bracket"):
        return [token("mo", APPLY)]
    if before.part == "function":
        return [token("mo", APPLY), thin] if item.part != "bracket" else [token("mo", APPLY)]
    apart = is_name or item.part == "function" or "mfrac" in (before.element.tag, item.element.tag)
    return [token("mo", TIMES), thin] if apart else [token("mo", TIMES)]


def _layer(script: Element) -> Element:
    """Return the mark of a layer, (1) or [1], as one token."""
    if [part.tag for part in script.children] == ["mo", "mn", "mo"] and script.children[0].text in ("(", "["):
        return token("mtext", "".join(part.text for part in script.children))
    return script


def _is_name(element: Element) -> bool:
    return element.tag == "mi" and len(element.text) > 1


def in_a_line(element: Element) -> Element:
    r"""Return a fraction in a line: ∂C/∂W.

    >>> [child.tag for child in in_a_line(read(r"\frac{\partial C}{\partial W}")).children]
    ['mi', 'mi', 'mo', 'mi', 'mi']
    """
    if element.tag != "mfrac":
        return element
    sides = [part.children if part.tag == "mrow" else (part,) for part in element.children]
    return Element("mrow", (*sides[0], token("mo", "/", lspace="0", rspace="0"), *sides[1]))
