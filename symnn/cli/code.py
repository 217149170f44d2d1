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
    network_of,
    output_option,
    penalty_options,
    weights_option,
)
from symnn.errors import InputError
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
        check_writable(output)
    source = module_source(network, dtype)
    if output is None:
        click.echo(source, nl=False)
        return
    write_atomically(output, source)
    title = " · ".join(network.title.split(" · ")[:3])
    penalties = "".join(f" · {name} {options[name]:g}" for name in ("l1", "l2") if options[name])
    click.echo(f"{title}{penalties} · weights {options['weights']} · {dtype}\nwrote {output}")
