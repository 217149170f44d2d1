"""The layers of `symnn.networks`: what they print, their shapes, first values and errors."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from sympy import Sum, expand

import symnn
from symnn.compiling import compile_program
from symnn.language import Program, Tensor
from symnn.networks import (
    Attention,
    AveragePooling1d,
    Cell,
    Convolution1d,
    Convolution2d,
    Dense,
    Dropout,
    Embedding,
    FeedForward,
    GRUCell,
    LayerNorm,
    LSTMCell,
    MaxPooling2d,
    MultiHeadAttention,
    RecurrentCell,
    Residual,
    TransformerBlock,
    unroll,
)
from symnn.proof import finite_differences


def program_of(layer: symnn.Layer) -> Program:
    shape = layer.inputs if isinstance(layer.inputs, tuple | list) else (layer.inputs,)
    return Program(layer.equations(Tensor("x", shape, "input")))


def gradient_of(layer: symnn.Layer, *wrt: str) -> symnn.Gradient:
    program = program_of(layer)
    return symnn.gradient(program, of=program.equations[-1].tensor.name, wrt=wrt or None)


def values_of(program: Program, scale: float = 1.0) -> dict[str, Any]:
    random = np.random.default_rng(5)
    return {
        name: random.normal(scale=scale, size=tuple(map(int, t.shape))) for name, t in sorted(program.inputs.items())
    }


def test_the_gradient_of_an_unrolled_cell_is_a_sum_over_time() -> None:
    gradient = gradient_of(unroll(RecurrentCell(2, 3), steps=3))
    assert str(gradient["W"]) == "dW[j, k] = dz_1[j]*x_1[k] + dz_2[j]*x_2[k] + dz_3[j]*x_3[k]"
    assert str(gradient["U"]) == "dU[j, q] = dz_2[j]*h_1[q] + dz_3[j]*h_2[q]"
    assert str(gradient["b"]) == "db[j] = dz_1[j] + dz_2[j] + dz_3[j]"


def test_an_unrolled_cell_has_the_parameters_of_one_cell() -> None:
    net = symnn.Network([unroll(LSTMCell(2, 3), steps=4), Dense(3, 1)])
    own = {name for name in net.parameters if name.split("_")[0].endswith("1")}
    assert own == {f"{letter}1_{gate}" for letter in "WUb" for gate in "ifgo"}


def test_a_state_that_is_learned_starts_at_zero() -> None:
    net = symnn.Network([unroll(GRUCell(2, 3), steps=2, outputs="all", initial="parameter")])
    assert net.parameters["h1_0"] == (3,)
    assert not net.initial_parameters()["h1_0"].any()


def test_the_output_at_all_times_is_stacked() -> None:
    layer = unroll(RecurrentCell(2, 3), steps=2, outputs="all")
    program = program_of(layer)
    values = values_of(program)
    found = compile_program(program, ["H", "h_1", "h_2"])(**values)
    assert found["H"].shape == tuple(layer.outputs)
    assert np.array_equal(found["H"], [found["h_1"], found["h_2"]])


class Leaky(Cell):
    """A cell of one's own: h = h₀/2 + W x."""

    def step(self, x: Tensor, before: Mapping[str, Tensor]) -> list[symnn.Equation]:
        j, k = symnn.index("j", self.outputs), symnn.index("k", self.inputs)
        W, h = symnn.tensor("W", (self.outputs, self.inputs), role="parameter"), Tensor("h", (self.outputs,))
        return [symnn.Equation(h[j], before["h"][j] / 2 + Sum(W[j, k] * x[k], k))]


def test_a_cell_of_ones_own_is_unrolled() -> None:
    program = program_of(unroll(Leaky(2, 3), steps=2))
    assert str(program).splitlines()[-1] == "h_2[j] = Sum(W[j, k]*x_2[k], k) + h_1[j]/2"
    assert str(program["h_1"]) == "h_1[j] = Sum(W[j, k]*x_1[k], k)"


def test_attention_in_matrix_form() -> None:
    text = gradient_of(Attention((4, 6), keys=3)).text()
    for line in ("P = softmax(S)", "O = P V", "S̄         = P ⊙ (P̄ + L̄ 1ᵀ)", "∂C/∂W_V   = xᵀ V̄"):
        assert line in text


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_causal_row_sees_nothing_after_it_however_large() -> None:
    program = program_of(MultiHeadAttention((4, 4), heads=2, causal=True))
    values = values_of(program)
    values["x"][3] *= 1e4
    P = compile_program(program, ["P", "O"])(**values)["P"]
    assert np.array_equal(np.triu(P, 1), np.zeros_like(P))
    assert np.allclose(P.sum(axis=-1), 1, atol=1e-6)


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_causal_attention_agrees_with_differences() -> None:
    program = program_of(Attention((3, 2), keys=2, causal=True))
    values, upstream = values_of(program), np.random.default_rng(6).normal(size=(3, 2))
    gradient = symnn.gradient(program, of="O", wrt=list(values), upstream="upstream")
    _, found = gradient.compile()(**values, upstream=upstream)
    expected = finite_differences(program, values, "O", list(values), upstream=upstream)
    for name in values:
        assert np.max(np.abs(found[name] - expected[name].astype(float))) < 1e-12, name


