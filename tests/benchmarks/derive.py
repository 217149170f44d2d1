"""How long it takes to derive and to compile the gradient of deep networks: a script, not a test.

    python tests/benchmarks/derive.py

The goal is 1.5 s for 100 layers. A fresh process would also spend about half a second on importing SymPy.
"""

from __future__ import annotations

import itertools
import time

import symnn

GOAL = 1.5


def main() -> None:
    symnn.mlp("2-2-1").gradient().compile()  # what is cached once for all networks
    print(f"{'layers':>6}{'equations':>11}{'build':>9}{'derive':>9}{'batch':>9}{'compile':>9}{'total, s':>10}")
    for depth in (10, 20, 50, 100):
        times = [time.perf_counter()]
        net = symnn.mlp([30] * (depth + 1))
        times.append(time.perf_counter())
        gradient = net.gradient()
        times.append(time.perf_counter())
        equations = len(gradient.batched)
        times.append(time.perf_counter())
        gradient.compile()
        times.append(time.perf_counter())
        parts = [after - before for before, after in itertools.pairwise(times)]
        total = times[-1] - times[0]
        late = "" if depth != 100 or total <= GOAL else f"  more than {GOAL}"
        shown = "".join(f"{part:9.2f}" for part in parts)
        print(f"{depth:6}{equations:11}{shown}{total:10.2f}{late}", flush=True)


if __name__ == "__main__":
    main()
