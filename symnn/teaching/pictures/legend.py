"""The legend under a diagram: what colours, dashes and widths stand for. Without numbers there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from symnn.teaching.pictures.labels import Label, number_label, text_label
from symnn.teaching.pictures.parts import Parts
from symnn.teaching.pictures.primitives import Circle, Line, Piece, Tag, Words
from symnn.teaching.pictures.widths import Widths, sign_of

_SIZE, _ROW, _SAMPLE, _GAP, _BETWEEN, _MARGIN = 12.0, 24.0, 30.0, 8.0, 22.0, 16.0
_TAG = Tag(("legend",))


@dataclass(frozen=True)
class _Entry:
    """A sample and what it stands for."""

    label: Label
    role: str = ""
    width: float = 0.0
    is_ring: bool = False

    @property
    def length(self) -> float:
        sample = 0.0 if not self.role else 18.0 if self.is_ring else _SAMPLE
        return sample + (_GAP if sample else 0) + self.label.width(_SIZE)


def legend(parts: Parts, widths: Widths, rings: bool) -> tuple[list[Piece], float, float]:
    """Return the legend, and the height and the width of the whole drawing with it."""
    entries = [*_weights(parts, widths), *_rings(parts, widths, rings)]
    entries += [_Entry(remark) for remark in parts.remarks]
    if not entries:
        return [], parts.height, parts.width
    width = max(parts.width, max(entry.length for entry in entries) + 2 * _MARGIN)
    rows: list[list[_Entry]] = [[]]
    for entry in entries:
        if rows[-1] and _length([*rows[-1], entry]) > width - 2 * _MARGIN:
            rows.append([])
        rows[-1].append(entry)
    pieces: list[Piece] = []
    for number, row in enumerate(rows):
        x, y = (width - _length(row)) / 2, parts.height + _ROW * (number + 0.5)
        for entry in row:
            pieces += _drawn(entry, x, y)
            x += entry.length + _BETWEEN
    return pieces, parts.height + _ROW * len(rows) + 10, width


def _length(row: list[_Entry]) -> float:
    return sum(entry.length for entry in row) + _BETWEEN * (len(row) - 1)


def _weights(parts: Parts, widths: Widths) -> Iterator[_Entry]:
    weights = [edge.weight for edge in parts.edges if edge.weight is not None]
    middle = (widths.least + widths.most) / 2
    for role, word in (("positive", "positive weight"), ("negative", "negative weight")):
        if any(sign_of(weight) == role for weight in weights):
            yield _Entry(text_label(word), role, middle)
    sizes = sorted(abs(weight) for weight in weights)
    if sizes and sizes[-1] > 0:
        shown = [sizes[0], sizes[-1]] if widths(sizes[-1]) - widths(sizes[0]) > 0.5 else [sizes[-1]]
        for size in shown:
            yield _Entry(_sized("w", size), "ink", widths(size))


def _rings(parts: Parts, widths: Widths, rings: bool) -> Iterator[_Entry]:
    if rings and widths.largest_bias > 0:
        size = widths.largest_bias
        yield _Entry(_sized("b", size, "rim: "), "quiet", widths.rim(size), True)


def _sized(letter: str, size: float, before: str = "") -> Label:
    number = number_label(size)
    text = f"{before}|{letter}| = {number.plain}"
    return Label(text, rf"{before}$|{letter}| = {number.latex[1:]}", text)


def _drawn(entry: _Entry, x: float, y: float) -> Iterator[Piece]:
    if entry.is_ring:
        yield Circle(x + 8, y, 7, "hidden", entry.role, entry.width, tag=_TAG)
        x += 18 + _GAP
    elif entry.role:
        dashed = entry.role == "negative"
        yield Line(((x, y), (x + _SAMPLE, y)), entry.role, entry.width, dashed, tag=_TAG)
        x += _SAMPLE + _GAP
    yield Words(x, y, entry.label, _SIZE, "ink", "start", tag=_TAG)
