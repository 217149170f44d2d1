"""`--style article -o notes.pdf`: a whole document in place of a fragment, for the commands that write LaTeX."""

from __future__ import annotations

from typing import Any

import click

from symnn.cli.options import ending_of, given_options
from symnn.errors import InputError
from symnn.gradients import Gradient
from symnn.networks import Network
from symnn.teaching.documents import STYLES, document, pdf_of, pdflatex
from symnn.teaching.working import Working
from symnn.training import check_writable, write_atomically
from symnn.writing import VIEWS

_ENDINGS = (".tex", ".pdf")

style_option = click.option(
    "--style", type=click.Choice(STYLES), help="A whole document, with -o FILE.tex or FILE.pdf  [of a PDF: article]"
)

proof_option = click.option(
    "--proof/--no-proof", default=None, help="Check every line of a document or a page  [default: if it takes seconds]"
)


def style_of(options: dict[str, Any], output: str | None, as_json: bool) -> str | None:
    """Return the style of the document that is asked for, or None where none is.

    Raises:
        InputError: for options that exclude a document.
        SymnnError: for a PDF where pdflatex is not installed.
    """
    ending = "" if output is None else ending_of(output)
    style = options["style"]
    if style is None and ending != ".pdf":
        return None
    asked = f"--style {style}" if style else f"-o {output}"
    if ending not in _ENDINGS:
        given = "" if output is None else f", and not to {output!r}"
        raise InputError(f"{asked}: a document is written with -o FILE.tex or -o FILE.pdf{given}")
    if as_json:
        raise InputError(f"{asked} and --json exclude each other")
    if options["ascii_"] or options["format_"] not in (None, "latex"):
        form = "--ascii" if options["ascii_"] else f"--format {options['format_']}"
        raise InputError(f"{asked} and {form} exclude each other: a document is LaTeX")
    if ending == ".pdf":
        pdflatex()
    return style or STYLES[0]


def write_document(
    gradient: Gradient,
    style: str,
    output: str,
    options: dict[str, Any],
    network: Network | None = None,
    numbers: Working | None = None,
) -> None:
    """Write a document on a gradient to a file: its LaTeX, or the PDF that pdflatex makes of it.

    Raises:
        OutputError: where it cannot be written.
        SymnnError: where pdflatex fails.
    """
    check_writable(output)
    views = (options["view"],) if "view" in given_options() else VIEWS
    batch, notation = bool(options.get("batch")), options.get("notation")
    latex = document(gradient, style, notation=notation, network=network, batch=batch, views=views, numbers=numbers,
                     proof=options["proof"])  # fmt: skip
    write_atomically(output, pdf_of(latex) if ending_of(output) == ".pdf" else latex)
