"""JAX: the numbers of NumPy's code, and of functions written by hand that JAX differentiates itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from programs import CASES, case_of

import symnn
from symnn.compiling import compile_program
from symnn.compiling.backends import BACKENDS
from symnn.networks import NAMED_COSTS, Attention, Convolution1d, MaxPooling1d
from symnn.training.optimizers import Adam, Momentum
from symnn.training.shapes import input_shape, output_shape
from symnn.training.step import compile_step

jax = pytest.importorskip("jax")
jnp = jax.numpy

FUNCTION = BACKENDS["jax"].function
IN_FLOAT32 = ("functions", "sums", "lookups")


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_every_operation_agrees_with_numpy(name: str) -> None:
    case = case_of(name)
    expected = compile_program(case.program, case.outputs)(**case.values)
    found = compile_program(case.program, case.outputs, make=FUNCTION)(**case.values)
    for output in case.outputs:
        assert type(found[output]) is type(expected[output])
        np.testing.assert_allclose(found[output], expected[output], rtol=1e-11, atol=1e-12, err_msg=output)


@pytest.mark.parametrize("name", IN_FLOAT32)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_float32_stays_float32_though_float64_is_allowed(name: str) -> None:
    case = case_of(name)
    expected = compile_program(case.program, case.outputs)(**case.values)
    with jax.enable_x64(True):
        found = compile_program(case.program, case.outputs, "float32", make=FUNCTION)(**case.values)
    for output in case.outputs:
        assert found[output].dtype == np.float32, output
        np.testing.assert_allclose(found[output], expected[output], rtol=2e-4, atol=2e-5, err_msg=output)


def test_what_is_returned_is_fresh_and_the_setting_stays_as_it_was() -> None:
    net = symnn.mlp("2-3-1")
    function = net.gradient().compile(backend="jax")
    parameters, X = net.initial_parameters(seed=0), np.ones((4, 2))
    first = function(parameters, X, np.zeros((4, 1)))[1]["W1"]
    assert first.dtype == np.float64
    first[:] = 7
    assert not np.array_equal(function(parameters, X, np.zeros((4, 1)))[1]["W1"], first)
    assert not jax.config.jax_enable_x64
    assert "@jax.jit\ndef compute(W1, b1, W2, b2, x, y):" in function.source
    assert "  # dC/db2[j] = (1/m) sum_n delta2[n,j]" in function.source


def mlp_cost(activations: list[Callable[[Any], Any]], cost: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Return the mean cost of a multilayer perceptron, written by hand."""

    def mean_cost(p: dict[str, Any], X: Any, Y: Any) -> Any:
        a = X
        for layer, activation in enumerate(activations, 1):
            a = activation(a @ p[f"W{layer}"].T + p[f"b{layer}"])
        return jnp.mean(cost(a, Y))

    return mean_cost


def attention_cost(p: dict[str, Any], X: Any, Y: Any) -> Any:
    Q, K, V = X @ p["W1_Q"], X @ p["W1_K"], X @ p["W1_V"]
    P = jax.nn.softmax(Q @ K.transpose(0, 2, 1) / jnp.sqrt(2.0), axis=-1)
    return jnp.mean(jnp.sum((P @ V - Y) ** 2, axis=(1, 2)) / 2)


def convolution_cost(p: dict[str, Any], X: Any, Y: Any) -> Any:
    z = jax.lax.conv_general_dilated(X, p["W1"], (1,), [(1, 1)]) + p["b1"][:, None]
    a = jax.lax.reduce_window(jnp.maximum(z, 0), -jnp.inf, jax.lax.max, (1, 1, 2), (1, 1, 2), "VALID")
    return jnp.mean(jnp.sum((a - Y) ** 2, axis=(1, 2)) / 2)


def quadratic(a: Any, y: Any) -> Any:
    return jnp.sum((a - y) ** 2, axis=1) / 2


def cross_entropy(a: Any, y: Any) -> Any:
    return -jnp.sum(y * jnp.log(a), axis=1)


BY_HAND: dict[str, tuple[Callable[[], symnn.Network], Callable[..., Any]]] = {
    "sigmoids": (lambda: symnn.mlp("3-5-2"), mlp_cost([jax.nn.sigmoid] * 2, quadratic)),
    "softmax": (
        lambda: symnn.mlp("3-4-4-3", ["relu", "gelu", "softmax"], "cross_entropy"),
        mlp_cost([jax.nn.relu, lambda z: jax.nn.gelu(z, approximate=False), jax.nn.softmax], cross_entropy),
    ),
    "attention": (lambda: symnn.Network([Attention((4, 3), 2)], "quadratic"), attention_cost),
    "convolution": (
        lambda: symnn.Network([Convolution1d((2, 8), 3, 3, padding=1, activation="relu"), MaxPooling1d((3, 8), 2)]),
        convolution_cost,
    ),
}


def data_of(net: symnn.Network, examples: int, seed: int = 1) -> tuple[Any, Any]:
    random = np.random.default_rng(seed)
    X, shape = random.normal(size=(examples, *input_shape(net))), (examples, *output_shape(net))
    if net.cost == "cross_entropy":
        return X, np.eye(shape[1])[random.integers(shape[1], size=examples)]
    return X, random.choice([-1.0, 1.0], size=shape) if net.cost == "hinge" else random.uniform(size=shape)


