"""How a hill is drawn: a curve or contours, the balls' paths in colours of their own, blue dots in the valleys."""

from __future__ import annotations

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
_SEEN = 0.002
_FRAMES, _MILLISECONDS, _REST, _DPI = 60, 80, 1500, 120


@dataclass(frozen=True, eq=False)
class _Moving:
    """The parts of a drawing that an animation moves: for each descent a trail, the dots on it, and the ball."""

    figure: Any
    trails: list[Any]
    dots: list[Any]
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


def draw_hill(hill: Hill, notation: Notation | None = None, captioned: bool = True) -> Any:
    """Return a hill as a matplotlib Figure, its balls at rest at the end of their paths.

    Args:
        hill: what is drawn.
        notation: how parameters and the cost are written.
        captioned: whether what was drawn is said under it.

    Raises:
        SymnnError: where matplotlib is not installed.
    """
    with styled():
        return _drawn(hill, notation, captioned).figure


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
        for step in _shown_steps(_last_moving_step(hill)):
            for number, descent in enumerate(hill.descents):
                xs, ys = _path(hill, descent)
                moving.trails[number].set_data(*_trail(hill, xs[: step + 1], ys[: step + 1]))
                moving.dots[number].set_data(xs[: step + 1], ys[: step + 1])
                last = min(step, len(xs) - 1)
                moving.balls[number].set_data([xs[last]], [ys[last]])
            figure.canvas.draw()
            frames.append(Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()))
    palette = _palette(frames[-1])
    few = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    return image_bytes(few, [_MILLISECONDS] * (len(few) - 1) + [_REST])


def _palette(frame: Any) -> Any:
    """Return one palette for all frames, in which the colours of balls and valleys are themselves."""
    from PIL import Image

    sample = Image.new("RGB", (frame.width, frame.height + 40 * (len(_BALLS) + 2)), "white")
    sample.paste(frame, (0, 0))
    for number, colour in enumerate(("white", BLUE, *_BALLS)):
        sample.paste(colour, (0, frame.height + 40 * number, frame.width, frame.height + 40 * (number + 1)))
    return sample.quantize(256, dither=Image.Dither.NONE)


def _last_moving_step(hill: Hill) -> int:
    """Return the step after which no ball moves by what can be seen."""
    widths = np.array([axis[-1] - axis[0] for axis in hill.axes])
    last = 1
    for descent in hill.descents:
        away = np.max(np.abs(descent.points - descent.points[-1]) / widths, axis=1)
        last = max(last, int(np.sum(np.maximum.accumulate(away[::-1]) > _SEEN)))
    return last


def _shown_steps(longest: int) -> list[int]:
    """Return the steps that have a frame: close together at first, where the balls are fast."""
    share = np.linspace(0, 1, min(_FRAMES, longest + 1))
    return sorted({0, longest, *np.round(longest * share**1.6).astype(int).tolist()})


def _drawn(hill: Hill, notation: Notation | None, captioned: bool = True) -> _Moving:
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
    if hill.trained:
        _mark_trained(axes, hill)
    trails, dots, balls = _paths(axes, hill)
    figure.legend(loc="outside upper center", ncols=5, fontsize=10, columnspacing=1.2, handletextpad=0.3)
    if captioned:
        caption(figure, *hill.caption)
    return _Moving(figure, trails, dots, balls)


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


def _trail(hill: Hill, xs: Any, ys: Any) -> tuple[Any, Any]:
    """Return the line through a path's points: along the curve, or straight from point to point on contours."""
    if len(hill.entries) == 2 or len(xs) < 2:
        return xs, ys
    t = hill.axes[0]
    across, up = [xs[:1]], [ys[:1]]
    for before, after, end in zip(xs, xs[1:], ys[1:], strict=False):
        between = t[(t > min(before, after)) & (t < max(before, after))]
        between = between if after > before else between[::-1]
        across += [between, [after]]
        up += [np.interp(between, t, hill.costs), [end]]
    return np.concatenate(across), np.concatenate(up)


def _paths(axes: Any, hill: Hill) -> tuple[list[Any], list[Any], list[Any]]:
    trails, dots, balls = [], [], []
    few = len(hill.descents) <= len(_BALLS)
    for number, descent in enumerate(hill.descents):
        xs, ys = _path(hill, descent)
        colour = _BALLS[number % len(_BALLS)]
        trails += axes.plot(*_trail(hill, xs, ys), color=colour, linewidth=1.8, zorder=4)
        dots += axes.plot(xs, ys, "o", color=colour, markersize=3.4, zorder=5)
        label = f"start {number + 1}" if few else "starts" if number == 0 else None
        axes.plot(
            xs[:1], ys[:1], "o", markersize=10, markerfacecolor="white", markeredgecolor=colour, markeredgewidth=2,
            zorder=6, label=label,
        )  # fmt: skip
        balls += axes.plot(
            xs[-1:], ys[-1:], "o", markersize=13, color=colour, markeredgecolor="white", markeredgewidth=1.2, zorder=7
        )
    return trails, dots, balls


def _mark_trained(axes: Any, hill: Hill) -> None:
    now = hill.landscape.now
    y = hill.landscape.cost(now) if len(now) == 1 else now[1]
    if all(axis[0] <= t <= axis[-1] for axis, t in zip(hill.axes, now, strict=True)):
        axes.plot(
            [now[0]], [y], "D", markersize=7, markerfacecolor="white", markeredgecolor="black", markeredgewidth=1.5,
            zorder=7.5, label="where training ended",
        )  # fmt: skip


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
