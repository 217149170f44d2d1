"""Every layer of `symnn.networks` against torch: forward, and the gradients of inputs and parameters, for a batch.

Both have the same weights, of random shapes, in float64; torch differentiates in its own way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import symnn
from symnn import networks
from symnn.calculus import batch_program, differentiate
from symnn.compiling import compile_program
from symnn.language import Program, Tensor, examples
from symnn.networks import (
    Attention,
    AveragePooling1d,
    AveragePooling2d,
    BatchNorm,
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
    MaxPooling1d,
    MaxPooling2d,
    MultiHeadAttention,
    RecurrentCell,
    Residual,
    RMSNorm,
    TransformerBlock,
    Unrolled,
    unroll,
)

torch = pytest.importorskip("torch")
functional = torch.nn.functional

EXAMPLES = 3
SEEDS = range(3)

InTorch = Callable[..., Any]
"""A layer in torch, on a batch: its input x, its other inputs and its parameters, all by name."""


@dataclass(frozen=True)
class Case:
    """A layer, and the same in torch."""

    layer: symnn.Layer
    in_torch: InTorch
    data: Mapping[str, Callable[[tuple[int, ...]], Any]] = field(default_factory=dict)
    """What is given beside real numbers, by name and from its shape: nothing is differentiated by it."""


class Sizes:
    """Random sizes, and choices between what is given."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)

    def __call__(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def one_of(self, *given: Any) -> Any:
        return given[self(0, len(given) - 1)]


def dense(size: Sizes) -> Case:
    return Case(Dense(size(1, 5), size(1, 4), "tanh"), lambda x, W, b: torch.tanh(functional.linear(x, W, b)))


def convolution_1d(size: Sizes) -> Case:
    width, stride, padding = size(1, 4), size(1, 3), size(0, 2)
    layer = Convolution1d((size(1, 3), size(5, 9)), size(1, 3), width, stride, padding)
    return Case(layer, lambda x, W, b: functional.conv1d(x, W, b, stride, padding))


def convolution_2d(size: Sizes) -> Case:
    width, stride, padding = (size(1, 3), size(1, 3)), (size(1, 2), size(1, 3)), (size(0, 1), size(0, 1))
    layer = Convolution2d((size(1, 3), size(4, 7), size(4, 7)), size(1, 3), width, stride, padding, "relu")
    return Case(layer, lambda x, W, b: torch.relu(functional.conv2d(x, W, b, stride, padding)))


def max_pooling_1d(size: Sizes) -> Case:
    width, stride = size(1, 4), size.one_of(None, 1, 2, 3)
    layer = MaxPooling1d((size(1, 3), size(5, 9)), width, stride)
    return Case(layer, lambda x: functional.max_pool1d(x, width, stride))


def max_pooling_2d(size: Sizes) -> Case:
    width, stride = (size(1, 3), size(1, 3)), size.one_of(None, (1, 2), (2, 2))
    layer = MaxPooling2d((size(1, 3), size(4, 7), size(4, 7)), width, stride)
    return Case(layer, lambda x: functional.max_pool2d(x, width, stride))


def average_pooling_1d(size: Sizes) -> Case:
    width, stride = size(1, 4), size.one_of(None, 1, 2, 3)
    layer = AveragePooling1d((size(1, 3), size(5, 9)), width, stride)
    return Case(layer, lambda x: functional.avg_pool1d(x, width, stride))


def average_pooling_2d(size: Sizes) -> Case:
    width, stride = (size(1, 3), size(1, 3)), size.one_of(None, (1, 2), (2, 2))
    layer = AveragePooling2d((size(1, 3), size(4, 7), size(4, 7)), width, stride)
    return Case(layer, lambda x: functional.avg_pool2d(x, width, stride))


def recurrent_cell(size: Sizes) -> Case:
    inputs, outputs = size(1, 4), size(1, 4)
    cell = torch.nn.RNNCell(inputs, outputs, dtype=torch.float64)

    def run(x: Any, h_0: Any, **own: Any) -> Any:
        return torch.func.functional_call(cell, recurrent_weights(own, [""]), (x, h_0))

    return Case(RecurrentCell(inputs, outputs), run)


def lstm_cell(size: Sizes) -> Case:
    inputs, outputs = size(1, 4), size(1, 4)
    cell = torch.nn.LSTMCell(inputs, outputs, dtype=torch.float64)

    def run(x: Any, h_0: Any, c_0: Any, **own: Any) -> Any:
        return torch.func.functional_call(cell, recurrent_weights(own, LSTM_GATES), (x, (h_0, c_0)))[0]

    return Case(LSTMCell(inputs, outputs), run)


def gru_cell(size: Sizes) -> Case:
    inputs, outputs = size(1, 4), size(1, 4)
    cell = torch.nn.GRUCell(inputs, outputs, dtype=torch.float64)

    def run(x: Any, h_0: Any, **own: Any) -> Any:
        return torch.func.functional_call(cell, recurrent_weights(own, GRU_GATES), (x, h_0))

    return Case(GRUCell(inputs, outputs), run)


def gru_cell_with_reset_before(size: Sizes) -> Case:
    """As in the paper; torch has no such cell, and is given its formulas."""

    def run(x: Any, h_0: Any, **p: Any) -> Any:
        r = torch.sigmoid(x @ p["W_r"].T + h_0 @ p["U_r"].T + p["b_r"])
        u = torch.sigmoid(x @ p["W_u"].T + h_0 @ p["U_u"].T + p["b_u"])
        n = torch.tanh(x @ p["W_n"].T + (r * h_0) @ p["U_n"].T + p["b_n"])
        return torch.lerp(n, h_0, u)

    return Case(GRUCell(size(1, 4), size(1, 4), reset="before"), run)


LSTM_GATES, GRU_GATES = ["_i", "_f", "_g", "_o"], ["_r", "_u", "_n"]


def recurrent_weights(own: dict[str, Any], gates: list[str], ending: str = "") -> dict[str, Any]:
    """Return torch's weights: the gates one below the other, and a second bias that only a GRU's candidate has."""
    second = [own.get(f"d{gate}", torch.zeros_like(own[f"b{gate}"])) for gate in gates]
    return {
        f"weight_ih{ending}": torch.cat([own[f"W{gate}"] for gate in gates]),
        f"weight_hh{ending}": torch.cat([own[f"U{gate}"] for gate in gates]),
        f"bias_ih{ending}": torch.cat([own[f"b{gate}"] for gate in gates]),
        f"bias_hh{ending}": torch.cat(second),
    }


def unrolled(make: type[Cell], module: Any, gates: list[str], outputs: str, initial: str) -> Callable[[Sizes], Case]:
    def build(size: Sizes) -> Case:
        inputs, hidden, steps = size(1, 3), size(1, 3), size(2, 4)
        whole = module(inputs, hidden, batch_first=True, dtype=torch.float64)

        def run(x: Any, **own: Any) -> Any:
            start = [own.pop(name) for name in ("h_0", "c_0") if name in own]
            start = [s.expand(len(x), hidden)[None] for s in start]
            states = () if not start else (start[0],) if len(start) == 1 else (tuple(start),)
            weights = recurrent_weights(own, gates, "_l0")
            made, _ = torch.func.functional_call(whole, weights, (x, *states))
            return made if outputs == "all" else made[:, -1]

        return Case(unroll(make(inputs, hidden), steps, outputs, initial), run)

    return build


def embedding(size: Sizes) -> Case:
    vocabulary = size(3, 8)
    layer = Embedding(vocabulary, size(1, 4), size(2, 6))
    return Case(
        layer,
        lambda x, E: functional.embedding(x, weight=E),
        {"x": lambda shape: size.random.integers(vocabulary, size=shape)},
    )


def layer_norm(size: Sizes) -> Case:
    d = size(2, 5)
    shape = size.one_of(d, (size(1, 4), d))
    return Case(LayerNorm(shape), lambda x, gamma, beta: functional.layer_norm(x, (d,), gamma, beta, 1e-5))


def rms_norm(size: Sizes) -> Case:
    d = size(2, 5)
    shape = size.one_of(d, (size(1, 4), d))
    return Case(RMSNorm(shape, 1e-3), lambda x, gamma: functional.rms_norm(x, (d,), gamma, 1e-3))


def batch_norm(size: Sizes) -> Case:
    shape = size.one_of(size(1, 5), (size(1, 3), size(2, 4)), (size(1, 3), size(2, 4), size(2, 4)))

    def run(x: Any, gamma: Any, beta: Any) -> Any:
        return functional.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-5)

    return Case(BatchNorm(shape), run)


