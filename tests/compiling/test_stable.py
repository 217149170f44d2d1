"""Stable rewritings: each rule is proved, and reaches what users write; they can be read, and left out."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import mpmath
import numpy as np
import pytest
from sympy import Abs, Expr, Sum, Symbol, exp, log, sign
from sympy import tanh as sympy_tanh

import symnn
from symnn.calculus.canonical import canonical
from symnn.compiling import compile_program
from symnn.compiling.matching import written
from symnn.compiling.rules import (
    RULES,
    Apart,
    Distributed,
    Logit,
    LogShare,
    OverShares,
    Rule,
    c,
    g,
    k,
    label,
    m,
    n,
    p,
    r,
    steep,
    u,
    v,
    w,
    y,
)
from symnn.compiling.stable import stable
from symnn.language import (
    NAMED,
    Equation,
    LogSumExp,
    Program,
    fresh_index,
    index,
    prime,
    substitute,
    sum_over,
    tensor,
    transform,
)
from symnn.language.functions import expm1, log1p, log_sigmoid
from symnn.proof import Checker, evaluate

sigmoid, softplus, tanh = NAMED["sigmoid"], NAMED["softplus"], NAMED["tanh"]
j, i = index("j", 3), index("i", 3)
z, t, q, L = tensor("z", 3, role="input"), tensor("t", 3, role="target"), tensor("q", 3), tensor("L")
C, S, E, P = tensor("C"), tensor("S"), tensor("E", 3), tensor("P", 3)


# Each rule is an equation


def instances(rule: Rule) -> list[dict[Any, Any]]:
    """Return meanings of a rule's letters: entries of one program, and every exponent."""
    meaning = {u: z[j] - t[j] / 2, v: 2 * z[k], w: z[j], c: t[j] * z[j], p: q[j], k: (k,)}
    meaning |= dict.fromkeys((y, label, g, steep), t[j])
    if isinstance(rule.before, log) and rule.before.has(Sum):
        meaning[u] = 2 * z[k]
    if rule.where is not None:
        letter, definition = rule.where
        meaning[letter] = filled(definition, meaning)
    return [meaning | {m: a, n: b, r: -a} for a, b in itertools.product((1, 2, 3), (1, 2))]


def filled(form: Expr, meaning: dict[Any, Any]) -> Expr:
    def said(part: Any) -> Any:
        if isinstance(part, Apart):
            return transform(part.args[0], said)
        if isinstance(part, Logit):
            return z[j]
        if isinstance(part, LogShare):
            return z[j] - L
        if isinstance(part, Distributed):
            return transform(part.args[0], said)
        other = fresh_index(j)
        body = transform(part.args[0], said) if isinstance(part, OverShares) else None
        return None if body is None else sum_over(substitute(body, {j: other}), [other])

    return transform(written(form, meaning), said)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.before))
def test_each_rule_is_proved(rule: Rule) -> None:
    shares = [Equation(L, LogSumExp(z[i], i)), Equation(q[j], exp(z[j] - L))]
    program = Program([*shares, Equation(C, Sum(q[j] * t[j], j))])
    checker = Checker(program, "C")
    for meaning in instances(rule):
        before, after = filled(rule.before, meaning), filled(rule.after, meaning)
        assert before != after or rule.before == log(exp(u), evaluate=False)  # that one SymPy knows too
        verdict = checker.equal(substitute(before, {k: i}), substitute(after, {k: i}), (j,))
        assert verdict.is_right, f"{before} = {after}: {verdict}"


def test_a_wrong_rule_is_found_out() -> None:
    checker = Checker(Program([Equation(C, Sum(z[j] * t[j], j))]), "C")
    assert not checker.equal(log(sigmoid(z[j])), -softplus(z[j]), (j,)).is_right


# What users write


