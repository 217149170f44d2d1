"""The expression parser: what it reads, and that everything else gets one clear line and is never run."""

from __future__ import annotations

import builtins
import os
import time
from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, Sum, exp, sqrt

from symnn.errors import ParseError
from symnn.language import NAMED, LogSumExp, Maximum, index, parse_expression, sizes, tensor, undefined_function
from symnn.language.parser import FUNCTIONS

n = sizes("n")
j, k = index("j", n), index("k", 3)
a, y, W = tensor("a", n), tensor("y", n), tensor("W", (n, 3))
t, s, f = tensor("t"), tensor("s"), undefined_function("f")
NAMES: dict[str, Any] = {"a": a, "y": y, "W": W, "t": t, "s": s, "j": j, "k": k, "n": n, "f": f}


def message(text: Any) -> str:
    with pytest.raises(ParseError) as caught:
        parse_expression(text, NAMES)
    found = str(caught.value)
    assert len(found.splitlines()) == 1
    assert len(found) < 500
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1", Rational(1, 10)),
        ("1e-3*t", t / 1000),
        (".5", Rational(1, 2)),
        ("2.", Rational(2)),
        ("-t^2", -(t**2)),
        ("-t**2^3", -(t**8)),
        ("2*-t", -2 * t),
        ("t^-2", t**-2),
        ("1 - s - t + 2", 3 - s - t),
        ("t/s/2", t / s / 2),
        ("t/(s*2)", t / s / 2),
        ("t - (s - 1)", t - s + 1),
        ("2^3 + t^2*s", 8 + t**2 * s),
        ("\t t +\t1 ", t + 1),
        ("sqrt(2*pi)", sqrt(2 * sympy.pi)),
        ("max(0, t) + min(t, s, 1)", sympy.Max(0, t) + sympy.Min(t, s, 1)),
        ("abs(t)*sign(s)", abs(t) * sympy.sign(s)),
        ("f(f(t))", f(f(t))),
        ("n*t", n * t),
        ("sum((a[j]-y[j])^2, j)/2", Sum((a[j] - y[j]) ** 2, j) / 2),
        ("Sum(W[j,k]*a[j], j, k)", Sum(W[j, k] * a[j], j, k)),
        ("sum(t, j)", n * t),
        ("sum(a[j], j, k)", 3 * Sum(a[j], j)),
        ("logsumexp(W[j,k], k)", LogSumExp(W[j, k], k)),
        ("maximum(W[j,k], j, k)", Maximum(W[j, k], j, k)),
        ("a[n - 1 - j] + a[2*j + 1] + a[0]", a[n - 1 - j] + a[2 * j + 1] + a[0]),
        ("a[j] - logsumexp(a[j], j)", a[j] - LogSumExp(a[j], j)),
    ],
)
def test_what_is_read(text: str, expected: Any) -> None:
    assert parse_expression(text, NAMES) == expected


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"max", "min"}))
def test_every_known_function_is_read(name: str) -> None:
    assert parse_expression(f"{name}(t)", NAMES) == FUNCTIONS[name](t)