def dropout(size: Sizes) -> Case:
    """The mask is what torch draws: seen by what it does to ones."""
    shape, p = size.one_of(size(2, 5), (size(1, 4), size(2, 5))), size.one_of(0.2, 0.5, 0.75)

    def in_torch(x: Any, r: Any = None) -> Any:
        torch.manual_seed(1)
        return functional.dropout(x, p)

    def mask(shape: tuple[int, ...]) -> Any:
        return (in_torch(torch.ones(shape, dtype=torch.float64)) > 0).double().numpy()

    return Case(Dropout(shape, p), in_torch, {"r": mask})


def attention(causal: bool, bias: bool) -> Callable[[Sizes], Case]:
    def build(size: Sizes) -> Case:
        layer = Attention((size(2, 5), size(1, 5)), size(1, 4), size(1, 4), causal=causal, use_bias=bias)

        def run(x: Any, W_Q: Any, W_K: Any, W_V: Any, b_Q: Any = 0, b_K: Any = 0, b_V: Any = 0) -> Any:
            Q, K, V = x @ W_Q + b_Q, x @ W_K + b_K, x @ W_V + b_V
            return functional.scaled_dot_product_attention(Q, K, V, is_causal=causal)

        return Case(layer, run)

    return build


def multi_head_attention(causal: bool, bias: bool) -> Callable[[Sizes], Case]:
    def build(size: Sizes) -> Case:
        T, heads = size(2, 5), size(1, 3)
        d = heads * size(1, 3)
        whole = torch.nn.MultiheadAttention(d, heads, bias=bias, batch_first=True, dtype=torch.float64)
        mask = torch.triu(torch.ones(T, T, dtype=torch.bool), 1) if causal else None

        def run(x: Any, **own: Any) -> Any:
            arguments = {"need_weights": False, "attn_mask": mask}
            return torch.func.functional_call(whole, attention_weights(own, bias), (x, x, x), arguments)[0]

        return Case(MultiHeadAttention((T, d), heads, causal=causal, use_bias=bias), run)

    return build


