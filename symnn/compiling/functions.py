"""Named functions with code of their own, where that of their formula would lose digits."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, exp, pi, sqrt

from symnn.compiling.nodes import (
    ExpMinusOne,
    Gaussian,
    LogOnePlus,
    NegativePart,
    NormalDistribution,
    NotPositive,
    PositivePart,
    Softplus,
    TanhSlope,
)
from symnn.language import Elementwise, prime
from symnn.language.functions import elu, expm1, gelu, log1p, log_sigmoid, relu, sigmoid, softplus, swish, tanh

_HEIGHT = (1 / sqrt(2 * pi)).evalf(20)
"""The standard normal density at 0."""

NODES: dict[type[Elementwise], Callable[[Expr], Expr]] = {
    relu: PositivePart,
    softplus: Softplus,
    log_sigmoid: lambda z: -Softplus(-z),
    expm1: ExpMinusOne,
    log1p: LogOnePlus,
    elu: lambda z: PositivePart(z) + ExpMinusOne(NegativePart(z)),
    prime(elu): lambda z: exp(NegativePart(z)),
    prime(elu, 2): lambda z: NotPositive(z) * exp(NegativePart(z)),
    prime(tanh): TanhSlope,
    gelu: lambda z: z * NormalDistribution(z),
    prime(gelu): lambda z: NormalDistribution(z) + _HEIGHT * z * Gaussian(z),
    prime(gelu, 2): lambda z: _HEIGHT * (2 - z**2) * Gaussian(z),
}
"""Named functions with code of their own: what their formula says, with the digits kept."""

OWN_CODE = (prime(sigmoid), *(f for f in NODES if f.order))
"""Derivatives whose code is not that of their formula."""

FORMS: dict[type[Elementwise], Callable[[Expr], Expr]] = {
    prime(sigmoid, 2): lambda t: -prime(sigmoid)(t) * tanh(t / 2),
    prime(tanh, 2): lambda t: -2 * tanh(t) * prime(tanh)(t),
    prime(softplus): sigmoid,
    prime(softplus, 2): prime(sigmoid),
    prime(swish): lambda t: sigmoid(t) * (1 + t * sigmoid(-t)),
    prime(swish, 2): lambda t: prime(sigmoid)(t) * (2 - t * tanh(t / 2)),
}
"""Derivatives by formulas that keep their digits, where a textbook's does not: it has 1 − σ, 1 − 2σ or 1 − tanh²."""
