"""Derivatives of random formulas against differences of a second reading of the same text.

The text is read here once more, by an evaluator of its own in arithmetic of many digits, which shares
nothing with symnn. SYMNN_RANDOM_FORMULAS sets how many formulas are tried (120 by default).

Left out as ill-conditioned: values above 1e3, what divides, is a root or a logarithm below 0.05, an
argument of relu or abs nearer to its kink than 1e-3, and matrices whose entries times those of their
inverse exceed 100. Floats are compared where the derivative is no smaller than a thousandth of the
largest number on the way, so that nothing has cancelled.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import pytest

import symnn
from symnn.proof import evaluate
from symnn.views import MatrixEquation, closed_form, evaluate_matrix

FORMULAS = int(os.environ.get("SYMNN_RANDOM_FORMULAS", "120"))
GROUP = 10
DIGITS = 60
STEP = 1e-15
TOLERANCE = {"differences": 1e-20, "float64": 1e-9, "float32": 1e-3}

Array = Any
SIZES = {"n": 3, "m": 2, "1": 1}
SHAPES = {
    **dict.fromkeys("xy", "n1"), **dict.fromkeys("zw", "m1"), **dict.fromkeys(("alpha", "beta"), "11"), "r": "1n",
    **dict.fromkeys("AS", "nn"), **dict.fromkeys("BF", "nm"), "C": "mn", "D": "mm", "G": "mm",
}  # fmt: skip
SYMMETRIC = ("S", "G")

# <rc2> is a part with the formula's own rows and columns that binds as strongly as 2, a factor: 1 is a term,
# 4 a power, 5 stands in no brackets, 0 needs none. i and j are any sizes; <+rc0> is positive in every entry, and
# <=4> is the part before once more.
EVERY = (
    (1, "<rc1> + <rc2>"), (1, "<rc1> - 2*<rc3>"), (1, "<rc1> + 1.5"), (1, "0.5 - <rc2>"), (3, "-<rc4>"),
    (2, "<rc2> .* <rc3>"), (2, "<rc2> .* <rc3>"), (2, "<rc2> ./ <+rc3>"), (2, "<112>*<rc3>"), (2, "<rc2>/<+113>"),
    (4, "<rc5>.^2"), (4, "<rc5>.^3"), (4, "<+rc5>.^0.5"), (4, "<+rc5>.^(-2)"), (4, "2.^<rc5>"), (5, "log(<+rc0>)"),
    *((5, f"{name}(<rc0>)") for name in ("exp", "sin", "tanh", "sigmoid", "relu", "abs", "softplus", "gelu")),
)  # fmt: skip
SCALAR = (
    (2, "<i14>'*<ii3>*<i13>"), (2, "<i14>'*<i13>"), (2, "<i14>'*inv(<ii0>)*<i13>"), (5, "tr(<ii0>)"),
    (5, "tr(<ij2>*<ji3>)"), (5, "det(<ii0>)"), (5, "logdet(<ij2>*<=4>' + eye(<i>))"), (5, "sum(<ij0>)"),
    (5, "norm1(<i10>)"), (5, "norm2(<ij0>)"), (5, "logsumexp(<i10>)"), (5, "tr(kron(<ii0>, <jj0>))"),
    (5, "norm2(kron(<ij0>, <ji0>)*vec(<ij0>))"), (5, "mean(<ij0>)"),
)  # fmt: skip
COLUMN = (
    (2, "<ri2>*<i13>"), (2, "<ri2>*<i13>"), (5, "diag(<rr0>)"), (5, "softmax(<r10>)"), (5, "rowsum(<ri0>)"),
    (5, "solve(<rr0> + 3*eye(<r>), <r10>)"), (2, "<ri2>*vector(2, <i>)"), (1, "<r11> - <112>*vector(1, <r>)"),
)  # fmt: skip
MATRIX = ((2, "<ri2>*<ic3>"), (2, "<r12>*<c14>'"), (2, "diag(<r10>)*<rc3>"), (4, "<cr4>'"))
SQUARE = (
    (5, "inv(<rr0>)"), (4, "<rr5>^2"), (4, "<rr5>^(-1)"), (5, "diag(<r10>)"), (1, "<rr1> - 2*eye(<r>)"),
    (5, "cholesky(<ri2>*<=4>' + eye(<r>))"),
)  # fmt: skip
POSITIVE = ((5, "exp(<rc0>)"), (1, "<rc5>.^2 + 1"), (1, "2 + sin(<rc0>)"), (5, "softplus(<rc0>)"))

PART = re.compile(r"<(\+?)([rcij1=])([rcij1]?)([0-5])>")


def random_formula(chance: random.Random, rows: str, columns: str, depth: int, positive: str = "") -> tuple[int, str]:
    """Return a formula of a shape, and how strongly its outermost operation binds."""
    if depth < 1 and not positive:
        leaves = [(5, name) for name, shape in SHAPES.items() if shape == rows + columns]
        turned = [(4, f"{name}'") for name, shape in SHAPES.items() if shape == columns + rows and len({*shape}) == 2]
        return chance.choice(leaves + turned)
    own = SCALAR if rows == columns == "1" else COLUMN if columns == "1" else MATRIX
    choices = POSITIVE if positive else EVERY + 2 * own + (2 * SQUARE if rows == columns != "1" else ())
    binds, template = chance.choice(choices)
    letters = {"r": rows, "c": columns, "1": "1", "i": chance.choice("nm"), "j": chance.choice("nm")}

    parts: list[tuple[int, str]] = []

    def fill(found: re.Match[str]) -> str:
        if found[2] != "=":
            parts.append(random_formula(chance, letters[found[2]], letters[found[3]], depth - 1, found[1]))
        inner, part = parts[-1]
        return part if inner >= int(found[4]) else f"({part})"

    sized = re.sub("<([rij])>", lambda found: letters[found[1]], template)
    return binds, PART.sub(fill, sized)


class IllConditionedError(Exception):
    """The formula is one of those that the module's first lines leave out."""


