"""Assignments in writing: v ← μ v − η g, with the writers that everything else is written with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, Float, Rational

from symnn.errors import InputError, suggest
from symnn.language import Equation, Program, tensor
from symnn.writing import Notation
from symnn.writing.characters import width
from symnn.writing.names import mark_of_name
from symnn.writing.write import writer_for

FORMATS = ("text", "ascii", "latex")
_ARROWS = {"text": "←", "ascii": "<-", "latex": r"\leftarrow"}


@dataclass(frozen=True)
class Shown:
    """An assignment as it is shown: `renews` says that the name had a value before."""

    name: str
    right: Expr
    renews: bool = False


def sides(lines: Iterable[Shown], format: str, scalars: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return the two sides of each assignment; `scalars` are the names that stand in front of products."""
    if format not in FORMATS:
        raise InputError(f"unknown format {format!r}{suggest(str(format), FORMATS)}")
    front = set(scalars)
    written = []
    for line in lines:
        names = {one.name for one in line.right.free_symbols}
        roles = {name: "hyperparameter" if name in front else "value" for name in names}
        entries = {one: tensor(one.name, (), roles[one.name]) for one in line.right.free_symbols}
        # What is renewed stands on both sides, which an equation cannot say: a new name is written as the old one.
        new = f"{line.name}_new" if line.name in names else line.name
        equation = Equation(tensor(new), line.right.xreplace(entries))
        marks = {name: mark_of_name(name.removesuffix("_new"), layered=False) for name in (*names, new)}
        notation = Notation(names=marks)
        writer = writer_for(Program([equation]), format, notation)
        written.append(writer.sides(equation.left, _decimal(equation.right)))
    return written


def rows_of(lines: Sequence[Shown], format: str, scalars: Iterable[str] = ()) -> list[tuple[str, str, str]]:
    """Return the two sides of each assignment, with the sign between them."""
    both = sides(lines, format, scalars)
    return [
        (left, _ARROWS[format] if line.renews else "=", right) for line, (left, right) in zip(lines, both, strict=True)
    ]


def assignments(rows: Sequence[tuple[str, str, str]], format: str) -> str:
    """Return assignments under each other: lines of text, or the lines of an align environment."""
    if format == "latex":
        return " \\\\\n".join(f"  {left} &{sign} {right}" for left, sign, right in rows)
    widest = max(width(left) for left, _, _ in rows)
    longest = max(len(sign) for _, sign, _ in rows)
    return "\n".join(
        f"  {left}{' ' * (widest - width(left))} {sign:<{longest}} {right}" for left, sign, right in rows
    )


def values(given: Mapping[str, float], format: str) -> list[str]:
    """Return each name with its value: η = 0.1."""
    return [f"{letter(name, format)} = {_number(value, format)}" for name, value in given.items()]


def letter(name: str, format: str) -> str:
    """Return how a name is written."""
    ((left, _),) = sides([Shown(name, Rational(0))], format)
    return left


def _decimal(expression: Expr) -> Expr:
    """Return an expression with tenths and the like as decimals: 0.9 v, where a formula said so."""
    tenths = [one for one in expression.atoms(Rational) if one.q % 5 == 0 and 10**6 % one.q == 0]
    return expression.xreplace({one: Float(one) for one in tenths})


def _number(value: float, format: str) -> str:
    """Return a number as a decimal: 0.001, or 10⁻⁸."""
    digits, _, exponent = f"{value:.15g}".partition("e")
    if not exponent:
        return digits.replace("-", "−") if format == "text" else digits
    return writer_for(Program([]), format).dialect.scientific(digits, int(exponent))
