"""Inverse, determinant, its logarithm and Cholesky's factor in the three views, and symmetric matrices."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from sympy import KroneckerDelta, Sum, log

from symnn.errors import ProgramError, ShapeError
from symnn.language import (
    Cholesky,
    Determinant,
    Equation,
    Inverse,
    LogDeterminant,
    Tensor,
    index,
    tensor,
)
from symnn.views import evaluate_matrix, evaluate_scalar, matrix_equation, scalar_equations
from symnn.views.making import plus, product
from symnn.views.operations import apply, determinant, inverse, log_determinant, rebuild, trace
from symnn.views.transposes import transpose
from symnn.views.tree import (
    Diagonal,
    Identity,
    InverseOf,
    Leaf,
    Ones,
    Plus,
    Product,
    Scalar,
    Scaled,
    SquaredNorm,
    Trace,
    Transposed,
    Zeros,
)

N = 3
i, j, p, q, r = (index(name, N) for name in "ijpqr")
S, R, V = (tensor(name, (N, N)) for name in "SRV")
H = tensor("H", (N, N), symmetric=True)
x, y = tensor("x", N), tensor("y", N)
h = tensor("h")
CASES = [
    Equation(V[i, j], Inverse(S[p, q], p, q)),
    Equation(V[i, j], Inverse(S[q, p], p, q)),
    Equation(V[i, j], Inverse(Sum(S[p, r] * R[r, q], r), p, q)),
    Equation(V[i, j], Cholesky(Sum(S[p, r] * S[q, r], r), p, q)),
    Equation(h, Determinant(S[p, q], p, q)),
    Equation(h, 2 * LogDeterminant(Sum(S[p, r] * S[q, r], r), p, q) + Determinant(R[p, q], p, q) ** 2),
]


def given() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {name: random.normal(size=(N, N)) + 2 * np.eye(N) for name in "SR"}


@pytest.mark.parametrize("equation", CASES, ids=str)
def test_matrix_and_scalar_view_agree(equation: Equation) -> None:
    whole = evaluate_matrix(matrix_equation(equation).right, given())
    entries = evaluate_scalar(scalar_equations([equation]), given())
    found = np.array([float(value) for value in entries.values()]).reshape(np.shape(whole))
    np.testing.assert_allclose(whole, found, rtol=1e-11)


@pytest.mark.parametrize("equation", CASES, ids=str)
def test_in_high_precision(equation: Equation) -> None:
    tree = matrix_equation(equation).right
    with mpmath.workdps(40):
        exact = {name: np.vectorize(mpmath.mpf, otypes=[object])(array) for name, array in given().items()}
        found = np.asarray(evaluate_matrix(tree, exact), dtype=float)
    np.testing.assert_allclose(found, evaluate_matrix(tree, given()), rtol=1e-11)


def test_only_square_matrices_are_inverted() -> None:
    with pytest.raises(ShapeError, match=r"an inverse of a matrix that is not square: 2×3"):
        inverse(Leaf(tensor("T", (2, 3))))
    with pytest.raises(ShapeError, match=r"a square matrix is needed, and not an array of shape \(2, 3\)"):
        evaluate_matrix(InverseOf(A), {"A": np.ones((2, 3))})


def test_the_inverse_of_a_large_matrix_is_not_written_out() -> None:
    a, b, c, d = (index(name, 4) for name in "abcd")
    whole = tensor("T", (4, 4))
    with pytest.raises(ProgramError, match=r"writes Inverse out up to 3×3, and T\[c, d\] is 4×4: use the index view"):
        scalar_equations([Equation(tensor("U", (4, 4))[a, b], Inverse(whole[c, d], c, d))])


def leaf(name: str, *shape: int, symmetric: bool = False) -> Leaf:
    return Leaf(Tensor(name, shape, "value", symmetric))


A, B, Q = leaf("A", N, N), leaf("B", N, N), leaf("Q", N, N, symmetric=True)
u, v = leaf("u", N), leaf("v", N)


def test_transposes_of_inverses_and_of_symmetric_matrices() -> None:
    assert transpose(inverse(A)) == inverse(transpose(A)) == Transposed(InverseOf(A))
    assert transpose(Q) == Q
    assert transpose(inverse(Q)) == inverse(Q)
    assert transpose(product(transpose(u), Q)) == Product((Q, u))
    both = plus(A, transpose(A))
    assert transpose(both) == both
    assert inverse(inverse(A)) == A


def test_what_cancels() -> None:
    assert product(A, inverse(A)) == Identity(N)
    assert product(transpose(inverse(A)), transpose(A), u) == u
    assert product(B, inverse(product(A, B))) == InverseOf(A)
    assert product(inverse(product(A, B)), A) == InverseOf(B)
    turned = product(transpose(A), transpose(inverse(product(A, Q, B))), transpose(B))
    assert turned == inverse(Q)
    wide = leaf("T", 2, N)
    gram = product(transpose(wide), wide)
    assert product(wide, inverse(gram)) == Product((wide, InverseOf(gram)))


def test_equal_terms_are_counted() -> None:
    assert plus(product(A, u), product(A, u)) == Scaled((Scalar(2),), Product((A, u)))
    assert plus(product(Q, u), transpose(product(transpose(u), Q))) == Scaled((Scalar(2),), Product((Q, u)))
    one, other = product(transpose(u), Q, v), product(transpose(v), Q, u)
    assert plus(one, other) == Scaled((Scalar(2),), one)
    assert plus(A, Scaled((Scalar(-1),), A)) == Zeros(N, N)
    assert plus(A, Zeros(N, N)) == A
    assert product(Zeros(N, N), u) == Zeros(N, None)


def test_scalars_within_products() -> None:
    assert product(u, transpose(u), v) == Scaled((Product((Transposed(u), v)),), u)
    assert product(transpose(u), u) == SquaredNorm(u)
    assert product(transpose(Ones(N)), Ones(N)) == Scalar(N)
    assert product(Diagonal(u), v).factors == (u, v)


def test_traces() -> None:
    assert trace(product(u, transpose(v))) == Product((Transposed(v), u))
    assert trace(product(B, A)) == Trace(Product((A, B)))
    assert trace(Identity(N)) == Scalar(N)


def test_rebuilding_changes_what_it_is_told_to() -> None:
    tree = Plus((Product((Transposed(A), u)), v))
    made = rebuild(tree, lambda part: inverse(B) if part == A else None)
    assert made == Plus((Product((Transposed(InverseOf(B)), u)), v))
    assert rebuild(tree, lambda part: None) == tree


def test_a_lookup_has_no_matrix_form() -> None:
    t, E = tensor("t", 4, role="input"), tensor("E", (5, N))
    a, b = index("a", 4), index("b", 5)
    assert matrix_equation(Equation(tensor("G", (4, N))[a, i], E[t[a], i])) is None
    assert matrix_equation(Equation(tensor("G", (5, 4))[b, a], KroneckerDelta(b, t[a]))) is None


def test_lookups_in_the_scalar_view() -> None:
    t, E, a = tensor("t", 2, role="input"), tensor("E", (2, 2)), index("a", 2)
    k, c = index("k", 2), index("c", 2)
    shown = scalar_equations(
        [
            Equation(tensor("G", (2, 2))[a, k], E[t[a], k]),
            Equation(tensor("F", (2, 2))[c, k], Sum(KroneckerDelta(c, t[a]) * (1 + k), a)),
        ]
    )
    values = evaluate_scalar(shown, {"t": np.array([1, 0]), "E": np.array([[1.0, 2.0], [3.0, 4.0]])})
    assert [float(value) for value in values.values()] == [3, 4, 1, 2, 1, 2, 1, 2]


def test_functions_that_have_another_name() -> None:
    assert apply(determinant(A), log) == log_determinant(A)
