"""Inverse, determinant and Cholesky's factor, lookups, Hessians and Jacobians: letter for letter."""

from __future__ import annotations

import pytest
from sympy import Expr, Integer, KroneckerDelta, Sum

from symnn.calculus import hessian, jacobian
from symnn.language import (
    Cholesky,
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
from symnn.writing import Notation, write, write_equation, write_program

n, d = sizes("n d")
i, j, p, q = (index(name, n) for name in "ijpq")
k, r = index("k", d), index("r", d)
A, S, V = tensor("A", (n, n)), tensor("S", (n, n)), tensor("V", (n, n))
W = tensor("W", (n, d), role="parameter")
x, y, h, s = tensor("x", n), tensor("y", d), tensor("h", n), tensor("s", n)
f, g, L, u = tensor("f"), tensor("g"), tensor("L"), tensor("u")
many, t = tensor("T", (d, n, n)), tensor("t", n, role="input")
E = tensor("E", (d, n), role="parameter")

CASES: dict[str, tuple[Equation, str, tuple[str, str, str]]] = {
    "inverse": (
        Equation(V[i, j], Inverse(S[p, q], p, q)),
        "matrix",
        ("V = S⁻¹", "V = inv(S)", r"\bm{V} = \bm{S}^{-1}"),
    ),
    "inverse of a transpose": (
        Equation(V[i, j], Inverse(S[q, p], p, q)),
        "matrix",
        ("V = S⁻ᵀ", "V = inv(S)'", r"\bm{V} = \bm{S}^{-\mathsf{T}}"),
    ),
    "inverse of a product": (
        Equation(V[i, j], Inverse(Sum(W[p, k] * W[q, k], k), p, q)),
        "matrix",
        ("V = (W Wᵀ)⁻¹", "V = inv(W W')", r"\bm{V} = (\bm{W} \bm{W}^{\mathsf{T}})^{-1}"),
    ),
    "inverse with indices": (
        Equation(V[i, j], Inverse(S[p, q], p, q)),
        "index",
        ("vᵢⱼ = (S⁻¹)ᵢⱼ", "V[i,j] = inv(S)[i,j]", "v_{ij} = (S^{-1})_{ij}"),
    ),
    "inverses of many matrices": (
        Equation(tensor("V", (d, n, n))[k, i, j], Inverse(many[k, p, q], p, q)),
        "index",
        ("vₖᵢⱼ = (Tₖ⁻¹)ᵢⱼ", "V[k,i,j] = inv(T[k])[i,j]", "v_{kij} = (T_{k}^{-1})_{ij}"),
    ),
    "log-determinant": (
        Equation(g, LogDeterminant(S[p, q], p, q) / 2),
        "matrix",
        ("g = ½ log det S", "g = 1/2 log(det(S))", r"g = \frac{1}{2} \log \det \bm{S}"),
    ),
    "log-determinant with indices": (
        Equation(g, LogDeterminant(S[p, q], p, q)),
        "index",
        ("g = log det S", "g = log(det(S))", r"g = \log \det S"),
    ),
    "determinant": (
        Equation(g, Determinant(Sum(W[p, k] * W[q, k], k), p, q)),
        "matrix",
        ("g = det(W Wᵀ)", "g = det(W W')", r"g = \det(\bm{W} \bm{W}^{\mathsf{T}})"),
    ),
    "determinant in front": (
        Equation(V[i, j], u * S[i, j] * Determinant(A[p, q], p, q)),
        "matrix",
        ("V = u det(A) S", "V = u det(A) S", r"\bm{V} = u \det(\bm{A}) \bm{S}"),
    ),
    "Cholesky": (
        Equation(V[i, j], Cholesky(S[p, q], p, q)),
        "index",
        ("vᵢⱼ = chol(S)ᵢⱼ", "V[i,j] = chol(S)[i,j]", r"v_{ij} = \operatorname{chol}(S)_{ij}"),
    ),
    "lookup": (
        Equation(V[i, j], E[t[i], j]),
        "index",
        ("vᵢⱼ = e[tᵢ, j]", "V[i,j] = E[t[i],j]", "v_{ij} = e_{t_{i},j}"),
    ),
    "lookup, turned round": (
        Equation(tensor("G", (d, n))[k, j], Sum(V[i, j] * KroneckerDelta(k, t[i]), i)),
        "matrix",
        (
            "gₖⱼ = Σᵢ vᵢⱼ [k = tᵢ]   (index form: no matrix form)",
            "G[k,j] = sum_i V[i,j] [k = t[i]]   (index form: no matrix form)",
            r"g_{kj} = \sum_{i} v_{ij} \, [k = t_{i}] \quad \text{(index form: no matrix form)}",
        ),
    ),
    "zero": (Equation(x[i], Integer(0)), "matrix", ("x = 0", "x = 0", r"\bm{x} = \bm{0}")),
}


@pytest.mark.parametrize("name", list(CASES))
def test_construct(name: str) -> None:
    equation, view, expected = CASES[name]
    written = tuple(write_equation(equation, view=view, format=form) for form in ("text", "ascii", "latex"))
    assert written == expected


def test_another_mark_of_the_transpose() -> None:
    equation = Equation(V[i, j], Inverse(S[q, p], p, q))
    notation = Notation(transpose="′")
    assert write_equation(equation, view="matrix", notation=notation) == "V = (S⁻¹)′"
    assert (
        write_equation(equation, view="matrix", format="latex", notation=notation) == r"\bm{V} = (\bm{S}^{-1})^{\prime}"
    )


def cost(value: Expr, *before: Equation) -> Program:
    return Program([*before, Equation(f, value)])


bilinear = cost(Sum(x[i] * W[i, k] * y[k], i, k))
HESSIANS: dict[str, tuple[Program, list[str], str, list[str]]] = {
    "of a vector": (
        cost(Sum(x[i] * A[i, j] * x[j], i, j)),
        ["x"],
        "matrix",
        ["∂²f/∂x∂xᵀ", "d2f/(dx dx')", r"\frac{\partial^{2} f}{\partial \bm{x} \, \partial \bm{x}^{\mathsf{T}}}"],
    ),
    "of a scalar": (cost(u**3), ["u"], "matrix", ["∂²f/∂u²", "d2f/du^2", r"\frac{\partial^{2} f}{\partial u^{2}}"]),
    "of two vectors": (
        bilinear,
        ["x", "y"],
        "matrix",
        ["∂²f/∂x∂yᵀ", "d2f/(dx dy')", r"\frac{\partial^{2} f}{\partial \bm{x} \, \partial \bm{y}^{\mathsf{T}}}"],
    ),
    "of a matrix": (
        bilinear,
        ["W"],
        "matrix",
        [
            "∂²f/∂wᵢₖ∂wⱼₗ",
            "d2f/(dW[i,k] dW[j,l])",
            r"\frac{\partial^{2} f}{\partial w_{ik} \, \partial w_{jl}}",
        ],
    ),
}


@pytest.mark.parametrize("name", list(HESSIANS))
def test_hessian(name: str) -> None:
    program, wrt, view, expected = HESSIANS[name]
    derivation = hessian(program, "f", wrt)
    for form, symbol in zip(("text", "ascii", "latex"), expected, strict=True):
        assert f"  {symbol} " in write(derivation, view=view, format=form)


def test_jacobian_says_its_layout() -> None:
    derivation = jacobian(Program([Equation(h[i], Sum(W[i, k] * y[k], k))]), "h", ["y", "W"])
    written = write(derivation)
    assert "  ∂h/∂yᵀ     = W\n" in written
    assert "  ∂hᵢ/∂wⱼₖ   = yₖ [i = j]   (index form: no matrix form)\n" in written
    assert "where ∂h/∂yᵀ has a row for each entry of h" in written
    assert "  ∂hᵢ/∂yₖ    = wᵢₖ\n" in write(derivation, view="index")


def test_hessian_of_log_sum_exp() -> None:
    assert "  ∂²f/∂x∂xᵀ   = diag(∂f/∂x) − (∂f/∂x) (∂f/∂x)ᵀ\n" in write(hessian(cost(LogSumExp(x[i], i)), "f", ["x"]))


def test_many_equations_without_matrix_form_say_so_once() -> None:
    conv, tap = index("c", 3), index("w", 2)
    equations = [
        Equation(tensor(name, 3)[conv], Sum(tensor("b", 4)[conv + tap] * tensor("e", 2)[tap], tap))
        for name in ("q", "o", "m", "v", "w")
    ]
    written = write_program(Program(equations))
    assert "(index form" not in written
    assert written.count("what is written with indices has no matrix form") == 1
