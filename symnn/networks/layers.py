"""Layers: a layer is its equations. Nothing here differentiates; a layer has no backward rule."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from copy import copy
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Sum

from symnn.errors import InputError, suggest
from symnn.language import Equation, Tensor, index
from symnn.networks.activations import Activation, activation

Array = NDArray[Any]
Shape = tuple[Any, ...]

ORIENTATIONS = ("outputs,inputs", "inputs,outputs")
METHODS = ("normal", "scaled_normal", "glorot", "he")
_NAME = re.compile(r"[A-Za-z_]\w*\Z")


class Layer:
    """A layer of a network: subclass it, and write its equations.

    Attributes:
        inputs: the shape of its input, for one example: a size, or a tuple of sizes (the first layer of
            a network needs it).
        outputs: the shape of its output.
        batched: whether its equations name the example axis themselves: its input then has a leading
            axis of size `symnn.examples`, and so has its output.
        initial_values: for a parameter, the number with which all its entries start.
        shared: for a parameter that an earlier layer owns, its name in the network by its name here:
            {"W": "W1"} makes this layer's W the first layer's, one array whose gradient is the sum of
            what both layers contribute.

    The names in its equations are its own; a network adds the layer's number to them, so that `W`
    becomes `W1` in the first layer. The last equation defines the output.
    """

    inputs: Any = None
    outputs: Any = None
    batched: bool = False
    initial_values: Mapping[str, float] = MappingProxyType({})
    shared: Mapping[str, str] = MappingProxyType({})

    def equations(self, inputs: Tensor) -> Sequence[Equation]:
        """Return the layer's equations, for one example (or, if `batched`, for all)."""
        raise NotImplementedError(f"{type(self).__name__} needs a method equations(self, inputs)")

    def parameters(self) -> Mapping[str, Any]:
        """Return the shape of each parameter; by default those that the equations use are looked up."""
        return {}

    def initial_parameters(
        self, shapes: Mapping[str, tuple[int, ...]], generator: np.random.Generator, method: str | None
    ) -> dict[str, Array]:
        """Return first values: those of `initial_values`; else matrices of variance 1/(last axis), and vectors 0.

        `shapes` has the layer's own parameters, and not those that it shares.
        """
        drawn = {}
        for name, shape in shapes.items():
            if name in self.initial_values or len(shape) < 2:
                drawn[name] = np.full(shape, float(self.initial_values.get(name, 0.0)))
            else:
                drawn[name] = generator.standard_normal(shape) / math.sqrt(shape[-1])
        return drawn


