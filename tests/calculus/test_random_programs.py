"""Gradients and Hessian-vector products of random programs against differences in arithmetic of many digits.

SYMNN_RANDOM_PROGRAMS sets how many programs are tried (200 by default).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from strategies import Case, random_case

from symnn.calculus import Derivation, differentiate, hessian_vector_product
from symnn.proof import evaluate, finite_differences

PROGRAMS = int(os.environ.get("SYMNN_RANDOM_PROGRAMS", "200"))
GROUP = 25
TOLERANCE = 1e-12
MOST_ENTRIES = 6


def disagreement(case: Case) -> dict[str, float]:
    """Return, for each input, the largest error of its gradient relative to its largest component."""
    inputs = inputs_of(case)
    derivation = differentiate(case.program, of="C", wrt=inputs)
    chosen = {name: _some_entries(case.values[name], case.seed) for name in inputs}
    expected = finite_differences(case.program, case.values, "C", inputs, entries=chosen, digits=30)
    return _errors(derivation, case.values, expected, chosen)


def disagreement_with_upstream(case: Case) -> dict[str, float]:
    """Return the same for a tensor that is no scalar, weighed by an upstream adjoint."""
    of = next((name for name, tensor in reversed(case.program.defined.items()) if tensor.rank), "C")
    inputs = list(case.program.pruned([of]).inputs)
    shape = evaluate(case.program, case.values)[of].shape
    upstream = np.random.default_rng(case.seed).normal(size=shape)
    derivation = differentiate(case.program, of=of, wrt=inputs, upstream="upstream")
    expected = finite_differences(case.program, case.values, of, inputs, digits=30, upstream=upstream)
    return _errors(derivation, {**case.values, "upstream": upstream}, expected)


def disagreement_of_second_order(case: Case) -> dict[str, float]:
    """Return the same for the product of the Hessian by one input and a direction."""
    name = inputs_of(case)[0]
    shape = np.shape(case.values[name])
    direction = np.random.default_rng(case.seed).normal(size=shape)
    first = differentiate(case.program, of="C", wrt=[name])
    expected = finite_differences(
        first.program, case.values, first.gradients[name], name, digits=30, upstream=direction
    )
    if not any(expected[name].ravel()):
        return {}
    second = hessian_vector_product(case.program, "C", [name], {name: "direction"})
    return _errors(second, {**case.values, "direction": direction}, expected)


def inputs_of(case: Case) -> list[str]:
    return list(case.program.pruned(["C"]).inputs)


def _errors(
    derivation: Derivation,
    values: dict[str, Any],
    expected: dict[str, Any],
    chosen: dict[str, list[tuple[int, ...]]] | None = None,
) -> dict[str, float]:
    """Return the largest error of each gradient, at the chosen entries, relative to its largest component."""
    found = evaluate(derivation.program, values, "mpmath", digits=30)
    errors = {}
    for name, differences in expected.items():
        gradient = found[derivation.gradients[name]]
        assert gradient.shape == np.shape(values[name]), f"{name}: {gradient.shape}"
        places = chosen[name] if chosen is not None else list(np.ndindex(gradient.shape))
        offs = [abs(gradient[place] - differences[place]) for place in places]
        off = max(offs) if all(size < np.inf for size in offs) else np.nan
        largest = max(abs(number) for number in gradient.ravel())
        errors[name] = float(off / largest) if largest > 1e-15 else float(off)
    return errors


def _some_entries(array: Any, seed: int) -> list[tuple[int, ...]]:
    places = list(np.ndindex(np.shape(array)))
    if len(places) <= MOST_ENTRIES:
        return places
    return [places[i] for i in np.random.default_rng(seed).choice(len(places), MOST_ENTRIES, replace=False)]


def check(measure: Callable[[Case], dict[str, float]], seeds: range) -> None:
    for seed in seeds:
        case = random_case(seed)
        wrong = {name: error for name, error in measure(case).items() if not error < TOLERANCE}
        assert not wrong, f"seed {seed}: relative errors {wrong} in\n{case.program}"


@pytest.mark.parametrize("first", range(0, PROGRAMS, GROUP))
def test_gradients_of_random_programs_agree_with_differences(first: int) -> None:
    check(disagreement, range(first, min(first + GROUP, PROGRAMS)))


@pytest.mark.parametrize("first", range(0, PROGRAMS // 5, GROUP))
def test_gradients_of_tensors_agree_with_weighed_differences(first: int) -> None:
    check(disagreement_with_upstream, range(first, first + GROUP))


@pytest.mark.parametrize("first", range(0, PROGRAMS // 5, GROUP))
def test_hessian_vector_products_agree_with_differences_of_gradients(first: int) -> None:
    check(disagreement_of_second_order, range(first, first + GROUP))


def test_an_input_that_the_cost_does_not_depend_on_has_gradient_zero() -> None:
    case = next(case for case in map(random_case, range(100)) if len(case.program.inputs) > len(inputs_of(case)))
    inputs = list(case.program.inputs)
    derivation = differentiate(case.program, of="C", wrt=inputs)
    found = evaluate(derivation.program, case.values)
    for name in set(inputs) - set(inputs_of(case)):
        gradient = found[derivation.gradients[name]]
        assert gradient.shape == np.shape(case.values[name])
        assert not gradient.any()


def test_cases_are_the_same_for_the_same_seed() -> None:
    assert str(random_case(3).program) == str(random_case(3).program)
    assert len({str(random_case(seed).program) for seed in range(20)}) == 20
