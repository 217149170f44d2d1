"""Forward and backward of layers beside torch (eager) and JAX (jit): a script, not a test.

    taskset -c 0 python tests/benchmarks/layers.py

Each layer's equations are differentiated by symnn, given an upstream adjoint, and compiled as `Gradient.compile`
does; torch and JAX get the same arrays, weights packed beforehand as they want them, and differentiate their own
layer. Blocks of calls of all contenders alternate in one
process, on one thread; a ratio is the median over the pairs of blocks, below 1 where symnn is faster.
"""

from __future__ import annotations

import os

for _library in ("OPENBLAS", "OMP", "MKL", "NUMEXPR"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"

import argparse  # noqa: E402 - threads are fixed before NumPy is loaded
import importlib.util  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402

import symnn  # noqa: E402
from symnn.compiling import Compiled, compile_program  # noqa: E402
from symnn.networks import Convolution1d, Convolution2d, LSTMCell, MaxPooling2d, MultiHeadAttention, unroll  # noqa: E402

GOAL = 1.5
Call = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """A layer, how many examples it gets, and the same layer in a framework: fn(library, arrays) -> output."""

    label: str
    layer: symnn.Layer
    examples: int
    in_torch: Callable[[dict[str, Any]], Any]
    in_jax: Callable[[dict[str, Any]], Any]
    packed: Callable[[dict[str, Any]], dict[str, Any]] = dict
    """The parameters (or their gradients) as the frameworks want them."""


def conv_torch(stride: int = 1, padding: int = 0) -> Callable[[dict[str, Any]], Any]:
    def run(a: dict[str, Any]) -> Any:
        from torch.nn.functional import conv1d, conv2d

        convolve = conv1d if a["x"].ndim == 3 else conv2d
        return convolve(a["x"], a["W"], a["b"], stride=stride, padding=padding)

    return run


def conv_jax(stride: int = 1, padding: int = 0) -> Callable[[dict[str, Any]], Any]:
    def run(a: dict[str, Any]) -> Any:
        from jax.lax import conv_general_dilated

        rank = a["x"].ndim - 2
        z = conv_general_dilated(a["x"], a["W"], (stride,) * rank, [(padding, padding)] * rank)
        return z + a["b"].reshape(-1, *[1] * rank)

    return run


def pool_torch(a: dict[str, Any]) -> Any:
    from torch.nn.functional import max_pool2d

    return max_pool2d(a["x"], 2)


def pool_jax(a: dict[str, Any]) -> Any:
    import jax

    return jax.lax.reduce_window(a["x"], -np.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")


def attention_packed(a: dict[str, Any]) -> dict[str, Any]:
    """Return the heads of each projection side by side."""
    heads, width, keys = a["W_Q"].shape
    made = {"x": a["x"], "W_O": a["W_O"].reshape(heads * keys, width), "b_O": a["b_O"]}
    for name in "QKV":
        made[f"W_{name}"] = np.ascontiguousarray(a[f"W_{name}"].swapaxes(0, 1).reshape(width, heads * keys))
        made[f"b_{name}"] = a[f"b_{name}"].reshape(-1)
    return made


def attention_torch(heads: int) -> Callable[[dict[str, Any]], Any]:
    def run(a: dict[str, Any]) -> Any:
        from torch.nn.functional import scaled_dot_product_attention

        def projected(name: str) -> Any:
            made = a["x"] @ a[f"W_{name}"] + a[f"b_{name}"]
            return made.view(*a["x"].shape[:2], heads, -1).transpose(1, 2)

        summed = scaled_dot_product_attention(projected("Q"), projected("K"), projected("V"))
        return summed.transpose(1, 2).reshape(a["x"].shape) @ a["W_O"] + a["b_O"]

    return run


def attention_jax(heads: int) -> Callable[[dict[str, Any]], Any]:
    def run(a: dict[str, Any]) -> Any:
        import jax

        def projected(name: str) -> Any:
            made = a["x"] @ a[f"W_{name}"] + a[f"b_{name}"]
            return made.reshape(*a["x"].shape[:2], heads, -1).swapaxes(1, 2)

        Q, K, V = map(projected, "QKV")
        P = jax.nn.softmax(Q @ K.swapaxes(2, 3) / np.sqrt(K.shape[-1]).astype(K.dtype))
        return (P @ V).swapaxes(1, 2).reshape(a["x"].shape) @ a["W_O"] + a["b_O"]

    return run


def lstm_packed(a: dict[str, Any]) -> dict[str, Any]:
    """Return the weights of the four gates as one."""
    return {"x": a["x"], **{name: np.concatenate([a[f"{name}_{gate}"] for gate in "ifgo"]) for name in "WUb"}}


def lstm_torch(a: dict[str, Any]) -> Any:
    import torch

    start = torch.zeros(1, len(a["x"]), a["U"].shape[1], dtype=a["b"].dtype)
    parameters = [a["W"], a["U"], a["b"], torch.zeros_like(a["b"])]
    outputs, *_ = torch.lstm(a["x"], (start, start), parameters, True, 1, 0.0, True, False, batch_first=True)
    return outputs[:, -1]


def lstm_jax(a: dict[str, Any]) -> Any:
    import jax
    import jax.numpy as jnp

    def step(states: Any, x: Any) -> Any:
        h, c = states
        i, f, g, o = jnp.split(x @ a["W"].T + h @ a["U"].T + a["b"], 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    start = jnp.zeros((len(a["x"]), a["U"].shape[1]), a["b"].dtype)
    return jax.lax.scan(step, (start, start), a["x"].swapaxes(0, 1))[0][0]


def attention(tokens: int, width: int, examples: int, heads: int = 4) -> Case:
    label = f"attention, {examples}×{tokens}×{width}, {heads} heads"
    layer = MultiHeadAttention((tokens, width), heads)
    return Case(label, layer, examples, attention_torch(heads), attention_jax(heads), attention_packed)


CASES = (
    Case("convolution 1-d, 32×16×256, 16→16, 9", Convolution1d((16, 256), 16, 9), 32, conv_torch(), conv_jax()),
    Case("convolution 2-d, 16×8×28×28, 8→16, 3×3", Convolution2d((8, 28, 28), 16, 3), 16, conv_torch(), conv_jax()),
    Case(
        "  the same, stride 2, padding 1",
        Convolution2d((8, 28, 28), 16, 3, stride=2, padding=1),
        16,
        conv_torch(2, 1),
        conv_jax(2, 1),
    ),
    Case("max pooling, 16×16×28×28, 2×2", MaxPooling2d((16, 28, 28), 2), 16, pool_torch, pool_jax),
    attention(64, 64, examples=8),
    attention(16, 32, examples=32),
    Case("LSTM, 32 examples, 32 steps, 32→64", unroll(LSTMCell(32, 64), 32), 32, lstm_torch, lstm_jax, lstm_packed),
)


def compiled(layer: symnn.Layer, dtype: str) -> tuple[Compiled, list[str]]:
    """Return the layer with its derivatives by x and all parameters, for a batch, and their names."""
    program = symnn.Program(layer.equations(symnn.tensor("x", layer.inputs, role="input")))
    names = list(program.inputs)
    gradient = symnn.gradient(program, of=program.equations[-1].tensor.name, wrt=names, upstream="upstream")
    value = [gradient.of] if gradient.of in gradient.program.defined else []
    outputs = [*value, *(gradient.gradients[name] for name in names)]
    return compile_program(gradient.batched, outputs, dtype), names


def calls_of(case: Case, dtype: str) -> dict[str, Call]:
    """Return a function for each contender, from the same arrays, after comparing what they compute."""
    function, names = compiled(case.layer, dtype)
    random = np.random.default_rng(0)
    tensors = function.program.tensors
    lead = {symnn.examples: case.examples}
    arrays = {
        name: random.normal(scale=0.3, size=[int(size.subs(lead)) for size in tensors[name].shape]).astype(dtype)
        for name in function.arguments
    }
    made: dict[str, Call] = {"symnn": lambda: function(**arrays)}
    mine = case.packed(dict(zip(names, list(made["symnn"]().values())[-len(names) :], strict=True)))
    upstream = arrays.pop("upstream")
    given = case.packed({name: arrays.get(name, np.zeros(0, dtype)) for name in names})
    arrays["upstream"] = upstream
    if importlib.util.find_spec("torch"):
        made["torch"] = torch_call(case, given, upstream)
        agree(mine, dict(zip(given, (g.numpy() for g in made["torch"]()[1]), strict=True)), dtype)
    if importlib.util.find_spec("jax"):
        made["JAX"] = jax_call(case, given, upstream, dtype)
        agree(mine, {name: np.asarray(g) for name, g in made["JAX"]()[1].items()}, dtype)
    return made


def agree(mine: dict[str, Any], theirs: dict[str, Any], dtype: str) -> None:
    assert mine.keys() == theirs.keys()
    for one, other in ((mine[name], theirs[name]) for name in mine):
        assert one.dtype == other.dtype == dtype, (one.dtype, other.dtype)
        limit = (1e-3 if dtype == "float32" else 1e-11) * max(np.max(np.abs(other)), 1)
        np.testing.assert_allclose(one, other, atol=limit)


def torch_call(case: Case, arrays: dict[str, Any], upstream: Any) -> Call:
    import torch

    torch.set_num_threads(1)
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in arrays.items()}
    adjoint = torch.tensor(upstream)

    def call() -> Any:
        output = case.in_torch(tensors)
        return output.detach(), torch.autograd.grad(output, list(tensors.values()), adjoint)

    return call


def jax_call(case: Case, arrays: dict[str, Any], upstream: Any, dtype: str) -> Call:
    import jax

    jax.config.update("jax_enable_x64", dtype == "float64")
    given = {name: jax.numpy.asarray(array) for name, array in arrays.items()}
    adjoint = jax.numpy.asarray(upstream)

    @jax.jit
    def both(given: Any) -> Any:
        output, back = jax.vjp(case.in_jax, given)
        return output, back(adjoint)[0]

    return lambda: jax.block_until_ready(both(given))


def measure(calls: dict[str, Call], seconds: float) -> dict[str, list[float]]:
    """Return the times of a call of each contender in microseconds, one for each block."""
    repeats = {}
    for name, call in calls.items():
        call()
        repeats[name] = max(1, int(5e-3 / min(timed(call, 1) for _ in range(3))))
    names = list(calls)
    times: dict[str, list[float]] = {name: [] for name in names}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[names[0]]) < 7:
        for name in names:
            times[name].append(1e6 * timed(calls[name], repeats[name]) / repeats[name])
        names.reverse()
    return times


def timed(call: Call, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each layer and type")
    parser.add_argument("--only", default="", help="layers whose label has this in it")
    given = parser.parse_args()
    others = [name for name, module in (("torch", "torch"), ("JAX", "jax")) if importlib.util.find_spec(module)]
    heads = "".join(f"{name:>10}" for name in ("symnn", *others))
    ratios = "".join(f"{'/ ' + name:>10}" for name in others)
    print(f"{'forward and backward, µs (medians)':50}{heads}{ratios}")
    for case in CASES:
        for dtype in ("float32", "float64"):
            if given.only not in case.label:
                continue
            times = measure(calls_of(case, dtype), given.seconds)
            medians = "".join(f"{statistics.median(times[name]):10.0f}" for name in ("symnn", *others))
            pairs = {name: [a / b for a, b in zip(times["symnn"], times[name], strict=True)] for name in others}
            shown = "".join(f"{statistics.median(pairs[name]):10.2f}" for name in others)
            late = f"  more than {GOAL} × torch" if others and statistics.median(pairs[others[0]]) > GOAL else ""
            print(f"{case.label + ', ' + dtype:50}{medians}{shown}{late}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
