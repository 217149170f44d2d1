"""`symnn check 2-3-1 --wrt W1 "delta1 * x'"`: a formula, or a derivation, of a student's own is judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symnn.cli.files import ENDINGS, read_text
from symnn.cli.options import echo_json, json_option, notation_option
from symnn.cli.subjects import gradient_of_subject, is_formula, subject_argument, subject_options
from symnn.errors import InputError
from symnn.teaching.checking import check
from symnn.writing import Notation
from symnn.writing.characters import ascii_text

WRONG = 1


class _CheckCommand(click.Command):
    """A command whose arguments may begin with a minus, as formulas do: only two are options, -h and --….

    The two arguments keep their order: a space before them tells click that they are none.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" not in args:
            args = [f" {arg}" if arg[:1] == "-" and arg[1:2] not in ("", "-") and arg != "-h" else arg for arg in args]
        return super().parse_args(ctx, args)


@click.command("check", cls=_CheckCommand)
@subject_argument
@click.argument("formula", required=False, metavar="[FORMULA|FILE]")
@click.option("--wrt", metavar="NAME", help="What the formula is the derivative by  [default: what its left side says]")
@click.option("--file", metavar="FILE", help="A derivation of several lines, such as dW1 = delta1*x'.")
@subject_options
@notation_option
@click.option("--ascii", "ascii_", is_flag=True, help="ASCII characters alone.")
@json_option
@click.pass_context
def check_command(
    context: click.Context, /, subject: str, formula: str | None, as_json: bool,
    notation: Notation | None = None, **options: Any,
) -> None:  # fmt: skip
    """Judge a derivative that was derived by hand: right (exit code 0) or wrong (1), and what the slip may be.

    The formula is in the grammar of `symnn diff`, of the names of the arrays: W1, b1, x, y, z1, a1, delta1, of any
    derivative as dW1 or da1, and of derivatives of functions as sigmoid'(z1). It may have a left side, by entries
    too: "dW1[j, k] = delta1[j]*x[k]". Of a file every line is judged, each with the true values of the names that
    it uses, and the first wrong one is named; a line that goes on with "= …" is equal to the line before, and a
    name of one's own may be defined.
    """
    wrt, subject = options["wrt"], subject.strip()
    text, name = _text(formula, options["file"])
    gradient = gradient_of_subject(subject, wrt if is_formula(subject) else None, options)
    found = check(gradient, wrt, text, name=name, notation=notation)
    if as_json:
        title = ascii_text(gradient.title) if options["ascii_"] else gradient.title
        echo_json({"title": title, "wrt": wrt, **found.described(options["ascii_"])})
    else:
        said = f"{gradient.title}\n{found.text(options['ascii_'])}"
        click.echo(ascii_text(said) if options["ascii_"] else said)
    context.exit(0 if found.is_right else WRONG)


def _text(formula: str | None, file: str | None) -> tuple[str, str | None]:
    """Return what is to be judged, and the name of the file that it is from."""
    if (formula is None) == (file is None):
        wanted = "a formula, or --file FILE with several lines"
        raise InputError(f"nothing to check: give {wanted}" if file is None else f"give {wanted}, not both")
    path = file if formula is None else formula
    if file is not None or _is_file(str(formula)):
        return read_text(str(path)), Path(str(path)).name
    return str(formula).strip(), None


def _is_file(text: str) -> bool:
    """Whether an argument names a file, and is no formula."""
    try:
        return Path(text).suffix in ENDINGS or ("." in text and Path(text).is_file())
    except (OSError, ValueError):
        return False
