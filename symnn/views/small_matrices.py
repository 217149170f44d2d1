"""Inverse, determinant and Cholesky's factor of a small matrix, written out by its entries.

det S = s₁₁ s₂₂ − s₁₂ s₂₁          (S⁻¹)₁₂ = −s₁₂ / det S
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, Integer, Pow, log, sqrt

from symnn.errors import ProgramError
from symnn.language import Cholesky, Determinant, Inverse, LogDeterminant, MatrixOperation

MOST = 3
"""The largest matrix that is written out."""

Rows = Sequence[Sequence[Expr]]


def written_out(operation: MatrixOperation, matrix: Rows, place: tuple[int, ...]) -> Expr:
    """Return one entry of the result of a matrix operation, or its only one.

    Raises:
        ProgramError: for a matrix that is too large.
    """
    if len(matrix) > MOST:
        size = f"{len(matrix)}×{len(matrix)}"
        raise ProgramError(
            f"the scalar view writes {type(operation).__name__} out up to {MOST}×{MOST}, "
            f"and {operation.body} is {size}: use the index view instead"
        )
    if isinstance(operation, Determinant):
        return determinant(matrix)
    if isinstance(operation, LogDeterminant):
        return log(determinant(matrix))
    row, column = place
    if isinstance(operation, Inverse):
        return _cofactor(matrix, column, row) / determinant(matrix)
    assert isinstance(operation, Cholesky)
    return _factor(matrix, row, column)


def determinant(matrix: Rows) -> Expr:
    """Return the determinant, by Laplace's expansion along the first row."""
    if not matrix:
        return Integer(1)
    return Add(*(entry * _cofactor(matrix, 0, place) for place, entry in enumerate(matrix[0])))


def _cofactor(matrix: Rows, row: int, column: int) -> Expr:
    rest = [[entry for c, entry in enumerate(line) if c != column] for r, line in enumerate(matrix) if r != row]
    return Integer(-1) ** (row + column) * determinant(rest)


def _factor(matrix: Rows, row: int, column: int) -> Expr:
    """Lᵢⱼ = (sᵢⱼ − Σₖ Lᵢₖ Lⱼₖ) / Lⱼⱼ below the diagonal, and the root of sᵢᵢ − Σₖ Lᵢₖ² on it."""
    if column > row:
        return Integer(0)
    known = (_factor(matrix, row, k) * _factor(matrix, column, k) for k in range(column))
    rest = matrix[row][column] - Add(*known)
    return sqrt(rest) if row == column else rest * Pow(_factor(matrix, column, column), -1)
