"""Valleys: the local minima of a landscape within its range, found on the grid and refined by the derivatives."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.teaching.pictures.plots.landscape import Landscape

Array = NDArray[Any]

_REFINEMENTS = 200
_SAME = 0.01
"""Two minima nearer than this share of the range are one."""


def valleys_of(landscape: Landscape, axes: Sequence[Array], costs: Array) -> Array:
    """Return the local minima inside the grid, (minima, entries), the lowest first.

    Args:
        landscape: the cost against one or two entries.
        axes: the grid's values of each entry, rising.
        costs: the cost on the grid.
    """
    found: list[Array] = []
    widths = np.array([axis[-1] - axis[0] for axis in axes])
    for place in _low_places(costs):
        low = np.array([axis[i - 1] for axis, i in zip(axes, place, strict=True)])
        high = np.array([axis[i + 1] for axis, i in zip(axes, place, strict=True)])
        refined = _between(landscape, low[0], high[0]) if len(axes) == 1 else _rolled(landscape, axes, place)
        inside = refined is not None and all(
            axis[0] < t < axis[-1] for axis, t in zip(axes, refined, strict=True)
        )  # fmt: skip
        if refined is None or not inside or not _is_minimum(landscape, refined, widths):
            continue
        if all(np.max(np.abs(refined - other) / widths) > _SAME for other in found):
            found.append(refined)
    found.sort(key=landscape.cost)
    return np.array(found).reshape(-1, len(axes))


def _low_places(costs: Array) -> list[tuple[int, ...]]:
    """Return the inner places of a grid that are lower than all their neighbours."""
    inner = tuple(slice(1, -1) for _ in costs.shape)
    middle = costs[inner]
    low = np.isfinite(middle)
    for shift in itertools.product((-1, 0, 1), repeat=costs.ndim):
        if any(shift):
            window = tuple(slice(1 + s, size - 1 + s) for s, size in zip(shift, costs.shape, strict=True))
            # Of two equal neighbours the first is taken.
            low &= (middle < costs[window]) if shift < (0,) * costs.ndim else (middle <= costs[window])
    return [tuple(int(i) + 1 for i in place) for place in np.argwhere(low)]


def _between(landscape: Landscape, low: float, high: float) -> Array | None:
    """Return where the derivative changes from negative to positive, by bisection."""
    if not (landscape.slope([low])[1][0] < 0 < landscape.slope([high])[1][0]):
        return None
    for _ in range(_REFINEMENTS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if landscape.slope([middle])[1][0] < 0 else (low, middle)
    return np.array([(low + high) / 2])


def _rolled(landscape: Landscape, axes: Sequence[Array], place: tuple[int, ...]) -> Array | None:
    """Return where descent from a place comes to rest: Newton's steps where they go down, else along the slope."""
    point = np.array([axis[i] for axis, i in zip(axes, place, strict=True)])
    cells = np.array([axis[1] - axis[0] for axis in axes])
    cost, slope = landscape.slope(point)
    for _ in range(_REFINEMENTS):
        curved = curvature(landscape, point, cells * 1e-4)
        step = _newton(curved, slope)
        # A step is no longer than some cells: it must not leave the valley for another.
        step *= min(1.0, 3 / max(float(np.max(np.abs(step) / cells)), 1e-300))
        for _ in range(40):
            next_cost, next_slope = landscape.slope(point + step)
            if math.isfinite(next_cost) and next_cost <= cost:
                break
            step /= 2
        else:
            break
        point, slope = point + step, next_slope
        if np.max(np.abs(step) / cells) < 1e-9:
            break
        cost = next_cost
    return point


def _newton(curved: Array, slope: Array) -> Array:
    values, vectors = np.linalg.eigh(curved)
    scale = np.maximum(np.abs(values), 1e-8 * max(float(np.abs(values).max()), 1e-12))
    return -(vectors @ ((vectors.T @ slope) / scale))


def curvature(landscape: Landscape, point: Array, steps: Array) -> Array:
    """Return the second derivatives, by central differences of the exact first ones."""
    rows = []
    for axis, step in enumerate(steps):
        shift = np.zeros(len(point))
        shift[axis] = step
        rows.append((landscape.slope(point + shift)[1] - landscape.slope(point - shift)[1]) / (2 * step))
    return (np.array(rows) + np.array(rows).T) / 2


def _is_minimum(landscape: Landscape, point: Array, widths: Array) -> bool:
    """Whether the slope is 0 and the cost bends upwards in every direction."""
    slope = landscape.slope(point)[1]
    curved = curvature(landscape, point, widths * 1e-6) * np.outer(widths, widths)
    values = np.linalg.eigvalsh(curved)
    if not np.isfinite(values).all() or values[0] <= 1e-9 * values[-1] or values[0] <= 0:
        return False
    return bool(np.max(np.abs(slope * widths)) <= 1e-4 * values[-1])