def test_a_transformer_block_is_quick() -> None:
    started = time.perf_counter()
    net = symnn.Network([TransformerBlock((16, 32), heads=4)], cost=None)
    function = net.gradient().compile()
    assert time.perf_counter() - started < 5
    assert "def " in function.source


def test_the_number_of_a_layer_stands_before_what_is_below() -> None:
    net = symnn.Network([Dense(2, 3), Residual(FeedForward(3, 4))])
    assert list(net.parameters) == ["W1", "b1", "W2_1", "b2_1", "W2_2", "b2_2"]


def test_several_layers_in_a_residual_are_numbered() -> None:
    layer = Residual(Dense(3, 4, "relu"), Dense(4, 3, "identity"))
    assert str(program_of(layer)).splitlines()[-1] == "r[i] = a_2[i] + x[i]"
    assert set(program_of(layer).inputs) == {"W_1", "b_1", "W_2", "b_2", "x"}


def test_sizes_may_be_symbols() -> None:
    assert Convolution1d((c, n), f, width=3).outputs == (f, n - 2)
    assert Convolution1d((c, 2 * n + 1), f, width=3, stride=2).outputs == (f, n)
    assert [expand(size) for size in AveragePooling1d((c, 2 * n), 2).outputs] == [c, n]
    assert MaxPooling2d((c, 2 * n, 4 * n), 2).outputs == (c, n, 2 * n)


T, d, e, f, c, n = symnn.sizes("T d e f c n")
SYMBOLIC = {
    "attention": (Attention((4, 5), 3, 2, use_bias=True), Attention((T, d), e, f, use_bias=True)),
    "multi-head attention": (MultiHeadAttention((4, 6), 3), MultiHeadAttention((T, d), 3, keys=e)),
    "layer norm": (LayerNorm((4, 5)), LayerNorm((T, d))),
    "feed-forward": (FeedForward((4, 5), 3), FeedForward((T, d), e)),
    "convolution": (Convolution1d((2, 7), 3, 3, 2), Convolution1d((c, 2 * n + 1), f, 3, 2)),
    "pooling": (MaxPooling2d((2, 6, 4), 2), MaxPooling2d((c, 2 * n, 2 * d), 2)),
    "unrolled GRU": (unroll(GRUCell(3, 2), 3, "all"), unroll(GRUCell(d, e), 3, "all")),
    "transformer block": (TransformerBlock((4, 6), 1, 3, "before"), TransformerBlock((T, d), 1, e, "before")),
}


@pytest.mark.parametrize(("numbers", "symbols"), SYMBOLIC.values(), ids=SYMBOLIC)
def test_the_gradient_is_the_same_with_symbols_for_sizes(numbers: symnn.Layer, symbols: symnn.Layer) -> None:
    values = values_of(program_of(numbers))
    shape = numbers.outputs if isinstance(numbers.outputs, tuple | list) else (numbers.outputs,)
    upstream = np.random.default_rng(6).normal(size=tuple(map(int, shape)))
    expected, found = (
        symnn.gradient(program_of(layer), _output(layer), list(values), "upstream").compile()(
            **values, upstream=upstream
        )[1]
        for layer in (numbers, symbols)
    )
    for name in values:
        assert np.max(np.abs(found[name] - expected[name])) < 1e-12, name


def _output(layer: symnn.Layer) -> str:
    return program_of(layer).equations[-1].tensor.name


@pytest.mark.parametrize("layer", [symbols for _, symbols in SYMBOLIC.values()], ids=SYMBOLIC)
def test_every_layer_can_be_written(layer: symnn.Layer) -> None:
    gradient = symnn.gradient(program_of(layer), _output(layer), list(program_of(layer).inputs))
    for view in ("matrix", "index"):
        assert "Backward" in gradient.text(view=view)
        assert "align" in gradient.latex(view=view)


def test_the_gradient_by_the_bias_of_the_keys_is_zero() -> None:
    """Softmax does not see what is added to a whole row of scores."""
    for layer in (Attention((T, d), e, use_bias=True), MultiHeadAttention((T, d), 2, keys=e, causal=True)):
        assert gradient_of(layer, "b_K")["b_K"].right == 0


def test_tokens_go_through_a_network() -> None:
    net = symnn.Network([Embedding(5, 4, 3), TransformerBlock((3, 4), heads=2), FeedForward((3, 4), 6)])
    parameters = net.initial_parameters(seed=0)
    tokens = np.array([[0, 1, 4], [2, 2, 3]])
    targets = np.random.default_rng(7).normal(size=(2, 3, 4))
    _, found = net.gradient().compile()(parameters, tokens, targets)
    assert {name: array.shape for name, array in found.items()} == net.parameters
    assert net.evaluate(parameters, tokens)["F3"].shape == (2, 3, 4)


