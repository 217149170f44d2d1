"""The scalar view: sums written out, brackets evaluated away, and clear errors."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import KroneckerDelta, Max, Sum, exp, log

from symnn.errors import InputError, ProgramError
from symnn.language import Equation, LogSumExp, Maximum, Within, index, sizes, tensor
from symnn.views import evaluate_scalar, scalar_equations

j, k, q = index("j", 2), index("k", 3), index("q", 2)
W, x, z, b = tensor("W", (2, 3)), tensor("x", 3), tensor("z", 2), tensor("b", 2)


def right_sides(equation: Equation) -> list[object]:
    return [scalar.right for scalar in scalar_equations([equation])]


def test_sums_are_written_out() -> None:
    found = right_sides(Equation(z[j], Sum(W[j, k] * x[k], k) + b[j]))
    assert found == [sum(W[row, n] * x[n] for n in range(3)) + b[row] for row in range(2)]


def test_reductions_are_written_out() -> None:
    assert right_sides(Equation(tensor("t"), LogSumExp(z[j], j))) == [log(exp(z[0]) + exp(z[1]))]
    assert right_sides(Equation(tensor("t"), Maximum(z[j], j))) == [Max(z[0], z[1])]


def test_brackets_and_deltas_are_evaluated() -> None:
    w, r = tensor("w", 2), index("r", 3)
    found = right_sides(Equation(x[r], Sum(w[q] * z[r - q] * Within(r - q, 2), q)))
    assert found == [w[0] * z[0], w[0] * z[1] + w[1] * z[0], w[1] * z[1]]
    assert right_sides(Equation(z[j], Sum(KroneckerDelta(j, q) * b[q], q))) == [b[0], b[1]]


def test_evaluation_goes_in_order() -> None:
    equations = scalar_equations([Equation(z[j], 2 * b[j]), Equation(tensor("t"), Sum(z[j] ** 2, j))])
    values = evaluate_scalar(equations, {"b": np.array([1.0, 2.0])})
    assert values[tensor("t")] == 20


def test_symbolic_sizes_are_refused() -> None:
    n = sizes("n")
    i = index("i", n)
    with pytest.raises(
        ProgramError, match=r"needs sizes that are numbers, and the size 'n' is a symbol: use the index"
    ):
        scalar_equations([Equation(tensor("t"), Sum(tensor("v", n)[i], i))])


def test_too_many_equations_are_refused_with_their_number() -> None:
    row, column = index("r", 30), index("c", 784)
    big = Equation(tensor("G", (30, 784))[row, column], tensor("d", 30)[row] * tensor("x", 784)[column])
    with pytest.raises(InputError, match=r"the scalar view would have 23,520 equations \(at most 400\): use the index"):
        scalar_equations([big])
