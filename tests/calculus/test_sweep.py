"""The reverse sweep: names, facts, zeros, errors, higher orders, and how many equations there are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import Add, Expr, Integer, Sum, cos, exp, log, sin

import symnn
from symnn.calculus import batch_program, differentiate, hessian_vector_product
from symnn.compiling import compile_program
from symnn.errors import CalculusError, ProgramError
from symnn.language import NAMED, Equation, Fact, LogSumExp, Program, Reduction, index, sizes, tensor
from symnn.proof import evaluate, finite_differences

n = sizes("n")
i, j = index("i", n), index("j", n)
v, y, o, z, a = tensor("v", n), tensor("y", n, role="target"), tensor("o", n), tensor("z", n), tensor("a", n)
s, r, mu, C, L = tensor("s"), tensor("r"), tensor("mu"), tensor("C"), tensor("L")
square = Equation(s, Sum(v[i] ** 2, i))


class Product(Reduction):
    """The product of all entries: it has no adjoint rule."""


def capturing(length: Any, width: Any) -> list[Equation]:
    """Equations in which a careless substitution captures an index: the first was once wrong by 0.38."""
    q, p = index("q", length), index("p", width)
    x, o = tensor("x", length + width - 1), tensor("o", length)
    return [
        Equation(o[q], exp(x[q + width - 1]) / Sum(exp(x[q + p]), p)),
        Equation(o[q], x[q + width - 1] * Sum(sin(x[q + p]) * Sum(x[p + q] ** 2, p), p)),
        Equation(o[q], Sum(x[q + p] * Sum(x[p + q], q), p) + x[q + width - 1]),
    ]


@pytest.mark.parametrize("equation", [*capturing(*sizes("M w")), *capturing(4, 3)], ids=str)
def test_no_index_is_captured(equation: Equation) -> None:
    program, random = Program([equation]), np.random.default_rng(0)
    values = {"x": random.normal(size=6)}
    values |= {} if equation.tensor.shape[0].is_Integer else {"M": 4, "w": 3}
    upstream = random.normal(size=4)
    derivation = differentiate(program, "o", ["x"])
    found = evaluate(derivation.program, {**values, "do": upstream}, "mpmath")["dx"]
    expected = finite_differences(program, values, "o", "x", upstream=upstream)["x"]
    assert all(abs(one - other) < 1e-25 for one, other in zip(found, expected, strict=True))
    named = compile_program(derivation.program, ["dx"])
    compiled = named(**{name: value for name, value in {**values, "do": upstream}.items() if name in named.arguments})
    np.testing.assert_allclose(compiled["dx"], found.astype(float), rtol=1e-12, atol=1e-13)


def test_a_missing_adjoint_rule_names_the_class_and_the_place() -> None:
    with pytest.raises(CalculusError) as caught:
        differentiate(Program([Equation(s, Product(v[i], i))]), "s", ["v"])
    assert str(caught.value) == (
        "no adjoint rule for Product: add one with @adjoint_rule(Product) in calculus/primitives.py"
    )


@pytest.mark.parametrize(
    ("of", "wrt", "message"),
    [
        ("C", ["v"], "no tensor 'C' in the program (accepted: v, mu, s, r)"),
        ("s", ["vv"], "no tensor 'vv' in the program (did you mean 'v'?)"),
        ("s", None, "the program has no parameters: say what to differentiate with respect to (wrt=[...])"),
        ("s", ["mu"], "'s' does not depend on mu: the derivative is zero"),
    ],
)
def test_errors_say_what_is_wrong(of: str, wrt: list[str] | None, message: str) -> None:
    program = Program([square, Equation(r, mu**2)])
    with pytest.raises((CalculusError, ProgramError)) as caught:
        differentiate(program, of, wrt)
    assert str(caught.value) == message


def test_the_derivative_by_what_has_no_part_in_it_is_zero() -> None:
    derivation = differentiate(Program([square, Equation(r, mu**2)]), "s", ["v", "mu"])
    assert str(derivation.program["dmu"]) == "dmu = 0"
    assert compile_program(derivation.program, ["dmu"])()["dmu"] == 0


def test_a_gradient_of_zeros_has_the_shape_of_its_variable() -> None:
    u = tensor("u", (n, 2))
    program = Program([square, Equation(r, Sum(u[i, 0], i))])
    derivation = differentiate(program, "s", ["v", "u"])
    assert derivation.program["du"].right == 0
    assert derivation.program["du"].tensor.shape == u.shape


def test_names_of_adjoints_are_fresh() -> None:
    dv = tensor("dv", n)
    derivation = differentiate(Program([Equation(dv[i], v[i] ** 2), Equation(s, Sum(dv[i] * v[i], i))]), "s", ["v"])
    assert derivation.gradients == {"v": "dv_2"}
    found = evaluate(derivation.program, {"v": [1.0, 2.0]})
    assert found["dv_2"].tolist() == [3, 12]


def test_the_name_of_the_upstream_adjoint_is_fresh_too() -> None:
    do = tensor("do", n)
    derivation = differentiate(Program([Equation(o[i], v[i] * do[i])]), "o", ["v", "do"])
    assert derivation.upstream == "do_2"
    assert derivation.gradients == {"v": "dv", "do": "ddo"}


def test_sizes_are_not_taken_for_names() -> None:
    size, index_of = sizes("dv"), index("i", sizes("dv"))
    v = tensor("v", size)
    derivation = differentiate(Program([Equation(s, Sum(v[index_of] ** 2, index_of))]), "s", ["v"])
    assert derivation.gradients["v"] == "dv_2"


def test_an_upstream_adjoint_of_a_scalar() -> None:
    derivation = differentiate(Program([square]), "s", ["v"], upstream="g")
    assert str(derivation.program["dv"]) == "dv[i] = 2*g*v[i]"


CROSS_ENTROPY = Program(
    [
        Equation(L, LogSumExp(z[j], j)),
        Equation(a[j], exp(z[j] - L)),
        Equation(C, -Sum(y[j] * log(a[j]), j)),
    ],
    facts=[Fact(Sum(y[j], j), 1)],
)


def test_a_fact_is_not_used_for_derivatives_by_its_own_tensor() -> None:
    derivation = differentiate(CROSS_ENTROPY, "C", ["y", "z"])
    assert derivation.facts == ()
    values = {"z": [0.3, -0.2, 0.9], "y": [0.2, 0.3, 0.1]}
    expected = finite_differences(CROSS_ENTROPY, values, "C", ["y", "z"])
    found = evaluate(derivation.program, values, "mpmath")
    for name in ("y", "z"):
        made = found[derivation.gradients[name]]
        assert all(abs(one - other) < 1e-25 for one, other in zip(made, expected[name], strict=True))


def test_what_was_simplified_by_a_fact_is_not_differentiated_by_its_tensor() -> None:
    first = differentiate(CROSS_ENTROPY, "C", ["z"])
    assert [str(fact) for fact in first.facts] == ["Sum(y[j], j) = 1"]
    with pytest.raises(CalculusError, match="the program was simplified using a fact about 'y'"):
        differentiate(first.program, first.gradients["z"], ["y"])


def test_the_gradient_of_softmax_and_cross_entropy_differentiates_again() -> None:
    first = differentiate(CROSS_ENTROPY, "C", ["z"])
    second = differentiate(first.program, first.gradients["z"], ["z"], upstream="u")
    random = np.random.default_rng(1)
    values = {"z": random.normal(size=3), "y": np.array([0.0, 1.0, 0.0])}
    upstream = random.normal(size=3)
    found = evaluate(second.program, {**values, "u": upstream})[second.gradients["z"]]
    softmax = np.exp(values["z"]) / np.exp(values["z"]).sum()
    np.testing.assert_allclose(found, softmax * upstream - softmax * (softmax @ upstream), rtol=1e-12)


def two_layers(activation: str, cost: str) -> tuple[symnn.Network, dict[str, Any]]:
    net = symnn.mlp("3-4-2", activation=activation, cost=cost, l2=0.1)
    random = np.random.default_rng(2)
    values = {name: random.normal(scale=0.7, size=shape) for name, shape in net.parameters.items()}
    target = np.array([0.25, 0.75])
    return net, {**values, "x": random.normal(size=3), "y": target}


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softplus", "gelu", "swish", "elu"])
@pytest.mark.parametrize("cost", ["quadratic", "mean_squared_error"])
def test_hessian_vector_product_of_two_layers(activation: str, cost: str) -> None:
    net, values = two_layers(activation, cost)
    assert_hessian_is_right(net, values)


@pytest.mark.parametrize(("output", "cost"), [("sigmoid", "binary_cross_entropy"), ("softmax", "cross_entropy")])
def test_hessian_vector_product_of_two_layers_for_classes(output: str, cost: str) -> None:
    net = symnn.mlp("3-4-2", activation=["tanh", output], cost=cost)
    assert_hessian_is_right(net, {**two_layers("tanh", "quadratic")[1], "y": np.array([0.0, 1.0])})


def assert_hessian_is_right(net: symnn.Network, values: dict[str, Any]) -> None:
    """H v against 50-digit differences of v·gradient, where the gradient is itself one of differences."""
    names, random = list(net.parameters), np.random.default_rng(3)
    direction = {f"v{name}": random.normal(size=shape) for name, shape in net.parameters.items()}
    product = hessian_vector_product(net.program, "C", names)
    given = {**values, **direction}
    found = evaluate(product.program, given, "mpmath")
    names_of = product.gradients
    compiled = compile_program(product.program, list(names_of.values()))
    floats = compiled(**{name: value for name, value in given.items() if name in compiled.arguments})
    # (∇C(θ + h v) − ∇C(θ − h v)) / 2h, with ∇C from differences of 60 digits at two points.
    import mpmath

    with mpmath.workdps(60):
        step = mpmath.mpf(10) ** -12
        ends = []
        for sign in (1, -1):
            moved = {
                name: np.frompyfunc(mpmath.mpf, 1, 1)(values[name])
                + sign * step * np.frompyfunc(mpmath.mpf, 1, 1)(direction[f"v{name}"])
                for name in names
            }
            ends.append(finite_differences(net.program, {**values, **moved}, "C", names, digits=60))
        for name in names:
            expected = (ends[0][name] - ends[1][name]) / (2 * step)
            largest = max(abs(number) for number in expected.ravel())
            assert max(abs(number) for number in (found[names_of[name]] - expected).ravel()) < 1e-18 * largest
            off = np.max(np.abs(floats[names_of[name]] - expected.astype(float)))
            assert off < 1e-12 * float(largest)


MIXED: dict[str, tuple[Expr, Expr]] = {
    "products": (Sum(v[i] ** 2 * v[j], i, j), sin(Sum(v[i], i))),
    "normalised": (Sum(v[i] / (1 + Sum(v[j] ** 2, j)), i), cos(v[0]) * v[0] ** 2),
    "log-sum-exp": (LogSumExp(v[i] ** 2, i), Sum(NAMED["tanh"](v[i]), i)),
    "one after the other": (Sum(v[i] * v[n - 1 - i] ** 2, i), Integer(3)),
}


@pytest.mark.parametrize("terms", MIXED.values(), ids=MIXED)
def test_gradients_of_gradients(terms: tuple[Expr, Expr]) -> None:
    first_term, second_term = tensor("f"), tensor("g")
    product = Equation(s, first_term * (1 + second_term))
    program = Program([Equation(first_term, terms[0]), Equation(second_term, terms[1]), product])
    first = differentiate(program, "s", ["v"])
    dv = first.program.find(first.gradients["v"])
    slope = Program([*first.program, Equation(r, Sum(dv[i] ** 2 / 2, i))], adjoints=first.program.adjoints)
    second = differentiate(slope, "r", ["v"])
    values = {"v": np.array([0.4, -1.1, 0.7])}
    found = evaluate(second.program, values, "mpmath")[second.gradients["v"]]
    expected = finite_differences(slope, values, "r", "v")["v"]
    size = max(abs(number) for number in expected)
    assert all(abs(one - other) < 1e-25 * size for one, other in zip(found, expected, strict=True))
    # The gradient that was differentiated is itself right.
    once = finite_differences(program, values, "s", "v")["v"]
    made = evaluate(first.program, values, "mpmath")[first.gradients["v"]]
    assert all(abs(one - other) < 1e-25 * max(map(abs, once)) for one, other in zip(made, once, strict=True))


def count(depth: int, width: int, cost: str = "quadratic") -> int:
    last = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}.get(cost, "tanh")
    net = symnn.mlp([width] * (depth + 1), ["tanh"] * (depth - 1) + [last], cost)
    return len(net.gradient().program)


@pytest.mark.parametrize("cost", ["quadratic", "cross_entropy", "binary_cross_entropy"])
def test_the_number_of_equations_is_linear_in_depth_and_independent_of_width(cost: str) -> None:
    ten, twenty, forty = (count(depth, 3, cost) for depth in (10, 20, 40))
    assert twenty - ten == 10 * 5  # z, a, δ, ∂C/∂W, ∂C/∂b for each layer
    assert forty - twenty == 20 * 5
    assert count(20, 500, cost) == twenty


def test_a_hundred_layers() -> None:
    gradient = symnn.mlp([30] * 101, "tanh").gradient()
    assert len(gradient.program) == 501
    sizes_of_right_sides = {len(Add.make_args(equation.right)) for equation in gradient.program}
    assert max(sizes_of_right_sides) <= 2
    lines = gradient.compile().source.count(" = ")
    assert lines < 15 * 100


def test_the_derivative_by_the_data_is_that_of_the_mean_cost() -> None:
    """Batching after gives what batching first gives: ∂C/∂X = (1/m) Δ W."""
    net = symnn.mlp("3-4-2")
    after = net.gradient(wrt=["x", "W1"])
    first = symnn.gradient(batch_program(net.program, ["C"]), wrt=["x", "W1"])
    random = np.random.default_rng(0)
    values = {**net.initial_parameters(1), "x": random.normal(size=(5, 3)), "y": random.normal(size=(5, 2))}
    one, other = (evaluate(g, values) for g in (after.batched, first.program))
    for name in ("x", "W1"):
        np.testing.assert_allclose(one[after.gradients[name]], other[first.gradients[name]], rtol=1e-12)
    assert "∂C/∂X   = (1/m) Δ⁽¹⁾ W⁽¹⁾" in net.gradient(wrt=["x"]).text(batch=True)
