"""What an equation refuses, by the text of its errors, and what it takes in."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import Function, Heaviside, Idx, Matrix, MatrixSymbol, Sum, Symbol, exp, symbols

from symnn.errors import SymnnError
from symnn.language import Equation, LogSumExp, Step, Within, entries, index, sizes, tensor, undefined_function

n, d, m = sizes("n d h")
j, k, i = index("j", n), index("k", d), index("i", n)
W, A = tensor("W", (n, d), role="parameter"), tensor("A", (n, n))
x, z, s = tensor("x", d, role="input"), tensor("z", n), tensor("s")
X3 = tensor("X3", 3)


def message(left: Any, right: Any) -> str:
    with pytest.raises(SymnnError) as caught:
        Equation(left, right)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_it_prints_with_short_sums() -> None:
    assert str(Equation(z[j], Sum(W[j, k] * x[k], k))) == "z[j] = Sum(W[j, k]*x[k], k)"
    assert str(Equation(s, LogSumExp(x[k], k) / 2)) == "s = LogSumExp(x[k], k)/2"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (z[j], x[k], "z[j] = x[k]: index k is free on the right but not on the left"),
        (
            z[j],
            W[j, k] * A[j, i],
            "z[j] = A[j, i]*W[j, k]: index i, k is free on the right but not on the left",
        ),
        (z[j], x[j], "z[j] = x[j]: index j runs over n, axis 1 of x has size d"),
        (s, X3[5], "s = X3[5]: index 5 runs from 5 to 5, axis 1 of X3 has size 3"),
        (s, X3[-1], "s = X3[-1]: index -1 runs from -1 to -1, axis 1 of X3 has size 3"),
        (
            tensor("u", 3)[index("p", 3)],
            X3[index("p", 3) + 1],
            "u[p] = X3[p + 1]: index p + 1 runs from 1 to 3, axis 1 of X3 has size 3",
        ),
        (z[j], A[j, j + 1], "z[j] = A[j, j + 1]: index j + 1 runs from 1 to n, axis 2 of A has size n"),
        (A[j, j], A[j, j], "A[j, j] = A[j, j]: the left side needs distinct plain indices"),
        (z[0], s, "z[0] = s: the left side needs distinct plain indices"),
        (z[j + 1], s, "z[j + 1] = s: the left side needs distinct plain indices"),
        (Symbol("q"), s, "q = s: the left side must be an entry of a tensor, such as z[j]"),
        (z[j] + 1, s, "z[j] + 1 = s: the left side must be an entry of a tensor, such as z[j]"),
        (
            s,
            MatrixSymbol("M", 2, 2),
            "s = M: the right side is not a scalar SymPy expression",
        ),
        (s, Function("f")(s, x[0]), "s = f(s, x[0]): f(s, x[0]): an undefined function takes one argument"),
    ],
)
def test_what_is_refused(left: Any, right: Any, expected: str) -> None:
    assert message(left, right) == expected


def test_a_matrix_is_no_right_side() -> None:
    assert "not a scalar" in message(s, Matrix([[1]]))


@pytest.mark.parametrize("bounds", [(0, 1), (1, d - 1)])
def test_a_sum_goes_over_a_whole_axis(bounds: Any) -> None:
    assert "sum over a whole axis" in message(s, Sum(x[k], (k, *bounds)))


def test_a_sum_over_a_plain_symbol_is_refused() -> None:
    p = symbols("p", integer=True)
    assert "sum over a whole axis" in message(s, Sum(p, (p, 0, 3)))


def test_an_index_without_a_size_is_refused() -> None:
    assert "has no size: make it with symnn.index(name, size)" in message(z[Idx("j")], s)


def test_symbolic_sizes_are_compared_as_polynomials() -> None:
    p, u = index("p", 2 * n + 2), tensor("u", 2 * (n + 1))
    assert Equation(u[p], u[p]).indices == (p,)


def test_affine_indices_are_checked_at_both_ends() -> None:
    p = index("p", d)
    long = tensor("t", n + d - 1)
    Equation(z[j], Sum(long[j + p], p))
    Equation(z[j], Sum(long[n + d - 2 - j - p], p))
    assert "runs from 1 to" in message(z[j], Sum(long[j + p + 1], p))
    assert "runs from -1 to" in message(z[j], Sum(long[j + p - 1], p))


def test_a_bracket_permits_an_index_that_leaves_its_axis() -> None:
    assert Equation(z[j], Within(j - 1, n) * A[j, j - 1])


@pytest.mark.parametrize("position", [j**2, j * i, j / 2])
def test_an_index_that_is_not_affine_or_leaves_is_refused(position: Any) -> None:
    message(A[j, i], A[position, i])


def test_an_affine_index_times_a_size_is_checked_after_expanding() -> None:
    long = tensor("t", n * d)
    Equation(A[j, i], long[0])
    Equation(tensor("u", (n, d))[j, k], long[d * j + k])
    assert "runs from d to" in message(tensor("u", (n, d))[j, k], long[d * (j + 1) + k])


def test_symbols_become_real_tensors_of_rank_zero() -> None:
    equation = Equation(s, Symbol("eta") * x[0])
    (eta,) = [entry for entry in entries(equation.right) if entry.base.name == "eta"]
    assert eta.is_real
    assert eta.base.role == "hyperparameter"


def test_undefined_functions_and_heaviside_become_symnn_s_own() -> None:
    assert Equation(s, Function("f")(x[0])).right == undefined_function("f")(x[0])
    assert Equation(s, Heaviside(x[0])).right == Step(x[0])


@pytest.mark.parametrize("name", ["__import__('os')", "x y", "exp", "lambda", "a" * 65, "", "_x", "x__y", "x;y", "ß"])
def test_a_symbol_with_a_bad_name_is_refused(name: str) -> None:
    if name:
        assert "bad name" in message(s, Symbol(name))
        assert "bad name" in message(s, exp(Function(name)(x[0])))


@pytest.mark.parametrize("text", ["z[j]", "__import__('os').getcwd()", "1"])
def test_a_right_side_is_never_read_from_text(text: str) -> None:
    assert message(s, text) == f"s = {text}: the right side is not a scalar SymPy expression"
