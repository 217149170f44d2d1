"""Hessians by symnn beside JAX (jit) and PyTorch: of the quadratic form xᵀAx, and of a 10-8-1 network.

    python tests/benchmarks/hessian.py

float64, on one core; agreement is checked before anything is timed. symnn derives the Hessian as equations, JAX and
PyTorch differentiate their own program twice. A ratio is symnn's time over theirs, with a bootstrap interval of 95 %.

Source: Laue, Mitterreiter, Giesen, Computing higher order derivatives of matrix and tensor expressions, NeurIPS 2018:
there, the quadratic form shows how far derivatives of derivatives are from the Hessian as one writes it.
"""

from __future__ import annotations

import pinned  # isort: skip - before everything else

import argparse
import datetime
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from measuring import paired
from sympy import Sum

import symnn
from symnn.calculus import batch_program

SIZES = (10, 100, 1000)
ARCHITECTURE, EXAMPLES = "10-8-1", 32


@dataclass(frozen=True)
class Case:
    """A scalar of several arrays: symnn's Hessian as a function without arguments, and the scalar for the others.

    Attributes:
        title: what it is.
        ours: returns the blocks, one for each pair of arrays, row by row.
        at: the arrays that it is differentiated by.
        scalar: the scalar, of these and the fixed ones.
        fixed: the others.
    """

    title: str
    ours: Callable[[], Any]
    at: tuple[Any, ...]
    scalar: Callable[..., Any]
    fixed: tuple[Any, ...]


def quadratic_form(n: int) -> Case:
    """xᵀAx, whose Hessian is A + Aᵀ."""
    random = np.random.default_rng(0)
    x, A = random.standard_normal(n), random.standard_normal((n, n))
    i, j = symnn.index("i", n), symnn.index("j", n)
    x_, A_, f_ = symnn.tensor("x", n), symnn.tensor("A", (n, n)), symnn.tensor("f")
    program = symnn.Program([symnn.Equation(f_, Sum(x_[i] * A_[i, j] * x_[j], i, j))])
    function = symnn.hessian(program, "f", "x").compile()
    return Case(f"xᵀAx, n = {n}", lambda: [[function(x=x, A=A)["x", "x"]]], (x,), lambda x, A: x @ A @ x, (A,))


def network(architecture: str, examples: int) -> Case:
    """The mean cost of a network of sigmoids, by all of its parameters."""
    net, sizes = symnn.mlp(architecture), [int(size) for size in architecture.split("-")]
    random = np.random.default_rng(0)
    X, Y = random.standard_normal((examples, sizes[0])), random.uniform(size=(examples, sizes[-1]))
    parameters = {name: random.standard_normal(shape) for name, shape in net.parameters.items()}
    function = symnn.hessian(batch_program(net.program, ["C"]), "C", list(parameters)).compile()
    given = {**parameters, "x": X, "y": Y}

    def ours() -> Any:
        blocks = function(**given)
        return [[blocks[a, b] for b in parameters] for a in parameters]

    def scalar(*arrays: Any) -> Any:
        *theta, X, Y = arrays
        a = X
        for W, b in zip(theta[::2], theta[1::2], strict=True):
            a = 1 / (1 + 2.718281828459045 ** -(a @ W.T + b))
        return ((a - Y) ** 2).sum() / (2 * len(X))

    count = sum(value.size for value in parameters.values())
    title = f"{architecture}, {examples} examples: {count} × {count}"
    return Case(title, ours, tuple(parameters.values()), scalar, (X, Y))


def jax_hessian(case: Case) -> Callable[[], Any]:
    import jax

    jax.config.update("jax_enable_x64", True)
    function = jax.jit(jax.hessian(case.scalar, tuple(range(len(case.at)))))
    arrays = [jax.numpy.asarray(array) for array in (*case.at, *case.fixed)]
    return lambda: jax.block_until_ready(function(*arrays))


def torch_hessian(case: Case) -> Callable[[], Any]:
    import torch

    torch.set_num_threads(1)
    arrays = [torch.tensor(array) for array in (*case.at, *case.fixed)]
    function = torch.func.hessian(case.scalar, tuple(range(len(case.at))))
    return lambda: function(*arrays)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each pair (default 2)")
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="the largest quadratic form (default 1000)")
    parser.add_argument("--network", default=ARCHITECTURE, help=f"(default {ARCHITECTURE})")
    given = parser.parse_args(arguments)
    print(f"{datetime.date.today()} · {pinned.machine()} · one core · float64")
    print(f"{'Hessian, µs':36}{'symnn':>10}{'JAX':>10}{'torch':>10}{'symnn/JAX':>22}{'symnn/torch':>22}")
    cases = [quadratic_form(n) for n in SIZES if n <= given.largest] + [network(given.network, EXAMPLES)]
    for case in cases:
        mine = case.ours()
        ratios = []
        for package, make in (("jax", jax_hessian), ("torch", torch_hessian)):
            if not importlib.util.find_spec(package):
                continue
            theirs = make(case)
            for row, other in zip(mine, theirs(), strict=True):
                for block, same in zip(row, other, strict=True):
                    np.testing.assert_allclose(block, np.asarray(same), rtol=1e-10, atol=1e-12)
            ratios.append(paired(case.ours, theirs, given.seconds))
        times = [f"{ratios[0].mine:10.1f}" if ratios else ""] + [f"{ratio.theirs:10.1f}" for ratio in ratios]
        print(case.title.ljust(36) + "".join(times) + "".join(f"{ratio!s:>22}" for ratio in ratios), flush=True)


if __name__ == "__main__":
    main()
