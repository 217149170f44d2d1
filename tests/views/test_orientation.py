"""Differences in one orientation, that of the formula; powers of matrices; products before plain vectors."""

from __future__ import annotations

import numpy as np
import pytest

import symnn
from symnn.proof.evaluation import evaluate
from symnn.views import MatrixEquation, closed_forms, evaluate_matrix

CASES = {
    "norm1(A*x-b)": [
        "f = ‖A x − b‖₁",
        "∂f/∂A   = sign(A x − b) xᵀ",
        "∂f/∂x   = Aᵀ sign(A x − b)",
        "∂f/∂b   = −sign(A x − b)",
    ],
    "norm1(b-A*x)": ["f = ‖b − A x‖₁", "∂f/∂b   = sign(b − A x)", "∂f/∂x   = −Aᵀ sign(b − A x)"],
    "exp(-(x-y)'*L'*L*(x-y)/(2*theta^2))": [
        "s = −(x − y)ᵀ Lᵀ L (x − y)",
        "∂f/∂x   = −exp(s/(2θ²))(Lᵀ L (x − y)) / θ²",
        "∂f/∂y   = exp(s/(2θ²))(Lᵀ L (x − y)) / θ²",
        "∂f/∂L   = −exp(s/(2θ²))(L (x − y) (x − y)ᵀ) / θ²",
    ],
    "A*A*A*x": ["f = A³ x", "∂f/∂xᵀ     = A³"],
    "tr(X*X*X)": ["f = tr(X³)", "∂f/∂X   = 3 (Xᵀ)²"],
    "x'*S*S*x": ["f = xᵀ S² x", "∂f/∂x   = (S² + (Sᵀ)²) x"],
    "sum((b+A*x).^2)": ["f = ‖A x + b‖²", "∂f/∂x   = 2Aᵀ (A x + b)"],
}


@pytest.mark.parametrize("formula", list(CASES))
def test_written_as_a_textbook_would(formula: str) -> None:
    lines = [line.strip() for line in symnn.diff(formula).text().splitlines()]
    for expected in CASES[formula]:
        assert expected in lines


def test_turned_differences_have_the_same_value() -> None:
    generator = np.random.default_rng(0)
    values = {"A": generator.normal(size=(3, 2)), "x": generator.normal(size=2), "b": generator.normal(size=3)}
    found = symnn.diff("norm1(A*x-b)+(A*x-b)'*S*(b-A*x)", wrt=("x", "b"), shapes={"S": (3, 3), "x": 2, "b": 3})
    values["S"] = np.eye(3) / 5
    program = found.derivation.program
    values |= evaluate(program, values)
    names = [found.derivation.of, *found.derivation.gradients.values()]
    plain, _ = closed_forms(program, names, line=1000)
    turned, _ = closed_forms(program, names, line=1000, order=["A", "x", "b"])
    assert plain != turned
    assert len(plain) == 3
    for one, other in zip(plain, turned, strict=True):
        assert isinstance(one, MatrixEquation)
        assert isinstance(other, MatrixEquation)
        np.testing.assert_allclose(evaluate_matrix(other.right, values), evaluate_matrix(one.right, values))
