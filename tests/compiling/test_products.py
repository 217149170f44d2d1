"""Sums of products of any axes: one matrix product after the other, and the value of the sum written out."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from sympy import Mul, Sum

import symnn
from symnn.compiling import compile_program
from symnn.language import Equation, Program, index, tensor
from symnn.networks import MultiHeadAttention
from symnn.proof import evaluate

SIZES = {"a": 2, "b": 3, "c": 4, "d": 5, "e": 2}
INDICES = {name: index(name, size) for name, size in SIZES.items()}
TAP = index("p", 2)


def random_product(seed: int) -> Program:
    """A sum of a product of two to four tensors of random axes, one of them perhaps windows."""
    random = np.random.default_rng(seed)
    factors, used = [], set[str]()
    for number in range(random.integers(2, 5)):
        names = list(random.permutation(list(SIZES))[: random.integers(1, 4)])
        used |= set(names)
        axes: list[Any] = [INDICES[name] for name in names]
        shape = [SIZES[name] for name in names]
        if number == 0 and random.random() < 0.5:
            step = int(random.integers(1, 3))
            axes[-1], shape[-1] = step * axes[-1] + TAP, step * (shape[-1] - 1) + 2
            used.add("p")
        factors.append(tensor(f"T{number}", tuple(shape))[tuple(axes)])
    every = [*INDICES.values(), TAP]
    present = [i for i in every if i.name in used]
    order = [present[place] for place in random.permutation(len(present))]
    kept = order[: random.integers(0, min(4, len(order)) + 1)]
    summed = [i for i in order if i not in kept]
    body = Mul(*factors) / 3
    out = tensor("out", tuple(i.upper + 1 for i in kept))
    left = out[tuple(kept)] if kept else out
    return Program([Equation(left, Sum(body, *summed) if summed else body)])


def values_of(program: Program, seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    return {name: random.normal(size=[int(z) for z in t.shape]) for name, t in sorted(program.inputs.items())}


@pytest.mark.parametrize("seed", range(120))
def test_any_product_has_the_value_of_the_sum_written_out(seed: int) -> None:
    program = random_product(seed)
    values = values_of(program, seed)
    found = compile_program(program, ["out"])(**values)["out"]
    np.testing.assert_allclose(found, evaluate(program, values)["out"].astype(float), rtol=1e-11, atol=1e-12)


def test_heads_and_batches_are_matrix_products_side_by_side() -> None:
    layer = MultiHeadAttention((6, 8), 2, causal=True)
    program = Program(layer.equations(tensor("x", layer.inputs, role="input")))
    names = list(program.inputs)
    gradient = symnn.gradient(program, of="O", wrt=names, upstream="upstream")
    outputs = ["O", *gradient.gradients.values()]
    compiled = compile_program(gradient.batched, outputs)
    source = compiled.source[compiled.source.index("def compute") :]
    assert "einsum" not in source
    assert "tensordot" not in source
    # Q, K, V, S, A, O forward; backward two for each, but for the sum of three in x.
    assert len(re.findall(r" @ ", source)) == 6 + 12
    assert source.count("np.exp(") == 1


def test_a_product_for_each_of_a_batch_needs_no_transpose() -> None:
    n, o, c, i = index("n", 4), index("o", 3), index("c", 2), index("i", 5)
    w, x, z = tensor("w", (3, 2)), tensor("x", (4, 2, 5)), tensor("z", (4, 3, 5))
    source = compile_program(Program([Equation(z[n, o, i], Sum(w[o, c] * x[n, c, i], c))]), ["z"]).source
    assert "z = w @ x  #" in source


def test_rows_are_multiplied_row_by_row() -> None:
    n, h, i, j = index("n", 2), index("h", 3), index("i", 4), index("j", 5)
    P, D, L = tensor("P", (2, 3, 4, 5)), tensor("D", (2, 3, 4, 5)), tensor("L", (2, 3, 4))
    source = compile_program(Program([Equation(L[n, h, i], Sum(P[n, h, i, j] * D[n, h, i, j], j))]), ["L"]).source
    assert "L = np.vecdot(" in source
