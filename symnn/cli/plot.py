"""`symnn plot`: how a model learned, what it learned, and the hill of its cost, in a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from symnn.cli.options import (
    activation_option,
    cost_option,
    echo_json,
    given_options,
    json_option,
    needed_ending,
    notation_option,
    output_option,
    penalty_options,
    scale_option,
    seed_option,
    target_option,
    weights_option,
)
from symnn.cli.plot_subjects import EPOCHS, data_for, model_of_architecture, model_of_file
from symnn.errors import InputError
from symnn.teaching.pictures.plots import (
    Hill,
    animate_hill,
    draw_hill,
    hill_of,
    plot_cost,
    plot_regions,
    plot_weights,
)
from symnn.teaching.pictures.plots.hill import check_settings
from symnn.teaching.pictures.plots.style import check_matplotlib, written
from symnn.training import BUILT_IN, Model, check_writable, write_atomically

_ENDINGS = (".png", ".svg", ".pdf", ".gif")
_KINDS = ("cost", "regions", "weights", "hill")
_OF_HILL = (
    "parameter", "starts", "learning_rate", "steps", "seed", "ranges", "given", "epochs", "scale", "activation", "cost",
    "weights", "l1", "l2",
)  # fmt: skip
_NUMBER = r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*"
_RANGE = re.compile(f"({_NUMBER}),({_NUMBER})")


@click.command("plot")
@click.argument("subject", metavar="MODEL.npz|ARCHITECTURE")
@click.option("--kind", type=click.Choice(_KINDS), required=True, help="What is drawn.")
@click.option("--data", metavar="NAME|PATH", help=f"The examples: {', '.join(BUILT_IN)}, or a file, as for train.")
@target_option
@click.option(
    "--parameter", default="1", show_default=True, metavar="NAMES",
    help="hill: such as W1[1,2], or two: W1[1,1],b1[1]; 1 or 2 is those that training moved most.",
)  # fmt: skip
@click.option("--starts", type=int, default=3, show_default=True, help="hill: how many balls, spread out at random.")
@click.option("--learning-rate", type=float, metavar="η", help="hill: the balls' step size  [default: by curvature]")
@click.option("--steps", type=int, default=200, show_default=True, help="hill: the steps that each ball takes.")
@click.option(
    "--range", "ranges", multiple=True, metavar="LOW,HIGH",
    help="hill: what is drawn of a parameter; twice for two  [default: where training went]",
)  # fmt: skip
@click.option("--set", "given", multiple=True, metavar="VALUES", help='hill: other numbers, as "W1=4 b1=0.5".')
@click.option(
    "--epochs", type=int, help=f"hill of an architecture: how long it is trained before, 0: not  [default: {EPOCHS}]"
)
@scale_option
@activation_option
@cost_option
@penalty_options
@weights_option
@seed_option
@notation_option
@output_option(f"The picture ({', '.join(_ENDINGS)}; .gif is the balls of a hill, rolling).")
@json_option
def plot_command(subject: str, kind: str, output: str | None, as_json: bool, **options: Any) -> None:
    """Plot what a trained model says: training curves, decision regions, weights as images, the cost as a hill.

    The hill is the cost on the data against one parameter or two, all others fixed. Balls roll down it by
    gradient descent, and blue dots mark its valleys.
    """
    ending = _ending(output, kind)
    assert output is not None
    check_writable(output)
    _refuse_others(kind)
    check_matplotlib()
    if kind == "hill":
        content, said, told = _hill(subject, ending, options)
    else:
        figure, said = _of_model(subject, kind, options)
        content, told = written(figure, ending), {}
    write_atomically(output, content)
    if as_json:
        echo_json({"kind": kind, "drawn": said[0], **told, "output": output})
    else:
        click.echo("\n".join([*said, f"wrote {output}"]))


def _ending(output: str | None, kind: str) -> str:
    ending = needed_ending(output, _ENDINGS)
    if ending == ".gif" and kind != "hill":
        raise InputError(f"-o {output!r}: a .gif is the animation of a hill (accepted for {kind}: .png, .svg, .pdf)")
    return ending


def _refuse_others(kind: str) -> None:
    given = given_options()
    if kind != "hill":
        for name in _OF_HILL:
            if name in given:
                flag = {"given": "set", "ranges": "range"}.get(name, name.replace("_", "-"))
                raise InputError(f"--{flag} is for --kind hill, not for {kind}")
    if kind in ("cost", "weights") and "data" in given:
        raise InputError(f"--data is for regions and hill: the {kind} plot shows what is in the model")


def _of_model(subject: str, kind: str, options: dict[str, Any]) -> tuple[Any, list[str]]:
    """Return the figure of a saved model, and what it is."""
    if Path(subject).suffix != ".npz":
        raise InputError(
            f"--kind {kind} needs a trained model, {subject!r} is none (accepted: what symnn train -o MODEL.npz wrote)"
        )
    model = model_of_file(subject, ())
    if kind == "cost":
        return plot_cost(model, options["notation"]), [f"{_named(model)} · {len(model.history['epoch'])} epochs"]
    if kind == "weights":
        return plot_weights(model, options["notation"]), [f"{_named(model)} · weights of the first layer"]
    data = data_for(model, options["data"], options["target"])
    shown = "no examples: give --data for them" if data is None else f"{len(data):,} examples of {data.name}"
    return plot_regions(model, data), [f"{_named(model)} · decision regions · {shown}"]


def _hill(subject: str, ending: str, options: dict[str, Any]) -> tuple[bytes, list[str], dict[str, Any]]:
    ranges = [_range(text) for text in options["ranges"]] or None
    check_settings(options["starts"], options["steps"], options["seed"])
    if Path(subject).suffix == ".npz":
        model = model_of_file(subject, options["given"])
        data = data_for(model, options["data"], options["target"])
        if data is None:
            raise InputError(f"the cost is over examples: give --data ({subject} says {_source(model)})")
        told = "the parameters of the model"
    else:
        model, data, told = model_of_architecture(subject, options)
    how = {name: options[name] for name in ("starts", "learning_rate", "steps", "seed")}
    hill = hill_of(model, data, options["parameter"], ranges=ranges, **how)
    notation = options["notation"]
    content = animate_hill(hill, notation) if ending == ".gif" else written(draw_hill(hill, notation), ending)
    return content, _said(hill, told), _numbers(hill)


def _source(model: Model) -> str:
    known = model.information.get("data")
    return f"that it was trained on {known}" if known else "nothing of its data"


def _named(model: Model) -> str:
    described = model.network.description or {}
    return str(described.get("architecture") or described.get("name") or "model")


def _range(text: str) -> tuple[float, float]:
    found = _RANGE.fullmatch(text)
    if found is None:
        raise InputError(f"bad range {text!r} (accepted: two numbers, the lower first, such as -4,4)")
    return float(found[1]), float(found[2])


def _said(hill: Hill, told: str) -> list[str]:
    """Return what was drawn: the parameters, how the others came about, and each valley and each ball."""
    names = ", ".join(str(entry) for entry in hill.entries)
    lines = [f"cost against {names} · {told} · η = {hill.learning_rate:g}, {hill.steps:,} steps, seed {hill.seed}"]
    for valley in hill.valleys:
        lines.append(f"valley  {_at(hill, valley)}  cost {hill.landscape.cost(valley):.6g}")
    if not len(hill.valleys):
        lines.append("no valley in this range")
    for number, descent in enumerate(hill.descents, 1):
        lines.append(f"ball {number}  from {_at(hill, descent.points[0])} to {_at(hill, descent.points[-1])}"
                     f"  cost {descent.costs[-1]:.6g}")  # fmt: skip
    return lines


def _at(hill: Hill, point: Any) -> str:
    return ", ".join(f"{entry} = {value:.6g}" for entry, value in zip(hill.entries, point, strict=True))


def _numbers(hill: Hill) -> dict[str, Any]:
    valleys = [{"at": valley.tolist(), "cost": hill.landscape.cost(valley)} for valley in hill.valleys]
    balls = [
        {"start": d.points[0].tolist(), "end": d.points[-1].tolist(), "cost": float(d.costs[-1])} for d in hill.descents
    ]
    return {
        "parameters": [str(entry) for entry in hill.entries], "learning_rate": hill.learning_rate, "steps": hill.steps,
        "seed": hill.seed, "valleys": valleys, "balls": balls,
    }  # fmt: skip
