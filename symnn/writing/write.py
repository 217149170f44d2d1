"""Derivations, programs and equations in writing: Unicode text, ASCII, Markdown, LaTeX or MathML, in any view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symnn.calculus.derivation import Derivation
from symnn.errors import InputError, suggest
from symnn.language import Equation, Program
from symnn.writing.aligning import SMALL_WIDTH, WIDTH, after, aligned, in_columns
from symnn.writing.ascii import Ascii
from symnn.writing.characters import ascii_text, escape_latex, width
from symnn.writing.dialects import Text
from symnn.writing.expressions import ExpressionWriter
from symnn.writing.fragment import ScreenLatex, formula, fragment
from symnn.writing.latex import Latex, MarkdownLatex
from symnn.writing.names import names_of
from symnn.writing.notation import Notation
from symnn.writing.scope import PageLetters
from symnn.writing.sections import Page, page_of
from symnn.writing.written import written_equations

_PAGE = 20
"""More equations than this may not fit on a page."""
_SMALL = r"\fontsize{9}{11}\selectfont"
_CLOSE = r"\setlength{\abovedisplayskip}{2pt}\setlength{\belowdisplayskip}{4pt}"

FORMATS = ("text", "ascii", "markdown", "latex", "mathml")


def write(
    derivation: Derivation,
    *,
    view: str = "matrix",
    format: str = "text",
    title: str = "",
    batch: bool = False,
    notation: Notation | None = None,
    notes: Sequence[str] = (),
) -> str:
    """Return a derivation in writing: forward and backward equations, and what their symbols mean.

    Args:
        derivation: the program with its gradient.
        view: matrix, index or scalar.
        format: text, ascii, markdown, latex or mathml (a fragment of HTML).
        title: the first line.
        batch: whether the program was batched after it was differentiated, so that δ is each example's own.
        notation: choices of writing.
        notes: lines at the end.

    Raises:
        InputError: for an unknown view or format, and for a scalar view that is too long.
    """
    return _write(derivation, format, notation, view=view, title=title, batch=batch, notes=notes)


def write_program(
    program: Program,
    *,
    view: str = "matrix",
    format: str = "text",
    title: str = "",
    batch: bool = False,
    notation: Notation | None = None,
    notes: Sequence[str] = (),
) -> str:
    """Return a program in writing.

    >>> from sympy import Sum
    >>> from symnn.language import index, sizes, tensor
    >>> n, d = sizes("n d"); j, k = index("j", n), index("k", d)
    >>> W, x, z = tensor("W", (n, d)), tensor("x", d), tensor("z", n)
    >>> print(write_program(Program([Equation(z[j], Sum(W[j, k] * x[k], k))])), end="")
    z = W x

    Raises:
        InputError: for an unknown view or format, and for a scalar view that is too long.
    """
    return _write(program, format, notation, view=view, title=title, batch=batch, notes=notes)


def write_equation(
    equation: Equation,
    *,
    view: str = "index",
    format: str = "text",
    program: Program | None = None,
    notation: Notation | None = None,
) -> str:
    """Return one equation in writing, without what its symbols mean; `program` says how they are written.

    >>> from symnn.language import index, sizes, tensor
    >>> n = sizes("n"); j = index("j", n)
    >>> print(write_equation(Equation(tensor("b", n)[j], 2 * tensor("delta", n)[j])))
    bⱼ = 2δⱼ

    Raises:
        InputError: for an unknown view or format, and for a scalar view that is too long.
    """
    writer = writer_for(program or Program([equation]), format, notation)
    if writer.dialect.notation.derivative == "written":
        (equation,) = written_equations([equation], program or ())
    page = page_of(Program([equation]), writer, view=view)
    lines = [line for section in page.sections for line in section.lines]
    written = [f"{line.left} = {line.right}{after(line, format)}" for line in lines]
    return "\n".join(formula(one, display=True) if format == "mathml" else one for one in written)


def writer_for(subject: Derivation | Program, format: str, notation: Notation | None = None) -> ExpressionWriter:
    """Return the writer for a derivation's or a program's symbols in a format."""
    if format not in FORMATS:
        raise InputError(f"unknown format '{format}'{suggest(format, FORMATS)}")
    chosen = notation or Notation()
    if isinstance(subject, Derivation):
        # A Hessian's gradient is a result, too: ∂f/∂x, and not a bar.
        firsts = [n for n, a in subject.program.adjoints.items() if a.of == subject.of and a.wrt in subject.wrt]
        results = dict.fromkeys([*subject.gradients.values(), *firsts])
        names = names_of(subject.program, chosen, results, subject.upstream, subject.of)
    else:
        names = names_of(subject, chosen)
    # MathML is made of LaTeX, read back.
    dialects = {"text": Text, "ascii": Ascii, "latex": Latex, "markdown": MarkdownLatex, "mathml": ScreenLatex}
    writer = ExpressionWriter(dialects[format](chosen), names)
    # Beside W⁽ˡ⁺¹⁾ no index is called l.
    layers = {letter.lower() for mark in names.marks.values() for letter in mark.layer if letter.isalpha()}
    writer.page = PageLetters(frozenset(layers))
    return writer


def _write(subject: Derivation | Program, format: str, notation: Notation | None, **shown: Any) -> str:
    return page_text(page_of(subject, writer_for(subject, format, notation), **shown), format)


def page_text(page: Page, format: str) -> str:
    """Return a page in a format."""
    written = {"text": _text, "ascii": _text, "markdown": _markdown, "latex": _latex, "mathml": fragment}[format](page)
    return ascii_text(written) if format == "ascii" else written


def _text(page: Page) -> str:
    lines = [page.title] if page.title else []
    for section in page.sections:
        # Derivatives stand a little apart from their right sides, as fractions do in print.
        widest = max(width(line.left) for line in section.lines) + (2 if section.derivatives else 0)
        longest = max(width(line.right + after(line, "text")) for line in section.lines)
        indent = "  " if section.heading else ""
        lines.extend([section.heading] if section.heading else [])
        beside = max((width(line.right) for line in section.lines if line.remark or line.condition), default=0)
        for line in section.lines:
            padding = " " * (widest - width(line.left))
            behind = after(line, "text")
            remark = f"{' ' * (beside - width(line.right))}{behind}" if behind else ""
            number = f"{' ' * (longest - width(line.right + remark))}   ({line.number})" if line.number else ""
            lines.append(f"{indent}{line.left}{padding} = {line.right}{remark}{number}")
    if page.definitions:
        lines.append(f"where {', '.join(page.definitions)}")
    if page.facts:
        lines.append(f"using {page.facts}")
    if page.count:
        lines.append(f"{page.count}: {', '.join(page.shapes)}")
    if page.choices:
        lines.append(f"notation: {'; '.join(page.choices)}")
    return "\n".join([*lines, *page.notes]) + "\n"


def _latex(page: Page) -> str:
    # A display longer than a page may break between its lines, within this fragment alone.
    long = any(len(section.lines) > _PAGE for section in page.sections)
    blocks = [r"\begingroup\allowdisplaybreaks" + (_SMALL if page.is_full else "")] if long or page.is_full else []
    blocks += [rf"\noindent\textbf{{{escape_latex(page.title)}}}"] if page.title else []
    for section in page.sections:
        heading = f"\\noindent\\textit{{{escape_latex(section.heading)}}}\n" if section.heading else ""
        heading += f"{_CLOSE}\n" if page.is_full else ""
        numbers = any(line.number for line in section.lines)
        if page.is_full and not numbers:
            displays = in_columns(section)
        else:
            displays = [aligned(section, not page.is_full, SMALL_WIDTH if page.is_full else WIDTH, labels=True)]
        name = "align" if numbers else "align*"
        blocks.append(heading + "\n".join(f"\\begin{{{name}}}\n{lines}\n\\end{{{name}}}" for lines in displays))
    if page.definitions:
        blocks.append(_ragged(f"where {_inline(page.definitions)}."))
    if page.facts:
        blocks.append(f"\\noindent Using ${page.facts}$.\\par")
    if page.count:
        blocks.append(_ragged(f"{page.count.replace(',', '{,}')}: {_inline(page.shapes)}."))
    if page.choices:
        blocks.append(_ragged(f"Notation: {'; '.join(page.choices)}."))
    blocks.extend(rf"\noindent {escape_latex(note)}\par" for note in page.notes)
    blocks += [r"\endgroup"] if long or page.is_full else []
    return "\n\n".join(blocks) + "\n"


def _ragged(text: str) -> str:
    """Return a paragraph of formulas: set flush, they would be torn apart or stand out into the margin."""
    return f"{{\\raggedright\\noindent {text}\\par}}"


def _markdown(page: Page) -> str:
    blocks = [f"### {page.title}"] if page.title else []
    for section in page.sections:
        if section.heading:
            blocks.append(f"**{section.heading}**")
        blocks.append(f"$$\n\\begin{{aligned}}\n{aligned(section)}\n\\end{{aligned}}\n$$")
    if page.definitions:
        blocks.append(f"where {_inline(page.definitions)}")
    if page.facts:
        blocks.append(f"using ${page.facts}$")
    if page.count:
        blocks.append(f"{page.count}: {_inline(page.shapes)}")
    if page.choices:
        blocks.append(f"notation: {'; '.join(page.choices)}")
    return "\n\n".join([*blocks, *page.notes]) + "\n"


def _inline(formulas: Sequence[str]) -> str:
    # A formula that ends in words closes its dollars itself.
    return ", ".join(f"${formula}$".replace("$$", "") for formula in formulas)
