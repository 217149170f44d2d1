"""Gradient descent: plain, with momentum, and with Nesterov's look ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symnn.training.optimizers.applying import Value
from symnn.training.optimizers.base import RuleOptimizer, learning_rate_of
from symnn.training.optimizers.rules import Rule, parse_rule
from symnn.training.optimizers.schedules import Schedule
from symnn.training.optimizers.update import check_share

_DESCENT = parse_rule("theta = theta - eta*g", ["eta"])
_MOMENTUM = parse_rule("v = mu*v - eta*g; theta = theta + v", ["mu", "eta"])
_NESTEROV = parse_rule("v = mu*v - eta*g; theta = theta + mu*v - eta*g", ["mu", "eta"])


@dataclass(frozen=True)
class SGD(RuleOptimizer):
    """Stochastic gradient descent: θ ← θ − η ∂C/∂θ, with C averaged over a batch drawn at random.

    Args:
        learning_rate: the step size η: a positive, finite number; or one for each step, as a formula of the step t
            such as ``"0.1/(1+t/100)"`` or a schedule such as ``symnn.schedules.cosine(0.1, steps=3000)``.

    >>> SGD(learning_rate=0.5)
    SGD(learning_rate=0.5)
    >>> print(SGD("0.1/(1+t/100)").text(), end="")
      ηₜ = 0.1/(1 + 0.01 t)
      θ  ← θ − ηₜ g
    where g = ∂C/∂θ, t = 1, 2, …
    >>> SGD(learning_rate=-1)
    Traceback (most recent call last):
    symnn.errors.InputError: bad learning rate -1: it is a positive, finite number

    Raises:
        InputError: for a learning rate that is not finite and positive.
    Source:
        Robbins and Monro, A stochastic approximation method, 1951.
    """

    learning_rate: float | Schedule

    def __post_init__(self) -> None:
        object.__setattr__(self, "learning_rate", learning_rate_of(self.learning_rate))

    @property
    def rule(self) -> Rule:
        return _DESCENT

    @property
    def values(self) -> Mapping[str, Value]:
        return {"eta": self.learning_rate}


@dataclass(frozen=True)
class Momentum(RuleOptimizer):
    """Gradient descent with momentum, the heavy ball: v ← μ v − η ∂C/∂θ, θ ← θ + v, from v = 0.

    Args:
        learning_rate: the step size η, as for `SGD`.
        momentum: μ, from 0 to below 1: how much of the velocity v is kept. A constant gradient is followed 1/(1 − μ)
            times as fast as by `SGD`.

    >>> print(Momentum(0.1).text(), end="")
      v ← μ v − η g
      θ ← θ + v
    where g = ∂C/∂θ, μ = 0.9, η = 0.1
    before the first step v = 0

    Raises:
        InputError: for a learning rate or a momentum that is none.
    Source:
        Polyak, Some methods of speeding up the convergence of iteration methods, 1964, equation (9), as
        Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum in deep learning, 2013,
        equations (1) and (2), write it.
    """

    learning_rate: float | Schedule
    momentum: float = 0.9

    def __post_init__(self) -> None:
        object.__setattr__(self, "learning_rate", learning_rate_of(self.learning_rate))
        object.__setattr__(self, "momentum", check_share("momentum", self.momentum))

    @property
    def rule(self) -> Rule:
        return _MOMENTUM

    @property
    def values(self) -> Mapping[str, Value]:
        return {"mu": self.momentum, "eta": self.learning_rate}


@dataclass(frozen=True)
class Nesterov(RuleOptimizer):
    """Nesterov's momentum: v ← μ v − η ∂C/∂θ(ϑ + μ v), ϑ ← ϑ + v, the gradient taken where the velocity leads.

    The parameter that is kept is the point θ = ϑ + μ v itself, where the gradient g is: in it the same steps read
    v ← μ v − η g, θ ← θ + μ v − η g. Both begin at the same point, for v = 0.

    Args:
        learning_rate: the step size η, as for `SGD`.
        momentum: μ, from 0 to below 1.

    >>> print(Nesterov(0.1).text(), end="")
      v ← μ v − η g
      θ ← θ + μ v − η g
    where g = ∂C/∂θ, μ = 0.9, η = 0.1
    before the first step v = 0

    Raises:
        InputError: for a learning rate or a momentum that is none.
    Source:
        Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²), 1983, as Sutskever,
        Martens, Dahl and Hinton, On the importance of initialization and momentum in deep learning, 2013, equations
        (3) and (4), write it; in θ: Bengio, Boulanger-Lewandowski and Pascanu, Advances in optimizing recurrent
        networks, 2013, equation (7).
    """

    learning_rate: float | Schedule
    momentum: float = 0.9

    def __post_init__(self) -> None:
        object.__setattr__(self, "learning_rate", learning_rate_of(self.learning_rate))
        object.__setattr__(self, "momentum", check_share("momentum", self.momentum))

    @property
    def rule(self) -> Rule:
        return _NESTEROV

    @property
    def values(self) -> Mapping[str, Value]:
        return {"mu": self.momentum, "eta": self.learning_rate}
