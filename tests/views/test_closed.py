"""Closed forms: what textbooks print, letter for letter, and the numbers of the program that they come from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Abs, Expr, Integer, Sum, exp, log, sin, sqrt

from symnn.calculus import differentiate
from symnn.language import (
    Determinant,
    Equation,
    Inverse,
    LogDeterminant,
    LogSumExp,
    Program,
    index,
    sizes,
    tensor,
)
from symnn.proof.evaluation import evaluate
from symnn.views import MatrixEquation, closed_form, closed_forms, evaluate_matrix
from symnn.views.simplifying import simplified, turned
from symnn.views.tree import Hadamard, Leaf, Plus, Product, Scalar, Scaled, Transposed, Zeros
from symnn.writing.matrices import MatrixWriter
from symnn.writing.write import writer_for

n, d = sizes("n d")
i, j, p, q = (index(name, n) for name in "ijpq")
k = index("k", d)
A, B, X, S, V = (tensor(name, (n, n)) for name in "ABXSV")
M = tensor("M", (n, d))
Q, W = (tensor(name, (n, n), symmetric=True) for name in "QW")
x, b, m, r, s = (tensor(name, n) for name in "xbmrs")
y = tensor("y", d)
f, h, L = tensor("f"), tensor("h"), tensor("L")

residual = Sum(M[i, k] * y[k], k) - b[i]
quadratic = Sum(x[i] * A[i, j] * x[j], i, j)
mahalanobis = Sum((x[i] - m[i]) * V[i, j] * (x[j] - m[j]), i, j)
symmetric = Sum((x[i] - m[i]) * W[i, j] * (x[j] - m[j]), i, j)
softmax = [Equation(L, LogSumExp(x[i], i)), Equation(s[i], exp(x[i] - L))]
inverse = Equation(V[i, j], Inverse(S[p, q], p, q))
gram = Sum(M[i, k] * M[i, index("l", d)], i)


def cost(value: Expr, *before: Equation) -> Program:
    return Program([*before, Equation(f, value)])


CASES: dict[str, tuple[Program, str, list[str]]] = {
    "quadratic form": (cost(quadratic), "x", ["(A + Aᵀ) x"]),
    "quadratic form, by the matrix": (cost(quadratic), "A", ["x xᵀ"]),
    "symmetric quadratic form": (cost(Sum(x[i] * Q[i, j] * x[j], i, j)), "x", ["2Q x"]),
    "least squares": (cost(Sum(residual**2, i)), "y", ["2Mᵀ (M y − b)"]),
    "least squares, by the matrix": (cost(Sum(residual**2, i)), "M", ["2 (M y − b) yᵀ"]),
    "least squares, by the target": (cost(Sum(residual**2, i)), "b", ["2 (b − M y)"]),
    "a norm": (cost(sqrt(Sum(residual**2, i))), "y", ["Mᵀ (M y − b) / ‖M y − b‖"]),
    "log-determinant": (cost(LogDeterminant(A[p, q], p, q)), "A", ["A⁻ᵀ"]),
    "determinant": (cost(Determinant(A[p, q], p, q)), "A", ["det(A) A⁻ᵀ"]),
    "symmetric log-determinant": (cost(LogDeterminant(Q[p, q], p, q)), "Q", ["Q⁻¹"]),
    "logarithm of a determinant": (
        cost(log(h), Equation(h, Determinant(A[p, q], p, q))),
        "A",
        ["A⁻ᵀ"],
    ),
    "Gaussian, by the covariance": (
        cost(h + mahalanobis, Equation(h, LogDeterminant(S[p, q], p, q)), inverse),
        "S",
        ["S⁻ᵀ − S⁻ᵀ (x − m) (x − m)ᵀ S⁻ᵀ"],
    ),
    "Gaussian, by the mean": (cost(mahalanobis, inverse), "m", ["−(S⁻¹ + S⁻ᵀ) (x − m)"]),
    "Gaussian with a symmetric covariance": (
        cost(h + symmetric, Equation(h, LogDeterminant(Q[p, q], p, q)), Equation(W[i, j], Inverse(Q[p, q], p, q))),
        "Q",
        ["Q⁻¹ − Q⁻¹ (x − m) (x − m)ᵀ Q⁻¹"],
    ),
    "Gaussian with a symmetric covariance, by the mean": (
        cost(symmetric, Equation(W[i, j], Inverse(Q[p, q], p, q))),
        "m",
        ["−2Q⁻¹ (x − m)"],
    ),
    "trace of a product": (cost(Sum(A[i, j] * X[j, p] * B[p, i], i, j, p)), "X", ["Aᵀ Bᵀ"]),
    "trace of X B X": (cost(Sum(X[i, j] * B[j, p] * X[p, i], i, j, p)), "X", ["Bᵀ Xᵀ + Xᵀ Bᵀ"]),
    "trace of A X⁻¹ B": (
        cost(Sum(A[i, j] * V[j, p] * B[p, i], i, j, p), inverse),
        "S",
        ["−S⁻ᵀ Aᵀ Bᵀ S⁻ᵀ"],
    ),
    "elementwise function": (cost(Sum(b[i] * sin(Sum(A[i, j] * x[j], j)), i)), "x", ["Aᵀ (b ⊙ cos(A x))"]),
    "elementwise function, by the matrix": (
        cost(Sum(b[i] * sin(Sum(A[i, j] * x[j], j)), i)),
        "A",
        ["(b ⊙ cos(A x)) xᵀ"],
    ),
    "exponential of a quadratic form": (cost(exp(quadratic)), "x", ["exp(xᵀ A x) (A + Aᵀ) x"]),
    "log-sum-exp": (cost(LogSumExp(x[i], i)), "x", ["softmax(x)"]),
    "softmax": (cost(Sum(b[i] * s[i], i), *softmax), "x", ["s ⊙ (b − (bᵀ s) 1)", "s = softmax(x)"]),
    "log-determinant of a product": (
        cost(LogDeterminant(Sum(A[i, p] * X[p, q] * B[q, j], p, q), i, j)),
        "X",
        ["X⁻ᵀ"],
    ),
    "log-determinant of a Gram matrix": (
        cost(LogDeterminant(gram, k, index("l", d))),
        "M",
        ["2M (Mᵀ M)⁻¹"],
    ),
    "determinant of a Gram matrix": (
        cost(Determinant(gram, k, index("l", d))),
        "M",
        ["2 det(Mᵀ M) M (Mᵀ M)⁻¹"],
    ),
    "scalar products in front": (
        cost(Sum(Abs(x[i]), i) + Sum(x[i] ** 3, i) * Sum(b[i] * x[i], i)),
        "x",
        ["(1ᵀ x∘³) b + 3 (bᵀ x)(x ⊙ x) + sign(x)"],
    ),
}
LENGTHS = {"n": 3, "d": 2}


def values_for(program: Program) -> dict[str, Any]:
    random = np.random.default_rng(0)
    values: dict[str, Any] = {}
    for name, known in program.inputs.items():
        shape = tuple(int(size.subs({n: 3, d: 2})) for size in known.shape)
        array = random.uniform(0.2, 1.5, size=shape)
        if len(shape) == 2 and shape[0] == shape[1]:
            array = array + 3 * np.eye(shape[0])
        values[name] = array + array.T if known.is_symmetric else array
    return values


@pytest.mark.parametrize("case", list(CASES))
def test_closed_form(case: str) -> None:
    program, wrt, expected = CASES[case]
    derivation = differentiate(program, "f", [wrt])
    gradient = derivation.gradients[wrt]
    form = closed_form(derivation.program, gradient)
    writer = writer_for(derivation, "text")
    sides = [MatrixWriter(writer).equation(one) for one in form if isinstance(one, MatrixEquation)]
    assert [sides[0][1], *(f"{left} = {right}" for left, right in sides[1:])] == expected
    values = values_for(derivation.program)
    wanted = np.array(evaluate(derivation.program, values)[gradient], dtype=float)
    for one in (*form[1:], form[0]):
        assert isinstance(one, MatrixEquation)
        values[one.left.tensor.name] = evaluate_matrix(one.right, {**LENGTHS, **values})
    np.testing.assert_allclose(values[gradient], wanted, rtol=1e-10)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_closed_forms_of_random_programs(data: st.DataObject) -> None:
    """Chains of products, sums, functions and inverses, differentiated: the closed form has the program's values."""
    known: list[Any] = [x, b, m]
    equations: list[Equation] = [inverse]
    for number in range(data.draw(st.integers(1, 5))):
        one, other = (data.draw(st.sampled_from(known)) for _ in range(2))
        right = data.draw(
            st.sampled_from(
                [
                    Sum(A[i, j] * one[j], j) + other[i],
                    Sum(A[j, i] * one[j], j) - Sum(V[i, j] * other[j], j),
                    2 * one[i] * other[i] - m[i],
                    sin(one[i]),
                    Sum(one[j] * other[j], j) * b[i] - one[i],
                    Sum(Q[i, j] * (one[j] - other[j] - b[j]), j),
                ]
            )
        )
        known.append(tensor(f"w{number}", n))
        equations.append(Equation(known[-1][i], right))
    last = known[-1]
    value = data.draw(st.sampled_from([Sum(last[i] ** 2, i), log(1 + Sum(last[i] ** 2, i)), Sum(last[i] * x[i], i)]))
    program = cost(value, *equations)
    wanted = [name for name in ("x", "A", "S", "Q") if name in program.pruned(["f"]).inputs]
    if not wanted:
        return
    derivation = differentiate(program.pruned(["f"]), "f", wanted)
    inputs = values_for(derivation.program)
    expected = evaluate(derivation.program, inputs)
    for name in (*derivation.gradients.values(), "f"):
        values = dict(inputs)
        main, *where = closed_form(derivation.program, name)
        for one in (*where, main):
            assert isinstance(one, MatrixEquation)
            values[one.left.tensor.name] = evaluate_matrix(one.right, {**LENGTHS, **values})
        np.testing.assert_allclose(values[name], np.array(expected[name], dtype=float), rtol=1e-9, atol=1e-9)


