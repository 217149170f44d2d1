"""Pooling: each window of a channel becomes one number, its largest or its mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Idx, Mul, Sum

from symnn.language import Equation, Maximum, Tensor, index
from symnn.networks.convolution import each, input_shape, number_of_windows
from symnn.networks.layers import Layer


class _Pooling(Layer):
    """A reduction over windows; `places` and `taps` are the letters of its indices."""

    places: str
    taps: str

    def __init__(self, inputs: Sequence[Any], width: Any, stride: Any = None) -> None:
        name, rank = type(self).__name__, len(self.places)
        self.inputs = input_shape(name, inputs, rank + 1)
        self.widths = each(name, "width", width, rank, 1)
        self.strides = self.widths if stride is None else each(name, "stride", stride, rank, 1)
        steps = zip(self.inputs[1:], self.widths, self.strides, strict=True)
        self.outputs = (self.inputs[0], *(number_of_windows(name, *step) for step in steps))

    def equations(self, inputs: Tensor) -> list[Equation]:
        """Return the one equation, of a."""
        c = index("c", self.outputs[0])
        i = [index(name, size) for name, size in zip(self.places, self.outputs[1:], strict=True)]
        p = [index(name, size) for name, size in zip(self.taps, self.widths, strict=True)]
        where = [stride * place + tap for place, tap, stride in zip(i, p, self.strides, strict=True)]
        a = Tensor("a", self.outputs)
        return [Equation(a[(c, *i)], self._pooled(inputs[(c, *where)], p))]

    def _pooled(self, entry: Expr, taps: list[Idx]) -> Expr:
        raise NotImplementedError


class _MaxPooling(_Pooling):
    def _pooled(self, entry: Expr, taps: list[Idx]) -> Expr:
        return Maximum(entry, *taps)


class _AveragePooling(_Pooling):
    def _pooled(self, entry: Expr, taps: list[Idx]) -> Expr:
        return Sum(entry, *taps) / Mul(*self.widths)


class MaxPooling1d(_MaxPooling):
    """The largest of each window: a[c, i] = max_p x[c, s i + p].

    Args:
        inputs: (channels, length) of one example.
        width: how many places p a window has.
        stride: s, how far it moves; by default its width, so that windows do not overlap.

    Where several are largest, each takes an equal share of the derivative.

    Source: Boureau, Ponce and LeCun, A theoretical analysis of feature pooling (2010).

    >>> from symnn.language import tensor
    >>> print(MaxPooling1d((3, 8), width=2).equations(tensor("x", (3, 8)))[0])
    a[c, i] = Maximum(x[c, 2*i + p], p)

    Raises:
        InputError: for a window that is wider than the input, or sizes that do not divide.
    """

    places, taps = "i", "p"


class MaxPooling2d(_MaxPooling):
    """The largest of each window of an image: a[c, i, j] = max_{p,r} x[c, s i + p, s j + r].

    Args:
        inputs: (channels, height, width) of one example.
        width: the size of a window: a number, or (height, width).
        stride: s, how far it moves; by default its width, so that windows do not overlap.

    Where several are largest, each takes an equal share of the derivative.

    Source: Boureau, Ponce and LeCun, A theoretical analysis of feature pooling (2010).

    >>> from symnn.language import tensor
    >>> print(MaxPooling2d((3, 8, 8), width=2).equations(tensor("x", (3, 8, 8)))[0])
    a[c, i, j] = Maximum(x[c, 2*i + p, 2*j + r], p, r)

    Raises:
        InputError: for a window that is larger than the input, or sizes that do not divide.
    """

    places, taps = "ij", "pr"


class AveragePooling1d(_AveragePooling):
    """The mean of each window: a[c, i] = (1/w) Σ_p x[c, s i + p].

    Args:
        inputs: (channels, length) of one example.
        width: w, how many places p a window has.
        stride: s, how far it moves; by default its width, so that windows do not overlap.

    Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition (1998).

    >>> from symnn.language import tensor
    >>> print(AveragePooling1d((3, 8), width=2).equations(tensor("x", (3, 8)))[0])
    a[c, i] = Sum(x[c, 2*i + p], p)/2

    Raises:
        InputError: for a window that is wider than the input, or sizes that do not divide.
    """

    places, taps = "i", "p"


class AveragePooling2d(_AveragePooling):
    """The mean of each window of an image: a[c, i, j] = (1/w²) Σ_{p,r} x[c, s i + p, s j + r].

    Args:
        inputs: (channels, height, width) of one example.
        width: w, the size of a window: a number, or (height, width).
        stride: s, how far it moves; by default its width, so that windows do not overlap.

    Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition (1998).

    >>> from symnn.language import tensor
    >>> print(AveragePooling2d((3, 8, 8), width=2).equations(tensor("x", (3, 8, 8)))[0])
    a[c, i, j] = Sum(x[c, 2*i + p, 2*j + r], p, r)/4

    Raises:
        InputError: for a window that is larger than the input, or sizes that do not divide.
    """

    places, taps = "ij", "pr"
