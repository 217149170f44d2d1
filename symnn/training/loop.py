"""The training loop: minibatches in a seeded order, a history, and a graceful end.

Each epoch draws a fresh permutation of the examples and takes a step on each batch, the last and
smaller one too. The step is one compiled program, θ ← θ − η ∂C/∂θ its last equations.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import DataError, InputError, suggest
from symnn.language import tensors
from symnn.networks.weighting import EXAMPLE_WEIGHTS
from symnn.training.fit import Fit, as_inputs, beside_of, check_rows, evaluate
from symnn.training.optimizers import SGD, Optimizer, learning_rate_for
from symnn.training.progress import Bar
from symnn.training.shapes import input_shape, output_shape
from symnn.training.step import Step, compile_step
from symnn.training.targets import Targets, targets_of

Array = NDArray[Any]

DTYPES = ("float64", "float32")
_SUMS_TO_ONE = 1e-6


def train(
    net: Any,
    X: Any,
    Y: Any,
    optimizer: Optimizer | None = None,
    epochs: int = 30,
    *,
    batch_size: int = 10,
    seed: int = 0,
    restarts: int = 1,
    validation: tuple[Any, ...] | None = None,
    example_weights: Any = None,
    mask: Any = None,
    dtype: str = "float64",
    backend: str = "numpy",
    progress: bool = False,
    classes: tuple[Any, ...] | None = None,
) -> Fit:
    """Train a network by minibatch gradient descent.

    Training that meets a cost or a parameter that is not finite, or Ctrl-C, ends early: the last good
    parameters are kept, and `stopped` says why. Equal seeds give equal results.

    Args:
        net: a network with a cost.
        X: the inputs, (examples, inputs).
        Y: labels, (examples,), or columns, (examples, outputs).
        optimizer: `SGD` with the default learning rate of the cost and the activations unless given.
        epochs: how often each example is seen.
        batch_size: the examples of one step.
        seed: of the initial parameters and of the order of the examples.
        restarts: how many seeds to try; the best by validation cost (training cost without one) is kept.
        validation: inputs and targets that are watched and not learned from; after them, where the network
            takes these, weights of the examples (or None), and a mask.
        example_weights: how much each example counts, for a network that was made with example_weights=True.
            Each batch's cost is Σₙ sₙ Cₙ / Σₙ sₙ; examples of weight 0 are left out.
        mask: how much each target counts, of the shape of Y's columns, for a network made with masked=True;
            a target that does not count may be nan.
        dtype: float64 or float32.
        backend: what takes the steps: numpy, or another name in `symnn.compiling.backends`.
        progress: whether to show a bar on standard error, if that is a terminal.
        classes: the labels in the order of the columns, where Y may lack some of them.

    Returns:
        A `Fit`.

    Raises:
        DataError, ShapeError: for data that cannot be learned from, with the place.
        InputError: for settings that make no sense.
    """
    began = time.perf_counter()
    if not hasattr(net, "gradient"):
        raise InputError(f"cannot train {net!r}: a network is needed, such as symnn.mlp('2-8-1')")
    if optimizer is not None and not hasattr(optimizer, "update"):
        raise InputError(f"bad optimizer {optimizer!r} (accepted: such as symnn.SGD(learning_rate=0.1))")
    check_settings(epochs, batch_size, restarts, seed, dtype)
    if net.cost is None:
        raise InputError("cannot train a network without a cost (give it one, such as cost='quadratic')")
    inputs, outputs = input_shape(net), math.prod(output_shape(net))
    optimizer = optimizer or SGD(learning_rate_for(net, outputs))
    step = compile_step(net, optimizer, dtype, backend)
    X = as_inputs(X, inputs)
    activation = net.activations[-1] if net.activations else "identity"
    for wanted, given, name in (("example_weights", example_weights, "example_weights"), ("masked", mask, "mask")):
        if getattr(net, wanted, False) and given is None:
            raise InputError(f"the network was made with {wanted}=True: train it with {name}=…")
    targets = targets_of(_filled(Y, mask), outputs, net.cost, activation, classes)
    training = _encoded(net, step, targets, X, Y, example_weights, mask).counting(dtype)
    watched = None if validation is None else _encoded(net, step, targets, *validation)
    plan = _Plan(net, step, targets, training, watched, epochs, batch_size, dtype, optimizer.learning_rate)
    best = None
    with Bar(restarts * epochs, progress) as bar:
        for one in _seeds(seed, restarts):
            run = _descend(plan, one, bar)
            if best is None or run.judged(plan) < best.judged(plan):
                best = run
            if run.interrupted:
                best = replace(best, stopped=run.stopped)
                break
    assert best is not None
    cost = training.evaluate(net, best.parameters)[1]
    return Fit(
        net, best.parameters, targets, cost, best.history, len(best.history), time.perf_counter() - began,
        best.stopped, best.seed, optimizer.learning_rate,
    )  # fmt: skip


def check_settings(epochs: int, batch_size: int, restarts: int, seed: int, dtype: str) -> None:
    """Raise InputError unless the settings of a training make sense."""
    for name, value, least in (
        ("epochs", epochs, 1),
        ("batch size", batch_size, 1),
        ("restarts", restarts, 1),
        ("seed", seed, 0),
    ):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
            raise InputError(f"bad {name} {value!r}: it is a whole number, at least {least}")
    if dtype not in DTYPES:
        raise InputError(f"unknown dtype {dtype!r}{suggest(str(dtype), DTYPES)}")


@dataclass(frozen=True, eq=False)
class _Examples:
    """Examples as the network sees them; `beside` are their weights s and their mask M, where it takes these."""

    X: Array
    Y: Array
    beside: dict[str, Array]

    def evaluate(self, net: Any, parameters: dict[str, Array]) -> tuple[Array, float]:
        """Return the network's outputs for these examples, and its cost."""
        return evaluate(net, parameters, self.X, self.Y, self.beside)

    def counting(self, dtype: str) -> _Examples:
        """Return the examples that count, with weights of at most 1: a batch of none has no mean."""
        if EXAMPLE_WEIGHTS not in self.beside:
            return self
        weights = self.beside[EXAMPLE_WEIGHTS]
        weights = weights / weights.max()
        rows = np.flatnonzero(weights.astype(dtype))
        beside = {name: array[rows] for name, array in {**self.beside, EXAMPLE_WEIGHTS: weights}.items()}
        return _Examples(self.X[rows], self.Y[rows], beside)

    def ready(self, net: Any, dtype: str) -> _Examples:
        """Return the examples in a type, the targets in the shape of the network's output."""
        Y = self.Y.reshape(len(self.Y), *output_shape(net))
        beside = {name: array.astype(dtype) for name, array in self.beside.items()}
        return _Examples(self.X.astype(dtype), Y.astype(dtype), beside)


