"""`--notation FILE`: what the commands print in it, and what they say of a file that is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from symnn.cli import main

NG = '[notation]\ncost = \'\\mathcal{L}\'\noutput = "ŷ"\nlayers = "bracket"\nhadamard = "∘"\ntranspose = "⊤"\n'


def run(*args: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, args)
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def course(tmp_path: Path) -> str:
    path = tmp_path / "course.toml"
    path.write_text(NG, encoding="utf-8")
    return str(path)


def test_derive(course: str) -> None:
    text = run("derive", "2-3-1", "--notation", course)
    assert "  δ^[1]       = (W^[2])⊤ δ^[2] ∘ σ′(z^[1])\n" in text
    assert "  L     = ½ ‖ŷ − y‖²\n" in text
    latex = run("derive", "2-3-1", "--notation", course, "--format", "latex")
    assert r"\mathcal{L} &= \frac{1}{2} \lVert \hat{\bm{y}} - \bm{y} \rVert^2" in latex
    assert r"(\bm{W}^{[2]})^{\top}" in latex
    ascii_text = run("derive", "2-3-1", "--notation", course, "--ascii")
    assert ascii_text.isascii()
    assert "  L     = 1/2 ||y_hat - y||^2\n" in ascii_text
    described = json.loads(run("derive", "2-1", "--notation", course, "--json"))
    assert described["backward"][0]["text"] == "δ^[1] = (ŷ − y) ∘ σ′(z^[1])"


def test_the_general_network(course: str) -> None:
    text = run("derive", "n0-...-nL", "--activation", "f", "--cost", "C", "--notation", course)
    assert "  δ^[L]       = ∇ₐL ∘ f′(z^[L])                  (BP1)\n" in text


def test_diff(tmp_path: Path) -> None:
    path = tmp_path / "physics.toml"
    path.write_text('layout = "numerator"\nbold = false\n', encoding="utf-8")
    text = run("diff", "norm2(A*x-b)^2", "--wrt", "x", "--notation", str(path))
    assert "  ∂f/∂x   = 2 (A x − b)ᵀ A\n" in text
    assert "\nnotation: numerator layout: ∂f/∂x has the shape of xᵀ\n" in text
    latex = run("diff", "norm2(A*x-b)^2", "--wrt", "x", "--notation", str(path), "--format", "latex")
    assert r"Notation: numerator layout: $\partial f / \partial x$ has the shape of $x^{\mathsf{T}}$." in latex
    assert "notation: numerator layout: " in run(
        "diff", "norm2(A*x-b)^2", "--wrt", "x", "--notation", str(path), "--format", "markdown"
    )


def test_evaluate(tmp_path: Path) -> None:
    path = tmp_path / "zero.toml"
    path.write_text('indices = 0\nderivative = "written"\ncost = "E"\n', encoding="utf-8")
    numbers = ("--set", "W1=1,2 b1=0 x=0.5,0.9 y=1", "--gradient")
    text = run("evaluate", "2-1", *numbers, "--notation", str(path))
    assert "z⁽¹⁾₀ = w⁽¹⁾₀₀ x₀ + w⁽¹⁾₀₁ x₁ + b⁽¹⁾₀ = 1·0.5 + 2·0.9 + 0 = 2.3" in text
    assert "δ⁽¹⁾₀ = (a⁽¹⁾₀ − y₀) a⁽¹⁾₀ (1 − a⁽¹⁾₀)" in text
    assert "∂E/∂w⁽¹⁾₀₁ = δ⁽¹⁾₀ x₁" in text
    assert text.endswith("notation: indices count from 0\n")
    usual = run("evaluate", "2-1", *numbers)
    assert "−0.00754676" in usual
    assert "−0.00754676" in text


@pytest.mark.parametrize("command", [("derive", "2-3-1"), ("diff", "x'*x"), ("evaluate", "2-1", "--seed", "0")])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("cost = '$x$'", "bad.toml: cost: '$x$' is not a symbol (accepted: such as W, delta, ŷ, "),
        ('layers = "[l]"', "bad.toml: layers: unknown layer mark '[l]' (accepted: superscript, bracket, subscript)"),
        ("costs = 'L'", "bad.toml: unknown key 'costs' (did you mean 'cost'?)"),
        ("= 3", "bad.toml: this is no TOML: "),
        (None, "bad.toml: there is no such file"),
    ],
)
def test_a_bad_file(command: tuple[str, ...], content: str | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    output = run(*command, "--notation", str(path), code=2)
    assert message in output
    assert len(output.strip().splitlines()) == 1


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "it is no file" in run("derive", "2-1", "--notation", str(tmp_path), code=2)
