"""MathML: well-formed, of MathML Core alone, the same formula as another reader of LaTeX sees, and readable aloud."""

from __future__ import annotations

import unicodedata
from collections import Counter
from xml.etree import ElementTree

import pytest
from cases import CASES
from expected import EXPECTED

import symnn
from symnn.errors import InputError
from symnn.language import Program
from symnn.networks import Convolution2d, Dense, LSTMCell, MaxPooling2d, Network, unroll
from symnn.networks.general import general_network
from symnn.writing import write_equation
from symnn.writing.fragment import formula, sentence
from symnn.writing.mathml import CORE, INVISIBLE, Element, bold_letter, markup, unstyled
from symnn.writing.mathml_reader import read
from symnn.writing.spoken import spoken

CHILDREN = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3}
ATTRIBUTES = {
    "math": {"display", "alttext"},
    "mi": {"mathvariant"},
    "mo": {"stretchy", "form", "movablelimits", "lspace", "rspace"},
    "mspace": {"width"},
    "mover": {"accent"},
    "mfrac": {"displaystyle"},
    "mtable": {"displaystyle"},
    "mtd": {"style"},
}


def tree(text: str) -> ElementTree.Element:
    """Return the tree of a formula, which has to be well-formed XML and MathML Core."""
    found = ElementTree.fromstring(text)
    for element in found.iter():
        assert element.tag in CORE, text
        assert set(element.attrib) <= ATTRIBUTES.get(element.tag, set()), element.attrib
        assert element.get("mathvariant", "normal") == "normal"
        if element.tag in CHILDREN:
            assert len(element) == CHILDREN[element.tag], text
        if element.tag in ("mi", "mn", "mo", "mtext"):
            assert element.text
            assert len(element) == 0
        else:
            assert not (element.text or "").strip()
        assert not (element.tail or "").strip()
    return found


def letters(root: ElementTree.Element) -> str:
    """Return all that is seen of a formula, letters plain: what a reader of another kind sees as well."""
    same = {"⊤": "T", "ε": "ϵ", "φ": "ϕ", "ˉ": "¯", "′": "'", "∗": "*", "|": "|", "−": "-", "∣": "|", "∥": "‖"}
    text = "".join(element.text or "" for element in root.iter() if element.text not in INVISIBLE)
    plain = unicodedata.normalize("NFKC", text.replace("′", "'").replace("‾", "ˉ").replace("¯", "ˉ"))
    return "".join(same.get(letter, letter) for letter in plain if not letter.isspace())


def structure(root: ElementTree.Element) -> Counter[str]:
    """Return how many fractions, roots and scripts a formula has; a limit of a sum is a script."""
    found: Counter[str] = Counter()
    for element in root.iter():
        kind = {"munder": "msub", "munderover": "msubsup"}.get(element.tag, element.tag)
        # Two scripts are one and one: readers disagree on whether they are one element.
        found.update(["msub", "msup"] if kind == "msubsup" else [kind])
    return Counter({kind: found[kind] for kind in ("mfrac", "msqrt", "msub", "msup")})


@pytest.mark.parametrize("name", EXPECTED)
def test_each_construct_is_mathml_core(name: str) -> None:
    equation, view = CASES[name]
    root = tree(write_equation(equation, view=view, format="mathml"))
    assert root.get("display") == "block"
    assert root.get("alttext")


@pytest.mark.parametrize("name", EXPECTED)
def test_another_reader_sees_the_same_formula(name: str) -> None:
    converter = pytest.importorskip("latex2mathml.converter")
    latex = EXPECTED[name][2]
    if r"\begin{cases}" in latex:
        pytest.skip("the other reader sets tables of its own kind")
    # It has no bold Greek; and primes are raised twice there.
    other = converter.convert(latex.replace(r"\bm", "")).replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
    theirs, ours = ElementTree.fromstring(other), ElementTree.fromstring(formula(latex))
    assert letters(ours) == letters(theirs)
    primes = latex.count("'")
    assert structure(ours) + Counter({"msup": primes}) == structure(theirs) + Counter()


