"""The matrix view says what the equation says: evaluated, each construct agrees with the sum written out."""

from __future__ import annotations

import itertools

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Abs, Expr, Integer, KroneckerDelta, Max, Min, Piecewise, Rational, Sum, cos, exp, log, sign, sqrt

from symnn.errors import ShapeError
from symnn.language import (
    NAMED,
    Equation,
    LogSumExp,
    Maximum,
    Program,
    Within,
    entries,
    index,
    prime,
    sizes,
    tensor,
)
from symnn.views import evaluate_matrix, evaluate_scalar, matrix_equation, matrix_equations, scalar_equations
from symnn.views.making import fewest_transposes
from symnn.views.tree import Hadamard, Leaf, Norm1, Plus, Product, Softmax, SquaredNorm, Transposed

N, D = 3, 4
i, j, o = index("i", N), index("j", N), index("o", N)
k, p = index("k", D), index("p", D)
u, v, w = (tensor(name, N) for name in "uvw")
x, y = tensor("x", D), tensor("y", D)
A, B = tensor("A", (N, D)), tensor("B", (N, D))
S, R = tensor("S", (N, N)), tensor("R", (N, N))
M = tensor("M", (D, D))
c = tensor("c")
eta = tensor("eta", (), role="hyperparameter")
sigmoid, relu = NAMED["sigmoid"], NAMED["relu"]

VECTORS: list[Expr] = [
    Sum(A[i, k] * x[k], k) + u[i],
    Sum(S[j, i] * u[j], j) * prime(sigmoid)(v[i]),
    Sum(A[i, k], k),
    Sum(A[i, k] * x[k] * M[k, p] * y[p], k, p),
    S[i, i] * u[i],
    Sum(A[i, k] * B[i, k], k),
    Sum(S[i, j] * R[j, i], j),
    3 - u[i] / 2 + c,
    1 / u[i],
    u[i] ** 2 * v[i] / sqrt(w[i]),
    Sum(u[j] * v[j], j) * w[i],
    Sum(u[j] ** 2, j) * w[i] / c,
    LogSumExp(A[i, k], k),
    Maximum(A[i, k] + u[i], k),
    exp(u[i] - log(Sum(exp(u[j]), j))),
    Sum(KroneckerDelta(i, j) * u[j], j),
    Sum(A[i, k] * Sum(M[k, p] * x[p], p), k),
    u[i] * v[i] - u[i] * Sum(v[j] * u[j], j),
    cos(u[i]) + relu(u[i]) + Abs(v[i]) - sign(w[i]) * eta,
    Integer(2),
    Max(0, 1 - u[i] * v[i], w[i] - 1) + Min(u[i], v[i]),
    Sum((u[j] - 1) * S[j, i], j) / (2 * N),
    NAMED["gelu"](u[i]) + NAMED["softplus"](v[i]),
]
MATRICES: list[Expr] = [
    u[i] * x[k],
    Sum(S[j, i] * A[j, k], j),
    Sum(A[i, p] * M[k, p], p) + x[k],
    Sum(A[i, p] * x[p] * M[p, k], p),
    A[i, k] * u[i] * x[k],
    A[i, k] + u[i] + x[k] + c,
    exp(A[i, k] - u[i]) * B[i, k],
    A[i, k] * (B[i, k] - Sum(A[i, p] * B[i, p], p)),
    Sum(S[i, j] * (B[j, k] + x[k]), j) / sqrt(D),
    A[i, k] ** Rational(3, 2) * eta,
    u[i] + Integer(0),
    Sum(Sum(S[i, j] * R[j, o], j) * A[o, k], o),
    sigmoid(Sum(S[i, j] * A[j, k], j) + x[k]),
]
SQUARES: list[Expr] = [
    KroneckerDelta(i, j),
    KroneckerDelta(i, j) * u[i] - u[i] * u[j],
    Sum(A[i, k] * A[j, k], k) / 2,
    S[j, i] + S[i, j],
    Sum(A[i, k] * x[k] ** 2 * B[j, k], k),
]
SCALARS: list[Expr] = [
    Sum((u[i] - v[i]) ** 2, i) / 2,
    Sum((A[i, k] - B[i, k]) ** 2, i, k) / (2 * N),
    Sum(u[i] * S[i, j] * v[j], i, j),
    Sum(S[i, i], i),
    Sum(A[i, k] * B[i, k], i, k),
    Sum(A[i, k], i, k),
    Sum(u[i] * v[i] * w[i], i),
    Maximum(u[i], i) + LogSumExp(S[i, j], i, j),
    -Sum(u[i] * log(v[i]) + (1 - u[i]) * log(1 + v[i]), i),
    c / eta + sqrt(Sum(u[i] ** 2, i) / N + eta),
    Sum(u[i] + 1, i),
    Sum(S[i, j] * R[j, o] * S[o, i], i, j, o),
    Sum(Abs(u[i] - 1), i) + Sum(Abs(A[i, k] - B[i, k]), i, k) / 2,
    Sum(Abs(S[j, i] - 1), i, j) * Sum(Abs(u[i] * v[i]), i),
    -Sum(A[i, k] * log(B[i, k]), i, k) / N,
    Sum(S[j, i] * R[o, j] * S[i, o], i, j, o),
    Sum(Max(1 - A[i, k] * B[i, k], Integer(0)) + Min(A[i, k], u[i]), i, k),
    Sum(u[i] * S[j, i] * v[j], i, j) + Sum(S[j, i] + Sum(R[j, o] * S[o, i], o), i, j),
]
CASES = [
    *(Equation(tensor("t", N)[i], right) for right in VECTORS),
    *(Equation(tensor("t", (N, D))[i, k], right) for right in MATRICES),
    *(Equation(tensor("t", (N, N))[i, j], right) for right in SQUARES),
    *(Equation(tensor("t"), right) for right in SCALARS),
]


