"""Checks that share nothing with what they check: values entry by entry, and derivatives from values."""

from symnn.proof.arithmetic import Arithmetic, arithmetic_of
from symnn.proof.differences import finite_differences, float_differences
from symnn.proof.evaluation import evaluate

__all__ = ["Arithmetic", "arithmetic_of", "evaluate", "finite_differences", "float_differences"]
