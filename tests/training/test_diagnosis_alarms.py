"""Diagnosis without false alarms: chance is no overfitting, being sure is no saturation, 1/√v is no activation."""

import numpy as np
import pytest
from sympy import exp

from symnn.language import Equation, index, tensor
from symnn.networks import BatchNorm, Dense, Layer, LayerNorm, Network, mlp
from symnn.training import SGD, Fit, Scaling, load_data, moons, optimizer_named, split, targets_of, train
from symnn.training.diagnosis.slopes import slopes_of
from symnn.training.examples import Examples


def names(findings):
    return [finding.name for finding in findings]


def parts(name, seed=0):
    """The training and the validation part of a data set, scaled as `symnn train` does."""
    data = load_data(name)
    divided = split(data, seed)
    images = data.kind == "image"
    scaling = Scaling.fitted(divided.training.X, "unit" if images else "standard", together=images)
    return tuple((scaling.apply(part.X), part.y) for part in (divided.training, divided.validation))


# Chance


def test_a_few_wrong_examples_that_cost_much_are_no_overfitting():
    # accuracy 1.000 and 0.965: the validation cost triples by four of 114 examples
    pytest.importorskip("sklearn")
    training, validation = parts("breast_cancer", seed=1)
    net = mlp("30-10-1", activation=["relu", "sigmoid"], cost="binary_cross_entropy")
    fit = train(net, *training, optimizer_named("adam", net), 90, seed=1, validation=validation)
    costs = [entry["validation_cost"] for entry in fit.history]
    assert costs[-1] > 2 * min(costs)
    assert fit.diagnose() == []


def test_many_wrong_examples_are_overfitting():
    # a fifth of the labels is wrong, and learned by heart
    random = np.random.default_rng(0)
    data = moons(300, noise=0.2)
    y = np.where(random.random(300) < 0.2, 1 - data.y, data.y)
    net = mlp("2-40-40-1", activation=["tanh", "tanh", "sigmoid"], cost="binary_cross_entropy")
    fit = train(
        net, data.X[:100], y[:100], optimizer_named("adam", net), 300, validation=(data.X[100:], y[100:])
    )
    (found,) = fit.diagnose()
    assert found.name == "overfitting"
    assert found.numbers["validation_cost"] == fit.history[-1]["validation_cost"]
    assert names(fit.diagnose(validation=(data.X[:100], y[:100]))) == ["overfitting"]


def test_the_error_of_the_validation_cost_is_that_of_its_parts():
    # one output a = w: the cost of example n is ½ (w − yₙ)², its standard error s/√n
    Y = np.array([[1.0], [2.0], [4.0], [9.0]])
    net = mlp("1-1", activation="identity")
    fit = Fit(net, {"W1": np.zeros((1, 1)), "b1": np.zeros(1)}, targets_of(Y, 1, "quadratic", "identity"), 0.0, [])
    subject = fit._subject(fit._given(Y, Y), (Y, Y), brief=True)
    assert subject.validation_error == pytest.approx(np.std(Y**2 / 2, ddof=1) / 2)


# Being sure


def test_units_far_out_of_a_network_that_is_sure_and_right_are_well():
    pytest.importorskip("sklearn")
    training, _ = parts("iris")
    net = mlp("4-16-16-3", activation=["tanh", "tanh", "sigmoid"], cost="binary_cross_entropy")
    fit = train(net, *training, optimizer_named("adam", net, 3), 334)
    a = fit.network.evaluate(fit.parameters, training[0])["a2"]
    assert np.mean(1 - a**2 < 0.01) > 0.6
    assert fit.diagnose() == []


def test_outputs_that_are_sure_and_wrong_are_saturated():
    X = np.array([[-1.0], [1.0]])
    Y = np.array([[0.0], [1.0]])
    fit = Fit(
        mlp("1-1", activation="sigmoid"), {"W1": np.array([[-9.0]]), "b1": np.zeros(1)},
        targets_of(Y, 1, "quadratic", "sigmoid"), 0.0, [],
    )  # fmt: skip
    first = fit.diagnose(X, Y)[0]
    assert first.name == "saturated units"
    assert first.sentence.startswith("100 % of the units of a1")
    assert "such as cross_entropy" in first.remedy
    fit.parameters["W1"] = np.array([[9.0]])
    assert fit.diagnose(X, Y) == []


def test_outputs_of_cross_entropy_go_on_learning_where_they_are_sure_and_wrong():
    X, Y = np.array([[-1.0], [1.0]]), np.array([[0.0], [1.0]])
    net = mlp("1-1", activation="sigmoid", cost="binary_cross_entropy")
    fit = Fit(
        net, {"W1": np.array([[-9.0]]), "b1": np.zeros(1)}, targets_of(Y, 1, str(net.cost), "sigmoid"), 0.0, [],
        learning_rate=1.0, optimizer="SGD",
    )  # fmt: skip
    assert "saturated units" not in names(fit.diagnose(X, Y))


