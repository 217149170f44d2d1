"""Numbers put into the equations: against the literature, by seed, from a file, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import symnn
from symnn.cli import main
from symnn.errors import DataError, InputError
from symnn.teaching.given_numbers import worked

ESSAY = {"W1": [[2, 0.2, 1]], "b1": [1], "x": [0.5, 0.9, 0.1], "y": [1]}
MAZUR = {
    "W1": [[0.15, 0.20], [0.25, 0.30]], "b1": [0.35, 0.35], "W2": [[0.40, 0.45], [0.50, 0.55]], "b2": [0.60, 0.60],
    "x": [0.05, 0.10], "y": [0.01, 0.99], "learning_rate": 0.5,
}  # fmt: skip


def _file(folder: Path, numbers: object) -> str:
    path = folder / "numbers.json"
    path.write_text(numbers if isinstance(numbers, str) else json.dumps(numbers))
    return str(path)


def _derive(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["derive", *arguments])
    return result.exit_code, result.output


def test_the_essays_neuron(tmp_path: Path) -> None:
    code, out = _derive("3-1", "--numbers", _file(tmp_path, ESSAY))
    assert code == 0
    assert "= 2·0.5 + 0.2·0.9 + 1·0.1 + 1 = 1.28 + 1 = 2.28\n" in out
    assert "a⁽¹⁾₁ = σ(z⁽¹⁾₁) = σ(2.28) = 0.907207\n" in out


def test_mazurs_example_forward_backward_and_one_update(tmp_path: Path) -> None:
    """Mazur, A step by step backpropagation example (2015): E, two slopes, and two new weights."""
    net = symnn.mlp("2-2-2")
    working = worked(net, _file(tmp_path, MAZUR))
    found = working.as_dict()
    assert found["values"]["C"] == pytest.approx(0.298371109, abs=5e-10)
    assert found["gradients"]["W2"][0][0] == pytest.approx(0.082167041, abs=5e-10)
    assert found["gradients"]["W1"][0][0] == pytest.approx(0.000438568, abs=5e-10)
    assert found["updated"]["W2"][0][0] == pytest.approx(0.35891648, abs=5e-9)
    assert found["updated"]["W1"][0][0] == pytest.approx(0.14978072, abs=5e-9)
    printed = working.text(digits=9)
    for number in ("0.298371109", "0.0821670406", "0.000438567", "0.35891648", "0.149780716"):
        assert number in printed


def test_rows_have_symbols_numbers_and_a_result(tmp_path: Path) -> None:
    sections = dict(worked(symnn.mlp("3-1"), _file(tmp_path, ESSAY)).rows())
    assert list(sections) == ["Forward", "Backward", "Update"]
    row = sections["Forward"][0]
    assert (row.left, row.substituted, row.between, row.result) == (
        "z⁽¹⁾₁", "2·0.5 + 0.2·0.9 + 1·0.1 + 1", "1.28 + 1", "2.28",
    )  # fmt: skip


def test_latex_has_three_columns(tmp_path: Path) -> None:
    latex = worked(symnn.mlp("3-1"), _file(tmp_path, ESSAY)).latex()
    assert r"a^{(1)}_{1} &= \sigma(z^{(1)}_{1}) &&= \sigma(2.28) &&= 0.907207" in latex
    assert latex.count(r"\begin{align*}") == latex.count(r"\end{align*}") == 3


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "identity"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_is_printed_is_what_numpy_computes(activation: str, seed: int) -> None:
    functions = {
        "sigmoid": lambda t: 1 / (1 + np.exp(-t)), "tanh": np.tanh, "relu": lambda t: np.maximum(t, 0),
        "identity": lambda t: t,
    }  # fmt: skip
    values = worked(symnn.mlp("3-2-1", activation=activation), seed).as_dict()["values"]
    a = np.array(values["x"])
    for layer in ("1", "2"):
        a = functions[activation](np.array(values[f"W{layer}"]) @ a + np.array(values[f"b{layer}"]))
    assert values["a2"] == pytest.approx(a, rel=1e-12)
    assert values["C"] == pytest.approx(0.5 * np.sum((a - np.array(values["y"])) ** 2), rel=1e-12)


def test_the_update_goes_down_the_slope() -> None:
    working = worked(symnn.mlp("2-3-1"), 5).as_dict()
    for name, new in working["updated"].items():
        old = np.array(working["values"][name])
        assert np.array(new) == pytest.approx(old - 0.5 * np.array(working["gradients"][name]), rel=1e-12)


def test_targets_that_are_drawn_obey_what_the_cost_uses() -> None:
    net = symnn.mlp("2-3", activation="softmax", cost="cross_entropy")
    for seed in range(5):
        assert sum(worked(net, seed).as_dict()["values"]["y"]) == 1


def test_other_layers_are_worked_too() -> None:
    from symnn.networks import Convolution1d

    net = symnn.Network([Convolution1d((1, 4), filters=1, width=2), symnn.Dense((1, 3), 1)])
    assert "Update" in worked(net, 1).text()


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({**ESSAY, "W1": [[2, 0.2]]}, "'W1' is 1×2; 1×3 is needed"),
        ({**ESSAY, "W1": [[2, 0.2, 1], [1]]}, "in rows of different lengths"),
        ({**ESSAY, "V1": [1]}, "unknown name 'V1'"),
        ({"x": [1, 2, 3]}, r"no numbers for W1 \(1×3\), b1 \(1\), y \(1\)"),
        ({**ESSAY, "b1": ["__import__('os')"]}, "which is no finite number"),
        ({**ESSAY, "b1": [True]}, "which is no finite number"),
        ({**ESSAY, "b1": [1e300]}, "numbers up to 1e"),
        ({**ESSAY, "learning_rate": -1}, "learning_rate is -1; a positive number is needed"),
        ('{"W1": [[NaN, 1, 1]], "b1": [1], "x": [1, 1, 1], "y": [1]}', "which is no finite number"),
        ("[1, 2]", "an object with an array for each name is needed"),
        ('{"W1": [1e-999999999, 1, 1], "b1": [1], "x": [1, 1, 1], "y": [1]}', "numbers from 1e-30 on can be worked"),
        ('{"W1": [1e999999999, 1, 1], "b1": [1], "x": [1, 1, 1], "y": [1]}', "numbers up to 1e6 can be worked"),
        ('{"b1": [1], "b1": [2], "x": [1, 1, 1], "y": [1]}', "'b1' is given twice"),
    ],
)
def test_numbers_that_do_not_fit(tmp_path: Path, numbers: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        worked(symnn.mlp("3-1"), _file(tmp_path, numbers))


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "\x00\xff", "{" + " " * 200_000])
def test_files_that_are_no_json(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError):
        worked(symnn.mlp("3-1"), _file(tmp_path, text))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["784-30-10", "--numbers", "1"], "784-30-10 has 23,860 parameters: numbers are for at most 30"),
        (["n0-n1", "--numbers", "1"], "numbers need sizes that are numbers"),
        (["2-1", "--batch", "--numbers", "1"], "--numbers and --batch exclude each other"),
        (["2-1", "--numbers", "missing.json"], "cannot read 'missing.json'"),
        (["2-1", "--numbers", "1", "--style", "slides", "-o", "no.tex"], "--numbers and --style slides exclude"),
        (["n0-...-nL", "--numbers", "1"], "--numbers is for an architecture"),
    ],
)
def test_what_the_command_refuses(arguments: list[str], message: str) -> None:
    code, out = _derive(*arguments)
    assert code in (1, 2)
    assert message in out
    assert "Traceback" not in out


def test_a_cost_without_targets_is_worked() -> None:
    found = worked(symnn.mlp("2-1", cost="exp(a)"), 1).as_dict()
    assert "y" not in found["values"]
    z, a = found["values"]["z1"][0], found["values"]["a1"][0]
    assert found["gradients"]["b1"][0] == pytest.approx(math.exp(a) * math.exp(-z) / (1 + math.exp(-z)) ** 2)
