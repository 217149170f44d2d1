"""Learning rates that are used when none is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Integer

# Measured on digits (unit scale), iris, breast cancer and moons (standardised), 3,000 steps of 10
# examples: validation accuracy is within 1 % of its best, and three times the rate still learns.
_AFTER_SIGMOIDS = {"binary_cross_entropy": 1.0, "cross_entropy": 1.0, "hinge": 0.3}
_OTHERWISE = 0.1
_WIDE = 100


# Measured in the same way, with 0.9 of the velocity kept, and with a hidden layer of sigmoids or of relu.
_ADAPTIVE = {"rmsprop": 0.01, "adam": 0.01, "adamw": 0.01}
# A constant gradient is followed 1/(1 − μ) = 10 times as fast; a large rate, divided by 10, still swings too far.
_SHARE = {"momentum": 0.1, "nesterov": 0.1}
_LARGE, _SHARE_OF_LARGE = 1.0, 0.05


def learning_rate_for(net: Any, outputs: int = 1, optimizer: str = "sgd") -> float:
    """Return the default learning rate of an optimizer for a network: see `default_learning_rate`.

    With momentum it is a tenth of that (a twentieth of a large one); RMSProp, Adam and AdamW take steps that are as
    long as the rate says, whatever the cost: 0.01, and less above 100 units in a layer.
    """
    *hidden, _ = net.layers
    widths = [layer.outputs for layer in hidden if isinstance(layer.outputs, int | Integer)]
    width = max(map(int, widths), default=1)
    if optimizer in _ADAPTIVE:
        return _ADAPTIVE[optimizer] * min(1.0, _WIDE / width)
    rate = default_learning_rate(str(net.cost), net.activations, outputs, width)
    if optimizer == "momentum" and rate >= _LARGE:
        return _SHARE_OF_LARGE * rate
    return _SHARE.get(optimizer, 1.0) * rate


def default_learning_rate(cost: str, activations: Sequence[str], outputs: int = 1, width: int = 1) -> float:
    """Return the learning rate that is used when none is given.

    A quadratic cost after a sigmoid has small gradients (σ′ ≤ ¼) and bears 3.0; other activations
    need less, and an output without bounds far less.

    Args:
        cost: the cost's name; any other text is a formula.
        activations: the names of the layers' activations, the output's last.
        outputs: how many outputs the network has.
        width: the size of its widest hidden layer. A step moves a pre-activation by a sum over that
            many units, so above 100 the rate goes down with the width.

    >>> default_learning_rate("quadratic", ["sigmoid", "sigmoid"])
    3.0
    >>> default_learning_rate("cross_entropy", ["relu", "softmax"])
    0.1
    """
    *hidden, last = activations or ["identity"]
    small_slopes = all(name == "sigmoid" for name in hidden)
    if cost in ("quadratic", "mean_squared_error"):
        rate = (3.0 if small_slopes else 1.0) if last in ("sigmoid", "softmax") else 0.05
        # ½ Σ (a − y)² has the slope a − y, the mean over the outputs 2 (a − y) / outputs.
        rate = rate * outputs / 2 if cost == "mean_squared_error" else rate
    else:
        rate = _AFTER_SIGMOIDS.get(cost, _OTHERWISE) if hidden and small_slopes else _OTHERWISE
    return rate * min(1.0, _WIDE / width)
