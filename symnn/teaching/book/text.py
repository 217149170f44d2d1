"""A chapter as text, as its script prints it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from symnn.teaching.book.blocks import (
    Block,
    Bullets,
    Code,
    Command,
    Derivation,
    Display,
    Equations,
    Heading,
    Note,
    OnePage,
    Paragraph,
    Parts,
    Picture,
    Statement,
    Table,
    Worked,
    plain,
)
from symnn.teaching.book.chapter import Chapter
from symnn.teaching.book.maths import Maths
from symnn.teaching.working_pages import text_of
from symnn.writing.characters import width
from symnn.writing.steps import ShownStage
from symnn.writing.steps_pages import MARKS
from symnn.writing.write import page_text

WIDTH = 96
_HARD = "\u00a0"


def text(chapter: Chapter, number: int = 0) -> str:
    """Return a chapter as text."""
    title = f"{number}. {chapter.title}" if number else chapter.title
    lines = [title, "=" * width(title), "", *_wrapped(chapter.lead), ""]
    for block in chapter.blocks:
        lines += [*_block(block), ""]
    lines += _exercises(chapter)
    if chapter.held:
        lines += ["What symnn checked", ""]
        for one in chapter.held:
            lines += _wrapped(one.parts, "  ✓ ", "    ")
    return "\n".join(line.rstrip() for line in lines).replace(_HARD, " ").rstrip() + "\n"


def _exercises(chapter: Chapter) -> list[str]:
    lines: list[str] = []
    for heading, which in (("Exercises", "task"), ("Solutions", "solution")):
        if chapter.exercises:
            lines += [heading, "-" * len(heading), ""]
        for place, exercise in enumerate(chapter.exercises, 1):
            inner = [line for block in getattr(exercise, which) for line in [*_block(block), ""]]
            first, *others = inner
            lines += [f"({place}) {first}", *(f"    {line}" if line else "" for line in others)]
    return lines


def _wrapped(parts: Parts, first: str = "", then: str = "") -> list[str]:
    """Return a sentence in lines, none of which ends within a formula."""
    joined = "".join(part.text.replace(" ", _HARD) if isinstance(part, Maths) else plain((part,)) for part in parts)
    return textwrap.wrap(joined, WIDTH, initial_indent=first, subsequent_indent=then, break_long_words=False,
                         break_on_hyphens=False)  # fmt: skip


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield from ("", block.text, "-" * width(block.text))
        case Paragraph():
            yield from _wrapped(block.parts)
        case Bullets():
            for item in block.items:
                yield from _wrapped(item, "  · ", "    ")
        case Note():
            yield f"  | {block.title}"
            for paragraph in block.paragraphs:
                yield from _wrapped(paragraph, "  | ", "  | ")
        case Statement():
            yield f"  | {block.title}"
            for place, inner in enumerate(block.blocks):
                yield from [*(["  |"] if place else []), *(f"  | {line}" for line in _block(inner))]
        case Display():
            yield from _display(block)
        case Equations():
            yield from _indented(page_text(block.page("text"), "text").splitlines())
        case OnePage():
            yield from (block.title, "")
            for one in block.paragraphs:
                yield from (*_wrapped(one), "")
            yield from _indented(page_text(block.page("text"), "text").splitlines())
        case Derivation():
            for stage in block.stages("text", reasons=False):
                yield from _stage(stage)
        case Worked():
            yield from _indented(text_of(block.sections("text"), (), (), False).splitlines())
        case Table():
            yield from _table(block)
        case Picture():
            yield from _wrapped((f"[{block.name}] ", *block.caption), "  ", "  ")
        case Command():
            yield f"  $ {block.line}"
        case Code():
            yield from (f"    {line}" for line in block.lines)
        case _:
            raise TypeError(type(block).__name__)


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _display(block: Display) -> Iterator[str]:
    lefts = [row.left.text if row.left else "" for row in block.rows]
    wide = max(map(width, lefts))
    rights = [f"{row.sign.text} {row.right.text}".strip() for row in block.rows]
    longest = max(map(width, rights))
    for row, left, right in zip(block.rows, lefts, rights, strict=True):
        why = f"{' ' * (longest - width(right))}   {plain(row.why)}" if row.why else ""
        yield f"  {left}{' ' * (wide - width(left))} {right}{why}".rstrip() if wide else f"  {right}{why}"


def _stage(stage: ShownStage) -> Iterator[str]:
    lefts = max(width(step.left) for step in stage.steps)
    rights = max(min(width(step.right), 60) for step in stage.steps)
    indent = " " * (lefts + 9)
    yield f"  {stage.heading}"
    for step in stage.steps:
        mark = MARKS.get(step.mark, "")
        right = step.right + " " * max(rights - width(step.right), 0)
        yield f"    {step.left}{' ' * (lefts - width(step.left))} = {right}   {step.rule} {mark}".rstrip()
        said = " ".join(part for part in (step.why, f"({step.shapes})" if step.shapes else "") if part)
        yield from textwrap.wrap(said, WIDTH, initial_indent=indent, subsequent_indent=indent)


def _table(block: Table) -> Iterator[str]:
    cells = [[plain(cell) for cell in row] for row in (block.head, *block.rows)]
    widths = [max(width(row[n]) for row in cells) for n in range(len(block.head))]
    for place, row in enumerate(cells):
        yield "  " + "  ".join(cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True))
        if place == 0:
            yield "  " + "  ".join("-" * wide for wide in widths)
    if block.caption:
        yield from _wrapped(block.caption, "  ", "  ")
