"""`symnn code`: a network's gradient as a Python module that needs NumPy alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symnn.cli.options import (
    activation_option,
    activations_of,
    architecture_argument,
    cost_option,
    dtype_option,
    output_option,
    penalty_options,
)
from symnn.cli.train import default_activations
from symnn.errors import InputError, SymnnError
from symnn.networks import Network, mlp
from symnn.networks.layers import ORIENTATIONS
from symnn.training import check_writable, write_atomically
from symnn.training.module import module_source

weights_option = click.option(
    "--weights", type=click.Choice(ORIENTATIONS), default=ORIENTATIONS[0], show_default=True, help="The axes of W."
)


@click.command("code")
@architecture_argument
@activation_option
@cost_option
@weights_option
@penalty_options
@dtype_option
@output_option("The module to write (.py)  [default: standard output]")
def code_command(architecture: str, output: str | None, dtype: str, **options: Any) -> None:
    """Write the gradient of a network such as 784-30-10 as a Python module that needs NumPy alone.

    The module computes the cost and its gradient, predicts, and trains; its header says what every
    array means. Sizes may be letters, such as n0-n1-n2.
    """
    network = network_of(architecture, **options)
    if output is not None:
        _check_output(output)
    source = module_source(network, dtype)
    if output is None:
        click.echo(source, nl=False)
        return
    _written(write_atomically, output, source)
    title = " · ".join(network.title.split(" · ")[:3])
    penalties = "".join(f" · {name} {options[name]:g}" for name in ("l1", "l2") if options[name])
    click.echo(f"{title}{penalties} · weights {options['weights']} · {dtype}\nwrote {output}")


def network_of(architecture: str, activation: str | None, cost: str, **options: Any) -> Network:
    """Return the network that the options describe; the default activation of the last layer suits the cost."""
    layers = max(len(architecture.split("-")) - 1, 1)
    names = default_activations(cost, layers, values=False) if activation is None else activations_of(activation, layers)
    return mlp(architecture, activation=names, cost=cost, **options)


def _check_output(output: str) -> None:
    if Path(output).suffix != ".py":
        raise InputError(f"cannot write {output!r}: a module's name ends in .py")
    _written(check_writable, output)


def _written(write: Any, *arguments: Any) -> None:
    """A file that cannot be written is work that failed, not a bad command."""
    try:
        write(*arguments)
    except InputError as error:
        raise SymnnError(str(error)) from None
