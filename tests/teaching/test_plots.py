"""Plots: the hill is the network's own cost, the balls' paths are gradient descent, the valleys are minima."""

from __future__ import annotations

import io
import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from symnn.errors import DataError, InputError, ShapeError, SymnnError
from symnn.networks import Network, mlp
from symnn.teaching.pictures.plots import (
    Hill,
    animate_hill,
    draw_hill,
    hill_of,
    plot_cost,
    plot_hill,
    plot_regions,
    plot_weights,
)
from symnn.teaching.pictures.plots.entries import read_entries
from symnn.teaching.pictures.plots.style import written
from symnn.training import SGD, Data, Model, Scaling, load_data, moons, targets_of, train
from symnn.writing import Notation

pytest.importorskip("matplotlib", reason="matplotlib is not installed")

X7 = np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0])
Y7 = np.array([0, 0, 1, 1, 0, 1, 1])


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def neuron() -> tuple[Model, Data]:
    """The documented example: one neuron of weight 4, and labels of which one is out of line."""
    data = Data("points", X7[:, None], Y7, (0, 1), ("x",), "y")
    net = mlp("1-1")
    values = {"W1": np.array([[4.0]]), "b1": np.array([0.0])}
    return Model(net, values, targets_of(Y7, 1, "quadratic", "sigmoid")), data


def learned(architecture: str = "2-3-1", **options: Any) -> tuple[Model, Data]:
    """A small network that has learned half moons, scaled."""
    data = moons(60, seed=2)
    net, scaling = mlp(architecture, **options), Scaling.fitted(data.X)
    fit = train(net, scaling.apply(data.X), data.y, SGD(1.0), 30, batch_size=10, seed=5)
    return Model.of(fit, scaling=scaling, features=data.features, information={"seed": 5, "epochs": 30}), data


