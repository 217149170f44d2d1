"""Linear algebra over any numbers that add, multiply, divide and compare: textbook elimination.

Matrices are lists of rows. It serves as an independent check, so it is plain, and not fast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symnn.proof.arithmetic import DomainError

Matrix = list[list[Any]]


def determinant(matrix: Matrix, one: Any) -> Any:
    """Return det A, by elimination with row exchanges.

    >>> determinant([[1.0, 2.0], [3.0, 4.0]], 1.0)
    -2.0
    """
    rows, value = [list(row) for row in matrix], one
    for place in range(len(rows)):
        pivot = max(range(place, len(rows)), key=lambda r: abs(rows[r][place]))
        if rows[pivot][place] == 0:
            return one - one
        if pivot != place:
            rows[pivot], rows[place] = rows[place], rows[pivot]
            value = -value
        value = value * rows[place][place]
        for row in rows[place + 1 :]:
            factor = row[place] / rows[place][place]
            row[place:] = [a - factor * b for a, b in zip(row[place:], rows[place][place:], strict=True)]
    return value


def inverse(matrix: Matrix, one: Any) -> Matrix:
    """Return A⁻¹, by elimination on [A | I].

    >>> inverse([[2.0, 0.0], [0.0, 4.0]], 1.0)
    [[0.5, 0.0], [0.0, 0.25]]

    Raises:
        DomainError: for a singular matrix.
    """
    size, zero = len(matrix), one - one
    rows = [[*row, *(one if r == c else zero for c in range(size))] for r, row in enumerate(matrix)]
    for place in range(size):
        pivot = max(range(place, size), key=lambda r: abs(rows[r][place]))
        if rows[pivot][place] == 0:
            raise DomainError("a singular matrix has no inverse")
        rows[pivot], rows[place] = rows[place], rows[pivot]
        rows[place] = [a / rows[place][place] for a in rows[place]]
        for number, row in enumerate(rows):
            if number != place and row[place] != 0:
                rows[number] = [a - row[place] * b for a, b in zip(row, rows[place], strict=True)]
    return [row[size:] for row in rows]


def cholesky(matrix: Matrix, one: Any, square_root: Callable[[Any], Any]) -> Matrix:
    """Return the lower triangular L with L Lᵀ = A; only A's lower triangle is read.

    >>> cholesky([[4.0, 2.0], [2.0, 5.0]], 1.0, lambda t: t ** 0.5)
    [[2.0, 0.0], [1.0, 2.0]]

    Raises:
        DomainError: for a matrix that is not positive definite.
    """
    zero = one - one
    factor: Matrix = [[zero] * len(matrix) for _ in matrix]
    for r, row in enumerate(matrix):
        for c in range(r + 1):
            rest = row[c] - sum((factor[r][k] * factor[c][k] for k in range(c)), zero)
            if r == c and not rest > 0:
                raise DomainError("a matrix that is not positive definite has no Cholesky factor")
            factor[r][c] = square_root(rest) if r == c else rest / factor[c][c]
    return factor
