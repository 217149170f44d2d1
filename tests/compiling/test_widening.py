"""Equal functions of parts of one array are computed once, of all of them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from sympy import Sum, Symbol, exp, tanh

import symnn
from symnn.compiling import compile_program
from symnn.compiling.nodes import ExpOfMinus, Item, Rows
from symnn.compiling.widening import with_functions_widened
from symnn.language import Equation, Program, index, tensor
from symnn.networks import GRUCell, LSTMCell, unroll
from symnn.proof import evaluate

STEPS = 5


def part(name: Any, place: int) -> Item:
    return Item(name, (), (place,))


def symbols(*names: str) -> list[Symbol]:
    return [Symbol(name, real=True) for name in names]


def test_neighbours_with_one_function_are_taken_together() -> None:
    t, u, v, w, a, b, c = symbols("t", "u", "v", "w", "a", "b", "c")
    parts = [(u, part(t, 0)), (v, part(t, 1)), (w, part(t, 2))]
    lines = [*parts, (a, 1 / (1 + ExpOfMinus(u))), (b, 1 / (1 + ExpOfMinus(v))), (c, tanh(w))]
    wide = 1 / (1 + ExpOfMinus(Rows(t, 0, 2)))
    assert with_functions_widened(lines) == [*parts, (a, part(wide, 0)), (b, part(wide, 1)), (c, tanh(w))]


def test_what_is_computed_of_a_function_is_a_function_too() -> None:
    t, u, v, a, b, s = symbols("t", "u", "v", "a", "b", "s")
    parts = [(u, part(t, 3)), (v, part(t, 4))]
    lines = [*parts, (a, exp(u)), (b, exp(v)), (s, tanh(a * u) * tanh(b * v))]
    rows = Rows(t, 3, 5)
    wide = tanh(exp(rows) * rows)
    assert dict(with_functions_widened(lines))[s] == part(wide, 0) * part(wide, 1)


def test_others_stay_as_they_are() -> None:
    t, r, u, v, a, b = symbols("t", "r", "u", "v", "a", "b")
    for first, second in ((part(t, 0), part(t, 2)), (part(t, 0), part(r, 1))):
        lines = [(u, first), (v, second), (a, exp(u)), (b, exp(v) + tanh(u * v))]
        assert with_functions_widened(lines) == lines


@pytest.mark.parametrize(("cell", "gates"), [(LSTMCell(2, 3), 3), (GRUCell(2, 3), 2)], ids=["LSTM", "GRU"])
def test_the_gates_of_a_step_take_one_exponential(cell: Any, gates: int) -> None:
    layer = unroll(cell, STEPS)
    program = Program(layer.equations(tensor("x", layer.inputs, role="input")))
    source = symnn.gradient(program, of=f"h_{STEPS}", wrt=["x"]).compile(batch=True).source
    assert len(re.findall(rf"np\.exp\(np\.minimum\(t\d+\[0:{gates}\], 708\.0\)\)", source)) == STEPS - 1


@pytest.mark.parametrize("rows", [2, 3], ids=["equal sizes", "other sizes"])
def test_products_with_weights_of_any_sizes_are_merged(rows: int) -> None:
    n, i, j, p = index("n", 5), index("i", 2), index("j", 4), index("p", rows)
    W, V, b, c = tensor("W", (2, 4)), tensor("V", (rows, 4)), tensor("b", 2), tensor("c", rows)
    equations, names = [], []
    for step in range(4):
        X, A, B = tensor(f"X{step}", (5, 4), "input"), tensor(f"A{step}", (5, 2)), tensor(f"B{step}", (5, rows))
        equations.append(Equation(A[n, i], Sum(X[n, j] * W[i, j], j) + b[i]))
        equations.append(Equation(B[n, p], Sum(X[n, j] * V[p, j], j) + c[p]))
        names += [A.name, B.name]
    program, random = Program(equations), np.random.default_rng(0)
    values = {name: random.normal(size=[int(z) for z in t.shape]) for name, t in program.inputs.items()}
    compiled = compile_program(program, names)
    assert ("np.stack" if rows == 2 else "np.concatenate") in compiled.source
    expected, found = evaluate(program, values), compiled(**values)
    for name in names:
        np.testing.assert_allclose(found[name], expected[name].astype(float), rtol=1e-12)
    assert not any(np.shares_memory(found[one], found[other]) for one in names for other in names if one != other)
