"""How a hill is drawn: a curve or contours, the balls' paths in colours of their own, blue dots in the valleys."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np

from symnn.teaching.pictures.labels import number_label
from symnn.teaching.pictures.plots.hill import Hill, hill_of
from symnn.teaching.pictures.plots.style import (
    AMBER,
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    caption,
    cost_label,
    entry_label,
    image_bytes,
    new_figure,
    styled,
)
from symnn.training import Data, Model
from symnn.writing import Notation

# Blue is the valleys' own colour.
_BALLS = (ORANGE, GREEN, PURPLE, AMBER, BLACK)
_HEIGHTS = ("#fffaf0", "#fdeccd", "#f8d7a1", "#eebb77", "#d99a55", "#b67a3d", "#8a5a2b", "#5c3b1c")
_NEAR = 0.09
"""Nearer to the edge than this share of the width, a label stands to the inner side."""
_FRAMES, _MILLISECONDS, _DPI = 60, 80, 100


@dataclass(frozen=True, eq=False)
class _Moving:
    """The parts of a drawing that an animation moves: a trail and a ball for each descent."""

    figure: Any
    trails: list[Any]
    balls: list[Any]


def plot_hill(model: Model, data: Data, parameter: str | int = 1, notation: Notation | None = None, **how: Any) -> Any:
    """Return the cost against one or two parameters as a matplotlib Figure, with balls that rolled down.

    Args:
        model: a network with parameters, and how it takes its data.
        data: the examples.
        parameter: such as "W1[1,2]" or "W1[1,1],b1[1]"; 1 or 2: those that training moved most.
        notation: how parameters and the cost are written.
        how: `starts`, `learning_rate`, `steps`, `seed`, `ranges`: see `hill_of`.

    Raises:
        InputError, DataError, ShapeError: as `hill_of` does.
        SymnnError: where matplotlib is not installed.
    """
    return draw_hill(hill_of(model, data, parameter, **how), notation)


def draw_hill(hill: Hill, notation: Notation | None = None) -> Any:
    """Return a hill as a matplotlib Figure, its balls at rest at the end of their paths.

    Raises:
        SymnnError: where matplotlib is not installed.
    """
    with styled():
        return _drawn(hill, notation).figure


def animate_hill(hill: Hill, notation: Notation | None = None) -> bytes:
    """Return an animated GIF of the balls rolling down.

    Raises:
        SymnnError: where matplotlib is not installed.
    """
    with styled():
        from PIL import Image

        moving = _drawn(hill, notation)
        figure = moving.figure
        figure.set_dpi(_DPI)
        figure.canvas.draw()
        # The layout is settled once; in every frame it is the same.
        figure.set_layout_engine("none")
        frames = []
        longest = max(len(descent.points) for descent in hill.descents) - 1
        for step in _shown_steps(longest):
            for descent, trail, ball in zip(hill.descents, moving.trails, moving.balls, strict=True):
                xs, ys = _path(hill, descent)
                trail.set_data(xs[: step + 1], ys[: step + 1])
                last = min(step, len(xs) - 1)
                ball.set_data([xs[last]], [ys[last]])
            figure.canvas.draw()
            pixels = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3].copy())
            frames.append(pixels.quantize(128, dither=Image.Dither.NONE))
        rest = [frames[-1]] * 12
        return image_bytes([*frames, *rest], _MILLISECONDS)


def _shown_steps(longest: int) -> list[int]:
    """Return the steps that have a frame: close together at first, where the balls are fast."""
    share = np.linspace(0, 1, min(_FRAMES, longest + 1))
    return sorted({0, longest, *np.round(longest * share**1.6).astype(int).tolist()})


def _drawn(hill: Hill, notation: Notation | None) -> _Moving:
    figure = new_figure(7.2, 5.0 if len(hill.entries) == 1 else 6.0)
    axes = figure.add_subplot()
    draw = _curve if len(hill.entries) == 1 else _contours
    draw(figure, axes, hill, notation)
    labels = [entry_label(hill.landscape.network, e.name, e.places, notation) for e in hill.entries]
    axes.set_xlabel(labels[0].latex)
    axes.set_ylabel(labels[1].latex if len(labels) > 1 else f"cost {cost_label(notation).latex}")
    if len(labels) > 1:
        axes.yaxis.label.set_rotation(0)
        axes.yaxis.label.set_ha("right")
    _mark_valleys(axes, hill, cost_label(notation).latex)
    trails, balls = _paths(axes, hill)
    figure.legend(loc="outside upper center", ncols=5, fontsize=10, columnspacing=1.2, handletextpad=0.3)
    caption(figure, textwrap.fill(hill.caption, 104))
    return _Moving(figure, trails, balls)


def _curve(figure: Any, axes: Any, hill: Hill, notation: Notation | None) -> None:
    t, costs = hill.axes[0], hill.costs
    finite = costs[np.isfinite(costs)]
    low, high = float(finite.min()), float(finite.max())
    height = (high - low) or 1.0
    bottom = min(0.0, low) if low < 0.3 * high else low - 0.2 * height
    axes.fill_between(t, costs, bottom - height, color="#f1f1ef", linewidth=0)
    axes.plot(t, costs, color="#333333", linewidth=2.2, zorder=3)
    axes.set_xlim(t[0], t[-1])
    axes.set_ylim(min(bottom, low - 0.12 * height), high + 0.08 * height)


def _contours(figure: Any, axes: Any, hill: Hill, notation: Notation | None) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    costs = np.ma.masked_invalid(hill.costs)
    low, high = float(costs.min()), float(costs.max())
    high = high if high > low else low + 1.0
    # Levels lie closer together near the bottom, where the valleys are.
    levels = low + (high - low) * np.linspace(0, 1, 22) ** 1.5
    colours = LinearSegmentedColormap.from_list("heights", _HEIGHTS)
    from matplotlib.colors import BoundaryNorm

    norm = BoundaryNorm(levels, colours.N)
    filled = axes.contourf(hill.axes[0], hill.axes[1], costs.T, levels, cmap=colours, norm=norm, zorder=1)
    axes.contour(hill.axes[0], hill.axes[1], costs.T, levels, colors="#6b4a26", linewidths=0.4, zorder=2)
    ticks = [float(level) for level in levels[::3]]
    bar = figure.colorbar(filled, ax=axes, spacing="proportional", ticks=ticks, pad=0.02)
    bar.ax.set_yticklabels([number_label(tick).plain for tick in ticks], fontsize=10)
    bar.set_label(f"cost {cost_label(notation).latex}")
    axes.set_xlim(hill.axes[0][0], hill.axes[0][-1])
    axes.set_ylim(hill.axes[1][0], hill.axes[1][-1])


def _path(hill: Hill, descent: Any) -> tuple[Any, Any]:
    first = descent.points[:, 0]
    return (first, descent.costs) if len(hill.entries) == 1 else (first, descent.points[:, 1])


def _paths(axes: Any, hill: Hill) -> tuple[list[Any], list[Any]]:
    trails, balls = [], []
    for number, descent in enumerate(hill.descents):
        xs, ys = _path(hill, descent)
        colour = _BALLS[number % len(_BALLS)]
        (trail,) = axes.plot(xs, ys, color=colour, linewidth=1.3, marker="o", markersize=3.2, zorder=5)
        axes.plot(
            xs[:1], ys[:1], "o", markersize=10, markerfacecolor="white", markeredgecolor=colour, markeredgewidth=2,
            zorder=6, label=f"start {number + 1}",
        )  # fmt: skip
        (ball,) = axes.plot(
            xs[-1:], ys[-1:], "o", markersize=13, color=colour, markeredgecolor="white", markeredgewidth=1.2, zorder=7
        )
        trails.append(trail)
        balls.append(ball)
    return trails, balls


def _mark_valleys(axes: Any, hill: Hill, cost: str) -> None:
    for number, valley in enumerate(hill.valleys):
        at = hill.landscape.cost(valley)
        y = at if len(hill.entries) == 1 else valley[1]
        axes.plot(
            [valley[0]], [y], "o", markersize=8, color=BLUE, markeredgecolor="white", markeredgewidth=1.2, zorder=8,
            label="valley (local minimum)" if number == 0 else None,
        )  # fmt: skip
        if number < 8:
            words = f"${cost.strip('$')} = {number_label(at).latex.strip('$')}$"
            share = (valley[0] - hill.axes[0][0]) / (hill.axes[0][-1] - hill.axes[0][0])
            side = "left" if share < _NEAR else "right" if share > 1 - _NEAR else "center"
            shift = {"left": -4, "right": 4}.get(side, 0)
            axes.annotate(
                words, (valley[0], y), (shift, -11), textcoords="offset points", ha=side, va="top", color=BLUE,
                fontsize=11, zorder=9, bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1},
            )  # fmt: skip
