"""Random networks: compiled gradients against 50-digit differences, batching either way, and the three views.

The differences are those of the cost alone, by 50-digit arithmetic entry by entry: no calculus is in them.
150 networks are tried (in all views a third of them); with SYMNN_ALL=1 in the environment, 1,000.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

import symnn
from symnn.calculus import batch_program, differentiate
from symnn.compiling import compile_program
from symnn.networks import NAMED_COSTS
from symnn.proof import evaluate, finite_differences
from symnn.views import MatrixEquation, evaluate_matrix, evaluate_scalar, matrix_equations, scalar_equations

ALL = os.environ.get("SYMNN_ALL") == "1"
NETWORKS = 1000 if ALL else 150
MOST_ENTRIES = 40 if ALL else 4
GROUP = 10
SOME = range(0, NETWORKS if ALL else NETWORKS // 3, GROUP)
TOLERANCE = 1e-12
OWN_COST = "log(1 + (a - y)^2)"
COSTS = (*NAMED_COSTS, OWN_COST)
HIDDEN = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "gelu", "swish", "softmax", "sin(t)")
OUTPUT = {
    "binary_cross_entropy": ("sigmoid",),
    "cross_entropy": ("softmax", "sigmoid"),
    "hinge": ("identity", "tanh", "softplus"),
}
BENT = ("relu", "leaky_relu", "elu")


@dataclass(frozen=True)
class Case:
    """A network and a batch (or one example), at a point where its gradient is well conditioned."""

    seed: int
    net: symnn.Network
    parameters: dict[str, Any]
    X: np.ndarray
    Y: np.ndarray

    @property
    def single(self) -> bool:
        return self.X.ndim == 1

    @property
    def data(self) -> dict[str, Any]:
        return {**self.parameters, "x": self.X, "y": self.Y}

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.net.title}, l1={self.net.l1}, l2={self.net.l2}, X {self.X.shape}"


@cache
def random_case(seed: int) -> Case:
    """Return the case of a seed: the same every time."""
    for attempt in range(20):
        random = np.random.default_rng([seed, attempt])
        net = random_network(seed, random)
        for _ in range(20):
            case = with_data(seed, net, random)
            if is_well_conditioned(case, random):
                return case
    raise AssertionError(f"no well-conditioned network for seed {seed}")


def with_data(seed: int, net: symnn.Network, random: np.random.Generator) -> Case:
    parameters = {name: random.normal(scale=0.9, size=shape) for name, shape in net.parameters.items()}
    lead = () if random.random() < 0.4 else (int(random.integers(1, 5)),)
    X = random.normal(size=(*lead, net.layers[0].inputs))
    return Case(seed, net, parameters, X, targets(net.cost, random, (*lead, net.layers[-1].outputs)))


def random_network(seed: int, random: np.random.Generator) -> symnn.Network:
    cost, depth = COSTS[seed % len(COSTS)], int(random.integers(1, 7))
    sizes = [int(size) for size in random.integers(1, 6, size=depth + 1)]
    names = [str(name) for name in random.choice(HIDDEN, size=depth - 1)]
    names.append(str(random.choice(OUTPUT.get(cost, HIDDEN))))
    # The softmax of one number is 1, whatever the number.
    names = [
        "tanh" if name == "softmax" and size == 1 and cost != "cross_entropy" else name
        for name, size in zip(names, sizes[1:], strict=True)
    ]
    if cost == "cross_entropy" and names[-1] == "softmax" and sizes[-1] == 1:
        sizes[-1] = 3
    return symnn.mlp(
        sizes,
        names,
        cost,
        weights=str(random.choice(["outputs,inputs", "inputs,outputs"])),
        l1=float(random.choice([0, 0, 0.01])),
        l2=float(random.choice([0, 0, 0.1])),
    )


def targets(cost: str | None, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    if cost == "hinge":
        return random.choice([-1.0, 1.0], size=shape)
    if cost == "cross_entropy":
        return np.eye(shape[-1])[random.integers(shape[-1], size=shape[:-1])]
    if cost == "binary_cross_entropy":
        return random.integers(2, size=shape).astype(float)
    return random.uniform(size=shape)


def is_well_conditioned(case: Case, random: np.random.Generator) -> bool:
    """Whether no kink is near, no output is saturated, and no gradient changes much if the data hardly does."""
    net, found = case.net, case.net.evaluate(case.parameters, case.X, case.Y)
    for number, name in enumerate(net.activations, 1):
        if name in BENT and np.min(np.abs(found[f"z{number}"])) < 1e-3:
            return False
    if net.cost == "hinge" and np.min(np.abs(1 - case.Y * found[net.output])) < 1e-3:
        return False
    if net.cost in ("binary_cross_entropy", "cross_entropy") and not 1e-3 < np.min(found[net.output]) < 1 - 1e-3:
        return False
    if net.cost == "binary_cross_entropy" and np.max(found[net.output]) > 1 - 1e-3:
        return False
    if net.l1 and min(np.min(np.abs(p)) for p in case.parameters.values()) < 1e-3:
        return False
    return all(changes_little(case, random) for _ in range(2))


def changes_little(case: Case, random: np.random.Generator) -> bool:
    """Whether changes of the data in their 9th digit change no gradient by more than 30 times as much."""
    parameters = {name: value * (1 + 1e-9 * random.normal(size=value.shape)) for name, value in case.parameters.items()}
    nearby = Case(case.seed, case.net, parameters, case.X * (1 + 1e-9 * random.normal(size=case.X.shape)), case.Y)
    gradient, moved = gradient_of(case), gradient_of(nearby)
    return all(relative(moved[name], gradient[name]) < 3e-8 for name in gradient)


def gradient_of(case: Case) -> dict[str, Any]:
    return compiled(case.net)(case.parameters, case.X, case.Y)[1]


@cache
def compiled(net: symnn.Network) -> Any:
    return net.gradient().compile()


def relative(found: Any, expected: Any) -> float:
    """Return the largest error relative to the largest component; 0 is met exactly, or not at all."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    off, largest = np.max(np.abs(found - expected)), np.max(np.abs(expected))
    return float(off / largest) if largest else float(off)


