"""Programs written by hand for the tests of writing: a sigmoid net with its gradient."""

from __future__ import annotations

from typing import Any

from symnn.calculus.derivation import Derivation
from symnn.language import NAMED, Adjoint, Equation, Program, examples, index, prime, sum_over, tensor

sigmoid = NAMED["sigmoid"]


def sigmoid_net(sizes: tuple[Any, ...] = (2, 3, 1), batch: bool = False) -> Derivation:
    """Return a net of sigmoid layers with quadratic cost, and its gradient."""
    last = len(sizes) - 1
    lead, n = ((examples,), (index("n", examples),)) if batch else ((), ())
    target = tensor("y", (*lead, sizes[-1]), role="target")
    values = {0: tensor("x", (*lead, sizes[0]), role="input")}
    forward, pre = [], {}
    for layer in range(1, last + 1):
        j, k = index("j", sizes[layer]), index("k", sizes[layer - 1])
        pre[layer] = tensor(f"z{layer}", (*lead, sizes[layer]))
        values[layer] = tensor(f"a{layer}", (*lead, sizes[layer]))
        weights, bias = parameter("W", layer, sizes), parameter("b", layer, sizes)
        total = sum_over(weights[j, k] * values[layer - 1][(*n, k)], [k])
        forward.append(Equation(pre[layer][(*n, j)], total + bias[j]))
        forward.append(Equation(values[layer][(*n, j)], sigmoid(pre[layer][(*n, j)])))
    j = index("j", sizes[last])
    residual = values[last][(*n, j)] - target[(*n, j)]
    average = 1 / examples if batch else 1
    forward.append(Equation(tensor("C"), average * sum_over(residual**2, [*n, j]) / 2))
    backward, adjoints = [], {}
    for layer in range(last, 0, -1):
        j, k = index("j", sizes[layer]), index("k", sizes[layer - 1])
        delta = tensor(f"delta{layer}", (*lead, sizes[layer]), role="adjoint")
        behind = residual
        if layer < last:
            above = tensor(f"delta{layer + 1}", (*lead, sizes[layer + 1]), role="adjoint")
            o = index("k", sizes[layer + 1])
            behind = sum_over(parameter("W", layer + 1, sizes)[o, j] * above[(*n, o)], [o])
        backward.append(Equation(delta[(*n, j)], behind * prime(sigmoid)(pre[layer][(*n, j)])))
        outer = delta[(*n, j)] * values[layer - 1][(*n, k)]
        backward.append(Equation(gradient("W", layer, sizes)[j, k], average * sum_over(outer, n)))
        backward.append(Equation(gradient("b", layer, sizes)[j], average * sum_over(delta[(*n, j)], n)))
        adjoints[f"delta{layer}"] = Adjoint("C", f"z{layer}")
        adjoints.update({f"d{letter}{layer}": Adjoint("C", f"{letter}{layer}") for letter in "Wb"})
    program = Program([*forward, *backward], layered=True, adjoints=adjoints)
    wrt = tuple(f"{letter}{layer}" for layer in range(1, last + 1) for letter in "Wb")
    names = tuple(equation.tensor.name for equation in backward)
    return Derivation(program, "C", wrt, {name: f"d{name}" for name in wrt}, names)


def parameter(letter: str, layer: int, sizes: tuple[Any, ...]) -> Any:
    shape = (sizes[layer], sizes[layer - 1]) if letter == "W" else (sizes[layer],)
    return tensor(f"{letter}{layer}", shape, role="parameter")


def gradient(letter: str, layer: int, sizes: tuple[Any, ...]) -> Any:
    return tensor(f"d{letter}{layer}", parameter(letter, layer, sizes).shape, role="adjoint")
