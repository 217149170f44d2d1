"""The stable rewritings, as equations: what loses its digits = what keeps them, whatever the letters stand for.

    log σ(u) = −softplus(−u),    c − c σ(u) = c σ(−u),    σ(u) − y = σ(u) (1 − y) − σ(−u) y,    …

Each is applied from left to right wherever it fits. Several in a row reach what no single one says: log(1 − σ(z))
is log σ(−z), and that is −softplus(z).

A residual a − y costs calls on the output layer alone: 3 more after a sigmoid, 8 after softmax, 12 after tanh. On a
busy machine that was 2 to 17, 5 to 27 and 4 to 39 % of a step with NumPy, the most for the smallest networks, with
three outliers (31, 155 and 160 %) that were not measured again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import Abs, Expr, Rational, Sum, Symbol, exp, log, sign
from sympy import tanh as sympy_tanh

from symnn.language import Entry, LogSumExp, entries, index, prime, sizes
from symnn.language.functions import Step, expm1, log1p, sigmoid, softplus, tanh


class Mark(Expr):
    """A part of what a rule makes that takes its form only where the rule is used."""

    is_commutative = True
    is_real = True


class OverShares(Mark):
    """Σ over the axis along which the share p sums to 1."""


class Apart(Mark):
    """What gets an equation of its own: a − b − c is then (a − b) − c, whatever becomes of the sum that it is in.

    A second expression says what the rules are to see in it: 1 − p, say, whatever the equation computes it by.
    """


class LogShare(Mark):
    """log p of a share p = exp(z − L), as z − L."""


class Logit(Mark):
    """z of a share p = exp(z − L)."""


class Distributed(Mark):
    """A product with an entry, as a sum: p (1 − p) g is (1 − p) u + p v where g is defined as u/p + v/(1 − p)."""


@dataclass(frozen=True)
class Rule:
    """before = after, for all that its letters may stand for.

    Attributes:
        why: which digits are lost before.
        where: a letter, and what the equation of its entry has to say; None where nothing is asked.
    """

    before: Expr
    after: Expr
    why: str
    where: tuple[Symbol, Expr] | None = None


c, u, v, y = (Symbol(name, real=True) for name in "cuvy")
p = Symbol("p", real=True)
"""A share: an entry of what is known to sum to 1 along an axis, such as softmax."""
g, mean = (Symbol(name, real=True) for name in ("g", "mean"))
"""An entry, and the entry that is defined as −Σ p g over the axis of the shares."""
steep = Symbol("steep", real=True)
"""An entry g that is defined with 1/p or 1/(1 − p)."""
label = Symbol("label", real=True)
"""A target of which it is known that those of an example sum to 1."""
w = Symbol("w", real=True)
"""What holds no log-sum-exp: that has lost the digits that expm1 would keep."""
m, n = (Symbol(name, integer=True, positive=True) for name in "mn")
r = Symbol("r", integer=True, negative=True)
k = index("k", sizes("K"))

_NEAR_ONE = "of 1 − a few digits are left where a is near 1"
_NEAR_TARGET = "of a − y few digits are left where a is near y = 1"
_NEAR_MARGIN = "of 1 − y a few digits are left where a is near y, and its sign with them"
_OVERFLOW = "an exponential overflows, or is lost beside 1"
_FAR_OUT = "the logarithm is of what is 0 or 1 but for a few digits"
_CERTAIN = "of 1 − p few digits are left where p is near 1, and none of its logarithm"

certain = Step(p - Rational(3, 4))
"""Whether a share is that of the one class that is certain, or nearly. The bound is above 1/2, so that only one can
be, by rounding too; up to it, 1 − p loses two bits."""
rest = Apart((1 - certain) * (1 - p) + certain * OverShares((1 - certain) * p), 1 - p)
"""1 − p: of the certain class, the sum of all other shares."""
_L = Logit(p) - LogShare(p)
_lowest = Apart(_L + OverShares(LogShare(p)))
_padded = Apart(log(OverShares(exp((1 - certain) * Logit(p) + certain * _lowest))))
others = Apart(_padded + log1p(-exp(_lowest - _padded)))
"""The log-sum-exp of all classes but the certain one: what stands in its place, as for the product of all shares, is
no larger than any other, and is taken out again."""
_slope = Apart(Distributed(p * rest * steep))
"""p (1 − p) g, the slope by the log-odds log(p/(1 − p)): it has no quotient left."""
_parts = Apart((1 - certain) * _slope / (1 - (1 - certain) * p))
_by_certain = OverShares(certain * _slope) * exp((1 - certain) * (Logit(p) - others))
_uncertain = Apart((1 - certain) * (_parts - p * OverShares(_parts) - _by_certain))
"""The slopes by z, of all classes but the certain one. The log-odds of class k grow with z[k], and fall with any other
z[j] by p[j]/(1 − p[k]), a softmax without class k."""

RULES = (
    Rule((1 + exp(u)) ** r, sigmoid(-u) ** -r, _OVERFLOW),
    Rule(exp(-n * u) * sigmoid(u) ** m, sigmoid(-u) ** n * sigmoid(u) ** (m - n), _OVERFLOW),
    Rule(exp(u) * Sum(exp(v), k) ** r, exp(u + r * LogSumExp(v, k)), _OVERFLOW),
    Rule(sympy_tanh(u), tanh(u), "it is the same function"),
    Rule(c - c * sigmoid(u), c * sigmoid(-u), _NEAR_ONE),
    Rule(c - 2 * c * sigmoid(u), -c * tanh(u / 2), "of 1 − 2a few digits are left where a is near 1/2"),
    Rule(c - c * tanh(u) ** 2, c * prime(tanh)(u), _NEAR_ONE),
    Rule(c * exp(w) - c, c * expm1(w), _NEAR_ONE),
    Rule(log(exp(u), evaluate=False), u, _OVERFLOW),
    Rule(log(sigmoid(u)), -softplus(-u), _FAR_OUT),
    Rule(log(1 + exp(u)), softplus(u), _OVERFLOW),
    Rule(log(Sum(exp(u), k)), LogSumExp(u, k), _OVERFLOW),
    Rule(c - c * p, c * rest, _CERTAIN),
    Rule(log(1 - p), certain * (others - _L) + (1 - certain) * log1p(-(1 - certain) * p), _CERTAIN),
    Rule(log(1 + u), log1p(u), "of 1 + u few digits of u are left where it is small"),
    Rule(c * sigmoid(u) - c * y, c * sigmoid(u) * (1 - y) - c * sigmoid(-u) * y, _NEAR_TARGET),
    Rule(
        c * tanh(u) - c * y,
        c * tanh(u) * (1 - sign(u) * y) - 2 * c * sigmoid(-2 * Abs(u)) * y,
        "of a − y few digits are left where a is near y = 1 or −1",
    ),
    Rule(c - c * y * sigmoid(u), c * sigmoid(u) * (1 - y) + c * sigmoid(-u), _NEAR_MARGIN),
    Rule(c - c * y * tanh(u), c * tanh(u) * (sign(u) - y) + 2 * c * sigmoid(-2 * Abs(u)), _NEAR_MARGIN),
    # Three terms, of which two are 0 for targets 0 and 1: their order is of no account.
    Rule(
        c * p - c * label,
        c * p * (1 - label) - c * label * OverShares(p * (1 - label)) - c * label * (OverShares(p * label) - p),
        _NEAR_TARGET,
    ),
    Rule(c * p - c * y, c * p * (1 - y) - c * y * rest, _NEAR_TARGET),
    Rule(c - c * y * p, c * p * (1 - y) + c * rest, _NEAR_MARGIN),
    # All slopes add up to 0: that of the certain class is what is missing.
    Rule(
        c * p * steep + c * p * mean,
        c * (_uncertain - certain * OverShares(_uncertain)),
        "of 1/p and 1/(1 − p) nothing is left where p rounds to 0 or 1",
        where=(mean, -OverShares(p * steep)),
    ),
    # The mean is taken out once more. Where p is near 1 that of the rest is 0, or so small that its own rounding is
    # of no account (the two passes of a variance: Chan, Golub and LeVeque 1983, equation 1.7).
    Rule(
        c * p * g + c * p * mean,
        c * p * (Apart(g + mean) - OverShares(p * Apart(g + mean))),
        "of g − sum(p g) few digits are left where p is near 1",
        where=(mean, -OverShares(p * g)),
    ),
)

LETTERS: dict[Any, Any] = {
    c: lambda part: True,
    u: lambda part: bool(entries(part)),
    v: lambda part: True,
    **dict.fromkeys((m, n), lambda part: part.is_Integer and part.is_positive),
    r: lambda part: part.is_Integer and part.is_negative,
    y: lambda part: isinstance(part, Entry) and part.base.role == "target",
    g: lambda part: isinstance(part, Entry),
}
"""For each letter, whether it may stand for an expression."""

SINGLE = (p, label, y, steep, g, mean)
"""The letters that stand for one factor."""
