"""The update is a program: its equations, its settings, its names."""

import math

import pytest

from symnn import mlp
from symnn.errors import InputError
from symnn.language import Equation, Program, Tensor, index, tensor
from symnn.training import OPTIMIZERS, SGD, default_learning_rate, learning_rate_for
from symnn.training.optimizers import check_learning_rate


def test_the_update_is_theta_minus_eta_times_the_gradient():
    W, dW = Tensor("W", (2, 3), "parameter"), Tensor("dW", (2, 3), "adjoint")
    update = SGD(learning_rate=0.5).update({"W": W}, {"W": dW}, Program([]))
    assert [str(equation) for equation in update.equations] == ["W_new[j, k] = W[j, k] - dW[j, k]*eta"]
    assert update.renewed == {"W": "W_new"}
    assert update.settings == {"eta": 0.5}
    assert update.state == {}


def test_a_scalar_parameter_is_updated_too():
    s, ds = Tensor("s", (), "parameter"), Tensor("ds", (), "adjoint")
    update = SGD(learning_rate=1).update({"s": s}, {"s": ds}, Program([]))
    assert str(update.equations[0]) == "s_new = -ds*eta + s"


def test_names_are_fresh_in_the_program():
    j = index("j", 2)
    W, taken = Tensor("W", (2,), "parameter"), Tensor("W_new", (2,))
    program = Program([Equation(taken[j], W[j] * tensor("eta", (), role="hyperparameter"))])
    update = SGD(learning_rate=1).update({"W": W}, {"W": taken}, program)
    assert update.renewed == {"W": "W_new_2"}
    assert update.settings == {"eta_2": 1.0}


@pytest.mark.parametrize("rate", [0, -0.1, math.nan, math.inf, "fast", None, True])
def test_a_learning_rate_is_positive_and_finite(rate):
    with pytest.raises(InputError, match=r"bad learning rate .*: it is a positive, finite number"):
        check_learning_rate(rate)


def test_the_default_learning_rate_depends_on_cost_and_activations():
    assert default_learning_rate("quadratic", ["sigmoid", "sigmoid"]) == 3.0
    assert default_learning_rate("quadratic", ["relu", "sigmoid"]) < 3.0
    assert default_learning_rate("cross_entropy", ["relu", "softmax"]) == 0.1


def test_a_cost_averaged_over_outputs_takes_as_many_times_more():
    one, ten = (default_learning_rate("mean_squared_error", ["sigmoid"], outputs) for outputs in (1, 10))
    assert ten == 10 * one
    # ½Σ(a−y)² and Σ(a−y)²/outputs: gradients in the ratio outputs/2, so equal steps.
    assert ten * 2 / 10 == default_learning_rate("quadratic", ["sigmoid"])


def test_momentum_takes_a_smaller_rate_and_measured_steps_the_same_for_every_cost():
    small, large = mlp("4-8-3", activation=("relu", "softmax"), cost="cross_entropy"), mlp("4-8-3")
    rates = {name: (learning_rate_for(small, 3, name), learning_rate_for(large, 3, name)) for name in OPTIMIZERS[:-1]}
    assert rates == {
        "sgd": (0.1, 3.0),
        "momentum": (pytest.approx(0.01), pytest.approx(0.15)),
        "nesterov": (pytest.approx(0.01), pytest.approx(0.3)),
        "rmsprop": (0.01, 0.01),
        "adam": (0.01, 0.01),
        "adamw": (0.01, 0.01),
    }
    assert learning_rate_for(mlp("4-200-3"), 3, "adam") == 0.005
