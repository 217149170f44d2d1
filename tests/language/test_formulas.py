"""Formulas: what the index notation of each is worth, against NumPy; and one clear line for what is none."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy
from sympy import MatrixSymbol, Trace

from symnn.errors import BadNameError, InputError, ParseError, ShapeError
from symnn.language import from_sympy_matrix, parse_formula
from symnn.language.shape_rules import FUNCTION_SHAPES
from symnn.language.translation_rules import FUNCTION_VALUES
from symnn.language.vocabulary import MATRIX_FUNCTIONS
from symnn.proof import evaluate

generator = np.random.default_rng(7)
inverse, det, kron = np.linalg.inv, np.linalg.det, np.kron


def matrix(*shape: int) -> Any:
    return generator.uniform(0.2, 1.5, shape)


def vec(a: Any) -> Any:
    return a.ravel(order="F")


A, B, X, Y, S = matrix(3, 3), matrix(3, 3), matrix(3, 2), matrix(2, 3), matrix(3, 3)
A, B, S = A + 2 * np.eye(3), B + 3 * np.eye(3), S @ S.T + np.eye(3)
G, H = matrix(2, 2) + np.eye(2), matrix(2, 2) + np.eye(2)
x, y, u, v = matrix(3), matrix(3), matrix(2), matrix(6)
s, row = np.float64(0.7), matrix(1, 3)
ARRAYS = {"A": A, "B": B, "X": X, "Y": Y, "S": S, "G": G, "H": H, "x": x, "y": y, "u": u, "v": v, "s": s, "r": row}
ARRAYS["alpha"] = np.float64(1.3)
ONES = np.ones(3)


def softmax(z: Any) -> Any:
    return np.exp(z) / np.exp(z).sum()


FORMULAS: list[tuple[str, Callable[[], Any]]] = [
    ("x'*A*x", lambda: x @ A @ x),
    ("A*x + y", lambda: A @ x + y),
    ("(A + A')*x - 2*y/s", lambda: (A + A.T) @ x - 2 * y / s),
    ("x*y'", lambda: np.outer(x, y)),
    ("x'*y*x*u'", lambda: x @ y * np.outer(x, u)),
    ("x.*y + x./y", lambda: x * y + x / y),
    ("x.^2 + 1", lambda: x**2 + 1),
    ("2.^x", lambda: 2**x),
    ("x.^y", lambda: x**y),
    ("-x.^2'", lambda: -(x**2)[None]),
    ("alpha^2*A*x", lambda: 1.3**2 * A @ x),
    ("A^2*x", lambda: A @ A @ x),
    ("A^(-2)", lambda: inverse(A) @ inverse(A)),
    ("A^0*x", lambda: x),
    ("inv(A)*x", lambda: inverse(A) @ x),
    ("inv(A*B)", lambda: inverse(A @ B)),
    ("inv(A')", lambda: inverse(A).T),
    ("inv(inv(A))", lambda: A),
    ("inv(2*A)", lambda: inverse(A) / 2),
    ("inv(-A)", lambda: -inverse(A)),
    ("inv(diag(x))", lambda: np.diag(1 / x)),
    ("inv(kron(G, H))", lambda: inverse(kron(G, H))),
    ("solve(A, x)", lambda: inverse(A) @ x),
    ("det(A)", lambda: det(A)),
    ("det(X'*X)", lambda: det(X.T @ X)),
    ("det(A*B)", lambda: det(A @ B)),
    ("det(inv(A'))", lambda: 1 / det(A)),
    ("det(kron(A, G))", lambda: det(kron(A, G))),
    ("logdet(S)", lambda: np.log(det(S))),
    ("log(det(S)) + (x-y)'*inv(S)*(x-y)", lambda: np.log(det(S)) + (x - y) @ inverse(S) @ (x - y)),
    ("logdet(inv(S'))", lambda: -np.log(det(S))),
    ("logdet(kron(S, G'*G))", lambda: np.log(det(kron(S, G.T @ G)))),
    ("cholesky(S)*x", lambda: np.linalg.cholesky(S) @ x),
    ("tr(A*B)", lambda: np.trace(A @ B)),
    ("trace(kron(A, G))", lambda: np.trace(kron(A, G))),
    ("tr(kron(A, G)*kron(B, H))", lambda: np.trace(kron(A @ B, G @ H))),
    ("vec(A*X*Y)", lambda: vec(A @ X @ Y)),
    ("kron(Y', A)*vec(X)", lambda: vec(A @ X @ Y)),
    ("kron(A, G)", lambda: kron(A, G)),
    ("kron(A, G)*v", lambda: kron(A, G) @ v),
    ("v + vec(Y)", lambda: v + vec(Y)),
    ("vec(Y) + v", lambda: v + vec(Y)),
    ("diag(x)*A*diag(y)", lambda: np.diag(x) @ A @ np.diag(y)),
    ("diag(A*B)", lambda: np.diag(A @ B)),
    ("(A + eye)*x", lambda: A @ x + x),
    ("tr(eye(3)) + sum(matrix(2, 2, 3))", lambda: 15.0),
    ("vector(1)'*A", lambda: (ONES @ A)[None]),
    ("A*vector(1) + vector(0)", lambda: A.sum(axis=1)),
    ("matrix(1)*x + y", lambda: x.sum() * ONES + y),
    ("rowsum(X) + colsum(Y)'", lambda: X.sum(axis=1) + Y.sum(axis=0)),
    ("sum(A.*B)/mean(A)", lambda: (A * B).sum() / A.mean()),
    ("norm1(x-y) + norm2(x-y)^2", lambda: abs(x - y).sum() + ((x - y) ** 2).sum()),
    ("norm2(X)", lambda: np.linalg.norm(X)),
    ("logsumexp(A*x)", lambda: np.log(np.exp(A @ x).sum())),
    ("softmax(A*x)", lambda: softmax(A @ x)),
    ("y'*log(softmax(A*x))", lambda: y @ np.log(softmax(A @ x))),
    ("max(x) - min(x) + maximum(-x)", lambda: x.max() - 2 * x.min()),
    ("max(x, y, 1)", lambda: np.maximum(np.maximum(x, y), 1)),
    ("exp(-abs(x)) + sign(y) + sqrt(x)", lambda: np.exp(-x) + 1 + np.sqrt(x)),
    ("sigmoid(A*x) .* tanh(y) + relu(-x)", lambda: np.tanh(y) / (1 + np.exp(-A @ x))),
    ("arctan(tan(sin(x)/4)) + pi*cos(x)", lambda: np.sin(x) / 4 + np.pi * np.cos(x)),
    ("r*A*x", lambda: (row @ A @ x)[0]),
    ("r'.*x", lambda: row[0] * x),
    ("A*r'", lambda: A @ row[0]),
    ("sum(A[i, j]*x[j]*y[i], i, j)", lambda: y @ A @ x),
    ("sum(x[i+1]*u[i], i) + x[0]*x[2]", lambda: x[1:] @ u + x[0] * x[2]),
    ("sum(x)/n + sum(eye(n))", lambda: x.mean() + 3),
]


@pytest.mark.parametrize(("text", "expected"), FORMULAS, ids=[text for text, _ in FORMULAS])
def test_value_is_that_of_numpy(text: str, expected: Callable[[], Any]) -> None:
    names = {node for node in ARRAYS if node in _words(text)}
    shapes = {name: (ARRAYS[name].shape if ARRAYS[name].shape != () else ()) for name in names}
    if "n" in _words(text):
        shapes["x"] = "n"
    formula = parse_formula(text, shapes)
    found = evaluate(formula.program, {**ARRAYS, "n": 3})[formula.name]
    wanted = np.asarray(expected())
    assert found.reshape(wanted.shape) == pytest.approx(wanted, rel=1e-12)
    size = np.prod([int(each.subs("n", 3)) for each in (formula.rows, formula.columns)])
    assert size == wanted.size
    assert list(formula.program.defined)[-1] == formula.name
    assert formula.program.inputs.keys() <= formula.variables.keys()


def _words(text: str) -> set[str]:
    return {word for word in "".join(c if c.isalnum() else " " for c in text).split()}  # noqa: C416


@pytest.mark.parametrize(
    ("text", "program", "notes"),
    [
        ("x'*A*x", "f = Sum(A[i, j]*x[i]*x[j], j, i)", ["shapes inferred: x n, A n×n"]),
        ("A*x", "f[i] = Sum(A[i, j]*x[j], j)", ["shapes inferred: A n×m, x m"]),
        ("x'*x + w", "f = Sum(x[i]**2, i) + w", ["shapes inferred: x n, w scalar", "taken for scalars, because no "
         "shapes agree otherwise: w"]),
        ("f'*x", "f2 = Sum(f[i]*x[i], i)", ["shapes inferred: f n, x n"]),
        ("x'", "f[r, j] = x[j]", ["shapes inferred: x n"]),
        ("beta*n", "f[i] = beta*n[i]", ["shapes inferred: beta scalar, n m"]),
        ("inv(inv(A))", "f[i, j] = A[i, j]", ["shapes inferred: A n×n", "inv(inv(A)) is A"]),
        ("solve(A, x)", "V[i, j] = Inverse(A[k, l], k, l)\nf[i] = Sum(V[i, j]*x[j], j)",
         ["shapes inferred: A n×n, x n", "solve(A, b) is inv(A)*b"]),
        ("log(det(S))", "f = LogDeterminant(S[i, j], i, j)", ["shapes inferred: S n×n",
         "log(det(A)) is the log-determinant of A, for a positive determinant"]),
        ("inv(A)", "f[i, j] = Inverse(A[k, l], k, l)", ["shapes inferred: A n×n"]),
        ("det(X'*X)", "M[i, j] = Sum(X[k, i]*X[k, j], k)\nf = Determinant(M[i, j], i, j)",
         ["shapes inferred: X n×m"]),
        ("inv(A)*x + inv( A )*y", "V[i, j] = Inverse(A[k, l], k, l)\n"
         "f[i] = Sum(V[i, j]*x[j], j) + Sum(V[i, k]*y[k], k)", ["shapes inferred: A n×n, x n, y n"]),
    ],
)  # fmt: skip
def test_program_and_notes(text: str, program: str, notes: list[str]) -> None:
    formula = parse_formula(text)
    assert str(formula.program) == program
    assert list(formula.notes) == notes


def test_symmetric_matrices_are_square_and_symmetric() -> None:
    formula = parse_formula("x'*S*x", symmetric=["S"])
    assert formula.variables["S"].is_symmetric
    with pytest.raises(ShapeError, match=r"^'S' is n×m: only a square matrix is symmetric$"):
        parse_formula("S*x", {"S": ("n", "m")}, ["S"])
    with pytest.raises(
        ShapeError, match=r"^'T' is said to be symmetric, and is not in the formula \(accepted: S, x\)$"
    ):
        parse_formula("S*x", symmetric=["T"])


@pytest.mark.parametrize(
    ("text", "shapes", "error"),
    [
        ("A*x + y", {"A": ("m", "n"), "x": "n", "y": "n"},
         "shapes cannot agree: 'A*x' is m×1 and 'y' is n×1 (in 'A*x + y', line 1 column 1)"),
        ("x*y", {"x": 3, "y": 3}, "shapes cannot agree: 'x' is 3×1 and 'y' is 3×1; write .* for the product of each "
         "entry (in 'x*y', line 1 column 1)"),
        ("1 + (x + s)", {"x": "n", "s": ()}, "shapes cannot agree: 'x' is n×1 and 's' is scalar; only a number is "
         "added to every entry: multiply by vector(1) (in '(x + s)', line 1 column 5)"),
        ("x/y", {"x": "n", "y": "n"}, "'/' divides by a scalar, and 'y' is n×1; write ./ for each entry (in 'x/y', "
         "line 1 column 1)"),
        ("det(A*x)", {"A": ("n", "n"), "x": "n"}, "det needs a square matrix, and 'A*x' is n×1 (in 'det(A*x)', line 1 "
         "column 1)"),
        ("x^2", {"x": "n"}, "'^' is a power of a scalar or a square matrix, and 'x' is n×1; write .^ for each entry "
         "(in 'x^2', line 1 column 1)"),
        ("kron(A, B)*y", {"A": (2, 2), "B": (3, 3), "y": 5}, "shapes cannot agree: 'kron(A, B)' is (2*3)×(2*3) and 'y' "
         "is 5×1 (in 'kron(A, B)*y', line 1 column 1)"),
        ("sum(x[j]*y[j], j)", {"x": 3, "y": 4}, "index 'j' runs over 3, and axis 1 of 'y' has size 4 (in 'y[j]', line "
         "1 column 10)"),
        ("x", {"x": "n", "y": "n"}, "a shape is given for 'y', which is not in the formula (accepted: x)"),
        ("x", {"x": "x"}, "'x' names both a size and a tensor"),
        ("x", {"x": -1}, "bad size -1: an axis is a positive whole number or a symbol from symnn.sizes"),
        ("maximum(A)", {}, "maximum takes a vector, and 'A' is n×m (in 'maximum(A)', line 1 column 1)"),
    ],
)  # fmt: skip
def test_shapes_that_cannot_agree(text: str, shapes: Any, error: str) -> None:
    with pytest.raises(ShapeError) as caught:
        parse_formula(text, shapes)
    assert str(caught.value) == error


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "there is no formula here (line 1 column 1)"),
        ("A*(x + y", "'(' is not closed (line 1 column 3)"),
        ("A*x)", "')' closes nothing (line 1 column 4)"),
        ("2x", "an operator is missing before 'x' (line 1 column 2)"),
        ("x +", "the formula ends where a number, a name or '(' is expected (line 1 column 4)"),
        ("x + é", "unexpected character 'é' (line 1 column 5)"),
        ("A·x", "unexpected character '·'; write * (line 1 column 2)"),
        ("y = A*x", "'=' does not belong here: one formula is accepted (line 1 column 3)"),
        ("trc(A)", "unknown function 'trc' (did you mean 'tr'?) (line 1 column 1)"),
        ("x(y)*x", "unknown function 'x' (for a product write x*(…)) (line 1 column 1)"),
        ("exp + x", "'exp' is a function: write exp(…) (line 1 column 1)"),
        ("lambda*x",
         "'lambda' is a word of Python; write lamda, which is printed as the Greek letter (line 1 column 1)"),
        ("numpy*x", "bad name 'numpy': the word is needed in generated code; choose another (line 1 column 1)"),
        ("A^T", "write ' for the transpose, as in A' (line 1 column 1)"),
        ("A^11", "the power of a matrix is a whole number from -10 to 10, not '11'; write .^ for each entry (line 1 "
         "column 3)"),
        ("inv(A, B)", "inv takes 1 argument, and is given 2 (line 1 column 1)"),
        ("x[i]*2", "unknown index 'i': sum over it, or write it on the left side (line 1 column 3)"),
        ("sum(x[i], 2)", "'2' is no index to go over, such as j in sum(x[j], j) (line 1 column 11)"),
        ("sum(vector(1))", "the size of 'vector(1)' does not follow from the formula: give it, as in eye(n) (line 1 "
         "column 5)"),
        ("x/0", "division by zero (line 1 column 3)"),
        ("9^9^9^9", "a number above 100 in an exponent (line 1 column 5)"),
        ("log(-1)*x", "'log(-1)' is too large, or no real number (line 1 column 1)"),
        ("inv(kron(A, B) + C)", "inverse of 'kron(A, B) + C': of a Kronecker product, take it of kron(A, B) alone "
         "(line 1 column 5)"),
        ("round(x)", "round is integer-valued: it has no derivative to speak of (line 1 column 1)"),
        ("mod(x, y)", "mod jumps: it has no derivative to speak of (line 1 column 1)"),
        ("σ(x)", "unexpected character 'σ'; write sigmoid(…) (line 1 column 1)"),
        ("λx", "an operator is missing before 'x' (line 1 column 2)"),
        ("relu(x, size=3)", "relu(…) takes no option 'size' (line 1 column 1)"),
    ],
)  # fmt: skip
def test_what_is_no_formula(text: str, error: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_formula(text)
    assert str(caught.value) == error


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10**6,
        "(" * 10**4 + "x" + ")" * 10**4,
        "(" * 900 + "x" + ")" * 900,
        "+".join(["x"] * 10**4),
        "+".join(["x"] * 999),
        "*".join(["A"] * 999),
        "^".join(["x"] * 999),
        "x" + "'" * 1999,
        "-" * 1999 + "x",
        "exp(" * 49 + "x" + ")" * 49,
        "((((2*s)^100)^100)^100)^100",
        "exp(10^9*log(2))*x",
        "exp(exp(exp(100)))*x",
        "max(" + ",".join("x" * 400) + ")",
        "*".join(f"(x{i}+y{i})" for i in range(150)),
    ],
)
def test_hostile_text_is_read_or_refused_at_once_in_one_line(text: str) -> None:
    start = time.perf_counter()
    message = refusal(text)
    assert time.perf_counter() - start < 3
    assert len(message.splitlines()) <= 1
    assert len(message) < 400


def refusal(text: str) -> str:
    try:
        parse_formula(text)
    except InputError as error:
        return str(error)
    return ""


def test_context_points_at_the_column() -> None:
    with pytest.raises(ParseError) as caught:
        parse_formula("A*(x +* y)")
    assert getattr(caught.value, "context", "") == "A*(x +* y)\n      ^"


def test_bad_names_for_the_value_and_for_tensors() -> None:
    with pytest.raises(BadNameError, match="bad name 'a b'"):
        parse_formula("x", name="a b")
    with pytest.raises(
        BadNameError, match=r"^bad name 'det': it is a word of the grammar of formulas; choose another$"
    ):
        parse_formula("det", {"det": "n"})


def test_every_function_has_a_shape_and_a_value() -> None:
    assert FUNCTION_SHAPES.keys() == FUNCTION_VALUES.keys() == MATRIX_FUNCTIONS


M, N, w = MatrixSymbol("A", 3, 3), MatrixSymbol("B", 3, 3), MatrixSymbol("x", 3, 1)
q = sympy.Symbol("q")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (w.T * M * w, lambda: x @ A @ x),
        ((w.T * M * w)[0, 0], lambda: x @ A @ x),
        (M[0, 1] * w[2, 0], lambda: A[0, 1] * x[2]),
        (2 * M * N.T - sympy.Symbol("s") * M, lambda: 2 * A @ B.T - s * A),
        (Trace(M * N), lambda: np.trace(A @ B)),
        (sympy.log(sympy.Determinant(M)), lambda: np.log(det(A))),
        (M.I * w, lambda: inverse(A) @ x),
        (M**2 * w, lambda: A @ A @ x),
        (sympy.HadamardProduct(M, N), lambda: A * B),
        ((M * w).applyfunc(sympy.Lambda(q, sympy.exp(-(q**2)))), lambda: np.exp(-((A @ x) ** 2))),
        (sympy.KroneckerProduct(M, N), lambda: kron(A, B)),
        (M + sympy.Identity(3), lambda: A + np.eye(3)),
        (sympy.OneMatrix(1, 3) * w, x.sum),
        (sympy.DiagMatrix(w) * M, lambda: np.diag(x) @ A),
        (sympy.sqrt((w.T * w)[0, 0]), lambda: np.linalg.norm(x)),
    ],
)
def test_sympy_expressions(expression: Any, expected: Callable[[], Any]) -> None:
    formula = from_sympy_matrix(expression)
    wanted = np.asarray(expected())
    values = evaluate(formula.program, ARRAYS)[formula.name]
    assert values.reshape(wanted.shape) == pytest.approx(wanted, rel=1e-12)


def test_sympy_classes_without_a_counterpart() -> None:
    with pytest.raises(ParseError, match="index k is not that of a sum over the whole axis"):
        from_sympy_matrix(M[0, sympy.Symbol("k", integer=True)])
    with pytest.raises(ParseError, match="gamma has no counterpart in formulas"):
        from_sympy_matrix(sympy.gamma(q))
    with pytest.raises(ParseError, match="cannot read a str: a SymPy matrix or scalar expression is needed"):
        from_sympy_matrix("A*x")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("norm1(A)", lambda A: np.abs(A).sum()),
        ("logsumexp(A)", lambda A: np.log(np.exp(A).sum(axis=1))),
        ("logsumexp(A')", lambda A: np.log(np.exp(A).sum(axis=0))),
        ("sum(logsumexp(2*A))", lambda A: np.log(np.exp(2 * A).sum(axis=1)).sum()),
        ("softmax(A)", lambda A: np.exp(A) / np.exp(A).sum(axis=1, keepdims=True)),
        ("softmax(A')", lambda A: (np.exp(A) / np.exp(A).sum(axis=0, keepdims=True)).T),
    ],
)
def test_functions_of_vectors_go_over_each_row_of_a_matrix(text: str, value: Any) -> None:
    formula = parse_formula(text, {"A": (3, 4)})
    A = np.random.default_rng(0).normal(size=(3, 4))
    np.testing.assert_allclose(evaluate(formula.program, {"A": A})[formula.name].astype(float), value(A), rtol=1e-12)
    assert any("of a matrix is" in note for note in formula.notes)


def test_greek_letters_are_the_names_that_spell_them() -> None:
    formula = parse_formula("λ_1*x'*x + θ*π")
    assert list(formula.variables) == ["lamda_1", "x", "theta"]
    assert str(formula.program) == str(parse_formula("lamda_1*x'*x + theta*pi").program)
