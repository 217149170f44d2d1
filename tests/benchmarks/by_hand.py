"""A step of a network written by hand in NumPy, by people who know more and more of it.

Plain      as one writes it from the formulas
InPlace    with `out=`: no array is made while it runs
Unrolled   the same without a loop over layers, as an expert writes it for one network: functions bound to names,
           views made once, products by `numpy.dot`, sums by a product with ones, 1/m and the learning rate put into
           the last layer's δ, all parameters in one vector, so that one subtraction changes them all
Tanh       Unrolled with σ(z) = (1 + tanh(z/2))/2, which is faster in places and loses digits in the left tail
Fused      Unrolled with the changes of large matrices made by the product itself: BLAS through scipy
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
from problems import ADAM, SETTINGS, Array, Problem


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


class Plain:
    """One step as one writes it."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.p = problem, [array.copy() for array in problem.first]
        self.eta = np.dtype(problem.dtype).type(problem.rate)
        self.hidden, self.last, _ = SETTINGS[problem.setting]
        self.m, self.v, self.t = [0 * p for p in self.p], [0 * p for p in self.p], 0

    def parameters(self) -> list[Array]:
        return [np.array(array) for array in self.p]

    def take(self, order: Array) -> None:
        batch = self.problem.batch
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            self.step(self.problem.X[rows], self.problem.Y[rows])

    def step(self, X: Array, Y: Array) -> None:
        p, m, depth = self.p, len(X), len(self.p) // 2
        activations = [X]
        for layer in range(depth):
            z = activations[-1] @ p[2 * layer].T + p[2 * layer + 1]
            activations.append(self.output(z) if layer == depth - 1 else self.activation(z))
        delta = activations[-1] - Y
        if self.last == "sigmoid":
            delta = delta * activations[-1] * (1 - activations[-1])
        slopes: list[Array] = [p[0]] * len(p)
        for layer in reversed(range(depth)):
            a = activations[layer]
            slopes[2 * layer] = delta.T @ a / m
            slopes[2 * layer + 1] = delta.sum(axis=0) / m
            if layer:
                delta = delta @ p[2 * layer]
                delta = delta * a * (1 - a) if self.hidden == "sigmoid" else delta * (a > 0)
        self.update(slopes)

    def activation(self, z: Array) -> Array:
        return sigmoid(z) if self.hidden == "sigmoid" else np.maximum(z, 0)

    def output(self, z: Array) -> Array:
        if self.last == "softmax":
            e = np.exp(z - z.max(axis=1, keepdims=True))
            return e / e.sum(axis=1, keepdims=True)
        return sigmoid(z) if self.last == "sigmoid" else z

    def update(self, slopes: list[Array]) -> None:
        if self.problem.optimizer == "sgd":
            self.p = [p - self.eta * slope for p, slope in zip(self.p, slopes, strict=True)]
            return
        first, second, small = ADAM
        self.t += 1
        for n, slope in enumerate(slopes):
            self.m[n] = first * self.m[n] + (1 - first) * slope
            self.v[n] = second * self.v[n] + (1 - second) * slope**2
            m, v = self.m[n] / (1 - first**self.t), self.v[n] / (1 - second**self.t)
            self.p[n] = self.p[n] - self.eta * m / (np.sqrt(v) + small)


