"""Identities of The Matrix Cookbook, each as a formula, as the book's own right side, and as SymPy's expression.

Source: K. B. Petersen and M. S. Pedersen, The Matrix Cookbook, version of 15 November 2012. An identity is
cited by its equation number; a section stands where the number is not known. Formulas are in the grammar
of matrixcalculus.org. The right sides are typed from the book, for arrays of numbers of many digits:
vectors have one axis, and the derivative of a matrix Y by a matrix X is the array ∂Y[k, l]/∂X[i, j].
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import (
    Abs,
    Determinant,
    DiagMatrix,
    HadamardProduct,
    KroneckerProduct,
    MatrixSymbol,
    OneMatrix,
    Rational,
    Symbol,
    Trace,
    exp,
    log,
    pi,
    sin,
    sqrt,
)

Array = NDArray[Any]

SIZES = {"n": 3, "m": 2, "p": 4}


@dataclass(frozen=True)
class Identity:
    """One identity: the derivative of a formula by one of its variables.

    Attributes:
        number: the equation's number in the book.
        text: the formula that is differentiated.
        wrt: the variable.
        declared: each name and its axes: "A n n, x n, t".
        book: the book's right side as a function of the arrays, by name.
        sympy: the formula as a function of SymPy's symbols, by name, in whichever of SymPy's forms for a scalar (a
            product of shape 1×1, a trace) its `diff` can make most of.
        symmetric: the names of symmetric matrices.
        kind: gradient, jacobian (the derivative of a matrix or a vector) or hessian.
        independent: whether the book's derivative by a symmetric S is that by its independent entries, which is
            2G − G ⊙ I for the symmetric G with df = tr(G dS): equation (138).
        remark: how the formula follows from the book's, or what is misprinted there.
    """

    number: str
    text: str
    wrt: str
    declared: str
    book: Callable[..., Any]
    sympy: Callable[..., Any]
    symmetric: tuple[str, ...] = ()
    kind: str = "gradient"
    independent: bool = False
    remark: str = ""

    def __str__(self) -> str:
        return f"{self.number} {self.text}"

    @property
    def shapes(self) -> dict[str, tuple[str, ...]]:
        """The axes of each name."""
        return {name: tuple(axes) for name, *axes in (each.split() for each in self.declared.split(","))}

    def values(self, seed: int = 0) -> dict[str, Array]:
        """Return random arrays: square matrices are well conditioned, symmetric ones positive definite."""
        random = np.random.default_rng([seed, *self.text.encode()])
        made = {}
        for name, axes in self.shapes.items():
            shape = tuple(SIZES[axis] for axis in axes)
            array = random.uniform(-0.5, 0.5, shape) + (1.5 * np.eye(*shape) if len(shape) == 2 else 0.75)
            made[name] = array @ array.T if name in self.symmetric else array
        return made

    def expression(self) -> Any:
        """Return SymPy's expression."""
        return self.sympy(**self.symbols())

    def symbols(self) -> dict[str, Any]:
        """Return SymPy's symbols: vectors are matrices of one column."""
        sized = {name: [SIZES[axis] for axis in axes] for name, axes in self.shapes.items()}
        return {
            name: MatrixSymbol(name, *(*shape, 1)[:2]) if shape else Symbol(name, real=True)
            for name, shape in sized.items()
        }


def inv(matrix: Array) -> Array:
    return np.array(mpmath.inverse(mpmath.matrix(matrix.tolist())).tolist(), dtype=object)


def det(matrix: Array) -> Any:
    return mpmath.det(mpmath.matrix(matrix.tolist()))


def tr(matrix: Array) -> Any:
    return sum(matrix[i, i] for i in range(len(matrix)))


def eye(size: int) -> Array:
    return np.eye(size, dtype=int).astype(object)


def power(matrix: Array, exponent: int) -> Array:
    return functools.reduce(np.matmul, [matrix] * exponent, eye(len(matrix)))


def norm(vector: Array) -> Any:
    return mpmath.sqrt(vector @ vector)


def each(function: Callable[[Any], Any], vector: Array) -> Array:
    return np.array([function(entry) for entry in vector], dtype=object)


def by_entry(subscripts: str, *arrays: Array) -> Array:
    """Return the array whose entries are products of entries, as in "ki,jl->klij"."""
    product: Array = np.einsum(subscripts, *arrays)
    return product


