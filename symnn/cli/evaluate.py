"""`symnn evaluate`: a small network worked by hand, in symbols, numbers and results."""

from __future__ import annotations

import math
from typing import Any

import click

from symnn.cli.options import (
    activation_option,
    architecture_argument,
    cost_option,
    echo_json,
    ending_of,
    json_option,
    network_of,
    notation_option,
    output_option,
    penalty_options,
    refuse_overwriting,
    weights_option,
)
from symnn.errors import InputError, suggest
from symnn.language import parse_architecture, parse_assignments
from symnn.networks import Network
from symnn.teaching.working import work
from symnn.training import check_writable, write_atomically
from symnn.writing.characters import ascii_text

LARGEST = 60
MOST_DIGITS = 40


@click.command("evaluate")
@architecture_argument
@click.option("--set", "given", multiple=True, metavar="VALUES", help='Numbers, as "W1=2,0.2,1 b1=1 x=0.5,0.9,0.1".')
@activation_option
@cost_option
@weights_option
@penalty_options
@click.option("--gradient", is_flag=True, help="Work the gradient too (needs targets, y=…).")
@click.option("--learning-rate", type=float, metavar="η", help="Work the gradient and one update of every parameter.")
@click.option("--seed", type=int, help="Draw the parameters that --set leaves out.")
@click.option("--digits", type=int, default=6, show_default=True, help="Significant digits of every number.")
@click.option("--ascii", is_flag=True, help="ASCII characters alone.")
@notation_option
@output_option("Write the working to a file (.txt or .md).")
@json_option
def evaluate_command(
    architecture: str, given: tuple[str, ...], output: str | None, as_json: bool, **options: Any
) -> None:
    """Work a small network with given numbers: every equation in symbols, in numbers, and its result.

    The rows of a matrix are separated by semicolons, or all its numbers follow each other. With
    targets, as in y=0.01,0.99, the cost is worked too. Every digit that is printed is right.
    """
    if not 1 <= options["digits"] <= MOST_DIGITS:
        raise InputError(f"bad number of digits {options['digits']} (accepted: 1 to {MOST_DIGITS})")
    if output is not None:
        refuse_overwriting(output)
        if ending_of(output) not in (".txt", ".md"):
            raise InputError(f"cannot write {output!r}: the working is written as .txt or .md")
        check_writable(output)
    _check_size(architecture)
    named = {name: options[name] for name in ("activation", "cost", "weights", "l1", "l2")}
    network = network_of(architecture, **named)
    values, drawn = _values(network, given, options["seed"])
    working = work(network, values, options["gradient"], options["learning_rate"])
    if options["notation"] is not None:
        working = working.with_notation(options["notation"])
    title = _title(network, drawn, options, "y" in values)
    if output is not None:
        text = working.text(options["digits"], options["ascii"])
        write_atomically(output, _file(title, text, output, options["ascii"]))
    if as_json:
        echo_json({**_described(network, drawn, options), **working.as_dict(), "output": output})
    elif output is not None:
        click.echo(f"{_shown(title, options)}\nwrote {output}")
    else:
        click.echo(f"{_shown(title, options)}\n{working.text(options['digits'], options['ascii'])}", nl=False)


def _check_size(architecture: str) -> None:
    """Refuse what cannot be worked by hand, before anything large is built."""
    parsed = parse_architecture(architecture)
    if parsed.general or not all(size.is_Integer for size in parsed.sizes):
        raise InputError(f"{architecture}: sizes that are numbers are needed to work a network, such as 3-1")
    count = sum((int(a) + 1) * int(b) for a, b in zip(parsed.sizes, parsed.sizes[1:], strict=False))
    if count > LARGEST:
        raise InputError(
            f"{parsed.text} has {count:,} parameters, too many to work by hand (at most {LARGEST}): "
            f"see symnn train {parsed.text}"
        )


