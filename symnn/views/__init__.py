"""The three views of one program: scalars, indexed sums (the equations themselves), matrices."""

from symnn.views.closed import closed_form, closed_forms
from symnn.views.evaluation import elementary, evaluate_matrix
from symnn.views.matrix import MatrixEquation, matrix_equation, matrix_equations
from symnn.views.scalar import LARGEST, ScalarEquation, evaluate_scalar, scalar_equations

__all__ = [
    "LARGEST",
    "MatrixEquation",
    "ScalarEquation",
    "closed_form",
    "closed_forms",
    "elementary",
    "evaluate_matrix",
    "evaluate_scalar",
    "matrix_equation",
    "matrix_equations",
    "scalar_equations",
]
