"""The derivative of a formula on a page: the value, what has a name, and the derivative in closed form.

    f     = xᵀ A x
    ∂f/∂x = (A + Aᵀ) x

An adjoint of what is not on the page has a plain letter: g, and not s̄ = ∂f/∂s where there is no s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symnn.calculus.derivation import Derivation
from symnn.language import Program
from symnn.views.closed import Shown, closed_forms
from symnn.views.matrix import MatrixEquation
from symnn.writing.adjoints import present_tensors
from symnn.writing.definitions import definitions, facts_text
from symnn.writing.lines import numbered
from symnn.writing.names import mark_of_name
from symnn.writing.notation import Mark, Notation
from symnn.writing.sections import Page, Section, base_of, line_of, stated
from symnn.writing.write import page_text, write, writer_for
from symnn.writing.written import as_written


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
    order: Sequence[str] = (),
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
        order: the variables as the formula names them: differences are written as it has them.

    Raises:
        InputError: for an unknown view or format, and for a scalar view that is too long.
    """
    if view != "matrix" or working:
        return write(derivation, view=view, format=format, title=title, notation=notation, notes=notes)
    page = formula_page(
        derivation, heading=heading, format=format, title=title, notation=notation, notes=notes, order=order
    )
    return page_text(page, format)


def formula_page(
    derivation: Derivation,
    *,
    heading: str = "Gradient",
    format: str = "text",
    title: str = "",
    notation: Notation | None = None,
    notes: Sequence[str] = (),
    order: Sequence[str] = (),
) -> Page:
    """Return a formula's derivative in closed form, before it is set on a page; arguments as in `write_formula`."""
    view, chosen = "matrix", notation or Notation()
    derivation = as_written(derivation, chosen)
    program = derivation.program
    of = [derivation.of] if derivation.of in program.defined else []
    results = list(dict.fromkeys(derivation.gradients.values()))
    main, beside = closed_forms(program, [*of, *results], order=order)
    value, derivatives = main[: len(of)], main[len(of) :]
    backward = [one for one in beside if _name(one) in derivation.backward]
    names = {**_helpers(program, [*beside, *main], main), **chosen.names}
    writer = writer_for(derivation, format, replace(chosen, names=names))
    writer.base, writer.swaps_gradients = base_of(chosen, view), True
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
    met = {*map(_name, everything), derivation.upstream} - names.keys()
    said = {name: adjoint for name, adjoint in program.adjoints.items() if name in met}
    spoken = Program(program, layered=program.layered, adjoints=said)
    defined = tuple(definitions(writer, everything, spoken, False))
    facts = facts_text(writer, derivation.facts)
    said_of_notation = stated(writer, everything, view)
    return Page(
        title, numbered(sections, chosen), defined, facts, notes=tuple(notes), choices=said_of_notation
    )


def _helpers(program: Program, shown: Sequence[Shown], main: Sequence[Shown]) -> dict[str, Mark]:
    """Return a plain letter for each adjoint of what is not on the page: g for s̄ = ∂f/∂s, where there is no s."""
    present = present_tensors(shown)
    results = set(map(_name, main))
    sizes = {symbol.name for t in program.inputs.values() for size in t.shape for symbol in size.free_symbols}
    taken = {mark_of_name(name, layered=False).letter.lower() for name in (*present, *sizes)}
    letters = [letter for letter in _HELPERS if letter not in taken]
    found: dict[str, Mark] = {}
    for name, tensor in present.items():
        adjoint = program.adjoints.get(name)
        if adjoint is None or name in results or name not in program.defined or adjoint.wrt in present or not letters:
            continue
        letter = letters.pop(0)
        found[name] = Mark(letter.upper() if tensor.rank > 1 else letter)
    return found


_HELPERS = "gruvwpqbced"
"""Letters for what has no name of its own."""


def _name(shown: Shown) -> str:
    return str((shown.equation if isinstance(shown, MatrixEquation) else shown).tensor.name)
