"""The operations of an equation, each as a function of the slots that hold the indices' values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sympy import Abs, Add, Expr, KroneckerDelta, Max, Min, Mul, Piecewise, Pow, Symbol, sign
from sympy.core.basic import Basic

from symnn.errors import CalculusError
from symnn.language import Elementwise, Entry, Step, Within, formula

if TYPE_CHECKING:
    from symnn.proof.interpreter import Interpreter

Slots = list[Any]
Closure = Callable[[Slots], Any]
Scope = Mapping[Basic, int]
"""For each index (or variable of a definition), the slot that holds its value."""


def _sum_of(machine: Interpreter, expression: Expr, scope: Scope) -> Closure:
    first, *rest = machine.closures(expression.args, scope)

    def add(slots: Slots) -> Any:
        total = first(slots)
        for term in rest:
            total = total + term(slots)
        return total

    return add


def _product(machine: Interpreter, expression: Expr, scope: Scope) -> Closure:
    """A product; where one of its brackets is 0, the other factors are not looked at."""
    guards = machine.closures([f for f in expression.args if isinstance(f, Within | KroneckerDelta)], scope)
    factors = machine.closures([f for f in expression.args if not isinstance(f, Within | KroneckerDelta)], scope)
    zero, one = machine.zero, machine.one
    if not guards and len(factors) == 2:
        left, right = factors
        return lambda slots: left(slots) * right(slots)

    def multiply(slots: Slots) -> Any:
        for guard in guards:
            if not guard(slots):
                return zero
        made = one
        for factor in factors:
            made = made * factor(slots)
        return made

    return multiply


def _power(machine: Interpreter, expression: Expr, scope: Scope) -> Closure:
    base, power = machine.closure(expression.base, scope), machine.arithmetic.power
    if expression.exp.is_Integer:
        times = int(expression.exp)
        return lambda slots: power(base(slots), times)
    exponent = machine.closure(expression.exp, scope)
    return lambda slots: power(base(slots), exponent(slots))


def _elementwise(machine: Interpreter, expression: Expr, scope: Scope) -> Closure:
    """A named function, by its definition: compiled once, with a slot for its variable."""
    kind, argument = type(expression), machine.closure(expression.args[0], scope)
    if kind not in machine.definitions:
        variable, place = Symbol("t", real=True), machine.slot()
        definition = formula(kind, variable)
        if definition is None:
            name = kind.root.__name__
            if machine.arithmetic.undefined is not None:
                function = machine.arithmetic.undefined(name, kind.order)
                return lambda slots: function(argument(slots))
            raise CalculusError(f"'{name}' is an undefined function: it has no values to compute, in {expression}")
        machine.definitions[kind] = place, machine.closure(definition, {variable: place})
    place, body = machine.definitions[kind]

    def apply(slots: Slots) -> Any:
        value = argument(slots)
        slots[place] = value
        return body(slots)

    return apply


def _step(machine: Interpreter, expression: Expr, scope: Scope) -> Closure:
    argument, zero, one = machine.closure(expression.args[0], scope), machine.zero, machine.one
    return lambda slots: one if argument(slots) > 0 else zero


def _within(machine: Interpreter, expression: Expr, scope: Scope) -> Closure:
    constant, terms = machine.affine(expression.args[0], scope)
    size, zero, one = machine.size(expression.args[1]), machine.zero, machine.one

    def inside(slots: Slots) -> Any:
        position = constant + sum(slots[place] * coefficient for place, coefficient in terms)
        return one if 0 <= position < size else zero

    return inside


def _delta(machine: Interpreter, expression: Expr, scope: Scope) -> Closure:
    zero, one = machine.zero, machine.one
    if any(isinstance(index, Entry) for index in expression.args):
        left, right = (machine.place(index, scope) for index in expression.args)
        return lambda slots: one if left(slots) == right(slots) else zero
    if all(index in scope for index in expression.args):
        this, that = (scope[index] for index in expression.args)
        return lambda slots: one if slots[this] == slots[that] else zero
    constant, terms = machine.affine(expression.args[0] - expression.args[1], scope)
    return lambda slots: zero if constant + sum(slots[place] * step for place, step in terms) else one


def _extreme(machine: Interpreter, expression: Expr, scope: Scope) -> Closure:
    parts, choose = machine.closures(expression.args, scope), max if isinstance(expression, Max) else min
    return lambda slots: choose(part(slots) for part in parts)


def _absolute(machine: Interpreter, expression: Expr, scope: Scope) -> Closure:
    argument = machine.closure(expression.args[0], scope)
    return lambda slots: abs(argument(slots))


def _sign(machine: Interpreter, expression: Expr, scope: Scope) -> Closure:
    argument, convert = machine.closure(expression.args[0], scope), machine.arithmetic.convert
    below, zero, above = convert(-1), convert(0), convert(1)

    def compute(slots: Slots) -> Any:
        value = argument(slots)
        return above if value > 0 else below if value < 0 else zero

    return compute


def _piecewise(machine: Interpreter, expression: Expr, scope: Scope) -> Closure:
    pairs = [(machine.truth(pair.cond, scope), machine.closure(pair.expr, scope)) for pair in expression.args]
    nan = machine.arithmetic.nan

    def choose(slots: Slots) -> Any:
        return next((value(slots) for condition, value in pairs if condition(slots)), nan)

    return choose


MAKERS: tuple[tuple[Any, Callable[[Interpreter, Any, Scope], Closure]], ...] = (
    (Add, _sum_of),
    (Mul, _product),
    (Pow, _power),
    (Elementwise, _elementwise),
    (Step, _step),
    (Within, _within),
    (KroneckerDelta, _delta),
    (Max | Min, _extreme),
    (Abs, _absolute),
    (sign, _sign),
    (Piecewise, _piecewise),
)

RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
    "==": lambda one, other: bool(one == other),
    "!=": lambda one, other: bool(one != other),
}