def _values(network: Network, given: tuple[str, ...], seed: int | None) -> tuple[dict[str, Any], list[str]]:
    """Return the value of every tensor that is given or drawn, and the names of the drawn ones."""
    assigned = parse_assignments(" ".join(given)) if given else {}
    shapes = {
        **network.parameters,
        "x": (int(network.layers[0].inputs),),
        "y": (int(network.layers[-1].outputs),),
    }
    for name in assigned:
        if name not in shapes:
            other_case = {known.lower(): known for known in shapes}.get(name.lower(), name)
            raise InputError(f"unknown name '{name}' in --set{suggest(other_case, shapes)}")
    values = {name: _shaped(name, given_value, shapes[name]) for name, given_value in assigned.items()}
    drawn = [name for name in network.parameters if name not in values]
    if drawn and seed is not None:
        if seed < 0:
            raise InputError(f"bad seed {seed}: it is a whole number, at least 0")
        first = network.initial_parameters(seed)
        values.update({name: first[name] for name in drawn})
    missing = [name for name in (*network.parameters, "x") if name not in values]
    if missing:
        listed = ", ".join(f"{name} ({_shape(shapes[name])})" for name in missing)
        how = "" if missing == ["x"] else ", or draw parameters with --seed 0"
        raise InputError(f"no numbers for {listed}: give them as {missing[0]}=… in --set{how}")
    return values, drawn


def _shaped(name: str, given: list[Any], shape: tuple[int, ...]) -> Any:
    """Return numbers in the shape that is wanted: they come in rows, or all in one list."""
    in_rows = isinstance(given[0], list)
    numbers = [number for row in given for number in row] if in_rows else given
    needed = math.prod(shape)
    if in_rows and len(shape) == 2 and (len(given), len(given[0])) != shape:
        raise InputError(f"'{name}' is {len(given)}×{len(given[0])}; {_shape(shape)} are needed")
    if in_rows and len(shape) == 1 and len(given[0]) != 1:
        raise InputError(f"'{name}' has rows; {_shape(shape)} are needed, with commas between")
    if len(numbers) != needed:
        plural = "number" if len(numbers) == 1 else "numbers"
        raise InputError(f"'{name}' has {len(numbers)} {plural}; {_shape(shape)} are needed")
    if len(shape) == 1:
        return numbers
    return [numbers[start : start + shape[1]] for start in range(0, needed, shape[1])]


def _shape(shape: tuple[int, ...]) -> str:
    if len(shape) == 1:
        return f"{shape[0]} number{'s' if shape[0] != 1 else ''}"
    return f"{shape[0]}×{shape[1]} numbers"


def _title(network: Network, drawn: list[str], options: dict[str, Any], with_cost: bool) -> str:
    sizes, activations, cost, *_ = network.title.split(" · ")
    parts = [sizes, activations]
    if with_cost:
        parts += [cost, *(f"{name} {options[name]:g}" for name in ("l1", "l2") if options[name])]
    if options["weights"] != "outputs,inputs":
        parts.append(f"weights {options['weights']}")
    parts.append("one example")
    if options["learning_rate"] is not None:
        parts.append(f"learning rate {options['learning_rate']:g}")
    if drawn and options["seed"] is not None:
        parts.append(f"{', '.join(drawn)} drawn with seed {options['seed']}")
    return " · ".join([*parts, f"{options['digits']} significant digits"])


def _shown(title: str, options: dict[str, Any]) -> str:
    return ascii_text(title) if options["ascii"] else title


def _described(network: Network, drawn: list[str], options: dict[str, Any]) -> dict[str, Any]:
    described = network.description or {}
    return {
        **{name: described.get(name) for name in ("architecture", "activation", "cost", "weights", "l1", "l2")},
        "learning_rate": options["learning_rate"],
        "seed": options["seed"],
        "drawn": drawn,
    }


def _file(title: str, text: str, output: str, ascii: bool) -> str:
    shown = ascii_text(title) if ascii else title
    return f"# {shown}\n\n```text\n{text}```\n" if ending_of(output) == ".md" else f"{shown}\n{text}"
