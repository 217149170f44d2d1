"""Equations as they are printed, read as NumPy: the same walk writes Python that refuses wrong shapes.

A vector is an array (n, 1) or (1, n), as its notation says, so that what is checked is what a reader
would compute with the symbols in front of them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symnn.calculus import Derivation
from symnn.language import Tensor
from symnn.views.matrix import MatrixEquation, matrix_equations
from symnn.views.tree import Identity, Leaf, Ones, Reduce, Scaled, Unmarked, Zeros
from symnn.writing import Notation
from symnn.writing.dialects import Piece, Text
from symnn.writing.expressions import ExpressionWriter
from symnn.writing.matrices import MatrixWriter
from symnn.writing.write import writer_for


class Strict:
    """A two-dimensional array, or a number, with operations that do not stretch arrays."""

    __array_ufunc__ = None

    def __init__(self, value: Any) -> None:
        self.value = np.atleast_2d(np.asarray(value, dtype=float))

    @property
    def is_number(self) -> bool:
        return self.value.shape == (1, 1)

    def _with(self, other: Any, operation: Callable[[Any, Any], Any], stretch: bool) -> Strict:
        other = other if isinstance(other, Strict) else Strict(other)
        if self.value.shape != other.value.shape and not (stretch and (self.is_number or other.is_number)):
            raise ValueError(f"shapes {self.value.shape} and {other.value.shape}")
        return Strict(operation(self.value, other.value))

    def __add__(self, other: Any) -> Strict:
        return self._with(other, np.add, False)

    def __sub__(self, other: Any) -> Strict:
        return self._with(other, np.subtract, False)

    def __mul__(self, other: Any) -> Strict:
        return self._with(other, np.multiply, True)

    def __truediv__(self, other: Any) -> Strict:
        return self._with(other, np.divide, True)

    def __rmul__(self, other: Any) -> Strict:
        return self * other

    def __radd__(self, other: Any) -> Strict:
        return self + other

    def __rsub__(self, other: Any) -> Strict:
        return Strict(other) - self

    def __rtruediv__(self, other: Any) -> Strict:
        return Strict(other) / self

    def __neg__(self) -> Strict:
        return Strict(-self.value)

    def __pow__(self, power: Any) -> Strict:
        return Strict(self.value ** (float(power.value[0, 0]) if isinstance(power, Strict) else power))

    def __matmul__(self, other: Strict) -> Strict:
        if self.value.shape[1] != other.value.shape[0]:
            raise ValueError(f"a product of shapes {self.value.shape} and {other.value.shape}")
        return Strict(self.value @ other.value)

    def __gt__(self, other: Any) -> Strict:
        return Strict(self.value > Strict(0).value) if other == 0 else self._with(other, np.greater, False)

    def __lt__(self, other: Any) -> Strict:
        return -self > 0 if other == 0 else self._with(other, np.less, False)

    def __ge__(self, other: Any) -> Strict:
        return self._with(other, np.greater_equal, False)

    def __le__(self, other: Any) -> Strict:
        return self._with(other, np.less_equal, False)

    @property
    def T(self) -> Strict:  # noqa: N802 - as NumPy has it
        return Strict(self.value.T)


class Code(Text):
    """Python in place of text."""

    minus, times, divide, ones, pi = "-", "*", "/", "1", "np.pi"
    less_equal, greater_equal, unequal = "<=", ">=", "!="

    def __init__(self, notation: Notation) -> None:
        super().__init__(notation)
        self.times = "*"

    def number(self, p: int, q: int = 1) -> Piece:
        return Piece(f"({p}/{q})" if q != 1 else str(p))

    def scientific(self, digits: str, exponent: int) -> str:
        return f"{digits}e{exponent}"

    def glued(self, pieces: Sequence[Piece]) -> str:
        return "(" + " * ".join(f"({piece.text})" for piece in pieces) + ")"

    def front(self, numerator: str, denominators: Sequence[Piece], p: int = 0, q: int = 1) -> str:
        return f"({numerator} / {self.glued(denominators)})"

    def fraction(self, numerators: Sequence[Piece], denominators: Sequence[Piece]) -> Piece:
        above = self.glued(numerators) if numerators else "1"
        return Piece(f"({above} / {self.glued(denominators)})")

    def product(self, pieces: Sequence[Piece], spaced: bool = False) -> Piece:
        if len(pieces) == 1:
            return pieces[0]
        sign = " @ " if spaced else " * "
        return Piece("(" + sign.join(f"({piece.text})" for piece in pieces) + ")")

    def times_number(self, number: str, body: str) -> str:
        return f"({number}) * ({body})"

    def power(self, base: Piece, exponent: Piece, elementwise: bool = False) -> Piece:
        if elementwise:
            return Piece(f"(({base.text}) ** ({exponent.text}))")
        return Piece(f"f_power({base.text}, {exponent.text})")

    def root(self, inner: Piece) -> Piece:
        return Piece(f"(({inner.text}) ** 0.5)")

    def exponential(self, inner: Piece) -> Piece:
        return self.call("exp", inner)

    def function(self, name: str, primes: int = 0) -> str:
        return "f_" + {"σ": "sigmoid"}.get(name, name) + ("_prime" * primes)

    def call(self, name: str, inner: Piece, primes: int = 0) -> Piece:
        return Piece(f"{self.function(name, primes)}({inner.text})")

    def named(self, name: str, inner: Piece) -> Piece:
        return self.call(name, inner)

    def norm(self, inner: str) -> Piece:
        return Piece(f"(f_norm_squared({inner}) ** 0.5)")

    def norm_squared(self, inner: str) -> Piece:
        return Piece(f"f_norm_squared({inner})")

    def norm_one(self, inner: str) -> Piece:
        return Piece(f"f_norm_one({inner})")

    def absolute(self, inner: str) -> Piece:
        return Piece(f"f_absolute({inner})")

    def transposed(self, inner: Piece) -> Piece:
        return Piece(f"({inner.text}).T")

    def inverse(self, inner: Piece, transposed: bool = False) -> Piece:
        return Piece(f"f_inverse({inner.text})" + (".T" if transposed else ""))

    def determinant(self, inner: Piece) -> Piece:
        return Piece(f"f_determinant({inner.text})")

    def decimal(self, p: int, q: int) -> Piece | None:
        return Piece(f"({p}/{q})")

    def log_determinant(self, inner: Piece) -> Piece:
        return Piece(f"f_log(f_determinant({inner.text}))")

    def bracket(self, inner: str) -> Piece:
        return Piece(f"({inner})")


class CodeWriter(MatrixWriter):
    """The walk that prints, with names of tensors, and with the shapes of what has no name."""

    def __init__(self, writer: ExpressionWriter, sizes: dict[str, int]) -> None:
        super().__init__(writer)
        self.sizes = sizes

    def _length(self, size: Any) -> int:
        return int(size.xreplace({symbol: self.sizes[symbol.name] for symbol in size.free_symbols}))

    def _leaf(self, tree: Leaf) -> Piece:
        return Piece(str(tree.tensor.name))

    def _ones(self, tree: Ones) -> Piece:
        return Piece(f"Strict(np.ones(({self._length(tree.size)}, 1)))")

    def _unmarked(self, tree: Unmarked) -> Piece:
        # A symbol is written as it is; a function's value is the row that the notation takes it for.
        return self.piece(tree.body) if isinstance(tree.body, Leaf) else Piece(f"({self.piece(tree.body).text}).T")

    def _scaled(self, tree: Scaled) -> Piece:
        return Piece("(" + " * ".join(f"({self.piece(part).text})" for part in (*tree.scalars, tree.body)) + ")")

    def _identity(self, tree: Identity) -> Piece:
        return Piece(f"Strict(np.eye({self._length(tree.size)}))")

    def _zeros(self, tree: Zeros) -> Piece:
        shape = tuple(1 if axis is None else self._length(axis) for axis in (tree.rows, tree.columns))
        return Piece(f"Strict(np.zeros({shape}))")

    def _reduce(self, tree: Reduce) -> Piece:
        rows = "_of_rows" if tree.by_row else ""
        return Piece(f"f_{tree.kind.__name__.lower()}{rows}({self.piece(tree.body).text})")


def _entrywise(function: Callable[[Any], Any]) -> Callable[[Any], Strict]:
    return lambda array: Strict(function(array.value))


def _sigmoid(t: Any) -> Any:
    return 1 / (1 + np.exp(-t))


def _normal(t: Any) -> Any:
    return (1 + np.vectorize(math.erf)(t / np.sqrt(2))) / 2


def _softmax(array: Strict) -> Strict:
    axis = 0 if array.value.shape[1] == 1 else 1
    powers = np.exp(array.value - array.value.max(axis, keepdims=True))
    return Strict(powers / powers.sum(axis, keepdims=True))


def _larger(one: Any, other: Any) -> Strict:
    return (one if isinstance(one, Strict) else Strict(one))._with(other, np.maximum, False)


def _power(base: Any, exponent: Any) -> Any:
    if not isinstance(base, Strict) or base.is_number:
        return base**exponent
    return Strict(np.linalg.matrix_power(base.value, exponent))


def _diag(array: Strict) -> Strict:
    assert 1 in array.value.shape
    return Strict(np.diag(array.value.ravel()))


FUNCTIONS: dict[str, Any] = {
    "sigmoid": _entrywise(_sigmoid),
    "atan": _entrywise(np.arctan),
    "sigmoid_prime": _entrywise(lambda t: _sigmoid(t) * _sigmoid(-t)),
    "sigmoid_prime_prime": _entrywise(lambda t: _sigmoid(t) * _sigmoid(-t) * (1 - 2 * _sigmoid(t))),
    "tanh": _entrywise(np.tanh),
    "tanh_prime": _entrywise(lambda t: 1 / np.cosh(t) ** 2),
    "tanh_prime_prime": _entrywise(lambda t: -2 * np.tanh(t) / np.cosh(t) ** 2),
    "relu": _entrywise(lambda t: np.maximum(t, 0)),
    "relu_prime": _entrywise(lambda t: t > 0),
    "softplus": _entrywise(lambda t: np.log1p(np.exp(t))),
    "softplus_prime": _entrywise(_sigmoid),
    "swish": _entrywise(lambda t: t * _sigmoid(t)),
    "swish_prime": _entrywise(lambda t: _sigmoid(t) + t * _sigmoid(t) * _sigmoid(-t)),
    "leaky_relu": _entrywise(lambda t: np.where(t > 0, t, t / 100)),
    "leaky_relu_prime": _entrywise(lambda t: np.where(t > 0, 1, 0.01)),
    "elu": _entrywise(lambda t: np.where(t > 0, t, np.exp(np.minimum(t, 0)) - 1)),
    "elu_prime": _entrywise(lambda t: np.where(t > 0, 1, np.exp(np.minimum(t, 0)))),
    "gelu": _entrywise(lambda t: t * _normal(t)),
    "gelu_prime": _entrywise(lambda t: _normal(t) + t * np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi)),
    "erf": _entrywise(np.vectorize(math.erf)),
    "sin": _entrywise(np.sin),
    "cos": _entrywise(np.cos),
    "exp": _entrywise(np.exp),
    "log": _entrywise(np.log),
    "absolute": _entrywise(np.abs),
    "sign": _entrywise(np.sign),
    "inverse": _entrywise(np.linalg.inv),
    "determinant": lambda array: Strict(np.linalg.det(array.value)),
    "norm_squared": lambda array: Strict((array.value**2).sum()),
    "norm_one": lambda array: Strict(np.abs(array.value).sum()),
    "softmax": _softmax,
    "logsumexp": lambda array: Strict(np.log(np.exp(array.value).sum())),
    "logsumexp_of_rows": lambda array: Strict(np.log(np.exp(array.value).sum(axis=1, keepdims=True))),
    "maximum": lambda array: Strict(array.value.max()),
    "maximum_of_rows": lambda array: Strict(array.value.max(axis=1, keepdims=True)),
    "max": lambda first, *others: functools.reduce(_larger, others, first),
    "power": _power,
    "diag": _diag,
    "diagonal": lambda array: Strict(np.diag(array.value).reshape(-1, 1)),
    "tr": lambda array: Strict(np.trace(array.value)),
}


_ENVIRONMENT = {"np": np, "Strict": Strict} | {f"f_{name}": function for name, function in FUNCTIONS.items()}


def compare(
    derivation: Derivation,
    notation: Notation,
    values: dict[str, Any],
    is_turned: Callable[[Tensor], bool],
    shown: Sequence[Any] | None = None,
) -> list[str]:
    """Compute every matrix equation as it is printed, and compare; return the printed right sides.

    Args:
        derivation: the equations.
        notation: how they are printed.
        values: an array for every tensor, in its own shape, and a number for each size.
        is_turned: whether a tensor's array is the transpose of its column or matrix in this notation.
        shown: the equations, where they are others than the program's own.
    """
    writer = CodeWriter(_code_writer(derivation, notation), {k: v for k, v in values.items() if isinstance(v, int)})
    known: dict[str, Any] = {}
    for name, value in values.items():
        tensor = derivation.program.tensors.get(name)
        if tensor is None or not tensor.rank:
            known[name] = Strict(value)
        elif tensor.rank <= 2:
            array = np.asarray(value, dtype=float)
            array = array.reshape(-1, 1) if tensor.rank == 1 else array
            known[name] = Strict(array.T if is_turned(tensor) else array)
    printed = []
    for one in matrix_equations(derivation.program) if shown is None else shown:
        if not isinstance(one, MatrixEquation):
            continue
        left, right = writer.equation(one)
        result = eval(right, {**known, **_ENVIRONMENT})
        result = result if isinstance(result, Strict) else Strict(result)
        wanted = known[left].value
        assert result.value.shape == wanted.shape, f"{left} = {right}: {result.value.shape}, not {wanted.shape}"
        np.testing.assert_allclose(result.value, wanted, rtol=1e-9, atol=1e-11, err_msg=f"{left} = {right}")
        printed.append(right)
    return printed


def _code_writer(derivation: Derivation, notation: Notation) -> ExpressionWriter:
    return ExpressionWriter(Code(notation), writer_for(derivation, "text", notation).names)
