"""Weights of examples, C = Σₙ sₙ Cₙ / Σₙ sₙ, and masks of targets, C = Σⱼ Mⱼ c(aⱼ, yⱼ)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import Sum

import symnn
from symnn import Dense
from symnn.errors import DataError, InputError, ShapeError, SymnnError
from symnn.language import examples, index
from symnn.networks import NAMED_COSTS
from symnn.proof import finite_differences
from symnn.training import load_model, save_model

generator = np.random.default_rng(11)
X = generator.normal(size=(5, 3))
Y = np.eye(2)[[0, 1, 1, 0, 1]]
WEIGHTS = np.array([1, 3, 0, 2, 1])
MASK = np.array([[1, 0], [1, 1], [0, 1], [0, 0], [1, 1]])


class Centred(symnn.Layer):
    """o = x − (1/m) Σₙ xₙ: a layer that names the example axis."""

    inputs = outputs = 3
    batched = True

    def equations(self, inputs: Any) -> list[symnn.Equation]:
        n, i = index("n", examples), index("i", 3)
        mu, o = symnn.tensor("mu", 3), symnn.tensor("o", (examples, 3))
        mean = symnn.Equation(mu[i], Sum(inputs[n, i], n) / examples)
        return [mean, symnn.Equation(o[n, i], inputs[n, i] - mu[i])]


def net(cost: Any = "quadratic", last: str = "sigmoid", **options: Any) -> symnn.Network:
    return symnn.mlp("3-4-2", ["tanh", last], cost, **options)


def weighted(cost: Any = "quadratic", last: str = "sigmoid", **options: Any) -> symnn.Network:
    return net(cost, last, example_weights=True, **options)


P = net().initial_parameters(seed=4, method="normal")
COSTS = [(name, "softmax" if name == "cross_entropy" else "sigmoid") for name in NAMED_COSTS]


def same(one: Any, other: Any, rtol: float = 1e-12) -> None:
    assert one[0] == pytest.approx(other[0], rel=rtol)
    assert one[1].keys() == other[1].keys()
    for name, value in one[1].items():
        np.testing.assert_allclose(value, other[1][name], rtol=rtol, atol=rtol)


@pytest.mark.parametrize(("cost", "last"), [*COSTS, ("(a - y)^4", "sigmoid"), ("(a[1] - y[0])^2", "sigmoid")])
def test_whole_weights_are_repeated_examples(cost: str, last: str) -> None:
    found = weighted(cost, last, l2="0.1").gradient().compile()(P, X, Y, s=WEIGHTS)
    repeated = np.repeat(np.arange(5), WEIGHTS)
    same(found, net(cost, last, l2="0.1").gradient().compile()(P, X[repeated], Y[repeated]))


def test_a_weight_of_zero_leaves_an_example_out() -> None:
    f, kept = weighted().gradient().compile(), WEIGHTS > 0
    same(f(P, X, Y, s=WEIGHTS), f(P, X[kept], Y[kept], s=WEIGHTS[kept]))
    elsewhere = np.where(kept[:, None], X, 7.0)
    same(f(P, X, Y, s=WEIGHTS), f(P, elsewhere, Y, s=WEIGHTS))


def test_equal_weights_are_no_weights_and_only_proportions_count() -> None:
    f, plain = weighted().gradient().compile(), net().gradient().compile()
    same(f(P, X, Y, s=np.full(5, 0.3)), plain(P, X, Y))
    same(f(P, X, Y, s=WEIGHTS * 1e100), f(P, X, Y, s=WEIGHTS))


@pytest.mark.parametrize("masked", [False, True], ids=["weights", "weights and mask"])
@pytest.mark.parametrize(("cost", "last"), COSTS)
def test_fifty_digits_agree(cost: str, last: str, masked: bool) -> None:
    gradient = weighted(cost, last, masked=masked, l2="0.1").gradient()
    given = {"s": generator.uniform(size=5), **({"M": generator.uniform(size=(5, 2))} if masked else {})}
    targets = np.where(Y > 0, 0.75, 0.25)
    values = {**P, "x": X, "y": targets, **given}
    places = {name: [(0,) * value.ndim, (1,) * value.ndim] for name, value in P.items()}
    wanted = finite_differences(gradient.batched, values, "C", list(P), entries=places)
    _, slopes = gradient.compile()(P, X, targets, **given)
    for name in P:
        for place in places[name]:
            assert slopes[name][place] == pytest.approx(float(wanted[name][place]), rel=1e-11)


@pytest.mark.parametrize("layers", [[Dense(3, 2)], [Centred(), Dense(3, 2)]], ids=["one example", "a batch"])
def test_the_cost_is_the_formula(layers: list[symnn.Layer]) -> None:
    one = symnn.Network(layers, "mean_squared_error", example_weights=True, masked=True)
    p = one.initial_parameters(seed=1)
    a = one.evaluate(p, X)[one.output]
    each = (MASK * (a - Y) ** 2).sum(axis=1) / 2
    wanted = (WEIGHTS * each).sum() / WEIGHTS.sum()
    assert one.evaluate(p, X, Y, s=WEIGHTS, M=MASK)["C"] == pytest.approx(wanted, rel=1e-14)
    assert one.gradient().compile()(p, X, Y, s=WEIGHTS, M=MASK)[0] == pytest.approx(wanted, rel=1e-14)


def test_a_layer_that_names_the_examples_is_weighted_too() -> None:
    one = symnn.Network([Centred(), Dense(3, 2)], example_weights=True)
    values = {**one.initial_parameters(seed=1), "x": X, "y": Y, "s": WEIGHTS}
    wanted = finite_differences(one.program, values, "C", ["W2", "b2"])
    _, slopes = one.gradient().compile()({n: values[n] for n in one.parameters}, X, Y, s=WEIGHTS)
    for name in wanted:
        np.testing.assert_allclose(slopes[name], wanted[name].astype(float), rtol=1e-11)


def test_a_hidden_target_does_not_matter() -> None:
    f = net(masked=True).gradient().compile()
    other = np.where(MASK > 0, Y, -9.0)
    same(f(P, X, Y, M=MASK), f(P, X, other, M=MASK > 0), rtol=0)
    same(f(P, X, Y, M=np.ones_like(Y)), net().gradient().compile()(P, X, Y))


def test_one_example_has_its_own_cost_whatever_its_weight() -> None:
    one = weighted(masked=True)
    f = one.gradient().compile()
    alone = one.evaluate(P, X[0], Y[0], M=MASK[0])["C"]
    assert one.evaluate(P, X[0], Y[0], s=3, M=MASK[0])["C"] == alone
    assert f(P, X[0], Y[0], s=3, M=MASK[0])[0] == pytest.approx(alone, rel=1e-15)


def test_what_is_printed() -> None:
    matrix, indices = (weighted().gradient().text(view, batch=True) for view in ("matrix", "index"))
    for line in ("S    = 1ᵀ s", "Δ⁽²⁾       = (A⁽²⁾ − Y) ⊙ σ′(Z⁽²⁾)"):
        assert f"  {line}\n" in matrix
    assert "(Δ⁽²⁾)ᵀ diag(s) A⁽¹⁾" in matrix
    for line in (
        "S      = Σₙ sₙ",
        "C      = 1/(2S) Σₙ sₙ Σⱼ (a⁽²⁾ₙⱼ − yₙⱼ)²",
        "δ⁽²⁾ₙⱼ       = (a⁽²⁾ₙⱼ − yₙⱼ) σ′(z⁽²⁾ₙⱼ)",
        "∂C/∂w⁽²⁾ⱼₖ   = (1/S) Σₙ δ⁽²⁾ₙⱼ sₙ a⁽¹⁾ₙₖ",
        "∂C/∂b⁽²⁾ⱼ    = (1/S) Σₙ δ⁽²⁾ₙⱼ sₙ",
    ):
        assert f"  {line}\n" in indices
    assert weighted(masked=True).title.split(" · ")[2] == "masked quadratic cost, weighted examples"
    assert "  C    = ½ Mᵀ (a⁽²⁾ − y)∘²\n" in net(masked=True).gradient().text()


def _trained(one: symnn.Network, rows: Any, **options: Any) -> Any:
    rate = symnn.SGD(learning_rate=0.5)
    return symnn.train(one, X[rows], Y[rows], rate, epochs=4, batch_size=100, seed=2, **options)


def test_training_with_whole_weights_is_training_on_repeated_examples() -> None:
    every = np.arange(5)
    fit = _trained(weighted(), every, example_weights=WEIGHTS)
    repeated = _trained(net(), np.repeat(every, WEIGHTS))
    assert fit.cost == pytest.approx(repeated.cost, rel=1e-12)
    for name, value in fit.parameters.items():
        np.testing.assert_allclose(value, repeated.parameters[name], rtol=1e-12, atol=1e-14)


def test_training_leaves_examples_of_weight_zero_out() -> None:
    kept = np.flatnonzero(WEIGHTS)
    options: dict[str, Any] = {"epochs": 3, "batch_size": 1, "seed": 2}
    fit = symnn.train(weighted(), X, Y, example_weights=WEIGHTS * 1e300, **options)
    other = symnn.train(weighted(), X[kept], Y[kept], example_weights=WEIGHTS[kept] * 1e-300, **options)
    assert fit.stopped is None
    for name, value in fit.parameters.items():
        np.testing.assert_allclose(value, other.parameters[name], rtol=1e-12)


def test_training_sees_no_target_that_is_masked() -> None:
    values, nothing = np.where(MASK > 0, 0.6, np.nan), np.where(MASK > 0, 0.6, 0.1)
    fits = [symnn.train(net(masked=True), X, y, epochs=3, mask=MASK) for y in (values, nothing)]
    for name, value in fits[0].parameters.items():
        np.testing.assert_array_equal(value, fits[1].parameters[name])
    assert fits[0].cost_of(X, nothing, mask=MASK) == fits[0].cost


def test_validation_has_weights_of_its_own() -> None:
    def validated(*given: Any) -> float:
        fit = symnn.train(weighted(), X, Y, epochs=1, example_weights=WEIGHTS, validation=(X, Y, *given))
        assert fit.cost_of(X, Y, *given) == pytest.approx(fit.history[-1]["validation_cost"], rel=1e-14)
        return float(fit.history[-1]["validation_cost"] - fit.history[-1]["cost"])

    assert validated(WEIGHTS) == pytest.approx(0, abs=1e-15)
    assert abs(validated()) > 1e-6


def test_float32_stays_float32() -> None:
    fit = symnn.train(weighted(), X, Y, epochs=1, example_weights=WEIGHTS, dtype="float32")
    assert {value.dtype for value in fit.parameters.values()} == {np.dtype("float32")}


def test_a_trained_network_is_saved_and_comes_back(tmp_path: Any) -> None:
    fit = symnn.train(weighted(masked=True), X, Y, epochs=1, example_weights=WEIGHTS, mask=MASK)
    save_model(tmp_path / "weighted.npz", fit)
    model = load_model(tmp_path / "weighted.npz")
    assert (model.network.example_weights, model.network.masked) == (True, True)
    np.testing.assert_array_equal(model.outputs(X), fit.outputs(X))


def call(**given: Any) -> Any:
    return weighted(masked="M" in given).gradient().compile()(P, X, Y, **given)


MISTAKES: list[tuple[Any, type[SymnnError], str]] = [
    (
        lambda: call(s=[1, 1, -2, 1, 1]),
        DataError,
        "the weight of example 3 is -2 (accepted: finite numbers, not negative)",
    ),
    (
        lambda: call(s=[1, np.nan, 1, 1, 1]),
        DataError,
        "the weight of example 2 is nan (accepted: finite numbers, not negative)",
    ),
    (lambda: call(s=[0] * 5), DataError, "the example weights are all zero: at least one example has to count"),
    (
        lambda: call(s=[1e308] * 5),
        DataError,
        "the example weights add up to inf: scale them towards 1, which changes no cost",
    ),
    (lambda: call(s=[1, 2]), ShapeError, "2 example weights were given for 5 examples: one an example is needed"),
    (
        lambda: call(s=[[1], [1], [1], [1], [1]]),
        ShapeError,
        "the example weights have shape (5, 1): one number an example is needed",
    ),
    (lambda: call(s="heavy"), DataError, "the example weights have entries of type <U5 (accepted: numbers)"),
    (call, InputError, "array 's' is missing (needed: W1, b1, W2, b2, s, x, y)"),
    (
        lambda: call(s=WEIGHTS, M=MASK[0]),
        ShapeError,
        "the mask has shape (2,), the targets have shape (5, 2): the same is needed",
    ),
    (
        lambda: call(s=WEIGHTS, M=-MASK),
        DataError,
        "entry (1, 1) of the mask is -1 (accepted: 1 or 0, or finite numbers, not negative)",
    ),
    (
        lambda: weighted().evaluate(P, X, Y, s=[1, 1]),
        ShapeError,
        "2 example weights were given for 5 examples: one an example is needed",
    ),
    (
        lambda: net().evaluate(P, X, Y, s=WEIGHTS),
        InputError,
        "the network does not weigh its examples: make it with example_weights=True",
    ),
    (
        lambda: net().evaluate(P, X, Y, M=MASK),
        InputError,
        "the network's cost has no mask: make the network with masked=True",
    ),
    (
        lambda: symnn.train(net(), X, Y, example_weights=WEIGHTS),
        InputError,
        "the network does not weigh its examples: make it with example_weights=True",
    ),
    (
        lambda: symnn.train(weighted(), X, Y),
        InputError,
        "the network was made with example_weights=True: train it with example_weights=…",
    ),
    (
        lambda: symnn.train(weighted(), X, Y, example_weights=WEIGHTS[:3]),
        ShapeError,
        "3 example weights were given for 5 examples: one an example is needed",
    ),
    (
        lambda: symnn.train(net(masked=True), X, Y, mask=MASK.T),
        ShapeError,
        "the mask has shape (2, 5), the targets have shape (5, 2): the same is needed",
    ),
    (
        lambda: net(cost=None, example_weights=True),
        InputError,
        "weights of examples and masks need a cost that is no mere letter, such as cost='quadratic'",
    ),
    (
        lambda: net(cost="E", masked=True),
        InputError,
        "weights of examples and masks need a cost that is no mere letter, such as cost='quadratic'",
    ),
    (
        lambda: net(cost="(a[1] - y[0])^2", masked=True),
        InputError,
        "cost (a[1] - y[0])**2: a mask or weights need a cost that is a sum over the outputs",
    ),
]


@pytest.mark.parametrize(("make", "error", "message"), MISTAKES, ids=[message for _, _, message in MISTAKES])
def test_what_cannot_be_weighted(make: Any, error: type[SymnnError], message: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert str(caught.value) == message
