"""Steps as text, Markdown or LaTeX: the sentence of why, and the line that it leads to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symnn.writing.aligning import after
from symnn.writing.breaking import broken, measure
from symnn.writing.characters import ascii_text, escape_latex, width
from symnn.writing.steps import ShownStage, ShownStep, ShownSteps
from symnn.writing.steps_fragment import steps_fragment

WIDTH = 100
_PAPER = 62.0
"""How many letters of a formula stand beside a rule's name on paper, about."""
_NEAR = 2
"""A left side that is so much shorter than the one above has its sign of equality below the other's."""
MARKS = {"exact": "✓", "50 digits": "≈", "WRONG": "WRONG", "": ""}
LEGEND = {
    "exact": "checked exactly, modulo a large prime",
    "50 digits": "checked to 50 digits",
    "WRONG": "does not follow from the line before",
}


def steps_page(shown: ShownSteps, format: str) -> str:
    """Return steps in a format: text, ascii, markdown, latex or mathml."""
    if format == "mathml":
        return steps_fragment(shown)
    if format in ("text", "ascii"):
        written = _text(shown)
        return ascii_text(written) if format == "ascii" else written
    return _markdown(shown) if format == "markdown" else _latex(shown)


def marks_used(shown: ShownSteps) -> list[str]:
    """Return what the proof says of the lines, each once, as far as it says anything."""
    return [m for m in LEGEND if any(step.mark == m for stage in shown.stages for step in stage.steps)]


def _text(shown: ShownSteps) -> str:
    lines = [shown.title] if shown.title else []
    lines += ["Given", *_columns([(line.left, line.right) for line in shown.given])]
    for number, stage in enumerate(shown.stages, 1):
        lines += ["", f"{number}  {stage.heading}"]
        lines += _stage_text(stage)
    lines.append("")
    results = [s.result for s in shown.stages if s.wanted]
    lines += ["Result", *_columns([(one.left, one.right + after(one, "text")) for one in results])]
    if shown.definitions:
        lines += wrapped(f"where {', '.join(shown.definitions)}", "", "  ")
    if shown.facts:
        lines.append(f"using {shown.facts}")
    legend = [f"{MARKS[mark]} {LEGEND[mark]}" for mark in marks_used(shown)]
    lines += [", ".join(legend)] if legend else []
    return "\n".join([*lines, *shown.notes]) + "\n"


def _columns(rows: Sequence[tuple[str, str]]) -> list[str]:
    wide = max((width(left) for left, _ in rows), default=0)
    return [f"  {left}{' ' * (wide - width(left))} = {right}" for left, right in rows]


def _stage_text(stage: ShownStage) -> list[str]:
    lines: list[str] = []
    indent, shapes = "   ", ""
    room = max((width(step.right) for step in stage.steps if width(step.right) < 56), default=20)
    start = 0
    for step in stage.steps:
        if step.left and not 0 <= start - width(step.left) <= _NEAR:
            start = width(step.left)
        opening = f"{indent}{step.left}{' ' * (start - width(step.left))} = {step.right}"
        mark = f" {MARKS.get(step.mark, step.mark)}" if step.mark else ""
        rule = f"{step.rule}{mark}"
        below = " " * (start + len(indent) + 5)
        gap = start + len(indent) + 3 + room - width(opening)
        if gap >= 0 and width(opening) + gap + 3 + width(rule) <= WIDTH + 10:
            lines.append(f"{opening}{' ' * gap}   {rule}")
        else:
            lines += _folded(opening, start + len(indent) + 3)
            lines += wrapped(f"[{rule}]", below, below)
        beside = _kept_together(step.shapes) if step.shapes != shapes else ""
        said = step.why + (f" ({beside})" if beside else "")
        shapes = step.shapes
        lines += wrapped(said, below, below) if said else []
    return lines


def _folded(line: str, indent: int) -> list[str]:
    """Break a long line before its signs."""
    return wrapped(line, "", " " * (indent + 2), WIDTH + 10)


def wrapped(text: str, first: str, others: str, limit: int = WIDTH) -> list[str]:
    """Return a text as lines of at most so many letters, as far as its words allow it."""
    lines: list[str] = []
    current = first
    used = False
    lead = len(text) - len(text.lstrip(" "))
    current += " " * lead
    for word in text.split(" "):
        if not word:
            continue
        if used and width(current) + 1 + width(word) > limit:
            lines.append(current)
            current, used = others, False
        current += f" {word}" if used else word
        used = True
    return [line.replace(_TIED, " ") for line in (*lines, current)]


