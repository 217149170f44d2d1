"""The first layer's weights as images: what each unit looks for, in one scale of colours for all of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import InputError
from symnn.networks import Dense
from symnn.teaching.pictures.plots.style import called, caption, entry_label, new_figure, plain, styled
from symnn.training import Model
from symnn.training.shapes import input_shape
from symnn.writing import Notation

Array = NDArray[Any]

MOST_IMAGES = 100
_COLOURS = "RdBu"  # red below 0, blue above, as in the diagrams; told apart by colour-blind people


def plot_weights(model: Model, notation: Notation | None = None) -> Any:
    """Return the weights of each unit of the first layer as an image, in a matplotlib Figure.

    Args:
        model: a network whose first layer is dense, and whose inputs are the pixels of an image.
        notation: how the weights are written.

    Raises:
        InputError: for inputs that are no image, and a first layer without a weight for each pixel.
        SymnnError: where matplotlib is not installed.
    """
    images, name = images_of(model)
    units = len(images)
    shown = images[:MOST_IMAGES]
    largest = float(np.abs(shown).max()) or 1.0
    columns = _columns(len(shown))
    rows = -(-len(shown) // columns)
    with styled():
        side = min(1.35, 8.4 / columns)
        aspect = shown.shape[1] / shown.shape[2]
        figure = new_figure(max(4.8, side * columns + 1.3), max(2.4, side * rows * aspect + 0.34 * rows + 0.5))
        grid = figure.subplots(rows, columns, squeeze=False)
        for number, axes in enumerate(grid.flat):
            axes.set_xticks([])
            axes.set_yticks([])
            for spine in axes.spines.values():
                spine.set(visible=number < len(shown), color="#bbbbbb", linewidth=0.8)
            if number < len(shown):
                drawn = axes.imshow(shown[number], cmap=_COLOURS, vmin=-largest, vmax=largest, interpolation="nearest")
                axes.set_title(f"unit {number + 1}", fontsize=9 if columns <= 8 else 7.5, pad=3)
        bar = figure.colorbar(drawn, ax=list(grid.flat), fraction=0.04, pad=0.02, aspect=30)
        letter = entry_label(model.network, name, (), notation).latex
        bar.set_label(f"weight {letter}")
        some = f", the first {MOST_IMAGES} of {units:,}" if units > MOST_IMAGES else ""
        known = model.information.get("data")
        data = f" · trained on {plain(known)}" if known else ""
        size = f"{shown.shape[1]} × {shown.shape[2]} pixels"
        caption(figure, f"{called(model.network)}: weights of the first layer by unit{some}, {size}{data}")
    return figure


def _columns(images: int) -> int:
    """Return in how many columns images stand: a little wider than high, and few places left empty."""
    wanted = math.sqrt(1.5 * images)
    near = range(max(1, math.floor(0.75 * wanted)), math.ceil(1.35 * wanted) + 1)
    return min(near, key=lambda columns: (-(-images // columns) * columns - images, abs(columns - wanted)))


def images_of(model: Model) -> tuple[Array, str]:
    """Return the first layer's weights as images, (units, rows, columns), and the parameter's name.

    Raises:
        InputError: for inputs that are no image, and a first layer without a weight for each pixel.
    """
    inputs = math.prod(input_shape(model.network))
    weights, name = _first_weights(model, inputs)
    shape = _image_shape(model, inputs)
    return weights.reshape(len(weights), *shape), name


def _first_weights(model: Model, inputs: int) -> tuple[Array, str]:
    """Return the weights of the first layer, (units, inputs)."""
    name = next((n for n, value in model.parameters.items() if np.ndim(value) == 2 and inputs in np.shape(value)), None)
    layers = getattr(model.network, "layers", ())
    if name is None or (layers and not isinstance(layers[0], Dense)):
        raise InputError("the first layer has no weight for each input: there are no images of it to draw")
    value = np.asarray(model.parameters[name])
    turned = layers[0].weights != "outputs,inputs" if layers else value.shape[1] != inputs
    return (value.T if turned else value), name


def _image_shape(model: Model, inputs: int) -> tuple[int, int]:
    shape = model.image or input_shape(model.network)
    if len(shape) == 2:
        return int(shape[0]), int(shape[1])
    if len(shape) == 3 and shape[-1] == 1:
        return int(shape[0]), int(shape[1])
    side = math.isqrt(inputs)
    if model.features or side**2 != inputs or side == 1:
        what = f"{inputs} columns of a table" if model.features else f"{inputs} inputs are no square"
        raise InputError(f"no image data: {what} (accepted: a model trained on images, such as digits)")
    return side, side
