"""Files of equations: the programs that they are, and errors with file, line and column."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from sympy import Rational, Sum

from symnn.errors import InputError, ParseError, ProgramError
from symnn.language import Equation, Tensor, examples, index, parse_program, sizes, tensor
from symnn.language.equations_file import hyperparameter_values
from symnn.proof import evaluate

LOGISTIC = """\
# logistic regression, one example
input x: 2
target y: 3
parameter W: 3 x 2     # outputs, inputs
parameter b: 3
fact sum(y) = 1

z = W*x + b
a = softmax(z)
C = -y'*log(a)
"""

generator = np.random.default_rng(3)


def test_a_network_in_matrix_form() -> None:
    program = parse_program(LOGISTIC)
    assert str(program) == (
        "z[i] = Sum(W[i, j]*x[j], j) + b[i]\nL = LogSumExp(z[i], i)\na[i] = exp(-L + z[i])\nC = -Sum(log(a[i])*y[i], i)"
    )
    assert {name: each.role for name, each in program.inputs.items()} == {
        "W": "parameter", "b": "parameter", "x": "input", "y": "target",
    }  # fmt: skip
    assert [str(fact) for fact in program.facts] == ["Sum(y[i], i) = 1"]


def test_the_same_network_by_entries_is_the_same() -> None:
    text = """
    input x: d
    target y: n
    parameter W: n x d
    parameter b: n
    fact sum(y[j], j) = 1
    z[j] = sum(W[j, k]*x[k],
               k) + b[j]          # goes on where a bracket is open
    L = logsumexp(z[k], k)
    a[j] = exp(z[j] - L)
    C = -sum(y[j]*log(a[j]), j)
    """
    values = {"x": generator.normal(size=2), "W": generator.normal(size=(3, 2)), "b": generator.normal(size=3)}
    values["y"] = np.array([0.0, 1.0, 0.0])
    by_entries = evaluate(parse_program(text), values)
    in_matrices = evaluate(parse_program(LOGISTIC), values)
    assert by_entries["C"] == pytest.approx(in_matrices["C"], rel=1e-14)


def test_both_forms_in_one_equation() -> None:
    program = parse_program("input x: n\nparameter A: n x n\nu[i] = sum(A[i, j]*x[j], j)/norm2(x)\nC = u'*u")
    x, A = generator.normal(size=3), generator.normal(size=(3, 3))
    expected = ((A @ x / np.linalg.norm(x)) ** 2).sum()
    assert evaluate(program, {"x": x, "A": A})["C"] == pytest.approx(expected)


def test_affine_indices_run_as_far_as_their_axis_allows() -> None:
    program = parse_program("input x: n\nparameter w: 3\ny[i] = sum(w[p]*x[i + p], p)\nq[i] = x[2*i]*0 + y[i]\n")
    assert str(program["y"].tensor.shape) == "(n - 2,)"
    strided = parse_program("input x: 8\nparameter w: 3\ny[i] = sum(w[p]*x[2*i + p], p)")
    x, w = generator.normal(size=8), generator.normal(size=3)
    assert evaluate(strided, {"x": x, "w": w})["y"] == pytest.approx(np.convolve(x, w[::-1], "valid")[::2])


def test_a_declared_index_and_a_bracket_make_a_padded_convolution() -> None:
    text = "input x: n\nparameter w: 3\nindex i: n\ny[i] = sum(w[p]*x[i + p - 1]*within(i + p - 1, n), p)"
    x, w = generator.normal(size=5), generator.normal(size=3)
    assert evaluate(parse_program(text), {"x": x, "w": w})["y"] == pytest.approx(np.convolve(x, w[::-1], "same"))


def test_lookups_read_rows() -> None:
    program = parse_program("input t: 4\nparameter E: v x d\nh[i, k] = E[t[i], k]")
    assert str(program["h"]) == "h[i, k] = E[t[i], k]"
    E, t = generator.normal(size=(5, 2)), np.array([3, 0, 3, 4])
    assert evaluate(program, {"E": E, "t": t})["h"] == pytest.approx(E[t])


def test_softmax_over_a_named_index_goes_row_by_row() -> None:
    program = parse_program("input S: n x n\nP[i, j] = softmax(S[i, j], j)")
    S = generator.normal(size=(3, 3))
    expected = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    assert evaluate(program, {"S": S})["P"] == pytest.approx(expected)


def test_the_example_axis() -> None:
    program = parse_program("input X: examples x d\ntarget y: examples\nparameter w: d\nC = mean((X*w - y).^2)/2")
    assert program.names_examples
    assert program.inputs["X"].shape[0] == examples
    X, y, w = generator.normal(size=(4, 2)), generator.normal(size=4), generator.normal(size=2)
    assert evaluate(program, {"X": X, "y": y, "w": w})["C"] == pytest.approx(((X @ w - y) ** 2).mean() / 2)


def test_functions_of_ones_own() -> None:
    program = parse_program("input x: n\nfunction g(t) = log(1 + t^2)\nfunction k(t) = g(t)/2\nC = sum(k(x))")
    assert str(program["C"]) == "C = Sum(k(x[i]), i)"
    assert evaluate(program, {"x": [1.0, 2.0]})["C"] == pytest.approx(np.log([2, 5]).sum() / 2)


def test_symmetric_matrices_and_what_stands_alone() -> None:
    program = parse_program("symmetric parameter S: n x n\ninput x: n\nP = inv(S)\nC = x'*P*x + log(det(S))")
    assert program.inputs["S"].is_symmetric
    assert list(program.defined) == ["P", "h", "C"]
    S = np.array([[2.0, 0.5], [0.5, 1.0]])
    x = np.array([1.0, -1.0])
    expected = x @ np.linalg.inv(S) @ x + np.log(np.linalg.det(S))
    assert evaluate(program, {"S": S, "x": x})["C"] == pytest.approx(expected)


def test_new_names_collide_with_no_name_of_the_file() -> None:
    program = parse_program("input L, x: n\na = softmax(L + x)\nz = sum(a)")
    assert list(program.defined) == ["z2", "L2", "a", "z"]


def test_values_that_are_grouped_stay_so() -> None:
    program = parse_program("input X: n x m\nv = vec(X)\nC = v'*v + sum(v)")
    X = generator.normal(size=(2, 3))
    assert evaluate(program, {"X": X})["C"] == pytest.approx((X**2).sum() + X.sum())


def dense(inputs: Tensor, options: Mapping[str, Any], suffix: str) -> tuple[list[Equation], str]:
    """o = W x"""
    j, k = index("j", options["size"]), index("k", inputs.shape[0])
    W = tensor(f"W{suffix}", (options["size"], inputs.shape[0]), role="parameter")
    o = tensor(f"o{suffix}", options["size"])
    return [Equation(o[j], Sum(W[j, k] * inputs[k], k))], f"o{suffix}"


def test_layers_are_written_out_by_the_caller() -> None:
    program = parse_program(
        "input x: n\nh = Dense(x, size=3)\nq = Dense(h + h, size=n)\nC = q'*q", layers={"Dense": dense}
    )
    assert str(program) == (
        "h[j] = Sum(W_h[j, k]*x[k], k)\nx2[i] = 2*h[i]\nq[j] = Sum(W_q[j, k]*x2[k], k)\nC = Sum(q[i]**2, i)"
    )
    assert program.inputs["W_q"].shape == (sizes("n"), 3)


def test_options_of_layers_are_numbers_sizes_tensors_and_words() -> None:
    seen: dict[str, Any] = {}

    def layer(inputs: Tensor, options: Mapping[str, Any], suffix: str) -> tuple[list[Equation], str]:
        seen.update(options)
        return dense(inputs, {"size": 2}, suffix)

    text = "input x: n\nparameter W: n\nh = Any(x, a=3, b=-0.5, c=n, d=W, e=relu, f=2*n)"
    parse_program(text, layers={"Any": layer})
    n = sizes("n")
    assert {**seen, "d": seen["d"].name} == {"a": 3, "b": -0.5, "c": n, "d": "W", "e": "relu", "f": 2 * n}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("input x: 2\nparameter W: 3 x 2\nz = W*x\na =  2 + W2\n",
         "net.txt:4:10: unknown name 'W2' (did you mean 'W'?)"),
        ("input x: 2\nz = x + velocity", "net.txt:2:9: unknown name 'velocity'; declare it, as in 'parameter velocity: "
         "n'"),
        ("input x: 2\nparameter W: 3 x 2\nC = x'*W*x", "net.txt:3:5: shapes cannot agree: 'x'' is 1×2 and 'W' is 3×2 "
         "(in 'x'*W')"),
        ("input x: 2\nz[j] = x", "net.txt:2:8: 'x' is 2×1, and 'z[j]' is one entry (in 'x')"),
        ("input x: 2\nz[j] = x[i]", "net.txt:2:10: unknown index 'i' (accepted: j): sum over it, or write it on the "
         "left side"),
        ("input x: 2\nz[j] = x[1]",
         "net.txt:2:1: how far index 'j' runs does not follow from the axes in which it stands"),
        ("input x: 2\nx = 2*x", "net.txt:2:1: 'x' is already declared"),
        ("input x: 2\nz = x\nz = x", "net.txt:3:1: 'z' is already defined"),
        ("input x: n\nn = 2*x", "net.txt:2:1: 'n' is already the name of a size"),
        ("input x: 2\nz = (x + 1", "net.txt:2:5: '(' is not closed"),
        ("input x: 2\nz == x", "net.txt:2:4: '=' stands where a number, a name or '(' is expected"),
        ("input x: 2\nhello", "net.txt:2:1: 'hello' is no statement, such as z = W*x + b or input x: n"),
        ("input x: 2\nz =", "net.txt:2:3: something is missing beside '='"),
        ("input x: 0\nz = x", "net.txt:1:10: '0' is no size: a whole number from 1 to 10000000 is accepted"),
        ("input x: 2 x\nz = x", "net.txt:1:12: an operator is missing before 'x'"),
        ("input exp: 2\nz = 1", "net.txt:1:7: 'exp' is a word of the grammar of formulas; choose another name"),
        ("symmetric parameter S: 2 x 3\nz = S", "net.txt:1:1: 'S' is 2×3: only a square matrix is symmetric (in "
         "'symmetric parameter S: 2 x 3')"),
        ("input x: 2\nfact x = 1\nz = x", "net.txt:2:6: 'x' is 2×1, and a fact is about a scalar (in 'x')"),
        ("function g(t, u) = t\nz = 1", "net.txt:1:10: 'g(t, u)' is no function of one variable, such as g(t)"),
        ("input x: 2\nh = Norm2(x, size=3)", "net.txt:2:5: unknown function 'Norm2' (did you mean 'norm2'?)"),
        ("input x: 3\ny = x[i + 1]", "net.txt:2:7: unknown index 'i': sum over it, or write it on the left side"),
        ("input x: 3\nindex i: 3\ny[i] = x[i + 1]",
         "net.txt:3:8: index i + 1 runs from 1 to 3, axis 1 of x has size 3"),
        ("# nothing\n", "net.txt: there is no equation in it, such as z = W*x + b"),
    ],
)  # fmt: skip
def test_errors_name_file_line_and_column(text: str, error: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_program(text, "net.txt")
    assert str(caught.value) == error


def test_errors_of_layers() -> None:
    def broken(inputs: Tensor, options: Mapping[str, Any], suffix: str) -> tuple[list[Equation], str]:
        raise ProgramError("size=… is needed")

    with pytest.raises(ParseError, match=r"^net.txt:2:5: size=… is needed$"):
        parse_program("input x: n\nh = Broken(x)", "net.txt", {"Broken": broken})
    with pytest.raises(ParseError, match=r"^net.txt:2:5: Dense takes one tensor, and then options such as size=3$"):
        parse_program("input x: n\nh = Dense(x, x)", "net.txt", {"Dense": dense})
    with pytest.raises(ParseError, match=r"unknown function 'Dens' \(did you mean 'Dense'\?\)"):
        parse_program("input x: n\nh = Dens(x, size=2)", "net.txt", {"Dense": dense})


def test_context_is_the_line_and_a_caret() -> None:
    with pytest.raises(ParseError) as caught:
        parse_program("input x: 2\nz = x + W2  # here\n")
    assert getattr(caught.value, "context", "") == "z = x + W2  # here\n        ^"


@pytest.mark.parametrize(
    "text", ["z = 1\n" * 40_000, "z = " + "(" * 10**5, "x" * 10**6, "\n" * 199_999, "z = 1 #" + "(" * 10**5]
)
def test_large_files_are_quick(text: str) -> None:
    start = time.perf_counter()
    message = refusal(text)
    assert time.perf_counter() - start < 3
    assert len(message.splitlines()) <= 1


def refusal(text: str) -> str:
    try:
        parse_program(text)
    except InputError as error:
        return str(error)
    return ""


RIDGE = """\
input x: 2
target y
hyperparameter λ = 0.01
hyperparameter half = 1/2
hyperparameter k = -(4 - 2)
parameter w: 2
C = (w'*x - y)^2 + half*λ*sum(w.^2) + sum(w.^k)
"""


def test_a_hyperparameter_may_have_a_value() -> None:
    program = parse_program(RIDGE)
    assert program.inputs.keys() == {"x", "y", "w"}
    assert program["C"].right.has(Rational(1, 200))
    sized = parse_program("input x: 2\nhyperparameter n = 3\nparameter W: n x 2\ny = W*x*n^n")
    assert sized.find("y").shape == (3,)


def test_it_keeps_its_letter_where_that_is_asked_for() -> None:
    program = parse_program(RIDGE, letters=True)
    assert {name for name, t in program.inputs.items() if t.role == "hyperparameter"} == {"lamda", "half", "k"}
    assert hyperparameter_values(RIDGE) == {"lamda": Rational(1, 100), "half": Rational(1, 2), "k": -2}


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("hyperparameter lamda = pi", "net.txt:2:24: 'pi' is no number such as 0.01 or 1/3"),
        ("hyperparameter lamda = x", "net.txt:2:24: 'x' is no number such as 0.01 or 1/3"),
        ("hyperparameter x = 1", "net.txt:2:16: 'x' is already declared"),
        ("hyperparameter a, b = 1", "net.txt:2:16: bad name 'a, b': use letters, digits and single underscores, "
         "starting with a letter"),
        ("hyperparameter a = 1\nparameter a", "net.txt:3:11: 'a' is already declared"),
        ("hyperparameter a = 1\na = 2", "net.txt:3:1: 'a' cannot stand on the left: a name such as z is defined, or "
         "its entries z[j]"),
    ],
)  # fmt: skip
def test_what_is_no_value(line: str, error: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_program(f"input x: 2\n{line}\nz = x", "net.txt")
    assert str(caught.value) == error
