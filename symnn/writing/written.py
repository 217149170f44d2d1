"""Derivatives of activations written out: a ⊙ (1 − a) for σ′(z), where a = σ(z) is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar, cast

from sympy import Expr, Idx
from sympy.core.basic import Basic

from symnn.calculus.derivation import Derivation
from symnn.language import Elementwise, Entry, Equation, Program, formula, transform
from symnn.writing.notation import Notation

Subject = TypeVar("Subject", bound=Derivation | Program)


def as_written(subject: Subject, notation: Notation) -> Subject:
    """Return a derivation or a program with its named derivatives written out, if the notation asks for it."""
    if notation.derivative == "named":
        return subject
    if isinstance(subject, Derivation):
        return cast(Subject, replace(subject, program=with_written_derivatives(subject.program)))
    return cast(Subject, with_written_derivatives(subject))


def with_written_derivatives(program: Program) -> Program:
    """Return a program in which what a derivative equals stands in its place; f′ of an undefined f stays.

    >>> from symnn.language import NAMED, index, prime, tensor
    >>> i, z, a, u = index("i", 2), tensor("z", 2), tensor("a", 2), tensor("u", 2)
    >>> sigmoid = NAMED["sigmoid"]
    >>> print(with_written_derivatives(Program([Equation(a[i], sigmoid(z[i])), Equation(u[i], prime(sigmoid)(z[i]))])))
    a[i] = sigmoid(z[i])
    u[i] = (1 - a[i])*a[i]
    """
    return Program(written_equations(program), program.facts, program.layered, program.adjoints)


def written_equations(equations: Iterable[Equation], known: Iterable[Equation] = ()) -> list[Equation]:
    """Return equations with their derivatives written out; `known` are equations that stand before them."""
    values: dict[tuple[Any, str], Equation] = {}
    for equation in known:
        _remember(equation, values)
    made = []
    for equation in equations:
        made.append(_written(equation, values))
        _remember(equation, values)
    return made


def _remember(equation: Equation, values: dict[tuple[Any, str], Equation]) -> None:
    """Keep a[j] = f(z[j]), so that f(z[j]) can be called by its name."""
    right = equation.right
    if not isinstance(right, Elementwise) or right.order or not isinstance(right.args[0], Entry):
        return
    places, own = right.args[0].indices, equation.indices
    if all(isinstance(place, Idx) for place in places) and set(places) == set(own) and len(places) == len(own):
        values.setdefault((type(right), right.args[0].base.name), equation)


def _written(equation: Equation, values: dict[tuple[Any, str], Equation]) -> Equation:
    def named(part: Basic) -> Basic | None:
        if not isinstance(part, Elementwise) or part.order or not isinstance(part.args[0], Entry):
            return None
        found = values.get((type(part), part.args[0].base.name))
        if found is None:
            return None
        places = dict(zip(found.right.args[0].indices, part.args[0].indices, strict=True))
        return found.tensor[tuple(places[index] for index in found.indices)]

    def change(part: Basic) -> Basic | None:
        if not isinstance(part, Elementwise) or not part.order:
            return None
        inside: Expr = transform(part.args[0], change)
        meaning = formula(type(part), inside)
        return type(part)(inside) if meaning is None else transform(meaning, named)

    right = transform(equation.right, change)
    return equation if right == equation.right else Equation(equation.left, right)