def density(x: Array, m: Array, S: Array) -> Any:
    """The density of a Gaussian."""
    return mpmath.exp(-(x - m) @ inv(S) @ (x - m) / 2) / mpmath.sqrt(det(2 * mpmath.pi * S))


def gaussian(x: Any, m: Any, S: Any) -> Any:
    """The same for SymPy."""
    return exp(-Trace((x - m).T * S.inv() * (x - m)) / 2) / sqrt(Determinant(2 * pi * S))


def log_gaussian(x: Any, m: Any, S: Any) -> Any:
    return -log(Determinant(2 * pi * S)) / 2 - Trace((x - m).T * S.inv() * (x - m)) / 2


GAUSSIAN = "exp(-(x-m)'*inv(S)*(x-m)/2)/sqrt(det(2*pi*S))"
LOG_GAUSSIAN = "-log(det(2*pi*S))/2 - (x-m)'*inv(S)*(x-m)/2"
WITH_ERRORS = "x n, A n m, s m, W n n"
ONE_COMPONENT = "for a mixture of one component"


RULES = (
    Identity(
        "(37)", "(A + t*B)*(C + t*D)", "t", "A n n, B n n, C n n, D n n, t",
        lambda A, B, C, D, t: B @ (C + t * D) + (A + t * B) @ D,
        lambda A, B, C, D, t: (A + t * B) * (C + t * D),
        kind="jacobian", remark="X = A + tB, Y = C + tD",
    ),
    Identity(
        "(38)", "(A + t*B).*(C + t*D)", "t", "A n n, B n n, C n n, D n n, t",
        lambda A, B, C, D, t: B * (C + t * D) + (A + t * B) * D,
        lambda A, B, C, D, t: HadamardProduct(A + t * B, C + t * D),
        kind="jacobian", remark="X = A + tB, Y = C + tD",
    ),
    Identity(
        "(39)", "kron(A + t*B, C + t*D)", "t", "A n n, B n n, C m m, D m m, t",
        lambda A, B, C, D, t: np.kron(B, C + t * D) + np.kron(A + t * B, D),
        lambda A, B, C, D, t: KroneckerProduct(A + t * B, C + t * D),
        kind="jacobian", remark="X = A + tB, Y = C + tD",
    ),
    Identity(
        "(43)", "log(det(A + t*B))", "t", "A n n, B n n, t",
        lambda A, B, t: tr(inv(A + t * B) @ B),
        lambda A, B, t: log(Determinant(A + t * B)),
        remark="X = A + tB",
    ),
)  # fmt: skip

DETERMINANTS = (
    Identity(
        "(46)", "det(A + t*B)", "t", "A n n, B n n, t",
        lambda A, B, t: det(A + t * B) * tr(inv(A + t * B) @ B),
        lambda A, B, t: Determinant(A + t * B),
        remark="Y = A + tB",
    ),
    Identity(
        "(48)", "det(A + t*B + t^2*C)", "t", "A n n, B n n, C n n, t",
        lambda A, B, C, t: _second_derivative_of_determinant(A + t * B + t**2 * C, B + 2 * t * C, 2 * C),
        lambda A, B, C, t: Determinant(A + t * B + t**2 * C),
        kind="hessian", remark="Y = A + tB + t²C",
    ),
    Identity(
        "(49)", "det(X)", "X", "X n n",
        lambda X: det(X) * inv(X).T,
        lambda X: Determinant(X),  # noqa: PLW0108 - called by name
    ),
    Identity(
        "(51)", "det(A*X*B)", "X", "A n n, X n n, B n n",
        lambda A, X, B: det(A @ X @ B) * inv(X).T,
        lambda A, X, B: Determinant(A * X * B),
    ),
    Identity(
        "(52)", "det(X'*A*X)", "X", "X n n, A n n",
        lambda X, A: 2 * det(X.T @ A @ X) * inv(X).T,
        lambda X, A: Determinant(X.T * A * X),
    ),
    Identity(
        "(53)", "det(X'*A*X)", "X", "X n m, A n n",
        lambda X, A: 2 * det(X.T @ A @ X) * A @ X @ inv(X.T @ A @ X),
        lambda X, A: Determinant(X.T * A * X),
        symmetric=("A",),
    ),
    Identity(
        "(54)", "det(X'*A*X)", "X", "X n m, A n n",
        lambda X, A: det(X.T @ A @ X) * (A @ X @ inv(X.T @ A @ X) + A.T @ X @ inv(X.T @ A.T @ X)),
        lambda X, A: Determinant(X.T * A * X),
    ),
    Identity(
        "(55)", "log(det(X'*X))", "X", "X n m",
        lambda X: 2 * (inv(X.T @ X) @ X.T).T,
        lambda X: log(Determinant(X.T * X)),
    ),
    Identity(
        "(56)", "-log(det(P*P'))", "P", "P m n",
        lambda P: -2 * (P.T @ inv(P @ P.T)).T,
        lambda P: -log(Determinant(P * P.T)),
        remark="P = X⁺, so that XᵀX = (PPᵀ)⁻¹",
    ),
    Identity("(57)", "log(abs(det(X)))", "X", "X n n", lambda X: inv(X).T, lambda X: log(Abs(Determinant(X)))),
    Identity(
        "(58)", "det(X^3)", "X", "X n n",
        lambda X: 3 * det(power(X, 3)) * inv(X).T,
        lambda X: Determinant(X**3),
        remark="k = 3",
    ),
)  # fmt: skip

