"""What a voice says of a formula in MathML: its alternative text.

    ∂C/∂W = δ xᵀ   →   partial C by partial W equals δ x transposed
"""

from __future__ import annotations

import re
from collections.abc import Callable

from symnn.writing.mathml import INVISIBLE, Element, plain

_SIGNS = {
    "=": "equals", "+": "plus", "−": "minus", "⊙": "elementwise times", "∘": "elementwise", "⊘": "elementwise over",
    "·": "times", "×": "by", "/": "over", "∑": "sum", "≤": "is at most", "≥": "is at least", "≠": "is not",
    "<": "is less than", ">": "is greater than", "⊤": "transposed", "′": "prime", "″": "double prime", "∂": "partial",
    "‾": "bar", "^": "hat", "~": "tilde", "˙": "dot", "…": "and so on to", "∈": "in", "→": "to", "√": "root of",
    "∇": "gradient", "←": "becomes", "±": "plus or minus",
}  # fmt: skip
_POWERS = {"2": "squared", "3": "cubed"}


def spoken(element: Element) -> str:
    r"""Return a formula in words and plain letters.

    >>> from symnn.writing.mathml_reader import read
    >>> spoken(read(r"\frac{\partial C}{\partial \bm{W}} = \bm{\delta} \bm{x}^{\mathsf{T}}"))
    'partial C by partial W equals δ x transposed'
    """
    words = re.sub(r"\s+", " ", _said(element)).strip()
    return re.sub(r" (?=[,;.)\]])|(?<=[(\[]) ", "", words)


def _said(element: Element) -> str:
    if element.tag in ("mi", "mn", "mo", "mtext", "mspace"):
        text = plain(element.text)
        return "" if element.text in INVISIBLE else f" {_SIGNS.get(element.text) or _SIGNS.get(text, text)} "
    rule = _RULES.get(element.tag)
    return rule(element) if rule is not None else " ".join(map(_said, element.children))


def _fraction(element: Element) -> str:
    above, below = map(_grouped, element.children)
    derivative = next(iter(_tokens(element.children[1])), "") == "∂"
    return f"{_said(element.children[0])} by {_said(element.children[1])}" if derivative else f"{above} over {below}"


def _tokens(element: Element) -> list[str]:
    return [part.text for part in element.walk() if part.text]


def _grouped(element: Element) -> str:
    """Return what is said of a part that has to be told from what stands around it."""
    visible = [child for child in element.children if not child.is_invisible]
    is_long = element.tag == "mrow" and len(visible) > 1 and visible[0].text not in ("(", "[", "|", "‖")
    return f" ({_said(element)}) " if is_long else _said(element)


def _lowered(element: Element) -> str:
    base, below = element.children
    return f"{_said(base)} sub {_grouped(below)}"


def _raised(element: Element) -> str:
    base, above = element.children
    return f"{_said(base)} {_exponent(above)}"


def _both(element: Element) -> str:
    base, below, above = element.children
    return f"{_said(base)} {_exponent(above)} sub {_grouped(below)}"


def _exponent(element: Element) -> str:
    text = "".join(_tokens(element))
    if text in ("⊤", "′", "″"):
        return _SIGNS[text]
    if text in _POWERS:
        return _POWERS[text]
    if text == "−1":
        return "inverse"
    return _said(element) if text.startswith("(") else f"to the {_grouped(element)}"


def _under(element: Element) -> str:
    base, below = element.children
    return f"{_said(base)} over {_said(below)} of "


def _under_and_over(element: Element) -> str:
    base, below, above = element.children
    return f"{_said(base)} from {_said(below)} to {_said(above)} of "


def _rows(element: Element) -> str:
    return "; ".join(" ".join(_said(cell) for cell in line.children) for line in element.children)


_RULES: dict[str, Callable[[Element], str]] = {
    "mfrac": _fraction,
    "msub": _lowered,
    "msup": _raised,
    "msubsup": _both,
    "munder": _under,
    "munderover": _under_and_over,
    "msqrt": lambda element: f" root of {_grouped(element.children[0])} ",
    "mtable": _rows,
}
