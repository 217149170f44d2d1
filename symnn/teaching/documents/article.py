"""The article: network, notation, forward pass, derivation with its steps, results in all views, worked numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symnn.teaching.documents.breaking import breakable
from symnn.teaching.documents.content import GIVEN, NAMED, Content, View, label
from symnn.teaching.documents.escaping import escaped
from symnn.teaching.documents.parts import (
    LEGEND,
    MARKS,
    beside,
    document,
    flat,
    formulas,
    inline,
    measured,
    result_lines,
    table,
    under,
)
from symnn.teaching.documents.preamble import PREAMBLES
from symnn.teaching.documents.repeating import Told
from symnn.teaching.documents.symbols import Symbol
from symnn.teaching.unshown import WITH_INDICES
from symnn.writing.breaking import measure
from symnn.writing.lines import Section
from symnn.writing.steps import ShownStage, ShownStep

_VIEWS = {"matrix": "In matrices", "index": "Entry by entry", "scalar": "Weight by weight"}
_COLUMN, _HALF = 8, 24.0
"""More equations than so many stand in two columns, if none is wider than so many letters."""
MARGIN = 36
"""Names of rules with more letters than so many stand under a line, and not at the margin."""
_MANY = 12
"""Where a derivation has more stages, the document begins with its contents."""


def article(content: Content) -> str:
    """Return the article as a LaTeX document."""
    return document(PREAMBLES["article"], _body(content))


def _body(content: Content) -> Iterator[str]:
    yield rf"\documenttitle{{{content.title}}}{{{content.assumed}}}"
    if len(content.told) > _MANY:
        yield r"{\small\setcounter{tocdepth}{1}\tableofcontents}"
    if content.architecture or content.diagram:
        yield r"\section{The network}"
        yield content.architecture
        yield _centred(content.diagram)
    yield r"\section{Notation}"
    yield table([_with_equation(symbol, content) for symbol in content.symbols])
    yield content.notation
    if content.notes:
        yield rf"{{\raggedright {'; '.join(content.notes)}.\par}}"
    yield from _forward(content)
    if content.steps is not None:
        yield from _derivation(content)
    yield from _results(content)
    yield from _update(content)
    if content.working:
        yield r"\section{Worked numbers}"
        yield content.working
    yield from _checked(content)


def _with_equation(symbol: Symbol, content: Content) -> Symbol:
    """Return a row of the table that says by which equation an intermediate value is defined."""
    if not symbol.meaning.startswith("intermediate"):
        return symbol
    places = [(section, place) for section in content.forward for place in range(len(section.lines))]
    at = next((one for one in places if one[0].lines[one[1]].left == symbol.symbol), None)
    return symbol if at is None else replace(symbol, meaning=rf"{symbol.meaning}: equation~\eqref{{{label(*at)}}}")


def _centred(picture: str) -> str:
    return f"\\begin{{center}}\n{picture}\n\\end{{center}}" if picture else ""


def _forward(content: Content) -> Iterator[str]:
    section = content.page.sections[0]
    yield r"\section{The formula}" if section.heading == "Value" else r"\section{Forward pass}"
    for one in content.forward:
        if one.heading == NAMED:
            yield rf"{NAMED}, as the derivation has it:"
        if one.heading == WITH_INDICES:
            yield rf"{WITH_INDICES}:"
        yield numbered(one)
    yield from under(content.page)


def numbered(section: Section) -> str:
    """Return equations under each other, each with its number."""
    rows = [measured(line.left for line in section.lines)]
    for place, line in enumerate(section.lines):
        end = beside(line) + (r"\quad " if beside(line) else "")
        rows.append(rf"\numbered{{{label(section, place)}}}{{{line.left}}}{{{breakable(line.right)}}}{{{end}}}")
    return "\n".join(rows)


def _derivation(content: Content) -> Iterator[str]:
    assert content.steps is not None
    yield r"\section{Derivation}"
    yield _introduction(content)
    for told in content.told:
        yield stage_lines(told.stage)
        yield from _alike(told)
    if content.steps.facts:
        yield rf"{{\raggedright This uses ${content.steps.facts}$.\par}}"


def _introduction(content: Content) -> str:
    first, last = content.labels[0], content.labels[-1]
    which = rf"equation~\eqref{{{first}}}" if first == last else rf"equations \eqref{{{first}}} to~\eqref{{{last}}}"
    said = (
        f"Each line follows from the one before it by the rule named at the margin; the equations put in are {which}. "
        "Shapes stand in brackets where they change."
    )
    if content.is_brief:
        said += " Of each derivative the main lines are shown; a line names all rules that lead to it."
    used = [mark for mark in LEGEND if any(step.mark == mark for told in content.told for step in told.stage.steps)]
    if used:
        said += " " + "; ".join(f"{MARKS[mark]} {LEGEND[mark]}" for mark in used) + "."
    return said


def stage_lines(stage: ShownStage) -> str:
    """Return one stage: its heading, and the lines."""
    rows = [rf"\subsection{{${flat(stage.heading)}$}}", measured(step.left for step in stage.steps)]
    shapes = ""
    for step in stage.steps:
        rows.append(step_line(step))
        rows.append(why_line(step, shapes))
        shapes = step.shapes or shapes
    return "\n".join(row for row in rows if row)


def step_line(step: ShownStep) -> str:
    """Return one line with its rule and its mark."""
    mark, rule = MARKS.get(step.mark, ""), "" if len(step.rule) > MARGIN else escaped(step.rule)
    return rf"\stepline{{{step.left}}}{{{breakable(step.right)}}}{{{rule}}}{{{mark}}}"


def why_line(step: ShownStep, shapes: str) -> str:
    """Return what stands under a line: why it follows, the shapes if others stood there before, many rules' names."""
    rules = rf"\rules{{{escaped(step.rule)}}}" if len(step.rule) > MARGIN else ""
    shown = f"({formulas(step.shapes)})" if step.shapes and step.shapes != shapes else ""
    said = r"\quad ".join(part for part in (step.why, shown) if part)
    return rf"\why{{{rules}{said}}}" if rules or said else ""


