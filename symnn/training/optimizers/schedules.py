"""Learning rates that change from step to step: each is an equation η_t = … in the number t = 1, 2, … of the step.

Counted in float32, t stays at 2²⁴ = 16,777,216, and so does then the learning rate; in float64 there is no such end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from sympy import Expr, Min, cos, floor, pi

from symnn.compiling import compile_program
from symnn.errors import InputError, ParseError, suggest
from symnn.language import Equation, Program, index, parse_expression, sizes, tensor
from symnn.language.equation import as_expression
from symnn.language.vocabulary import spelled
from symnn.training.optimizers.rules import STEP, names_in, symbol
from symnn.training.optimizers.update import check_learning_rate, check_not_negative, check_positive
from symnn.training.optimizers.writing import Shown, sides, values

RATE = "eta_t"
"""The name of the learning rate of a step."""

_ETA, _T, _LEAST, _FACTOR, _RISE = (symbol(name) for name in ("eta", "T", "eta_min", "gamma", "T_w"))
_STEP = symbol(STEP)


@dataclass(frozen=True)
class Schedule:
    """A learning rate for each step: η_t = `expression`.

    Attributes:
        expression: in the number of the step t, and in the names of `values`.
        values: numbers for the names; `eta` is the rate that others are measured by.

    >>> cosine(0.1, steps=100)(51)
    0.05
    >>> print(inverse(0.1, steps=100))
    ηₜ = η/(1 + (t − 1)/T) with η = 0.1, T = 100
    """

    expression: Expr
    values: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __float__(self) -> float:
        """The rate that the others are measured by: η, or that of the first step."""
        return self.values["eta"] if "eta" in self.values else float(self(1))

    @property
    def is_changing(self) -> bool:
        """Whether the rate depends on the step."""
        return STEP in names_in(self.expression)

    def __call__(self, t: Any) -> Any:
        """Return the learning rate in step t: a number, or one for each of several."""
        steps = np.atleast_1d(np.asarray(t, dtype=float))
        if self.is_changing:
            rates = self._compiled(**self.values, t=steps)["eta_t"]
        else:
            rates = np.full(steps.shape, float(self.expression.subs({symbol(n): v for n, v in self.values.items()})))
        return rates if np.ndim(t) else float(rates[0])

    def __str__(self) -> str:
        return self.text()

    def text(self, ascii: bool = False) -> str:
        """Return the equation, and the values in it, as text."""
        return self._written("ascii" if ascii else "text")

    def latex(self) -> str:
        """Return the equation, and the values in it, as LaTeX for a formula."""
        return self._written("latex")

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"

    def _written(self, format: str) -> str:
        ((left, right),) = sides([Shown(RATE, self.expression)], format, {*self.values, STEP})
        given = ", ".join(values(self.values, format))
        behind = "" if not given else rf" \quad \text{{with }} {given}" if format == "latex" else f" with {given}"
        return f"{left} = {right}{behind}"

    @cached_property
    def _compiled(self) -> Any:
        k = index("k", sizes("count"))
        at = {_STEP: tensor("t", sizes("count"), "input")[k]}
        at |= {symbol(name): tensor(name, (), "hyperparameter") for name in self.values}
        rates = Equation(tensor(RATE, sizes("count"))[k], self.expression.xreplace(at))
        return compile_program(Program([rates]), [RATE])


def constant(learning_rate: float) -> Schedule:
    """Return η_t = η, the same in every step."""
    return Schedule(_ETA, {"eta": check_learning_rate(learning_rate)})


def step_decay(learning_rate: float, *, factor: float = 0.1, steps: float = 1000) -> Schedule:
    """Return η_t = η γ^⌊(t − 1)/T⌋: the rate is multiplied by γ after every T steps.

    Args:
        learning_rate: η, the rate of the first T steps.
        factor: γ, above 0.
        steps: T.

    >>> rate = step_decay(1.0, factor=0.5, steps=10)
    >>> rate(10), rate(11), rate(21)
    (1.0, 0.5, 0.25)
    """
    return _decay(learning_rate, _ETA * _FACTOR ** floor((_STEP - 1) / _T), factor, steps)


def exponential(learning_rate: float, *, factor: float = 0.1, steps: float = 1000) -> Schedule:
    """Return η_t = η γ^((t − 1)/T): after T steps the rate is γ times the first one.

    Args:
        learning_rate: η, the rate of the first step.
        factor: γ, above 0.
        steps: T.

    >>> round(exponential(1.0, factor=0.25, steps=10)(6), 12)
    0.5
    """
    return _decay(learning_rate, _ETA * _FACTOR ** ((_STEP - 1) / _T), factor, steps)


def inverse(learning_rate: float, *, steps: float = 1000) -> Schedule:
    """Return η_t = η/(1 + (t − 1)/T): after T steps the rate is half the first one, and T = 1 is η/t.

    The sum of the rates is infinite and that of their squares finite, as Robbins and Monro ask.

    Args:
        learning_rate: η, the rate of the first step.
        steps: T.

    >>> inverse(1.0, steps=1)(4)
    0.25

    Source:
        Robbins and Monro, A stochastic approximation method, 1951.
    """
    return Schedule(_ETA / (1 + (_STEP - 1) / _T), _given(learning_rate, steps))


def cosine(learning_rate: float, *, steps: float, least: float = 0.0) -> Schedule:
    """Return η_t = η_min + ½(η − η_min)(1 + cos(π (t − 1)/T)), from η down to η_min in T steps; there it stays.

    Args:
        learning_rate: η, the rate of the first step.
        steps: T.
        least: η_min.

    >>> cosine(1.0, steps=100)([1, 51, 101, 150])
    array([1. , 0.5, 0. , 0. ])

    Source:
        Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017, equation (5).
    """
    falling = (1 + cos(pi * Min(1, (_STEP - 1) / _T))) / 2
    if check_not_negative("least learning rate", least) == 0:
        return Schedule(_ETA * falling, _given(learning_rate, steps))
    return Schedule(_LEAST + (_ETA - _LEAST) * falling, {**_given(learning_rate, steps), "eta_min": float(least)})


def warmup(schedule: Any, *, steps: float) -> Schedule:
    """Return a schedule whose first steps are small: it is multiplied by min(1, t/T_w).

    Args:
        schedule: a learning rate, a schedule, or a formula of t.
        steps: T_w, how many steps it takes to reach it.

    >>> warmup(0.5, steps=5)([1, 2, 5, 9])
    array([0.1, 0.2, 0.5, 0.5])
    """
    given = schedule_of(schedule)
    return Schedule(Min(1, _STEP / _RISE) * given.expression, {**given.values, "T_w": check_positive("steps", steps)})


def schedule_of(given: Any) -> Schedule:
    """Return the schedule of a number, of a formula such as ``"0.1/(1+t/100)"``, or of a SymPy expression of t.

    >>> schedule_of("0.1/(1 + t/100)")(100)
    0.05

    Raises:
        InputError: for what is no formula of t, or not positive and finite in the first step.
    """
    if isinstance(given, Schedule):
        return given
    if isinstance(given, str):
        return formula(given)
    if isinstance(given, Expr) and not given.is_number:
        return _checked(given, str(given))
    return constant(float(given) if isinstance(given, Expr) and given.is_real else given)


def formula(text: str, learning_rate: float | None = None) -> Schedule:
    """Return the schedule that a formula writes, of t and, where a learning rate is given, of eta.

    >>> print(formula("eta/sqrt(t)", 0.1))
    ηₜ = η/√t with η = 0.1

    Raises:
        InputError: for what is no such formula, or not positive and finite in the first step.
    """
    known = {STEP: _STEP} if learning_rate is None else {STEP: _STEP, "eta": _ETA}
    try:
        return _checked(parse_expression(spelled(text), known), text, learning_rate)
    except ParseError as error:
        accepted = "a positive number, or a formula of the step t such as 0.1/(1+t/100)"
        raise InputError(f"bad learning rate {text!r} ({accepted}): {error}") from None


KINDS = ("constant", "step", "exponential", "inverse", "cosine")
"""The names of schedules."""


def scheduled(kind: str, learning_rate: float, *, steps: int, rise: int = 0) -> Schedule:
    """Return a schedule by its name, for so many steps in all, with numbers that suit these.

    Args:
        kind: constant; step: a tenth after every third; exponential: down to a hundredth; inverse: half the rate
            after a tenth; cosine: down to 0; or a formula of t and eta, such as ``"eta/sqrt(t)"``.
        learning_rate: η.
        steps: how many steps there are.
        rise: how many of them it takes to reach the rate.

    >>> print(scheduled("cosine", 0.1, steps=3000, rise=100))
    ηₜ = η min(1, t/T_w) (1 + cos(π min(1, (t − 1)/T)))/2 with η = 0.1, T = 3000, T_w = 100

    Raises:
        InputError: for an unknown name, and for what is no formula.
    """
    made = {
        "constant": lambda: constant(learning_rate),
        "step": lambda: step_decay(learning_rate, steps=math.ceil(steps / 3)),
        "exponential": lambda: exponential(learning_rate, factor=0.01, steps=steps),
        "inverse": lambda: inverse(learning_rate, steps=math.ceil(steps / 10)),
        "cosine": lambda: cosine(learning_rate, steps=steps),
    }.get(kind)
    if made is None and kind.isalpha() and kind != "eta":
        raise InputError(f"unknown schedule {kind!r}{suggest(kind, KINDS)}")
    found = formula(kind, learning_rate) if made is None else made()
    return warmup(found, steps=rise) if rise else found


def _checked(expression: Expr, shown: str, learning_rate: float | None = None) -> Schedule:
    real = {one: symbol(one.name) for one in expression.free_symbols if one.is_Symbol}
    expression = as_expression(expression).xreplace(real)
    values = {} if learning_rate is None else {"eta": check_learning_rate(learning_rate)}
    if others := sorted(names_in(expression) - {STEP, *values}):
        raise InputError(f"bad learning rate {shown!r}: '{others[0]}' is unknown (accepted: t, the number of the step)")
    made = Schedule(expression, values)
    with np.errstate(all="ignore"):
        first = made(1)
    if not (np.isfinite(first) and first > 0):
        raise InputError(f"bad learning rate {shown!r}: it is {first:g} in the first step, t = 1")
    return made


def _decay(learning_rate: float, expression: Expr, factor: float, steps: float) -> Schedule:
    return Schedule(expression, {**_given(learning_rate, steps), "gamma": check_positive("factor", factor)})


def _given(learning_rate: float, steps: float) -> dict[str, float]:
    return {"eta": check_learning_rate(learning_rate), "T": check_positive("steps", steps)}
