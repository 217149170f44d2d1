"""Saved models keep how they were trained and the shape of their images; files without these are read as before."""

import json
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner

import symnn
from symnn.cli import main
from symnn.errors import DataError
from symnn.training.models import columns_of


@pytest.fixture
def fit():
    data = symnn.load_data("xor")
    return symnn.train(symnn.mlp("2-3-1"), data.X, data.y, epochs=4, validation=(data.X, data.y))


def rewritten(path, change):
    """Change the description within a model's file."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    described = json.loads(members["model.json"])
    change(described)
    members["model.json"] = json.dumps(described).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_the_history_comes_back_number_by_number(fit, tmp_path):
    symnn.save_model(tmp_path / "xor.npz", fit)
    history = symnn.load_model(tmp_path / "xor.npz").history
    assert history["epoch"] == [1, 2, 3, 4]
    for name in ("cost", "accuracy", "validation_cost", "validation_accuracy"):
        assert history[name] == [entry[name] for entry in fit.history]


def test_a_model_of_an_earlier_version_is_read(fit, tmp_path):
    path = tmp_path / "old.npz"
    symnn.save_model(path, fit)
    rewritten(path, lambda described: [described.pop(name) for name in ("history", "image")])
    model = symnn.load_model(path)
    assert (model.history, model.image) == ({}, ())
    np.testing.assert_array_equal(model.parameters["W1"], fit.parameters["W1"])


@pytest.mark.parametrize(
    "change",
    [
        {"history": {"epoch": [1, 2], "cost": [0.5]}},
        {"history": {"epoch": [1], "cost": ["__import__('os')"]}},
        {"history": {"epoch": [1], "cost": [float("inf")]}},
        {"history": [1, 2]},
        {"image": [1, 3]},
        {"image": ["a"]},
        {"image": [-1, -2]},
    ],
)
def test_a_broken_history_or_shape_is_refused(fit, tmp_path, change):
    path = tmp_path / "broken.npz"
    symnn.save_model(path, fit)
    rewritten(path, lambda described: described.update(change))
    with pytest.raises(DataError, match=r"broken\.npz: the model is broken"):
        symnn.load_model(path)


def test_very_long_histories_are_thinned_and_keep_their_last_epoch():
    history = [{"epoch": n, "cost": 1 / n} for n in range(1, 20_002)]
    columns = columns_of(history)
    assert len(columns["epoch"]) <= 5001
    assert columns["epoch"][0] == 1
    assert columns["epoch"][-1] == 20_001
    assert columns["cost"] == [1 / n for n in columns["epoch"]]


def test_a_cost_that_is_not_finite_is_none():
    assert columns_of([{"epoch": 1, "cost": float("inf")}, {"epoch": 2, "cost": 0.5}])["cost"] == [None, 0.5]


def test_images_keep_their_shape(tmp_path):
    random = np.random.default_rng(0)
    np.savez(tmp_path / "wide.npz", X=random.random((40, 2, 3)), y=np.arange(40) % 2)
    run = ["train", "6-1", "--data", str(tmp_path / "wide.npz"), "--epochs", "1", "-o", str(tmp_path / "model.npz")]
    result = CliRunner().invoke(main, run)
    assert result.exit_code == 0, result.output
    assert symnn.load_model(tmp_path / "model.npz").image == (2, 3)
