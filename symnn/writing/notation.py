"""How things are written, never what they are: letters, marks, bold, rows or columns, layouts, numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from symnn.errors import InputError, suggest
from symnn.writing.marks import Mark, read_mark

__all__ = ["LETTERS", "Mark", "Notation", "choices_of", "read_mark"]

LETTERS = {
    "cost": "C", "weights": "W", "bias": "b", "preactivation": "z", "activation": "a", "error": "delta",
    "input": "x", "target": "y",
}  # fmt: skip
"""The letters of a network, and the names of the tensors that have them."""

_CHOICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "hadamard": ("hadamard sign", ("⊙", "∘")),
    "transpose": ("transpose mark", ("ᵀ", "′", "⊤")),
    "layers": ("layer mark", ("superscript", "bracket", "subscript")),
    "examples": ("orientation of an example", ("columns", "rows")),
    "layout": ("layout of derivatives", ("denominator", "numerator")),
    "derivative": ("way to write an activation's derivative", ("named", "written")),
    "sums": ("way to write sums", ("plain", "limits")),
    "equations": ("numbering of equations", ("none", "all", "sections")),
}
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9:.-]{0,30}\Z")


@dataclass(frozen=True)
class Notation:
    r"""Choices of writing.

    Every letter is a text such as ``Θ``, ``theta`` or ``ŷ``, or LaTeX such as ``\mathcal{L}``: see `read_mark`.

    Args:
        cost: the letter for the tensor named `C`.
        output: the letter for the last layer's activation; nothing leaves it a⁽ᴸ⁾.
        input: the letter of a network's input.
        target: the letter of its targets.
        weights, bias, preactivation, activation, error: the letters of a network's W, b, z, a and δ.
        hadamard: the sign of the elementwise product, ⊙ or ∘.
        transpose: the mark of a transpose, ᵀ, ′ or ⊤.
        layers: "superscript" for W⁽¹⁾, "bracket" for W^[1], "subscript" for W₁.
        bold: whether LaTeX writes vectors and matrices bold.
        examples: "columns" for z = W x + b, "rows" for z = x Wᵀ + b. A batch has one example a row in either.
        layout: "denominator", where a gradient has the shape of its variable, or "numerator", where it has
            that of its transpose.
        derivative: "named" for σ′(z), "written" for σ(z) ⊙ (1 − σ(z)), or a ⊙ (1 − a) where a is σ(z).
        indices: where the numbers of indices begin, 1 or 0; None is 1 for scalars by name, and 0 where
            indices are calculated with.
        sums: "plain" for Σⱼ, "limits" for Σⱼ₌₁³.
        equations: which equations have numbers: "none"; "all", 1, 2, …; or "sections", 1.1, 1.2, … 2.1, …
        labels: what stands before the name of a tensor in the ``\label`` of its equation.
        names: for a tensor's name, how it is written: ``{"W_l": "W⁽ˡ⁾", "grad_a": "∇_a C"}``.

    >>> Notation(cost="L").cost
    'L'

    Raises:
        InputError: for a choice that there is not, and for two letters that are one.
    """

    cost: str | Mark = "C"
    output: str | Mark = ""
    hadamard: str = "⊙"
    transpose: str = "ᵀ"
    layers: str = "superscript"
    bold: bool = True
    names: Mapping[str, str | Mark] = field(default_factory=dict, hash=False)
    input: str | Mark = "x"
    target: str | Mark = "y"
    weights: str | Mark = "W"
    bias: str | Mark = "b"
    preactivation: str | Mark = "z"
    activation: str | Mark = "a"
    error: str | Mark = "δ"
    examples: str = "columns"
    layout: str = "denominator"
    derivative: str = "named"
    indices: int | None = None
    sums: str = "plain"
    equations: str = "none"
    labels: str = "eq:"

    def __post_init__(self) -> None:
        for name, (what, accepted) in _CHOICES.items():
            given = getattr(self, name)
            if not isinstance(given, str) or given not in accepted:
                near = suggest(given, accepted) if isinstance(given, str) else f" (accepted: {', '.join(accepted)})"
                raise InputError(f"notation: unknown {what} {given!r}{near}")
        if not isinstance(self.bold, bool):
            raise InputError(f"notation: bold is {self.bold!r} (accepted: true, false)")
        if self.indices is not None and (type(self.indices) is not int or self.indices not in (0, 1)):
            raise InputError(f"notation: indices from {self.indices!r} (accepted: 0, 1)")
        if not isinstance(self.labels, str) or (self.labels and not _LABEL.match(self.labels)):
            raise InputError(f"notation: bad prefix of labels {self.labels!r} (accepted: such as eq:, or nothing)")
        if not isinstance(self.names, Mapping) or not all(isinstance(name, str) for name in self.names):
            raise InputError(f"notation: names is {self.names!r} (accepted: a symbol for the name of each tensor)")
        for text in self.names.values():
            read_mark(text)
        self._check_letters()

    def _check_letters(self) -> None:
        read_mark(self.output or "a")
        used: dict[Any, str] = {}
        for name in LETTERS:
            mark = read_mark(getattr(self, name))
            if name not in ("cost", "input", "target") and (mark.layer or mark.after):
                raise InputError(f"notation: {name} is {getattr(self, name)!r} (accepted: a letter without a layer)")
            if mark in used:
                raise InputError(f"notation: {used[mark]} and {name} are both {getattr(self, name)!r}")
            used[mark] = name

    def letter(self, name: str) -> Mark:
        """Return the symbol of a letter such as `cost` or `weights`."""
        return read_mark(getattr(self, name))

    @property
    def in_rows(self) -> bool:
        """Whether vectors are rows."""
        return self.examples == "rows"

    @property
    def in_numerator_layout(self) -> bool:
        """Whether a gradient has the shape of its variable's transpose."""
        return self.layout == "numerator"

    def titled(self, title: str) -> str:
        """Return a title that says which way round an example is."""
        return title.replace("one example, columns", "one example, rows") if self.in_rows else title


def choices_of(notation: Notation) -> dict[str, Any]:
    """Return what a notation has chosen that is not the default, by name.

    >>> choices_of(Notation(cost="L", layout="numerator"))
    {'cost': 'L', 'layout': 'numerator'}
    """
    plain = Notation()
    names = [one.name for one in fields(Notation)]
    return {name: getattr(notation, name) for name in names if getattr(notation, name) != getattr(plain, name)}
