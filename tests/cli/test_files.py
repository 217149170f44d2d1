"""Files of equations where an architecture may stand: derived, trained, saved and used again."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

import symnn
from symnn.cli import main
from symnn.networks import ProgramNetwork
from symnn.networks.catalogue import MAKERS

REGRESSION = """
input x: 4
target y: 3
parameter W: 3 x 4
parameter b: 3
z = W*x + b
a = softmax(z)
C = -y'*log(a)
fact sum(y) = 1
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "regression.txt"
    path.write_text(REGRESSION)
    return path


def run(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_derive_reads_a_file(file):
    result = run("derive", file)
    assert result.exit_code == 0
    assert result.output.startswith("regression.txt · one example, columns\n")
    assert "  z̄       = a − y\n  ∂C/∂W   = z̄ xᵀ\n" in result.output
    assert "∂C/∂W   = (1/m) Z̄ᵀ X" in run("derive", file, "--batch").output


def test_options_of_architectures_are_refused(file):
    result = run("derive", file, "--cost", "hinge")
    assert result.exit_code == 2
    assert result.stderr == "symnn: error: --cost is for an architecture: a file of equations says it itself\n"


def test_errors_name_file_line_and_column(file):
    file.write_text(REGRESSION.replace("W*x", "W2*x"))
    result = run("derive", file)
    assert result.exit_code == 2
    assert result.stderr.startswith("symnn: error: regression.txt:6:5: unknown name 'W2'")
    assert result.stderr.splitlines()[1:] == ["  z = W2*x + b", "      ^"]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such file"), (b"", "there is no equation in it"), (b"\xff\xfe\x00", "it is no text")],
)
def test_files_that_are_none(tmp_path, content, message):
    path = tmp_path / "odd.txt"
    if content is not None:
        path.write_bytes(content)
    result = run("derive", path)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_train_save_and_predict(file, tmp_path):
    pytest.importorskip("sklearn")
    model = tmp_path / "iris.npz"
    trained = run("train", file, "--data", "iris", "-o", model)
    assert trained.exit_code == 0, trained.stderr
    assert "own cost" in trained.output
    predicted = run("predict", model, "--data", "iris")
    assert predicted.exit_code == 0, predicted.stderr
    loaded = symnn.load_model(model)
    assert isinstance(loaded.network, ProgramNetwork)
    assert loaded.information["test_accuracy"] > 0.85


def test_a_program_network_is_the_same_as_the_network_of_layers():
    own = ProgramNetwork(symnn.parse_program(REGRESSION))
    net = symnn.mlp("4-3", activation="softmax", cost="cross_entropy")
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(5, 4)), np.eye(3)[rng.integers(0, 3, 5)]
    P = net.initial_parameters(0)
    value, slopes = net.gradient().compile()(P, X, Y)
    again, found = own.gradient().compile()({"W": P["W1"], "b": P["b1"]}, X, Y)
    assert value == pytest.approx(again, rel=1e-14)
    np.testing.assert_allclose(found["W"], slopes["W1"], rtol=1e-12)
    np.testing.assert_allclose(found["b"], slopes["b1"], rtol=1e-12)


def test_other_names_than_x_and_y_may_be_trained():
    text = REGRESSION.replace("input x", "input u").replace("W*x", "W*u").replace("C =", "cost =")
    net = ProgramNetwork(symnn.parse_program(text))
    assert net.program.inputs.keys() == {"x", "y", "W", "b"}
    assert net.program.equations[-1].tensor.name == "C"
    assert str(net.program.facts[0]) == "Sum(y[i], i) = 1"


def test_layers_by_name_draw_their_own_first_values():
    text = "input x: 5 x 8\ntarget y: 3\nh = LSTM(x, outputs=6)\na = Dense(h, outputs=3)\nC = sum((a - y).^2)"
    first = ProgramNetwork(symnn.parse_program(text), text=text).initial_parameters(0)
    np.testing.assert_array_equal(first["b_f_h"], np.ones(6))
    np.testing.assert_allclose(first["U_i_h"] @ first["U_i_h"].T, np.eye(6), atol=1e-12)
    np.testing.assert_array_equal(first["b_a"], np.zeros(3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("target y: 3", "input y: 3"), "one input is needed to train, and it has"),
        (("parameter W: 3 x 4\nparameter b: 3", "hyperparameter W: 3 x 4\nhyperparameter b: 3"), "no parameter"),
        (("C = -y'*log(a)", "C = -y.*log(a)"), "which has axes: a cost is a scalar"),
    ],
)
def test_what_is_no_network(change, message):
    with pytest.raises(symnn.SymnnError, match=message):
        ProgramNetwork(symnn.parse_program(REGRESSION.replace(*change)))


