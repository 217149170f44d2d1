r"""MathML Core: the elements of a formula, and how they stand in a page of HTML.

    \frac{\partial C}{\partial \bm{W}}   →   <mfrac><mrow><mi>∂</mi><mi>C</mi></mrow>…</mfrac>

What is bold is written with Unicode's bold letters: MathML Core has no other way.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape

CORE = frozenset([
    "math", "mi", "mn", "mo", "mtext", "mspace", "mrow", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup",
    "munder", "mover", "munderover", "mtable", "mtr", "mtd",
])  # fmt: skip
"""The elements that are used: all are of MathML Core."""
TOKENS = frozenset(["mi", "mn", "mo", "mtext", "mspace"])
TIMES, APPLY, SEPARATOR = "\u2062", "\u2061", "\u2063"
INVISIBLE = frozenset([TIMES, APPLY, SEPARATOR])
"""Operators that are read, and take no room: a product, an application, two indices side by side."""
_CELLS = {
    # Chromium takes no other word for it.
    "right": "text-align:right;text-align:-webkit-right;padding:0.25em 0",
    "left": "text-align:left;text-align:-webkit-left;padding:0.25em 0",
}


@dataclass(frozen=True)
class Element:
    """An element of MathML: a token with its text, or one with children."""

    tag: str
    children: tuple[Element, ...] = ()
    text: str = ""
    attributes: tuple[tuple[str, str], ...] = ()

    def walk(self) -> Iterator[Element]:
        """Yield the element and all in it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def with_attribute(self, name: str, value: str) -> Element:
        """Return the same element with an attribute set."""
        kept = tuple(pair for pair in self.attributes if pair[0] != name)
        return replace(self, attributes=(*kept, (name, value)))

    def letters(self) -> int:
        """Return how many letters, numbers and signs are seen."""
        return sum(bool(part.text) and not part.is_invisible for part in self.walk())

    @property
    def is_invisible(self) -> bool:
        """Whether nothing of it is seen."""
        return self.tag == "mspace" or (self.tag == "mo" and self.text in INVISIBLE)


def token(tag: str, text: str, **attributes: str) -> Element:
    """Return a token: an identifier, a number, an operator or words."""
    return Element(tag, text=text, attributes=tuple(attributes.items()))


def row(children: tuple[Element, ...] | list[Element]) -> Element:
    """Return the children as one element."""
    return children[0] if len(children) == 1 else Element("mrow", tuple(children))


def bold(element: Element) -> Element:
    """Return an element with bold letters and digits."""
    if element.tag in ("mi", "mn"):
        kept = tuple(pair for pair in element.attributes if pair[0] != "mathvariant")
        return replace(element, text="".join(map(bold_letter, element.text)), attributes=kept)
    return replace(element, children=tuple(map(bold, element.children)))


def bold_letter(letter: str) -> str:
    """Return a bold letter or digit of Unicode's mathematical alphabet, or what has none as it is.

    >>> bold_letter("W"), bold_letter("δ"), bold_letter("1"), bold_letter("ж")
    ('𝐖', '𝛅', '𝟏', 'ж')
    """
    for first, last, start in _BOLD:
        if first <= letter <= last:
            return chr(start + ord(letter) - ord(first))
    return _BOLD_OTHERS.get(letter, letter)


_BOLD = (("A", "Z", 0x1D400), ("a", "z", 0x1D41A), ("0", "9", 0x1D7CE), ("Α", "Ω", 0x1D6A8), ("α", "ω", 0x1D6C2))
_BOLD_OTHERS = {"∇": "𝛁", "∂": "𝛛", "ϵ": "𝛜", "ϑ": "𝛝", "ϕ": "𝛟", "ϱ": "𝛠", "ϖ": "𝛡"}


def plain(text: str) -> str:
    """Return a text with plain letters for bold ones: what a voice can read.

    >>> plain("𝛅 𝐖")
    'δ W'
    """
    return unicodedata.normalize("NFKC", text)


def markup(element: Element) -> str:
    """Return an element as text."""
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in element.attributes)
    if element.tag == "mtd":
        attributes = _styled(attributes)
    if element.tag == "mspace":
        return f"<mspace{attributes}/>"
    inner = escape(element.text, quote=False) or "".join(map(markup, element.children))
    return f"<{element.tag}{attributes}>{inner}</{element.tag}>"


def _styled(attributes: str) -> str:
    """Return a cell's attributes with a style in place of a class: no style sheet is needed."""
    for side, style in _CELLS.items():
        attributes = attributes.replace(f' class="{side}"', f' style="{style}"')
    return attributes


def unstyled(text: str) -> str:
    """Return formulas with the classes left and right on their cells, for a page with a style sheet of its own."""
    for side, style in _CELLS.items():
        text = text.replace(f'<mtd style="{style}"', f'<mtd class="{side}"')
    return text


def math(element: Element, display: bool = False, spoken: str = "") -> str:
    """Return a formula as it stands in a page, with what a voice says of it."""
    inner = element.children if element.tag == "mrow" and not element.attributes else (element,)
    attributes = (("display", "block"),) if display else ()
    return markup(Element("math", tuple(inner), "", (*attributes, *((("alttext", spoken),) if spoken else ()))))
