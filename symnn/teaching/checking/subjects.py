"""What a formula may be about: an architecture, a network, a program, or a formula of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from symnn.errors import InputError
from symnn.formulas import FormulaDerivative, diff
from symnn.gradients import Gradient
from symnn.language import Program
from symnn.language.vocabulary import spelled
from symnn.networks import Network, mlp
from symnn.teaching.checking.known import Known, known_of, known_of_derivation

_ARCHITECTURE = re.compile(r"\s*\w+(-(\w+|\.\.\.|…))+\s*\Z")


def looks_like_architecture(text: str) -> bool:
    """Whether a text is meant to be an architecture, and not a formula.

    >>> looks_like_architecture("2-3-1"), looks_like_architecture("x'*A*x")
    (True, False)
    """
    return _ARCHITECTURE.match(text) is not None


def known_subject(
    subject: Any,
    wrt: str | None = None,
    shapes: Mapping[str, Any] | None = None,
    symmetric: Iterable[str] = (),
    **options: Any,
) -> Known:
    """Return what is known of a subject.

    Args:
        subject: an architecture or a formula as text, a `Network`, a `Gradient` or a `Program`, whose last
            equation is then differentiated.
        wrt: what the formula that is judged is the derivative by.
        shapes, symmetric: for a formula, as `symnn.diff` takes them.
        options: for an architecture, as `symnn.mlp` takes them.

    Raises:
        InputError: for anything else.
    """
    if isinstance(subject, str):
        if looks_like_architecture(subject):
            if shapes or symmetric:
                raise InputError("shapes and symmetric matrices are given for a formula, and this is an architecture")
            subject = mlp(subject, **options)
        else:
            if options:
                raise InputError(f"{', '.join(options)} is for an architecture, and this is a formula")
            subject = diff(subject, wrt=wrt, shapes=shapes, symmetric=symmetric)
    if isinstance(subject, Network):
        found = subject.gradient()
        return known_of(subject.program, found.of, found.derivation.upstream, wrt)
    if isinstance(subject, FormulaDerivative):
        if subject.kind != "gradient":
            return known_of_derivation(subject.derivation)
        return known_of(subject.formula.program, subject.of, subject.derivation.upstream, _one(wrt))
    if isinstance(subject, Gradient):
        forward = subject.derivation.forward_equations
        program = Program(forward, subject.program.facts, subject.program.layered)
        return known_of(program, subject.of, subject.derivation.upstream, wrt)
    if isinstance(subject, Program) and subject.equations:
        return known_of(subject, subject.equations[-1].tensor.name, None, wrt)
    kinds = "an architecture, a formula, a Network, a Gradient or a Program"
    raise InputError(f"cannot check a {type(subject).__name__} (accepted: {kinds})")


def _one(wrt: str | None) -> str | None:
    return None if wrt is None else spelled(wrt)
