"""Whole derivations in writing."""

from __future__ import annotations

import pytest
from networks import sigmoid_net
from sympy import Abs, Integer, Sum, exp, sqrt

from symnn.calculus.derivation import Derivation
from symnn.errors import InputError
from symnn.language import (
    NAMED,
    Adjoint,
    Equation,
    Fact,
    LogSumExp,
    Program,
    examples,
    index,
    prime,
    sizes,
    tensor,
    undefined_function,
)
from symnn.writing import Mark, Notation, notebook_latex, write, write_equation, write_program

TITLE = "2-3-1 · sigmoid · quadratic cost · one example, columns"

DESIGN = """\
2-3-1 · sigmoid · quadratic cost · one example, columns
Forward
  z⁽¹⁾ = W⁽¹⁾ x + b⁽¹⁾
  a⁽¹⁾ = σ(z⁽¹⁾)
  z⁽²⁾ = W⁽²⁾ a⁽¹⁾ + b⁽²⁾
  a⁽²⁾ = σ(z⁽²⁾)
  C    = ½ ‖a⁽²⁾ − y‖²
Backward
  δ⁽²⁾       = (a⁽²⁾ − y) ⊙ σ′(z⁽²⁾)
  ∂C/∂W⁽²⁾   = δ⁽²⁾ (a⁽¹⁾)ᵀ
  ∂C/∂b⁽²⁾   = δ⁽²⁾
  δ⁽¹⁾       = (W⁽²⁾)ᵀ δ⁽²⁾ ⊙ σ′(z⁽¹⁾)
  ∂C/∂W⁽¹⁾   = δ⁽¹⁾ xᵀ
  ∂C/∂b⁽¹⁾   = δ⁽¹⁾
where σ(t) = 1/(1 + e⁻ᵗ), σ′(t) = σ(t)(1 − σ(t)), δ⁽ˡ⁾ = ∂C/∂z⁽ˡ⁾
13 parameters; each gradient has the shape of its variable: W⁽¹⁾ 3×2, b⁽¹⁾ 3, W⁽²⁾ 1×3, b⁽²⁾ 1
"""

ASCII = """\
2-3-1, sigmoid, quadratic cost, one example, columns
Forward
  z1 = W1 x + b1
  a1 = sigma(z1)
  z2 = W2 a1 + b2
  a2 = sigma(z2)
  C  = 1/2 ||a2 - y||^2
Backward
  delta2   = (a2 - y) .* sigma'(z2)
  dC/dW2   = delta2 a1'
  dC/db2   = delta2
  delta1   = W2' delta2 .* sigma'(z1)
  dC/dW1   = delta1 x'
  dC/db1   = delta1
where sigma(t) = 1/(1 + exp(-t)), sigma'(t) = sigma(t)(1 - sigma(t)), delta^(l) = dC/dz^(l)
13 parameters; each gradient has the shape of its variable: W1 3x2, b1 3, W2 1x3, b2 1
"""

INDEX_BACKWARD = """\
Backward
  δ⁽²⁾ⱼ        = (a⁽²⁾ⱼ − yⱼ) σ′(z⁽²⁾ⱼ)
  ∂C/∂w⁽²⁾ⱼₖ   = δ⁽²⁾ⱼ a⁽¹⁾ₖ
  ∂C/∂b⁽²⁾ⱼ    = δ⁽²⁾ⱼ
  δ⁽¹⁾ⱼ        = (Σₖ w⁽²⁾ₖⱼ δ⁽²⁾ₖ) σ′(z⁽¹⁾ⱼ)
  ∂C/∂w⁽¹⁾ⱼₖ   = δ⁽¹⁾ⱼ xₖ
  ∂C/∂b⁽¹⁾ⱼ    = δ⁽¹⁾ⱼ
"""

