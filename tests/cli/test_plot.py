"""`symnn plot`: every kind and ending, and what is said to who asks for what there is not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

from symnn.cli import main
from symnn.networks import mlp
from symnn.training import Model, Scaling, load_data, moons, save_model, targets_of, train

pytest.importorskip("matplotlib", reason="matplotlib is not installed")

POINTS = "x,y\n-3,0\n-2,0\n-1,1\n0,1\n1,0\n2,1\n3,1\n"
EXAMPLE = ("--scale", "none", "--epochs", "0", "--set", "W1=4", "--parameter", "b1[1]", "--range=-9,9")


def plot(*arguments: Any, code: int = 0) -> str:
    """Run the command and return what it printed."""
    result = CliRunner().invoke(main, ["plot", *map(str, arguments)])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    if code:
        assert result.output.startswith("symnn: error: ")
        assert len(result.output.strip().splitlines()) == 1
    return result.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with points.csv, moons.npz, images.npz and old.npz, a model without a history."""
    folder = tmp_path_factory.mktemp("plots")
    (folder / "points.csv").write_text(POINTS)
    data = moons(80)
    scaling = Scaling.fitted(data.X)
    fit = train(mlp("2-3-1"), scaling.apply(data.X), data.y, epochs=3)
    model = Model.of(fit, scaling=scaling, features=data.features, information={"data": "moons", "seed": 0})
    save_model(folder / "moons.npz", model)
    net = mlp("16-3-2")
    old = Model(net, dict(net.initial_parameters(0)), targets_of(range(2), 2, "quadratic", "sigmoid"))
    save_model(folder / "images.npz", old)
    return folder


