"""Second derivatives in writing: an adjoint of an adjoint has a symbol of its own."""

from __future__ import annotations

import re

from networks import sigmoid_net
from sympy import Sum

from symnn.calculus import hessian_vector_product
from symnn.calculus.derivation import Derivation
from symnn.language import NAMED, Equation, Program, index, tensor
from symnn.writing import write
from symnn.writing.write import writer_for

tanh = NAMED["tanh"]

SECOND = """\
Forward
  z = W x
  a = tanh(z)
  o = x + U a
  C = ½ ‖o‖²
  Ū = o aᵀ
  z̄ = Uᵀ o ⊙ tanh′(z)
  W̄ = z̄ xᵀ
  s = tr(Ūᵀ v_U) + tr(W̄ᵀ v_W)
Backward
  ẑ       = v_W x
  õ       = U (ẑ ⊙ tanh′(z)) + v_U a
  ∂s/∂U   = õ aᵀ + o (ẑ ⊙ tanh′(z))ᵀ
  z̃       = Uᵀ o ⊙ ẑ ⊙ tanh″(z) + (Uᵀ õ + (v_U)ᵀ o) ⊙ tanh′(z)
  ∂s/∂W   = z̃ xᵀ
"""

MEANING = (
    "Ū = ∂C/∂U, z̄ = ∂C/∂z, W̄ = ∂C/∂W, õ = ∂s/∂o, z̃ = ∂s/∂z, ẑ = ∂s/∂z̄, "
    "∂s/∂U = (H v)_U, and likewise for the others, H is the Hessian of C"
)

LAYERS = """\
Backward
  δ̂⁽¹⁾       = v_W⁽¹⁾ x + v_b⁽¹⁾
  δ̂⁽²⁾       = W⁽²⁾ (δ̂⁽¹⁾ ⊙ σ′(z⁽¹⁾)) + v_W⁽²⁾ a⁽¹⁾ + v_b⁽²⁾
  z̃⁽²⁾       = (σ′(z⁽²⁾)∘² + (a⁽²⁾ − y) ⊙ σ″(z⁽²⁾)) ⊙ δ̂⁽²⁾
  ∂s/∂W⁽²⁾   = z̃⁽²⁾ (a⁽¹⁾)ᵀ + δ⁽²⁾ (δ̂⁽¹⁾ ⊙ σ′(z⁽¹⁾))ᵀ
  ∂s/∂b⁽²⁾   = z̃⁽²⁾
"""


def residual() -> Derivation:
    i, k, j = index("i", 3), index("k", 3), index("j", 2)
    x = tensor("x", 3, role="input")
    W, U = tensor("W", (2, 3), role="parameter"), tensor("U", (3, 2), role="parameter")
    z, a, o = tensor("z", 2), tensor("a", 2), tensor("o", 3)
    equations = [
        Equation(z[j], Sum(W[j, k] * x[k], k)),
        Equation(a[j], tanh(z[j])),
        Equation(o[i], x[i] + Sum(U[i, j] * a[j], j)),
        Equation(tensor("C"), Sum(o[i] ** 2, i) / 2),
    ]
    return hessian_vector_product(Program(equations))


def layers() -> Derivation:
    net = sigmoid_net()
    return hessian_vector_product(Program(net.forward_equations, layered=True))


def test_tildes_and_hats() -> None:
    written = write(residual())
    assert written.startswith(SECOND)
    assert MEANING in written


def test_of_a_network() -> None:
    written = write(layers())
    assert LAYERS in written
    assert "σ″(t) = σ(t)(1 − 2σ(t))(1 − σ(t))" in written
    assert "z̃⁽ˡ⁾ = ∂s/∂z⁽ˡ⁾, δ̂⁽ˡ⁾ = ∂s/∂δ⁽ˡ⁾, ∂s/∂W⁽²⁾ = (H v)_W⁽²⁾, and likewise for the others" in written


def test_no_two_tensors_share_a_symbol() -> None:
    for derivation in (residual(), layers()):
        marks = list(writer_for(derivation, "text").names.marks.values())
        assert len(set(marks)) == len(marks)
        for view in ("matrix", "index"):
            lefts = re.findall(r"^  (\S+)", write(derivation, view=view), re.MULTILINE)
            assert len(set(lefts)) == len(lefts)


def test_in_ascii() -> None:
    written = write(layers(), format="ascii")
    assert written.isascii()
    assert "  delta1_hat   = v_W1 x + v_b1" in written
    assert "  dC/d" not in written
    assert "ds/dW2 = (H v)_W2, and likewise for the others, H is the Hessian of C" in written


def test_in_latex() -> None:
    written = write(layers(), format="latex")
    assert r"\hat{\bm{\delta}}^{(1)} &= \bm{v}_{\bm{W}^{(1)}} \bm{x} + \bm{v}_{\bm{b}^{(1)}}" in written
    assert r"$\partial s / \partial \bm{W}^{(2)} = (\bm{H} \bm{v})_{\bm{W}^{(2)}}$, and likewise for" in written
    assert r"\hat{\delta}^{(1)}_{j} &= \sum_{k} v_{W^{(1)},jk} x_{k} + v_{b^{(1)},j}" in write(
        layers(), format="latex", view="index"
    )


def test_a_direction_keeps_the_name_that_it_was_given() -> None:
    net = sigmoid_net((2, 1))
    program = Program(net.forward_equations, layered=True)
    written = write(hessian_vector_product(program, wrt=["W1"], direction={"W1": "p"}))
    assert "  s    = tr((W̄⁽¹⁾)ᵀ p)" in written
