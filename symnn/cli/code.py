"""`symnn code`: a network's gradient, or a layer's forward and backward, as a Python module."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from symnn.cli.files import is_file, read_program
from symnn.cli.options import (
    OF_NETWORKS,
    activation_option,
    cost_option,
    dtype_option,
    ending_of,
    given_options,
    network_of,
    output_option,
    penalty_options,
    refuse_network_options,
    refuse_overwriting,
    split_names,
    weights_option,
)
from symnn.errors import InputError
from symnn.language import Program
from symnn.language.names import is_name
from symnn.networks import Network
from symnn.training import check_writable, write_atomically
from symnn.training.layer_module import TARGETS, layer_source
from symnn.training.module import module_source

_OF_LAYERS = ("of", "wrt", "batch")


@click.command("code")
@click.argument("subject", metavar="ARCHITECTURE|FILE")
@click.option(
    "--target",
    type=click.Choice(TARGETS),
    default=TARGETS[0],
    show_default=True,
    help="NumPy, or a torch.autograd.Function and a torch.nn.Module.",
)
@click.option("--of", metavar="NAME", help="The layer's output  [default: what the last equation defines]")
@click.option("--wrt", metavar="NAME[,NAME…]", help="With respect to what  [default: every input and parameter]")
@click.option("--batch/--one-example", default=True, show_default=True, help="Whether data have a row an example.")
@activation_option
@cost_option
@weights_option
@penalty_options
@dtype_option
@click.option(
    "--stable/--no-stable",
    default=True,
    show_default=True,
    help="Whether formulas are rewritten so that they keep their digits; without, to see what goes wrong.",
)
@output_option("The module to write (.py)  [default: standard output]")
def code_command(subject: str, output: str | None, **options: Any) -> None:
    """Write a network's gradient, or a layer's forward and backward, as a Python module.

    Of an architecture such as 784-30-10, the module needs NumPy alone: it computes the cost and its
    gradient, predicts, and trains. Sizes may be letters, such as n0-n1-n2. With --target torch-function,
    it is the network's output as a torch module, with the derived gradient and without a cost.

    Of a FILE of equations, it computes what the last equation defines, and, given the derivative of a
    cost by that (grad_output), the derivatives by the inputs and parameters: a layer for training of
    one's own. Its header says what every array means.
    """
    given = given_options()
    if output is not None and ending_of(output) != ".py":
        raise InputError(f"cannot write {output!r}: a module's name ends in .py")
    refuse_overwriting(output)
    if output is not None:
        check_writable(output)
    source, said = _layer_of_file(subject, given, options) if is_file(subject) else _network(subject, given, options)
    if output is None:
        click.echo(source, nl=False)
        return
    write_atomically(output, source)
    click.echo(f"{said}\nwrote {output}")


def _layer_of_file(path: str, given: set[str], options: dict[str, Any]) -> tuple[str, str]:
    refuse_network_options("a file of equations says it itself")
    program = read_program(path)
    source = _layer(program, options["of"], _class_name(Path(path).stem), given, options)
    return source, f"{Path(path).name} · {_described(options)}"


def _network(architecture: str, given: set[str], options: dict[str, Any]) -> tuple[str, str]:
    """Return the module of a network: with its cost, or for torch without."""
    network = network_of(architecture, **{name: options[name] for name in OF_NETWORKS})
    if options["target"] != "numpy":
        _refuse(given, ("cost", "l1", "l2"), "not for --target torch-function, which writes the output without a cost")
        source = _layer(network.program, options["of"] or network.output, "Network", given, options)
        return source, f"{_title(network, 2)} · weights {options['weights']} · {_described(options)}"
    _refuse(given, _OF_LAYERS, "for a file of equations, or for --target torch-function")
    penalties = "".join(f" · {name} {options[name]:g}" for name in ("l1", "l2") if options[name])
    said = f"{_title(network, 3)}{penalties} · weights {options['weights']} · {options['dtype']}"
    return module_source(network, options["dtype"], options["stable"]), said


def _layer(program: Program, of: str | None, name: str, given: set[str], options: dict[str, Any]) -> str:
    if options["target"] != "numpy":
        _refuse(given, ("dtype",), "for numpy: torch computes in the type of the tensors that it is given")
    wrt = split_names(options["wrt"]) if options["wrt"] else None
    return layer_source(
        program, of, wrt, options["target"], options["batch"], name, options["dtype"], options["stable"]
    )


def _class_name(stem: str) -> str:
    """Return a file's name as that of a class: layer_norm is LayerNorm."""
    name = "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", stem))
    return name if is_name(name) else "Layer"


def _described(options: dict[str, Any]) -> str:
    rows = "one example a row" if options["batch"] else "one example"
    return f"{options['target']} · {rows}" + (f" · {options['dtype']}" if options["target"] == "numpy" else "")


def _title(network: Network, parts: int) -> str:
    return " · ".join(network.title.split(" · ")[:parts])


def _refuse(given: set[str], names: tuple[str, ...], why: str) -> None:
    for name in names:
        if name in given:
            shown = "--batch/--one-example" if name == "batch" else f"--{name}"
            raise InputError(f"{shown} is {why}")
