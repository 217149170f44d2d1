"""What an example has beside x and y: a weight s, and a mask M of the shape of y.

With weights the cost of a batch is C = Σₙ sₙ Cₙ / S, where S = Σₙ sₙ; a mask multiplies each output's
term of the cost: C = ½ Σⱼ Mⱼ (aⱼ − yⱼ)². An example of weight 0, or an output whose mask is 0, does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.calculus import Derivation, batched
from symnn.errors import DataError, InputError, ShapeError
from symnn.gradients import Gradient, GradientFunction
from symnn.language import examples

Array = NDArray[Any]

EXAMPLE_WEIGHTS = "s"
MASK = "M"


def names_beside(network: Any) -> tuple[str, ...]:
    """Return the names of what a network's examples have beside x and y."""
    named = {EXAMPLE_WEIGHTS: "example_weights", MASK: "masked"}
    return tuple(name for name, attribute in named.items() if getattr(network, attribute, False))


def check_example_weights(given: Any, count: int | None = None) -> Array:
    """Return the weights of examples as an array of one axis.

    >>> check_example_weights([1, 2.5], count=2).tolist()
    [1.0, 2.5]

    Raises:
        DataError: for weights that are negative, not finite, all zero, or no numbers.
        ShapeError: for anything but one number an example.
    """
    weights = _numbers(given, "example weights")
    if weights.ndim != 1 or len(weights) == 0:
        raise ShapeError(f"the example weights have shape {weights.shape}: one number an example is needed")
    if count is not None and len(weights) != count:
        raise ShapeError(f"{len(weights)} example weights were given for {count} examples: one an example is needed")
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        place = int(np.argmax(wrong))
        raise DataError(
            f"the weight of example {place + 1} is {weights[place]:g} (accepted: finite numbers, not negative)"
        )
    if not weights.any():
        raise DataError("the example weights are all zero: at least one example has to count")
    with np.errstate(over="ignore"):
        total = weights.sum()
        if not (np.isfinite(total) and np.isfinite(1 / total)):
            raise DataError(f"the example weights add up to {total:g}: scale them towards 1, which changes no cost")
    return weights


def check_mask(given: Any, shape: tuple[int, ...] | None = None) -> Array:
    """Return a mask as an array of numbers, of the given shape.

    >>> check_mask([[True, False]], shape=(1, 2)).tolist()
    [[1.0, 0.0]]

    Raises:
        DataError: for entries that are negative, not finite, or no numbers.
        ShapeError: for another shape.
    """
    mask = _numbers(given, "mask")
    if shape is not None and mask.shape != shape:
        raise ShapeError(f"the mask has shape {mask.shape}, the targets have shape {shape}: the same is needed")
    wrong = ~(np.isfinite(mask) & (mask >= 0))
    if wrong.any():
        place = tuple(int(p) for p in np.argwhere(wrong)[0])
        shown = ", ".join(str(p + 1) for p in place)
        raise DataError(
            f"entry ({shown}) of the mask is {mask[place]:g} (accepted: 1 or 0, or finite numbers, not negative)"
        )
    return mask


def _numbers(given: Any, what: str) -> Array:
    try:
        array = np.asarray(given)
    except ValueError:
        raise ShapeError(f"the {what} have rows of different lengths") from None
    if array.dtype.kind not in "bifu":
        raise DataError(f"the {what} have entries of type {array.dtype} (accepted: numbers)")
    return array.astype(float)


@dataclass(frozen=True, repr=False)
class WeighingGradient(Gradient):
    """The gradient of a network whose examples have weights, or whose targets have a mask."""

    example_weights: str | None = None
    """The name of the weights of a batch's examples."""

    @cached_property
    def batch_derivation(self) -> Derivation:
        """The derivation for a batch of m examples, averaged by their weights."""
        return batched(self.derivation, weights=self.example_weights)

    def compile(self, *arguments: Any, **options: Any) -> GradientFunction:
        """Return the gradient as a function: f(parameters, X, Y, s=weights, M=mask); see `Gradient.compile`."""
        made = super().compile(*arguments, **options)
        parts = {field.name: getattr(made, field.name) for field in fields(made)}
        # A mask is a target too, by its role; Y is y.
        return WeighingFunction(**{**parts, "target": "y" if "y" in made.compiled.arguments else None})


@dataclass(frozen=True)
class WeighingFunction(GradientFunction):
    """A compiled gradient that takes weights of examples, s=…, and a mask, M=…, by name, and checks them."""

    def __call__(
        self, parameters: Mapping[str, Any] | None = None, X: Any = None, Y: Any = None, /, **arrays: Any
    ) -> Any:
        """Return the value and a dict of derivatives: see `GradientFunction`.

        Raises:
            DataError, ShapeError: for weights that are negative, not finite, all zero, or too few.
        """
        inputs = X if X is not None else arrays.get("x")
        single = self._is_single(inputs)
        if arrays.get(EXAMPLE_WEIGHTS) is not None:
            weights = arrays[EXAMPLE_WEIGHTS]
            count = 1 if single else None if inputs is None or np.ndim(inputs) == 0 else len(inputs)
            weights = [weights] if single and np.ndim(weights) == 0 else weights
            arrays[EXAMPLE_WEIGHTS] = check_example_weights(weights, count)
        if arrays.get(MASK) is not None:
            mask = check_mask(arrays[MASK], None if Y is None else np.shape(Y))
            arrays[MASK] = mask[None] if single else mask
        return super().__call__(parameters, X, Y, **arrays)

    def _is_single(self, inputs: Any) -> bool:
        """Whether one example was given to a function of batches."""
        x = self.compiled.program.tensors.get("x")
        return x is not None and examples in x.shape and inputs is not None and np.ndim(inputs) == x.rank - 1


def weights_of(network: Any, given: Any, count: int) -> dict[str, Array]:
    """Return the weights of a network's examples by their name; where none are given, each example counts once.

    Raises:
        InputError: for a network that does not weigh its examples.
        DataError, ShapeError: as `check_example_weights` does.
    """
    if not getattr(network, "example_weights", False):
        if given is not None:
            raise InputError("the network does not weigh its examples: make it with example_weights=True")
        return {}
    return {EXAMPLE_WEIGHTS: np.ones(count) if given is None else check_example_weights(given, count)}


def mask_of(network: Any, given: Any, shape: tuple[int, ...]) -> dict[str, Array]:
    """Return the mask of a network's targets by its name; where none is given, every target counts.

    Raises:
        InputError: for a network whose cost has no mask.
        DataError, ShapeError: as `check_mask` does.
    """
    if not getattr(network, "masked", False):
        if given is not None:
            raise InputError("the network's cost has no mask: make the network with masked=True")
        return {}
    return {MASK: np.ones(shape) if given is None else check_mask(given, shape)}
