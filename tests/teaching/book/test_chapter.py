"""What a chapter says is checked while it is written, and is the same in text, LaTeX and HTML."""

from __future__ import annotations

import xml.dom.minidom

import pytest

import symnn
from symnn.errors import SymnnError
from symnn.teaching.book import Chapter, maths, number
from symnn.teaching.book.binding import bound
from symnn.teaching.book.html import html
from symnn.teaching.book.latex import latex
from symnn.teaching.book.text import text
from symnn.teaching.pictures import diagram_of


def whole() -> Chapter:
    """Return a chapter with every kind of block."""
    c = Chapter("A title & more", "What it is about: $W^(1)$.", names={"dC": "Δ C"}, bold="W x")
    c.heading("First <things>")
    c.say("Prose with $sigmoid(z) ≤ 1$, *terms*, {a:.2f}, {b:.1e} and 50 % of $x_1$, $dC$ and $Δz$.", a=-0.5, b=1e-7)
    c.bullets("one $a$", "two")
    c.note("A note", "One.\n\nTwo.")
    c.display(("a = sigmoid(z)", "what it is"), "= 1/(1 + exp(-z))")
    c.chain("tanh(z) = 2*sigmoid(2*z) - 1", ("< 1", "always"))
    net = symnn.mlp("2-2-1")
    c.equations(net.gradient(), only=["Backward"])
    c.equations(net.gradient(), beside=True)
    c.one_page("All of it", "On $∂C/∂W^(1)$.", net.gradient())
    c.derivation(net.gradient().steps("W1"), "W1")
    c.table(["$n$", "-2"], [["one", f"{-0.25:.2f}"], ["two", 3]], "A table.")
    c.picture("net", diagram_of("2-2-1"), "A network.")
    c.command("symnn derive 2-2-1 --view 'index'")
    c.code('if a < b:\n    print("less")  # why')
    c.update(symnn.Momentum(0.5))
    c.check("The cost is {C:.1f}.", True, C=0.5)
    with c.exercise() as solution:
        c.say("How much is σ(0)?")
        solution()
        c.say("½.")
    return c


def test_text_says_it() -> None:
    said = text(whole(), 3)
    assert said.startswith("3. A title & more\n=")
    assert "Prose with σ(z) ≤ 1, terms, −0.50, 1.0·10⁻⁷ and 50 % of x₁, ΔC and Δz." in said
    assert "tanh(z) = 2σ(2z) − 1" in said
    assert "∂C/∂W⁽¹⁾   = δ⁽¹⁾ xᵀ" in said
    assert "On ∂C/∂W⁽¹⁾." in said
    assert "(1) How much is σ(0)?" in said
    assert "✓ The cost is 0.5." in said


def test_latex_says_it_in_ascii() -> None:
    said = latex(bound([whole()]))
    assert said.isascii()
    assert r"$\sigma(z) \le 1$, \emph{terms}, $-$0.50, $1.0 \cdot 10^{-7}$ and 50 \% of $x_{1}$" in said
    assert r"A title \& more" in said
    assert r"\codeline{\texttt{~~~~print(\allowbreak{}\char34{}less\char34{})\allowbreak{}~~\#~why}}" in said
    assert r"\displayline{v}{\leftarrow}{\mu v - \eta g}{}" in said
    assert r"\begin{tikzpicture}" in said
    assert said.count(r"\begin{minipage}[t]{0.440\linewidth}") == 2
    assert r"\pageofitsown{{\raggedright\Large" in said
    assert r"On $\partial C / \partial \bm{W}^{(1)}$." in said


def test_html_says_it_and_is_well_formed() -> None:
    said = html(bound([whole()]))
    xml.dom.minidom.parseString(said.partition("</head>")[2].removesuffix("</html>\n"))
    assert "First &lt;things&gt;" in said
    assert "<em>terms</em>" in said
    assert '<code>if a &lt; b:\n    print(&quot;less&quot;)  # why</code>' in said
    assert 'alttext="becomes ' in said
    assert "Content-Security-Policy" in said
    assert said.count("<svg") == 1
    assert '<div class="equations beside">' in said
    assert '<section class="onepage"><h4>All of it</h4>' in said


@pytest.mark.parametrize(
    "chain", ["sigmoid(z) = 1/(1 + exp(z))", "z^2 ≤ 2", "sigmoid(z)*(1 - sigmoid(z)) < 0.2", "norm2(g)^2 = sum(g)"]
)
def test_a_chain_that_does_not_hold_is_refused(chain: str) -> None:
    with pytest.raises(SymnnError, match="this does not hold"):
        Chapter("t", shapes={"g": "n"}).chain(chain)


def test_a_chain_of_vectors_holds() -> None:
    Chapter("t", shapes={"g": "n"}).chain("norm2(g)^2 = g'*g", "≥ 0")


def test_a_chain_may_use_a_size_and_names_that_stand_for_formulas() -> None:
    c = Chapter("t", shapes={"c": "n", "x": "n", "p": "n"})
    c.chain("sum(c) = 0", given={"c": "x - sum(x)/n*vector(1)"})
    c.chain("sum(p.*(x - (p'*x)*vector(1))) = 0", given={"p": "softmax(c)"})
    with pytest.raises(SymnnError, match="this does not hold"):
        c.chain("sum(c) = 0")


def test_whole_matrices_are_bold_and_entries_are_not() -> None:
    c = Chapter("t", bold="W")
    assert c.maths("W_K").latex == r"\bm{W}_{K}"
    assert c.maths("W_12").latex == "W_{12}"
    assert c.maths("∂C/∂W").latex == r"\partial C / \partial \bm{W}"


def test_a_check_that_fails_stops_the_chapter() -> None:
    with pytest.raises(SymnnError, match=r"t: this does not hold: The cost is 3\.0"):
        Chapter("t").check("The cost is {C:.1f}.", False, C=3.0)


def test_an_exercise_without_a_solution_is_refused() -> None:
    c = Chapter("t")
    with pytest.raises(SymnnError, match="one solution"), c.exercise():
        c.say("How much?")
    assert not c.blocks


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(SymnnError, match="no stage 'dW9'"):
        Chapter("t").derivation(symnn.mlp("2-2-1").gradient().steps("W1"), "dW9")


def test_numbers_and_formulas() -> None:
    assert number(-0.0000123, 2).latex == r"-1.2 \cdot 10^{-5}"
    assert maths("θ ← θ - η*g").text == "θ ← θ − η g"
    assert maths("δ^(l)").latex == r"\delta^{(l)}"
    program = symnn.mlp("2-1").program
    assert maths(program["z1"], program).text == "z⁽¹⁾ⱼ = Σₖ w⁽¹⁾ⱼₖ xₖ + b⁽¹⁾ⱼ"


def sum_of(a, b):
    return a + b


def test_code_is_a_function_or_a_text_and_shares_keep_their_sign() -> None:
    c = Chapter("A title")
    c.code(sum_of)
    c.say("A share of {share:.1%}, or {less:.0%}.", share=0.125, less=-0.5)
    said = text(c)
    assert "    def sum_of(a, b):\n        return a + b\n" in said
    assert "A share of 12.5 %, or −50 %." in said
    assert r"A share of 12.5~\%, or $-$50~\%." in latex(bound([c]))