def rewritten(right: Expr, *before: Equation) -> Expr:
    """Return what becomes of the right side of an equation after others."""
    left = tensor("left", 3)[j] if right.has(j) or any(e.tensor.rank for e in before) else tensor("left")
    return stable(Program([*before, Equation(left, right)]))[0].equations[-1].right


plain = 1 / (1 + exp(-z[j]))
named = Equation(q[j], sigmoid(z[j]))
exponentials = Equation(E[j], exp(-z[j]))
softmax = (Equation(L, LogSumExp(z[i], i)), Equation(P[j], exp(z[j] - L)))
by_hand = (Equation(S, Sum(exp(z[i]), i)), Equation(P[j], exp(z[j]) / S))


@pytest.mark.parametrize(
    ("right", "before", "expected"),
    [
        (log(sigmoid(z[j])), (), -softplus(-z[j])),
        (log(1 - sigmoid(z[j])), (), -softplus(z[j])),
        (log(q[j]), (named,), -softplus(-z[j])),
        (log(1 - q[j]), (named,), -softplus(z[j])),
        (log(plain), (), -softplus(-z[j])),
        (log(1 - plain), (), -softplus(z[j])),
        (log(1 / (1 + E[j])), (exponentials,), -softplus(-z[j])),
        (log(1 + exp(2 * z[j])), (), softplus(2 * z[j])),
        (log(1 + z[j] ** 2), (), log1p(z[j] ** 2)),
        (3 * exp(z[j]) - 3, (), 3 * expm1(z[j])),
        (1 - sigmoid(z[j]), (), sigmoid(-z[j])),
        (t[j] * q[j] - t[j], (named,), -t[j] * sigmoid(-z[j])),
        (1 - 2 * sigmoid(z[j]), (), -tanh(z[j] / 2)),
        (1 - tanh(z[j]) ** 2, (), prime(tanh)(z[j])),
        (2 - 2 * sympy_tanh(z[j]) ** 2, (), 2 * prime(tanh)(z[j])),
        (exp(-z[j]) / (1 + exp(-z[j])) ** 2, (), sigmoid(-z[j]) * sigmoid(z[j])),
        (exp(-4 * z[j]) / (1 + exp(-2 * z[j])) ** 3, (), sigmoid(-2 * z[j]) ** 2 * sigmoid(2 * z[j])),
        (q[j] - t[j], (named,), q[j] * (1 - t[j]) - sigmoid(-z[j]) * t[j]),
        (2 * q[j] - 2 * t[j], (named,), 2 * q[j] * (1 - t[j]) - 2 * sigmoid(-z[j]) * t[j]),
        (1 - t[j] * q[j], (named,), q[j] * (1 - t[j]) + sigmoid(-z[j])),
        (
            1 - t[j] * tanh(z[j]),
            (),
            tanh(z[j]) * (sign(z[j]) - t[j]) + 2 * sigmoid(-2 * Abs(z[j])),
        ),
        (log(P[j]), softmax, z[j] - L),
        (log(P[j]), by_hand, z[j] - LogSumExp(z[i], i)),
        (log(Sum(exp(z[i]), i)), (), LogSumExp(z[i], i)),
        (q[j] - z[j], (named,), q[j] - z[j]),
        (log(2 + z[j]), (), log(2 + z[j])),
    ],
)
def test_rewritings_reach_what_users_write(right: Expr, before: tuple[Equation, ...], expected: Expr) -> None:
    found = rewritten(right, *before)
    assert canonical(found) == canonical(expected)


def test_cross_entropies_by_hand_have_the_slopes_of_a_textbook() -> None:
    cost = -Sum(t[j] * log(plain) + (1 - t[j]) * log(1 - plain), j)
    function = symnn.gradient(Program([Equation(C, cost)]), wrt=["z"]).compile()
    far = np.array([-1e4, 0.0, 1e4])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, slopes = function(z=far, t=[1.0, 1.0, 0.0])
    assert value == pytest.approx(2e4 + np.log(2))
    np.testing.assert_array_equal(slopes["z"], [-1.0, -0.5, 1.0])


