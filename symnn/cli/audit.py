"""`symnn audit 2-3-1`: every equation of a gradient and every step of its derivation, checked."""

from __future__ import annotations

from typing import Any

import click

from symnn.cli.diff import FormulaCommand
from symnn.cli.options import echo_json, json_option, notation_option, seed_option
from symnn.cli.subjects import gradient_of_subject, subject_argument, subject_options
from symnn.errors import CalculusError
from symnn.gradients import Gradient
from symnn.proof import Audit, AuditLine
from symnn.proof.auditing import BATCH, EQUATION, FORM, STEP
from symnn.writing import Notation, write_equation


@click.command("audit", cls=FormulaCommand)
@subject_argument
@subject_options
@click.option("--wrt", metavar="NAME[,NAME…]", help="With respect to what  [default: every parameter]")
@click.option("--steps", "all_steps", is_flag=True, help="Print a line for each step too.")
@seed_option
@click.option("--ascii", "ascii_", is_flag=True, help="Plain characters.")
@notation_option
@json_option
@click.pass_context
def audit_command(
    context: click.Context, /, subject: str, wrt: str | None, all_steps: bool, seed: int, ascii_: bool,
    notation: Notation | None, as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Check a gradient: every equation, every line of its steps, and the compiled code.

    Each derivative is computed anew from the forward equations, by dual numbers at random points: "exact" is
    equal modulo a large prime, where functions are known by their relations; "50 digits" is equal to so many.
    The subject is an architecture such as 2-3-1, a FILE of equations, or a formula such as "x'*A*x".
    Exit code 0: nothing is wrong; 1: something is.
    """
    gradient = gradient_of_subject(subject, wrt, options)
    if notation is not None:
        gradient = gradient.with_notation(notation)
    found = gradient.audit(seed)
    if found.lines and not any(line.verdict.is_right for line in found.lines) and found.is_right:
        raise CalculusError(f"nothing could be checked: {found.lines[0].verdict.detail}")
    if as_json:
        echo_json(described_audit(gradient, found))
    else:
        click.echo(audit_text(gradient, found, "ascii" if ascii_ else "text", all_steps))
    context.exit(0 if found.is_right else 1)


def audit_text(gradient: Gradient, found: Audit, format: str = "text", all_steps: bool = False) -> str:
    """Return an audit as a table: what was checked, and the verdict; steps only where they are not right."""
    hidden = (FORM,) if all_steps else (FORM, STEP)
    shown = [line for line in found.lines if line.kind not in hidden or not line.verdict.is_right]
    rows = [(_written(gradient, line, format), _said(line, format)) for line in shown]
    width = max((len(text) for text, _ in rows if len(text) <= _WIDEST), default=0)
    title = [gradient.title] if gradient.title else []
    return "\n".join([*title, *(f"  {text:{width}}  {said}" for text, said in rows), found.summary])


_WIDEST = 72
"""Longer equations do not push the verdicts of the others to the right."""


def _written(gradient: Gradient, line: AuditLine, format: str) -> str:
    """Return what was checked: an equation as it is printed, or the name of the line."""
    if line.equation is None or line.kind not in (EQUATION, BATCH):
        return plain_name(line.name, format)
    program, notation = gradient.batched if line.kind == BATCH else gradient.program, gradient.notation
    written = write_equation(line.equation, view="matrix", format=format, program=program, notation=notation)
    return " ".join(written.split())


def plain_name(name: str, format: str) -> str:
    return name.replace("∂", "d") if format == "ascii" else name


def _said(line: AuditLine, format: str) -> str:
    said = str(line.verdict)
    return said.replace("−", "-") if format == "ascii" else said


def described_audit(gradient: Gradient, found: Audit) -> dict[str, Any]:
    """Return an audit as plain data."""
    return {
        "title": gradient.title,
        "right": found.is_right,
        "summary": found.summary,
        "code": found.code,
        "lines": [
            {
                "name": line.name,
                "kind": line.kind,
                "verdict": line.verdict.kind,
                "detail": line.verdict.detail,
                "rule": line.rule,
                "text": _written(gradient, line, "text") if line.kind in (EQUATION, BATCH) else "",
            }
            for line in found.lines
        ],
    }
