"""A step by symnn's backends, and by others: PyTorch run eagerly, JAX compiled, scikit-learn."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from problems import ADAM, SETTINGS, Array, Problem

import symnn
from symnn.compiling.backends import BACKENDS
from symnn.training.step import compile_step


def backends() -> list[str]:
    """Return the names of symnn's backends whose packages are installed."""
    return [name for name, b in BACKENDS.items() if not b.package or importlib.util.find_spec(b.package)]


def symnn_run(backend: str) -> Callable[[Problem], Any]:
    def begin(problem: Problem) -> Symnn:
        return Symnn(problem, backend)

    return begin


class Symnn:
    """symnn's steps as training takes them."""

    def __init__(self, problem: Problem, backend: str) -> None:
        kinds = {"sgd": symnn.SGD, "adam": getattr(symnn, "Adam", None)}
        kind: Any = kinds[problem.optimizer]
        step = compile_step(problem.net, kind(problem.rate), problem.dtype, backend)
        parameters = dict(zip(problem.net.parameters, problem.first, strict=True))
        self.names, self.batch = list(parameters), problem.batch
        self.steps = step.begin(step.start(parameters, problem.dtype), problem.X, problem.Y)

    def take(self, order: Array) -> Any:
        return np.asarray(self.steps.take(order, self.batch))  # what is computed elsewhere has come

    def parameters(self) -> list[Array]:
        carried = self.steps.carried()
        return [np.asarray(carried[name]) for name in self.names]


class Torch:
    """PyTorch, eagerly: as one writes it, with the gradients taken by `torch.autograd.grad`."""

    def __init__(self, problem: Problem) -> None:
        import torch

        torch.set_num_threads(1)
        self.torch, self.problem = torch, problem
        self.hidden, self.last, _ = SETTINGS[problem.setting]
        self.p = [torch.tensor(array, requires_grad=True) for array in problem.first]
        self.X, self.Y = torch.tensor(problem.X), torch.tensor(problem.Y)
        self.adam = torch.optim.Adam(self.p, problem.rate, ADAM[:2], ADAM[2])

    def take(self, order: Array) -> None:
        torch, rate = self.torch, self.problem.rate
        for rows in torch.from_numpy(order).split(self.problem.batch):
            slopes = torch.autograd.grad(self.cost(self.X[rows], self.Y[rows]), self.p)
            if self.problem.optimizer == "sgd":
                with torch.no_grad():
                    for p, slope in zip(self.p, slopes, strict=True):
                        p.sub_(slope, alpha=rate)
            else:
                for p, slope in zip(self.p, slopes, strict=True):
                    p.grad = slope
                self.adam.step()

    def cost(self, X: Any, Y: Any) -> Any:
        torch, a = self.torch, X
        pairs = list(zip(self.p[::2], self.p[1::2], strict=True))
        for W, b in pairs[:-1]:
            z = torch.nn.functional.linear(a, W, b)
            a = torch.sigmoid(z) if self.hidden == "sigmoid" else torch.relu(z)
        z = torch.nn.functional.linear(a, *pairs[-1])
        if self.last == "softmax":
            return torch.nn.functional.cross_entropy(z, Y)
        a = torch.sigmoid(z) if self.last == "sigmoid" else z
        return ((a - Y) ** 2).sum() / (2 * len(X))

    def parameters(self) -> list[Array]:
        return [p.detach().numpy().copy() for p in self.p]


