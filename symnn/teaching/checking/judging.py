"""A formula that a student derived by hand, judged: right or wrong, by proof, and what the slip may be.

    symnn.check("2-3-1", "W1", "delta1 * x'")
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from symnn.errors import InputError, suggest
from symnn.gradients import Gradient
from symnn.language import Tensor
from symnn.language.declarations import checked_name
from symnn.language.syntax import Place, refuse
from symnn.language.translation import Translation
from symnn.language.vocabulary import spelled
from symnn.networks import Network
from symnn.teaching.checking.answers import Reading, compared, read, same_shape, shown, source_of
from symnn.teaching.checking.explaining import counterexample, explained
from symnn.teaching.checking.known import Known, with_names
from symnn.teaching.checking.marked import DEFINITION, UNCHECKED, WRONG, CheckedLine, CheckResult
from symnn.teaching.checking.own_lines import OwnLine, own_lines
from symnn.teaching.checking.points import points
from symnn.teaching.checking.proving import verdict
from symnn.teaching.checking.subjects import known_subject
from symnn.teaching.checking.tree_edits import names_in
from symnn.writing import Notation

_LAYERED = re.compile(r"([A-Za-z_]*?[A-Za-z])\d+\Z")


def check(
    subject: Any,
    wrt: str | None,
    formula: str,
    *,
    shapes: Mapping[str, Any] | None = None,
    symmetric: Iterable[str] = (),
    name: str | None = None,
    notation: Notation | None = None,
    **options: Any,
) -> CheckResult:
    """Return whether a formula that was derived by hand is right: ∂C/∂W = formula, for every value of every entry.

    Args:
        subject: an architecture such as ``"2-3-1"``, a `Network`, a `Gradient`, a `Program`, or a formula
            of `symnn.diff`.
        wrt: what the formula is the derivative by; None where every line says it on its left side.
        formula: in the grammar of `symnn.diff`, of the names of the arrays (``W1``, ``a2``, ``delta1``, ``x``,
            ``y``), any adjoint (``dW1``, ``da1``) and derivatives such as ``sigmoid'(z1)``; or an equation
            ``dW1[j, k] = delta1[j]*x[k]``; or several lines of these. Each line is judged with the true values
            of the names it uses.
        shapes, symmetric: for a formula as subject, as `symnn.diff` takes them.
        name: the name of the file that the lines are from, for errors.
        notation: how the answer is written.
        options: for an architecture, as `symnn.mlp` takes them: activation, cost, l1, l2, weights.

    >>> print(check("2-3-1", "W1", "delta1 * x'"))
    right: ∂C/∂W⁽¹⁾ = δ⁽¹⁾ xᵀ   (3×2, exact)
    >>> check("2-3-1", "W1", "x * delta1'").slip.formula
    "delta1 * x'"

    Raises:
        InputError: for what is no formula, or a name that nothing has.
    """
    if not isinstance(formula, str):
        raise InputError(f"cannot check a {type(formula).__name__}: a formula is text")
    if notation is None and isinstance(subject, Gradient | Network):
        notation = (subject if isinstance(subject, Gradient) else subject.gradient()).notation
    known = known_subject(subject, None if wrt is None else spelled(wrt), shapes, symmetric, **options)
    wanted = None if wrt is None else known.gradient_of(spelled(wrt))
    lines = own_lines(source_of(known, formula, name), known.of)
    judged: list[CheckedLine] = []
    for line in lines:
        known, found = _checked(known, line, wanted, len(lines) == 1)
        judged.append(found)
    if all(line.verdict == DEFINITION for line in judged):
        names = ", ".join([n for n in known.names if n.startswith(("delta", "d"))][:4])
        raise InputError(f"there is nothing to check: no line says what {names}… or another known name is")
    reached = wanted is None or any(line.target == wanted for line in judged)
    return CheckResult(tuple(judged), known.derivation, None if reached else wanted, notation)


def _checked(known: Known, line: OwnLine, wanted: Tensor | None, alone: bool) -> tuple[Known, CheckedLine]:
    """Judge a line; a name of the student's own is known from then on."""
    left = None if line.left is None else spelled(line.left)
    if left is None:
        if wanted is None or not alone:
            example = "dW1 = …" if "dW1" in known.names else "dx = …"
            refuse(line.place, f"a left side is missing: write {example}" + (", or say --wrt" if alone else ""))
        return known, _judged(known, line, wanted)
    if left in known.names:
        target = known.names[left]
        if alone and wanted is not None and target != wanted:
            refuse(line.place, f"'{line.left}' is not the derivative that is asked for, '{wanted.name}'")
        return known, _judged(known, line, target)
    return _defined(known, line, left)


