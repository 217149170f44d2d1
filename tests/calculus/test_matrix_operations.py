"""Adjoint rules of matrix operations and lookups, in 50 digits and against torch."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Sum

import symnn
from symnn import Equation, Program, index, tensor
from symnn.language import Cholesky, Determinant, Inverse, LogDeterminant
from symnn.proof import evaluate, finite_differences

N = 3
i, j, p, q = (index(letter, N) for letter in "ijpq")
S, L, V = tensor("S", (N, N), "parameter"), tensor("L", (N, N)), tensor("V", (N, N))
c, f = tensor("c", (N, N), "input"), tensor("f")


def arrays(seed):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(N, N))
    return {"S": A @ A.T + N * np.eye(N), "c": rng.normal(size=(N, N))}


@pytest.mark.parametrize(
    "program",
    [
        Program([Equation(V[i, j], Inverse(S[p, q], p, q)), Equation(f, Sum(c[i, j] * V[i, j] ** 2, i, j))]),
        Program([Equation(f, LogDeterminant(S[p, q], p, q) ** 2)]),
        Program([Equation(f, Determinant(S[p, q] + c[p, q] * c[q, p], p, q))]),
    ],
    ids=["inverse", "log-determinant", "determinant"],
)
def test_against_differences_of_50_digits(program):
    given = {name: array for name, array in arrays(0).items() if name in program.inputs}
    g = symnn.gradient(program, "f", ["S"])
    exact = finite_differences(program, given, "f", ["S"])["S"]
    found = evaluate(g.program, given, "mpmath", 50)[g.gradients["S"]]
    assert max(abs(a - b) for a, b in zip(np.ravel(found), np.ravel(exact), strict=True)) < 1e-25
    np.testing.assert_allclose(g.compile()(**given)[1]["S"], np.array(exact, dtype=float), rtol=1e-10)


def test_cholesky_s_gradient_is_the_symmetric_one():
    torch = pytest.importorskip("torch")
    program = Program([Equation(L[i, j], Cholesky(S[p, q], p, q)), Equation(f, Sum(c[i, j] * L[i, j] ** 3, i, j))])
    given = arrays(1)
    found = symnn.gradient(program, "f").compile()(**given)[1]["S"]
    leaf = torch.tensor(given["S"], requires_grad=True)
    (torch.tensor(given["c"]) * torch.linalg.cholesky(leaf) ** 3).sum().backward()
    np.testing.assert_allclose(found, ((leaf.grad + leaf.grad.T) / 2).numpy(), atol=1e-12)


def test_operations_stand_alone():
    with pytest.raises(symnn.SymnnError, match=r"Inverse stands alone on a right side"):
        Equation(V[i, j], 2 * Inverse(S[p, q], p, q))
    r = index("r", 2)
    with pytest.raises(symnn.SymnnError, match=r"needs a square matrix, and .* is 3×2"):
        Inverse(tensor("B", (N, 2))[p, r], p, r)


def test_what_others_are_looked_up_by_has_no_derivative():
    E, t = tensor("E", (5, 2), "parameter"), tensor("t", 3, "input")
    k, r = index("k", 2), index("r", 3)
    program = Program([Equation(f, Sum(E[t[r], k] ** 3, r, k))])
    table = np.arange(10.0).reshape(5, 2)
    slope = symnn.gradient(program, "f").compile()(E=table, t=[0, 2, 2])[1]["E"]
    np.testing.assert_array_equal(slope, 3 * table**2 * np.array([1, 0, 2, 0, 0])[:, None])
    with pytest.raises(symnn.SymnnError, match="'t' holds whole numbers"):
        symnn.gradient(program, "f", ["t"])
