"""Many starts at once, with an axis that counts them, beside the same starts one after the other: a script, not a test.

    taskset -c 0 python tests/benchmarks/restarts.py

Both train whole epochs, with the costs that are measured after each; both are compiled before the time is taken, in
one process and on one thread. The ratio is the median over pairs of runs.
"""

from __future__ import annotations

import os

for _library in ("OPENBLAS", "OMP", "MKL", "NUMEXPR"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"

import argparse  # noqa: E402 - threads are fixed before NumPy is loaded
import statistics  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402

import symnn  # noqa: E402
from symnn.training.plan import Plan, Settings, planned  # noqa: E402
from symnn.training.running import Training  # noqa: E402
from symnn.training.starts import Start  # noqa: E402

CASES = (
    ("2-3-1", 100, 4), ("2-3-1", 100, 10), ("2-3-1", 100, 32), ("2-3-1", 100, 100),
    ("2-8-8-1", 20, 32), ("64-30-10", 10, 10), ("64-30-10", 10, 100), ("784-30-10", 10, 10),
)  # fmt: skip
EXAMPLES, GOAL = 500, 0.1


def plan_of(architecture: str, restarts: int, batch_size: int, epochs: int) -> Plan:
    """Return the plan of a training on random data."""
    sizes = [int(size) for size in architecture.split("-")]
    random = np.random.default_rng(0)
    X, Y = random.normal(size=(EXAMPLES, sizes[0])), random.uniform(size=(EXAMPLES, sizes[-1]))
    optimizer = symnn.SGD(learning_rate=0.5)
    return planned(symnn.mlp(architecture), X, Y, [optimizer], Settings(epochs, batch_size, 0, restarts))


def seconds(plan: Plan, groups: list[list[Start]]) -> float:
    """Return how long it takes to train these groups, one after the other."""
    training = Training(plan, list(groups))
    begin = time.perf_counter()
    training.run(progress=False)
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=5)
    given = parser.parse_args()
    print(f"{'starts × network, batch':28}{'one by one, ms':>16}{'at once, ms':>14}{'ratio':>8}   what train does")
    for architecture, restarts, batch_size in CASES:
        plan = plan_of(architecture, restarts, batch_size, given.epochs)
        starts = [start for group in plan.groups for start in group]
        apart, together = [[start] for start in starts], [starts]
        for groups in (apart[:1], together):
            seconds(plan, groups)
        pairs = [(seconds(plan, apart), seconds(plan, together)) for _ in range(given.pairs)]
        ratio = statistics.median(at_once / one_by_one for one_by_one, at_once in pairs)
        times = [1000 * statistics.median(times) for times in zip(*pairs, strict=True)]
        does = "at once" if len(plan.groups) == 1 else "one by one"
        late = f"  more than {GOAL}" if (architecture, batch_size) == ("2-3-1", 10) and ratio > GOAL else ""
        label = f"{restarts} × {architecture}, {batch_size}"
        print(f"{label:28}{times[0]:16.1f}{times[1]:14.1f}{ratio:8.3f}   {does}{late}", flush=True)


if __name__ == "__main__":
    main()
