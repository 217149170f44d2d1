"""The Matrix Cookbook: each identity against the book's right side and against 50-digit differences.

The derivative by a symmetric S is the symmetric G with df = tr(G dS). Where the book differentiates by the
independent entries of S, its result is 2G − G ⊙ I, equation (138).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np
import pytest
from calculus.cookbook import IDENTITIES, SIZES, Array, Identity

import symnn
from symnn.gradients import Gradient
from symnn.language import Program
from symnn.language.formulas import Formula, parse_formula
from symnn.proof import evaluate, finite_differences
from symnn.views import MatrixEquation, closed_form, evaluate_matrix

DIGITS = 50

of_each = pytest.mark.parametrize("identity", IDENTITIES, ids=str)


def formula_of(identity: Identity, symmetric: bool = True) -> Formula:
    return parse_formula(identity.text, identity.shapes, identity.symmetric if symmetric else ())


def derivative_of(identity: Identity, formula: Formula) -> tuple[Gradient, Any]:
    """Return the derivative, and the key of what is compared."""
    of, wrt = formula.name, [identity.wrt]
    if identity.kind == "hessian":
        return symnn.hessian(formula.program, of, wrt), (identity.wrt, identity.wrt)
    if identity.kind == "jacobian":
        return symnn.jacobian(formula.program, of, wrt), identity.wrt
    return symnn.gradient(formula.program, of, wrt), identity.wrt


def exact(array: Any) -> Any:
    """Return the same numbers with many digits."""
    return np.frompyfunc(mpmath.mpf, 1, 1)(np.asarray(array, dtype=object))


def error(found: Any, expected: Any) -> float:
    """The largest difference, relative to the largest number."""
    assert np.shape(found) == np.shape(expected)
    one, other = (np.ravel(exact(numbers)) for numbers in (found, expected))
    return float(max(abs(one - other)) / max(abs(other)))


def book_side(identity: Identity, values: Mapping[str, Array]) -> Array:
    with mpmath.workdps(DIGITS + 10):
        return np.asarray(identity.book(**{name: exact(array) for name, array in values.items()}))


def differences(program: Program, of: str, wrt: str, values: Mapping[str, Array], upstream: Any = None) -> Array:
    return finite_differences(program, values, of, wrt, digits=DIGITS, upstream=upstream)[wrt]


def contracted(upstream: Array, derivative: Array) -> Array:
    """Σ upstream[k…] · derivative[k…, i…]"""
    return np.tensordot(exact(upstream), derivative, axes=upstream.ndim)


@of_each
def test_identity(identity: Identity) -> None:
    formula, values = formula_of(identity), identity.values()
    made, key = derivative_of(identity, formula)
    name = made.gradients[key]
    # A derivative such as I does not need the variable, and so its sizes are given.
    found = evaluate(made.program, {**SIZES, **values}, "mpmath", DIGITS, wanted=[name])[name]
    with mpmath.workdps(DIGITS + 10):
        assert_equals_book(identity, found, values)
        assert_equals_differences(identity, formula, found, values)


def assert_equals_book(identity: Identity, found: Array, values: Mapping[str, Array]) -> None:
    if identity.independent:
        found = 2 * found - found * np.eye(len(found), dtype=int)
    expected = book_side(identity, values)
    assert error(found.reshape(expected.shape), expected) < 1e-20  # kron(A, B) has one axis for each of its parts


def assert_equals_differences(identity: Identity, formula: Formula, found: Array, values: Mapping[str, Array]) -> None:
    of, wrt = formula.name, identity.wrt
    if identity.kind == "gradient":
        # By a symmetric S: the derivative by independent entries of any matrix, of which G is the symmetric part.
        expected = differences(formula_of(identity, symmetric=False).program, of, wrt, values)
        assert error(found, (expected + expected.T) / 2 if wrt in identity.symmetric else expected) < 1e-20
        return
    program = formula.program
    if identity.kind == "hessian":
        slope = symnn.gradient(program, of, [wrt])
        program, of = slope.program, slope.gradients[wrt]
    upstream = np.asarray(np.random.default_rng(1).normal(size=found.shape[: found.ndim - values[wrt].ndim]))
    expected = differences(program, of, wrt, values, upstream)
    assert error(contracted(upstream, found), expected) < 1e-20


@of_each
def test_matrix_form_of_the_identity(identity: Identity) -> None:
    made, key = derivative_of(identity, formula_of(identity))
    values, name = identity.values(), made.gradients[key]
    form = closed_form(made.program, name)[0]
    if identity.kind == "jacobian" and not isinstance(form, MatrixEquation):
        return  # three axes or four
    assert isinstance(form, MatrixEquation)
    known = {**SIZES, **values, **evaluate(made.program, {**SIZES, **values})}
    assert error(evaluate_matrix(form.right, known), known[name]) < 1e-10


@pytest.mark.parametrize("identity", IDENTITIES, ids=str)
def test_code_of_the_identity(identity: Identity) -> None:
    made, key = derivative_of(identity, formula_of(identity))
    values = identity.values()
    expected = evaluate(made.program, {**SIZES, **values}, wanted=[made.gradients[key]])[made.gradients[key]]
    result = made.compile()(**values)
    assert error((result if identity.kind != "gradient" else result[1])[key], expected) < 1e-10


@pytest.mark.parametrize("identity", [each for each in IDENTITIES if each.kind == "jacobian"], ids=str)
def test_gradient_of_a_matrix_with_its_upstream_adjoint(identity: Identity) -> None:
    formula, values = formula_of(identity), identity.values()
    made = symnn.gradient(formula.program, formula.name, [identity.wrt], upstream="upstream")
    shape = evaluate(formula.program, values)[formula.name].shape
    upstream = np.random.default_rng(2).normal(size=shape)
    name = made.gradients[identity.wrt]
    found = evaluate(made.program, {**values, "upstream": upstream}, "mpmath", DIGITS)[name]
    with mpmath.workdps(DIGITS + 10):
        expected = book_side(identity, values)
        book = expected.reshape(*shape, *values[identity.wrt].shape)
        assert error(found, contracted(upstream, book)) < 1e-20
    compiled = made.compile()(**values, upstream=upstream)[1][identity.wrt]
    assert error(compiled, found) < 1e-10


def test_there_are_as_many_identities_as_promised() -> None:
    assert len(IDENTITIES) >= 60
    assert len({identity.number for identity in IDENTITIES}) == len(IDENTITIES)


def test_a_wrong_right_side_would_be_noticed() -> None:
    """Equation (114) without its second term, and (139) taken for the symmetric gradient."""
    by_number = {identity.number: identity for identity in IDENTITIES}
    for number, wrong in (
        ("(114)", lambda A, X, B: A.T @ X.T @ B.T),
        ("(139)", lambda A, X: A + A.T),
    ):
        identity = by_number[number]
        values = identity.values()
        with mpmath.workdps(DIGITS):
            given = {name: exact(array) for name, array in values.items()}
            assert error(wrong(**given), book_side(identity, values)) > 1e-3
