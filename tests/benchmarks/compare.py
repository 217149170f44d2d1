"""The table: a training step by symnn's backends beside NumPy written by hand, PyTorch, JAX and scikit-learn.

    python tests/benchmarks/compare.py                     # the six networks
    python tests/benchmarks/compare.py --sweep             # from tiny to large
    python tests/benchmarks/compare.py --setting softmax --optimizer adam --only 64-30-10 --seconds 5

Everything runs on one core. Each contender is first checked to give the same new parameters. Then two at a time are
timed in turns; a ratio is the median over pairs of blocks, with a bootstrap interval of 95 %. A row is one step a call,
or one step of many that a call takes, an epoch: each step gathers its rows, and changes the parameters. symnn also
calculates the cost, as training looks at it; the others do not.
"""

from __future__ import annotations

import pinned  # isort: skip - before everything else

import argparse
import datetime
import json
import re
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial

from by_hand import Floor, Plain, hand_written
from measuring import Ratio, paired
from peers import backends, peers, symnn_run
from problems import RATES, SETTINGS, SIX, SWEEP, Problem, check_equal

SMALLEST = [network[0] for network in SIX[:3]]
LARGEST = SIX[-1][0]
BY_HAND = ("plain", "in place", "unrolled")
"""NumPy as people write it. "tricks" and "fused" are symnn's generated code typed by hand, "tanh" loses digits."""


@dataclass
class Row:
    """What was measured of one problem: microseconds a step, and ratios, by contender."""

    problem: Problem
    ours: list[str]
    by_hand: list[str]
    times: dict[str, float] = field(default_factory=dict)
    ratios: dict[tuple[str, str], Ratio] = field(default_factory=dict)

    @property
    def how(self) -> str:
        """What one call takes."""
        return "step" if self.problem.steps == 1 else "epoch"

    def against(self, mine: str, theirs: Sequence[str]) -> Ratio | None:
        """Return the ratio to the fastest of some contenders."""
        found = [self.ratios[mine, name] for name in theirs if (mine, name) in self.ratios]
        return max(found, key=lambda ratio: ratio.value, default=None)

    def best(self, theirs: Sequence[str]) -> tuple[str, Ratio] | None:
        """Return symnn's fastest backend beside the fastest of some contenders."""
        found = [(name, ratio) for name in self.ours if (ratio := self.against(name, theirs)) is not None]
        return min(found, key=lambda pair: pair[1].value, default=None)

    def goals(self) -> list[tuple[str, float, Ratio]]:
        """Return what is to be reached here: what is compared, the largest ratio allowed, and the ratio."""
        name = self.problem.architecture
        small = name in SMALLEST
        best, scan = self.best(["JAX jit"]), self.best(["JAX scan"])
        wanted = [
            ("NumPy/by hand", 0.90 if small else 1.02, self.against("numpy", BY_HAND)),
            ("NumPy/tricks", float("inf"), self.against("numpy", ["tricks", "fused"])),
            ("NumPy/torch", 0.80, self.against("numpy", ["torch eager"])),
            ("best/JAX", 0.35 if name == "2-8-8-1" else 1.03, best[1] if best else None),
            ("best/JAX scan", float("inf"), scan[1] if scan else None),
            ("NumPy/floor", 1.15 if name == LARGEST else float("inf"), self.against("numpy", ["floor"])),
        ]
        return [(what, limit, ratio) for what, limit, ratio in wanted if ratio is not None]


def measure(problem: Problem, seconds: float, chosen: Collection[str] = ()) -> Row:
    """Check every contender, and time each beside symnn's NumPy, or beside every backend where it is JAX.

    Args:
        chosen: the contenders wanted beside symnn's NumPy; by default all.
    """
    ours, hand, others, floor = (
        {name: make for name, make in found.items() if not chosen or name in chosen or name == "numpy"}
        for found in ({n: symnn_run(n) for n in backends()}, hand_written(problem), peers(problem), {"floor": Floor})
    )
    row = Row(problem, list(ours), list(hand))
    pairs = [("numpy", name) for name in [*hand, *floor, *(n for n in others if "JAX" not in n)]]
    pairs += [(mine, name) for name in others if "JAX" in name for mine in ours]
    pairs += [("numpy", mine) for mine in ours if mine != "numpy" and "JAX jit" not in others]
    runs = {name: make(problem) for name, make in {**ours, **hand, **others, **floor}.items()}
    for name, run in runs.items():
        if name not in floor:
            check_equal(problem, run, Plain(problem))
    take = {name: partial(run.take, problem.order) for name, run in runs.items()}
    best: dict[str, list[float]] = {}
    for mine, theirs in pairs:
        ratio = row.ratios[mine, theirs] = paired(take[mine], take[theirs], seconds, problem.steps)
        best.setdefault(mine, []).append(ratio.mine)
        best.setdefault(theirs, []).append(ratio.theirs)
    row.times = {name: min(found) for name, found in best.items()}
    return row