BATCH = """\
Forward
  Z⁽¹⁾ = X (W⁽¹⁾)ᵀ + 1 (b⁽¹⁾)ᵀ
  A⁽¹⁾ = σ(Z⁽¹⁾)
  Z⁽²⁾ = A⁽¹⁾ (W⁽²⁾)ᵀ + 1 (b⁽²⁾)ᵀ
  A⁽²⁾ = σ(Z⁽²⁾)
  C    = 1/(2m) ‖A⁽²⁾ − Y‖²
Backward
  Δ⁽²⁾       = (A⁽²⁾ − Y) ⊙ σ′(Z⁽²⁾)
  ∂C/∂W⁽²⁾   = (1/m) (Δ⁽²⁾)ᵀ A⁽¹⁾
  ∂C/∂b⁽²⁾   = (1/m) (Δ⁽²⁾)ᵀ 1
  Δ⁽¹⁾       = Δ⁽²⁾ W⁽²⁾ ⊙ σ′(Z⁽¹⁾)
  ∂C/∂W⁽¹⁾   = (1/m) (Δ⁽¹⁾)ᵀ X
  ∂C/∂b⁽¹⁾   = (1/m) (Δ⁽¹⁾)ᵀ 1
where σ(t) = 1/(1 + e⁻ᵗ), σ′(t) = σ(t)(1 − σ(t)), Δ⁽ˡ⁾ has row n equal to ∂Cₙ/∂z⁽ˡ⁾ₙ
"""

LATEX = r"""
\noindent\textit{Forward}
\begin{align*}
  \bm{z}^{(1)} &= \bm{W}^{(1)} \bm{x} + \bm{b}^{(1)} \\
  \bm{a}^{(1)} &= \sigma(\bm{z}^{(1)}) \\
  C &= \frac{1}{2} \lVert \bm{a}^{(1)} - \bm{y} \rVert^2
\end{align*}

\noindent\textit{Backward}
\begin{align*}
  \bm{\delta}^{(1)} &= (\bm{a}^{(1)} - \bm{y}) \odot \sigma'(\bm{z}^{(1)}) \\[0.5ex]
  \frac{\partial C}{\partial \bm{W}^{(1)}} &= \bm{\delta}^{(1)} \bm{x}^{\mathsf{T}} \\[0.5ex]
  \frac{\partial C}{\partial \bm{b}^{(1)}} &= \bm{\delta}^{(1)}
\end{align*}

{\raggedright\noindent where $\sigma(t) = \frac{1}{1 + e^{-t}}$, $\sigma'(t) = \sigma(t) (1 - \sigma(t))$, """


def test_the_design() -> None:
    assert write(sigmoid_net(), title=TITLE) == DESIGN


def test_ascii() -> None:
    assert write(sigmoid_net(), title=TITLE, format="ascii") == ASCII


def test_index_view() -> None:
    assert INDEX_BACKWARD in write(sigmoid_net(), view="index")


def test_scalar_view() -> None:
    written = write(sigmoid_net(), view="scalar").splitlines()
    assert "  z⁽¹⁾₁ = w⁽¹⁾₁₁ x₁ + w⁽¹⁾₁₂ x₂ + b⁽¹⁾₁" in written
    assert "  C     = ½ (a⁽²⁾₁ − y₁)²" in written
    assert "  δ⁽¹⁾₃        = w⁽²⁾₁₃ δ⁽²⁾₁ σ′(z⁽¹⁾₃)" in written
    assert "  ∂C/∂w⁽²⁾₁₂   = δ⁽²⁾₁ a⁽¹⁾₂" in written


def test_batch() -> None:
    assert write(sigmoid_net(batch=True), batch=True).startswith(BATCH)
    assert "δ⁽ˡ⁾ₙ = ∂Cₙ/∂z⁽ˡ⁾ₙ" in write(sigmoid_net(batch=True), batch=True, view="index")