INVERSES = (
    Identity(
        "(59)", "inv(A + t*B)", "t", "A n n, B n n, t",
        lambda A, B, t: -inv(A + t * B) @ B @ inv(A + t * B),
        lambda A, B, t: (A + t * B).inv(),
        kind="jacobian", remark="Y = A + tB",
    ),
    Identity(
        "(60)", "inv(X)", "X", "X n n",
        lambda X: -by_entry("ki,jl->klij", inv(X), inv(X)),
        lambda X: X.inv(),
        kind="jacobian",
    ),
    Identity(
        "(61)", "a'*inv(X)*b", "X", "a n, X n n, b n",
        lambda a, X, b: -inv(X).T @ np.outer(a, b) @ inv(X).T,
        lambda a, X, b: a.T * X.inv() * b,
    ),
    Identity(
        "(62)", "det(inv(X))", "X", "X n n",
        lambda X: -det(inv(X)) * inv(X).T,
        lambda X: Determinant(X.inv()),
    ),
    Identity(
        "(63)", "tr(A*inv(X)*B)", "X", "A m n, X n n, B n m",
        lambda A, X, B: -(inv(X) @ B @ A @ inv(X)).T,
        lambda A, X, B: Trace(A * X.inv() * B),
    ),
    Identity(
        "(64)", "tr(inv(X + A))", "X", "X n n, A n n",
        lambda X, A: -(inv(X + A) @ inv(X + A)).T,
        lambda X, A: Trace((X + A).inv()),
    ),
)  # fmt: skip

FIRST_ORDER = (
    Identity("(69)", "x'*a", "x", "x n, a n", lambda x, a: a, lambda x, a: x.T * a),
    Identity(
        "(70)", "a'*X*b", "X", "a n, X n m, b m",
        lambda a, X, b: np.outer(a, b),
        lambda a, X, b: a.T * X * b,
    ),
    Identity(
        "(71)", "a'*X'*b", "X", "a m, X n m, b n",
        lambda a, X, b: np.outer(b, a),
        lambda a, X, b: a.T * X.T * b,
    ),
    Identity("(72)", "a'*X*a", "X", "a n, X n n", lambda a, X: np.outer(a, a), lambda a, X: a.T * X * a),
    Identity(
        "(73)", "X", "X", "X n m",
        lambda X: by_entry("ki,lj->klij", eye(X.shape[0]), eye(X.shape[1])),
        lambda X: X,
        kind="jacobian",
    ),
    Identity(
        "(74)", "X*A", "X", "X m n, A n p",
        lambda X, A: by_entry("im,nj->ijmn", eye(X.shape[0]), A),
        lambda X, A: X * A,
        kind="jacobian",
    ),
    Identity(
        "(75)", "X'*A", "X", "X n m, A n p",
        lambda X, A: by_entry("in,mj->ijmn", eye(X.shape[1]), A),
        lambda X, A: X.T * A,
        kind="jacobian",
    ),
)  # fmt: skip

