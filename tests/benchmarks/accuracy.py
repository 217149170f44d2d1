"""Gradients of symnn, torch, JAX, NumPy written by hand and `lambdify`, against 60 digits: a script, not a test.

    python tests/benchmarks/accuracy.py [--quick] [--backend numpy] [--dtype float64]

Random networks 2-3-1 (2-3-3 with softmax), one example, targets 0 or 1 (−1 or 1 for hinge), weights and biases of
standard deviation s. Errors are in units of the last place (ulp) of the derivative. A component is lost where its
error is a tenth of it or more; what is smaller than the smallest normal number of the type is not counted.
`beyond` is the worst error over what rounding alone may do (see `Bound`) and one ulp: the pre-activations, the sums
Σ w δ, and numbers that underflow on the way. Whatever misses a goal (16 ulp at s = 1, nothing lost at s = 10) is
named below its table, with the part of that bound that explains it:

* the pre-activations: the derivative has a root nearby, that of a − y (elu, identity), of f′ (gelu, swish) or of
  g − Σ p g (softmax);
* the sums: Σ w δ cancels where rows of W nearly agree, because Σ δ = 0 after softmax;
* underflow: δ or f′ is below the smallest normal number, and a factor above 1 lifts the derivative over it.

Not in the table, and lost: hinge after elu (1 − y a is 0 where a rounds to y).
"""

from __future__ import annotations

import pinned  # isort: skip - threads are fixed before NumPy is loaded

import argparse
import importlib.util
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))
from accuracy_peers import PEERS
from exact_networks import Example, exact_gradient, example, unavoidable

import symnn

SPREADS = (1, 10, 30)
TABLE = (("sigmoid", "sigmoid", "quadratic"), ("sigmoid", "sigmoid", "binary_cross_entropy"))
"""The first table: the hidden activation, the last one, the cost."""
OTHERS = (
    *((name, name, "quadratic") for name in ("tanh", "relu", "leaky_relu", "elu", "softplus", "gelu", "swish")),
    ("log_sigmoid", "sigmoid", "mean_squared_error"),
    ("tanh", "sigmoid", "binary_cross_entropy"),
    ("relu", "sigmoid", "binary_cross_entropy"),
    ("tanh", "sigmoid", "cross_entropy"),
    ("tanh", "tanh", "hinge"),
    ("tanh", "identity", "hinge"),
    ("tanh", "identity", "mean_squared_error"),
    ("sigmoid", "softmax", "cross_entropy"),
    ("relu", "softmax", "cross_entropy"),
    ("sigmoid", "softmax", "quadratic"),
    ("sigmoid", "softmax", "binary_cross_entropy"),
    ("sigmoid", "softmax", "hinge"),
)
Network = tuple[str, str, str]
Gradient = Callable[[Example], list[Any]]


@dataclass
class Errors:
    """The errors of one contender."""

    ulps: list[float] = field(default_factory=list)
    beyond: list[float] = field(default_factory=list)
    lost: int = 0
    not_finite: int = 0
    worst: tuple[float, Any] = (0.0, None)
    """The largest error in ulp, and its bound, in ulp too."""
    worst_lost: tuple[float, Any] = (0.0, None)

    def add(self, found: Iterable[Any], exact: list[Any], bounds: list[Any], dtype: str) -> None:
        """Count the components of one gradient."""
        smallest = float(np.finfo(dtype).tiny)
        for value, true, bound in zip(found, exact, bounds, strict=True):
            if not math.isfinite(value):
                self.not_finite += 1
            elif abs(true) >= smallest:
                error = abs(float(value) - true)
                unit = float(np.spacing(np.dtype(dtype).type(abs(float(true)))))
                self.ulps.append(float(error / unit))
                self.beyond.append(float(error / (bound.total + unit)))
                self.worst = max(self.worst, (self.ulps[-1], bound.over(unit)), key=lambda pair: pair[0])
                if error >= abs(true) / 10:
                    self.lost += 1
                    self.worst_lost = max(self.worst_lost, (self.ulps[-1], bound.over(unit)), key=lambda pair: pair[0])

    def shown(self) -> str:
        """Return worst, median, lost and not finite, of so many."""
        if not self.ulps:
            return f"{'':>36}"
        worst, median = max(self.ulps), float(np.median(self.ulps))
        return f"{_short(worst):>11}{_short(median):>9}{self.lost:>7}{self.not_finite:>9}"


def of_symnn(network: Network, dtype: str, backend: str, stable: bool = True) -> Gradient:
    """Return symnn's gradient of a network, compiled."""
    net = net_of(network)
    function = net.gradient().compile(backend=backend, dtype=dtype, stable=stable)

    def gradient(given: Example) -> list[Any]:
        slopes = function(given.parameters, given.x, given.y)[1]
        return [float(v) for name in given.parameters for v in np.ravel(slopes[name])]

    return gradient


def net_of(network: Network) -> symnn.Network:
    hidden, last, cost = network
    return symnn.mlp(f"2-3-{outputs_of(network)}", [hidden, last], cost)


def outputs_of(network: Network) -> int:
    return 3 if network[1] == "softmax" else 1


def contenders(network: Network, dtype: str, backend: str) -> dict[str, Gradient]:
    """Return everyone who has this network."""
    made = {f"symnn {backend}": of_symnn(network, dtype, backend)}
    made["symnn, stable=False"] = of_symnn(network, dtype, "numpy", stable=False)
    for name, (package, build) in PEERS.items():
        if not package or importlib.util.find_spec(package):
            made[name] = build(network, dtype)
    return made


