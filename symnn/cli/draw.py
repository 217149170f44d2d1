"""`symnn draw`: a network as circles and lines, or as boxes, in a file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click
import numpy as np

from symnn.cli.files import is_file, read_network
from symnn.cli.options import (
    activation_option,
    cost_option,
    echo_json,
    json_option,
    needed_ending,
    network_of,
    notation_option,
    output_option,
    refuse_network_options,
    weights_option,
)
from symnn.errors import InputError
from symnn.language import parse_architecture, parse_assignments
from symnn.networks import Network, ProgramNetwork
from symnn.teaching.pictures import Diagram, diagram_of
from symnn.training import Model, check_writable, load_model, write_atomically

_ENDINGS = (".svg", ".tex", ".png", ".pdf")
_LARGEST = 20_000_000


@click.command("draw")
@click.argument("subject", metavar="ARCHITECTURE|MODEL.npz|FILE")
@click.option("--set", "given", multiple=True, metavar="VALUES", help='Numbers, as "W1=2,0.2,1 b1=1 x=0.5,0.9,0.1".')
@click.option("--values", is_flag=True, help="Draw the parameters that --set leaves out at random, by --seed.")
@click.option("--seed", type=int, metavar="SEED", help="The seed of --values, and --values itself  [default: 0]")
@click.option(
    "--nodes", type=click.IntRange(3, 100), default=10, show_default=True, help="Of a wider layer some are left out."
)
@activation_option
@cost_option
@weights_option
@notation_option
@output_option(f"The picture ({', '.join(_ENDINGS)}).")
@json_option
def draw_command(
    subject: str, given: tuple[str, ...], values: bool, seed: int | None, output: str | None, as_json: bool,
    **options: Any,
) -> None:  # fmt: skip
    """Draw a network: circles for inputs and units, a line for each weight; other layers are boxes.

    With numbers, a line is blue for a positive weight and red for a negative one, and the wider the larger
    it is; with x, each circle shows its activation. Wide layers are elided with dots.
    """
    ending = needed_ending(output, _ENDINGS)
    assert output is not None
    check_writable(output)
    if seed is not None and seed < 0:
        raise InputError(f"bad seed {seed}: it is a whole number, at least 0")
    drawn = 0 if values and seed is None else seed
    numbers: dict[str, Any] = {}
    for name, value in (parse_assignments(" ".join(given)) if given else {}).items():
        numbers[name] = np.array(value, dtype=float)
    what = _subject(subject, options)
    if drawn is not None:
        numbers = {**_first_values(what, drawn), **numbers}
    diagram = diagram_of(what, numbers or None, options["notation"], options["nodes"])
    write_atomically(output, _written(diagram, ending))
    said = _said(diagram, what, drawn, numbers)
    if as_json:
        counts = {"nodes": len(diagram.nodes), "edges": len(diagram.edges), "boxes": len(diagram.boxes)}
        echo_json({"network": diagram.title, "drawn": said, **counts, "output": output})
    else:
        click.echo(f"{said}\nwrote {output}")


def _subject(given: str, options: dict[str, Any]) -> Any:
    """Return the network that is named: a saved model, a file of equations, or an architecture."""
    if Path(given).suffix == ".npz":
        refuse_network_options("a saved model says it itself")
        return load_model(given)
    if is_file(given):
        refuse_network_options("a file of equations says it itself")
        return read_network(given)
    architecture = parse_architecture(given)
    if architecture.general:
        return given
    return network_of(given, **{name: options[name] for name in ("activation", "cost", "weights")})


def _first_values(what: Any, seed: int) -> dict[str, Any]:
    if isinstance(what, Model):
        raise InputError("--values and --seed draw numbers at random, and a saved model has its own")
    if not isinstance(what, Network):
        raise InputError("--values and --seed: sizes that are numbers are needed, such as 3-4-2")
    shapes = [shape for shape in what.parameters.values() if all(isinstance(size, int) for size in shape)]
    count = sum(math.prod(shape) for shape in shapes)
    if count > _LARGEST:
        raise InputError(f"{count:,} parameters are too many to draw at random (at most {_LARGEST:,})")
    # Biases too are drawn, so that there is something to see.
    return dict(what.initial_parameters(seed, "normal"))


def _written(diagram: Diagram, ending: str) -> str | bytes:
    if ending == ".svg":
        return diagram.svg()
    if ending == ".tex":
        return "% \\usepackage{tikz} in the preamble; letters of a notation may need amssymb and bm\n" + diagram.tikz()
    return diagram.png() if ending == ".png" else diagram.pdf()


def _said(diagram: Diagram, what: Any, seed: int | None, numbers: dict[str, Any]) -> str:
    """Return the line that says what was drawn, with every default."""
    net = what.network if isinstance(what, Model) else what
    said = [diagram.title]
    if isinstance(net, Network) and not isinstance(net, ProgramNetwork):
        said.append(", ".join(dict.fromkeys(net.activations)))
    if isinstance(what, Model):
        said.append("the parameters of the model")
        if "x" in numbers and what.scaling.name != "none":
            said.append(f"x scaled as in training ({what.scaling.name})")
    elif seed is not None:
        said.append(f"parameters drawn with seed {seed}")
    omitted = sum(gap.omitted or 0 for gap in diagram.gaps if gap.is_vertical)
    if omitted:
        said.append(f"{omitted:,} nodes elided")
    return " · ".join(said)
