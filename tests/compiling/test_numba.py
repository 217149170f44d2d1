"""The numba backend: loops that give what the equations say, and steps that go on where they stopped."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symnn
from symnn.training.step import compile_step

pytest.importorskip("numba")


def data(net: symnn.Network, examples: int, dtype: str = "float64") -> tuple[Any, Any]:
    random = np.random.default_rng(0)
    X = random.normal(size=(examples, net.layers[0].inputs)).astype(dtype)
    return X, np.eye(net.layers[-1].outputs, dtype=dtype)[random.integers(net.layers[-1].outputs, size=examples)]


def test_steps_equal_those_of_numpy_to_rounding_and_any_division_of_them_bit_for_bit() -> None:
    net = symnn.mlp("5-4-3", ["sigmoid", "softmax"], "cross_entropy", l2=0.1)
    X, Y = data(net, 13)
    runs = []
    for backend in ("numpy", "numba", "numba"):
        step = compile_step(net, symnn.SGD(0.3), backend=backend)
        runs.append(step.begin(step.start(net.initial_parameters(seed=0), "float64"), X, Y))
    order = np.concatenate([np.random.default_rng(n).permutation(13) for n in range(3)])[:36]
    costs = [run.take(order, 4) for run in runs[:2]]
    for start in range(0, 36, 12):
        runs[2].take(order[start : start + 12], 4)
    np.testing.assert_allclose(costs[1], costs[0], rtol=1e-12)
    for name, value in runs[1].carried().items():
        np.testing.assert_allclose(value, runs[0].carried()[name], rtol=1e-12)
        assert value.tobytes() == runs[2].carried()[name].tobytes()
