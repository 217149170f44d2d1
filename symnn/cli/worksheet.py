"""`symnn worksheet 2-2-1 --seed 7 -o sheet.pdf`: a sheet of questions, and a key beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from symnn.cli.files import is_file
from symnn.cli.options import (
    activation_option,
    echo_json,
    ending_of,
    json_option,
    notation_option,
    output_option,
    refuse_overwriting,
    seed_option,
    split_names,
)
from symnn.errors import InputError, suggest
from symnn.teaching.documents import pdf_of, pdflatex
from symnn.teaching.worksheets import KINDS, MOST_QUESTIONS, Worksheet, worksheet, write_worksheet
from symnn.training import check_writable, write_atomically
from symnn.writing import Notation

_ENDINGS = {".txt": "text", ".md": "markdown", ".tex": "latex", ".pdf": "latex"}


@click.command("worksheet")
@click.argument("architecture")
@click.option(
    "--kind", metavar="KIND[,KIND…]", default=",".join(KINDS), show_default=True, help="What is asked, in turn."
)
@click.option(
    "--questions", type=int, default=5, show_default=True, help=f"How many questions, at most {MOST_QUESTIONS}."
)
@seed_option
@activation_option
@click.option("--cost", metavar="NAME", help="The cost  [default: the seed chooses]")
@notation_option
@click.option("--key", is_flag=True, help="Print the key too; with -o it is always written, beside the sheet.")
@click.option("--ascii", "ascii_", is_flag=True, help="ASCII characters alone.")
@output_option("Write the sheet to a file, .txt, .md, .tex or .pdf, and the key beside it: sheet.pdf, sheet-key.pdf.")
@json_option
def worksheet_command(architecture: str, output: str | None, as_json: bool, **options: Any) -> None:
    """Write a worksheet with blanks, and a key with worked solutions: another one for every seed.

    ARCHITECTURE is that of a small network, such as 2-2-1, of at most 30 parameters. The kinds are forward (a
    table of z and a), shapes, delta (errors, in symbols and numbers), update (one step of gradient descent) and
    mistake (a derivation with one wrong line). Activations and the cost vary by the seed, unless they are given.
    """
    format_ = _format(output, options["ascii_"], as_json)
    if is_file(architecture):
        raise InputError(f"a worksheet is for an architecture, such as 2-2-1, and not for {Path(architecture).name!r}")
    activation = options["activation"]
    sheet = worksheet(
        architecture,
        tuple(name for name in split_names(options["kind"]) if name),
        options["questions"],
        options["seed"],
        None if activation is None else split_names(activation),
        options["cost"],
    )
    notation = options["notation"]
    if as_json:
        echo_json(_described(sheet, notation, options["ascii_"]))
    elif output is None:
        click.echo(write_worksheet(sheet, format_, notation=notation), nl=False)
        if options["key"]:
            click.echo("\n\n" + write_worksheet(sheet, format_, key=True, notation=notation), nl=False)
    else:
        _write(sheet, output, format_, notation)


def _format(output: str | None, ascii_: bool, as_json: bool) -> str:
    """Return the format that the ending of -o says; text without it."""
    if output is None:
        return "ascii" if ascii_ else "text"
    if as_json:
        raise InputError(f"-o {output} and --json exclude each other")
    ending = ending_of(output)
    if ending not in _ENDINGS:
        raise InputError(f"-o {output!r}: unknown ending {ending!r}{suggest(ending, _ENDINGS)}")
    if ascii_ and ending != ".txt":
        raise InputError(f"-o {output} and --ascii exclude each other")
    if ending == ".pdf":
        pdflatex()
    return "ascii" if ascii_ else _ENDINGS[ending]


def _write(sheet: Worksheet, output: str, format_: str, notation: Notation | None) -> None:
    """Write the sheet, and its key beside it; both are made before one is written."""
    path = Path(output)
    paths = (path, path.with_name(f"{path.stem}-key{path.suffix}"))
    refuse_overwriting(*paths)
    for each in paths:
        check_writable(each)
    if paths[1].exists() and not path.exists():
        # A key is written over only with its sheet: alone, it may be something else.
        raise InputError(f"the key would overwrite {str(paths[1])!r}, and there is no sheet {output!r} that it is of")
    contents: list[bytes | str] = []
    for key in (False, True):
        text = write_worksheet(sheet, format_, key=key, notation=notation)
        contents.append(pdf_of(text) if ending_of(output) == ".pdf" else text)
    for each, content in zip(paths, contents, strict=True):
        write_atomically(each, content)
    click.echo(f"wrote {paths[0]} and {paths[1]}")


def _described(sheet: Worksheet, notation: Notation | None, ascii_: bool) -> dict[str, Any]:
    """Return a worksheet as plain data."""
    form = "ascii" if ascii_ else "text"
    return {
        "architecture": sheet.choice.architecture,
        "seed": sheet.seed,
        "questions": [
            {
                "kind": question.kind,
                "activations": list(question.model.activations),
                "cost": question.model.cost,
                "slip": question.slip or None,
                "answers": [
                    {"name": a.name, "place": list(a.place), "value": float(a.number.value), "new": a.is_update}
                    for a in question.answers
                ],
            }
            for question in sheet.questions
        ],
        "sheet": write_worksheet(sheet, form, notation=notation),
        "key": write_worksheet(sheet, form, key=True, notation=notation),
    }
