"""`symnn check`: exit code 0 for right, 1 for wrong, 2 for what cannot be read; one line, and a caret."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from symnn.cli import main

LINES = """# by hand
delta2 = (a2 - y) .* sigmoid'(z2)
dW2 = delta2 * a1'
delta1 = W2 * delta2 .* sigmoid'(z1)
dW1 = delta1 * x'
"""


def run(*arguments):
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def test_a_right_formula():
    result = run("2-3-1", "--wrt", "W1", "delta1 * x'")
    assert result.exit_code == 0
    title, said = result.output.splitlines()
    assert title == "2-3-1 · sigmoid · quadratic cost · one example, columns"
    assert said.startswith("right: ∂C/∂W⁽¹⁾ = δ⁽¹⁾ xᵀ   (3×2, ")


def test_a_wrong_formula():
    result = run("2-3-1", "--wrt", "W1", "x * delta1'")
    assert result.exit_code == 1
    assert result.output.splitlines()[1:] == [
        "wrong: ∂C/∂W⁽¹⁾ is not x * delta1'",
        "  shapes: left ∂C/∂W⁽¹⁾: 3×2; right: 2×3",
        "  likely slip, transpose: the whole is transposed; right is delta1 * x'",
    ]


def test_shapes_that_do_not_fit_are_wrong_and_pointed_at():
    result = run("2-3-1", "--wrt", "b1", "W2*delta2 .* sigmoid'(z1)")
    assert result.exit_code == 1
    assert "right: none, its parts do not fit" in result.output
    assert "    W2*delta2 .* sigmoid'(z1)\n    ^\n" in result.output


@pytest.mark.parametrize("way", ["argument", "option"])
def test_a_file(tmp_path, way):
    path = tmp_path / "derivation.txt"
    path.write_text(LINES, encoding="utf-8")
    result = run("2-3-2", *(["--file", path] if way == "option" else [path]))
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == "line 4 is the first wrong one; in itself right: 5"
    path.write_text(LINES.replace("W2 *", "W2' *"), encoding="utf-8")
    assert run("2-3-2", "--file", path, "--wrt", "W1").exit_code == 0


def test_errors_in_a_file_name_it(tmp_path):
    path = tmp_path / "derivation.txt"
    path.write_text("dW1 = delta1 * x'\ndb1 = delta1 +\n", encoding="utf-8")
    result = run("2-3-1", path)
    assert result.exit_code == 2
    assert "derivation.txt:2:15: the formula ends" in result.stderr


def test_formulas_as_subjects():
    assert run("x'*A*x", "--wrt", "x", "(A + A')*x").exit_code == 0
    assert run("-x'*A*x", "--wrt", "x", "-(A + A')*x").exit_code == 0
    assert run("x'*A*x", "--wrt", "x", "-A*x - A'*x").exit_code == 1
    assert run("x'*A*x", "--wrt", "x", "2*A*x", "--symmetric", "A").exit_code == 0
    assert run("x'*A*x", "--wrt", "x", "2*A*x").exit_code == 1
    assert run("sum((X*w - y).^2)", "--wrt", "w", "2*X'*(X*w - y)", "--shape", "X=5,3").exit_code == 0


def test_a_file_of_equations_as_subject(tmp_path):
    path = tmp_path / "net.txt"
    path.write_text("input x: 3\nparameter w: 3\ns = w'*x\nC = softplus(s)\n", encoding="utf-8")
    assert run(path, "--wrt", "w", "sigmoid(s)*x").exit_code == 0


def test_options_of_networks():
    ce = ["3-4-3", "--activation", "tanh,softmax", "--cost", "cross_entropy"]
    assert run(*ce, "--wrt", "b2", "a2 - y").exit_code == 0
    assert run("2-3-1", "--l2", "0.1", "--wrt", "W1", "delta1*x' + W1/10").exit_code == 0
    assert run("2-3-1", "--weights", "inputs,outputs", "--wrt", "W1", "x*delta1'").exit_code == 0
    assert run("2-3-2", "--activation", "f", "--wrt", "b2", "(a2 - y) .* f'(z2)").exit_code == 0
    assert run("2-3-2", "--activation", "f", "--cost", "C", "--wrt", "W1", "delta1*x'").exit_code == 0


def test_a_formula_may_begin_with_a_minus():
    assert run("2-3-1", "--wrt", "b1", "-delta1").exit_code == 1
    assert run("2-3-1", "-(y - a2).*sigmoid'(z2)", "--wrt", "b2").exit_code == 0


def test_json():
    result = run("2-3-1", "--wrt", "b1", "W2'*delta2", "--json")
    assert result.exit_code == 1
    found = json.loads(result.output)
    assert found["right"] is False
    (line,) = found["lines"]
    assert line["slip"] == {
        "kind": "derivative",
        "said": "sigmoid'(z1) is missing",
        "formula": "W2' * delta2 .* sigmoid'(z1)",
    }
    assert line["shapes"] == {"left": "3", "right": "3"}
    assert line["counterexample"]["yours"] != line["counterexample"]["right"]


def test_a_notation(tmp_path):
    path = tmp_path / "course.toml"
    path.write_text('cost = "L"\n', encoding="utf-8")
    result = run("2-3-1", "--wrt", "W1", "delta1*x'", "--notation", path)
    assert result.exit_code == 0
    assert "right: ∂L/∂W⁽¹⁾" in result.output


def test_ascii():
    for formula in ("delta1*x'", "x*delta1'", "δ1*x"):
        result = run("2-3-1", "--wrt", "W1", formula, "--ascii")
        assert result.output.isascii(), result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["2-3-1"], "nothing to check: give a formula, or --file FILE"),
        (["2-3-1", "delta1"], "a left side is missing: write dW1 = …, or say --wrt"),
        (["2-3-1", "--wrt", "W1", "foo"], "unknown name 'foo'"),
        (["2-3-1", "--wrt", "W1", "delta1 * "], "the formula ends where"),
        (["2-3-1", "--wrt", "W3", "delta1"], "there is no ∂C/∂W3 (accepted: W1, "),
        (["n0-...-nL", "--wrt", "W1", "delta1"], "give a number of them"),
        (["2-3-1", "--file", "no/such.txt"], "cannot read 'no/such.txt'"),
        (["2-3-1", "no_such.txt"], "cannot read 'no_such.txt'"),
        (["2-3-1", "delta1", "--file", "x.txt"], "not both"),
        (["x'*A*x", "--wrt", "x", "A*x", "--l2", "1"], "--l2 is for an architecture"),
        (["x'*A*x", "--wrt", "q", "A*x"], "the formula has no variable 'q'"),
        (["x'*A*x", "A*x"], "a left side is missing: write"),
        (["2-3-1", "--wrt", "W1", "a" * 300], "unknown name"),
        (["2-3-1", "--wrt", "W1", "delta1\x00"], "unexpected character"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    first, *picture = result.stderr.splitlines()
    assert first.startswith("symnn: error: ")
    assert len(picture) in (0, 2)


def test_no_file_is_too_strange(tmp_path):
    path = tmp_path / "strange.txt"
    for content in (b"", b"\n\n# nothing\n", b"\xff\xfe\x00", b"(" * 60_000, b"dW1 = (delta1", b"\x1b[31m = 2"):
        path.write_bytes(content)
        result = run("2-3-1", path)
        assert result.exit_code == 2, content[:20]
        assert len(result.stderr.splitlines()) in (1, 3)
        assert "\x1b" not in result.stderr