def disagreement(case: Case) -> float:
    """Return the largest error of the compiled gradient at some entries, relative to its tensor's largest."""
    program = case.net.program if case.single else batch_program(case.net.program, ["C"])
    random, found, worst = np.random.default_rng(case.seed), gradient_of(case), 0.0
    entries = {name: some_entries(random, array) for name, array in case.parameters.items()}
    expected = finite_differences(program, case.data, "C", list(case.parameters), entries=entries)
    for name, places in entries.items():
        off = max(abs(found[name][place] - expected[name][place]) for place in places)
        largest = np.max(np.abs(found[name]))
        worst = max(worst, float(off / largest) if largest else float(off))
    return worst


def some_entries(random: np.random.Generator, array: np.ndarray) -> list[tuple[int, ...]]:
    """Return some places of an array, at random."""
    places = list(np.ndindex(array.shape))
    chosen = random.permutation(len(places))[:MOST_ENTRIES]
    return [places[n] for n in chosen]


@pytest.mark.parametrize("first", range(0, NETWORKS, GROUP))
def test_compiled_gradients_agree_with_differences_of_50_digits(first: int) -> None:
    for seed in range(first, first + GROUP):
        case = random_case(seed)
        assert disagreement(case) < TOLERANCE, str(case)


@pytest.mark.parametrize("first", SOME)
def test_batching_before_and_after_differentiating_agree(first: int) -> None:
    for seed in range(first, first + GROUP):
        case = random_case(seed)
        if case.single:
            continue
        before = differentiate(batch_program(case.net.program, ["C"]), "C", list(case.parameters))
        names = list(before.gradients.values())
        results = compile_program(before.program, names)
        needed = {name: value for name, value in case.data.items() if name in results.arguments}
        values, after = results(**needed), gradient_of(case)
        for name, made in before.gradients.items():
            assert relative(values[made], after[name]) < TOLERANCE, f"{name} in {case}"


@pytest.mark.parametrize("first", SOME)
def test_the_three_views_evaluate_equal(first: int) -> None:
    for seed in range(first, first + GROUP):
        case = random_case(seed)
        gradient = case.net.gradient()
        one = case.X if case.single else case.X[0]
        single = {**case.data, "x": one, "y": case.Y if case.single else case.Y[0]}
        indexed = evaluate(gradient.program, single)
        assert_matrix_view_agrees(gradient.program, single, indexed, case)
        if not case.single:
            batch = gradient.batched
            assert_matrix_view_agrees(batch, case.data, evaluate(batch, case.data), case)
        if seed % 7 == 0:
            assert_scalar_view_agrees(gradient.program, single, indexed, case)


def assert_matrix_view_agrees(program: symnn.Program, given: dict[str, Any], indexed: Any, case: Case) -> None:
    values = dict(given)
    for shown in matrix_equations(program):
        assert isinstance(shown, MatrixEquation), f"{shown} has no matrix form in {case}"
        name = shown.equation.tensor.name
        values[name] = np.asarray(evaluate_matrix(shown.right, values), dtype=float)
        assert close(values[name], indexed[name]), f"matrix view of {shown.equation} in {case}"


def assert_scalar_view_agrees(program: symnn.Program, given: dict[str, Any], indexed: Any, case: Case) -> None:
    scalars = evaluate_scalar(scalar_equations(program, largest=2000), given)
    for name, expected in indexed.items():
        found = [scalars[program.defined[name][place]] for place in np.ndindex(expected.shape)]
        assert close(np.array(found, dtype=float).reshape(expected.shape), expected), f"scalar view of {name} in {case}"


def close(found: np.ndarray, expected: np.ndarray) -> bool:
    assert found.shape == expected.shape
    return bool(np.max(np.abs(found - expected)) <= 1e-11 * max(float(np.max(np.abs(expected))), 1e-2))
