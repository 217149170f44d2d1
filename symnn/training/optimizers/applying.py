"""A rule applied to the parameters of a program: every name a tensor, every assignment an equation of its own.

What is scalar is computed once for all parameters, and what multiplies a whole array is one number: η m̂/(√v̂ + ε)
with m̂ = m/(1 − β₁ᵗ) becomes c m/(√v̂ + ε) with c = η/(1 − β₁ᵗ).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sympy import Dummy, Expr, Mul, Symbol

from symnn.language import Equation, Program, Tensor, index
from symnn.training.optimizers.rules import GRADIENT, PARAMETER, STEP, Rule, names_in, symbol
from symnn.training.optimizers.schedules import Schedule
from symnn.training.optimizers.update import Update

_LETTERS = "jkpqrs"
Value = float | Schedule


@dataclass(frozen=True)
class Line:
    """One assignment of a rule, with a symbol of its own for the value that the name has from here on."""

    name: str
    symbol: Symbol
    right: Expr
    by_entry: bool


@dataclass(frozen=True)
class Lines:
    """A rule in which everything is assigned once.

    Attributes:
        lines: in order; the step is counted and schedules come first.
        last: the value of each carried name after the step.
        values: the numbers of the hyperparameters.
    """

    lines: tuple[Line, ...]
    last: Mapping[str, Symbol]
    values: Mapping[str, float]


def single_assignments(rule: Rule, values: Mapping[str, Value]) -> Lines:
    """Return a rule as lines that each assign something new, with its schedules among them."""
    now: dict[str, Symbol] = {}
    lines: list[Line] = []
    numbers: dict[str, float] = {}

    def assign(name: str, right: Expr, by_entry: bool, of: str | None = None) -> None:
        made = Dummy(name, real=True)
        lines.append(Line(name, made, right.xreplace({symbol(n): s for n, s in now.items()}), by_entry))
        now[of or name] = made

    schedules = {name: value for name, value in values.items() if name in rule.given and isinstance(value, Schedule)}
    if counts_steps(rule, values):
        assign(STEP, symbol(STEP) + 1, False)
    for name, schedule in schedules.items():
        taken = {*rule.given, *rule.assigned, *numbers} - ({name} - numbers.keys())
        own = {letter: symbol(_apart(letter, taken)) for letter in schedule.values}
        numbers.update({own[letter].name: value for letter, value in schedule.values.items()})
        right = schedule.expression.xreplace({symbol(letter): one for letter, one in own.items()})
        assign(f"{name}_t", right, False, of=name)
    numbers.update({n: v for n, v in values.items() if n in rule.given and not isinstance(v, Schedule)})
    for name, right in rule.assignments:
        assign(name, right, name in rule.by_entry)
    carried = (PARAMETER, *rule.state, *((STEP,) if STEP in now else ()))
    return Lines(tuple(lines), {name: now[name] for name in carried}, numbers)


def counts_steps(rule: Rule, values: Mapping[str, Value]) -> bool:
    """Whether anything depends on the number of the step."""
    own = any(STEP in names_in(right) for _, right in rule.assignments)
    return own or any(isinstance(v, Schedule) and STEP in names_in(v.expression) for v in values.values())


def applied(
    rule: Rule,
    values: Mapping[str, Value],
    start: Mapping[str, float],
    parameters: Mapping[str, Tensor],
    gradients: Mapping[str, Tensor],
    program: Program,
) -> Update:
    """Return the equations of a rule for these parameters: see `Optimizer.update`."""
    made = _Application(rule, single_assignments(rule, values), start, program)
    made.scalars()
    for name, parameter in parameters.items():
        made.entries(name, parameter, gradients[name])
    renewed = {**made.renewed, **made.renewed_scalars}
    return Update(tuple(made.equations), renewed, made.settings, made.state, made.start)


class _Application:
    """The equations of a rule, first for its numbers, then for each parameter."""

    def __init__(self, rule: Rule, once: Lines, begins: Mapping[str, float], program: Program) -> None:
        self.rule, self.once, self.begins = rule, once, begins
        self.lines = with_scalars_apart(once)
        self.fresh = _Names(program).fresh
        self.known: dict[Any, Expr] = {}
        """What stands for each symbol that is one number."""
        self.equations: list[Equation] = []
        self.settings: dict[str, float] = {}
        self.renewed: dict[str, str] = {}
        self.renewed_scalars: dict[str, str] = {}
        self.state: dict[str, Tensor] = {}
        self.start: dict[str, float] = {}

    def scalars(self) -> None:
        """Add what is one number for all parameters: hyperparameters, the step, what is computed from these."""
        used = set().union(*(line.right.free_symbols for line in self.lines))
        for name, value in self.once.values.items():
            if symbol(name) in used:
                made = Tensor(self.fresh(name), (), "hyperparameter")
                self.known[symbol(name)], self.settings[made.name] = made[()], value
        carried = [name for name in self.once.last if name not in self.rule.by_entry]
        for name in carried:
            self.known[symbol(name)] = self._carried(name, Tensor(self.fresh(name), (), "hyperparameter"))[()]
        for line in self.lines:
            if not line.by_entry:
                wanted = f"{line.name}_new" if self._is_last(line) else line.name
                left = Tensor(self.fresh(wanted), (), "hyperparameter")
                self.equations.append(Equation(left[()], line.right.xreplace(self.known)))
                self.known[line.symbol] = left[()]
        for name in carried:
            old, new = self.known[symbol(name)], self.known[self.once.last[name]]
            self.renewed_scalars[old.base.name] = new.base.name

    def entries(self, parameter: str, own: Tensor, gradient: Tensor) -> None:
        """Add what has an entry for each entry of a parameter."""
        at = _indices(own)
        here = {**self.known, symbol(PARAMETER): own[at], symbol(GRADIENT): gradient[at]}
        olds = {PARAMETER: parameter}
        for name in self.rule.state:
            if name in self.rule.by_entry:
                made = self._carried(name, own.like(self.fresh(f"{name}_{parameter}"), role="value"))
                here[symbol(name)], olds[name] = made[at], made.name
        for line in self.lines:
            if line.by_entry:
                wanted = f"{olds[line.name]}_new" if self._is_last(line) else f"{line.name}_{parameter}"
                new = own.like(self.fresh(wanted), role="value")
                self.equations.append(Equation(new[at], line.right.xreplace(here)))
                here[line.symbol] = new[at]
        self.renewed.update({old: here[self.once.last[name]].base.name for name, old in olds.items()})

    def _carried(self, name: str, made: Tensor) -> Tensor:
        self.state[made.name] = made
        if name in self.begins:
            self.start[made.name] = self.begins[name]
        return made

    def _is_last(self, line: Line) -> bool:
        return line.symbol in self.once.last.values()


def with_scalars_apart(once: Lines) -> list[Line]:
    """Return the lines with what is used once put in its place, and the numbers that multiply arrays computed first."""
    lines = _inlined(once)
    by_entry = {symbol(PARAMETER), symbol(GRADIENT), *(line.symbol for line in lines if line.by_entry)}
    # A state with entries is a symbol that no line has made.
    names = {line.name for line in lines if line.by_entry}
    by_entry |= {symbol(name) for name in names}
    found: dict[Expr, Line] = {}

    def walk(part: Expr) -> Expr:
        if not part.args or not part.free_symbols & by_entry:
            return part
        if not isinstance(part, Mul):
            return part.func(*map(walk, part.args))
        number, rest = part.as_coeff_Mul()
        factors = Mul.make_args(rest)
        scalar = Mul(*(f for f in factors if not f.free_symbols & by_entry))
        arrays = [walk(f) for f in factors if f.free_symbols & by_entry]
        return Mul(number, _name(scalar), *arrays)

    def _name(scalar: Expr) -> Expr:
        if not _is_worth_a_name(scalar):
            return scalar
        if scalar not in found:
            found[scalar] = Line(f"c{len(found) + 1}", Dummy("c", real=True), scalar, False)
        return found[scalar].symbol

    changed = [replace(line, right=walk(line.right)) if line.by_entry else line for line in lines]
    # A number may only depend on what is no array, and so on lines that come before all arrays.
    scalars = [line for line in changed if not line.by_entry]
    return [*scalars, *found.values(), *(line for line in changed if line.by_entry)]


def _inlined(once: Lines) -> list[Line]:
    """Return the lines without those for each entry that one other line uses once, and nothing else."""
    lines = list(once.lines)
    for place, line in enumerate(once.lines):
        users = [n for n in range(place + 1, len(lines)) if line.symbol in lines[n].right.free_symbols]
        if not line.by_entry or line.symbol in once.last.values() or len(users) != 1:
            continue
        user = lines[users[0]]
        if user.right.count(line.symbol) == 1:
            lines[users[0]] = replace(user, right=user.right.xreplace({line.symbol: lines[place].right}))
            lines[place] = replace(line, right=symbol(""))
    return [line for line in lines if line.right != symbol("")]


def _is_worth_a_name(scalar: Expr) -> bool:
    """Whether a number is more than a name, or the 1 − β of a name."""
    if scalar.is_number or scalar.is_Symbol:
        return False
    number, rest = scalar.as_coeff_Add()
    return not (number.is_Number and (rest.is_Symbol or (-rest).is_Symbol))


class _Names:
    """Names that are fresh in a program, and among themselves."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.taken: set[str] = set()

    def fresh(self, wanted: str) -> str:
        name = self.program.fresh_name(wanted, self.taken)
        self.taken.add(name)
        return name


def _apart(name: str, taken: Iterable[str]) -> str:
    """Return a name that is not taken."""
    names = set(taken)
    return next(one for one in (name, *(f"{name}_{n}" for n in range(2, 1000))) if one not in names)


def _indices(parameter: Tensor) -> tuple[Any, ...]:
    letters = [*_LETTERS, *(f"j{axis}" for axis in range(len(_LETTERS), parameter.rank))]
    return tuple(index(letter, size) for letter, size in zip(letters, parameter.shape, strict=False))
