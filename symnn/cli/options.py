"""Options that several commands share, and what they all print with."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from symnn.errors import InputError, suggest
from symnn.language import parse_architecture
from symnn.networks import ORIENTATIONS, Network, mlp
from symnn.training import BUILT_IN, DTYPES, SCALES
from symnn.training.plan import BACKEND_NAMES
from symnn.writing import Notation, read_notation

Decorator = Callable[[Any], Any]


def together(*decorators: Decorator) -> Decorator:
    """Return one decorator that applies several, the first on top."""

    def apply(function: Any) -> Any:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


architecture_argument = click.argument("architecture", metavar="ARCHITECTURE|FILE")
_READ = ("architecture", "subject", "model", "data", "numbers", "file", "resume")
"""The arguments and options that may name a file that is read."""
_NOTATION_FILE = "symnn.notation_file"
OF_NETWORKS = ("activation", "cost", "weights", "l1", "l2")

activation_option = click.option(
    "--activation", metavar="NAME[,NAME…]", help="One activation for all layers, or one for each."
)
cost_option = click.option("--cost", metavar="NAME", default="quadratic", show_default=True, help="The cost.")
penalty_options = together(
    click.option("--l1", type=float, default=0.0, metavar="λ", help="Penalty λ Σ|w| on the weights."),
    click.option("--l2", type=float, default=0.0, metavar="λ", help="Penalty ½ λ Σ w² on the weights."),
)
weights_option = click.option(
    "--weights",
    type=click.Choice(ORIENTATIONS),
    default=ORIENTATIONS[0],
    show_default=True,
    help="The axes of W: Z = A Wᵀ + 1 bᵀ, or Z = A W + 1 bᵀ.",
)
_DATA_HELP = f"{', '.join(BUILT_IN)}; a CSV file with a header; an .npz with X and y; a folder with MNIST's IDX files."
data_option = click.option("--data", required=True, metavar="NAME|PATH", help=_DATA_HELP)
resumed_options = together(
    click.argument("architecture", metavar="ARCHITECTURE|FILE", required=False),
    click.option("--data", metavar="NAME|PATH", help=_DATA_HELP),
)
"""The architecture and the data of a command that may be told them by a checkpoint."""
target_option = click.option(
    "--target", metavar="COLUMN", help="The target's column in a CSV file  [default: the last]"
)
scale_option = click.option(
    "--scale",
    type=click.Choice(SCALES),
    help="Scaling of the inputs  [default: standard for tables, unit for images]",
)
seed_option = click.option("--seed", type=int, default=0, show_default=True, help="Everything random follows from it.")
dtype_option = click.option("--dtype", type=click.Choice(DTYPES), default="float64", show_default=True)
backend_option = click.option(
    "--backend",
    type=click.Choice(BACKEND_NAMES),
    default="numpy",
    show_default=True,
    help="What takes the steps; auto is what is likely to be the fastest.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")


notation_option = click.option(
    "--notation",
    metavar="FILE",
    callback=lambda context, option, path: _read_notation(context, path),
    help="A TOML file that says how things are written: letters, signs, rows or columns, layouts.",
)


def _read_notation(context: click.Context, path: str | None) -> Notation | None:
    # The file's name is kept for what refuses to overwrite it.
    context.meta[_NOTATION_FILE] = path
    return None if path is None else read_notation(path)


def output_option(help_text: str) -> Decorator:
    """Return the option -o FILE."""
    return click.option("-o", "--output", metavar="FILE", help=help_text)


def needed_ending(output: str | None, endings: Collection[str]) -> str:
    """Return the ending of -o FILE, which has to be given.

    Raises:
        InputError: for no file, an ending that is not accepted, and a file that is read too.
    """
    if output is None:
        raise InputError(f"where to? Give -o FILE (accepted endings: {', '.join(endings)})")
    refuse_overwriting(output)
    ending = ending_of(output)
    if ending not in endings:
        raise InputError(f"-o {output!r}: unknown ending {ending!r}{suggest(ending, endings)}")
    return ending


def output_format(options: dict[str, Any], output: str | None, endings: dict[str, str]) -> str:
    """Return the format that --format, --ascii or the ending of -o FILE says; text if none does.

    Raises:
        InputError: for options that exclude each other, an unknown ending, and a file that the command reads.
    """
    refuse_overwriting(output)
    if options["ascii_"]:
        if options["format_"] not in (None, "text", "ascii"):
            raise InputError(f"--ascii and --format {options['format_']} exclude each other")
        return "ascii"
    if options["format_"]:
        return str(options["format_"])
    if output is None:
        return "text"
    ending = ending_of(output)
    if ending not in endings:
        raise InputError(f"-o {output!r}: unknown ending {ending!r}{suggest(ending, endings)}")
    return endings[ending]


def ending_of(path: str) -> str:
    """Return the ending of a file's name, in small letters.

    >>> ending_of("notes.PDF")
    '.pdf'
    """
    return Path(path).suffix.lower()


def refuse_overwriting(*outputs: str | Path | None) -> None:
    """Raise InputError if a file that is to be written is one that the command reads, by whatever name."""
    context = click.get_current_context()
    given = [context.params.get(name) for name in _READ] + [context.meta.get(_NOTATION_FILE)]
    for output in outputs:
        for path in given:
            if output is not None and isinstance(path, str) and _is_same_file(path, output):
                raise InputError(f"-o {str(output)!r} would overwrite {path!r}, which is read: give another name")


def _is_same_file(one: str, other: str | Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):  # one of them does not exist, or its text is no file's name
        return False


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in a list separated by commas; a comma inside parentheses belongs to a formula.

    >>> split_names("relu, max(x, 0)")
    ('relu', 'max(x, 0)')
    """
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return tuple(part.strip() for part in parts)


def activations_of(text: str, layers: int) -> tuple[str, ...]:
    """Return one activation for each layer, of a text that gives one for all or one for each."""
    names = split_names(text)
    return names * layers if len(names) == 1 else names


def default_activations(cost: str, layers: int, values: bool = False) -> tuple[str, ...]:
    """Return the activations that are used when none is given: sigmoid, and a last layer that suits the cost.

    >>> default_activations("cross_entropy", 2)
    ('sigmoid', 'softmax')
    """
    last = {"cross_entropy": "softmax", "hinge": "identity"}.get(cost, "sigmoid")
    return ("sigmoid",) * (layers - 1) + ("identity" if values and last == "sigmoid" else last,)


def network_of(architecture: str, activation: str | None, cost: str, **options: Any) -> Network:
    """Return the network that the options describe, with activations that suit the cost where none is given."""
    layers = len(parse_architecture(architecture).sizes) - 1
    given = default_activations(cost, layers) if activation is None else split_names(activation)
    return mlp(architecture, activation=given, cost=cost, **options)


def refuse_network_options(why: str) -> None:
    """Raise InputError if an option was given that describes a network, beside a file that describes it."""
    given = given_options()
    for name in OF_NETWORKS:
        if name in given:
            raise InputError(f"--{name} is for an architecture: {why}")


def given_options() -> set[str]:
    """Return the options that were given, and are no defaults."""
    context = click.get_current_context()
    default = (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)
    return {name for name in context.params if context.get_parameter_source(name) not in default}


def echo_json(value: dict[str, Any]) -> None:
    """Print one JSON object on standard output; numbers that are not finite become null."""
    click.echo(json_text(value))


def json_text(value: dict[str, Any]) -> str:
    """Return one JSON object on one line."""
    return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)


def note(text: str) -> None:
    """Say something on standard error, where it does not mix with results."""
    click.echo(text, err=True)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
