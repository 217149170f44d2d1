"""The derivative of a formula on a page: the value, what has a name, and the derivative in closed form.

    f     = xᵀ A x
    ∂f/∂x = (A + Aᵀ) x
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symnn.calculus.derivation import Derivation
from symnn.language import Program
from symnn.views.closed import closed_form
from symnn.views.matrix import MatrixEquation
from symnn.writing.definitions import definitions, facts_text
from symnn.writing.notation import Notation
from symnn.writing.sections import Page, Section, line_of
from symnn.writing.write import page_text, write, writer_for


def write_formula(
    derivation: Derivation,
    *,
    heading: str = "Gradient",
    view: str = "matrix",
    format: str = "text",
    title: str = "",
    notation: Notation | None = None,
    notes: Sequence[str] = (),
    working: bool = False,
) -> str:
    """Return the derivative of a formula in writing.

    Args:
        derivation: the formula's program with its derivative.
        heading: what the derivative is: Gradient, Jacobian or Hessian.
        view: matrix, index or scalar; the index and the scalar view show every equation.
        format: text, ascii, markdown or latex.
        title: the first line.
        notation: choices of writing.
        notes: lines at the end.
        working: whether every equation is shown in the matrix view too, instead of closed forms.

    Raises:
        InputError: for an unknown view or format, and for a scalar view that is too long.
    """
    if view != "matrix" or working:
        return write(derivation, view=view, format=format, title=title, notation=notation, notes=notes)
    program = derivation.program
    writer = writer_for(derivation, format, notation)
    value = closed_form(program, derivation.of) if derivation.of in program.defined else ()
    derivatives = [closed_form(program, name) for name in dict.fromkeys(derivation.gradients.values())]
    main = [*value[:1], *(found[0] for found in derivatives)]
    beside = _in_order(program, [value[1:], *(found[1:] for found in derivatives)], {_name(one) for one in main})
    groups = [
        ("Value", value[:1]),
        ("With", [one for one in beside if _name(one) not in derivation.backward]),
        (heading, [one for one in beside if _name(one) in derivation.backward]),
    ]
    sections = []
    for words, group in groups:
        shown = [*group, *(found[0] for found in derivatives)] if words == heading else list(group)
        if shown:
            lines = tuple(line_of(one, writer, view) for one in shown)
            sections.append(Section(words, lines, derivatives=words == heading))
    everything = [*main, *beside]
    said = {n: a for n, a in program.adjoints.items() if n in {_name(one) for one in everything}}
    spoken = Program(program, layered=program.layered, adjoints=said)
    defined = tuple(definitions(writer, everything, spoken, False))
    facts = facts_text(writer, derivation.facts)
    return page_text(Page(title, tuple(sections), defined, facts, notes=tuple(notes)), format)


def _in_order(program: Program, groups: Iterable[Sequence[object]], excluded: set[str]) -> list[object]:
    """Return the equations of several closed forms, each once, in the program's order."""
    found = {_name(one): one for group in groups for one in group if _name(one) not in excluded}
    return [found[name] for name in program.defined if name in found]


def _name(shown: object) -> str:
    equation = shown.equation if isinstance(shown, MatrixEquation) else shown
    return str(equation.tensor.name)  # type: ignore[attr-defined]