@dataclass(frozen=True, eq=False)
class _Plan:
    """Everything that the restarts of one training share."""

    net: Any
    step: Step
    targets: Targets
    training: _Examples
    validation: _Examples | None
    epochs: int
    batch_size: int
    dtype: str
    learning_rate: float

    def measure(self, epoch: int, parameters: dict[str, Array]) -> dict[str, Any]:
        """Return an entry of the history."""
        entry: dict[str, Any] = {"epoch": epoch}
        for prefix, part in (("", self.training), ("validation_", self.validation)):
            entry[f"{prefix}cost"] = entry[f"{prefix}accuracy"] = None
            if part is not None:
                outputs, entry[f"{prefix}cost"] = part.evaluate(self.net, parameters)
                entry[f"{prefix}accuracy"] = self.targets.accuracy(outputs, part.Y)
        return entry

    def parameters(self, carried: dict[str, Array]) -> dict[str, Array]:
        """Return the parameters alone, without the optimizer's state."""
        return {name: carried[name] for name in self.net.parameters}


@dataclass(frozen=True, eq=False)
class _Run:
    """One restart, ended."""

    parameters: dict[str, Array]
    history: list[dict[str, Any]]
    seed: int
    stopped: str | None = None
    interrupted: bool = False

    def judged(self, plan: _Plan) -> float:
        """Return the cost by which the best restart is chosen; infinite where it is not finite."""
        entry = plan.measure(0, self.parameters)
        cost = entry["cost"] if plan.validation is None else entry["validation_cost"]
        return float(cost) if math.isfinite(cost) else math.inf


