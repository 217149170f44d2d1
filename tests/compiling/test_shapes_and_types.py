"""What compiled code returns has its tensor's shape and the program's type, whatever is left of an equation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import Expr, Max, Sum, erf, exp, log, sqrt

import symnn
from symnn import Equation, Program, index, sizes, tensor
from symnn.compiling import compile_program
from symnn.language import NAMED, prime, undefined_function
from symnn.networks import Dense, GRUCell, Network, unroll
from symnn.proof import evaluate

n = sizes("n")
i, j, k, l = index("i", n), index("j", n), index("k", n), index("l", n)  # noqa: E741
c, u, v, A = tensor("c"), tensor("u", n), tensor("v", n), tensor("A", (n, n))
s, o, Q = tensor("s"), tensor("o", n), tensor("Q", (n, n))
softplus, sigmoid, gelu = NAMED["softplus"], NAMED["sigmoid"], NAMED["gelu"]


def row(of: Any, by: Any) -> Expr:
    """The sum of a row: with another name for the index, another expression of the same value."""
    return Sum(A[of, by], by)


CANCELLED = [
    Equation(o[i], row(i, k) - row(i, l)),
    Equation(o[i], row(i, k) - row(i, l) + c),
    Equation(Q[i, j], row(i, k) - row(i, l) + u[j]),
    Equation(o[i], row(i, k) / row(i, l)),
    Equation(o[i], exp(row(i, k)) * exp(-row(i, l) - c)),
    Equation(o[i], Sum((row(j, k) - row(j, l)) * A[i, j] + c, j)),
    Equation(s, Sum(row(j, k) / row(j, l) * u[j], j)),
    Equation(s, Sum(row(j, k) - row(j, l) + c, j)),
    Equation(o[i], (Sum(u[k], k) - Sum(u[l], l)) * Sum(A[i, j] * u[j], j)),
]
CONSTANT = [
    Equation(s, n / 3),
    Equation(s, softplus(2)),
    Equation(s, c / softplus(2)),
    Equation(o[i], n + 0 * u[i]),
    Equation(o[i], gelu(2) * u[i] + prime(softplus)(3)),
    Equation(o[i], u[i] * exp(c)),
    Equation(s, erf(c) + exp(c) / sigmoid(2)),
    Equation(o[i], u[i] * log(n) * n + log(n) ** 2),
    Equation(o[i], u[i] * sqrt(n + 2) / Max(n, 3)),
    Equation(o[i], exp(tensor("t") + u[i])),
]
T = Equation(tensor("t"), log(n))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("equation", [*CANCELLED, *CONSTANT], ids=str)
def test_results_have_their_tensors_shape_and_the_programs_type(equation: Equation, dtype: str) -> None:
    program, name = Program([T, equation]), equation.tensor.name
    random = np.random.default_rng(0)
    values = {"c": random.normal(), "u": random.normal(size=4), "A": random.uniform(1, 2, size=(4, 4))}
    function = compile_program(program, [name], dtype, known={"u": u})
    found = function(**{one: values[one] for one in function.arguments})[name]
    expected = evaluate(program, {"n": 4, **values})[name].astype(float)
    assert isinstance(found, np.ndarray if equation.tensor.rank else np.floating)
    assert (found.shape, found.dtype) == (expected.shape, dtype)
    np.testing.assert_allclose(found, expected, rtol=1e-4 if dtype == "float32" else 1e-12, atol=1e-13)
    if found.ndim:
        found += 1  # it can be written


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("text", "wrt", "kind"),
    [
        ("sum(x.^2)/exp(beta)", "x", "gradient"),
        ("alpha*beta + 3*alpha", "alpha", "gradient"),
        ("3*alpha", "alpha", "gradient"),
        ("alpha^2", "alpha", "hessian"),
        ("z - det(A)*vector(1, m)", "A", "jacobian"),
    ],
)
def test_derivatives_have_the_programs_type(text: str, wrt: str, kind: str, dtype: str) -> None:
    shapes = {"x": "n", "z": "m", "A": ("n", "n")}
    made = symnn.diff(text, wrt, {name: shape for name, shape in shapes.items() if name in text}, kind=kind)
    function = made.compile(dtype=dtype).compiled
    values = {"x": [1, 2], "z": [1, 2, 3], "A": [[2, 1], [1, 3]], "alpha": 2, "beta": 3}
    for result in function(**{name: values[name] for name in function.arguments}).values():
        assert isinstance(result, np.ndarray | np.floating)
        assert result.dtype == dtype


def test_gradients_of_a_recurrent_network_are_float32() -> None:
    net = Network([unroll(GRUCell(2, 2, "before"), 2), Dense(2, 1)])
    function = net.gradient().compile(dtype="float32")
    gradients = function(net.initial_parameters(0), np.ones((3, 2, 2)), np.ones((3, 1)))[1]
    assert {array.dtype.name for array in gradients.values()} == {"float32"}


def test_an_undefined_function_of_a_number_is_refused() -> None:
    f = undefined_function("f")
    with pytest.raises(symnn.errors.CompileError, match="'f' is an undefined function"):
        compile_program(Program([Equation(s, c * f(2))]), ["s"])