SHAPES = {
    "Convolution1d": ("3 x 8", "filters=2, width=3"),
    "Convolution2d": ("2 x 6 x 6", "filters=2, width=3, padding=1"),
    "MaxPooling1d": ("3 x 8", "width=2"),
    "MaxPooling2d": ("2 x 6 x 6", "width=2"),
    "AveragePooling1d": ("3 x 8", "width=2"),
    "AveragePooling2d": ("2 x 6 x 6", "width=2"),
    "Attention": ("5 x 4", "keys=3, causal=true"),
    "MultiHeadAttention": ("5 x 4", "heads=2"),
    "TransformerBlock": ("5 x 4", "heads=2, norm=before"),
    "FeedForward": ("5 x 4", "hidden=6"),
    "BatchNorm": ("examples x 4", ""),
    "Dense": ("4", "outputs=3, activation=relu"),
    "Embedding": ("5", "vocabulary=7, width=3"),
    "GRU": ("5 x 4", "outputs=3"),
    "LSTM": ("5 x 4", "outputs=3"),
    "Recurrent": ("5 x 4", "outputs=3, activation=tanh"),
}


@pytest.mark.parametrize("word", sorted(MAKERS))
def test_every_layer_may_be_called_in_a_file(word):
    shape, options = SHAPES.get(word, ("4", ""))
    call = ", ".join(["x", *([options] if options else [])])
    program = symnn.parse_program(f"input x: {shape}\nh = {word}({call})")
    assert program.equations[-1].tensor.name == "h"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("Dense(x)", "Dense needs the option outputs"),
        ("Dense(x, outputs=3, activaton=relu)", "Dense has no option 'activaton' .did you mean 'activation'"),
        ("LSTM(x, outputs=3)", "LSTM goes through the steps of its input"),
    ],
)
def test_bad_calls_of_layers(call, message):
    with pytest.raises(symnn.SymnnError, match=message):
        symnn.parse_program(f"input x: 4\nh = {call}")


def test_a_byte_order_mark_is_no_text(file):
    file.write_bytes(b"\xef\xbb\xbf" + REGRESSION.encode())
    assert run("derive", file).exit_code == 0


def test_a_layer_given_a_number_without_a_name_is_told_its_options(file):
    file.write_text("input x: 4\nh = Dense(x, 10)")
    said = "Dense takes one tensor, and then its options by name: outputs=…, activation=…, weights=…"
    assert said in run("derive", file).stderr
    file.write_text("input x: 3 x 4\nh = LSTM(x, outputs=2, activation=relu)")
    assert "LSTM has no option 'activation' (accepted: outputs, which)" in run("derive", file).stderr


def trained(path, text, data, *options):
    """Train a file, save and predict; return the accuracy on the test examples."""
    pytest.importorskip("sklearn")
    path.write_text(text)
    model = path.with_suffix(".npz")
    result = run("train", path, "--data", data, "-o", model, *options)
    assert result.exit_code == 0, result.stderr
    predicted = run("predict", model, "--data", data)
    assert predicted.exit_code == 0, predicted.stderr
    return symnn.load_model(model).information["test_accuracy"]


def test_a_target_may_be_a_scalar(file):
    text = """
        input x: 30
        target y
        parameter w: 30
        parameter b
        a = sigmoid(w'*x + b)
        C = -y*log(a) - (1 - y)*log(1 - a)"""
    assert trained(file, text, "breast_cancer", "--epochs", 20) > 0.95


CONVOLUTION = """
input x: 64
target y: 10
parameter w: 5
parameter c
parameter U: 10 x 60
h[i] = relu(sum(w[p]*x[i + p], p) + c)
a = softmax(U*h)
C = -y'*log(a)
"""


def test_a_convolution_by_entries_learns(file):
    assert trained(file, CONVOLUTION, "digits", "--epochs", 5) > 0.85


def test_an_image_is_brought_into_the_shape_of_the_input(file):
    text = """
        input x: 1 x 8 x 8
        target y: 10
        h = Convolution2d(x, filters=4, width=3, activation=relu)
        z = Dense(h, outputs=10, activation=identity)
        a = softmax(z)
        C = -y'*log(a)"""
    assert trained(file, text, "digits", "--epochs", 5) > 0.8


