"""Points: numbers for everything that a formula may name, drawn by seed, short enough to be written down."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Dummy, Expr, Integer, Rational, Sum, sin

from symnn.errors import CalculusError, ShapeError
from symnn.language import Elementwise, Entry, Equation, MatrixOperation, Program, body_and_bound, lookups, prime
from symnn.language.defined_functions import elementwise
from symnn.proof import arithmetic_of
from symnn.proof.evaluation import Machine
from symnn.teaching.checking.known import Known

Array = NDArray[Any]
MOST_NUMBERS, SMALL = 2_000_000, 1_000
USUAL, BRANCHING = 3, 30
_WIDE = 20
"""In wider layers than this the numbers are smaller, so that their sums do not saturate a sigmoid."""
_SIZES = (3, 4, 2, 5)
"""What sizes that are letters become: small, and different from each other."""


@dataclass(frozen=True)
class Point:
    """The value of every tensor of a program, by name, and of every size."""

    values: dict[str, Array]
    sizes: dict[Any, Integer] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return sum(np.size(array) for array in self.values.values())

    def size(self, axis: Expr) -> int:
        """Return how long an axis is here."""
        return int(axis.xreplace(self.sizes))


@lru_cache(maxsize=16)
def points(known: Known, count: int | None = None, seed: int = 0) -> tuple[Point, ...]:
    """Return points at which every tensor of a derivation has a finite value; none where there are none.

    Args:
        known: the derivation.
        count: how many; by default few, and more where signs choose between branches.
        seed: the points follow from it.

    >>> from symnn.networks import mlp
    >>> from symnn.teaching.checking.known import known_of
    >>> points(known_of(mlp("2-3-1").program, "C"))[0].values["x"].shape
    (2,)
    """
    program = concrete_program(known.program)
    sizes = _numbers(program)
    total = _total(program, sizes)
    if not total:
        return ()
    wanted = count or (BRANCHING if known.has_branches and total < SMALL else USUAL)
    found: list[Point] = []
    machine: list[Machine] = []
    for positive in (False, True):
        for attempt in range(2 * wanted):
            if len(found) < wanted:
                found += _drawn(program, sizes, random.Random(f"{seed} {attempt} {positive}"), positive, machine)
    return tuple(found)


def _drawn(
    program: Program, sizes: dict[Any, Integer], chooser: random.Random, positive: bool, prepared: list[Machine]
) -> Iterator[Point]:
    inputs = {
        name: _array(tensor, tuple(int(s.xreplace(sizes)) for s in tensor.shape), chooser, positive, program)
        for name, tensor in program.inputs.items()
    }
    inputs = _by_facts(program, inputs)
    try:
        if not prepared:
            given = {symbol.name: int(number) for symbol, number in sizes.items()}
            prepared.append(Machine(program, {**given, **inputs}, arithmetic_of("float")))
        machine = prepared[0]
        for name, array in inputs.items():
            machine.data[name][:] = array.ravel().tolist()
        machine.run()
    except (CalculusError, ShapeError, ZeroDivisionError):
        return
    values = {**inputs, **{name: machine.array(name) for name in program.defined}}
    if all(np.all(np.isfinite(array.astype(float))) for array in values.values()):
        yield Point(values, sizes)


def _array(tensor: Any, shape: tuple[int, ...], chooser: random.Random, positive: bool, program: Program) -> Array:
    """Tenths, none of them 0; a matrix that is inverted is far from singular."""
    looked_up = {each.name for equation in program for each in lookups(equation.right)}
    if tensor.name in looked_up:
        return np.array([chooser.randrange(2) for _ in range(int(np.prod(shape)))], dtype=float).reshape(shape)
    tenths = [n for n in range(1 if positive else -15, 16) if n]
    made = np.array([chooser.choice(tenths) / 10 for _ in range(int(np.prod(shape)))], dtype=float).reshape(shape)
    if max(shape, default=0) > _WIDE:
        made = np.round(made / np.sqrt(max(shape)), 3)
    if tensor.is_symmetric:
        made = np.round((made + np.swapaxes(made, -1, -2)) / 2, 2)
    if len(shape) == 2 and shape[0] == shape[1] and any(e.right.has(MatrixOperation) for e in program):
        made = made + 2 * shape[0] * np.eye(shape[0])
    return made


def _by_facts(program: Program, inputs: dict[str, Array]) -> dict[str, Array]:
    """Let sums be what the facts say they are, as targets that sum to 1 over the classes."""
    for fact in program.facts:
        if not isinstance(fact.left, Sum) or not fact.right.is_number:
            continue
        body, bound = body_and_bound(fact.left)
        if isinstance(body, Entry) and body.base.name in inputs and len(bound) == 1 and bound[0] in body.indices:
            name, axis, total = body.base.name, body.indices.index(bound[0]), float(fact.right)
            array = np.abs(inputs[name]) if total > 0 else inputs[name] - inputs[name].mean(axis, keepdims=True)
            inputs[name] = array / array.sum(axis, keepdims=True) * total if total > 0 else array + total
    return inputs


def _numbers(program: Program) -> dict[Any, Integer]:
    letters = sorted({s for t in program.tensors.values() for size in t.shape for s in size.free_symbols}, key=str)
    return {letter: Integer(_SIZES[n % len(_SIZES)] + n // len(_SIZES) * 4) for n, letter in enumerate(letters)}


def _total(program: Program, sizes: dict[Any, Integer]) -> int:
    """Return how many numbers a point has, or 0 where it has too many or too few."""
    total = 0
    for tensor in program.tensors.values():
        lengths = [size.xreplace(sizes) for size in tensor.shape]
        if not all(length.is_Integer and length > 0 for length in lengths):
            return 0
        total += int(np.prod([int(length) for length in lengths]))
    return total if total <= MOST_NUMBERS else 0


def concrete(function: type[Elementwise]) -> type[Elementwise]:
    """Return a function that has numbers: for an undefined one, one that has no property to speak of."""
    root: Any = function.root
    if not getattr(root, "undefined", False):
        return function
    if root not in _STAND_INS:
        t = Dummy("t", real=True)
        number = len(_STAND_INS) + 1
        _STAND_INS[root] = elementwise(root.__name__, t, sin(t + number) + t**2 / 3 + Rational(number, 7))
    return prime(_STAND_INS[root], function.order)


_STAND_INS: dict[Any, Any] = {}


def concrete_program(program: Program) -> Program:
    """Return the program with functions that have numbers."""

    def replaced(right: Expr) -> Expr:
        return right.replace(
            lambda part: isinstance(part, Elementwise) and getattr(type(part).root, "undefined", False),
            lambda part: concrete(type(part))(*part.args),
        )

    atoms = [atom for equation in program for atom in equation.right.atoms(Elementwise)]
    if not any(getattr(atom.root, "undefined", False) for atom in atoms):
        return program
    equations = [Equation(e.left, replaced(e.right)) for e in program]
    return Program(equations, program.facts, program.layered, program.adjoints)
