"""Many small products made one, and softmax with one exponential."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sympy import Sum, exp

import symnn
from symnn.compiling import Compiled, compile_program
from symnn.language import Equation, LogSumExp, Maximum, Program, Tensor, index, tensor
from symnn.networks import GRUCell, LSTMCell, unroll
from symnn.proof import evaluate

sys.path.append(str(Path(__file__).parents[1]))
from layers import LayerNorm

STEPS = 6


def recurrent(cell: Any, examples: int = 3) -> tuple[Compiled, dict[str, Any]]:
    layer = unroll(cell, STEPS)
    program = Program(layer.equations(tensor("x", layer.inputs, role="input")))
    gradient = symnn.gradient(program, of=f"h_{STEPS}", wrt=list(program.inputs), upstream="upstream")
    compiled = compile_program(gradient.batched, [f"h_{STEPS}", *gradient.gradients.values()])
    random, lead = np.random.default_rng(0), {symnn.examples: examples}
    tensors = sorted(compiled.program.inputs.items())
    return compiled, {n: random.normal(size=[int(z.subs(lead)) for z in t.shape]) for n, t in tensors}


@pytest.mark.parametrize("cell", [LSTMCell(2, 3), GRUCell(2, 3)], ids=["LSTM", "GRU"])
def test_recurrent_cells_have_the_values_of_their_equations(cell: Any) -> None:
    compiled, values = recurrent(cell)
    expected = evaluate(compiled.program, {**values, "m": 3})
    for name, found in compiled(**values).items():
        np.testing.assert_allclose(found, expected[name].astype(float), rtol=1e-10, atol=1e-12)


def test_the_gates_of_a_step_are_one_product() -> None:
    source = recurrent(LSTMCell(2, 3))[0].source
    code = source[source.index("def compute") :]
    # Two in each step but the first, whose state is 0; there, three gates; backward, two in each step; W and U.
    assert len(re.findall(" @ ", code)) == 2 * (STEPS - 1) + 3 + (2 * (STEPS - 1) + 3) + 8
    assert "z_f_2 = t" in code
    assert re.search(r"np\.concatenate\(\(dz_i_1, dz_i_2, dz_i_3", code)


def test_few_products_stay_as_they_are() -> None:
    source = symnn.mlp("3-4-4-2").gradient().compile().source
    assert "concatenate" not in source


def softmax_program() -> Program:
    i, j = index("i", 3), index("j", 4)
    S, L, P, o = tensor("S", (3, 4), role="input"), tensor("L", 3), tensor("P", (3, 4)), tensor("o", 3)
    return Program(
        [
            Equation(L[i], LogSumExp(S[i, j], j)),
            Equation(P[i, j], exp(S[i, j] - L[i])),
            Equation(o[i], Sum(P[i, j] ** 2, j) + L[i]),
        ]
    )


@pytest.mark.parametrize("outputs", [["P"], ["o"], ["L", "P"], ["L"]], ids=str)
def test_softmax_takes_one_exponential(outputs: list[str]) -> None:
    program = softmax_program()
    values = {"S": 300 * np.random.default_rng(1).normal(size=(3, 4))}
    compiled = compile_program(program, outputs)
    code = compiled.source[compiled.source.index("def compute") :]
    assert code.count("np.exp(") + code.count("_logsumexp(") == 1
    expected = evaluate(program, values, "mpmath")
    for name in outputs:
        np.testing.assert_allclose(compiled(**values)[name], expected[name].astype(float), rtol=1e-12)


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("swapped", [False, True])
def test_a_log_sum_exp_of_rows_may_be_subtracted_from_columns(symmetric: bool, swapped: bool) -> None:
    i, j = index("i", 3), index("j", 3)
    X, L, P = tensor("X", (3, 3), symmetric=symmetric), tensor("L", 3), tensor("P", (3, 3))
    place = X[j, i] if swapped else X[i, j]
    for row in (i, j):
        program = Program([Equation(L[i], LogSumExp(place, j)), Equation(P[i, j], exp(X[i, j] - L[row]))])
        made = np.random.default_rng(1).normal(size=(3, 3))
        values = {"X": made + made.T if symmetric else made}
        found = compile_program(program, ["P"])(**values)["P"]
        np.testing.assert_allclose(found, evaluate(program, values)["P"].astype(float), rtol=1e-12)


def test_other_exponentials_are_not_the_softmax_of_the_largest() -> None:
    i, j = index("i", 3), index("j", 4)
    X, M, L, o = tensor("X", (3, 4)), tensor("M", 3), tensor("L", 3), tensor("o", 3)
    program = Program(
        [
            Equation(M[i], Maximum(X[i, j], j)),
            Equation(L[i], LogSumExp(X[i, j], j)),
            Equation(o[i], Sum(exp(2 * X[i, j] - 2 * M[i]), j) + L[i]),
        ]
    )
    values = {"X": np.random.default_rng(1).normal(size=(3, 4))}
    found = compile_program(program, ["o"])(**values)["o"]
    np.testing.assert_allclose(found, evaluate(program, values)["o"].astype(float), rtol=1e-12)


def test_a_common_factor_is_taken_out() -> None:
    i = index("i", 3)
    a, b, c, o = tensor("a", 3), tensor("b", 3), tensor("c", 3), tensor("o", 3)
    source = compile_program(Program([Equation(o[i], a[i] * b[i] + 2 * a[i] * c[i])]), ["o"]).source
    assert "o = a*(b + 2*c)" in source


def test_the_input_gradient_of_layer_norm_takes_at_most_three_reductions() -> None:
    layer = LayerNorm(5)
    program = Program(layer.equations(Tensor("x", (5,), "input")))
    gradient = symnn.gradient(program, of="o", wrt=["x"], upstream="upstream")
    source = compile_program(gradient.program, [gradient.gradients["x"]]).source
    reductions = r"np\.(add\.reduce|vdot|vecdot|einsum)\("
    own = [line for line in source.splitlines() if line.strip().partition(" = ")[0] in gradient.derivation.backward]
    assert 0 < len(re.findall(reductions, "\n".join(own))) <= 3
