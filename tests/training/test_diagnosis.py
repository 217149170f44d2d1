"""Diagnosis: six broken trainings are each named, the cause first; healthy ones are left alone."""

import dataclasses

import numpy as np
import pytest

from symnn.errors import InputError
from symnn.networks import BatchNorm, Dense, Embedding, Network, mlp
from symnn.training import SGD, Adam, Fit, Scaling, load_data, split, targets_of, train
from symnn.training.diagnosis import NAMES
from symnn.training.diagnosis.slopes import slopes_of
from symnn.training.diagnosis.subject import percent
from symnn.training.examples import Examples

pytest.importorskip("sklearn", reason="scikit-learn is not installed: no digits")


def examples(name, scale=None):
    """The training part of a data set, scaled as `symnn train` does."""
    data = load_data(name)
    part = split(data, 0).training
    images = data.kind == "image"
    scaling = Scaling.fitted(part.X, scale or ("unit" if images else "standard"), together=images)
    return scaling.apply(part.X), part.y


def names(findings):
    return [finding.name for finding in findings]


class Wild(Dense):
    """A dense layer whose weights start far too large."""

    def initial_parameters(self, shapes, generator, method=None):
        drawn = super().initial_parameters(shapes, generator, method)
        return {name: 30 * value for name, value in drawn.items()}


class Off(Dense):
    """A dense layer whose biases start far too low."""

    def initial_parameters(self, shapes, generator, method=None):
        drawn = super().initial_parameters(shapes, generator, method)
        return {name: value - 20 if name == "b" else value for name, value in drawn.items()}


# Six broken trainings, each with what is wrong


def test_weights_that_start_too_large_saturate_units():
    X, y = examples("iris")
    net = Network([Wild(4, 8, "tanh"), Dense(8, 3, "softmax")], cost="cross_entropy")
    fit = train(net, X, y, epochs=10)
    found = fit.diagnose()
    assert names(found)[0] == "saturated units"
    a = np.tanh(X @ fit.parameters["W1"].T + fit.parameters["b1"])
    assert found[0].numbers["share"] == pytest.approx(np.mean(1 - a**2 < 0.01))
    assert "of the units of a1, over all examples, have a slope below 1 % of the largest" in found[0].sentence


def test_biases_that_start_too_low_kill_relu_units():
    X, y = examples("digits")
    net = Network([Off(64, 30, "relu"), Dense(30, 10, "softmax")], cost="cross_entropy")
    fit = train(net, X, y, epochs=2)
    assert (X @ fit.parameters["W1"].T + fit.parameters["b1"] < 0).all()
    found = fit.diagnose()
    assert names(found)[:2] == ["dead units", "plateau"]
    assert found[0].sentence.startswith("100 % of the units of a1 are off for every example")
    assert fit.hint() == found[0]


def test_steps_beyond_what_the_hessian_bears_are_a_learning_rate_too_large():
    # 0.97 at η = 0.1; at η = 3 all units of the hidden layer die, which is not the cause
    X, y = examples("digits")
    fit = train(mlp("64-30-10", activation=["relu", "softmax"], cost="cross_entropy"), X, y, SGD(3.0), epochs=2)
    assert fit.accuracy(X, y) < 0.2
    first, second, *_ = fit.diagnose()
    assert (first.name, second.name) == ("learning rate too large", "dead units")
    assert first.numbers["limit"] < 1
    assert "the learning rate is 3, and steps beyond 2/λmax = 0." in first.sentence
    assert "take a smaller learning rate, below 0." in first.remedy


def test_numbers_that_are_not_finite_are_a_learning_rate_too_large():
    X, y = examples("digits")
    fit = train(mlp("64-30-10", activation=["tanh", "identity"]), X, y, SGD(3.0), epochs=2)
    assert fit.stopped is not None
    assert names(fit.diagnose())[0] == "learning rate too large"
    assert "not finite" in fit.hint().sentence


def test_a_cost_that_rose_is_a_learning_rate_too_large_whatever_the_optimizer():
    X, y = examples("moons")
    fit = train(mlp("2-8-1", activation="sigmoid"), X, y, Adam(1e-4), epochs=2)
    costs = [{**fit.history[0], "cost": cost} for cost in (0.11, 0.05, 0.2)]
    found = dataclasses.replace(fit, history=costs).diagnose()
    assert found[0].sentence == "the learning rate is 0.0001, and the cost rose from 0.05 to 0.2"
    assert "such as 1e-05" in found[0].remedy


