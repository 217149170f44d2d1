"""`symnn train --learning-rate 0.1,1,3`: one table, one plot, one JSON object, and the model of the best."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from symnn.cli import main
from symnn.training import load_model


def symnn(*arguments, code=0):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def test_a_table_in_which_the_best_is_named():
    result = symnn("train", "2-8-1", "--data", "moons", "--learning-rate", "0.1,1,30", "--epochs", 20)
    lines = result.stdout.splitlines()
    assert "sgd, learning rates 0.1, 1, 30 · 20 epochs" in lines[0]
    head = lines.index("learning rate  training cost  validation cost  validation accuracy")
    assert [line.split()[0] for line in lines[head + 1 : head + 4]] == ["0.1", "1", "30"]
    assert [line.endswith("best") for line in lines[head + 1 : head + 4]].count(True) == 1
    assert any(line.startswith("learning rate ") and line.endswith(" is best, by validation cost:") for line in lines)


def test_json_has_all_of_it_and_each_rate_is_the_training_with_that_rate_alone():
    how = ("--data", "moons", "--epochs", 5, "--restarts", 3, "--json")
    found = json.loads(symnn("train", "2-4-1", *how, "--learning-rate", "1,1e9").stdout)
    one, other = found["learning_rates"]
    assert (one["learning_rate"], other["learning_rate"]) == (1.0, 1e9)
    assert found["learning_rate"] == min((one, other), key=lambda row: row["validation_cost"])["learning_rate"]
    alone = json.loads(symnn("train", "2-4-1", *how, "--learning-rate", "1").stdout)
    assert one["validation_cost"] == pytest.approx(alone["validation_cost"], rel=1e-9)
    assert (len(one["history"]["cost"]), one["starts"], len(one["restarts"])) == (5, 3, 3)
    costs = [start["validation_cost"] for start in alone["restarts"]]
    assert one["median_cost"] == pytest.approx(np.median(costs), rel=1e-9)


def test_a_rate_that_diverges_is_said_and_is_no_failure(tmp_path):
    path = tmp_path / "line.csv"
    path.write_text("x,y\n" + "".join(f"{n / 10},{n / 5 - 1}\n" for n in range(40)))
    how = ("train", "1-1", "--data", path, "--activation", "identity")
    result = symnn(*how, "--learning-rate", "0.1,5", "--epochs", 200)
    assert "diverged in epoch" in result.stdout
    result = symnn(*how, "--learning-rate", "5,50", "--epochs", 200, code=1)
    assert "were not finite" in result.stderr


def test_a_plot_or_the_best_model_is_written(tmp_path):
    pytest.importorskip("matplotlib")
    how = ("train", "2-4-1", "--data", "moons", "--epochs", 6, "--learning-rate", "1,3")
    pictures = [tmp_path / name for name in ("a.svg", "b.svg", "c.png")]
    for picture in pictures:
        assert f"wrote {picture}" in symnn(*how, "-o", picture).stdout
    assert pictures[0].read_bytes() == pictures[1].read_bytes()
    assert pictures[2].read_bytes().startswith(b"\x89PNG")
    assert "saved" in symnn(*how, "-o", tmp_path / "m.npz").stdout
    model = load_model(tmp_path / "m.npz")
    assert model.information["learning_rate"] in (1.0, 3.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--learning-rate", "0.1,x"], "bad learning rate 'x': it is a positive, finite number"),
        (["--learning-rate", "0.1,"], "bad learning rate ''"),
        (["--learning-rate", "1,1.0"], "bad learning rates '1,1.0': the same one stands there twice"),
        (["--learning-rate", "0.1,-1"], "bad learning rate -1.0: it is a positive, finite number"),
        (["--learning-rate", "0.1,1", "-o", "m.txt"], "-o 'm.txt': unknown ending '.txt' (accepted: .svg, .png, .pdf"),
        (["--learning-rate", "0.1,1", "--optimizer", "lbfgs"], "--learning-rate is not for lbfgs"),
    ],
)
def test_bad_rates_are_refused(options, message):
    result = symnn("train", "2-4-1", "--data", "moons", *options, code=2)
    assert message in result.stderr
    assert result.stdout == ""