SECOND_ORDER = (
    Identity(
        "(76)", "sum(X)*sum(X)", "X", "X n m",
        lambda X: 2 * X.sum() * np.ones(X.shape, dtype=int),
        lambda X: Trace(OneMatrix(1, X.shape[0]) * X * OneMatrix(X.shape[1], 1)) ** 2,
    ),
    Identity(
        "(77)", "b'*X'*X*c", "X", "b m, X n m, c m",
        lambda b, X, c: X @ (np.outer(b, c) + np.outer(c, b)),
        lambda b, X, c: b.T * X.T * X * c,
    ),
    Identity(
        "(78)", "(B*x + b)'*C*(D*x + d)", "x", "B n m, x m, b n, C n p, D p m, d p",
        lambda B, x, b, C, D, d: B.T @ C @ (D @ x + d) + D.T @ C.T @ (B @ x + b),
        lambda B, x, b, C, D, d: (B * x + b).T * C * (D * x + d),
    ),
    Identity(
        "(79)", "X'*B*X", "X", "X n m, B n n",
        lambda X, B: by_entry("lj,ki->klij", eye(X.shape[1]), X.T @ B)
        + by_entry("kj,il->klij", eye(X.shape[1]), B @ X),
        lambda X, B: X.T * B * X,
        kind="jacobian",
    ),
    Identity("(81)", "x'*B*x", "x", "x n, B n n", lambda x, B: (B + B.T) @ x, lambda x, B: x.T * B * x),
    Identity(
        "(82)", "b'*X'*D*X*c", "X", "b m, X n m, D n n, c m",
        lambda b, X, D, c: D.T @ X @ np.outer(b, c) + D @ X @ np.outer(c, b),
        lambda b, X, D, c: b.T * X.T * D * X * c,
    ),
    Identity(
        "(83)", "(X*b + c)'*D*(X*b + c)", "X", "X n m, b m, c n, D n n",
        lambda X, b, c, D: np.outer((D + D.T) @ (X @ b + c), b),
        lambda X, b, c, D: (X * b + c).T * D * (X * b + c),
    ),
    Identity(
        "(84)", "(x - A*s)'*W*(x - A*s)", "s", WITH_ERRORS,
        lambda x, A, s, W: -2 * A.T @ W @ (x - A @ s),
        lambda x, A, s, W: (x - A * s).T * W * (x - A * s),
        symmetric=("W",),
    ),
    Identity(
        "(85)", "(x - s)'*W*(x - s)", "x", "x n, s n, W n n",
        lambda x, s, W: 2 * W @ (x - s),
        lambda x, s, W: (x - s).T * W * (x - s),
        symmetric=("W",),
    ),
    Identity(
        "(86)", "(x - s)'*W*(x - s)", "s", "x n, s n, W n n",
        lambda x, s, W: -2 * W @ (x - s),
        lambda x, s, W: (x - s).T * W * (x - s),
        symmetric=("W",),
    ),
    Identity(
        "(87)", "(x - A*s)'*W*(x - A*s)", "x", WITH_ERRORS,
        lambda x, A, s, W: 2 * W @ (x - A @ s),
        lambda x, A, s, W: (x - A * s).T * W * (x - A * s),
        symmetric=("W",),
    ),
    Identity(
        "(88)", "(x - A*s)'*W*(x - A*s)", "A", WITH_ERRORS,
        lambda x, A, s, W: -2 * np.outer(W @ (x - A @ s), s),
        lambda x, A, s, W: (x - A * s).T * W * (x - A * s),
        symmetric=("W",),
    ),
    Identity(
        "(89)", "(a - x'*b)^2", "x", "a, x n, b n",
        lambda a, x, b: -2 * b * (a - x @ b),
        lambda a, x, b: (a - Trace(x.T * b)) ** 2,
        remark="of real vectors",
    ),
)  # fmt: skip