def right_of(program: Program, name: str, **options: Any) -> list[str]:
    writer = MatrixWriter(writer_for(program, "text"))
    return [" = ".join(writer.equation(one)) for one in closed_form(program, name, **options)]  # type: ignore[arg-type]


def test_the_value_in_closed_form() -> None:
    program = cost(h + mahalanobis, Equation(h, LogDeterminant(S[p, q], p, q)), inverse)
    assert right_of(program, "f") == ["f = log det S + (x − m)ᵀ S⁻¹ (x − m)"]


def test_what_is_kept_keeps_its_name() -> None:
    program = cost(h + mahalanobis, Equation(h, LogDeterminant(S[p, q], p, q)), inverse)
    assert right_of(program, "f", keep=["V"]) == ["f = log det S + (x − m)ᵀ V (x − m)", "V = S⁻¹"]
    assert right_of(program, "f", line=36) == [
        "f = h + (x − m)ᵀ V (x − m)",
        "h = log det S",
        "V = S⁻¹",
    ]


def test_several_closed_forms_share_their_names() -> None:
    derivation = differentiate(cost(Sum(b[i] * s[i], i), *softmax), "f", ["x", "b"])
    writer = MatrixWriter(writer_for(derivation, "text"))
    main, where = closed_forms(derivation.program, derivation.gradients.values())
    assert [" = ".join(writer.equation(one)) for one in (*main, *where)] == [
        "∂f/∂x = s ⊙ (b − (bᵀ s) 1)",
        "∂f/∂b = s",
        "s = softmax(x)",
    ]


