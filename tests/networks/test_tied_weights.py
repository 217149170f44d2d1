"""A parameter that several layers use is one parameter: its gradient is the sum of what each use contributes.

z⁽²⁾ = (W⁽¹⁾)ᵀ a⁽¹⁾ + b⁽²⁾        ∂C/∂W⁽¹⁾ = a⁽¹⁾ (δ⁽²⁾)ᵀ + δ⁽¹⁾ xᵀ
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import Sum

import symnn
from symnn import Dense
from symnn.errors import InputError, ProgramError, SymnnError
from symnn.language import index
from symnn.networks import Residual
from symnn.proof import finite_differences

try:
    import torch
except ImportError:
    torch = None

needs_torch = pytest.mark.skipif(torch is None, reason="torch is not installed: pip install 'symnn[torch]'")


def autoencoder(inputs: Any = 784, hidden: Any = 30, **options: Any) -> symnn.Network:
    layers = [Dense(inputs, hidden), Dense(hidden, inputs, weights="W1", transpose=True)]
    return symnn.Network(layers, **{"cost": "quadratic", **options})


class Recurrence(symnn.Layer):
    """h = (U v)³, with the matrix of another layer where one is named."""

    def __init__(self, size: int, of: str | None = None) -> None:
        self.inputs = self.outputs = size
        self.shared = {} if of is None else {"U": of}

    def equations(self, inputs: Any) -> list[symnn.Equation]:
        j, k = index("j", self.outputs), index("k", self.inputs)
        U, h = symnn.tensor("U", (self.outputs, self.inputs), role="parameter"), symnn.tensor("h", self.outputs)
        return [symnn.Equation(h[j], Sum(U[j, k] * inputs[k], k) ** 3)]


def test_a_shared_parameter_is_listed_and_drawn_once() -> None:
    net = autoencoder()
    assert net.parameters == {"W1": (30, 784), "b1": (30,), "b2": (784,)}
    drawn = net.initial_parameters(seed=3)
    assert {name: value.shape for name, value in drawn.items()} == net.parameters
    np.testing.assert_array_equal(drawn["W1"], symnn.mlp("784-30").initial_parameters(seed=3)["W1"])


def test_the_forward_pass_uses_the_transpose() -> None:
    net = autoencoder(3, 2)
    p = net.initial_parameters(seed=1, method="normal")
    values = net.evaluate(p, [0.5, -1, 2])
    np.testing.assert_allclose(values["z2"], p["W1"].T @ values["a1"] + p["b2"], rtol=1e-15)


def test_what_is_printed() -> None:
    text = autoencoder().gradient().text()
    for line in (
        "z⁽²⁾ = (W⁽¹⁾)ᵀ a⁽¹⁾ + b⁽²⁾",
        "δ⁽¹⁾       = W⁽¹⁾ δ⁽²⁾ ⊙ σ′(z⁽¹⁾)",
        "∂C/∂W⁽¹⁾   = a⁽¹⁾ (δ⁽²⁾)ᵀ + δ⁽¹⁾ xᵀ",
    ):
        assert f"  {line}\n" in text
    assert "∂C/∂W⁽¹⁾   = ((A⁽¹⁾)ᵀ Δ⁽²⁾ + (Δ⁽¹⁾)ᵀ X)/m\n" in autoencoder().gradient().text(batch=True)


def test_the_gradient_is_the_sum_of_those_of_two_untied_matrices() -> None:
    tied = autoencoder(5, 3)
    free = symnn.mlp("5-3-5")
    p = tied.initial_parameters(seed=2, method="normal")
    X = np.random.default_rng(0).normal(size=(4, 5))
    cost, slopes = tied.gradient().compile()(p, X, X)
    other, apart = free.gradient().compile()({**p, "W2": p["W1"].T}, X, X)
    assert cost == pytest.approx(other, rel=1e-14)
    np.testing.assert_allclose(slopes["W1"], apart["W1"] + apart["W2"].T, rtol=1e-13)
    for name in ("b1", "b2"):
        np.testing.assert_allclose(slopes[name], apart[name], rtol=1e-13)


def test_fifty_digits_agree() -> None:
    net = autoencoder(3, 2, l2="0.3")
    generator = np.random.default_rng(5)
    values = {**net.initial_parameters(5, "normal"), "x": generator.normal(size=3), "y": generator.normal(size=3)}
    wanted = finite_differences(net.program, values, "C", list(net.parameters))
    _, slopes = net.gradient().compile()({n: values[n] for n in net.parameters}, values["x"], values["y"])
    for name in net.parameters:
        np.testing.assert_allclose(slopes[name], wanted[name].astype(float), rtol=1e-12)


@needs_torch
@pytest.mark.parametrize("orientation", ["outputs,inputs", "inputs,outputs"])
def test_the_tied_autoencoder_has_torchs_gradients(orientation: str) -> None:
    net = autoencoder(weights=orientation)
    p = net.initial_parameters(seed=0)
    X = np.random.default_rng(1).uniform(size=(10, 784))
    cost, slopes = net.gradient().compile()(p, X, X)
    t = {name: torch.tensor(value, requires_grad=True) for name, value in p.items()}
    W, x = t["W1"] if orientation == "outputs,inputs" else t["W1"].T, torch.tensor(X)
    a = torch.sigmoid(torch.sigmoid(x @ W.T + t["b1"]) @ W + t["b2"])
    wanted = ((a - x) ** 2).sum() / 2 / 10
    wanted.backward()
    assert cost == pytest.approx(wanted.item(), rel=1e-12)
    for name in p:
        np.testing.assert_allclose(slopes[name], t[name].grad.numpy(), rtol=1e-10, atol=1e-13)


def test_a_square_matrix_is_shared_as_its_owner_keeps_it() -> None:
    p = {"W1": np.array([[1.0, 2], [3, 4]]), "b1": np.zeros(2), "b2": np.zeros(2)}
    for orientation, matrix in (("outputs,inputs", p["W1"]), ("inputs,outputs", p["W1"].T)):
        for transpose in (False, True):
            owner = Dense(2, 2, "identity", orientation)
            net = symnn.Network([owner, Dense(2, 2, "identity", "W1", transpose)])
            values = net.evaluate(p, [1, 1])
            wanted = (matrix.T if transpose else matrix) @ matrix @ [1, 1]
            np.testing.assert_array_equal(values["a2"], wanted)


def test_biases_are_shared_too() -> None:
    net = symnn.Network([Dense(2, 2), Dense(2, 2, weights="W1", biases="b1"), Dense(2, 2, biases="b1")])
    assert net.parameters == {"W1": (2, 2), "b1": (2,), "W3": (2, 2)}
    text = net.gradient().text("index")
    assert "∂C/∂b⁽¹⁾ⱼ    = δ⁽¹⁾ⱼ + δ⁽²⁾ⱼ + δ⁽³⁾ⱼ\n" in text


def test_layers_of_ones_own_share_by_their_own_names() -> None:
    net = symnn.Network([Recurrence(3), Recurrence(3, "U1"), Dense(3, 1, "identity")])
    assert net.parameters == {"U1": (3, 3), "W3": (1, 3), "b3": (1,)}
    generator = np.random.default_rng(7)
    values = {n: generator.normal(size=s) for n, s in {**net.parameters, "x": (3,), "y": (1,)}.items()}
    wanted = finite_differences(net.program, values, "C", "U1")["U1"].astype(float)
    slopes = net.gradient(wrt=["U1"]).compile()({}, values["x"], values["y"], **{n: values[n] for n in net.parameters})
    np.testing.assert_allclose(slopes[1]["U1"], wanted, rtol=1e-12)


def test_a_penalty_counts_a_shared_matrix_once() -> None:
    net = autoencoder(3, 2, l2=2)
    p = net.initial_parameters()
    without = autoencoder(3, 2).evaluate(p, [1, 2, 3], [1, 2, 3])["C"]
    assert net.evaluate(p, [1, 2, 3], [1, 2, 3])["C"] == pytest.approx(without + (p["W1"] ** 2).sum(), rel=1e-14)


def test_the_tied_autoencoder_learns_the_digits() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    X = datasets.load_digits().data[:500] / 16
    net = autoencoder(64, 16)
    before = net.evaluate(net.initial_parameters(seed=0), X, X)["C"]
    fit = symnn.train(net, X, X, symnn.SGD(learning_rate=0.3), epochs=15, seed=0)
    assert set(fit.parameters) == {"W1", "b1", "b2"}
    assert fit.cost < before / 3
    assert all(one["cost"] > other["cost"] for one, other in zip(fit.history, fit.history[4:], strict=False))


MISTAKES: list[tuple[Any, type[SymnnError], str]] = [
    (
        lambda: symnn.Network([Dense(784, 30), Dense(30, 784, weights="w1", transpose=True)]),
        InputError,
        "layer 2 (Dense) shares 'w1', and no layer before it has that parameter (accepted: W1, b1)",
    ),
    (
        lambda: symnn.Network([Dense(784, 30), Dense(30, 784, weights="W1")]),
        ProgramError,
        "layer 2 (Dense) needs 784 × 30 for its W, and 'W1' is 30 × 784 (its transpose would fit)",
    ),
    (
        lambda: symnn.Network([Dense(784, 30), Dense(30, 700, weights="W1", transpose=True)]),
        ProgramError,
        "layer 2 (Dense) needs 30 × 700 for its W, and 'W1' is 30 × 784",
    ),
    (
        lambda: Dense(30, 784, transpose=True),
        InputError,
        "transpose=True needs the name of the parameter that is transposed, such as weights='W1'",
    ),
    (
        lambda: symnn.Network([Dense(4, 3, weights="W2", transpose=True), Dense(3, 4)]),
        InputError,
        "layer 1 (Dense) shares 'W2' of layer 2: only an earlier layer's parameters can be shared",
    ),
    (
        lambda: symnn.Network([Dense(4, 4, weights="W1")]),
        InputError,
        "layer 1 (Dense) shares 'W1' of itself: only an earlier layer's parameters can be shared",
    ),
    (
        lambda: symnn.Network([Dense(4, 4, weights="V9")]),
        InputError,
        "layer 1 (Dense) shares 'V9', and no layer before it has that parameter (no layer before it has parameters)",
    ),
    (
        lambda: Dense(4, 4, weights="output,inputs"),
        InputError,
        "unknown orientation of weights 'output,inputs' (did you mean 'outputs,inputs'?)",
    ),
    (
        lambda: Dense(4, 4, biases=1),
        InputError,
        "bad name of shared biases 1 (accepted: that of a parameter of the network, such as b1)",
    ),
    (
        lambda: symnn.Network([Dense(3, 3), Residual(Dense(3, 3, weights="W1"))]),
        InputError,
        "layer 2 (Residual): a layer inside it shares 'W1', which only the layers of a network can do",
    ),
    (
        lambda: symnn.Network([Dense(2, 3), _Misnamed(3)]),
        ProgramError,
        "layer 2 (_Misnamed) shares 'V', which its equations do not use",
    ),
    (
        lambda: symnn.Network([_Misnamed(2, of={}, letter="W1"), *[Dense(2, 2)] * 10]),
        ProgramError,
        "layer 11 (Dense): its parameter 'W' would be 'W11', which an earlier layer has: name it otherwise",
    ),
]


class _Misnamed(Recurrence):
    def __init__(self, size: int, of: Any = None, letter: str = "U") -> None:
        super().__init__(size)
        self.shared = {"V": "W1"} if of is None else of
        self.letter = letter

    def equations(self, inputs: Any) -> list[symnn.Equation]:
        j, k = index("j", self.outputs), index("k", self.inputs)
        U = symnn.tensor(self.letter, (self.outputs, self.inputs), role="parameter")
        return [symnn.Equation(symnn.tensor("h", self.outputs)[j], Sum(U[j, k] * inputs[k], k))]


@pytest.mark.parametrize(("make", "error", "message"), MISTAKES, ids=[message for _, _, message in MISTAKES])
def test_what_cannot_be_shared(make: Any, error: type[SymnnError], message: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert str(caught.value) == message