HIGHER_ORDER = (
    Identity(
        "(90)", "X^3", "X", "X n n",
        lambda X: sum(by_entry("ki,jl->klij", power(X, r), power(X, 2 - r)) for r in range(3)),
        lambda X: X**3,
        kind="jacobian", remark="n = 3",
    ),
    Identity(
        "(91)", "a'*X^3*b", "X", "a n, X n n, b n",
        lambda a, X, b: sum(power(X, r).T @ np.outer(a, b) @ power(X, 2 - r).T for r in range(3)),
        lambda a, X, b: a.T * X**3 * b,
        remark="n = 3",
    ),
    Identity(
        "(92)", "a'*(X^2)'*X^2*b", "X", "a n, X n n, b n",
        lambda a, X, b: sum(
            (power(X, 1 - r) @ np.outer(a, b) @ power(X, 2).T @ power(X, r)).T
            + power(X, r).T @ power(X, 2) @ np.outer(a, b) @ power(X, 1 - r).T
            for r in range(2)
        ),
        lambda a, X, b: a.T * (X**2).T * X**2 * b,
        remark="n = 2; the book's first term lacks a transpose",
    ),
    Identity(
        "(93)", "sin(x)'*A*exp(x)", "x", "x n, A n n",
        lambda x, A: np.diag(each(mpmath.cos, x)).T @ A @ each(mpmath.exp, x)
        + np.diag(each(mpmath.exp, x)).T @ A.T @ each(mpmath.sin, x),
        lambda x, A: x.applyfunc(sin).T * A * x.applyfunc(exp),
        remark="s = sin x and r = exp x, each entry",
    ),
    Identity(
        "(95)", "((A*x)'*(A*x))/((B*x)'*(B*x))", "x", "A m n, x n, B p n",
        lambda A, x, B: 2 * A.T @ A @ x / (x @ B.T @ B @ x)
        - 2 * (x @ A.T @ A @ x) * B.T @ B @ x / (x @ B.T @ B @ x) ** 2,
        lambda A, x, B: Trace((A * x).T * (A * x)) / Trace((B * x).T * (B * x)),
    ),
    Identity(
        "(97)", "x'*A*x + b'*x", "x", "x n, A n n, b n",
        lambda x, A, b: (A + A.T) @ x + b,
        lambda x, A, b: x.T * A * x + b.T * x,
    ),
    Identity(
        "(98)", "x'*A*x + b'*x", "x", "x n, A n n, b n",
        lambda x, A, b: A + A.T,
        lambda x, A, b: x.T * A * x + b.T * x,
        kind="hessian",
    ),
)  # fmt: skip