@pytest.mark.parametrize("name", BY_HAND)
def test_gradients_are_those_that_jax_finds_of_the_cost_alone(name: str) -> None:
    make, by_hand = BY_HAND[name]
    net = make()
    parameters, (X, Y) = net.initial_parameters(seed=2), data_of(net, 6)
    cost, found = net.gradient().compile(backend="jax")(parameters, X, Y)
    with jax.enable_x64(True):
        expected_cost, expected = jax.jit(jax.value_and_grad(by_hand))(parameters, X, Y)
    assert cost == pytest.approx(float(expected_cost), rel=1e-13)
    for key, slope in expected.items():
        np.testing.assert_allclose(found[key], slope, rtol=1e-11, atol=1e-14, err_msg=key)


@pytest.mark.parametrize("cost", NAMED_COSTS)
@pytest.mark.parametrize("size", [1e2, 1e4])
def test_far_out_nothing_is_lost(cost: str, size: float) -> None:
    # Whatever the output's activation, what NumPy's code gives is finite; so is this, and equal.
    last = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}.get(cost, "tanh")
    net = symnn.mlp("2-3-2", ["softplus", last], cost)
    X, Y = data_of(net, 8)
    parameters = net.initial_parameters(seed=0)
    expected_cost, expected = net.gradient().compile()(parameters, size * X, Y)
    found_cost, found = net.gradient().compile(backend="jax")(parameters, size * X, Y)
    assert found_cost == pytest.approx(expected_cost, rel=1e-10)
    for name, slope in found.items():
        assert np.isfinite(slope).all()
        # Products below the smallest normal number are 0 to JAX.
        np.testing.assert_allclose(slope, expected[name], rtol=1e-9, atol=1e-300)


NETWORKS: dict[str, tuple[Callable[[], symnn.Network], str, Any]] = {
    "sigmoids": (lambda: symnn.mlp("5-4-3", l2=0.1), "float64", symnn.SGD(0.5)),
    "activations": (
        lambda: symnn.mlp([2, 3, 3, 3], ["elu", "swish", "softmax"], "cross_entropy"),
        "float64",
        Adam(0.01),
    ),
    "convolution": (BY_HAND["convolution"][0], "float32", Momentum(0.05)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_steps_agree_with_those_of_numpy_however_they_are_divided(name: str) -> None:
    make, dtype, optimizer = NETWORKS[name]
    net = make()
    X, Y = data_of(net, 13)
    runs = []
    for backend in ("numpy", "jax", "jax"):
        step = compile_step(net, optimizer, dtype, backend)
        runs.append(step.begin(step.start(net.initial_parameters(seed=0), dtype), X.astype(dtype), Y.astype(dtype)))
    expected, whole, divided = runs
    for epoch in range(3):
        order = np.random.default_rng(epoch).permutation(13)
        costs = [expected.take(order, 4), whole.take(order, 4)]
        assert costs[1] == pytest.approx(costs[0], rel=1e-4 if dtype == "float32" else 1e-11)
        for first, stop in ((0, 4), (4, 12), (12, 13)):
            divided.take(order[first:stop], 4)
    tolerance = 1e-4 if dtype == "float32" else 1e-10
    for key, array in whole.carried().items():
        assert array.dtype == dtype
        assert array.tobytes() == divided.carried()[key].tobytes()
        np.testing.assert_allclose(array, expected.carried()[key], rtol=tolerance, atol=tolerance)


def test_an_order_may_be_longer_than_the_examples_are_many() -> None:
    net = symnn.mlp("2-3-1")
    X, Y = data_of(net, 5)
    found = []
    for backend in ("numpy", "jax"):
        step = compile_step(net, symnn.SGD(0.5), backend=backend)
        steps = step.begin(step.start(net.initial_parameters(seed=0), "float64"), X, Y)
        found.append(steps.take(np.tile(np.arange(5), 4), 3))
    assert found[1] == pytest.approx(found[0], rel=1e-13)


def test_steps_end_where_the_cost_is_not_finite() -> None:
    net = symnn.mlp("2-3-1", "identity")
    X, Y = data_of(net, 40)
    step = compile_step(net, symnn.SGD(1e200), backend="jax")
    steps = step.begin(step.start(net.initial_parameters(seed=0), "float64"), X, Y)
    assert not np.isfinite(steps.take(np.arange(40), 4))
    before = steps.carried()
    before["W1"][:] = 1.0
    assert not np.isfinite(steps.carried()["W1"]).all()


def test_several_starts_are_taken_at_once() -> None:
    X, Y = data_of(symnn.mlp("2-3-1"), 13)
    fits = [symnn.train(symnn.mlp("2-3-1"), X, Y, epochs=3, restarts=3, backend=name) for name in ("numpy", "jax")]
    assert [one["cost"] for one in fits[1].restarts] == pytest.approx([one["cost"] for one in fits[0].restarts])
    assert fits[1].seed == fits[0].seed


def test_training_with_jax_learns_what_training_with_numpy_does() -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(60, 2))
    labels = (X[:, 0] * X[:, 1] > 0).astype(int)
    fits = [
        symnn.train(symnn.mlp("2-6-2"), X, labels, symnn.SGD(3.0), epochs=40, backend=backend, dtype="float64")
        for backend in ("numpy", "jax")
    ]
    assert fits[1].cost == pytest.approx(fits[0].cost, rel=1e-8)
    assert (fits[1].predict(X) == fits[0].predict(X)).all()
