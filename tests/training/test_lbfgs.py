"""L-BFGS: minima of convex costs, the flat function that it minimises, and how its training is told."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

from symnn import LBFGS, flat, mlp, train
from symnn.errors import InputError, ShapeError
from symnn.training import Flat

pytest.importorskip("scipy")
linear_model = pytest.importorskip("sklearn.linear_model")


@pytest.fixture(scope="module")
def examples():
    random = np.random.default_rng(0)
    X = random.standard_normal((120, 4))
    return X, (X @ [1.0, -2.0, 0.5, 0.0] + random.standard_normal(120) > 0.3).astype(int)


def test_logistic_regression_is_that_of_scikit_learn(examples):
    X, y = examples
    net = mlp("4-1", activation="sigmoid", cost="binary_cross_entropy", l2=0.05)
    fit = train(net, X, y, "lbfgs", epochs=200)
    assert fit.stopped is None
    assert fit.epochs < 200
    slope = flat(net, X, y, fit.parameters)
    assert np.abs(slope(slope.start)[1]).max() <= 1e-8
    # Mean cost + ½ λ ‖w‖² is scikit-learn's Σ cost + ‖w‖²/(2 C') up to m, with C' = 1/(λ m).
    model = linear_model.LogisticRegression(C=1 / (0.05 * len(X)), tol=1e-12, max_iter=10_000).fit(X, y)
    np.testing.assert_allclose(fit.parameters["W1"], model.coef_, rtol=1e-6)
    np.testing.assert_allclose(fit.parameters["b1"], model.intercept_, rtol=1e-6)


def test_least_squares_end_at_the_normal_equations(examples):
    X, _ = examples
    Y = X @ [[0.3, 1.0], [2.0, 0.0], [0.0, -1.0], [1.0, 1.0]] + np.sin(X[:, :1])
    fit = train(mlp("4-2", activation="identity"), X, Y, LBFGS(memory=5, tolerance=1e-10), epochs=100)
    one = np.hstack([X, np.ones((len(X), 1))])
    solved = np.linalg.lstsq(one, Y, rcond=None)[0]
    np.testing.assert_allclose(fit.parameters["W1"], solved[:-1].T, atol=1e-8)
    np.testing.assert_allclose(fit.parameters["b1"], solved[-1], atol=1e-8)


def test_the_history_has_an_entry_an_iteration_and_goes_down(examples):
    X, y = examples
    fit = train(mlp("4-3-1"), X, y, LBFGS(), epochs=15, validation=(X[:40], y[:40]), restarts=2)
    costs = [entry["cost"] for entry in fit.history]
    assert [entry["epoch"] for entry in fit.history] == list(range(1, len(costs) + 1))
    assert np.all(np.diff(costs) <= 0)
    assert fit.cost == pytest.approx(costs[-1], rel=1e-12)
    assert fit.epochs == 15
    assert {"validation_cost", "validation_accuracy"} <= fit.history[0].keys()
    assert len(fit.restarts) == 2


def test_float32_descends_too(examples):
    X, y = examples
    fit = train(mlp("4-3-1"), X, y, "lbfgs", epochs=20, dtype="float32")
    assert fit.parameters["W1"].dtype == np.float32
    assert fit.history[-1]["cost"] < 0.9 * fit.history[0]["cost"]


def test_a_gradient_of_differences_is_the_flat_gradient(examples):
    X, y = examples
    fg = flat(mlp("4-3-1", cost="binary_cross_entropy"), X, y, seed=3)
    x, step = fg.start + 0.1, 1e-6
    _, slope = fg(x)
    for place in range(len(x)):
        moved = np.eye(len(x))[place] * step
        assert (fg(x + moved)[0] - fg(x - moved)[0]) / (2 * step) == pytest.approx(slope[place], rel=1e-6, abs=1e-9)


def test_each_call_gives_a_fresh_gradient_and_leaves_the_vector_alone(examples):
    X, y = examples
    fg = flat(mlp("4-1"), X, y)
    x = fg.start.copy()
    first, kept = fg(x)[1], fg(x)[1].copy()
    fg(x + 1)
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(x, fg.start)


def test_flattening_and_back(examples):
    X, y = examples
    net = mlp("4-3-1")
    fg = flat(net, X, y)
    parameters = net.initial_parameters(seed=7)
    back = fg.parameters(fg.flatten(parameters))
    assert back.keys() == parameters.keys()
    for name, value in parameters.items():
        np.testing.assert_array_equal(back[name], value)
    with pytest.raises(InputError, match=r"no parameter 'W9' \(accepted: W1, b1, W2, b2\)"):
        fg.flatten({**parameters, "W9": 0})
    with pytest.raises(InputError, match="the parameter 'b1' is missing"):
        fg.flatten({name: value for name, value in parameters.items() if name != "b1"})
    with pytest.raises(ShapeError, match=r"'b1' has shape \(2,\) \(accepted: \(3,\)\)"):
        fg.flatten({**parameters, "b1": [0, 0]})
    with pytest.raises(ShapeError, match=r"x has shape \(3,\), the parameters have 19 entries"):
        fg.parameters([1, 2, 3])


def test_any_function_of_named_arrays_can_be_flat():
    fg = Flat(lambda p: (p["a"] * (p["b"] ** 2).sum(), {"a": (p["b"] ** 2).sum(), "b": 2 * p["a"] * p["b"]}), {
        "a": 2, "b": [[1, 2], [3, 4]],
    })  # fmt: skip
    value, slope = fg(fg.start)
    assert value == 60.0
    assert slope.tolist() == [30.0, 4.0, 8.0, 12.0, 16.0]


def test_without_scipy_one_line_says_what_to_install(examples, monkeypatch):
    X, y = examples
    real = builtins.__import__

    def missing(name, *rest):
        if name.startswith("scipy.optimize"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(InputError) as error:
        train(mlp("4-1"), X, y, "lbfgs")
    assert str(error.value) == 'L-BFGS needs scipy, which is not installed: pip install "symnn[learn]"'


@pytest.mark.parametrize("memory", [0, -1, 2.0, True, "a"])
def test_a_bad_memory_is_refused(memory):
    with pytest.raises(InputError, match=r"bad memory .*: it is a whole number, at least 1"):
        LBFGS(memory=memory)


def test_a_bad_tolerance_is_refused():
    with pytest.raises(InputError, match="bad tolerance -1: it is a finite number, 0 or more"):
        LBFGS(tolerance=-1)
