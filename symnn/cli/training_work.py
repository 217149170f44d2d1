"""What a training at the command line starts from: the network, the parts of the data, their scaling, the optimizer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from symnn.cli.files import is_file, read_network
from symnn.cli.options import activations_of, default_activations, given_options, refuse_network_options
from symnn.errors import InputError, ShapeError
from symnn.networks import Network, mlp
from symnn.training import Data, Fit, Model, Scaling, Split, load_data, optimizer_named, split, targets_of
from symnn.training.optimizers import KINDS, Optimizer, check_learning_rate, described, first_rate, scheduled
from symnn.training.shapes import input_shape, output_shape

EPOCHS, STEPS, ITERATIONS = 30, 3000, 200


def default_epochs(examples: int, batch_size: int, optimizer: str = "sgd") -> int:
    """Return 30, or as many epochs as make 3,000 steps: a small data set is gone through more often.

    An epoch of L-BFGS is one iteration, of which there are at most 200.

    >>> default_epochs(1078, 10), default_epochs(90, 10)
    (30, 334)
    """
    if optimizer == "lbfgs":
        return ITERATIONS
    return max(EPOCHS, math.ceil(STEPS / math.ceil(examples / batch_size)))


@dataclass(frozen=True, eq=False)
class Work:
    """What a training starts from: the network, the parts of the data, and their scaling."""

    network: Any
    data: Data
    parts: Split
    scaling: Scaling
    value_scaling: Scaling
    outputs: int
    dtype: str
    seed: int

    @property
    def training(self) -> tuple[Any, Any]:
        return self.scaled(self.parts.training)

    @property
    def validation(self) -> tuple[Any, Any]:
        return self.scaled(self.parts.validation)

    def scaled(self, part: Data) -> tuple[Any, Any]:
        """Return inputs and targets of a part as the network sees them."""
        y = part.y if part.classes is not None else self.value_scaling.apply(part.y[:, None])
        return self.scaling.apply(part.X, self.dtype), y

    def headline(self, architecture: str, optimizers: list[Optimizer], epochs: int, options: dict[str, Any]) -> str:
        """Return the lines that say what is done, with every default."""
        parts = self.parts
        if self.data.whole:
            divided = f"all {len(self.data)} examples are training, validation and test"
        else:
            divided = f"{len(parts.training)} training, {len(parts.validation)} validation, {len(parts.test)} test"
        penalties = "".join(f" · {name} {options[name]:g}" for name in ("l1", "l2") if options[name])
        restarts = f" · {options['restarts']} restarts" if options["restarts"] > 1 else ""
        going_on = (
            f"at most {epochs} epochs, all examples in each"
            if options["optimizer"] == "lbfgs"
            else f"{epochs} epochs, batches of {options['batch_size']}"
        )
        said = described(optimizers[0])
        if len(optimizers) > 1:
            said = f"learning rates {', '.join(f'{first_rate(one):g}' for one in optimizers)}"
        settings = (
            f"{architecture} · {', '.join(self.network.activations)} · {self.network.cost} cost{penalties} · "
            f"scale {self.scaling.name} · {options['optimizer']}, {said} · {going_on}{restarts} · "
            f"seed {options['seed']} · {self.dtype} · {options['backend']}"
        )
        return f"{settings}\n{self.data}\n{divided}"

    def results(self, fit: Fit) -> dict[str, Any]:
        """Return what is reported: cost and accuracy on each part, and how training went."""
        found: dict[str, Any] = {}
        for name in ("test", "validation", "train"):
            X, y = self.scaled(getattr(self.parts, "training" if name == "train" else name))
            found[f"{name}_accuracy"] = fit.accuracy(X, y) if self.data.classes is not None else None
            found[f"{name}_cost"] = fit.cost_of(X, y)
            if self.data.classes is None:
                error = self.value_scaling.undo(fit.outputs(X)) - self.value_scaling.undo(y)
                found[f"{name}_root_mean_square_error"] = float(np.sqrt(np.mean(error**2)))
        return {
            **found,
            "epochs": fit.epochs,
            "seconds": round(fit.seconds, 3),
            "learning_rate": fit.learning_rate if math.isfinite(fit.learning_rate) else None,
            "seed": fit.seed,
            "scale": self.scaling.name,
            "parameters": sum(int(value.size) for value in fit.parameters.values()),
            "examples": {
                "train": len(self.parts.training),
                "validation": len(self.parts.validation),
                "test": len(self.parts.test),
            },
            "target": "values" if self.data.classes is None else f"{len(self.data.classes)} classes",
            "backend": fit.backend,
            "stopped": fit.stopped,
            "restarts": fit.restarts,
        }

    def model(self, fit: Fit, results: dict[str, Any]) -> Model:
        """Return the model to save."""
        return Model.of(
            fit,
            scaling=self.scaling,
            value_scaling=self.value_scaling,
            features=self.data.features,
            target=self.data.target,
            information={
                "data": self.data.name,
                "split_seed": self.seed,
                "optimizer": fit.optimizer,
                **{key: results[key] for key in results if key != "restarts"},
            },
            image=self.data.shape,
        )


def _network(architecture: str, values: bool, options: dict[str, Any]) -> Network:
    """Return the network of an architecture, or of a file of equations."""
    if is_file(architecture):
        refuse_network_options("a file of equations says it itself")
        return read_network(architecture)
    sizes = architecture.split("-")
    given = options["activation"]
    activations = (
        default_activations(options["cost"], max(len(sizes) - 1, 1), values)
        if given is None
        else activations_of(given, max(len(sizes) - 1, 1))
    )
    named = {name: options[name] for name in ("cost", "weights", "l1", "l2")}
    return mlp(architecture, activation=activations, **named)


def prepared(architecture: str, options: dict[str, Any]) -> Work:
    data = load_data(options["data"], options["target"])
    values = data.classes is None
    network = _network(architecture, values, options)
    outputs = _check_widths(architecture, network, data)
    parts = split(data, options["seed"])
    scaling, value_scaling = fitted_scalings(parts.training, options["scale"], network)
    if not values:
        targets_of(data.y, outputs, str(network.cost), network.activations[-1], data.classes)
    return Work(network, data, parts, scaling, value_scaling, outputs, options["dtype"], options["seed"])


def fitted_scalings(data: Data, scale: str | None, network: Network) -> tuple[Scaling, Scaling]:
    """Return the scaling of the inputs and that of the values, by what some data say; classes are not scaled.

    Args:
        data: the training part.
        scale: standard, unit or none; by default unit for images, standard for tables.
        network: values that a sigmoid is to give are brought between 0 and 1.
    """
    name = scale or ("unit" if data.kind == "image" else "standard")
    inputs = Scaling.fitted(data.X, name, together=data.kind == "image")
    if data.classes is not None or name == "none":
        return inputs, Scaling("none")
    values = np.asarray(data.y, dtype=float)[:, None]
    return inputs, Scaling.fitted(values, "unit" if network.activations[-1] == "sigmoid" else "standard")


def _check_widths(architecture: str, network: Network, data: Data) -> int:
    """Return the number of outputs, if the network fits the data.

    Raises:
        ShapeError: otherwise, with both.
    """
    try:
        inputs, outputs = math.prod(input_shape(network)), math.prod(output_shape(network))
    except InputError:
        raise ShapeError(f"cannot train {architecture}: its sizes are not numbers (such as 64-30-10)") from None
    width = data.X.shape[1]
    count = 1 if data.classes is None else len(data.classes)
    has = f"the data has {width} inputs and " + ("one value to learn" if data.classes is None else f"{count} classes")
    if inputs != width:
        raise ShapeError(f"{has}, the network {architecture} takes {inputs}")
    if outputs != count and not (count == 2 and outputs == 1):
        wanted = "1 or 2" if count == 2 else str(count)
        raise ShapeError(f"{has}, the network {architecture} gives {outputs} (accepted: {wanted})")
    return outputs


def rates_of(text: str | None) -> list[float | None]:
    """Return the learning rates that an option gives, separated by commas; of none, the default.

    >>> rates_of("0.1,1,3"), rates_of(None)
    ([0.1, 1.0, 3.0], [None])

    Raises:
        InputError: for what is no positive number, and for the same one twice.
    """
    if text is None:
        return [None]
    rates = [_rate(part) for part in text.split(",")]
    if len(set(rates)) < len(rates):
        raise InputError(f"bad learning rates {text!r}: the same one stands there twice")
    return list(rates)


def _rate(text: str) -> float:
    try:
        return check_learning_rate(float(text))
    except ValueError:
        raise InputError(f"bad learning rate {text.strip()!r}: it is a positive, finite number") from None


def check_optimizer(options: dict[str, Any]) -> None:
    """Raise InputError for a bad learning rate, and for what an optimizer has no use for."""
    rates_of(options["learning_rate"])
    if options["warmup"] < 0:
        raise InputError(f"bad warmup {options['warmup']}: it is a number of steps, 0 or more")
    if options["optimizer"] == "lbfgs":
        for name in ("learning_rate", "schedule", "warmup", "batch_size"):
            if name in given_options():
                raise InputError(
                    f"--{name.replace('_', '-')} is not for lbfgs, which looks at all examples in each step "
                    "and searches for the size of the step"
                )


def optimizers_of(work: Work, epochs: int, options: dict[str, Any]) -> list[Optimizer]:
    """Return the optimizers that the options describe: one for each learning rate."""
    made = [
        optimizer_named(options["optimizer"], work.network, work.outputs, rate)
        for rate in rates_of(options["learning_rate"])
    ]
    kind, rise = options["schedule"], options["warmup"]
    if (kind, rise) == (KINDS[0], 0):
        return made
    steps = epochs * math.ceil(len(work.parts.training) / options["batch_size"])
    rates = [scheduled(kind, first_rate(one), steps=steps, rise=rise) for one in made]
    return [optimizer_named(options["optimizer"], work.network, work.outputs, rate) for rate in rates]


def report(results: dict[str, Any], output: str | None) -> str:
    """Return what a training came to, in a few lines."""
    lines = []
    for name, label in (("train", "training"), ("validation", "validation"), ("test", "test")):
        accuracy, error = results[f"{name}_accuracy"], results.get(f"{name}_root_mean_square_error")
        judged = f"accuracy {accuracy:.4f}" if accuracy is not None else f"root mean square error {error:.6g}"
        lines.append(f"{label:<10}  cost {results[f'{name}_cost']:.6g}  {judged}")
    lines.append(f"{results['epochs']} epochs in {results['seconds']:.2f} s, {results['parameters']} parameters")
    if len(results["restarts"]) > 1:
        lines.append(_of_restarts(results["restarts"], results["seed"]))
    if output is not None:
        lines.append(f"saved {output}")
    return "\n".join(lines)


def _of_restarts(restarts: list[dict[str, Any]], best: int) -> str:
    """Return how far several starts are from each other, in one line."""
    costs = sorted(one["validation_cost"] for one in restarts)
    ended = sum(one["stopped"] is not None and not one["stopped"].startswith("interrupted") for one in restarts)
    diverged = f", {ended} diverged" if ended else ""
    return (
        f"{len(restarts)} starts: validation cost {costs[0]:.6g} to {costs[-1]:.6g}, median {np.median(costs):.6g}"
        f"{diverged}; the best has seed {best}"
    )
