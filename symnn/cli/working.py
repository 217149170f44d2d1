"""A small network worked with given numbers: every scalar equation in symbols, in numbers, and its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
from mpmath.libmp import to_str

from symnn.calculus import Derivation
from symnn.errors import CalculusError, CompileError, InputError
from symnn.language import Fact, Program, Tensor, plain
from symnn.networks import Network
from symnn.proof import arithmetic_of, evaluate
from symnn.proof.interpreter import Interpreter
from symnn.training import SGD
from symnn.views import ScalarEquation, scalar_equations
from symnn.writing import Notation
from symnn.writing.characters import ascii_text, width
from symnn.writing.conventions import stated_choices
from symnn.writing.definitions import definitions
from symnn.writing.numbers import NumberWriter, plain_decimal
from symnn.writing.sections import base_of
from symnn.writing.write import writer_for
from symnn.writing.written import as_written

PRECISION = 50
WIDTH = 100
_Sections = list[tuple[str, list[ScalarEquation]]]


@dataclass(frozen=True, eq=False)
class Working:
    """A network worked with numbers of 50 digits.

    Attributes:
        program: the equations: forward, backward and update, as far as they were asked for.
        sections: the scalar equations under their headings.
        values: the value of every tensor, by name.
        gradients: for each parameter, the name of its derivative.
        renewed: for each new value of a parameter, the parameter's entry that it replaces.
        notation: how it is written.
    """

    program: Program
    derivation: Derivation | None
    sections: _Sections
    values: dict[str, Any]
    gradients: Mapping[str, str] = field(default_factory=dict)
    renewed: Mapping[str, Tensor] = field(default_factory=dict)
    notation: Notation = field(default_factory=Notation)

    def with_notation(self, notation: Notation) -> Working:
        """Return the same working, written in another notation."""
        written = {one.left: one for one in scalar_equations(as_written(self.program, notation))}
        sections = [(heading, [written[one.left] for one in equations]) for heading, equations in self.sections]
        return replace(self, notation=notation, sections=sections)

    def as_dict(self) -> dict[str, Any]:
        """Return all values as floats: given and worked ones, gradients and new parameters apart."""
        arrays = {name: np.asarray(value, dtype=float).tolist() for name, value in self.values.items()}
        apart = {*self.gradients.values(), *self.renewed}
        found: dict[str, Any] = {"values": {name: value for name, value in arrays.items() if name not in apart}}
        if self.gradients:
            found["gradients"] = {name: arrays[made] for name, made in self.gradients.items()}
        if self.renewed:
            found["updated"] = {tensor.name: arrays[name] for name, tensor in self.renewed.items()}
        return found

    def text(self, digits: int = 6, ascii: bool = False) -> str:
        """Return the working as text: symbols = numbers = result, for each scalar equation."""
        writer = writer_for(self.derivation or self.program, "ascii" if ascii else "text", self.notation)
        writer.base = base_of(self.notation, "scalar")
        numbers = NumberWriter(self.notation, self._value, lambda n: plain_decimal(to_str(n._mpf_, digits)), ascii)
        arrow = "<-" if ascii else "←"
        lines: list[str] = []
        for heading, equations in self.sections:
            if len(self.sections) > 1:
                lines.append(heading)
            for name, group in groupby(equations, key=lambda equation: str(equation.left.base.name)):
                rows = [self._row(equation, writer, numbers) for equation in group]
                indent = "  " if len(self.sections) > 1 else ""
                lines += _set_out(rows, arrow if name in self.renewed else "=", indent)
        shown = [equation for _, equations in self.sections for equation in equations]
        if defined := definitions(writer, shown, self.program, False):
            lines += _where(defined)
        if said := stated_choices(self.notation, writer.dialect, "scalar", numbers=True):
            lines.append(f"notation: {'; '.join(said)}")
        written = "\n".join(lines) + "\n"
        return ascii_text(written) if ascii else written

    def _row(self, equation: ScalarEquation, writer: Any, numbers: NumberWriter) -> list[str]:
        """Return the left side, then everything that it equals, each said once."""
        tensor = self.renewed.get(equation.left.base.name)
        left = equation.left if tensor is None else tensor[equation.left.indices]
        symbols = writer.sides(left, equation.right)
        steps = [
            symbols[1],
            numbers.substituted(equation.right),
            numbers.between(equation.right),
            numbers.result(equation.right),
        ]
        return [symbols[0], *dict.fromkeys(step for step in steps if step is not None)]

    @cached_property
    def _interpreter(self) -> Interpreter:
        arithmetic = arithmetic_of("mpmath", PRECISION)
        data = {name: [arithmetic.convert(n) for n in np.ravel(value)] for name, value in self.values.items()}
        return Interpreter(arithmetic, {}, data)

    def _value(self, expression: Any) -> Any:
        return self._interpreter.closure(expression, {})(self._interpreter.slots)


def work(
    net: Network, values: Mapping[str, Any], gradient: bool = False, learning_rate: float | None = None
) -> Working:
    """Return a network worked with numbers, for one example.

    Args:
        net: a network whose sizes are numbers.
        values: an array for every parameter and for x; with y the cost is worked too.
        gradient: whether to work the gradient too.
        learning_rate: for one step of gradient descent after it.

    Raises:
        InputError: for a gradient without targets, and for targets that are not what was made use of.
        CalculusError: for a value that is not finite, or an undefined function.
    """
    gradient = gradient or learning_rate is not None
    optimizer = None if learning_rate is None else SGD(learning_rate)
    if "y" in values and "C" not in net.program.defined:
        raise CompileError(f"the cost '{net.cost}' is an undefined function: it has no value to compute")
    if gradient and "y" not in values:
        raise InputError("the gradient needs the targets: give them as y=… in --set")
    if not gradient:
        program = net.program if "y" in values else net.program.pruned([net.output])
        found = _evaluated(program, values)
        return Working(program, None, [("Forward", list(scalar_equations(program)))], found)
    derivation = net.gradient().derivation
    program, given, renewed = derivation.program, dict(values), {}
    if optimizer is not None:
        parameters = {name: program.find(name) for name in derivation.gradients}
        adjoints = {name: program.find(made) for name, made in derivation.gradients.items()}
        update = optimizer.update(parameters, adjoints, program)
        program = program.extended(update.equations)
        given.update(update.settings)
        renewed = {new: parameters[name] for name, new in update.renewed.items()}
    found, sections = _evaluated(program, given), _sections(program, derivation, renewed)
    working = Working(program, derivation, sections, found, derivation.gradients, renewed)
    for fact in derivation.facts:
        _check_fact(working, fact)
    return working


def _evaluated(program: Program, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of every tensor, given or defined."""
    found = evaluate(program, values, "mpmath", PRECISION)
    for name, array in found.items():
        for place, number in np.ndenumerate(array):
            if not abs(number) < arithmetic_of("mpmath", PRECISION).infinity:
                at = f"[{', '.join(str(i + 1) for i in place)}]" if place else ""
                raise CalculusError(f"with these numbers {name}{at} is not finite: {program[name]}")
    return {**{name: values[name] for name in program.inputs}, **found}


