"""The numba backend: loops that give what the equations say, and steps that go on where they stopped.

What the loops say is also run as plain Python, one number after the other: that is quick for many programs, and
compiled code without `fastmath` gives the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import sympy
from sympy import Max, Min, Piecewise, Sum, log

import symnn
from symnn.compiling import compile_program, numba_backend
from symnn.compiling.compiled import lowered_program
from symnn.compiling.numba_backend import numba_function, numba_steps
from symnn.compiling.numba_code import steps_source
from symnn.compiling.numpy_steps import numpy_steps
from symnn.compiling.stepping import StepProgram
from symnn.errors import CompileError
from symnn.language import (
    Cholesky,
    Equation,
    Inverse,
    LogDeterminant,
    Maximum,
    Program,
    Within,
    examples,
    index,
    tensor,
)
from symnn.networks import (
    BatchNorm,
    Convolution1d,
    Convolution2d,
    Dense,
    Dropout,
    Embedding,
    FeedForward,
    LayerNorm,
    LSTMCell,
    MaxPooling2d,
    MultiHeadAttention,
    Residual,
    unroll,
)
from symnn.proof import evaluate, finite_differences
from symnn.training.optimizers import Adam
from symnn.training.step import Step, compile_step
from tests.strategies import random_case

pytest.importorskip("numba")

Network = symnn.Network
COSTS = {
    "quadratic": "sigmoid",
    "mean_squared_error": "identity",
    "binary_cross_entropy": "sigmoid",
    "cross_entropy": "softmax",
    "hinge": "tanh",
    "log(1 + (a - y)^2)": "softplus",
}
LAYERS = {
    "convolutions": Network(
        [Convolution2d((2, 7, 6), 3, 3, stride=2, padding=1, activation="tanh"), MaxPooling2d((3, 4, 3), (2, 1))]
    ),
    "overlapping windows": Network([Convolution1d((2, 9), 2, 3, padding=2), BatchNorm((2, 11))]),
    "dropout": Network([Dropout(3), Dense(3, 2)]),
    "transformer": Network(
        [Embedding(5, 4, 3), Residual(MultiHeadAttention((3, 4), heads=2, causal=True)), LayerNorm((3, 4)),
         Residual(FeedForward((3, 4), 5))],
    ),
    "recurrent": Network([unroll(LSTMCell(2, 3), steps=3), Dense(3, 2)], example_weights=True),
}  # fmt: skip


class Functions:
    """NumPy's functions by the names of Python's: numbers keep their type, and nothing raises."""

    def __getattr__(self, name: str) -> Any:
        names = {"pow": "power", "asin": "arcsin", "acos": "arccos", "atan": "arctan"}
        return getattr(np, names.get(name, name), None) or getattr(math, name)


def run_as_python(source: str, name: str) -> Callable[..., Any]:
    """Return the function of a source as Python runs it."""
    namespace: dict[str, Any] = {"math": Functions()}
    exec(source.replace("import math\n", ""), namespace)
    return namespace[name]


def as_python(program: Program, outputs: Sequence[str], values: Mapping[str, Any], **known: Any) -> dict[str, Any]:
    """Return what the loops of a program give, run as Python."""
    lowered, _ = lowered_program(program, outputs, "float64", **known)
    function = run_as_python(numba_function(lowered).source(), "compute")
    given = [np.asarray(values[name], float) for name in lowered.arguments]
    with np.errstate(all="ignore"):
        return dict(zip(outputs, function(*given), strict=True))


def numbers_for(net: symnn.Network, examples: int, seed: int = 0) -> dict[str, Any]:
    """Return values for everything that the gradient of a network is given."""
    random = np.random.default_rng(seed)
    values = {name: value + 0.3 * random.normal(size=value.shape) for name, value in net.initial_parameters().items()}
    for name, needed in net.gradient().batched.inputs.items():
        shape = (examples, *(int(size) for size in needed.shape[1:]))
        if name not in values:
            values[name] = random.uniform(0.1, 0.9, size=shape)
        if needed.role == "target" and net.cost == "cross_entropy":
            values[name] = np.eye(shape[-1])[random.integers(shape[-1], size=shape[:-1])]
    if isinstance(net.layers[0], Embedding):
        values["x"] = random.integers(5, size=(examples, 3)).astype(float)
    return values


def assert_close(found: Mapping[str, Any], expected: Mapping[str, Any], tolerance: float) -> None:
    for name, value in expected.items():
        exact = np.asarray(value, dtype=float)
        assert np.shape(found[name]) == exact.shape
        off, largest = np.max(np.abs(found[name] - exact)), np.max(np.abs(exact))
        assert off <= tolerance * max(largest, 1e-2), f"{name}: off by {off}, largest {largest}"


def assert_gradient(net: symnn.Network, examples: int = 3) -> None:
    """Compare a network's gradient with NumPy's, all of it, and with differences of 50 digits in some entries."""
    values = numbers_for(net, examples)
    program, gradients = net.gradient().batched, net.gradient().gradients
    outputs = [net.gradient().of, *gradients.values()]
    found = as_python(program, outputs, values)
    with np.errstate(all="ignore"):
        assert_close(found, compile_program(program, outputs)(**values), 1e-12)
    some = {name: [next(iter(np.ndindex(values[name].shape)))] for name in gradients}
    slopes = finite_differences(program, values, net.gradient().of, list(gradients), entries=some)
    for name, made in gradients.items():
        place = some[name][0]
        largest = max(np.max(np.abs(found[made])), 1e-2)
        assert abs(found[made][place] - float(slopes[name][place])) < 1e-10 * largest, name


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    **symnn.language.NAMED,
    **{f.__name__: f for f in (sympy.sin, sympy.cos, sympy.tan, sympy.atan, sympy.sinh, sympy.cosh, sympy.tanh)},
    **{f.__name__: f for f in (sympy.asinh, sympy.erf, sympy.erfc, sympy.Abs, sympy.sign, sympy.exp)},
    "asin": lambda t: sympy.asin(t / 3),
    "atanh": lambda t: sympy.atanh(t / 3) + sympy.acosh(t**2 + 2),
    "log": lambda t: sympy.log(t**2 + 1),
    "powers": lambda t: (t**2 + 1) ** sympy.Rational(-3, 2) + sympy.sqrt(t**2 + 1) + t**5 + 1 / (t**2 + 3),
    "power": lambda t: (t**2 + 1) ** (t / 4),
    "largest": lambda t: Max(t, t**2 - 1, 0) + Min(t, sympy.Rational(1, 3)),
    "pieces": lambda t: Piecewise((t**2, t > 0), (sympy.sin(t), True)),
}
SATURATED = {name: FUNCTIONS[name] for name in symnn.language.NAMED}


def entrywise(functions: Mapping[str, Callable[[Any], Any]]) -> tuple[Program, list[str]]:
    """Return the derivative of Σ f(x) for each function f, and the names of their values and of the derivative."""
    k, x, C = index("k", 8), tensor("x", 8, role="input"), tensor("C")
    made = {name: tensor(f"u_{name}", 8) for name in functions}
    equations = [Equation(u[k], functions[name](x[k])) for name, u in made.items()]
    program = Program([*equations, Equation(C, sum(Sum(u[k] ** 2, k) for u in made.values()))])
    gradient = symnn.gradient(program, of="C", wrt=["x"])
    return gradient.program, [*(f"u_{name}" for name in functions), gradient.gradients["x"]]


def test_every_function_and_its_derivative() -> None:
    program, outputs = entrywise(FUNCTIONS)
    x = np.array([-1.7, -1.0, -0.3, -1e-3, 1e-3, 0.4, 1.1, 1.9])
    found = compile_program(program, outputs, make=numba_function)(x=x)
    for name, value in evaluate(program, {"x": x}, "mpmath").items():
        if name in outputs:
            np.testing.assert_allclose(found[name], value.astype(float), rtol=1e-13, err_msg=name)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_large_inputs_give_finite_numbers(dtype: str) -> None:
    program, outputs = entrywise(SATURATED)
    x = np.array([-1e4, -800.0, -100.0, -40.0, 40.0, 100.0, 800.0, 1e4])
    for name, value in compile_program(program, outputs, dtype, make=numba_function)(x=x).items():
        assert np.isfinite(value).all(), name
        assert value.dtype == dtype


@pytest.mark.parametrize("cost", COSTS)
def test_every_cost(cost: str) -> None:
    assert_gradient(symnn.mlp("3-4", [COSTS[cost]], cost))


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name: str) -> None:
    assert_gradient(LAYERS[name])


def test_random_programs_are_what_the_equations_say() -> None:
    for seed in range(16):
        case = random_case(seed)
        gradient = symnn.gradient(case.program)
        outputs = ["C", *gradient.gradients.values()]
        found = as_python(gradient.program, outputs, case.values, known=case.program.inputs)
        assert_close(found, {name: evaluate(gradient.program, case.values)[name] for name in outputs}, 1e-10)


def test_linear_algebra() -> None:
    i, j, p, q, n = (index(name, 3) for name in "ijpqn")
    S = tensor("S", (3, 3, 3), role="parameter")
    V, L, h = tensor("V", (3, 3, 3)), tensor("L", (3, 3, 3)), tensor("h", 3)
    program = Program(
        [
            Equation(V[n, i, j], Inverse(S[n, p, q], p, q)),
            Equation(L[n, i, j], Cholesky(S[n, p, q], p, q)),
            Equation(h[n], LogDeterminant(S[n, p, q], p, q) + Sum(V[n, i, j] * L[n, j, i], i, j)),
        ]
    )
    A = np.random.default_rng(0).normal(size=(3, 3, 3))
    matrices = A @ A.swapaxes(1, 2) + np.eye(3)
    found = as_python(program, ["V", "L", "h"], {"S": matrices})
    compiled = compile_program(program, ["V"], make=numba_function)(S=matrices)
    np.testing.assert_allclose(compiled["V"], found["V"], rtol=1e-13)
    inverses, factors = np.linalg.inv(matrices), np.linalg.cholesky(matrices)
    np.testing.assert_allclose(found["V"], inverses, rtol=1e-10)
    np.testing.assert_allclose(found["L"], factors, rtol=1e-12, atol=1e-15)
    expected = np.log(np.linalg.det(matrices)) + np.trace(inverses @ factors, axis1=1, axis2=2)
    np.testing.assert_allclose(found["h"], expected, rtol=1e-10)


def steps_of(
    net: symnn.Network, backend: str, dtype: str = "float64", optimizer: Any = None, examples: int = 13
) -> tuple[Any, Step]:
    step = compile_step(net, optimizer or symnn.SGD(0.3), dtype, backend)
    values = numbers_for(net, examples)
    carried = step.start({name: values[name] for name in net.parameters}, dtype)
    return step.begin(carried, values["x"].astype(dtype), values["y"].astype(dtype)), step


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_steps_are_those_of_numpy_to_rounding_and_equal_bits_in_any_division(dtype: str) -> None:
    net = symnn.mlp("5-4-3", ["sigmoid", "softmax"], "cross_entropy", l2=0.1)
    whole, step = steps_of(net, "numba", dtype, Adam(0.05))
    parts = step.begin(whole.carried(), *[numbers_for(net, 13)[name].astype(dtype) for name in "xy"])
    other, _ = steps_of(net, "numpy", dtype, Adam(0.05))
    orders = [np.random.default_rng(epoch).permutation(13) for epoch in range(3)]
    for order in orders:
        cost, expected = whole.take(order, 4), other.take(order, 4)
        assert cost == pytest.approx(float(expected), rel=1e-10 if dtype == "float64" else 1e-4)
        for start in range(0, 13, 8):
            last = parts.take(order[start : start + 8], 4)
        assert last == cost
    assert_close(whole.carried(), other.carried(), 1e-10 if dtype == "float64" else 1e-4)
    for name, value in whole.carried().items():
        assert value.dtype == dtype
        assert value.tobytes() == parts.carried()[name].tobytes()


@pytest.mark.parametrize("name", ["overlapping windows", "recurrent"])
def test_steps_of_layers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums over the examples in the middle (batch norm), rows of the data in all of their places, weights."""
    monkeypatch.setattr(numba_backend, "_compiled", lambda source, name, types: run_as_python(source, name))
    step = compile_step(LAYERS[name], symnn.SGD(0.05)).step_program
    values = numbers_for(LAYERS[name], 7)
    carried = {k: values.get(k, np.zeros([int(size) for size in step.program.find(k).shape])) for k in step.renewed}
    runs = [steps(step)(carried, values) for steps in (numba_steps, numpy_steps)]
    for seed in range(2):
        order = np.random.default_rng(seed).permutation(7)
        cost, expected = [run.take(order, 3) for run in runs]
        assert cost == pytest.approx(float(expected), rel=1e-9)
    assert_close(runs[0].carried(), runs[1].carried(), 1e-8)


