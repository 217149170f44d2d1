"""Networks with one hidden layer by mpmath: their gradients with 60 digits, and how far rounding may move them.

Each formula is what a textbook says, with so many digits that nothing is lost: no stable form is used here.

    δ² = ∂C/∂z²,   δ¹ = (W²)ᵀ δ² ⊙ f′(z¹),   ∂C/∂W = δ aᵀ,   ∂C/∂b = δ
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

DIGITS = 60
_EXP = 0.4343
"""Digits of e."""


def _sigmoid(t: Any) -> Any:
    return 1 / (1 + mpmath.exp(-t))


def _normal(t: Any) -> Any:
    return mpmath.erfc(-t / mpmath.sqrt(2)) / 2


def _density(t: Any) -> Any:
    return mpmath.exp(-t * t / 2) / mpmath.sqrt(2 * mpmath.pi)


ACTIVATIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "identity": (lambda t: t, lambda t: mpmath.mpf(1)),
    "sigmoid": (_sigmoid, lambda t: _sigmoid(t) * (1 - _sigmoid(t))),
    "tanh": (mpmath.tanh, lambda t: 1 - mpmath.tanh(t) ** 2),
    "relu": (lambda t: max(t, mpmath.mpf(0)), lambda t: mpmath.mpf(t > 0)),
    "leaky_relu": (lambda t: t if t > 0 else t / 100, lambda t: mpmath.mpf(1) if t > 0 else mpmath.mpf(1) / 100),
    "elu": (lambda t: t if t > 0 else mpmath.exp(t) - 1, lambda t: mpmath.mpf(1) if t > 0 else mpmath.exp(t)),
    "softplus": (lambda t: mpmath.log(1 + mpmath.exp(t)), _sigmoid),
    "gelu": (lambda t: t * _normal(t), lambda t: _normal(t) + t * _density(t)),
    "swish": (lambda t: t * _sigmoid(t), lambda t: _sigmoid(t) * (1 + t * (1 - _sigmoid(t)))),
    "log_sigmoid": (lambda t: mpmath.log(_sigmoid(t)), lambda t: 1 - _sigmoid(t)),
}
"""f and f′."""

_LOSSLESS = ("identity", "relu", "leaky_relu", "elu", "gelu")
"""Those whose formulas take no difference of what is nearly equal, far out."""

COSTS: dict[str, Callable[[Any, Any, int], Any]] = {
    "quadratic": lambda a, y, n: a - y,
    "mean_squared_error": lambda a, y, n: 2 * (a - y) / n,
    "binary_cross_entropy": lambda a, y, n: -y / a + (1 - y) / (1 - a),
    "cross_entropy": lambda a, y, n: -y / a,
    "hinge": lambda a, y, n: -y * (1 - y * a > 0),
}
"""∂C/∂a for one output, of n."""


@dataclass(frozen=True)
class Example:
    """A network, and one example: arrays of one type.

    Attributes:
        parameters: W1, b1, W2, b2.
        x, y: the example.
    """

    parameters: dict[str, Any]
    x: Any
    y: Any


def example(seed: Sequence[int], spread: float, dtype: str, sizes: tuple[int, int, int], cost: str) -> Example:
    """Return a random network with weights of a standard deviation, and an example with targets 0 or 1.

    With cross entropy and hinge, one of several outputs is the class; were all −1, no slope after softmax were left.
    """
    inputs, hidden, outputs = sizes
    random = np.random.default_rng(list(seed))
    shapes = {"W1": (hidden, inputs), "b1": (hidden,), "W2": (outputs, hidden), "b2": (outputs,)}
    parameters = {name: (spread * random.normal(size=shape)).astype(dtype) for name, shape in shapes.items()}
    x = random.normal(size=inputs).astype(dtype)
    one_class = cost in ("cross_entropy", "hinge") and outputs > 1
    y = np.eye(outputs)[random.integers(outputs)] if one_class else random.integers(2, size=outputs)
    return Example(parameters, x, (2.0 * y - 1 if cost == "hinge" else y).astype(dtype))


def exact_gradient(given: Example, hidden: str, last: str, cost: str) -> list[Any]:
    """Return the derivatives by W1, b1, W2, b2, entry by entry, as mpmath's numbers."""
    with mpmath.workdps(_digits(given, hidden, last)):
        return _gradient(_numbers(given), hidden, last, cost)


