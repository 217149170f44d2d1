"""Worksheets: keys that are right, mistakes that are mistakes, sheets that are all different and tell nothing."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from typesetting import complaints, needs_tex

from symnn import check
from symnn.errors import InputError
from symnn.teaching.worksheets import KINDS, MOST_QUESTIONS, Worksheet, worksheet, write_worksheet
from symnn.teaching.worksheets.content import Answer, Number, Question
from symnn.teaching.worksheets.judging import judged
from symnn.teaching.worksheets.models import model_of
from symnn.teaching.worksheets.numbers import decimal
from symnn.teaching.worksheets.proving import faults_of
from symnn.teaching.worksheets.sheet import content_of
from symnn.teaching.worksheets.slips import KINDS_OF_SLIP, SLIPS, Line, derivation_lines
from symnn.views.tree import Leaf, Product, Transposed
from symnn.writing import Notation

ARCHITECTURES = ("2-2-1", "2-3-2", "3-2")
COUNT = 200


@cache
def two_hundred() -> tuple[Worksheet, ...]:
    return tuple(worksheet(ARCHITECTURES[seed % len(ARCHITECTURES)], seed=seed) for seed in range(COUNT))


def questions(kind: str) -> list[Question]:
    return [q for sheet in two_hundred() for q in sheet.questions if q.kind == kind]


def test_two_hundred_keys_are_right() -> None:
    faults = [(sheet.seed, fault) for sheet in two_hundred() for fault in sheet.audit()]
    assert not faults
    assert all([q.kind for q in sheet.questions] == list(KINDS) for sheet in two_hundred())


def test_no_two_are_alike() -> None:
    """What stands below the lines for name and date differs, within one architecture too."""
    texts = {write_worksheet(sheet).partition("Date:")[2] for sheet in two_hundred()}
    assert len(texts) == COUNT
    same = [worksheet("2-2-1", ["mistake", "delta"], 2, seed) for seed in range(30)]
    assert len({write_worksheet(sheet).partition("Date:")[2] for sheet in same}) == 30


def test_the_seed_decides_everything() -> None:
    first, again = (write_worksheet(worksheet("2-2-1", seed=7), key=True) for _ in range(2))
    assert first == again


def test_each_mistake_is_wrong_and_its_correction_right() -> None:
    found = questions("mistake")
    for question in found:
        *lines, mended = question.claims
        wrong = [line for line in lines if not line.is_right]
        assert len(wrong) == 1
        assert judged(question.model, wrong[0].tensor, wrong[0].tree).kind == "wrong"
        assert wrong[0].tensor == mended.tensor
        assert judged(question.model, mended.tensor, mended.tree).is_right
    assert {question.slip for question in found} == set(KINDS_OF_SLIP)


_LINE = re.compile(r"^  \((\d)\) (\S+) += (.+)$", re.MULTILINE)


def _as_formula(text: str) -> str:
    """Return a printed formula in the grammar of `check`: letters and numbers together, * between factors."""
    text = re.sub(r"\^\((\d)\)", r"\1", text).replace("^T", "'").replace("dC/d", "d")
    return re.sub(r"(?<=[\w')]) (?=[\w(])", "*", text)


def test_the_student_who_checks_the_printed_lines_finds_the_mistake() -> None:
    """The lines as they stand on the sheet are read by `check`, which knows nothing of how they were planted."""
    for question_of, sheet in [(s.questions[4], s) for s in two_hundred()[:12]]:
        text = write_worksheet(replace(sheet, questions=(question_of,)), "ascii")
        lines = _LINE.findall(text)
        assert lines
        model = question_of.model
        wrong = [number for number, left, right in lines if not _is_right(model, left, right)]
        key = write_worksheet(replace(sheet, questions=(question_of,)), "ascii", key=True)
        assert f"The wrong line is ({wrong[0]})" in key
        assert len(wrong) == 1


def _is_right(model: Any, left: str, right: str) -> bool:
    said = f"{_as_formula(left)} = {_as_formula(right)}"
    try:
        return check(model.network, None, said).is_right
    except InputError:
        pytest.fail(f"not read: {said}")


def _slopes(name: str) -> tuple[Any, Any]:
    sigmoid = lambda t: 1 / (1 + math.exp(-t))  # noqa: E731
    return {
        "identity": (lambda t: t, lambda t: 1),
        "relu": (lambda t: max(t, 0 * t), lambda t: int(t > 0)),
        "sigmoid": (sigmoid, lambda t: sigmoid(t) * (1 - sigmoid(t))),
        "tanh": (math.tanh, lambda t: 1 - math.tanh(t) ** 2),
    }[name]


def _by_hand(question: Question) -> dict[str, Any]:
    """Forward and backward pass, written out with fractions or floats, for all activations but softmax."""
    number = Fraction if question.model.is_exact else float
    arrays = {
        n: np.vectorize(lambda v: number(Fraction(str(v))), otypes=[object])(np.array(v, dtype=object))
        for n, v in (question.given or {}).items()
    }
    a, last = arrays["x"], question.model.layers
    found: dict[str, Any] = dict(arrays)
    for layer, name in enumerate(question.model.activations, 1):
        z = arrays[f"W{layer}"] @ a + arrays[f"b{layer}"]
        a = np.array([_slopes(name)[0](t) for t in z], dtype=object)
        found |= {f"z{layer}": z, f"a{layer}": a}
    y = arrays["y"]
    if question.model.cost == "quadratic":
        found["C"] = np.array(sum((a - y) ** 2) / 2)
        error = a - y
    else:
        found["C"] = np.array(-sum(t * math.log(p) + (1 - t) * math.log(1 - p) for p, t in zip(a, y, strict=True)))
        error = np.array([(p - t) / (p * (1 - p)) for p, t in zip(a, y, strict=True)], dtype=object)
    for layer in range(last, 0, -1):
        slope = [_slopes(question.model.activations[layer - 1])[1](t) for t in found[f"z{layer}"]]
        delta = error * np.array(slope, dtype=object)
        before = found["x"] if layer == 1 else found[f"a{layer - 1}"]
        found |= {f"delta{layer}": delta, f"db{layer}": delta, f"dW{layer}": np.outer(delta, before)}
        error = arrays[f"W{layer}"].T @ delta
    return found


def _expected(answer: Answer, question: Question, values: dict[str, Any]) -> Any:
    if not answer.is_update:
        return values[answer.name][answer.place]
    rate = Fraction(str(question.rate)) if question.model.is_exact else float(question.rate)
    return values[answer.name][answer.place] - rate * values[f"d{answer.name}"][answer.place]


@pytest.mark.parametrize("kind", ["forward", "delta", "update"])
def test_numbers_against_a_pass_by_hand(kind: str) -> None:
    """Exactly where nothing is rounded, to the printed digits elsewhere."""
    seen = set()
    for question in questions(kind):
        if "softmax" in question.model.activations:
            continue
        seen.add(question.model.is_exact)
        values = _by_hand(question)
        for answer in question.answers:
            true, shown = _expected(answer, question, values), decimal(answer.number)
            if question.model.is_exact:
                assert Fraction(shown) == true
            else:
                assert float(shown) == pytest.approx(true, rel=6e-4, abs=1e-12)
    assert seen == {True, False}


def test_a_wrong_key_is_noticed() -> None:
    question = questions("update")[0]
    answer = question.answers[0]
    step = Decimal(decimal(answer.number)) + Decimal("0.01")
    other = replace(answer, number=Number(str(step), answer.number.digits))
    assert faults_of(1, replace(question, answers=(other, *question.answers[1:])))
    mistake = questions("mistake")[0]
    claims = tuple(replace(claim, is_right=True) for claim in mistake.claims)
    assert faults_of(1, replace(mistake, claims=claims))
    shapes = questions("shapes")[0]
    claims_of = tuple(replace(claim, shape=(7, 7)) for claim in shapes.shapes)
    assert len(faults_of(1, replace(shapes, shapes=claims_of))) == len(claims_of)


def test_every_slip_can_be_planted_and_is_a_slip() -> None:
    models = [
        model_of("2-3-2", ("tanh", "softmax"), "quadratic"),
        model_of("2-3-2", ("relu", "softmax"), "cross_entropy"),
        model_of("2-3-2", ("sigmoid", "sigmoid"), "binary_cross_entropy"),
        model_of("2-3-2", ("sigmoid", "sigmoid"), "quadratic"),
    ]
    for plant in SLIPS:
        slips = [(line, s) for model in models for line in derivation_lines(model) for s in plant(line)]
        wrong = [s for line, s in slips if judged(line.model, line.tensor, s.tree).kind == "wrong"]
        assert wrong, plant.__name__


def test_what_is_still_right_is_no_mistake() -> None:
    """Where W is one number, its transpose changes nothing, and is not planted."""
    model = model_of("1-1-1", ("sigmoid", "sigmoid"), "quadratic")
    for seed in range(40):
        (question,) = worksheet("1-1-1", ["mistake"], 1, seed).questions
        assert question.slip
        assert not faults_of(1, question)
    lines = {line.tensor.name: line for line in derivation_lines(model)}
    line: Line = lines["delta1"]
    (slip,) = SLIPS[0](line)
    assert slip.kind == "wrong transpose"
    assert judged(model, line.tensor, slip.tree).is_right


def test_a_row_times_a_column_of_one_entry_each_is_no_mistake() -> None:
    """δᵀ x is a number and δ xᵀ a 1×1 matrix: on paper they are the same."""
    for sizes, is_right in (("1-1-1", True), ("2-2-1", False)):
        model = model_of(sizes, ("sigmoid", "sigmoid"), "quadratic")
        delta, x = Leaf(model.tensor("delta1")), Leaf(model.tensor("x"))
        assert judged(model, model.tensor("dW1"), Product((Transposed(delta), x))).is_right is is_right


def test_the_softmax_jacobian_is_the_derivative() -> None:
    model = model_of("2-3", ("softmax",), "quadratic")
    line = derivation_lines(model)[0]
    assert judged(model, line.tensor, line.tree).is_right
    assert not judged(model, line.tensor, Leaf(model.tensor("da1"))).is_right


@pytest.mark.parametrize("format", ["text", "ascii", "markdown", "latex"])
def test_the_sheet_does_not_tell_the_answers(format: str) -> None:
    for sheet in two_hundred()[:12]:
        for question in sheet.questions:
            one = replace(sheet, questions=(question,))
            text, key = (write_worksheet(one, format, key=key) for key in (False, True))
            for answer in question.answers:
                shown = decimal(answer.number)
                # A short number may well be given for something else.
                if len(shown.lstrip("-0.")) >= 4 and question.kind != "delta":
                    assert shown not in text.replace("−", "-")
                    assert shown in key.replace("−", "-")
            if question.slip:
                assert question.slip not in text
                assert question.slip in key


def test_rounding_is_said_where_there_is_some() -> None:
    rounded = worksheet("2-2-1", ["forward"], 1, 3, ("sigmoid",), "quadratic")
    exact = worksheet("2-2-1", ["forward", "update"], 2, 3, ("relu", "identity"), "quadratic")
    assert "4 significant digits" in write_worksheet(rounded)
    assert "4 significant digits" in write_worksheet(rounded, key=True)
    assert "significant" not in write_worksheet(exact)
    assert "nothing has to be rounded" in write_worksheet(exact)
    assert "nothing" not in write_worksheet(worksheet("2-2-1", ["shapes"], 1))


def test_what_is_given_is_not_left_to_the_seed() -> None:
    for seed in range(10):
        sheet = worksheet("2-2-2", seed=seed, activation=("tanh",), cost="quadratic")
        assert {(q.model.activations, q.model.cost) for q in sheet.questions} == {(("tanh", "tanh"), "quadratic")}
    (question,) = worksheet("2-2-2", ["mistake"], 1, activation=("relu", "softmax")).questions
    assert question.model.activations == ("relu", "softmax")


def test_questions_of_a_sheet_differ() -> None:
    sheet = worksheet("2-2-1", ["mistake"], MOST_QUESTIONS, 1)
    assert len({content_of(q) for q in sheet.questions}) == MOST_QUESTIONS


def test_notation() -> None:
    sheet = worksheet("2-2-1", seed=2)
    text = write_worksheet(sheet, notation=Notation(cost="L", layers="bracket"))
    assert "∂L/∂W" in text
    assert "C" not in re.sub(r"Choose|Compute|Check", "", text.partition("Date:")[2]).replace("C.", "")
    with pytest.raises(InputError, match="vectors as columns"):
        write_worksheet(sheet, notation=Notation(examples="rows"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"architecture": "784-30-10"}, "23,860 parameters: a worksheet is for at most 30"),
        ({"architecture": "n0-n1"}, "sizes that are numbers"),
        ({"architecture": "n0-...-nL"}, "sizes that are numbers"),
        ({"kinds": ["forwrd"]}, "unknown kind 'forwrd'.*'forward'"),
        ({"kinds": []}, "no kind of question"),
        ({"questions": 0}, "0 questions"),
        ({"questions": 31}, "1 to 30"),
        ({"activation": ("f",)}, "undefined function"),
        ({"activation": ("nothing",)}, "unknown activation"),
        ({"cost": "nothing"}, "unknown cost"),
        ({"cost": "exp(a)"}, "a cost with the targets y in it"),
        ({"seed": -1}, "bad seed -1"),
    ],
)
def test_refusals(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        worksheet(**{"architecture": "2-2-1", **given})


def test_an_unknown_format() -> None:
    with pytest.raises(InputError, match="unknown format 'txt'"):
        write_worksheet(worksheet("2-2-1", ["shapes"], 1), "txt")


@needs_tex
@pytest.mark.parametrize(("architecture", "seed"), [("2-2-1", 7), ("2-3-2", 5), ("4-3-3", 1)])
def test_latex_compiles(architecture: str, seed: int) -> None:
    sheet = worksheet(architecture, seed=seed)
    for key in (False, True):
        said = complaints(write_worksheet(sheet, "latex", key=key))
        assert not said.wide
        assert not said.undefined
        assert not said.high


def functions_in_the_legend(sheet, format):
    head = write_worksheet(sheet, format).partition("Forward pass")[0].partition("Functions:")[2]
    found = re.findall(r"(σ|sigma|tanh|relu)\W*?(['′]?)\(t\)\s+=", head.replace(r"\nolimits", ""))
    return {(name.replace("sigma", "σ"), bool(prime)) for name, prime in found}


@pytest.mark.parametrize("seed", range(8))
def test_the_legend_has_the_functions_that_are_used_and_no_others(seed):
    sheet = worksheet("2-2-1", seed=seed)
    questions = write_worksheet(sheet).partition("1. Forward pass")[2]
    shown = questions + write_worksheet(sheet, key=True).partition("1. Forward pass")[2]
    legend = functions_in_the_legend(sheet, "text")
    slopes = {name for name in ("σ", "tanh", "relu") if f"{name}′" in shown}
    assert {name for name, is_slope in legend if is_slope} == slopes
    for format in ("ascii", "markdown", "latex"):
        assert functions_in_the_legend(sheet, format) == legend


def test_the_legend_of_seed_7():
    head = write_worksheet(worksheet("2-2-1", seed=7), "text").partition("1. Forward pass")[0]
    assert "σ′(t) = σ(t)(1 − σ(t))" in " ".join(head.split())
    assert "σ(t) =" in head
    assert "tanh" not in head
