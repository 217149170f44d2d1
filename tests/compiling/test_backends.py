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
from symnn.errors import InputError


def test_an_unknown_backend_is_named_with_the_nearest() -> None:
    for ask in (backend_of, lambda name: symnn.mlp("2-1").gradient().compile(backend=name)):
        with pytest.raises(InputError, match=r"^unknown backend 'jaxx' \(did you mean 'jax'\?\)$"):
            ask("jaxx")
    with pytest.raises(InputError, match=r"^unknown backend 'cuda' \(accepted: numpy, "):
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


def test_the_programs_use_every_operation() -> None:
    operations = {made for made in vars(nodes).values() if isinstance(made, type) and issubclass(made, nodes.ArrayNode)}
    used = {nodes.ArrayNode, nodes.Chain}  # a base class, and an order that loops alone ask for
    for case in map(case_of, CASES):
        lowered, _ = lowered_program(case.program, case.outputs, "float64")
        used |= {type(part) for _, line in lowered.lines for part in preorder_traversal(line)}
    assert not {made.__name__ for made in operations - used}
