"""What a drawing is made of before it is SVG, TikZ or an image: lines, circles, rectangles, labels; colours by role.

Lengths are pixels, y points down. What is first is under what follows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from symnn.teaching.pictures.labels import Label

COLOURS = {
    "paper": "#ffffff",
    "ink": "#1c1c1e",
    "quiet": "#6b6a66",
    "edge": "#8a8984",
    "positive": "#2a7ab9",
    "negative": "#cf4446",
    "input": "#8cc5f0",
    "hidden": "#e6e3dc",
    "output": "#f6a94f",
    "rim": "#4a4945",
    "inside": "#1c1c1e",
}
"""The colour of each role. Blue and red, and orange beside blue, are told apart by the colour-blind too."""


@dataclass(frozen=True)
class Tag:
    """What a piece of a drawing stands for: classes, the names of its tensors, and words for who hovers over it."""

    classes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    tensor: str = ""
    words: str = ""


NO_TAG = Tag()


@dataclass(frozen=True)
class Line:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    role: str
    width: float
    is_dashed: bool = False
    has_head: bool = False
    tag: Tag = NO_TAG


@dataclass(frozen=True)
class Circle:
    """A circle, filled, with a rim."""

    x: float
    y: float
    radius: float
    fill: str
    rim: str = "rim"
    width: float = 1.2
    is_dashed: bool = False
    tag: Tag = NO_TAG


@dataclass(frozen=True)
class Rectangle:
    """A rectangle with round corners; x and y are its middle."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    rim: str = "rim"
    tag: Tag = NO_TAG


@dataclass(frozen=True)
class Words:
    """A label: its middle is at y, and its start, middle or end at x."""

    x: float
    y: float
    label: Label
    size: float
    role: str = "ink"
    anchor: str = "middle"
    has_halo: bool = False
    is_bold: bool = False
    tag: Tag = NO_TAG


Piece = Line | Circle | Rectangle | Words


@dataclass(frozen=True)
class Scene:
    """A whole drawing: its size in pixels, its pieces, and what it shows, in words."""

    width: float
    height: float
    title: str
    description: str
    pieces: tuple[Piece, ...] = field(repr=False)
