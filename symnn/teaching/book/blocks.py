"""What a chapter is made of, as data that no format is decided for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from symnn.teaching.book.maths import Maths
from symnn.teaching.working import Working
from symnn.teaching.working_pages import Row as WorkedRow
from symnn.writing.sections import Page
from symnn.writing.steps import ShownStage, ShownStep, ShownSteps


@dataclass(frozen=True)
class Emphasis:
    """Words that are met for the first time."""

    text: str


Parts = tuple[str | Maths | Emphasis, ...]
"""A sentence with formulas in it."""


def plain(parts: Parts) -> str:
    """Return a sentence as text."""
    return "".join(part if isinstance(part, str) else part.text for part in parts)


class Block:
    """A part of a chapter that stands on lines of its own."""


@dataclass(frozen=True)
class Heading(Block):
    """The title of a section."""

    text: str


@dataclass(frozen=True)
class Paragraph(Block):
    """Prose."""

    parts: Parts


@dataclass(frozen=True)
class Bullets(Block):
    """A list, each entry a sentence or more."""

    items: tuple[Parts, ...]


@dataclass(frozen=True)
class Note(Block):
    """A box beside the way: something explained for those who meet it for the first time."""

    title: str
    paragraphs: tuple[Parts, ...]


@dataclass(frozen=True)
class Statement(Block):
    """A theorem, or another statement that is referred to: a box with any blocks in it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Row:
    """One line of a displayed chain: left side (or nothing), sign, right side, and why."""

    left: Maths | None
    sign: Maths
    right: Maths
    why: Parts = ()


@dataclass(frozen=True)
class Display(Block):
    """Formulas under each other."""

    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Equations(Block):
    """The equations of a program or a derivative, as symnn writes them; `page` is asked for a format."""

    page: Callable[[str], Page]
    beside: bool = False
    """Whether the sections, Forward and Backward, stand beside each other where there is room."""


@dataclass(frozen=True)
class OnePage(Block):
    """Equations on a page of their own, in two columns: the sections side by side, and what the symbols mean."""

    title: str
    paragraphs: tuple[Parts, ...]
    page: Callable[[str], Page]


@dataclass(frozen=True)
class Derivation(Block):
    """A derivative, line by line with its rules; `shown` is asked for a format."""

    shown: Callable[[str], ShownSteps]
    names: tuple[str, ...] = ()
    """The derivatives that are shown, by the names of their tensors; all, if none is named."""
    reasons: bool | None = None
    """Whether why each line follows is said under it; None: where a page is set, and not in text."""

    def stages(self, format: str, reasons: bool = True) -> Iterator[ShownStage]:
        """Yield the stages that are shown; a line has its shapes where they change, and both where reasons are said.

        Args:
            format: text or latex.
            reasons: whether they are said where that was not decided.
        """
        said = reasons if self.reasons is None else self.reasons
        for stage in self.shown(format).stages:
            if not self.names or stage.name in self.names:
                yield replace(stage, steps=tuple(_told(stage.steps, said)))


def _told(steps: Sequence[ShownStep], said: bool) -> Iterator[ShownStep]:
    shapes = ""
    for step in steps:
        changed = step.shapes if step.shapes != shapes else ""
        yield replace(step, shapes=changed) if said else replace(step, why="", shapes="")
        shapes = step.shapes or shapes


@dataclass(frozen=True)
class Worked(Block):
    """Scalar equations with numbers in their places; of the named tensors, or of all."""

    working: Working
    digits: int
    names: tuple[str, ...] = ()

    def sections(self, format: str) -> tuple[tuple[str, tuple[WorkedRow, ...]], ...]:
        """Return the rows that are shown, under their headings."""
        return self.working.rows(format, self.digits, names=self.names or None)


@dataclass(frozen=True)
class Table(Block):
    """A table with a head."""

    head: tuple[Parts, ...]
    rows: tuple[tuple[Parts, ...], ...]
    caption: Parts = ()


@dataclass(frozen=True)
class Picture(Block):
    """A picture: `content` is asked for the ending of a file, pdf, svg or png; tikz, where it can be drawn so."""

    name: str
    caption: Parts
    content: Callable[[str], bytes]
    described: str
    tikz: Callable[[], str] | None = None
    width: float = 0.8
    """Of the line, at most."""


@dataclass(frozen=True)
class Command(Block):
    """A command line that shows the same, or more of it."""

    line: str


@dataclass(frozen=True)
class Code(Block):
    """Lines of Python."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Exercise:
    """A question and its solution."""

    task: tuple[Block, ...]
    solution: tuple[Block, ...]


@dataclass(frozen=True)
class Checked:
    """What was checked while the chapter was made: it held."""

    parts: Parts
