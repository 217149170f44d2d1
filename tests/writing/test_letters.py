"""The letters of indices and of helpers: those that are bound, none that is taken, and the same in every run."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from sympy import Sum, exp, sqrt

import symnn
from symnn.language import Equation, LogSumExp, Program, examples, index, sizes, tensor

FORMULAS = (
    "norm2(kron(A,B)*vec(X) - y)^2",
    "tr(kron(A,B)*C)",
    "exp(-(x-y)'*L'*L*(x-y)/(2*theta^2))",
    "log(sum(exp(A*x)))",
)


def attention() -> Program:
    n, d, e = sizes("n d e")
    i, j, k, p = index("i", n), index("j", n), index("k", d), index("p", e)
    Q, K, V = tensor("Q", (n, d), "input"), tensor("K", (n, d), "input"), tensor("V", (n, e), "input")
    S, L, P, out = tensor("S", (n, n)), tensor("L", n), tensor("P", (n, n)), tensor("O", (n, e))
    return Program(
        [
            Equation(S[i, j], Sum(Q[i, k] * K[j, k], k) / sqrt(d)),
            Equation(L[i], LogSumExp(S[i, j], j)),
            Equation(P[i, j], exp(S[i, j] - L[i])),
            Equation(out[i, p], Sum(P[i, j] * V[j, p], j)),
        ]
    )


def contrastive() -> Program:
    n, k, j = index("n", examples), index("k", examples), index("j", sizes("d"))
    s, S, L, C = tensor("s", examples), tensor("S", (examples, examples)), tensor("L", examples), tensor("C")
    A, B = tensor("A", (examples, sizes("d"))), tensor("B", (examples, sizes("d")))
    return Program(
        [
            Equation(S[n, k], Sum(A[n, j] * B[k, j], j)),
            Equation(s[n], S[n, n] ** 2),
            Equation(L[n], LogSumExp(S[n, k], k)),
            Equation(C, Sum(L[n] - s[n], n) / examples),
        ]
    )


@pytest.mark.parametrize(
    ("format", "value", "slope"),
    [
        (
            "text",
            "  f = Σᵢⱼₖₗ aᵢₖ bⱼₗ c[l + q k, j + p i]   (index form: no matrix form)",
            "  ∂f/∂aᵢⱼ   = Σₖₗ bₖₗ c[l + q j, k + p i] ",
        ),
        (
            "ascii",
            "  f = sum_{i,j,k,l} A[i,k] B[j,l] C[l + q*k, j + p*i]   (index form: no matrix form)",
            "  df/dA[i,j]   = sum_{k,l} B[k,l] C[l + q*j, k + p*i] ",
        ),
        (
            "latex",
            r"  f &= \sum_{i,j,k,l} a_{ik} b_{jl} c_{l + q k, j + p i} \quad \text{(index form: no matrix form)}",
            r"  \frac{\partial f}{\partial a_{ij}} &= \sum_{k,l} b_{kl} c_{l + q j, k + p i} ",
        ),
    ],
)
def test_indices_times_sizes_have_the_letters_that_are_bound(format: str, value: str, slope: str) -> None:
    lines = symnn.diff("tr(kron(A,B)*C)").write(format).splitlines()
    assert value in lines
    assert any(line.startswith(slope) for line in lines)


def test_comments_of_code_have_the_letters_that_are_bound() -> None:
    source = symnn.diff("tr(kron(A,B)*C)").compile().source
    assert "# f = sum_{i,j,k,l} A[i,k] B[j,l] C[l + q*k, j + p*i]\n" in source
    assert "*_" not in source


def test_print_does_not_depend_on_the_hash_seed() -> None:
    code = f"import symnn\nfor f in {FORMULAS!r}:\n    d = symnn.diff(f)\n    print(d.text(), d.write(view='index'))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
            encoding="utf-8",
        ).stdout
        for seed in range(4)
    }
    assert len(printed) == 1
    assert "  sᵢⱼ = −y[j + p i] + Σₖₗ aᵢₖ xₗₖ bⱼₗ " in printed.pop()


def test_the_example_has_one_letter_that_nothing_else_has() -> None:
    written = symnn.gradient(attention(), of="O", wrt=["Q", "K", "V"]).text(view="index", batch=True).splitlines()
    assert written[2:5] == ["  lᵣᵢ  = log Σⱼ exp(sᵣᵢⱼ)", "  pᵣᵢⱼ = exp(sᵣᵢⱼ − lᵣᵢ)", "  oᵣᵢₜ = Σⱼ pᵣᵢⱼ vᵣⱼₜ"]
    assert written[6:8] == ["  ∂C/∂vᵣⱼₜ   = Σᵢ ōᵣᵢₜ pᵣᵢⱼ", "  p̄ᵣᵢⱼ       = Σₜ ōᵣᵢₜ vᵣⱼₜ"]
    assert written[12].startswith("where Ōᵣ = ∂Cᵣ/∂Oᵣ is the upstream adjoint, which is given, P̄ᵣ = ∂Cᵣ/∂Pᵣ, ")


def test_a_head_is_not_called_h_beside_a_tensor_h() -> None:
    h, k = index("h", 3), index("k", 2)
    own, weights, f = tensor("h", 2), tensor("A", (3, 2)), tensor("f")
    program = Program([Equation(f, Sum(weights[h, k] * own[k], h, k))])
    assert symnn.gradient(program, of="f", wrt=["A"]).text(view="index").splitlines()[1] == "  f = Σₖₛ hₖ aₛₖ"


def test_entries_of_a_bar_have_the_letter_of_their_tensor() -> None:
    gradient = symnn.gradient(contrastive(), of="C", wrt=["A"])
    written = gradient.text(view="index").splitlines()
    assert written[1] == "  Sₙₖ = Σⱼ aₙⱼ bₖⱼ"
    assert written[6:8] == ["  S̄ₙₖ       = exp(Sₙₖ − Lₙ)/m − (2/m) Sₙₙ [k = n]", "  ∂C/∂aₙⱼ   = Σₖ S̄ₙₖ bₖⱼ"]


def test_helpers_of_what_is_not_on_the_page_have_plain_letters() -> None:
    written = symnn.diff("log(det(A'*S*A))+norm2(inv(A*A')*x)").text()
    assert "  G       = −(A Aᵀ)⁻¹ (A Aᵀ)⁻¹ x xᵀ (A Aᵀ)⁻¹ / ‖(A Aᵀ)⁻¹ x‖\n" in written
    assert "  ∂f/∂A   = (G + Gᵀ) A + " in written
    assert "M̄" not in written
    hessian = symnn.diff("log(sum(exp(A*x)))", wrt="x", kind="hessian").text()
    assert "  ∂²f/∂x∂xᵀ   = Aᵀ (diag(g) − g gᵀ) A\n" in hessian
    assert "  g           = softmax(A x)\n" in hessian
    assert "s̄" not in hessian
    assert "∂s" not in hessian


def test_layouts_are_said_of_derivatives_on_the_page_alone() -> None:
    written = symnn.diff("sum(log(1+exp(X*w))) - y'*X*w", wrt="w", kind="hessian").text()
    assert "  ∂²f/∂w∂wᵀ   = Xᵀ diag(softplus″(X w)) X\n" in written
    assert "∂s" not in written
    assert "has a row" not in written


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("sum(relu(A*x))", "where relu(t) = t [t > 0], relu′(t) = [t > 0], relu′(0) = 0\n"),
        ("sum(tanh(A*x))", "where tanh′(t) = 1 − tanh(t)²\n"),
        ("norm1(A*x)", "where sign(0) = 0\n"),
    ],
)
def test_what_closed_forms_use_is_said(formula: str, said: str) -> None:
    assert said in symnn.diff(formula).text()


def test_an_upstream_adjoint_is_said_to_be_given() -> None:
    found = symnn.diff("A*x", upstream="G")
    assert "\nwhere f̄ = ∂C/∂f is the upstream adjoint G, which is given\n" in found.text()
    latex = (
        r"where $\bar{\bm{f}} = \partial C / \partial \bm{f}$ is the upstream adjoint $\bm{G}$, which is given.\par}"
    )
    assert latex in found.latex()


def test_latex_notes_are_paragraphs() -> None:
    lines = symnn.diff("log(det(S))").latex().splitlines()
    notes = [line for line in lines if line.startswith(r"\noindent ") and "textbf" not in line]
    assert len(notes) == 2
    assert all(line.endswith(r"\par") for line in notes)