def values_for(equation: Equation, seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    names = sorted({entry.base for entry in entries(equation.right)}, key=lambda t: t.name)
    return {t.name: random.uniform(0.2, 1.5, size=tuple(int(s) for s in t.shape)) for t in names}


def written_out(equation: Equation, values: dict[str, np.ndarray]) -> np.ndarray:
    """Evaluate the equation entry by entry, from its scalar view."""
    found = evaluate_scalar(scalar_equations([equation]), values)
    result = np.zeros(tuple(int(size) for size in equation.tensor.shape))
    for place in itertools.product(*(range(length) for length in result.shape)):
        result[place] = float(found[equation.tensor[place]])
    return result


@pytest.mark.parametrize("equation", CASES, ids=str)
def test_matrix_form_equals_the_sums(equation: Equation) -> None:
    view = matrix_equation(equation)
    assert view is not None
    values = values_for(equation, seed=1)
    np.testing.assert_allclose(evaluate_matrix(view.right, values), written_out(equation, values), rtol=1e-12)


@pytest.mark.parametrize("equation", [case for case in CASES[::4] if entries(case.right)], ids=str)
def test_matrix_form_in_high_precision(equation: Equation) -> None:
    values = values_for(equation, seed=2)
    with mpmath.workdps(40):
        exact = {name: np.vectorize(mpmath.mpf, otypes=[object])(array) for name, array in values.items()}
        given_exactly = evaluate_matrix(matrix_equation(equation).right, exact)
        assert isinstance(np.ravel(given_exactly)[0], mpmath.mpf | int)
        np.testing.assert_allclose(np.asarray(given_exactly, dtype=float), written_out(equation, values), rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_random_contractions(data: st.DataObject) -> None:
    """Any product of vectors and matrices of one size, summed over any indices, that has a matrix form."""
    nodes = [index(name, 3) for name in "abcd"]
    factors: list[Expr] = []
    for number in range(data.draw(st.integers(1, 4))):
        ends = data.draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=2))
        factors.append(tensor(f"F{number}", (3,) * len(ends))[tuple(ends)])
    used = sorted(set().union(*(set(factor.indices) for factor in factors)), key=str)
    free = data.draw(st.lists(st.sampled_from(used), max_size=2, unique=True))
    body: Expr = Integer(1)
    for factor in factors:
        body = body * factor
    bound = [n for n in used if n not in free]
    left = tensor("t", (3,) * len(free))
    equation = Equation(left[tuple(free)] if free else left, Sum(body, *bound) if bound else body)
    view = matrix_equation(equation)
    if view is None:
        return
    values = values_for(equation, seed=3)
    np.testing.assert_allclose(evaluate_matrix(view.right, values), written_out(equation, values), rtol=1e-12)


def test_symbolic_sizes_are_read_from_the_arrays() -> None:
    n, d = sizes("n d")
    row, column = index("i", n), index("k", d)
    T, b = tensor("T", (n, d)), tensor("b", n)
    view = matrix_equation(Equation(b[row], Sum(T[row, column] + 1, column) / (n * d)))
    array = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(evaluate_matrix(view.right, {"T": array}), (array.sum(1) + 3) / 6)


