"""Checks that share nothing with what they check: values entry by entry, and derivatives from values."""

from symnn.proof.arithmetic import Arithmetic, DomainError, arithmetic_of
from symnn.proof.auditing import Audit, AuditLine, Auditor, audit, check_stage, line_verdict
from symnn.proof.checker import Checker, Verdict, decides_by_sign
from symnn.proof.code import code_errors
from symnn.proof.differences import finite_differences, float_differences
from symnn.proof.evaluation import evaluate
from symnn.proof.matrix_forms import matrix_verdict

__all__ = [
    "Arithmetic",
    "Audit",
    "AuditLine",
    "Auditor",
    "Checker",
    "DomainError",
    "Verdict",
    "arithmetic_of",
    "audit",
    "check_stage",
    "code_errors",
    "decides_by_sign",
    "evaluate",
    "finite_differences",
    "float_differences",
    "line_verdict",
    "matrix_verdict",
]
