"""Optimizers by name, as the command line and `train` take them."""

from __future__ import annotations

import math
from typing import Any

from symnn.errors import InputError, suggest
from symnn.training.optimizers.adaptive import Adam, AdamW, RMSProp
from symnn.training.optimizers.defaults import learning_rate_for
from symnn.training.optimizers.descent import SGD, Momentum, Nesterov
from symnn.training.optimizers.lbfgs import LBFGS
from symnn.training.optimizers.schedules import Schedule
from symnn.training.optimizers.update import Optimizer
from symnn.training.optimizers.writing import values

_CLASSES: dict[str, Any] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
    "lbfgs": LBFGS,
}
OPTIMIZERS = tuple(_CLASSES)
"""The names of the optimizers."""


def optimizer_named(name: str, net: Any, outputs: int = 1, learning_rate: Any = None) -> Optimizer:
    """Return the optimizer of a name, with the learning rate that is given, or the network's default for it.

    >>> from symnn.networks import mlp
    >>> optimizer_named("momentum", mlp("2-3-1"), learning_rate=0.1)
    Momentum(learning_rate=0.1, momentum=0.9)

    Raises:
        InputError: for an unknown name, and for a bad learning rate.
    """
    if name not in _CLASSES:
        raise InputError(f"unknown optimizer {name!r}{suggest(name, OPTIMIZERS)}")
    if name == "lbfgs":
        if learning_rate is not None:
            raise InputError("lbfgs takes no learning rate: it searches for the size of each step")
        return LBFGS()
    rate = learning_rate_for(net, outputs, name) if learning_rate is None else learning_rate
    return _CLASSES[name](learning_rate=rate)


def optimizer_of(given: Any, net: Any, outputs: int = 1) -> Optimizer:
    """Return the optimizer that is given as itself, by its name, or not at all, which is `SGD`.

    Raises:
        InputError: for what is no optimizer.
    """
    if given is None or isinstance(given, str):
        return optimizer_named(given or "sgd", net, outputs)
    if not hasattr(given, "update") or isinstance(given, type):
        raise InputError(f"bad optimizer {given!r} (accepted: such as symnn.SGD(learning_rate=0.1), or 'adam')")
    return given


def first_rate(optimizer: Optimizer) -> float:
    """Return the learning rate of an optimizer as a number: that by which a schedule measures its rates."""
    rate = float(optimizer.learning_rate)
    return rate if math.isfinite(rate) else math.nan


def described(optimizer: Optimizer) -> str:
    """Return the learning rate of an optimizer, and its other numbers.

    >>> described(Momentum(0.1)), described(LBFGS())
    ('learning rate 0.1, μ = 0.9', 'memory 10, tolerance 1e-08')
    """
    if isinstance(optimizer, LBFGS):
        return f"memory {optimizer.memory}, tolerance {optimizer.tolerance:g}"
    rate = optimizer.learning_rate
    first = rate.text() if isinstance(rate, Schedule) else f"learning rate {rate:g}"
    others = getattr(optimizer, "values", {})
    numbers = {name: value for name, value in others.items() if name != "eta" and not isinstance(value, Schedule)}
    return ", ".join([first, *values(numbers, "text")])
