"""What an optimizer gives: the equations of one step, and what is carried from step to step."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from symnn.errors import InputError
from symnn.language import Equation, Program, Tensor


@dataclass(frozen=True)
class Update:
    """The equations of one step, and how they are fed.

    Attributes:
        equations: they stand after the equations of the gradient, in one program.
        renewed: for each tensor that is carried from step to step, the name of its next value.
        settings: the values of the hyperparameters that the equations use, such as η.
        state: the tensors beside the parameters that are carried from step to step.
        start: what every entry of such a tensor is before the first step, where that is not 0.
    """

    equations: tuple[Equation, ...]
    renewed: dict[str, str]
    settings: dict[str, float] = field(default_factory=dict)
    state: dict[str, Tensor] = field(default_factory=dict)
    start: dict[str, float] = field(default_factory=dict)


class Optimizer(Protocol):
    """What the training loop asks of an optimizer."""

    @property
    def learning_rate(self) -> Any:
        """The step size η: a number, or a `Schedule`; `float` of it is a number in either case."""

    def update(self, parameters: Mapping[str, Tensor], gradients: Mapping[str, Tensor], program: Program) -> Update:
        """Return the equations of one step.

        Args:
            parameters: the tensors to change, by name.
            gradients: for each of them, the tensor ∂C/∂θ, of the same shape.
            program: the program that the equations will follow; new names are fresh in it.
        """


def check_learning_rate(value: Any) -> float:
    """Return the learning rate as a float, or raise.

    >>> check_learning_rate(3)
    3.0

    Raises:
        InputError: unless it is a positive, finite number.
    """
    return check_positive("learning rate", value)


def check_positive(what: str, value: Any) -> float:
    """Return a positive, finite number as a float, or raise InputError."""
    if not _is_number(value) or value <= 0:
        raise InputError(f"bad {what} {value!r}: it is a positive, finite number")
    return float(value)


def check_share(what: str, value: Any) -> float:
    """Return a number from 0 to below 1 as a float, or raise InputError.

    >>> check_share("momentum", 1)
    Traceback (most recent call last):
    symnn.errors.InputError: bad momentum 1: it is a number from 0 to below 1
    """
    if not _is_number(value) or not 0 <= value < 1:
        raise InputError(f"bad {what} {value!r}: it is a number from 0 to below 1")
    return float(value)


def check_not_negative(what: str, value: Any) -> float:
    """Return a finite number that is not below 0 as a float, or raise InputError."""
    if not _is_number(value) or value < 0:
        raise InputError(f"bad {what} {value!r}: it is a finite number, 0 or more")
    return float(value)


def check_number(what: str, value: Any) -> float:
    """Return a finite number as a float, or raise InputError."""
    if not _is_number(value):
        raise InputError(f"bad {what} {value!r}: it is a finite number")
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)
