"""Rules of updating: what an optimizer does in one step with any parameter θ, as assignments that are read in order.

    v = mu*v - eta*g
    theta = theta + v

`theta` is the parameter, `g` its gradient ∂C/∂θ, `t` = 1, 2, … the number of the step. What is read before it is
assigned is carried from step to step; what is never assigned is a hyperparameter. A name has an entry for each entry
of θ where it depends on one; otherwise it is a scalar.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Expr, Symbol, pi

from symnn.errors import InputError, ParseError, suggest
from symnn.language import parse_expression
from symnn.language.equation import as_expression
from symnn.language.names import check_name
from symnn.language.parser import FUNCTIONS
from symnn.language.vocabulary import spelled

PARAMETER, GRADIENT, STEP = "theta", "g", "t"
MOST_ASSIGNMENTS = 100

_WORD = re.compile(r"[^\W\d]\w*")
_SIGN = re.compile(r"=|←|<-")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


@dataclass(frozen=True)
class Rule:
    """Assignments of expressions in symbols, in order."""

    assignments: tuple[tuple[str, Expr], ...]

    @cached_property
    def assigned(self) -> frozenset[str]:
        """The names that are assigned."""
        return frozenset(name for name, _ in self.assignments)

    @cached_property
    def state(self) -> tuple[str, ...]:
        """What is carried from step to step beside θ: the names that are read before they are assigned."""
        return tuple(name for name in self._read_first() if name in self.assigned and name != PARAMETER)

    @cached_property
    def given(self) -> tuple[str, ...]:
        """The hyperparameters: the names that are read and never assigned."""
        known = {*self.assigned, PARAMETER, GRADIENT, STEP}
        return tuple(name for name in self._read_first() if name not in known)

    @cached_property
    def by_entry(self) -> frozenset[str]:
        """The names that have an entry for each entry of θ."""
        found = {PARAMETER, GRADIENT}
        for _ in self.assignments:
            found |= {name for name, right in self.assignments if found & names_in(right)}
        return frozenset(found)

    def _read_first(self) -> tuple[str, ...]:
        """Return the names that are read before they are assigned, in order."""
        read: dict[str, None] = {}
        done: set[str] = set()
        for name, right in self.assignments:
            read.update(dict.fromkeys(sorted(names_in(right) - done)))
            done.add(name)
        return tuple(read)


def symbol(name: str) -> Symbol:
    """Return the symbol that stands for a name in a rule."""
    return Symbol(name, real=True)


def names_in(expression: Expr) -> set[str]:
    """Return the names that occur in an expression."""
    return {str(one.name) for one in expression.free_symbols}


def parse_rule(text: str, given: Collection[str] = ()) -> Rule:
    """Return the rule that a text writes: an assignment a line, or several with semicolons between.

    Args:
        text: such as ``"v = 0.9*v - eta*g; theta = theta + v"``; Greek letters and ← are understood, and what
            follows # is a comment.
        given: the names of the hyperparameters.

    >>> parse_rule("θ ← θ − η*g".replace("−", "-"), ["eta"]).assignments
    (('theta', -eta*g + theta),)

    Raises:
        ParseError, InputError: for what is no rule; the message says what was found.
    """
    lines = list(_statements(spelled(text.translate(_LOWERED))))
    if not 0 < len(lines) <= MOST_ASSIGNMENTS:
        problem = f"{len(lines)} assignments (accepted: at most {MOST_ASSIGNMENTS})" if lines else "no assignment in it"
        raise ParseError(f"cannot read the update rule: there is {problem}, such as theta = theta - eta*g")
    known = {PARAMETER, GRADIENT, STEP, *given, *(name for name, _ in lines)}
    symbols = {name: symbol(name) for name in known}
    assignments = []
    for name, right in lines:
        for word in _words(right):
            if word not in known:
                raise ParseError(f"'{name} = {right}': '{word}' has no value{_advice(word, known)}")
        assignments.append((name, parse_expression(right, symbols)))
    return checked_rule(assignments, given)


def rule_of_expressions(pairs: Any, given: Collection[str] = ()) -> Rule:
    """Return the rule of pairs of a symbol and a SymPy expression, or of a dict of them."""
    if not isinstance(pairs, Mapping | list | tuple):
        raise InputError(f"bad update rule {pairs!r}: it is text such as 'theta = theta - eta*g', or pairs of SymPy")
    pairs = pairs.items() if isinstance(pairs, Mapping) else pairs
    assignments = []
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != 2 or not isinstance(pair[0], Symbol):
            raise InputError(f"bad assignment {pair!r}: it is a pair such as (v, 0.9*v - eta*g) of a SymPy symbol")
        right = as_expression(pair[1])
        if not isinstance(right, Expr):
            raise InputError(f"bad assignment to {pair[0]}: {right!r} is no SymPy expression")
        real = {one: symbol(check_name(one.name)) for one in right.free_symbols if isinstance(one, Symbol)}
        assignments.append((check_name(pair[0].name), right.xreplace(real)))
    return checked_rule(assignments, given)


def checked_rule(assignments: Iterable[tuple[str, Expr]], given: Collection[str]) -> Rule:
    """Return the rule of these assignments.

    Raises:
        InputError: if it does not change θ, assigns what it may not, or has a hyperparameter without a value.
    """
    rule = Rule(tuple(assignments))
    for name in rule.assigned:
        if name in (GRADIENT, STEP):
            meaning = "the gradient" if name == GRADIENT else "the number of the step"
            raise InputError(f"an update rule cannot assign '{name}': it is {meaning}")
        if name in given:
            raise InputError(f"'{name}' is assigned by the rule: what it begins with is given as start={{'{name}': …}}")
    if PARAMETER not in rule.assigned:
        raise InputError("the update rule never assigns theta, the parameter: such as theta = theta - eta*g")
    known = {*rule.assigned, GRADIENT, STEP, *given}
    for name in rule.given:
        if name not in given:
            raise InputError(f"the update rule: '{name}' has no value{_advice(name, known)}")
    return rule


def _advice(name: str, known: Iterable[str]) -> str:
    near = suggest(name, [one for one in known if one not in (PARAMETER, GRADIENT, STEP)] or [""])
    return near if "did you mean" in near else f": give it one, as in {name}=0.1, or assign it"


def _statements(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        for piece in line.partition("#")[0].split(";"):
            if not (piece := piece.strip()):
                continue
            left, sign, right = (part.strip() for part in _split(piece))
            if not sign or not _WORD.fullmatch(left) or not right:
                raise ParseError(f"cannot read {piece[:60]!r}: an assignment is needed, such as theta = theta - eta*g")
            yield check_name(left), right


def _split(piece: str) -> tuple[str, str, str]:
    found = _SIGN.search(piece)
    return (piece[: found.start()], found[0], piece[found.end() :]) if found else (piece, "", "")


def _words(text: str) -> Iterator[str]:
    """Go over the names in a text that are no functions."""
    for found in _WORD.finditer(text):
        called = text[found.end() :].lstrip().startswith("(")
        exponent = found.start() and text[found.start() - 1] in "0123456789." and found[0][0] in "eE"
        if not (called or exponent or found[0] in FUNCTIONS or found[0] == str(pi)):
            yield found[0]
