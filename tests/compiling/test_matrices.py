"""Matrix operations: the value of the operation, and nothing inverted that need not be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import Sum, log

import symnn
from symnn.compiling import Compiled, compile_program
from symnn.language import (
    Cholesky,
    Determinant,
    Equation,
    Inverse,
    LogDeterminant,
    Program,
    index,
    sizes,
    tensor,
)
from symnn.proof import evaluate

D = 4
i, j, p, q, k, n = (*(index(name, D) for name in "ijpq"), index("k", 3), index("n", 2))
S, V, L = tensor("S", (D, D), role="parameter"), tensor("V", (D, D)), tensor("L", (D, D))
SYMMETRIC = tensor("S", (D, D), role="parameter", symmetric=True)
x, m = tensor("x", D, role="input"), tensor("mu", D, role="parameter")
B, u, y, C, h = tensor("B", (D, 3), role="input"), tensor("u", D), tensor("y", (D, 3)), tensor("C"), tensor("h")
INVERSE = Equation(V[i, j], Inverse(S[p, q], p, q))


def gaussian(matrix: Any) -> Program:
    c = tensor("c", D)
    return Program(
        [
            Equation(V[i, j], Inverse(matrix[p, q], p, q)),
            Equation(h, LogDeterminant(matrix[p, q], p, q)),
            Equation(c[i], x[i] - m[i]),
            Equation(C, h + Sum(c[i] * V[i, j] * c[j], i, j)),
        ]
    )


def batched(operation: Any) -> Program:
    matrices, made = tensor("S", (2, D, D), role="parameter"), tensor("V", (2, D, D))
    rows, out = tensor("X", (2, D), role="input"), tensor("u", (2, D))
    return Program(
        [
            Equation(made[n, i, j], operation(matrices[n, p, q], p, q)),
            Equation(out[n, i], Sum(made[n, i, j] * rows[n, j], j)),
        ]
    )


PROGRAMS = {
    "gaussian": (gaussian(S), "C", ["S", "mu"]),
    "gaussian, symmetric": (gaussian(SYMMETRIC), "C", ["S", "mu"]),
    "solve": (Program([INVERSE, Equation(u[i], Sum(V[i, j] * x[j], j) / 2)]), "u", ["S", "x"]),
    "solve with the transpose": (Program([INVERSE, Equation(u[j], Sum(V[i, j] * x[i], i))]), "u", ["S", "x"]),
    "solve a matrix": (Program([INVERSE, Equation(y[i, k], Sum(V[i, j] * B[j, k], j))]), "y", ["S", "B"]),
    "from the right": (
        Program([INVERSE, Equation(tensor("r", (3, D))[k, j], Sum(B[i, k] * V[i, j], i))]),
        "r",
        ["S", "B"],
    ),
    "inverse": (Program([INVERSE]), "V", ["S"]),
    "determinant": (Program([Equation(C, Determinant(S[p, q], p, q))]), "C", ["S"]),
    "log-determinant in a formula": (
        Program([Equation(C, log(1 + LogDeterminant(S[p, q], p, q) ** 2))]),
        "C",
        ["S"],
    ),
    "cholesky": (
        Program([Equation(L[i, j], Cholesky(SYMMETRIC[p, q], p, q)), Equation(u[i], Sum(L[i, j] * x[j], j))]),
        "u",
        ["S", "x"],
    ),
    "inverses, batch": (batched(Inverse), "u", ["S", "X"]),
    "cholesky, batch": (batched(Cholesky), "u", ["X"]),
    "log-determinants": (
        Program([Equation(tensor("h", 2)[n], LogDeterminant(tensor("S", (2, D, D), role="parameter")[n, p, q], p, q))]),
        "h",
        ["S"],
    ),
}


def values_of(program: Program) -> dict[str, Any]:
    random = np.random.default_rng(0)
    values = {name: random.normal(size=[int(z) for z in t.shape]) for name, t in sorted(program.inputs.items())}
    values["S"] = values["S"] @ np.swapaxes(values["S"], -1, -2) + np.eye(D)
    return values


def derived(case: str, dtype: str = "float64") -> tuple[Compiled, dict[str, Any]]:
    program, of, wrt = PROGRAMS[case]
    gradient = symnn.gradient(program, of=of, wrt=wrt, upstream="upstream")
    value = [of] if of in gradient.program.defined else []
    return compile_program(gradient.program, [*value, *gradient.gradients.values()], dtype), values_of(gradient.program)


def code_of(compiled: Compiled) -> str:
    return compiled.source[compiled.source.index("def compute") :]


@pytest.mark.parametrize("case", PROGRAMS)
def test_matrix_operations_and_their_derivatives(case: str) -> None:
    compiled, values = derived(case)
    expected = evaluate(compiled.program, values)
    for name, found in compiled(**values).items():
        np.testing.assert_allclose(found, expected[name].astype(float), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("case", PROGRAMS)
def test_matrix_operations_stay_float32(case: str) -> None:
    compiled, values = derived(case, "float32")
    assert {array.dtype for array in compiled(**values).values()} == {np.dtype("float32")}


@pytest.mark.parametrize(
    "case", ["solve", "solve with the transpose", "solve a matrix", "from the right", "inverses, batch"]
)
def test_nothing_is_inverted_that_need_not_be(case: str) -> None:
    code = code_of(derived(case)[0])
    assert "np.linalg.inv" not in code
    assert " V = " not in code


def test_a_gaussian_solves_once_and_inverts_only_what_is_asked_for() -> None:
    code = code_of(derived("gaussian, symmetric")[0])
    assert code.count("np.linalg.solve") == 1
    assert code.count("np.linalg.inv(") == 1
    vectors_alone = code_of(compile_program(gaussian(S), ["C"]))
    assert "np.linalg.inv" not in vectors_alone


def test_solutions_are_rewritings_that_can_be_read() -> None:
    program = Program([INVERSE, Equation(u[i], Sum(V[i, j] * x[j], j))])
    (rewriting,) = compile_program(program, ["u"]).rewritings
    assert str(rewriting) == "u[i] = Sum(V[i, j]*x[j], j)\n  becomes u = np.linalg.solve(S, x)"


@pytest.mark.parametrize("case", ["solve", "solve a matrix", "from the right", "inverses, batch"])
def test_a_product_that_meets_an_inverse_is_not_written_out(case: str) -> None:
    assert "dV = " not in code_of(derived(case)[0])


def test_what_is_put_into_sums_can_be_read() -> None:
    T, a, b = tensor("T", (D, D)), tensor("a", D), tensor("b", D)
    program = Program([Equation(T[i, j], a[i] * b[j]), Equation(u[i], Sum(T[i, j] * x[j], j))])
    compiled = compile_program(program, ["u"])
    assert str(compiled.rewritings[0]).endswith("becomes u[i] = Sum(a[i]*b[j]*x[j], j)")
    assert "u = a*np.vdot(b, x)" in code_of(compiled)
    assert not compile_program(program, ["u", "T"]).rewritings


def test_what_is_wanted_itself_is_inverted_once() -> None:
    program = Program([INVERSE, Equation(u[i], Sum(V[i, j] * x[j], j))])
    code = code_of(compile_program(program, ["V", "u"]))
    assert "V = np.linalg.inv(S)" in code


def test_a_vector_is_solved_for_before_a_matrix_is_met() -> None:
    a = sizes("a")
    rows, columns, c, g, f = (index(name, a) for name in "rcegf")
    A, W, z, T = tensor("A", (a, a)), tensor("W", (a, a)), tensor("z", a), tensor("T", (a, a))
    program = Program(
        [
            Equation(W[rows, columns], Inverse(T[g, f], g, f)),
            Equation(tensor("o", a)[rows], Sum(A[rows, c] * W[c, columns] * z[columns], c, columns)),
        ]
    )
    assert "np.linalg.solve(T, z)" in code_of(compile_program(program, ["o"]))


def test_the_logarithm_of_a_determinant_that_is_not_positive_is_nan() -> None:
    function = compile_program(Program([Equation(C, LogDeterminant(SYMMETRIC[p, q], p, q))]), ["C"])
    assert np.isnan(function(S=np.diag([1.0, 1, 1, -1]))["C"])
    # Indefinite, with a positive determinant: it has a logarithm, and no Cholesky factor.
    assert function(S=np.diag([2.0, 3, -1, -1]))["C"] == pytest.approx(np.log(6))


def test_the_hessian_of_a_quadratic_form_does_not_know_x() -> None:
    A, v = tensor("A", (D, D)), tensor("v", D, role="input")
    form = Program([Equation(C, Sum(v[i] * A[i, j] * v[j], i, j))])
    product = symnn.hessian_vector_product(form, wrt=["v"])
    compiled = compile_program(product.program, [product.gradients["v"]])
    assert "v" not in compiled.arguments
    assert set(compiled.arguments) == {"A", "vv"}
