"""Steps that are measured by how large the gradient has been, for each entry by itself: RMSProp, Adam, AdamW."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symnn.training.optimizers.applying import Value
from symnn.training.optimizers.base import RuleOptimizer, learning_rate_of
from symnn.training.optimizers.rules import Rule, parse_rule
from symnn.training.optimizers.schedules import Schedule
from symnn.training.optimizers.update import check_not_negative, check_positive, check_share

_RMSPROP = parse_rule(
    """
    v = rho*v + (1 - rho)*g**2
    theta = theta - eta*g/(sqrt(v) + epsilon)
    """,
    ["rho", "eta", "epsilon"],
)
_MOMENTS = """
    m = beta1*m + (1 - beta1)*g
    v = beta2*v + (1 - beta2)*g**2
    m_hat = m/(1 - beta1**t)
    v_hat = v/(1 - beta2**t)
    """
_ADAM = parse_rule(
    f"{_MOMENTS} theta = theta - eta*m_hat/(sqrt(v_hat) + epsilon)", ["beta1", "beta2", "eta", "epsilon"]
)
_ADAMW = parse_rule(
    f"{_MOMENTS} theta = (1 - eta*lamda)*theta - eta*m_hat/(sqrt(v_hat) + epsilon)",
    ["beta1", "beta2", "eta", "epsilon", "lamda"],
)


@dataclass(frozen=True)
class RMSProp(RuleOptimizer):
    """RMSProp: v ← ρ v + (1 − ρ) g², θ ← θ − η g/(√v + ε), entry by entry, from v = 0.

    The lecture divides by √v alone; ε, which keeps from dividing by 0, stands outside the root, as in torch.

    Args:
        learning_rate: the step size η, as for `SGD`; the paper's is 0.001.
        decay: ρ, from 0 to below 1: how much of the mean square v is kept; the lecture's is 0.9.
        epsilon: ε, positive.

    >>> print(RMSProp().text(), end="")
      v ← ρ v + (1 − ρ) g²
      θ ← θ − η g / (√v + ε)
    where g = ∂C/∂θ, ρ = 0.9, η = 0.001, ε = 10⁻⁸
    before the first step v = 0

    Raises:
        InputError: for a number outside its range.
    Source:
        Tieleman and Hinton, Neural networks for machine learning, lecture 6.5, 2012.
    """

    learning_rate: float | Schedule = 0.001
    decay: float = 0.9
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        object.__setattr__(self, "learning_rate", learning_rate_of(self.learning_rate))
        object.__setattr__(self, "decay", check_share("decay", self.decay))
        object.__setattr__(self, "epsilon", check_positive("epsilon", self.epsilon))

    @property
    def rule(self) -> Rule:
        return _RMSPROP

    @property
    def values(self) -> Mapping[str, Value]:
        return {"rho": self.decay, "eta": self.learning_rate, "epsilon": self.epsilon}


@dataclass(frozen=True)
class Adam(RuleOptimizer):
    """Adam: a step along the mean gradient m̂, measured by the root mean square √v̂ of the gradient, entry by entry.

        m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  θ ← θ − η m̂/(√v̂ + ε)

    with m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ) in step t = 1, 2, …, from m = v = 0.

    Args:
        learning_rate: the step size η, as for `SGD`; the paper's, 0.001, is meant for large networks.
        beta1: β₁, from 0 to below 1.
        beta2: β₂, from 0 to below 1.
        epsilon: ε, positive, outside the root and beside v̂, as in the paper's Algorithm 1.

    >>> print(Adam(0.001).text(), end="")
      m ← β₁ m + (1 − β₁) g
      v ← β₂ v + (1 − β₂) g²
      m̂ = m/(1 − β₁ᵗ)
      v̂ = v/(1 − β₂ᵗ)
      θ ← θ − η m̂ / (√v̂ + ε)
    where g = ∂C/∂θ, t = 1, 2, …, β₁ = 0.9, β₂ = 0.999, η = 0.001, ε = 10⁻⁸
    before the first step m = 0, v = 0

    Raises:
        InputError: for a number outside its range.
    Source:
        Kingma and Ba, Adam: a method for stochastic optimization, 2015, Algorithm 1.
    """

    learning_rate: float | Schedule = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        object.__setattr__(self, "learning_rate", learning_rate_of(self.learning_rate))
        object.__setattr__(self, "beta1", check_share("beta1", self.beta1))
        object.__setattr__(self, "beta2", check_share("beta2", self.beta2))
        object.__setattr__(self, "epsilon", check_positive("epsilon", self.epsilon))

    @property
    def rule(self) -> Rule:
        return _ADAM

    @property
    def values(self) -> Mapping[str, Value]:
        return {"beta1": self.beta1, "beta2": self.beta2, "eta": self.learning_rate, "epsilon": self.epsilon}


@dataclass(frozen=True)
class AdamW(Adam):
    """AdamW: Adam, and beside its step every parameter shrinks: θ ← (1 − η λ) θ − η m̂/(√v̂ + ε).

    The decay is no part of the gradient, so that m and v know nothing of it. It is multiplied by η, as in torch, Keras
    and Optax: the paper's λ is η λ here. A schedule multiplies it as it does the step, as in the paper's Algorithm 2.

    Args:
        learning_rate, beta1, beta2, epsilon: as for `Adam`.
        weight_decay: λ, 0 or more; every parameter decays, biases too.

    >>> print(AdamW(0.001, weight_decay=0.01).text().splitlines()[4])
      θ ← (1 − η λ) θ − η m̂ / (√v̂ + ε)

    Raises:
        InputError: for a number outside its range.
    Source:
        Loshchilov and Hutter, Decoupled weight decay regularization, 2019, Algorithm 2.
    """

    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "weight_decay", check_not_negative("weight decay", self.weight_decay))

    @property
    def rule(self) -> Rule:
        return _ADAMW

    @property
    def values(self) -> Mapping[str, Value]:
        return {**super().values, "lamda": self.weight_decay}
