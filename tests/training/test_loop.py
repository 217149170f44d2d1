"""Training does what its equations say: compared with gradient descent written out in NumPy."""

import signal
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sympy import Sum

from symnn.errors import DataError, InputError, ShapeError
from symnn.language import Equation, index, tensor
from symnn.networks import Layer, Network, mlp
from symnn.training import SGD, moons, train
from symnn.training.plan import Plan


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def step_by_hand(p, X, Y, eta):
    """One step of a network with one hidden layer, sigmoid and quadratic cost: BP1 to BP4 of the textbooks."""
    a1 = sigmoid(X @ p["W1"].T + p["b1"])
    a2 = sigmoid(a1 @ p["W2"].T + p["b2"])
    delta2 = (a2 - Y) * a2 * (1 - a2)
    delta1 = delta2 @ p["W2"] * a1 * (1 - a1)
    m = len(X)
    gradient = {
        "W1": delta1.T @ X / m,
        "b1": delta1.sum(axis=0) / m,
        "W2": delta2.T @ a1 / m,
        "b2": delta2.sum(axis=0) / m,
    }
    return {name: p[name] - eta * gradient[name] for name in p}


@pytest.fixture
def values():
    random = np.random.default_rng(0)
    return random.normal(size=(7, 3)), random.uniform(size=(7, 2))


@pytest.fixture
def net():
    return mlp("3-4-2", activation="sigmoid", cost="quadratic")


def test_one_epoch_of_one_batch_is_one_step(net, values):
    X, Y = values
    fit = train(net, X, Y, optimizer=SGD(0.7), epochs=1, batch_size=len(X), seed=5)
    wanted = step_by_hand(net.initial_parameters(seed=5), X, Y, 0.7)
    for name, value in wanted.items():
        assert fit.parameters[name] == pytest.approx(value, rel=1e-12, abs=1e-14)


def test_every_epoch_sees_every_example_in_a_fresh_order_and_the_last_batch_is_smaller(net, values):
    X, Y = values
    fit = train(net, X, Y, optimizer=SGD(0.7), epochs=3, batch_size=3, seed=5)
    parameters, random = net.initial_parameters(seed=5), np.random.default_rng([5, 1])
    for _ in range(3):
        order = random.permutation(7)
        for rows in (order[:3], order[3:6], order[6:]):
            parameters = step_by_hand(parameters, X[rows], Y[rows], 0.7)
    for name, value in parameters.items():
        assert fit.parameters[name] == pytest.approx(value, rel=1e-11, abs=1e-13)


def test_equal_seeds_give_equal_results_and_others_do_not(net, values):
    one, same, other = (train(net, *values, epochs=2, batch_size=3, seed=seed) for seed in (1, 1, 2))
    assert all(np.array_equal(one.parameters[name], same.parameters[name]) for name in one.parameters)
    assert one.history == same.history
    assert not np.array_equal(one.parameters["W1"], other.parameters["W1"])


def test_the_history_has_costs_and_accuracies(net):
    data = moons(60)
    net = mlp("2-4-1")
    fit = train(net, data.X[:40], data.y[:40], epochs=4, validation=(data.X[40:], data.y[40:]))
    assert [entry["epoch"] for entry in fit.history] == [1, 2, 3, 4]
    last = fit.history[-1]
    assert last["cost"] == fit.cost == fit.cost_of(data.X[:40], data.y[:40])
    assert last["accuracy"] == fit.accuracy(data.X[:40], data.y[:40])
    assert last["validation_cost"] == fit.cost_of(data.X[40:], data.y[40:])
    assert last["validation_accuracy"] == fit.accuracy(data.X[40:], data.y[40:])
    assert (fit.epochs, fit.stopped) == (4, None)


def test_values_have_no_accuracy(net, values):
    fit = train(net, *values, epochs=1)
    assert fit.history[0]["accuracy"] is None
    assert fit.history[0]["validation_cost"] is None
    assert fit.predict(values[0]).shape == (7, 2)
    with pytest.raises(InputError, match="no accuracy: the network was trained on values"):
        fit.accuracy(*values)


