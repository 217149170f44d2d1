"""Formulas in the booklet's prose and chains are written as they were typed."""

from __future__ import annotations

import pytest

from symnn.errors import ParseError, ShapeError
from symnn.teaching.book import Chapter

CHAPTER = Chapter("A chapter", names={"n0": "n_0", "n1": "n_1"}, shapes={"W": ("n", "n"), "x": "n", "b": "n"})


@pytest.mark.parametrize(
    ("typed", "text", "latex"),
    [
        ("n1*n0 + n1 = (n0 + 1)*n1", "n₁ n₀ + n₁ = (n₀ + 1) n₁", "n_{1} n_{0} + n_{1} = (n_{0} + 1) n_{1}"),
        ("t - a", "t − a", "t - a"),
        ("exp(-z)*sigmoid(z)^2", "e⁻ᶻ σ(z)²", r"e^{-z} \sigma(z)^{2}"),
        ("(1 - y)/(1 - a) - y/a", "(1 − y)/(1 − a) − y/a", r"\frac{1 - y}{1 - a} - \frac{y}{a}"),
        ("(a - y)/(a*(1 - a))", "(a − y)/(a (1 − a))", r"\frac{a - y}{a (1 - a)}"),
        ("-2*(t - a)*c", "−2 (t − a) c", "-2 (t - a) c"),
        ("a - (t - c)", "a − (t − c)", "a - (t - c)"),
        ("2*0.5 + 0.2*0.9", "2 · 0.5 + 0.2 · 0.9", r"2 \cdot 0.5 + 0.2 \cdot 0.9"),
        ("1/2*(0.4 - 1)^2", "½ (0.4 − 1)²", r"\frac{1}{2} (0.4 - 1)^{2}"),
        ("-(y*log(a) + log(1 - a))", "−(y log a + log(1 − a))", r"-(y \log a + \log(1 - a))"),
        ("(W*W)*x + b", "(W W) x + b", r"(\bm{W} \bm{W}) \bm{x} + \bm{b}"),
        ("W'*x .* b", "Wᵀ x ⊙ b", r"\bm{W}^{\mathsf{T}} \bm{x} \odot \bm{b}"),
        ("sum((n[l-1] + 1)*n[l], l)", "Σₗ (nₗ₋₁ + 1) nₗ", r"\sum_{l} (n_{l-1} + 1) n_{l}"),
    ],
)
def test_terms_and_factors_keep_their_order(typed: str, text: str, latex: str) -> None:
    found = CHAPTER.maths(typed)
    assert (found.text, found.latex) == (text, latex)


def test_shapes_that_do_not_agree_are_refused() -> None:
    with pytest.raises(ShapeError, match="shapes"):
        CHAPTER.maths("x*W")


def test_functions_of_which_nothing_is_known() -> None:
    chapter = Chapter("A chapter", names={"d": "Δ θ"}, functions="C phi")
    assert chapter.maths("C(theta + d) - C(theta)").text == "C(θ + Δθ) − C(θ)"
    assert chapter.maths("phi''(0)/2").text == "φ″(0)/2"
    assert chapter.maths("phi'(t) = C(theta + t*d)").latex == r"\varphi'(t) = C(\theta + t \Delta \theta)"
    with pytest.raises(ParseError, match="unknown function"):
        CHAPTER.maths("C(theta)")


@pytest.mark.parametrize(
    ("typed", "inline"),
    [
        ("2/t ≤ 1/2", r"2/t \le \frac{1}{2}"),
        ("2*x'*x/(x'*W*x), t", None),
        ("(1 - y)/(1 - a)", "(1 - y)/(1 - a)"),
        ("1/64", "1/64"),
    ],
)
def test_fractions_within_a_sentence_stand_in_a_line(typed: str, inline: str | None) -> None:
    found = CHAPTER.maths(typed).inline
    assert found == inline if inline else "frac" not in found
