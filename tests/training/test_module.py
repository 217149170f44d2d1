"""The stand-alone module computes, draws and trains as symnn does, to the last bit."""

import ast

import numpy as np
import pytest
from layers import Attention, BatchNorm, LayerNorm
from sympy import Symbol

from symnn import SGD, Layer, Network, mlp, train
from symnn.errors import CompileError
from symnn.networks import NAMES, Dense
from symnn.training.module import module_source

CASES = [
    ("6-4-3", "sigmoid", "quadratic", {}),
    ("4-5-3", ["relu", "softmax"], "cross_entropy", {"l1": 0.01, "l2": 0.1}),
    ("2-3-1", ["gelu", "sigmoid"], "binary_cross_entropy", {}),
    ("3-4-2", ["tanh", "identity"], "hinge", {"weights": "inputs,outputs"}),
    ("3-2", "t/(1+abs(t))", "(a-y)^4", {}),
]


def run(source):
    module = {"__name__": "module"}
    exec(compile(source, "module", "exec"), module)
    return module


def data(net, examples=23):
    random = np.random.default_rng(1)
    inputs, outputs = net.layers[0].inputs, net.layers[-1].outputs
    labels = random.integers(0, max(outputs, 2), examples)
    Y = np.eye(outputs)[labels] if outputs > 1 else labels[:, None].astype(float)
    return random.standard_normal((examples, int(inputs))), 2 * Y - 1 if net.cost == "hinge" else Y


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("architecture", "activation", "cost", "options"), CASES)
def test_gradient_prediction_and_training_are_those_of_symnn(architecture, activation, cost, options, dtype):
    net = mlp(architecture, activation=activation, cost=cost, **options)
    module, (X, Y) = run(module_source(net, dtype)), data(net)
    parameters = net.initial_parameters(seed=3)
    value, gradients = module["gradient"](parameters, X, Y)
    expected, slopes = net.gradient().compile(dtype=dtype)(parameters, X, Y)
    assert value == expected
    assert list(gradients) == list(slopes)
    assert all(np.array_equal(gradients[name], slopes[name]) for name in slopes)
    if dtype == "float64":
        assert np.array_equal(module["predict"](parameters, X), net.evaluate(parameters, X)[net.output])
    trained = module["train"](X, Y, learning_rate=0.05, epochs=3, batch_size=5, seed=2)
    fit = train(net, X, Y, SGD(0.05), epochs=3, batch_size=5, seed=2, dtype=dtype)
    # The module's steps make new arrays, symnn's write into theirs: sums are taken in another order.
    rounding = 1e-12 if dtype == "float64" else 1e-4
    for name, value in fit.parameters.items():
        np.testing.assert_allclose(trained[name], value, rtol=rounding, atol=rounding / 10)


@pytest.mark.parametrize("activation", NAMES)
def test_initial_parameters_are_the_networks_own(activation):
    net = mlp("3-4-2", activation=[activation, "sigmoid"], weights="inputs,outputs")
    drawn = run(module_source(net))["initial_parameters"](7)
    expected = net.initial_parameters(7)
    assert list(drawn) == list(expected)
    assert all(np.array_equal(drawn[name], expected[name]) for name in expected)


def test_symbolic_sizes_are_told_by_the_arrays():
    module, net = run(module_source(mlp("n0-n1-n2"))), mlp("3-4-2")
    parameters, (X, Y) = module["initial_parameters"]((3, 4, 2), seed=1), data(net)
    assert all(np.array_equal(parameters[name], value) for name, value in net.initial_parameters(1).items())
    assert module["gradient"](parameters, X, Y)[0] == net.gradient().compile()(parameters, X, Y)[0]
    assert module["train"](X, Y, (3, 4, 2), epochs=1)["W1"].shape == (4, 3)
    with pytest.raises(ValueError, match=r"W2 has shape \(2, 5\), and \('n2', 4\) is needed"):
        module["gradient"]({**parameters, "W2": np.zeros((2, 5))}, X, Y)


def test_shapes_are_checked_where_numpy_would_broadcast():
    net = mlp("2-3-1")
    module, (X, Y) = run(module_source(net)), data(net)
    parameters = net.initial_parameters()
    for wrong in ({"b1": np.zeros(1)}, {"W1": np.zeros((2, 3))}, {"b2": 0.0}):
        with pytest.raises(ValueError, match="is needed"):
            module["gradient"]({**parameters, **wrong}, X, Y)
    with pytest.raises(ValueError, match=r"y has shape \(1, 23\), and \(23, 1\) is needed"):
        module["gradient"](parameters, X, Y[:, 0])
    with pytest.raises(ValueError, match="were given"):
        module["gradient"]({"W1": parameters["W1"]}, X, Y)
    with pytest.raises(FloatingPointError, match="epoch"):
        module["train"](X, np.full_like(Y, np.nan))


def test_the_text_says_what_everything_is():
    source = module_source(mlp("784-30-10", l2=0.1))
    header = ast.get_docstring(ast.parse(source))
    for said in (
        "784-30-10 · sigmoid · quadratic cost",
        "Written by symnn ",
        "X          (m, 784)",
        "W1         (30, 784)  weights of layer 1: a row an output, a column an input",
        "Δ⁽²⁾       = (A⁽²⁾ − Y) ⊙ σ′(Z⁽²⁾)",
    ):
        assert said in header
    assert "dC/dW2[j,k] = (1/m) sum_n delta2[n,j] a1[n,k] + (1/10) W2[j,k]" in source
    assert max(map(len, source.splitlines())) <= 120
    imported = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imported] == ["import numpy as np"]


@pytest.mark.parametrize(
    "net",
    [
        Network([Attention(3, 4, 2, 2)]),
        Network([LayerNorm(5), Dense(5, 2)]),
        Network([Dense(3, 4, "tanh"), BatchNorm(4), Dense(4, 1)]),
    ],
)
def test_layers_of_ones_own_are_written_too(net, capsys):
    module = run(module_source(net))
    parameters = module["initial_parameters"](1)
    assert all(np.array_equal(parameters[name], value) for name, value in net.initial_parameters(1).items())
    exec(compile(module_source(net), "module", "exec"), {"__name__": "__main__"})
    costs = [float(line.split()[-1]) for line in capsys.readouterr().out.splitlines()]
    assert costs[-1] < costs[0]


class _Drawn(Layer):
    """A layer with initial parameters of its own making."""

    inputs = outputs = 2

    def equations(self, inputs):
        return Dense(2, 2).equations(inputs)

    def initial_parameters(self, shapes, generator, method):
        return {name: np.ones(shape) for name, shape in shapes.items()}


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (mlp("2-1", cost=None), "a network without a cost cannot be written as a module"),
        (mlp("2-1", activation="f"), "'f' is an undefined function"),
        (mlp("2-1", cost="Q"), "'Q' is an undefined function"),
        (mlp("2-1", l2=Symbol("lam")), "'lam' has no value"),
        (mlp("2-1", cost="a^2"), "does not depend on 'y'"),
        (Network([_Drawn()]), "draws its initial parameters by code of its own"),
    ],
)
def test_what_cannot_be_written_is_said(net, message):
    with pytest.raises(CompileError, match=message):
        module_source(net)
