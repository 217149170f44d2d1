"""Decision regions: which class a model gives to each point of the plane of its two inputs, and the data."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import InputError, ShapeError
from symnn.teaching.pictures.plots.style import (
    MARKERS,
    PALETTE,
    called,
    caption,
    new_figure,
    plain,
    styled,
)
from symnn.training import Data, Model
from symnn.training.shapes import input_shape

Array = NDArray[Any]

_POINTS = 401
_MOST_DRAWN = 3000
_PALE = 0.72


def plot_regions(model: Model, data: Data | None = None) -> Any:
    """Return the regions of the plane that a model tells apart as a matplotlib Figure, with the data's points.

    Args:
        model: a network with two inputs; where it learned values, the plane shows the value.
        data: the points to draw.

    Raises:
        InputError: for a model that has not two inputs.
        ShapeError: for data that has not.
        SymnnError: where matplotlib is not installed.
    """
    inputs = math.prod(input_shape(model.network))
    if inputs != 2:
        raise InputError(f"regions are drawn for two inputs, the model has {inputs}")
    if data is not None and data.X.shape[1] != 2:
        raise ShapeError(f"the data has {data.X.shape[1]} inputs, the model takes 2")
    if model.targets.classes is None and model.targets.outputs != 1:
        raise InputError(f"regions are drawn for classes or for one value, the model gives {model.targets.outputs}")
    low, high = _bounds(model, data)
    across, up = (np.linspace(low[axis], high[axis], _POINTS) for axis in (0, 1))
    plane = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    with styled():
        figure = new_figure(7.2, 6.0)
        axes = figure.add_subplot()
        if model.targets.classes is None:
            _values(figure, axes, model, plane, (across, up), data)
        else:
            _classes(figure, axes, model, plane, (across, up), data)
        names = model.features or (data.features if data is not None else ()) or ("$x_1$", "$x_2$")
        is_named = names[0] != "$x_1$"
        axes.set_xlabel(plain(names[0]) if is_named else names[0])
        axes.set_ylabel(plain(names[1]) if is_named else names[1])
        axes.set_xlim(low[0], high[0])
        axes.set_ylim(low[1], high[1])
        caption(figure, _caption(model, data))
    return figure


def _bounds(model: Model, data: Data | None) -> tuple[Array, Array]:
    if data is not None:
        low, high = data.X.min(axis=0).astype(float), data.X.max(axis=0).astype(float)
    else:
        # Without points: three standard deviations of what the model was scaled by, or the unit square's surroundings.
        corners = {"standard": (-3.0, 3.0), "unit": (0.0, 1.0)}.get(model.scaling.name, (-3.0, 3.0))
        low, high = (model.scaling.undo(np.full((1, 2), corner))[0] for corner in corners)
    reach = np.where(high > low, high - low, 1.0)
    return low - 0.12 * reach, high + 0.12 * reach


def _classes(figure: Any, axes: Any, model: Model, plane: Array, ticks: Any, data: Data | None) -> None:
    from matplotlib.colors import ListedColormap

    classes = model.targets.classes
    assert classes is not None
    colours = [PALETTE[n % len(PALETTE)] for n in range(len(classes))]
    margins = _margins(model, plane).reshape(_POINTS, _POINTS, -1)
    numbers = margins.argmax(axis=-1)
    pale = ListedColormap([_mixed(colour) for colour in colours])
    axes.imshow(
        numbers, cmap=pale, vmin=-0.5, vmax=len(classes) - 0.5, origin="lower", aspect="auto", interpolation="nearest",
        extent=(ticks[0][0], ticks[0][-1], ticks[1][0], ticks[1][-1]), zorder=1,
    )  # fmt: skip
    for number in range(len(classes) if len(classes) > 2 else 1):
        margin = margins[..., number]
        if margin.min() < 0 < margin.max():
            axes.contour(ticks[0], ticks[1], margin, [0.0], colors="#333333", linewidths=1.0, zorder=2)
    if data is None:
        _legend_of_regions(figure, classes, pale)
        return
    rows = _drawn(data)
    for number, label in enumerate(classes):
        points = rows.X[np.asarray(rows.y) == label]
        axes.scatter(
            points[:, 0], points[:, 1], s=26 if len(rows) > 100 else 52, c=colours[number], linewidths=0.6,
            marker=MARKERS[number % len(MARKERS)], edgecolors="white", zorder=3, label=plain(label),
        )  # fmt: skip
    title = plain(model.target)
    figure.legend(loc="outside upper center", ncols=min(len(classes), 6), title=title)


def _margins(model: Model, plane: Array) -> Array:
    """Return by how much the output of each class is above the largest of the others, (points, classes)."""
    outputs = model.outputs(plane)
    if model.targets.outputs == 1:
        above = outputs[:, 0] - (model.targets.low + model.targets.high) / 2
        # At the middle itself the first class is chosen.
        return np.stack([np.where(above == 0, 1e-300, -above), above], axis=1)
    others = np.repeat(outputs[:, None, :], outputs.shape[1], axis=1)
    others[:, range(outputs.shape[1]), range(outputs.shape[1])] = -np.inf
    return np.asarray(outputs - others.max(axis=2))


def _legend_of_regions(figure: Any, classes: Any, pale: Any) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=pale(number), edgecolor="#333333", label=plain(label)) for number, label in enumerate(classes)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=min(len(classes), 6))


def _values(figure: Any, axes: Any, model: Model, plane: Array, ticks: Any, data: Data | None) -> None:
    values = np.asarray(model.predict(plane), dtype=float).reshape(_POINTS, _POINTS)
    rows = None if data is None else _drawn(data)
    shown = values if rows is None else np.concatenate([values.reshape(-1), np.asarray(rows.y, dtype=float)])
    scale = {"cmap": "cividis", "vmin": float(shown.min()), "vmax": float(shown.max())}
    drawn = axes.imshow(
        values, origin="lower", aspect="auto", extent=(ticks[0][0], ticks[0][-1], ticks[1][0], ticks[1][-1]), **scale
    )
    if values.max() > values.min():
        axes.contour(ticks[0], ticks[1], values, 10, colors="white", linewidths=0.5)
    if rows is not None:
        axes.scatter(rows.X[:, 0], rows.X[:, 1], c=rows.y, s=38, edgecolors="white", linewidths=0.8, **scale)
    figure.colorbar(drawn, ax=axes, pad=0.02).set_label(plain(model.target))


def _drawn(data: Data) -> Data:
    """Return the points that are drawn: of very many, evenly chosen ones."""
    return data if len(data) <= _MOST_DRAWN else data.part(np.linspace(0, len(data) - 1, _MOST_DRAWN).astype(int))


def _mixed(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red + (1 - red) * _PALE, green + (1 - green) * _PALE, blue + (1 - blue) * _PALE


def _caption(model: Model, data: Data | None) -> str:
    said = called(model.network)
    what = "what the model gives" if model.targets.classes is None else "the class that the model gives"
    if data is None:
        return f"{said}: {what} to each point"
    count = min(len(data), _MOST_DRAWN)
    some = f"{count:,} of {len(data):,}" if count < len(data) else f"{count:,}"
    judged = ""
    if model.targets.classes is not None:
        judged = f"; accuracy on them {model.accuracy(data.X, data.y):.3f}" if count == len(data) else ""
    return f"{said}: {what} to each point, and {some} examples of {plain(data.name)}{judged}"