def test_raw_columns_are_unscaled_inputs_and_saturate_nearly_all_units():
    X, y = examples("breast_cancer", "none")
    found = train(mlp("30-10-1", activation="sigmoid"), X, y, epochs=5).diagnose()
    assert names(found)[0] == "unscaled inputs"
    assert found[0].numbers["root_mean_square"] == pytest.approx(np.sqrt(np.mean(X**2)))
    shares = {finding.name: finding.numbers.get("share") for finding in found}
    assert shares["saturated units"] > 0.9


def test_a_rare_class_that_is_never_predicted_is_a_collapse():
    X, y = examples("breast_cancer")
    rare = np.flatnonzero(y == "malignant")[20:]
    X, y = np.delete(X, rare, axis=0), np.delete(y, rare)
    fit = train(mlp("30-10-1", activation="sigmoid"), X, y, SGD(0.3), epochs=3)
    (found,) = fit.diagnose()
    assert found.name == "collapsed predictions"
    assert found.numbers["class"] == "benign"
    assert found.numbers["predicted"] == pytest.approx(np.mean(fit.predict(X) == "benign"))
    assert found.numbers["share"] == pytest.approx(np.mean(y == "benign"))
    assert found.sentence.endswith("% of the examples are predicted as 'benign', which 91 % of them are")


def test_many_sigmoids_after_one_another_are_stuck_on_a_plateau():
    X, y = examples("moons")
    fit = train(mlp("2-8-8-8-8-8-1", activation="sigmoid"), X, y, epochs=5)
    found = fit.diagnose()
    assert names(found) == ["plateau", "collapsed predictions"]
    # half of the examples are of each class: ½ · ¼
    assert found[0].numbers["constant_cost"] == pytest.approx(0.125, rel=1e-2)
    assert "for always predicting the shares of the classes" in found[0].sentence


# Healthy trainings


@pytest.mark.parametrize(
    ("data", "architecture", "activation", "cost", "epochs"),
    [
        ("iris", "4-8-3", "sigmoid", "quadratic", 150),
        ("iris", "4-8-3", ["sigmoid", "softmax"], "cross_entropy", 100),
        ("digits", "64-30-10", "sigmoid", "quadratic", 10),
        ("digits", "64-30-10", ["relu", "softmax"], "cross_entropy", 10),
        ("moons", "2-8-1", "sigmoid", "quadratic", 200),
        ("moons", "2-8-8-1", ["tanh", "tanh", "sigmoid"], "binary_cross_entropy", 100),
        ("breast_cancer", "30-10-1", "sigmoid", "quadratic", 40),
    ],
)
def test_a_training_that_went_well_gives_no_finding(data, architecture, activation, cost, epochs):
    X, y = examples(data)
    fit = train(mlp(architecture, activation=activation, cost=cost), X, y, epochs=epochs)
    assert fit.diagnose() == []
    assert fit.hint() is None


# The single checks


def of(net, parameters, X, Y, history=(), **more):
    targets = targets_of(Y, np.shape(Y)[1], net.cost, net.activations[-1])
    parameters = {name: np.asarray(value, float) for name, value in parameters.items()}
    return Fit(net, parameters, targets, 0.0, list(history), **more)


def test_overfitting_is_read_from_the_history():
    X, Y = np.array([[-1.0], [1.0]]), np.array([[-1.0], [1.0]])
    net = mlp("1-1", activation="identity")
    courses = {"cost": (0.3, 0.2, 0.1), "validation_cost": (0.4, 0.3, 0.5)}
    history = [
        {"epoch": n, **{name: values[n - 1] for name, values in courses.items()}} for n in range(1, 4)
    ]
    (found,) = of(net, {"W1": [[0.9]], "b1": [0.0]}, X, Y, history).diagnose(X, Y)
    assert found.sentence == (
        "since epoch 2 the validation cost rose from 0.3 to 0.5, while the training cost fell from 0.2 to 0.1"
    )
    assert str(found).startswith("overfitting: since epoch 2 ")
    history[2]["cost"] = 0.25
    assert of(net, {"W1": [[0.9]], "b1": [0.0]}, X, Y, history).diagnose(X, Y) == []


