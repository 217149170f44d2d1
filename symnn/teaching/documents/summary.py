"""The summary: one page with model, cost, gradient, update and shapes."""

from __future__ import annotations

from collections.abc import Iterator

from symnn.teaching.documents.content import NAMED, Content
from symnn.teaching.documents.escaping import escaped
from symnn.teaching.documents.parts import document, inline, measured, result_lines, under
from symnn.teaching.documents.preamble import PREAMBLES
from symnn.teaching.unshown import WITH_INDICES
from symnn.writing.lines import Line, Section

_MUCH = 4
_FEW = 8
"""More parameters than this are updated in one line for all."""


def summary(content: Content) -> str:
    """Return the summary as a LaTeX document."""
    page = "\n\n".join(part for part in _page(content) if part)
    return document(PREAMBLES["summary"], [rf"\onepage{{{page}}}"])


def _page(content: Content) -> Iterator[str]:
    yield rf"\documenttitle{{{content.title}}}{{{content.assumed}}}"
    left, right, below = list(_model(content)), list(_gradient(content)), list(_symbols(content))
    # The shorter column has room for the symbols, where it is much shorter.
    shown = [one for one in content.forward if one.heading != WITH_INDICES]
    given, derived = (sum(len(one.lines) for one in part) for part in (shown, content.derived))
    if derived + len(content.update) > given + _MUCH:
        left, below = [*left, *below], []
    yield _two_columns("\n\n".join(left), "\n\n".join(right))
    yield from below


def _symbols(content: Content) -> Iterator[str]:
    yield r"\head{Symbols and shapes}"
    yield from under(content.page)
    if content.page.count:
        yield rf"{{\raggedright {escaped(content.page.count)}: {inline(content.page.shapes)}.\par}}"
    if content.notation:
        yield rf"{{\raggedright {content.notation}\par}}"
    for note in content.notes:
        yield rf"{{\raggedright {note}\par}}"


def _two_columns(left: str, right: str) -> str:
    column = "\\begin{minipage}[t]{0.485\\textwidth}\n%s\n\\end{minipage}"
    return rf"\noindent{column % left}\hfill{column % right}\par"


def _model(content: Content) -> Iterator[str]:
    """The equations that are given: of a network, the cost apart."""
    for section in content.forward:
        if section.heading in (NAMED, WITH_INDICES):
            continue  # a summary has no derivation that speaks of them
        lines = section.lines
        if section.heading == "Forward" and len(lines) > 1 and content.has_cost:
            yield from _equations("Model", lines[:-1])
            yield from _equations("Cost", lines[-1:])
        else:
            yield from _equations({"Forward": "Model", "Value": "Formula", "": "Equations"}.get(section.heading,
                                  section.heading), lines)  # fmt: skip


def _gradient(content: Content) -> Iterator[str]:
    for section in content.derived:
        yield from _equations("Gradient" if section.heading == "Backward" else section.heading, section.lines)
    if content.update:
        yield r"\head{Update}"
        if len(content.update) <= _FEW:
            rows = [measured(left for left, _ in content.update)]
            rows += [rf"\mathline{{{left}}}{{\leftarrow}}{{{right}}}{{}}" for left, right in content.update]
            yield "\n".join(rows)
        else:
            slope = rf"\partial {content.letter} / \partial \theta"
            yield rf"$\theta \leftarrow \theta - \eta\, {slope}$ for every parameter $\theta$."


def _equations(heading: str, lines: tuple[Line, ...]) -> Iterator[str]:
    yield rf"\head{{{heading}}}"
    yield result_lines(Section(heading, lines).lines)
