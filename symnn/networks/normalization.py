"""Normalization: what is centred and scaled, over the entries of an example or over the examples.

With a mean μ, centred values c, their variance v and their standard deviation s,

    c = x − μ,   s = √(v + ε),   h = γ ⊙ c/s + β
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from sympy import Expr, Idx, Mul, Rational, Sum, sqrt

from symnn.errors import InputError
from symnn.language import Equation, Tensor, examples, index
from symnn.networks.layers import Layer


class LayerNorm(Layer):
    """Layer normalization over the last axis: c = x − μ, s = √(v + ε), h = γ ⊙ c/s + β.

    μ = (1/d) Σₖ xₖ and v = (1/d) Σₖ cₖ², of each row where the input has rows.

    Args:
        inputs: a size d, or a shape such as (T, d).
        epsilon: ε, which keeps s from 0.

    γ starts at 1 and β at 0.

    Source: Ba, Kiros and Hinton, Layer normalization (2016), equations 3 and 4.

    >>> from symnn.language import Program, tensor
    >>> print(Program(LayerNorm(4).equations(tensor("x", 4))))
    mu = Sum(x[k], k)/4
    c[k] = -mu + x[k]
    v = Sum(c[k]**2, k)/4
    s = sqrt(v + 1/100000)
    h[k] = beta[k] + c[k]*gamma[k]/s

    Raises:
        InputError: for an ε that is not positive.
    """

    initial_values = MappingProxyType({"gamma": 1.0})

    def __init__(self, inputs: Any, epsilon: Any = 1e-5) -> None:
        self.inputs = self.outputs = inputs
        self.epsilon = _positive(type(self).__name__, epsilon)

    def equations(self, inputs: Tensor) -> list[Equation]:
        """Return μ, c, v, s and h."""
        x, rows, k, d = _rows(inputs)
        mu, v, s = (Tensor(name, inputs.shape[:-1])[rows] for name in ("mu", "v", "s"))
        c, h = Tensor("c", inputs.shape), Tensor("h", inputs.shape)
        gamma, beta = Tensor("gamma", (d,), "parameter"), Tensor("beta", (d,), "parameter")
        return [
            Equation(mu, Sum(x[(*rows, k)], k) / d),
            Equation(c[(*rows, k)], x[(*rows, k)] - mu),
            Equation(v, Sum(c[(*rows, k)] ** 2, k) / d),
            Equation(s, sqrt(v + self.epsilon)),
            Equation(h[(*rows, k)], gamma[k] * c[(*rows, k)] / s + beta[k]),
        ]


class RMSNorm(Layer):
    """Root-mean-square normalization over the last axis: s = √((1/d) Σₖ xₖ² + ε), h = γ ⊙ x/s.

    Args:
        inputs: a size d, or a shape such as (T, d).
        epsilon: ε, which keeps s from 0.

    γ starts at 1.

    Source: Zhang and Sennrich, Root mean square layer normalization (2019), equation 4.

    >>> from symnn.language import Program, tensor
    >>> print(Program(RMSNorm(4).equations(tensor("x", 4))))
    v = Sum(x[k]**2, k)/4
    s = sqrt(v + 1/100000)
    h[k] = gamma[k]*x[k]/s

    Raises:
        InputError: for an ε that is not positive.
    """

    initial_values = MappingProxyType({"gamma": 1.0})

    def __init__(self, inputs: Any, epsilon: Any = 1e-5) -> None:
        self.inputs = self.outputs = inputs
        self.epsilon = _positive(type(self).__name__, epsilon)

    def equations(self, inputs: Tensor) -> list[Equation]:
        """Return v, s and h."""
        x, rows, k, d = _rows(inputs)
        v, s = (Tensor(name, inputs.shape[:-1])[rows] for name in ("v", "s"))
        gamma, h = Tensor("gamma", (d,), "parameter"), Tensor("h", inputs.shape)
        return [
            Equation(v, Sum(x[(*rows, k)] ** 2, k) / d),
            Equation(s, sqrt(v + self.epsilon)),
            Equation(h[(*rows, k)], gamma[k] * x[(*rows, k)] / s),
        ]


class BatchNorm(Layer):
    """Batch normalization, as in training: c = x − μ, s = √(v + ε), h = γ c/s + β, with means over the examples.

    μₖ = (1/m) Σₙ xₙₖ and vₖ = (1/m) Σₙ cₙₖ². Of an image, each channel is normalized over the examples
    and all places.

    Args:
        inputs: a size d, or (channels, length) or (channels, height, width).
        epsilon: ε, which keeps s from 0.

    γ starts at 1 and β at 0. There are no running averages: predictions too are normalized over the examples that
    they are made for, so that a single one says nothing.

    Source: Ioffe and Szegedy, Batch normalization (2015), algorithm 1.

    >>> from symnn.language import Program, examples, tensor
    >>> print(Program(BatchNorm(4).equations(tensor("x", (examples, 4)))))
    mu[k] = Sum(x[n, k], n)/m
    c[n, k] = -mu[k] + x[n, k]
    v[k] = Sum(c[n, k]**2, n)/m
    s[k] = sqrt(v[k] + 1/100000)
    h[n, k] = beta[k] + c[n, k]*gamma[k]/s[k]

    Raises:
        InputError: for an ε that is not positive.
    """

    batched = True
    initial_values = MappingProxyType({"gamma": 1.0})

    def __init__(self, inputs: Any, epsilon: Any = 1e-5) -> None:
        self.inputs = self.outputs = inputs
        self.epsilon = _positive(type(self).__name__, epsilon)

    def equations(self, inputs: Tensor) -> list[Equation]:
        """Return μ, c, v, s and h."""
        x, channels = inputs, inputs.shape[1]
        n, k = index("n", examples), index("k", channels)
        places = [index(name, size) for name, size in zip("ijpq", inputs.shape[2:], strict=False)]
        everywhere, count = (n, k, *places), Mul(examples, *inputs.shape[2:])
        mu, v, s = (Tensor(name, (channels,))[k] for name in ("mu", "v", "s"))
        gamma, beta = (Tensor(name, (channels,), "parameter")[k] for name in ("gamma", "beta"))
        c, h = Tensor("c", inputs.shape), Tensor("h", inputs.shape)
        return [
            Equation(mu, Sum(x[everywhere], n, *places) / count),
            Equation(c[everywhere], x[everywhere] - mu),
            Equation(v, Sum(c[everywhere] ** 2, n, *places) / count),
            Equation(s, sqrt(v + self.epsilon)),
            Equation(h[everywhere], gamma * c[everywhere] / s + beta),
        ]


def _rows(inputs: Tensor) -> tuple[Tensor, tuple[Idx, ...], Idx, Expr]:
    """Return the input, the indices of its rows, the index within a row, and how many entries a row has."""
    *leading, d = inputs.shape
    rows = tuple(index(name, size) for name, size in zip("ijpq", leading, strict=False))
    return inputs, rows, index("k", d), d


def _positive(layer: str, epsilon: Any) -> Expr:
    """Return ε as an exact number: 1e-5 is 1/100000."""
    try:
        value = Rational(str(epsilon))
    except (TypeError, ValueError):
        value = None
    if value is None or not value.is_positive:
        raise InputError(f"{layer}: epsilon={epsilon!r}: a positive number is needed")
    return value