def test_without_a_history_overfitting_is_seen_on_other_examples():
    X, Y = np.array([[-1.0], [1.0]]), np.array([[-1.0], [1.0]])
    fit = of(mlp("1-1", activation="identity"), {"W1": [[0.9]], "b1": [0.0]}, X, Y)
    (found,) = fit.diagnose(X, Y, validation=(X, -Y))
    # ½ (0.9 + 1)² beside ½ (0.9 − 1)²
    assert found.numbers == {"validation_cost": pytest.approx(1.805), "cost": pytest.approx(0.005)}
    assert fit.diagnose(X, Y, validation=(X, Y)) == []


def test_gradients_that_vanish_or_explode_on_the_way_back():
    X, Y = np.array([[-1.0], [1.0]]), np.array([[1.0], [-1.0]])
    net = mlp("1-1-1", activation="identity")
    # ∂C/∂W1 = W2 · δ, ∂C/∂W2 = W1 · δ
    for W1, W2, expected in ((1.0, 1e-5, "vanishing gradient"), (1e-5, 1.0, "exploding gradient")):
        found = of(net, {"W1": [[W1]], "W2": [[W2]], "b1": [0.0], "b2": [0.3]}, X, Y).diagnose(X, Y)
        assert expected in names(found)


def test_tokens_are_no_unscaled_inputs():
    random = np.random.default_rng(0)
    X, Y = random.integers(0, 50, (40, 4)), random.normal(size=(40, 12))
    fit = train(Network([Embedding(50, 3, 4)], cost="quadratic"), X, Y, epochs=1)
    assert "unscaled inputs" not in names(fit.diagnose(brief=True))


@pytest.mark.parametrize(
    ("activation", "flat", "slope"),
    [
        ("sigmoid", "both", lambda z: 4 * np.exp(-z) / (1 + np.exp(-z)) ** 2),
        ("tanh", "both", lambda z: 1 / np.cosh(z) ** 2),
        ("relu", "one", lambda z: (z > 0) * 1.0),
        ("softplus", "one", lambda z: 1 / (1 + np.exp(-z))),
        ("leaky_relu", "none", None),
        ("sin(z)", "none", None),
    ],
)
def test_slopes_follow_from_the_equations_of_the_activation(activation, flat, slope):
    net = mlp("2-3-1", activation=[activation, "identity"])
    X = 3 * np.random.default_rng(1).normal(size=(6, 2))
    parameters = net.initial_parameters(seed=2)
    found = slopes_of(net, parameters, Examples(X, np.zeros((6, 1)), {}))
    if flat == "none":
        assert found == []
        return
    (one,) = found
    assert (one.name, one.one_sided) == ("a1", flat == "one")
    assert one.values == pytest.approx(slope(X @ parameters["W1"].T + parameters["b1"]), rel=1e-6)


def test_what_is_one_for_all_examples_is_no_unit():
    # of a normalized batch 1/√(variance + ε) is a function of one entry too
    net = Network([Dense(2, 3, "tanh"), BatchNorm(3), Dense(3, 1, "identity")], cost="quadratic")
    X = np.random.default_rng(0).normal(size=(20, 2))
    found = slopes_of(net, net.initial_parameters(seed=0), Examples(X, np.zeros((20, 1)), {}))
    assert [one.values.shape for one in found] == [(20, 3)]


def test_every_finding_is_one_of_the_names_and_frozen():
    X, y = examples("moons")
    (found, *others) = train(mlp("2-8-8-8-8-8-1", activation="sigmoid"), X, y, epochs=2).diagnose(brief=True)
    assert {found.name, *names(others)} <= set(NAMES)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.name = "fine"


def test_examples_are_needed_where_none_are_at_hand():
    fit = of(mlp("1-1", activation="identity"), {"W1": [[1.0]], "b1": [0.0]}, [[1.0]], [[1.0]])
    with pytest.raises(InputError, match="does not hold the examples"):
        fit.diagnose()


def test_shares_are_said_in_percent():
    assert [percent(share) for share in (0, 0.004, 0.5, 1)] == ["0 %", "0.4 %", "50 %", "100 %"]
