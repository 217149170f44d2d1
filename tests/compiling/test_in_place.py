"""Steps that write into their arrays, against the gradient function and an update written here."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from sympy import Sum

import symnn
from symnn.compiling import blas
from symnn.compiling.numpy_steps import numpy_steps
from symnn.compiling.stepping import StepProgram
from symnn.language import Equation, Program, index, tensor
from symnn.networks import (
    AveragePooling1d,
    BatchNorm,
    Convolution1d,
    Convolution2d,
    LayerNorm,
    LSTMCell,
    MaxPooling2d,
    MultiHeadAttention,
    ProgramNetwork,
    TransformerBlock,
    parse_program,
)
from symnn.training import SGD
from symnn.training.shapes import input_shape, output_shape
from symnn.training.step import compile_step

RATE = 0.05
TOLERANCE = {"float64": 1e-12, "float32": 2e-4}

NETWORKS: dict[str, Any] = {
    "sigmoid": lambda: symnn.mlp("3-4-2"),
    "deep": lambda: symnn.mlp([3, 4, 4, 4, 2], "tanh", "mean_squared_error"),
    "many activations": lambda: symnn.mlp(
        [2, 3, 3, 3, 3, 3, 3, 3, 2],
        ["relu", "leaky_relu", "elu", "softplus", "gelu", "swish", "sin(t)", "softmax"],
        "cross_entropy",
    ),
    "binary": lambda: symnn.mlp("3-4-1", cost="binary_cross_entropy"),
    "hinge": lambda: symnn.mlp("3-4-2", ["relu", "identity"], "hinge", l1=0.01),
    "penalty": lambda: symnn.mlp("3-4-2", weights="inputs,outputs", l2=0.1),
    "one layer": lambda: symnn.mlp("3-2", "softmax", "cross_entropy"),
    "large": lambda: symnn.mlp("120-90-2", "tanh"),
    "images": lambda: symnn.Network([Convolution2d((1, 6, 6), 2, 3, padding=1), MaxPooling2d((2, 6, 6), 2)]),
    "signals": lambda: symnn.Network(
        [Convolution1d((2, 8), 3, 3), BatchNorm((3, 6)), AveragePooling1d((3, 6), 2)], "mean_squared_error"
    ),
    "attention": lambda: symnn.Network([MultiHeadAttention((4, 6), 2), LayerNorm((4, 6))]),
    "block": lambda: symnn.Network([TransformerBlock((3, 4), 2, 5)]),
    "recurrent": lambda: symnn.Network([symnn.unroll(LSTMCell(2, 3), 4)]),
}


def data(net: symnn.Network, examples: int = 11) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    X, shape = random.normal(size=(examples, *input_shape(net))), (examples, *output_shape(net))
    if net.cost == "hinge":
        return X, random.choice([-1.0, 1.0], size=shape)
    if net.cost == "cross_entropy":
        return X, np.eye(shape[-1])[random.integers(shape[-1], size=examples)]
    return X, random.uniform(size=shape)


def by_the_gradient(net: symnn.Network, dtype: str, orders: list[np.ndarray], size: int) -> tuple[float, dict]:
    """Return the last cost and the parameters after steps taken with the gradient function."""
    function, (X, Y) = net.gradient().compile(dtype=dtype), data(net)
    parameters = {name: value.astype(dtype) for name, value in net.initial_parameters(seed=0).items()}
    cost = 0.0
    for order in orders:
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            cost, slopes = function(parameters, X[rows], Y[rows])
            parameters = {name: value - np.dtype(dtype).type(RATE) * slopes[name] for name, value in parameters.items()}
    return cost, parameters


def begun(net: symnn.Network, dtype: str = "float64") -> Any:
    step = compile_step(net, SGD(RATE), dtype)
    return step.begin(step.start(net.initial_parameters(seed=0), dtype), *data(net))


def check(name: str, dtype: str) -> None:
    """Assert that some epochs of steps are those that the gradient function gives."""
    net, random = NETWORKS[name](), np.random.default_rng(1)
    orders = [random.permutation(11) for _ in range(3)]
    steps = begun(net, dtype)
    cost = [steps.take(order, 4) for order in orders][-1]
    expected, parameters = by_the_gradient(net, dtype, orders, 4)
    assert cost == pytest.approx(expected, rel=TOLERANCE[dtype])
    for key, value in steps.carried().items():
        assert value.dtype == dtype
        np.testing.assert_allclose(value, parameters[key], rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("name", NETWORKS)
def test_steps_are_those_of_the_gradient_function(name: str) -> None:
    check(name, "float64")


@pytest.mark.parametrize("name", ["sigmoid", "many activations", "hinge", "large", "signals"])
def test_float32_stays_float32(name: str) -> None:
    check(name, "float32")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_steps_need_no_scipy(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "blas", lambda: None)
    check("large", dtype)


@pytest.mark.parametrize("name", NETWORKS)
def test_an_order_may_be_divided_between_batches(name: str) -> None:
    whole, parts = begun(NETWORKS[name]()), begun(NETWORKS[name]())
    order = np.random.default_rng(2).permutation(11)
    whole.take(order, 3)
    for start, stop in ((0, 3), (3, 9), (9, 11)):
        parts.take(order[start:stop], 3)
    for one, other in zip(whole.carried().values(), parts.carried().values(), strict=True):
        assert np.array_equal(one, other)


def test_what_is_carried_is_copied_in_and_out() -> None:
    net = NETWORKS["sigmoid"]()
    step = compile_step(net, SGD(RATE))
    first = step.start(net.initial_parameters(seed=0), "float64")
    kept = {name: value.copy() for name, value in first.items()}
    steps = step.begin(first, *data(net))
    before = steps.carried()
    steps.take(np.arange(11), 4)
    assert all(np.array_equal(first[name], kept[name]) and np.array_equal(before[name], kept[name]) for name in kept)
    assert not np.array_equal(steps.carried()["W1"], kept["W1"])


@pytest.mark.parametrize("name", ["sigmoid", "deep", "binary"])
def test_a_step_makes_no_arrays(name: str) -> None:
    net = NETWORKS[name]()
    function = compile_step(net, SGD(RATE))
    steps = function.begin(function.start(net.initial_parameters(seed=0), "float64"), *data(net, 20_000))
    step = steps.bound_step((20_000,)).step
    rows = np.arange(20_000)
    step(rows)
    tracemalloc.start()
    for _ in range(5):
        step(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000  # an array of one number for each example has 160,000 bytes


def test_small_updates_are_one_call_and_large_ones_one_call_of_blas() -> None:
    small = begun(NETWORKS["deep"]()).bound_step((4,)).source
    assert small.count("subtract(all_W1, ") == 1
    assert "W2_new =" not in small
    assert "and likewise b1_new, W2_new, b2_new, W3_new, b3_new, W4_new, b4_new" in small
    large = begun(NETWORKS["large"]()).bound_step((4,)).source
    assert large.count("gemm(minus_t") == 1
    assert "subtract(all_b1, " in large


i, j, k = index("i", 2), index("j", 2), index("k", 2)
A, B = tensor("A", (2, 2), role="parameter"), tensor("B", (2, 2), role="parameter")
A_new, B_new, C, x = tensor("A_new", (2, 2)), tensor("B_new", (2, 2)), tensor("C"), tensor("x", (symnn.examples, 2))
n = index("n", symnn.examples)
COST = Equation(C, Sum(x[n, i] ** 2, n, i))


@pytest.mark.parametrize(
    ("equations", "expected"),
    [
        ([Equation(A_new[i, j], B[i, j]), Equation(B_new[i, j], A[i, j])], lambda a, b: (b, a)),
        ([Equation(A_new[i, j], A[j, i]), Equation(B_new[i, j], A[i, j] + B[i, j])], lambda a, b: (a.T, a + b)),
        (
            [Equation(A_new[i, j], Sum(A[i, k] * A[k, j], k)), Equation(B_new[i, j], B[i, j] - A[i, j])],
            lambda a, b: (a @ a, b - a),
        ),
        (
            [Equation(A_new[i, j], A[i, j] - B[i, j]), Equation(B_new[i, j], 2 * A_new[i, j])],
            lambda a, b: (a - b, 2 * (a - b)),
        ),
        ([Equation(A_new[i, j], A[i, j] - A[j, i]), Equation(B_new[i, j], B[i, j])], lambda a, b: (a - a.T, b)),
        (
            [Equation(A_new[i, j], A[i, j] / 2 + B[i, j]), Equation(B_new[i, j], B[i, j] / 2 + A[i, j])],
            lambda a, b: (a / 2 + b, b / 2 + a),
        ),
    ],
)
def test_a_next_value_may_need_what_is_overwritten(equations: list[Equation], expected: Any) -> None:
    program = Program([COST, *equations])
    step = StepProgram(program, "C", {"A": "A_new", "B": "B_new"}, {}, ("x",), "float64")
    a, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, -1.0], [0.5, 8.0]])
    steps = numpy_steps(step)({"A": a, "B": b}, {"x": np.ones((6, 2))})
    assert steps.take(np.arange(6), 2) == 4
    for _ in range(3):
        a, b = expected(a, b)
    np.testing.assert_array_equal(steps.carried()["A"], a)
    np.testing.assert_array_equal(steps.carried()["B"], b)


@pytest.mark.parametrize(
    ("network", "is_one"),
    [
        (lambda: symnn.mlp("3-4-2"), True),
        (lambda: symnn.mlp("3-4-2", l2=0.1), False),  # W and b are renewed by different formulas
        (lambda: symnn.mlp("120-90-2"), False),  # the products are the work, and the change of W is one of them
        (lambda: symnn.mlp("3-4-2", weights="inputs,outputs"), False),
    ],
)
def test_the_bias_on_the_data_is_the_weight_of_an_input_that_is_one(network: Any, is_one: bool) -> None:
    steps = begun(network())
    steps.take(np.arange(11), 4)
    assert ("dot(x_1, W1_b1_T, z1)" in steps.bound_step((4,)).code) == is_one
    assert {name: value.shape for name, value in steps.carried().items()} == dict(network().parameters)


def test_examples_of_which_no_copy_is_made_keep_their_bias(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symnn.compiling.biases.MOST", 10)
    steps = begun(symnn.mlp("3-4-2"))
    steps.take(np.arange(11), 4)
    assert "x_1" not in steps.bound_step((4,)).code


def test_a_parameter_may_be_called_as_what_is_made_for_a_step() -> None:
    def cost(bias: str) -> float:
        text = f"input x: 3\ntarget y: 3\nparameter W: 3 x 3\nparameter {bias}: 3\na = W*tanh(x) + {bias}\n"
        net = ProgramNetwork(parse_program(text + "C = (a - y)'*(a - y)"))
        fit = symnn.train(net, *data(symnn.mlp("3-3")), SGD(RATE), epochs=5, batch_size=3, seed=0)
        return fit.cost

    assert cost("ones3") == pytest.approx(cost("b"), rel=1e-12)


def test_examples_in_columns_are_laid_in_rows_once() -> None:
    net = symnn.mlp("3-4-2")
    X, Y = data(net)
    step = compile_step(net, SGD(RATE))
    steps = step.begin(step.start(net.initial_parameters(seed=0), "float64"), np.asfortranarray(X), Y)
    steps.take(np.arange(11), 4)
    assert all(array.flags.c_contiguous for array in steps.data.values())
