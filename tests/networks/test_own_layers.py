"""Five user-written layers get their gradients from the same rule: against differences of 50 digits, and torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from layers import (
    Attention,
    BatchNorm,
    Convolution,
    LayerNorm,
    PaddedConvolution,
    Residual,
    RowMeans,
    Spread,
    StridedConvolution,
)

import symnn
from symnn.language import Tensor
from symnn.proof import finite_differences

try:
    import torch
except ImportError:
    torch = None

needs_torch = pytest.mark.skipif(torch is None, reason="torch is not installed: pip install 'symnn[torch]'")
EXAMPLES = 4


@dataclass(frozen=True)
class Case:
    """A layer with sizes as numbers and as symbols, what torch calls it, and a network around it."""

    layer: symnn.Layer
    symbolic: symnn.Layer
    in_torch: Callable[..., Any]
    """The layer on one example (on a batch, if it names the example axis): its input, and its parameters by name."""
    around: tuple[symnn.Layer, ...]
    """The layer in its network."""


n, d, h, c, f, taps = symnn.sizes("n d h c f taps")


def _layer_norm(x: Any, gamma: Any, beta: Any) -> Any:
    return torch.nn.functional.layer_norm(x, x.shape, gamma, beta, eps=1e-5)


def _attention(x: Any, W_Q: Any, W_K: Any, W_V: Any) -> Any:
    return torch.nn.functional.scaled_dot_product_attention(x @ W_Q, x @ W_K, x @ W_V)


def _convolution(x: Any, w: Any, b: Any) -> Any:
    return torch.nn.functional.conv1d(x[None], w, b)[0]


def _strided(x: Any, w: Any) -> Any:
    return torch.nn.functional.conv1d(x[None], w, stride=2)[0]


def _padded(x: Any, w: Any) -> Any:
    return torch.nn.functional.conv1d(x[None], w, padding=1)[0]


def _batch_norm(x: Any, gamma: Any, beta: Any) -> Any:
    return torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-5)


def _residual(x: Any, W: Any, U: Any, b: Any) -> Any:
    return x + U @ torch.relu(W @ x + b)


CASES = {
    "layer norm": Case(LayerNorm(5), LayerNorm(d), _layer_norm, (LayerNorm(5),)),
    "attention": Case(
        Attention(4, 3, 2, 3),
        Attention(n, d, h, f),
        _attention,
        (Spread(5, 4, 3), Attention(4, 3, 2, 3), RowMeans(4, 3)),
    ),
    "convolution": Case(
        Convolution(2, 7, 3, 4),
        Convolution(c, n, f, taps),
        _convolution,
        (Spread(5, 2, 7), Convolution(2, 7, 3, 4), RowMeans(3, 4)),
    ),
    "strided convolution": Case(
        StridedConvolution(2, 3, 4),
        StridedConvolution(c, n, f),
        _strided,
        (Spread(5, 2, 7), StridedConvolution(2, 3, 4), RowMeans(4, 3)),
    ),
    "padded convolution": Case(
        PaddedConvolution(2, 5, 3),
        PaddedConvolution(c, n, f),
        _padded,
        (Spread(5, 2, 5), PaddedConvolution(2, 5, 3), RowMeans(3, 5)),
    ),
    "batch norm": Case(BatchNorm(5), BatchNorm(d), _batch_norm, (BatchNorm(5),)),
    "residual block": Case(Residual(5, 6), Residual(d, h), _residual, (Residual(5, 6),)),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
every_size = pytest.mark.parametrize("symbolic", [False, True], ids=["numbers", "symbols"])


def shape_of(sizes: Any) -> tuple[Any, ...]:
    return tuple(sizes) if isinstance(sizes, tuple) else (sizes,)


def program_of(layer: symnn.Layer) -> symnn.Program:
    lead = (symnn.examples,) if layer.batched else ()
    return symnn.Program(layer.equations(Tensor("x", (*lead, *shape_of(layer.inputs)), "input")))


def values_of(program: symnn.Program, seed: int, scale: float = 0.8) -> dict[str, Any]:
    """Return random arrays for the inputs of a program whose sizes are numbers (but for the examples)."""
    random = np.random.default_rng(seed)
    return {
        name: random.normal(scale=scale, size=[int(size.subs(symnn.examples, EXAMPLES)) for size in tensor.shape])
        for name, tensor in sorted(program.inputs.items())
    }


def bare(case: Case, symbolic: bool) -> tuple[symnn.Gradient, dict[str, Any], np.ndarray]:
    """Return the layer's own gradient, values for it, and an upstream adjoint."""
    numbers = program_of(case.layer)
    program = program_of(case.symbolic) if symbolic else numbers
    values = values_of(numbers, seed=1)
    output = program.equations[-1].tensor.name
    gradient = symnn.gradient(program, of=output, wrt=list(program.inputs), upstream="upstream")
    shape = [int(s.subs(symnn.examples, EXAMPLES)) for s in numbers.find(output).shape]
    return gradient, values, np.random.default_rng(2).normal(size=shape)


def network_of(case: Case) -> symnn.Network:
    first, last = shape_of(case.around[0].inputs)[0], shape_of(case.around[-1].outputs)[0]
    return symnn.Network(
        [symnn.Dense(3, first, "tanh"), *case.around, symnn.Dense(last, 2, "sigmoid")], cost="quadratic", l2=0.01
    )


def batch_of(net: symnn.Network) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    parameters = {name: random.normal(scale=0.8, size=shape) for name, shape in net.parameters.items()}
    return parameters, random.normal(size=(EXAMPLES, 3)), random.uniform(size=(EXAMPLES, 2))