def require(holds: Any) -> None:
    if not holds:
        raise IllConditionedError


def each(function: Callable[..., Any], *arrays: Array) -> Array:
    return np.frompyfunc(function, len(arrays), 1)(*arrays)


def exact(array: Any) -> Array:
    return each(mpmath.mpf, np.asarray(array, dtype=float).astype(object))


def smallest(array: Array) -> Any:
    return min(abs(number) for number in array.ravel())


def largest(array: Array) -> Any:
    return max((abs(number) for number in np.ravel(array)), default=0)


def inverse_and_determinant(matrix: Array) -> tuple[Array, Any]:
    """Gauss and Jordan, with pivots."""
    size, determinant = len(matrix), mpmath.mpf(1)
    both = np.hstack([matrix, exact(np.eye(size))])
    for place in range(size):
        best = max(range(place, size), key=lambda row: abs(both[row, place]))
        require(abs(both[best, place]) > 1e-3)
        if best != place:
            both[[place, best]], determinant = both[[best, place]], -determinant
        determinant *= both[place, place]
        both[place] = both[place] / both[place, place]
        for row in set(range(size)) - {place}:
            both[row] = both[row] - both[row, place] * both[place]
    require(largest(matrix) * largest(both[:, size:]) < 100)
    return both[:, size:], determinant


def cholesky(matrix: Array) -> Array:
    factor = exact(np.zeros(matrix.shape))
    for i in range(len(matrix)):
        for j in range(i + 1):
            rest = matrix[i, j] - factor[i, :j] @ factor[j, :j] if j else matrix[i, j]
            factor[i, j] = mpmath.sqrt(rest) if i == j else rest / factor[j, j]
    return factor


def above(limit: float, function: Callable[..., Any]) -> Callable[[Array], Array]:
    """A function of each entry, whose size (or which itself, for log and sqrt) is above a limit."""

    def of_each(array: Array) -> Array:
        require((smallest(array) if function in (abs, relu) else min(array.ravel())) > limit)
        return each(function, array)

    return of_each