def _alike(told: Told) -> Iterator[str]:
    """Say what is found in the same way as a stage."""
    if told.others:
        yield r"{\vspace{4pt}\raggedright In the same way, with other numbers:\par}"
        lines = [stage.result for stage in told.others]
        yield result_lines(lines)


def _results(content: Content) -> Iterator[str]:
    yield r"\section{Results}"
    for view in content.views:
        yield rf"\subsection{{{_VIEWS[view.name]}}}"
        yield from _view(view)
    if content.page.count:
        yield rf"{{\raggedright {escaped(content.page.count)}: {inline(content.page.shapes)}.\par}}"


def _view(view: View) -> Iterator[str]:
    if view.page is None:
        yield rf"{{\raggedright Not shown: {view.refusal}.\par}}"
        return
    for section in view.page.sections:
        if section.heading not in GIVEN:
            lines = result_lines(section.lines)
            narrow = len(section.lines) > _COLUMN and all(measure(one.right) < _HALF for one in section.lines)
            yield f"\\begin{{multicols}}{{2}}\n{lines}\n\\end{{multicols}}" if narrow else lines


def _update(content: Content) -> Iterator[str]:
    if content.update:
        yield r"\subsection{One step of gradient descent}"
        rows = [measured(left for left, _ in content.update)]
        rows += [rf"\mathline{{{left}}}{{\leftarrow}}{{{right}}}{{}}" for left, right in content.update]
        yield "\n".join(rows)
        yield r"with the learning rate $\eta > 0$."


def _checked(content: Content) -> Iterator[str]:
    if content.checked:
        yield r"\section*{What was checked}"
        yield content.checked
