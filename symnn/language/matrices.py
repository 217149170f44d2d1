"""What linear algebra does to whole matrices: inverse, determinant, its logarithm, Cholesky's factor.

Each stands alone on the right of an equation. The matrix is written by its entries and two bound
indices; where the result is a matrix, its two axes are those of the left side that the body lacks:

    V[i, j] = Inverse(S[p, q], p, q)        V = S⁻¹
    h       = LogDeterminant(S[p, q], p, q) h = log det S
"""

from __future__ import annotations

from typing import Any

from symnn.errors import ProgramError, ShapeError
from symnn.language.expressions import Reduction
from symnn.language.tensors import Entry, same_size, size_of


class MatrixOperation(Reduction):
    """An operation on the square matrix whose entries are the body; `rank` counts the axes of its result."""

    rank = 0

    def __new__(cls, body: Any, *indices: Any) -> MatrixOperation:
        made = super().__new__(cls, body, *indices)
        if len(made.bound) != 2 or made.bound[0] == made.bound[1]:
            raise ProgramError(f"{cls.__name__} needs a row and a column, as in {cls.__name__}(S[p, q], p, q)")
        rows, columns = map(size_of, made.bound)
        if not same_size(rows, columns):
            raise ShapeError(f"{cls.__name__} needs a square matrix, and {made.body} is {rows}×{columns}")
        return made


class Determinant(MatrixOperation):
    """det S"""


class LogDeterminant(MatrixOperation):
    """log det S, for a matrix of positive determinant"""


class Inverse(MatrixOperation):
    """S⁻¹"""

    rank = 2


class Cholesky(MatrixOperation):
    """The lower triangular L with L Lᵀ = S, for a symmetric positive definite S"""

    rank = 2


def gives_symmetric(right: Any) -> bool:
    """Whether a right side is symmetric because it is the inverse of a symmetric tensor."""
    return isinstance(right, Inverse) and isinstance(right.body, Entry) and right.body.base.is_symmetric
