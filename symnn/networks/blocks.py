"""Blocks: layers made of other layers' equations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Sum

from symnn.errors import InputError, suggest
from symnn.language import Equation, Program, Tensor, index
from symnn.language.tensors import check_size
from symnn.networks.activations import activation as activation_of
from symnn.networks.attention import MultiHeadAttention, sequence_shape
from symnn.networks.composing import drawn_by, free_name, placed
from symnn.networks.initial import RELU_LIKE, DrawnLayer
from symnn.networks.layers import Array, Layer
from symnn.networks.normalization import LayerNorm

ORDERS = ("before", "after")


class FeedForward(DrawnLayer):
    """Two dense layers at every place: z = x W_1 + b_1, a = f(z), F = a W_2 + b_2.

    Args:
        inputs: a size d, or a shape (T, d) whose rows are all treated alike.
        hidden: the size of z and a; by default 4 d.
        activation: f.

    W_1 is (d, hidden), W_2 is (hidden, d); they start normal with the variance of He and others (2015)
    or of Glorot and Bengio (2010), biases at 0. The output has the input's shape.

    Source: Vaswani and others, Attention is all you need (2017), equation 2.

    >>> from symnn.language import Program, tensor
    >>> print(Program(FeedForward((5, 4), hidden=8).equations(tensor("x", (5, 4)))))
    z[i, j] = Sum(W_1[k, j]*x[i, k], k) + b_1[j]
    a[i, j] = relu(z[i, j])
    F[i, k] = Sum(W_2[j, k]*a[i, j], j) + b_2[k]
    """

    def __init__(self, inputs: Any, hidden: Any = None, activation: Any = "relu") -> None:
        self.inputs = self.outputs = inputs
        width = check_size(inputs[-1] if isinstance(inputs, tuple | list) else inputs)
        self.hidden = check_size(4 * width if hidden is None else hidden)
        self.activation = activation_of(activation)

    def equations(self, inputs: Tensor) -> list[Equation]:
        """Return z, a and F."""
        *leading, d = inputs.shape
        rows = tuple(index(name, size) for name, size in zip("ipq", leading, strict=False))
        k, j = index("k", d), index("j", self.hidden)
        W_1, W_2 = Tensor("W_1", (d, self.hidden), "parameter"), Tensor("W_2", (self.hidden, d), "parameter")
        b_1, b_2 = Tensor("b_1", (self.hidden,), "parameter"), Tensor("b_2", (d,), "parameter")
        z, a = Tensor("z", (*leading, self.hidden)), Tensor("a", (*leading, self.hidden))
        F = Tensor("F", inputs.shape)
        return [
            Equation(z[(*rows, j)], Sum(inputs[(*rows, k)] * W_1[k, j], k) + b_1[j]),
            *self.activation.build(z, a),
            Equation(F[(*rows, k)], Sum(a[(*rows, j)] * W_2[j, k], j) + b_2[k]),
        ]

    def fans(self, name: str, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return the rows and the columns: here a weight stands on the right, x W."""
        return shape[0], shape[1]

    def default_method(self, name: str) -> str:
        """Return he for a weight before the relu family, else glorot."""
        return "he" if name == "W_1" and self.activation.name in RELU_LIKE else "glorot"


class Residual(Layer):
    """A layer with a way around it: r = x + F(x), with F the layer (or several, one after the other).

    Args:
        layers: what F is made of; the output of the last has the shape of the input of the first.

    With one layer its names stay; with several, names get the layer's number: W_1, W_2.

    Source: He, Zhang, Ren and Sun, Deep residual learning for image recognition (2016), equation 1.

    >>> from symnn.language import Program, tensor
    >>> from symnn.networks import Dense
    >>> print(Program(Residual(Dense(2, 2)).equations(tensor("x", 2))))
    z[j] = Sum(W[j, k]*x[k], k) + b[j]
    a[j] = sigmoid(z[j])
    r[i] = a[i] + x[i]

    Raises:
        InputError: for no layers, or layers of which some name the example axis and some do not.
    """

    def __init__(self, *layers: Layer) -> None:
        if not layers or not all(isinstance(layer, Layer) for layer in layers):
            raise InputError("Residual: one layer at least is needed (subclass symnn.Layer)")
        if len({layer.batched for layer in layers}) != 1:
            raise InputError("Residual: either all layers name the example axis, or none")
        self.layers, self.batched = layers, layers[0].batched
        self.inputs = self.outputs = layers[0].inputs

    def equations(self, inputs: Tensor) -> list[Equation]:
        """Return the layers' equations, and r."""
        written: list[Equation] = []
        current = inputs
        for number, layer in enumerate(self.layers, 1):
            written += placed(layer, current, {}, self._suffix(number))
            current = written[-1].tensor
        if current.rank != inputs.rank:
            raise InputError(f"Residual: F(x) has shape {tuple(current.shape)}, and x has {tuple(inputs.shape)}")
        axes = tuple(index(name, size) for name, size in zip("ijkpq", inputs.shape, strict=False))
        r = Tensor(free_name(written, ("r", "o", "h")), inputs.shape)
        return [*written, Equation(r[axes], inputs[axes] + current[axes])]

    def _suffix(self, number: int) -> str:
        return f"_{number}" if len(self.layers) > 1 else ""

    def initial_parameters(
        self, shapes: Mapping[str, tuple[int, ...]], generator: np.random.Generator, method: str | None
    ) -> dict[str, Array]:
        """Return what each layer draws for itself."""
        drawn: dict[str, Array] = {}
        for number, layer in enumerate(self.layers, 1):
            suffix = self._suffix(number)
            own = [name for name in shapes if name.endswith(suffix)]
            names = {name.removesuffix(suffix): name for name in own}
            drawn |= drawn_by(layer, names, shapes, generator, method)
        return drawn