# What is an activation


class Exponential(Layer):
    """h = exp(x)"""

    def __init__(self, size):
        self.inputs = self.outputs = size

    def equations(self, x):
        i = index("i", self.inputs)
        h = tensor("h", self.inputs)
        return [Equation(h[i], exp(x[i]))]


@pytest.mark.parametrize(
    ("layer", "kept"),
    [(LayerNorm(5), ["a1", "a3"]), (BatchNorm(5), ["a1", "a3"]), (Exponential(5), ["a1", "a3"])],
)
def test_deviations_and_exponentials_are_no_activations(layer, kept):
    net = Network([Dense(3, 5, "tanh"), layer, Dense(5, 2, "sigmoid")])
    random = np.random.default_rng(0)
    part = Examples(random.normal(size=(8, 3)), random.random((8, 2)), {})
    found = slopes_of(net, net.initial_parameters(seed=0), part)
    assert [one.name for one in found] == kept
    assert all(one.values.shape == (8, size) for one, size in zip(found, (5, 2), strict=True))


@pytest.mark.parametrize("activation", ["sign(z)", "abs(z)", "z^2", "exp(z)", "max(z, 0)^2"])
def test_activations_whose_slope_is_not_bounded_or_not_there_are_left_alone(activation):
    data = moons(60)
    fit = train(mlp("2-4-1", activation=[activation, "identity"]), data.X, data.y, SGD(0.01), epochs=1)
    assert fit._subject(fit._given(None, None), None, True).slopes == []
    assert {"dead units", "saturated units"}.isdisjoint(names(fit.diagnose(brief=True)))


# Predictions, inputs and learning rates


def test_a_rare_class_is_missed_whether_it_is_a_tenth_or_a_fiftieth_of_all():
    # targets 1, 1, …, 0, 0, …, of which what is not the most common class is right, or is missed
    net = mlp("1-1", activation="sigmoid", cost="binary_cross_entropy")
    for rare in (4, 5, 20):
        X = np.concatenate([np.ones(250 - rare), -np.ones(rare)])[:, None]
        Y = (X + 1) / 2
        for W, b, missed in ((2.0, 0.0, False), (0.1, 2.0, True)):
            parameters = {"W1": np.array([[W]]), "b1": np.array([b])}
            found = Fit(net, parameters, targets_of(Y, 1, str(net.cost), "sigmoid"), 0.0, []).diagnose(X, Y)
            assert names(found) == (["collapsed predictions"] if missed and rare >= 5 else [])


def test_a_few_ones_among_many_zeros_are_no_small_inputs():
    X = np.eye(5000)[np.random.default_rng(0).integers(0, 5000, 40)]
    Y = np.arange(40.0)[:, None] % 2
    targets = targets_of(Y, 1, "quadratic", "sigmoid")
    net = mlp("5000-1")
    fit = Fit(net, net.initial_parameters(seed=0), targets, 0.0, [])
    assert "unscaled inputs" not in names(fit.diagnose(X, Y, brief=True))
    assert "unscaled inputs" in names(fit.diagnose(X / 100, Y, brief=True))


def test_steps_that_are_far_too_short_are_a_learning_rate_too_small():
    pytest.importorskip("sklearn")
    training, _ = parts("digits")
    fit = train(mlp("64-10"), *training, SGD(1e-4), epochs=2)
    first = fit.diagnose()[0]
    assert first.name == "learning rate too small"
    slow, cost = fit.cost, first.numbers["cost_after_a_step"]
    # the step that it speaks of, taken by the loop
    assert cost < 0.95 * slow
    f = fit.network.gradient().compile()
    Y = fit.targets.encode(training[1])
    _, slopes = f(fit.parameters, training[0], Y)
    moved = {name: value - first.numbers["limit"] / 2 * slopes[name] for name, value in fit.parameters.items()}
    assert f(moved, training[0], Y)[0] == pytest.approx(cost)
    assert "learning rate too small" not in names(train(mlp("64-10"), *training, epochs=2).diagnose())


def test_a_penalty_that_draws_all_weights_to_nothing_is_too_strong():
    data = moons(200)
    fits = [
        train(mlp("2-8-1", activation="sigmoid", l2=strength), data.X, data.y, epochs=30) for strength in (0.1, 1e-4)
    ]
    first = fits[0].diagnose()[0]
    assert first.name == "penalty too strong"
    assert first.remedy == "take a weaker penalty, such as l2 0.01"
    lengths = [np.sqrt(sum(np.sum(p[n] ** 2) for n in ("W1", "W2"))) for p in
               (fits[0].network.initial_parameters(seed=0), fits[0].parameters)]  # fmt: skip
    assert (first.numbers["length_before"], first.numbers["length"]) == pytest.approx(lengths)
    assert fits[1].diagnose() == []
