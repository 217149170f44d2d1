"""Convolutions: the same few weights at every place of a signal or an image.

    z[o, i] = Σ W[o, c, p] x[c, s i + p − P] + b[o]        with stride s and padding P

As everywhere in machine learning the kernel W is not flipped (Goodfellow, Bengio and Courville, Deep
Learning, 2016, equation 9.6). Padding is with zeros: the bracket [0 ≤ s i + p − P < n] says where x ends.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sympy import Expr, Integer, Mul, Rational, Sum, expand

from symnn.errors import InputError
from symnn.language import Equation, Tensor, Within, index
from symnn.language.tensors import check_size
from symnn.networks.activations import Activation
from symnn.networks.activations import activation as activation_of
from symnn.networks.initial import RELU_LIKE, DrawnLayer


class _Convolution(DrawnLayer):
    """A convolution over any number of places; `places` and `taps` are the letters of its indices."""

    places: str
    taps: str

    def __init__(
        self,
        inputs: Sequence[Any],
        filters: Any,
        width: Any,
        stride: int = 1,
        padding: int = 0,
        activation: Any = "identity",
    ) -> None:
        rank = len(self.places)
        self.inputs = input_shape(type(self).__name__, inputs, rank + 1)
        self.widths = each(type(self).__name__, "width", width, rank, 1)
        self.strides = each(type(self).__name__, "stride", stride, rank, 1)
        self.paddings = each(type(self).__name__, "padding", padding, rank, 0)
        self.activation: Activation = activation_of(activation)
        steps = zip(self.inputs[1:], self.widths, self.strides, self.paddings, strict=True)
        self.outputs = (check_size(filters), *(number_of_windows(type(self).__name__, *step) for step in steps))

    def equations(self, inputs: Tensor) -> list[Equation]:
        """Return z = W ∗ x + b, and a = f(z) unless f is the identity."""
        x, (filters, *lengths), channels = inputs, self.outputs, self.inputs[0]
        o, c = index("o", filters), index("c", channels)
        i = [index(name, size) for name, size in zip(self.places, lengths, strict=True)]
        p = [index(name, size) for name, size in zip(self.taps, self.widths, strict=True)]
        W = Tensor("W", (filters, channels, *self.widths), "parameter")
        b, z = Tensor("b", (filters,), "parameter"), Tensor("z", self.outputs)
        steps = zip(i, p, self.strides, self.paddings, strict=True)
        where = [stride * place + tap - padding for place, tap, stride, padding in steps]
        beyond = zip(where, self.inputs[1:], self.paddings, strict=True)
        brackets = [Within(e, size) for e, size, padding in beyond if padding]
        product = Mul(W[(o, c, *p)], x[(c, *where)], *brackets)
        pre_activation = Equation(z[(o, *i)], Sum(product, c, *p) + b[o])
        if self.activation.name == "identity":
            return [pre_activation]
        return [pre_activation, *self.activation.build(z, Tensor("a", self.outputs))]

    def parameters(self) -> dict[str, tuple[Any, ...]]:
        """Return the shapes of W (filters, channels, widths of the kernel) and b."""
        return {"W": (self.outputs[0], self.inputs[0], *self.widths), "b": (self.outputs[0],)}

    def fans(self, name: str, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return channels × taps, and filters × taps."""
        taps = math.prod(shape[2:])
        return shape[1] * taps, shape[0] * taps

    def default_method(self, name: str) -> str:
        """Return he for the relu family, else glorot."""
        return "he" if self.activation.name in RELU_LIKE else "glorot"