@dataclass(frozen=True)
class Bound:
    """By how much a derivative moves, to first order, where numbers are rounded on the way to it.

    No program that computes these numbers in this type can promise less. With u half the distance from 1 to the next
    number, and τ the smallest normal number of the type:

    Attributes:
        preactivations: u Σᵢ |∂g/∂zᵢ| Σⱼ |terms of zᵢ|; the derivative by zᵢ is that by the bias bᵢ.
        errors: u Σᵢ |w²ᵢⱼ δ²ᵢ|, of δ¹ⱼ / f′(z¹ⱼ) = Σᵢ w²ᵢⱼ δ²ᵢ, where that is a sum of several.
        underflow: τ for each a¹, f′(z¹), δ² and δ¹ that is smaller than τ, where few digits or none are left.
    """

    preactivations: Any
    errors: Any
    underflow: Any

    @property
    def total(self) -> Any:
        return self.preactivations + self.errors + self.underflow

    def over(self, unit: float) -> Bound:
        """Return the bound in units."""
        return Bound(self.preactivations / unit, self.errors / unit, self.underflow / unit)


def unavoidable(given: Example, hidden: str, last: str, cost: str) -> list[Bound]:
    """Return for each derivative by how much rounding moves it."""
    with mpmath.workdps(_digits(given, hidden, last)):
        numbers = _numbers(given)
        limits = np.finfo(given.x.dtype)
        half, smallest = mpmath.mpf(float(limits.eps)) / 2, mpmath.mpf(float(limits.tiny))
        parts = (
            _by_preactivations(numbers, hidden, last, cost, half),
            _by_errors(numbers, hidden, last, cost, half),
            _by_underflow(numbers, hidden, last, cost, smallest),
        )
        return [Bound(*each) for each in zip(*parts, strict=True)]


def _by_preactivations(numbers: tuple[Any, ...], hidden: str, last: str, cost: str, half: Any) -> list[Any]:
    W1, b1, W2, b2, x, y = numbers
    a1 = [ACTIVATIONS[hidden][0](z) for z in _preactivations(W1, x, b1)]
    sums = [sum(abs(w * v) for w, v in zip(row, x, strict=True)) + abs(b) for row, b in zip(W1, b1, strict=True)]
    sums += [sum(abs(w * a) for w, a in zip(row, a1, strict=True)) + abs(b) for row, b in zip(W2, b2, strict=True)]
    here, step = _gradient(numbers, hidden, last, cost), mpmath.mpf(10) ** -25
    moved = [mpmath.mpf(0)] * len(here)
    for place, total in enumerate(sums):
        first = [b + step * (place == n) for n, b in enumerate(b1)]
        second = [b + step * (place == n + len(b1)) for n, b in enumerate(b2)]
        there = _gradient((W1, first, W2, second, x, y), hidden, last, cost)
        moved = [m + half * total * abs(t - h) / step for m, t, h in zip(moved, there, here, strict=True)]
    return moved


def _by_errors(numbers: tuple[Any, ...], hidden: str, last: str, cost: str, half: Any) -> list[Any]:
    _, b1, W2, _, x, _ = numbers
    one = _Pass(numbers, hidden, last, cost)
    of_sums = [half * sum(abs(row[j] * d) for row, d in zip(W2, one.delta2, strict=True)) for j in range(len(b1))]
    moved = [abs(s) * total * (len(W2) > 1) for s, total in zip(one.slope1, of_sums, strict=True)]
    return [abs(m) for m in _entries(moved, x, [mpmath.mpf(0)] * len(W2), one.a1)]


