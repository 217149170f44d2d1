"""A saved model predicts as the fit did; a hostile or broken file is one line; nothing is half-written."""

import json
import zipfile

import numpy as np
import pytest

from symnn.errors import DataError, InputError, OutputError
from symnn.networks import mlp
from symnn.training import SGD, Model, Scaling, load_model, moons, save_model, train


@pytest.fixture(scope="module")
def data():
    return moons(40)


@pytest.fixture(scope="module")
def fit(data):
    return train(mlp("2-3-1"), data.X, np.array(["a", "b"])[data.y], epochs=3)


def rewritten(path, change):
    """Write a model file again with its members changed by name."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def described(change):
    """Return a change of the description alone."""

    def apply(members):
        description = json.loads(members["model.json"])
        change(description)
        members["model.json"] = json.dumps(description).encode()

    return apply


def test_a_model_predicts_as_the_fit_did(tmp_path, fit, data):
    save_model(tmp_path / "m.npz", fit)
    model = load_model(tmp_path / "m.npz")
    assert np.array_equal(model.predict(data.X), fit.predict(data.X))
    assert np.array_equal(model.predict_probability(data.X), fit.predict_probability(data.X))
    assert list(tmp_path.iterdir()) == [tmp_path / "m.npz"]


def test_scaling_and_everything_else_is_saved(tmp_path, fit, data):
    model = Model.of(fit, scaling=Scaling.fitted(data.X), features=("p", "q"), target="side", information={"n": 1})
    save_model(tmp_path / "m.npz", model)
    again = load_model(tmp_path / "m.npz")
    assert (again.scaling, again.targets) == (model.scaling, model.targets)
    assert (again.features, again.target, again.information) == (("p", "q"), "side", {"n": 1})
    assert np.array_equal(again.outputs(data.X), fit.outputs(model.scaling.apply(data.X)))


def test_values_are_scaled_back(tmp_path, data):
    y = 1000 + 50 * data.X[:, :1]
    scaling = Scaling.fitted(y)
    fit = train(mlp("2-1", activation="identity"), data.X, scaling.apply(y), optimizer=SGD(0.3), epochs=60)
    save_model(tmp_path / "m.npz", Model.of(fit, value_scaling=scaling))
    assert load_model(tmp_path / "m.npz").predict(data.X) == pytest.approx(y, rel=1e-3)


def test_the_file_needs_numpy_alone(tmp_path, fit):
    save_model(tmp_path / "m.npz", fit)
    with np.load(tmp_path / "m.npz", allow_pickle=False) as file:
        assert np.array_equal(file["W1"], fit.parameters["W1"])
        assert json.loads(file["model.json"])["network"] == json.loads(json.dumps(fit.network.description))


def test_paths_that_cannot_be_written(tmp_path, fit):
    with pytest.raises(OutputError, match=r"there is no folder '.*none'"):
        save_model(tmp_path / "none" / "m.npz", fit)
    with pytest.raises(InputError, match=r"accepted: a name that ends in .npz"):
        save_model(tmp_path / "m.pkl", fit)
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(OutputError, match="it is a folder"):
        save_model(tmp_path / "folder.npz", fit)
    with pytest.raises(OutputError, match="cannot write"):
        save_model("/proc/m.npz", fit)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.npz"]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 nonsense"])
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "m.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"m.npz: not a model file"):
        load_model(tmp_path / "m.npz")


def test_what_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*no such file"):
        load_model(tmp_path / "m.npz")
    with pytest.raises(DataError, match=r"cannot read .*is a directory"):
        load_model(tmp_path)
    np.savez(tmp_path / "m.npz", X=np.eye(2))
    with pytest.raises(DataError, match=r"it has no model.json"):
        load_model(tmp_path / "m.npz")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.pop("W1.npy"), "it has no array W1"),
        (lambda m: m.update({"W1.npy": b"nonsense"}), "the model is broken"),
        (lambda m: m.update({"W1.npy": bytes(10**6)}), "W1 does not have shape"),
        (lambda m: m.update({"W1.npy": m["b1.npy"]}), "W1 is no finite array of shape"),
        (lambda m: m.update({"model.json": b"[" * 100_000}), "the model is broken"),
        (lambda m: m.update({"model.json": b"\xff"}), "the model is broken"),
        (lambda m: m.update({"model.json": b"[]"}), "from another version"),
        (lambda m: m.update({"model.json": b" " * 2**23}), "its description is too long"),
        (described(lambda d: d.update(format="other")), "from another version"),
        (described(lambda d: d.pop("network")), "the model is broken"),
        (described(lambda d: d.update(network=3)), "the model is broken"),
        (described(lambda d: d["network"].update(architecture="1-" * 9999 + "1")), "9999 layers, and fewer arrays"),
        (described(lambda d: d["network"].update(architecture="2-999999999-1")), "the model is broken"),
        (described(lambda d: d["network"].update(activation="__import__('os')")), "the model is broken"),
        (described(lambda d: d["network"].update(surprise=1)), "the model is broken"),
        (described(lambda d: d["targets"].update(classes=["a", "b", "c"])), "does not fit its network"),
        (described(lambda d: d["targets"].update(outputs=2)), "does not fit its network"),
        (described(lambda d: d.update(features=["a"])), "does not fit its network"),
        (described(lambda d: d["scaling"].update(spread=[0.0])), "its scaling is not finite"),
        (described(lambda d: d["scaling"].update(offset=[1, 2, 3])), "its scaling does not fit its network"),
    ],
)
def test_broken_models_are_refused_in_one_line(tmp_path, fit, change, message):
    save_model(tmp_path / "m.npz", fit)
    path = rewritten(tmp_path / "m.npz", change)
    with pytest.raises(DataError, match=message) as caught:
        load_model(path)
    assert "m.npz" in str(caught.value)


def test_a_model_with_pickled_objects_is_refused(tmp_path, fit):
    save_model(tmp_path / "m.npz", fit)
    np.save(tmp_path / "object.npy", np.array([[{}]]), allow_pickle=True)
    content = (tmp_path / "object.npy").read_bytes()
    path = rewritten(tmp_path / "m.npz", lambda members: members.update({"W1.npy": content}))
    with pytest.raises(DataError, match="the model is broken"):
        load_model(path)


def test_a_network_of_own_layers_cannot_be_saved(tmp_path, fit):
    class Own:
        description = None

    with pytest.raises(InputError, match="cannot save a network of user-written layers"):
        save_model(tmp_path / "m.npz", Model(Own(), {}, fit.targets))
    assert not list(tmp_path.iterdir())
