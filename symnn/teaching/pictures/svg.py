"""SVG: one self-contained text that is readable in light and dark, alone or within a page.

Colours stand as attributes, for programs that know no style sheets; the style sheet changes what has to change in
the dark. Within a page that has its own colours, `--paper`, `--ink` and `--lit` of that page are used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from symnn.teaching.pictures.labels import Label
from symnn.teaching.pictures.primitives import COLOURS, NO_TAG, Circle, Line, Piece, Rectangle, Scene, Tag, Words

_DARK = {"paper": "#15171b", "ink": "#e9e6df", "quiet": "#a7a59e", "edge": "#8a8984"}
_FONT = "'Latin Modern Roman','STIX Two Text','Cambria Math',Charter,Georgia,'Times New Roman',serif"
_DASHES = "7 4"
_SCRIPT, _UP, _DOWN = 0.68, 0.44, 0.26
_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_STYLE = (
    ".symnn-diagram{{color-scheme:light dark}}"
    ".symnn-diagram .paper{{fill:var(--paper,{0[paper]})}}"
    ".symnn-diagram .ink{{fill:var(--ink,{0[ink]})}}.symnn-diagram .quiet{{fill:var(--quiet,{0[quiet]})}}"
    ".symnn-diagram line.ink,.symnn-diagram polyline.ink{{fill:none;stroke:var(--ink,{0[ink]})}}"
)
_LIT = (
    ".symnn-diagram .lit :is(line,circle,rect:not(.paper)){stroke:var(--lit,#c2410c)}"
    ".symnn-diagram .lit line{stroke-width:3.5;stroke-dasharray:none}"
    ".symnn-diagram .lit circle,.symnn-diagram .lit rect:not(.paper){stroke-width:4}"
    ".symnn-diagram .lit text{font-weight:bold}"
)


def svg_of(scene: Scene, prefix: str = "diagram") -> str:
    """Return a scene as SVG; `prefix` begins the ids of its title and description."""
    title, words = f"{prefix}-title", f"{prefix}-description"
    width, height = _number(scene.width), _number(scene.height)
    dark = f"@media screen and (prefers-color-scheme:dark){{{_STYLE.format({**COLOURS, **_DARK})}}}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="symnn-diagram" role="img" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" aria-labelledby="{title} {words}" font-family="{_FONT}">',
        f'<title id="{title}">{_text(scene.title)}</title>',
        f'<desc id="{words}">{_text(scene.description)}</desc>',
        f"<style>{_STYLE.format(COLOURS)}{dark}{_LIT}</style>",
        *_grouped(scene.pieces),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _grouped(pieces: Sequence[Piece]) -> list[str]:
    """Return the pieces, those that stand for one thing and follow each other in one group."""
    lines: list[str] = []
    group: Tag = NO_TAG
    for piece in pieces:
        if piece.tag != group:
            lines += ["</g>"] if group != NO_TAG else []
            lines += [_opened(piece.tag)] if piece.tag != NO_TAG else []
            group = piece.tag
        lines.append(_drawn(piece))
    return [*lines, "</g>"] if group != NO_TAG else lines


def _opened(tag: Tag) -> str:
    classes = f' class="{_text(" ".join(tag.classes))}"' if tag.classes else ""
    names = f' data-name="{_text(" ".join(tag.names))}"' if tag.names else ""
    tensor = f' data-tensor="{_text(tag.tensor)}"' if tag.tensor else ""
    words = f"<title>{_text(tag.words)}</title>" if tag.words else ""
    return f"<g{classes}{names}{tensor}>{words}"


def _drawn(piece: Piece) -> str:
    if isinstance(piece, Line):
        return _line(piece)
    if isinstance(piece, Circle):
        place = f'cx="{_number(piece.x)}" cy="{_number(piece.y)}" r="{_number(piece.radius)}"'
        rim = f' stroke="{COLOURS[piece.rim]}" stroke-width="{_number(piece.width)}"' if piece.rim else ""
        dashes = f' stroke-dasharray="{_DASHES}"' if piece.is_dashed else ""
        return f'<circle class="{piece.fill}" {place} fill="{COLOURS[piece.fill]}"{rim}{dashes}/>'
    if isinstance(piece, Rectangle):
        left, top = _number(piece.x - piece.width / 2), _number(piece.y - piece.height / 2)
        place = f'x="{left}" y="{top}" width="{_number(piece.width)}" height="{_number(piece.height)}"'
        rim = f' rx="9" stroke="{COLOURS[piece.rim]}" stroke-width="1.2"' if piece.rim else ""
        return f'<rect class="{piece.fill}" {place} fill="{COLOURS[piece.fill]}"{rim}/>'
    return _words(piece)


def _line(line: Line) -> str:
    look = f'stroke="{COLOURS[line.role]}" stroke-width="{_number(line.width)}"'
    look += f' stroke-dasharray="{_DASHES}"' if line.is_dashed else ""
    if len(line.points) == 2 and not line.has_head:
        (x1, y1), (x2, y2) = line.points
        ends = f'x1="{_number(x1)}" y1="{_number(y1)}" x2="{_number(x2)}" y2="{_number(y2)}"'
        return f'<line class="{line.role}" {ends} {look}/>'
    drawn = f'<polyline class="{line.role}" points="{_points(line.points)}" fill="none" {look}/>'
    if line.has_head:
        head = _points(arrow_head(line.points))
        drawn += f'<polygon class="{line.role}" points="{head}" fill="{COLOURS[line.role]}"/>'
    return drawn


def arrow_head(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return the three corners of the head at the end of a line."""
    (x0, y0), (x, y) = points[-2:]
    length = max(abs(x - x0) + abs(y - y0), 1e-9)
    dx, dy = (x - x0) / length, (y - y0) / length
    return (x, y), (x - 9 * dx - 4.5 * dy, y - 9 * dy + 4.5 * dx), (x - 9 * dx + 4.5 * dy, y - 9 * dy - 4.5 * dx)


