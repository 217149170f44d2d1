"""TikZ: a tikzpicture of plain tikz, without further libraries; the text is ASCII."""

from __future__ import annotations

from symnn.teaching.pictures.primitives import COLOURS, Circle, Line, Piece, Rectangle, Scene, Words
from symnn.teaching.pictures.svg import arrow_head

WIDEST = 430.0
"""The width of a text on A4 paper, in points: wider pictures are made smaller."""
_POINT = 0.75
_SIZES = (5, 6, 7, 8, 9, 10, 10.95, 12)
"""The sizes that Computer Modern has, so that no other is asked for."""
_ANCHORS = {"start": "west", "middle": "center", "end": "east"}


def tikz_of(scene: Scene, widest: float = WIDEST) -> str:
    """Return a scene as a tikzpicture that is at most so many points wide."""
    scale = min(_POINT, widest / scene.width)
    used = {role for piece in scene.pieces for role in _roles(piece)} - {"paper", ""}
    colours = [rf"\definecolor{{symnn{role}}}{{HTML}}{{{COLOURS[role][1:].upper()}}}" for role in sorted(used)]
    lines = [
        rf"\begin{{tikzpicture}}[x={scale:.4f}pt,y=-{scale:.4f}pt,line cap=round,line join=round]",
        *colours,
        *(line for piece in scene.pieces if "paper" not in _roles(piece) for line in _drawn(piece, scale)),
        r"\end{tikzpicture}",
    ]
    return "\n".join(lines) + "\n"


def _roles(piece: Piece) -> tuple[str, ...]:
    if isinstance(piece, Circle | Rectangle):
        return piece.fill, piece.rim
    return (piece.role,)


def _drawn(piece: Piece, scale: float) -> list[str]:
    if isinstance(piece, Line):
        return _line(piece, scale)
    if isinstance(piece, Circle):
        rim = _pen(piece.rim, piece.width, piece.is_dashed, scale) if piece.rim else "draw=none"
        circle = f"{_point(piece.x, piece.y)} circle[radius={piece.radius * scale:.2f}pt]"
        return [rf"\path[fill=symnn{piece.fill},{rim}] {circle};"]
    if isinstance(piece, Rectangle):
        corner = _point(piece.x - piece.width / 2, piece.y - piece.height / 2)
        other = _point(piece.x + piece.width / 2, piece.y + piece.height / 2)
        pen = _pen(piece.rim, 1.2, False, scale)
        return [rf"\path[fill=symnn{piece.fill},{pen},rounded corners={7 * scale:.2f}pt] {corner} rectangle {other};"]
    return [_words(piece, scale)]


def _line(line: Line, scale: float) -> list[str]:
    path = " -- ".join(_point(x, y) for x, y in line.points)
    lines = [rf"\path[{_pen(line.role, line.width, line.is_dashed, scale)}] {path};"]
    if line.has_head:
        head = " -- ".join(_point(x, y) for x, y in arrow_head(line.points))
        lines.append(rf"\path[fill=symnn{line.role}] {head} -- cycle;")
    return lines


def _pen(role: str, width: float, is_dashed: bool, scale: float) -> str:
    dashes = f",line cap=butt,dash pattern=on {7 * scale:.1f}pt off {4 * scale:.1f}pt" if is_dashed else ""
    return f"draw=symnn{role},line width={width * scale:.2f}pt{dashes}"


def _words(words: Words, scale: float) -> str:
    """Return a node with a label; a halo is a white ground that leaves the lines beside the letters free."""
    wanted = words.size * scale
    size = max([one for one in _SIZES if one <= wanted + 0.3], default=_SIZES[0])
    halo = ",fill=white,inner sep=0.8pt" if words.has_halo else ",inner sep=0pt"
    bold = r"\bfseries" if words.is_bold else ""
    font = rf"\fontsize{{{size:g}}}{{{1.2 * size:.1f}}}\selectfont{bold}"
    smaller = f"scale={wanted / size:.2f}," if wanted < size - 0.3 else ""
    options = f"{smaller}anchor={_ANCHORS[words.anchor]},text=symnn{words.role}{halo},font={font}"
    return rf"\node[{options}] at {_point(words.x, words.y)} {{{words.label.latex}}};"


def _point(x: float, y: float) -> str:
    return f"({x:.2f},{y:.2f})"
