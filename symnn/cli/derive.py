"""`symnn derive 2-3-1`: a network's gradient as equations."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from sympy import Integer

from symnn.calculus import differentiate
from symnn.cli.documents import proof_option, style_of, style_option, write_document
from symnn.cli.files import is_file, read_with_letters
from symnn.cli.options import (
    OF_NETWORKS,
    activation_option,
    architecture_argument,
    cost_option,
    default_activations,
    echo_json,
    network_of,
    notation_option,
    output_format,
    output_option,
    penalty_options,
    refuse_network_options,
    split_names,
    weights_option,
)
from symnn.errors import InputError, ParseError
from symnn.gradients import Gradient
from symnn.language import Program, parse_architecture
from symnn.networks import Network, general_network
from symnn.teaching.given_numbers import worked
from symnn.teaching.page import page
from symnn.teaching.working import Working
from symnn.training import OPTIMIZERS, check_writable, optimizer_named, write_atomically
from symnn.training.optimizers.base import RuleOptimizer
from symnn.writing import FORMATS, VIEWS, write_equation

_ENDINGS = {".txt": "text", ".md": "markdown", ".tex": "latex", ".pdf": "latex", ".html": "html"}
_FORMATS = (*FORMATS, "html")
_SIGNS = r"[*'()/^+]"
"""What stands in a formula, and not in an architecture."""


@click.command("derive")
@architecture_argument
@activation_option
@cost_option
@penalty_options
@weights_option
@click.option("--view", type=click.Choice(VIEWS), default="matrix", show_default=True, help="How equations are shown.")
@click.option("--batch", is_flag=True, help="For a batch of m examples, one a row, instead of one example.")
@click.option("--wrt", metavar="NAME[,NAME…]", help="With respect to what  [default: every parameter]")
@click.option("--format", "format_", type=click.Choice(_FORMATS), help="[default: text, or what the ending of -o says]")
@click.option("--ascii", "ascii_", is_flag=True, help="The same as --format ascii.")
@click.option("--optimizer", type=click.Choice(OPTIMIZERS[:-1]), help="Show the equations of a step after it, too.")
@click.option("--numbers", metavar="SEED|FILE", help="Put numbers in: drawn by a seed, or from a JSON file.")
@notation_option
@style_option
@proof_option
@output_option("Write to a file: .txt, .md, .tex, .pdf, or .html for a page to walk through.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def derive_command(architecture: str, output: str | None, as_json: bool, **options: Any) -> None:
    """Derive the gradient of a network's cost, and print it as a textbook would.

    ARCHITECTURE is 2-3-1, n0-n1-n2 for sizes that are symbols, or n0-...-nL for any number of layers.
    A single letter is an undefined function: --activation f --cost C. A FILE of equations may stand in
    its place: the gradient is of what its last equation defines.
    """
    format_ = output_format(options, output, _ENDINGS)
    style = style_of(options, output, as_json)
    if output is not None:
        check_writable(output)
    network = _network(architecture, options)
    subject = _subject(architecture, options, network)
    if options["notation"] is not None:
        subject = subject.with_notation(options["notation"])
    if options["numbers"] is not None and style not in (None, "article"):
        raise InputError(f"--numbers and --style {style} exclude each other: an article shows worked numbers")
    working = _working(network, options)
    update = _update(network, options, format_, plain=style is None and not as_json)
    if style is not None and output is not None:
        if not isinstance(subject, Gradient):
            raise InputError(f"there is no document on '{architecture}': give a number of layers, such as n0-n1-n2")
        write_document(subject, style, output, options, network, working)
        return
    view, batch = options["view"], options["batch"]
    if as_json:
        if isinstance(subject, Gradient):
            found = described(subject, view, batch, "ascii" if format_ == "ascii" else "text")
            echo_json(found if working is None else {**found, "numbers": working.as_dict()})
        else:
            text = subject.write("ascii" if format_ == "ascii" else "text", view, batch)
            latex = subject.write("latex", view, batch)
            echo_json({"title": text.partition("\n")[0], "view": view, "batch": batch, "text": text, "latex": latex})
        return
    if format_ == "html":
        if not isinstance(subject, Gradient):
            raise InputError(f"there is no page on '{architecture}': give a number of layers, such as n0-n1-n2")
        text = page(subject, network=network, numbers=working, batch=batch, proof=options["proof"])
    else:
        text = subject.write(format_, view, batch)
        text += update + ("" if working is None else written_numbers(working, format_))
    if output is None:
        click.echo(text, nl=False)
    else:
        write_atomically(output, text)


def _working(network: Network | None, options: dict[str, Any]) -> Working | None:
    """Return the network worked with the numbers that --numbers asks for, if it does."""
    if options["numbers"] is None:
        return None
    if network is None:
        raise InputError("--numbers is for an architecture with sizes that are numbers, such as 2-3-1")
    if options["batch"]:
        raise InputError("--numbers and --batch exclude each other: numbers are those of one example")
    working = worked(network, options["numbers"])
    return working if options["notation"] is None else working.with_notation(options["notation"])


def _update(network: Network | None, options: dict[str, Any], format_: str, plain: bool) -> str:
    """Return the equations of an optimizer's step as they stand below a derivation in a format."""
    if options["optimizer"] is None:
        return ""
    if network is None:
        raise InputError("--optimizer is for an architecture with a number of layers, such as 2-3-1")
    if not plain or format_ not in ("text", "ascii", "latex"):
        raise InputError("--optimizer is shown in text, ascii and latex, without --style and --json")
    outputs = network.layers[-1].outputs
    count = int(outputs) if isinstance(outputs, int | Integer) else 1
    optimizer = optimizer_named(options["optimizer"], network, count)
    assert isinstance(optimizer, RuleOptimizer)
    if format_ == "latex":
        return f"\n\\noindent\\textit{{Update of each entry $\\theta$ of a parameter}}\n{optimizer.latex()}"
    theta = "theta" if format_ == "ascii" else "θ"
    return f"Update of each entry {theta} of a parameter\n{optimizer.text(ascii=format_ == 'ascii')}"


