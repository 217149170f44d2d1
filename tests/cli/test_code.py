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


LAYER_NORM = """\
# layer normalisation, one example
input x: d
parameter gamma, beta: d
mu = sum(x)/d
c[i] = x[i] - mu
v = c'*c/d
o[i] = gamma[i]*c[i]/(v + 1/100000)^(1/2) + beta[i]
"""


@pytest.mark.parametrize("rows", ["--batch", "--one-example"])
def test_a_layer_from_a_file_runs_where_only_numpy_can_be_imported(tmp_path, rows):
    path, file = tmp_path / "layer.py", tmp_path / "layer_norm.txt"
    file.write_text(LAYER_NORM, encoding="utf-8")
    said = symnn("code", file, rows, "-o", path).stdout
    shown = "one example a row" if rows == "--batch" else "one example"
    assert said == f"layer_norm.txt · numpy · {shown} · float64\nwrote {path}\n"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", NUMPY_ALONE, path], capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    assert len(run.stdout.splitlines()) == 3
    assert path.read_text(encoding="utf-8") == symnn("code", file, rows).stdout
    module = loaded(path)
    x = np.array([[1.0, 2, 4], [0, 1, 0]]) if rows == "--batch" else np.array([1.0, 2, 4])
    output, saved = module.forward(x, np.zeros(3), np.ones(3))
    centred = x - x.mean(axis=-1, keepdims=True)
    assert np.allclose(output, centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5))
    assert list(module.backward(saved, output)) == ["x", "beta", "gamma"]


def test_a_layer_from_a_file_is_a_torch_module(tmp_path):
    torch = pytest.importorskip("torch")
    path, file = tmp_path / "layer.py", tmp_path / "layer_norm.eq"
    file.write_text(LAYER_NORM, encoding="utf-8")
    symnn("code", file, "--target", "torch-function", "-o", path)
    layer, other = loaded(path).LayerNorm(5, dtype=torch.float64), torch.nn.LayerNorm(5, dtype=torch.float64)
    x = torch.randn(4, 5, dtype=torch.float64)
    outputs = [module(x) for module in (layer, other)]
    for output in outputs:
        (output**3).sum().backward()
    assert (outputs[0] - outputs[1]).abs().max() < 1e-12
    assert (layer.gamma.grad - other.weight.grad).abs().max() < 1e-10
    assert (layer.beta.grad - other.bias.grad).abs().max() < 1e-10


def test_what_is_computed_and_by_what_it_is_differentiated_can_be_chosen(tmp_path):
    path, file = tmp_path / "layer.py", tmp_path / "layer_norm.sym"
    file.write_text(LAYER_NORM, encoding="utf-8")
    symnn("code", file, "--of", "c", "--wrt", "x", "-o", path)
    module = loaded(path)
    output, saved = module.forward([[1.0, 3.0]])
    assert output.tolist() == [[-1, 1]]
    assert module.backward(saved, [[1, 0]])["x"].tolist() == [[0.5, -0.5]]


@pytest.mark.parametrize("target", ["numpy", "torch-function"])
def test_layers_of_the_catalogue_may_stand_in_the_file(tmp_path, capsys, target):
    if target != "numpy":
        pytest.importorskip("torch")
    path, file = tmp_path / "layer.py", tmp_path / "block.txt"
    file.write_text("input x: 4 x 6\no = TransformerBlock(x, heads=2, causal=1)\n", encoding="utf-8")
    symnn("code", file, "--target", target, "-o", path)
    run = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "by differences" in run.stdout or "gradcheck" in run.stdout


def test_an_architecture_is_a_torch_module_without_a_cost(tmp_path):
    torch = pytest.importorskip("torch")
    path = tmp_path / "network.py"
    said = symnn("code", "3-4-2", "--activation", "relu,softmax", "--target", "torch-function", "-o", path).stdout
    assert said.startswith("3-4-2 · relu, softmax · weights outputs,inputs · torch-function · one example a row\n")
    net = loaded(path).Network(dtype=torch.float64)
    own, parameters = mlp("3-4-2", activation=["relu", "softmax"], cost=None), dict(net.named_parameters())
    X = np.random.default_rng(0).normal(size=(5, 3))
    expected = own.evaluate({name: value.detach().numpy() for name, value in parameters.items()}, X)["a2"]
    assert np.allclose(net(torch.tensor(X)).detach().numpy(), expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("text", "options", "code", "message"),
    [
        (None, [], 2, "cannot read 'layer.txt': no such file"),
        (b"\xff\xfe", [], 2, "it is no text"),
        (b"o = ", [], 2, "something is missing beside '='"),
        (b"x = y", [], 2, "layer.txt:1:5"),
        (LAYER_NORM.encode(), ["--cost", "hinge"], 2, "--cost is for an architecture"),
        (LAYER_NORM.encode(), ["--wrt", "q"], 2, "no tensor 'q'"),
        (LAYER_NORM.encode(), ["--wrt", "c"], 2, "'c' is no input of the layer"),
        (LAYER_NORM.encode(), ["--of", "q"], 2, "no tensor 'q'"),
        (LAYER_NORM.encode(), ["--target", "jax"], 2, "'jax' is not one of"),
        (LAYER_NORM.encode(), ["--target", "torch-function", "--dtype", "float32"], 2, "--dtype is for numpy"),
        (LAYER_NORM.encode(), ["-o", "layer.txt"], 2, "a module's name ends in .py"),
        (b"parameter w: 2\no = w*2", [], 2, "write one example"),
    ],
)
def test_bad_files_are_one_line(tmp_path, monkeypatch, text, options, code, message):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / "layer.txt").write_bytes(text)
    result = symnn("code", "layer.txt", *options, code=code)
    assert result.stdout == ""
    assert message in result.stderr.splitlines()[0]
    assert len([line for line in result.stderr.splitlines() if not line.startswith("  ")]) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["2-3-1", "--of", "z1"], 2, "--of is for a file of equations"),
        (["2-3-1", "--wrt", "W1"], 2, "--wrt is for a file of equations"),
        (["2-3-1", "--one-example"], 2, "--batch/--one-example is for a file of equations"),
        (["2-3-1", "--target", "torch-function", "--l2", "0.1"], 2, "--l2 is not for --target torch-function"),
        (["2-3-1", "--target", "torch-function", "--activation", "f"], 1, "'f' is an undefined function"),
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