def test_what_is_carried_may_be_what_another_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba_backend, "_compiled", lambda source, name, types: run_as_python(source, name))
    n, k, m = index("n", examples), index("k", 2), examples
    w, new, before = (tensor(name, 2, role="parameter") for name in ("w", "w_new", "before"))
    x, C = tensor("x", (examples, 2), role="input"), tensor("C")
    program = Program([Equation(C, Sum(x[n, k] * w[k], n, k) / m), Equation(new[k], w[k] + before[k] + C)])
    step = StepProgram(program, "C", {"w": "w_new", "before": "w"}, {}, ("x",), "float64")
    steps = numba_steps(step)({"w": np.array([1.0, 2.0]), "before": np.zeros(2)}, {"x": np.ones((4, 2))})
    steps.take(np.arange(4), 2)
    assert steps.carried()["before"].tolist() == [4.0, 5.0]
    assert steps.carried()["w"].tolist() == [4 + 1 + 9, 5 + 2 + 9]


def test_float32_stays_float32_and_sums_keep_their_order() -> None:
    """Python's own float32 arithmetic, number after number, gives the same bits: nothing is wider, or reordered."""
    net = symnn.mlp("9-7-2", ["relu", "leaky_relu"], l2=0.1)
    steps, step = steps_of(net, "numba", "float32", Adam(0.1))
    values = numbers_for(net, 13)
    given = step.step_program
    by_python = run_as_python(steps_source(step.compiled.program, given, list(given.settings)), "take")
    carried = [np.atleast_1d(value) for value in steps.carried().values()]
    settings = [np.float32(value) for value in given.settings.values()]
    data = [values[name].astype(np.float32) for name in given.data]
    order = np.random.default_rng(0).permutation(13)
    assert steps.take(order, 5) == by_python(order, 5, *carried, *settings, *data)
    for name, expected in zip(given.renewed, carried, strict=True):
        np.testing.assert_array_equal(np.atleast_1d(steps.carried()[name]), expected)


