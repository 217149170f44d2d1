"""What a worksheet is made of: questions with blanks and their solutions, as data that no format is decided for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from symnn.language import Tensor
from symnn.teaching.working import Working
from symnn.teaching.worksheets.models import Model
from symnn.views.tree import Tree


class Formula:
    """What is set as mathematics."""


@dataclass(frozen=True)
class Matrix(Formula):
    """A matrix expression."""

    tree: Tree


@dataclass(frozen=True)
class Term(Formula):
    """A scalar expression: an entry such as w₁₂, or η."""

    expression: Any


@dataclass(frozen=True)
class Number(Formula):
    """A number, shown with so many significant digits.

    Attributes:
        value: a number of many digits.
        digits: how many of them are shown.
    """

    value: Any
    digits: int


@dataclass(frozen=True)
class Array(Formula):
    """Numbers in rows and columns; a vector is one column."""

    rows: tuple[tuple[Formula, ...], ...]


@dataclass(frozen=True)
class Shape(Formula):
    """rows × columns"""

    rows: int
    columns: int


@dataclass(frozen=True)
class Equals(Formula):
    """left = right"""

    left: Formula
    right: Formula
    sign: str = "="


@dataclass(frozen=True)
class Blank(Formula):
    """Room for an answer, about so many letters wide."""

    letters: int = 12


Parts = tuple[str | Formula, ...]
"""A sentence with formulas in it."""


class Block:
    """A part of a question that stands on lines of its own."""


@dataclass(frozen=True)
class Sentence(Block):
    """A paragraph."""

    parts: Parts


@dataclass(frozen=True)
class Items(Block):
    """Short questions (a), (b), …, the first with the letter of a number; without letters where it is None."""

    items: tuple[Parts, ...]
    first: int | None = 0


@dataclass(frozen=True)
class Table(Block):
    """A table with a head."""

    head: tuple[Parts, ...]
    rows: tuple[tuple[Parts, ...], ...]


@dataclass(frozen=True)
class Lines(Block):
    """Equations below each other, numbered (1), (2), … or not."""

    equations: tuple[Equals, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Given(Block):
    """Numbers that are given, W = …, x = …"""

    equations: tuple[Equals, ...]


@dataclass(frozen=True)
class Room(Block):
    """Empty lines to write on."""

    lines: int


@dataclass(frozen=True, eq=False)
class Worked(Block):
    """The scalar equations of some tensors: symbols, numbers in their places, results."""

    working: Working
    names: tuple[str, ...]
    digits: int

    @property
    def is_roundabout(self) -> bool:
        """Whether it goes through the derivatives by a and by a sum of exponentials."""
        return any(name.startswith(("da", "dL")) for name in self.names)


@dataclass(frozen=True)
class Answer:
    """A number that the key says, and whose it is: entry `place` of a tensor, for given numbers.

    Attributes:
        name: the tensor, or the parameter that is updated.
        place: the entry, from 0.
        number: what is printed.
        is_update: whether it is the parameter's new value.
    """

    name: str
    place: tuple[int, ...]
    number: Number
    is_update: bool = False


@dataclass(frozen=True)
class Claim:
    """A line that the sheet or the key shows: `tensor` equals `tree`, which is right or a planted slip."""

    tensor: Tensor
    tree: Tree
    is_right: bool


@dataclass(frozen=True)
class ShapeClaim:
    """The shape of a matrix expression, or None where it is not defined."""

    tree: Tree
    shape: tuple[int, int] | None


@dataclass(frozen=True, eq=False)
class Question:
    """One question with its solution, and what the solution claims.

    Attributes:
        kind: forward, shapes, delta, update or mistake.
        model: the network that it is about.
        task: what is asked.
        solution: what the key says.
        given: an array for every parameter, for x and y, where there are numbers.
        rate: the learning rate, where there is one.
        answers, claims, shapes: what the key says, to be proved.
        slip: the kind of slip that is planted, or nothing.
    """

    kind: str
    model: Model
    task: tuple[Block, ...]
    solution: tuple[Block, ...]
    given: Mapping[str, Any] | None = None
    rate: Any = None
    answers: tuple[Answer, ...] = ()
    claims: tuple[Claim, ...] = ()
    shapes: tuple[ShapeClaim, ...] = ()
    slip: str = ""
