"""`symnn code`: a network's gradient as a Python module that needs NumPy alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symnn.cli.options import (
    activation_option,
    architecture_argument,
    cost_option,
    dtype_option,
    output_option,
    penalty_options,
    split_names,
    weights_option,
)
from symnn.errors import InputError, SymnnError
from symnn.networks import Network, mlp
from symnn.training import check_writable, write_atomically
from symnn.training.module import module_source


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
        if Path(output).suffix != ".py":
            raise InputError(f"cannot write {output!r}: a module's name ends in .py")
        check_output(output)
    source = module_source(network, dtype)
    if output is None:
        click.echo(source, nl=False)
        return
    write_output(output, source)
    title = " · ".join(network.title.split(" · ")[:3])
    penalties = "".join(f" · {name} {options[name]:g}" for name in ("l1", "l2") if options[name])
    click.echo(f"{title}{penalties} · weights {options['weights']} · {dtype}\nwrote {output}")


def network_of(architecture: str, activation: str | None, cost: str, **options: Any) -> Network:
    """Return the network that the options describe; without a word on activations, they are sigmoids."""
    return mlp(architecture, activation=split_names(activation or "sigmoid"), cost=cost, **options)


def check_output(output: str) -> None:
    """Raise unless a file can be written there: that is work that fails, not a bad command.

    Raises:
        SymnnError: where it cannot be written.
    """
    try:
        check_writable(output)
    except InputError as error:
        raise SymnnError(str(error)) from None


def write_output(output: str, text: str) -> None:
    """Write a whole file or nothing.

    Raises:
        SymnnError: where it cannot be written.
    """
    try:
        write_atomically(output, text)
    except InputError as error:
        raise SymnnError(str(error)) from None
