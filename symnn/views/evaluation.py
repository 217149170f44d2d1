"""Evaluation of the matrix view, on its own: product, ⊙ and + refuse shapes that are not equal.

Values are arrays of floats, or object arrays of mpmath numbers of any precision.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import mpmath
import numpy as np
from sympy import Expr, Max, Symbol, lambdify
from sympy.core.basic import Basic
from sympy.core.sympify import _sympify

from symnn.errors import ProgramError, ShapeError
from symnn.language import Elementwise, LogSumExp, formula, transform
from symnn.views.tree import (
    Apply,
    CholeskyOf,
    DeterminantOf,
    Diagonal,
    DiagonalOf,
    Extreme,
    Hadamard,
    Identity,
    InverseOf,
    Leaf,
    LogDeterminantOf,
    Norm1,
    Ones,
    Plus,
    Power,
    Product,
    Reduce,
    Scalar,
    Scaled,
    Series,
    Softmax,
    SquaredNorm,
    Trace,
    Transposed,
    Tree,
    Unmarked,
    Zeros,
)

Array = Any
"""A two-dimensional NumPy array: a column is (n, 1), a scalar (1, 1)."""


def evaluate_matrix(tree: Tree, values: Mapping[str, Any]) -> Array:
    """Return the value of a matrix expression: an array of rank 0, 1 or 2.

    Args:
        tree: the right side of a `MatrixEquation`.
        values: an array for each tensor, by name, and a number for each size symbol that is not the
            length of an array's axis.

    Raises:
        ShapeError: for a product, ⊙ or + of arrays that do not fit.
        ProgramError: for a value that is missing, or a function without a definition.
    """
    result = _Evaluator(tree, values).value(tree)
    if tree.columns is not None and tree.rows is not None:
        return result
    if tree.rows is None and tree.columns is None:
        return result[0, 0]
    return result.reshape(-1)


class _Evaluator:
    """Values of the nodes of one tree."""

    def __init__(self, tree: Tree, values: Mapping[str, Any]) -> None:
        self._values = values
        self._sizes: dict[Any, int] = {}
        exact = False
        for node in tree.walk():
            if isinstance(node, Leaf):
                array = self._array(node)
                exact = exact or array.dtype == object
                self._sizes.update(
                    (size, length)
                    for size, length in zip(node.tensor.shape, array.shape, strict=True)
                    if size.is_Symbol
                )
        self._exact = exact

    def value(self, node: Tree) -> Array:
        method = getattr(self, f"_{type(node).__name__.lower()}")
        return method(node)

    def _array(self, node: Leaf) -> Array:
        name = node.tensor.name
        if name not in self._values:
            raise ProgramError(f"no value for '{name}' (given: {', '.join(self._values) or 'nothing'})")
        array = np.asarray(self._values[name])
        if array.ndim != node.tensor.rank:
            raise ShapeError(f"'{name}' has {node.tensor.rank} axes, and was given an array of shape {array.shape}")
        return array

    def _number(self, expression: Expr) -> Any:
        known = {**{str(s): v for s, v in self._values.items() if np.ndim(v) == 0}}
        known.update((str(size), length) for size, length in self._sizes.items())
        missing = [s.name for s in expression.free_symbols if s.name not in known]
        if missing:
            raise ProgramError(f"no value for the size '{missing[0]}'")
        exact = _sympify(expression.xreplace({s: known[s.name] for s in expression.free_symbols}))
        while exact.has(Elementwise):
            exact = exact.xreplace({f: formula(type(f), f.args[0]) for f in exact.atoms(Elementwise)})
        if self._exact:
            return mpmath.mpf(exact.evalf(mpmath.mp.dps + 5)) if not exact.is_Rational else _ratio(exact)
        return float(exact)

    def _length(self, size: Expr) -> int:
        return round(float(self._number(size)))

    def _leaf(self, node: Leaf) -> Array:
        array = self._array(node)
        return array if array.ndim == 2 else array.reshape(-1, 1)

    def _scalar(self, node: Scalar) -> Array:
        return self._full(self._number(node.value), (1, 1))

    def _ones(self, node: Ones) -> Array:
        return self._full(1, (self._length(node.size), 1))

    def _identity(self, node: Identity) -> Array:
        return np.eye(self._length(node.size), dtype=object if self._exact else float)

    def _full(self, number: Any, shape: tuple[int, int]) -> Array:
        return np.full(shape, number, dtype=object if self._exact else float)

    def _zeros(self, node: Zeros) -> Array:
        lengths = [1 if axis is None else self._length(axis) for axis in (node.rows, node.columns)]
        return self._full(0, (lengths[0], lengths[1]))

    def _transposed(self, node: Transposed) -> Array:
        return self.value(node.body).T

    def _unmarked(self, node: Unmarked) -> Array:
        return self.value(node.body).T

    def _product(self, node: Product) -> Array:
        result = self.value(node.factors[0])
        for factor in node.factors[1:]:
            right = self.value(factor)
            if result.shape[1] != right.shape[0]:
                raise ShapeError(f"a product of arrays of shapes {result.shape} and {right.shape}")
            result = result @ right
        return result

    def _hadamard(self, node: Hadamard) -> Array:
        first, *others = (self.value(factor) for factor in node.factors)
        for other in others:
            _same_shape("an elementwise product", first, other)
            first = first * other
        return first

    def _plus(self, node: Plus) -> Array:
        first, *others = (self.value(term) for term in node.terms)
        for other in others:
            _same_shape("a sum", first, other)
            first = first + other
        return first

    def _power(self, node: Power) -> Array:
        body, exponent = self.value(node.body), self._number(node.exponent)
        return body ** (int(exponent) if node.exponent.is_Integer else exponent)

    def _apply(self, node: Apply) -> Array:
        return self._entrywise(_compiled(node.function, self._exact), self.value(node.body))

    def _entrywise(self, function: Any, body: Array) -> Array:
        made = np.frompyfunc(function, 1, 1)(body)
        return made if self._exact else made.astype(float)

    def _extreme(self, node: Extreme) -> Array:
        first, *others = (self.value(operand) for operand in node.operands)
        for other in others:
            _same_shape("an elementwise maximum or minimum", first, other)
            first = np.where((first < other) == (node.kind is Max), other, first)
        return first

    def _softmax(self, node: Softmax) -> Array:
        body = self.value(node.body)
        axis = 0 if node.columns is None else 1
        powers = self._entrywise(mpmath.exp if self._exact else math.exp, body - body.max(axis, keepdims=True))
        return powers / powers.sum(axis, keepdims=True)

    def _scaled(self, node: Scaled) -> Array:
        result = self.value(node.body)
        for scalar in node.scalars:
            factor = self.value(scalar)
            if factor.shape != (1, 1):
                raise ShapeError(f"a scalar factor of shape {factor.shape}")
            result = factor[0, 0] * result
        return result

    def _diagonal(self, node: Diagonal) -> Array:
        vector = self.value(node.body)
        if vector.shape[1] != 1:
            raise ShapeError(f"diag of an array of shape {vector.shape}")
        return np.diag(vector[:, 0])

    def _diagonalof(self, node: DiagonalOf) -> Array:
        return np.diag(self._square(node.body)).reshape(-1, 1)

    def _trace(self, node: Trace) -> Array:
        return np.reshape(np.trace(self._square(node.body)), (1, 1))

    def _square(self, body: Tree) -> Array:
        array = self.value(body)
        if array.shape[0] != array.shape[1]:
            raise ShapeError(f"a square matrix is needed, and not an array of shape {array.shape}")
        return array

    def _squarednorm(self, node: SquaredNorm) -> Array:
        body = self.value(node.body)
        return np.reshape((body * body).sum(), (1, 1))

    def _norm1(self, node: Norm1) -> Array:
        return np.reshape(abs(self.value(node.body)).sum(), (1, 1))

    def _series(self, node: Series) -> Array:
        raise ProgramError(f"a sum over {node.letter} stands for several tensors: unfold it before it is evaluated")

    def _inverseof(self, node: InverseOf) -> Array:
        body = self._square(node.body)
        return _from_mpmath(mpmath.matrix(body) ** -1) if self._exact else np.linalg.inv(body)

    def _choleskyof(self, node: CholeskyOf) -> Array:
        body = self._square(node.body)
        return _from_mpmath(mpmath.cholesky(mpmath.matrix(body))) if self._exact else np.linalg.cholesky(body)

    def _determinantof(self, node: DeterminantOf) -> Array:
        body = self._square(node.body)
        return self._full(mpmath.det(mpmath.matrix(body)) if self._exact else np.linalg.det(body), (1, 1))

    def _logdeterminantof(self, node: LogDeterminantOf) -> Array:
        value = self._determinantof(DeterminantOf(node.body))
        return self._entrywise(mpmath.log if self._exact else math.log, value)

    def _reduce(self, node: Reduce) -> Array:
        body = self.value(node.body)
        axis = 1 if node.by_row else None
        largest = body.max(axis=axis, keepdims=True)
        if issubclass(node.kind, LogSumExp):
            powers = self._entrywise(mpmath.exp if self._exact else math.exp, body - largest)
            total = powers.sum(axis=axis, keepdims=True)
            return largest + self._entrywise(mpmath.log if self._exact else math.log, total)
        return largest


def _same_shape(what: str, one: Array, other: Array) -> None:
    if one.shape != other.shape:
        raise ShapeError(f"{what} of arrays of shapes {one.shape} and {other.shape}")


def _from_mpmath(matrix: Any) -> Array:
    return np.array(matrix.tolist(), dtype=object)


def _ratio(number: Expr) -> Any:
    return mpmath.mpf(int(number.p)) / int(number.q)


def elementary(expression: Expr) -> Expr:
    """Return the expression with every named function replaced by its definition.

    Raises:
        ProgramError: for a function without one.
    """

    def change(part: Basic) -> Basic | None:
        if not isinstance(part, Elementwise):
            return None
        inside = transform(part.args[0], change)
        meaning = formula(type(part), inside)
        if meaning is None:
            raise ProgramError(f"the function '{type(part).__name__}' has no definition, and cannot be evaluated")
        return transform(meaning, change)

    return transform(expression, change)


@lru_cache(maxsize=256)
def _compiled(function: Any, exact: bool) -> Any:
    variable = Symbol("t", real=True)
    step = {"Step": lambda u: 1 if u > 0 else 0}
    library: list[Any] = [step, "mpmath"] if exact else [step, "math"]
    call = lambdify([variable], elementary(function(variable)), modules=library)
    return call if exact else _without_overflow(call, _compiled(function, True))


def _without_overflow(call: Any, exact_call: Any) -> Any:
    # The math module raises where IEEE arithmetic goes to infinity: then mpmath has the answer.
    def safe(number: float) -> float:
        try:
            return float(call(float(number)))
        except OverflowError:
            return float(exact_call(mpmath.mpf(float(number))))

    return safe
