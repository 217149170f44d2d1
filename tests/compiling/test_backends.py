"""Backends: their table, and that the programs which each is tried on leave no operation out."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from programs import CASES, case_of
from sympy import preorder_traversal

import symnn
from symnn.compiling import nodes
from symnn.compiling.backends import BACKENDS, backend_of
from symnn.compiling.compiled import lowered_program
from symnn.compiling.cost_model import likely_fastest, work_of
from symnn.errors import InputError
from symnn.training.step import compile_step


def test_an_unknown_backend_is_named_with_the_nearest() -> None:
    for ask in (backend_of, lambda name: symnn.mlp("2-1").gradient().compile(backend=name)):
        with pytest.raises(InputError, match=r"^unknown backend 'jaxx' \(did you mean 'jax'\?\)$"):
            ask("jaxx")
    with pytest.raises(InputError, match=r"^unknown backend 'cuda' \(accepted: numpy, numba, jax, torch, auto\)$"):
        symnn.train(symnn.mlp("2-1"), np.zeros((3, 2)), np.zeros((3, 1)), backend="cuda")


@pytest.mark.parametrize("name", [name for name, backend in BACKENDS.items() if backend.package])
def test_a_package_that_is_not_installed_is_named_with_its_command(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = BACKENDS[name]
    monkeypatch.setitem(sys.modules, backend.package, None)
    with pytest.raises(InputError) as caught:
        symnn.mlp("2-1").gradient().compile(backend=name)
    assert str(caught.value) == (
        f'the backend {name} needs {backend.package}, which is not installed: pip install "symnn[{backend.extra}]"'
    )


def test_nothing_optional_is_imported_before_it_is_used() -> None:
    for backend in BACKENDS.values():
        assert not backend.package or backend.package not in vars(sys.modules["symnn.compiling.backends"])


def choice(architecture: str, batch_size: int, steps: int, dtype: str = "float32") -> str:
    step = compile_step(symnn.mlp(architecture), symnn.SGD(0.1), dtype)
    return likely_fastest(step.step_program, batch_size, steps)


def test_what_compiles_for_seconds_is_for_many_steps() -> None:
    assert choice("2-8-8-1", 32, 10) == "numpy"
    assert choice("2-8-8-1", 32, 10**7) in ("numba", "jax")


def test_without_other_packages_numpy_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert choice("2-8-8-1", 32, 10**7) == "numpy"


def test_training_says_what_it_took() -> None:
    X = np.random.default_rng(0).normal(size=(20, 2))
    fit = symnn.train(symnn.mlp("2-3-1"), X, (X[:, :1] > 0).astype(float), epochs=2, backend="auto")
    assert fit.backend == "numpy"
    assert symnn.train(symnn.mlp("2-3-1"), X, (X[:, :1] > 0).astype(float), epochs=1).backend == "numpy"


def test_the_work_of_a_step_is_counted_from_its_equations() -> None:
    work = work_of(compile_step(symnn.mlp("5-4-3"), symnn.SGD(0.1)).step_program, 7)
    # Forward and backward: x W1ᵀ, a W2ᵀ, δᵀa, δᵀx, and δ W2; the examples' sums beside them.
    assert 7 * (2 * 5 * 4 + 3 * 4 * 3) <= work.products < 1.3 * 7 * (2 * 5 * 4 + 3 * 4 * 3)
    assert work.functions >= 7 * (4 + 3)


def test_the_programs_use_every_operation() -> None:
    operations = {made for made in vars(nodes).values() if isinstance(made, type) and issubclass(made, nodes.ArrayNode)}
    used = {nodes.ArrayNode, nodes.Chain}  # a base class, and an order that loops alone ask for
    for case in map(case_of, CASES):
        lowered, _ = lowered_program(case.program, case.outputs, "float64")
        used |= {type(part) for _, line in lowered.lines for part in preorder_traversal(line)}
    assert not {made.__name__ for made in operations - used}
