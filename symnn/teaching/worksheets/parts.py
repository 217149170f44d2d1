"""What questions and answers are made of, before they are set in a format: sentences, formulas, tables, room.

A sentence is a row of words and formulas; a formula is a matrix expression, a scalar expression, numbers in
brackets, a shape, or two formulas with a sign between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import Expr

from symnn.views.tree import Tree


@dataclass(frozen=True)
class Matrix:
    """A matrix expression."""

    tree: Tree


@dataclass(frozen=True)
class Scalar:
    """A scalar expression; whole-number indices count from 0, as in the scalar view."""

    expression: Expr


@dataclass(frozen=True)
class Numbers:
    """Numbers in brackets, row by row, as decimals; a single one stands alone."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Shape:
    """A shape, such as 3 × 2."""

    sizes: tuple[Any, ...]


@dataclass(frozen=True)
class Relation:
    """Two formulas with a sign between them."""

    left: Formula
    right: Formula
    sign: str = "="


@dataclass(frozen=True)
class Blank:
    """Room for an answer within a line."""


Formula = Matrix | Scalar | Numbers | Shape | Relation | Blank
Part = str | Formula
Sentence = tuple[Part, ...]


@dataclass(frozen=True)
class Say:
    """A paragraph."""

    parts: Sentence


@dataclass(frozen=True)
class Given:
    """Formulas side by side, such as W = (1 2; 0 1) and x = (3; 1)."""

    formulas: tuple[Formula, ...]


@dataclass(frozen=True)
class Lines:
    """Equations under each other; those of a derivation that is to be judged are numbered."""

    formulas: tuple[Relation, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Table:
    """A table to fill in, or filled in.

    Attributes:
        heads: the head of each column.
        rows: the cells, row by row.
        widths: how wide each column is, of a line's width; of a column without, as wide as what stands in it.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[Sentence, ...], ...]
    widths: tuple[float, ...]


@dataclass(frozen=True)
class Working:
    """Equations worked with numbers: for each name of a tensor, all its entries.

    Attributes:
        names: the tensors, in order.
    """

    names: tuple[str, ...]


@dataclass(frozen=True)
class Steps:
    """The derivation of an adjoint, step by step."""

    name: str


@dataclass(frozen=True)
class Room:
    """Room to write, so many lines high."""

    lines: int


@dataclass(frozen=True)
class Diagram:
    """The network, drawn; where it cannot be, nothing."""


Block = Say | Given | Lines | Table | Working | Steps | Room | Diagram


def say(*parts: Part) -> Say:
    """Return a paragraph of words and formulas."""
    return Say(parts)
