"""`symnn tour`: what symnn does, on the essay's neuron and on real digits, in under a minute."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import click
import numpy as np
from sympy import Rational

from symnn.calculus import batch_program
from symnn.cli.options import output_option, seed_option
from symnn.errors import InputError
from symnn.networks import Network, mlp
from symnn.proof import finite_differences, float_differences
from symnn.teaching.working import work
from symnn.training import (
    SGD,
    Fit,
    Model,
    Scaling,
    learning_rate_for,
    load_data,
    save_model,
    split,
    train,
    write_atomically,
)
from symnn.training.module import module_source

_ENTRIES = 6
_EXAMPLES = 2


@click.command("tour")
@output_option("The folder for what the tour leaves behind  [default: symnn-tour]")
@seed_option
def tour_command(output: str | None, seed: int) -> None:
    """See what symnn does: a neuron by hand, a derivation, training on digits, and a proof of the gradient."""
    folder = Path(output or "symnn-tour")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {str(folder)!r}: {(error.strerror or str(error)).lower()}") from error
    net = mlp("64-30-10")
    click.echo(f"symnn tour · seed {seed} · sigmoid · quadratic cost · what it makes goes to {folder}/")
    _neuron()
    _equations(net, folder)
    fit, parts = _train(net, folder, seed)
    _proof(net, fit, parts, seed)
    _left(folder)


def _heading(number: int, text: str) -> None:
    click.echo(f"\n{number}. {text}")


def _neuron() -> None:
    _heading(1, "A neuron by hand: inputs 0.5, 0.9, 0.1, weights 2, 0.2, 1, bias 1")
    essay = {"W1": [["2", "0.2", "1"]], "b1": ["1"], "x": ["0.5", "0.9", "0.1"]}
    exact = {name: np.vectorize(Rational, otypes=[object])(value) for name, value in essay.items()}
    click.echo(work(mlp("3-1"), exact).text(digits=3), nl=False)


def _equations(net: Network, folder: Path) -> None:
    _heading(2, "A network's gradient, derived")
    gradient = net.gradient()
    click.echo(gradient.text(), nl=False)
    write_atomically(folder / "gradient.tex", gradient.latex())
    write_atomically(folder / "gradient.py", module_source(net))


def _train(net: Network, folder: Path, seed: int) -> tuple[Fit, Any]:
    """Train on the digits: the same equations, compiled into NumPy."""
    data = load_data("digits")
    parts = split(data, seed)
    scaling = Scaling.fitted(parts.training.X, "unit", together=True)
    rate = learning_rate_for(net, 10)
    _heading(3, f"The same equations, trained: {data}")
    click.echo(f"gradient descent, learning rate {rate:g}, 30 epochs, batches of 10, inputs scaled to 0…1")
    fit = train(
        net,
        scaling.apply(parts.training.X),
        parts.training.y,
        optimizer=SGD(rate),
        seed=seed,
        validation=(scaling.apply(parts.validation.X), parts.validation.y),
        progress=True,
        classes=data.classes,
    )
    for epoch in (0, 4, 9, 19, 29):
        row = fit.history[epoch]
        click.echo(
            f"  epoch {row['epoch']:2d}   cost {row['cost']:.4f}   validation accuracy {row['validation_accuracy']:.3f}"
        )
    accuracy = fit.accuracy(scaling.apply(parts.test.X), parts.test.y)
    click.echo(f"  test accuracy {accuracy:.3f} on {len(parts.test)} digits that it has not seen ({fit.seconds:.1f} s)")
    model = Model.of(
        fit, scaling=scaling, features=data.features, target=data.target, information={"test_accuracy": accuracy}
    )
    save_model(folder / "model.npz", model)
    write_atomically(folder / "history.csv", _table(fit.history))
    return fit, (scaling.apply(parts.test.X), parts.test.y)


def _table(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _proof(net: Network, fit: Fit, test: tuple[Any, Any], seed: int) -> None:
    """Compare the compiled gradient with what differences of the forward pass say."""
    _heading(4, f"Is the gradient right? {_ENTRIES} entries of each parameter, on {_EXAMPLES} digits")
    X = np.asarray(test[0][:_EXAMPLES], dtype=float)
    Y = np.eye(10)[np.asarray(test[1][:_EXAMPLES], dtype=int)]
    _, gradients = net.gradient().compile()(fit.parameters, X, Y)
    generator = np.random.default_rng(seed)
    chosen = {
        name: [tuple(int(generator.integers(size)) for size in value.shape) for _ in range(_ENTRIES)]
        for name, value in gradients.items()
    }
    forward = batch_program(net.program, ["C"])
    values = {**fit.parameters, "x": X, "y": Y}
    names = list(gradients)
    for label, differences in (
        ("float64 differences", float_differences(forward, values, "C", names, entries=chosen)),
        ("50-digit differences", finite_differences(forward, values, "C", names, entries=chosen)),
    ):
        worst = max(_error(gradients[name], differences[name], chosen[name]) for name in names)
        click.echo(f"  {label:<20}  largest disagreement {worst:.1e} of the largest component")


def _error(gradient: Any, difference: Any, entries: list[tuple[int, ...]]) -> float:
    largest = float(np.abs(gradient).max())
    return max(abs(float(gradient[place]) - float(difference[place])) for place in entries) / largest


def _left(folder: Path) -> None:
    _heading(5, f"In {folder}/")
    for name, what in (
        ("gradient.tex", "the derivation in LaTeX (align*, with amsmath and bm)"),
        ("gradient.py", "the gradient as a module that needs NumPy alone"),
        ("model.npz", f"the trained network: symnn predict {folder}/model.npz --data digits"),
        ("history.csv", "cost and accuracy by epoch"),
    ):
        click.echo(f"  {name:<13} {what}")
