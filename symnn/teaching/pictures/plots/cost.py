"""Training curves: the cost, and the accuracy of classes, by epoch, on the examples learned from and on the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from symnn.errors import InputError
from symnn.teaching.pictures.plots.style import (
    BLUE,
    ORANGE,
    called,
    caption,
    cost_label,
    new_figure,
    plain,
    styled,
)
from symnn.training import Fit, Model
from symnn.writing import Notation

_PANELS = (("cost", "cost"), ("accuracy", "accuracy"))
_LINES = (("", "training", BLUE, "-", "o"), ("validation_", "validation", ORANGE, "--", "s"))
_WITH_MARKS = 40
_WIDE_RATIO = 50.0


def plot_cost(model: Model | Fit, notation: Notation | None = None) -> Any:
    """Return the cost by epoch as a matplotlib Figure, and the accuracy under it where there are classes.

    Args:
        model: a trained model, or what `train` returned.
        notation: the letter of the cost.

    Raises:
        InputError: for a model that does not say how it was trained.
        SymnnError: where matplotlib is not installed.
    """
    model = Model.of(model) if isinstance(model, Fit) else model
    columns = {name: _numbers(values) for name, values in model.history.items()}
    epochs = columns.get("epoch")
    if epochs is None or not len(epochs) or not np.isfinite(columns.get("cost", np.array([np.nan]))).any():
        raise InputError("the model has no history of its training: train it again (symnn train … -o MODEL.npz)")
    panels = [panel for panel in _PANELS if panel[0] in columns and np.isfinite(columns[panel[0]]).any()]
    with styled():
        figure = new_figure(7.2, 2.6 + 2.3 * len(panels))
        grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (name, words) in zip(grid, panels, strict=True):
            _panel(axes, name, columns, epochs)
            axes.set_ylabel(f"cost {cost_label(notation).latex}" if name == "cost" else words)
        grid[-1].set_xlabel("epoch")
        figure.legend(*grid[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
        caption(figure, _caption(model))
    return figure


def _panel(axes: Any, name: str, columns: dict[str, Any], epochs: Any) -> None:
    shown = []
    for prefix, words, colour, dashes, mark in _LINES:
        values = columns.get(prefix + name)
        if values is None or not np.isfinite(values).any():
            continue
        marks = mark if len(epochs) <= _WITH_MARKS else ""
        axes.plot(
            epochs, values, color=colour, linestyle=dashes, marker=marks, markersize=4, linewidth=1.9, label=words
        )
        shown.append(values[np.isfinite(values)])
    together = np.concatenate(shown)
    if name == "accuracy":
        axes.set_ylim(max(0.0, min(0.95, float(together.min()) - 0.05)), 1.02)
    elif together.min() > 0 and together.max() / together.min() > _WIDE_RATIO:
        axes.set_yscale("log")
    elif together.min() >= 0:
        axes.set_ylim(0, float(together.max()) * 1.06 or 1.0)
    axes.grid(axis="y", color="#dddddd", linewidth=0.7)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5 + 0.01 * (epochs[-1] - epochs[0]))


def _numbers(values: Any) -> Any:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _caption(model: Model) -> str:
    told = model.information
    said = [called(model.network), f"{str(model.network.cost).replace('_', ' ')} cost"]
    if "data" in told:
        said.append(f"trained on {plain(told['data'])}")
    rate, seed = told.get("learning_rate"), told.get("seed")
    if isinstance(rate, int | float):
        said.append(f"learning rate {rate:g}")
    return (
        " · ".join(plain(part, 60) for part in said[:2])
        + "".join(f" · {part}" for part in said[2:])
        + (f" · seed {seed}" if isinstance(seed, int) else "")
    )
