"""`symnn steps 2-3-1 --wrt W1`: a derivation as a teacher writes it on the board, every line with its rule."""

from __future__ import annotations

from typing import Any

import click

from symnn.calculus.steps import DETAILS, USUAL
from symnn.cli.diff import FormulaCommand
from symnn.cli.options import echo_json, json_option, notation_option, output_format, output_option
from symnn.cli.subjects import gradient_of_subject, subject_argument, subject_options
from symnn.errors import CalculusError
from symnn.steps import Steps
from symnn.training import check_writable, write_atomically
from symnn.writing import FORMATS, Notation

_ENDINGS = {".txt": "text", ".md": "markdown", ".tex": "latex"}


@click.command("steps", cls=FormulaCommand)
@subject_argument
@subject_options
@click.option("--wrt", metavar="NAME[,NAME…]", help="With respect to what  [default: every parameter]")
@click.option(
    "--detail", type=click.IntRange(DETAILS[0], DETAILS[-1]), default=USUAL, show_default=True,
    help="1 brief, 2 as a teacher writes it, 3 every rule on a line of its own.",
)  # fmt: skip
@click.option("--batch", is_flag=True, help="Take the mean over a batch of m examples at the end.")
@click.option("--proof/--no-proof", default=None, help="Check and mark each line  [default: if it takes seconds]")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="[default: text, or what the ending of -o says]")
@click.option("--ascii", "ascii_", is_flag=True, help="The same as --format ascii.")
@notation_option
@output_option("Write to a file: .txt, .md or .tex.")
@json_option
def steps_command(
    subject: str, wrt: str | None, detail: int, output: str | None, as_json: bool,
    notation: Notation | None, **options: Any,
) -> None:  # fmt: skip
    """Show how a gradient is found: from the chain rule to the matrix form, a rule and a reason on each line.

    The subject is an architecture such as 2-3-1, a FILE of equations, or a formula such as "x'*A*x".
    """
    format_ = output_format(options, output, _ENDINGS)
    if output is not None:
        check_writable(output)
    gradient = gradient_of_subject(subject, wrt, options)
    steps = gradient.steps(detail=detail, proof=options["proof"], batch=options["batch"])
    steps = steps.with_notation(notation or steps.notation)
    if as_json:
        echo_json(described_steps(steps, "ascii" if format_ == "ascii" else "text"))
    elif output is None:
        click.echo(steps.write(format_), nl=False)
    else:
        write_atomically(output, steps.write(format_))
    if steps.is_wrong:
        raise CalculusError("a line does not follow from the one before: see WRONG, and symnn audit")


def described_steps(steps: Steps, format: str = "text") -> dict[str, Any]:
    """Return steps as plain data: each line with its rule, its reason, its shapes and what the proof says."""
    text, latex = steps.shown(format), steps.shown("latex")
    stages = []
    for one, other in zip(text.stages, latex.stages, strict=True):
        lines = [
            {
                "left": a.left, "right": a.right, "rule": a.rule, "why": a.why, "shapes": a.shapes, "proof": a.mark,
                "latex": {"left": b.left, "right": b.right, "why": b.why},
            }
            for a, b in zip(one.steps, other.steps, strict=True)
        ]  # fmt: skip
        stages.append({"of": one.name, "heading": one.heading, "wanted": one.wanted, "lines": lines})
    return {
        "title": text.title,
        "wrt": list(steps.wrt),
        "detail": steps.detail,
        "given": [{"left": line.left, "right": line.right} for line in text.given],
        "stages": stages,
        "definitions": list(text.definitions),
    }
