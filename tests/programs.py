"""Programs that between them use every operation that code is made of, and values for them: for every backend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from sympy import Abs, KroneckerDelta, Max, Min, Piecewise, Rational, Sum, cos, erf, exp, log, pi, sqrt

import symnn
from symnn.calculus import differentiate
from symnn.language import (
    NAMED,
    Cholesky,
    Determinant,
    Equation,
    Inverse,
    LogDeterminant,
    LogSumExp,
    Maximum,
    Program,
    Tensor,
    Within,
    examples,
    index,
    prime,
    tensor,
)
from symnn.language.functions import expm1
from symnn.networks import (
    Attention,
    AveragePooling2d,
    BatchNorm,
    Convolution1d,
    Convolution2d,
    Dense,
    Dropout,
    Embedding,
    FeedForward,
    GRUCell,
    LayerNorm,
    LSTMCell,
    MaxPooling1d,
    MaxPooling2d,
    MultiHeadAttention,
    RecurrentCell,
    Residual,
    RMSNorm,
    TransformerBlock,
    unroll,
)

EXAMPLES = 3


@dataclass(frozen=True)
class Case:
    """A program, the names of what is computed, and what is given."""

    program: Program
    outputs: tuple[str, ...]
    values: dict[str, Any]


def _entry_by_entry() -> Case:
    """Functions of a vector, each by itself; what a formula may hold."""
    n = 5
    i = index("i", n)
    u, v, c = tensor("u", n), tensor("v", n), tensor("c")
    formulas = [
        Piecewise((u[i] ** 2, u[i] > 0), (sqrt(2) * u[i], u[i] < -1), (v[i], True)) + Max(u[i], v[i], 0) - Min(u[i], 0),
        exp(-(u[i] ** 2)) / sqrt(2 * pi) + cos(u[i]) ** 3 + Abs(v[i]) ** Rational(3, 2) + erf(v[i]),
        c * u[i] / 3 - v[i] * u[n - 1 - i] + i + u[0],
        *(f(u[i]) - f(v[i] * c) for f in (*NAMED.values(), expm1)),
        log(1 + u[i] ** 2) * v[i],
        *(prime(f)(u[i]) * v[i] for f in NAMED.values()),
    ]
    return _case([Equation(tensor(f"o{place}", n)[i], formula) for place, formula in enumerate(formulas)])


def _sums() -> Case:
    """Products, reductions and the moving of axes."""
    n, d, h = 4, 3, 2
    i, j, k, l, p = index("i", n), index("j", n), index("k", d), index("l", d), index("p", h)  # noqa: E741
    u, v, x, w, wide = tensor("u", n), tensor("v", n), tensor("x", d), tensor("w", h), tensor("wide", n + h - 1)
    A, B, M, S, T = (
        tensor("A", (n, d)), tensor("B", (n, d)), tensor("M", (d, d)), tensor("S", (n, n)), tensor("T", (n, d, h))
    )  # fmt: skip
    t = index("t", n + h - 1)
    lefts_and_rights = [
        ((i,), Sum(A[i, k] * x[k], k) + u[i]),
        ((i,), -u[i] * Sum(S[j, i] * v[j], j) / 3),
        ((), Sum(u[i] * S[i, j] * v[j], i, j)),
        ((i, k), u[i] * x[k]),
        ((i,), Sum(A[i, k] * B[i, k], k)),
        ((), Sum(A[i, k] * B[i, k], i, k) / sqrt(d)),
        ((), Sum(S[i, i], i)),
        ((), Sum(S[i, j] * S[j, i], i, j)),
        ((i, k), Sum(S[i, j] * A[j, l] * M[l, k], j, l)),
        ((i,), Sum(T[i, k, p] * x[k] * w[p], k, p)),
        ((i, j, k), Sum(T[i, k, p] * T[j, k, p], p)),
        ((i,), Sum(w[p] * wide[i + h - 1 - p], p)),
        ((t,), Sum(w[p] * u[t - p] * Within(t - p, n), p)),
        ((i,), u[i] * Within(i - 1, n)),
        ((i, k), Sum(A[j, k], j) + u[i]),
        ((), LogSumExp(A[i, k], i, k)),
        ((i,), LogSumExp(A[i, k] * x[k], k)),
        ((i, k), exp(A[i, k] - LogSumExp(A[i, l], l))),
        ((i,), Maximum(A[i, k] - x[k], k)),
        ((i, j), log(Within(i - j, 3))),
        ((i,), Sum(Within(i + l - 1, n) * S[i, i + l - 1] * x[l], l)),
        ((k, i), A[i, k]),
        ((i, k), KroneckerDelta(k, 0) * u[i] + KroneckerDelta(k, 2) * v[i]),
    ]
    equations = []
    for place, (axes, right) in enumerate(lefts_and_rights):
        left = tensor(f"o{place}", tuple(each.upper + 1 for each in axes))
        equations.append(Equation(left[axes] if axes else left, right))
    return _case(equations)


def _merged() -> Case:
    """Products of several matrices with two others, of other numbers of rows: they are taken together."""
    n, i, j, p = index("n", 5), index("i", 2), index("j", 4), index("p", 3)
    W, V = tensor("W", (2, 4)), tensor("V", (3, 4))
    equations = []
    for step in range(4):
        X, A, B = tensor(f"X{step}", (5, 4), "input"), tensor(f"A{step}", (5, 2)), tensor(f"B{step}", (5, 3))
        equations += [Equation(A[n, i], Sum(X[n, j] * W[i, j], j)), Equation(B[n, p], Sum(X[n, j] * V[p, j], j))]
    return _case(equations)


def _looked_up() -> Case:
    """Lookups, and their adjoints."""
    n, k, p = index("n", 4), index("k", 3), index("p", 3)
    E, P, F = tensor("E", (5, 3), role="parameter"), tensor("P", (4, 5), role="parameter"), tensor("F", (4, 3))
    t, C, W = tensor("t", 4, role="input"), tensor("C"), tensor("W", (4, 3))
    program = Program(
        [
            Equation(F[n, k], E[t[n], k]),
            Equation(W[n, p], Within(n + p - 1, 5) * P[n, n + p - 1] * E[t[n], p]),
            Equation(C, Sum(F[n, k] ** 2, n, k) + Sum(P[n, t[n]] ** 3, n) + Sum(W[n, p] ** 2, n, p)),
        ]
    )
    return _gradient(program, "C", ["E", "P"], {"t": np.array([1.0, 4.0, 1.0, 0.0])})


def _linear_algebra() -> Case:
    """Inverses, solutions, determinants, a Cholesky factor, and their derivatives."""
    d = 4
    i, j, p, q = (index(name, d) for name in "ijpq")
    S, x = tensor("S", (d, d), role="parameter", symmetric=True), tensor("x", d, role="parameter")
    R = tensor("R", (d, d), role="parameter")
    V, U, L, u, h, g, C = tensor("V", (d, d)), tensor("U", (d, d)), tensor("L", (d, d)), tensor("u", d), *(
        tensor(name) for name in "hgC"
    )
    program = Program(
        [
            Equation(V[i, j], Inverse(S[p, q], p, q)),
            Equation(U[i, j], Inverse(R[p, q], p, q)),
            Equation(L[i, j], Cholesky(S[p, q], p, q)),
            Equation(h, LogDeterminant(S[p, q], p, q)),
            Equation(g, Determinant(R[p, q], p, q)),
            Equation(u[i], Sum(L[i, j] * x[j], j)),
            Equation(C, h + g + Sum(x[i] * V[i, j] * x[j], i, j) + Sum(u[i] ** 2, i) + Sum(U[i, j] ** 2, i, j)),
        ]
    )
    random = np.random.default_rng(3)
    matrix = random.normal(size=(d, d))
    return _gradient(program, "C", ["S", "R", "x"], {"S": matrix @ matrix.T + np.eye(d), "R": matrix + 3 * np.eye(d)})


def _of_layer(layer: symnn.Layer, **given: Callable[[tuple[int, ...]], Any]) -> Callable[[], Case]:
    """A layer's output and all derivatives, for a batch."""

    def make() -> Case:
        inputs = layer.inputs if isinstance(layer.inputs, tuple | list) else (layer.inputs,)
        lead = (examples,) if layer.batched else ()
        program = Program(layer.equations(Tensor("x", (*lead, *inputs), "input")))
        output, names = program.equations[-1].tensor, [name for name in program.inputs if name not in given]
        derivation = differentiate(program, output.name, names, upstream="upstream")
        whole = symnn.Gradient(derivation).batched
        random = np.random.default_rng(0)
        values = {}
        for name, found in sorted(whole.inputs.items()):
            shape = tuple(int(size.subs(examples, EXAMPLES)) for size in found.shape)
            values[name] = given[name](shape) if name in given else random.normal(scale=0.8, size=shape)
        outputs = (*([output.name] if output.name in whole.defined else []), *derivation.gradients.values())
        return Case(whole, outputs, values)

    return make


