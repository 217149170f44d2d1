"""Unification of axes, and the shapes of formulas."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import Integer

from symnn.language import parse_formula, sizes
from symnn.language.axes import ONE, Axes, Unknown
from symnn.language.vocabulary import default_rank

n, m = sizes("n m")
TWO, THREE, SIX = map(Integer, (2, 3, 6))


def test_an_unknown_becomes_what_it_meets() -> None:
    axes, unknown = Axes(), Unknown()
    assert axes.unify(unknown, n)
    assert axes.resolve(unknown) == n
    assert not axes.unify(unknown, m)


def test_the_axis_of_a_name_is_never_one() -> None:
    axes = Axes()
    assert not axes.unify(Unknown(), ONE)
    assert axes.unify(Unknown(may_be_one=True), ONE)


def test_what_may_be_one_yields_to_what_may_not() -> None:
    axes, loose, firm = Axes(), Unknown(may_be_one=True), Unknown()
    assert axes.unify(firm, loose)
    assert axes.resolve(loose) is firm


def test_an_axis_is_no_part_of_itself() -> None:
    axes, unknown = Axes(), Unknown()
    assert not axes.unify(unknown, (unknown, n))


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ((n, m), (n, m), True),
        ((n, ONE), n, True),
        (((n, m), n), (n, (m, n)), True),
        ((n, m), n * m, True),
        ((TWO, THREE), SIX, True),
        ((TWO, THREE), (THREE, TWO), True),
        ((n, m), n, False),
        ((TWO, THREE), Integer(5), False),
    ],
)
def test_grouped_axes(one: Any, other: Any, agree: bool) -> None:
    assert Axes().unify(one, other) is agree


def test_one_unknown_of_a_group_is_found_from_its_size() -> None:
    axes, unknown = Axes(), Unknown()
    assert axes.unify((TWO, unknown), SIX)
    assert axes.resolve(unknown) == 3


def test_letters_collide_with_no_name() -> None:
    axes = Axes({"n", "p"})
    assert [str(axes.size(Unknown())) for _ in range(3)] == ["m", "q", "r"]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("x'*A*x", ("1", "1")),
        ("A*X", ("n", "p")),
        ("X'", ("m", "n")),
        ("x*y'", ("n", "m")),
        ("vec(X)", ("m*n", "1")),
        ("kron(X, Y)", ("n*p", "m*q")),
        ("kron(x, A*y)", ("n*m", "1")),
        ("diag(x)", ("n", "n")),
        ("diag(A)", ("n", "1")),
        ("rowsum(X)", ("n", "1")),
        ("colsum(X)", ("1", "m")),
        ("exp(2 - X)", ("n", "m")),
    ],
)
def test_shape_of_the_value(text: str, shape: tuple[str, str]) -> None:
    formula = parse_formula(text)
    assert (formula.rows, formula.columns) == tuple(eval_size(size) for size in shape)


def eval_size(text: str) -> Any:
    factors = [Integer(1) if part == "1" else sizes(part) for part in text.split("*")]
    product = Integer(1)
    for factor in factors:
        product *= factor
    return product


def test_kinds_of_undeclared_names() -> None:
    assert [default_rank(name) for name in ("A", "W_Q", "x", "alpha", "lamda", "beta2", "mu", "y1")] == [
        2, 2, 1, 0, 0, 0, 0, 1,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "axes"),
    [
        ("x'*x + w", {"x": 1, "w": 0}),
        ("x + y'*y", {"x": 0, "y": 1}),
        ("x^2 + w^2", {"x": 0, "w": 0}),
        ("exp(x) + beta", {"x": 0, "beta": 0}),
        ("c*A*x", {"c": 0, "A": 2, "x": 1}),
    ],
)
def test_as_few_scalars_as_agree(text: str, axes: dict[str, int]) -> None:
    assert {name: tensor.rank for name, tensor in parse_formula(text).variables.items()} == axes
