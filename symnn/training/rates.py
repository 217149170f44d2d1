"""Learning rates compared: each is tried with the same starts, and what it came to stands beside the others."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, is_dataclass, replace
from typing import Any

import numpy as np

from symnn.errors import InputError
from symnn.training.fit import Fit
from symnn.training.loop import trained
from symnn.training.optimizers import Optimizer, check_learning_rate, optimizer_named
from symnn.training.shapes import output_shape


@dataclass(frozen=True, eq=False)
class RateComparison:
    """What each learning rate came to.

    Attributes:
        fits: the best start of each learning rate, in the order of the rates; its `restarts` are all of them.
        watched: whether there are validation costs, by which the best is chosen; else it is by training cost.
    """

    fits: tuple[Fit, ...] = field(repr=False)
    watched: bool

    @property
    def rates(self) -> tuple[float, ...]:
        """The learning rates."""
        return tuple(fit.learning_rate for fit in self.fits)

    @property
    def best(self) -> Fit:
        """The best fit of all."""
        return min(self.fits, key=lambda fit: _judged(best_start(fit), self.watched))

    @property
    def stopped(self) -> str | None:
        """Why all of it ended before its time, or None: that a rate diverged ends no other."""
        return next((fit.stopped for fit in self.fits if (fit.stopped or "").startswith("interrupted")), None)

    def rows(self) -> list[dict[str, Any]]:
        """Return for each learning rate the final costs and accuracies, how many starts ended early, and why.

        With several starts, `median_cost` is the middle one of their costs (of validation, where there are such).
        """
        return [self._row(fit) for fit in self.fits]

    def _row(self, fit: Fit) -> dict[str, Any]:
        start, costs = best_start(fit), [_judged(one, self.watched) for one in fit.restarts]
        return {
            "learning_rate": fit.learning_rate,
            **{name: start[name] for name in ("cost", "validation_cost", "accuracy", "validation_accuracy")},
            "median_cost": float(np.median(costs)),
            "epochs": fit.epochs,
            "seed": fit.seed,
            "starts": len(costs),
            "ended_early": sum(one["stopped"] is not None for one in fit.restarts),
            "stopped": fit.stopped,
        }

    def text(self) -> str:
        """Return the comparison as a table."""
        return "\n".join(_table(self.rows(), self.watched, self.best.learning_rate))

    def __str__(self) -> str:
        return self.text()


def compare_rates(
    net: Any, X: Any, Y: Any, learning_rates: Iterable[Any], optimizer: Optimizer | str | None = None, **how: Any
) -> RateComparison:
    """Train a network with each of several learning rates, from the same starts.

    They are trained at once, with an axis that counts them, where that is faster than one after the other.

    Args:
        net, X, Y: as for `train`.
        learning_rates: the step sizes η to compare.
        optimizer: what takes them: its name, or one with any learning rate; `SGD` unless given.
        how: the other arguments of `train`.

    >>> from symnn.networks import mlp
    >>> from symnn.training import moons
    >>> data = moons(60)
    >>> compared = compare_rates(mlp("2-4-1"), data.X, data.y, [0.1, 1, 10], epochs=50)
    >>> compared.best.learning_rate
    10.0

    Raises:
        InputError: for fewer than two rates, the same rate twice, and an optimizer that has none.
        DataError, ShapeError: as `train`.
    """
    rates = [check_learning_rate(rate) for rate in learning_rates]
    if len(rates) < 2 or len(set(rates)) < len(rates):
        shown = ", ".join(f"{rate:g}" for rate in rates) or "none"
        raise InputError(f"bad learning rates {shown} (accepted: two or more different ones, such as 0.1, 1, 3)")
    return compared([with_rate(optimizer, rate, net) for rate in rates], net, X, Y, **how)


def compared(optimizers: Sequence[Optimizer], net: Any, X: Any, Y: Any, **how: Any) -> RateComparison:
    """Return what each of several optimizers, of different learning rates, came to."""
    return RateComparison(tuple(trained(net, X, Y, optimizers, **how)), how.get("validation") is not None)


def with_rate(optimizer: Optimizer | str | None, rate: float, net: Any) -> Optimizer:
    """Return an optimizer with another learning rate.

    Raises:
        InputError: where it has none.
    """
    if optimizer is None or isinstance(optimizer, str):
        return optimizer_named(optimizer or "sgd", net, math.prod(output_shape(net)), rate)
    try:
        if is_dataclass(optimizer) and not isinstance(optimizer, type):
            return replace(optimizer, learning_rate=rate)
    except TypeError:
        pass
    raise InputError(f"{optimizer!r} has no learning rate to be compared (accepted: such as 'sgd' or 'adam')")


def best_start(fit: Fit) -> dict[str, Any]:
    """Return the summary of the start that was kept."""
    return next(one for one in fit.restarts if one["seed"] == fit.seed)


def _judged(start: dict[str, Any], watched: bool) -> float:
    cost = start["validation_cost" if watched else "cost"]
    return float(cost) if math.isfinite(cost) else math.inf


def _table(rows: Sequence[dict[str, Any]], watched: bool, best: float) -> list[str]:
    several = any(row["starts"] > 1 for row in rows)
    classes = any(row["accuracy"] is not None for row in rows)
    columns = [("learning rate", [f"{row['learning_rate']:g}" for row in rows])]
    columns += _numbers("training cost", "cost", rows)
    columns += _numbers("validation cost", "validation_cost", rows) if watched else []
    if classes:
        name = "validation_accuracy" if watched else "accuracy"
        columns += _numbers(name.replace("_", " "), name, rows, ".4f")
    if several:
        columns += _numbers("median of starts", "median_cost", rows)
    said = [_said(row, best, several) for row in rows]
    widths = [max(len(head), *map(len, cells)) for head, cells in columns]
    heads = "  ".join(head.rjust(width) for (head, _), width in zip(columns, widths, strict=True))
    lines = [
        "  ".join(cells[place].rjust(width) for (_, cells), width in zip(columns, widths, strict=True))
        for place in range(len(rows))
    ]
    return [heads, *(f"{line}  {words}".rstrip() for line, words in zip(lines, said, strict=True))]


def _numbers(head: str, name: str, rows: Sequence[dict[str, Any]], format: str = ".6g") -> list[tuple[str, list[str]]]:
    return [(head, ["–" if row[name] is None else f"{row[name]:{format}}" for row in rows])]


def _said(row: dict[str, Any], best: float, several: bool) -> str:
    words = ["best"] if row["learning_rate"] == best else []
    if (row["stopped"] or "").startswith("interrupted"):
        words.append("interrupted")
    elif several and row["ended_early"]:
        words.append(f"{row['ended_early']} of {row['starts']} diverged")
    elif row["ended_early"]:
        words.append(f"diverged in epoch {row['epochs'] + 1}")
    return ", ".join(words)
