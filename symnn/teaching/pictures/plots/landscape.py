"""The cost of a network against one or two of its parameters, all others fixed, and gradient descent on it.

t ↦ C(θ with θᵢ = t),      t⁽ᵏ⁺¹⁾ = t⁽ᵏ⁾ − η ∂C/∂θᵢ (t⁽ᵏ⁾)

The cost and its derivative are the compiled equations that training runs, on the examples that are given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.compiling import compile_program
from symnn.errors import InputError

Array = NDArray[Any]


@dataclass(frozen=True)
class Entry:
    """One number among a network's parameters: W1[1,2] has places (1, 2), counted from 1."""

    name: str
    places: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.name}[{','.join(map(str, self.places))}]" if self.places else self.name

    @property
    def position(self) -> tuple[int, ...]:
        """Where it stands in the array."""
        return tuple(place - 1 for place in self.places)


@dataclass(frozen=True, eq=False)
class Landscape:
    """The cost against one or two entries of the parameters.

    Attributes:
        network: a network with a cost.
        parameters: the values of all parameters.
        X, Y: the examples, as the network takes them.
        entries: what is varied.
    """

    network: Any
    parameters: Mapping[str, Array]
    X: Array
    Y: Array
    entries: tuple[Entry, ...]
    _arrays: dict[str, Array] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        arrays = {name: np.array(value, dtype=float) for name, value in self.parameters.items()}
        object.__setattr__(self, "_arrays", arrays)

    @cached_property
    def _gradient(self) -> Any:
        names = list(dict.fromkeys(entry.name for entry in self.entries))
        return self.network.gradient(wrt=names).compile()

    @cached_property
    def _forward(self) -> Any:
        gradient = self.network.gradient(wrt=[self.entries[0].name])
        program = gradient.batched if gradient.for_batches else gradient.program
        return compile_program(program.pruned([gradient.of]), [gradient.of]), gradient.of

    @property
    def now(self) -> Array:
        """The values of the entries that the network has."""
        return np.array([float(np.asarray(self.parameters[e.name])[e.position]) for e in self.entries])

    def cost(self, point: Sequence[float] | Array) -> float:
        """Return the cost where the entries have these values."""
        self._place(point)
        compiled, of = self._forward
        given = {**self._arrays, "x": self.X, "y": self.Y}
        with np.errstate(all="ignore"):
            return float(compiled(**{name: given[name] for name in compiled.arguments})[of])

    def slope(self, point: Sequence[float] | Array) -> tuple[float, Array]:
        """Return the cost, and its partial derivatives with respect to the entries."""
        self._place(point)
        with np.errstate(all="ignore"):
            value, slopes = self._gradient(self._arrays, self.X, self.Y)
        return float(value), np.array([float(slopes[entry.name][entry.position]) for entry in self.entries])

    def _place(self, point: Sequence[float] | Array) -> None:
        for entry, value in zip(self.entries, point, strict=True):
            self._arrays[entry.name][entry.position] = value

    def grid(self, *axes: Array) -> Array:
        """Return the cost at every point of a grid: of shape (points of the first axis, points of the second)."""
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        costs = [self.cost(point) for point in points.reshape(-1, len(self.entries))]
        return np.array(costs).reshape(points.shape[:-1])


@dataclass(frozen=True, eq=False)
class Descent:
    """The path of a ball: points, (steps + 1, entries), and the cost at each."""

    points: Array
    costs: Array


def descend(landscape: Landscape, start: Array, learning_rate: float, steps: int) -> Descent:
    """Return the path of gradient descent from a start: t ← t − η ∂C/∂t.

    It ends early where the cost is not finite any more.
    """
    points, costs = [], []
    point = np.array(start, dtype=float)
    for _ in range(steps + 1):
        cost, slope = landscape.slope(point)
        if not (math.isfinite(cost) and np.isfinite(slope).all()):
            break
        points.append(point)
        costs.append(cost)
        point = point - learning_rate * slope
    if not points:
        raise InputError(f"the cost is not finite at the start {', '.join(f'{t:g}' for t in np.atleast_1d(start))}")
    return Descent(np.array(points), np.array(costs))


def starting_points(ranges: Sequence[tuple[float, float]], count: int, seed: int) -> Array:
    """Return random starts, (count, entries), spread out: one in each part of every range.

    >>> starting_points([(0, 1)], 2, seed=1).round(2).tolist()
    [[0.22], [0.72]]
    """
    random = np.random.default_rng([seed, 2])
    columns = []
    for axis, (low, high) in enumerate(ranges):
        parts = np.arange(count) if axis == 0 else random.permutation(count)
        columns.append(low + (high - low) * (parts + random.uniform(size=count)) / count)
    return np.stack(columns, axis=1)
