"""The LaTeX compiles with amsmath and bm alone and fits, Markdown is what GitHub can show, ASCII is ASCII."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from test_second_order import layers, residual

import symnn
from symnn.networks.general import general_network
from symnn.writing import write

PAGE = r"""\documentclass[a4paper,11pt]{article}
\usepackage{amsmath,bm}
\usepackage[margin=25mm]{geometry}
\begin{document}
%s
\newpage
\end{document}
"""
WIDEST = 5.0
"""How far, in points, a line may stand out into the margin."""


def fragments() -> dict[str, str]:
    small = symnn.mlp("2-3-1").gradient()
    digits = symnn.mlp("784-30-10", activation=["relu", "softmax"], cost="cross_entropy").gradient()
    own = symnn.mlp("n0-n1-n2", activation=["leaky_relu", "gelu"], cost="hinge", l1=0.5).gradient()
    return {
        **{f"2-3-1 {view}": small.latex(view=view) for view in ("matrix", "index", "scalar")},
        "2-3-1 batch": small.latex(batch=True),
        "784-30-10": digits.latex(),
        "784-30-10 batch": digits.latex(batch=True),
        "general": general_network("f", "C").write("latex"),
        "penalty": own.latex(batch=True),
        "second order": write(layers(), format="latex"),
        "second order, indices": write(residual(), format="latex", view="index"),
    }


def test_latex_is_plain_ascii() -> None:
    for name, fragment in fragments().items():
        assert fragment.isascii(), name


def test_latex_compiles_and_fits(tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    (tmp_path / "page.tex").write_text(PAGE % "\n\\newpage\n".join(fragments().values()))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert run.returncode == 0, run.stdout[-2000:]
    assert [float(w) for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt", run.stdout) if float(w) > WIDEST] == []


def test_markdown_is_what_github_shows() -> None:
    gradient = symnn.mlp("n0-n1-n2", activation=["leaky_relu", "softmax"], cost="cross_entropy").gradient()
    for text in (gradient.markdown(), gradient.markdown(batch=True), general_network("f", "C").write("markdown")):
        for refused in (r"\bm", "align*", r"\operatorname", r"\,", r"\;", r"\_", r"\\["):
            assert refused not in text
        assert re.search(r"\\\\.", text) is None  # a line ends only where the text's line ends
        blocks = text.split("\n\n")
        displayed = [block for block in blocks if "$$" in block]
        assert displayed
        for block in displayed:
            assert block.startswith("$$\n\\begin{aligned}\n")
            assert block.endswith("\n\\end{aligned}\n$$")
            assert block.count("$$") == 2


def test_markdown_of_the_definitions() -> None:
    written = symnn.mlp("3-2", activation="leaky_relu").gradient().markdown(batch=True)
    assert r"$\mathop{\mathrm{leaky~relu}}\nolimits(t) = t (0.01 + 0.99 \thinspace [t > 0])$" in written
    assert (
        r"$\boldsymbol{\Delta}^{(l)}$ has row $n$ equal to $\partial C_{n} / \partial \boldsymbol{z}^{(l)}_{n}$"
        in written
    )
    assert r"$\boldsymbol{W}^{(1)}\enspace {2 \times 3}$, $\boldsymbol{b}^{(1)}\enspace 2$" in written


@pytest.mark.parametrize("activation", ["elu", "gelu", "leaky_relu", "relu", "softplus", "softmax", "tanh"])
def test_ascii_is_ascii(activation: str) -> None:
    gradient = symnn.mlp("3-2", activation=activation, cost="hinge", l1=0.01, l2=1e-5).gradient()
    assert gradient.text(ascii=True).isascii()
    assert gradient.text(ascii=True, batch=True).isascii()
    assert gradient.compile().source.isascii()
