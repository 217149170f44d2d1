"""The hill of the cost: the landscape on a grid, balls that roll down it, and its valleys."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import InputError, ShapeError
from symnn.teaching.pictures.plots.entries import most_moved, read_entries
from symnn.teaching.pictures.plots.landscape import Descent, Entry, Landscape, descend, starting_points
from symnn.teaching.pictures.plots.style import called, check_finite, plain
from symnn.teaching.pictures.plots.valleys import valleys_of
from symnn.training import Data, Model
from symnn.training.optimizers import check_learning_rate
from symnn.training.shapes import input_shape, target_shape

Array = NDArray[Any]

MOST_EXAMPLES = 1000
"""Of a larger data set so many examples are drawn, and the caption says so."""
_POINTS = {1: 401, 2: 81}
_POINTS_OF_LARGE = {1: 201, 2: 41}
_LARGE = 2**17
_LEAST_REACH = 3.0
_FARTHEST, _NARROWEST = 1e9, 1e-6
_MOST_STARTS, _MOST_STEPS = 20, 100_000


@dataclass(frozen=True, eq=False)
class Hill:
    """What there is to see of a landscape.

    Attributes:
        landscape: the cost against one or two entries.
        axes: the values of each entry, rising.
        costs: the cost on the grid.
        descents: the balls' paths.
        valleys: the local minima inside the grid, (minima, entries), the lowest first.
        learning_rate: the step size η of the descents.
        steps: how many steps each ball takes.
        seed: the starts follow from it.
        source: of which examples the cost is.
        trained: whether the network's own values are those where training ended.
    """

    landscape: Landscape
    axes: tuple[Array, ...]
    costs: Array
    descents: tuple[Descent, ...]
    valleys: Array
    learning_rate: float
    steps: int
    seed: int
    source: str
    trained: bool = False

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is varied."""
        return self.landscape.entries

    @property
    def caption(self) -> tuple[str, str]:
        """What the picture shows, in two sentences."""
        net = called(self.landscape.network)
        others = sum(int(np.size(value)) for value in self.landscape.parameters.values()) - len(self.entries)
        fixed = {0: "", 1: ", the other parameter fixed"}.get(others, f", the other {others:,} parameters fixed")
        lost = sum(
            any(not axis[0] <= t <= axis[-1] for axis, t in zip(self.axes, descent.points[-1], strict=True))
            for descent in self.descents
        )
        outside = f" {lost} end{'s' * (lost == 1)} outside of the picture." if lost else ""
        return (
            f"{net}: the cost over {self.source}{fixed}.",
            f"Gradient descent from {len(self.descents)} start{'s' * (len(self.descents) != 1)} (seed {self.seed}), "
            f"learning rate η = {self.learning_rate:g}, {self.steps:,} steps.{outside}",
        )


def hill_of(
    model: Model,
    data: Data,
    parameter: str | int = 1,
    *,
    starts: int = 3,
    learning_rate: float | None = None,
    steps: int = 200,
    seed: int = 0,
    ranges: Sequence[tuple[float, float]] | None = None,
) -> Hill:
    """Return the cost of a model on data against one or two of its parameters, with balls that roll down.

    t ← t − η ∂C/∂t, all other parameters as the model has them.

    Args:
        model: a network with parameters, and how it takes its data.
        data: the examples; of more than 1,000, so many are drawn by the seed.
        parameter: such as "W1[1,2]" or "W1[1,1],b1[1]"; 1 or 2: those that training moved most.
        starts: how many balls.
        learning_rate: η; by default 1 over the largest curvature, to one digit: with it a ball never rolls up.
        steps: how many steps each ball takes.
        seed: of the starts.
        ranges: what is drawn of each parameter, lowest and highest; by default about where training went.

    Raises:
        InputError: for settings that make no sense, and parameters that there are not.
        DataError, ShapeError: for data that the model does not take.
    """
    check_settings(starts, steps, seed)
    if getattr(model.network, "example_weights", False) or getattr(model.network, "masked", False):
        raise InputError("a hill is of a network without weights of the examples and without a mask")
    if model.network.cost is None:
        raise InputError("a hill is of a cost: the network has none")
    rate = None if learning_rate is None else check_learning_rate(learning_rate)
    entries = _entries(parameter, model)
    X, Y, source = examples_for(model, data, seed)
    landscape = Landscape(model.network, model.parameters, X, Y, entries)
    points = (_POINTS if X.size * len(entries) <= _LARGE else _POINTS_OF_LARGE)[len(entries)]
    bounds = _ranges(ranges, landscape, _before(model))
    axes = _axes(bounds, points)
    costs = landscape.grid(*axes)
    check_finite(costs, "the cost")
    rate = rate or _gentle(axes, costs)
    begin = starting_points(bounds, starts, seed)
    descents = tuple(descend(landscape, start, rate, steps) for start in begin)
    if ranges is None and (wider := _widened(bounds, descents)) != bounds:
        axes = _axes(wider, points)
        costs = landscape.grid(*axes)
    valleys, trained = valleys_of(landscape, axes, costs), "epochs" in model.information
    return Hill(landscape, axes, costs, descents, valleys, rate, steps, seed, source, trained)


