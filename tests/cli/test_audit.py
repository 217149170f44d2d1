"""`symnn audit`: the table, the verdicts, JSON, exit codes, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from symnn.cli import main
from symnn.language import NAMED


def run(*args: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, ["audit", *args])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


def test_the_audit_of_a_network() -> None:
    text = run("2-3-1")
    expected = """\
2-3-1 · sigmoid · quadratic cost · one example, columns
  δ⁽²⁾ = (a⁽²⁾ − y) ⊙ σ′(z⁽²⁾)    exact
  ∂C/∂W⁽²⁾ = δ⁽²⁾ (a⁽¹⁾)ᵀ         exact
  ∂C/∂b⁽²⁾ = δ⁽²⁾                 exact
  δ⁽¹⁾ = (W⁽²⁾)ᵀ δ⁽²⁾ ⊙ σ′(z⁽¹⁾)  exact
  ∂C/∂W⁽¹⁾ = δ⁽¹⁾ xᵀ              exact
  ∂C/∂b⁽¹⁾ = δ⁽¹⁾                 exact
  Δ⁽²⁾ = (A⁽²⁾ − Y) ⊙ σ′(Z⁽²⁾)    exact
  ∂C/∂W⁽²⁾ = (1/m) (Δ⁽²⁾)ᵀ A⁽¹⁾   exact
  ∂C/∂b⁽²⁾ = (1/m) (Δ⁽²⁾)ᵀ 1      exact
  Δ⁽¹⁾ = Δ⁽²⁾ W⁽²⁾ ⊙ σ′(Z⁽¹⁾)     exact
  ∂C/∂W⁽¹⁾ = (1/m) (Δ⁽¹⁾)ᵀ X      exact
  ∂C/∂b⁽¹⁾ = (1/m) (Δ⁽¹⁾)ᵀ 1      exact
"""
    assert text.startswith(expected)
    last = text.splitlines()[-1]
    assert re.fullmatch(
        "6 equations: 6 exact; 12 matrix forms: 12 exact; 52 steps: 52 exact; "
        r"6 equations for a batch: 6 exact; compiled code within \de-1[5-7]",
        last,
    )


def test_the_audit_of_a_formula_in_plain_characters() -> None:
    text = run("x'*A*x", "--wrt", "x", "--ascii")
    assert "  df/dx = A' x + A x  exact" in text.splitlines()
    assert text.isascii()


def test_the_audit_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "norm.txt"
    file.write_text("input x: 3\nparameter g: 3\nh[i] = g[i] * x[i] / sqrt(sum(x[k]^2, k) + 1)\nC = sum(h[i]^2, i)\n")
    text = run(str(file))
    assert "WRONG" not in text
    assert "exact" in text


def test_every_step_is_listed() -> None:
    lines = run("1-1", "--steps").splitlines()
    assert any(line.split("  ")[1] == "∂C/∂W1, line 7: contraction of deltas" for line in lines if "line 7" in line)


def test_plain_data() -> None:
    found = json.loads(run("2-1", "--json", "--wrt", "b1"))
    assert found["right"] is True
    assert {line["verdict"] for line in found["lines"] if line["kind"] == "equation"} == {"exact"}
    assert found["lines"][1]["text"] == "∂C/∂b⁽¹⁾ = δ⁽¹⁾"
    assert found["code"] < 1e-14


def test_what_is_wrong_is_said_and_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    sigmoid = NAMED["sigmoid"]
    monkeypatch.setattr(sigmoid, "first_derivative", staticmethod(lambda t: 2 * sigmoid(t)))
    lines = run("2-1", code=1).splitlines()
    assert re.fullmatch(r"  δ⁽¹⁾ = \(a⁽¹⁾ − y\) ⊙ σ′\(z⁽¹⁾\) +WRONG at j = 1: \S+ against \S+", lines[1])
    assert lines[2].endswith("exact")
    assert any("line 3: elementwise rule" in line and "WRONG" in line for line in lines)
    assert "1 WRONG" in lines[-1]
    assert json.loads(run("2-1", "--json", code=1))["right"] is False


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["2-x"], "bad architecture '2-x'"),
        (["2-1", "--wrt", "W9"], "no tensor 'W9' in the program"),
        (["2-1", "--shape", "x=3"], "--shape: that is for a formula"),
        (["x'*A*x", "--cost", "hinge"], "--cost is for an architecture"),
        (["n0-...-nL"], "has any number of layers"),
        (["../missing.txt"], "missing.txt"),
        (["2-1", "--seed", "x"], "'x' is not a valid integer"),
        (["__import__('os')*x"], "__import__"),
    ],
)
def test_what_is_refused(args: list[str], said: str) -> None:
    text = run(*args, code=2)
    assert said in text
    assert len([line for line in text.splitlines() if "error" in line.lower()]) == 1


def test_a_network_that_is_too_large_is_refused() -> None:
    text = run("2000-1000-10", code=1)
    assert "nothing could be checked: 2013020 numbers are too many to check one by one (at most 300000)" in text