@pytest.mark.parametrize(
    ("latex", "mathml"),
    [
        (r"\bm{W} \bm{x}", "<mi>𝐖</mi><mo>\u2062</mo><mi>𝐱</mi>"),
        (r"\bm{\delta}^{(2)}", "<msup><mi>𝛅</mi><mtext>(2)</mtext></msup>"),
        (r"w_{jk}", "<msub><mi>w</mi><mrow><mi>j</mi><mo>\u2063</mo><mi>k</mi></mrow></msub>"),
        (r"a^{(1)}_{k}", "<msubsup><mi>a</mi><mi>k</mi><mtext>(1)</mtext></msubsup>"),
        (r"\bm{x}^{\mathsf{T}}", "<msup><mi>𝐱</mi><mo>⊤</mo></msup>"),
        (r"\frac{\partial C}{\partial b}",
         "<mfrac><mrow><mi>∂</mi><mi>C</mi></mrow><mrow><mi>∂</mi><mi>b</mi></mrow></mfrac>"),
        (r"\sigma'(z)", "<mrow><mi>σ</mi><mo>′</mo></mrow><mo>\u2061</mo>"
         '<mrow><mo stretchy="false">(</mo><mi>z</mi><mo stretchy="false">)</mo></mrow>'),
        (r"\sum_{k} x_{k}", "<munder><mo>∑</mo><mi>k</mi></munder><msub><mi>x</mi><mi>k</mi></msub>"),
        (r"\sum_{h=1}^{4} h",
         "<munderover><mo>∑</mo><mrow><mi>h</mi><mo>=</mo><mn>1</mn></mrow><mn>4</mn></munderover><mi>h</mi>"),
        (r"= -x", '<mo>=</mo><mo form="prefix">−</mo><mi>x</mi>'),
        (r"a - x", "<mi>a</mi><mo>−</mo><mi>x</mi>"),
        (r"\bar{u}", '<mover accent="true"><mi>u</mi><mo stretchy="false">‾</mo></mover>'),
        (r"\lVert x \rVert^2",
         '<mrow><mo stretchy="false">‖</mo><mi>x</mi><msup><mo stretchy="false">‖</mo><mn>2</mn></msup></mrow>'),
        (r"\left(\frac{1}{n}\right)", "<mrow><mo>(</mo><mfrac><mn>1</mn><mi>n</mi></mfrac><mo>)</mo></mrow>"),
        (r"\operatorname{relu}(v)", "<mi>relu</mi><mo>\u2061</mo>"
         '<mrow><mo stretchy="false">(</mo><mi>v</mi><mo stretchy="false">)</mo></mrow>'),
        (r"\log x", '<mi>log</mi><mo>\u2061</mo><mspace width="0.167em"/><mi>x</mi>'),
        (r"\mathrm{E}", '<mi mathvariant="normal">E</mi>'),
    ],
)  # fmt: skip
def test_how_constructs_are_written(latex: str, mathml: str) -> None:
    written = markup(read(latex))
    assert written.removeprefix("<mrow>").removesuffix("</mrow>") == mathml or written == mathml


def test_every_letter_has_its_bold_one() -> None:
    for letter in "ABCXYZabcxyz0189αβγδεθλμσφωΓΔΘΛΣΦΩ∇∂":
        bold = bold_letter(letter)
        assert bold != letter
        assert unicodedata.name(bold).startswith("MATHEMATICAL BOLD ")
        assert unicodedata.normalize("NFKC", bold) == letter


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        (r"\unknown x", r"unknown command '\\\\unknown'"),
        (r"\frac{1}{2", "a brace or bracket is not closed"),
        ("(x", "a brace or bracket is not closed"),
        (r"\left(x", "a brace or bracket is not closed"),
        (r"\frac{1}", "it ends too early"),
        (r"\text x", "words need braces"),
        (r"\begin{tikzpicture}\end{tikzpicture}", "unknown environment 'tikzpicture'"),
        ("<script>\x00", "unknown character"),
    ],
)
def test_what_is_not_known_is_refused(latex: str, message: str) -> None:
    with pytest.raises(InputError, match=rf"no MathML for this formula: .*{message}"):
        read(latex)