TRACES = (
    Identity(
        "(99)", "tr(X)", "X", "X n n",
        lambda X: eye(len(X)),
        lambda X: Trace(X),  # noqa: PLW0108 - called by name
    ),
    Identity("(100)", "tr(X*A)", "X", "X n m, A m n", lambda X, A: A.T, lambda X, A: Trace(X * A)),
    Identity(
        "(101)", "tr(A*X*B)", "X", "A p n, X n m, B m p",
        lambda A, X, B: A.T @ B.T,
        lambda A, X, B: Trace(A * X * B),
    ),
    Identity(
        "(102)", "tr(A*X'*B)", "X", "A p m, X n m, B n p",
        lambda A, X, B: B @ A,
        lambda A, X, B: Trace(A * X.T * B),
    ),
    Identity("(103)", "tr(X'*A)", "X", "X n m, A n m", lambda X, A: A, lambda X, A: Trace(X.T * A)),
    Identity("(104)", "tr(A*X')", "X", "X n m, A n m", lambda X, A: A, lambda X, A: Trace(A * X.T)),
    Identity(
        "(105)", "tr(kron(A, X))", "X", "A m m, X n n",
        lambda A, X: tr(A) * eye(len(X)),
        lambda A, X: Trace(KroneckerProduct(A, X)),
    ),
    Identity("(106)", "tr(X^2)", "X", "X n n", lambda X: 2 * X.T, lambda X: Trace(X**2)),
    Identity(
        "(107)", "tr(X^2*B)", "X", "X n n, B n n",
        lambda X, B: (X @ B + B @ X).T,
        lambda X, B: Trace(X**2 * B),
    ),
    Identity(
        "(108)", "tr(X'*B*X)", "X", "X n m, B n n",
        lambda X, B: B @ X + B.T @ X,
        lambda X, B: Trace(X.T * B * X),
    ),
    Identity(
        "(109)", "tr(B*X*X')", "X", "B n n, X n m",
        lambda B, X: B @ X + B.T @ X,
        lambda B, X: Trace(B * X * X.T),
    ),
    Identity(
        "(110)", "tr(X*X'*B)", "X", "X n m, B n n",
        lambda X, B: B @ X + B.T @ X,
        lambda X, B: Trace(X * X.T * B),
    ),
    Identity(
        "(111)", "tr(X*B*X')", "X", "X n m, B m m",
        lambda X, B: X @ B.T + X @ B,
        lambda X, B: Trace(X * B * X.T),
    ),
    Identity(
        "(112)", "tr(B*X'*X)", "X", "B m m, X n m",
        lambda B, X: X @ B.T + X @ B,
        lambda B, X: Trace(B * X.T * X),
    ),
    Identity(
        "(113)", "tr(X'*X*B)", "X", "X n m, B m m",
        lambda X, B: X @ B.T + X @ B,
        lambda X, B: Trace(X.T * X * B),
    ),
    Identity(
        "(114)", "tr(A*X*B*X)", "X", "A m n, X n m, B m n",
        lambda A, X, B: A.T @ X.T @ B.T + B.T @ X.T @ A.T,
        lambda A, X, B: Trace(A * X * B * X),
    ),
    Identity("(115)", "tr(X'*X)", "X", "X n m", lambda X: 2 * X, lambda X: Trace(X.T * X)),
    Identity(
        "(116)", "tr(B'*X'*C*X*B)", "X", "B m p, X n m, C n n",
        lambda B, X, C: C.T @ X @ B @ B.T + C @ X @ B @ B.T,
        lambda B, X, C: Trace(B.T * X.T * C * X * B),
    ),
    Identity(
        "(117)", "tr(X'*B*X*C)", "X", "X n m, B n n, C m m",
        lambda X, B, C: B @ X @ C + B.T @ X @ C.T,
        lambda X, B, C: Trace(X.T * B * X * C),
    ),
    Identity(
        "(118)", "tr(A*X*B*X'*C)", "X", "A p n, X n m, B m m, C n p",
        lambda A, X, B, C: A.T @ C.T @ X @ B.T + C @ A @ X @ B,
        lambda A, X, B, C: Trace(A * X * B * X.T * C),
    ),
    Identity(
        "(119)", "tr((A*X*B + C)*(A*X*B + C)')", "X", "A p n, X n m, B m n, C p n",
        lambda A, X, B, C: 2 * A.T @ (A @ X @ B + C) @ B.T,
        lambda A, X, B, C: Trace((A * X * B + C) * (A * X * B + C).T),
    ),
    Identity(
        "(120)", "tr(kron(X, X))", "X", "X n n",
        lambda X: 2 * tr(X) * eye(len(X)),
        lambda X: Trace(KroneckerProduct(X, X)),
    ),
    Identity(
        "(121)", "tr(X^4)", "X", "X n n",
        lambda X: 4 * power(X, 3).T,
        lambda X: Trace(X**4),
        remark="k = 4",
    ),
    Identity(
        "(122)", "tr(A*X^3)", "X", "A n n, X n n",
        lambda A, X: sum(power(X, r) @ A @ power(X, 2 - r) for r in range(3)).T,
        lambda A, X: Trace(A * X**3),
        remark="k = 3",
    ),
    Identity(
        "(123)", "tr(B'*X'*C*X*X'*C*X*B)", "X", "B m p, X n m, C n n",
        lambda B, X, C: C @ X @ X.T @ C @ X @ B @ B.T + C.T @ X @ B @ B.T @ X.T @ C.T @ X
        + C @ X @ B @ B.T @ X.T @ C @ X + C.T @ X @ X.T @ C.T @ X @ B @ B.T,
        lambda B, X, C: Trace(B.T * X.T * C * X * X.T * C * X * B),
    ),
    Identity(
        "(124)", "tr(A*inv(X)*B)", "X", "A p n, X n n, B n p",
        lambda A, X, B: -inv(X).T @ A.T @ B.T @ inv(X).T,
        lambda A, X, B: Trace(A * X.inv() * B),
    ),
    Identity(
        "(125)", "tr(inv(X'*C*X)*A)", "X", "X n m, C n n, A m m",
        lambda X, C, A: -(C @ X @ inv(X.T @ C @ X)) @ (A + A.T) @ inv(X.T @ C @ X),
        lambda X, C, A: Trace((X.T * C * X).inv() * A),
        symmetric=("C",),
    ),
    Identity(
        "(126)", "tr(inv(X'*C*X)*(X'*B*X))", "X", "X n m, C n n, B n n",
        lambda X, C, B: -2 * C @ X @ inv(X.T @ C @ X) @ X.T @ B @ X @ inv(X.T @ C @ X) + 2 * B @ X @ inv(X.T @ C @ X),
        lambda X, C, B: Trace((X.T * C * X).inv() * (X.T * B * X)),
        symmetric=("B", "C"),
    ),
    Identity(
        "(127)", "tr(inv(A + X'*C*X)*(X'*B*X))", "X", "A m m, X n m, C n n, B n n",
        lambda A, X, C, B: -2 * C @ X @ inv(A + X.T @ C @ X) @ X.T @ B @ X @ inv(A + X.T @ C @ X)
        + 2 * B @ X @ inv(A + X.T @ C @ X),
        lambda A, X, C, B: Trace((A + X.T * C * X).inv() * (X.T * B * X)),
        symmetric=("A", "B", "C"), remark="A must be symmetric too, which the book does not say",
    ),
)  # fmt: skip