def measured(network: Network, gradients: dict[str, Gradient], dtype: str, count: int) -> dict[tuple[str, int], Errors]:
    """Return the errors of each contender at each s."""
    found: dict[tuple[str, int], Errors] = {}
    for spread in SPREADS:
        for number in range(count):
            given = example((number, spread), spread, dtype, (2, 3, outputs_of(network)), network[2])
            exact, bounds = exact_gradient(given, *network), unavoidable(given, *network)
            for name, gradient in gradients.items():
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    values = gradient(given)
                found.setdefault((name, spread), Errors()).add(values, exact, bounds, dtype)
    return found


def merged(parts: Iterable[dict[tuple[str, int], Errors]]) -> dict[tuple[str, int], Errors]:
    """Return the errors of several networks together."""
    whole: dict[tuple[str, int], Errors] = {}
    for part in parts:
        for key, errors in part.items():
            one = whole.setdefault(key, Errors())
            one.ulps += errors.ulps
            one.beyond += errors.beyond
            one.lost += errors.lost
            one.not_finite += errors.not_finite
    return whole


def print_rows(found: dict[tuple[str, int], Errors], names: Iterable[str], width: int, label: str = "") -> None:
    for name in names:
        cells = "".join(found[name, spread].shown() for spread in SPREADS)
        beyond = max((b for spread in SPREADS for b in found[name, spread].beyond), default=0.0)
        print(f"{label or name:<{width}}{cells}{_short(beyond):>9}", flush=True)


def print_causes(rows: dict[str, dict[tuple[str, int], Errors]]) -> None:
    """Print for each network that misses a goal what rounding does to its worst derivative."""
    for label, found in rows.items():
        for spread, (error, bound) in ((1, found["symnn", 1].worst), (10, found["symnn", 10].worst_lost)):
            if error > 16:
                parts = {"z": bound.preactivations, "Σ w δ": bound.errors, "underflow": bound.underflow}
                said = ", ".join(f"{_short(float(part))} by {name}" for name, part in parts.items() if part > 1)
                print(f"  {label}, s = {spread}: {_short(error)} ulp, of what rounding may do: {said or 'none'}")


def print_head(title: str, width: int) -> None:
    print(f"\n{title:<{width}}" + "".join(f"{f's = {s}':>36}" for s in SPREADS))
    print(" " * width + f"{'worst':>11}{'median':>9}{'lost':>7}{'not fin':>9}" * len(SPREADS) + f"{'beyond':>9}")


def print_batches(dtype: str, backend: str, count: int) -> None:
    """Print the errors of sums over 32 examples, in ulp of the sum of the absolute terms."""
    print(f"\nbatches of 32, s = 1, {dtype}: worst error in ulp of Σ|terms|, and of the derivative itself")
    network = TABLE[0]
    function = net_of(network).gradient().compile(backend=backend, dtype=dtype)
    of_sum, of_value = 0.0, 0.0
    eps = float(np.finfo(dtype).eps)
    for number in range(count):
        examples = [example((number, 1, n), 1, dtype, (2, 3, 1), network[2]) for n in range(32)]
        parameters = examples[0].parameters
        examples = [Example(parameters, one.x, one.y) for one in examples]
        slopes = function(parameters, np.array([e.x for e in examples]), np.array([e.y for e in examples]))[1]
        values = [float(v) for name in parameters for v in np.ravel(slopes[name])]
        each = [exact_gradient(one, *network) for one in examples]
        for value, terms in zip(values, zip(*each, strict=True), strict=True):
            error = abs(value - sum(terms) / 32)
            of_sum = max(of_sum, float(error / (eps * sum(map(abs, terms)) / 32)))
            of_value = max(of_value, float(error / (eps * abs(sum(terms) / 32))))
    print(f"symnn {backend:<22}{_short(of_sum):>9}{_short(of_value):>9}")


def _short(number: float) -> str:
    if number >= 1e4:
        return f"{number:.0e}".replace("e+0", "e").replace("e+", "e")
    return f"{number:.0f}" if number >= 100 else f"{number:.2g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer networks")
    parser.add_argument("--backend", default="numpy", help="symnn's: numpy, numba, jax")
    parser.add_argument("--dtype", choices=("float64", "float32"), help="one type alone")
    options = parser.parse_args()
    count, others, start = (15, 5, time.time()) if options.quick else (150, 40, time.time())
    for dtype in [options.dtype] if options.dtype else ["float64", "float32"]:
        print_head(f"{dtype}: sigmoid, both costs", 26)
        parts = [measured(one, contenders(one, dtype, options.backend), dtype, count) for one in TABLE]
        names = [name for name, spread in parts[0] if spread == SPREADS[0]]
        print_rows(merged(parts), names, 26)
        print_head(f"{dtype}: symnn {options.backend}", 38)
        rows = {}
        for network in OTHERS:
            label, gradient = " · ".join(network), {"symnn": of_symnn(network, dtype, options.backend)}
            rows[label] = measured(network, gradient, dtype, others)
            print_rows(rows[label], ["symnn"], 38, label)
        print_causes(rows)
        print_batches(dtype, options.backend, max(others // 2, 3))
    print(f"\n{time.strftime('%Y-%m-%d')}, {pinned.machine()}, NumPy {np.__version__}, {time.time() - start:.0f} s")


if __name__ == "__main__":
    main()
