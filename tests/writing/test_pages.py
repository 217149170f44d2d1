"""Full pages: heads as labels, two columns, long equations that break; and pdflatex says whether all fits."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from test_latex import PAGE, WIDEST

from symnn.calculus import differentiate
from symnn.calculus.derivation import Derivation
from symnn.language import Program, tensor
from symnn.networks import LSTMCell, Network, TransformerBlock, unroll
from symnn.views import matrix_equation
from symnn.views.labels import labelled
from symnn.writing import write
from symnn.writing.breaking import broken, measure

TEXT = """\
Forward
  Q⁽ʰ⁾ = x W⁽ʰ⁾_Q + 1 (b⁽ʰ⁾_Q)ᵀ
  K⁽ʰ⁾ = x W⁽ʰ⁾_K + 1 (b⁽ʰ⁾_K)ᵀ
  V⁽ʰ⁾ = x W⁽ʰ⁾_V + 1 (b⁽ʰ⁾_V)ᵀ
  S⁽ʰ⁾ = (1/√8) Q⁽ʰ⁾ (K⁽ʰ⁾)ᵀ
  L⁽ʰ⁾ = logsumexp(S⁽ʰ⁾)
  P⁽ʰ⁾ = softmax(S⁽ʰ⁾)
  A⁽ʰ⁾ = P⁽ʰ⁾ V⁽ʰ⁾
  O    = Σₕ₌₁⁴ A⁽ʰ⁾ W⁽ʰ⁾_O + 1 b_Oᵀ
"""


def block(causal: bool = False) -> Derivation:
    layer = TransformerBlock((16, 32), heads=4, causal=causal)
    program = Program(layer.equations(tensor("x", (16, 32), role="input")))
    wanted = [name for name, known in program.inputs.items() if known.role == "parameter"]
    return differentiate(program, program.equations[-1].tensor.name, [*wanted, "x"])


def test_heads_are_labels() -> None:
    written = write(block())
    assert TEXT in written
    assert "  ∂C/∂W⁽ʰ⁾_Q   = xᵀ Q̄⁽ʰ⁾\n" in written
    assert "  ∂C/∂x        = r̄₁ + Σₕ₌₁⁴ (K̄⁽ʰ⁾ (W⁽ʰ⁾_K)ᵀ + Q̄⁽ʰ⁾ (W⁽ʰ⁾_Q)ᵀ + V̄⁽ʰ⁾ (W⁽ʰ⁾_V)ᵀ)\n" in written
    assert ", h = 1, …, 4" in written


def test_every_equation_of_a_label_has_a_matrix_form() -> None:
    labelling = labelled(block().program)
    assert all(matrix_equation(equation) is not None for equation in labelling.program)
    assert len(labelling.labels) == 27


def pages(fragment: str, folder: Path) -> tuple[int, list[float]]:
    """Return how many pages LaTeX makes of a fragment, and how far lines stand out, in points."""
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    (folder / "page.tex").write_text((PAGE % fragment).replace("\\newpage\n", ""))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
    assert run.returncode == 0, run.stdout[-2000:]
    found = re.search(r"Output written on page.pdf \((\d+) page", run.stdout)
    assert found is not None
    return int(found[1]), [float(w) for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt", run.stdout)]


@pytest.mark.parametrize("causal", [False, True])
def test_a_transformer_block_is_one_page(causal: bool, tmp_path: Path) -> None:
    count, overfull = pages(write(block(causal), format="latex", title="A transformer block"), tmp_path)
    assert count == 1
    assert [width for width in overfull if width > WIDEST] == []


@pytest.mark.parametrize("view", ["matrix", "index"])
def test_recurrent_cells_fit(view: str, tmp_path: Path) -> None:
    gradient = Network([unroll(LSTMCell(2, 3), steps=8)], cost="quadratic").gradient()
    count, overfull = pages(gradient.latex(view=view), tmp_path)
    assert count == 1
    assert [width for width in overfull if width > WIDEST] == []


def test_where_a_formula_breaks() -> None:
    assert broken("a + b - c", 5) == ["a + b", "- c"]
    assert broken("a + (b + c) + d", 5) == ["a", "+ (b + c)", "+ d"]
    assert broken(r"\frac{a + b}{c} + d", 2) == [r"\frac{a + b}{c}", "+ d"]
    assert broken("abc", 1) == ["abc"]


def test_how_wide_a_formula_is() -> None:
    assert measure(r"\bm{x}") == measure("x")
    assert measure(r"\frac{\partial C}{\partial \bm{W}}") < measure(r"\partial C / \partial \bm{W}")
    assert measure("x_{j}") < measure("x j")
    assert measure(r"\operatorname{relu}(x)") > measure(r"\sigma(x)")
