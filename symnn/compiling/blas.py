"""Operations on matrices as calls that cost least: `np.dot` for small ones, one call of BLAS for W ← W − A B."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.compiling.operations import Operation

Array = NDArray[Any]

LARGE = 2**13
"""The entries of a matrix from which on one pass over it costs more than a call of BLAS through scipy."""


def quick(operation: Operation, values: dict[str, Any], made: Callable[[str, str], str]) -> str:
    """Return how an operation is written, with `{out}`, given the arrays of a trial.

    `np.dot` is a shorter way to BLAS than `np.matmul`, and a sum over rows is a product with ones.

    Args:
        operation: the operation.
        values: the arrays, by name.
        made: gives a name to something that is made once.
    """
    assert operation.into is not None
    arrays = [values[name] for name in operation.uses]
    flat = all(isinstance(array, np.ndarray) and array.ndim in (1, 2) for array in arrays)
    if not flat or not values[operation.name].flags.c_contiguous:
        return operation.into
    if operation.code.startswith("np.matmul("):
        return operation.into.replace("np.matmul(", "np.dot(")
    if operation.code.startswith("np.add.reduce(") and arrays[0].ndim == 2:
        axis = int(operation.code.rstrip(")").rpartition(" ")[2])
        length = arrays[0].shape[axis]
        ones = made(f"ones{length}", f"np.ones({length}, np.{arrays[0].dtype})")
        operands = (ones, operation.uses[0]) if axis == 0 else (operation.uses[0], ones)
        return f"np.dot({operands[0]}, {operands[1]}, {{out}})"
    return operation.into


@dataclass(frozen=True)
class Accumulation:
    """W ← W − s A B, which is one call of BLAS; `gone` are the operations that it takes the place of.

    Attributes:
        target: W.
        scale: s, a number that stays the same; None for 1.
        left, right: A and B.
    """

    target: str
    scale: str | None
    left: str
    right: str
    gone: tuple[str, ...]

    @property
    def uses(self) -> tuple[str, ...]:
        """The names of what it works on."""
        return (self.target, self.left, self.right, *([] if self.scale is None else [self.scale]))

    def written(self, values: Mapping[str, Any], transposed: Callable[[str], str], factor: str) -> str:
        """Return the call: Wᵀ ← Wᵀ − s Bᵀ Aᵀ, whose columns are W's rows.

        BLAS wants columns together in memory: a matrix of rows is the transpose of one, and it is told so.

        Args:
            values: the arrays, by name.
            transposed: gives a name to the transpose of an array.
            factor: the code of −s.
        """
        rows = [values[name].flags.c_contiguous for name in (self.right, self.left)]
        shown = [transposed(n) if r else n for n, r in zip((self.right, self.left), rows, strict=True)]
        flags = ", ".join(str(int(not by_rows)) for by_rows in rows)
        return f"gemm({factor}, {shown[0]}, {shown[1]}, 1.0, {transposed(self.target)}, {flags}, 1)"


def accumulations(
    operations: Sequence[Operation], values: Mapping[str, Any], renewed: Mapping[str, str]
) -> dict[str, Accumulation]:
    """Return, for the operations that give a next value of a large matrix W as W − s A B, how BLAS does it.

    Args:
        operations: all of a step's operations.
        values: an array for each name, of the shape and order that it has.
        renewed: for each carried array, the name of its next value.
    """
    if blas() is None:
        return {}
    by_name = {operation.name: operation for operation in operations}
    uses = Counter(name for operation in operations for name in operation.uses)
    found = {}
    for old, new in renewed.items():
        last = by_name.get(new)
        if last is None or not last.code.startswith("np.subtract(") or last.uses[:1] != (old,) or len(last.uses) != 2:
            continue
        product, scale = by_name.get(last.uses[1]), None
        gone = [last.uses[1]]
        if product is not None and product.code.startswith("np.multiply(") and len(product.uses) == 2:
            first, scale = product.uses
            product = by_name.get(first)
            gone.append(first)
            if np.ndim(values[scale]):
                continue
        if product is None or not product.code.startswith("np.matmul(") or any(uses[name] != 1 for name in gone):
            continue
        left, right = product.uses[0], product.uses[-1]
        if _is_worth_it(values[old], values[left], values[right]):
            found[new] = Accumulation(old, scale, left, right, tuple(gone))
    return found


def gemm(dtype: Any) -> Any:
    """Return BLAS's product of matrices for a type."""
    return blas().sgemm if np.dtype(dtype) == np.float32 else blas().dgemm


def _is_worth_it(target: Array, left: Array, right: Array) -> bool:
    """Whether W − s A B is worth one call of BLAS, and can be one."""
    if not target.ndim == left.ndim == right.ndim == 2 or target.size < LARGE or not target.flags.c_contiguous:
        return False
    return all(m.flags.c_contiguous or m.flags.f_contiguous for m in (left, right))


def blas() -> Any:
    """Return scipy's module of BLAS, or None where scipy is not installed."""
    try:
        from scipy.linalg import blas as found
    except ImportError:
        return None
    return found
