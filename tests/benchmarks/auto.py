"""What `backend="auto"` takes, beside every backend's time for a step, from tiny to large: a script, not a test.

    python tests/benchmarks/auto.py            # the table: on networks that nothing was fitted to
    python tests/benchmarks/auto.py --fit      # the constants of symnn/compiling/cost_model.py

Every backend goes through the same order of examples, epoch by epoch, on one core; the time of a step is the least
that the processor spent on it in some epochs, which others on the machine disturb the least. The choice is judged
without the time to begin. torch is left out: on a processor it is never the fastest.
"""

from __future__ import annotations

import pinned  # isort: skip - before everything else

import argparse
import datetime
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

import symnn
from symnn.compiling.backends import BACKENDS
from symnn.compiling.cost_model import SPEEDS, Work, work_of
from symnn.training.step import Step, compile_step

FITTED = (
    ("2-2-1", 4), ("2-2-1", 64), ("2-8-8-1", 32), ("8-16-4", 10), ("8-16-4", 128), ("30-30-30-30-30-5", 16),
    ("64-30-10", 32), ("64-30-10", 256), ("784-30-10", 10), ("784-30-10", 100), ("128-128-128-10", 64),
    ("784-128-10", 128), ("784-512-512-10", 256),
)  # fmt: skip
TRIED = (
    ("2-3-1", 4), ("2-8-8-1", 10), ("4-10-3", 10), ("13-20-3", 32), ("30-16-16-1", 64), ("64-30-10", 10),
    ("64-100-10", 100), ("784-30-10", 32), ("784-100-10", 10), ("256-256-256-10", 32), ("784-400-10", 100),
    ("784-512-512-10", 64),
)  # fmt: skip
ACTIVATIONS = (("sigmoid", "quadratic"), (("relu", "softmax"), "cross_entropy"), ("tanh", "quadratic"))
COMPARED = ("numpy", "numba", "jax")
DTYPES = ("float64", "float32")
STEPS, FEW, MUCH = 24, 2, 10_000_000
"""How many steps are timed at once: few where one has much to multiply, so that the least is that of a quiet moment."""


def begun(architecture: str, batch: int, dtype: str, kind: int, backend: str) -> tuple[Step, Any, float]:
    """Return a step, a function that takes some and returns the seconds of one, and the seconds before the first."""
    (names, cost), sizes = ACTIVATIONS[kind % len(ACTIVATIONS)], [int(size) for size in architecture.split("-")]
    if not isinstance(names, str):
        names = [names[0]] * (len(sizes) - 2) + [names[1]] if sizes[-1] > 1 else "sigmoid"
        cost = cost if sizes[-1] > 1 else "binary_cross_entropy"
    net = symnn.mlp(architecture, names, cost)
    steps_at_once = FEW if sum(a * b for a, b in pairwise(sizes)) * batch * 3 > MUCH else STEPS
    random = np.random.default_rng(0)
    X = random.uniform(size=(batch * steps_at_once, sizes[0])).astype(dtype)
    Y = random.dirichlet(np.ones(sizes[-1]), size=batch * steps_at_once).astype(dtype)
    order, started = random.permutation(len(X)), time.process_time()
    step = compile_step(net, symnn.SGD(1e-3), dtype, backend)
    steps = step.begin(step.start(net.initial_parameters(seed=0), dtype), X, Y)
    steps.take(order, batch)
    return step, lambda: timed(steps, order, batch) / steps_at_once, time.process_time() - started


def timed(steps: Any, order: Any, batch: int) -> float:
    started = time.process_time()
    steps.take(order, batch)
    return time.process_time() - started


def measured(
    architecture: str, batch: int, dtype: str, kind: int, seconds: float
) -> tuple[Work, dict[str, float], dict[str, float]]:
    """Return what a step computes, and for each backend its seconds a step, and those to begin."""
    epochs, begins = {}, {}
    for name in COMPARED:
        step, epochs[name], begins[name] = begun(architecture, batch, dtype, kind, name)
    times = dict.fromkeys(epochs, np.inf)
    end, rounds = time.perf_counter() + seconds, 0
    while time.perf_counter() < end or rounds < 5:
        rounds += 1
        for name, epoch in epochs.items():
            times[name] = min(times[name], epoch())
    return work_of(step.step_program, batch), times, begins


def import_seconds(package: str) -> float:
    if not package:
        return 0.0
    code = f"import time, numpy; t = time.process_time(); import {package}; print(time.process_time() - t)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)


def fit(dtypes: Sequence[str], seconds: float) -> None:
    """Print the constants that fit measured steps best, each step's relative error counting alike."""
    from scipy.optimize import nnls

    print(f"# {datetime.date.today()}, {pinned.machine()}")
    for dtype in dtypes:
        found = [measured(*each, dtype, kind, seconds) for kind, each in enumerate(FITTED)]
        works = [work for work, _, _ in found]
        features = np.array([[1, w.equations, w.numbers, w.functions, w.products] for w in works], float)
        for name in COMPARED:
            times = np.array([1e9 * times[name] for _, times, _ in found])
            constants, _ = nnls(features / times[:, None], np.ones(len(times)))
            begin, _ = nnls(features[:, :2], np.array([begins[name] for _, _, begins in found]))
            begin[0] += import_seconds(BACKENDS[name].package)
            shown = ", ".join(f"{value:.3g}" for value in constants)
            print(f'    ("{name}", "{dtype}"): Speed(({begin[0]:.2g}, {begin[1]:.2g}), {shown}),')
            wrong = features @ constants / times
            print("    # predicted / measured:", " ".join(f"{ratio:.2f}" for ratio in wrong), flush=True)


def table(dtypes: Sequence[str], seconds: float) -> None:
    print(f"{datetime.date.today()}, {pinned.machine()}")
    heads = "".join(f"{name:>10}" for name in COMPARED)
    print(f"{'one step, µs':34}{heads}{'auto':>10}{'auto / best':>14}")
    ratios = []
    for dtype in dtypes:
        for kind, (architecture, batch) in enumerate(TRIED):
            work, times, _ = measured(architecture, batch, dtype, kind, seconds)
            expected = {name: SPEEDS[name, dtype].step_seconds(work) for name in times}
            auto = min(expected, key=lambda name: expected[name])
            ratios.append(times[auto] / min(times.values()))
            label = f"{architecture}, {batch}, {dtype}"
            shown = "".join(f"{1e6 * time:10.1f}" for time in times.values())
            print(f"{label:34}{shown}{auto:>10}{ratios[-1]:14.2f}", flush=True)
    near = sum(ratio <= 1.1 for ratio in ratios)
    print(f"within 10 % of the best: {near} of {len(ratios)}; on average {np.exp(np.mean(np.log(ratios))):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="print the constants of the cost model")
    parser.add_argument("--dtype", choices=DTYPES, help="one type alone")
    parser.add_argument("--seconds", type=float, default=0.7, help="for each network and type")
    arguments = parser.parse_args()
    dtypes = DTYPES if arguments.dtype is None else (arguments.dtype,)
    (fit if arguments.fit else table)(dtypes, arguments.seconds)


if __name__ == "__main__":
    main()