def cost_by_hand(model: Model, data: Data, changed: dict[tuple[str, tuple[int, ...]], float], l2: float = 0.0) -> float:
    """½ (a − y)² averaged over the examples, of dense sigmoid layers, in NumPy alone."""
    values = {name: np.array(value) for name, value in model.parameters.items()}
    for (name, position), value in changed.items():
        values[name][position] = value
    offset, spread = np.array(model.scaling.offset), np.array(model.scaling.spread)
    A = (data.X - offset) / spread
    for layer in range(1, len(values) // 2 + 1):
        A = sigmoid(A @ values[f"W{layer}"].T + values[f"b{layer}"])
    penalty = l2 / 2 * sum(float((value**2).sum()) for name, value in values.items() if name[0] == "W")
    return float(np.mean(0.5 * ((A[:, 0] - data.y) ** 2))) + penalty


def by_hand(hill: Hill, model: Model, data: Data, l2: float = 0.0) -> Callable[[Any], float]:
    places = [(entry.name, entry.position) for entry in hill.entries]
    return lambda point: cost_by_hand(model, data, dict(zip(places, point, strict=True)), l2)


def slope_of(cost: Callable[[Any], float], point: Any, step: float = 1e-5) -> Any:
    """Central differences."""
    shifts = np.eye(len(point)) * step
    return np.array([(cost(point + shift) - cost(point - shift)) / (2 * step) for shift in shifts])


@pytest.mark.parametrize("l2", [0.0, 0.01])
@pytest.mark.parametrize("parameter", ["W1[2,1]", "b2[1]", "W1[3,2],W2[1,3]", "b1[1], W2[1,2]"])
def test_the_hill_is_the_cost_that_numpy_finds(parameter: str, l2: float) -> None:
    model, data = learned(l2=l2)
    hill = hill_of(model, data, parameter, steps=15, starts=2)
    cost = by_hand(hill, model, data, l2)
    random = np.random.default_rng(0)
    for _ in range(12):
        place = tuple(int(random.integers(size)) for size in hill.costs.shape)
        point = [axis[i] for axis, i in zip(hill.axes, place, strict=True)]
        assert hill.costs[place] == pytest.approx(cost(point), rel=1e-10)


def test_softmax_and_cross_entropy_by_torch() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    data = load_data("iris")
    net, scaling = mlp("4-3-3", ["tanh", "softmax"], "cross_entropy"), Scaling.fitted(data.X)
    model = Model(
        net, dict(net.initial_parameters(3)), targets_of(data.y, 3, "cross_entropy", "softmax", data.classes), scaling
    )  # fmt: skip
    hill = hill_of(model, data, "W1[2,4],b2[3]", steps=3, starts=1)
    T = {name: torch.tensor(value) for name, value in model.parameters.items()}
    X = torch.tensor((data.X - np.array(scaling.offset)) / np.array(scaling.spread))
    labels = torch.tensor([data.classes.index(label) for label in data.y])
    for i, j in ((0, 0), (20, 7), (60, 60), (33, 51)):
        T["W1"][1, 3], T["b2"][2] = hill.axes[0][i], hill.axes[1][j]
        scores = torch.tanh(X @ T["W1"].T + T["b1"]) @ T["W2"].T + T["b2"]
        assert hill.costs[i, j] == pytest.approx(float(torch.nn.functional.cross_entropy(scores, labels)), rel=1e-10)


@pytest.mark.parametrize("parameter", ["W2[1,1]", "W1[1,1],b1[2]"])
def test_the_balls_go_where_gradient_descent_goes(parameter: str) -> None:
    model, data = learned()
    hill = hill_of(model, data, parameter, learning_rate=3.0, steps=12, starts=3)
    cost = by_hand(hill, model, data)
    for descent in hill.descents:
        assert descent.points.shape == (13, len(hill.entries))
        for before, after in zip(descent.points, descent.points[1:], strict=False):
            assert after == pytest.approx(before - 3.0 * slope_of(cost, before), abs=1e-7)
        assert descent.costs == pytest.approx([cost(point) for point in descent.points], rel=1e-10)


@pytest.mark.parametrize("parameter", ["W2[1,1]", "W1[1,1],b1[2]", "W2[1,3],W1[3,1]", "2"])
def test_no_ball_rolls_up_with_the_default_learning_rate(parameter: str) -> None:
    hill = hill_of(*learned(), parameter, steps=60, starts=4)
    for descent in hill.descents:
        assert (np.diff(descent.costs) <= 1e-12).all()


def test_the_documented_example_has_two_valleys_and_the_left_one_is_higher() -> None:
    model, data = neuron()
    hill = hill_of(model, data, "b1[1]", ranges=[(-9, 9)])
    (lower,), (higher,) = hill.valleys
    # By hand, on a grid a hundred times finer than the picture's.
    t = np.linspace(-9, 9, 40_001)
    costs = np.mean([0.5 * (sigmoid(4 * x + t) - y) ** 2 for x, y in zip(X7, Y7, strict=True)], axis=0)
    inner = np.flatnonzero((costs[1:-1] < costs[:-2]) & (costs[1:-1] < costs[2:])) + 1
    assert sorted([lower, higher]) == pytest.approx(t[inner], abs=1e-3)
    assert higher < 0 < lower
    assert hill.landscape.cost([higher]) > 1.5 * hill.landscape.cost([lower])
    ends = [descent.points[-1, 0] for descent in hill.descents]
    assert ends[0] == pytest.approx(higher, abs=1e-3)
    assert ends[-1] == pytest.approx(lower, abs=1e-3)


def test_valleys_of_two_parameters_are_minima() -> None:
    found = 0
    for parameter in ("W1[1,1],b1[2]", "W2[1,3],W1[3,1]", "W2[1,1],W2[1,2]", "b1[1],b2[1]"):
        model, data = learned()
        hill = hill_of(model, data, parameter, steps=2, starts=1)
        cost = by_hand(hill, model, data)
        for valley in hill.valleys:
            found += 1
            lowest = cost(valley)
            for angle in np.linspace(0, 2 * math.pi, 16):
                assert cost(valley + 1e-2 * np.array([math.cos(angle), math.sin(angle)])) > lowest
            assert slope_of(cost, valley) == pytest.approx([0, 0], abs=1e-7)
    assert found >= 2


def linear(targets: Any) -> tuple[Model, Data]:
    data = Data("line", X7[:, None], np.asarray(targets, float), None, ("x",), "y")
    net = mlp("1-1", "identity")
    return Model(net, dict(net.initial_parameters(0)), targets_of(data.y[:, None], 1, "quadratic", "identity")), data


def test_the_valley_of_a_line_is_least_squares() -> None:
    y = np.array([1.1, 1.4, 2.2, 2.4, 3.1, 3.3, 4.2])
    hill = hill_of(*linear(y), "W1[1,1],b1[1]", steps=5)
    (valley,) = hill.valleys
    assert valley == pytest.approx(np.polyfit(X7, y, 1), abs=1e-8)


def test_a_saddle_and_a_long_trough_are_no_valleys() -> None:
    # C = ½ mean((w₂ w₁ x − x)²): a saddle at 0, and costs of 0 all along w₁ w₂ = 1.
    data = Data("line", X7[:, None], X7.copy(), None, ("x",), "y")
    net = mlp("1-1-1", "identity")
    values = {"W1": np.ones((1, 1)), "b1": np.zeros(1), "W2": np.ones((1, 1)), "b2": np.zeros(1)}
    model = Model(net, values, targets_of(data.y[:, None], 1, "quadratic", "identity"))
    hill = hill_of(model, data, "W1[1,1],W2[1,1]", ranges=[(-2, 2), (-2, 2)], steps=2)
    assert len(hill.valleys) == 0


def test_the_default_is_what_training_moved_most() -> None:
    model, data = learned()
    before = model.network.initial_parameters(5)
    moved = {
        (name, position): abs(value - before[name][position])
        for name, array in model.parameters.items()
        for position, value in np.ndenumerate(array)
    }
    first, second = sorted(moved, key=lambda key: -moved[key])[:2]
    hill = hill_of(model, data, 2, steps=1, starts=1)
    assert [(entry.name, entry.position) for entry in hill.entries] == [first, second]


def test_values_are_scaled_as_in_training() -> None:
    y = 100 + 30 * X7
    model, data = linear(y)
    scaling = Scaling.fitted(y[:, None])
    hill = hill_of(replace(model, value_scaling=scaling), data, "W1[1,1]", steps=1)
    wanted = np.mean(0.5 * (hill.axes[0][7] * X7 + model.parameters["b1"][0] - (y - y.mean()) / y.std()) ** 2)
    assert hill.costs[7] == pytest.approx(wanted)


def test_a_seed_draws_the_same_picture_again() -> None:
    model, data = neuron()
    one, two, three = (plot_hill(model, data, "b1[1]", seed=seed, steps=20) for seed in (1, 1, 2))
    for ending in (".svg", ".png"):
        assert written(one, ending) == written(two, ending)
    assert written(one, ".png") != written(three, ".png")
    hill = hill_of(model, data, "b1[1]", steps=20)
    assert animate_hill(hill) == animate_hill(hill)


def is_whole(figure: Any) -> bool:
    """Whether nothing of a figure lies outside it."""
    figure.canvas.draw()
    box = figure.get_tightbbox(figure.canvas.get_renderer())
    width, height = figure.get_size_inches()
    return bool(box.x0 >= -0.01 and box.y0 >= -0.01 and box.x1 <= width + 0.01 and box.y1 <= height + 0.01)


@pytest.mark.parametrize("parameter", ["W1[1,2]", "W1[1,2],b2[1]"])
def test_the_drawing_shows_the_hill(parameter: str) -> None:
    from PIL import Image

    model, data = learned()
    hill = hill_of(model, data, parameter, steps=30)
    figure = draw_hill(hill)
    axes = figure.axes[0]
    assert "w^{(1)}_{12}" in axes.get_xlabel()
    assert ("b^{(2)}_{1}" if len(hill.entries) == 2 else "cost $C$") in axes.get_ylabel()
    drawn = [np.asarray(line.get_xydata()) for line in axes.get_lines()]
    for descent in hill.descents:
        ys = descent.costs if len(hill.entries) == 1 else descent.points[:, 1]
        dots = np.stack([descent.points[:, 0], ys], axis=1)
        assert any(line.shape == dots.shape and np.allclose(line, dots) for line in drawn)
    picture = np.asarray(Image.open(io.BytesIO(written(figure, ".png"))).convert("RGB"))
    assert picture.shape[0] > 600
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 50
    assert is_whole(figure)


def test_the_animation_moves() -> None:
    from PIL import Image, ImageChops

    model, data = neuron()
    film = Image.open(io.BytesIO(animate_hill(hill_of(model, data, "b1[1]", ranges=[(-9, 9)]))))
    assert film.n_frames > 5
    first = film.convert("RGB")
    film.seek(film.n_frames - 1)
    assert ImageChops.difference(first, film.convert("RGB")).getbbox() is not None


def test_a_notation_names_the_axes() -> None:
    model, data = learned()
    figure = plot_hill(model, data, "W1[1,2]", Notation(cost="L", layers="bracket", weights="Θ"), steps=2)
    assert figure.axes[0].get_xlabel().startswith(r"$\theta")
    assert "[1]" in figure.axes[0].get_xlabel()
    assert figure.axes[0].get_ylabel() == "cost $L$"


@pytest.mark.parametrize(
    ("parameter", "said"),
    [
        ("W9[1,1]", "unknown parameter 'W9'"),
        ("W1[4,1]", "no entry W1[4,1]: W1 has shape (3, 2)"),
        ("W1[0,1]", "places count from 1"),
        ("W1", "bad entry 'W1'"),
        ("W1[1]", "bad entry 'W1[1]'"),
        ("W1[1,x]", "bad entry"),
        ("W1[1,1],W1[1,1]", "given twice"),
        ("W1[1,1],W1[1,2],b1[1]", "one or two"),
        ("__import__('os')", "bad parameter"),
        ("", "bad parameter"),
        ("3", "bad parameter"),
    ],
)
def test_a_parameter_that_there_is_not(parameter: str, said: str) -> None:
    model, _ = learned()
    with pytest.raises(InputError) as error:
        read_entries(parameter, model.parameters)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"starts": 0}, "starts"),
        ({"starts": 21}, "starts"),
        ({"steps": 0}, "steps"),
        ({"learning_rate": -1.0}, "learning rate"),
        ({"learning_rate": math.nan}, "learning rate"),
        ({"seed": -1}, "seed"),
        ({"ranges": [(1, 1)]}, "bad range"),
        ({"ranges": [(0, math.inf)]}, "bad range"),
        ({"ranges": [(0, 1), (0, 1)]}, "2 ranges for 1"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        hill_of(*learned(), **settings)


def test_data_that_the_model_does_not_take() -> None:
    model, _ = learned()
    with pytest.raises(ShapeError, match="the data has 4 inputs, the model takes 2"):
        hill_of(model, load_data("iris"))
    other = Data("other", np.zeros((2, 2)), np.array([0, 5]), (0, 5))
    with pytest.raises(DataError, match="never seen"):
        hill_of(model, other)


def test_many_examples_are_a_sample_and_the_caption_says_so() -> None:
    model, _ = learned()
    hill = hill_of(model, moons(1500), steps=1, starts=1)
    assert len(hill.landscape.X) == 1000
    assert "1,000 of the 1,500 examples of moons" in hill.caption[0]


def test_training_curves_are_the_history() -> None:
    data = moons(60)
    fit = train(mlp("2-3-1"), data.X, data.y, epochs=6, validation=(data.X[:20], data.y[:20]))
    figure = plot_cost(fit)
    costs, accuracies = figure.axes
    assert costs.get_ylabel() == "cost $C$"
    assert accuracies.get_ylabel() == "accuracy"
    assert accuracies.get_xlabel() == "epoch"
    for axes, name in ((costs, "cost"), (accuracies, "accuracy")):
        for line, prefix in zip(axes.get_lines(), ("", "validation_"), strict=True):
            assert line.get_xdata().tolist() == [entry["epoch"] for entry in fit.history]
            assert line.get_ydata().tolist() == [entry[prefix + name] for entry in fit.history]
    assert is_whole(figure)


def test_values_have_no_accuracy_and_a_model_without_history_no_curves() -> None:
    model, data = linear(X7)
    fit = train(model.network, data.X, data.y[:, None], epochs=3)
    assert len(plot_cost(fit).axes) == 1
    with pytest.raises(InputError, match="no history"):
        plot_cost(model)


def image_model(weights: str = "outputs,inputs", architecture: str = "64-5-10") -> Model:
    net = mlp(architecture, weights=weights)
    return Model(net, dict(net.initial_parameters(1)), targets_of(range(10), 10, "quadratic", "sigmoid"))


@pytest.mark.parametrize("weights", ["outputs,inputs", "inputs,outputs"])
def test_each_image_is_the_weights_of_one_unit(weights: str) -> None:
    model = image_model(weights)
    figure = plot_weights(model)
    images = [axes.get_images()[0] for axes in figure.axes if axes.get_images() and axes.get_title()]
    W = model.parameters["W1"] if weights == "outputs,inputs" else model.parameters["W1"].T
    assert len(images) == 5
    for image, row in zip(images, W, strict=True):
        assert np.array_equal(image.get_array(), row.reshape(8, 8))
        assert image.get_clim() == (-np.abs(W).max(), np.abs(W).max())
    assert is_whole(figure)


def test_images_need_not_be_square() -> None:
    model = replace(image_model(architecture="60-3-10"), image=(6, 10))
    figure = plot_weights(model)
    assert figure.axes[0].get_images()[0].get_array().shape == (6, 10)


def test_weights_that_are_no_images() -> None:
    with pytest.raises(InputError, match="60 inputs are no square"):
        plot_weights(image_model(architecture="60-3-10"))
    model, _ = learned()
    with pytest.raises(InputError, match="2 columns of a table"):
        plot_weights(model)


def test_the_regions_are_the_predictions() -> None:
    model, data = learned()
    figure = plot_regions(model, data)
    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x1", "x2")
    picture = axes.get_images()[0]
    classes, (left, right, bottom, top) = np.asarray(picture.get_array()), picture.get_extent()
    across, up = np.linspace(left, right, classes.shape[1]), np.linspace(bottom, top, classes.shape[0])
    for i, j in np.random.default_rng(0).integers(classes.shape, size=(40, 2)):
        assert classes[i, j] == model.predict([[across[j], up[i]]])[0]
    points = sum(len(found.get_offsets()) for found in axes.collections if len(found.get_offsets()) > 1)
    assert points >= len(data)
    assert is_whole(figure)


def test_regions_of_three_classes_and_of_values() -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(90, 2))
    names = np.array(["low", "middle", "$high_1$"])[np.digitize(X[:, 0], [-0.5, 0.5])]
    data = Data("<b>bands</b> $x$", X, names, tuple(sorted(set(names))), ("a $ b", "c_1"), "band")
    fit = train(mlp("2-4-3"), X, names, epochs=5, classes=data.classes)
    figure = plot_regions(Model.of(fit, features=data.features, target="band"), data)
    assert written(figure, ".svg").startswith(b"<?xml")
    values = replace(data, y=X[:, 0] * 2, classes=None)
    fit = train(mlp("2-4-1", ["tanh", "identity"]), X, values.y[:, None], epochs=5)
    assert written(plot_regions(Model.of(fit), values), ".png")[:4] == b"\x89PNG"


