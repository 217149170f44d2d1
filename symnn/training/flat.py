"""A cost and its gradient as a function of one vector, as `scipy.optimize` and other optimizers take them.

    fg(x) = (C(θ), ∂C/∂θ),  x the entries of all parameters θ, one after the other
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import InputError, ShapeError, suggest
from symnn.training.optimizers import LBFGS
from symnn.training.plan import Plan, Settings, planned
from symnn.training.starts import Start

Array = NDArray[Any]


class Flat:
    """A function of named parameters as a function of one vector: `fg(x)` is the value and the gradient.

    Args:
        function: from a dict of parameters to the value and a dict of its derivatives.
        parameters: an array for each parameter; they say the shapes, the order, and where to start.

    Attributes:
        start: the parameters as one vector, to begin with.

    >>> fg = Flat(lambda p: (float(p["w"] @ p["w"]), {"w": 2 * p["w"]}), {"w": [1.0, 2.0]})
    >>> fg.start
    array([1., 2.])
    >>> fg([3.0, 4.0])
    (25.0, array([6., 8.]))

    The gradient is a fresh array at every call: optimizers keep the one before, to see how it changes.
    """

    def __init__(
        self, function: Callable[[dict[str, Array]], tuple[Any, Mapping[str, Any]]], parameters: Mapping[str, Any]
    ) -> None:
        self._function = function
        arrays = {name: np.asarray(value) for name, value in parameters.items()}
        self._shapes = {name: array.shape for name, array in arrays.items()}
        ends = np.cumsum([0, *(array.size for array in arrays.values())])
        self._places = {name: slice(a, b) for name, a, b in zip(arrays, ends[:-1], ends[1:], strict=True)}
        self._types = {name: np.result_type(array, np.float32) for name, array in arrays.items()}
        self.start = self.flatten(arrays)

    def __call__(self, x: Any) -> tuple[float, Array]:
        """Return the value, and the gradient as one vector."""
        value, gradients = self._function(self.parameters(x))
        slope = np.empty(len(self.start))
        for name, place in self._places.items():
            slope[place] = np.ravel(gradients[name])
        return float(value), slope

    def parameters(self, x: Any) -> dict[str, Array]:
        """Return a vector as the parameters, by name; they are views where the types allow.

        Raises:
            ShapeError: for a vector of another length.
        """
        x = np.asarray(x)
        if x.shape != self.start.shape:
            raise ShapeError(f"x has shape {x.shape}, the parameters have {len(self.start)} entries")
        return {
            name: x[place].reshape(self._shapes[name]).astype(self._types[name], copy=False)
            for name, place in self._places.items()
        }

    def flatten(self, parameters: Mapping[str, Any]) -> Array:
        """Return parameters as one vector of float64.

        Raises:
            InputError, ShapeError: for parameters that are not these.
        """
        for name in parameters:
            if name not in self._shapes:
                raise InputError(f"no parameter '{name}'{suggest(name, self._shapes)}")
        for name in self._shapes:
            if name not in parameters:
                raise InputError(f"the parameter '{name}' is missing")
            if np.shape(parameters[name]) != self._shapes[name]:
                raise ShapeError(f"'{name}' has shape {np.shape(parameters[name])} (accepted: {self._shapes[name]})")
        found = [np.ravel(np.asarray(parameters[name], dtype=float)) for name in self._shapes]
        return np.concatenate(found) if found else np.zeros(0)


def flat(
    net: Any,
    X: Any,
    Y: Any,
    parameters: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    example_weights: Any = None,
    mask: Any = None,
    dtype: str = "float64",
    backend: str = "numpy",
) -> Flat:
    """Return a network's cost on some examples, and its gradient, as a function of one vector: see `Flat`.

    Args:
        net: a network with a cost.
        X: the inputs, (examples, inputs).
        Y: labels, (examples,), or columns, (examples, outputs), as `train` takes them.
        parameters: where to start; the network's initial parameters unless given.
        seed: of these.
        example_weights, mask, dtype, backend: as for `train`. The vectors are float64 in any case.

    >>> from symnn.networks import mlp
    >>> fg = flat(mlp("2-1", activation="sigmoid", cost="binary_cross_entropy"), [[0, 1], [1, 0]], [0, 1])
    >>> cost, slope = fg(fg.start)
    >>> slope.shape
    (3,)

    Raises:
        DataError, ShapeError, InputError: as `train`.
    """
    settings = Settings(seed=seed, dtype=dtype, backend=backend)
    plan = planned(net, X, Y, [LBFGS()], settings, None, example_weights, mask)
    made = flat_of(plan, Start(0, seed))
    if parameters is not None:
        made.start = made.flatten(parameters)
    return made


def flat_of(plan: Plan, start: Start) -> Flat:
    """Return the cost of a plan whose steps give the gradient, from the initial parameters of a start."""
    part, step = plan.training, plan.steps[start.optimizer]

    def function(parameters: dict[str, Array]) -> tuple[float, dict[str, Array]]:
        with np.errstate(all="ignore"):
            return step(parameters, part.X, part.Y, part.beside)

    return Flat(function, plan.first(start))