@pytest.mark.parametrize(("cost", "activation"), [("cross_entropy", "softmax"), ("binary_cross_entropy", "sigmoid")])
def test_saturated_networks_have_finite_gradients(cost: str, activation: str) -> None:
    net = symnn.mlp("2-2", [activation], cost)
    values = {**numbers_for(net, 4), "x": np.array([[1e4, -1e4], [-1e4, -1e4], [0.0, 1e4], [1e4, 1e4]])}
    gradient = net.gradient()
    for name, value in as_python(gradient.batched, [gradient.of, *gradient.gradients.values()], values).items():
        assert np.isfinite(value).all(), name


def test_a_cost_that_is_not_finite_ends_the_steps() -> None:
    net = symnn.mlp("2-2", ["identity"])
    steps, _ = steps_of(net, "numba", optimizer=symnn.SGD(1e200))
    assert not math.isfinite(steps.take(np.arange(13), 1))


def test_rows_and_lookups_that_are_none_are_errors() -> None:
    steps, _ = steps_of(symnn.mlp("2-2"), "numba")
    with pytest.raises(IndexError, match="order has a row that is none"):
        steps.take(np.array([0, 13]), 2)
    i, k = index("i", 2), index("k", 3)
    E, t, h = tensor("E", (4, 3), role="parameter"), tensor("t", 2, role="input"), tensor("h", (2, 3))
    program = Program([Equation(h[i, k], E[t[i], k])])
    raw = compile_program(program, ["h"], make=numba_function).raw
    assert raw(np.ones((4, 3)), np.array([0.0, 3.0]))[0].shape == (2, 3)
    with pytest.raises(IndexError, match="t is no place on its axis"):
        raw(np.ones((4, 3)), np.array([0.0, 4.0]))


