"""One training step (gradient and update) of symnn beside NumPy written by hand: a script, not a test.

    taskset -c 0 python tests/benchmarks/step.py

Blocks of steps of both alternate in one process, on one thread; the ratio is the median over the pairs
of blocks. The hand-written step computes no cost, as none is needed; symnn's step returns it.
Where torch or JAX can be imported, their steps are timed as well.
"""

from __future__ import annotations

import os

for _library in ("OPENBLAS", "OMP", "MKL", "NUMEXPR"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"

import argparse  # noqa: E402 - threads are fixed before NumPy is loaded
import importlib.util  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402

import symnn  # noqa: E402
from symnn.training.step import compile_step  # noqa: E402

NETWORKS = (
    ("2-2-1", 4, "float64"),
    ("2-8-8-1", 32, "float64"),
    ("64-30-10", 32, "float32"),
    ("784-30-10", 10, "float32"),
    ("784-128-10", 128, "float32"),
    ("784-512-512-10", 256, "float32"),
)
LEARNING_RATE = 0.01
GOAL = 1.15


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def by_hand(parameters: list[Any], X: Any, Y: Any, eta: Any) -> list[Any]:
    """One step of a network of sigmoids with quadratic cost, as one writes it in NumPy."""
    m, depth = len(X), len(parameters) // 2
    activations = [X]
    for layer in range(depth):
        activations.append(sigmoid(activations[-1] @ parameters[2 * layer].T + parameters[2 * layer + 1]))
    a = activations[-1]
    delta = (a - Y) * a * (1 - a)
    new = list(parameters)
    for layer in reversed(range(depth)):
        W, a = parameters[2 * layer], activations[layer]
        new[2 * layer] = W - eta * (delta.T @ a / m)
        new[2 * layer + 1] = parameters[2 * layer + 1] - eta * (delta.sum(axis=0) / m)
        if layer:
            delta = (delta @ W) * a * (1 - a)
    return new


def steps_of(architecture: str, batch: int, dtype: str) -> dict[str, Callable[[], Any]]:
    """Return a function for each contender: one step, from the same arrays."""
    net = symnn.mlp(architecture)
    first = {name: value.astype(dtype) for name, value in net.initial_parameters(seed=0).items()}
    random = np.random.default_rng(0)
    sizes = [int(size) for size in architecture.split("-")]
    X = random.uniform(size=(batch, sizes[0])).astype(dtype)
    Y = random.uniform(size=(batch, sizes[-1])).astype(dtype)
    eta, values = np.dtype(dtype).type(LEARNING_RATE), list(first.values())
    step = compile_step(net, symnn.SGD(LEARNING_RATE), dtype)
    carried = step.start(first, dtype)
    new = step(carried, X, Y)[1]
    for mine, theirs in zip(new.values(), by_hand(values, X, Y, eta), strict=True):
        assert mine.dtype == theirs.dtype == dtype
        np.testing.assert_allclose(mine, theirs, rtol=1e-4 if dtype == "float32" else 1e-12, atol=1e-6)
    made = {"by hand": lambda: by_hand(values, X, Y, eta), "symnn": lambda: step(carried, X, Y)}
    if importlib.util.find_spec("torch"):
        made["torch"] = torch_step(values, X, Y)
    if importlib.util.find_spec("jax"):
        made["JAX"] = jax_step(values, X, Y, dtype)
    return made


def torch_step(values: list[Any], X: Any, Y: Any) -> Callable[[], Any]:
    import torch

    torch.set_num_threads(1)
    parameters = [torch.tensor(value, requires_grad=True) for value in values]
    inputs, targets = torch.tensor(X), torch.tensor(Y)

    def step() -> Any:
        a = inputs
        for W, b in zip(parameters[::2], parameters[1::2], strict=True):
            a = torch.sigmoid(a @ W.T + b)
        cost = ((a - targets) ** 2).sum() / (2 * len(inputs))
        slopes = torch.autograd.grad(cost, parameters)
        with torch.no_grad():
            return [p - LEARNING_RATE * slope for p, slope in zip(parameters, slopes, strict=True)]

    return step


def jax_step(values: list[Any], X: Any, Y: Any, dtype: str) -> Callable[[], Any]:
    import jax

    jax.config.update("jax_enable_x64", dtype == "float64")
    parameters, inputs, targets = [jax.numpy.asarray(v) for v in values], jax.numpy.asarray(X), jax.numpy.asarray(Y)

    def cost(parameters: Any) -> Any:
        a = inputs
        for W, b in zip(parameters[::2], parameters[1::2], strict=True):
            a = jax.nn.sigmoid(a @ W.T + b)
        return ((a - targets) ** 2).sum() / (2 * len(inputs))

    @jax.jit
    def step(parameters: Any) -> Any:
        return [p - LEARNING_RATE * g for p, g in zip(parameters, jax.grad(cost)(parameters), strict=True)]

    return lambda: jax.block_until_ready(step(parameters))


def measure(steps: dict[str, Callable[[], Any]], seconds: float) -> dict[str, list[float]]:
    """Return the times of a step of each contender in microseconds: a list, with one entry for each block."""
    for step in steps.values():
        step()
    if not steps:
        return {}
    names = list(steps)
    once = min(timed(steps[names[0]], 1) for _ in range(3))
    calls = max(1, int(2e-3 / once))
    times: dict[str, list[float]] = {name: [] for name in steps}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[names[0]]) < 7:
        for name in names:
            times[name].append(1e6 * timed(steps[name], calls) / calls)
        names.reverse()
    return times


def timed(step: Callable[[], Any], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        step()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each network")
    seconds = parser.parse_args().seconds
    others = (name for name, module in (("torch", "torch"), ("JAX", "jax")) if importlib.util.find_spec(module))
    contenders = ["by hand", "symnn", *others]
    heads = "".join(f"{name:>10}" for name in contenders)
    print(f"{'one step, µs (medians)':34}{heads}{'symnn / by hand':>18}")
    for architecture, batch, dtype in NETWORKS:
        steps = steps_of(architecture, batch, dtype)
        pair = {name: steps.pop(name) for name in ("by hand", "symnn")}
        # The others are timed after the pair: what they leave in the caches would be paid for by the next.
        times = measure(pair, seconds) | measure(steps, seconds / 4)
        medians = [statistics.median(times[name]) for name in contenders]
        ratio = statistics.median(mine / theirs for mine, theirs in zip(times["symnn"], times["by hand"], strict=True))
        label = f"{architecture}, {batch}, {dtype}"
        late = "" if ratio <= GOAL else f"  more than {GOAL}"
        print(label.ljust(34) + "".join(f"{time:10.1f}" for time in medians) + f"{ratio:18.2f}{late}", flush=True)


if __name__ == "__main__":
    main()
