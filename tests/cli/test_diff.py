"""`symnn diff`: formulas in, derivatives out; what is no formula gets one line and a caret."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
import pytest
from click.testing import CliRunner

from symnn.cli import main


def run(*arguments):
    return CliRunner().invoke(main, ["diff", *map(str, arguments)])


def refused(*arguments):
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.output == result.stderr
    first, *picture = result.stderr.splitlines()
    assert first.startswith("symnn: error: ")
    assert len(picture) in (0, 2)
    return result.stderr


def test_the_answer_is_a_closed_form():
    assert run("x'*A*x", "--wrt", "x").output == (
        "x'*A*x\nValue\n  f = xᵀ A x\nGradient\n  ∂f/∂x   = (A + Aᵀ) x\nshapes inferred: x n, A n×n\n"
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["x'*A*x", "--kind", "hessian", "--wrt", "x"], "∂²f/∂x∂xᵀ   = A + Aᵀ"),
        (["A*x", "--wrt", "x"], "∂f/∂xᵀ   = A"),
        (["A*x", "--wrt", "x", "--upstream", "u"], "∂C/∂x   = Aᵀ f̄"),
        (["tr(S*S)", "--symmetric", "S"], "∂f/∂S   = 2S"),
        (["t*sum(x)", "--shape", "x=3", "--shape", "t=scalar"], "∂f/∂t   = 1ᵀ x"),
        (["-x'*x/2"], "∂f/∂x   = −x"),
        (["x'*x", "--ascii"], "df/dx   = 2 x"),
        (["b'*sin(A*x)", "--wrt", "x", "--working"], "Backward"),
        (["x'*x", "--format", "latex"], r"\frac{\partial f}{\partial \bm{x}} &= 2 \bm{x}"),
    ],
)
def test_what_it_says(arguments, line):
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    assert line in result.output


def test_the_code_needs_numpy_alone_and_solves_instead_of_inverting(tmp_path):
    file = tmp_path / "answer.py"
    assert run("(x-m)'*inv(S)*(x-m)", "--wrt", "x", "-o", file).exit_code == 0
    source = file.read_text()
    assert "np.linalg.inv" not in source
    assert "np.linalg.solve" in source
    namespace = {}
    exec(compile(source, "answer.py", "exec"), namespace)
    S, x, m = np.array([[2.0, 1.0], [0.0, 3.0]]), np.array([1.0, 2.0]), np.zeros(2)
    value, slope = namespace["compute"](S=S, x=x, m=m)
    V = np.linalg.inv(S)
    np.testing.assert_allclose(value, x @ V @ x)
    np.testing.assert_allclose(slope, (V + V.T) @ x)


def test_json_is_one_object():
    found = json.loads(run("x'*A*x", "--wrt", "x", "--json").output)
    assert found["equations"]["x"].startswith("dx[i] = ")
    assert found["kind"] == "gradient"
    assert "def compute(A, x):" in found["numpy"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["A*x + y'*("], "the formula ends where a number, a name or '(' is expected"),
        (["A*x + x", "--shape", "A=3,2"], "'A*x' is 3×1 and 'x' is 2×1"),
        (["A*x", "--kind", "gradient"], "only a scalar has a gradient: ask for its Jacobian, or give an upstream"),
        (["x'*x", "--wrt", "y"], "the formula has no variable 'y'"),
        (["floor(x)"], "floor"),
        (["sin*x"], "sin"),
        (["x'*x", "--shape", "x"], "bad --shape 'x'"),
        (["x'*x", "-o", "a.doc"], "unknown ending '.doc'"),
        (["__import__('os').system('true')"], "line 1 column"),
    ],
)
def test_bad_input_is_one_line(arguments, message):
    assert message in refused(*arguments)


@pytest.mark.parametrize("formula", ["(" * 10_000 + "x" + ")" * 10_000, "x+" * 500_000 + "x", "x" + "'" * 5_000])
def test_hostile_formulas_are_refused_at_once(formula):
    began = time.monotonic()
    result = run(formula)
    assert time.monotonic() - began < 5
    assert result.exit_code in (0, 2)
    assert len(result.stderr) < 1_000


def test_a_picture_shows_the_place():
    done = subprocess.run(
        [sys.executable, "-m", "symnn.cli", "diff", "A*(x + y"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines[1] == "  A*(x + y"
    assert lines[2].strip() == "^"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["A*x", "--upstream", "A"], "'A' is a name in the formula: give the upstream adjoint another"),
        (["x'*A*x", "--kind", "hessian", "--upstream", "G"], "an upstream adjoint is for a gradient, and a hessian"),
        (["norm2(x)", "--shape", "x=3", "--shape", "x=4"], "--shape gives 'x' two shapes: 3 and 4"),
        (["norm2(x)", "--shape", "x="], "bad --shape 'x='"),
        (["norm2(x)", "--shape", "x=x"], "bad --shape 'x=x'"),
        (["norm2(x)", "--shape", "x=scalar,3"], "bad --shape 'x=scalar,3'"),
        (["norm2(x)", "--wrt", ""], "wrt names nothing to differentiate by (accepted: x)"),
        (["norm2(x)", "--wrt", ","], "wrt names nothing to differentiate by (accepted: x)"),
    ],
)
def test_options_that_make_no_sense(arguments, message):
    assert message in refused(*arguments)


@pytest.mark.parametrize("shape", ["A=3,4", "A=3x4", "A = 3 x 4", "A=3 × 4", "A=(3, 4)"])
def test_shapes_as_they_may_be_written(shape):
    assert "shapes given: A 3×4\n" in run("norm2(A)", "--shape", shape).output


@pytest.mark.parametrize("format", ["text", "ascii", "markdown", "latex", "numpy"])
def test_the_last_line_ends(format):
    assert run("x'*x", "--format", format).output.endswith("\n")


def test_greek_letters_may_be_typed():
    result = run("λ*x'*x", "--wrt", "λ", "--shape", "λ=scalar")
    assert "∂f/∂λ   = ‖x‖²" in result.output