def _sections(program: Program, derivation: Derivation, renewed: Mapping[str, Any]) -> _Sections:
    backward = set(derivation.backward)
    sections: _Sections = [("Forward", []), ("Backward", []), ("Update", [])]
    for equation in scalar_equations(program):
        name = equation.left.base.name
        sections[2 if name in renewed else 1 if name in backward else 0][1].append(equation)
    return [section for section in sections if section[1]]


def _check_fact(working: Working, fact: Fact) -> None:
    left, right = working._value(fact.left), working._value(fact.right)
    if abs(left - right) > 1e-6:
        raise InputError(
            f"the gradient of this cost makes use of {plain(fact.left)} = {plain(fact.right)}, "
            f"and it is {float(left):g}: give targets that sum to {float(right):g}"
        )


def _where(defined: Sequence[str]) -> list[str]:
    """Return the definitions, on as many lines as they need."""
    lines = [f"where {defined[0]}"]
    for one in defined[1:]:
        if width(lines[-1]) + width(one) + 3 > WIDTH:
            lines[-1] += ","
            lines.append(f"      {one}")
        else:
            lines[-1] += f", {one}"
    return lines


def _set_out(rows: Sequence[Sequence[str]], sign: str, indent: str) -> list[str]:
    """Return rows as lines, their columns below each other; where that is too wide, a line for each step."""
    columns = [max(width(row[n]) for row in rows if n < len(row)) for n in range(max(map(len, rows)))]
    if len(indent) + sum(columns) + 3 * (len(columns) - 1) <= WIDTH:
        return [indent + _aligned(row, columns, sign) for row in rows]
    lines = []
    for row in rows:
        start = indent + row[0] + " "
        below = " " * width(start)
        for n, step in enumerate(row[1:]):
            opening = f"{start}{sign} " if n == 0 else f"{below}{'=':<{len(sign)}} "
            lines += _broken(opening, step)
    return lines


def _aligned(row: Sequence[str], columns: Sequence[int], sign: str) -> str:
    # A row with fewer steps leaves out those before its result.
    padded = [*row[:-1], *[""] * (len(columns) - len(row)), row[-1]]
    written = padded[0] + " " * (columns[0] - width(padded[0]))
    for n, (step, wide) in enumerate(zip(padded[1:], columns[1:], strict=True)):
        joint = f" {sign} " if n == 0 else " = "
        written += (joint if step else "   ") + step + " " * (wide - width(step))
    return written.rstrip()


def _broken(opening: str, step: str) -> list[str]:
    """Return a long sum on several lines, broken before its signs."""
    lines, room = [opening], WIDTH - width(opening)
    words = step.split(" ")
    terms = [words[0]]
    for word in words[1:]:
        if word in ("+", "−", "-"):
            terms.append(word)
        else:
            terms[-1] += f" {word}"
    used = 0
    for term in terms:
        if used and used + 1 + width(term) > room:
            lines.append(" " * width(opening))
            used = 0
        lines[-1] += (" " if used else "") + term
        used += width(term) + (1 if used else 0)
    return lines