class InPlace(Plain):
    """The same with a buffer for everything."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        m, sizes, dtype = problem.batch, problem.sizes, problem.dtype
        self.X, self.Y = np.empty((m, sizes[0]), dtype), np.empty((m, sizes[-1]), dtype)
        self.a = [np.empty((m, size), dtype) for size in sizes[1:]]
        self.t1 = [np.empty((m, size), dtype) for size in sizes[1:]]
        self.d = [np.empty((m, size), dtype) for size in sizes[1:]]
        self.g, self.s = [np.empty_like(p) for p in self.p], [np.empty_like(p) for p in self.p]

    def take(self, order: Array) -> None:
        batch = self.problem.batch
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            self.problem.X.take(rows, axis=0, out=self.X, mode="clip")
            self.problem.Y.take(rows, axis=0, out=self.Y, mode="clip")
            self.step(self.X, self.Y)

    def step(self, X: Array, Y: Array) -> None:
        p, depth = self.p, len(self.p) // 2
        inputs = [X, *self.a]
        for layer, a in enumerate(self.a):
            np.matmul(inputs[layer], p[2 * layer].T, out=a)
            np.add(a, p[2 * layer + 1], out=a)
            self.apply(self.last if layer == depth - 1 else self.hidden, a)
        delta = self.d[-1]
        np.subtract(self.a[-1], Y, out=delta)
        if self.last == "sigmoid":
            self.times_slope(delta, self.a[-1], self.t1[-1])
        np.divide(delta, len(X), out=delta)
        for layer in reversed(range(depth)):
            delta = self.d[layer]
            np.matmul(delta.T, inputs[layer], out=self.g[2 * layer])
            np.sum(delta, axis=0, out=self.g[2 * layer + 1])
            if layer:
                below = self.d[layer - 1]
                np.matmul(delta, p[2 * layer], out=below)
                if self.hidden == "sigmoid":
                    self.times_slope(below, inputs[layer], self.t1[layer - 1])
                else:
                    np.multiply(below, inputs[layer] > 0, out=below)
        self.change()

    def apply(self, function: str, z: Array) -> None:
        if function == "sigmoid":
            np.negative(z, out=z)
            np.exp(z, out=z)
            np.add(z, 1, out=z)
            np.reciprocal(z, out=z)
        elif function == "relu":
            np.maximum(z, 0, out=z)
        elif function == "softmax":
            np.subtract(z, z.max(axis=1, keepdims=True), out=z)
            np.exp(z, out=z)
            np.divide(z, z.sum(axis=1, keepdims=True), out=z)

    def times_slope(self, delta: Array, a: Array, spare: Array) -> None:
        np.subtract(1, a, out=spare)
        np.multiply(delta, a, out=delta)
        np.multiply(delta, spare, out=delta)

    def change(self) -> None:
        if self.problem.optimizer == "sgd":
            for p, g in zip(self.p, self.g, strict=True):
                np.multiply(g, self.eta, out=g)
                np.subtract(p, g, out=p)
            return
        first, second, small = ADAM
        self.t += 1
        rate, root = self.eta / (1 - first**self.t), (1 - second**self.t) ** -0.5
        for p, g, m, v, s in zip(self.p, self.g, self.m, self.v, self.s, strict=True):
            np.multiply(m, first, out=m)
            np.multiply(g, 1 - first, out=s)
            np.add(m, s, out=m)
            np.multiply(v, second, out=v)
            np.multiply(g, g, out=g)
            np.multiply(g, 1 - second, out=g)
            np.add(v, g, out=v)
            np.sqrt(v, out=s)
            np.multiply(s, root, out=s)
            np.add(s, small, out=s)
            np.divide(m, s, out=s)
            np.multiply(s, rate, out=s)
            np.subtract(p, s, out=p)


class Unrolled:
    """The same for one network, line by line: `source` is what an expert would have written."""

    tanh = fused = tricks = False

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.flat = np.concatenate([array.ravel() for array in problem.first])
        self.names: dict[str, Any] = {}
        self.lines: list[str] = []
        self.views = self._views("p", self.flat)
        self.rate = np.asarray(problem.rate / problem.batch if problem.optimizer == "sgd" else 1 / problem.batch)
        self._write()
        bound = ", ".join(f"{name}={name}" for name in self.names)
        body = "\n".join(f"        {line}" for line in self.lines)
        self.source = f"def take(order, {bound}):\n    for rows in order.reshape(-1, batch):\n{body}\n"
        scope = dict(self.names)
        exec(self.source, scope)
        self.take: Callable[[Array], None] = scope["take"]

    def parameters(self) -> list[Array]:
        return [np.array(view) for view in self.views]

    def _views(self, letter: str, flat: Array) -> list[Array]:
        """Name the parts of a vector: pW1, pb1, … (and pW1T)."""
        views, place = [], 0
        for number, array in enumerate(self.problem.first):
            view = flat[place : place + array.size].reshape(array.shape)
            place += array.size
            views.append(view)
            name = f"{letter}{'Wb'[number % 2]}{number // 2 + 1}"
            self.names[name] = view
            if view.ndim == 2:
                self.names[f"{name}T"] = view.T
        return views

    def _buffer(self, name: str, shape: tuple[int, ...], dtype: str = "") -> str:
        self.names[name] = np.empty(shape, dtype or self.problem.dtype)
        return name

    def _number(self, name: str, value: float) -> str:
        self.names[name] = np.asarray(value, self.problem.dtype)
        return name

    def _write(self) -> None:
        problem, say = self.problem, self.lines.append
        m, sizes, depth = problem.batch, problem.sizes, len(problem.sizes) - 1
        hidden, last, _ = SETTINGS[problem.setting]
        for function in ("dot", "add", "subtract", "multiply", "negative", "exp", "reciprocal", "tanh", "maximum"):
            self.names[function] = getattr(np, function)
        self.names |= {"batch": m, "largest": np.maximum.reduce, "total": np.add.reduce, "divide": np.divide}
        self.names |= {"greater": np.greater, "sqrt": np.sqrt, "X": problem.X.take, "Y": problem.Y.take}
        self.names["ones"] = np.ones(m, problem.dtype)
        self._number("one", 1), self._number("half", 0.5), self._number("zero", 0), self._number("rate", self.rate)
        say(f"X(rows, 0, {self._buffer('a0', (m, sizes[0]))}, 'clip')")
        say(f"Y(rows, 0, {self._buffer('y', (m, sizes[-1]))}, 'clip')")
        for layer in range(1, depth + 1):
            for letter in "ad":
                self._buffer(f"{letter}{layer}", (m, sizes[layer]))
            self.names[f"d{layer}T"] = self.names[f"d{layer}"].T
            self._buffer(f"t{layer}", (m, sizes[layer]), "bool" if hidden == "relu" and layer < depth else "")
            say(f"dot(a{layer - 1}, pW{layer}T, a{layer})")
            say(f"add(a{layer}, pb{layer}, a{layer})")
            self._apply(hidden if layer < depth else last, f"a{layer}", m)
        say(f"subtract(a{depth}, y, d{depth})")
        if last == "sigmoid":
            self._slope(depth)
        say(f"multiply(d{depth}, rate, d{depth})")
        self.gradient = np.empty_like(self.flat)
        self._views("g", self.gradient)
        for layer in range(depth, 0, -1):
            if layer > 1:
                say(f"dot(d{layer}, pW{layer}, d{layer - 1})")
            self._pull_back(layer)
            if layer > 1 and hidden == "sigmoid":
                self._slope(layer - 1)
            elif layer > 1:
                say(f"greater(a{layer - 1}, zero, t{layer - 1})")
                say(f"multiply(d{layer - 1}, t{layer - 1}, d{layer - 1})")
        self._change()

    def _apply(self, function: str, a: str, m: int) -> None:
        if function == "sigmoid" and self.tanh:
            self.lines += [f"multiply({a}, half, {a})", f"tanh({a}, {a})", f"multiply({a}, half, {a})"]
            self.lines += [f"add({a}, half, {a})"]
        elif function == "sigmoid":
            self.lines += [f"negative({a}, {a})", f"exp({a}, {a})", f"add({a}, one, {a})", f"reciprocal({a}, {a})"]
        elif function == "relu":
            self.lines.append(f"maximum({a}, zero, {a})")
        elif function == "softmax":
            s = self._buffer("row", (m, 1))
            self.lines += [f"largest({a}, 1, None, {s}, True)", f"subtract({a}, {s}, {a})", f"exp({a}, {a})"]
            self.lines += [f"total({a}, 1, None, {s}, True)", f"divide({a}, {s}, {a})"]

    def _slope(self, layer: int) -> None:
        self.lines += [f"multiply(d{layer}, a{layer}, d{layer})", f"subtract(one, a{layer}, t{layer})"]
        self.lines += [f"multiply(d{layer}, t{layer}, d{layer})"]

    def _pull_back(self, layer: int) -> None:
        sums = f"dot(ones, d{layer}, gb{layer})" if self.tricks else f"total(d{layer}, 0, None, gb{layer})"
        self.lines += [f"dot(d{layer}T, a{layer - 1}, gW{layer})", sums]

    def _change(self) -> None:
        self.names |= {"p": self.flat, "g": self.gradient}
        if self.problem.optimizer == "sgd":
            parts = [f"{letter}{n}" for n in range(1, len(self.problem.sizes)) for letter in "Wb"]
            parts = [""] if self.tricks else parts
            self.lines += [f"subtract(p{part}, g{part}, p{part})" for part in parts]
            return
        first, second, small = ADAM
        self.names |= {name: np.zeros_like(self.flat) for name in "mvs"} | {"powers": [1.0, 1.0]}
        self._number("b1", first), self._number("c1", 1 - first), self._number("b2", second)
        self._number("c2", 1 - second), self._number("small", small)
        eta = self.problem.rate
        self.lines += ["multiply(m, b1, m)", "multiply(g, c1, s)", "add(m, s, m)", "multiply(v, b2, v)"]
        self.lines += ["multiply(g, g, g)", "multiply(g, c2, g)", "add(v, g, v)"]
        self.lines += [f"powers[0] *= {first}; powers[1] *= {second}"]
        self.lines += ["sqrt(v, s)", "multiply(s, (1 - powers[1]) ** -0.5, s)", "add(s, small, s)", "divide(m, s, s)"]
        self.lines += [f"multiply(s, {eta} / (1 - powers[0]), s)", "subtract(p, s, p)"]


class Tricks(Unrolled):
    """Every trick that symnn's generated code knows, typed by hand: one vector of parameters, sums by products."""

    tricks = True


