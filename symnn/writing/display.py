r"""What a notebook shows: LaTeX for MathJax, with \boldsymbol and aligned."""

from __future__ import annotations

from symnn.calculus.derivation import Derivation
from symnn.language import Equation, Program
from symnn.writing.notation import Notation
from symnn.writing.sections import page_of
from symnn.writing.write import aligned, writer_for


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
    page = page_of(whole, writer_for(whole, "markdown", notation), view=chosen, batch=batch)
    lines = " \\\\[1ex]\n".join(aligned(section) for section in page.sections)
    return f"$$\n\\begin{{aligned}}\n{lines}\n\\end{{aligned}}\n$$"