def test_latex() -> None:
    written = write(sigmoid_net((3, 2)), format="latex", title="3-2 · σ, 50 % of a_b & c")
    assert written.startswith("\\noindent\\textbf{3-2 $\\cdot$ $\\sigma$, 50 \\% of a\\_b \\& c}\n" + LATEX)
    assert r"$\bm{\delta}^{(l)} = \partial C / \partial \bm{z}^{(l)}$." in written
    assert "\\bm" not in write(sigmoid_net(), format="latex", notation=Notation(bold=False))


def test_titles_and_notes_are_escaped() -> None:
    program = Program([Equation(tensor("t"), 2 * tensor("s"))])
    written = write_program(program, format="latex", notes=["δ⁽ˡ⁺¹⁾ & x₁ − \\input{x}"])
    assert written.endswith("\\noindent $\\delta^{(l+1)}$ \\& x$_{1}$ $-$ \\textbackslash{}input\\{x\\}\\par\n")


def test_markdown() -> None:
    written = write(sigmoid_net(), format="markdown", title="A net")
    assert written.startswith("### A net\n\n**Forward**\n\n$$\n\\begin{aligned}\n  \\boldsymbol{z}^{(1)} &= ")
    assert written.count("$$") == 4
    assert "\n\nwhere $\\sigma(t) = \\frac{1}{1 + e^{-t}}$, " in written


def test_remarks_stand_in_one_column() -> None:
    n = sizes("n")
    i, k, p = index("i", n - 1), index("k", 2), index("p", 2)
    x, w, z = tensor("x", n), tensor("w", 2, role="parameter"), tensor("z", n - 1)
    equations = [
        Equation(z[i], Sum(w[k] * x[i + k], k)),
        Equation(tensor("u", n - 1)[i], Sum(w[k] * w[p] * x[i + k], k, p) + 1),
        Equation(tensor("t"), Sum(z[i] ** 2, i)),
    ]
    assert write_program(Program(equations)) == (
        "zᵢ = Σₖ wₖ xᵢ₊ₖ           (index form: no matrix form)\n"
        "uᵢ = 1 + Σₖₚ wₖ wₚ xᵢ₊ₖ   (index form: no matrix form)\n"
        "t  = ‖z‖²\n"
        "where indices count from 0\n"
    )


def test_small_numbers_in_an_index_view() -> None:
    n = sizes("n")
    i = index("i", n)
    program = Program([Equation(tensor("s", n)[i], 1 / sqrt(tensor("v", n)[i] + 1e-5))])
    assert write_program(program, view="index") == "sᵢ = 1/√(vᵢ + 10⁻⁵)\n"
    assert write_program(program, view="matrix") == "s = 1 ⊘ √(v + 10⁻⁵ 1)\n"
    assert write_program(program, format="ascii", view="index") == "s[i] = 1/sqrt(v[i] + 1e-5)\n"
    assert r"\sqrt{v_{i} + 10^{-5}}" in write_program(program, format="latex", view="index")


def test_the_norm_of_a_matrix_is_said() -> None:
    i, k = index("i", 3), index("k", 2)
    W = tensor("W", (3, 2), role="parameter")
    program = Program([Equation(tensor("C"), Sum(Abs(W[i, k]), i, k) / 2)])
    assert write_program(program) == "C = ½ ‖W‖₁\nwhere ‖T‖₁ = Σⱼₖ |tⱼₖ|\n"
    assert write_program(program, format="ascii") == "C = 1/2 ||W||_1\nwhere ||T||_1 = sum_{j,k} |T[j,k]|\n"


def test_notebook() -> None:
    written = notebook_latex(sigmoid_net())
    assert written.startswith("$$\n\\begin{aligned}\n")
    assert written.endswith("\\end{aligned}\n$$")
    assert "\\boldsymbol{W}^{(2)}" in written
    assert "\\bm" not in written


def test_symbolic_sizes() -> None:
    last = write(sigmoid_net(sizes("n0 n1 n2"))).splitlines()[-1]
    assert last == "Each gradient has the shape of its variable: W⁽¹⁾ n₁×n₀, b⁽¹⁾ n₁, W⁽²⁾ n₂×n₁, b⁽²⁾ n₂"


