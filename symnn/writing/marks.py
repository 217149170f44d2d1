r"""Symbols: what a letter with its marks is, and how one is read from a text or a fragment of LaTeX.

δ⁽ˡ⁾      W^[l]      W_Q      ŷ      ∇_a C      \mathcal{L}      \hat{\boldsymbol{\theta}}^{(l)}

A fragment of LaTeX is read and never passed on: of what is not in the list nothing reaches a document.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace

from symnn.errors import InputError
from symnn.writing.characters import ACCENTS, GREEK, plain_marks

_GREEK = "".join(sorted(set(GREEK.values())))
_LAYER = r"[A-Za-z0-9+\-−,]{1,12}"
_MARK = re.compile(
    rf"(?P<letter>[A-Za-z{_GREEK}]{{1,20}}|∇)(?P<accent>[{''.join(ACCENTS.values())}])?"
    rf"(\^(\((?P<layer>{_LAYER})\)|\[(?P<bracket>{_LAYER})\]))?"
    rf"(_(?P<subscript>[A-Za-z0-9{_GREEK}]{{1,20}}))?( (?P<after>[A-Za-z{_GREEK}]{{1,20}}))?\Z"
)
_FRAGMENT = re.compile(
    rf"(?P<core>[^\^_]+?)(\^\{{?(\((?P<layer>{_LAYER})\)|\[(?P<bracket>{_LAYER})\])\}}?)?"
    r"(_(\{(?P<word>[A-Za-z0-9]{1,20})\}|(?P<subscript>[A-Za-z0-9])))?\Z"
)
_COMMAND = re.compile(r"\\(?P<name>[A-Za-z]+)(\{(?P<inside>.*)\})?\Z")
_LETTER = r"[A-Za-z]\Z"
FONTS = {"mathcal": r"[A-Z]\Z", "mathbb": r"[A-Z]\Z", "mathbf": _LETTER, "boldsymbol": _LETTER,
         "mathrm": r"[A-Za-z]{1,20}\Z"}  # fmt: skip
"""The fonts of LaTeX that a letter may have, and what stands in each."""

_VARIANTS = {"varepsilon": "ε", "varphi": "φ"}
_ACCENT_NAMES = {mark: name for name, mark in ACCENTS.items()}


@dataclass(frozen=True)
class Mark:
    """A symbol: a letter with its layer above, its subscript below, an accent, and what follows it.

    A derivative ∂of/∂symbol has the symbol's own letter, and `of` says of what. A symbol may have
    another, `below`, as its subscript: v_W⁽¹⁾. Where what is differentiated has axes, or is a derivative
    itself, `ranks` counts the axes of the numerator and of each denominator: ∂²f/∂x∂xᵀ is x of x of f,
    with ranks 0, 1, 1. `font` is one of LaTeX's, such as mathcal; text has the plain letter.
    """

    letter: str
    layer: str = ""
    subscript: str = ""
    accent: str = ""
    after: str = ""
    of: Mark | None = None
    below: Mark | None = None
    ranks: tuple[int, ...] = ()
    font: str = field(default="", repr=False)

    @property
    def numerator(self) -> Mark:
        """What a derivative is the derivative of, in the end."""
        return self if self.of is None else self.of.numerator

    @property
    def denominators(self) -> tuple[Mark, ...]:
        """By what it is differentiated, in order."""
        return () if self.of is None else (*self.of.denominators, replace(self, of=None, ranks=()))

    @property
    def is_jacobian(self) -> bool:
        """Whether it is a matrix with a row for each entry of one vector and a column for each of another."""
        return len(self.ranks) > 1 and sum(self.ranks) == 2 and max(self.ranks) == 1 and self.ranks[-1] == 1


def read_mark(text: str | Mark) -> Mark:
    r"""Return the symbol that a text or a fragment of LaTeX stands for.

    A text is a letter or Greek word, ^(layer), ^[layer] or ⁽ˡ⁾, _subscript, a word after. A fragment is a
    letter or Greek command within \mathcal, \mathbb, \mathbf, \boldsymbol or \mathrm, under \hat, \tilde,
    \bar or \dot, with a layer and a subscript.

    >>> read_mark("delta⁽ᴸ⁾")
    Mark(letter='δ', layer='L', subscript='', accent='', after='', of=None, below=None, ranks=())
    >>> read_mark(r"\hat{y}").accent, read_mark(r"\mathcal{L}").font
    ('hat', 'mathcal')

    Raises:
        InputError: for what is no symbol.
    """
    if isinstance(text, Mark):
        return text
    found = _of_text(text) or _of_latex(text.strip()) if isinstance(text, str) else None
    if found is None:
        shown = text if not isinstance(text, str) or len(text) <= 40 else f"{text[:37]}..."
        raise InputError(
            f"notation: {shown!r} is not a symbol (accepted: such as W, delta, ŷ, W^(l), W_Q, '∇_a C', "
            r"\mathcal{L}, \hat{y})"
        )
    return found


def _of_text(text: str) -> Mark | None:
    found = _MARK.match(plain_marks(unicodedata.normalize("NFD", text.strip())))
    if found is None:
        return None
    letter = GREEK.get(found["letter"], found["letter"])
    accent = _ACCENT_NAMES[found["accent"]] if found["accent"] else ""
    if accent and len(letter) > 1:
        return None
    layer = (found["layer"] or found["bracket"] or "").replace("−", "-")
    return Mark(letter, layer, found["subscript"] or "", accent, after=found["after"] or "")


def _of_latex(text: str) -> Mark | None:
    found = _FRAGMENT.match(text)
    core = _core(found["core"]) if found else None
    if found is None or core is None:
        return None
    layer = (found["layer"] or found["bracket"] or "").replace("−", "-")
    return replace(core, layer=layer, subscript=found["word"] or found["subscript"] or "")


def _core(text: str) -> Mark | None:
    """Read a letter of LaTeX with its font and its accent, and nothing else."""
    if re.match(_LETTER, text):
        return Mark(text)
    found = _COMMAND.match(text)
    if found is None:
        return None
    name, inside = found["name"], found["inside"]
    if inside is None:
        letter = _VARIANTS.get(name) or (GREEK.get(name) if name not in ("lam", "lamda") else None)
        return None if letter is None else Mark(letter)
    if name in ACCENTS:
        inner = _core(inside)
        return None if inner is None or inner.accent or len(inner.letter) > 1 else replace(inner, accent=name)
    if name not in FONTS:
        return None
    if re.match(FONTS[name], inside):
        return Mark(inside, font=name)
    greek = _core(inside) if name == "boldsymbol" else None
    return None if greek is None or greek.accent or greek.font else replace(greek, font=name)