def _judged(known: Known, line: OwnLine, target: Tensor) -> CheckedLine:
    reading = read(known, line.right, target, line.head)
    marked = CheckedLine(line.number, line.right.text, target, UNCHECKED, reading.shape)
    if reading.misfit is not None:
        problem, picture = str(reading.misfit), reading.misfit.context
        marked = replace(marked, verdict=WRONG, problem=problem, picture=picture)
    elif not same_shape(reading.shape, target.shape):
        marked = replace(marked, verdict=WRONG)
    else:
        said = verdict(known, reading, target, points(known))
        why = f"{said.detail}" if said.kind == UNCHECKED else ""
        marked = replace(marked, verdict=said.kind, problem=why, equation=shown(compared(known, reading, target)))
        if marked.is_right and (same := [n for n in names_in(reading.tree) if known.names.get(n) == target]):
            return replace(marked, verdict=WRONG, problem=f"it says nothing: '{same[0]}' is what it should derive")
    return _with_reasons(known, reading, marked) if marked.verdict == WRONG else marked


def _with_reasons(known: Known, reading: Reading, marked: CheckedLine) -> CheckedLine:
    """Say where a wrong line differs, and what may have gone wrong."""
    at = points(known)
    target = marked.target

    def proved(other: Reading) -> bool:
        try:
            return verdict(known, other, target, at).is_right
        except InputError:
            return False

    apart = counterexample(known, reading, target, at) if same_shape(reading.shape, target.shape) else None
    return replace(marked, counterexample=apart, slip=explained(known, reading, target, at, proved))


def _defined(known: Known, line: OwnLine, name: str) -> tuple[Known, CheckedLine]:
    """Take a name that the student defines."""
    _refuse_near_misses(known, line.place, name)
    checked_name(name, line.place)
    reading = read(known, line.right, None, line.head)
    if reading.misfit is not None:
        raise reading.misfit
    translation = Translation(reading.shapes, dict(known.names), known.program.tensors)
    value = translation.value(reading.tree)
    own = known.program.fresh_name(name)
    if reading.indices is None:
        translation.result(own, value, line.right)
        target = translation.tensors[own]
    else:
        axes = tuple(translation.index(bound, line.place) for bound in reading.indices)
        target = translation.define(own, axes, value.entry, line.right).base
    program = known.program.extended(translation.equations)
    names = {**known.names, name: target}
    made = CheckedLine(line.number, line.right.text, target, DEFINITION, reading.shape, equation=program[own])
    return replace(with_names(replace(known, program=program)), names=names), made


def _refuse_near_misses(known: Known, place: Place, name: str) -> None:
    """Refuse delta3 and dW3 where there are two layers: they are no names of one's own."""
    found = _LAYERED.match(name)
    stems = {m[1] for each in known.names if (m := _LAYERED.match(each))}
    if (found is not None and found[1] in stems) or name in ("delta", "dC"):
        refuse(place, f"unknown name '{name}'{suggest(name, known.names)}")
    if name in known.sizes or name in known.functions:
        refuse(place, f"'{name}' is already the name of a {'size' if name in known.sizes else 'function'}")