def test_only_what_is_used_is_defined() -> None:
    n = sizes("n")
    i = index("i", n)
    u, z, f = tensor("u", n), tensor("z", n), undefined_function("f")
    softplus, relu = NAMED["softplus"], NAMED["relu"]
    assert write_program(Program([Equation(u[i], f(z[i]))])) == "u = f(z)\n"
    assert write_program(Program([Equation(u[i], softplus(z[i]))])).splitlines()[1] == "where softplus(t) = log(1 + eᵗ)"
    slope = Program([Equation(u[i], prime(relu)(z[i]))])
    assert write_program(slope).splitlines()[1] == "where relu′(t) = [t > 0], relu′(0) = 0"
    assert write_program(slope, format="latex").splitlines()[-1] == (
        r"{\raggedright\noindent where $\operatorname{relu}'(t) = [t > 0]$, $\operatorname{relu}'(0) = 0$.\par}"
    )
    chained = write_program(Program([Equation(u[i], prime(softplus)(z[i]))])).splitlines()[1]
    assert chained == "where softplus′(t) = σ(t), σ(t) = 1/(1 + e⁻ᵗ)"


def test_softmax_and_its_fact() -> None:
    n = sizes("n")
    i, j = index("i", n), index("j", n)
    z, a, y, L = tensor("z1", n), tensor("a1", n), tensor("y", n, role="target"), tensor("L1")
    delta = tensor("delta1", n, role="adjoint")
    program = Program(
        [Equation(L, LogSumExp(z[j], j)), Equation(a[i], exp(z[i] - L)), Equation(delta[i], a[i] - y[i])],
        layered=True,
        adjoints={"delta1": Adjoint("C", "z1")},
    )
    facts = (Fact(Sum(y[j], j), Integer(1)),)
    derivation = Derivation(program, "C", ("z1",), {"z1": "delta1"}, ("delta1",), None, facts)
    assert write(derivation).splitlines() == [
        "Forward",
        "  a⁽¹⁾ = softmax(z⁽¹⁾)",
        "Backward",
        "  δ⁽¹⁾ = a⁽¹⁾ − y",
        "where softmax(t)ⱼ = exp(tⱼ) / Σₖ exp(tₖ), δ⁽ˡ⁾ = ∂C/∂z⁽ˡ⁾",
        "using Σⱼ yⱼ = 1",
        "Each gradient has the shape of its variable: z⁽¹⁾ n",
    ]
    assert "  L⁽¹⁾  = log Σⱼ exp(z⁽¹⁾ⱼ)\n  a⁽¹⁾ᵢ = exp(z⁽¹⁾ᵢ − L⁽¹⁾)\n" in write(derivation, view="index")


def test_other_adjoints_have_a_bar() -> None:
    n = sizes("n")
    i = index("i", n)
    W, h = tensor("W", n, role="parameter"), tensor("h", n)
    h_bar, gradient = tensor("dh", n, role="adjoint"), tensor("dW", n, role="adjoint")
    program = Program(
        [Equation(h[i], 2 * W[i]), Equation(gradient[i], 2 * h_bar[i])],
        adjoints={"dW": Adjoint("h", "W"), "dh": Adjoint("h", "h")},
    )
    derivation = Derivation(program, "h", ("W",), {"W": "dW"}, ("dW",), upstream="dh")
    written = write(derivation).splitlines()
    assert "  ∂C/∂W   = 2h̄" in written
    assert "where h̄ = ∂C/∂h is the upstream adjoint, which is given" in written
    assert r"2 \bar{\bm{h}}" in write(derivation, format="latex")
    assert "  dC/dW   = 2 h_bar" in write(derivation, format="ascii").splitlines()


