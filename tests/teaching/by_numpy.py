"""The formulas of a table, computed without symnn: their text becomes Python, and gradients come from torch."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")


class Matrix:
    """A matrix whose * is the matrix product and whose % is the product of each entry, with shapes that must fit."""

    def __init__(self, array: Any) -> None:
        made = np.asarray(array, dtype=float)
        self.array = made.reshape(-1, 1) if made.ndim < 2 else made

    @property
    def T(self) -> Matrix:  # noqa: N802
        return Matrix(self.array.T)

    @property
    def is_scalar(self) -> bool:
        return self.array.shape == (1, 1)

    def each(self, other: Any, operation: Any, scalars: bool = True) -> Matrix:
        given = other.array if isinstance(other, Matrix) else np.asarray(other)
        alike = given.shape == self.array.shape or given.ndim == 0
        if not alike and not (scalars and (self.is_scalar or given.shape == (1, 1))):
            raise ValueError(f"{self.array.shape} and {given.shape}")
        return Matrix(operation(self.array, given))

    def __add__(self, other: Any) -> Matrix:
        return self.each(other, np.add, scalars=False)

    def __sub__(self, other: Any) -> Matrix:
        return self.each(other, np.subtract, scalars=False)

    def __mod__(self, other: Any) -> Matrix:
        return self.each(other, np.multiply)

    def __truediv__(self, other: Any) -> Matrix:
        return self.each(other, np.divide)

    def __floordiv__(self, other: Any) -> Matrix:
        return self.each(other, np.divide)

    def __pow__(self, other: Any) -> Matrix:
        return self.each(other, np.power)

    def __mul__(self, other: Any) -> Matrix:
        if other is ONES:
            return Matrix(self.array.sum(axis=1, keepdims=True))
        if not isinstance(other, Matrix) or self.is_scalar or other.is_scalar:
            return self.each(other, np.multiply)
        return Matrix(self.array @ other.array)

    def __rmul__(self, other: float) -> Matrix:
        return Matrix(other * self.array)

    def __radd__(self, other: float) -> Matrix:
        return Matrix(other + self.array)

    def __rsub__(self, other: float) -> Matrix:
        return Matrix(other - self.array)

    def __neg__(self) -> Matrix:
        return Matrix(-self.array)


ONES = object()


def _each(function: Any) -> Any:
    return lambda matrix: Matrix(function(matrix.array))


def _sigmoid(t: Any) -> Any:
    return 1 / (1 + np.exp(-t))


FUNCTIONS: dict[str, Any] = {
    "sigmoid": _each(_sigmoid),
    "sigmoid_prime": _each(lambda t: _sigmoid(t) * (1 - _sigmoid(t))),
    "sigma_prime": _each(lambda t: np.exp(t) / (1 + np.exp(t)) ** 2),
    "tanh_prime": _each(lambda t: 1 / np.cosh(t) ** 2),
    "relu_prime": _each(lambda t: (t > 0).astype(float)),
    "f": _each(np.sin),
    "f_prime": _each(np.cos),
    "exp": _each(np.exp),
    "softmax": _each(lambda t: np.exp(t) / np.exp(t).sum()),
    "inv": _each(np.linalg.inv),
    "diag": _each(lambda v: np.diag(v[:, 0])),
    "sum": _each(np.sum),
    "norm2": _each(lambda v: np.sqrt((v**2).sum())),
    "colsum": _each(lambda a: a.sum(axis=0, keepdims=True)),
    "kron": lambda a, b: Matrix(np.kron(a.array, b.array)),
    "vector": lambda number: ONES,
}


def computed(formula: str, values: dict[str, Any]) -> Any:
    """Return the value of a formula in matrix form; a ValueError says that shapes do not fit."""
    text = formula.partition(" = ")[2] or formula
    text = text.replace("δ", "delta")
    text = re.sub(r"([a-z]\w*)'\(", r"\1_prime(", text)
    for old, new in ((".*", " % "), ("./", " // "), (".^", "**"), ("^", "**"), ("'", ".T")):
        text = text.replace(old, new)
    made = eval(text, {**FUNCTIONS, **{name: Matrix(array) for name, array in values.items()}})
    return made.array


ACTIVATIONS: dict[str, Any] = {
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "identity": lambda t: t, "f": torch.sin,
    "softmax": lambda t: torch.softmax(t, 0),
}  # fmt: skip
COSTS: dict[str, Any] = {
    "quadratic": lambda a, y: ((a - y) ** 2).sum() / 2,
    "mean_squared_error": lambda a, y: ((a - y) ** 2).mean(),
    "cross_entropy": lambda a, y: -(y * torch.log(a)).sum(),
    "binary_cross_entropy": lambda a, y: -(y * torch.log(a) + (1 - y) * torch.log(1 - a)).sum(),
    "hinge": lambda a, y: torch.relu(1 - a * y).sum(),
}


def of_network(architecture: str, options: dict[str, Any], seed: int) -> dict[str, Any]:
    """Return the value of every array of a network, and of every derivative of its cost, by torch."""
    sizes = [{"n0": 3, "n1": 4, "n2": 2}.get(part) or int(part) for part in architecture.split("-")]
    generator = torch.Generator().manual_seed(seed)
    given = options.get("activation", "sigmoid")
    activations = given if isinstance(given, tuple) else (given,) * (len(sizes) - 1)
    turned = options.get("weights") == "inputs,outputs"
    y = torch.rand(sizes[-1], generator=generator, dtype=torch.float64)
    y = y / y.sum() if "softmax" in activations else y
    named = {"y": y, "x": torch.randn(sizes[0], generator=generator, dtype=torch.float64, requires_grad=True)}
    penalty, a = torch.zeros((), dtype=torch.float64), named["x"]
    for layer, (before, after) in enumerate(itertools.pairwise(sizes), 1):
        shape = (before, after) if turned else (after, before)
        W = torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)
        b = torch.randn(after, generator=generator, dtype=torch.float64, requires_grad=True)
        z = (W.T if turned else W) @ a + b
        a = ACTIVATIONS[activations[layer - 1]](z)
        z.retain_grad()
        a.retain_grad()
        penalty = penalty + (W**2).sum() / 2
        named |= {f"W{layer}": W, f"b{layer}": b, f"z{layer}": z, f"a{layer}": a}
    cost = COSTS[options.get("cost", "quadratic")](a, y) + options.get("l2", 0) * penalty
    cost.backward()
    grads = {f"d{name}": tensor.grad for name, tensor in named.items() if tensor.grad is not None}
    deltas = {name.replace("dz", "delta"): grad for name, grad in grads.items() if name.startswith("dz")}
    sizes_by_name = {f"n{n}": torch.tensor(float(size)) for n, size in enumerate(sizes)}
    every = {**named, **grads, **deltas, **sizes_by_name}
    return {name: tensor.detach().numpy() for name, tensor in every.items()}


_SHAPES = {"X": (5, 3), "w": (3,), "y": (5,), "A": (3, 3), "x": (3,), "m": (3,), "S": (3, 3)}
OF_FORMULAS: dict[str, Any] = {
    "norm2(X*w - y)^2/2": lambda X, w, y: ((X @ w - y) ** 2).sum() / 2,
    "sum(log(1 + exp(-y .* (X*w))))": lambda X, w, y: torch.log(1 + torch.exp(-y * (X @ w))).sum(),
    "log(det(S)) + (x-m)'*inv(S)*(x-m)": lambda S, x, m: torch.logdet(S) + (x - m) @ torch.linalg.inv(S) @ (x - m),
    "x'*A*x": lambda x, A: x @ A @ x,
    "sum(A*x)": lambda A, x: (A @ x).sum(),
    "norm2(x)": lambda x: (x**2).sum().sqrt(),
    "A*x": lambda A, x: A @ x,
}


def of_formula(formula: str, seed: int) -> dict[str, Any]:
    """Return values for the variables of a formula, and its derivative by each."""
    function = OF_FORMULAS[formula]
    generator = torch.Generator().manual_seed(seed)
    named = {}
    for name in function.__code__.co_varnames[: function.__code__.co_argcount]:
        made = torch.randn(_SHAPES[name], generator=generator, dtype=torch.float64)
        named[name] = (made @ made.T + torch.eye(3) if name == "S" else made).requires_grad_()
    derivatives = torch.autograd.functional.jacobian(function, tuple(named.values()))
    grads = {f"d{name}": grad for name, grad in zip(named, derivatives, strict=True)}
    return {name: tensor.detach().numpy() for name, tensor in {**named, **grads}.items()}