def test_moons_are_learned_and_labels_come_back():
    data = moons(200)
    labels = np.array(["left", "right"])[data.y]
    fit = train(mlp("2-8-1"), data.X, labels, optimizer=SGD(5), epochs=150)
    assert fit.accuracy(data.X, labels) > 0.85
    assert set(fit.predict(data.X)) == {"left", "right"}
    probability = fit.predict_probability(data.X)
    assert probability.sum(axis=1) == pytest.approx(np.ones(200))
    assert np.array_equal(np.array(["left", "right"])[probability.argmax(axis=1)], fit.predict(data.X))


def test_the_best_restart_is_chosen_by_validation_cost(net, values):
    X, Y = values
    watched = X[::-1], Y
    best = train(net, X, Y, epochs=2, restarts=4, seed=3, validation=watched)
    runs = [train(net, X, Y, epochs=2, seed=seed, validation=watched) for seed in (3, best.seed)]
    assert best.cost_of(*watched) == pytest.approx(min(run.cost_of(*watched) for run in runs))
    assert best.parameters["W1"] == pytest.approx(runs[1].parameters["W1"], rel=1e-12)
    assert best.restarts[0]["seed"] == 3
    assert min(one["validation_cost"] for one in best.restarts) == best.history[-1]["validation_cost"]


def test_float32_stays_float32(net, values):
    fit = train(net, *values, epochs=2, dtype="float32")
    assert {value.dtype for value in fit.parameters.values()} == {np.dtype("float32")}
    exact = train(net, *values, epochs=2)
    assert fit.cost == pytest.approx(exact.cost, rel=1e-5)


def test_a_cost_that_is_not_finite_stops_and_keeps_the_last_good_parameters():
    net = mlp("2-3-1", activation="identity", cost="quadratic")
    X = np.random.default_rng(0).normal(size=(20, 2)) * 1000
    fit = train(net, X, X[:, 0] * 0.37, optimizer=SGD(5.0), epochs=50, batch_size=5)
    assert "were not finite in epoch" in fit.stopped
    assert "try a learning rate below 5, such as 0.5, or scale the inputs" in fit.stopped
    assert all(np.isfinite(value).all() for value in fit.parameters.values())
    assert fit.epochs == len(fit.history) < 50


def test_divergence_in_the_first_epoch_keeps_the_initial_parameters(net, values):
    X, Y = values
    huge = mlp("3-4-2", activation="identity")
    fit = train(huge, X * 1e200, Y, optimizer=SGD(1.0), seed=2)
    assert "kept the initial parameters" in fit.stopped
    assert np.array_equal(fit.parameters["W1"], huge.initial_parameters(seed=2)["W1"])


def test_an_interruption_keeps_what_was_learned(net, values, monkeypatch):
    measured = []
    original = Plan.measure

    def pressing(self, parameters):
        measured.append(parameters)
        if len(measured) == 3:
            signal.raise_signal(signal.SIGINT)
        return original(self, parameters)

    monkeypatch.setattr(Plan, "measure", pressing)
    before = signal.getsignal(signal.SIGINT)
    fit = train(net, *values, epochs=9, batch_size=len(values[0]), seed=5, restarts=3)
    assert signal.getsignal(signal.SIGINT) is before
    assert fit.stopped == "interrupted at epoch 4 of 9"
    assert len(fit.history) == 3
    monkeypatch.undo()
    whole = train(net, *values, epochs=3, batch_size=len(values[0]), seed=fit.seed)
    assert fit.parameters["W1"] == pytest.approx(whole.parameters["W1"], rel=1e-12)
    assert [one["stopped"] for one in fit.restarts] == [fit.stopped] * 3


def test_a_second_interruption_ends_at_once(net, values, monkeypatch):
    def pressing(self, parameters):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Plan, "measure", pressing)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(net, *values, epochs=9)
    assert signal.getsignal(signal.SIGINT) is before


def test_training_in_another_thread_leaves_ctrl_c_alone(net, values):
    with ThreadPoolExecutor(1) as pool:
        fit = pool.submit(train, net, *values, epochs=2).result()
    assert fit.epochs == 2


def test_the_step_is_one_program_that_ends_in_the_update(net, values):
    from symnn.training.step import compile_step

    step = compile_step(net, SGD(0.5))
    names = list(step.program.defined)
    assert {"W1_new", "b1_new", "W2_new", "b2_new"} == set(names[-4:])


