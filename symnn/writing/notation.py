"""How things are written, never what they are: letters, marks, bold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from symnn.errors import InputError
from symnn.writing.characters import GREEK, accent_of, plain_marks

_MARK = re.compile(r"(?P<letter>[^\W\d_]+|∇)(\^\((?P<layer>[^()]*)\))?(_(?P<subscript>\w+))?( (?P<after>[^\W\d_]+))?\Z")


@dataclass(frozen=True)
class Mark:
    """A symbol: a letter with its layer above, its subscript below, an accent, and what follows it.

    A derivative ∂of/∂symbol has the symbol's own letter, and `of` says of what. A symbol may have
    another, `below`, as its subscript: v_W⁽¹⁾. Where what is differentiated has axes, or is a derivative
    itself, `ranks` counts the axes of the numerator and of each denominator: ∂²f/∂x∂xᵀ is x of x of f,
    with ranks 0, 1, 1.
    """

    letter: str
    layer: str = ""
    subscript: str = ""
    accent: str = ""
    after: str = ""
    of: Mark | None = None
    below: Mark | None = None
    ranks: tuple[int, ...] = ()

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


@dataclass(frozen=True)
class Notation:
    """Choices of writing.

    Args:
        cost: the letter for the tensor named `C`.
        output: the letter for the last layer's activation; nothing leaves it a⁽ᴸ⁾.
        hadamard: the sign of the elementwise product, ⊙ or ∘.
        transpose: the mark of a transpose, ᵀ or ′ or any other.
        layers: "superscript" for W⁽¹⁾, "subscript" for W₁.
        bold: whether LaTeX writes vectors and matrices bold.
        names: for a tensor's name, how it is written: ``{"W_l": "W⁽ˡ⁾", "grad_a": "∇_a C"}``.

    >>> Notation(cost="L").cost
    'L'

    Raises:
        InputError: for a choice that there is not.
    """

    cost: str = "C"
    output: str = ""
    hadamard: str = "⊙"
    transpose: str = "ᵀ"
    layers: str = "superscript"
    bold: bool = True
    names: Mapping[str, str | Mark] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.hadamard not in ("⊙", "∘"):
            raise InputError(f"notation: unknown hadamard sign {self.hadamard!r} (accepted: ⊙, ∘)")
        if self.transpose not in ("ᵀ", "′"):
            raise InputError(f"notation: unknown transpose mark {self.transpose!r} (accepted: ᵀ, ′)")
        if self.layers not in ("superscript", "subscript"):
            raise InputError(f"notation: unknown layer mark {self.layers!r} (accepted: superscript, subscript)")
        for text in (self.cost, self.output or "a", *self.names.values()):
            read_mark(text)


def read_mark(text: str | Mark) -> Mark:
    """Return the symbol that a text stands for: a letter or Greek word, ^(layer) or ⁽ˡ⁾, _subscript, a word after.

    >>> read_mark("delta⁽ᴸ⁾")
    Mark(letter='δ', layer='L', subscript='', accent='', after='', of=None, below=None, ranks=())

    Raises:
        InputError: for a text that is no symbol.
    """
    if isinstance(text, Mark):
        return text
    found = _MARK.match(plain_marks(text.strip()))
    if not found:
        raise InputError(f"notation: {text!r} is not a symbol (accepted: such as W, delta, ŷ, W^(l), W_Q, '∇_a C')")
    letter, accent = accent_of(found["letter"])
    return Mark(
        GREEK.get(letter, letter), found["layer"] or "", found["subscript"] or "", accent, after=found["after"] or ""
    )
