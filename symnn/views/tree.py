"""The matrix view's typed tree: each node is an operation with a row axis and a column axis.

An axis is a size, or None for 1: a column vector has shape (n, None), its transpose (None, n), a
scalar (None, None). Nodes are made by the functions of `symnn.views.making`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from sympy import Expr

from symnn.language import Tensor

Axis = Any
"""A size (a SymPy expression), or None for 1."""


@dataclass(frozen=True)
class Tree:
    """One operation of the matrix view, and the axes of its result."""

    @property
    def rows(self) -> Axis:
        raise NotImplementedError

    @property
    def columns(self) -> Axis:
        raise NotImplementedError

    @property
    def parts(self) -> tuple[Tree, ...]:
        """The operands."""
        found: list[Tree] = []
        for field in fields(self):
            value = getattr(self, field.name)
            found.extend(part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, Tree))
        return tuple(found)

    def walk(self) -> Iterator[Tree]:
        """Go through the node and everything below it."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True)
class Leaf(Tree):
    """A tensor of rank 0, 1 (a column) or 2."""

    tensor: Tensor

    @property
    def rows(self) -> Axis:
        return self.tensor.shape[0] if self.tensor.rank else None

    @property
    def columns(self) -> Axis:
        return self.tensor.shape[1] if self.tensor.rank == 2 else None


@dataclass(frozen=True)
class Scalar(Tree):
    """A scalar of numbers and sizes."""

    value: Expr
    rows = columns = None


@dataclass(frozen=True)
class Ones(Tree):
    """The column of ones."""

    size: Expr
    columns = None

    @property
    def rows(self) -> Axis:
        return self.size


@dataclass(frozen=True)
class Identity(Tree):
    """The identity matrix."""

    size: Expr

    @property
    def rows(self) -> Axis:
        return self.size

    @property
    def columns(self) -> Axis:
        return self.size


@dataclass(frozen=True)
class Zeros(Tree):
    """A matrix, a column or a row of zeros; the scalar 0 is a `Scalar`."""

    row_axis: Axis
    column_axis: Axis

    @property
    def rows(self) -> Axis:
        return self.row_axis

    @property
    def columns(self) -> Axis:
        return self.column_axis


@dataclass(frozen=True)
class _Turned(Tree):
    """An operation that exchanges the axes of its body."""

    body: Tree

    @property
    def rows(self) -> Axis:
        return self.body.columns

    @property
    def columns(self) -> Axis:
        return self.body.rows


@dataclass(frozen=True)
class Transposed(_Turned):
    """bodyᵀ, where the body is no product, sum or elementwise operation: transposes stand at the leaves."""


@dataclass(frozen=True)
class Unmarked(_Turned):
    """bodyᵀ, written as the body: a vector where vectors are rows, a gradient in numerator layout."""


@dataclass(frozen=True)
class Product(Tree):
    """The matrix product of the factors."""

    factors: tuple[Tree, ...]

    @property
    def rows(self) -> Axis:
        return self.factors[0].rows

    @property
    def columns(self) -> Axis:
        return self.factors[-1].columns


@dataclass(frozen=True)
class _LikeFirst(Tree):
    """An operation on operands of one shape."""

    @property
    def rows(self) -> Axis:
        return self.parts[0].rows

    @property
    def columns(self) -> Axis:
        return self.parts[0].columns


@dataclass(frozen=True)
class Hadamard(_LikeFirst):
    """The elementwise product of the factors."""

    factors: tuple[Tree, ...]


@dataclass(frozen=True)
class Plus(_LikeFirst):
    """The sum of the terms."""

    terms: tuple[Tree, ...]


@dataclass(frozen=True)
class Power(_LikeFirst):
    """Each entry of the body to a power that is a number."""

    body: Tree
    exponent: Expr


@dataclass(frozen=True)
class Apply(_LikeFirst):
    """A function of one variable, of each entry of the body."""

    body: Tree
    function: Any


@dataclass(frozen=True)
class Extreme(_LikeFirst):
    """The larger (`Max`) or the smaller (`Min`) of the operands, entry by entry."""

    kind: Any
    operands: tuple[Tree, ...]


@dataclass(frozen=True)
class Softmax(_LikeFirst):
    """softmax of a vector, or of each row of a matrix."""

    body: Tree


@dataclass(frozen=True)
class Scaled(Tree):
    """A scalar times the body."""

    scalars: tuple[Tree, ...]
    body: Tree

    @property
    def rows(self) -> Axis:
        return self.body.rows

    @property
    def columns(self) -> Axis:
        return self.body.columns


@dataclass(frozen=True)
class Diagonal(Tree):
    """diag(v): the matrix with the vector on its diagonal."""

    body: Tree

    @property
    def rows(self) -> Axis:
        return self.body.rows

    @property
    def columns(self) -> Axis:
        return self.body.rows


@dataclass(frozen=True)
class DiagonalOf(Tree):
    """The column that stands on the diagonal of a square matrix."""

    body: Tree
    columns = None

    @property
    def rows(self) -> Axis:
        return self.body.rows


@dataclass(frozen=True)
class Trace(Tree):
    """tr(body)"""

    body: Tree
    rows = columns = None


@dataclass(frozen=True)
class SquaredNorm(Tree):
    """‖body‖², the sum of the squares of its entries."""

    body: Tree
    rows = columns = None


@dataclass(frozen=True)
class Norm1(Tree):
    """‖body‖₁, the sum of the absolute values of its entries."""

    body: Tree
    rows = columns = None


@dataclass(frozen=True)
class Reduce(Tree):
    """A reduction (`LogSumExp`, `Maximum`) of each row, or of the whole body."""

    kind: Any
    body: Tree
    by_row: bool
    columns = None

    @property
    def rows(self) -> Axis:
        return self.body.rows if self.by_row else None


@dataclass(frozen=True)
class InverseOf(_Turned):
    """body⁻¹"""


@dataclass(frozen=True)
class CholeskyOf(_LikeFirst):
    """chol body: the lower triangular L with L Lᵀ = body"""

    body: Tree


@dataclass(frozen=True)
class DeterminantOf(Tree):
    """det body"""

    body: Tree
    rows = columns = None


@dataclass(frozen=True)
class LogDeterminantOf(Tree):
    """log det body"""

    body: Tree
    rows = columns = None


@dataclass(frozen=True)
class Series(_LikeFirst):
    """Σ of the body over t, from a first to a last number: see `symnn.views.families`."""

    body: Tree
    letter: str
    first: int
    last: Expr
