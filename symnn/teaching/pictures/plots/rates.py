"""Learning rates compared: the cost by epoch, one line for each rate."""

from __future__ import annotations

from typing import Any

import numpy as np

from symnn.errors import InputError
from symnn.teaching.pictures.plots.style import (
    MARKERS,
    PALETTE,
    called,
    caption,
    cost_label,
    new_figure,
    plain,
    styled,
)
from symnn.training import Fit, RateComparison
from symnn.writing import Notation

_WITH_MARKS = 40
_WIDE_RATIO = 50.0
_MOST = 10_000.0
"""A cost so many times the smallest is cut off: what diverges would press the others together."""


def plot_rates(compared: RateComparison, notation: Notation | None = None, data: str = "") -> Any:
    """Return the training cost by epoch of each learning rate as a matplotlib Figure, the validation cost beside it.

    Of several starts of a rate, its best is drawn.

    Args:
        compared: what `compare_rates` returned.
        notation: the letter of the cost.
        data: what the examples are called, for the caption.

    Raises:
        InputError: where no rate completed an epoch.
        SymnnError: where matplotlib is not installed.
    """
    if not any(fit.history for fit in compared.fits):
        raise InputError("no learning rate completed an epoch: there is nothing to draw")
    panels = [("cost", "training")] + [("validation_cost", "validation")] * compared.watched
    with styled():
        figure = new_figure(4.2 + 3.6 * len(panels), 4.6)
        grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for axes, (name, words) in zip(grid, panels, strict=True):
            _panel(axes, name, compared)
            axes.set_title(words)
            axes.set_xlabel("epoch")
        grid[0].set_ylabel(f"cost {cost_label(notation).latex}")
        together = np.concatenate([_line(fit, name)[1] for name, _ in panels for fit in compared.fits])
        _scale(grid[0], together[np.isfinite(together)])
        columns = min(len(compared.fits), 5)
        figure.legend(*grid[0].get_legend_handles_labels(), loc="outside upper center", ncols=columns)
        caption(figure, _caption(compared, data))
    return figure


def _panel(axes: Any, name: str, compared: RateComparison) -> None:
    best = compared.best.learning_rate
    for number, fit in enumerate(compared.fits):
        epochs, values = _line(fit, name)
        words = f"η = {fit.learning_rate:g}"
        words += " (best)" if fit.learning_rate == best else " (diverged)" if fit.diverged else ""
        axes.plot(
            epochs, values, color=PALETTE[number % len(PALETTE)], markersize=4, label=words,
            marker=MARKERS[number % len(MARKERS)] if len(epochs) <= _WITH_MARKS else "",
            linewidth=2.4 if fit.learning_rate == best else 1.6,
        )  # fmt: skip
    axes.grid(axis="y", color="#dddddd", linewidth=0.7)
    axes.xaxis.get_major_locator().set_params(integer=True)


def _line(fit: Fit, name: str) -> tuple[list[int], Any]:
    return [entry["epoch"] for entry in fit.history], np.array([entry[name] for entry in fit.history], dtype=float)


def _scale(axes: Any, costs: Any) -> None:
    """Show all finite costs, but for those of what diverges; over a wide range, by their logarithm."""
    low, high = float(costs.min()), float(costs.max())
    if low > 0 and high / low > _WIDE_RATIO:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.3, min(high * 1.3, low * _MOST))
    elif low >= 0:
        axes.set_ylim(0, high * 1.06 or 1.0)


def _caption(compared: RateComparison, data: str) -> str:
    net, starts = compared.best.network, max(len(fit.restarts) for fit in compared.fits)
    said = [called(net), f"{str(net.cost).replace('_', ' ')} cost", *([f"trained on {plain(data)}"] if data else [])]
    said.append(f"the best of {starts} starts for each rate" if starts > 1 else f"seed {compared.best.seed}")
    return " · ".join(plain(part, 60) for part in said)
