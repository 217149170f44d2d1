"""Where the boxes of a network are whose layers are no fans of lines: rows of boxes, with shapes on the arrows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from symnn.teaching.pictures.labels import Label, text_label
from symnn.teaching.pictures.parts import HIDDEN, INPUT, OUTPUT, Arrow, Box

MOST_IN_A_ROW = 5
MARGIN = 18.0
_HEIGHT, _BETWEEN, _ROWS = 62.0, 74.0, 52.0
_NARROWEST, _PADDING = 92.0, 26.0
NAME_SIZE, SMALL_SIZE = 14.0, 12.0


@dataclass(frozen=True)
class Link:
    """A layer of a chain: its name and what is said of it, the shape of its output, and its tensors."""

    lines: tuple[str, ...]
    shape: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chain:
    """Boxes and arrows, and the size of it all, in pixels."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: float
    height: float


def chained(first: str, links: Sequence[Link]) -> Chain:
    """Return where the boxes are; `first` is the shape of the input."""
    every = [Link(("input",), first, ("x",)), *links]
    rows = [every[n : n + MOST_IN_A_ROW] for n in range(0, len(every), MOST_IN_A_ROW)]
    boxes: list[Box] = []
    for number, row in enumerate(rows):
        x = MARGIN
        y = MARGIN + _HEIGHT / 2 + number * (_HEIGHT + _ROWS)
        for link in row:
            lines = tuple(text_label(line) for line in link.lines)
            width = max(_NARROWEST, _PADDING + max(_width(lines)))
            place = len(boxes)
            role = INPUT if place == 0 else OUTPUT if place == len(every) - 1 else HIDDEN
            boxes.append(Box(place, x + width / 2, y, width, _HEIGHT, role, lines, link.names))
            x += width + max(_BETWEEN, _room(link.shape))
    shapes = [text_label(link.shape) for link in every]
    arrows = [_arrow(one, two, shape) for (one, two), shape in zip(pairwise(boxes), shapes, strict=False)]
    last, room = boxes[-1], _room(every[-1].shape)
    end = last.x + last.width / 2
    arrows.append(Arrow(((end, last.y), (end + room - 8, last.y)), shapes[-1], (end + room / 2, last.y - 12)))
    width = max([box.x + box.width / 2 for box in boxes] + [end + room]) + MARGIN
    return Chain(tuple(boxes), tuple(arrows), width, boxes[-1].y + _HEIGHT / 2 + MARGIN)


def _width(lines: Sequence[Label]) -> list[float]:
    return [label.width(1.15 * NAME_SIZE if n == 0 else SMALL_SIZE) for n, label in enumerate(lines)]


def _room(shape: str) -> float:
    """Return how long an arrow is with a shape above it."""
    return text_label(shape).width(SMALL_SIZE) + 30


def _arrow(one: Box, two: Box, label: Label) -> Arrow:
    start, end = one.x + one.width / 2, two.x - two.width / 2
    if one.y == two.y:
        return Arrow(((start, one.y), (end, two.y)), label, ((start + end) / 2, one.y - 12))
    between = (one.y + two.y) / 2
    corners = ((one.x, one.y + one.height / 2), (one.x, between), (two.x, between), (two.x, two.y - two.height / 2))
    return Arrow(corners, label, ((one.x + two.x) / 2, between - 10))
