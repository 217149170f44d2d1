"""The one rule on each construct: the exact adjoint equations, which also agree with 50-digit differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from sympy import Abs, Max, Piecewise, Sum, exp, log, sin

from symnn.calculus import differentiate
from symnn.language import NAMED, Equation, Fact, LogSumExp, Maximum, Program, index, sizes, tensor, undefined_function
from symnn.proof import evaluate, finite_differences

sigmoid = NAMED["sigmoid"]
n, d, N, w = sizes("n d N w")
SIZES = {n: 3, d: 2, N: 5, w: 2}
i, j, k = index("i", n), index("j", n), index("k", d)
t, p, q = index("t", N - w + 1), index("p", w), index("q", 3)
W, b, x = tensor("W", (n, d), role="parameter"), tensor("b", n, role="parameter"), tensor("x", d, role="input")
y, z, a, o, v = tensor("y", n, role="target"), tensor("z", n), tensor("a", n), tensor("o", n), tensor("v", n)
A, C, L, s, r, mu = tensor("A", (n, n)), tensor("C"), tensor("L"), tensor("s"), tensor("r"), tensor("mu")
X, K, Y = tensor("X", N), tensor("K", w), tensor("Y", N - w + 1)
dense = Equation(z[j], Sum(W[j, k] * x[k], k) + b[j])
ONE_CLASS = Fact(Sum(y[j], j), 1)
softmax = [Equation(L, LogSumExp(z[j], j)), Equation(a[j], exp(z[j] - L))]
cross_entropy = Equation(C, -Sum(y[j] * log(a[j]), j))


@dataclass(frozen=True)
class Case:
    equations: list[Equation]
    of: str
    wrt: list[str]
    expected: str
    """The adjoint equations, one a line."""
    facts: tuple[Fact, ...] = ()
    used: tuple[str, ...] = ()


CASES = {
    "dense": Case(
        [dense],
        "z",
        ["W", "b", "x"],
        """
        dW[j, k] = dz[j]*x[k]
        db[j] = dz[j]
        dx[k] = Sum(W[j, k]*dz[j], j)
        """,
    ),
    "sigmoid and quadratic cost": Case(
        [dense, Equation(a[j], sigmoid(z[j])), Equation(C, Sum((a[j] - y[j]) ** 2, j) / 2)],
        "C",
        ["W", "b"],
        """
        dz[j] = (a[j] - y[j])*sigmoid_prime(z[j])
        dW[j, k] = dz[j]*x[k]
        db[j] = dz[j]
        """,
    ),
    "softmax and cross-entropy": Case(
        [dense, *softmax, cross_entropy],
        "C",
        ["b"],
        "db[j] = a[j] - y[j]",
        (ONE_CLASS,),
        ("Sum(y[j], j) = 1",),
    ),
    "softmax and cross-entropy, targets of any sum": Case(
        [dense, *softmax, cross_entropy],
        "C",
        ["b"],
        """
        dL = Sum(y[j], j)
        db[j] = a[j]*dL - y[j]
        """,
    ),
    "sigmoid and binary cross-entropy": Case(
        [
            dense,
            Equation(a[j], sigmoid(z[j])),
            Equation(C, -Sum(y[j] * log(a[j]) + (1 - y[j]) * log(1 - a[j]), j)),
        ],
        "C",
        ["b"],
        "db[j] = a[j] - y[j]",
    ),
    "residual connection": Case(
        [Equation(o[i], v[i] + Sum(A[i, j] * v[j], j))],
        "o",
        ["v", "A"],
        """
        dv[i] = Sum(A[j, i]*do[j], j) + do[i]
        dA[i, j] = do[i]*v[j]
        """,
    ),
    "trace": Case([Equation(s, Sum(A[i, i], i))], "s", ["A"], "dA[i, j] = KroneckerDelta(i, j)"),
    "diagonal": Case([Equation(o[i], A[i, i])], "o", ["A"], "dA[i, j] = KroneckerDelta(i, j)*do[i]"),
    "quadratic form": Case(
        [Equation(s, Sum(v[i] * A[i, j] * v[j], i, j))],
        "s",
        ["v", "A"],
        """
        dv[i] = Sum(A[i, k]*v[k], k) + Sum(A[j, i]*v[j], j)
        dA[i, j] = v[i]*v[j]
        """,
    ),
    "convolution": Case(
        [Equation(Y[t], Sum(K[p] * X[t + p], p))],
        "Y",
        ["X", "K"],
        """
        dX[i] = Sum(Within(i - p, N - w + 1)*K[p]*dY[i - p], p)
        dK[p] = Sum(X[p + t]*dY[t], t)
        """,
    ),
    "strided convolution": Case(
        [Equation(o[i], Sum(tensor("F", 3)[q] * tensor("Z", 2 * n + 1)[2 * i + q], q))],
        "o",
        ["Z", "F"],
        """
        dZ[i] = Sum(Within(i - 2*j, 3)*F[i - 2*j]*do[j], j)
        dF[q] = Sum(Z[2*i + q]*do[i], i)
        """,
    ),
    "every second entry": Case(
        [Equation(o[i], tensor("u", 2 * n)[2 * i + 1])], "o", ["u"], "du[i] = Sum(KroneckerDelta(2*j + 1, i)*do[j], j)"
    ),
    "reversed": Case([Equation(o[i], v[n - 1 - i] ** 2)], "o", ["v"], "dv[i] = 2*do[n - i - 1]*v[i]"),
    "first and last entry": Case(
        [Equation(s, v[0] * v[n - 1])],
        "s",
        ["v"],
        "dv[i] = KroneckerDelta(0, i)*v[n - 1] + KroneckerDelta(n - 1, i)*v[0]",
    ),
    "several uses": Case(
        [Equation(s, Sum(v[i] ** 2, i) + Sum(v[i] * y[i], i) + Sum(sin(v[i]), i))],
        "s",
        ["v"],
        "dv[i] = cos(v[i]) + 2*v[i] + y[i]",
    ),
    "tensors of rank 0": Case(
        [Equation(r, mu**2), Equation(s, r * exp(mu) + Sum(v[i] * r, i))],
        "s",
        ["mu", "v"],
        """
        dmu = 2*(Sum(v[i], i) + exp(mu))*mu + exp(mu)*r
        dv[i] = r
        """,
    ),
    "product of sums": Case(
        [Equation(s, Sum(v[i], i) * Sum(y[j] * v[j], j))],
        "s",
        ["v"],
        "dv[i] = Sum(v[j], j)*y[i] + Sum(v[k]*y[k], k)",
    ),
    "sum of sums": Case(
        [Equation(s, Sum(Sum(A[i, j] ** 2, j) * v[i], i))],
        "s",
        ["A", "v"],
        """
        dA[i, j] = 2*A[i, j]*v[i]
        dv[i] = Sum(A[i, j]**2, j)
        """,
    ),
    "square of a sum": Case(
        [Equation(s, Sum(v[i], i) ** 2)],
        "s",
        ["v"],
        """
        dq = 2*q
        dv[i] = dq
        """,
    ),
    "sum in a logarithm": Case([Equation(s, log(Sum(exp(v[i]), i)))], "s", ["v"], "dv[i] = exp(v[i])/q"),
    "sum in a sine in a sum": Case(
        [Equation(s, Sum(sin(Sum(A[i, j] * v[j], j)), i))],
        "s",
        ["v"],
        """
        dq[i] = cos(q[i])
        dv[j] = Sum(A[i, j]*dq[i], i)
        """,
    ),
    "log-sum-exp": Case([Equation(s, LogSumExp(v[i], i))], "s", ["v"], "dv[i] = exp(-s + v[i])"),
    "log-sum-exp of products": Case(
        [Equation(o[i], LogSumExp(A[i, j] * v[j], j))],
        "o",
        ["A", "v"],
        """
        dA[i, j] = exp(A[i, j]*v[j] - o[i])*do[i]*v[j]
        dv[j] = Sum(exp(A[i, j]*v[j] - o[i])*A[i, j]*do[i], i)
        """,
    ),
    "maximum": Case(
        [Equation(s, Maximum(v[i], i))], "s", ["v"], "dv[i] = (1 - Step(s - v[i]))/Sum(1 - Step(s - v[j]), j)"
    ),
    "absolute value and positive part": Case(
        [Equation(s, Sum(Abs(v[i]) + Max(0, v[i]), i))], "s", ["v"], "dv[i] = Step(v[i]) + sign(v[i])"
    ),
    "cases": Case(
        [Equation(s, Sum(Piecewise((v[i] ** 2, v[i] > 0), (0, True)), i))],
        "s",
        ["v"],
        "dv[i] = Piecewise((2*v[i], v[i] > 0), (0, True))",
    ),
    "less than its mean": Case(
        [Equation(mu, Sum(v[i], i) / n), Equation(o[i], v[i] - mu)],
        "o",
        ["v"],
        """
        dmu = -Sum(do[i], i)
        dv[i] = do[i] + dmu/n
        """,
    ),
}


def values_for(program: Program) -> dict[str, Any]:
    random = np.random.default_rng(5)
    values: dict[str, Any] = {symbol.name: value for symbol, value in SIZES.items()}
    for name, made in sorted(program.inputs.items()):
        shape = [int(size.subs(SIZES)) for size in made.shape]
        values[name] = random.uniform(0.3, 1.5, size=shape) * random.choice([-1, 1], size=shape)
    if "y" in values:
        values["y"] = np.array([0.0, 1.0, 0.0])
    return values


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_adjoint_equations(case: Case) -> None:
    program = Program(case.equations, case.facts)
    derivation = differentiate(program, case.of, case.wrt)
    found = [str(equation) for equation in derivation.backward_equations]
    assert found == [line.strip() for line in case.expected.strip().splitlines()]
    assert [str(fact) for fact in derivation.facts] == list(case.used)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_they_agree_with_differences(case: Case) -> None:
    program = Program(case.equations, case.facts)
    values = values_for(program)
    shape = evaluate(program, values)[case.of].shape
    upstream = np.random.default_rng(6).normal(size=shape) if shape else None
    derivation = differentiate(program, case.of, case.wrt)
    given = values if derivation.upstream is None else {**values, derivation.upstream: upstream}
    found = evaluate(derivation.program, given, "mpmath")
    expected = finite_differences(program, values, case.of, case.wrt, upstream=upstream)
    for name in case.wrt:
        made = found[derivation.gradients[name]]
        assert made.shape == np.shape(values[name])
        assert all(abs(one - other) < 1e-25 for one, other in zip(made.ravel(), expected[name].ravel(), strict=True))


def test_where_several_are_largest_each_has_an_equal_share() -> None:
    derivation = differentiate(Program([Equation(s, Maximum(v[i], i))]), "s", ["v"])
    assert evaluate(derivation.program, {"v": [1.0, 2.0, 2.0]})["dv"].tolist() == [0, 0.5, 0.5]


def test_undefined_functions_differentiate() -> None:
    f = undefined_function("f")
    derivation = differentiate(Program([Equation(o[i], f(v[i]))]), "o", ["v"])
    assert str(derivation.program["dv"]) == "dv[i] = f_prime(v[i])*do[i]"


def test_subgradients_at_the_kink_are_zero() -> None:
    relu = NAMED["relu"]
    derivation = differentiate(Program([Equation(s, Sum(Abs(v[i]) + relu(v[i]), i))]), "s", ["v"])
    assert evaluate(derivation.program, {"v": [0.0, 2.0, -2.0]})["dv"].tolist() == [0, 2, -1]
