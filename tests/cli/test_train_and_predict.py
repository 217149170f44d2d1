"""`symnn train` and `symnn predict`: what they print, and that bad input is one line and an exit code."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from symnn.cli import main
from symnn.cli.options import activations_of, json_text, split_names

TABLE = "width,height,kind\n" + "".join(
    f"{0.1 * n},{1 - 0.05 * n},{'large' if n > 9 else 'small'}\n" for n in range(20)
)
VALUES = "a,b,price\n" + "".join(f"{n},{n % 7},{1000 * n + 50.5}\n" for n in range(40))


def symnn(*arguments, code=0):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def refused(*arguments, code=2):
    """Return the one line with which a command refuses its input."""
    result = symnn(*arguments, code=code)
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("symnn: error: ")
    return result.stderr.removeprefix("symnn: error: ").rstrip("\n")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return path


@pytest.fixture
def model(table, tmp_path):
    symnn("train", "2-3-1", "--data", table, "--epochs", 60, "-o", tmp_path / "m.npz")
    return tmp_path / "m.npz"


def test_digits_are_learned_with_the_defaults():
    pytest.importorskip("sklearn")
    found = json.loads(symnn("train", "64-30-10", "--data", "digits", "--seed", 0, "--json").stdout)
    assert found["test_accuracy"] >= 0.95
    assert found["seconds"] < 10
    assert (found["epochs"], found["learning_rate"], found["scale"], found["parameters"]) == (30, 3.0, "unit", 2260)
    assert found["stopped"] is None
    assert found["examples"] == {"train": 1078, "validation": 360, "test": 359}
    assert {"test_cost", "validation_accuracy", "validation_cost", "train_cost", "seed"} <= set(found)


def test_the_first_line_states_the_defaults(table):
    lines = symnn("train", "2-3-1", "--data", table, "--epochs", 2).stdout.splitlines()
    assert lines[0] == (
        "2-3-1 · sigmoid, sigmoid · quadratic cost · scale standard · sgd, learning rate 3 · 2 epochs, "
        "batches of 10 · seed 0 · float64 · numpy"
    )
    assert lines[1] == "table.csv: 20 examples, 2 inputs, target 'kind' is 2 classes"
    assert lines[2] == "12 training, 4 validation, 4 test"
    assert lines[-1].startswith("2 epochs in ")


FIRST_LINES = {
    ("--optimizer", "adam"): "adam, learning rate 0.01, β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸ · 2 epochs, batches of 10",
    ("--optimizer", "momentum"): "momentum, learning rate 0.15, μ = 0.9 · 2 epochs, batches of 10",
    ("--optimizer", "adamw", "--learning-rate", "0.5"): "adamw, learning rate 0.5, β₁ = 0.9",
    ("--schedule", "cosine"): "sgd, ηₜ = η (1 + cos(π min(1, (t − 1)/T)))/2 with η = 3, T = 4 · 2 epochs",
    ("--schedule", "eta/t", "--warmup", "3"): "sgd, ηₜ = η min(1, t/T_w)/t with η = 3, T_w = 3 · 2 epochs",
}


@pytest.mark.parametrize("given", FIRST_LINES)
def test_the_first_line_states_the_optimizer_and_its_numbers(table, given):
    first = symnn("train", "2-3-1", "--data", table, "--epochs", 2, *given).stdout.splitlines()[0]
    assert FIRST_LINES[given] in first


def test_lbfgs_looks_at_all_examples_at_once(table, tmp_path):
    pytest.importorskip("scipy")
    result = symnn("train", "2-3-1", "--data", table, "--optimizer", "lbfgs", "--l2", 0.01, "-o", tmp_path / "m.npz")
    first, *_, last, saved = result.stdout.splitlines()
    assert "lbfgs, memory 10, tolerance 1e-08 · at most 200 epochs, all examples in each · seed 0" in first
    assert int(last.split()[0]) < 200
    assert saved == f"saved {tmp_path / 'm.npz'}"
    found = json.loads(
        symnn("train", "2-3-1", "--data", table, "--optimizer", "lbfgs", "--epochs", 3, "--json").stdout
    )
    assert (found["epochs"], found["learning_rate"], found["stopped"]) == (3, None, None)
    assert symnn("predict", tmp_path / "m.npz", "--data", table).exit_code == 0


def test_json_is_one_object_and_the_same_for_the_same_seed(table):
    runs = [symnn("train", "2-3-1", "--data", table, "--epochs", 3, "--json").stdout for _ in range(2)]
    one, two = ({key: value for key, value in json.loads(run).items() if key != "seconds"} for run in runs)
    assert one == two
    assert runs[0].count("\n") == 1


def test_xor_is_used_whole():
    result = symnn("train", "2-4-1", "--data", "xor", "--epochs", 5)
    assert "all 4 examples are training, validation and test" in result.stdout


def test_a_small_data_set_is_gone_through_more_often(table):
    assert "1500 epochs" in symnn("train", "2-2-1", "--data", table).stdout


def test_values_get_an_output_without_bounds_and_are_scaled_back(tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text(VALUES)
    result = symnn("train", "2-4-1", "--data", path, "--epochs", 200, "--learning-rate", 0.1, "-o", tmp_path / "m.npz")
    assert "sigmoid, identity" in result.stdout
    assert "target 'price' is a value" in result.stdout
    assert "root mean square error" in result.stdout
    predicted = symnn("predict", tmp_path / "m.npz", "--data", path).stdout.split()
    assert np.array(predicted, float) == pytest.approx(1000 * np.arange(40), abs=6000)


def test_predictions_one_a_line(model, table):
    result = symnn("predict", model, "--data", table)
    lines = result.stdout.splitlines()
    assert len(lines) == 20
    assert (lines[0], lines[-1]) == ("small", "large")
    assert "2-3-1, trained on table.csv; scale standard; 20 examples" in result.stderr
    assert "the examples that it was trained on are among them" in result.stderr


def test_a_table_without_the_target_and_with_columns_in_another_order(model, tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("height,other,width\n1.0,9,0.0\n0.1,9,1.9\n")
    result = symnn("predict", model, "--data", path, "--json")
    found = json.loads(result.stdout)
    assert (found["predictions"], found["accuracy"]) == (["small", "large"], None)
    assert result.stderr == ""


def test_probabilities(model, table, tmp_path):
    lines = symnn("predict", model, "--data", table, "--probability").stdout.splitlines()
    label, large, small = lines[0].split()
    assert label == "small"
    assert float(large) + float(small) == pytest.approx(1, abs=1e-4)
    symnn("predict", model, "--data", table, "--probability", "-o", tmp_path / "p.csv")
    header, first = (tmp_path / "p.csv").read_text().splitlines()[:2]
    assert header == "prediction,probability of large,probability of small"
    assert first.startswith("small,")


def test_predictions_of_an_npz(model, tmp_path):
    np.savez(tmp_path / "d.npz", X=[[0.0, 1.0], [1.9, 0.1]])
    assert symnn("predict", model, "--data", tmp_path / "d.npz").stdout.split() == ["small", "large"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("width\n1\n", "no column 'height'; the model takes 2 columns, 1 of them missing (the file has: width)"),
        ("width,height\n1,nan\n", "row 1 (line 2), column 'height': the value is missing"),
        ("width,height\n1,two\n", "row 1 (line 2), column 'height': 'two' is not a number"),
        ("width,height,kind\n1,2,huge\n", "the label 'huge' was never seen in training (known: large, small)"),
        ("", "the file is empty"),
    ],
)
def test_bad_data_for_a_prediction(model, tmp_path, content, message):
    path = tmp_path / "bad.csv"
    path.write_text(content)
    assert message in refused("predict", model, "--data", path, "-o", tmp_path / "out.txt")
    assert not (tmp_path / "out.txt").exists()


def test_a_model_for_other_data(model):
    assert refused("predict", model, "--data", "nothing.csv").startswith("no data set or file")
    pytest.importorskip("sklearn")
    assert refused("predict", model, "--data", "iris") == "the data has 4 inputs, the model takes 2"


def test_what_auto_became_is_said(table):
    settings = symnn("train", "2-3-1", "--data", table, "--epochs", 2, "--backend", "auto").stdout.splitlines()[0]
    assert settings.endswith("· float64 · numpy")
    made = symnn("train", "2-3-1", "--data", table, "--epochs", 2, "--backend", "auto", "--json").stdout
    assert json.loads(made)["backend"] == "numpy"


def test_a_file_that_is_no_model(table):
    assert "not a model file" in refused("predict", table, "--data", table)
    assert "cannot read 'none.npz': no such file" in refused("predict", "none.npz", "--data", table)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["2-3-1", "--learning-rate", "-1"], "bad learning rate -1.0: it is a positive, finite number"),
        (["2-3-1", "--learning-rate", "nan"], "bad learning rate nan"),
        (["2-3-1", "--learning-rate", "fast"], "bad learning rate 'fast': it is a positive, finite number"),
        (["2-3-1", "--optimizer", "adm"], "Invalid value for '--optimizer': 'adm' is not one of 'sgd', 'momentum'"),
        (["2-3-1", "--optimizer", "lbfgs", "--batch-size", "5"], "--batch-size is not for lbfgs, which looks at all"),
        (["2-3-1", "--optimizer", "lbfgs", "--learning-rate", "1"], "--learning-rate is not for lbfgs"),
        (["2-3-1", "--schedule", "cosin"], "unknown schedule 'cosin' (did you mean 'cosine'?)"),
        (["2-3-1", "--schedule", "eta/(1+k)"], "unknown name 'k' (accepted: t, eta, pi)"),
        (["2-3-1", "--warmup", "-1"], "bad warmup -1: it is a number of steps, 0 or more"),
        (["2-3-1", "--epochs", "0"], "bad epochs 0: it is a whole number, at least 1"),
        (["2-3-1", "--batch-size", "0"], "bad batch size 0"),
        (["2-3-1", "--restarts", "0"], "bad restarts 0"),
        (["2-3-1", "--seed", "-1"], "bad seed -1"),
        (["2-3-1", "--backend", "jaxx"], "Invalid value for '--backend': 'jaxx' is not one of 'numpy', "),
        (["2-3-1", "--scale", "huge"], "Invalid value for '--scale'"),
        (["2-3-1", "--target", "knd"], "no column 'knd' (did you mean 'kind'?)"),
        (["3-3-1"], "the data has 2 inputs and 2 classes, the network 3-3-1 takes 3"),
        (["2-3-4"], "the data has 2 inputs and 2 classes, the network 2-3-4 gives 4 (accepted: 1 or 2)"),
        (["2-x"], "2-x"),
        (["0-3"], "0-3"),
        (["2"], "2"),
        (["2-3-1", "--activation", "rleu"], "relu"),
        (["2-3-1", "--activation", "__import__('os')"], ""),
        (["2-3-1", "--cost", "__import__('os').system('touch hacked')"], ""),
        (["2-3-1", "-o", "m.pkl"], "accepted: a name that ends in .npz"),
        ([], "Missing argument 'ARCHITECTURE|FILE' (see symnn train --help)"),
    ],
)
def test_bad_usage(table, arguments, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert message in refused("train", *arguments, "--data", table)
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_a_path_that_cannot_be_written_fails_before_the_work(table, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    line = refused("train", "2-3-1", "--data", table, "-o", "no/such/m.npz", code=1)
    assert "cannot write 'no/such/m.npz': there is no folder 'no/such'" in line
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_a_broken_file_cannot_drive_the_terminal(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text('"a\x1b[31m\n\rb",y\n\x1b]0;x\x07,1\n2,2\n')
    line = refused("train", "1-1", "--data", path)
    assert line.isprintable()


def test_divergence_is_said_and_fails(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text(VALUES)
    arguments = ("--data", path, "--learning-rate", 1e9, "--activation", "identity", "--epochs", 30, "--json")
    result = symnn("train", "2-3-1", *arguments, code=1)
    assert "try a learning rate below 1e+09" in json.loads(result.stdout)["stopped"]
    assert result.stderr.startswith("symnn: the cost or the parameters were not finite")


def test_unexpected_errors_are_one_line(monkeypatch, table):
    from symnn.cli import training_work

    def broken(*_):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(training_work, "load_data", broken)
    line = refused("train", "2-1", "--data", table, code=1)
    assert line.startswith("unexpected ZeroDivisionError: a defect (set SYMNN_TRACEBACK=1")


def test_ctrl_c_outside_the_loop(monkeypatch, table):
    from symnn.cli import training_work

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(training_work, "load_data", interrupted)
    result = symnn("train", "2-1", "--data", table, code=130)
    assert result.stderr.strip() == "symnn: error: interrupted"


def test_no_traceback_in_a_real_process_and_a_closed_pipe_is_quiet(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "SYMNN_TRACEBACK"}
    command = [sys.executable, "-c", "from symnn.cli import main; main(prog_name='symnn')"]
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe\x00")
    bad = subprocess.run(
        [*command, "train", "2-1", "--data", "bad.csv"], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert (bad.returncode, bad.stdout) == (2, b"")
    assert bad.stderr == b"symnn: error: bad.csv: not a text file in UTF-8 (byte 1)\n"
    reader, writer = os.pipe()
    os.close(reader)
    closed = subprocess.run(
        [*command, "train", "--help"], env=environment, stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert closed.stderr == b""


def test_names_in_a_list():
    assert split_names("relu,softmax") == ("relu", "softmax")
    assert split_names("max(x, 0), tanh") == ("max(x, 0)", "tanh")
    assert activations_of("relu", 3) == ("relu",) * 3
    assert activations_of("relu,softmax", 2) == ("relu", "softmax")


def test_json_has_no_nan():
    assert json_text({"a": float("nan"), "b": np.array([1.5, np.inf])}) == '{"a": null, "b": [1.5, null]}'


def test_version_and_help():
    assert symnn("--version").stdout.startswith("symnn ")
    assert "train" in symnn("--help").stdout
    assert "did you mean" in refused("trian").lower()
