r"""What a notebook shows: LaTeX for MathJax, with \boldsymbol and aligned."""

from __future__ import annotations

from symnn.calculus.derivation import Derivation
from symnn.language import Equation, Program
from symnn.language.display import show_with
from symnn.writing.aligning import aligned
from symnn.writing.notation import Notation
from symnn.writing.sections import page_of
from symnn.writing.write import write_equation, write_program, writer_for


def notebook_latex(
    subject: Derivation | Program | Equation, *, view: str = "", batch: bool = False, notation: Notation | None = None
) -> str:
    r"""Return the equations as one displayed formula, as `_repr_latex_` wants it.

    >>> from symnn.language import index, sizes, tensor
    >>> n = sizes("n"); j = index("j", n)
    >>> print(notebook_latex(Program([Equation(tensor("b", n)[j], tensor("delta", n)[j])])))
    $$
    \begin{aligned}
      \boldsymbol{b} &= \boldsymbol{\delta}
    \end{aligned}
    $$

    Raises:
        InputError: for an unknown view, and for a scalar view that is too long.
    """
    chosen = view or ("index" if isinstance(subject, Equation) else "matrix")
    whole = Program([subject]) if isinstance(subject, Equation) else subject
    context = subject.program if isinstance(subject, Equation) and subject.program is not None else whole
    page = page_of(whole, writer_for(context, "markdown", notation), view=chosen, batch=batch)
    lines = " \\\\[1ex]\n".join(aligned(section, air=True) for section in page.sections)
    return f"$$\n\\begin{{aligned}}\n{lines}\n\\end{{aligned}}\n$$"


def notebook_text(subject: Program | Equation) -> str:
    """Return the equations as lines of text."""
    if isinstance(subject, Equation):
        return write_equation(subject, program=subject.program)
    return write_program(subject).rstrip("\n")


show_with("latex", notebook_latex)
show_with("text", notebook_text)
