"""Families: equations that repeat for t = 1, …, T are shown once, and sums over t as sums.

    z_2 = U h_1 + W x_2 + b,   z_3 = U h_2 + W x_3 + b,   …      →   z_t = U h_{t−1} + W x_t + b,   t = 2, …, T
    δ_1 x_1ᵀ + δ_2 x_2ᵀ + δ_3 x_3ᵀ                             →   Σ_{t=1}^{3} δ_t x_tᵀ

A family is found by the numbers at the end of names, `z_2`, and by whole-number indices, `x[1, k]`: its
equations are equal but for a shift of those. What is equal by accident is equal: unfolding gives back
exactly what was folded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from sympy import Add, Expr, Integer, Symbol
from sympy.core.basic import Basic

from symnn.language import Entry, Equation, Program, transform

_NUMBERED = re.compile(r"(?P<stem>.*[^_\d].*)_(?P<number>\d+)\Z")


class RunningSum(Expr):
    """Σ of a body over t from a first to a last number; `args` are the body, t, and the two."""

    is_commutative = True
    is_real = True

    @property
    def body(self) -> Expr:
        return self.args[0]

    @property
    def free_symbols(self) -> set[Any]:
        return self.body.free_symbols - {self.args[1]}


@dataclass(frozen=True)
class Member:
    """What a tensor of a family's general equation stands for: `name` for t = 0 would end in `offset`.

    Attributes:
        example: a tensor of the program that it stands for.
        number: the number at the end of the example's name.
        offset: what is added to t: −1 for h_{t−1}.
    """

    example: str
    number: int
    offset: int


@dataclass(frozen=True)
class Run:
    """From where to where t goes, in the order of the program."""

    first: int
    last: int


@dataclass(frozen=True)
class Folding:
    """A program with an equation for each family.

    Attributes:
        program: the general equations, in place of the families.
        letter: the letter of t.
        runs: for the left side of each general equation, from where to where t goes.
        members: what the tensors with t in their names stand for.
    """

    program: Program
    letter: str = ""
    runs: dict[str, Run] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)


def unfolded(folding: Folding) -> list[Equation]:
    """Return the equations that a folding stands for, family by family."""
    found: list[Equation] = []
    for equation in folding.program:
        run = folding.runs.get(equation.tensor.name)
        if run is None:
            found.append(_at(folding, equation, None))
            continue
        step = 1 if run.last >= run.first else -1
        found.extend(_at(folding, equation, t) for t in range(run.first, run.last + step, step))
    return found


def split_name(name: str) -> tuple[str, int] | None:
    """Return a name without the number at its end, and the number."""
    match = _NUMBERED.match(name)
    return None if match is None else (match["stem"], int(match["number"]))


def _at(folding: Folding, equation: Equation, t: int | None) -> Equation:
    """Return a general equation for one t, with its running sums written out."""

    def place(part: Basic, value: int | None) -> Any:
        def change(inner: Basic) -> Basic | None:
            if isinstance(inner, RunningSum):
                body, _, first, last = inner.args
                return Add(*(place(body, n) for n in range(int(first), int(last) + 1)))
            if isinstance(inner, Entry) and value is not None:
                base, member = inner.base, folding.members.get(inner.base.name)
                if member is not None:
                    stem, _ = split_name(member.example) or (member.example, 0)
                    base = base.like(f"{stem}_{value + member.offset}")
                indices = [i.xreplace({running_letter(folding.letter): Integer(value)}) for i in inner.indices]
                return base[tuple(place(i, value) for i in indices)]
            return None

        return transform(part, change)

    return Equation(place(equation.left, t), place(equation.right, t))


def running_letter(letter: str) -> Symbol:
    """Return t itself."""
    return Symbol(letter, integer=True)