def relative(found: Any, expected: Any) -> float:
    """Return the largest error relative to the largest component."""
    expected = np.asarray(expected)
    assert np.shape(found) == expected.shape
    if not expected.any():
        return float(np.max(np.abs(found)))
    return float(np.max(np.abs(found - expected)) / np.max(np.abs(expected)))


@every_case
@every_size
def test_the_layer_alone_agrees_with_differences(case: Case, symbolic: bool) -> None:
    gradient, values, upstream = bare(case, symbolic)
    expected = finite_differences(program_of(case.layer), values, gradient.of, list(values), upstream=upstream)
    _, found = gradient.compile()(**values, upstream=upstream)
    for name in values:
        assert relative(found[name], expected[name]) < 1e-12, name


@needs_torch
@every_case
@every_size
def test_the_layer_alone_agrees_with_torch(case: Case, symbolic: bool) -> None:
    gradient, values, upstream = bare(case, symbolic)
    value, found = gradient.compile()(**values, upstream=upstream)
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in values.items()}
    output = case.in_torch(**tensors)
    output.backward(torch.tensor(upstream))
    if value is not None:
        assert np.max(np.abs(value - output.detach().numpy())) < 1e-10
    for name, tensor in tensors.items():
        assert np.max(np.abs(found[name] - tensor.grad.numpy())) < 1e-10, name


@every_case
def test_a_network_with_the_layer_agrees_with_differences(case: Case) -> None:
    net = network_of(case)
    parameters, X, Y = batch_of(net)
    gradient = net.gradient()
    _, found = gradient.compile()(parameters, X, Y)
    expected = finite_differences(
        gradient.batched,
        {**parameters, "x": X, "y": Y},
        "C",
        list(parameters),
        entries={name: list(np.ndindex(np.shape(a)))[:: max(1, np.size(a) // 5)] for name, a in parameters.items()},
        digits=30,
    )
    for name, differences in expected.items():
        looked_at = ~np.isnan(differences.astype(float))
        off = np.abs(found[name][looked_at] - differences[looked_at])
        assert np.max(off) < 1e-12 * max(np.max(np.abs(found[name])), 1e-3), name


@needs_torch
@every_case
def test_a_network_with_the_layer_agrees_with_torch(case: Case) -> None:
    net = network_of(case)
    parameters, X, Y = batch_of(net)
    cost, found = net.gradient().compile()(parameters, X, Y)
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in parameters.items()}
    a = torch.tensor(X)
    for number, layer in enumerate(net.layers, 1):
        own = {name: tensors[made] for made, name in net._built.owners[number - 1].items()}
        a = apply_in_torch(case, layer, a, own)
    total = ((a - torch.tensor(Y)) ** 2).sum() / 2 / len(X)
    total = total + 0.005 * sum((t**2).sum() for t in tensors.values() if t.ndim > 1)
    total.backward()
    assert abs(cost - total.item()) < 1e-10
    for name, tensor in tensors.items():
        assert np.max(np.abs(found[name] - tensor.grad.numpy())) < 1e-10, name


def apply_in_torch(case: Case, layer: symnn.Layer, a: Any, own: dict[str, Any]) -> Any:
    if isinstance(layer, symnn.Dense):
        return {"tanh": torch.tanh, "sigmoid": torch.sigmoid}[layer.activation.name](a @ own["W"].T + own["b"])
    if isinstance(layer, Spread):
        return torch.einsum("iek,nk->nie", own["W"], a)
    if isinstance(layer, RowMeans):
        return a.mean(dim=-1)
    if layer.batched:
        return case.in_torch(a, **own)
    return torch.stack([case.in_torch(row, **own) for row in a])


@every_case
def test_float32_stays_float32(case: Case) -> None:
    net = network_of(case)
    parameters, X, Y = batch_of(net)
    cost, single = net.gradient().compile(dtype="float32")(parameters, X, Y)
    double_cost, double = net.gradient().compile()(parameters, X, Y)
    assert abs(cost - double_cost) < 1e-5 * abs(double_cost)
    for name in parameters:
        assert single[name].dtype == np.float32, name
        assert relative(single[name], double[name]) < 1e-4, name
    gradient, values, upstream = bare(case, symbolic=True)
    value, slopes = gradient.compile(dtype="float32")(**values, upstream=upstream)
    assert value is None or value.dtype == np.float32
    assert {array.dtype for array in slopes.values()} == {np.dtype(np.float32)}


@every_case
def test_one_layer_gets_the_same_gradient_with_symbols_for_sizes(case: Case) -> None:
    (one, values, upstream), (other, _, _) = bare(case, symbolic=False), bare(case, symbolic=True)
    expected = one.compile()(**values, upstream=upstream)[1]
    found = other.compile()(**values, upstream=upstream)[1]
    for name in values:
        assert relative(found[name], expected[name]) < 1e-13, name


@every_case
def test_every_view_can_be_written(case: Case) -> None:
    for gradient in (bare(case, symbolic=True)[0], network_of(case).gradient()):
        for view in ("matrix", "index"):
            assert "Backward" in gradient.text(view=view)
            assert "align" in gradient.latex(view=view)


def test_a_convolution_has_no_matrix_form_and_says_so() -> None:
    text = bare(CASES["convolution"], symbolic=True)[0].text()
    assert "(index form: no matrix form)" in text


def test_attention_has_its_matrix_form() -> None:
    text = bare(CASES["attention"], symbolic=True)[0].text()
    assert "softmax" in text
    assert "no matrix form" not in text