def epoch(problem: Problem) -> Problem:
    """Return the same problem with an epoch of many steps."""
    return replace(problem, steps=max(4, min(64, 4096 // problem.batch)))


def table(rows: Sequence[Row]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in [*row.ours, *row.by_hand, *row.times]))
    names.sort(key=lambda name: name == "floor")
    goals = ("NumPy/by hand", "NumPy/tricks", "NumPy/torch", "best/JAX", "best/JAX scan", "NumPy/floor")
    width = max(len(row.problem.label) for row in rows) + 2
    head = "µs a step".ljust(width) + "a call".ljust(8) + "".join(f"{name:>12}" for name in names)
    lines = [head + "".join(f"{goal:>22}" for goal in goals)]
    for row in rows:
        found = {what: f"{'' if ratio.value <= limit else '> '}{ratio}" for what, limit, ratio in row.goals()}
        times = "".join(f"{row.times[n]:12.1f}" if n in row.times else f"{'-':>12}" for n in names)
        shown = row.problem.label.ljust(width) + row.how.ljust(8) + times
        lines.append(shown + "".join(f"{found.get(goal, '-'):>22}" for goal in goals))
    return "\n".join(lines)


def verdict(rows: Sequence[Row]) -> str:
    """Return which goals were missed, where, and by how much."""
    missed = [
        f"  {row.problem.label}, {row.how} a call: {what} {ratio}, goal {limit}"
        for row in rows
        for what, limit, ratio in row.goals()
        if ratio.value > limit
    ]
    return "\n".join(["Goals missed (marked >):", *missed]) if missed else "All goals met."


def as_json(rows: Sequence[Row]) -> str:
    shown = [
        {
            **asdict(row.problem),
            "microseconds": row.times,
            "ratios": [{"of": pair[0], "to": pair[1], **asdict(ratio)} for pair, ratio in row.ratios.items()],
            "goals": [{"of": what, "limit": limit, "ratio": ratio.value} for what, limit, ratio in row.goals()],
        }
        for row in rows
    ]
    return json.dumps({"date": str(datetime.date.today()), "machine": pinned.machine(), "rows": shown}, indent=1)


def problems(given: argparse.Namespace) -> list[Problem]:
    networks = [n for n in (SWEEP if given.sweep else SIX) if not given.only or n[0] in given.only]
    if not networks:
        raise SystemExit(f"no network {', '.join(given.only)} here (there are {', '.join(n[0] for n in SIX)})")
    if given.setting == "softmax":  # of a single output, softmax is 1
        networks = [(re.sub("-1$", "-3", name), *rest) for name, *rest in networks]
    one = [Problem(*network, given.setting, given.optimizer) for network in networks]
    return [p for problem in one for p in (problem, epoch(problem))]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweep", action="store_true", help="two layers of n units, n from 2 to 1024")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="a network; may be repeated")
    parser.add_argument("--with", action="append", default=[], metavar="NAME", help="a contender; may be repeated")
    parser.add_argument("--setting", choices=SETTINGS, default="quadratic", help="activations and cost")
    parser.add_argument("--optimizer", choices=RATES, default="sgd")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each pair of contenders (default 1)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    hidden, last, cost = SETTINGS[given.setting]
    rows = []
    for problem in problems(given):
        print(f"{problem.label} ...", file=sys.stderr, flush=True)
        rows.append(measure(problem, given.seconds, vars(given)["with"]))
    if given.json:
        print(as_json(rows))
        return
    print(f"{datetime.date.today()} · {pinned.machine()} · one core · {hidden}, {last}, {cost} · {given.optimizer}")
    print(table(rows))
    print(verdict(rows))


if __name__ == "__main__":
    main()
