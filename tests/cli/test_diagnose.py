"""`symnn diagnose`: what is wrong is said first, with what to do; the data is split as it was in training."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from symnn.cli import main
from symnn.networks import mlp
from symnn.training import load_data, load_model, save_model, split, train


def symnn(*arguments, code=0):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def moons(folder):
    """A model of the better of two starts, so that its own seed is not that of the split."""
    path = folder / "moons.npz"
    symnn(
        "train", "2-8-1", "--data", "moons", "--learning-rate", 0.5, "--epochs", 40, "--restarts", 2, "--seed", 3,
        "-o", path,
    )  # fmt: skip
    return path


def test_the_examples_are_those_that_the_model_learned_from(moons):
    found = json.loads(symnn("diagnose", moons, "--data", "moons", "--json").stdout)
    assert found["examples"] == {"training": 300, "validation": 100}
    assert found["judged_by"].endswith("split by seed 3")
    # the certificate, by the forward pass and differences of its cost alone
    model = load_model(moons)
    part = split(load_data("moons"), 3).training
    X, Y = model.scaling.apply(part.X), part.y[:, None]

    def cost(parameters):
        return model.network.evaluate(parameters, X, Y)["C"]

    slopes = []
    for name, value in model.parameters.items():
        for place in np.ndindex(value.shape):
            unit = np.zeros(value.shape)
            unit[place] = 1e-5
            up, down = ({**model.parameters, name: value + sign * unit} for sign in (1, -1))
            slopes.append((cost(up) - cost(down)) / 2e-5)
    assert found["cost"] == pytest.approx(cost(model.parameters))
    assert found["certificate"]["gradient_norm"] == pytest.approx(np.linalg.norm(slopes), rel=1e-5)
    assert found["certificate"]["learning_rate"] == 0.5


def test_other_data_is_judged_as_a_whole_and_that_is_said(moons, tmp_path):
    data = load_data("moons")
    rows = [f"{x1},{x2 + 1},{label}" for (x1, x2), label in zip(data.X, data.y, strict=True)]
    path = tmp_path / "shifted.csv"
    path.write_text("\n".join(["x1,x2,y", *rows]))
    result = symnn("diagnose", moons, "--data", path)
    assert "judged by all 500 examples of shifted.csv" in result.stdout
    assert "these are not the examples that it learned from, as they are: the cost was " in result.stderr


def test_a_fit_that_was_saved_from_python_is_judged_by_what_it_learned_from(folder):
    data = load_data("moons")
    fit = train(mlp("2-3-1"), data.X, data.y, epochs=2)
    save_model(folder / "fit.npz", fit)
    result = symnn("diagnose", folder / "fit.npz", "--data", "moons")
    assert "the model learned from all of these examples" in result.stderr
    assert "learning rate" not in result.stderr


def test_a_model_of_an_earlier_version_lacks_its_learning_rate(folder):
    data = load_data("moons")
    path = folder / "old.npz"
    model = load_model(folder / "fit.npz")
    save_model(path, type(model)(model.network, model.parameters, model.targets))
    result = symnn("diagnose", path, "--data", "moons")
    assert "judged by all 500 examples" in result.stdout
    assert "the model does not say what it learned from" in result.stderr
    assert "the model does not say its learning rate" in result.stderr
    assert "the model has no history" in result.stderr
    assert len(data) == 500


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            "iris",
            "iris: no column 'x1' (accepted: sepal length (cm), sepal width (cm), petal length (cm), petal width (cm))",
        ),
        ("digits", "X has 64 columns, the network takes 2"),
        ("moon", "no data set or file 'moon' (did you mean 'moons'?)"),
    ],
)
def test_data_that_does_not_fit_is_refused_in_one_line(moons, data, message):
    pytest.importorskip("sklearn")
    result = symnn("diagnose", moons, "--data", data, code=2)
    assert result.stdout == ""
    assert result.stderr == f"symnn: error: {message}\n"


def test_what_went_wrong_is_told_with_its_remedy_the_cause_first(folder):
    pytest.importorskip("sklearn")
    path = folder / "raw.npz"
    trained = symnn("train", "30-10-1", "--data", "breast_cancer", "--scale", "none", "--epochs", 3, "-o", path)
    assert trained.stderr.splitlines()[-1].startswith("symnn: hint: unscaled inputs: the inputs reach from 0 to ")
    assert trained.stderr.splitlines()[-1].endswith("raw.npz --data breast_cancer says more)")
    lines = symnn("diagnose", path, "--data", "breast_cancer").stdout.splitlines()
    assert lines[2].startswith("1. unscaled inputs: the inputs reach from 0 to 4.25e+03, with a root mean square of ")
    assert lines[3] == (
        "   → scale each column to mean 0 and standard deviation 1, images to 0 to 1, as symnn train does by default"
    )
    assert any(line[1:].startswith(". saturated units: ") for line in lines)
    assert "see to the first and train anew: the others may follow from it" in lines
    assert lines[-1].startswith(("Not stationary: ", "A plateau: "))


def test_a_healthy_model_gives_no_finding_and_training_it_no_hint(folder):
    pytest.importorskip("sklearn")
    path = folder / "iris.npz"
    trained = symnn("train", "4-8-3", "--data", "iris", "-o", path)
    assert "hint" not in trained.stderr
    result = symnn("diagnose", path, "--data", "iris")
    assert result.stdout.splitlines()[2] == "nothing wrong was found"
    assert json.loads(symnn("diagnose", path, "--data", "iris", "--json").stdout)["findings"] == []


def test_findings_are_told_as_json_with_their_numbers(folder):
    path = folder / "plateau.npz"
    symnn("train", "2-8-8-8-8-8-1", "--data", "moons", "--epochs", 3, "-o", path)
    found = json.loads(symnn("diagnose", path, "--data", "moons", "--no-certify", "--json").stdout)
    assert [finding["name"] for finding in found["findings"]] == ["plateau", "collapsed predictions"]
    assert found["findings"][0]["numbers"]["constant_cost"] == pytest.approx(0.125, rel=1e-2)
    assert found["certificate"] is None


@pytest.mark.parametrize("said", [float("nan"), float("inf"), -3, 10**400, "x", None, [], True])
def test_what_a_model_says_of_its_training_may_be_anything(folder, moons, said):
    model = load_model(moons)
    names = ("seed", "split_seed", "epochs", "learning_rate", "train_cost", "optimizer", "stopped", "data")
    path = folder / "strange.npz"
    save_model(path, replace(model, information=dict.fromkeys(names, said), history={"validation_cost": [0.2, None]}))
    result = symnn("diagnose", path, "--data", "moons", "--no-certify")
    assert result.stdout.splitlines()[1].startswith("the training cost is 0.")
