"""How plots look: one palette that colour-blind people can tell apart, letters that can be read, no global state."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import Any

from symnn.errors import DataError
from symnn.networks import Network
from symnn.teaching.pictures.labels import Label, Labels, label_of
from symnn.teaching.pictures.raster import import_matplotlib, saved
from symnn.writing import Notation
from symnn.writing.names import mark_of_name

# Okabe and Ito, Color universal design, 2008; the yellow is left out, it is too pale on white.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, AMBER, BLACK, GREY = "#56B4E9", "#E69F00", "#000000", "#767676"
PALETTE = (BLUE, ORANGE, GREEN, AMBER, PURPLE, SKY, BLACK, GREY)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
"""Beside its colour every class has its own mark."""

DPI = 150
_STYLE = {
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "mathtext.fontset": "stix", "font.size": 11,
    "axes.labelsize": 13, "axes.titlesize": 13, "legend.fontsize": 10.5, "axes.spines.top": False,
    "axes.spines.right": False, "axes.edgecolor": "#444444", "axes.grid": False, "legend.frameon": True,
    "legend.framealpha": 0.92, "legend.edgecolor": "#cccccc", "svg.hashsalt": "symnn", "svg.fonttype": "path",
    "axes.unicode_minus": True, "axes.formatter.useoffset": False, "axes.formatter.limits": (-4, 5),
    "axes.formatter.use_mathtext": True,
}  # fmt: skip
_LONGEST = 40
_LETTERS_PER_INCH = 14
"""Of a caption: letters of 9 points."""


def styled() -> Any:
    """Return a context in which matplotlib draws in this style, and after which it is as it was.

    Raises:
        SymnnError: where matplotlib is not installed.
    """
    matplotlib = import_matplotlib("a plot")
    return matplotlib.rc_context(_STYLE)


def check_matplotlib() -> None:
    """Raise SymnnError where matplotlib is not installed: before work is done in vain."""
    import_matplotlib("a plot")


def new_figure(width: float = 7.2, height: float = 4.8) -> Any:
    """Return an empty figure; nothing on it is clipped, and pyplot does not know of it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def written(figure: Any, ending: str) -> bytes:
    """Return a figure as the content of a file that ends in .png, .svg or .pdf; equal figures give equal bytes."""
    with styled():
        return saved(figure, ending.lstrip("."))


def caption(figure: Any, *lines: str) -> None:
    """Write what was drawn under a figure, in small letters; long lines are broken."""
    width = int(figure.get_size_inches()[0] * _LETTERS_PER_INCH)
    text = "\n".join(textwrap.fill(line, width) for line in lines)
    figure.supxlabel(text, fontsize=9, color="#555555", x=0.01, ha="left")


def plain(text: Any, longest: int = _LONGEST) -> str:
    """Return text from outside as one short line in which nothing is read as a formula.

    >>> plain("price in $ of a_1")
    'price in \\\\$ of a_1'
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    line = line if len(line) <= longest else line[: longest - 1] + "…"
    return line.replace("$", r"\$")


def entry_label(network: Any, name: str, places: Sequence[int], notation: Notation | None = None) -> Label:
    """Return how one entry of a parameter is written; places count from 1.

    >>> from symnn.networks import mlp
    >>> entry_label(mlp("2-1"), "W1", (1, 2)).plain
    'w⁽¹⁾₁₂'
    """
    notation = notation or Notation()
    letter, layer = name[:1], name[1:]
    if letter in "Wb" and layer.isdigit() and len(getattr(network, "layers", ())) >= int(layer):
        return Labels(notation, "").entry(name, places)
    first = 1 if notation.indices is None else notation.indices
    return label_of(mark_of_name(name, True, notation), [str(place - 1 + first) for place in places], notation)


def cost_label(notation: Notation | None = None) -> Label:
    """Return how the cost is written."""
    notation = notation or Notation()
    return label_of(notation.letter("cost"), [], notation)


def called(network: Any) -> str:
    """Return what a network is called in a caption: 2-3-1, or the name of its file."""
    described = getattr(network, "description", None) or {}
    name = described.get("architecture") or described.get("name")
    return plain(name or (network.title.split(" · ")[0] if isinstance(network, Network) else repr(network)))


def check_finite(values: Any, what: str) -> None:
    """Raise DataError where no value that would be drawn is finite."""
    import numpy as np

    if not np.isfinite(values).any():
        raise DataError(f"{what} is nowhere a finite number: there is nothing to draw")


def image_bytes(frames: Sequence[Any], milliseconds: Sequence[int]) -> bytes:
    """Return images as an animated GIF that is played again and again; each is shown for so many milliseconds."""
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=list(milliseconds), loop=0)
    return buffer.getvalue()