class Convolution1d(_Convolution):
    """A one-dimensional convolution: z[o, i] = Σ_{c,p} W[o, c, p] x[c, s i + p − P] + b[o], a = f(z).

    Args:
        inputs: (channels, length) of one example.
        filters: how many output channels o there are.
        width: how many taps p the kernel has.
        stride: s, how far the kernel moves from one place i to the next.
        padding: P, how many zeros are put before and after.
        activation: f; with the identity the output is z.

    The output has the shape (filters, ⌊(length + 2P − width)/s⌋ + 1); W starts as He and others (2015) or
    Glorot and Bengio (2010) draw it, with channels × width inputs; b starts at 0.

    Source: Waibel, Hanazawa, Hinton, Shikano and Lang, Phoneme recognition using time-delay neural networks (1989).

    >>> from symnn.language import tensor
    >>> layer = Convolution1d((2, 8), filters=3, width=3, stride=2, padding=1)
    >>> print(layer.equations(tensor("x", (2, 8)))[0])
    z[o, i] = Sum(Within(2*i + p - 1, 8)*W[o, c, p]*x[c, 2*i + p - 1], c, p) + b[o]
    >>> layer.outputs
    (3, 4)

    Raises:
        InputError: for a kernel that is wider than the padded input, or sizes that do not divide.
    """

    places, taps = "i", "p"


class Convolution2d(_Convolution):
    """A convolution of images: z[o, i, j] = Σ_{c,p,r} W[o, c, p, r] x[c, s i + p − P, s j + r − P] + b[o], a = f(z).

    Args:
        inputs: (channels, height, width) of one example.
        filters: how many output channels o there are.
        width: the size of the kernel: a number, or (height, width).
        stride: s, how far the kernel moves: a number, or one for each direction.
        padding: P, how many zeros are put around: a number, or one for each direction.
        activation: f; with the identity the output is z.

    The output has the shape (filters, rows, columns), each ⌊(size + 2P − width)/s⌋ + 1; W starts as He and
    others (2015) or Glorot and Bengio (2010) draw it, with channels × taps inputs; b starts at 0.

    Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition (1998).

    >>> from symnn.language import tensor
    >>> layer = Convolution2d((1, 28, 28), filters=20, width=5, activation="relu")
    >>> print(layer.equations(tensor("x", (1, 28, 28)))[0])
    z[o, i, j] = Sum(W[o, c, p, r]*x[c, i + p, j + r], c, p, r) + b[o]
    >>> layer.outputs
    (20, 24, 24)

    Raises:
        InputError: for a kernel that is larger than the padded input, or sizes that do not divide.
    """

    places, taps = "ij", "pr"


def input_shape(layer: str, inputs: Any, rank: int) -> tuple[Expr, ...]:
    """Return the shape of an input of so many axes.

    Raises:
        InputError: for another number of axes.
    """
    axes = ("channels", "length") if rank == 2 else ("channels", "height", "width")
    if not isinstance(inputs, Sequence) or isinstance(inputs, str) or len(inputs) != rank:
        raise InputError(f"{layer}: inputs={inputs!r}: the shape of one example is needed, ({', '.join(axes)})")
    return tuple(check_size(size) for size in inputs)


def each(layer: str, name: str, given: Any, count: int, least: int) -> tuple[Expr, ...]:
    """Return one value for each direction, from one for all or one for each.

    Raises:
        InputError: for another number of values, or one that is too small.
    """
    values = tuple(given) if isinstance(given, tuple | list) else (given,) * count
    if len(values) != count:
        raise InputError(f"{layer}: {name}={given!r}: one number for all directions, or {count} of them")
    for value in values:
        if isinstance(value, int) and value >= least and not isinstance(value, bool):
            continue
        if name == "width" and isinstance(value, Expr) and value.is_integer and value.is_positive:
            continue
        raise InputError(f"{layer}: {name}={given!r}: a whole number from {least} on is needed")
    return tuple(Integer(value) if isinstance(value, int) else value for value in values)


def number_of_windows(layer: str, length: Expr, width: Expr, stride: Expr, padding: Any = 0) -> Expr:
    """Return ⌊(length + 2 padding − width)/stride⌋ + 1.

    >>> number_of_windows("Convolution1d", Integer(8), Integer(3), Integer(2), padding=1)
    4

    Raises:
        InputError: where the window does not fit, or symbolic sizes leave a fraction.
    """
    room = expand(length + 2 * padding - width)
    if room.is_negative:
        raise InputError(f"{layer}: a window of {width} does not fit into {length} places with padding {padding}")
    steps = expand(room * Rational(1, stride))
    if steps.is_Rational:
        return Integer(steps.p // steps.q) + 1
    if not steps.is_integer:
        raise InputError(f"{layer}: ({room})/{stride} is no whole number: write the length as a multiple of {stride}")
    return expand(steps + 1)
