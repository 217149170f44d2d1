"""Where the labels of lines stand: staggered along the lines, so that none covers another, and each is near its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from symnn.teaching.pictures.labels import Label, number_label
from symnn.teaching.pictures.parts import Edge, Node

SIZE = 13.0
"""The size of the letters, in pixels."""
_STEPS = 37
_FROM, _TO = 0.16, 0.84
_ROOM = 3.0

_Rectangle = tuple[float, float, float, float]


def shown_label(edge: Edge) -> Label:
    """Return what stands at a line: its weight where that is known, else its letter."""
    return edge.label if edge.weight is None else number_label(edge.weight)


def placed(edges: Sequence[Edge], nodes: Sequence[Node]) -> list[Edge]:
    """Return the lines with their labels placed; a label for which there is no room at all is left out.

    Labels are placed one after the other, each where it is farthest from those before, from other lines
    and from the nodes. Lines that meet others most are served first.
    """
    order = sorted(range(len(edges)), key=lambda n: -abs(edges[n].target.y - edges[n].source.y))
    taken: list[_Rectangle] = []
    along: dict[int, float | None] = {}
    for number in order:
        best, score = None, -math.inf
        for step in range(_STEPS):
            t = _FROM + (_TO - _FROM) * step / (_STEPS - 1)
            here = replace(edges[number], along=t)
            box = _rectangle(here)
            if any(_overlap(box, other) for other in taken) or any(_covers(box, node) for node in nodes):
                continue
            # The middle of a line is where one looks for its label first.
            found = min(_clearance(box, edges, number), 16.0) + 0.25 * _apart(box, taken) - 10 * abs(t - 0.5)
            if found > score:
                best, score = t, found
        along[number] = best
        if best is not None:
            taken.append(_rectangle(replace(edges[number], along=best)))
    return [replace(edge, along=along[number]) for number, edge in enumerate(edges)]


def _rectangle(edge: Edge) -> _Rectangle:
    """Return the corners of a label: left, top, right, bottom."""
    x, y = edge.point
    width, height = shown_label(edge).width(SIZE) + 2 * _ROOM, 1.25 * SIZE + 2 * _ROOM
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _overlap(one: _Rectangle, other: _Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _covers(box: _Rectangle, node: Node) -> bool:
    across = max(box[0] - node.x, 0.0, node.x - box[2])
    down = max(box[1] - node.y, 0.0, node.y - box[3])
    # Under a node stands its bias.
    below = _overlap(box, (node.x - 46, node.y, node.x + 46, node.y + node.radius + 20))
    return math.hypot(across, down) < node.radius + _ROOM or below


def _apart(box: _Rectangle, taken: Sequence[_Rectangle]) -> float:
    """Return how far a label is from the nearest other one, up to 14."""
    gaps = [
        math.hypot(max(one[0] - box[2], box[0] - one[2], 0.0), max(one[1] - box[3], box[1] - one[3], 0.0))
        for one in taken
    ]
    return min([14.0, *gaps])


def _clearance(box: _Rectangle, edges: Sequence[Edge], own: int) -> float:
    """Return how far the middle of a label is from the nearest other line."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return min([99.0, *(_distance(x, y, edge) for number, edge in enumerate(edges) if number != own)])


def _distance(x: float, y: float, edge: Edge) -> float:
    ax, ay, bx, by = edge.source.x, edge.source.y, edge.target.x, edge.target.y
    along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
    along = min(1.0, max(0.0, along))
    return math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay))
