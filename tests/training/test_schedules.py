"""Schedules against their closed forms, and as they are written."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sympy import Symbol, exp, sqrt

from symnn.errors import InputError
from symnn.training import SGD
from symnn.training.optimizers import schedules
from symnn.training.optimizers.schedules import Schedule, schedule_of, scheduled

T = np.arange(1, 401)

CLOSED = [
    (schedules.constant(0.3), lambda t: 0.3),
    (schedules.step_decay(0.3, factor=0.5, steps=100), lambda t: 0.3 * 0.5 ** ((t - 1) // 100)),
    (schedules.step_decay(0.3, factor=0.5, steps=7), lambda t: 0.3 * 0.5 ** ((t - 1) // 7)),
    (schedules.exponential(0.3, factor=0.2, steps=50), lambda t: 0.3 * math.exp(math.log(0.2) * (t - 1) / 50)),
    (schedules.inverse(0.3, steps=1), lambda t: 0.3 / t),
    (schedules.inverse(0.3, steps=40), lambda t: 0.3 * 40 / (39 + t)),
    (schedules.cosine(0.3, steps=300), lambda t: 0.3 * math.cos(math.pi * min(t - 1, 300) / 600) ** 2),
    (
        schedules.cosine(0.3, steps=300, least=0.1),
        lambda t: 0.1 + 0.2 * math.cos(math.pi * min(t - 1, 300) / 600) ** 2,
    ),
    (schedules.warmup(0.3, steps=50), lambda t: 0.3 * min(t, 50) / 50),
    (schedules.warmup(schedules.inverse(0.3, steps=1), steps=50), lambda t: 0.3 * min(t, 50) / 50 / t),
    (schedule_of("0.1/(1+t/100)"), lambda t: 10 / (100 + t)),
    (schedule_of(sqrt(Symbol("t")) * exp(-Symbol("t") / 50)), lambda t: math.sqrt(t) * math.exp(-t / 50)),
    (schedules.formula("eta/sqrt(t)", 0.3), lambda t: 0.3 / math.sqrt(t)),
]


@pytest.mark.parametrize(("schedule", "closed"), CLOSED)
def test_the_rate_of_each_step_is_the_closed_form(schedule, closed):
    expected = [closed(int(t)) for t in T]
    np.testing.assert_allclose(schedule(T), expected, rtol=1e-13, atol=1e-16)
    assert schedule(17) == pytest.approx(expected[16], rel=1e-13)


def test_the_rate_that_others_are_measured_by():
    assert float(schedules.warmup(schedules.cosine(0.25, steps=10), steps=5)) == 0.25
    assert float(schedule_of("0.5/t")) == 0.5


WRITTEN = [
    (schedules.step_decay(0.3, factor=0.5), "ηₜ = η γ^⌊(t − 1)/T⌋ with η = 0.3, T = 1000, γ = 0.5"),
    (schedules.exponential(0.3), "ηₜ = η γ^((t − 1)/T) with η = 0.3, T = 1000, γ = 0.1"),
    (schedules.inverse(0.3), "ηₜ = η/(1 + (t − 1)/T) with η = 0.3, T = 1000"),
    (schedules.cosine(1e-5, steps=300), "ηₜ = η (1 + cos(π min(1, (t − 1)/T)))/2 with η = 10⁻⁵, T = 300"),
    (schedules.warmup(2, steps=50), "ηₜ = η min(1, t/T_w) with η = 2, T_w = 50"),
    (schedule_of("0.1/(1+t/100)"), "ηₜ = 0.1/(1 + 0.01 t)"),
]


@pytest.mark.parametrize(("schedule", "text"), WRITTEN, ids=lambda one: "")
def test_a_schedule_is_written_as_an_equation(schedule, text):
    assert schedule.text() == str(schedule) == text


def test_a_schedule_in_latex_and_ascii():
    schedule = schedules.step_decay(0.3, factor=0.5, steps=10)
    assert schedule.latex() == (
        r"\eta_{t} = \eta \gamma^{\lfloor \frac{t - 1}{T} \rfloor} \quad \text{with } \eta = 0.3, T = 10, \gamma = 0.5"
    )
    assert schedule.text(ascii=True) == "eta_t = eta gamma^floor((t - 1)/T) with eta = 0.3, T = 10, gamma = 0.5"


REFUSED = [
    ("fast", "bad learning rate 'fast' .*: unknown name 'fast' .accepted: t, pi."),
    ("0.1/(t-1)", "bad learning rate '0.1/.t-1.': it is inf in the first step, t = 1"),
    ("-t", "bad learning rate '-t': it is -1 in the first step, t = 1"),
    ("__import__('os')", "bad learning rate"),
    (Symbol("k") / 2, "bad learning rate 'k/2': 'k' is unknown .accepted: t, the number of the step."),
    (-1, "bad learning rate -1: it is a positive, finite number"),
    (math.nan, "bad learning rate nan: it is a positive, finite number"),
    (None, "bad learning rate None: it is a positive, finite number"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED, ids=lambda one: "")
def test_what_is_no_learning_rate_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        SGD(given)


def test_settings_of_schedules_are_checked():
    with pytest.raises(InputError, match="bad steps 0: it is a positive, finite number"):
        schedules.cosine(0.1, steps=0)
    with pytest.raises(InputError, match="bad factor -1: it is a positive, finite number"):
        schedules.exponential(0.1, factor=-1)
    with pytest.raises(InputError, match="bad least learning rate -1: it is a finite number, 0 or more"):
        schedules.cosine(0.1, steps=10, least=-1)


@pytest.mark.parametrize("kind", schedules.KINDS)
def test_each_kind_of_schedule_goes_from_the_learning_rate_down(kind):
    rates = scheduled(kind, 0.5, steps=900)
    assert isinstance(rates, Schedule)
    found = rates(np.arange(1, 901))
    assert found[0] == 0.5
    assert np.all(np.diff(found) <= 0)
    assert found[-1] <= 0.05 or kind == "constant"


def test_a_schedule_by_name_takes_a_formula_and_a_warm_up():
    np.testing.assert_allclose(scheduled("eta/t", 0.5, steps=9)([1, 2, 5]), [0.5, 0.25, 0.1])
    np.testing.assert_allclose(scheduled("constant", 0.5, steps=9, rise=5)([1, 2, 5, 9]), [0.1, 0.2, 0.5, 0.5])
    with pytest.raises(InputError, match=r"unknown schedule 'cosin' .did you mean 'cosine'"):
        scheduled("cosin", 0.5, steps=9)
