"""The derivative of a formula on a page: the value, what has a name, and the derivative in closed form.

    f     = xᵀ A x
    ∂f/∂x = (A + Aᵀ) x
"""

from __future__ import annotations

from collections.abc import Sequence

from symnn.calculus.derivation import Derivation
from symnn.language import Program
from symnn.views.closed import Shown, closed_forms
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
    of = [derivation.of] if derivation.of in program.defined else []
    results = list(dict.fromkeys(derivation.gradients.values()))
    main, beside = closed_forms(program, [*of, *results])
    value, derivatives = main[: len(of)], main[len(of) :]
    backward = [one for one in beside if _name(one) in derivation.backward]
    writer.page = writer.page.of([*main, *beside], program.inputs.values())
    groups = [
        ("Value", value),
        ("With", [one for one in beside if one not in backward]),
        (heading, [*backward, *derivatives]),
    ]
    sections = tuple(
        Section(words, tuple(line_of(one, writer, view) for one in group), derivatives=words == heading)
        for words, group in groups
        if group
    )
    everything = [*main, *beside]
    met = {*map(_name, everything), derivation.upstream}
    said = {name: adjoint for name, adjoint in program.adjoints.items() if name in met}
    spoken = Program(program, layered=program.layered, adjoints=said)
    defined = tuple(definitions(writer, everything, spoken, False))
    facts = facts_text(writer, derivation.facts)
    return page_text(Page(title, sections, defined, facts, notes=tuple(notes)), format)


def _name(shown: Shown) -> str:
    return str((shown.equation if isinstance(shown, MatrixEquation) else shown).tensor.name)