def _case(equations: list[Equation]) -> Case:
    program = Program(equations)
    return Case(program, tuple(program.defined), _random(program))


def _gradient(program: Program, of: str, wrt: list[str], given: dict[str, Any]) -> Case:
    gradient = symnn.gradient(program, of=of, wrt=wrt)
    values = _random(gradient.program) | given
    return Case(gradient.program, (of, *gradient.gradients.values()), values)


def _random(program: Program) -> dict[str, Any]:
    random = np.random.default_rng(1)
    return {n: random.normal(size=[int(size) for size in t.shape]) for n, t in sorted(program.inputs.items())}


def _mask(shape: tuple[int, ...]) -> Any:
    return np.random.default_rng(2).integers(2, size=shape).astype(float)


_CASES: dict[str, Callable[[], Case]] = {
    "functions": _entry_by_entry,
    "sums": _sums,
    "merged products": _merged,
    "lookups": _looked_up,
    "linear algebra": _linear_algebra,
    "dense": _of_layer(Dense(3, 4, "swish")),
    "convolution 1d": _of_layer(Convolution1d((2, 9), 3, 3, 1, 1)),
    "strided convolution 1d": _of_layer(Convolution1d((2, 9), 3, 3, 2, 1)),
    "convolution 2d": _of_layer(Convolution2d((2, 5, 6), 2, (2, 3), (1, 2), (1, 0), "relu")),
    "max pooling 1d": _of_layer(MaxPooling1d((2, 8), 3, 2)),
    "max pooling 2d": _of_layer(MaxPooling2d((2, 4, 6), (2, 3), (2, 3))),
    "average pooling 2d": _of_layer(AveragePooling2d((2, 5, 6), (2, 3), (1, 3))),
    "recurrent cell": _of_layer(RecurrentCell(2, 3)),
    "unrolled LSTM": _of_layer(unroll(LSTMCell(2, 3), steps=5, outputs="all", initial="parameter")),
    "unrolled GRU": _of_layer(unroll(GRUCell(2, 3), steps=2)),
    "embedding": _of_layer(Embedding(5, 3, 4), x=lambda shape: np.random.default_rng(3).integers(5, size=shape)),
    "layer norm": _of_layer(LayerNorm((2, 4))),
    "RMS norm": _of_layer(RMSNorm(4)),
    "batch norm": _of_layer(BatchNorm((2, 3))),
    "dropout": _of_layer(Dropout((2, 3), 0.5), r=_mask),
    "attention": _of_layer(Attention((3, 2), 2)),
    "causal heads": _of_layer(MultiHeadAttention((3, 4), 2, causal=True)),
    "feed-forward": _of_layer(FeedForward((2, 3), 4, "gelu")),
    "residual": _of_layer(Residual(Dense(3, 3))),
    "transformer block": _of_layer(TransformerBlock((3, 4), 2, 5)),
}
CASES = tuple(_CASES)


@cache
def case_of(name: str) -> Case:
    """Return one of the cases."""
    return _CASES[name]()