PENALTY = REGRESSION.replace("C = -y'*log(a)", "hyperparameter λ = 0.01\nC = -y'*log(a) + λ*sum(W.^2)/2")


def test_a_hyperparameter_is_a_letter_in_what_is_derived_and_a_number_in_what_runs(file):
    assert trained(file, PENALTY, "iris", "--epochs", 50) > 0.85
    derived = run("derive", file).output
    assert derived.startswith("regression.txt · lamda = 0.01 · one example, columns\n")
    assert "∂C/∂W   = z̄ xᵀ + λ W" in derived
    code = run("code", file).output
    assert "lamda" not in code
    assert "0.005" in code


def test_a_hyperparameter_without_a_value_is_told_how_to_get_one(file):
    pytest.importorskip("sklearn")
    file.write_text(PENALTY.replace(" = 0.01", ""))
    result = run("train", file, "--data", "iris")
    assert result.exit_code == 2
    assert "'lamda' has no value: give it one, as in hyperparameter lamda = 0.01" in result.stderr


def test_the_command_alone_says_how_it_is_used():
    result = run()
    assert result.exit_code in (0, 2)
    assert result.output.startswith("Usage: ")
    assert "Commands:\n" in result.output


def refused(path, *arguments):
    """Whether a command refuses in one line to write over a file that it reads, and leaves it as it was."""
    before = path.read_bytes()
    result = run(*arguments)
    assert path.read_bytes() == before
    lines = result.stderr.splitlines()
    return result.exit_code == 2 and len(lines) == 1 and "would overwrite" in lines[0]


@pytest.mark.parametrize("command", ["derive", "steps"])
def test_a_file_is_not_overwritten_by_what_is_made_of_it(file, command):
    assert refused(file, command, file, "-o", file)
    assert refused(file, command, file, "-o", file.parent / "." / ".." / file.parent.name / file.name)
    link = file.parent / "link.txt"
    link.symlink_to(file)
    assert refused(file, command, file, "-o", link)
    assert refused(file, command, link, "-o", file)
    assert run(command, file, "-o", file.parent / "other.txt").exit_code == 0


def test_no_command_overwrites_what_it_reads(tmp_path):
    module, picture, model, numbers, notation = (
        tmp_path / name for name in ("net.py", "net.svg", "model.npz", "n.txt", "notation.md")
    )
    for path in (module, picture):
        path.write_text(REGRESSION)
    model.write_bytes(b"data")
    numbers.write_text("{}")
    assert refused(module, "code", module, "-o", module)
    assert refused(picture, "draw", picture, "-o", picture)
    assert refused(picture, "plot", picture, "--kind", "hill", "--data", "moons", "-o", picture)
    assert refused(model, "train", "2-3-1", "--data", model, "-o", model)
    assert refused(numbers, "derive", "2-3-1", "--numbers", numbers, "-o", numbers)
    notation.write_text("")
    assert refused(notation, "derive", "2-3-1", "--notation", notation, "-o", notation)
    assert refused(notation, "evaluate", "1-1", "--seed", "0", "--notation", notation, "-o", notation)


@pytest.mark.parametrize(
    ("command", "name"), [("derive", "x.TEX"), ("derive", "x.Html"), ("draw", "x.SVG"), ("worksheet", "x.MD")]
)
def test_endings_are_compared_without_regard_to_case(tmp_path, command, name):
    small = tmp_path / "small" / name.lower()
    small.parent.mkdir()
    assert run(command, "1-1", "-o", small).exit_code == 0
    assert run(command, "1-1", "-o", tmp_path / name).exit_code == 0
    assert (tmp_path / name).read_bytes() == small.read_bytes()


def test_a_document_is_asked_for_with_any_case(tmp_path):
    assert run("derive", "1-1", "--style", "summary", "-o", tmp_path / "x.Tex").exit_code == 0
    assert "\\begin{document}" in (tmp_path / "x.Tex").read_text()


def test_derive_says_where_formulas_go():
    result = run("derive", "x'*A*x")
    assert result.exit_code == 2
    assert result.stderr.startswith("symnn: error: bad architecture")
    assert result.stderr.endswith("for a formula see symnn diff\n")
    assert "symnn diff" not in run("derive", "2").stderr