def relu(number: Any) -> Any:
    return number if number > 0 else mpmath.mpf(0)


def sigmoid(number: Any) -> Any:
    return 1 / (1 + mpmath.exp(-number))


def diag(array: Array) -> Array:
    if 1 not in array.shape:
        return np.diag(array)[:, None]
    return exact(np.eye(array.size)) * array.reshape(-1, 1)


def total(array: Array) -> Array:
    return np.array([[array.sum()]], dtype=object)


FUNCTIONS: dict[str, Callable[..., Array]] = {
    **{name: lambda a, name=name: each(getattr(mpmath, name), a) for name in ("exp", "sin", "tanh")},
    "sigmoid": lambda a: each(sigmoid, a),
    "softplus": lambda a: each(lambda t: mpmath.log(1 + mpmath.exp(t)), a),
    "gelu": lambda a: each(lambda t: t * mpmath.ncdf(t), a),
    "relu": above(1e-3, relu),
    "abs": above(1e-3, abs),
    "log": above(0.05, mpmath.log),
    "inv": lambda a: inverse_and_determinant(a)[0],
    "solve": lambda a, b: inverse_and_determinant(a)[0] @ b,
    "det": lambda a: np.array([[inverse_and_determinant(a)[1]]], dtype=object),
    "logdet": lambda a: FUNCTIONS["log"](FUNCTIONS["det"](a)),
    "cholesky": cholesky,
    "tr": lambda a: total(np.diag(a)),
    "sum": total,
    "mean": lambda a: total(a) / a.size,
    "norm1": lambda a: total(FUNCTIONS["abs"](a)),
    "norm2": lambda a: above(0.05, mpmath.sqrt)(total(a * a)),
    "logsumexp": lambda a: each(mpmath.log, total(each(mpmath.exp, a))),
    "max": lambda a: np.array([[max(a.ravel())]], dtype=object),
    "softmax": lambda a: each(mpmath.exp, a) / total(each(mpmath.exp, a)),
    "rowsum": lambda a: a.sum(axis=1, keepdims=True),
    "diag": diag,
    "kron": np.kron,
    "vec": lambda a: a.T.reshape(-1, 1),
    "eye": lambda a: exact(np.eye(int(a[0, 0]))),
    "vector": lambda a, size: np.repeat(a, int(size[0, 0]), axis=0),
}


class Reading:
    """The value of a text, read from left to right; every value has two axes."""

    TOKEN = re.compile(r"\s*(\d+(?:\.\d+)?|\w+|\.?[*/^]|[-+'(),])")

    def __init__(self, text: str, values: dict[str, Array]) -> None:
        self.tokens, self.values, self.largest = [*self.TOKEN.findall(text), ""], values, mpmath.mpf(1)
        self.value = self.sum()
        assert self.tokens == [""], f"not read: {self.tokens}"

    def noted(self, value: Array) -> Array:
        self.largest = max(self.largest, largest(value))
        require(self.largest < 1e3)
        return value

    def sum(self) -> Array:
        value = self.product()
        while self.tokens[0] in ("+", "-"):
            sign = 1 if self.tokens.pop(0) == "+" else -1
            value = self.noted(value + sign * self.product())
        return value

    def product(self) -> Array:
        value = self.signed()
        while self.tokens[0] in ("*", "/", ".*", "./"):
            operator, other = self.tokens.pop(0), self.signed()
            if operator.endswith("/"):
                require(smallest(other) > 0.05)
                value = value / other
            else:
                entries = operator == ".*" or 1 in (value.size, other.size)
                value = value * other if entries else value @ other
            self.noted(value)
        return value

    def signed(self) -> Array:
        if self.tokens[0] != "-":
            return self.power()
        self.tokens.pop(0)
        return -self.power()

    def power(self) -> Array:
        value = self.operand()
        while self.tokens[0] in ("'", "^", ".^"):
            operator = self.tokens.pop(0)
            value = value.T if operator == "'" else self.noted(raised(value, operator, self.operand()))
        return value

    def operand(self) -> Array:
        token = self.tokens.pop(0)
        if token == "(":
            value = self.sum()
            assert self.tokens.pop(0) == ")"
            return value
        if token[0].isdigit():
            return exact([[float(token)]])
        if self.tokens[0] != "(":
            return exact([[SIZES[token]]]) if token in SIZES else self.values[token]
        arguments = []
        while self.tokens.pop(0) != ")":
            arguments.append(self.sum())
        return self.noted(FUNCTIONS[token](*arguments))


