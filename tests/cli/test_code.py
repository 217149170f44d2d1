"""`symnn code`: a module that needs NumPy alone, and one clear line for what cannot be written."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from symnn.cli import main
from symnn.networks import mlp

HOSTILE = "__import__('os').system('touch hostile')"
NUMPY_ALONE = """
import runpy, sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("sympy", "symnn", "scipy", "mpmath", "click"):
            raise ImportError(name)
sys.meta_path.insert(0, Blocked())
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def symnn(*arguments, code=0):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def loaded(path):
    specification = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "arguments", [["4-5-2"], ["n0-n1-n2", "--activation", "gelu,softmax", "--cost", "cross_entropy"]]
)
def test_the_module_runs_where_only_numpy_can_be_imported_and_its_cost_goes_down(tmp_path, arguments):
    path = tmp_path / "gradient.py"
    symnn("code", *arguments, "-o", path)
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", NUMPY_ALONE, path], capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    costs = [float(line.split()[-1]) for line in run.stdout.splitlines()]
    assert len(costs) == 11
    assert costs[-1] < costs[1] < costs[0]


def test_the_module_learns_xor(tmp_path):
    path = tmp_path / "gradient.py"
    symnn("code", "2-8-1", "--activation", "tanh,sigmoid", "--cost", "binary_cross_entropy", "-o", path)
    module = loaded(path)
    X, Y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
    parameters = module.train(X, Y, learning_rate=1.0, epochs=1000, batch_size=4)
    assert (module.predict(parameters, X).round() == Y).all()
    assert module.predict(parameters, X[1]).shape == (1,)


def test_it_prints_the_module_or_says_what_was_written(tmp_path):
    path = tmp_path / "gradient.py"
    printed = symnn("code", "3-2", "--weights", "inputs,outputs", "--dtype", "float32", "--l2", "0.1").stdout
    said = symnn("code", "3-2", "--weights", "inputs,outputs", "--dtype", "float32", "--l2", "0.1", "-o", path).stdout
    assert said == f"3-2 · sigmoid · quadratic cost · l2 0.1 · weights inputs,outputs · float32\nwrote {path}\n"
    assert path.read_text(encoding="utf-8") == printed
    module, net = loaded(path), mlp("3-2", weights="inputs,outputs", l2=0.1)
    assert module.SHAPES["W1"] == (3, 2)
    parameters = module.initial_parameters(4)
    cost, gradients = module.gradient(parameters, [1, 2, 3], [0, 1])
    expected, slopes = net.gradient().compile(dtype="float32")(parameters, [1, 2, 3], [0, 1])
    assert cost == expected
    assert all(gradients[name].dtype == np.float32 for name in gradients)
    assert all(np.array_equal(gradients[name], slopes[name]) for name in slopes)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["2-x"], 2, "bad architecture '2-x'"),
        (["n0-...-nL"], 2, "is a network of any number of layers"),
        (["2-3-1", "--activation", "rleu"], 2, "unknown activation 'rleu' (did you mean 'relu'?)"),
        (["2-3-1", "--activation", HOSTILE], 2, "cannot read"),
        (["2-3-1", "--cost", HOSTILE], 2, "cannot read"),
        (["2-3-1", "--activation", "f"], 1, "'f' is an undefined function"),
        (["2-3-1", "--cost", "Q"], 1, "'Q' is an undefined function"),
        (["2-3-1", "--cost", "a^2"], 1, "does not depend on 'y'"),
        (["2-3-1", "--l2", "-1"], 2, "bad penalty"),
        (["2-3-1", "-o", "gradient.txt"], 2, "a module's name ends in .py"),
        (["2-3-1", "-o", "no/such/gradient.py"], 1, "there is no folder 'no/such'"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(tmp_path, monkeypatch, arguments, code, message):
    monkeypatch.chdir(tmp_path)
    result = symnn("code", *arguments, code=code)
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == []
