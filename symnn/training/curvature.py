"""The training cost near some parameters: its value, gradient g, and Hessian H by products H v.

All examples count at once, as they do in the cost that is trained, penalties included, in float64 whatever the
type of the training. Eigenvalues come with bounds on their error.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.calculus import hessian_vector_product
from symnn.compiling import Compiled, compile_program
from symnn.language import Program
from symnn.networks.weighting import EXAMPLE_WEIGHTS
from symnn.training.examples import Examples

Array = NDArray[Any]

MOST_WHOLE = 300
"""With up to so many parameters the whole Hessian is found, else the ends of its spectrum alone."""
_MOST_STEPS = 200
_CLOSE = 1e-7
_EVERY = 10
_CACHED = 2**18
_FEWEST = 64
_ROUNDING = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Extremes:
    """The ends of the spectrum of a Hessian.

    Attributes:
        smallest, largest: eigenvalues λ.
        smallest_error, largest_error: bounds ‖H v − λ v‖ / ‖v‖ on the distance to an eigenvalue, plus rounding.
        whole: whether every eigenvalue was found; else others may be smaller than the smallest found (or
            larger than the largest), though that is unlikely.
        flat: how many eigenvalues are 0 within their error, where all were found; else None.
    """

    smallest: float
    largest: float
    smallest_error: float
    largest_error: float
    whole: bool
    flat: int | None = None


class Curvature:
    """The training cost of a network near some parameters.

    Args:
        net: a network with a cost.
        parameters: an array for each parameter.
        part: the examples, `ready` in float64.

    Raises:
        CalculusError, CompileError: for a network whose gradient has no derivative, or no code.
    """

    def __init__(self, net: Any, parameters: Mapping[str, Array], part: Examples) -> None:
        self.net, self.part = net, part
        self.parameters = {name: np.asarray(parameters[name], float) for name in net.parameters}
        self.size = sum(value.size for value in self.parameters.values())

    @property
    def length(self) -> float:
        """‖θ‖, the length of all parameters as one vector."""
        return float(np.linalg.norm(self._flat(list(self.parameters.values()))))

    @cached_property
    def cost(self) -> float:
        return self._first[0]

    @cached_property
    def gradients(self) -> dict[str, Array]:
        """The gradient of the training cost, by parameter."""
        return self._first[1]

    @cached_property
    def gradient_norm(self) -> float:
        return float(np.linalg.norm(self._flat(list(self.gradients.values()))))

    def times(self, vector: Array) -> Array:
        """Return H v for a direction v, (parameters,)."""
        compiled, directions = _product_code(self.net)
        parts = self._apart(vector)
        return self._flat(self._sum(compiled, {directions[name]: part for name, part in parts.items()}))

    @cached_property
    def extremes(self) -> Extremes:
        """The smallest and the largest eigenvalue: of the whole Hessian if it is small, else by Lanczos' method."""
        return whole_spectrum(self._hessian()) if self.size <= MOST_WHOLE else lanczos(self.times, self.size)

    def _hessian(self) -> Array:
        return np.array([self.times(unit) for unit in np.eye(self.size)])

    @cached_property
    def _first(self) -> tuple[float, dict[str, Array]]:
        cost, *gradients = self._sum(_gradient_code(self.net), {})
        return float(cost), dict(zip(self.parameters, gradients, strict=True))

    def _sum(self, compiled: Compiled, more: Mapping[str, Array]) -> list[Array]:
        """Return the mean over all examples of what is a mean over some, a part of them at a time."""
        total: list[Array] = []
        with np.errstate(all="ignore"):
            for rows, share in self._parts():
                part = self.part.rows(rows)
                given = {"x": part.X, "y": part.Y, **part.beside, **self.parameters, **more}
                found = compiled.raw(*[given[name] for name in compiled.arguments])
                scaled = [share * np.asarray(value, float) for value in found]
                total = [a + b for a, b in zip(total, scaled, strict=True)] if total else scaled
        return total

    def _parts(self) -> Iterator[tuple[slice, float]]:
        """Yield the rows of each part, and what its cost counts in the whole."""
        program, count = self.net.program, len(self.part)
        shapes = [tensor.shape for tensor in program.defined.values()]
        width = sum(math.prod(int(size) for size in shape if size.is_Integer) for shape in shapes)
        # A network that names the example axis has a cost of the whole that is no mean of those of parts.
        size = count if program.names_examples else max(_FEWEST, _CACHED // max(width, 1))
        weights = self.part.beside.get(EXAMPLE_WEIGHTS)
        for start in range(0, count, size):
            rows = slice(start, min(start + size, count))
            share = (rows.stop - start) / count if weights is None else float(weights[rows].sum() / weights.sum())
            yield rows, share

    def _flat(self, arrays: list[Array]) -> Array:
        return np.concatenate([np.asarray(array, float).reshape(-1) for array in arrays])

    def _apart(self, vector: Array) -> dict[str, Array]:
        apart, start = {}, 0
        for name, value in self.parameters.items():
            apart[name] = vector[start : start + value.size].reshape(value.shape)
            start += value.size
        return apart


# What is compiled is the same at all parameters, and is asked for where training began and where it ended.
@lru_cache(maxsize=4)
def _gradient_code(net: Any) -> Compiled:
    """Return the code of the cost and its gradient."""
    gradient = net.gradient()
    outputs = ("C", *(gradient.gradients[name] for name in net.parameters))
    return compile_program(gradient.batched.pruned(outputs), outputs, release=True)


@lru_cache(maxsize=4)
def _product_code(net: Any) -> tuple[Compiled, dict[str, str]]:
    """Return the code of H v, and what the direction's part for each parameter is called."""
    forward: Program = net.gradient().batched.pruned(["C"])
    names = tuple(net.parameters)
    directions = {name: forward.fresh_name(f"v_{name}") for name in names}
    found = hessian_vector_product(forward, "C", names, directions)
    compiled = compile_program(found.program, [found.gradients[name] for name in names], release=True)
    return compiled, directions


def whole_spectrum(hessian: Array) -> Extremes:
    """Return the ends of the spectrum of a whole Hessian, which is symmetric but for rounding.

    >>> found = whole_spectrum(np.diag([3.0, 0.0, -1.0]))
    >>> found.smallest, found.largest, found.flat
    (-1.0, 3.0, 1)
    """
    if not np.isfinite(hessian).all():
        return Extremes(math.nan, math.nan, math.inf, math.inf, whole=True)
    values, vectors = np.linalg.eigh((hessian + hessian.T) / 2)
    residuals = np.linalg.norm(hessian @ vectors - vectors * values, axis=0)
    scale = float(np.abs(values).max(initial=0))
    errors = residuals + len(values) * _ROUNDING * scale
    flat = int(np.count_nonzero(np.abs(values) <= zero_within(errors, scale)))
    return Extremes(float(values[0]), float(values[-1]), float(errors[0]), float(errors[-1]), True, flat)


def zero_within(error: Any, scale: float) -> Any:
    """Return below what size an eigenvalue counts as 0: its error, or 1e-8 of the largest one."""
    return np.maximum(error, 1e-8 * scale)


def lanczos(times: Any, size: int, seed: int = 0, steps: int = _MOST_STEPS) -> Extremes:
    """Return the ends of the spectrum of a symmetric matrix that is known by its products alone.

    H Q = Q T + β q eᵀ: the eigenvalues of the small tridiagonal T at its ends are near those of H, and β times the
    last entry of T's eigenvector is the residual ‖H v − λ v‖. Every q is made orthogonal to all before, twice.

    Args:
        times: v to H v.
        size: the number of entries of v.
        seed: of the first direction.
        steps: products at most; fewer where both ends are found to 1e-7 of the largest eigenvalue.

    Source: Parlett, The Symmetric Eigenvalue Problem (1998), chapter 13.

    >>> found = lanczos(lambda v: np.arange(-1.0, 399.0) * v, 400)
    >>> round(found.smallest, 4), round(found.largest, 4)
    (-1.0, 398.0)
    """
    vector = np.random.default_rng(seed).standard_normal(size)
    basis = [vector / np.linalg.norm(vector)]
    diagonal: list[float] = []
    beside: list[float] = []
    values, residuals = np.zeros(1), np.full(2, np.inf)
    most, scale = min(size, steps), 0.0
    for step in range(1, most + 1):
        product = times(basis[-1])
        if not np.isfinite(product).all():
            return Extremes(math.nan, math.nan, math.inf, math.inf, whole=False)
        diagonal.append(float(basis[-1] @ product))
        known = np.array(basis)
        for _ in range(2):
            product = product - known.T @ (known @ product)
        beta = float(np.linalg.norm(product))
        scale = max(scale, abs(diagonal[-1]), beta)
        ended = step == most or beta <= size * _ROUNDING * scale
        if ended or step % _EVERY == 0:
            values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))
            residuals = np.abs(beta * vectors[-1, [0, -1]])
            if ended or residuals.max() <= _CLOSE * scale:
                break
        beside.append(beta)
        basis.append(product / beta)
    errors = residuals + size * _ROUNDING * scale
    return Extremes(float(values[0]), float(values[-1]), float(errors[0]), float(errors[1]), whole=False)