def pages() -> dict[str, str]:
    small, general = symnn.mlp("2-3-1").gradient(), general_network("f", "C")
    images = Network(
        [
            Convolution2d((1, 6, 6), filters=2, width=3, activation="relu"),
            MaxPooling2d((2, 4, 4), width=2),
            Dense((2, 2, 2), 3, "softmax"),
        ],
        cost="cross_entropy",
    ).gradient()
    own = symnn.mlp("n0-n1-n2", activation=["leaky_relu", "gelu"], cost="hinge", l1=0.5).gradient()
    return {
        **{f"2-3-1 {view}": small.write("mathml", view) for view in ("matrix", "index", "scalar")},
        "2-3-1 batch": small.write("mathml", batch=True),
        "general": general.write("mathml"),
        "own": own.write("mathml", batch=True),
        "images": images.write("mathml"),
        "images, indices": images.write("mathml", "index"),
        "recurrent": Network([unroll(LSTMCell(2, 3), steps=4)], cost="quadratic").gradient().write("mathml"),
        "formula": symnn.diff("log(det(S)) + (x-m)'*inv(S)*(x-m)", wrt=["S", "x"]).write("mathml"),
        "Hessian": symnn.diff("log(1+exp(w'*x))", wrt="w", kind="hessian").write("mathml"),
    }


def test_whole_derivations() -> None:
    for name, written in pages().items():
        root = ElementTree.fromstring(f"<div>{written}</div>")
        formulas = list(root.iter("math"))
        assert len(formulas) > 1, name
        assert any(formula.find("mtable") is not None for formula in formulas), name
        for one in formulas:
            one.tail = None
            tree(ElementTree.tostring(one, encoding="unicode"))


def test_equations_are_aligned_at_their_signs() -> None:
    root = ElementTree.fromstring(f"<div>{symnn.mlp('2-3-1').gradient().write('mathml')}</div>")
    rows = root.findall(".//mtr")
    assert len(rows) == 11
    for left, right in rows:
        assert "right" in left.get("style", "")
        assert "left" in right.get("style", "")
        assert right[0].text == "="
    assert ' style="' not in unstyled(symnn.mlp("2-3-1").gradient().write("mathml"))


def test_a_voice_can_read_it() -> None:
    assert spoken(read(r"\bm{\delta}^{(1)} = (\bm{W}^{(2)})^{\mathsf{T}} \bm{\delta}^{(2)}")) == (
        "δ (1) equals (W (2)) transposed δ (2)"
    )
    assert spoken(read(r"\frac{1}{2} \sum_{k} (a_{k} - y_{k})^{2}")) == (
        "1 over 2 sum over k of (a sub k minus y sub k) squared"
    )
    assert spoken(read(r"\frac{a + b}{c}")) == "(a plus b) over c"
    for latex in (row[2] for row in EXPECTED.values()):
        said = spoken(read(latex))
        assert said
        assert all(not unicodedata.name(letter).startswith("MATHEMATICAL") for letter in said)
        assert not set(said) & INVISIBLE


def test_text_from_outside_is_escaped() -> None:
    assert sentence("<b>&</b> and $x$") == '&lt;b&gt;&amp;&lt;/b&gt; and <math alttext="x"><mi>x</mi></math>'
    assert formula(r"\text{<b>\&\textbackslash{}}") == (
        '<math alttext="&lt;b&gt;&amp;\\"><mtext>&lt;b&gt;&amp;\\</mtext></math>'
    )
    assert markup(Element("mi", text="<x>")) == "<mi>&lt;x&gt;</mi>"
    hostile = symnn.diff("x'*x").derivation
    written = symnn.gradients.Gradient(hostile, '<img src="http://x" onerror="y">').write("mathml")
    assert "<img" not in written
    assert "&lt;img" in written


def test_a_program_without_a_gradient() -> None:
    equation, _ = CASES["matrix times vector"]
    assert symnn.writing.write_program(Program([equation]), format="mathml").startswith('<math display="block"')
