"""What is wrong inside: unscaled inputs, units that are dead or saturated, gradients that vanish or explode."""

from __future__ import annotations

import numpy as np

from symnn.compiling.checking import looked_up
from symnn.training.diagnosis.slopes import Slopes, slopes_of
from symnn.training.diagnosis.subject import Finding, Subject, percent

_LARGEST_INPUTS, _SMALLEST_INPUTS = 5.0, 0.02
_MANY_DEAD, _MANY_SATURATED = 0.5, 0.6
_STUCK = 0.1
_APART = 1e-3


def unscaled_inputs(subject: Subject) -> Finding | None:
    """Return a finding where √(mean of x²) over all inputs is above 5, or below 0.02 and no input is above 0.2."""
    X = subject.training.X.reshape(len(subject.training), -1)
    size, low, high = float(np.sqrt(np.mean(X**2))), float(X.min()), float(X.max())
    # Few ones among many zeros, as in the words of a text, are no small numbers.
    small = 0 < size < _SMALLEST_INPUTS and max(-low, high) < 10 * _SMALLEST_INPUTS
    if "x" in looked_up(subject.net.program) or not (small or size > _LARGEST_INPUTS):
        return None
    return Finding(
        "unscaled inputs",
        f"the inputs reach from {low:.3g} to {high:.3g}, with a root mean square of {size:.3g} where about 1 is good",
        "scale each column to mean 0 and standard deviation 1, images to 0 to 1, as symnn train does by default",
        {"root_mean_square": size, "smallest": low, "largest": high},
    )


def dead_units(subject: Subject) -> Finding | None:
    """Return a finding where half of a layer's units or more are off, as a relu below 0, for every example.

    Outputs that are off are right where the targets are 0: they count only where little was learned.
    """
    right = () if subject.little_learned else (subject.net.output,)
    shares = {one.name: _dead(one) for one in subject.slopes if one.one_sided and one.name not in right}
    name, share = max(shares.items(), key=lambda item: item[1], default=("", 0.0))
    if share < _MANY_DEAD:
        return None
    return Finding(
        "dead units",
        f"{percent(share)} of the units of {name} are off for every example: their slope is 0, and they learn nothing",
        "start anew with a smaller learning rate and biases of 0, or use leaky_relu",
        {"layer": name, "share": share, "shares": shares},
    )


def saturated_units(subject: Subject) -> Finding | None:
    """Return a finding where most units of a layer are so far out that their slope is below 1 % of the largest.

    Units that end there because the network is sure, and right, are well: where the cost is below 10 % of that of
    constant outputs, they count if they began there. Outputs count where the cost is no better than that of constant
    outputs and the gradient is small all the same.
    """
    shares = {one.name: float(one.tiny.mean()) for one in subject.slopes if not one.one_sided}
    if not (subject.no_better and subject.slope <= _STUCK):
        shares.pop(subject.net.output, None)
    name, share = max(shares.items(), key=lambda item: item[1], default=("", 0.0))
    if share < _MANY_SATURATED:
        return None
    began = _began_saturated(subject, name)
    if subject.well_learned and not began:
        return None
    first = "start with smaller weights (Glorot's, the default)" if began else "take a smaller learning rate"
    last = "use relu and its kin"
    if name == subject.net.output:
        last = "take a cost whose gradient does not vanish there, such as cross_entropy"
    return Finding(
        "saturated units",
        f"{percent(share)} of the units of {name}, over all examples, have a slope below 1 % of the largest",
        f"{first}, scale the inputs, or {last}",
        {"layer": name, "share": share, "shares": shares},
    )


def _began_saturated(subject: Subject, name: str) -> bool:
    first = subject.first_parameters
    if first is None:
        return False
    began = {one.name: float(one.tiny.mean()) for one in slopes_of(subject.net, first, subject.seen)}
    return began[name] >= _MANY_SATURATED


def uneven_gradients(subject: Subject) -> Finding | None:
    """Return a finding where little was learned and the first weights' gradient is far from the last weights'."""
    if not subject.little_learned:
        return None
    sizes = {
        name: float(np.sqrt(np.mean(gradient**2)))
        for name, gradient in subject.curvature.gradients.items()
        if gradient.ndim > 1
    }
    (first, *_), (*_, last) = (list(sizes) or [""],) * 2
    if len(sizes) < 2 or not np.isfinite([sizes[first], sizes[last]]).all():
        return None
    numbers = {"sizes": sizes}
    beside = f"an entry of the gradient of {first} is {sizes[first]:.2g} in the mean, of {last} {sizes[last]:.2g}"
    if sizes[first] < _APART * sizes[last]:
        return Finding(
            "vanishing gradient",
            f"{beside}: the first layers hardly learn",
            "use relu or tanh instead of sigmoid, fewer layers, or normalization",
            numbers,
        )
    if sizes[last] < _APART * sizes[first]:
        return Finding(
            "exploding gradient",
            f"{beside}: the first layers move far too fast",
            "start with smaller weights, use fewer layers, normalization, or a smaller learning rate",
            numbers,
        )
    return None


def _dead(one: Slopes) -> float:
    return float(one.tiny.all(axis=0).mean())

