"""Articles, slides and summaries: what they say, and that pdflatex sets all of it within the margins."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sympy import Sum, sqrt
from typesetting import complaints, needs_tex, read_log

import symnn
from symnn.errors import InputError, SymnnError
from symnn.gradients import Gradient
from symnn.networks import Convolution2d, LSTMCell, MaxPooling2d, TransformerBlock, unroll
from symnn.teaching.documents import document, latex_run, pdf_of, typeset
from symnn.teaching.documents.breaking import breakable
from symnn.teaching.documents.escaping import code, escaped
from symnn.teaching.documents.repeating import told_once
from symnn.writing import Notation


class LayerNorm(symnn.Layer):
    """Layer normalisation, as a user writes it."""

    initial_values: ClassVar = {"gamma": 1}

    def __init__(self, size: int) -> None:
        self.inputs = self.outputs = size

    def equations(self, x: Any) -> list[symnn.Equation]:
        """Return the equations."""
        d = self.inputs
        gamma, beta = (symnn.tensor(name, d, "parameter") for name in ("gamma", "beta"))
        i, k = symnn.index("i", d), symnn.index("k", d)
        mu, v, s = (symnn.tensor(name) for name in ("mu", "v", "s"))
        c, h = symnn.tensor("c", d), symnn.tensor("h", d)
        return [
            symnn.Equation(mu, Sum(x[k], k) / d),
            symnn.Equation(c[i], x[i] - mu),
            symnn.Equation(v, Sum(c[k] ** 2, k) / d),
            symnn.Equation(s, sqrt(v + 1e-5)),
            symnn.Equation(h[i], gamma[i] * c[i] / s + beta[i]),
        ]


Made = tuple[Gradient, dict[str, Any]]


def net(network: symnn.Network, **options: Any) -> Made:
    return network.gradient(), {"network": network, **options}


def own_layer() -> Made:
    layers = [symnn.Dense(64, 30, "relu"), LayerNorm(30), symnn.Dense(30, 10, "softmax")]
    return net(symnn.Network(layers, cost="cross_entropy"))


def lstm() -> Made:
    return net(symnn.Network([unroll(LSTMCell(2, 3), steps=5), symnn.Dense(3, 1, "identity")]))


def block() -> Made:
    layer = TransformerBlock((16, 32), heads=4)
    program = symnn.Program(layer.equations(symnn.tensor("x", (16, 32), "input")))
    return symnn.gradient(program, of=program.equations[-1].tensor.name), {}


def convolution() -> Made:
    layers = [
        Convolution2d((1, 8, 8), filters=4, width=3, activation="relu"),
        MaxPooling2d((4, 6, 6), width=2),
        symnn.Dense((4, 3, 3), 10, "softmax"),
    ]
    return net(symnn.Network(layers, cost="cross_entropy"))


def attention() -> Made:
    shapes = {"Q": ("n", "d"), "K": ("n", "d"), "V": ("n", "e")}
    return symnn.diff("softmax(Q*K'/8)*V", wrt=["Q", "K", "V"], shapes=shapes, upstream="G"), {}


def digits(**options: Any) -> Made:
    return net(symnn.mlp("784-30-10", activation=["sigmoid", "softmax"], cost="cross_entropy"), **options)


CASES: dict[str, tuple[Callable[[], Made], str, int, int]] = {
    "1-1": (lambda: net(symnn.mlp("1-1")), "article", 2, 8),
    "2-3-1": (lambda: net(symnn.mlp("2-3-1")), "article", 4, 14),
    "2-3-1 slides": (lambda: net(symnn.mlp("2-3-1")), "slides", 20, 90),
    "2-3-1 summary": (lambda: net(symnn.mlp("2-3-1")), "summary", 1, 1),
    "784-30-10": (digits, "article", 4, 14),
    "784-30-10 of a batch": (lambda: digits(batch=True), "article", 4, 14),
    "symbols": (lambda: net(symnn.mlp("n0-n1-n2", ["leaky_relu", "gelu"], "hinge", l1=0.5)), "article", 4, 14),
    "a layer of one's own": (own_layer, "article", 5, 22),
    "an LSTM cell": (lstm, "article", 8, 50),
    "an LSTM cell, summary": (lstm, "summary", 1, 1),
    "a transformer block": (block, "article", 8, 35),
    "a transformer block, slides": (block, "slides", 60, 300),
    "a transformer block, summary": (block, "summary", 1, 1),
    "a convolution": (convolution, "article", 4, 15),
    "attention": (attention, "article", 3, 12),
}
"""What is made, its style, and how many pages it has at least and at most."""


@needs_tex
@pytest.mark.parametrize("name", CASES)
def test_documents_compile_and_fit(name: str) -> None:
    make, style, least, most = CASES[name]
    gradient, options = make()
    latex = document(gradient, style, **options)
    assert latex.isascii()
    found = complaints(latex)
    assert found.wide == ()
    assert found.high == ()
    assert found.undefined == ()
    assert least <= found.pages <= most


def test_a_log_is_read() -> None:
    log = (
        "Overfull \\hbox (5.1pt too wide) in paragraph\nOverfull \\hbox (4.9pt too wide)\n"
        "Overfull \\vbox (0.2pt too high) has occurred\nLaTeX Warning: Reference `a' on page 1 undefined on input\n"
        "Output written on document.pdf (3 pages, 9 bytes)."
    )
    found = read_log(log)
    assert (found.pages, found.wide, found.high, len(found.undefined)) == (3, (5.1,), (0.2,), 1)


def test_what_an_article_says() -> None:
    gradient, options = net(symnn.mlp("2-3-1"))
    article = document(gradient, **options)
    order = [r"\section{The network}", r"\section{Notation}", r"\section{Forward pass}", r"\section{Derivation}",
             r"\section{Results}"]  # fmt: skip
    assert [article.index(one) for one in order] == sorted(article.index(one) for one in order)
    assert "two inputs, a hidden layer of three units (sigmoid), and one output (sigmoid)" in article
    assert r"$\bm{W}^{(1)}$ & weights of layer 1 & $3 \times 2$ \\" in article
    assert r"\numbered{forward:1}{\bm{z}^{(1)}}{\bm{W}^{(1)} \bm{x} + \bm{b}^{(1)}}{}" in article
    assert r"\eqref{forward:1}" in article
    assert r"{contraction of deltas}" in article
    assert r"2-3-1 $\cdot$ sigmoid $\cdot$ quadratic cost $\cdot$ one example, columns" in article
    assert r"\delta^{(2)}_{1} a^{(1)}_{3}" in article  # weight by weight


def test_every_step_is_in_the_article_and_on_the_slides() -> None:
    network = symnn.mlp("2-2-1")
    gradient = network.gradient()
    shown = gradient.steps().shown("latex")
    article, slides = document(gradient, network=network), document(gradient, "slides", network=network)
    for stage in shown.stages:
        for step in stage.steps:
            assert breakable(step.right) in article
            assert breakable(step.right) in slides
            assert step.why in article


def test_a_small_network_is_drawn_worked_and_checked() -> None:
    network = symnn.mlp("1-1", activation="identity")
    article = document(network.gradient(), network=network, numbers=1)
    assert r"\begin{tikzpicture}" in article
    assert "Numbers drawn with seed 1" in article
    assert r"\workline{z^{(1)}_{1}}{=}{w^{(1)}_{11} x_{1} + b^{(1)}_{1}}" in article
    assert r"{1.25}" in article
    marks = re.findall(r"\\stepline\{.*\{(.*?)\}\n", article)
    assert marks
    assert set(marks) <= {r"$\checkmark$", r"$\approx$"}
    assert f"Of the {len(marks)} lines of the derivation: " in article


def test_what_is_large_is_neither_worked_nor_checked() -> None:
    gradient, options = convolution()
    article = document(gradient, **options)
    assert r"\workline{" not in article.split(r"\begin{document}")[1]
    assert r"\checkmark" not in article
    assert "were not checked for this document" in article
    with pytest.raises(InputError, match="numbers are for at most 30"):
        document(gradient, numbers=0, **options)


def test_a_view_that_is_too_long_is_said_to_be() -> None:
    article = document(digits()[0])
    assert "Not shown: the scalar view would have 23,982 equations (at most 400)." in article


def test_only_the_views_that_are_asked_for() -> None:
    gradient = symnn.mlp("2-3-1").gradient()
    assert "Entry by entry" in document(gradient, views=("index",))
    assert "In matrices" not in document(gradient, views=("index",))


def test_slides_uncover_a_line_at_a_time() -> None:
    deck = document(symnn.mlp("1-1").gradient(), "slides")
    frames = deck.split(r"\begin{frame}")
    uncovering = [re.findall(r"\\uncover<(\d+)->", frame) for frame in frames]
    assert any(len(found) > 2 for found in uncovering)
    for found in uncovering:
        first = int(found[0]) if found else 2
        assert [int(number) for number in found] == list(range(first, first + len(found)))


def test_what_repeats_itself_is_told_once() -> None:
    gradient, _ = lstm()
    shown = gradient.steps(detail=1).shown("latex").stages
    told = told_once(shown)
    assert len(told) < len(shown)
    assert sum(1 + len(one.others) for one in told) == len(shown)
    for one in told:
        for other in one.others:
            assert [step.rule for step in other.steps] == [step.rule for step in one.stage.steps]


def test_a_gradient_asked_for_is_the_one_derived() -> None:
    network = symnn.mlp("2-3-1")
    article = document(network.gradient(wrt=["W2"]), network=network)
    assert r"\subsection{$\partial C / \partial \bm{W}^{(2)}$}" in article
    assert r"\subsection{$\partial C / \partial \bm{z}^{(1)}$}" not in article


def test_a_notation_is_used_and_stated() -> None:
    notation = Notation(cost="L", layers="bracket")
    for style in ("article", "slides", "summary"):
        latex = document(symnn.mlp("2-3-1").gradient(), style, notation=notation)
        assert r"$L$ is the cost" in latex
        assert r"\partial L" in latex
        assert r"\partial C" not in latex


def test_unknown_styles_and_views() -> None:
    gradient = symnn.mlp("1-1").gradient()
    with pytest.raises(InputError, match=r"unknown style 'articel' \(did you mean 'article'\?\)"):
        document(gradient, "articel")
    with pytest.raises(InputError, match=r"unknown view 'scalars'"):
        document(gradient, views=("scalars",))


HOSTILE = [
    r"\input{/etc/passwd}", "50% off", "$x$ & #1 ~ _ ^ {", "}}}{{{", "^^41^^5c", r"\end{document}", "a\\", "%",
    "\x00\x07\x1b[31m", "中文 ∮ ☃ 😀", "é ñ ü ß ø Ł", "W⁽¹⁾ x₂ ∂ δ", "two\nlines\n\nand more", r"\\", "a--b `c' \"d\"",
    "x" * 5000, r"\write18{touch pwned}", "¿?´¨", "\u202eright to left", "$$", "δ$$δ", "ﬁ \u00ad \u200b",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_outside_is_no_command(text: str) -> None:
    for written in (escaped(text), code(text)):
        assert written.isascii()
        assert written.isprintable()
        plain = re.sub(r"\\(text\w+|texttt|allowbreak|cdot|dots|surd|partial|delta|[a-zA-Z]\{\w*\})", "", written)
        assert not re.search(r"\\(input|write|end|begin|def)", plain)
        assert len(written) < 10000


@needs_tex
def test_hostile_text_compiles() -> None:
    body = "\n\n".join(rf"{{\raggedright {escaped(text)} {code(text)}\par}}" for text in HOSTILE)
    article = document(symnn.mlp("1-1").gradient())
    made = typeset(article.replace(r"\section{Notation}", body + r"\section{Notation}", 1))
    assert made.pdf.startswith(b"%PDF-")


@needs_tex
def test_a_title_from_outside_is_printed(tmp_path: Path) -> None:
    gradient = symnn.mlp("1-1").gradient()
    hostile = Gradient(gradient.derivation, r"\input{x} 50% #1 & $y$ ^^41.txt · one example, columns")
    for style in ("article", "slides", "summary"):
        made = typeset(document(hostile, style))
        (tmp_path / "a.pdf").write_bytes(made.pdf)
        if shutil.which("pdftotext"):
            run = subprocess.run(["pdftotext", "a.pdf", "-"], cwd=tmp_path, capture_output=True, text=True, check=True)
            assert r"\input{x} 50% #1 & $y$" in run.stdout


def test_where_a_long_formula_may_break() -> None:
    assert breakable("a + b") == "a + b"
    assert breakable("a + b - c", 1) == r"a \penalty0 + b \penalty0 - c"
    assert breakable("a + (b - c)", 1) == r"a \penalty0 + (b \penalty200 - c)"
    assert breakable(r"x_{j + k} + y", 1) == r"x_{j + k} \penalty0 + y"
    assert breakable(r"\left(\sum_{k} a_{k} + b\right) c", 1).startswith(r"\biggl(\sum_{k} a_{k} ")
    cases = r"\left(\begin{cases} a + b & c \end{cases}\right) + d"
    assert breakable(cases, 1) == cases.replace(" + d", r" \penalty0 + d")


def test_a_wide_fraction_can_break() -> None:
    above = " + ".join(f"w_{{{k}}} x_{{{k}}}" for k in range(20))
    written = breakable(rf"\frac{{{above}}}{{n}} + b")
    assert written.startswith(r"\frac{1}{n} \penalty600 \biggl(w_{0}")
    assert r"\penalty200 + w_{1}" in written


def test_no_pdflatex_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SymnnError, match=r"pdflatex was not found.*texlive-latex-recommended.*-o FILE.tex"):
        pdf_of(r"\documentclass{article}")


@needs_tex
def test_a_failure_of_latex_is_one_clear_line() -> None:
    with pytest.raises(SymnnError, match=r"^pdflatex failed: line 2: Undefined control sequence") as error:
        pdf_of("\\documentclass{article}\\begin{document}\n\\nosuchthing\n\\end{document}")
    assert "\n" not in str(error.value)
    with pytest.raises(SymnnError, match=r"its file nosuch.sty is missing"):
        pdf_of("\\documentclass{article}\\usepackage{nosuch}\\begin{document}a\\end{document}")
    with pytest.raises(SymnnError, match=r"stopped after 1 s"):
        typeset("\\documentclass{article}\\begin{document}\\loop\\iftrue\\repeat\\end{document}", seconds=1)


@needs_tex
def test_latex_runs_no_programs_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latex_run.tempfile, "tempdir", str(tmp_path))
    mark = tmp_path / "mark"
    pdf_of(f"\\documentclass{{article}}\\begin{{document}}a\\write18{{touch {mark}}}\\end{{document}}")
    assert list(tmp_path.iterdir()) == []


def softmax_net(**options: Any) -> symnn.Network:
    return symnn.mlp("3-4-2", activation=["sigmoid", "softmax"], cost="cross_entropy", **options)


@pytest.mark.parametrize("made", [net(softmax_net()), block()], ids=["network", "attention"])
def test_what_the_derivation_alone_speaks_of_is_defined_before_it(made: Made) -> None:
    gradient, options = made
    written = document(gradient, "article", proof=False, **options)
    before = written.partition(r"\section{Derivation}")[0]
    _, found, said = before.partition("In the derivation, written with indices:")
    assert found
    lines = re.findall(r"\\numbered\{in:\d+\}\{(.*)\}\{\}", said)
    # The steps write them so, by themselves.
    given = [rf"{line.left}}}{{{breakable(line.right)}" for line in gradient.steps(proof=False).shown("latex").given]
    assert len(lines) >= 2
    assert all(line in given for line in lines)
    assert any(r"\log \sum" in line for line in lines)
    assert any(r"\exp" in line and r"\log" not in line for line in lines)


def test_the_derivation_of_softmax_names_the_logarithm_where_it_is_defined() -> None:
    written = document(softmax_net().gradient(), "article", proof=False)
    assert r"\numbered{in:1}{L^{(2)}}{\log \sum_{j} \exp(z^{(2)}_{j})}{}" in written
    assert r"\numbered{in:2}{a^{(2)}_{j}}{\exp(z^{(2)}_{j} - L^{(2)})}{}" in written
    assert r"equations \eqref{forward:1} to~\eqref{in:2}" in written
    assert "{Forward pass, with indices}" in document(softmax_net().gradient(), "slides", proof=False)


def test_where_the_forward_pass_shows_all_nothing_is_shown_twice() -> None:
    written = document(symnn.mlp("3-4-2").gradient(), "article", proof=False)
    assert "written with indices" not in written
    assert r"\log \sum" not in document(softmax_net().gradient(), "summary", proof=False)