@pytest.mark.parametrize("kind", ["cost", "regions", "hill"])
@pytest.mark.parametrize(("ending", "begins"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF-")])
def test_the_ending_says_the_format(folder: Path, tmp_path: Path, kind: str, ending: str, begins: bytes) -> None:
    out = tmp_path / f"plot{ending}"
    more = ("--steps", 5) if kind == "hill" else ()
    assert f"wrote {out}" in plot(folder / "moons.npz", "--kind", kind, *more, "-o", out)
    assert out.read_bytes().startswith(begins)
    assert out.stat().st_size > 5000
    if ending == ".svg":
        ElementTree.fromstring(out.read_text("utf-8"))


def test_weights_of_images(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "weights.png"
    assert "weights of the first layer" in plot(folder / "images.npz", "--kind", "weights", "-o", out)
    assert out.stat().st_size > 5000


def test_a_hill_rolls_in_a_gif(folder: Path, tmp_path: Path) -> None:
    from PIL import Image

    out = tmp_path / "hill.gif"
    plot("1-1", "--kind", "hill", "--data", folder / "points.csv", *EXAMPLE, "--steps", 20, "-o", out)
    assert Image.open(out).n_frames > 5


def test_the_documented_example_has_two_valleys(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "hill.png"
    data = folder / "points.csv"
    said = json.loads(plot("1-1", "--kind", "hill", "--data", data, *EXAMPLE, "--json", "-o", out))
    (lower,), (higher,) = (valley["at"] for valley in said["valleys"])
    assert (lower, higher) == pytest.approx((5.99890, -5.93492), abs=1e-4)
    assert [ball["end"][0] for ball in said["balls"]] == pytest.approx([higher, lower, lower], abs=1e-3)
    told = plot("1-1", "--kind", "hill", "--data", data, *EXAMPLE, "-o", out)
    assert "valley  b1[1] = 5.9989  cost 0.0734529" in told


def test_an_architecture_is_trained_first(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "hill.svg"
    told = plot("2-2-1", "--kind", "hill", "--data", "xor", "--steps", 3, "--epochs", 7, "-o", out)
    assert "trained for 7 steps on all examples" in told
    values = "x,y\n" + "".join(f"{x},{x**2 / 7}\n" for x in range(9))
    (folder / "values.csv").write_text(values)
    told = plot("1-2-1", "--kind", "hill", "--data", folder / "values.csv", "--parameter", 2, "--steps", 3, "-o", out)
    assert "cost against" in told


def test_columns_are_found_by_name(folder: Path, tmp_path: Path) -> None:
    data = moons(40)
    table = "y,x2,more,x1\n" + "".join(f"{y},{b},7,{a}\n" for (a, b), y in zip(data.X, data.y, strict=True))
    (folder / "turned.csv").write_text(table)
    (folder / "plain.csv").write_text(
        "x1,x2,y\n" + "".join(f"{a},{b},{y}\n" for (a, b), y in zip(data.X, data.y, strict=True))
    )
    found = []
    for name in ("turned.csv", "plain.csv"):
        told = plot(
            folder / "moons.npz", "--kind", "hill", "--data", folder / name, "--steps", 3, "--json", "-o",
            tmp_path / "hill.png",
        )  # fmt: skip
        found.append(json.loads(told)["balls"])
    assert found[0] == found[1]
    (folder / "other.csv").write_text("x1,z,y\n1,2,0\n2,3,1\n3,4,0\n4,4,1\n")
    said = plot(
        folder / "moons.npz", "--kind", "regions", "--data", folder / "other.csv", "-o", tmp_path / "a.png", code=2
    )
    assert "no column 'x2'" in said


BAD = [
    (("moons.npz", "--kind", "cost"), "where to?"),
    (("moons.npz", "--kind", "cost", "-o", "a.jpg"), "unknown ending '.jpg'"),
    (("moons.npz", "--kind", "cost", "-o", "a.gif"), "a .gif is the animation of a hill"),
    (("moons.npz", "--kind", "costs", "-o", "a.png"), "'costs'"),
    (("moons.npz", "-o", "a.png"), "--kind"),
    (("nothing.npz", "--kind", "cost", "-o", "a.png"), "cannot read 'nothing.npz'"),
    (("points.csv", "--kind", "cost", "-o", "a.png"), "needs a trained model"),
    (("2-3-1", "--kind", "regions", "-o", "a.png"), "needs a trained model"),
    (("images.npz", "--kind", "cost", "-o", "a.png"), "no history"),
    (("images.npz", "--kind", "regions", "-o", "a.png"), "two inputs, the model has 16"),
    (("images.npz", "--kind", "hill", "-o", "a.png"), "give --data"),
    (("moons.npz", "--kind", "weights", "-o", "a.png"), "no image data"),
    (("moons.npz", "--kind", "cost", "--starts", "3", "-o", "a.png"), "--starts is for --kind hill"),
    (("moons.npz", "--kind", "cost", "--data", "xor", "-o", "a.png"), "--data is for regions and hill"),
    (("moons.npz", "--kind", "hill", "--activation", "tanh", "-o", "a.png"), "--activation is for an architecture"),
    (("moons.npz", "--kind", "hill", "--epochs", "3", "-o", "a.png"), "--epochs is for an architecture"),
    (("moons.npz", "--kind", "hill", "--parameter", "W7[1]", "-o", "a.png"), "unknown parameter 'W7'"),
    (("moons.npz", "--kind", "hill", "--parameter", "W1[9,9]", "-o", "a.png"), "no entry W1[9,9]"),
    (("moons.npz", "--kind", "hill", "--range", "1", "-o", "a.png"), "bad range '1'"),
    (("moons.npz", "--kind", "hill", "--range", "1e999,2", "-o", "a.png"), "bad range"),
    (("moons.npz", "--kind", "hill", "--range", "2,1", "-o", "a.png"), "bad range"),
    (("moons.npz", "--kind", "hill", "--set", "W9=1", "-o", "a.png"), "unknown parameter 'W9'"),
    (("moons.npz", "--kind", "hill", "--set", "W1=1", "-o", "a.png"), "W1 has shape (3, 2), 1 number"),
    (("moons.npz", "--kind", "hill", "--starts", "1000", "-o", "a.png"), "starts"),
    (("moons.npz", "--kind", "hill", "--learning-rate", "nan", "-o", "a.png"), "learning rate"),
    (("moons.npz", "--kind", "hill", "--data", "iris", "-o", "a.png"), "no column 'x1'"),
    (("2-3-1", "--kind", "hill", "-o", "a.png"), "give --data"),
    (("3-1", "--kind", "hill", "--data", "xor", "-o", "a.png"), "2 inputs, the network 3-1 takes 3"),
    (("2-5", "--kind", "hill", "--data", "xor", "-o", "a.png"), "2 classes, the network 2-5 gives 5"),
    (("n0-n1", "--kind", "hill", "--data", "xor", "-o", "a.png"), "numbers"),
    (("2-1", "--kind", "hill", "--data", "xor", "--epochs", "-1", "-o", "a.png"), "bad epochs"),
    (("2-1", "--kind", "hill", "--data", "xor", "--seed", "-1", "-o", "a.png"), "seed"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD)
def test_a_mistake_is_one_clear_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(folder)
    assert said in plot(*arguments, code=2)
    assert not (folder / "a.png").exists()


def test_a_folder_that_there_is_not(folder: Path) -> None:
    assert "there is no folder" in plot(folder / "moons.npz", "--kind", "cost", "-o", "nowhere/a.png", code=1)


def test_without_matplotlib(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    said = plot(folder / "moons.npz", "--kind", "cost", "-o", tmp_path / "a.png", code=1)
    assert 'pip install "symnn[plot]"' in said


def test_trained_on_the_command_line(tmp_path: Path) -> None:
    """What train saves has all that is plotted: a history, the columns' names, the shape of images."""
    model = tmp_path / "digits.npz"
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    result = CliRunner().invoke(main, ["train", "64-6-10", "--data", "digits", "--epochs", "2", "-o", str(model)])
    assert result.exit_code == 0, result.output
    for kind in ("cost", "weights"):
        assert "wrote" in plot(model, "--kind", kind, "-o", tmp_path / f"{kind}.png")
    digits = load_data("digits")
    with np.load(model) as arrays:
        assert arrays["W1"].shape == (6, digits.X.shape[1])
