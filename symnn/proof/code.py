"""Compiled code against the equations that it is meant to compute, in 50 digits, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import CalculusError
from symnn.language import Program, Tensor
from symnn.proof.arithmetic import DomainError
from symnn.proof.drawing import WAYS, describe, random_numbers, small_sizes
from symnn.proof.evaluation import evaluate
from symnn.proof.points import is_finite

Arrays = dict[str, NDArray[Any]]
LIMIT = 1e-10
"""Relative to the largest component, more than this is wrong."""


def code_errors(
    program: Program,
    wanted: Iterable[str],
    run: Callable[[Arrays], Mapping[str, Any]],
    known: Mapping[str, Tensor] | None = None,
    seed: int = 0,
) -> dict[str, float]:
    """Return, for each wanted tensor, max |code − exact| / max |exact| over its entries, at a random point.

    Args:
        program: the equations.
        wanted: the names of tensors that the code returns.
        run: the code: arrays in by name, arrays out by name.
        known: inputs that the program no longer uses, but the code may ask for.
        seed: the inputs follow from it.

    Raises:
        CalculusError: where no inputs are found at which everything is finite.

    >>> from symnn.language import Equation, tensor
    >>> t = tensor("t"); program = Program([Equation(tensor("s"), t**2)])
    >>> code_errors(program, ["s"], lambda arrays: {"s": 2 * arrays["t"]})["s"] > LIMIT
    True
    """
    names = list(dict.fromkeys(wanted))
    arrays, exact = _point(program, names, {**(known or {}), **program.inputs}, seed)
    found = run(arrays)
    return {name: _error(np.asarray(found[name]), exact[name]) for name in names}


def _point(program: Program, names: list[str], inputs: Mapping[str, Tensor], seed: int) -> tuple[Arrays, Arrays]:
    """Return random inputs in floats, and what the wanted tensors are there."""
    sizes = small_sizes(program, inputs.values())
    given = describe(program, inputs, sizes)
    numbers = {symbol.name: int(size) for symbol, size in sizes.items()}
    for attempt in range(3):
        for way in WAYS:
            drawn = random_numbers(given, (seed, attempt), way)
            arrays: Arrays = {
                name: np.array([float(x) for x in values]).reshape(given.shapes[name]).astype(_type(name, given.places))
                for name, values in drawn.items()
            }
            try:
                exact = evaluate(program, {**numbers, **arrays}, "mpmath", wanted=names)
            except (DomainError, ArithmeticError):
                continue
            if all(is_finite(number) for name in names for number in exact[name].ravel()):
                return arrays, exact
    raise CalculusError("no inputs were found at which every derivative is finite")


def _type(name: str, places: Mapping[str, int]) -> type:
    return int if name in places else float


def _error(found: NDArray[Any], exact: NDArray[Any]) -> float:
    """Return the largest error relative to the largest component."""
    if found.shape != exact.shape or not np.all(np.isfinite(found)):
        return float("inf")
    largest = max((abs(number) for number in exact.ravel()), default=0)
    pairs = zip(found.ravel().tolist(), exact.ravel(), strict=True)
    worst = max((abs(one - other) for one, other in pairs), default=0)
    return float(worst / largest) if largest else float(worst)