def test_an_unrolled_network_learns() -> None:
    X = np.random.default_rng(8).normal(size=(60, 3, 1))
    net = symnn.Network([unroll(RecurrentCell(1, 4), steps=3), Dense(4, 1, "identity")])
    fit = symnn.train(net, X, X.sum(axis=1) / 2, optimizer=symnn.SGD(learning_rate=0.2), epochs=30, seed=0)
    assert fit.cost < 0.02


def test_images_go_through_a_network() -> None:
    layers = [
        Convolution2d((1, 6, 6), 3, 3, activation="relu"),
        MaxPooling2d((3, 4, 4), 2),
        Convolution2d((3, 2, 2), 5, 2),
    ]
    net = symnn.Network(layers)
    X, Y = np.random.default_rng(9).normal(size=(4, 1, 6, 6)), np.zeros((4, 5, 1, 1))
    cost, found = net.gradient().compile()(net.initial_parameters(seed=0), X, Y)
    assert cost > 0
    assert {name: array.shape for name, array in found.items()} == net.parameters


def test_first_values() -> None:
    layers = [
        Convolution2d((16, 8, 8), 32, 3, activation="relu"),
        MultiHeadAttention((5, 64), heads=4),
        FeedForward(64, 128),
        LSTMCell(40, 50),
        TransformerBlock((5, 32), heads=4),
        Embedding(500, 20, 3),
    ]
    shapes = [{n: tuple(map(int, t.shape)) for n, t in _parameters(layer).items()} for layer in layers]
    conv, heads, feed, lstm, block, table = (
        layer.initial_parameters(shape, np.random.default_rng(0), None)
        for layer, shape in zip(layers, shapes, strict=True)
    )
    assert np.var(conv["W"]) == pytest.approx(2 / (16 * 9), rel=0.1)
    assert np.var(heads["W_Q"]) == pytest.approx(2 / 128, rel=0.1)
    assert np.var(heads["W_O"]) == pytest.approx(2 / 128, rel=0.1)
    assert np.var(feed["W_1"]) == pytest.approx(2 / 64, rel=0.1)
    assert np.var(feed["W_2"]) == pytest.approx(2 / (128 + 64), rel=0.1)
    assert np.allclose(lstm["U_f"] @ lstm["U_f"].T, np.eye(50))
    assert np.all(lstm["b_f"] == 1)
    assert not lstm["b_i"].any()
    assert np.all(block["gamma_1"] == 1)
    assert not heads["b_Q"].any()
    assert np.var(table["E"]) == pytest.approx(1, rel=0.1)


def _parameters(layer: symnn.Layer) -> dict[str, Tensor]:
    return {name: t for name, t in program_of(layer).inputs.items() if t.role == "parameter"}


def test_a_method_may_be_chosen() -> None:
    net = symnn.Network([FeedForward(100, 100)], cost=None)
    assert np.var(net.initial_parameters(method="normal")["W1_1"]) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Convolution1d(5, 3, 2),
            "Convolution1d: inputs=5: the shape of one example is needed, (channels, length)",
        ),
        (
            lambda: Convolution2d((1, 4, 4), 3, 5),
            "Convolution2d: a window of 5 does not fit into 4 places with padding 0",
        ),
        (lambda: Convolution1d((1, 4), 3, 2, stride=0), "Convolution1d: stride=0: a whole number from 1 on is needed"),
        (
            lambda: Convolution2d((1, 4, 4), 3, (2, 2, 2)),
            "Convolution2d: width=(2, 2, 2): one number for all directions, or 2 of them",
        ),
        (
            lambda: Convolution1d((1, symnn.sizes("n")), 3, 3, stride=2),
            "Convolution1d: (n - 3)/2 is no whole number: write the length as a multiple of 2",
        ),
        (lambda: LayerNorm(3, epsilon=0), "LayerNorm: epsilon=0: a positive number is needed"),
        (lambda: Dropout(3, 1), "Dropout: probability=1: a number from 0 to less than 1 is needed"),
        (lambda: Attention(4, 3), "Attention: inputs=4: the shape of a sequence is needed, (T, d)"),
        (
            lambda: MultiHeadAttention((3, 5), heads=2),
            "MultiHeadAttention: 2 heads do not divide a width of 5: give keys",
        ),
        (lambda: unroll(Dense(2, 2), 3), "is not a cell (subclass symnn.networks.Cell)"),
        (lambda: unroll(LSTMCell(2, 2), 0), "unroll: steps=0: a whole number from 1 on is needed"),
        (lambda: unroll(LSTMCell(2, 2), 2, "lst"), "unroll: unknown outputs 'lst' (did you mean 'last'?)"),
        (lambda: GRUCell(2, 2, reset="never"), "GRUCell: unknown reset 'never' (accepted: after, before)"),
        (Residual, "Residual: one layer at least is needed (subclass symnn.Layer)"),
        (
            lambda: TransformerBlock((3, 4), 2, norm="bfore"),
            "TransformerBlock: unknown norm 'bfore' (did you mean 'before'?)",
        ),
    ],
)
def test_errors_say_what_is_wrong(make: Any, message: str) -> None:
    with pytest.raises(symnn.SymnnError) as caught:
        make()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
