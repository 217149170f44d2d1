"""Two contenders timed side by side: blocks of steps in turns, the median of the ratios, how sure that is."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

BLOCK = 5e-3
"""Seconds of one block: long enough for the clock, short enough for both to meet the same weather."""
FEWEST = 7


@dataclass(frozen=True)
class Ratio:
    """The time of one contender over that of another: the median over pairs of blocks, and its 95 % interval."""

    value: float
    low: float
    high: float
    mine: float
    theirs: float

    def __str__(self) -> str:
        digits = 2 if self.value >= 0.1 else 3
        return f"{self.value:.{digits}f} ({self.low:.{digits}f}-{self.high:.{digits}f})"


def paired(mine: Callable[[], Any], theirs: Callable[[], Any], seconds: float, steps: int = 1) -> Ratio:
    """Time two functions in turns, who is first alternating; the times are microseconds for each of `steps`."""
    functions = [mine, theirs]
    once = [min(_timed(function, 1) for _ in range(3)) for function in functions]
    calls = max(1, int(min(BLOCK, seconds / FEWEST) / max(min(once), 1e-9)))
    times: tuple[list[float], list[float]] = ([], [])
    end, turn = time.perf_counter() + seconds, 0
    while time.perf_counter() < end or len(times[0]) < FEWEST:
        for who in ((0, 1), (1, 0))[turn % 2]:
            times[who].append(_timed(functions[who], calls) / calls)
        turn += 1
    ratios = np.divide(times[0], times[1])
    low, high = interval(ratios)
    medians = [1e6 * statistics.median(t) / steps for t in times]
    return Ratio(float(np.median(ratios)), low, high, medians[0], medians[1])


def interval(values: Any, level: float = 0.95, draws: int = 2000) -> tuple[float, float]:
    """Return the bootstrap interval of the median (Efron and Tibshirani, 1993, chapter 13)."""
    values = np.asarray(values)
    chosen = np.random.default_rng(0).integers(len(values), size=(draws, len(values)))
    low, high = np.quantile(np.median(values[chosen], axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def exponent(sizes: Any, times: Any) -> float:
    """Return p of the power law t = c sizeᵖ, fitted by least squares on the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def _timed(function: Callable[[], Any], calls: int) -> float:
    """Return the seconds that the processor works for this process: on one core nothing runs beside it."""
    start = time.process_time()
    for _ in range(calls):
        function()
    return time.process_time() - start