class Tanh(Tricks):
    """σ(z) = ½ tanh(z/2) + ½, a pass less; far to the left it has no digits."""

    tanh = True


class Fused(Tricks):
    """W ← W − ΔᵀA in one call of BLAS, scipy's, for each matrix."""

    fused = True

    def _pull_back(self, layer: int) -> None:
        from scipy.linalg.blas import dgemm, sgemm

        self.names["gemm"] = dgemm if self.problem.dtype == "float64" else sgemm
        # BLAS counts by columns: Wᵀ ← Wᵀ − Aᵀ Δ.
        self.names[f"a{layer - 1}T"] = self.names[f"a{layer - 1}"].T
        call = f"gemm(-1.0, a{layer - 1}T, d{layer}T, 1.0, pW{layer}T, 0, 1, 1)"
        self.lines += [call, f"dot(ones, d{layer}, gb{layer})", f"subtract(pb{layer}, gb{layer}, pb{layer})"]

    def _change(self) -> None:
        pass


def hand_written(problem: Problem) -> dict[str, Callable[[Problem], Any]]:
    """Return the contenders that there are for a problem, by name."""
    made: dict[str, Callable[[Problem], Any]] = {"plain": Plain, "in place": InPlace, "unrolled": Unrolled}
    made["tricks"] = Tricks
    if "sigmoid" in SETTINGS[problem.setting]:
        made["tanh"] = Tanh
    if problem.optimizer == "sgd" and importlib.util.find_spec("scipy"):
        made["fused"] = Fused
    return made


class Floor:
    """The matrix products that no step can do without, by the same BLAS, and nothing else."""

    def __init__(self, problem: Problem) -> None:
        m, sizes, dtype = problem.batch, problem.sizes, problem.dtype
        random = np.random.default_rng(0)

        def some(*shape: int) -> Array:
            return random.uniform(size=shape).astype(dtype)

        self.batch, self.products = m, list[tuple[Array, Array, Array]]()
        for layer in range(1, len(sizes)):
            a, W, z = some(m, sizes[layer - 1]), some(sizes[layer], sizes[layer - 1]), some(m, sizes[layer])
            self.products += [(a, W.T, z), (z.T, a, np.empty_like(W))]
            if layer > 1:
                self.products.append((z, W, np.empty_like(a)))

    def take(self, order: Array) -> None:
        dot, products = np.dot, self.products
        for _ in range(len(order) // self.batch):
            for left, right, out in products:
                dot(left, right, out)