class Dense(Layer):
    """A dense layer: z⁽ˡ⁾ = W⁽ˡ⁾ a⁽ˡ⁻¹⁾ + b⁽ˡ⁾, a⁽ˡ⁾ = f(z⁽ˡ⁾).

    Args:
        inputs, outputs: sizes: positive numbers, or symbols from `symnn.sizes`. The input may have several
            axes, such as a convolution's (filters, height, width): W has an axis for each.
        activation: a name, a SymPy expression of one variable, or its text.
        weights: "outputs,inputs" for W of shape (outputs, inputs), so that Z = A Wᵀ + 1 bᵀ;
            "inputs,outputs" for Z = A W + 1 bᵀ. Or the name of an earlier layer's parameter, such as
            "W1", to use it here too.
        transpose: whether that parameter is used transposed: z[j] = Σₖ W1[k, j] a[k] + b[j].
        biases: the name of an earlier layer's biases, to use them here too.

    >>> from symnn.language import Program, tensor
    >>> print(Program(Dense(2, 3).equations(tensor("x", 2))))
    z[j] = Sum(W[j, k]*x[k], k) + b[j]
    a[j] = sigmoid(z[j])
    >>> print(Program(Dense(3, 2, weights="W1", transpose=True).equations(tensor("x", 3)))["z"])
    z[j] = Sum(W[k, j]*x[k], k) + b[j]

    Raises:
        InputError: for an unknown activation or orientation, a bad name, or a transpose of nothing.
    """

    def __init__(
        self,
        inputs: Any,
        outputs: Any,
        activation: Any = "sigmoid",
        weights: str = ORIENTATIONS[0],
        transpose: bool = False,
        biases: str | None = None,
    ) -> None:
        tied = {"W": weights, "b": biases}
        self.shared = {own: _name(given, own) for own, given in tied.items() if given not in (None, *ORIENTATIONS)}
        if transpose and "W" not in self.shared:
            raise InputError("transpose=True needs the name of the parameter that is transposed, such as weights='W1'")
        self.inputs, self.outputs, self.transpose = inputs, outputs, bool(transpose)
        self.activation: Activation = _activation(activation)
        self._orientation = ORIENTATIONS[0] if weights is None or "W" in self.shared else weights

    @property
    def weights(self) -> str:
        """The axes of W as this layer reads it: a transpose turns those of the layer that owns it."""
        turned = ORIENTATIONS.index(self._orientation) ^ self.transpose
        return ORIENTATIONS[turned]

    def oriented(self, orientation: str) -> Dense:
        """Return the same layer with W kept in another orientation (where W is shared: by its owner)."""
        if orientation not in ORIENTATIONS:
            raise InputError(f"unknown orientation of weights {orientation!r}{suggest(str(orientation), ORIENTATIONS)}")
        turned = copy(self)
        turned._orientation = orientation
        return turned

    def equations(self, inputs: Tensor) -> list[Equation]:
        """Return z = W a + b and a = f(z)."""
        j = index("j", self.outputs)
        k = tuple(index(letter, size) for letter, size in zip("kpqr", self._axes, strict=False))
        shape = self.parameters()
        W, b = (Tensor(name, shape[name], "parameter") for name in "Wb")
        z, a = Tensor("z", (self.outputs,)), Tensor("a", (self.outputs,))
        weight = W[(j, *k)] if self.weights == "outputs,inputs" else W[(*k, j)]
        return [Equation(z[j], Sum(weight * inputs[k], *k) + b[j]), *self.activation.build(z, a)]

    @property
    def _axes(self) -> Shape:
        return tuple(self.inputs) if isinstance(self.inputs, tuple | list) else (self.inputs,)

    def parameters(self) -> dict[str, Shape]:
        """Return the shapes of W and b."""
        inward = self.weights == "outputs,inputs"
        return {"W": (self.outputs, *self._axes) if inward else (*self._axes, self.outputs), "b": (self.outputs,)}

    def initial_parameters(
        self, shapes: Mapping[str, tuple[int, ...]], generator: np.random.Generator, method: str | None
    ) -> dict[str, Array]:
        """Return W drawn from a normal distribution, and b.

        normal: W and b of variance 1; scaled_normal: W of variance 1/inputs, b of variance 1
        (Nielsen, chapter 3); glorot: W of variance 2/(inputs + outputs), b = 0 (Glorot and Bengio, 2010);
        he: W of variance 2/inputs, b = 0 (He, Zhang, Ren and Sun, 2015). By default he for the relu
        family, else glorot.
        """
        relu_like = self.activation.name in ("relu", "leaky_relu", "elu", "gelu", "swish", "softplus")
        method = method or ("he" if relu_like else "glorot")
        if method not in METHODS:
            raise InputError(f"unknown initial parameters '{method}'{suggest(method, METHODS)}")
        drawn: dict[str, Array] = {}
        if "W" in shapes:
            inward = self.weights == ORIENTATIONS[0]
            outputs = shapes["W"][0 if inward else -1]
            inputs = math.prod(shapes["W"]) // outputs
            variance = {"normal": 1.0, "scaled_normal": 1 / inputs, "glorot": 2 / (inputs + outputs), "he": 2 / inputs}
            W = generator.standard_normal((outputs, inputs)) * math.sqrt(variance[method])
            # The same numbers whichever way W is kept.
            drawn["W"] = (W if inward else np.ascontiguousarray(W.T)).reshape(shapes["W"])
        if "b" in shapes:
            drawn["b"] = generator.standard_normal(shapes["b"]) if "normal" in method else np.zeros(shapes["b"])
        return drawn


def _name(given: Any, own: str) -> str:
    """Return the name of a parameter of the network."""
    if isinstance(given, str) and _NAME.match(given):
        return given
    if own == "W":
        accepted = suggest(str(given), ORIENTATIONS)
        raise InputError(f"unknown orientation of weights {given!r}{accepted}")
    raise InputError(f"bad name of shared biases {given!r} (accepted: that of a parameter of the network, such as b1)")


_activation = activation
