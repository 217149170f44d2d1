"""The calculus: one rule on one equation, and the reverse sweep over a program."""

from symnn.calculus.batch import batch_program, batched
from symnn.calculus.derivation import Derivation
from symnn.calculus.jacobian import hessian, jacobian, with_derivative
from symnn.calculus.normal_form import normal_form
from symnn.calculus.primitives import adjoint_rule
from symnn.calculus.second_order import hessian_vector_product
from symnn.calculus.sweep import differentiate

__all__ = [
    "Derivation",
    "adjoint_rule",
    "batch_program",
    "batched",
    "differentiate",
    "hessian",
    "hessian_vector_product",
    "jacobian",
    "normal_form",
    "with_derivative",
]
