"""Many starts at once, with an axis that counts them, come to the numbers that each comes to alone."""

import numpy as np
import pytest

from symnn.networks import mlp
from symnn.training import SGD, moons, train
from symnn.training import starts as rules
from symnn.training.optimizers import Adam, Momentum
from symnn.training.plan import Settings, planned

DATA = moons(60)
VALIDATION = DATA.X[40:], DATA.y[40:]


def both(monkeypatch, net, optimizer=None, X=DATA.X[:40], y=DATA.y[:40], **settings):
    """Return the fits of the same training: with an axis, and one start after the other."""
    settings = {"epochs": 6, "batch_size": 7, "restarts": 5, "seed": 3, **settings}
    together = train(net, X, y, optimizer, **settings)
    with monkeypatch.context() as patch:
        patch.setattr(rules, "_MOST_WORK", 0)
        return together, train(net, X, y, optimizer, **settings)


def assert_same(one, other, rel=1e-9):
    assert (one.seed, one.stopped, one.epochs) == (other.seed, other.stopped, other.epochs)
    for name, value in one.parameters.items():
        assert value == pytest.approx(other.parameters[name], rel=rel, abs=rel), name
    assert_same_entries(one.history, other.history, rel)
    assert_same_entries(one.restarts, other.restarts, rel)


def assert_same_entries(ones, others, rel):
    for mine, theirs in zip(ones, others, strict=True):
        assert mine.keys() == theirs.keys()
        for name, value in mine.items():
            wanted = pytest.approx(theirs[name], rel=rel) if isinstance(value, float) else theirs[name]
            assert value == wanted, name


@pytest.mark.parametrize("optimizer", [SGD(0.7), Momentum(0.2), Adam(0.05)], ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(
    "net",
    [
        mlp("2-4-1"),
        mlp("2-5-3-2", activation=["tanh", "relu", "softmax"], cost="cross_entropy", l2=0.01),
        mlp("2-3-1", activation="sigmoid", cost="binary_cross_entropy", weights="inputs,outputs"),
    ],
    ids=lambda net: net.title,
)
def test_the_numbers_are_the_same_and_the_choice_too(monkeypatch, net, optimizer):
    assert_same(*both(monkeypatch, net, optimizer, validation=VALIDATION))


def test_the_examples_may_have_weights_and_targets_a_mask(monkeypatch):
    random = np.random.default_rng(0)
    net = mlp("2-4-2", activation=["tanh", "identity"], example_weights=True, masked=True)
    Y = random.normal(size=(40, 2))
    beside = {"example_weights": random.uniform(size=40), "mask": random.integers(0, 2, (40, 2))}
    assert_same(*both(monkeypatch, net, SGD(0.1), y=Y, **beside))


def test_a_start_that_diverges_ends_and_the_others_go_on(monkeypatch):
    random = np.random.default_rng(5)
    X = random.normal(size=(30, 2)) * 2.2
    together, alone = both(monkeypatch, mlp("2-3-1", "identity"), SGD(0.2), X, X[:, :1] * 0.3, epochs=12, restarts=12)
    assert_same(together, alone)
    stopped = [one["stopped"] for one in together.restarts]
    assert any(stopped)
    assert not all(stopped)
    assert {one["epoch"] for one in together.restarts if one["stopped"] is None} == {12}
    assert "were not finite in epoch" in next(filter(None, stopped))


def test_one_start_among_many_is_the_run_of_its_seed():
    net = mlp("2-4-1")
    many = train(net, DATA.X, DATA.y, epochs=4, restarts=6, seed=1)
    for one in many.restarts:
        alone = train(net, DATA.X, DATA.y, epochs=4, seed=one["seed"])
        assert alone.cost == pytest.approx(one["cost"], rel=1e-11)
    assert many.cost == min(one["cost"] for one in many.restarts)


def test_groups_are_bounded_by_the_memory_and_large_networks_go_alone(monkeypatch):
    def sizes(net, batch_size, restarts=100):
        plan = planned(net, DATA.X, DATA.y, [None], Settings(1, batch_size, 0, restarts))
        return [len(group) for group in plan.groups]

    assert sizes(mlp("2-3-1"), 10) == [100]
    assert sizes(mlp("2-3-1"), 10, restarts=1) == [1]
    assert sizes(mlp("2-300-300-1"), 60, restarts=3) == [1, 1, 1]
    monkeypatch.setattr(rules, "_MOST_PLACES", 60 * 30)
    assert sizes(mlp("2-3-1"), 10) == [30, 30, 30, 10]
    fit = train(mlp("2-3-1"), DATA.X, DATA.y, epochs=2, restarts=40, seed=1)
    monkeypatch.undo()
    assert_same(fit, train(mlp("2-3-1"), DATA.X, DATA.y, epochs=2, restarts=40, seed=1))


def test_float32_stays_float32():
    fit = train(mlp("2-3-1"), DATA.X, DATA.y, epochs=3, restarts=4, dtype="float32")
    assert {value.dtype for value in fit.parameters.values()} == {np.dtype("float32")}
