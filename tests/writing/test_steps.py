"""Steps in writing: letters that stay, sentences, the transpose explained where it arises."""

from __future__ import annotations

import re

import pytest

import symnn
from symnn.errors import InputError
from symnn.steps import Steps
from symnn.writing.steps import ShownStage
from tests.layers import Attention, LayerNorm


def _steps(**options: object) -> Steps:
    return symnn.mlp("2-3-1").gradient().steps("W1", proof=False, **options)  # type: ignore[arg-type]


def _stage(steps: Steps, name: str, format: str = "text") -> ShownStage:
    return next(stage for stage in steps.shown(format).stages if stage.name == name)


def test_the_last_stage_word_for_word() -> None:
    written = _stage(_steps(), "W1")
    assert [(step.left, step.right, step.rule) for step in written.steps] == [
        ("∂C/∂w⁽¹⁾ⱼₖ", "Σₗ (∂C/∂z⁽¹⁾ₗ)(∂z⁽¹⁾ₗ/∂w⁽¹⁾ⱼₖ)", "chain rule"),
        ("", "Σₗ δ⁽¹⁾ₗ ∂/∂w⁽¹⁾ⱼₖ (Σₚ w⁽¹⁾ₗₚ xₚ + b⁽¹⁾ₗ)", "definition of δ, substitution"),
        ("", "Σₗ δ⁽¹⁾ₗ Σₚ ∂/∂w⁽¹⁾ⱼₖ (w⁽¹⁾ₗₚ xₚ)", "sum rule"),
        ("", "Σₗ δ⁽¹⁾ₗ Σₚ xₚ (∂w⁽¹⁾ₗₚ/∂w⁽¹⁾ⱼₖ)", "constant factor rule"),
        ("", "Σₗ δ⁽¹⁾ₗ Σₚ xₚ [j = l] [k = p]", "Kronecker delta"),
        ("", "δ⁽¹⁾ⱼ xₖ", "contraction of deltas"),
        ("∂C/∂W⁽¹⁾", "δ⁽¹⁾ xᵀ", "index to matrix form"),
    ]


def test_every_line_has_a_rule_a_reason_and_the_shapes_of_its_factors() -> None:
    for stage in _steps(detail=3).shown().stages:
        for step in stage.steps:
            assert step.rule
            assert step.why.endswith(".")
            named = set(re.findall(r"[Wa-zδ]⁽¹⁾|[Wa-zδ]⁽²⁾|\b[xy](?=[ⱼₖₗₚ])", step.right)) - {"w⁽¹⁾", "w⁽²⁾"}
            for symbol in named:
                assert symbol in step.shapes


def test_the_transpose_is_explained_by_the_order_of_the_indices() -> None:
    why = _stage(_steps(), "a1").steps[-1].why
    assert why == (
        "The sum runs over k, which stands first in w⁽²⁾ₖⱼ; a product sums over the last index of what stands on its "
        "left. So the indices change places: that is the transpose of W⁽²⁾."
    )
    assert "x lies down as a row, so it is transposed" in _stage(_steps(), "W1").steps[-1].why


def test_letters_in_reasons_are_those_of_the_lines() -> None:
    step = next(s for s in _stage(_steps(), "W1").steps if s.rule == "contraction of deltas")
    assert step.why == "Of the sum over l and p only the term with l = j and p = k is left."


def test_what_has_several_uses_has_a_chain_for_each() -> None:
    net = symnn.mlp("4-3-2", activation=["relu", "softmax"], cost="cross_entropy")
    lefts = [step.left for step in _stage(net.gradient().steps("W1", proof=False), "z2").steps if step.left]
    assert lefts == [
        "∂C/∂z⁽²⁾ⱼ",
        "Σₖ (∂C/∂a⁽²⁾ₖ)(∂a⁽²⁾ₖ/∂z⁽²⁾ⱼ)",
        "(∂C/∂L⁽²⁾)(∂L⁽²⁾/∂z⁽²⁾ⱼ)",
        "∂C/∂z⁽²⁾ⱼ",
        "∂C/∂z⁽²⁾",
    ]


def test_latex_of_a_line() -> None:
    step = _stage(_steps(), "a1", "latex").steps[0]
    assert step.left == r"\frac{\partial C}{\partial a^{(1)}_{j}}"
    assert step.right == (
        r"\sum_{k} \frac{\partial C}{\partial z^{(2)}_{k}} \, "
        r"\frac{\partial z^{(2)}_{k}}{\partial a^{(1)}_{j}}"
    ).replace(r" \, ", " ")
    assert "$\\bm{a}^{(1)}$" in step.why


def test_rows_and_numerator_layout_reach_the_matrix_form() -> None:
    rows = _steps().with_notation(symnn.Notation(examples="rows"))
    assert _stage(rows, "W1").result.right == "(δ⁽¹⁾)ᵀ x"
    numerator = _steps().with_notation(symnn.Notation(layout="numerator"))
    assert _stage(numerator, "W1").result.right == "x δ⁽¹⁾"
    assert _stage(numerator, "a1").result.right == "δ⁽²⁾ W⁽²⁾"


def test_a_formula_ends_in_its_closed_form() -> None:
    steps = symnn.diff("log(det(S)) + (x-m)'*inv(S)*(x-m)", wrt="S").steps(proof=False)
    assert _stage(steps, "S").result.right == "S⁻ᵀ − S⁻ᵀ (x − m) (x − m)ᵀ S⁻ᵀ"
    assert [step.rule for step in _stage(steps, "S").steps][-2:] == ["index to matrix form", "closed form"]


