"""Equations that repeat, in writing: a general step, and gradients as sums over the steps."""

from __future__ import annotations

import symnn
from symnn.networks import Dense, Network, RecurrentCell, unroll

TEXT = """\
Forward
  (x⁽¹⁾ₜ)ₖ = xₜ₋₁‚ₖ                             (t = 1, …, 6)   (index form: no matrix form)
  z⁽¹⁾₁    = W⁽¹⁾ x⁽¹⁾₁ + b⁽¹⁾
  z⁽¹⁾ₜ    = U⁽¹⁾ h⁽¹⁾ₜ₋₁ + W⁽¹⁾ x⁽¹⁾ₜ + b⁽¹⁾   (t = 2, …, 6)
  h⁽¹⁾ₜ    = tanh(z⁽¹⁾ₜ)                        (t = 1, …, 6)
  z⁽²⁾     = W⁽²⁾ h⁽¹⁾₆ + b⁽²⁾
  a⁽²⁾     = σ(z⁽²⁾)
  C        = ½ ‖a⁽²⁾ − y‖²
Backward
  δ⁽²⁾       = (a⁽²⁾ − y) ⊙ σ′(z⁽²⁾)
  ∂C/∂W⁽²⁾   = δ⁽²⁾ (h⁽¹⁾₆)ᵀ
  ∂C/∂b⁽²⁾   = δ⁽²⁾
  δ⁽¹⁾₆      = (W⁽²⁾)ᵀ δ⁽²⁾ ⊙ tanh′(z⁽¹⁾₆)
  δ⁽¹⁾ₜ      = (U⁽¹⁾)ᵀ δ⁽¹⁾ₜ₊₁ ⊙ tanh′(z⁽¹⁾ₜ)   (t = 5, …, 1)
  ∂C/∂U⁽¹⁾   = Σₜ₌₂⁶ δ⁽¹⁾ₜ (h⁽¹⁾ₜ₋₁)ᵀ
  ∂C/∂W⁽¹⁾   = Σₜ₌₁⁶ δ⁽¹⁾ₜ (x⁽¹⁾ₜ)ᵀ
  ∂C/∂b⁽¹⁾   = Σₜ₌₁⁶ δ⁽¹⁾ₜ
where tanh′(u) = 1 − tanh(u)², σ(u) = 1/(1 + e⁻ᵘ), σ′(u) = σ(u)(1 − σ(u)), δ⁽ˡ⁾ₜ = ∂C/∂z⁽ˡ⁾ₜ, """


def gradient() -> symnn.Gradient:
    return Network([unroll(RecurrentCell(2, 3), steps=6), Dense(3, 1)], cost="quadratic").gradient()


def test_in_text() -> None:
    assert TEXT in gradient().text()


def test_with_indices() -> None:
    written = gradient().text(view="index")
    assert "  ∂C/∂u⁽¹⁾ⱼₖ   = Σₜ₌₂⁶ (δ⁽¹⁾ₜ)ⱼ (h⁽¹⁾ₜ₋₁)ₖ\n" in written
    assert "  (z⁽¹⁾ₜ)ⱼ = Σₖ u⁽¹⁾ⱼₖ (h⁽¹⁾ₜ₋₁)ₖ + Σₖ w⁽¹⁾ⱼₖ (x⁽¹⁾ₜ)ₖ + b⁽¹⁾ⱼ   (t = 2, …, 6)\n" in written


def test_in_latex() -> None:
    written = gradient().latex()
    assert written.isascii()
    assert (
        r"  \bm{z}^{(1)}_{t} &= \bm{U}^{(1)} \bm{h}^{(1)}_{t-1} + \bm{W}^{(1)} \bm{x}^{(1)}_{t} + \bm{b}^{(1)}"
        r" \quad (t = 2, \dots, 6)"
    ) in written
    assert (
        r"  \frac{\partial C}{\partial \bm{U}^{(1)}} &= \sum_{t=2}^{6} \bm{\delta}^{(1)}_{t}"
        r" (\bm{h}^{(1)}_{t-1})^{\mathsf{T}}"
    ) in written


def test_in_ascii() -> None:
    written = gradient().text(ascii=True)
    assert written.isascii()
    assert "  z1_t    = U1 h1_(t-1) + W1 x1_t + b1   (t = 2, ..., 6)\n" in written
    assert "  dC/dU1     = sum_{t=2..6} delta1_t h1_(t-1)'\n" in written


def test_every_weight_by_name_is_not_folded() -> None:
    assert "∑" not in gradient().text(view="scalar")
