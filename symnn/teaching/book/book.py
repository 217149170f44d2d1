"""A book: its title and its chapters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symnn.teaching.book.blocks import Block, Parts, Picture, Statement
from symnn.teaching.book.chapter import Chapter

LEGEND = {
    "exact": "both sides agree at random places, computed with whole numbers modulo a large prime",
    "50 digits": "both sides agree at random places, computed with 50 digits",
}
"""What the marks beside the lines of a derivation mean."""


@dataclass(frozen=True)
class Book:
    """A title, what it is about, and chapters.

    Attributes:
        title: of the book.
        subtitle: a line under it.
        preface: paragraphs before the first chapter.
        chapters: in order.
    """

    title: str
    subtitle: str
    preface: tuple[Parts, ...]
    chapters: tuple[Chapter, ...]

    @property
    def checks(self) -> int:
        """How many things were checked while it was made, those in its boxes."""
        return sum(len(chapter.checked) for chapter in self.chapters)

    def numbered(self) -> Iterator[tuple[int, Chapter]]:
        """Yield the chapters with their numbers; those that have none of their own are counted."""
        for place, chapter in enumerate(self.chapters, 1):
            yield chapter.number or place, chapter

    def legend(self) -> Iterator[tuple[str, str]]:
        """Yield the marks of its derivations, and what each means."""
        used = set().union(*(chapter.marks for chapter in self.chapters))
        return ((mark, said) for mark, said in LEGEND.items() if mark in used)

    def pictures(self) -> Iterator[tuple[str, Picture]]:
        """Yield every picture, with the name of its file."""
        for number, chapter in self.numbered():
            for picture in pictures_of(chapter):
                yield file_name(number, picture), picture


def blocks_of(chapter: Chapter) -> Iterator[Block]:
    """Yield every block of a chapter, those of its exercises and those within statements too."""
    exercises = [block for exercise in chapter.exercises for block in (*exercise.task, *exercise.solution)]
    for block in (*chapter.blocks, *exercises):
        yield block
        if isinstance(block, Statement):
            yield from block.blocks


def pictures_of(chapter: Chapter) -> Iterator[Picture]:
    """Yield the pictures of a chapter."""
    return (block for block in blocks_of(chapter) if isinstance(block, Picture))


def file_name(number: int, picture: Picture) -> str:
    """Return the name of a picture's file, without its ending."""
    return f"{number}-{picture.name}" if number else picture.name
