"""Update equations of one's own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from symnn.errors import InputError, suggest
from symnn.training.optimizers.applying import Value
from symnn.training.optimizers.base import RuleOptimizer, learning_rate_of
from symnn.training.optimizers.rules import Rule, parse_rule, rule_of_expressions
from symnn.training.optimizers.schedules import Schedule
from symnn.training.optimizers.update import check_number


class UpdateRule(RuleOptimizer):
    """An optimizer in equations of one's own, for any parameter theta with the gradient g, in step t = 1, 2, …

    Assignments are read in order, entry by entry. What is read before it is assigned is carried from step to step, and
    begins at 0; what is never assigned is a hyperparameter. A name has an entry for each of theta where it depends on
    one; otherwise it is one number for all parameters.

    Args:
        equations: text such as ``"v = 0.9*v - eta*g; theta = theta + v"``, an assignment a line or semicolons between;
            or pairs ``(symbol, expression)`` of SymPy.
        start: what a carried name begins with, where that is not 0: ``start={"v": 1.0}``.
        values: a number for each hyperparameter, or for one that changes a formula of t, or a schedule.

    >>> heavy_ball = UpdateRule("v = mu*v - eta*g; theta = theta + v", mu=0.9, eta="0.1/sqrt(t)")
    >>> print(heavy_ball.text(), end="")
      ηₜ = 0.1/√t
      v  ← μ v − ηₜ g
      θ  ← θ + v
    where g = ∂C/∂θ, t = 1, 2, …, μ = 0.9
    before the first step v = 0
    >>> UpdateRule("theta = theta - eta*g")
    Traceback (most recent call last):
    symnn.errors.ParseError: 'theta = theta - eta*g': 'eta' has no value: give it one, as in eta=0.1, or assign it

    Raises:
        ParseError, InputError: for what is no rule, and for a value that is missing, unknown or no number.
    """

    def __init__(self, equations: Any, *, start: Mapping[str, float] | None = None, **values: Any) -> None:
        parse = parse_rule if isinstance(equations, str) else rule_of_expressions
        self._rule = parse(equations, values)
        self._values = {name: _value(name, value) for name, value in values.items()}
        for name in values:
            if name not in self._rule.given:
                raise InputError(f"the update rule does not use '{name}'{_near(name, self._rule.given)}")
        self._start = {name: check_number(f"start of {name}", value) for name, value in (start or {}).items()}
        for name in self._start:
            if name not in self._rule.state:
                raise InputError(f"the update rule carries no '{name}' into a step{_near(name, self._rule.state)}")

    @property
    def rule(self) -> Rule:
        return self._rule

    @property
    def values(self) -> Mapping[str, Value]:
        return self._values

    @property
    def start(self) -> Mapping[str, float]:
        return self._start

    @property
    def learning_rate(self) -> float | Schedule:
        """The value of `eta`; nan where the rule has no such hyperparameter."""
        return self._values.get("eta", math.nan)

    def __repr__(self) -> str:
        written = "; ".join(f"{name} = {right}" for name, right in self._rule.assignments)
        given = "".join(f", {name}={value!r}" for name, value in self._values.items())
        return f"UpdateRule({written!r}{given})"


def _value(name: str, value: Any) -> Value:
    if isinstance(value, str | Schedule) or hasattr(value, "free_symbols"):
        try:
            return learning_rate_of(value)
        except InputError as error:
            raise InputError(str(error).replace("learning rate", f"value of {name}")) from None
    return check_number(f"value of {name}", value)


def _near(name: str, known: tuple[str, ...]) -> str:
    return suggest(name, known) if known else ""
