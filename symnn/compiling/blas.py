"""Operations on matrices as calls that cost least: `np.dot` for small ones, one call of BLAS for W ← W − A B."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.compiling.operations import Operation

Array = NDArray[Any]

_LARGE = 2**13
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
    """How W ← W − A B is called: the matrices, each with whether it is handed over transposed."""

    call: str
    matrices: tuple[tuple[str, bool], ...]


def accumulation(target: Array, left: Array, right: Array) -> bool:
    """Whether W − A B is worth one call of BLAS, and can be one."""
    large = target.ndim == left.ndim == right.ndim == 2 and target.size >= _LARGE and target.flags.c_contiguous
    if not large or not all(m.flags.c_contiguous or m.flags.f_contiguous for m in (left, right)):
        return False
    return _blas() is not None


def gemm_of(
    target: Array, name: str, left: tuple[str, Array], right: tuple[str, Array]
) -> tuple[Callable[..., Any], Accumulation]:
    """Return BLAS's function, and how it is called: Wᵀ ← Wᵀ − Bᵀ Aᵀ, whose columns are W's rows."""
    blas = _blas()
    assert blas is not None
    # BLAS wants columns together in memory: a matrix of rows is the transpose of one, and it is told so.
    matrices = [(matrix[0], matrix[1].flags.c_contiguous) for matrix in (right, left)]
    flags = [int(not turned) for _, turned in matrices]
    call = f"gemm(-1.0, {{0}}, {{1}}, 1.0, {{2}}, {flags[0]}, {flags[1]}, 1)"
    function = blas.sgemm if target.dtype == np.float32 else blas.dgemm
    return function, Accumulation(call, (*matrices, (name, True)))


def _blas() -> Any:
    try:
        from scipy.linalg import blas
    except ImportError:
        return None
    return blas
