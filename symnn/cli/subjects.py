"""What a command is about: an architecture, a file of equations or a formula; and its gradient."""

from __future__ import annotations

import re
from typing import Any

import click

from symnn.cli.derive import gradient_of_file
from symnn.cli.diff import names_in, shape_option, shapes_in, symmetric_option
from symnn.cli.files import is_file
from symnn.cli.options import (
    OF_NETWORKS,
    activation_option,
    cost_option,
    network_of,
    penalty_options,
    refuse_network_options,
    split_names,
    together,
    weights_option,
)
from symnn.errors import InputError, ParseError
from symnn.formulas import diff
from symnn.gradients import Gradient
from symnn.language import parse_architecture

_FORMULA = re.compile(r"[*'()/^+]")

subject_argument = click.argument("subject", metavar="ARCHITECTURE|FILE|FORMULA")
subject_options = together(
    activation_option, cost_option, penalty_options, weights_option, shape_option, symmetric_option
)
"""What describes a subject: a network's options, and a formula's."""


def gradient_of_subject(subject: str, wrt: str | None, options: dict[str, Any]) -> Gradient:
    """Return the gradient of a network's cost, of what a file's last equation defines, or of a formula.

    Args:
        subject: such as 2-3-1, softmax.txt or "x'*A*x".
        wrt: names with commas between, or nothing for all that there are.
        options: those of `subject_options`.

    Raises:
        InputError: for options that belong to another kind of subject, and for the general network.
    """
    if is_file(subject):
        _refuse_formula_options(options, "a file of equations says it itself")
        return gradient_of_file(subject, {**options, "wrt": wrt, "batch": False})
    if is_formula(subject):
        refuse_network_options("this is a formula")
        shapes, symmetric = shapes_in(options["shapes"]), names_in(options["symmetric"]) or ()
        return diff(subject, wrt=names_in(wrt), shapes=shapes, symmetric=symmetric)
    _refuse_formula_options(options, "that is for a formula")
    if parse_architecture(subject).general:
        raise InputError(f"'{subject}' has any number of layers: give a number of them, such as n0-n1-n2")
    network = network_of(subject, **{name: options[name] for name in OF_NETWORKS})
    return network.gradient(wrt=split_names(wrt) if wrt else None)


def is_formula(subject: str) -> bool:
    """Whether an argument is a formula: it has a formula's signs, and is no architecture.

    >>> is_formula("x'*A*x"), is_formula("2-3-1"), is_formula("n0-n1")
    (True, False, False)
    """
    try:
        parse_architecture(subject)
    except ParseError:
        return bool(_FORMULA.search(subject))
    return False


def _refuse_formula_options(options: dict[str, Any], why: str) -> None:
    for name, flag in (("shapes", "--shape"), ("symmetric", "--symmetric")):
        if options[name]:
            raise InputError(f"{flag}: {why}")
