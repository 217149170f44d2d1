"""The pages that the tests of pages look at: networks, programs and formulas of different kinds."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from sympy import Sum, exp, sqrt

import symnn
from symnn.gradients import Gradient
from symnn.language import Equation, LogSumExp, Program, tensor
from symnn.networks import LSTMCell, Network, TransformerBlock, unroll
from symnn.teaching.page import page


def attention() -> Gradient:
    """Return the gradient of a head of attention, written as a program of one's own."""
    n, d, e = symnn.sizes("n d e")
    i, j, k, o = symnn.index("i", n), symnn.index("j", n), symnn.index("k", d), symnn.index("l", e)
    queries, keys, values = tensor("Q", (n, d), "input"), tensor("K", (n, d), "input"), tensor("V", (n, e), "input")
    scores, total, weights, out = tensor("S", (n, n)), tensor("L", n), tensor("P", (n, n)), tensor("O", (n, e))
    program = Program(
        [
            Equation(scores[i, j], Sum(queries[i, k] * keys[j, k], k) / sqrt(d)),
            Equation(total[i], LogSumExp(scores[i, j], j)),
            Equation(weights[i, j], exp(scores[i, j] - total[i])),
            Equation(out[i, o], Sum(weights[i, j] * values[j, o], j)),
        ]
    )
    return symnn.gradient(program, of="O", wrt=["Q", "K", "V"])


def block() -> Gradient:
    """Return the gradient of a transformer block, by its parameters and its input."""
    program = Program(TransformerBlock((16, 32), heads=4).equations(tensor("x", (16, 32), role="input")))
    wanted = [name for name, known in program.inputs.items() if known.role == "parameter"]
    return symnn.gradient(program, program.equations[-1].tensor.name, [*wanted, "x"])


NETWORKS: dict[str, Callable[[], Network]] = {
    "2-3-1": lambda: symnn.mlp("2-3-1"),
    "softmax": lambda: symnn.mlp("4-5-3", activation=["relu", "softmax"], cost="cross_entropy"),
    "LSTM cell": lambda: Network([unroll(LSTMCell(2, 3), steps=1)], cost="quadratic"),
    "784-30-10": lambda: symnn.mlp("784-30-10"),
}
PROGRAMS: dict[str, Callable[[], Gradient]] = {
    "attention": attention,
    "formula": lambda: symnn.diff("log(det(S)) + (x-m)'*inv(S)*(x-m)", wrt=["S", "x"], symmetric="S"),
    "transformer block": block,
}
SUBJECTS = (*NETWORKS, *PROGRAMS)


@cache
def page_of(name: str) -> str:
    """Return a subject's page."""
    if name in PROGRAMS:
        return page(PROGRAMS[name]())
    network = NETWORKS[name]()
    return page(network.gradient(), network=network)
