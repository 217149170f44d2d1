"""Targets: how labels become the columns Y that a cost compares with, and how outputs become labels again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import DataError, InputError, ShapeError

Array = NDArray[Any]

_NO_PROBABILITY = ("identity", "relu", "leaky_relu", "elu", "softplus", "gelu", "swish", "log_sigmoid")


@dataclass(frozen=True)
class Targets:
    """What the outputs of a network stand for.

    With classes, Y holds `high` in the column of an example's class and `low` elsewhere; a single
    output is `low` for the first class and `high` for the second. Without, Y holds values.

    Attributes:
        outputs: the number of outputs of the network.
        classes: the class labels in the order of the columns, or None for values.
        low, high: the two target values: 0 and 1, or −1 and 1 where the cost or the output asks for it.
        column: whether predictions of a single output are a column, as Y was given.
        activation: the output's activation, for `probability`.
    """

    outputs: int
    classes: tuple[Any, ...] | None = None
    low: float = 0.0
    high: float = 1.0
    column: bool = False
    activation: str = "sigmoid"

    def encode(self, Y: Any) -> Array:
        """Return Y as columns, (examples, outputs), of labels, one-hot columns or values.

        Raises:
            DataError: for a label that is not among the classes, or a value that is not finite.
            ShapeError: for another number of columns.
        """
        Y = as_targets(Y)
        if self.classes is None:
            return _columns(Y, self.outputs)
        if self.outputs > 1 and _is_columns(Y, self.outputs):
            Y = _columns(Y, self.outputs)
            return np.asarray(2 * Y - 1) if self.low < 0 and set(np.unique(Y)) <= {0.0, 1.0} else Y
        positions = self._positions(Y.reshape(-1))
        if self.outputs == 1:
            return np.where(positions == 1, self.high, self.low)[:, None]
        encoded = np.full((len(positions), self.outputs), self.low)
        encoded[np.arange(len(positions)), positions] = self.high
        return encoded

    def decode(self, outputs: Array) -> Array:
        """Return the label of each example, or the values where there are no classes."""
        if self.classes is None:
            return outputs if self.outputs > 1 or self.column else outputs[:, 0]
        labels = np.asarray(self.classes)[self.chosen(outputs)]
        return np.asarray(labels[:, None] if self.outputs == 1 and self.column else labels)

    def probability(self, outputs: Array) -> Array:
        """Return a probability for each class, (examples, classes); every row sums to 1.

        Raises:
            InputError: for values, and for outputs that are no probabilities.
        """
        if self.classes is None:
            raise InputError("no probabilities: the network was trained on values, not on classes")
        if self.activation in _NO_PROBABILITY:
            raise InputError(
                f"no probabilities: the outputs of {self.activation} are not between 0 and 1 "
                "(accepted: sigmoid, softmax or tanh in the last layer)"
            )
        low = -1.0 if self.activation == "tanh" else 0.0
        share = np.clip((outputs.astype(float) - low) / (1.0 - low), 0.0, 1.0)
        if self.outputs == 1:
            return np.hstack([1.0 - share, share])
        total = share.sum(axis=1, keepdims=True)
        return np.where(total > 0, share / np.where(total > 0, total, 1.0), 1.0 / self.outputs)

    def accuracy(self, outputs: Array, encoded: Array) -> float | None:
        """Return the share of examples whose class is right, or None where there are no classes."""
        if self.classes is None:
            return None
        return float(np.mean(self.chosen(outputs) == self.chosen(encoded)))

    def chosen(self, outputs: Array) -> Array:
        """Return the place of the class of each example; the last axis of the outputs counts the columns."""
        if self.outputs == 1:
            return np.asarray(outputs[..., 0] > (self.low + self.high) / 2).astype(int)
        return np.asarray(outputs.argmax(axis=-1))

    def _positions(self, labels: Array) -> Array:
        assert self.classes is not None
        known = {label: position for position, label in enumerate(self.classes)}
        values, inverse = np.unique(labels, return_inverse=True)
        for value in values.tolist():
            if value not in known:
                raise DataError(f"the label {value!r} was never seen in training (known: {listed(self.classes)})")
        return np.array([known[value] for value in values.tolist()], dtype=int)[inverse]


def targets_of(Y: Any, outputs: int, cost: str, activation: str, classes: tuple[Any, ...] | None = None) -> Targets:
    """Return what Y says that the outputs of a network stand for.

    Labels are text, truth values or whole numbers in one dimension, where the network has several
    outputs or there are two of them. Columns of 0 and 1 with a single 1 in each row are classes too.

    Args:
        Y: labels, (examples,), or columns, (examples, outputs).
        outputs: the number of outputs.
        cost, activation: the cost and the output's activation; hinge and tanh want −1 and 1.
        classes: the labels, where they are known already.

    >>> targets_of(["no", "yes", "no"], 1, "quadratic", "sigmoid").classes
    ('no', 'yes')

    Raises:
        DataError: for a single class, for values that are not finite or not numbers.
        ShapeError: where the number of classes or of columns is not that of the outputs.
    """
    Y = as_targets(Y)
    column = Y.ndim == 2
    signed = (-1.0, 1.0) if cost == "hinge" or activation == "tanh" else (0.0, 1.0)
    if classes is None and _is_columns(Y, outputs):
        return _targets_of_columns(_columns(Y, outputs), outputs, cost, activation, column)
    if classes is None:
        if Y.ndim == 2 and Y.shape[1] > 1:
            raise ShapeError(f"Y has {Y.shape[1]} columns, the network has {outputs} outputs")
        classes = _classes_of(Y.reshape(-1), outputs)
    if len(classes) != max(outputs, 2):
        raise ShapeError(f"Y has {len(classes)} classes ({listed(classes)}), the network has {counted(outputs)}")
    return Targets(outputs, classes, *signed, column, activation)


def as_targets(Y: Any) -> Array:
    """Return Y as an array of one or two dimensions, of finite numbers, truth values or text."""
    try:
        array = np.asarray(Y)
    except ValueError as error:
        raise ShapeError("Y has rows of different lengths") from error
    if array.dtype == object and all(isinstance(value, str) for value in array.flat):
        array = array.astype(str)
    if array.dtype.kind not in "bifuU":
        raise DataError(f"Y has entries of type {array.dtype} (accepted: numbers, truth values, text)")
    if array.ndim > 2 and array.dtype.kind in "bifu":
        array = array.reshape(len(array), -1)
    if array.ndim not in (1, 2):
        raise ShapeError(f"Y has {array.ndim} axes (accepted: labels, (examples,), or columns, (examples, outputs))")
    if array.size == 0:
        raise DataError("Y is empty: there is nothing to learn from")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        row = int(np.argwhere(~np.isfinite(array))[0][0])
        raise DataError(f"Y has a value that is not finite, in row {row + 1}")
    return array


def listed(values: Any, most: int = 6) -> str:
    """Return the first few values, separated by commas."""
    values = list(values)
    return ", ".join(str(value) for value in values[:most]) + (", …" if len(values) > most else "")


def counted(outputs: int) -> str:
    """Return `1 output` or `10 outputs`."""
    return f"{outputs} output" + ("s" if outputs != 1 else "")


def _is_columns(Y: Array, outputs: int) -> bool:
    """Whether Y holds columns of numbers as they are, rather than labels."""
    if Y.dtype.kind not in "fiu":
        return False
    if outputs > 1:
        return Y.ndim == 2 and Y.shape[1] == outputs
    if Y.ndim == 2:
        return True
    return not (len(np.unique(Y)) == 2 and bool(np.all(np.round(Y) == Y)))


def _columns(Y: Array, outputs: int) -> Array:
    if Y.dtype.kind == "U":
        raise DataError(f"Y holds text ({Y.flat[0]!r}) where the network was trained on values")
    Y = Y.astype(float)
    if Y.ndim == 1 and outputs == 1:
        return Y[:, None]
    if Y.ndim != 2 or Y.shape[1] != outputs:
        raise ShapeError(f"Y has shape {Y.shape}, the network has {counted(outputs)}")
    return Y


def _targets_of_columns(Y: Array, outputs: int, cost: str, activation: str, column: bool) -> Targets:
    values = set(np.unique(Y).tolist())
    signs = (-1.0, 1.0) if values == {-1.0, 1.0} else (0.0, 1.0)
    whole = values == set(signs)
    if whole and outputs > 1:
        whole = bool(np.all(np.sum(signs[1] == Y, axis=1) == 1))
    if cost == "hinge":
        if not values <= {-1.0, 1.0} and not values <= {0.0, 1.0}:
            raise DataError(f"the hinge cost wants targets −1 and 1 (or 0 and 1), Y has {listed(sorted(values))}")
        if outputs == 1 and not whole and values != {-1.0, 1.0}:
            raise DataError(f"Y has one class only ({listed(values)}): there is nothing to tell apart")
        signs = (-1.0, 1.0)
    if not whole and cost != "hinge":
        return Targets(outputs, column=column, activation=activation)
    named = tuple(range(outputs)) if outputs > 1 else tuple(sorted(int(value) for value in values))
    return Targets(outputs, named, *signs, column, activation)


def _classes_of(labels: Array, outputs: int) -> tuple[Any, ...]:
    numeric = labels.dtype.kind in "iuf"
    if labels.dtype.kind == "f":
        if not np.all(labels == np.round(labels)):
            raise ShapeError(
                f"Y has one value an example, the network has {counted(outputs)} "
                f"(accepted: labels, or {outputs} columns)"
            )
        labels = labels.astype(int)
    found = np.unique(labels).tolist()
    if len(found) == 1:
        raise DataError(f"Y has one class only ({found[0]!r}): there is nothing to tell apart")
    if numeric and found[0] >= 0 and max(found) < outputs:
        return tuple(range(outputs))
    return tuple(found)