def _by_underflow(numbers: tuple[Any, ...], hidden: str, last: str, cost: str, smallest: Any) -> list[Any]:
    _, b1, W2, _, x, _ = numbers
    one = _Pass(numbers, hidden, last, cost)

    def small(number: Any) -> Any:
        return smallest * (0 < abs(number) < smallest)

    second = [small(d) for d in one.delta2]
    first = [
        small(one.delta1[j])
        + abs(one.delta1[j] / one.slope1[j] if one.slope1[j] else 0) * small(one.slope1[j])
        + abs(one.slope1[j]) * sum(abs(row[j]) * s for row, s in zip(W2, second, strict=True))
        for j in range(len(b1))
    ]
    by_delta = _entries(first, x, second, one.a1)
    nothing = [mpmath.mpf(0)]
    by_a1 = _entries(nothing * len(b1), x, one.delta2, [small(a) for a in one.a1])[: -len(W2)] + nothing * len(W2)
    return [abs(m) + abs(a) for m, a in zip(by_delta, by_a1, strict=True)]


def _numbers(given: Example) -> tuple[Any, ...]:
    def exact(part: Any) -> Any:
        return [exact(one) for one in part] if np.ndim(part) else mpmath.mpf(float(part))

    return tuple(map(exact, (*given.parameters.values(), given.x, given.y)))


def _digits(given: Example, hidden: str, last: str) -> int:
    """Return how many digits leave 60 when 1 − tanh z is taken of the largest z."""
    W1, b1, W2, b2, x, _ = _numbers(given)
    z1 = _preactivations(W1, x, b1)
    z2 = _preactivations(W2, [ACTIVATIONS[hidden][0](z) for z in z1], b2)
    lossy = [z for f, zs in ((hidden, z1), (last, z2)) if f not in _LOSSLESS for z in zs]
    return DIGITS + int(2 * _EXP * float(max(map(abs, lossy), default=0)))


class _Pass:
    """One pass forward and back."""

    def __init__(self, numbers: tuple[Any, ...], hidden: str, last: str, cost: str) -> None:
        W1, b1, W2, b2, x, y = numbers
        f, slope = ACTIVATIONS[hidden]
        z1 = _preactivations(W1, x, b1)
        self.a1, self.slope1 = [f(z) for z in z1], [slope(z) for z in z1]
        self.delta2 = _last_delta(_preactivations(W2, self.a1, b2), y, last, cost)
        self.delta1 = [
            mpmath.fsum(row[j] * d for row, d in zip(W2, self.delta2, strict=True)) * s
            for j, s in enumerate(self.slope1)
        ]


def _gradient(numbers: tuple[Any, ...], hidden: str, last: str, cost: str) -> list[Any]:
    one = _Pass(numbers, hidden, last, cost)
    return _entries(one.delta1, numbers[4], one.delta2, one.a1)


def _entries(delta1: list[Any], x: list[Any], delta2: list[Any], a1: list[Any]) -> list[Any]:
    """Return the derivatives by W1, b1, W2, b2: δ¹ xᵀ, δ¹, δ² (a¹)ᵀ, δ²."""
    return [*(d * v for d in delta1 for v in x), *delta1, *(d * a for d in delta2 for a in a1), *delta2]


def _preactivations(W: list[Any], a: list[Any], b: list[Any]) -> list[Any]:
    return [mpmath.fdot(row, a) + bias for row, bias in zip(W, b, strict=True)]


def _last_delta(z: list[Any], y: list[Any], last: str, cost: str) -> list[Any]:
    by_output = COSTS[cost]
    if last != "softmax":
        f, slope = ACTIVATIONS[last]
        return [by_output(f(t), target, len(z)) * slope(t) for t, target in zip(z, y, strict=True)]
    powers = [mpmath.exp(t) for t in z]
    shares = [power / mpmath.fsum(powers) for power in powers]
    slopes = [by_output(p, target, len(z)) for p, target in zip(shares, y, strict=True)]
    mean = mpmath.fdot(shares, slopes)
    return [p * (g - mean) for p, g in zip(shares, slopes, strict=True)]