NORMS = (
    Identity(
        "(129)", "norm2(x - a)", "x", "x n, a n",
        lambda x, a: (x - a) / norm(x - a),
        lambda x, a: ((x - a).T * (x - a)) ** Rational(1, 2),
    ),
    Identity(
        "(130)", "(x - a)/norm2(x - a)", "x", "x n, a n",
        lambda x, a: eye(len(x)) / norm(x - a) - np.outer(x - a, x - a) / norm(x - a) ** 3,
        lambda x, a: (x - a) * ((x - a).T * (x - a)) ** Rational(-1, 2),
        kind="jacobian",
    ),
    Identity("(131)", "norm2(x)^2", "x", "x n", lambda x: 2 * x, lambda x: x.T * x),
    Identity("(132)", "norm2(X)^2", "X", "X n m", lambda X: 2 * X, lambda X: Trace(X * X.T)),
)  # fmt: skip

STRUCTURED = (
    Identity(
        "(139)", "tr(A*X)", "X", "A n n, X n n",
        lambda A, X: A + A.T - A * eye(len(A)),
        lambda A, X: Trace(A * X),
        symmetric=("X",), independent=True,
    ),
    Identity(
        "(140)", "det(X)", "X", "X n n",
        lambda X: det(X) * (2 * inv(X) - inv(X) * eye(len(X))),
        lambda X: Determinant(X),  # noqa: PLW0108 - called by name
        symmetric=("X",), independent=True,
    ),
    Identity(
        "(141)", "log(det(X))", "X", "X n n",
        lambda X: 2 * inv(X) - inv(X) * eye(len(X)),
        lambda X: log(Determinant(X)),
        symmetric=("X",), independent=True,
    ),
    Identity(
        "(142)", "tr(A*diag(x))", "x", "A n n, x n",
        lambda A, x: np.diag(A * eye(len(A))),
        lambda A, x: Trace(A * DiagMatrix(x)),
        remark="X = diag(x); by its diagonal",
    ),
)  # fmt: skip

GAUSSIANS = (
    Identity(
        "section 8.1.1, gradient", GAUSSIAN, "x", "x n, m n, S n n",
        lambda x, m, S: -density(x, m, S) * inv(S) @ (x - m),
        gaussian,
        symmetric=("S",),
    ),
    Identity(
        "section 8.1.1, Hessian", GAUSSIAN, "x", "x n, m n, S n n",
        lambda x, m, S: density(x, m, S) * (inv(S) @ np.outer(x - m, x - m) @ inv(S) - inv(S)),
        gaussian,
        symmetric=("S",), kind="hessian",
    ),
    Identity(
        "(394)", LOG_GAUSSIAN, "m", "x n, m n, S n n",
        lambda x, m, S: inv(S) @ (x - m),
        log_gaussian,
        symmetric=("S",), remark=ONE_COMPONENT,
    ),
    Identity(
        "(396)", LOG_GAUSSIAN, "S", "x n, m n, S n n",
        lambda x, m, S: (-inv(S) + inv(S) @ np.outer(x - m, x - m) @ inv(S)) / 2,
        log_gaussian,
        symmetric=("S",), remark=ONE_COMPONENT,
    ),
)  # fmt: skip


def _second_derivative_of_determinant(Y: Array, first: Array, second: Array) -> Any:
    """The right side of (48), for Y with first and second derivatives by t."""
    slope = inv(Y) @ first
    return det(Y) * (tr(inv(Y) @ second) + tr(slope) * tr(slope) - tr(slope @ slope))


IDENTITIES: tuple[Identity, ...] = (
    *RULES,
    *DETERMINANTS,
    *INVERSES,
    *FIRST_ORDER,
    *SECOND_ORDER,
    *HIGHER_ORDER,
    *TRACES,
    *NORMS,
    *STRUCTURED,
    *GAUSSIANS,
)