class TransformerBlock(Layer):
    """A block of a transformer: multi-head attention O and a feed-forward layer F, each with a way around it.

        norm after (Vaswani and others, 2017):    u_1 = N_1(x + O(x)),   u_2 = N_2(u_1 + F(u_1))
        norm before (GPT-2):                       r_1 = x + O(N_1(x)),   r_2 = r_1 + F(N_2(r_1))

    N_1 and N_2 are layer normalizations, u_1 and u_2 what they give, and r_1 and r_2 the sums.

    Args:
        inputs: (T, d), a row for each of T places.
        heads: how many heads of attention there are.
        hidden: the size within F; by default 4 d.
        norm: "after" or "before".
        causal: whether a place sees only itself and those before it.
        activation: that of F.
        epsilon: ε of the normalizations.
        keys: the columns of each head; by default d/heads.

    Its parameters are those of `MultiHeadAttention`, `FeedForward` and `LayerNorm` (gamma_1, beta_1, gamma_2,
    beta_2), with their first values. The output is (T, d).

    Source: Vaswani and others, Attention is all you need (2017), section 3.1; norm before: Radford and others,
        Language models are unsupervised multitask learners (2019), section 2.3.

    >>> block = TransformerBlock((4, 8), heads=2)
    >>> from symnn.language import tensor
    >>> block.equations(tensor("x", (4, 8)))[-1]
    u_2[i, k] = beta_2[k] + c_2[i, k]*gamma_2[k]/s_2[i]

    Raises:
        InputError: for a width that the heads do not divide, or an unknown place of the normalization.
    """

    def __init__(
        self,
        inputs: Any,
        heads: Any,
        hidden: Any = None,
        norm: str = "after",
        causal: bool = False,
        activation: Any = "relu",
        epsilon: Any = 1e-5,
        keys: Any = None,
    ) -> None:
        if norm not in ORDERS:
            raise InputError(f"TransformerBlock: unknown norm {norm!r}{suggest(str(norm), ORDERS)}")
        self.inputs = self.outputs = sequence_shape(type(self).__name__, inputs)
        self.norm = norm
        self.attention = MultiHeadAttention(self.inputs, heads, keys, causal)
        self.feed_forward = FeedForward(self.inputs, hidden, activation)
        self.normalization = LayerNorm(self.inputs, epsilon)

    def equations(self, inputs: Tensor) -> list[Equation]:
        """Return the equations of attention, normalizations, feed-forward layer and residuals."""
        return self._norm_after(inputs) if self.norm == "after" else self._norm_before(inputs)

    def _norm_after(self, x: Tensor) -> list[Equation]:
        attended = placed(self.attention, x, {})
        first = _sum("r_1", x, attended[-1].tensor)
        normed = placed(self.normalization, first.tensor, {"h": "u_1"}, "_1")
        fed = placed(self.feed_forward, normed[-1].tensor, {})
        second = _sum("r_2", normed[-1].tensor, fed[-1].tensor)
        last = placed(self.normalization, second.tensor, {"h": "u_2"}, "_2")
        return [*attended, first, *normed, *fed, second, *last]

    def _norm_before(self, x: Tensor) -> list[Equation]:
        normed = placed(self.normalization, x, {"h": "u_1"}, "_1")
        attended = placed(self.attention, normed[-1].tensor, {})
        first = _sum("r_1", x, attended[-1].tensor)
        again = placed(self.normalization, first.tensor, {"h": "u_2"}, "_2")
        fed = placed(self.feed_forward, again[-1].tensor, {})
        return [*normed, *attended, first, *again, *fed, _sum("r_2", first.tensor, fed[-1].tensor)]

    def initial_parameters(
        self, shapes: Mapping[str, tuple[int, ...]], generator: np.random.Generator, method: str | None
    ) -> dict[str, Array]:
        """Return what each layer in the block draws for itself."""
        norms = [{"gamma": f"gamma_{n}", "beta": f"beta_{n}"} for n in (1, 2)]
        x = Tensor("x", self.inputs, "input")
        parts: list[tuple[Layer, dict[str, str]]] = [(self.normalization, names) for names in norms]
        inner: tuple[Layer, ...] = (self.attention, self.feed_forward)
        for layer in inner:
            used = Program(layer.equations(x)).inputs
            parts.append((layer, {name: name for name in used if name in shapes}))
        drawn: dict[str, Array] = {}
        for layer, names in parts:
            drawn |= drawn_by(layer, names, shapes, generator, method)
        return {name: drawn[name] for name in shapes}


def _sum(name: str, one: Tensor, other: Tensor) -> Equation:
    """Return the equation of a residual, r = x + F."""
    axes = index("i", one.shape[0]), index("k", one.shape[1])
    return Equation(Tensor(name, one.shape)[axes], one[axes] + other[axes])