@pytest.mark.parametrize(
    ("X", "Y", "error", "message"),
    [
        (np.ones((4, 2)), [0, 1, 0, 1], ShapeError, "X has 2 columns, the network takes 3"),
        (np.ones((4, 3)), [0, 1, 0], ShapeError, "X has 4 rows, Y has 3"),
        (np.ones(3), [0, 1, 0], ShapeError, r"X has shape \(3,\)"),
        (np.ones((0, 3)), [], DataError, "X is empty"),
        (np.array([[1, 2, 3], [1, np.nan, 3]]), [0, 1], DataError, "X is not finite in row 2, column 2"),
        (np.array([["a", "b", "c"]]), [0], DataError, "X has entries of type"),
        ([[1, 2, 3], [1, 2]], [0, 1], ShapeError, "X has rows of different lengths"),
        (np.ones((2, 3)), [[0.0], [np.inf]], DataError, "Y has a value that is not finite, in row 2"),
        (np.ones((2, 3)), [1, 1], DataError, r"Y has one class only \(1\)"),
        (np.ones((2, 3)), np.ones((2, 3)), ShapeError, "Y has 3 columns, the network has 2 outputs"),
    ],
)
def test_bad_data_is_refused(net, X, Y, error, message):
    with pytest.raises(error, match=message):
        train(net, X, Y)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "bad epochs 0: it is a whole number, at least 1"),
        ({"batch_size": 0}, "bad batch size 0"),
        ({"batch_size": 2.5}, "bad batch size 2.5"),
        ({"restarts": 0}, "bad restarts 0"),
        ({"seed": -1}, "bad seed -1: it is a whole number, at least 0"),
        ({"dtype": "float16"}, r"unknown dtype 'float16' \(did you mean"),
    ],
)
def test_bad_settings_are_refused(net, values, settings, message):
    with pytest.raises(InputError, match=message):
        train(net, *values, **settings)


def test_a_label_never_seen_in_training_is_refused_in_validation():
    data = moons(20)
    with pytest.raises(DataError, match="the label 2 was never seen in training"):
        train(mlp("2-3-1"), data.X, data.y, validation=(data.X, np.arange(20) % 3))


class RowSums(Layer):
    """One example is a table of 2 × 3; the output is a weighted sum of each row."""

    inputs = (2, 3)

    def equations(self, inputs):
        i, j = index("i", 2), index("j", 3)
        w, a = tensor("w", 3, role="parameter"), tensor("a", 2)
        return [Equation(a[i], Sum(w[j] * inputs[i, j], j))]


def test_a_network_of_own_layers_on_inputs_of_two_axes():
    net = Network([RowSums()], cost="quadratic")
    random = np.random.default_rng(0)
    X = random.normal(size=(50, 2, 3))
    fit = train(net, X, X @ [1.0, -2.0, 0.5], optimizer=SGD(0.2), epochs=60)
    assert fit.parameters["w1"] == pytest.approx([1, -2, 0.5], abs=1e-6)
    assert fit.predict(X).shape == (50, 2)
    with pytest.raises(ShapeError, match="X has 3 × 2 columns, the network takes 2 × 3"):
        fit.predict(X.transpose(0, 2, 1))


@pytest.mark.parametrize("cost", ["quadratic", "mean_squared_error", "binary_cross_entropy", "cross_entropy"])
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "relu"])
def test_the_default_learning_rate_learns(cost, hidden):
    data = moons(200)
    net = mlp("2-8-2", activation=[hidden, "softmax" if cost == "cross_entropy" else "sigmoid"], cost=cost)
    assert train(net, data.X, data.y, epochs=150).accuracy(data.X, data.y) > 0.85


def test_columns_must_suit_the_cost():
    X = np.eye(3)
    with pytest.raises(DataError, match=r"row 1 of Y sums to 1.5: the cost cross_entropy wants rows that sum to 1"):
        train(mlp("3-2", activation="softmax", cost="cross_entropy"), X, [[0.5, 1], [1, 0], [0, 1]])
    with pytest.raises(DataError, match="binary_cross_entropy wants targets between 0 and 1, Y has 0 to 3"):
        train(mlp("3-1", cost="binary_cross_entropy"), X, [0.0, 1.5, 3.0])


def test_networks_that_cannot_be_trained(values):
    with pytest.raises(InputError, match="cannot train a network without a cost"):
        train(mlp("3-2", cost=None), *values)
    with pytest.raises(InputError, match=r"symbolic sizes: 'x' has shape \(n0\)"):
        train(mlp("n0-2"), *values)