_TIED = "\N{NO-BREAK SPACE}"


def _kept_together(shapes: str) -> str:
    """Return shapes whose symbols and sizes stay on one line."""
    return ", ".join(one.replace(" ", _TIED) for one in shapes.split(", "))


def _markdown(shown: ShownSteps) -> str:
    blocks = [f"### {shown.title}"] if shown.title else []
    given = " \\\\\n".join(f"{line.left} &= {line.right}" for line in shown.given)
    blocks += ["**Given**", f"$$\n\\begin{{aligned}}\n{given}\n\\end{{aligned}}\n$$"]
    for number, stage in enumerate(shown.stages, 1):
        blocks.append(f"**{number}. ${stage.heading}$**")
        for step in stage.steps:
            mark = f" {MARKS.get(step.mark, step.mark)}" if step.mark else ""
            blocks.append(f"*{step.rule}*{mark}: {step.why}" + (f" (${step.shapes}$)" if step.shapes else ""))
            blocks.append(f"$$\n{step.left} = {step.right}\n$$")
    return "\n\n".join([*blocks, *_ending(shown)]) + "\n"


def _ending(shown: ShownSteps) -> list[str]:
    ending = []
    if shown.definitions:
        ending.append("where " + ", ".join(f"${one}$" for one in shown.definitions).replace("$$", ""))
    if shown.facts:
        ending.append(f"using ${shown.facts}$")
    legend = [f"{MARKS[mark]} {LEGEND[mark]}" for mark in marks_used(shown)]
    return [*ending, *([", ".join(legend)] if legend else []), *shown.notes]


def _latex(shown: ShownSteps) -> str:
    blocks = [r"\begingroup\allowdisplaybreaks"]
    blocks += [rf"\noindent\textbf{{{escape_latex(shown.title)}}}\par"] if shown.title else []
    given = " \\\\\n".join(latex_rows((("", line.left, line.right) for line in shown.given), 78.0))
    blocks.append(f"\\noindent\\textit{{Given}}\n\\begin{{align*}}\n{given}\n\\end{{align*}}")
    for number, stage in enumerate(shown.stages, 1):
        blocks.append(f"\\noindent\\textbf{{{number}.}} $\\displaystyle {stage.heading}$\\quad\n{latex_stage(stage)}")
    if shown.definitions:
        said = ", ".join(f"${one}$" for one in shown.definitions).replace("$$", "")
        blocks.append(f"{{\\raggedright\\noindent where {said}.\\par}}")
    if shown.facts:
        blocks.append(f"\\noindent Using ${shown.facts}$.\\par")
    blocks += [rf"\noindent {escape_latex(note)}\par" for note in shown.notes]
    return "\n\n".join([*blocks, r"\endgroup"]) + "\n"


def latex_stage(stage: ShownStage) -> str:
    """Return the lines of a stage as an align environment: before each line why it follows, beside it the rule."""
    body = ""
    for place, step in enumerate(stage.steps):
        (row,) = latex_rows([(_rule(step), step.left, step.right)], _PAPER)
        between = f"\\intertext{{\\small {step.why}}}\n" if step.why and place else ""
        body += f"{_row_end(between, place)}{between}{row}"
    first = f"{{\\small {stage.steps[0].why}}}\n" if stage.steps and stage.steps[0].why else ""
    return f"{first}\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _row_end(between: str, place: int) -> str:
    """What stands before a row: nothing at first; a line break, unless a sentence between rows makes one."""
    if not place:
        return ""
    return "\n" if between else " \\\\\n"


def _rule(step: ShownStep) -> str:
    return rf" && \text{{\small\itshape {escape_latex(step.rule)}}}" if step.rule else ""


def latex_rows(lines: Iterable[tuple[str, str, str]], limit: float) -> list[str]:
    """Return rows of an align environment, each (what stands at its end, left, right); long ones break."""
    rows = []
    for end, left, right in lines:
        room = limit - 4.0
        first, *others = broken(right, room) if measure(right) > room else [right]
        row = f"  {left} &= {first}{end}"
        rows.append(" \\\\\n".join([row, *(rf"  &\quad {part}" for part in others)]))
    return rows
