"""Examples as a network sees them: inputs, targets as columns, and what each has beside, checked where they enter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import DataError
from symnn.language import Program, tensors
from symnn.networks.weighting import EXAMPLE_WEIGHTS
from symnn.training.evaluating import as_inputs, beside_of, check_rows
from symnn.training.shapes import input_shape, target_shape
from symnn.training.targets import Targets

Array = NDArray[Any]

_SUMS_TO_ONE = 1e-6


@dataclass(frozen=True, eq=False)
class Examples:
    """Examples as the network sees them.

    Attributes:
        X: the inputs, (examples, …).
        Y: the targets as columns, (examples, outputs); once `ready`, of the shape of the network's target.
        beside: weights s and a mask M, where the network takes these.
    """

    X: Array
    Y: Array
    beside: Mapping[str, Array]

    def __len__(self) -> int:
        return len(self.X)

    def rows(self, rows: slice) -> Examples:
        """Return some of the examples."""
        return Examples(self.X[rows], self.Y[rows], {name: array[rows] for name, array in self.beside.items()})

    def counting(self, dtype: str) -> Examples:
        """Return the examples that count, with weights of at most 1: a batch of none has no mean."""
        if EXAMPLE_WEIGHTS not in self.beside:
            return self
        weights = self.beside[EXAMPLE_WEIGHTS]
        weights = weights / weights.max()
        rows = np.flatnonzero(weights.astype(dtype))
        beside = {name: array[rows] for name, array in {**self.beside, EXAMPLE_WEIGHTS: weights}.items()}
        return Examples(self.X[rows], self.Y[rows], beside)

    def ready(self, net: Any, dtype: str) -> Examples:
        """Return the examples in a type, the targets in the shape of the network's own."""
        Y = self.Y.reshape(len(self.Y), *target_shape(net))
        beside = {name: array.astype(dtype, copy=False) for name, array in self.beside.items()}
        return Examples(self.X.astype(dtype, copy=False), Y.astype(dtype, copy=False), beside)


def filled(Y: Any, mask: Any) -> Any:
    """Return Y with a number for what is missing and does not count: nan times 0 would be nan."""
    if mask is None:
        return Y
    values, mask = np.asarray(Y), np.asarray(mask)
    if values.dtype.kind != "f" or values.shape != mask.shape:
        return Y
    return np.where((mask == 0) & ~np.isfinite(values), 0.0, values)


def encoded(
    net: Any, program: Program, targets: Targets, X: Any, Y: Any, example_weights: Any = None, mask: Any = None
) -> Examples:
    """Return data as the examples of a network.

    Args:
        net: the network.
        program: its step: what is known of its targets is checked.
        targets: what the outputs stand for.
        X, Y: inputs; labels or columns.
        example_weights, mask: for a network that takes these.

    Raises:
        DataError, ShapeError: for data that cannot be learned from, with the place.
    """
    X = as_inputs(X, input_shape(net))
    Y = check_rows(targets.encode(filled(Y, mask)), X)
    beside = beside_of(net, Y, example_weights, mask)
    if net.cost == "binary_cross_entropy" and (Y.min() < 0 or Y.max() > 1):
        raise DataError(f"binary_cross_entropy wants targets between 0 and 1, Y has {Y.min():g} to {Y.max():g}")
    if any(tensor.role == "target" for fact in program.facts for tensor in tensors(fact.left)):
        total = Y.sum(axis=1)
        wrong = np.abs(total - 1) > _SUMS_TO_ONE
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(f"row {row + 1} of Y sums to {total[row]:g}: the cost {net.cost} wants rows that sum to 1")
    return Examples(X, Y, beside)
