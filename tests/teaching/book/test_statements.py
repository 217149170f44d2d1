"""Theorems, derivatives in prose, letters that become bold, and derivations with their reasons or without."""

from __future__ import annotations

import symnn
from symnn.gradients import Gradient
from symnn.networks import general_network
from symnn.teaching.book import Chapter
from symnn.teaching.book.binding import bound
from symnn.teaching.book.book import blocks_of
from symnn.teaching.book.html import html
from symnn.teaching.book.latex import latex
from symnn.teaching.book.text import text


def _theorem() -> Chapter:
    chapter = Chapter("A theorem")
    with chapter.statement("Theorem"):
        chapter.say("The error is $δ^(l) = ∂C/∂z^(l)$.")
        chapter.equations(general_network("f", "C"), only=["Layer l = 1, …, L"], defined=False)
    return chapter


def test_a_theorem_is_a_box_with_blocks() -> None:
    chapter = _theorem()
    assert len(list(blocks_of(chapter))) == 3
    written = text(chapter)
    assert "  | Theorem\n  | The error is δ⁽ˡ⁾ = ∂C/∂z⁽ˡ⁾.\n  |\n  |   z⁽ˡ⁾ = W⁽ˡ⁾ a⁽ˡ⁻¹⁾ + b⁽ˡ⁾\n" in written
    # A section that stands alone has no heading.
    assert "Layer l" not in written
    book = bound([chapter])
    assert r"\begin{statementbox}{Theorem}" in latex(book)
    assert "<h4>Theorem</h4>" in html(book)


def test_derivatives_and_pairs_of_indices_in_prose() -> None:
    chapter = Chapter("")
    assert chapter.maths("∂C/∂w^(2)_jk").text == "∂C/∂w⁽²⁾ⱼₖ"
    assert chapter.maths("∂C/∂w^(2)_jk").latex == r"\partial C / \partial w^{(2)}_{jk}"
    assert chapter.maths("∂C/∂z^(l)").latex == r"\partial C / \partial z^{(l)}"
    chapter.embolden("z")
    assert chapter.maths("∂C/∂z^(l)").latex == r"\partial C / \partial \bm{z}^{(l)}"


def test_a_derivation_with_its_reasons_or_without() -> None:
    steps, said = symnn.mlp("2-3").gradient().steps("W1"), "lies down as a row"
    for reasons, in_text, on_page in ((None, False, True), (True, True, True), (False, False, False)):
        chapter = Chapter("Steps")
        chapter.derivation(steps, "W1", reasons=reasons)
        book = bound([chapter])
        assert (said in text(chapter)) == in_text
        assert (said in latex(book)) == (said in html(book)) == on_page


def test_the_steps_of_the_general_network() -> None:
    general = general_network("f", "C")
    written = Gradient(general.layer, notation=general.notation).steps("b_l", "W_l").text()
    # What comes from above is a derivative before it is an error; no index is called l.
    assert "∂C/∂a⁽ˡ⁾ⱼ = Σₖ (∂C/∂z⁽ˡ⁺¹⁾ₖ)(∂z⁽ˡ⁺¹⁾ₖ/∂a⁽ˡ⁾ⱼ)" in written
    assert "= Σₖ δ⁽ˡ⁺¹⁾ₖ ∂/∂a⁽ˡ⁾ⱼ (Σₚ w⁽ˡ⁺¹⁾ₖₚ a⁽ˡ⁾ₚ + b⁽ˡ⁺¹⁾ₖ)   definition of δ, substitution ✓" in written
    assert "(W⁽ˡ⁺¹⁾ nₗ₊₁×nₗ, δ⁽ˡ⁺¹⁾ nₗ₊₁)" in written
    assert "n_(L−1)" in Gradient(general.output, notation=general.notation).steps("W_L").text()
    assert "∇ₐC has row n equal to ∂Cₙ/∂a⁽ᴸ⁾ₙ (the upstream adjoint, which is given)" in general.write(batch=True)
