"""The slides: a deck that uncovers a derivation line by line.

TeX does not cut a frame, so a stage is cut here: each line has a height, estimated, and a frame has room for
so many points. A frame that goes on from another one begins with its last line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from symnn.teaching.documents.article import MARGIN, step_line, why_line
from symnn.teaching.documents.breaking import breakable
from symnn.teaching.documents.content import Content
from symnn.teaching.documents.escaping import escaped
from symnn.teaching.documents.parts import LEGEND, MARKS, beside, document, flat, inline, measured
from symnn.teaching.documents.preamble import PREAMBLES
from symnn.teaching.unshown import WITH_INDICES
from symnn.writing.breaking import measure
from symnn.writing.lines import Line
from symnn.writing.steps import ShownStage, ShownStep

_GIVEN = {"Value": "The formula", "With": "With", WITH_INDICES: "Forward pass, with indices"}
"""Titles of frames with equations that are given."""
_ROOM = 200.0
"""How high the lines of a frame may be, in points."""
_LETTERS, _WORDS = 62.0, 108.0
"""How many letters of a formula, and of a sentence, stand in a line."""
_MOST = 40
"""A deck of more stages than this would not be shown."""


def slides(content: Content) -> str:
    """Return the deck as a LaTeX document."""
    return document(PREAMBLES["slides"], _frames(content))


def _frames(content: Content) -> Iterator[str]:
    yield _title(content)
    if content.architecture or content.diagram:
        yield _frame("The network", _network(content))
    for section in content.forward:
        yield from _equations(_GIVEN.get(section.heading, "Forward pass"), section.lines)
    if words := _words(content):
        yield _frame("Symbols", words)
    for told in content.told[:_MOST]:
        yield from stage_frames(told.stage)
        if told.others:
            yield from _equations("In the same way", [stage.result for stage in told.others])
    for section in content.derived:
        yield from _equations("Result" if section.heading == "Backward" else section.heading, section.lines)
    yield _summary(content)


def _frame(title: str, body: str) -> str:
    # What follows a title in braces would be taken for a subtitle.
    return f"\\begin{{frame}}[t]{{{title}}}\\relax\n\\fitted{{{body}}}\n\\end{{frame}}"


def _title(content: Content) -> str:
    body = (
        r"\vfill{\usebeamercolor[fg]{title}\LARGE\bfseries\raggedright " + content.title + r"\par}\vspace{6pt}"
        r"{\raggedright\color{quiet}" + content.assumed + r"\par}\vfill"
    )
    return f"\\begin{{frame}}[plain]\n{body}\n\\end{{frame}}"


def _network(content: Content) -> str:
    picture = f"\\begin{{center}}\n{content.small_diagram or content.diagram}\n\\end{{center}}"
    return f"{content.architecture}\n{picture if content.diagram else ''}"


def _words(content: Content) -> str:
    page = content.page
    said = []
    if page.definitions:
        said.append(rf"{{\raggedright {inline(page.definitions)}\par}}")
    if page.facts:
        said.append(rf"{{\raggedright Using ${page.facts}$.\par}}")
    if content.notation:
        said.append(rf"{{\raggedright {content.notation}\par}}")
    return "\\vspace{4pt}\n".join(said)


def _equations(title: str, lines: Sequence[Line]) -> Iterator[str]:
    """Yield frames with equations, as many as have room."""
    heights = [_formula_height(line.left, line.right) + 4.0 for line in lines]
    for number, places in enumerate(_split(heights)):
        chunk = [lines[place] for place in places]
        rows = [measured(line.left for line in chunk)]
        for line in chunk:
            rows.append(rf"\conditionline{{{line.left}}}{{{breakable(line.right)}}}{{{beside(line)}}}")
        yield _frame(title + (" (continued)" if number else ""), "\n".join(rows))


def stage_frames(stage: ShownStage) -> Iterator[str]:
    """Yield the frames of one stage: each line is uncovered by itself."""
    steps: list[ShownStep] = []
    lefts, shapes = [""], ""
    for step in stage.steps:
        lefts.append(step.left or lefts[-1])
        steps.append(replace(step, shapes="" if step.shapes == shapes else step.shapes))
        shapes = step.shapes or shapes
    heights = [_height(step, left) for step, left in zip(steps, lefts[1:], strict=True)]
    # A frame that goes on begins with the last line of the one before, if that is what its first line follows from.
    begins = [
        None if step.left or not place else ShownStep(lefts[place], steps[place - 1].right, "", "", "", "")
        for place, step in enumerate(steps)
    ]
    extra = [0.0 if one is None else _height(one, one.left) for one in begins]
    for number, places in enumerate(_split(heights, extra)):
        first = begins[places[0]]
        chunk = [*([first] if first is not None else []), *(steps[place] for place in places)]
        title = rf"${flat(stage.heading)}$" + (" (continued)" if number else "")
        yield _frame(title, _uncovered(chunk, began=first is not None))


def _split(heights: Sequence[float], extra: Sequence[float] = ()) -> list[list[int]]:
    """Return the places of lines frame by frame: as few frames as there can be, about equally full."""
    least = _filled(heights, extra, _ROOM)
    limits = (share * _ROOM / 20 for share in range(1, 20))
    return next((found for limit in limits if len(found := _filled(heights, extra, limit)) == len(least)), least)


def _filled(heights: Sequence[float], extra: Sequence[float], limit: float) -> list[list[int]]:
    """Return the places of lines frame by frame, each frame filled up to a limit."""
    frames: list[list[int]] = [[]]
    used = 0.0
    for place, high in enumerate(heights):
        if frames[-1] and used + high > limit:
            frames.append([])
            used = extra[place] if extra else 0.0
        frames[-1].append(place)
        used += high
    return frames


def _uncovered(steps: Sequence[ShownStep], began: bool) -> str:
    """Return lines that appear one by one; what another frame has shown is there from the beginning."""
    rows = [measured(step.left for step in steps)]
    for place, step in enumerate(steps):
        shown = step_line(step) + (why_line(step, "") or r"\vspace{4pt}")
        first = place + 1 - began
        rows.append(shown if first <= 1 and (began or not place) else rf"\uncover<{first}->{{{shown}}}")
    return "\n".join(rows)


def _height(step: ShownStep, left: str) -> float:
    rule = 0 if len(step.rule) > MARGIN else len(step.rule)
    words = measure(step.why) + 1.3 * measure(step.shapes) + (0 if rule else len(step.rule))
    why = -(-words // _WORDS) * 9.5 + 3.0 if words else 4.0
    beside_rule = measure(left) + measure(step.right) + 0.9 * rule + 4.0 > _LETTERS
    return _formula_height(left, step.right) + (11.0 if beside_rule else 0.0) + why


def _formula_height(left: str, right: str) -> float:
    tall = any(word in left + right for word in (r"\frac", r"\sum", r"\left"))
    rows = max(1.0, -(-measure(right) // (_LETTERS - measure(left))))
    return float(rows) * (29.0 if tall else 15.0)


def _summary(content: Content) -> str:
    """Return the last frame: what was found, and by which steps."""
    rules = dict.fromkeys(rule for told in content.told for step in told.stage.steps for rule in step.rule.split(", "))
    rows = []
    if content.page.count:
        rows.append(rf"\item {escaped(content.page.count)}.")
    if content.page.shapes and len(content.page.shapes) <= 12:
        rows.append(rf"\item {inline(content.page.shapes)}.")
    if rules:
        rows.append(rf"\item Rules that were used: {escaped(', '.join(rules))}.")
    used = [mark for mark in LEGEND if any(step.mark == mark for told in content.told for step in told.stage.steps)]
    rows += [rf"\item {MARKS[mark]} {LEGEND[mark]}." for mark in used]
    body = "\\begin{itemize}\\setlength\\itemsep{6pt}\n" + "\n".join(rows) + "\n\\end{itemize}" if rows else ""
    return _frame("Summary", rf"{{\raggedright {body}\par}}")
