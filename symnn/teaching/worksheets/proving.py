"""Whether a key is right: every number is computed again on another way, every line is judged."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from mpmath import mp, mpf
from mpmath.libmp import to_str

from symnn.errors import ShapeError
from symnn.language import Total, fresh_index_over
from symnn.language.names import is_error_name
from symnn.proof import Checker, evaluate, finite_differences
from symnn.teaching.worksheets.content import Answer, Question
from symnn.teaching.worksheets.judging import judged
from symnn.teaching.worksheets.models import Model
from symnn.teaching.worksheets.numbers import binary, decimal
from symnn.teaching.worksheets.slips import numbered
from symnn.views.evaluation import evaluate_matrix

_NOTHING = Decimal(10) ** -12
"""What is smaller is 0 but for the errors of differences."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a key: the number of the question, and what was found."""

    question: int
    said: str


def faults_of(number: int, question: Question) -> list[Fault]:
    """Return what is wrong with a question's key; nothing where it is right.

    A number z, a or C is computed again from the forward equations alone; δ and the gradients are
    central differences of the cost, δ⁽ˡ⁾ = ∂C/∂b⁽ˡ⁾; lines are evaluated, and the derivatives that
    they are compared with are checked against dual numbers; shapes are those of arrays.
    """
    said = [*_numbers(question), *_lines(question), *_shapes(question)]
    return [Fault(number, text) for text in said]


def _numbers(question: Question) -> list[str]:
    if not question.answers or question.given is None:
        return []
    model, given = question.model, question.given
    forward = model.network.program
    plain = {name: np.asarray(value, dtype=object) for name, value in given.items()}
    values = evaluate(forward, given, "mpmath", 50)
    wanted = {f"b{numbered(a.name)[1]}" if is_error_name(a.name) else a.name for a in question.answers}
    wanted = {name.removeprefix("d") if name[0] == "d" else name for name in wanted}
    wrt = [name for name in wanted if name in plain]
    slopes = finite_differences(forward, given, "C", wrt, digits=60) if wrt else {}
    found = []
    for answer in question.answers:
        true = _true(answer, plain, values, slopes, question.rate)
        if not _agrees(true, decimal(answer.number), answer.number.digits, model.is_exact):
            found.append(f"{answer.name}{list(answer.place)} is {decimal(answer.number)}, and should be {true}")
    return found


def _true(answer: Answer, given: Any, values: Any, slopes: Any, rate: Any) -> Any:
    name, place = answer.name, answer.place
    if answer.is_update:
        old, eta = given[name][place], Fraction(int(rate.p), int(rate.q))
        return _mp(old) - _mp(eta) * slopes[name][place]
    if is_error_name(name):
        return slopes[f"b{numbered(name)[1]}"][place]
    if name.startswith("d"):
        return slopes[name[1:]][place]
    return values[name][place]


def _mp(number: Any) -> Any:
    with mp.workdps(60):
        exact = Fraction(str(number))
        return mpf(exact.numerator) / exact.denominator


def _agrees(true: Any, shown: str, digits: int, exact: bool) -> bool:
    """Whether a printed number is the true one: exactly, or rounded to its digits."""
    printed = Decimal(shown)
    other = Decimal(to_str(binary(true), 40))
    if exact:
        return abs(other - printed) < _NOTHING
    rounding = Decimal("0.5000001") * Decimal(10) ** (abs(other).adjusted() - digits + 1) if other else 0
    return abs(other - printed) <= max(rounding, _NOTHING)


def _lines(question: Question) -> list[str]:
    found = []
    for claim in question.claims:
        verdict = judged(question.model, claim.tensor, claim.tree)
        if verdict.is_right != claim.is_right or verdict.kind == "unchecked":
            found.append(f"a line for {claim.tensor.name} is judged {verdict}")
        if not derivatives_proved(question.model):
            found.append("a derivative of the network is not proved")
    if question.slip and [c.is_right for c in question.claims].count(False) != 1:
        found.append("there is not exactly one wrong line")
    return found


@lru_cache(maxsize=256)
def derivatives_proved(model: Model) -> bool:
    """Whether the equation of every derivative of a network says what the derivative is."""
    checker = Checker(model.program, "C")
    for name in model.derivation.backward:
        adjoint = model.program.adjoints[name]
        wrt = model.tensor(adjoint.wrt)
        places = tuple(fresh_index_over(size) for size in wrt.shape)
        if not checker.equal(Total(model.tensor("C")[()], wrt[places]), model.tensor(name)[places], places).is_right:
            return False
    return True


def _shapes(question: Question) -> list[str]:
    found = []
    for claim in question.shapes:
        arrays = {
            node.tensor.name: np.ones([int(size) for size in node.tensor.shape])
            for node in claim.tree.walk()
            if hasattr(node, "tensor")
        }
        try:
            value = np.asarray(evaluate_matrix(claim.tree, arrays))
            shape = value.shape
        except ShapeError:
            shape = None
        if shape is None or claim.shape is None:
            right = shape is claim.shape
        else:
            right = [n for n in shape if n != 1] == [n for n in claim.shape if n != 1]
        if not right:
            found.append(f"a shape is {claim.shape}, and should be {shape}")
    return found
