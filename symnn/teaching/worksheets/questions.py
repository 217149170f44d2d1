"""A question with its solution, and everything in the solution that can be checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from symnn.teaching.worksheets.parts import Block
from symnn.teaching.worksheets.subject import Subject
from symnn.views.tree import Tree

PLACES = 4
"""How many decimals are written where numbers are rounded."""


@dataclass(frozen=True)
class Answer:
    """A number in the solution.

    Attributes:
        name: the tensor that it is an entry of; ∂C/∂b1 is db1, and the new value of b1 is b1_new.
        place: the entry, from 0.
        written: the decimal that the key shows.
    """

    name: str
    place: tuple[int, ...]
    written: str


@dataclass(frozen=True)
class Claim:
    """What a solution says of an expression: that it is ∂C/∂T, or that it is not.

    Attributes:
        wrt: T; W1_new, where the expression is the new value of W1.
        tree: the expression.
        is_right: whether it is said to be right.
    """

    wrt: str
    tree: Tree
    is_right: bool


@dataclass(frozen=True)
class Product:
    """What a solution says of a product, a sum or an elementwise product: its shape, or None where it is not defined."""

    tree: Tree
    shape: tuple[Any, ...] | None


@dataclass(frozen=True, eq=False)
class Question:
    """A question.

    Attributes:
        kind: forward, shapes, delta, update or mistake.
        title: its heading.
        subject: the network.
        task: what the sheet shows.
        solution: what the key shows.
        values: the numbers that it is about: every parameter, x and y.
        rate: the learning rate.
        is_rounded: whether its numbers are rounded.
        answers: the numbers that the key says.
        claims: the expressions that it says are right, or wrong.
        products: the products that it says are defined, or not.
    """

    kind: str
    title: str
    subject: Subject
    task: tuple[Block, ...]
    solution: tuple[Block, ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    rate: Fraction | None = None
    is_rounded: bool = False
    answers: tuple[Answer, ...] = ()
    claims: tuple[Claim, ...] = ()
    products: tuple[Product, ...] = ()
