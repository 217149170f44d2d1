"""Learning rates compared: each as if it were alone, at once or one after the other."""

import pytest

from symnn.errors import InputError
from symnn.networks import mlp
from symnn.training import LBFGS, SGD, Adam, compare_rates, moons, schedules, train
from symnn.training import starts as rules
from symnn.training.plan import Settings, planned

DATA = moons(60)
NET = mlp("2-4-1")


@pytest.mark.parametrize(
    ("optimizer", "with_rate"),
    [(None, SGD), ("adam", Adam), (Adam(0.5, beta1=0.8), lambda rate: Adam(rate, beta1=0.8))],
    ids=["SGD", "by name", "Adam"],
)
def test_each_rate_is_the_training_with_it_alone(monkeypatch, optimizer, with_rate):
    rates, how = [0.01, 0.1, 1.0], {"epochs": 4, "batch_size": 7, "restarts": 2}
    together = compare_rates(NET, DATA.X, DATA.y, rates, optimizer, **how)
    monkeypatch.setattr(rules, "_MOST_WORK", 0)
    apart = compare_rates(NET, DATA.X, DATA.y, rates, optimizer, **how)
    assert together.rates == apart.rates == tuple(rates)
    assert together.best.learning_rate == apart.best.learning_rate
    for rate, one, other in zip(rates, together.fits, apart.fits, strict=True):
        alone = train(NET, DATA.X, DATA.y, with_rate(rate), **how)
        assert one.seed == other.seed == alone.seed
        for name, value in alone.parameters.items():
            assert one.parameters[name] == pytest.approx(value, rel=1e-9, abs=1e-9)
            assert other.parameters[name] == pytest.approx(value, rel=1e-12, abs=1e-12)


def test_rates_and_starts_are_one_axis():
    optimizers = [SGD(rate) for rate in (0.1, 1.0, 3.0)]
    plan = planned(NET, DATA.X, DATA.y, optimizers, Settings(restarts=4))
    assert [len(group) for group in plan.groups] == [12]
    assert len({id(step.program) for step in plan.steps}) == 1
    mixed = planned(NET, DATA.X, DATA.y, [SGD(1.0), Adam(0.1)], Settings(restarts=2))
    assert [len(group) for group in mixed.groups] == [1, 1, 1, 1]


def test_the_best_is_chosen_by_validation_cost_and_the_table_says_so():
    watched = {"validation": (DATA.X[40:], DATA.y[40:])}
    found = compare_rates(NET, DATA.X[:40], DATA.y[:40], [0.001, 2], epochs=9, restarts=3, **watched)
    rows = found.rows()
    assert found.best.learning_rate == min(rows, key=lambda row: row["validation_cost"])["learning_rate"]
    head, *lines = str(found).splitlines()
    assert head.split("  ") == [
        "learning rate", "training cost", "validation cost", "validation accuracy", "median of starts",
    ]  # fmt: skip
    assert [line.split()[-1] == "best" for line in lines] == [rate == found.best.learning_rate for rate in found.rates]


def test_bad_rates_are_refused():
    for rates, message in (
        ([1], r"bad learning rates 1 \(accepted: two or more different ones"),
        ([1, 1.0], "bad learning rates 1, 1"),
        ([1, -2], "bad learning rate -2"),
    ):
        with pytest.raises(InputError, match=message):
            compare_rates(NET, DATA.X, DATA.y, rates)
    with pytest.raises(InputError, match=r"LBFGS.* has no learning rate to be compared"):
        compare_rates(NET, DATA.X, DATA.y, [0.1, 1], LBFGS())


def test_a_schedule_in_place_of_a_rate_is_one_axis_too():
    optimizers = [SGD(schedules.cosine(rate, steps=24)) for rate in (0.5, 2.0)]
    plan = planned(NET, DATA.X, DATA.y, optimizers, Settings(epochs=2))
    assert [len(group) for group in plan.groups] == [2]
