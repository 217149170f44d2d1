"""An axis of starts: each goes its way as if it were alone, in any program; compared with one evaluation a start."""

import numpy as np
import pytest
from strategies import random_case
from sympy import Sum

from symnn.calculus import differentiate
from symnn.calculus.starts import with_starts
from symnn.compiling import compile_program
from symnn.errors import InputError
from symnn.language import Equation, LogSumExp, Program, index, tensor
from symnn.proof import evaluate

STARTS = 3


@pytest.mark.parametrize("seed", range(25))
def test_each_start_of_a_random_program_and_its_gradient_is_as_if_it_were_alone(seed):
    case = random_case(seed)
    names = [name for name in case.program.inputs if name in case.program.pruned(["C"]).inputs]
    program = differentiate(case.program, of="C", wrt=names).program
    random = np.random.default_rng(seed)
    # Every second input is one for all starts.
    own = names[::2]
    values = [
        {**case.values, **{name: case.values[name] * random.uniform(0.5, 1.0) for name in own}} for _ in range(STARTS)
    ]
    alone = [evaluate(program, one) for one in values]
    stacked = {**case.values, **{name: np.stack([one[name] for one in values]) for name in own}}
    wide = with_starts(program, own)
    wanted = list(wide.defined)
    compiled = compile_program(wide, wanted)
    found = compiled(**{name: stacked[name] for name in compiled.arguments})
    for name in wanted:
        expected = np.stack([one[name] for one in alone])
        expected = expected if np.ndim(found[name]) == expected.ndim else expected[0]
        scale = max(1.0, np.abs(expected).max())
        assert found[name] == pytest.approx(expected, rel=1e-9, abs=1e-9 * scale), name


def test_what_all_starts_share_has_no_axis_and_names_are_fresh():
    j, k = index("j", 2), index("k", 2)
    W, x, s = tensor("R", (2, 2), "parameter"), tensor("x", 2, "input"), tensor("s")
    z, L = tensor("z", 2), tensor("L")
    program = Program(
        [Equation(s, Sum(x[k], k)), Equation(z[j], Sum(W[j, k] * x[k], k) + s), Equation(L, LogSumExp(z[k], k))]
    )
    wide = with_starts(program, ["R"])
    assert str(wide) == "s = Sum(x[k], k)\nz[r, j] = Sum(R[r, j, k]*x[k], k) + s\nL[r] = LogSumExp(z[r, k], k)"
    assert str(wide.find("z").shape[0]) == "R_2"
    with pytest.raises(InputError, match=r"'w' is no input of the program \(accepted: x, R\)"):
        with_starts(program, ["w"])
