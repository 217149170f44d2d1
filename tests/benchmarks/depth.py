"""Time and memory to derive and to compile, against depth and width, and the memory of a step.

    python tests/benchmarks/depth.py

A network of d layers of 30 units is built, differentiated, given the example axis and compiled; then its training step
is. The exponent p of t = c dᵖ is fitted by least squares on the logarithms: 1 is linear. The goal is 15 s for 1,000
layers. Each depth runs in a process of its own, so that its peak of memory (resident, beyond what importing symnn
takes) is its own, and the cache of no other serves it.
"""

from __future__ import annotations

import pinned  # isort: skip - before everything else

import argparse
import datetime
import itertools
import json
import resource
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Sequence
from typing import Any

import numpy as np
from by_hand import InPlace, Plain, Unrolled
from measuring import exponent
from peers import Symnn
from problems import SIX, Problem

import symnn
from symnn.training.step import compile_step

GOAL, DEEP = 15.0, 1000
DEPTHS = (10, 30, 100, 300, 1000)
WIDTHS = (10, 100, 1000, 10_000)
PARTS = ("build", "derive", "batch", "compile", "total", "step")


def one(sizes: Sequence[int]) -> dict[str, float]:
    """Return the seconds of each part, and megabytes, for one network."""
    symnn.mlp("2-2-1").gradient().compile()  # what is made once for all networks
    before = _resident()
    times = [time.process_time()]
    net = symnn.mlp(list(sizes))
    times.append(time.process_time())
    gradient = net.gradient()
    times.append(time.process_time())
    equations = len(gradient.batched)
    times.append(time.process_time())
    gradient.compile()
    times.append(time.process_time())
    memory = _resident() - before
    step = compile_step(net, symnn.SGD(0.1))
    X, Y = np.zeros((1, sizes[0])), np.zeros((1, sizes[-1]))
    step.begin(step.start(net.initial_parameters(), "float64"), X, Y).take(np.arange(1), 1)
    end = time.process_time()
    parts = [after - begin for begin, after in itertools.pairwise(times)]
    seconds = dict(zip(PARTS, [*parts, times[-1] - times[0], end - times[-1]], strict=True))
    return {"equations": equations, **seconds, "MB": memory}


def _resident() -> float:
    """Return the peak of this process's memory in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


def _apart(sizes: Sequence[int]) -> dict[str, float]:
    """Measure one network in a process of its own."""
    command = [sys.executable, __file__, "--one", ",".join(map(str, sizes))]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def depths(wanted: Sequence[int]) -> None:
    print(f"{'layers of 30':>12}{'equations':>10}" + "".join(f"{part:>9}" for part in PARTS) + f"{'MB':>8}")
    rows = []
    for depth in wanted:
        row = _apart([30] * (depth + 1))
        rows.append(row)
        late = "" if depth != DEEP or row["total"] <= GOAL else f"  more than {GOAL:g} s"
        shown = "".join(f"{row[part]:9.2f}" for part in PARTS)
        print(f"{depth:12}{row['equations']:10.0f}{shown}{row['MB']:8.0f}{late}", flush=True)
    if len(rows) > 1:
        fitted = "".join(f"{exponent(wanted, [row[part] for row in rows]):9.2f}" for part in PARTS)
        print(f"{'exponent':>12}{'':10}{fitted}{exponent(wanted, [row['MB'] for row in rows]):8.2f}")
    print("seconds of the processor; total is build to compile; step is a training step compiled and taken\n")


def widths(wanted: Sequence[int]) -> None:
    print(f"{'n-n-n, n':>12}{'total, s':>10}{'MB':>8}")
    rows = [_apart([width] * 3) for width in wanted]
    for width, row in zip(wanted, rows, strict=True):
        print(f"{width:12}{row['total']:10.2f}{row['MB']:8.1f}", flush=True)
    print(f"{'exponent':>12}{exponent(wanted, [row['total'] for row in rows]):10.2f}\n")


def of_a_step(networks: Sequence[tuple[str, int, str]]) -> None:
    """Print what a step allocates at its peak, as Python's own tracing sees it: arrays and all."""
    kinds: dict[str, Any] = {"symnn": lambda p: Symnn(p, "numpy"), "plain": Plain, "in place": InPlace}
    kinds["unrolled"] = Unrolled
    print(f"{'peak, kB':22}" + "".join(f"{name:>20}" for name in kinds))
    print(f"{'':22}" + "".join(f"{'kept':>12}{'a step':>8}" for _ in kinds))
    for network in networks:
        problem = Problem(*network)
        data = (problem.X, problem.Y, problem.order, problem.first)
        shown = []
        for kind in kinds.values():
            kind(problem).take(problem.order)
            tracemalloc.start()
            run = kind(problem)
            run.take(problem.order)
            kept, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            run.take(problem.order)
            step = tracemalloc.get_traced_memory()[1] - kept
            tracemalloc.stop()
            shown.append(f"{kept / 1024:12.0f}{max(step, 0) / 1024:8.0f}")
        print(problem.label.ljust(22) + "".join(shown), flush=True)
        del data
    print("kept: parameters, buffers and code; a step: what it takes beside, and gives back")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deepest", type=int, default=DEEP, help="layers (default 1000)")
    parser.add_argument("--widest", type=int, default=WIDTHS[-1], help="units (default 10000)")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.one:
        print(json.dumps(one([int(size) for size in given.one.split(",")])))
        return
    print(f"{datetime.date.today()} · {pinned.machine()} · one core\n")
    depths([depth for depth in DEPTHS if depth <= given.deepest])
    widths([width for width in WIDTHS if width <= given.widest])
    of_a_step([network for network in SIX if int(network[0].split("-")[0]) <= given.widest])


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