def test_what_has_no_matrix_form_keeps_its_name() -> None:
    convolved, w = index("c", 3), index("w", 2)
    z, u, kernel = tensor("z", 3), tensor("u", 4), tensor("g", 2)
    program = cost(Sum(z[convolved] ** 2, convolved), Equation(z[convolved], Sum(u[convolved + w] * kernel[w], w)))
    form = closed_form(program, "f")
    assert [type(one) for one in form] == [MatrixEquation, Equation]


def test_a_long_chain_stays_short() -> None:
    equations, before = [], x
    for number in range(40):
        after = tensor(f"z{number}", n)
        equations.append(Equation(after[i], sin(Sum(A[i, j] * before[j], j)) + before[i]))
        before = after
    form = closed_form(cost(Sum(before[i], i), *equations), "f")
    assert len(form) == 40


T, a, c = Leaf(A), Leaf(x), Leaf(b)


def test_simplification() -> None:
    minus = Scalar(Integer(-1))
    assert simplified(Plus((Scaled((minus,), a), c))) == Plus((c, Scaled((minus,), a)))
    assert turned(Scaled((minus,), Plus((a, Scaled((minus,), c))))) == Plus((c, Scaled((minus,), a)))
    shared = Plus((Product((T, a)), Product((T, c))))
    assert simplified(shared) == Product((T, Plus((a, c))))
    both = Plus((Product((Transposed(T), a)), Product((T, a))))
    assert simplified(both) == Product((Plus((T, Transposed(T))), a))
    assert simplified(Hadamard((a, Zeros(n, None)))) == Zeros(n, None)
    doubled = Plus((Scaled((Scalar(Integer(2)),), Product((T, a))), Scaled((Scalar(Integer(2)),), c)))
    assert simplified(doubled) == Scaled((Scalar(Integer(2)),), Plus((Product((T, a)), c)))