def test_nan_is_not_hidden() -> None:
    k, x, C = index("k", 3), tensor("x", 3, role="input"), tensor("C")
    relu, sigmoid = symnn.language.NAMED["relu"], symnn.language.NAMED["sigmoid"]
    program = Program([Equation(C, Maximum(x[k], k) + Sum(relu(x[k]), k) + Sum(sigmoid(x[k]), k) + Sum(log(x[k]), k))])
    source = numba_function(lowered_program(program, ["C"], "float64")[0]).source()
    found = compile_program(program, ["C"], make=numba_function)
    assert "fastmath" not in source
    for place in range(3):
        assert math.isnan(found(x=np.where(np.arange(3) == place, np.nan, 1.0))["C"])


def test_what_has_no_code() -> None:
    k, x, C = index("k", 3), tensor("x", 3, role="input"), tensor("C")
    gradient = symnn.gradient(Program([Equation(C, Sum(sympy.loggamma(x[k]), k))]), wrt=["x"])
    with pytest.raises(CompileError) as caught:
        gradient.compile(backend="numba")
    assert str(caught.value) == "the numba backend has no code for polygamma: use backend='numpy'"


def test_names_of_the_code_give_way_to_those_of_the_program() -> None:
    n, r = index("n", 3), index("row", 2)
    rows, row, size = tensor("rows", (3, 2), role="input"), tensor("row", 2, role="parameter"), tensor("size", 3)
    program = Program([Equation(size[n], Sum(rows[n, r] * row[r], r))])
    found = compile_program(program, ["size"], make=numba_function)(rows=np.ones((3, 2)), row=[1, 2])
    assert found["size"].tolist() == [3, 3, 3]


