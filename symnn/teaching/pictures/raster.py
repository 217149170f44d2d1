"""PNG and PDF by matplotlib, from the same scene as SVG and TikZ."""

from __future__ import annotations

import io
import warnings
from typing import Any

from symnn.errors import SymnnError
from symnn.teaching.pictures.primitives import COLOURS, Circle, Line, Piece, Rectangle, Scene, Words
from symnn.teaching.pictures.svg import arrow_head

INSTALL = 'pip install "symnn[plot]"'
_DPI, _POINT = 96.0, 0.75
_SHARPNESS = 2
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}


def image_of(scene: Scene, format: str) -> bytes:
    """Return a scene as PNG or PDF.

    Raises:
        SymnnError: where matplotlib is not installed.
    """
    matplotlib = import_matplotlib("a PNG or a PDF")
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"mathtext.fontset": "stix", "font.family": "serif"}):
        figure = Figure(figsize=(scene.width / _DPI, scene.height / _DPI), dpi=_DPI * _SHARPNESS)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, scene.width)
        axes.set_ylim(scene.height, 0)
        axes.set_axis_off()
        for order, piece in enumerate(scene.pieces):
            _draw(axes, piece, order)
        return saved(figure, format)


def import_matplotlib(what: str) -> Any:
    """Return matplotlib.

    Raises:
        SymnnError: where it is not installed, with the command that installs it.
    """
    try:
        import matplotlib
    except ImportError:
        raise SymnnError(f"{what} is drawn by matplotlib, which is not installed: {INSTALL}") from None
    return matplotlib


def saved(figure: Any, format: str) -> bytes:
    """Return a figure as bytes that are the same each time: without the date."""
    buffer = io.BytesIO()
    metadata = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(format, {})
    matplotlib = import_matplotlib("a picture")
    # Without a salt, the ids within an SVG would be others each time.
    with warnings.catch_warnings(), matplotlib.rc_context({"svg.hashsalt": "symnn"}):
        # A letter that the font lacks is drawn as an empty box, and no more needs to be said.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(buffer, format=format, metadata=metadata)
    return buffer.getvalue()


def _draw(axes: Any, piece: Piece, order: int) -> None:
    from matplotlib import patches

    if isinstance(piece, Line):
        xs, ys = zip(*piece.points, strict=True)
        dashes = (0, (7 / piece.width, 4 / piece.width)) if piece.is_dashed else "-"
        axes.plot(
            xs, ys, color=COLOURS[piece.role], linewidth=piece.width * _POINT, linestyle=dashes, zorder=order,
            solid_capstyle="round", dash_capstyle="butt",
        )  # fmt: skip
        if piece.has_head:
            axes.add_patch(patches.Polygon(arrow_head(piece.points), color=COLOURS[piece.role], zorder=order))
    elif isinstance(piece, Circle):
        rim = {"edgecolor": COLOURS[piece.rim], "linewidth": piece.width * _POINT} if piece.rim else {"linewidth": 0}
        dashes = (0, (7 / piece.width, 4 / piece.width)) if piece.is_dashed else "-"
        axes.add_patch(
            patches.Circle(
                (piece.x, piece.y), piece.radius, facecolor=COLOURS[piece.fill], zorder=order, linestyle=dashes, **rim
            )
        )
    elif isinstance(piece, Rectangle):
        if piece.rim:
            corner = (piece.x - piece.width / 2 + 9, piece.y - piece.height / 2 + 9)
            axes.add_patch(
                patches.FancyBboxPatch(
                    corner, piece.width - 18, piece.height - 18, boxstyle="round,pad=9", facecolor=COLOURS[piece.fill],
                    edgecolor=COLOURS[piece.rim], linewidth=1.2 * _POINT, zorder=order,
                )
            )  # fmt: skip
    else:
        _write(axes, piece, order)


def _write(axes: Any, words: Words, order: int) -> None:
    label = words.label
    halo = {"facecolor": "white", "edgecolor": "none", "pad": 0.8} if words.has_halo else None
    is_formula = label.latex.startswith("$") or "$|" in label.latex
    axes.text(
        words.x, words.y, label.latex if is_formula else label.letter + label.after, parse_math=is_formula,
        ha=_ANCHORS[words.anchor], va="center_baseline" if not is_formula else "center", fontsize=words.size * _POINT,
        color=COLOURS[words.role], weight="bold" if words.is_bold else "normal", bbox=halo, zorder=order,
    )  # fmt: skip
