"""Hygiene: renaming and replacing never change what an expression means."""

from __future__ import annotations

import numpy as np
from sympy import Expr, Integer, Sum, exp, sin

from symnn.language import (
    Equation,
    LogSumExp,
    Maximum,
    Program,
    entries,
    free_indices,
    fresh_index,
    has_binder,
    index,
    index_bounds,
    refresh,
    sizes,
    substitute,
    sum_over,
    tensor,
    tensors,
)
from symnn.proof import evaluate

n, d = sizes("n d")
i, j, k, p, q = (index(name, size) for name, size in zip("ijkpq", (n, n, d, d, n), strict=True))
W, x, y = tensor("W", (n, d)), tensor("x", d), tensor("y", n)
LONG = tensor("t", n + d - 1)


def value(expression: Expr, free: tuple[object, ...] = ()) -> np.ndarray:
    u = tensor("u", (n,) * len(free))
    program = Program([Equation(u[free] if free else u, expression)])
    random = np.random.default_rng(0)
    shapes = {"W": (3, 2), "x": (2,), "y": (3,), "t": (4,)}
    arrays = {name: random.normal(size=shape) for name, shape in shapes.items()}
    return evaluate(program, {**arrays, "n": 3, "d": 2})["u"]


def test_refresh_renames_every_bound_index_and_no_other() -> None:
    expression = Sum(W[j, k] * sin(Sum(x[k] ** 2, k)), k) + LogSumExp(x[k], k)
    renamed = refresh(expression)
    assert free_indices(renamed) == {j}
    assert k not in {index for entry in entries(renamed) for index in entry.indices}
    assert renamed != expression
    assert np.array_equal(value(renamed, (j,)), value(expression, (j,)))


def test_refresh_gives_each_binder_its_own_index() -> None:
    renamed = refresh(Sum(x[k], k) * Sum(x[k] ** 2, k) + Maximum(x[k], k))
    used = {index for entry in entries(renamed) for index in entry.indices}
    assert len(used) == 3


def test_refresh_leaves_expressions_without_binders_alone() -> None:
    expression = exp(y[j]) + 1
    assert refresh(expression) is expression
    assert not has_binder(expression)


def test_a_replaced_index_is_not_captured_after_refresh() -> None:
    expression = exp(LONG[q + d - 1]) / Sum(exp(LONG[q + p]), p)
    free = index("p", n)
    moved = substitute(refresh(expression), {q: free})
    assert free_indices(moved) == {free}
    assert np.allclose(value(moved, (free,)), value(expression, (q,)))


def test_an_index_with_the_name_of_a_bound_one_stays_free() -> None:
    other = fresh_index(k)
    expression = Sum(x[k] * x[other], k)
    assert free_indices(expression) == {other}
    assert free_indices(refresh(expression)) == {other}


def test_substitute_replaces_entries_and_indices_inside_sums() -> None:
    expression = Sum(W[j, k] * x[k], k)
    assert substitute(expression, {x[k]: x[k] ** 2}) == Sum(W[j, k] * x[k] ** 2, k)
    assert substitute(expression, {j: i}) == Sum(W[i, k] * x[k], k)
    assert substitute(expression, {}) is expression


def test_substitute_does_not_touch_tensors_or_ranges() -> None:
    assert substitute(W[j, k], {n: Integer(3)}) == W[j, k]


def test_index_bounds_by_interval_arithmetic() -> None:
    assert index_bounds(j) == (0, n - 1)
    assert index_bounds(2 * j + 1) == (1, 2 * n - 1)
    assert index_bounds(n - 1 - j) == (0, n - 1)
    assert index_bounds(j + p) == (0, n + d - 2)
    assert index_bounds(n * (k + 1)) == (n, n * d)


def test_a_sum_over_nothing_is_its_body() -> None:
    assert sum_over(x[k], ()) == x[k]
    assert sum_over(Integer(0), (k,)) == 0


def test_what_occurs() -> None:
    expression = Sum(W[j, k] * x[k], k) + y[j]
    assert {t.name for t in tensors(expression)} == {"W", "x", "y"}
    assert entries(expression) == {W[j, k], x[k], y[j]}