def raised(value: Array, operator: str, exponent: Array) -> Array:
    if operator == ".^":
        require(exponent.size > 1 or (exponent[0, 0] > 0 and exponent[0, 0] % 1 == 0) or min(value.ravel()) > 0.05)
        return each(lambda base, power: base**power, value, exponent)
    inverted = inverse_and_determinant(value)[0] if exponent[0, 0] < 0 else value
    return inverted if abs(exponent[0, 0]) == 1 else inverted @ inverted


@dataclass
class Case:
    """A formula, values for its variables, and the one of them by which it is differentiated."""

    text: str
    wrt: str
    values: dict[str, Array]
    kind: str
    largest: Any = 1
    """The largest number on the way to the formula's value."""

    def differences(self, function: Callable[[Array], Array]) -> Array:
        """∂function/∂wrt; by a symmetric S, the symmetric part of it."""
        middle = self.values[self.wrt]
        columns = []
        for place in np.ndindex(middle.shape):
            step = exact(np.zeros(middle.shape))
            for both in {place, place[::-1]} if self.wrt in SYMMETRIC else {place}:
                step[both] = mpmath.mpf(STEP)
            columns.append((function(middle + step) - function(middle - step)) / (2 * step.sum()))
        return np.stack(columns, axis=-1).reshape(*columns[0].shape, *middle.shape)

    def slope(self, values: dict[str, Array]) -> Array:
        """The gradient of a scalar, with the shape of the variable."""
        return Case(self.text, self.wrt, values, "gradient").expected()[0, 0]

    def expected(self) -> Array:
        def changed(value: Array) -> dict[str, Array]:
            return self.values | {self.wrt: value}

        if self.kind == "hessian":
            return self.differences(lambda value: self.slope(changed(value)))
        return self.differences(lambda value: Reading(self.text, changed(value)).value)


def random_case(seed: int) -> Case:
    """Return the case of a seed: of four, two are gradients, one is a Jacobian and one a Hessian."""
    kind = ("gradient", "jacobian", "gradient", "hessian")[seed % 4]
    for attempt in range(100):
        chance = random.Random(1000 * seed + attempt)
        rows, columns = chance.choice(("n1", "m1", "nm", "nn", "1n")) if kind == "jacobian" else "11"
        text = random_formula(chance, rows, columns, chance.randint(1, 4 if kind == "gradient" else 2))[1]
        names = [name for name in SHAPES if re.search(rf"\b{name}\b", text)]
        values = {name: exact(random_value(chance, name)) for name in names}
        try:
            largest_value = Reading(text, values).largest
        except IllConditionedError:
            continue
        wrt = names
        if wrt:
            return Case(text, chance.choice(wrt), values, kind, largest_value)
    raise AssertionError(f"no well-conditioned formula for seed {seed}")


def random_value(chance: random.Random, name: str) -> Array:
    rows, columns = (SIZES[size] for size in SHAPES[name])
    made = np.array([[chance.gauss(0, 0.8) for _ in range(columns)] for _ in range(rows)])
    return (made + made.T) / 2 if name in SYMMETRIC else made


def shaped(name: str, value: Array) -> Array:
    """Return a variable as symnn takes it: a column has one axis, a scalar none."""
    return value[0, 0] if value.size == 1 else value.ravel() if SHAPES[name][1] == "1" else value