class Jax:
    """JAX: one step compiled, called for every batch, what it is given used again for what it returns."""

    whole = False

    def __init__(self, problem: Problem) -> None:
        import jax

        jax.config.update("jax_enable_x64", True)
        self.jax, self.problem = jax, problem
        self.hidden, self.last, _ = SETTINGS[problem.setting]
        self.p = [jax.numpy.asarray(array) for array in problem.first]
        self.X, self.Y = jax.numpy.asarray(problem.X), jax.numpy.asarray(problem.Y)
        zeros = [0 * p for p in self.p]
        self.state: Any = (self.p, zeros, [0 * p for p in self.p], np.float64(0))
        self.step = jax.jit(self.epoch if self.whole else self.one, donate_argnums=0)

    def take(self, order: Array) -> None:
        if self.whole:
            self.state = self.step(self.state, self.X, self.Y, order.reshape(-1, self.problem.batch))
        else:
            for rows in order.reshape(-1, self.problem.batch):
                self.state = self.step(self.state, self.X, self.Y, rows)
        self.jax.block_until_ready(self.state)

    def epoch(self, state: Any, X: Any, Y: Any, order: Any) -> Any:
        return self.jax.lax.scan(lambda s, rows: (self.one(s, X, Y, rows), None), state, order)[0]

    def one(self, state: Any, X: Any, Y: Any, rows: Any) -> Any:
        p, m, v, t = state
        slopes = self.jax.grad(self.cost)(p, X[rows], Y[rows])
        rate = self.problem.rate
        if self.problem.optimizer == "sgd":
            return [a - rate * g for a, g in zip(p, slopes, strict=True)], m, v, t
        first, second, small = ADAM
        t = t + 1
        m = [first * a + (1 - first) * g for a, g in zip(m, slopes, strict=True)]
        v = [second * a + (1 - second) * g**2 for a, g in zip(v, slopes, strict=True)]
        scale, root = (rate / (1 - first**t)), (1 - second**t) ** -0.5
        new = [
            (a - scale * b / (self.jax.numpy.sqrt(c) * root + small)).astype(a.dtype)
            for a, b, c in zip(p, m, v, strict=True)
        ]
        return new, m, v, t

    def cost(self, parameters: Sequence[Any], X: Any, Y: Any) -> Any:
        nn, a = self.jax.nn, X
        pairs = list(zip(parameters[::2], parameters[1::2], strict=True))
        for W, b in pairs[:-1]:
            a = (nn.sigmoid if self.hidden == "sigmoid" else nn.relu)(a @ W.T + b)
        z = a @ pairs[-1][0].T + pairs[-1][1]
        if self.last == "softmax":
            return -(Y * nn.log_softmax(z)).sum() / len(X)
        a = nn.sigmoid(z) if self.last == "sigmoid" else z
        return ((a - Y) ** 2).sum() / (2 * len(X))

    def parameters(self) -> list[Array]:
        return [np.asarray(p) for p in self.state[0]]


class JaxScan(Jax):
    """JAX with the whole epoch compiled as one loop."""

    whole = True


class Sklearn:
    """scikit-learn's multilayer perceptron, a batch a call."""

    def __init__(self, problem: Problem) -> None:
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        classes = problem.setting == "softmax"
        self.problem, self.X = problem, problem.X
        self.Y = problem.Y.argmax(axis=1) if classes else problem.Y
        kind = MLPClassifier if classes else MLPRegressor
        self.model = kind(
            hidden_layer_sizes=problem.sizes[1:-1],
            activation="relu" if classes else "logistic",
            solver="sgd",
            alpha=0.0,
            batch_size=problem.batch,
            learning_rate_init=problem.rate,
            shuffle=False,
            momentum=0.0,
            nesterovs_momentum=False,
        )
        given = {"classes": np.arange(problem.sizes[-1])} if classes else {}
        first = self.Y[: problem.batch]
        self.model.partial_fit(self.X[: problem.batch], first.ravel() if first.shape[-1:] == (1,) else first, **given)
        for n in range(len(problem.first) // 2):
            self.model.coefs_[n][...] = problem.first[2 * n].T
            self.model.intercepts_[n][...] = problem.first[2 * n + 1]

    def take(self, order: Array) -> None:
        for rows in order.reshape(-1, self.problem.batch):
            Y = self.Y[rows]
            self.model.partial_fit(self.X[rows], Y.ravel() if Y.shape[-1:] == (1,) else Y)

    def parameters(self) -> list[Array]:
        pairs = zip(self.model.coefs_, self.model.intercepts_, strict=True)
        return [np.array(array) for W, b in pairs for array in (W.T, b)]


def peers(problem: Problem) -> dict[str, Callable[[Problem], Any]]:
    """Return the contenders of other packages that there are for a problem, by name."""
    made: dict[str, Callable[[Problem], Any]] = {}
    if importlib.util.find_spec("torch"):
        made["torch eager"] = Torch
    if importlib.util.find_spec("jax"):
        made["JAX jit"] = Jax
        if problem.steps > 1:
            made["JAX scan"] = JaxScan
    # Its classifier ends in softmax, its regressor in no function at all, and its Adam has another ε.
    same = problem.setting != "quadratic" and problem.optimizer == "sgd"
    if importlib.util.find_spec("sklearn") and same:
        made["sklearn"] = Sklearn
    return made
