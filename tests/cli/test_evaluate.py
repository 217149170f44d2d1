"""`symnn evaluate`: numbers from the literature, and the layout of symbols, numbers and results."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from symnn.cli import main
from symnn.networks import mlp

NEURON = "W1=2,0.2,1 b1=1 x=0.5,0.9,0.1"
MAZUR = "W1=.15,.20;.25,.30 b1=.35,.35 W2=.40,.45;.50,.55 b2=.60,.60 x=.05,.10 y=.01,.99"


def symnn(*arguments, code=0):
    result = CliRunner().invoke(main, ["evaluate", *map(str, arguments)])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def line(text, start):
    """Return the line, or the lines of steps, that begin with the given left side."""
    lines = text.splitlines()
    first = next(n for n, one in enumerate(lines) if one.strip().startswith(start))
    last = first + 1
    while last < len(lines) and lines[last].strip().startswith("= "):
        last += 1
    return " ".join(one.strip() for one in lines[first:last])


def test_the_essays_neuron():
    assert symnn("3-1", "--set", NEURON, "--digits", 3).stdout == (
        "3-1 · sigmoid · one example · 3 significant digits\n"
        "z⁽¹⁾₁ = w⁽¹⁾₁₁ x₁ + w⁽¹⁾₁₂ x₂ + w⁽¹⁾₁₃ x₃ + b⁽¹⁾₁ = 2·0.5 + 0.2·0.9 + 1·0.1 + 1 = 1.28 + 1 = 2.28\n"
        "a⁽¹⁾₁ = σ(z⁽¹⁾₁) = σ(2.28) = 0.907\n"
        "where σ(t) = 1/(1 + e⁻ᵗ)\n"
    )


def test_mazurs_example_to_every_digit():
    text = symnn("2-2-2", "--set", MAZUR, "--learning-rate", 0.5, "--digits", 9).stdout
    assert line(text, "C = ").endswith("= 0.274811083 + 0.0235600256 = 0.298371109")
    text = symnn("2-2-2", "--set", MAZUR, "--learning-rate", 0.5, "--digits", 8).stdout
    assert line(text, "∂C/∂w⁽²⁾₁₁").endswith("= 0.082167041")
    assert line(text, "w⁽²⁾₁₁ ←").endswith("= 0.35891648")
    assert line(text, "w⁽¹⁾₁₁ ←").endswith("= 0.14978072")
    assert line(symnn("2-2-2", "--set", MAZUR, "--gradient").stdout, "∂C/∂w⁽¹⁾₁₁").endswith("= 0.000438568")


def test_symbols_numbers_and_steps_have_one_structure():
    text = symnn("2-2-2", "--set", MAZUR, "--learning-rate", 0.5, "--digits", 4).stdout
    assert text.startswith(
        "2-2-2 · sigmoid · quadratic cost · one example · learning rate 0.5 · 4 significant digits\nForward\n"
    )
    assert line(text, "δ⁽¹⁾₁") == (
        "δ⁽¹⁾₁ = (w⁽²⁾₁₁ δ⁽²⁾₁ + w⁽²⁾₂₁ δ⁽²⁾₂) σ′(z⁽¹⁾₁) "
        "= (0.4·0.1385 + 0.5·(−0.0381))·σ′(0.3775) = 0.03635·0.2413 = 0.008771"
    )
    assert line(text, "w⁽²⁾₂₁ ←") == (
        "w⁽²⁾₂₁ ← w⁽²⁾₂₁ − η ∂C/∂w⁽²⁾₂₁ = 0.5 − 0.5·(−0.0226)   = 0.5 + 0.0113   = 0.5113"
    )
    assert text.endswith("where σ(t) = 1/(1 + e⁻ᵗ), σ′(t) = σ(t)(1 − σ(t)), δ⁽ˡ⁾ = ∂C/∂z⁽ˡ⁾\n")
    assert max(map(len, text.splitlines()[1:])) <= 100


def test_long_sums_are_broken_and_ascii_is_ascii():
    values = f"W1={','.join(['-1.25'] * 20)} b1=0.125 x={','.join(['3e-7'] * 20)}"
    text = symnn("20-1", "--set", values, "--ascii").stdout
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 100
    assert "(-1.25)*(3e-7)" in text
    assert "= -7.5e-6 + 0.125" in text


def test_json_has_the_values_of_the_network_and_its_gradient():
    found = json.loads(symnn("2-2-2", "--set", MAZUR, "--learning-rate", 0.5, "--json").stdout)
    net = mlp("2-2-2")
    values = found["values"]
    parameters = {name: np.array(values[name]) for name in net.parameters}
    cost, gradients = net.gradient().compile()(parameters, values["x"], values["y"])
    assert values["C"] == pytest.approx(cost, rel=1e-14)
    assert found["architecture"] == "2-2-2"
    for name, value in parameters.items():
        assert np.allclose(found["gradients"][name], gradients[name], rtol=1e-13, atol=0)
        assert np.allclose(found["updated"][name], value - 0.5 * gradients[name], rtol=1e-13, atol=0)


@pytest.mark.parametrize(
    ("activation", "cost", "y"),
    [
        ("softmax", "cross_entropy", "0,1,0"),
        ("relu,gelu", "hinge", "1,-1,1"),
        ("elu,sigmoid", "binary_cross_entropy", "0,1,1"),
        ("tanh,t/(1+abs(t))", "(a-y)^4", "0.2,0,0.5"),
    ],
)
def test_seeded_parameters_and_any_network(activation, cost, y):
    options = ["--activation", activation, "--cost", cost, "--weights", "inputs,outputs", "--l1", 0.01, "--l2", 0.1]
    given = ["--set", f"x=1,-2 y={y}", "--seed", 3, "--gradient"]
    found = json.loads(symnn("2-3-3", *options, *given, "--json").stdout)
    net = mlp("2-3-3", activation.split(","), cost, "inputs,outputs", l1=0.01, l2=0.1)
    parameters = net.initial_parameters(3)
    value, gradients = net.gradient().compile()(parameters, found["values"]["x"], found["values"]["y"])
    assert found["drawn"] == list(net.parameters)
    assert found["values"]["C"] == pytest.approx(value, rel=1e-12)
    for name in parameters:
        assert np.allclose(found["gradients"][name], gradients[name], rtol=1e-10, atol=1e-14)
    assert "drawn with seed 3" in symnn("2-3-3", *options, *given).stdout


def test_it_writes_text_and_markdown(tmp_path):
    for ending in ("txt", "md"):
        path = tmp_path / f"neuron.{ending}"
        said = symnn("3-1", "--set", NEURON, "-o", path).stdout
        assert said == f"3-1 · sigmoid · one example · 6 significant digits\nwrote {path}\n"
        assert "a⁽¹⁾₁ = σ(z⁽¹⁾₁) = σ(2.28) = 0.907207\n" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["3-1"], 2, "no numbers for W1 (1×3 numbers), b1 (1 number), x (3 numbers): give them as W1=… in --set"),
        (["3-1", "--seed", 0], 2, "no numbers for x (3 numbers): give them as x=… in --set"),
        (["3-1", "--set", "W1=1,2"], 2, "'W1' has 2 numbers; 1×3 numbers are needed"),
        (["3-1", "--set", "W1=1,2,3;4,5,6"], 2, "'W1' is 2×3; 1×3 numbers are needed"),
        (["3-1", "--set", "w1=1,2,3"], 2, "unknown name 'w1' in --set (did you mean 'W1'?)"),
        (["3-1", "--set", "W1=1,a,3"], 2, "'W1': 'a' is not a number"),
        (["3-1", "--set", "W1=1,nan,3"], 2, "'W1': 'nan' is not a number"),
        (["3-1", "--set", "b1=inf"], 2, "'b1': 'inf' is not a number"),
        (["3-1", "--set", NEURON, "--set", "x=1,2,3"], 2, "'x' is given twice"),
        (["3-1", "--set", NEURON, "--gradient"], 2, "the gradient needs the targets"),
        (["3-1", "--set", NEURON, "--digits", 0], 2, "bad number of digits 0 (accepted: 1 to 40)"),
        (["3-1", "--set", f"{NEURON} y=1", "--learning-rate", -1], 2, "bad learning rate -1.0"),
        (["3-1", "--set", "x=1,2,3", "--seed", -1], 2, "bad seed -1"),
        (["64-30-10", "--set", "x=1"], 2, "64-30-10 has 2,260 parameters, too many to work by hand (at most 60)"),
        (["n0-n1", "--set", "x=1"], 2, "sizes that are numbers are needed"),
        (["2-x", "--set", "x=1"], 2, "bad architecture '2-x'"),
        (["3-1", "--set", NEURON, "--activation", "__import__('os').system('touch hostile')"], 2, "cannot read"),
        (["3-1", "--set", f"{NEURON} y=__import__('os')"], 2, "is not a number"),
        (["3-1", "--set", NEURON, "--activation", "f"], 1, "'f' is an undefined function"),
        (["3-1", "--set", f"{NEURON} y=1", "--cost", "Q"], 1, "the cost 'Q' is an undefined function"),
        (["3-1", "--set", NEURON, "--activation", "log(-t)"], 1, "with these numbers a1[1] is not finite"),
        (["3-1", "--set", NEURON, "-o", "neuron.pdf"], 2, "the working is written as .txt or .md"),
        (["3-1", "--set", NEURON, "-o", "no/neuron.md"], 1, "there is no folder 'no'"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(tmp_path, monkeypatch, arguments, code, message):
    monkeypatch.chdir(tmp_path)
    result = symnn(*arguments, code=code)
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_fact_that_was_made_use_of_must_hold():
    options = ["--activation", "softmax", "--cost", "cross_entropy", "--seed", 0]
    result = symnn("2-2", *options, "--set", "x=1,2 y=1,1", "--gradient", code=2)
    assert "makes use of Sum(y[j], j) = 1, and it is 2" in result.stderr
    symnn("2-2", *options, "--set", "x=1,2 y=1,1")
