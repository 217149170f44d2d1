"""The matrix view's typed tree: each node is an operation with a row axis and a column axis.

An axis is a size, or None for 1: a column vector has shape (n, None), its transpose (None, n), a
scalar (None, None). Nodes are made by the functions below (`product`, `hadamard`, `plus`, …), which
refuse axes that do not fit and leave out what says nothing (a product of one factor, I M, …).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from sympy import Expr, Integer, S

from symnn.errors import ShapeError
from symnn.language import Step, Tensor, same_size

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
class Transposed(Tree):
    """bodyᵀ, where the body is no product, sum or elementwise operation: transposes stand at the leaves."""

    body: Tree

    @property
    def rows(self) -> Axis:
        return self.body.columns

    @property
    def columns(self) -> Axis:
        return self.body.rows


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
class Reduce(Tree):
    """A reduction (`LogSumExp`, `Maximum`) of each row, or of the whole body."""

    kind: Any
    body: Tree
    by_row: bool
    columns = None

    @property
    def rows(self) -> Axis:
        return self.body.rows if self.by_row else None


ONE = Scalar(Integer(1))
_ELEMENTWISE = (Hadamard, Plus, Power, Apply)


def same_axis(one: Axis, other: Axis) -> bool:
    """Whether two axes are equal."""
    if one is None or other is None:
        return one is other
    return bool(same_size(one, other))


def is_scalar(tree: Tree) -> bool:
    """Whether the tree has neither rows nor columns."""
    return tree.rows is None and tree.columns is None


def transpose(tree: Tree) -> Tree:
    """Return the transpose, with transposes pushed to the leaves."""
    if is_scalar(tree) or isinstance(tree, Identity | Diagonal):
        return tree
    if isinstance(tree, Transposed):
        return tree.body
    if isinstance(tree, Product):
        return Product(tuple(transpose(factor) for factor in reversed(tree.factors)))
    if isinstance(tree, Hadamard):
        return Hadamard(tuple(map(transpose, tree.factors)))
    if isinstance(tree, Plus):
        return Plus(tuple(map(transpose, tree.terms)))
    if isinstance(tree, Power):
        return Power(transpose(tree.body), tree.exponent)
    if isinstance(tree, Apply):
        return Apply(transpose(tree.body), tree.function)
    if isinstance(tree, Scaled):
        return Scaled(tree.scalars, transpose(tree.body))
    return Transposed(tree)


def product(*factors: Tree) -> Tree:
    """Return the matrix product; scalars of its factors go in front, identities are left out."""
    scalars: list[Tree] = []
    chain: list[Tree] = []
    for factor in factors:
        inner = factor
        if isinstance(inner, Scaled):
            scalars.extend(inner.scalars)
            inner = inner.body
        chain.extend(inner.factors if isinstance(inner, Product) else (inner,))
    for left, right in zip(chain, chain[1:], strict=False):
        if not same_axis(left.columns, right.rows):
            raise ShapeError(f"a product of {shape_text(left)} and {shape_text(right)}")
    kept = [factor for factor in chain if not isinstance(factor, Identity)] or chain[:1]
    return scaled(scalars, kept[0] if len(kept) == 1 else Product(tuple(kept)))


def hadamard(*factors: Tree) -> Tree:
    """Return the elementwise product; scalars of its factors go in front."""
    scalars: list[Tree] = []
    chain: list[Tree] = []
    for factor in factors:
        inner = factor
        if isinstance(inner, Scaled):
            scalars.extend(inner.scalars)
            inner = inner.body
        chain.extend(inner.factors if isinstance(inner, Hadamard) else (inner,))
    _same_shapes("an elementwise product", chain)
    kept = sorted((f for f in chain if not _is_ones(f)), key=_hadamard_rank) or chain[:1]
    return scaled(scalars, kept[0] if len(kept) == 1 else Hadamard(tuple(kept)))


def plus(*terms: Tree) -> Tree:
    """Return the sum of terms of one shape."""
    _same_shapes("a sum", terms)
    return terms[0] if len(terms) == 1 else Plus(tuple(terms))


def scaled(scalars: Any, body: Tree) -> Tree:
    """Return the product of scalars with the body: all numbers and sizes in one, in front."""
    value: Expr = S.One
    others: list[Tree] = []
    pending = list(scalars)
    if isinstance(body, Scaled):
        pending, body = [*pending, *body.scalars], body.body
    if isinstance(body, Scalar):
        pending, body = [*pending, body], ONE
    for scalar in pending:
        inner = (*scalar.scalars, scalar.body) if isinstance(scalar, Scaled) else (scalar,)
        for part in inner:
            if isinstance(part, Scalar):
                value = value * part.value
            else:
                others.append(part)
    if body == ONE and others:
        body = others.pop()
    if value != 1 and body == ONE:
        return Scalar(value)
    front = ((Scalar(value),) if value != 1 else ()) + tuple(others)
    return Scaled(front, body) if front else body


def shape_text(tree: Tree) -> str:
    """Return a node's shape as a text: ``3×2``."""
    return "×".join("1" if axis is None else str(axis) for axis in (tree.rows, tree.columns))


def _is_ones(tree: Tree) -> bool:
    return isinstance(tree.body if isinstance(tree, Transposed) else tree, Ones)


def _hadamard_rank(tree: Tree) -> int:
    """Matrix products come first, derivatives of functions after other functions, brackets last."""
    if isinstance(tree, Apply):
        return 4 if tree.function is Step else 3 if getattr(tree.function, "order", 0) else 2
    if isinstance(tree, Power) and tree.exponent.is_negative:
        return 5
    return 0 if isinstance(tree, Product) else 1


def _same_shapes(what: str, trees: Any) -> None:
    for tree in trees:
        if not (same_axis(tree.rows, trees[0].rows) and same_axis(tree.columns, trees[0].columns)):
            raise ShapeError(f"{what} of {shape_text(trees[0])} and {shape_text(tree)}")
