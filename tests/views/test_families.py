"""Families: what is folded unfolds to the same equations, and what differs is not folded."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Sum, tanh

from symnn.calculus import differentiate
from symnn.calculus.canonical import canonical
from symnn.language import Equation, Program, index, substitute, tensor
from symnn.views.families import Folding, Run, unfolded
from symnn.views.folding import folded

i, j, k = index("i", 3), index("j", 3), index("k", 2)
U, W = tensor("U", (3, 3), role="parameter"), tensor("W", (3, 2), role="parameter")
b, C = tensor("b", 3, role="parameter"), tensor("C")


def recurrent(steps: int, depth: int = 1) -> Program:
    """z_t = U h_{t−1} + W x_t + b, h_t = tanh(z_t), of a sequence x whose rows are the steps."""
    x = tensor("x", (steps, 2), role="input")
    equations: list[Equation] = []
    for step in range(1, steps + 1):
        x_t, z, h = tensor(f"x_{step}", 2), tensor(f"z_{step}", 3), tensor(f"h_{step}", 3)
        before = Sum(U[j, i] * tensor(f"h_{step - 1}", 3)[i], i) if step > 1 else 0
        equations += [
            Equation(x_t[k], x[step - 1, k]),
            Equation(z[j], before + Sum(W[j, k] * x_t[k], k) + b[j]),
            Equation(h[j], tanh(z[j])),
        ]
    last = tensor(f"h_{steps}", 3)
    return Program([*equations, Equation(C, Sum(last[j] ** 2, j) / 2)])


def assert_unfolds(program: Program) -> Folding:
    folding = folded(program)
    found = {equation.tensor.name: equation for equation in unfolded(folding)}
    assert found.keys() == program.defined.keys()
    for equation in program:
        other = found[equation.tensor.name]
        own = dict(zip(other.indices, equation.indices, strict=True))
        assert canonical(substitute(canonical(other.right), own)) == canonical(equation.right)
    return folding


def test_a_recurrent_network_is_one_step() -> None:
    folding = assert_unfolds(recurrent(5))
    assert str(folding.program) == (
        "x_t[k] = x[t - 1, k]\n"
        "z_1[j] = Sum(W[j, k]*x_1[k], k) + b[j]\n"
        "z_t[j] = Sum(U[j, i]*h_tm1[i], i) + Sum(W[j, k]*x_t[k], k) + b[j]\n"
        "h_t[j] = tanh(z_t[j])\n"
        "C = Sum(h_5[j]**2, j)/2"
    )
    assert folding.runs == {"x_t": Run(1, 5), "z_t": Run(2, 5), "h_t": Run(1, 5)}


def test_the_gradient_is_a_sum_over_the_steps() -> None:
    folding = assert_unfolds(differentiate(recurrent(5), "C", ["W", "U", "b"]).program)
    assert str(folding.program["dW"]) == "dW[j, k] = RunningSum(dz_t[j]*x_t[k], t, 1, 5)"
    assert str(folding.program["dU"]) == "dU[j, i] = RunningSum(dz_t[j]*h_tm1[i], t, 2, 5)"
    assert folding.runs["dz_t"] == Run(4, 1)
    assert folding.program.adjoints["dz_t"].wrt == "z_t"


@settings(max_examples=10, deadline=None)
@given(steps=st.integers(1, 7))
def test_unfolding_gives_back_what_was_folded(steps: int) -> None:
    program = differentiate(recurrent(steps), "C").program
    folding = assert_unfolds(program)
    assert (folding.program is program) == (steps < 3)


def test_what_differs_is_not_folded() -> None:
    numbers = [2, 3, 2, 5]
    y = [tensor(f"y_{n}", 3) for n in range(5)]
    program = Program([Equation(y[n + 1][i], number * y[n][i]) for n, number in enumerate(numbers)])
    assert folded(program).runs == {}
    shapes = [Equation(tensor(f"s_{n}", n)[index("i", n)], tensor(f"u_{n}", n)[index("i", n)]) for n in (2, 3, 4)]
    assert folded(Program(shapes)).runs == {}


def test_the_letter_is_free() -> None:
    t = index("t", 3)
    y = [tensor(f"y_{n}", 3) for n in range(4)]
    folding = assert_unfolds(Program([Equation(y[n][t], y[n - 1][t] ** 2) for n in (1, 2, 3)]))
    assert folding.letter == "s"