def check_settings(starts: int, steps: int, seed: int) -> None:
    """Raise InputError unless the settings of the balls make sense."""
    for name, value, low, high in (("starts", starts, 1, _MOST_STARTS), ("steps", steps, 1, _MOST_STEPS)):
        if type(value) is not int or not low <= value <= high:
            raise InputError(f"bad number of {name} {value!r} (accepted: {low} to {high:,})")
    if type(seed) is not int or seed < 0:
        raise InputError(f"bad seed {seed!r}: it is a whole number, at least 0")


def examples_for(model: Model, data: Data, seed: int) -> tuple[Array, Array, str]:
    """Return inputs and targets as the model's network takes them, and which they are, in words.

    Raises:
        DataError, ShapeError: for data that the model does not take.
    """
    shape, width = input_shape(model.network), math.prod(input_shape(model.network))
    if data.X.shape[1] != width:
        raise ShapeError(f"the data has {data.X.shape[1]} inputs, the model takes {width}")
    count, name = len(data), plain(data.name)
    source = f"the {count:,} examples of {name}"
    if count > MOST_EXAMPLES:
        rows = np.sort(np.random.default_rng([seed, 3]).choice(count, MOST_EXAMPLES, replace=False))
        data, source = data.part(rows), f"{MOST_EXAMPLES:,} of the {count:,} examples of {name}"
    X = model.scaling.apply(data.X.reshape(len(data), -1)).reshape(len(data), *shape)
    Y = data.y if model.targets.classes is not None else model.value_scaling.apply(np.asarray(data.y, float)[:, None])
    encoded = model.targets.encode(Y).astype(float)
    return X, encoded.reshape(len(data), *target_shape(model.network)), source


def _before(model: Model) -> dict[str, Array]:
    """Return the parameters from which training began, which its seed tells."""
    seed = model.information.get("seed", 0)
    return dict(model.network.initial_parameters(seed if type(seed) is int and seed >= 0 else 0))


def _entries(parameter: str | int, model: Model) -> tuple[Entry, ...]:
    if str(parameter).strip() in ("1", "2"):
        return most_moved(int(parameter), _before(model), model.parameters)
    return read_entries(str(parameter), model.parameters)


def _ranges(
    given: Sequence[tuple[float, float]] | None, landscape: Landscape, before: dict[str, Array]
) -> list[tuple[float, float]]:
    if given is not None:
        if len(given) != len(landscape.entries):
            raise InputError(f"{len(given)} ranges for {len(landscape.entries)} parameters: one each is needed")
        for low, high in given:
            largest = max(abs(low), abs(high), 1e-3)
            if not (largest <= _FARTHEST and low < high and high - low > _NARROWEST * largest):
                raise InputError(
                    f"bad range {low:g} to {high:g} (accepted: two numbers, the lower first, that are not nearly equal "
                    f"and not beyond ±{_FARTHEST:g})"
                )
        return [(float(low), float(high)) for low, high in given]
    first = [float(np.asarray(before[entry.name])[entry.position]) for entry in landscape.entries]
    ranges = []
    for now, then in zip(landscape.now.tolist(), first, strict=True):
        reach = max(abs(now - then), _LEAST_REACH, abs(now) / 2)
        ranges.append((min(now, then) - reach, max(now, then) + reach))
    return ranges


def _axes(bounds: Sequence[tuple[float, float]], points: int) -> tuple[Array, ...]:
    return tuple(np.linspace(low, high, points) for low, high in bounds)


def _widened(bounds: list[tuple[float, float]], descents: Sequence[Descent]) -> list[tuple[float, float]]:
    """Return the ranges with the paths in them; they grow by no more than their own width to either side."""
    reached = np.concatenate([descent.points for descent in descents])
    wider = []
    for (low, high), t in zip(bounds, reached.T, strict=True):
        width = high - low
        left, right = max(low - width, float(t.min())), min(high + width, float(t.max()))
        margin = 0.07 * (max(right, high) - min(left, low))
        wider.append((left - margin if left < low else low, right + margin if right > high else high))
    return wider


def _gentle(axes: Sequence[Array], costs: Array) -> float:
    """Return 1 over the largest curvature on the grid, rounded down to one digit."""
    largest = 0.0
    for axis, values in enumerate(axes):
        with np.errstate(all="ignore"):
            bent = np.abs(np.diff(costs, 2, axis=axis)) / (values[1] - values[0]) ** 2
        finite = bent[np.isfinite(bent)]
        largest += float(finite.max()) if finite.size else 0.0
    if largest <= 0 or not math.isfinite(1 / largest):
        return 1.0
    power = 10.0 ** math.floor(math.log10(1 / largest))
    return float(f"{math.floor(1 / largest / power) * power:.1g}") or 1.0
