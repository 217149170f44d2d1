"""What enters and leaves a network: inputs, what stands beside them, outputs and cost, checked where they enter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import DataError, ShapeError
from symnn.networks.weighting import MASK, mask_of, weights_of
from symnn.training.shapes import target_shape

Array = NDArray[Any]


def as_inputs(X: Any, shape: tuple[int, ...] | None = None) -> Array:
    """Return X as a finite array, (examples, inputs), or (examples, …) where one example has more axes.

    A row of as many columns as an input of another shape has entries, such as 64 of a 1 × 8 × 8 image, is brought
    into that shape, the last axis fastest.

    Raises:
        DataError: for text, for values that are not finite (with their row and column), for no rows.
        ShapeError: for another number of axes or columns.
    """
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise ShapeError("X has rows of different lengths") from error
    if array.dtype.kind not in "bifu":
        raise DataError(f"X has entries of type {array.dtype} (accepted: numbers)")
    axes = 1 if shape is None else len(shape)
    if shape is not None and axes != 1 and array.ndim == 2 and array.shape[1] == math.prod(shape):
        array = array.reshape(len(array), *shape)
    if array.ndim != axes + 1:
        wanted = "inputs" if shape is None else ", ".join(str(size) for size in shape)
        raise ShapeError(f"X has shape {array.shape} (accepted: (examples, {wanted}))")
    if len(array) == 0:
        raise DataError("X is empty: there are no examples")
    if shape is not None and array.shape[1:] != shape:
        given, wanted = (" × ".join(str(size) for size in sizes) for sizes in (array.shape[1:], shape))
        raise ShapeError(f"X has {given} columns, the network takes {wanted}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        row, column = (int(position) + 1 for position in np.argwhere(~np.isfinite(array))[0][:2])
        raise DataError(f"X is not finite in row {row}, column {column}")
    return array if array.dtype.kind == "f" else array.astype(float)


def check_rows(Y: Array, X: Any) -> Array:
    """Return Y if it has a row for each of X.

    Raises:
        ShapeError: otherwise.
    """
    if len(Y) != len(X):
        raise ShapeError(f"X has {len(X)} rows, Y has {len(Y)}")
    return Y


def beside_of(network: Any, Y: Array, example_weights: Any = None, mask: Any = None) -> dict[str, Array]:
    """Return what a network's examples have beside x and y, by its name: weights s and a mask M of the network's shape.

    Raises:
        InputError: for what the network does not take.
        DataError, ShapeError: for weights or a mask that make no sense.
    """
    beside = {**weights_of(network, example_weights, len(Y)), **mask_of(network, mask, Y.shape)}
    shape = {MASK: (len(Y), *target_shape(network))}
    return {name: array.reshape(shape.get(name, array.shape)) for name, array in beside.items()}


def outputs_of(network: Any, parameters: dict[str, Array], X: Array) -> Array:
    """Return a network's outputs, (examples, outputs)."""
    with np.errstate(all="ignore"):
        outputs = np.asarray(network.evaluate(parameters, X)[network.output])
    return outputs.reshape(len(X), -1)


def evaluate(
    network: Any, parameters: dict[str, Array], X: Array, Y: Array, beside: Mapping[str, Array] = MappingProxyType({})
) -> tuple[Array, float]:
    """Return a network's outputs and its cost; `beside` are weights s and a mask M."""
    with np.errstate(all="ignore"):
        values = network.evaluate(parameters, X, Y.reshape(len(Y), *target_shape(network)), **beside)
    return np.asarray(values[network.output]).reshape(len(X), -1), float(values["C"])