def test_softmax_by_hand_is_finite_far_out() -> None:
    program = Program([*by_hand, Equation(C, -Sum(t[j] * log(P[j]), j))])
    function = symnn.gradient(program, wrt=["z"]).compile()
    for far in ([1e4, 0.0, -1e4], [-1e4, -9e3, -1e4]):
        value, slopes = function(z=far, t=[0.0, 0.0, 1.0])
        assert np.isfinite(value)
        assert np.isfinite(slopes["z"]).all()
        assert abs(slopes["z"].sum()) < 1e-12


@pytest.mark.parametrize("backend", ["numpy", "numba", "jax"])
def test_a_residual_keeps_its_digits_where_it_is_small(backend: str) -> None:
    if backend != "numpy":
        pytest.importorskip(backend)
    net = symnn.mlp("1-1", "sigmoid", "binary_cross_entropy")
    function = net.gradient().compile(backend=backend)
    for far in (40.0, 80.0, 300.0):
        for target, side in ((1.0, 1), (0.0, -1)):
            found = function({"W1": [[side]], "b1": [0.0]}, [far], [target])[1]["b1"][0]
            with mpmath.workdps(200):
                exact = -side * mpmath.exp(-far) / (1 + mpmath.exp(-far))
            assert found == pytest.approx(float(exact), rel=1e-14)


@pytest.mark.parametrize("shares", [[0.0, 1.0, 0.0], [0.2, 0.5, 0.3]], ids=["one class", "a distribution"])
def test_the_residual_after_softmax_is_right_for_all_targets(shares: list[float]) -> None:
    net = symnn.mlp("1-3", "softmax", "cross_entropy")
    given = {"W1": np.zeros((3, 1)), "b1": np.array([0.3, 60.0, -1.0])}
    found = net.gradient().compile()(given, [[0.0]], [shares])[1]["b1"]
    exact = evaluate(net.gradient().batched, {**given, "x": [[0.0]], "y": [shares]}, "mpmath")["db1"]
    # With targets between 0 and 1, a − y is a difference of what is there: its digits are those of a and y.
    tolerance = {"rtol": 1e-14} if 1.0 in shares else {"rtol": 0, "atol": 1e-16}
    np.testing.assert_allclose(found, exact.astype(float), **tolerance)


@pytest.mark.parametrize("backend", ["numpy", "numba", "jax", "torch"])
@pytest.mark.parametrize("cost", ["quadratic", "mean_squared_error", "(a - y)^4", "sum(y[j]*a[j]^2, j)"])
def test_the_slopes_of_softmax_keep_their_digits_where_a_class_is_certain(cost: str, backend: str) -> None:
    """p_j (g_j − Σₖ p_k g_k) to 200 digits, with shares down to e⁻²⁰⁰, for costs that know nothing of softmax."""
    if backend != "numpy":
        pytest.importorskip(backend)
    gradient = symnn.mlp("1-4", "softmax", cost).gradient()
    function = gradient.compile(backend=backend)
    for far in (0.0, 3.0, 20.0, 60.0, 200.0):
        for target in ([0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]):
            bias = np.array([0.0, far, -1.0, -far])
            found = function({"W1": np.zeros((4, 1)), "b1": bias}, [0.0], target)[1]["b1"]
            with mpmath.workdps(600):
                exact = slopes_by_hand(cost, bias, target)
            np.testing.assert_allclose(found, exact, rtol=1e-13, atol=1e-300)


def slopes_by_hand(cost: str, bias: Any, target: list[float]) -> list[float]:
    powers = [mpmath.exp(float(b)) for b in bias]
    shares = [power / sum(powers) for power in powers]
    by_share: dict[str, Any] = {
        "quadratic": lambda a, y: a - y,
        "mean_squared_error": lambda a, y: (a - y) / 2,
        "(a - y)^4": lambda a, y: 4 * (a - y) ** 3,
        "sum(y[j]*a[j]^2, j)": lambda a, y: 2 * y * a,
    }
    slopes = [by_share[cost](a, y) for a, y in zip(shares, target, strict=True)]
    mean = sum(a * s for a, s in zip(shares, slopes, strict=True))
    return [float(a * (s - mean)) for a, s in zip(shares, slopes, strict=True)]


