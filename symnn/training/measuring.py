"""Measuring: the cost and the accuracy of some starts on all examples, with the equations of the step itself.

Only the output and the cost are computed, in the type of the run, and so few examples at a time that what lies
between stays in the cache: C = Σ over parts of (their share of the examples or of the weights) × (their cost).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.networks.weighting import EXAMPLE_WEIGHTS
from symnn.training.examples import Examples
from symnn.training.step import Step
from symnn.training.targets import Targets

Array = NDArray[Any]

_CACHED = 2**17
"""How many numbers may lie between the examples and their cost: 1 MiB of float64."""
_FEWEST = 64


class Measure:
    """Cost and accuracy on some examples.

    Args:
        net: the network.
        step: its step, whose forward equations are evaluated.
        targets: what the outputs stand for.
        part: the examples, ready for the network.
    """

    def __init__(self, net: Any, step: Step, targets: Targets, part: Examples) -> None:
        self.names, self.targets, self.part, self.step = tuple(net.parameters), targets, part, step
        self.output = net.output
        self.whole = net.program.names_examples  # a mean of such costs is not the cost of the whole
        self.wanted = None if targets.classes is None else targets.chosen(part.Y.reshape(len(part), -1))

    def __call__(self, parameters: Mapping[str, Array]) -> Array:
        """Return cost and accuracy, (starts, 2), of parameters of shape (starts, …); nan where there are no classes."""
        starts = len(parameters[self.names[0]])
        found = np.zeros((starts, 2))
        alone = {name: parameters[name][0] for name in self.names} if starts == 1 else parameters
        compiled = self.step.forward(self.output, self.names, starts > 1)
        with np.errstate(all="ignore"):
            for rows, share in self._parts(starts):
                given = {**self.step.given(self.part.rows(rows)), **alone}
                cost, outputs = compiled.raw(*[given[name] for name in compiled.arguments])
                found[:, 0] += share * cost
                if self.wanted is not None:
                    outputs = outputs.reshape(starts, rows.stop - rows.start, -1)
                    found[:, 1] += np.count_nonzero(self.targets.chosen(outputs) == self.wanted[rows], axis=1)
        found[:, 1] = np.nan if self.wanted is None else found[:, 1] / len(self.part)
        return found

    def _parts(self, starts: int) -> Iterator[tuple[slice, float]]:
        """Yield the rows of each part, and what its cost counts in the whole."""
        count = len(self.part)
        size = count if self.whole else max(_FEWEST, _CACHED // (starts * self.step.between))
        weights = self.part.beside.get(EXAMPLE_WEIGHTS)
        for start in range(0, count, size):
            rows = slice(start, min(start + size, count))
            share = (rows.stop - start) / count if weights is None else float(weights[rows].sum() / weights.sum())
            yield rows, share
