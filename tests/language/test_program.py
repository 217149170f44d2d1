"""What a program refuses, by the text of its errors, and what it knows."""

from __future__ import annotations

import pytest
from sympy import Sum

from symnn.errors import ProgramError
from symnn.language import Equation, Fact, Program, examples, index, sizes, tensor

n, d = sizes("n d")
j, k = index("j", n), index("k", d)
W, x = tensor("W", (n, d), role="parameter"), tensor("x", d, role="input")
z, a, C = tensor("z", n), tensor("a", n), tensor("C")
FORWARD = [Equation(z[j], Sum(W[j, k] * x[k], k)), Equation(a[j], z[j] ** 2), Equation(C, Sum(a[j], j))]


def message(*equations: Equation) -> str:
    with pytest.raises(ProgramError) as caught:
        Program(equations)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_each_tensor_is_defined_once() -> None:
    assert message(*FORWARD, Equation(a[j], z[j])) == "a[j] = z[j]: 'a' is already defined by a[j] = z[j]**2"


def test_no_tensor_is_used_before_its_definition() -> None:
    assert message(FORWARD[1], FORWARD[0]) == (
        "a[j] = z[j]**2: 'z' is used before its definition z[j] = Sum(W[j, k]*x[k], k)"
    )


def test_no_tensor_is_used_in_its_own_definition() -> None:
    assert message(Equation(z[j], z[j] + 1)) == "z[j] = z[j] + 1: 'z' is used in its own definition"


def test_a_tensor_has_one_shape() -> None:
    wrong = Equation(C, Sum(tensor("a", d)[k], k))
    assert message(*FORWARD[:2], wrong) == "C = Sum(a[k], k): 'a' has shape (d,) here and (n,) before"
    other = Equation(tensor("u"), tensor("x", (d, d))[0, 0])
    assert message(FORWARD[0], other) == "u = x[0, 0]: 'x' has shape (d, d) here and (d,) before"


def test_a_name_is_not_both_a_size_and_a_tensor() -> None:
    assert message(*FORWARD, Equation(tensor("u"), tensor("n"))) == "'n' names both a size and a tensor"


def test_only_equations_make_a_program() -> None:
    assert message("z = x") == "'z = x' is not an Equation"  # type: ignore[arg-type]


def test_unknown_names_are_answered_with_the_nearest() -> None:
    program = Program(FORWARD)
    with pytest.raises(ProgramError, match=r"^no equation defines 'q' \(accepted: z, a, C\)$"):
        program["q"]
    with pytest.raises(ProgramError, match=r"^no tensor 'w' in the program \(accepted: W, x, z, a, C\)$"):
        program.find("w")
    longer = Program([Equation(tensor("hidden", n)[j], z[j])])
    with pytest.raises(ProgramError, match=r"did you mean 'hidden'\?"):
        longer.find("hiden")


def test_inputs_come_in_order_of_use_parameters_first() -> None:
    program = Program(FORWARD)
    assert list(program.inputs) == ["W", "x"]
    assert list(program.defined) == ["z", "a", "C"]
    assert len(program) == 3
    assert not program.names_examples


def test_pruning_keeps_what_is_needed_in_order() -> None:
    assert [e.tensor.name for e in Program(FORWARD).pruned(["a"])] == ["z", "a"]


def test_fresh_names_avoid_tensors_and_sizes() -> None:
    program = Program(FORWARD)
    assert program.fresh_name("q") == "q"
    assert program.fresh_name("a") == "a_2"
    assert program.fresh_name("n") == "n_2"
    assert program.fresh_name("a", taken=["a_2"]) == "a_3"


def test_a_program_may_name_the_example_axis() -> None:
    batch = tensor("B", (examples, d))
    e = index("e", examples)
    assert Program([Equation(C, Sum(batch[e, k], e, k))]).names_examples


def test_a_fact_about_what_is_computed_is_refused():
    i = index("i", 3)
    x, h = tensor("x", 3), tensor("h", 3)
    with pytest.raises(ProgramError, match="'h' is computed: a fact is about what is given"):
        Program([Equation(h[i], 2 * x[i])], facts=[Fact(Sum(h[i], i), 1)])