def _descend(plan: _Plan, seed: int, bar: Bar) -> _Run:
    random = np.random.default_rng([seed, 1])
    carried = good = plan.step.start(plan.net.initial_parameters(seed=seed), plan.dtype)
    examples = plan.training.ready(plan.net, plan.dtype)
    steps = plan.step.begin(carried, examples.X, examples.Y, examples.beside)
    history: list[dict[str, Any]] = []
    epoch = 0
    try:
        for epoch in range(1, plan.epochs + 1):
            order = random.permutation(len(examples.X))
            with np.errstate(all="ignore"):
                cost = steps.take(order, plan.batch_size)
            carried = steps.carried()
            entry = plan.measure(epoch, plan.parameters(carried))
            if not (math.isfinite(cost) and math.isfinite(entry["cost"]) and _finite(carried)):
                return _Run(plan.parameters(good), history, seed, _why(plan, epoch, plan.parameters(good)))
            good = carried
            history.append(entry)
            bar.epoch(epoch, entry["cost"])
    except KeyboardInterrupt:
        carried = steps.carried()
        kept = carried if _finite(carried) else good
        return _Run(plan.parameters(kept), history, seed, f"interrupted at epoch {epoch} of {plan.epochs}", True)
    return _Run(plan.parameters(good), history, seed)


def _why(plan: _Plan, epoch: int, good: dict[str, Array]) -> str:
    kept = "the initial parameters" if epoch == 1 else f"the parameters of epoch {epoch - 1}"
    scale = float(np.abs(plan.training.X).max())
    with np.errstate(all="ignore"):
        before = float(plan.measure(0, good)["cost"])
    if not math.isfinite(before):
        return (
            f"the cost is {before:g} before any step: kept {kept}; no learning rate helps: the {plan.net.cost} cost "
            f"may not suit the output ({plan.net.activations[-1]}), the targets or the size of the inputs ({scale:.3g})"
        )
    inputs = f", or scale the inputs (the largest is {scale:.3g})" if scale > 10 else ""
    return (
        f"the cost or the parameters were not finite in epoch {epoch}: kept {kept}; "
        f"try a learning rate below {plan.learning_rate:g}, such as {plan.learning_rate / 10:g}{inputs}"
    )


def _finite(arrays: dict[str, Array]) -> bool:
    return all(bool(np.isfinite(array).all()) for array in arrays.values())


def _seeds(seed: int, restarts: int) -> list[int]:
    # The first is the seed itself, so that more restarts can only do better.
    derived = (int(np.random.SeedSequence([seed, number]).generate_state(1)[0]) for number in range(1, restarts))
    return [int(seed), *derived]


def _filled(Y: Any, mask: Any) -> Any:
    """Return Y with a number for what is missing and does not count: nan times 0 would be nan."""
    if mask is None:
        return Y
    values, mask = np.asarray(Y), np.asarray(mask)
    if values.dtype.kind != "f" or values.shape != mask.shape:
        return Y
    return np.where((mask == 0) & ~np.isfinite(values), 0.0, values)


def _encoded(
    net: Any, step: Step, targets: Targets, X: Any, Y: Any, example_weights: Any = None, mask: Any = None
) -> _Examples:
    X = as_inputs(X, input_shape(net))
    Y = check_rows(targets.encode(_filled(Y, mask)), X)
    beside = beside_of(net, Y, example_weights, mask)
    if net.cost == "binary_cross_entropy" and (Y.min() < 0 or Y.max() > 1):
        raise DataError(f"binary_cross_entropy wants targets between 0 and 1, Y has {Y.min():g} to {Y.max():g}")
    if any(tensor.role == "target" for fact in step.program.facts for tensor in tensors(fact.left)):
        total = Y.sum(axis=1)
        wrong = np.abs(total - 1) > _SUMS_TO_ONE
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(f"row {row + 1} of Y sums to {total[row]:g}: the cost {net.cost} wants rows that sum to 1")
    return _Examples(X, Y, beside)