def declared(name: str) -> Any:
    rows, columns = SHAPES[name]
    return () if rows == columns == "1" else rows if columns == "1" else (rows, columns)


def error(found: Any, expected: Any) -> float:
    """The largest difference, relative to the largest number (to one, where all are as good as zero)."""
    found, expected = (np.ravel(np.asarray(array, dtype=object)) for array in (found, expected))
    assert found.shape == expected.shape
    off = max(abs(mpmath.mpf(a) - mpmath.mpf(b)) for a, b in zip(found, expected, strict=True))
    return float(off / (largest(expected) if largest(expected) > 1e-15 else 1))


def derivative(case: Case) -> Any:
    names = list(case.values)
    return symnn.diff(
        case.text, case.wrt, {name: declared(name) for name in names}, [n for n in SYMMETRIC if n in names], case.kind
    )


def check(case: Case) -> None:
    made = derivative(case)
    key = (case.wrt, case.wrt) if case.kind == "hessian" else case.wrt
    name, given = made.gradients[key], {n: shaped(n, value) for n, value in case.values.items()}
    known = evaluate(made.program, {**SIZES, **given}, "mpmath", DIGITS)
    expected = case.expected()
    assert error(known[name], expected) < TOLERANCE["differences"], f"derivative by {case.wrt}"
    floats = {n: np.asarray(array).astype(float) for n, array in {**given, **known}.items()}
    check_closed_form(made.program, name, floats)
    if largest(expected) > 1e-3 * case.largest:
        check_code(made, key, floats, known[name])


def check_closed_form(program: Any, name: str, known: dict[str, Array]) -> None:
    for form in closed_form(program, name):
        if isinstance(form, MatrixEquation):
            made = form.equation.tensor.name
            assert error(evaluate_matrix(form.right, {**SIZES, **known}), known[made]) < TOLERANCE["float64"], made


def check_code(made: Any, key: Any, floats: dict[str, Array], exactly: Array) -> None:
    for dtype in ("float64", "float32"):
        function = made.compile(dtype=dtype)
        results = function.compiled(**{n: floats[n] for n in function.compiled.arguments})
        found = results[made.gradients[key]]
        assert np.shape(found) == exactly.shape
        assert error(np.asarray(found, dtype=float), exactly) < TOLERANCE[dtype], dtype


@pytest.mark.parametrize("first", range(0, FORMULAS, GROUP))
def test_derivatives_of_random_formulas_agree_with_differences(first: int) -> None:
    for seed in range(first, min(first + GROUP, FORMULAS)):
        case = random_case(seed)
        with mpmath.workdps(DIGITS):
            try:
                check(case)
            except IllConditionedError:
                continue  # a difference stepped over a limit
            except Exception as problem:
                raise AssertionError(f"seed {seed}: {case.kind} of {case.text} by {case.wrt}") from problem


def case_of(text: str, wrt: str, kind: str = "gradient") -> Case:
    """Return a case of one's own formula, at values that depend on nothing else."""
    chance = random.Random(1)
    names = [name for name in SHAPES if re.search(rf"\b{name}\b", text)]
    values = {name: exact(random_value(chance, name)) for name in names}
    return Case(text, wrt, values, kind, Reading(text, values).largest)


@pytest.mark.parametrize(
    ("text", "wrt", "kind"),
    [
        ("y'*A*x", "x", "hessian"),
        ("norm2(S)^2", "S", "hessian"),
        ("inv(S)", "S", "jacobian"),
        ("sin(det(kron(A, D)))", "A", "gradient"),
        ("alpha/softplus(2)", "alpha", "gradient"),
        ("diag(r')*C'*(2 + sin(w)).^(-1)", "r", "jacobian"),
        ("max(3*x/10 - y/10)", "x", "gradient"),
        ("sum(y - y) + x'*x", "y", "gradient"),
    ],
)
def test_formulas_that_were_once_wrong(text: str, wrt: str, kind: str) -> None:
    with mpmath.workdps(DIGITS):
        check(case_of(text, wrt, kind))
