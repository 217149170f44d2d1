"""Equations that a derivation puts in, and that the matrix view does not show as they are."""

from __future__ import annotations

from symnn.calculus import Derivation
from symnn.language import Equation, Program, tensors
from symnn.views.labels import labelled
from symnn.views.matrix import MatrixEquation, matrix_equations
from symnn.writing import Notation
from symnn.writing.lines import Line
from symnn.writing.write import writer_for

WITH_INDICES = "In the derivation, written with indices"


def unshown(program: Program) -> tuple[str, ...]:
    """Return the names of what the matrix view does not define as the program does.

    That is what stands on the left of no shown equation, as L of softmax does; and what is defined by it in the
    program, as a = exp(z − L), for which the matrix view has another equation, a = softmax(z).

    >>> from symnn import mlp
    >>> unshown(mlp("2-3-2", activation=["relu", "softmax"], cost="cross_entropy").program)
    ('L2', 'a2')
    """
    labelling = labelled(program)
    left = {_name(one) for one in matrix_equations(labelling.program)}
    shown = {labelling.labels.get(name, name) for name in left}
    hidden = {name for name in program.defined if name not in shown}
    return tuple(e.tensor.name for e in program if e.tensor.name in hidden or _speaks_of(e, hidden))


def unshown_lines(derivation: Derivation, format: str, notation: Notation | None) -> tuple[Line, ...]:
    """Return these equations of what was differentiated, with indices, as the steps write them."""
    program, forward = derivation.program, derivation.forward_equations
    names = unshown(Program(forward, program.facts, program.layered))
    if not names:
        return ()
    writer = writer_for(derivation, format, notation)
    writer.page = writer.page.of([*forward, *derivation.backward_equations])
    return tuple(Line(*writer.sides(e.left, e.right)) for e in forward if e.tensor.name in names)


def _name(shown: MatrixEquation | Equation) -> str:
    return (shown.equation if isinstance(shown, MatrixEquation) else shown).tensor.name


def _speaks_of(equation: Equation, names: set[str]) -> bool:
    return any(tensor.name in names for tensor in tensors(equation.right))
