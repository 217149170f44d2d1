"""L-BFGS: steps along the curvature that past gradients show, on all examples at once, by scipy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from symnn.errors import InputError
from symnn.language import Program, Tensor
from symnn.training.optimizers.update import Update, check_not_negative


@dataclass(frozen=True)
class LBFGS:
    """Limited-memory BFGS: d = −H g, θ ← θ + α d, with H the inverse Hessian that the last differences of θ and g show.

    It looks at all examples in every step, and finds the step size α itself. An epoch of `train` is one iteration; it
    ends before its time where the gradient is small. Batch sizes mean nothing to it. scipy takes the steps.

    Args:
        memory: how many differences are remembered.
        tolerance: it ends where no entry of the gradient is larger.

    >>> LBFGS(memory=20)
    LBFGS(memory=20, tolerance=1e-08)

    Raises:
        InputError: for a memory or a tolerance that is none.
    Source:
        Liu and Nocedal, On the limited memory BFGS method for large scale optimization, 1989; the code is that of
        Zhu, Byrd, Lu and Nocedal, L-BFGS-B, 1997.
    """

    memory: int = 10
    tolerance: float = 1e-8

    def __post_init__(self) -> None:
        if type(self.memory) is not int or self.memory < 1:
            raise InputError(f"bad memory {self.memory!r}: it is a whole number, at least 1")
        object.__setattr__(self, "tolerance", check_not_negative("tolerance", self.tolerance))

    @property
    def learning_rate(self) -> float:
        """Not a number: the step size is searched for."""
        return math.nan

    def update(self, parameters: Mapping[str, Tensor], gradients: Mapping[str, Tensor], program: Program) -> Update:
        """Return no equations: a step gives the gradients themselves."""
        return Update((), {name: gradients[name].name for name in parameters})


def scipy_minimize() -> Any:
    """Return `scipy.optimize.minimize`.

    Raises:
        InputError: where scipy is not installed, with the command that installs it.
    """
    try:
        from scipy.optimize import minimize
    except ImportError:
        raise InputError('L-BFGS needs scipy, which is not installed: pip install "symnn[learn]"') from None
    return minimize
