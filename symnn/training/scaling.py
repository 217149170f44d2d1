"""Scaling of inputs, learned from the training part alone: x ↦ (x − offset) / spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import DataError, InputError, suggest

Array = NDArray[Any]

SCALES = ("standard", "unit", "none")
# Below this share of a column's largest value, its spread is rounding error: the column is constant.
_CONSTANT = 1e-12


@dataclass(frozen=True)
class Scaling:
    """x ↦ (x − offset) / spread, column by column (or with one offset and one spread for all).

    >>> import numpy
    >>> scaling = Scaling.fitted(numpy.array([[0.0, 5.0], [4.0, 5.0]]), "unit")
    >>> scaling.apply(numpy.array([[1.0, 5.0]])).tolist()
    [[0.25, 0.0]]
    """

    name: str
    offset: tuple[float, ...] = (0.0,)
    spread: tuple[float, ...] = (1.0,)

    @classmethod
    def fitted(cls, X: Array, name: str = "standard", together: bool = False) -> Scaling:
        """Return the scaling that X asks for.

        Args:
            X: the training examples, (examples, inputs).
            name: `standard` (mean 0, standard deviation 1), `unit` (between 0 and 1) or `none`.
            together: whether all columns share one range, as the pixels of images do.

        Raises:
            InputError: for an unknown name.
            DataError: for values so large that their spread overflows.
        """
        if name not in SCALES:
            raise InputError(f"unknown scale '{name}'{suggest(name, SCALES)}")
        if name == "none":
            return cls(name)
        columns = X.reshape(-1, 1) if together else X
        with np.errstate(over="ignore", invalid="ignore"):
            if name == "unit":
                offset = columns.min(axis=0).astype(float)
                spread = columns.max(axis=0).astype(float) - offset
            else:
                offset, spread = columns.mean(axis=0, dtype=float), columns.std(axis=0, dtype=float)
        if not (np.isfinite(offset).all() and np.isfinite(spread).all()):
            column = int(np.argwhere(~np.isfinite(offset + spread))[0][0])
            raise DataError(f"column {column + 1} of X has values too large to scale")
        constant = spread <= _CONSTANT * np.abs(columns).max(axis=0)
        spread = np.where(constant, 1.0, spread)
        return cls(name, tuple(offset.tolist()), tuple(spread.tolist()))

    def apply(self, X: Array, dtype: str = "float64") -> Array:
        """Return X scaled."""
        if self.name == "none":
            return X.astype(dtype)
        return np.asarray((X - np.array(self.offset)) / np.array(self.spread)).astype(dtype)

    def undo(self, X: Array) -> Array:
        """Return X as it was before scaling."""
        return np.asarray(X * np.array(self.spread) + np.array(self.offset))


UNSCALED = Scaling("none")
