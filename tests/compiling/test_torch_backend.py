"""torch as a backend: the numbers of NumPy's code, and of a step that torch differentiates itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from programs import CASES, case_of

import symnn
from symnn.compiling import compile_program
from symnn.compiling.backends import BACKENDS
from symnn.training.optimizers import Adam
from symnn.training.step import compile_step

torch = pytest.importorskip("torch")

FUNCTION = BACKENDS["torch"].function
TOLERANCE = {"float64": 1e-11, "float32": 2e-4}


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_every_operation_agrees_with_numpy(name: str, dtype: str) -> None:
    case, tolerance = case_of(name), TOLERANCE[dtype]
    expected = compile_program(case.program, case.outputs)(**case.values)
    found = compile_program(case.program, case.outputs, dtype, make=FUNCTION)(**case.values)
    for output in case.outputs:
        assert isinstance(found[output], np.ndarray | np.generic)
        assert found[output].dtype == dtype, output
        np.testing.assert_allclose(found[output], expected[output], rtol=tolerance, atol=tolerance / 10, err_msg=output)


def test_what_is_given_may_be_read_only_and_stays_as_it_is() -> None:
    net = symnn.mlp("2-3-1")
    function = net.gradient().compile(backend="torch")
    parameters, X, Y = net.initial_parameters(seed=0), np.ones((4, 2))[::-1], np.zeros((4, 1))
    for array in (*parameters.values(), X, Y):
        array.flags.writeable = False
    cost, slopes = function(parameters, X, Y)
    slopes["W1"][:] = 7
    assert not np.array_equal(function(parameters, X, Y)[1]["W1"], slopes["W1"])
    assert cost == pytest.approx(net.gradient().compile()(parameters, X, Y)[0], rel=1e-14)
    assert "z1 = x @ W1.T + b1  # z1[n,j]" in function.source


def data() -> tuple[Any, Any]:
    random = np.random.default_rng(1)
    return random.normal(size=(13, 3)), np.eye(3)[random.integers(3, size=13)]


def test_steps_are_those_that_torch_takes_itself() -> None:
    net, (X, Y) = symnn.mlp("3-4-3", ["tanh", "softmax"], "cross_entropy"), data()
    step = compile_step(net, Adam(0.01), backend="torch")
    first = net.initial_parameters(seed=0)
    steps = step.begin(step.start(first, "float64"), X, Y)
    p = {name: torch.tensor(value, requires_grad=True) for name, value in first.items()}
    optimizer = torch.optim.Adam(p.values(), lr=0.01)
    for epoch in range(3):
        order = np.random.default_rng(epoch).permutation(13)
        found = steps.take(order, 5)
        for start in range(0, 13, 5):
            rows = order[start : start + 5]
            hidden = torch.tanh(torch.tensor(X[rows]) @ p["W1"].T + p["b1"])
            cost = torch.nn.functional.cross_entropy(hidden @ p["W2"].T + p["b2"], torch.tensor(Y[rows]))
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
        assert found == pytest.approx(cost.item(), rel=1e-10)
    for name, array in steps.carried().items():
        if name in p:
            np.testing.assert_allclose(array, p[name].detach().numpy(), rtol=1e-10)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_training_and_restarts_are_those_of_numpy(dtype: str) -> None:
    X, Y = data()
    fits = [
        symnn.train(
            symnn.mlp("3-4-3"), X, Y, epochs=4, batch_size=5, restarts=3, dtype=dtype, backend=backend, seed=1
        )
        for backend in ("numpy", "torch")
    ]
    assert fits[1].seed == fits[0].seed
    for name, array in fits[1].parameters.items():
        assert array.dtype == dtype
        np.testing.assert_allclose(array, fits[0].parameters[name], rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