def test_regions_need_two_inputs() -> None:
    with pytest.raises(InputError, match="two inputs, the model has 64"):
        plot_regions(image_model())
    model, _ = learned()
    with pytest.raises(ShapeError, match="the data has 4 inputs"):
        plot_regions(model, load_data("iris"))


def test_networks_without_a_plain_cost_are_refused() -> None:
    model, data = learned()
    weighted = Network(model.network.layers, example_weights=True)
    with pytest.raises(InputError, match="weights of the examples"):
        hill_of(replace(model, network=weighted), data)


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SymnnError, match=r'pip install "symnn\[plot\]"'):
        plot_hill(*neuron(), "b1[1]", steps=1)


def test_pyplot_is_left_alone_and_the_settings_too() -> None:
    code = (
        "import sys, matplotlib\n"
        # To ask for the backend imports pyplot.
        "settings = lambda: {k: matplotlib.rcParams[k] for k in matplotlib.rcParams if k != 'backend'}\n"
        "before = settings()\n"
        "from symnn.teaching.pictures.plots import plot_cost\n"
        "from symnn.networks import mlp\nfrom symnn.training import load_data, train\n"
        "data = load_data('xor')\n"
        "plot_cost(train(mlp('2-2-1'), data.X, data.y, epochs=2))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert settings() == before\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
