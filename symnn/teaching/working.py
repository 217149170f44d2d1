"""A small network worked with given numbers: every scalar equation in symbols, in numbers, and its result."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from mpmath.libmp import to_str
from sympy import Rational

from symnn.calculus import Derivation
from symnn.errors import CalculusError, CompileError, InputError
from symnn.language import Fact, Program, Tensor, plain
from symnn.networks import Network
from symnn.proof import Arithmetic, arithmetic_of
from symnn.proof.evaluation import Machine
from symnn.proof.interpreter import Interpreter
from symnn.teaching.working_pages import Row, latex_of, text_of
from symnn.training import SGD
from symnn.views import ScalarEquation, scalar_equations
from symnn.writing import Notation
from symnn.writing.characters import ascii_text
from symnn.writing.conventions import stated_choices
from symnn.writing.definitions import definitions
from symnn.writing.expressions import ExpressionWriter
from symnn.writing.numbers import NumberWriter, plain_decimal
from symnn.writing.sections import base_of
from symnn.writing.write import writer_for
from symnn.writing.written import as_written

PRECISION = 50
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

    def rows(
        self,
        format: str = "text",
        digits: int = 6,
        shown: Callable[[Any], str] | None = None,
        names: Collection[str] | None = None,
    ) -> tuple[tuple[str, tuple[Row, ...]], ...]:
        """Return the rows under their headings, in a format: text, ascii or latex.

        Args:
            digits: significant digits of every number.
            shown: how numbers are written, where it is not with so many digits.
            names: the tensors whose rows are returned; by default all.
        """
        writer = self._writer(format)
        shown = shown or (lambda n: plain_decimal(to_str(n._mpf_, digits)))
        numbers = NumberWriter(self.notation, self._value, shown, format)
        rows = (
            (heading, tuple(self._row(equation, writer, numbers) for equation in equations))
            for heading, equations in self.sections
        )
        if names is None:
            return tuple(rows)
        chosen = ((heading, tuple(row for row in found if row.name in names)) for heading, found in rows)
        return tuple((heading, found) for heading, found in chosen if found)

    def text(self, digits: int = 6, ascii: bool = False) -> str:
        """Return the working as text: symbols = numbers = result, for each scalar equation."""
        written = text_of(self.rows("ascii" if ascii else "text", digits), *self.said(ascii), ascii)
        return ascii_text(written) if ascii else written

    def latex(self, digits: int = 6) -> str:
        """Return the working as a LaTeX fragment, in three columns: symbols, numbers, results."""
        return latex_of(self.rows("latex", digits))

    def said(self, ascii: bool = False) -> tuple[list[str], tuple[str, ...]]:
        """Return the definitions of what is used, and what has to be said of the notation."""
        writer = self._writer("ascii" if ascii else "text")
        shown = [equation for _, equations in self.sections for equation in equations]
        return definitions(writer, shown, self.program, False), stated_choices(
            self.notation, writer.dialect, "scalar", numbers=True
        )

    def _writer(self, format: str) -> ExpressionWriter:
        writer = writer_for(self.derivation or self.program, format, self.notation)
        writer.base = base_of(self.notation, "scalar")
        return writer

    def _row(self, equation: ScalarEquation, writer: ExpressionWriter, numbers: NumberWriter) -> Row:
        """Return the left side, and everything that it equals."""
        name = str(equation.left.base.name)
        tensor = self.renewed.get(name)
        left = equation.left if tensor is None else tensor[equation.left.indices]
        symbols = writer.sides(left, equation.right)
        return Row(
            *symbols,
            numbers.substituted(equation.right),
            numbers.result(equation.right),
            numbers.between(equation.right) or "",
            name,
            tensor is not None,
        )

    @cached_property
    def _interpreter(self) -> Interpreter:
        arithmetic = _arithmetic()
        data = {name: [arithmetic.convert(n) for n in np.ravel(value)] for name, value in self.values.items()}
        return Interpreter(arithmetic, {}, data)

    def _value(self, expression: Any) -> Any:
        return self._interpreter.arithmetic.kept(self._interpreter.closure(expression, {})(self._interpreter.slots))


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
    if gradient and "y" not in values and "y" in net.program.inputs:
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
        # A learning rate of 0.1 is one tenth, and not the float next to it.
        given.update({name: Rational(repr(float(value))) for name, value in update.settings.items()})
        renewed = {new: parameters[name] for name, new in update.renewed.items()}
    found, sections = _evaluated(program, given), _sections(program, derivation, renewed)
    working = Working(program, derivation, sections, found, derivation.gradients, renewed)
    for fact in derivation.facts:
        _check_fact(working, fact)
    return working


@lru_cache(maxsize=1)
def _arithmetic() -> Arithmetic:
    """Return numbers of many digits in which what is 0 but for rounding is 0: relu′ must not see a sign there."""
    plain = arithmetic_of("mpmath", PRECISION)
    smallest, zero = plain.convert(10) ** -(PRECISION + 40), plain.convert(0)
    return replace(plain, kept=lambda number: zero if abs(number) < smallest else number)


def _evaluated(program: Program, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of every tensor, given or defined."""
    machine = Machine(program, values, _arithmetic())
    machine.run()
    found = {name: machine.array(name) for name in program.defined}
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
