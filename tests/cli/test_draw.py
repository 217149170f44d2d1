"""`symnn draw`: every ending, every kind of subject, and what is said to who asks for what there is not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

import symnn
from symnn.cli import main
from symnn.training import save_model

NEURON = "W1=2,0.2,1 b1=1 x=0.5,0.9,0.1"
SVG = "{http://www.w3.org/2000/svg}"


def draw(*arguments: Any, code: int = 0) -> str:
    """Run the command and return what it printed."""
    result = CliRunner().invoke(main, ["draw", *map(str, arguments)])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


def words_in(path: Path) -> list[str]:
    """Return what is written in an SVG file."""
    root = ElementTree.fromstring(path.read_text("utf-8"))
    return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]


def test_the_essays_neuron(tmp_path: Path) -> None:
    out = tmp_path / "neuron.svg"
    draw("3-1", "--set", NEURON, "-o", out)
    assert {"0.5", "0.9", "0.1", "2", "0.2", "1", "0.907"} <= set(words_in(out))


@pytest.mark.parametrize(
    ("ending", "begins"), [(".svg", b"<svg"), (".tex", b""), (".png", b"\x89PNG"), (".pdf", b"%PDF-")]
)
def test_the_ending_says_the_kind(tmp_path: Path, ending: str, begins: bytes) -> None:
    if ending in (".png", ".pdf"):
        pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    out = tmp_path / f"net{ending}"
    draw("3-4-2", "-o", out)
    made = out.read_bytes()
    assert begins in made[:60]
    if ending == ".tex":
        assert made.count(rb"\begin{tikzpicture}") == made.count(rb"\end{tikzpicture}") == 1
        assert rb"\documentclass" not in made


def test_a_seed_draws_the_same_numbers_again(tmp_path: Path) -> None:
    one, two, three = tmp_path / "1.svg", tmp_path / "2.svg", tmp_path / "3.svg"
    draw("2-3-1", "--values", "--seed", 4, "-o", one)
    draw("2-3-1", "--values", "--seed", 4, "-o", two)
    draw("2-3-1", "--values", "--seed", 5, "-o", three)
    assert one.read_bytes() == two.read_bytes()
    assert one.read_bytes() != three.read_bytes()


def test_a_saved_model_is_drawn_with_its_weights(tmp_path: Path) -> None:
    net = symnn.mlp("2-2-1")
    X = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    fit = symnn.train(net, X, np.array([0.0, 1, 1, 0]).reshape(-1, 1), epochs=5, seed=1)
    save_model(tmp_path / "xor.npz", fit)
    draw(tmp_path / "xor.npz", "-o", tmp_path / "xor.svg")
    written = words_in(tmp_path / "xor.svg")
    for weight in fit.parameters["W1"].ravel():
        assert f"{weight:.3g}".replace("-", "−") in written


def test_a_file_of_equations_is_drawn(tmp_path: Path) -> None:
    equations = "input x: 2\ntarget y: 1\nparameter W: 1 x 2\na = sigmoid(W*x)\nC = sum((a - y).^2)/2\n"
    (tmp_path / "net.txt").write_text(equations)
    draw(tmp_path / "net.txt", "-o", tmp_path / "net.svg")
    assert any("W" in word for word in words_in(tmp_path / "net.svg"))


def test_a_notation_says_the_letters(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text('weights = "Θ"\nlayers = "bracket"\n')
    draw("2-1", "--notation", tmp_path / "course.toml", "-o", tmp_path / "net.svg")
    drawn = (tmp_path / "net.svg").read_text("utf-8")
    assert "θ" in drawn
    assert "[1]" in drawn
    assert "w⁽¹⁾" not in drawn


def test_file_names_are_printed_and_not_obeyed(tmp_path: Path) -> None:
    name = "a<b>&\"'%$#_{}.txt"
    equations = "input x: 2\ntarget y: 1\nparameter W: 1 x 2\na = sigmoid(W*x)\nC = sum((a - y).^2)/2\n"
    (tmp_path / name).write_text(equations)
    draw(tmp_path / name, "-o", tmp_path / "net.svg")
    assert any("a<b>&" in word for word in words_in(tmp_path / "net.svg"))
    draw(tmp_path / name, "-o", tmp_path / "net.tex")
    tex = (tmp_path / "net.tex").read_text("ascii")
    assert "%$#_" not in tex
    assert r"\%" in tex


def test_json(tmp_path: Path) -> None:
    said = json.loads(draw("3-4-2", "-o", tmp_path / "net.svg", "--json"))
    assert said["nodes"] == 9
    assert said["edges"] == 20


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["3-4-2", "-o", "net.gif"], ".gif"),
        (["3-4-2", "-o", "net"], "net"),
        (["3-4-x!", "-o", "net.svg"], "3-4-x!"),
        (["3-1", "--set", "W7=1", "-o", "net.svg"], "W7"),
        (["3-1", "--set", "W1=1", "-o", "net.svg"], "W1"),
        (["3-1", "--set", "W1", "-o", "net.svg"], "W1"),
        (["3-1", "--seed", "-1", "-o", "net.svg"], "-1"),
        (["n0-n1", "--values", "-o", "net.svg"], "n0"),
        (["3-1", "--activation", "rleu", "-o", "net.svg"], "relu"),
        (["3-1", "-o", "no/such/folder/net.svg"], "folder"),
    ],
)
def test_bad_usage_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code = 1 if "folder" in said else 2
    printed = draw(*arguments, code=code)
    assert said in printed
    assert len(printed.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_model_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.npz").write_bytes(b"no model")
    printed = draw(tmp_path / "model.npz", "-o", tmp_path / "net.svg", code=2)
    assert "model.npz" in printed
    draw(tmp_path / "none.npz", "-o", tmp_path / "net.svg", code=2)


def test_without_matplotlib_the_command_to_install_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    printed = draw("2-1", "-o", tmp_path / "net.png", code=1)
    assert 'pip install "symnn[plot]"' in printed
    draw("2-1", "-o", tmp_path / "net.svg")