def written_numbers(working: Working, format_: str) -> str:
    """Return a working as it stands below a derivation in a format."""
    if format_ == "latex":
        return f"\n\\noindent\\textbf{{In numbers}}\\par\n{working.latex()}"
    text = working.text(ascii=format_ == "ascii")
    return f"\n### In numbers\n\n```text\n{text}```\n" if format_ == "markdown" else f"\nIn numbers\n{text}"


def _network(architecture: str, options: dict[str, Any]) -> Network | None:
    """Return the network that an architecture and the options describe: none for a file or the general network."""
    try:
        if is_file(architecture) or parse_architecture(architecture).general:
            return None
    except ParseError as error:
        if re.search(_SIGNS, architecture):
            raise InputError(f"{error}; for a formula see symnn diff") from None
        raise
    return network_of(architecture, **{name: options[name] for name in OF_NETWORKS})


def _subject(architecture: str, options: dict[str, Any], network: Network | None) -> Any:
    """Return the gradient of a network, or the general network."""
    if is_file(architecture):
        return gradient_of_file(architecture, options)
    if network is None and (options["wrt"] or options["l1"] or options["l2"]):
        raise InputError("the general network takes no --wrt, --l1 or --l2: give a number of layers")
    if network is None:
        given = options["activation"]
        activation = default_activations(options["cost"], 2) if given is None else split_names(given)
        return general_network(activation, options["cost"], options["weights"])
    wrt = split_names(options["wrt"]) if options["wrt"] else None
    return network.gradient(wrt=wrt)


def gradient_of_file(path: str, options: dict[str, Any]) -> Gradient:
    """Return the gradient of what the last equation of a file defines."""
    refuse_network_options("a file of equations says it itself")
    program, values = read_with_letters(path)
    name = Path(path).name + (f" · {values}" if values else "")
    last = program.equations[-1].tensor
    wrt = split_names(options["wrt"]) if options["wrt"] else None
    if wrt is None and not any(tensor.role == "parameter" for tensor in program.inputs.values()):
        wrt = tuple(name for name, tensor in program.inputs.items() if tensor.role == "input")
    if options["batch"] and program.names_examples:
        raise InputError(f"--batch: {Path(path).name} names the example axis itself")
    shown = Gradient(differentiate(program, last.name, wrt), f"{name} · one example, columns")
    return replace(shown, title=name) if program.names_examples else shown


def described(
    gradient: Gradient, view: str = "matrix", batch: bool = False, format: str = "text"
) -> dict[str, Any]:
    """Return a gradient as plain data: what it is of, its equations as text, LaTeX and SymPy's notation."""
    derivation = gradient.batch_derivation if batch else gradient.derivation
    program = derivation.program
    return {
        "title": gradient.write(format, "index", batch).partition("\n")[0],
        "view": view,
        "batch": batch,
        "of": gradient.of,
        "gradients": gradient.gradients,
        "parameters": {name: [str(size) for size in program.find(name).shape] for name in gradient.wrt},
        "facts": [str(fact) for fact in derivation.facts],
        "forward": _equations(program, [e.tensor.name for e in derivation.forward_equations], view, gradient, format),
        "backward": _equations(program, list(derivation.backward), view, gradient, format),
    }


def _equations(
    program: Program, names: list[str], view: str, gradient: Gradient, format: str
) -> list[dict[str, Any]]:
    shown = []
    for name in names:
        equation = program[name]
        written = {
            name: write_equation(equation, view=view, format=form, program=program, notation=gradient.notation)
            for name, form in (("text", format), ("latex", "latex"))
        }
        shape = [str(size) for size in equation.tensor.shape]
        shown.append({"name": name, "shape": shape, **written, "sympy": str(equation)})
    return shown
