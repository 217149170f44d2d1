"""What an index expression points at: inside the array it is an entry, outside it is zero, in NumPy and in torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import Sum

from symnn import Equation, Program, index, tensor
from symnn.compiling import compile_program
from symnn.language import Within
from symnn.proof import evaluate
from symnn.training.layer_module import layer_source

i, j, p = index("i", 3), index("j", 3), index("p", 2)
A, v, t = tensor("A", (3, 3), role="parameter"), tensor("v", 2, role="parameter"), tensor("t", 3, role="input")
x, longer = tensor("x", 3, role="input"), tensor("longer", 5, role="input")
o, B = tensor("o", 3), tensor("B", (3, 3))

EQUATIONS = {
    "a row and a window": Equation(o[i], Sum(Within(i + p - 1, 3) * A[i, i + p - 1] * v[p], p)),
    "a diagonal window": Equation(o[i], Sum(Within(i + p - 1, 3) * A[i + p - 1, i + p - 1] * v[p], p)),
    "a window of a looked up row": Equation(o[i], Sum(Within(i + p - 1, 3) * A[t[i], i + p - 1] * v[p], p)),
    "beside the diagonal": Equation(o[i], Within(i - 1, 3) * A[i, i - 1]),
    "the diagonal, moved": Equation(o[i], Within(i - 1, 3) * A[i - 1, i - 1]),
    "rows moved": Equation(B[i, j], Within(i + j - 1, 3) * A[i, i + j - 1]),
    "a vector moved": Equation(o[i], Within(i - 1, 3) * x[i - 1]),
    "fewer places than the axis has": Equation(o[i], Within(i + 1, 3) * longer[i + 1]),
}
every_equation = pytest.mark.parametrize("equation", EQUATIONS.values(), ids=EQUATIONS)


def values_of(program: Program) -> dict[str, Any]:
    random = np.random.default_rng(0)
    values = {name: random.normal(size=[int(z) for z in found.shape]) for name, found in program.inputs.items()}
    return {**values, **({"t": np.array([0.0, 2.0, 1.0])} if "t" in values else {})}


@every_equation
def test_what_lies_outside_is_zero(equation: Equation) -> None:
    program, name = Program([equation]), equation.tensor.name
    values = values_of(program)
    found = compile_program(program, [name])(**values)[name]
    np.testing.assert_allclose(found, evaluate(program, values)[name].astype(float), atol=1e-14)


@every_equation
def test_what_lies_outside_is_zero_in_torch(equation: Equation) -> None:
    torch = pytest.importorskip("torch")
    program = Program([equation])
    values = values_of(program)
    module: dict[str, Any] = {"__name__": "module"}
    exec(layer_source(program, target="torch-function", batch=False), module)
    found = module["LayerFunction"].apply(*(torch.tensor(values[name]) for name in module["SHAPES"]))
    expected = evaluate(program, values)[equation.tensor.name].astype(float)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-14)
