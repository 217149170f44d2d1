"""Pieces of code: what they bind, where they stand, and the code of whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Expr, Idx, Symbol

from symnn.language import free_indices

ADD, MUL, ATOM = 1, 2, 3


@dataclass(frozen=True)
class Code:
    """A piece of code: how tightly it binds, and how many loops it stands in."""

    text: str
    binds: int = ATOM
    depth: int = 0

    def inside(self, binds: int) -> str:
        """Return the text as an operand of what binds so tightly."""
        return self.text if self.binds >= binds else f"({self.text})"


def is_name(text: str) -> bool:
    """Whether a text is a name."""
    return text.isidentifier()


def is_constant(text: str) -> bool:
    """Whether a text is a name or a number: it costs nothing to write it twice."""
    return (
        text.isidentifier()
        or text.lstrip("-").replace(".", "").replace("e-", "").isdigit()
        or (text.startswith("float32(") and text.count("(") == 1)
    )


def joined(terms: Sequence[tuple[str, Code]]) -> Code:
    """Return the sum of terms, each with its sign."""
    (sign, first), *others = terms
    text = first.inside(ADD) if sign == "+" else f"-{first.inside(MUL)}"
    for sign, code in others:
        text += f" {sign} {code.inside(ADD if sign == '+' else MUL)}"
    return Code(text, ADD, max(code.depth for _, code in terms))


def affine(part: Expr, names: dict[Idx, str]) -> str:
    """Return the code of an index or a size: whole numbers times indices and sizes."""
    if isinstance(part, Idx):
        return names[part]
    put = {i: Symbol(names[i], integer=True) for i in free_indices(part)}
    return str(part.xreplace(put) if put else part)