def test_a_mean_that_is_not_of_these_slopes_is_left_alone() -> None:
    program = Program([*softmax, Equation(C, -Sum(P[i] * z[i], i)), Equation(S, -Sum(P[i] * t[i], i))])
    for total, is_changed in ((C, False), (S, True)):
        right = P[j] * t[j] + P[j] * total
        left = Equation(tensor("left", 3)[j], right)
        found = stable(Program([*program, left]))[0].equations[-1].right
        assert (found != right) is is_changed


# What can be read, and turned off


def test_what_was_rewritten_is_shown_with_its_reason() -> None:
    compiled = symnn.mlp("2-3-1").gradient().compile().compiled
    text = compiled.rewritten_text()
    assert "δ⁽²⁾ₙⱼ = (a⁽²⁾ₙⱼ − yₙⱼ) σ′(z⁽²⁾ₙⱼ)\n  becomes ((1 − yₙⱼ) a⁽²⁾ₙⱼ − yₙⱼ σ(−z⁽²⁾ₙⱼ)) σ′(z⁽²⁾ₙⱼ)\n" in text
    assert text.endswith("  (of a − y few digits are left where a is near y = 1)")
    first = compiled.source.splitlines()[:3]
    assert first[0] == "# Rewritten so that digits are kept:"
    assert first[2].startswith("#   becomes 1/(2m) sum_{j,n} ((1 - y[n,j]) a2[n,j] - y[n,j] sigma(-z2[n,j]))^2")
    assert compile_program(Program([Equation(C, Sum(z[j] ** 2, j))]), ["C"]).source.startswith("import numpy")


def test_without_rewritings_a_class_sees_what_goes_wrong() -> None:
    program = Program([Equation(C, log(sigmoid(tensor("s", (), role="input"))))])
    kept, lost = compile_program(program, ["C"]), compile_program(program, ["C"], stable=False)
    with np.errstate(all="ignore"):
        assert (kept(s=-1000.0)["C"], lost(s=-1000.0)["C"]) == (-1000.0, -np.inf)
        assert kept(s=1.0)["C"] == pytest.approx(lost(s=1.0)["C"])
    assert not lost.rewritings
    assert "np.log(1/(1 + np.exp(-s)))" in lost.source


@pytest.mark.parametrize("name", NAMED)
def test_without_rewritings_every_function_is_its_formula(name: str) -> None:
    net = symnn.mlp("2-3-2", [name, "softmax"], "cross_entropy")
    given = net.initial_parameters(seed=1)
    kept, lost = (net.gradient().compile(stable=flag)(given, [[0.3, -0.8]], [[0.0, 1.0]]) for flag in (True, False))
    assert lost[0] == pytest.approx(kept[0], rel=1e-12)
    for parameter, slope in kept[1].items():
        np.testing.assert_allclose(lost[1][parameter], slope, rtol=1e-10, atol=1e-13)


def test_log_sigmoid_is_written_and_differentiated_as_in_a_textbook() -> None:
    s = Symbol("t", real=True)
    assert log_sigmoid(s).diff(s) == 1 - sigmoid(s)
    text = symnn.mlp("2-3-1", ["log_sigmoid", "sigmoid"]).gradient().text()
    assert "a⁽¹⁾ = log σ(z⁽¹⁾)" in text
    assert "δ⁽¹⁾       = (W⁽²⁾)ᵀ δ⁽²⁾ ⊙ (1 − σ(z⁽¹⁾))" in text
    assert log1p(s).diff(s) == 1 / (1 + s)
    assert expm1(s).diff(s) == exp(s)
