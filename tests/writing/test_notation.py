"""Notations: what they refuse, how they print, and that every one of them says the same numbers."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from printed import compare

sys.path.insert(0, str(Path(__file__).parent.parent))

from strategies import random_case
from sympy import KroneckerDelta, Sum, exp, sqrt

import symnn
from symnn.calculus import Derivation, differentiate
from symnn.errors import InputError
from symnn.language import Equation, LogSumExp, Program, Tensor, Within, examples, index, same_size, sizes, tensor
from symnn.networks import (
    BatchNorm,
    Dense,
    GRUCell,
    LayerNorm,
    LSTMCell,
    Network,
    RMSNorm,
    general_network,
    mlp,
    unroll,
)
from symnn.proof.evaluation import evaluate
from symnn.views import closed_forms
from symnn.writing import Notation, notation_statement, read_notation, write_equation, write_program
from symnn.writing.fragment import fragment
from symnn.writing.notation import choices_of, read_mark
from symnn.writing.sections import page_of
from symnn.writing.write import writer_for
from symnn.writing.written import as_written

CONVENTIONS = [
    Notation(examples=examples_, layout=layout, derivative=derivative)
    for examples_ in ("columns", "rows")
    for layout in ("denominator", "numerator")
    for derivative in ("named", "written")
]
SIZES = {"n": 4, "d": 3, "e": 2, "m": 5, "p": 2}


def values_of(program: Program, seed: int = 0) -> dict[str, Any]:
    """Return a value for every tensor, by the index notation, which knows nothing of rows and layouts."""
    random = np.random.default_rng(seed)
    inputs: dict[str, Any] = {}
    for name, known in program.inputs.items():
        shape = tuple(int(size.xreplace({s: SIZES[s.name] for s in size.free_symbols})) for size in known.shape)
        value = random.uniform(0.2, 1.2, shape)
        if known.role == "target":
            value = np.eye(shape[-1])[random.integers(0, shape[-1], shape[:-1])]
        if known.rank == 2 and shape[0] == shape[1]:
            value = value @ value.T + len(value) * np.eye(len(value))
        inputs[name] = value
    return {**inputs, **evaluate(program, {**inputs, **SIZES}), **SIZES}


def turns(derivation: Derivation, notation: Notation) -> Any:
    """Return whether a tensor is a row, or the transpose of a matrix, in a notation: the rule, said once more."""
    results = set(derivation.gradients.values())

    def rule(known: Tensor) -> bool:
        of_examples = bool(known.rank) and same_size(known.shape[0], examples)
        turned = known.rank == 1 and notation.examples == "rows" and not of_examples
        if notation.layout == "numerator" and not (of_examples and known.name not in results):
            at = known.name
            while at in derivation.program.adjoints:
                turned, at = not turned, derivation.program.adjoints[at].wrt
        return turned

    return rule


def agree(derivation: Derivation, values: dict[str, Any] | None = None) -> int:
    """Check that a derivation prints the same numbers in every convention; return how many equations those were."""
    values = values or values_of(derivation.program)
    count = 0
    for notation in CONVENTIONS:
        shown = as_written(derivation, notation)
        count += len(compare(shown, notation, values, turns(derivation, notation)))
    return count


def attention() -> Program:
    n, d, e = sizes("n d e")
    i, j, k, p = index("i", n), index("j", n), index("k", d), index("p", e)
    Q, K, V = tensor("Q", (n, d), "input"), tensor("K", (n, d), "input"), tensor("V", (n, e), "input")
    S, L, P, O = tensor("S", (n, n)), tensor("L", n), tensor("P", (n, n)), tensor("O", (n, e))  # noqa: E741
    return Program([
        Equation(S[i, j], Sum(Q[i, k] * K[j, k], k) / sqrt(d)),
        Equation(L[i], LogSumExp(S[i, j], j)),
        Equation(P[i, j], exp(S[i, j] - L[i])),
        Equation(O[i, p], Sum(P[i, j] * V[j, p], j)),
    ])  # fmt: skip


NETWORKS = {
    "sigmoid": lambda: mlp("2-3-1"),
    "tanh, inputs by outputs, penalty": lambda: mlp(
        "3-4-2", activation=["tanh", "identity"], weights="inputs,outputs", l2=0.1, l1=0.2
    ),
    "softmax": lambda: mlp("2-3-4", activation=["relu", "softmax"], cost="cross_entropy"),
    "softmax twice": lambda: mlp("2-3-4", activation="softmax", cost="cross_entropy"),
    "hinge": lambda: mlp("3-2", activation="identity", cost="hinge"),
    "layer norm": lambda: Network([Dense(3, 4, "swish"), LayerNorm(4), Dense(4, 3, "softmax")], cost="cross_entropy"),
    "batch norm": lambda: Network([Dense(3, 4, "relu"), BatchNorm(4), Dense(4, 2)], cost="quadratic"),
    "RMS norm": lambda: Network([Dense(3, 4, "softplus"), RMSNorm(4), Dense(4, 2, "tanh")], cost="quadratic"),
    "LSTM": lambda: Network([unroll(LSTMCell(2, 2), steps=2), Dense(2, 1, "identity")], cost="quadratic"),
    "GRU": lambda: Network([unroll(GRUCell(2, 2), steps=2), Dense(2, 1, "identity")], cost="quadratic"),
    "weights used twice": lambda: Network([Dense(5, 3), Dense(3, 5, weights="W1", transpose=True)]),
    "weighted examples": lambda: Network(
        [Dense(3, 2, "sigmoid")], cost="binary_cross_entropy", example_weights=True, masked=True
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_convention_says_the_same_of_a_network(name: str) -> None:
    gradient = NETWORKS[name]().gradient()
    assert agree(gradient.derivation) >= 8 * 4
    if not gradient.program.names_examples:
        assert agree(gradient.batch_derivation) >= 8 * 4


def test_every_convention_says_the_same_of_attention() -> None:
    assert agree(symnn.gradient(attention(), of="O", wrt=["Q", "K", "V"]).derivation) == 8 * 10


def test_every_convention_says_the_same_of_second_derivatives() -> None:
    program = mlp("2-3-2", activation=["tanh", "sigmoid"]).program
    assert agree(symnn.hessian_vector_product(program).derivation) >= 8 * 15


@pytest.mark.parametrize("seed", range(25))
def test_every_convention_says_the_same_of_a_random_program(seed: int) -> None:
    case = random_case(seed)
    used = {name for name, known in case.program.inputs.items() if known.rank}
    names = sorted(used)[:3]
    derivation = differentiate(case.program, "C", names, may_be_zero=True)
    values = {**case.values, **evaluate(derivation.program, case.values)}
    agree(derivation, {k: int(v) if np.ndim(v) == 0 and isinstance(v, int) else v for k, v in values.items()})


FORMULAS = {
    "log(det(S)) + (x-u)'*inv(S)*(x-u)": ("S,x", {"S": ("n", "n"), "x": "n", "u": "n"}),
    "norm2(A*x-b)^2": ("x,A,b", {"A": ("d", "n"), "x": "n", "b": "d"}),
    "x'*A*x": ("x,A", {"A": ("n", "n"), "x": "n"}),
    "sum(log(exp(A*x)+vector(1)))": ("x,A", {"A": ("d", "n"), "x": "n"}),
    "tr(A*X'*B*X)": ("X", {"A": ("n", "n"), "X": ("d", "n"), "B": ("d", "d")}),
    "norm1(x-y)+t*norm2(x)": ("x,y,t", {"x": "n", "y": "n"}),
    "x'*diag(y)*A*diag(x)*y": ("x,y,A", {"A": ("n", "n"), "x": "n", "y": "n"}),
    "y'*softmax(A*x)": ("x,A", {"A": ("d", "n"), "x": "n", "y": "d"}),
}


@pytest.mark.parametrize("formula", FORMULAS)
def test_every_convention_says_the_same_of_a_formula(formula: str) -> None:
    names, shapes = FORMULAS[formula]
    found = symnn.diff(formula, wrt=names.split(","), shapes=shapes)
    values = values_of(found.derivation.program)
    for notation in CONVENTIONS:
        derivation = as_written(found.derivation, notation)
        main, beside = closed_forms(
            derivation.program, ["f", *derivation.gradients.values()], order=tuple(found.formula.variables)
        )
        compare(derivation, notation, values, turns(derivation, notation), [*beside, *main])


def test_a_wrong_convention_is_caught() -> None:
    derivation = mlp("2-3-4").gradient().derivation
    values = values_of(derivation.program)
    with pytest.raises((AssertionError, ValueError)):
        compare(derivation, Notation(examples="rows"), values, lambda known: False)
    with pytest.raises((AssertionError, ValueError)):
        compare(derivation, Notation(layout="numerator"), values, turns(derivation, Notation()))


def backward(notation: Notation, net: Network | None = None, **shown: Any) -> list[str]:
    text = (net or mlp("2-3-1")).gradient().with_notation(notation).text(**shown)
    return [" ".join(line.split()) for line in text.split("Backward\n")[1].splitlines()]


def test_rows() -> None:
    text = mlp("2-3-1").gradient().with_notation(Notation(examples="rows")).text()
    assert text.startswith("2-3-1 · sigmoid · quadratic cost · one example, rows\n")
    assert "  z⁽¹⁾ = x (W⁽¹⁾)ᵀ + b⁽¹⁾\n" in text
    assert "  δ⁽¹⁾       = δ⁽²⁾ W⁽²⁾ ⊙ σ′(z⁽¹⁾)\n" in text
    assert "  ∂C/∂W⁽¹⁾   = (δ⁽¹⁾)ᵀ x\n" in text
    assert "b⁽¹⁾ 1×3" in text
    assert text.endswith("notation: vectors are rows\n")


def test_a_batch_in_rows() -> None:
    net = mlp("2-3-4", activation="softmax", cost="cross_entropy")
    text = net.gradient().with_notation(Notation(examples="rows")).text(batch=True)
    assert "  Z⁽¹⁾ = X (W⁽¹⁾)ᵀ + 1 b⁽¹⁾\n" in text
    assert "  ∂C/∂b⁽²⁾   = (1/m) 1ᵀ Δ⁽²⁾\n" in text
    assert "  Δ⁽¹⁾       = A⁽¹⁾ ⊙ (Ā⁽¹⁾ + L̄⁽¹⁾ 1ᵀ)\n" in text
    assert text.endswith(
        "notation: vectors are rows, but 1 in a product and what has an entry for each example are columns\n"
    )


def test_numerator_layout() -> None:
    lines = backward(Notation(layout="numerator"))
    assert lines[:3] == ["δ⁽²⁾ = ((a⁽²⁾ − y) ⊙ σ′(z⁽²⁾))ᵀ", "∂C/∂W⁽²⁾ = a⁽¹⁾ δ⁽²⁾", "∂C/∂b⁽²⁾ = δ⁽²⁾"]
    assert lines[3] == "δ⁽¹⁾ = δ⁽²⁾ W⁽²⁾ ⊙ σ′(z⁽¹⁾)ᵀ"
    assert "; each gradient has the shape of its variable's transpose: W⁽¹⁾ 3×2, b⁽¹⁾ 3×1, " in lines[7]
    assert lines[8] == "notation: numerator layout: ∂C/∂W⁽²⁾ has the shape of (W⁽²⁾)ᵀ"
    jacobian = symnn.diff("A*x", wrt="x", shapes={"A": ("m", "n"), "x": "n"})
    assert "  ∂f/∂xᵀ   = A\n" in jacobian.text()
    assert "  ∂f/∂x   = A\n" in jacobian.with_notation(Notation(layout="numerator")).text()
    assert "  ∂fᵀ/∂x   = A\n" in jacobian.with_notation(Notation(examples="rows")).text()


def test_the_gradient_by_the_outputs_keeps_its_shape() -> None:
    text = general_network("f", "C").with_notation(Notation(layout="numerator", cost="E")).write()
    assert "  δ⁽ᴸ⁾       = (∇ₐE ⊙ f′(z⁽ᴸ⁾))ᵀ           (BP1)\n" in text
    assert "where ∇ₐE = (∂E/∂a⁽ᴸ⁾)ᵀ is the upstream adjoint" in text
    text = general_network().with_notation(Notation(layers="bracket", output="ŷ", cost="L", error="epsilon")).write()
    assert "  ε^[l]       = (W^[l+1])ᵀ ε^[l+1] ⊙ σ′(z^[l])   (BP2)\n" in text
    assert "  L = ½ ‖ŷ − y‖²\n" in text
    assert "z^[l] = W^[l] a^[l−1] + b^[l]" in text


def test_written_derivatives() -> None:
    assert backward(Notation(derivative="written"))[0] == "δ⁽²⁾ = (a⁽²⁾ − y) ⊙ a⁽²⁾ ⊙ (1 − a⁽²⁾)"
    tanh = backward(Notation(derivative="written"), mlp("2-2-1", activation="tanh"))
    assert tanh[3] == "δ⁽¹⁾ = (W⁽²⁾)ᵀ δ⁽²⁾ ⊙ (1 − a⁽¹⁾ ⊙ a⁽¹⁾)"
    assert "σ′" not in "".join(backward(Notation(derivative="written"), view="scalar"))
    program = mlp("2-3-1").gradient().program
    notation = Notation(derivative="written")
    assert write_equation(program["delta1"], view="index", program=program, notation=notation) == (
        "δ⁽¹⁾ⱼ = a⁽¹⁾ⱼ (1 − a⁽¹⁾ⱼ) Σₖ w⁽²⁾ₖⱼ δ⁽²⁾ₖ"
    )


def test_where_indices_begin() -> None:
    text = mlp("2-1").gradient().with_notation(Notation(indices=0)).text(view="scalar")
    assert "  z⁽¹⁾₀ = w⁽¹⁾₀₀ x₀ + w⁽¹⁾₀₁ x₁ + b⁽¹⁾₀\n" in text
    assert text.endswith("notation: indices count from 0\n")
    n, d = sizes("n d")
    i, k = index("i", n), index("k", d)
    u, x = tensor("u", n), tensor("x", d)
    program = Program([
        Equation(tensor("s", n)[i], Sum(x[k] * u[i - k] * Within(i - k, n), k)),
        Equation(tensor("t", n)[i], Sum(x[k] * u[i + k] * Within(i + k, n), k) + u[2]),
        Equation(tensor("v", n)[i], KroneckerDelta(i, 2) * u[i]),
    ])  # fmt: skip
    assert write_program(program, view="index", notation=Notation(indices=0)).splitlines()[:2] == [
        "sᵢ = Σₖ xₖ uᵢ₋ₖ [k ≤ i]",
        "tᵢ = Σₖ xₖ uᵢ₊ₖ [i + k < n] + u₂",
    ]
    assert write_program(program, view="index", notation=Notation(indices=1)).splitlines() == [
        "sᵢ = Σₖ xₖ uᵢ₋ₖ₊₁ [k ≤ i]",
        "tᵢ = Σₖ xₖ uᵢ₊ₖ₋₁ [i + k − 1 ≤ n] + u₃",
        "vᵢ = uᵢ [i = 3]",
        "notation: indices count from 1",
    ]


def test_sums_with_limits() -> None:
    net = mlp("2-3-1").gradient()
    assert "z⁽¹⁾ⱼ = Σₖ₌₁² w⁽¹⁾ⱼₖ xₖ + b⁽¹⁾ⱼ" in net.with_notation(Notation(sums="limits")).text(view="index")
    from_zero = net.with_notation(Notation(sums="limits", indices=0))
    assert "z⁽¹⁾ⱼ = Σₖ₌₀¹ w⁽¹⁾ⱼₖ xₖ + b⁽¹⁾ⱼ" in from_zero.text(view="index")
    assert r"\sum_{k=0}^{1}" in from_zero.latex(view="index")


def test_letters() -> None:
    notation = Notation(
        weights="Theta", bias="beta", preactivation="a", activation="h", error="e", input="u", target="t", cost="E"
    )
    text = mlp("2-3-1").gradient().with_notation(notation).text()
    assert "  a⁽¹⁾ = Θ⁽¹⁾ u + β⁽¹⁾\n  h⁽¹⁾ = σ(a⁽¹⁾)\n" in text
    assert "  e⁽²⁾       = (h⁽²⁾ − t) ⊙ σ′(a⁽²⁾)\n" in text
    assert ", e⁽ˡ⁾ = ∂E/∂a⁽ˡ⁾\n" in text
    own = Program([Equation(tensor("z", 2)[index("i", 2)], tensor("W", (2, 2))[index("i", 2), 1])])
    assert "Θ" not in write_program(own, notation=notation)


@pytest.mark.parametrize(
    ("given", "text", "latex"),
    [
        (r"\mathcal{L}", "L", r"\mathcal{L}"),
        (r"\hat{y}", "ŷ", r"\hat{\bm{y}}"),
        (r"\mathbf{W}^{[l]}", "W⁽ˡ⁾", r"\mathbf{W}^{(l)}"),
        (r"\boldsymbol{\theta}_{out}", "θₒᵤₜ", r"\bm{\theta}_{\mathrm{out}}"),
        (r"\tilde{\mathbf{x}}", "x̃", r"\tilde{\mathbf{x}}"),
        (r"\mathrm{loss}", "loss", r"\bm{\mathrm{loss}}"),
        (r"\lambda", "λ", r"\bm{\lambda}"),
        ("ŷ", "ŷ", r"\hat{\bm{y}}"),
        ("θ̂", "θ̂", r"\hat{\bm{\theta}}"),
    ],
)
def test_fragments_of_latex(given: str, text: str, latex: str) -> None:
    i = index("i", 2)
    program, notation = Program([Equation(tensor("u", 2)[i], tensor("v", 2)[i])]), Notation(names={"v": given})
    assert write_program(program, notation=notation) == f"u = {text}\n"
    written = write_program(program, notation=notation, format="latex")
    bold = latex if latex.startswith((r"\mathbf", r"\hat", r"\tilde", r"\bm")) else rf"\bm{{{latex}}}"
    assert f"&= {bold}\n" in written


@pytest.mark.parametrize(
    "hostile",
    [
        r"\input{/etc/passwd}", r"\hat{\input{x}}", "$x$", "x%", "#1", "x^^41", "^^5cinput", "a\nb", "a\0", r"\def\x",
        r"\mathcal{L}}", r"\mathcal{\mathcal{L}}", r"\mathbb{xy}", r"W^(\input{x})", r"W_{\input}", "W^(l)\\", "中", "",
        "x y z", r"\write18{rm}", r"\hat{\hat{y}}", "{}", r"\lam", "a" * 30, r"\mathcal{L}^{(\relax)}",
        "W\u202e", "x\u200b",
    ],
)  # fmt: skip
def test_what_is_no_symbol_is_refused(hostile: str) -> None:
    with pytest.raises(InputError, match=r"is not a symbol \(accepted: such as W") as caught:
        read_mark(hostile)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError):
        Notation(names={"W": hostile})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"layers": "brackets"}, "unknown layer mark 'brackets' (did you mean 'bracket'?)"),
        ({"layers": 1}, "unknown layer mark 1 (accepted: superscript, bracket, subscript)"),
        ({"bold": "yes"}, "bold is 'yes' (accepted: true, false)"),
        ({"indices": 2}, "indices from 2 (accepted: 0, 1)"),
        ({"indices": True}, "indices from True (accepted: 0, 1)"),
        ({"error": "W"}, "weights and error are both 'W'"),
        ({"bias": "b^(1)"}, "bias is 'b^(1)' (accepted: a letter without a layer)"),
        ({"labels": "eq}"}, "bad prefix of labels 'eq}' (accepted: such as eq:, or nothing)"),
        ({"names": ["W"]}, "names is ['W'] (accepted: a symbol for the name of each tensor)"),
        ({"equations": "some"}, "unknown numbering of equations 'some' (accepted: none, all, sections)"),
    ],
)
def test_what_is_no_choice_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        Notation(**given)
    assert str(caught.value) == f"notation: {message}"


def test_numbers_of_equations() -> None:
    gradient = mlp("2-1").gradient()
    text = gradient.with_notation(Notation(equations="all")).text().splitlines()
    assert text[2:5] == ["  z⁽¹⁾ = W⁽¹⁾ x + b⁽¹⁾   (1)", "  a⁽¹⁾ = σ(z⁽¹⁾)         (2)", "  C    = ½ ‖a⁽¹⁾ − y‖²   (3)"]
    by_section = gradient.with_notation(Notation(equations="sections", labels="mlp:"))
    assert re.search(r"  ∂C/∂W⁽¹⁾   = δ⁽¹⁾ xᵀ +\(2\.2\)\n", by_section.text())
    assert r"\tag{2.1} \label{mlp:delta1}" in by_section.latex()
    latex = gradient.with_notation(Notation(equations="all")).latex()
    assert latex.count(r"\label{eq:") == 6
    assert r"\begin{align}" in latex
    assert r"\label{eq:" not in gradient.latex()
    scalar = gradient.with_notation(Notation(equations="all")).latex(view="scalar")
    labels = [part.partition("}")[0] for part in scalar.split(r"\label{")[1:]]
    assert len(set(labels)) == len(labels) == 7
    markdown = gradient.with_notation(Notation(equations="all")).markdown()
    assert r"\qquad (1)" in markdown
    assert r"\label" not in markdown


def test_a_notation_states_itself() -> None:
    assert notation_statement(Notation()) == (
        "Vectors are columns.",
        "W⁽ˡ⁾ belongs to layer l.",
        "⊙ is the elementwise product.",
        "A gradient has the shape of its variable.",
        "C is the cost.",
    )
    latex = notation_statement(
        Notation(examples="rows", layout="numerator", transpose="⊤", layers="bracket", cost=r"\mathcal{L}"), "latex"
    )
    assert r"$\bm{W}^{[l]}$ belongs to layer $l$." in latex
    assert r"Numerator layout: $\partial \mathcal{L} / \partial \bm{W}$ has the shape of $\bm{W}^{\top}$." in latex
    assert r"Vectors are rows, but $\bm{1}$ in a product is a column." in latex
    with pytest.raises(InputError, match="unknown format 'docx'"):
        notation_statement(Notation(), "docx")


def test_choices_by_name() -> None:
    notation = Notation(cost="L", layout="numerator", names={"W": "V"})
    assert choices_of(notation) == {"cost": "L", "layout": "numerator", "names": {"W": "V"}}
    assert choices_of(Notation()) == {}
    assert replace(notation, **choices_of(notation)) == notation


def course(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "course.toml"
    path.write_bytes(text.encode())
    return path


def test_a_file(tmp_path: Path) -> None:
    text = '[notation]\ncost = "L"\nindices = 0\nbold = false\n[notation.names]\nW_Q = "Q^(h)"\n'
    read = read_notation(course(tmp_path, text))
    assert read == Notation(cost="L", indices=0, bold=False, names={"W_Q": "Q^(h)"})
    bare = course(tmp_path, "\ufeffcost = \"L\"\r\nweights = '\\mathbf{W}'\r\n")
    assert read_notation(bare) == Notation(cost="L", weights=r"\mathbf{W}")
    assert read_notation(course(tmp_path, 'activation = "h"\npreactivation = "a"\n')).letter("activation").letter == "h"
    assert read_notation(course(tmp_path, "")) == Notation()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('colour = "red"', "course.toml: unknown key 'colour' (accepted: cost, output, "),
        ('hadamar = "∘"', "course.toml: unknown key 'hadamar' (did you mean 'hadamard'?)"),
        ('hadamard = "*"', "course.toml: hadamard: unknown hadamard sign '*' (accepted: ⊙, ∘)"),
        ("cost = 3", "course.toml: cost: 3 is not a symbol"),
        ("indices = 1.0", "course.toml: indices: indices from 1.0 (accepted: 0, 1)"),
        ('error = "W"', "course.toml: weights and error are both 'W'"),
        ("weights = '\\input{x}'", "course.toml: weights: '\\\\input{x}' is not a symbol"),
        ("[names]\nW = 2", "course.toml: names: 2 is not a symbol"),
        ('[notation]\ncost = "L"\n[other]\nx = 1', "course.toml: 'other' stands outside of the table [notation]"),
        ("notation = 3", "course.toml: notation is 3 (accepted: a table [notation])"),
        ("cost = ", "course.toml: this is no TOML: "),
        ("cost = [" + "[" * 5000, "course.toml: this is no TOML: "),
        ("#" * 100_001, "the file is too large for a notation (at most 100,000 bytes)"),
        ('"\\u001b[31m" = 1', "course.toml: unknown key "),
    ],
)
def test_a_bad_file_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_notation(course(tmp_path, text))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_notation(tmp_path / "none.toml")
    with pytest.raises(InputError, match="it is no file"):
        read_notation(tmp_path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="no text in UTF-8"):
        read_notation(tmp_path / "bytes.toml")


STYLES = {
    "Goodfellow": Notation(cost="J", output="ŷ", activation="h", preactivation="a", transpose="⊤"),
    "Ng": Notation(
        cost=r"\mathcal{L}", output=r"\hat{y}", layers="bracket", hadamard="∘", bold=False, derivative="written"
    ),
    "Nielsen": Notation(bold=False, equations="all"),
    "numerator": Notation(cost="E", weights="w", bias="theta", layout="numerator", equations="sections"),
    "from zero": Notation(indices=0, bold=False, layers="subscript", sums="limits"),
    "rows": Notation(examples="rows", weights=r"\boldsymbol{\Theta}", cost=r"\mathbb{E}", transpose="′"),
}


def fragments(notation: Notation) -> list[str]:
    wide = mlp("784-30-10", activation=["relu", "softmax"], cost="cross_entropy").gradient().with_notation(notation)
    small = mlp("2-2-2", activation="softmax", cost="cross_entropy").gradient().with_notation(notation)
    steps = Network([unroll(LSTMCell(2, 3), steps=3)], cost="quadratic").gradient().with_notation(notation)
    formula = symnn.diff("log(det(S)) + (x-u)'*inv(S)*(x-u)", wrt=["S", "x"]).with_notation(notation)
    head = symnn.gradient(attention(), of="O", wrt=["Q", "K", "V"]).with_notation(notation)
    shown = [small.latex(view=view) for view in ("matrix", "index", "scalar")]
    general = general_network("f", "C").with_notation(notation).write("latex")
    return [wide.latex(), wide.latex(batch=True), *shown, steps.latex(), formula.latex(), head.latex(), general]


@pytest.mark.parametrize("style", STYLES)
def test_latex_of_every_style_compiles_and_fits(style: str, tmp_path: Path) -> None:
    written = fragments(STYLES[style])
    assert all(one.isascii() for one in written)
    distinct = [one.replace(r"\label{eq:", rf"\label{{{place}:") for place, one in enumerate(written)]
    body = "\\newpage\n".join(distinct)
    page = body.join([r"\documentclass[a4paper,11pt]{article}\usepackage{amsmath,amssymb,bm}"
                      r"\usepackage[margin=25mm]{geometry}\begin{document}", r"\end{document}"])  # fmt: skip
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    (tmp_path / "page.tex").write_text(page)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert ran.returncode == 0, ran.stdout[-2000:]
    assert "multiply defined" not in ran.stdout
    assert [w for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt", ran.stdout) if float(w) > 5] == []


@pytest.mark.parametrize("style", STYLES)
def test_mathml_of_every_style(style: str) -> None:
    gradient = mlp("2-2-2", activation=["tanh", "softmax"], cost="cross_entropy").gradient()
    for view in ("matrix", "index", "scalar"):
        page = page_of(gradient.derivation, writer_for(gradient.derivation, "mathml", STYLES[style]), view=view)
        written = fragment(page)
        assert written.count("<math") >= 2
        assert ("<p>notation: " in written) == bool(page.choices)
