"""`symnn steps`: networks, files and formulas; formats; what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from symnn.cli import main

FILE = """input x: 3
target y
parameter w: 3
z = w'*x
C = (z - y)^2/2
"""


def _run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["steps", *arguments], standalone_mode=True)
    return result.exit_code, result.stdout, result.stderr


def test_a_network() -> None:
    code, out, _ = _run("2-3-1", "--wrt", "W1")
    assert code == 0
    assert out.startswith("2-3-1 · sigmoid · quadratic cost · one example, columns\nGiven\n")
    assert "5  ∂C/∂W⁽¹⁾\n" in out
    assert "Result\n  ∂C/∂W⁽¹⁾ = δ⁽¹⁾ xᵀ\n" in out


def test_a_formula_may_begin_with_a_minus() -> None:
    code, out, _ = _run("-x'*A*x", "--wrt", "x", "--no-proof")
    assert code == 0
    assert "Result\n  ∂f/∂x = −(A + Aᵀ) x\n" in out


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "fit.txt"
    path.write_text(FILE)
    code, out, _ = _run(str(path), "--no-proof")
    assert code == 0
    assert "∂C/∂w = " in out


def test_fewer_lines() -> None:
    lengths = [len(_run("2-1", "--detail", str(detail), "--no-proof")[1].splitlines()) for detail in (1, 2, 3)]
    assert lengths == sorted(set(lengths))


def test_json_has_each_line_with_its_rule() -> None:
    code, out, _ = _run("2-1", "--wrt", "b1", "--json")
    found = json.loads(out)
    assert code == 0
    assert [stage["of"] for stage in found["stages"]] == ["a1", "z1", "b1"]
    for stage in found["stages"]:
        for line in stage["lines"]:
            assert line["rule"]
            assert line["proof"] in ("exact", "50 digits")


@pytest.mark.parametrize(("ending", "begin"), [(".txt", "2-1"), (".md", "### 2-1"), (".tex", r"\begingroup")])
def test_files_by_their_endings(tmp_path: Path, ending: str, begin: str) -> None:
    path = tmp_path / f"steps{ending}"
    assert _run("2-1", "--no-proof", "-o", str(path))[0] == 0
    assert path.read_text().startswith(begin)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["2-3-1", "--wrt", "W3"], "no tensor 'W3' in the program"),
        (["2-3-1", "--detail", "4"], "Invalid value for '--detail'"),
        (["2-3-1", "-o", "x.doc"], "unknown ending '.doc'"),
        (["2-3-1", "--shape", "A=2"], "--shape: that is for a formula"),
        (["x'*A*x", "--cost", "hinge"], "--cost is for an architecture: this is a formula"),
        (["n0-...-nL"], "has any number of layers: give a number of them"),
        (["x'*A*x", "--wrt", "z"], "the formula has no variable 'z'"),
        (["nonsense"], "bad architecture 'nonsense'"),
    ],
)
def test_what_is_refused(arguments: list[str], message: str) -> None:
    code, _, error = _run(*arguments)
    assert code == 2
    assert message in error
    assert "Traceback" not in error