def test_named_functions_are_symnn_s_own() -> None:
    assert parse_expression("tanh(t)", NAMES) == NAMED["tanh"](t)
    assert parse_expression("exp(-t)", NAMES) == exp(-t)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "cannot read '': there is no formula in it"),
        (" \t", "cannot read ' \\t': there is no formula in it"),
        ("t + q", "cannot read 't + q' at column 5: unknown name 'q' (accepted: a, y, W, t, s, j, k, n, f, pi)"),
        ("  sigmod(t)", "at column 3: unknown function 'sigmod' (did you mean 'sigmoid'?)"),
        ("t^2 + q", "at column 7: unknown name 'q'"),
        ("a", "'a' has 1 axis: write an entry, such as a[j]"),
        ("W", "'W' has 2 axes: write an entry, such as W[j, k]"),
        ("W[j]", "'W' has 2 axes, and is given 1 indices"),
        ("b[j]", "unknown tensor 'b' (accepted: a, y, W)"),
        ("t[0]", "'t' has no axes, so that it takes no brackets"),
        ("a[i]", "unknown index 'i' (accepted: j, k, n)"),
        ("a[t]", "unknown index 't'"),
        ("a[j*j]", "'j*j' is no index such as j, j + p, 2*j or n - 1 - j"),
        ("a[j/2]", "'j/2' is no index"),
        ("a[0.5]", "'0.5' is no index"),
        ("a[j][k]", "'a[j][k]' is not an entry of a tensor"),
        ("j*t", "index 'j' may only stand in brackets, as in x[j], or end a sum"),
        ("f", "'f' is not a quantity"),
        ("exp", "'exp' is a function: write exp(…)"),
        ("exp(t, s)", "exp takes one argument, and is given 2"),
        ("max(t)", "max takes at least two arguments, and is given 1"),
        ("sum(a[j])", "sum takes a formula and the index to reduce over, as in sum(x[j], j)"),
        ("sum(a[j], t)", "'t' is not an index to reduce over (accepted: j, k)"),
        ("sum(a[j], j, j)", "'j' is not an index to reduce over"),
        ("f(t)(t)", "'f(t)' is not a known function"),
        ("exp(*t)", "exp(…) takes plain arguments only"),
        ("t, s", "a comma where none belongs: one formula is accepted"),
        ("t t", "at column 3: invalid syntax"),
        ("(t", "at column 1: '(' was never closed"),
        ("t)", "at column 2: unmatched ')'"),
        ("1/0", "at column 3: division by zero"),
        ("t/(s - s)", "division by zero"),
        ("0**-1", "division by zero"),
        ("sqrt(-1)", "'sqrt(-1)' is not a real number"),
        ("log(0)", "'log(0)' is not a real number"),
        ("1j", "'1j' is not a number such as 2, 0.5 or 1e-3"),
        ("0x1F", "'0x1F' is not a number"),
        ("1_000", "'1_000' is not a number"),
        ("1e400", "'1e400' is not a number"),
        ("t < s", "at column 3: unexpected character '<'; accepted: numbers, names, + - * / ** ( )"),
        ("t\x00", "at column 2: unexpected character '\\x00'"),
        ("t\nt", "at column 2: unexpected character '\\n'"),
        ("σ(t)", "at column 1: unexpected character 'σ'"),
        ("t // s", "'t // s' is not accepted"),
        ("t.real", "'t.real' is not accepted"),
        ("[t]", "'[t]' is not accepted"),
        ("t if t else s", "'t if t else s' is not accepted"),
        ("not t", "'not t' is not accepted"),
    ],
)
def test_what_is_refused(text: str, problem: str) -> None:
    assert problem in message(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("(" * 100_000, "100000 characters (accepted: at most 2000)"),
        ("(" * 1_999, "more than 50 brackets inside each other"),
        ("(" * 51 + "t" + ")" * 51, "more than 50 brackets inside each other"),
        ("-" * 1_999 + "t", "more than 50 operations inside each other"),
        ("**".join("t" * 600), "more than 50 operations inside each other"),
        ("9" * 1_999, "is not a number such as 2, 0.5 or 1e-3 of at most 40 characters"),
        ("9**9**9**9", "a number above 100 in an exponent"),
        ("t^(9^9)", "a number above 100 in an exponent"),
        ("(2*t)^(10^9)", "a number above 100 in an exponent"),
        ("((t^99)^99)^99", "a number above 100 in an exponent"),
        ("exp(log(2)*10^9)", "a number above 100 in an exponent"),
        ("exp(t + log(2*t)*10^9)", "a number above 100 in an exponent"),
        ("2^(log(3)/log(2)*10^9)", "a number above 100 in an exponent"),
        ("exp(exp(exp(9)))", "'exp(exp(9))' is too large, or no real number"),
        ("max(exp(exp(5)), 2)", "'exp(exp(5))' is larger than 1e+60"),
        ("99^99*99^99", "'99**99' has more digits than are accepted"),
        (f"max({','.join(f't*{i}' for i in range(200))})", "more than 12 arguments of max and min"),
        ("t" * 1_999, "unknown name 'ttt"),
        ("a[" + "-" * 900 + "j]", "more than 50 operations inside each other"),
        ("+".join(["t"] * 900) + "+q", "unknown name 'q'"),
    ],
)
def test_texts_that_would_take_for_ever(text: str, problem: str) -> None:
    start = time.monotonic()
    assert problem in message(text)
    assert time.monotonic() - start < 2


def test_a_long_chain_is_not_a_deep_one() -> None:
    assert parse_expression("+".join(["t"] * 900), NAMES) == 900 * t
    assert parse_expression("+".join(f"{i}*t*s" for i in range(200)), NAMES) == 19_900 * t * s


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch /tmp/run')",
        "__import__(t)",
        "eval(t)",
        "exec(t)",
        "open(t)",
        "print(t)",
        "().__class__.__bases__[0]",
        "t.__class__",
        "t.diff(t)",
        "lambda: t",
        "(lambda t: t)(t)",
        "[t for t in a]",
        "f'{t}'",
        "t := 1",
        "getattr(t, s)",
        "__builtins__",
        "sympy.exp(t)",
        "exp(t).subs(t, s)",
        "{t}",
        "a[j:k]",
        "a[...]",
        "yield t",
        "await t",
        "None",
        "True",
        "...",
        "Symbol(t)",
        "Integer(2)",
        "diff(t)",
    ],
)
def test_text_that_would_run_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = ""
    with monkeypatch.context() as patched:
        for name in ("eval", "exec", "open", "print"):
            patched.setattr(builtins, name, _forbidden)
        patched.setattr(os, "system", _forbidden)
        try:
            parse_expression(text, NAMES)
        except ParseError as error:
            found = str(error)
    assert found.startswith("cannot read ")
    assert len(found.splitlines()) == 1


def _forbidden(*_: Any, **__: Any) -> None:
    raise AssertionError("text was run")


@pytest.mark.parametrize("thing", [None, 5, b"t", ["t"]])
def test_only_text_is_read(thing: Any) -> None:
    assert "a formula is text" in message(thing)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="tsajkWnf0123.+-*/^()[], expmaxlogsu_σ'\x00", max_size=40) | st.text(max_size=20))
def test_no_text_raises_anything_but_a_parse_error(text: str) -> None:
    try:
        parse_expression(text, NAMES)
    except ParseError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017


_PIECES = st.recursive(
    st.sampled_from(["t", "s", "a[j]", "2", "0.5", "pi", "W[j,k]", "10^9", "-1"]),
    lambda inner: st.tuples(
        st.sampled_from(["({}+{})", "({}*{})", "({}^{})", "({}/{})", "exp({}-{})", "log({}*{})", "max({},{})"]),
        inner,
        inner,
    ).map(lambda parts: parts[0].format(*parts[1:])),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(_PIECES)
def test_no_formula_takes_long_or_raises_anything_but_a_parse_error(text: str) -> None:
    start = time.monotonic()
    try:
        parse_expression(text, NAMES)
    except ParseError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017
    assert time.monotonic() - start < 5