q, r, h = index("q", D - 1), index("r", 2), index("h", N)
T3, U2, V2 = tensor("T", (N, N, N)), tensor("U", (N, N)), tensor("V", (N, N))
WITHOUT_MATRIX_FORM = [
    Equation(tensor("t", D - 1)[q], Sum(x[q + r] * tensor("f", 2)[r], r)),
    Equation(tensor("t", (N, N, N))[i, j, o], u[i] * v[j] * w[o]),
    Equation(tensor("t", N)[i], Sum(T3[i, j, j], j)),
    Equation(tensor("t", D)[k], Sum(y[k - p] * Within(k - p, D), p)),
    Equation(tensor("t", N)[i], Piecewise((u[i], u[i] > 0), (0, True))),
    Equation(tensor("t", N)[i], u[i] ** v[i]),
    Equation(tensor("t", (N, N))[i, j], Sum(S[i, o] * R[j, o] * S[o, h] * U2[i, h] * V2[j, h], o, h)),
]


@pytest.mark.parametrize("equation", WITHOUT_MATRIX_FORM, ids=str)
def test_what_has_no_matrix_form(equation: Equation) -> None:
    assert matrix_equation(equation) is None
    assert matrix_equations([equation]) == (equation,)


def test_product_sum_and_elementwise_product_refuse_unequal_shapes() -> None:
    one, other = np.ones((2, 3)), np.ones((3, 2))
    T, U = Leaf(tensor("T", (2, 3))), Leaf(tensor("U", (3, 2)))
    for tree, message in (
        (Product((T, Transposed(U))), r"a product of arrays of shapes \(2, 3\) and \(2, 3\)"),
        (Plus((T, U)), r"a sum of arrays of shapes \(2, 3\) and \(3, 2\)"),
        (Hadamard((T, U)), r"an elementwise product of arrays of shapes \(2, 3\) and \(3, 2\)"),
    ):
        with pytest.raises(ShapeError, match=message):
            evaluate_matrix(tree, {"T": one, "U": other})


def test_a_column_is_not_broadcast_over_a_row() -> None:
    equation = matrix_equation(Equation(tensor("t", N)[i], u[i] + v[i]))
    with pytest.raises(ShapeError, match="a sum of arrays"):
        evaluate_matrix(equation.right, {"u": np.ones(3), "v": np.ones(1)})


def test_the_cost_is_a_squared_norm() -> None:
    view = matrix_equation(Equation(tensor("t"), Sum((u[i] - v[i]) ** 2, i)))
    assert isinstance(view.right, SquaredNorm)
    assert view.right.rows is None


def test_a_sum_of_absolute_values_is_a_norm_without_transposes() -> None:
    weights = tensor("W", (N, D))
    view = matrix_equation(Equation(tensor("t"), Sum(Abs(weights[i, k]), k, i)))
    assert view.right == Norm1(Leaf(weights))


def test_a_scalar_is_turned_to_need_the_fewest_transposes() -> None:
    T, U = Leaf(tensor("T", (N, D))), Leaf(tensor("U", (N, D)))
    assert fewest_transposes(Product((Transposed(T), U))) == Product((Transposed(T), U))
    assert fewest_transposes(Plus((Transposed(T), Transposed(U)))) == Plus((T, U))
    assert fewest_transposes(Hadamard((Transposed(T), T))) == Hadamard((Transposed(T), T))


def softmax_program(extra: list[Equation]) -> Program:
    L, P = tensor("L", N), tensor("P", (N, D))
    return Program([Equation(L[i], LogSumExp(A[i, k], k)), Equation(P[i, k], exp(A[i, k] - L[i])), *extra])


def test_softmax_is_one_line() -> None:
    shown = matrix_equations(softmax_program([]))
    assert len(shown) == 1
    assert shown[0].right == Softmax(Leaf(A))
    values = {"A": np.random.default_rng(0).normal(size=(N, D))}
    powers = np.exp(values["A"])
    np.testing.assert_allclose(evaluate_matrix(shown[0].right, values), powers / powers.sum(1, keepdims=True))


def test_softmax_keeps_the_logarithm_that_is_used_elsewhere() -> None:
    extra = Equation(tensor("t"), Sum(tensor("L", N)[i], i))
    assert [view.left.tensor.name for view in matrix_equations(softmax_program([extra]))] == ["L", "P", "t"]


def test_exp_of_another_body_is_no_softmax() -> None:
    L, P = tensor("L", N), tensor("P", (N, D))
    shown = matrix_equations([Equation(L[i], LogSumExp(A[i, k], k)), Equation(P[i, k], exp(B[i, k] - L[i]))])
    assert [view.left.tensor.name for view in shown] == ["L", "P"]
    assert not any(isinstance(view.right, Softmax) for view in shown)