def attention_weights(own: dict[str, Any], bias: bool = True, before: str = "") -> dict[str, Any]:
    """Return torch's weights: the heads of Q, K and V one below the other, transposed."""
    projections = [own[f"W_{letter}"].transpose(1, 2).flatten(0, 1) for letter in "QKV"]
    weights = {"in_proj_weight": torch.cat(projections), "out_proj.weight": own["W_O"].flatten(0, 1).T}
    if bias:
        weights["in_proj_bias"] = torch.cat([own[f"b_{letter}"].flatten() for letter in "QKV"])
        weights["out_proj.bias"] = own["b_O"]
    return {f"{before}{name}": weight for name, weight in weights.items()}


def feed_forward(size: Sizes) -> Case:
    d, name = size(1, 5), size.one_of("relu", "gelu")
    layer = FeedForward(size.one_of(d, (size(1, 4), d)), size.one_of(None, 3), name)

    def run(x: Any, W_1: Any, b_1: Any, W_2: Any, b_2: Any) -> Any:
        hidden = {"relu": functional.relu, "gelu": functional.gelu}[name](functional.linear(x, W_1.T, b_1))
        return functional.linear(hidden, W_2.T, b_2)

    return Case(layer, run)


def residual(size: Sizes) -> Case:
    d = size(1, 5)

    def run(x: Any, W: Any, b: Any) -> Any:
        return x + torch.sigmoid(functional.linear(x, W, b))

    return Case(Residual(Dense(d, d)), run)


def residual_of_two(size: Sizes) -> Case:
    channels, length = size(1, 3), size(4, 7)
    inner = Convolution1d((channels, length), 2, 3, padding=1, activation="relu")

    def run(x: Any, W_1: Any, b_1: Any, W_2: Any, b_2: Any) -> Any:
        hidden = functional.relu(functional.conv1d(x, W_1, b_1, padding=1))
        return x + functional.conv1d(hidden, W_2, b_2, padding=1)

    return Case(Residual(inner, Convolution1d((2, length), channels, 3, padding=1)), run)


def residual_of_batch_norm(size: Sizes) -> Case:
    normed = batch_norm(size)
    return Case(Residual(normed.layer), lambda x, **own: x + normed.in_torch(x, **own))


def transformer_block(norm: str, causal: bool, activation: str) -> Callable[[Sizes], Case]:
    def build(size: Sizes) -> Case:
        T, heads, hidden = size(2, 4), size(1, 2), size(2, 5)
        d = heads * size(2, 3)
        options = {"dropout": 0.0, "batch_first": True, "norm_first": norm == "before", "dtype": torch.float64}
        whole = torch.nn.TransformerEncoderLayer(d, heads, hidden, activation=activation, **options)
        mask = torch.triu(torch.ones(T, T, dtype=torch.bool), 1) if causal else None

        def run(x: Any, **own: Any) -> Any:
            weights = attention_weights(own, before="self_attn.")
            for n in (1, 2):
                weights |= {f"linear{n}.weight": own[f"W_{n}"].T, f"linear{n}.bias": own[f"b_{n}"]}
                weights |= {f"norm{n}.weight": own[f"gamma_{n}"], f"norm{n}.bias": own[f"beta_{n}"]}
            return torch.func.functional_call(whole, weights, (x,), {"src_mask": mask})

        return Case(TransformerBlock((T, d), heads, hidden, norm, causal, activation), run)

    return build


