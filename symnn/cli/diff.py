"""`symnn diff "x'*A*x" --wrt x`: the derivative of a formula of one's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from symnn.cli.documents import proof_option, style_of, style_option, write_document
from symnn.cli.options import dtype_option, echo_json, json_option, notation_option, output_format, output_option
from symnn.errors import InputError
from symnn.formulas import KINDS, FormulaDerivative, diff
from symnn.language.vocabulary import spelled
from symnn.teaching.page import page
from symnn.training import check_writable, write_atomically
from symnn.writing import FORMATS, VIEWS

_ENDINGS = {".txt": "text", ".md": "markdown", ".tex": "latex", ".pdf": "latex", ".html": "html", ".py": "numpy"}
_FORMATS = (*FORMATS, "html", "numpy")
_FORMULA = re.compile(r"-(?![-o]).*[*'()/^+]", re.DOTALL)
_BETWEEN = re.compile(r",|×|\s+x\s+|(?<=\b[A-Za-z]|[0-9])x(?=(?:[A-Za-z]|[0-9]+)\b)")
_SHAPE = re.compile(r"\s*([^\W\d]\w*)\s*[=:]\s*(.*?)\s*\Z")


class FormulaCommand(click.Command):
    """A command whose argument may begin with a minus: what has a formula's signs in it is no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        formulas = [arg for arg in args if _FORMULA.match(arg)] if "--" not in args else []
        options = [arg for arg in args if arg not in formulas]
        return super().parse_args(ctx, [*options, "--", *formulas] if formulas else args)


shape_option = click.option(
    "--shape", "shapes", multiple=True, metavar="NAME=SHAPE", help="Such as A=m,n or x=3 or t=scalar; more than once."
)
symmetric_option = click.option("--symmetric", metavar="NAME[,NAME…]", help="Symmetric matrices.")


@click.command("diff", cls=FormulaCommand)
@click.argument("formula")
@click.option("--wrt", metavar="NAME[,NAME…]", help="With respect to what  [default: every variable]")
@shape_option
@symmetric_option
@click.option("--kind", type=click.Choice(KINDS), help="[default: gradient of a scalar, else jacobian]")
@click.option("--upstream", metavar="NAME", help="The upstream adjoint of a formula that is no scalar.")
@click.option("--view", type=click.Choice(VIEWS), default="matrix", show_default=True, help="How equations are shown.")
@click.option("--working", is_flag=True, help="Every equation on the way, instead of the closed form.")
@click.option("--format", "format_", type=click.Choice(_FORMATS), help="[default: text, or as -o's ending]")
@click.option("--ascii", "ascii_", is_flag=True, help="The same as --format ascii.")
@notation_option
@dtype_option
@style_option
@proof_option
@output_option("Write to a file: .txt, .md, .tex, .pdf, .html or .py.")
@json_option
def diff_command(formula: str, output: str | None, as_json: bool, **options: Any) -> None:
    """Differentiate a formula, in the grammar of matrixcalculus.org.

    FORMULA is such as "x'*A*x" or "log(det(S)) + (x-m)'*inv(S)*(x-m)", with * / ' .* ./ ^ .^ and inv, det,
    log, tr, sum, norm1, norm2, exp, diag, vector(1), matrix(1), eye, kron and others. A capital is a matrix,
    a Greek letter's name a scalar, any other name a column; --shape says otherwise.
    """
    format_ = output_format(options, output, _ENDINGS)
    style = style_of(options, output, as_json)
    if output is not None:
        check_writable(output)
    found = diff(
        formula,
        wrt=names_in(options["wrt"]),
        shapes=shapes_in(options["shapes"]),
        symmetric=names_in(options["symmetric"]) or (),
        kind=options["kind"],
        upstream=options["upstream"],
    )
    if options["notation"] is not None:
        found = replace(found, notation=options["notation"])
    if style is not None and output is not None:
        write_document(found, style, output, options)
        return
    if as_json:
        echo_json(_described(found, options, "ascii" if format_ == "ascii" else "text"))
        return
    text = _written(found, format_, options).rstrip("\n") + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        write_atomically(output, text)


def _written(found: FormulaDerivative, format_: str, options: dict[str, Any]) -> str:
    if format_ == "numpy":
        return found.compile(dtype=options["dtype"]).source
    if format_ == "html":
        return page(found, proof=options["proof"])
    return found.write(format_, options["view"], working=options["working"])


def _described(found: FormulaDerivative, options: dict[str, Any], format_: str) -> dict[str, Any]:
    """Return a derivative as plain data."""
    keys = {"|".join(key) if isinstance(key, tuple) else key: key for key in found.gradients}
    return {
        "formula": found.title,
        "kind": found.kind,
        "shapes": {name: [str(s) for s in tensor.shape] for name, tensor in found.formula.variables.items()},
        "notes": list(found.notes),
        "equations": {name: str(found[key]) for name, key in keys.items()},
        "text": found.write(format_, options["view"], working=options["working"]),
        "latex": found.write("latex", options["view"], working=options["working"]),
        "numpy": found.compile(dtype=options["dtype"]).source,
    }


def names_in(text: str | None) -> list[str] | None:
    return None if text is None else [spelled(name.strip()) for name in text.split(",") if name.strip()]


def shapes_in(texts: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, shape in map(_shape, texts):
        if found.setdefault(name, shape) != shape:
            raise InputError(f"--shape gives '{name}' two shapes: {found[name] or 'scalar'} and {shape or 'scalar'}")
    return found


def _shape(text: str) -> tuple[str, Any]:
    """Read a shape such as ``A=m,n``, ``x=3`` or ``t=scalar``."""
    match = _SHAPE.match(text)
    if match is None:
        raise InputError(f"bad --shape {text!r}: such as A=m,n or x=3 or t=scalar")
    name, sizes = spelled(match[1]), match[2]
    if sizes.lower() in ("scalar", "()"):
        return name, ()
    inside = sizes[1:-1].rstrip(", ") if sizes.startswith("(") and sizes.endswith(")") else sizes
    given = [size.strip() for size in _BETWEEN.split(inside)]
    if any(not size or size.lower() == "scalar" for size in given) or name in given:
        raise InputError(f"bad --shape {text!r}: such as A=m,n or x=3 or t=scalar")
    shape = tuple(int(size) if size.isdecimal() else size for size in given)
    return name, shape[0] if len(shape) == 1 else shape
