"""Named functions with code of their own, where that of their formula would lose digits."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, exp, pi, sqrt

from symnn.compiling.nodes import (
    ExpMinusOne,
    LogOnePlus,
    NegativePart,
    NormalDistribution,
    PositivePart,
    Softplus,
    TanhSlope,
)
from symnn.language import Elementwise, prime
from symnn.language.functions import elu, expm1, gelu, log1p, log_sigmoid, relu, sigmoid, softplus, tanh

NODES: dict[type[Elementwise], Callable[[Expr], Expr]] = {
    relu: PositivePart,
    softplus: Softplus,
    log_sigmoid: lambda z: -Softplus(-z),
    expm1: ExpMinusOne,
    log1p: LogOnePlus,
    elu: lambda z: PositivePart(z) + ExpMinusOne(NegativePart(z)),
    prime(elu): lambda z: exp(NegativePart(z)),
    prime(tanh): TanhSlope,
    gelu: lambda z: z * NormalDistribution(z),
    prime(gelu): lambda z: NormalDistribution(z) + (1 / sqrt(2 * pi)).evalf(20) * z * exp(-(z**2) / 2),
}
"""Named functions with code of their own: what their formula says, with the digits kept."""

OWN_CODE = (prime(sigmoid), prime(tanh), prime(elu), prime(gelu))
"""Derivatives whose code is not that of their formula."""
