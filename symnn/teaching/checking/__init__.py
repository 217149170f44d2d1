"""Formulas that were derived by hand are judged, by proof: right or wrong, and what the slip may be."""

from symnn.teaching.checking.explaining import Counterexample, Slip
from symnn.teaching.checking.judging import check
from symnn.teaching.checking.marked import CheckedLine, CheckResult

__all__ = ["CheckResult", "CheckedLine", "Counterexample", "Slip", "check"]
