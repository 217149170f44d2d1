"""Compiled code: right, fresh, of one type, checked at its door, and nothing in it is computed twice."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import warnings
from collections import Counter
from typing import Any

import numpy as np
import pytest
from layers import Attention, Convolution, PaddedConvolution, StridedConvolution
from sympy import Abs, Max, Min, Piecewise, Rational, Sum, cos, exp, pi, sqrt

import symnn
from symnn.compiling import compile_program
from symnn.errors import CompileError, InputError, ShapeError
from symnn.language import (
    NAMED,
    Equation,
    LogSumExp,
    Maximum,
    Program,
    Tensor,
    Within,
    index,
    sizes,
    tensor,
    undefined_function,
)
from symnn.networks import NAMED_COSTS, NAMES
from symnn.proof import evaluate

n, d, h = sizes("n d h")
SIZES = {n: 4, d: 3, h: 2}
i, j, k, l, p = index("i", n), index("j", n), index("k", d), index("l", d), index("p", h)  # noqa: E741
u, v, x, y, c = tensor("u", n), tensor("v", n), tensor("x", d), tensor("y", d), tensor("c")
A, B, M = tensor("A", (n, d)), tensor("B", (n, d)), tensor("M", (d, d))
S, T3 = tensor("S", (n, n)), tensor("T", (n, d, h))
s, o, q = tensor("s"), tensor("o", n), tensor("q", (n, d))
t, wide, w = index("t", n + h - 1), tensor("wide", n + h - 1), tensor("w", h)

EQUATIONS = [
    Equation(o[i], Sum(A[i, k] * x[k], k) + u[i]),
    Equation(o[i], -Sum(S[j, i] * u[j], j) * v[i]),
    Equation(o[i], -u[i] * Sum(A[i, k] * x[k], k)),
    Equation(o[i], -u[i] * Sum(S[i, j] * v[j], j) / 3),
    Equation(s, -c * Sum(u[i] * S[i, j] * v[j], i, j)),
    Equation(q[i, k], u[i] - Sum(A[i, l] * M[l, k], l) * v[i]),
    Equation(q[i, k], u[i] * x[k]),
    Equation(q[i, k], -c * Sum(A[i, l] * M[k, l], l)),
    Equation(q[i, k], A[i, k] - u[i] - x[k] * c),
    Equation(o[i], Sum(A[i, k] * B[i, k], k)),
    Equation(o[i], Sum(A[i, k] ** 2, k) / d),
    Equation(s, Sum(A[i, k] * B[i, k], i, k) / sqrt(d)),
    Equation(s, Sum(S[i, i], i)),
    Equation(o[i], S[i, i] * u[i]),
    Equation(s, Sum(S[i, j] * S[j, i], i, j)),
    Equation(o[i], Sum(A[i, k] * M[k, l] * y[l], k, l)),
    Equation(q[i, k], Sum(S[i, j] * A[j, l] * M[l, k], j, l)),
    Equation(o[i], Sum(T3[i, k, p] * x[k] * w[p], k, p)),
    Equation(tensor("r", (d, h))[k, p], Sum(T3[i, k, p] * u[i], i)),
    Equation(tensor("r", (h, n))[p, i], Sum(T3[i, k, p] * A[i, k], k)),
    Equation(o[i], Sum(w[p] * wide[i + p], p)),
    Equation(o[i], Sum(w[p] * wide[i + h - 1 - p], p)),
    Equation(tensor("r", n + h - 1)[t], Sum(w[p] * u[t - p] * Within(t - p, n), p)),
    Equation(o[i], u[n - 1 - i] * u[0]),
    Equation(o[i], u[i] * Within(i - 1, n)),
    Equation(q[i, k], Sum(A[j, k], j) + u[i]),
    Equation(o[i], LogSumExp(A[i, k] * x[k], k)),
    Equation(s, LogSumExp(A[i, k], i, k)),
    Equation(o[i], Maximum(A[i, k] - x[k], k)),
    Equation(o[i], Piecewise((u[i] ** 2, u[i] > 0), (sqrt(2) * u[i], True)) + Max(u[i], v[i]) - Min(u[i], 0)),
    Equation(o[i], exp(-(u[i] ** 2)) / sqrt(2 * pi) + cos(u[i]) ** 3 + Abs(v[i]) ** Rational(3, 2)),
    Equation(o[i], Sum(u[j] * v[j], j) * u[i] / (1 + Sum(u[j] ** 2, j))),
    Equation(o[i], Sum(Sum(S[i, j] * v[j], j) * A[i, k], k)),
    Equation(o[i], Sum(A[i, k] / (1 + x[k] ** 2), k)),
    Equation(o[i], (v[i] - u[i]) * Sum(S[i, j] * u[j], j) / Sum(S[j, i] * v[j], j)),
    *(Equation(o[i], f(u[i]) - f(v[i] * c)) for f in NAMED.values()),
]


def values_for(program: Program, dtype: str = "float64") -> dict[str, Any]:
    random = np.random.default_rng(0)
    return {
        name: random.normal(size=[int(size.subs(SIZES)) for size in found.shape]).astype(dtype)
        for name, found in sorted(program.inputs.items())
    }


@pytest.mark.parametrize("equation", EQUATIONS, ids=str)
def test_compiled_equations_have_the_value_of_the_sum_written_out(equation: Equation) -> None:
    program, name = Program([equation]), equation.tensor.name
    values = values_for(program)
    found = compile_program(program, [name])(**values)[name]
    given = {symbol.name: size for symbol, size in SIZES.items()}
    expected = evaluate(program, {**given, **values})[name]
    assert np.shape(found) == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("equation", EQUATIONS, ids=str)
def test_compiled_equations_with_numbers_for_sizes(equation: Equation) -> None:
    """The same with n = d = h: wrong axes then give wrong numbers, not an error."""
    everywhere = {n: 3, d: 3, h: 3}

    def fixed(part: Any) -> Any:
        if isinstance(part, Tensor):
            return Tensor(part.name, [size.subs(everywhere) for size in part.shape], part.role)
        return part.func(*map(fixed, part.args)) if part.args else part.subs(everywhere) if part in everywhere else part

    square = Program([Equation(fixed(equation.left), fixed(equation.right))])
    name, random = equation.tensor.name, np.random.default_rng(1)
    values = {
        one: random.normal(size=[int(size) for size in found.shape]) for one, found in sorted(square.inputs.items())
    }
    found = compile_program(square, [name])(**values)[name]
    np.testing.assert_allclose(found, evaluate(square, values)[name], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("equation", EQUATIONS, ids=str)
def test_float32_stays_float32_in_every_equation(equation: Equation) -> None:
    program, name = Program([equation]), equation.tensor.name
    values = values_for(program, "float32")
    function = compile_program(program, [name], "float32")
    found = function(**values)[name]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, compile_program(program, [name])(**values)[name], rtol=1e-3, atol=1e-4)


def batch(net: symnn.Network, dtype: str = "float64") -> tuple[dict[str, Any], Any, Any]:
    random = np.random.default_rng(2)
    parameters = {name: random.normal(scale=0.7, size=shape).astype(dtype) for name, shape in net.parameters.items()}
    outputs = int(net.layers[-1].outputs)
    targets = np.eye(outputs)[random.integers(outputs, size=5)]
    return parameters, random.normal(size=(5, int(net.layers[0].inputs))).astype(dtype), targets.astype(dtype)


@pytest.mark.parametrize("cost", NAMED_COSTS)
@pytest.mark.parametrize("activation", [*NAMES, "sin(t)/sqrt(2)"])
def test_float32_stays_float32_in_every_network(activation: str, cost: str) -> None:
    last = {"binary_cross_entropy": "sigmoid", "cross_entropy": "softmax"}.get(cost, activation)
    net = symnn.mlp("3-4-2", [activation, last], cost, l1=0.01, l2=0.1)
    function = net.gradient().compile(dtype="float32")
    parameters, X, Y = batch(net, "float32")
    given = [{**parameters, "x": X, "y": Y}[name] for name in function.compiled.arguments]
    for array in function.compiled.raw(*given):
        assert array.dtype == np.float32
    _, expected = net.gradient().compile()(parameters, X, Y)
    _, found = function(parameters, X, Y)
    for name, array in expected.items():
        assert found[name].shape == array.shape
        np.testing.assert_allclose(found[name], array, rtol=2e-3, atol=2e-5)


def code_of(source: str) -> str:
    """Return the function itself, without helpers and comments."""
    return re.sub(r"#.*", "", source[source.index("def compute") :])


def repeated(source: str) -> list[str]:
    """Return the operations that stand twice in the function: calls, products, sums, matrix products."""
    seen: Counter[str] = Counter()
    for node in ast.walk(ast.parse(code_of(source))):
        if isinstance(node, ast.Call | ast.BinOp):
            operands = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)} - {"np"}
            if operands and not (operands <= {"m", "n", "d", "h"}):
                seen[ast.unparse(node)] += 1
    return [text for text, times in seen.items() if times > 1]


@pytest.mark.parametrize("cost", NAMED_COSTS)
@pytest.mark.parametrize("activation", NAMES)
def test_nothing_is_computed_twice(activation: str, cost: str) -> None:
    last = {"binary_cross_entropy": "sigmoid", "cross_entropy": "softmax"}.get(cost, activation)
    net = symnn.mlp("3-4-4-2", [activation, activation, last], cost, l2=0.1)
    assert repeated(net.gradient().compile().source) == []


def test_each_sigmoid_takes_one_exponential() -> None:
    for depth in (1, 3, 5):
        source = symnn.mlp([4] * (depth + 1)).gradient().compile().source
        assert code_of(source).count("np.exp") == depth


def test_each_matrix_product_is_done_once() -> None:
    depth = 4
    source = code_of(symnn.mlp([4] * (depth + 1)).gradient().compile().source)
    # Forward and ∂C/∂W in every layer, and δ in all but the last.
    assert source.count(" @ ") == 3 * depth - 1


def test_the_source_runs_alone(tmp_path: Any) -> None:
    nets = symnn.mlp("3-4-2", "gelu"), symnn.mlp("3-4-2", ["softplus", "softmax"], "cross_entropy")
    for number, net in enumerate(nets):
        function = net.gradient().compile()
        parameters, X, Y = batch(net)
        cost, gradient = function(parameters, X, Y)
        given = {**parameters, "x": X, "y": Y}
        np.savez(tmp_path / "given.npz", **{name: given[name] for name in function.compiled.arguments})
        script = tmp_path / f"alone{number}.py"
        script.write_text(
            function.source
            + "\nimport sys\ngiven = np.load(sys.argv[1])\n"
            + f"results = compute(*(given[name] for name in {list(function.compiled.arguments)!r}))\n"
            + "np.savez(sys.argv[2], *results)\n"
            + "assert not any(name.startswith(('sympy', 'symnn')) for name in sys.modules)\n"
        )
        run = [sys.executable, "-I", str(script), str(tmp_path / "given.npz"), str(tmp_path / "results.npz")]
        done = subprocess.run(run, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        results = list(np.load(tmp_path / "results.npz").values())
        assert float(results[0]) == cost
        for found, expected in zip(results[1:], gradient.values(), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_each_line_carries_its_equation() -> None:
    source = symnn.mlp("2-3-1").gradient().compile().source
    assert "z1 = x @ W1.T + b1  # z1[n,j] = sum_k x[n,k] W1[j,k] + b1[j]" in source
    assert re.search(r"dW2 = .*  # dC/dW2\[j,k\] = \(1/m\) sum_n delta2\[n,j\] a1\[n,k\]", source)


@pytest.mark.parametrize(
    "layer",
    [Convolution(2, 9, 3, 4), StridedConvolution(2, 4, 3), PaddedConvolution(2, 5, 3)],
    ids=lambda layer: type(layer).__name__,
)
def test_no_index_leaves_its_array(layer: symnn.Layer) -> None:
    """What lies around an array in memory is never read: filled with nan, it changes nothing."""
    program = Program(layer.equations(Tensor("x", layer.inputs, "input")))
    gradient = symnn.gradient(program, of="y", wrt=list(program.inputs), upstream="upstream")
    random, function = np.random.default_rng(3), gradient.compile()
    values = {name: random.normal(size=[int(z) for z in t.shape]) for name, t in sorted(program.inputs.items())}
    values["upstream"] = random.normal(size=[int(z) for z in program.find("y").shape])
    expected = function(**values)[1]
    surrounded = {}
    for name, array in values.items():
        large = np.full([size + 40 for size in array.shape], np.nan)
        inside = tuple(slice(20, 20 + size) for size in array.shape)
        large[inside] = array
        surrounded[name] = large[inside]
    found = function(**surrounded)[1]
    for name, array in expected.items():
        assert np.isfinite(found[name]).all()
        np.testing.assert_allclose(found[name], array, rtol=1e-13)


def shares_memory(one: Any, other: Any) -> bool:
    return isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and np.shares_memory(one, other)


FRESH = [
    Program([Equation(o[i], u[i]), Equation(tensor("r", n)[i], u[i])]),
    Program([Equation(tensor("r", (d, n))[k, i], A[i, k])]),
    Program([Equation(o[i], S[i, i]), Equation(tensor("r", n)[i], o[i])]),
    Program([Equation(tensor("r", (n, n))[i, j], u[i])]),
    Program([Equation(o[i], tensor("longer", n + 1)[i + 1])]),
    Program([Equation(o[i], u[n - 1 - i])]),
    Program([Equation(tensor("r", d)[k], A[0, k])]),
    Program([Equation(q[i, k], 2 * A[i, k]), Equation(tensor("r", (d, n))[k, i], q[i, k])]),
]


@pytest.mark.parametrize("program", FRESH, ids=str)
def test_what_is_returned_is_fresh_and_can_be_written(program: Program) -> None:
    values = values_for(program)
    results = compile_program(program, list(program.defined))(**values)
    arrays = list(results.values())
    for number, array in enumerate(arrays):
        assert not any(shares_memory(array, given) for given in values.values())
        assert not any(shares_memory(array, other) for other in arrays[:number])
        array += 1


def test_gradients_are_fresh_in_every_call() -> None:
    net = symnn.mlp("3-4-2", "identity")
    function, (parameters, X, Y) = net.gradient().compile(), batch(net)
    first, second = function(parameters, X, Y)[1], function(parameters, X, Y)[1]
    for name in parameters:
        assert not shares_memory(first[name], second[name])
        assert not any(shares_memory(first[name], given) for given in (*parameters.values(), X, Y))


def test_the_arrays_that_are_given_are_not_changed() -> None:
    net = symnn.mlp("3-4-2", "relu")
    parameters, X, Y = batch(net)
    before = {name: array.copy() for name, array in parameters.items()}, X.copy(), Y.copy()
    net.gradient().compile()(parameters, X, Y)
    for name, array in before[0].items():
        np.testing.assert_array_equal(parameters[name], array)
    np.testing.assert_array_equal(X, before[1])
    np.testing.assert_array_equal(Y, before[2])


def test_undefined_functions_are_refused() -> None:
    f = undefined_function("f")
    program = Program([Equation(o[i], f(u[i]))])
    with pytest.raises(CompileError) as caught:
        compile_program(program, ["o"])
    told = "o[i] = f(u[i]): 'f' is an undefined function: it is printed and differentiated, not compiled"
    assert str(caught.value) == told


def test_names_shapes_and_types_are_checked() -> None:
    function = compile_program(Program([Equation(o[i], Sum(A[i, k] * x[k], k) + u[i])]), ["o"])
    good = {"A": np.ones((4, 3)), "x": np.ones(3), "u": np.ones(4)}
    cases: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({**good, "X": 1}, InputError, r"^unknown array 'X' \("),
        ({"A": good["A"]}, InputError, r"^array '\w' is missing \(needed: "),
        ({**good, "x": np.ones(2)}, ShapeError, r"has shape"),
        ({**good, "x": np.ones((3, 1))}, ShapeError, r"^'x' has shape \(3, 1\); expected \(d,?\)$"),
        ({**good, "x": "abc"}, InputError, r"^'x' is not an array of numbers$"),
        ({**good, "x": [[1], [1, 2]]}, InputError, r"^'x' is not an array of numbers$"),
    ]
    for given, error, message in cases:
        with pytest.raises(error, match=message):
            function(**given)
    with pytest.raises(InputError, match=r"^unknown dtype 'float16' \(did you mean 'float64'\?\)$"):
        compile_program(Program([Equation(o[i], u[i])]), ["o"], "float16")


def test_sizes_are_bound_from_shapes() -> None:
    program = Program([Equation(s, Sum(wide[t], t) / n + Sum(w[p], p) * h)])
    found = compile_program(program, ["s"])(wide=np.ones(7), w=np.ones(3))["s"]
    assert found == pytest.approx(7 / 5 + 9)
    with pytest.raises(CompileError, match="no array tells the size 'n'"):
        compile_program(Program([Equation(s, c * n)]), ["s"])


def test_a_scalar_divided_by_a_size_is_no_whole_number() -> None:
    found = compile_program(Program([Equation(s, Sum(u[i], i) / n)]), ["s"])(u=[1, 2])["s"]
    assert found == 1.5


def test_a_chain_of_matrices_and_a_vector_multiplies_the_vector_first() -> None:
    big = sizes("big")
    a, b, e = index("a", big), index("b", big), index("e", big)
    one, two, vector = tensor("P", (big, big)), tensor("Q", (big, big)), tensor("v", big)
    out = tensor("r", big)
    program = Program([Equation(out[a], Sum(one[a, b] * two[b, e] * vector[e], b, e))])
    assert re.search(r"P @ \((Q @ v|v @ Q\.T)\)", code_of(compile_program(program, ["r"]).source))


def test_a_product_of_tall_and_flat_matrices_is_done_in_the_cheap_order() -> None:
    a, b, e, f = index("a", 1000), index("b", 2), index("e", 1000), index("f", 3)
    tall, flat, last = tensor("P", (1000, 2)), tensor("Q", (2, 1000)), tensor("R", (1000, 3))
    program = Program([Equation(tensor("r", (1000, 3))[a, f], Sum(tall[a, b] * flat[b, e] * last[e, f], b, e))])
    assert re.search(r"P @ \((Q @ R|R\.T @ Q\.T)\)", code_of(compile_program(program, ["r"]).source))


@pytest.mark.parametrize("equation", EQUATIONS, ids=str)
def test_no_einsum_takes_three_operands(equation: Equation) -> None:
    source = code_of(compile_program(Program([equation]), [equation.tensor.name]).source)
    for subscripts in re.findall(r'einsum\("([^"]*)"', source):
        assert subscripts.count(",") <= 1


def test_attention_is_matrix_products_alone() -> None:
    layer = Attention(n, d, h, d)
    program = Program(layer.equations(Tensor("x", layer.inputs, "input")))
    source = code_of(symnn.gradient(program, of="O", wrt=["W_Q", "W_K", "W_V", "x"]).compile().source)
    assert source.count(" @ ") == 5 + 4 + 6
    assert "tensordot" not in source


Z = np.array([-1000.0, -750.0, -40.0, 0.0, 40.0, 750.0, 1000.0])


def test_binary_cross_entropy_is_finite_far_out_and_says_how() -> None:
    net = symnn.mlp("1-1", "sigmoid", "binary_cross_entropy")
    function = net.gradient().compile()
    for target in (0.0, 1.0):
        costs, slopes = [], []
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for z in Z:
                cost, gradient = function({"W1": [[1.0]], "b1": [0.0]}, [z], [target])
                costs.append(cost)
                slopes.append(gradient["b1"][0])
        margin = Z if target == 0 else -Z
        np.testing.assert_allclose(costs, np.maximum(margin, 0) + np.log1p(np.exp(-np.abs(margin))), rtol=1e-14)
        assert np.isfinite(slopes).all()
    rewritten = [str(rewriting) for rewriting in function.compiled.rewritings]
    assert len(rewritten) == 2
    assert "log(a1[n, j])" in rewritten[0].splitlines()[0]
    assert "softplus(-z1[n, j])" in rewritten[0].splitlines()[1]
    residual = "delta1[n, j] = (1 - y[n, j])*a1[n, j] - sigmoid(-z1[n, j])*y[n, j]"
    assert rewritten[1] == f"delta1[n, j] = a1[n, j] - y[n, j]\n  becomes {residual}"


def test_cross_entropy_after_softmax_is_finite_far_out() -> None:
    net = symnn.mlp("1-2", "softmax", "cross_entropy")
    function = net.gradient().compile()
    for z in Z:
        cost, gradient = function({"W1": [[1.0], [0.0]], "b1": [0.0, 0.0]}, [z], [0.0, 1.0])
        assert cost == pytest.approx(max(z, 0) + np.log1p(np.exp(-abs(z))), rel=1e-14)
        assert np.isfinite(gradient["W1"]).all()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", NAMES)
def test_activations_and_their_slopes_are_finite_far_out(activation: str, dtype: str) -> None:
    net = symnn.mlp([1, len(Z), 2], [activation, "identity"])
    parameters = {"W1": np.zeros((len(Z), 1)), "b1": Z, "W2": np.ones((2, len(Z))) / 1000, "b2": np.zeros(2)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cost, gradient = net.gradient().compile(dtype=dtype)(parameters, [[1.0]], [[0.0, 1.0]])
    assert np.isfinite(cost)
    assert all(np.isfinite(array).all() for array in gradient.values())


SATURATED = np.array([-12.0, -8.0, -5.0, -1.5, -1e-3, 1e-3, 0.5, 5.0, 12.0, 18.0])


@pytest.mark.parametrize("name", NAMED)
def test_slopes_keep_their_digits_where_they_are_small(name: str) -> None:
    """f′(z), alone: a relative error of 1e-12 even where f is flat."""
    f = NAMED[name]
    z = tensor("z", n)
    derivation = symnn.gradient(Program([Equation(o[i], f(z[i]))]), of="o", wrt=["z"]).derivation
    values = {"z": SATURATED, derivation.upstream: np.ones(len(SATURATED))}
    exact = evaluate(derivation.program, values, "mpmath")[derivation.gradients["z"]].astype(float)
    found = compile_program(derivation.program, [derivation.gradients["z"]])(**values)[derivation.gradients["z"]]
    np.testing.assert_allclose(found, exact, rtol=1e-12)


@pytest.mark.parametrize("name", NAMED)
def test_activations_keep_their_digits(name: str) -> None:
    f, z = NAMED[name], tensor("z", n)
    program = Program([Equation(o[i], f(z[i]))])
    exact = evaluate(program, {"z": SATURATED}, "mpmath")["o"].astype(float)
    found = compile_program(program, ["o"])(z=SATURATED)["o"]
    np.testing.assert_allclose(found, exact, rtol=1e-12)