def _words(words: Words) -> str:
    """Return a label; what is raised and what is lowered stand one above the other."""
    place, spans = _spans(words)
    place += f' font-size="{_number(words.size)}"' + (' font-weight="bold"' if words.is_bold else "")
    drawn = f'<text class="{words.role}" {place} fill="{COLOURS[words.role]}">{spans}</text>'
    if not words.has_halo:
        return drawn
    width = words.label.width(words.size) + 3
    height = words.size * (1.5 if words.label.above or words.label.below else 1.1)
    left = words.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[words.anchor] * width
    place = f'x="{_number(left)}" y="{_number(words.y - height / 2)}" width="{_number(width)}"'
    return f'<rect class="paper" {place} height="{_number(height)}" rx="3" fill="{COLOURS["paper"]}"/>{drawn}'


def _spans(words: Words) -> tuple[str, str]:
    """Return where a label is, and its parts."""
    label, size = words.label, words.size
    x, y = words.x, words.y + 0.34 * size
    letter = ' font-style="italic"' if label.is_italic else ""
    if not (label.above or label.below):
        inside = f"<tspan{letter}>{_text(label.letter)}</tspan>{_text(label.after)}" if letter else _text(label.plain)
        return f'x="{_number(x)}" y="{_number(y)}" text-anchor="{words.anchor}"', inside
    width = label.width(size)
    start = {"start": x, "middle": x - width / 2, "end": x - width}[words.anchor]
    base = Label("", "", label.letter).width(size)
    edge, small = _number(start + base + 0.05 * size), _number(_SCRIPT * size)
    spans = f'<tspan x="{_number(start + base)}" text-anchor="end"{letter}>{_text(label.letter)}</tspan>'
    for text, shift in ((label.above, -_UP), (label.below, _DOWN)):
        if text:
            place = f'x="{edge}" y="{_number(y + shift * size)}" font-size="{small}" text-anchor="start"'
            spans += f"<tspan {place}>{_text(text)}</tspan>"
    if label.after:
        after = _number(start + base + width - base - Label("", "", label.after).width(size))
        place = f'x="{after}" y="{_number(y)}" text-anchor="start" xml:space="preserve"'
        spans += f"<tspan {place}>{_text(label.after)}</tspan>"
    return f'y="{_number(y)}"', spans


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _text(text: str) -> str:
    return escape(_XML.sub("\ufffd", text))
