"""Formulas derived by hand are judged as mathematics says; the slip is named."""

from __future__ import annotations

import numpy as np
import pytest
from teaching.formulas_by_hand import RIGHT, SUBJECTS, WRONG

import symnn
from symnn.errors import InputError
from symnn.teaching.checking import check


def judged(subject, wrt, formula):
    given, options = SUBJECTS[subject]
    return check(given, wrt, formula, **options)


def test_there_are_forty_of_each():
    assert len(set(RIGHT)) >= 40
    assert len({row[:3] for row in WRONG}) >= 40


@pytest.mark.parametrize(("subject", "wrt", "formula"), RIGHT)
def test_right_formulas_are_accepted(subject, wrt, formula):
    found = judged(subject, wrt, formula)
    assert found.is_right, found.text()
    assert found.text().startswith("right: ")
    assert found.shapes[0] == found.shapes[1]


@pytest.mark.parametrize(("subject", "wrt", "formula", "kind"), WRONG)
def test_wrong_formulas_are_refused_and_the_slip_is_named(subject, wrt, formula, kind):
    found = judged(subject, wrt, formula)
    assert not found.is_right
    assert found.text().startswith("wrong: ")
    assert (None if found.slip is None else found.slip.kind) == kind


@pytest.mark.parametrize(("subject", "wrt", "formula", "kind"), [row for row in WRONG if row[3] is not None])
def test_what_is_suggested_is_right(subject, wrt, formula, kind):
    suggested = judged(subject, wrt, formula).slip.formula
    head = formula.partition(" = ")[0] + " = " if "[" in formula else ""
    assert judged(subject, wrt, head + suggested).is_right


def test_a_counterexample_is_true():
    found = check("2-3-1", "b1", "W2'*delta2").first_wrong.counterexample
    W2 = np.array([float(n) for n in found.given["W2"].strip("()").split(", ")])
    delta2 = float(found.given["delta2"].strip("()"))
    assert found.yours == pytest.approx(W2[found.entry[0] - 1] * delta2, rel=1e-3)
    assert abs(found.yours) > abs(found.right) > 0


def test_shapes_are_told_where_they_differ_and_where_they_do_not_fit():
    assert check("2-3-1", "W1", "x*delta1'").shapes == ("3×2", "2×3")
    found = check("2-3-1", "W1", "delta1 * x")
    assert found.shapes == ("3×2", None)
    assert "shapes cannot agree: 'delta1' is 3×1 and 'x' is 2×1" in found.text()
    assert check("n0-n1-n2", "W1", "delta1").shapes == ("n1×n0", "n1")


LINES = """
# backward
delta2 = (a2 - y) .* sigmoid'(z2)
dW2 = delta2 * a1'          # right
e = W2' * delta2            # a name of my own
dC/dz1 = e .* (1 - a1)
dW1 = delta1 * x'
    = (x*delta1')'
"""


def test_the_first_wrong_line_is_named():
    found = check("2-3-1", None, LINES)
    assert [line.verdict in ("exact", "digits") for line in found.lines] == [True, True, False, False, True, True]
    assert found.lines[2].verdict == "definition"
    assert found.first_wrong.number == 6
    assert "line 6 is the first wrong one; in themselves right: 7, 8" in found.text()
    assert found.slip.kind == "derivative"
    assert check("2-3-1", None, LINES.replace("(1 - a1)", "sigma'(z1)")).is_right


def test_each_line_is_judged_with_true_values():
    found = check("2-3-1", None, "delta2 = a2 - y\ndW2 = delta2*a1'")
    assert [line.is_right for line in found.lines] == [False, True]


def test_a_name_of_ones_own_may_be_by_entries():
    found = check("n0-n1-n2", None, "e[j] = sum(W2[i, j]*delta2[i], i)\nb = e .* sigmoid'(z1)\ndb1 = b")
    assert found.is_right
    assert found.text().endswith("the line is right")


def test_a_chain_may_stand_on_one_line():
    assert check("2-3-1", "b1", "db1 = W2'*delta2 .* sigmoid'(z1) = delta1").is_right
    found = check("2-3-1", "b1", "db1 = W2'*delta2 = delta1")
    assert [line.is_right for line in found.lines] == [False, True]


def test_a_derivation_that_does_not_arrive_is_not_right():
    found = check("2-3-1", "W1", "delta2 = (a2 - y) .* sigmoid'(z2)\ndb2 = delta2")
    assert found.first_wrong is None
    assert not found.is_right
    assert found.text().endswith("no line says what ∂C/∂W⁽¹⁾ is")


def test_what_names_itself_says_nothing():
    for formula in ("dW1", "dW1 + 0*W1", "2*dW1 - dW1"):
        assert "says nothing" in check("2-3-1", "W1", formula).text()
    assert "says nothing" in check("2-3-1", "z1", "delta1").text()


def test_subjects_of_every_kind():
    net = symnn.mlp("2-3-1")
    assert symnn.check(net, "W1", "delta1*x'").is_right
    assert symnn.check(net.gradient(), "W1", "delta1*x'").is_right
    assert symnn.check(net.program, "W1", "delta1*x'").is_right
    own = symnn.parse_program("input x: n\nparameter w: n\ns = w'*x\nC = log(1 + exp(s))")
    assert symnn.check(own, "w", "sigmoid(s)*x").is_right
    assert symnn.check(symnn.diff("x'*A*x", wrt="x"), "x", "A*x + A'*x").is_right


def test_large_networks_take_no_longer_than_one_can_wait():
    assert check("784-30-10", "W1", "delta1*x'").is_right


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("foo*2", "unknown name 'foo'"),
        ("delta1 *", "the formula ends where"),
        ("", "there is no line in it to check"),
        ("# nothing", "there is no line in it to check"),
        ("delta1[j]*x[k]", "unknown index"),
        ("dW1[j] = delta1[j]", "'dW1' has shape 3×2, and is given 1 indices"),
        ("dW1[j, j] = delta1[j]*x[j]", "the left side needs distinct indices"),
        ("db1 = delta1", "'db1' is not the derivative that is asked for, 'dW1'"),
        ("W1 + 1 = 2", "cannot stand on the left"),
        ("dW1 = ", "something is missing beside '='"),
        ("= delta1", "there is none with a left side"),
        ("e = a2 - y", "there is nothing to check"),
        ("dL/dW1 = delta1*x'", "'L' is not what is differentiated"),
        ("delta3 = a2 - y", "unknown name 'delta3' (did you mean 'delta"),
        ("delta1*x'\ndelta1", "a left side is missing"),
        ("a2(z1)", "for a product write a2*(…)"),
        ("__import__(x)", "unknown function '__import__'"),
        ("x" * 3000, "a formula of 3000 characters"),
        ("b1\n" * 30_000, "characters (accepted: at most 50000)"),
        ("db1 = delta1\n" * 300, "more than 200 lines"),
        ("e = delta1 * x\ndb1 = e", "shapes cannot agree"),
        ("sigmoid = 3\ndb1 = delta1", "is a word of the grammar"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(formula, said):
    with pytest.raises(InputError) as caught:
        check("2-3-1", "W1", formula)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("subject", "wrt", "said"),
    [("2-3-1", "W9", "there is no ∂C/∂W9"), ("2", "W1", "no variable 'W1'"), (3, "W1", "cannot check a int"),
     ("2-3-1", "C", "there is no ∂C/∂C")],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(subject, wrt, said):
    with pytest.raises(InputError) as caught:
        check(subject, wrt, "delta1*x'")
    assert said in str(caught.value)
