"""What training returns: the parameters, how the cost went, and predictions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import DataError, InputError, ShapeError
from symnn.networks.weighting import MASK, mask_of, weights_of
from symnn.training.shapes import input_shape, output_shape
from symnn.training.targets import Targets

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Fit:
    """A trained network.

    Attributes:
        network: what was trained.
        parameters: the parameters, by name.
        targets: what the outputs stand for.
        cost: the training cost at these parameters.
        history: a dictionary an epoch: epoch, cost, accuracy, validation_cost, validation_accuracy
            (None where there is no such thing).
        epochs: how many epochs were completed, in the restart that was chosen.
        seconds: how long all of it took.
        stopped: why training ended before its time, or None.
        seed: the seed of the restart that was chosen.
        learning_rate: the step size η.
        restarts: a dictionary a start: seed, epoch (the last that was good), cost, accuracy, validation_cost,
            validation_accuracy, stopped.
    """

    network: Any
    parameters: dict[str, Array] = field(repr=False)
    targets: Targets
    cost: float
    history: list[dict[str, Any]] = field(repr=False)
    epochs: int = 0
    seconds: float = 0.0
    stopped: str | None = None
    seed: int = 0
    learning_rate: float = 0.0
    restarts: list[dict[str, Any]] = field(default_factory=list, repr=False)

    def predict(self, X: Any) -> Array:
        """Return the label of each example, or its values where the network learned values."""
        return self.targets.decode(self.outputs(X))

    def predict_probability(self, X: Any) -> Array:
        """Return a probability for each class, (examples, classes).

        Raises:
            InputError: where the network learned values, or its outputs are no probabilities.
        """
        return self.targets.probability(self.outputs(X))

    def accuracy(self, X: Any, Y: Any) -> float:
        """Return the share of examples that are given their right class.

        Raises:
            InputError: where the network learned values.
        """
        encoded = self.targets.encode(Y)
        found = self.targets.accuracy(self.outputs(X), check_rows(encoded, X))
        if found is None:
            raise InputError("no accuracy: the network was trained on values, not on classes")
        return found

    def cost_of(self, X: Any, Y: Any, example_weights: Any = None, mask: Any = None) -> float:
        """Return the cost on other examples; unless said otherwise, each of them counts once, and all its targets."""
        X = as_inputs(X, input_shape(self.network))
        Y = check_rows(self.targets.encode(Y), X)
        beside = beside_of(self.network, Y, example_weights, mask)
        return evaluate(self.network, self.parameters, X, Y, beside)[1]

    def outputs(self, X: Any) -> Array:
        """Return the network's outputs, (examples, outputs)."""
        return outputs_of(self.network, self.parameters, as_inputs(X, input_shape(self.network)))


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
    shape = {MASK: (len(Y), *output_shape(network))}
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
        values = network.evaluate(parameters, X, Y.reshape(len(Y), *output_shape(network)), **beside)
    return np.asarray(values[network.output]).reshape(len(X), -1), float(values["C"])