CASES: dict[str, Callable[[Sizes], Case]] = {
    "dense": dense,
    "convolution 1d": convolution_1d,
    "convolution 2d": convolution_2d,
    "max pooling 1d": max_pooling_1d,
    "max pooling 2d": max_pooling_2d,
    "average pooling 1d": average_pooling_1d,
    "average pooling 2d": average_pooling_2d,
    "recurrent cell": recurrent_cell,
    "LSTM cell": lstm_cell,
    "GRU cell": gru_cell,
    "GRU cell, reset before": gru_cell_with_reset_before,
    "unrolled recurrent cell": unrolled(RecurrentCell, torch.nn.RNN, [""], "last", "zero"),
    "unrolled LSTM": unrolled(LSTMCell, torch.nn.LSTM, LSTM_GATES, "last", "zero"),
    "unrolled LSTM, all outputs": unrolled(LSTMCell, torch.nn.LSTM, LSTM_GATES, "all", "parameter"),
    "unrolled GRU, all outputs": unrolled(GRUCell, torch.nn.GRU, GRU_GATES, "all", "input"),
    "embedding": embedding,
    "layer norm": layer_norm,
    "RMS norm": rms_norm,
    "batch norm": batch_norm,
    "dropout": dropout,
    "attention": attention(causal=False, bias=False),
    "causal attention": attention(causal=True, bias=True),
    "multi-head attention": multi_head_attention(causal=False, bias=True),
    "causal multi-head attention": multi_head_attention(causal=True, bias=False),
    "feed-forward": feed_forward,
    "residual": residual,
    "residual of two layers": residual_of_two,
    "residual of batch norm": residual_of_batch_norm,
    "transformer block, norm after": transformer_block("after", causal=False, activation="relu"),
    "transformer block, norm before": transformer_block("before", causal=True, activation="gelu"),
}
ABSTRACT = {symnn.Layer, Cell}
"""Base classes: they have no equations."""


def shape_of(given: Any) -> tuple[int, ...]:
    return tuple(map(int, given)) if isinstance(given, tuple | list) else (int(given),)


def arrays_of(case: Case, program: Program, seed: int) -> dict[str, Any]:
    """Return random arrays for the parameters, and for the inputs of a batch."""
    random = np.random.default_rng(seed)
    arrays = {}
    for name, tensor in sorted(program.inputs.items()):
        lead = (EXAMPLES,) if tensor.role == "input" and examples not in tensor.shape else ()
        shape = (*lead, *(int(size.subs(examples, EXAMPLES)) for size in tensor.shape))
        arrays[name] = case.data[name](shape) if name in case.data else random.normal(scale=0.8, size=shape)
    return arrays


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("build", CASES.values(), ids=CASES)
def test_the_layer_agrees_with_torch(build: Callable[[Sizes], Case], seed: int) -> None:
    case = build(Sizes(seed))
    lead = (examples,) if case.layer.batched else ()
    program = Program(case.layer.equations(Tensor("x", (*lead, *shape_of(case.layer.inputs)), "input")))
    arrays = arrays_of(case, program, seed)
    names = [name for name in arrays if name not in case.data]
    output = program.equations[-1].tensor
    upstream = np.random.default_rng(seed + 100).normal(size=(EXAMPLES, *shape_of(case.layer.outputs)))

    derivation = differentiate(program, output.name, names, upstream="upstream")
    gradient = symnn.Gradient(derivation, for_batches=True).compile()
    _, found = gradient(**arrays, upstream=upstream)
    whole = program if program.names_examples else batch_program(program)
    value = compile_program(whole, [output.name])(**arrays)[output.name]

    tensors = {name: torch.tensor(array, requires_grad=name in names) for name, array in arrays.items()}
    expected = case.in_torch(**tensors)
    expected.backward(torch.tensor(upstream))
    assert np.max(np.abs(value - expected.detach().numpy())) < 1e-10
    for name in names:
        slope = tensors[name].grad
        assert found[name].shape == tuple(slope.shape), name
        assert np.max(np.abs(found[name] - slope.numpy())) < 1e-10, name


def test_every_layer_has_a_comparison_with_torch() -> None:
    exported = {made for made in vars(networks).values() if isinstance(made, type) and issubclass(made, symnn.Layer)}
    compared = {type(build(Sizes(0)).layer) for build in CASES.values()}
    missing = {made.__name__ for made in exported - compared - ABSTRACT}
    assert not missing, f"no comparison with torch: {', '.join(sorted(missing))}"
    assert Unrolled in compared