def test_brackets_are_bounds_of_loops() -> None:
    i, p = index("i", 6), index("p", 3)
    x, w, y = tensor("x", 6, role="input"), tensor("w", 3, role="parameter"), tensor("y", 6)
    program = Program([Equation(y[i], Sum(w[p] * x[i + p - 1] * Within(i + p - 1, 6), p))])
    source = numba_function(lowered_program(program, ["y"], "float64")[0]).source()
    assert (
        source
        == """import math
import numpy as np


def compute(w, x):
    y = np.empty(6)
    for i in range(6):
        y[i] = 0.0  # y[i] = sum_p w[p] x[i+p-1] [0 <= i + p - 1 < 6]
    for p in range(3):
        w_p = w[p]
        for i in range(max(0, 1 - p), min(6, 7 - p)):
            y[i] += w_p*x[i + p - 1]
    return (y,)
"""
    )


def test_steps_as_one_reads_them() -> None:
    step = compile_step(symnn.mlp("2-1"), symnn.SGD(0.5), backend="numba")
    given = step.step_program
    assert numba_steps(given)
    source = steps_source(step.compiled.program, given, list(given.settings))
    for line in (
        "    for start in range(0, len(order), size):",
        "        for n in range(m):",
        "            delta1[0] = delta1_0  # delta1[n,j] = "
        "((1 - y[n,j]) a1[n,j] - y[n,j] sigma(-z1[n,j])) sigma'(z1[n,j])",
        "        if not math.isfinite(C): break",
    ):
        assert line in source.splitlines()