def test_notation() -> None:
    choices = Notation(cost="L", output="ŷ", hadamard="∘", transpose="′", layers="subscript")
    written = write(sigmoid_net(), notation=choices)
    assert "  L  = ½ ‖ŷ − y‖²\n" in written
    assert "  δ₁       = W₂′ δ₂ ∘ σ′(z₁)\n" in written
    assert r"\hat{\bm{y}}" in write(sigmoid_net(), notation=choices, format="latex")


def test_the_general_layer() -> None:
    n, o = sizes("n o")
    j, k = index("j", n), index("k", o)
    f = undefined_function("f")
    names = {
        "W_next": "W⁽ˡ⁺¹⁾", "delta_l": "δ⁽ˡ⁾", "delta_next": "δ^(l+1)", "z_l": Mark("z", "l"), "grad_a": "∇ₐC",
        "delta_L": "δ⁽ᴸ⁾", "z_L": "z⁽ᴸ⁾",
    }  # fmt: skip
    W, above = tensor("W_next", (o, n)), tensor("delta_next", o)
    behind = Equation(tensor("delta_l", n)[j], Sum(W[k, j] * above[k], k) * prime(f)(tensor("z_l", n)[j]))
    output = Equation(tensor("delta_L", n)[j], tensor("grad_a", n)[j] * prime(f)(tensor("z_L", n)[j]))
    program, notation = Program([behind, output]), Notation(names=names)
    assert write_program(program, notation=notation).splitlines() == [
        "δ⁽ˡ⁾ = (W⁽ˡ⁺¹⁾)ᵀ δ⁽ˡ⁺¹⁾ ⊙ f′(z⁽ˡ⁾)",
        "δ⁽ᴸ⁾ = ∇ₐC ⊙ f′(z⁽ᴸ⁾)",
    ]
    assert write_program(program, notation=notation, format="ascii").splitlines() == [
        "delta^(l) = W^(l+1)' delta^(l+1) .* f'(z^(l))",
        "delta^(L) = grad_a C .* f'(z^(L))",
    ]
    assert r"\bm{\delta}^{(L)} &= \nabla_{a} C \odot f'(\bm{z}^{(L)})" in write_program(
        program, notation=notation, format="latex"
    )


def test_batch_norm_keeps_the_cost_apart_from_the_matrix_c() -> None:
    n, k = index("n", examples), index("k", sizes("d"))
    x, c = tensor("x", (examples, sizes("d"))), tensor("c", (examples, sizes("d")))
    program = Program([Equation(c[n, k], 2 * x[n, k]), Equation(tensor("C"), Sum(c[n, k] ** 2, n, k))])
    assert write_program(program) == "c = 2X\nC = ‖c‖²\n"


def test_a_hundred_layers_are_linear_in_lines() -> None:
    written = write(sigmoid_net((3,) * 101))
    assert len(written.splitlines()) == 2 + 201 + 300 + 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"view": "matrx"}, r"unknown view 'matrx' \(did you mean 'matrix'\?\)"),
        ({"format": "pdf"}, r"unknown format 'pdf' \(accepted: text, ascii, markdown, latex, mathml\)"),
    ],
)
def test_unknown_choices(given: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        write(sigmoid_net(), **given)


def test_bad_notation() -> None:
    with pytest.raises(InputError, match=r"notation: unknown hadamard sign '\*' \(accepted: ⊙, ∘\)"):
        Notation(hadamard="*")
    with pytest.raises(InputError, match=r"notation: '\\\\input\{x\}' is not a symbol"):
        Notation(names={"W": r"\input{x}"})


def test_large_scalar_view() -> None:
    with pytest.raises(InputError, match=r"27,445 equations \(at most 400\): use the index view") as caught:
        write(sigmoid_net((30, 784, 1)), view="scalar")
    assert "\n" not in str(caught.value)


def test_one_equation_in_a_program() -> None:
    program = sigmoid_net().program
    assert write_equation(program["dW2"], program=program, view="matrix") == "∂C/∂W⁽²⁾ = δ⁽²⁾ (a⁽¹⁾)ᵀ"
