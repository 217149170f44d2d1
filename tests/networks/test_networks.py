"""Networks: numbers from the literature, names and formulas that mean the same, first values, and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy
from sympy import Abs, Max, Min, Sum, Symbol, exp, log, sqrt

import symnn
from symnn.errors import CompileError, InputError, ParseError, ProgramError, ShapeError, SymnnError
from symnn.language import Program, index
from symnn.networks import METHODS, NAMED_COSTS, NAMES
from symnn.training import SGD
from symnn.training.step import compile_step

MAZUR = {
    "W1": np.array([[0.15, 0.20], [0.25, 0.30]]),
    "b1": np.array([0.35, 0.35]),
    "W2": np.array([[0.40, 0.45], [0.50, 0.55]]),
    "b2": np.array([0.60, 0.60]),
}
INPUTS, TARGETS = np.array([0.05, 0.10]), np.array([0.01, 0.99])


def test_the_neuron_of_the_essay() -> None:
    net = symnn.mlp("3-1")
    parameters = {"W1": np.array([[2, 0.2, 1]]), "b1": np.array([1])}
    found = net.evaluate(parameters, [0.5, 0.9, 0.1])
    assert round(float(found["z1"][0] - 1), 10) == 1.28
    assert round(float(found["z1"][0]), 10) == 2.28
    assert round(float(found["a1"][0]), 3) == 0.907


def test_the_example_of_mazur() -> None:
    """Source: Mazur, A step by step backpropagation example (2015)."""
    net = symnn.mlp("2-2-2")
    found = net.evaluate(MAZUR, INPUTS, TARGETS)
    np.testing.assert_array_equal(found["a1"].round(9), [0.593269992, 0.596884378])
    np.testing.assert_array_equal(found["a2"].round(9), [0.751365070, 0.772928465])
    cost, gradient = net.gradient().compile()(MAZUR, INPUTS, TARGETS)
    assert round(cost, 9) == 0.298371109
    assert round(gradient["W2"][0, 0], 9) == 0.082167041
    assert round(gradient["W1"][0, 0], 9) == 0.000438568


def test_one_step_of_the_example_of_mazur() -> None:
    step = compile_step(symnn.mlp("2-2-2"), SGD(learning_rate=0.5))
    _, new = step(step.start(MAZUR, "float64"), INPUTS[None], TARGETS[None])
    weights = list(new.values())
    assert weights[0].round(8).tolist() == [[0.14978072, 0.19956143], [0.24975114, 0.29950229]]
    assert weights[2].round(8).tolist() == [[0.35891648, 0.40866619], [0.51130127, 0.56137012]]


t, a, y = Symbol("t"), Symbol("a"), Symbol("y")
FORMULAS = {
    "identity": (t, "t"),
    "sigmoid": (1 / (1 + exp(-t)), "1/(1 + exp(-z))"),
    "tanh": (sympy.tanh(t), "(exp(x) - exp(-x))/(exp(x) + exp(-x))"),
    "relu": (Max(0, t), "max(0, z)"),
    "leaky_relu": (Max(t, t / 100), "max(z, z/100)"),
    "elu": (Max(t, 0) + exp(Min(t, 0)) - 1, "max(u, 0) + exp(min(u, 0)) - 1"),
    "softplus": (log(1 + exp(t)), "log(1 + exp(t))"),
    "log_sigmoid": (-log(1 + exp(-t)), "-log(1 + exp(-t))"),
    "gelu": (t * (1 + sympy.erf(t / sqrt(2))) / 2, "t*(1 + erf(t/sqrt(2)))/2"),
    "swish": (t / (1 + exp(-t)), "t/(1 + exp(-t))"),
}
COSTS = {
    "quadratic": ((a - y) ** 2 / 2, "(a - y)^2/2"),
    "mean_squared_error": ((a - y) ** 2 / 2, "sum((a[j] - y[j])^2, j)/n"),
    "binary_cross_entropy": (-y * log(a) - (1 - y) * log(1 - a), "-(y*log(a) + (1 - y)*log(1 - a))"),
    "cross_entropy": (-y * log(a), "-sum(y[j]*log(a[j]), j)"),
    "hinge": (Max(0, 1 - y * a), "max(0, 1 - y*a)"),
}


def test_every_name_is_compared_with_its_formula() -> None:
    assert set(FORMULAS) | {"softmax"} == set(NAMES)
    assert set(COSTS) == set(NAMED_COSTS)


def results(net: symnn.Network) -> tuple[float, dict[str, np.ndarray]]:
    random = np.random.default_rng(4)
    parameters = {name: random.normal(scale=0.8, size=shape) for name, shape in net.parameters.items()}
    X, Y = random.normal(size=(5, 3)), np.eye(2)[[0, 1, 1, 0, 1]]
    return net.gradient().compile()(parameters, X, Y)


def assert_same(one: symnn.Network, other: symnn.Network) -> None:
    (cost, gradient), (other_cost, other_gradient) = results(one), results(other)
    assert cost == pytest.approx(other_cost, rel=1e-12)
    for name in gradient:
        np.testing.assert_allclose(gradient[name], other_gradient[name], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", FORMULAS)
def test_an_activation_is_the_same_by_name_as_expression_and_as_text(name: str) -> None:
    expression, text = FORMULAS[name]
    known = symnn.mlp("3-4-2", [name, "tanh"])
    assert_same(known, symnn.mlp("3-4-2", [expression, "tanh"]))
    assert_same(known, symnn.mlp("3-4-2", [text, "tanh"]))


@pytest.mark.parametrize("name", COSTS)
def test_a_cost_is_the_same_by_name_as_expression_and_as_text(name: str) -> None:
    expression, text = COSTS[name]
    known = symnn.mlp("3-4-2", "sigmoid", name)
    # With two outputs the mean of squares is half their sum.
    assert_same(known, symnn.mlp("3-4-2", "sigmoid", expression))
    assert_same(known, symnn.mlp("3-4-2", "sigmoid", text))


def test_softmax_is_one_expression_of_no_variable_but_has_its_values() -> None:
    net = symnn.mlp("3-2", "softmax", "cross_entropy")
    found = net.evaluate({"W1": np.ones((2, 3)), "b1": [0.0, np.log(3)]}, [[1.0, 2.0, 3.0]])
    np.testing.assert_allclose(found["a1"], [[0.25, 0.75]], rtol=1e-14)


def test_penalties_are_added_and_not_averaged() -> None:
    random = np.random.default_rng(1)
    plain, penalised = symnn.mlp("3-4-2"), symnn.mlp("3-4-2", l1=0.01, l2=0.2)
    parameters = {name: random.normal(size=shape) for name, shape in plain.parameters.items()}
    X, Y = random.normal(size=(6, 3)), random.uniform(size=(6, 2))
    (cost, gradient), (other_cost, other) = (
        net.gradient().compile()(parameters, X, Y) for net in (plain, penalised)
    )
    weights = [parameters["W1"], parameters["W2"]]
    added = sum(0.01 * np.abs(W).sum() + 0.1 * (W**2).sum() for W in weights)
    assert other_cost == pytest.approx(cost + added, rel=1e-13)
    for name in ("W1", "W2"):
        extra = 0.01 * np.sign(parameters[name]) + 0.2 * parameters[name]
        np.testing.assert_allclose(other[name], gradient[name] + extra, rtol=1e-12)
    for name in ("b1", "b2"):
        np.testing.assert_array_equal(other[name], gradient[name])


def test_the_other_orientation_has_the_same_costs_with_transposed_weights() -> None:
    one, other = symnn.mlp("3-4-2"), symnn.mlp("3-4-2", weights="inputs,outputs")
    assert other.parameters["W1"] == (3, 4)
    first, turned = one.initial_parameters(7), other.initial_parameters(7)
    random = np.random.default_rng(0)
    X, Y = random.normal(size=(5, 3)), random.uniform(size=(5, 2))
    cost, gradient = one.gradient().compile()(first, X, Y)
    other_cost, other_gradient = other.gradient().compile()(turned, X, Y)
    assert other_cost == pytest.approx(cost, rel=1e-14)
    for name in one.parameters:
        np.testing.assert_allclose(turned[name], first[name].T)
        np.testing.assert_allclose(other_gradient[name], gradient[name].T, rtol=1e-13)
    assert "x @ W1 + b1" in other.gradient().compile().source
    assert "x @ W1.T + b1" in one.gradient().compile().source


def test_orientation_can_be_given_to_the_network() -> None:
    net = symnn.Network([symnn.Dense(3, 4), symnn.Dense(4, 2)], weights="inputs,outputs")
    assert net.parameters["W2"] == (4, 2)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("orientation", ["outputs,inputs", "inputs,outputs"])
def test_initial_parameters_have_their_variance(method: str, orientation: str) -> None:
    net = symnn.mlp([300, 200], weights=orientation)
    drawn = net.initial_parameters(seed=3, method=method)
    variance = {"normal": 1, "scaled_normal": 1 / 300, "glorot": 2 / 500, "he": 2 / 300}[method]
    # 60,000 values: the standard deviation of their variance is 0.6 % of it.
    assert drawn["W1"].var() == pytest.approx(variance, rel=0.03)
    assert abs(drawn["W1"].mean()) < 4 * np.sqrt(variance / 60_000)
    if "normal" in method:
        assert drawn["b1"].var() == pytest.approx(1, rel=0.4)
    else:
        assert not drawn["b1"].any()


def test_initial_parameters_are_seeded() -> None:
    net = symnn.mlp("4-3-2")
    one, same, other = (net.initial_parameters(seed) for seed in (0, 0, 1))
    for name in one:
        np.testing.assert_array_equal(one[name], same[name])
    assert not np.array_equal(one["W1"], other["W1"])
    assert not np.array_equal(one["W1"].ravel()[:6], one["W2"].ravel()[:6])


def test_relus_start_with_he_and_sigmoids_with_glorot() -> None:
    drawn = symnn.mlp([300, 200, 300], ["relu", "sigmoid"]).initial_parameters(0)
    assert drawn["W1"].var() == pytest.approx(2 / 300, rel=0.03)
    assert drawn["W2"].var() == pytest.approx(2 / 500, rel=0.03)


def test_one_example_and_a_batch_of_one_agree() -> None:
    net = symnn.mlp("3-4-2")
    parameters, x, y = net.initial_parameters(1), np.array([0.1, -0.4, 2.0]), np.array([0.0, 1.0])
    one, batch = net.evaluate(parameters, x, y), net.evaluate(parameters, x[None], y[None])
    assert one["a2"].shape == (2,)
    assert batch["a2"].shape == (1, 2)
    assert float(one["C"]) == pytest.approx(float(batch["C"]), rel=1e-15)
    function = net.gradient().compile()
    assert function(parameters, x, y)[0] == function(parameters, x[None], y[None])[0]


def test_without_a_cost_the_gradient_is_that_of_the_output() -> None:
    net = symnn.Network([symnn.Dense(2, 3, "tanh")], cost=None)
    parameters, X = net.initial_parameters(0), np.ones((4, 2))
    upstream = np.arange(12.0).reshape(4, 3)
    value, gradient = net.gradient().compile()(parameters, X, da1=upstream)
    np.testing.assert_allclose(value, np.tanh(X @ parameters["W1"].T), rtol=1e-14)
    delta = upstream * (1 - value**2)
    np.testing.assert_allclose(gradient["W1"], delta.T @ X, rtol=1e-12)
    np.testing.assert_allclose(gradient["b1"], delta.sum(axis=0), rtol=1e-12)


def test_sizes_may_be_symbols() -> None:
    net = symnn.mlp("n0-n1-n2")
    assert [str(size) for size in net.parameters["W1"]] == ["n1", "n0"]
    numbers = symnn.mlp("3-4-2")
    parameters = numbers.initial_parameters(0)
    X, Y = np.ones((5, 3)), np.ones((5, 2))
    (cost, gradient), (other_cost, other) = (n.gradient().compile()(parameters, X, Y) for n in (net, numbers))
    assert cost == pytest.approx(other_cost, rel=1e-14)
    for name in parameters:
        np.testing.assert_allclose(gradient[name], other[name], rtol=1e-13)


class NoEquations(symnn.Layer):
    inputs = 2


class WrongOutput(symnn.Layer):
    inputs, outputs = 2, 3

    def equations(self, inputs: Any) -> list[symnn.Equation]:
        i = index("i", 2)
        return [symnn.Equation(symnn.tensor("o", 2)[i], inputs[i])]


class UnknownParameter(symnn.Layer):
    inputs = outputs = 2

    def equations(self, inputs: Any) -> list[symnn.Equation]:
        i = index("i", 2)
        return [symnn.Equation(symnn.tensor("o", 2)[i], inputs[i] * symnn.tensor("g", 2, role="parameter")[i])]

    def parameters(self) -> dict[str, Any]:
        return {"h": 2}


Dense = symnn.Dense
BUILDING: list[tuple[Any, type[SymnnError], str]] = [
    (lambda: symnn.mlp("2-3-1", "rleu"), InputError, "unknown activation 'rleu' (did you mean 'relu'?)"),
    (
        lambda: symnn.mlp("2-3-1", "x*u"),
        InputError,
        "activation u*x: an expression of one variable is needed, found u, x",
    ),
    (
        lambda: symnn.mlp("2-3-1", t * a),
        InputError,
        "activation a*t: an expression of one variable is needed, found a, t",
    ),
    (lambda: symnn.mlp("2-3-1", "3"), InputError, "activation 3: an expression of one variable is needed, found none"),
    (lambda: symnn.mlp("2-3-1", cost="quadratc"), InputError, "unknown cost 'quadratc' (did you mean 'quadratic'?)"),
    (
        lambda: symnn.mlp("2-3-1", cost="y^2"),
        InputError,
        "cost y**2: an expression of a (the output) and y (the target), found y",
    ),
    (
        lambda: symnn.Network([Dense(2, 3), Dense(4, 1)]),
        ProgramError,
        "layer 2 (Dense) takes 4 inputs and is given 3",
    ),
    (lambda: symnn.Network([]), InputError, "a network needs at least one layer"),
    (lambda: symnn.Network([3]), InputError, "3 is not a layer (subclass symnn.Layer)"),
    (lambda: symnn.Network([NoEquations()]), InputError, "NoEquations needs a method equations(self, inputs)"),
    (
        lambda: symnn.Network([WrongOutput()]),
        ProgramError,
        "layer 1 (WrongOutput) says that it has 3 outputs, and its last equation has 2",
    ),
    (
        lambda: symnn.Network([UnknownParameter()]),
        ProgramError,
        "UnknownParameter: parameter 'g': parameters() does not name it",
    ),
    (lambda: symnn.mlp("2-1", l2=-1), InputError, "bad penalty l2=-1: a number that is not negative"),
    (lambda: symnn.mlp("2-1", l1="big"), InputError, "bad penalty l1='big': a number that is not negative"),
    (lambda: symnn.mlp("2-1", l2=float("nan")), InputError, "bad penalty l2=nan: a number that is not negative"),
    (lambda: symnn.mlp("2-1", cost=None, l2=1), InputError, "a penalty on the weights needs a cost"),
    (
        lambda: symnn.mlp("n0-...-nL"),
        InputError,
        "'n0-...-nL' is a network of any number of layers: see symnn derive n0-...-nL",
    ),
    (
        lambda: symnn.mlp("n0-n1").initial_parameters(),
        InputError,
        "'W1' has symbolic sizes (n1, n0): numbers are needed to draw its values",
    ),
    (
        lambda: symnn.mlp("2-1").initial_parameters(method="glort"),
        InputError,
        "unknown initial parameters 'glort' (did you mean 'glorot'?)",
    ),
    (
        lambda: symnn.mlp("2-3-1", ["relu"] * 3),
        InputError,
        "3 activations for 2 layers: give one for all, or one for each",
    ),
    (lambda: symnn.mlp([3]), InputError, "architecture (3,): an input and an output size at least are needed"),
    (
        lambda: symnn.mlp("2-1", weights="in,out"),
        InputError,
        "unknown orientation of weights 'in,out' (did you mean 'inputs,outputs'?)",
    ),
    (
        lambda: symnn.mlp("2-x"),
        ParseError,
        "bad architecture '2-x': 'x' is no size (accepted: a positive whole number, or a name such as n0)",
    ),
]


@pytest.mark.parametrize(("make", "error", "message"), BUILDING, ids=[message for _, _, message in BUILDING])
def test_what_cannot_be_built(make: Any, error: type[SymnnError], message: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["__import__('os').system('true')", "(lambda: 0)()", "t.__class__", "exec(1)"])
def test_text_is_never_run(text: str) -> None:
    with pytest.raises(SymnnError):
        symnn.mlp("2-1", text)
    with pytest.raises(SymnnError):
        symnn.mlp("2-1", cost=text)


def test_what_cannot_be_evaluated() -> None:
    net = symnn.mlp("2-3-1")
    parameters = net.initial_parameters()
    with pytest.raises(InputError, match=r"^unknown parameter 'W9' \(accepted: W1, b1, W2, b2\)$"):
        net.evaluate({**parameters, "W9": 1}, [1, 2])
    with pytest.raises(InputError, match=r"^array 'b1' is missing \(needed: W1, b1, W2, b2, x\)$"):
        net.evaluate({"W1": parameters["W1"]}, [1, 2])
    with pytest.raises(ShapeError, match=r"^'x' has shape \(3,\); expected \(2,?\)$"):
        net.evaluate(parameters, [1, 2, 3])
    with pytest.raises(ShapeError, match=r"^X has shape \(1, 1, 2\): one example, or one example a row, is needed$"):
        net.evaluate(parameters, [[[1, 2]]])


@pytest.mark.parametrize("net", [symnn.mlp("2-3-1", "f"), symnn.mlp("2-3-1", cost="E")], ids=["activation", "cost"])
def test_undefined_functions_are_derived_and_not_compiled(net: symnn.Network) -> None:
    assert isinstance(net.gradient().program, Program)
    assert "Backward" in net.gradient().text()
    with pytest.raises(CompileError, match="is an undefined function: it is printed and differentiated, not compiled"):
        net.gradient().compile()


def test_a_cost_of_whole_examples() -> None:
    j = index("j", 2)
    outputs, targets = symnn.tensor("a", 2), symnn.tensor("y", 2)
    net = symnn.mlp("3-4-2", "tanh", Sum(Abs(outputs[j] - targets[j]), j) ** 2)
    random = np.random.default_rng(1)
    parameters = {name: random.normal(size=shape) for name, shape in net.parameters.items()}
    x, y = random.normal(size=3), random.normal(size=2)
    found = net.evaluate(parameters, x, y)
    assert float(found["C"]) == pytest.approx(np.abs(found["a2"] - y).sum() ** 2, rel=1e-13)