def test_a_jacobian_is_read_row_by_row() -> None:
    steps = symnn.diff("A*exp(x)", wrt="x", kind="jacobian").steps(proof=False)
    assert [stage.heading for stage in steps.shown().stages] == ["∂C/∂x", "∂f/∂xᵀ"]
    assert [stage.result.right for stage in steps.shown().stages if stage.wanted] == ["A diag(exp(x))"]


def test_a_hessian_is_the_jacobian_of_the_gradient() -> None:
    steps = symnn.diff("log(sum(exp(x)))", wrt="x", kind="hessian").steps(proof=False)
    assert [stage.result.right for stage in steps.shown().stages if stage.wanted] == ["diag(g) − g gᵀ"]


def test_a_batch_ends_in_the_mean() -> None:
    steps = symnn.mlp("2-3-1").gradient().steps("W1", proof=False, batch=True)
    assert [stage.result.right for stage in steps.shown().stages if stage.wanted] == ["(1/m) (Δ⁽¹⁾)ᵀ X"]


def test_detail_is_checked() -> None:
    with pytest.raises(InputError, match="detail 4: accepted are 1"):
        _steps(detail=4)


ENTRY = re.compile(r"[A-Za-zα-ω]\N{COMBINING MACRON}?[⁽⁾⁰¹²³]*[ᵢⱼₖₗₙₚᵣₛₜᵤ]+")


def _subjects() -> dict[str, Steps]:
    return {
        "dense": symnn.mlp("3-4-2").gradient().steps(proof=False),
        "softmax": symnn.mlp("3-4-2", activation="softmax", cost="cross_entropy").gradient().steps(proof=False),
        "layer norm": symnn.Network([symnn.Dense(4, 3), LayerNorm(3), symnn.Dense(3, 1)]).gradient().steps(proof=False),
        "attention": symnn.Network([Attention(3, 2, 2, 2)]).gradient().steps(proof=False),
        "gaussian": symnn.diff("log(det(S)) + (x-m)'*inv(S)*(x-m)", wrt="S").steps(proof=False),
        "quadratic form": symnn.diff("x'*A*x", wrt=["x", "A"]).steps(proof=False),
        "outer": symnn.diff("tr(X*x*x'*X')", wrt=["X", "x"]).steps(proof=False),
    }


@pytest.mark.parametrize("name", ["dense", "softmax", "layer norm", "attention", "gaussian", "quadratic form", "outer"])
def test_reasons_quote_entries_of_the_lines_that_they_explain(name: str) -> None:
    for stage in _subjects()[name].shown().stages:
        lines = " ".join(f"{step.left} {step.right}" for step in stage.steps)
        for step in stage.steps:
            if step.rule == "index to matrix form":
                assert [entry for entry in ENTRY.findall(step.why) if entry not in lines] == []


@pytest.mark.parametrize("name", ["dense", "softmax", "layer norm", "attention", "gaussian", "quadratic form", "outer"])
def test_a_vector_that_lies_down_is_said_to_and_only_then(name: str) -> None:
    for stage in _subjects()[name].shown("latex").stages:
        for step in stage.steps:
            if step.rule == "index to matrix form":
                assert "stands up" not in step.why  # vectors are columns here
                if "is transposed" in step.why or "transpose of" in step.why:
                    assert "top" in step.right or "mathsf{T}" in step.right or "{-T}" in step.right, step.right


def test_an_outer_product_is_not_called_an_inner_one() -> None:
    steps = symnn.diff("log(det(S)) + (x-m)'*inv(S)*(x-m)", wrt="S").steps(proof=False)
    assert _stage(steps, "V").steps[-1].why == (
        "Of xⱼ the index j counts columns on the left side: x lies down as a row, so it is transposed."
    )


def test_what_is_spread_is_not_called_a_sum() -> None:
    net = symnn.Network([symnn.Dense(4, 3), LayerNorm(3), symnn.Dense(3, 1)])
    whys = [step.why for stage in net.gradient().steps(proof=False).shown().stages for step in stage.steps
            if " 1" in step.right and step.rule == "index to matrix form"]  # fmt: skip
    assert any("spreads it" in why for why in whys)


def test_layers_with_an_upstream_adjoint_write_derivatives_by_their_names() -> None:
    program = symnn.parse_program("input x: 3\nparameter W: 3 x 3\nz = W*x\nu = tanh(z)\nh = u .* u\n")
    steps = symnn.gradient(program, of="h", wrt=["W"]).steps(proof=False)
    assert _stage(steps, "z").steps[0].right == "Σⱼ (∂C/∂uⱼ)(∂uⱼ/∂zᵢ)"


def test_the_notation_of_indices_sums_and_derivatives_reaches_the_steps() -> None:
    steps = symnn.mlp("2-3-1").gradient().steps("W1", proof=False)
    written = steps.with_notation(symnn.Notation(indices=0, sums="limits", derivative="written")).text()
    assert "Σₖ₌₀¹" in written
    assert "Σₖ₌₁" not in written
    assert "σ′" not in written


def test_a_matrix_in_numerator_layout_has_its_shape_turned() -> None:
    steps = symnn.mlp("2-3-1").gradient().steps("W1", proof=False).with_notation(symnn.Notation(layout="numerator"))
    assert "∂C/∂W⁽¹⁾ 2×3" in _stage(steps, "W1").steps[-1].shapes
