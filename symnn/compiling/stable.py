"""Stable rewritings of a program: the same values by formulas that keep their digits, as equations before and after.

a = σ(z),  C = −y log a      becomes      C = y softplus(−z)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Add, Expr, Idx, Mul, Pow, Sum, exp, log
from sympy import tanh as sympy_tanh
from sympy.core.basic import Basic

from symnn.calculus.canonical import canonical
from symnn.calculus.facts import Facts
from symnn.calculus.folding import Names
from symnn.compiling.matching import Matcher, Meaning, written
from symnn.compiling.rules import LETTERS, RULES, SINGLE, Apart, OverShares, Rule, mean, p, w
from symnn.language import (
    Entry,
    Equation,
    LogSumExp,
    Program,
    Tensor,
    contains,
    entries,
    free_indices,
    fresh_index,
    rebuild,
    refresh,
    size_of,
    substitute,
    sum_over,
    transform,
)
from symnn.language.functions import sigmoid, tanh
from symnn.writing.write import writer_for

_LAYER = re.compile(r"\d+\Z")


@dataclass(frozen=True)
class Rewriting:
    """One equation before and after a rewriting: an equation again, or code where it is solved, not multiplied.

    Attributes:
        before: the equation.
        after: what is computed instead.
        rules: the rules by which they are equal, in the order in which they were used.
        apart: equations that stand before it then.
    """

    before: Equation
    after: Equation | str
    rules: tuple[Rule, ...] = ()
    apart: tuple[Equation, ...] = ()

    def __str__(self) -> str:
        return f"{self.before}\n  becomes {self.after}"


def stable(program: Program) -> tuple[Program, tuple[Rewriting, ...]]:
    """Return the program with every formula that loses digits rewritten by the rules, and what was rewritten."""
    work = _Stabilizer(program)
    equations = [one for equation in program for one in work.rewritten(equation)]
    return Program(equations, program.facts, program.layered, program.adjoints), tuple(work.rewritings)


def described(rewritings: Iterable[Rewriting], program: Program, format: str = "text") -> str:
    """Return rewritings as they are printed, each with why: nothing where nothing was rewritten.

    Args:
        rewritings: what was rewritten.
        program: the equations that it was rewritten in; they name what is meant.
        format: text or ascii.
    """
    writer = writer_for(program, format)
    writer.base = 0  # as arrays count
    lines: list[str] = []
    for one in rewritings:
        if isinstance(one.after, str) or not one.rules:
            continue
        (left, before), (_, after) = writer.equation(one.before), writer.equation(one.after)
        reasons = "; ".join(dict.fromkeys(rule.why for rule in one.rules))
        reasons = reasons.replace("−", "-") if format == "ascii" else reasons
        lines += [f"{left} = {before}", f"  becomes {after}"]
        lines += [f"  with {' = '.join(writer.equation(new))}" for new in one.apart]
        lines.append(f"  ({reasons})")
    return "\n".join(lines)


class _Stabilizer:
    """Applies the rules to equation after equation, and knows what was defined before."""

    def __init__(self, program: Program) -> None:
        self.program = program
        logarithms = {e.tensor.name for e in program if isinstance(e.right, LogSumExp)}

        def is_plain(part: Any) -> bool:
            names = {entry.base.name for entry in entries(part)}
            return bool(names) and not names & logarithms

        letters = {**LETTERS, p: lambda part: self.axis_of(part) is not None, w: is_plain, mean: self.is_mean}
        self.matcher = Matcher(letters, SINGLE)
        self.earlier: set[str] = set()
        self.rewritings: list[Rewriting] = []
        self.layer = ""
        self.used: list[Rule] = []
        self.apart: list[Equation] = []
        self.taken: set[str] = set()

    @cached_property
    def names(self) -> Names:
        return Names(self.program)

    @cached_property
    def shares(self) -> set[tuple[str, int]]:
        """The tensors that sum to 1 along an axis, each with that axis."""
        if not any(isinstance(equation.right, exp) for equation in self.program):
            return set()
        known = Facts.of(self.program, ()).known
        return {place for place, fact in known.items() if fact.right == 1 and place[0] in self.program.defined}

    def axis_of(self, share: Any) -> Idx | None:
        """Return the index over which entries such as this one sum to 1."""
        if isinstance(share, Entry):
            for axis, i in enumerate(share.indices):
                if (share.base.name, axis) in self.shares and isinstance(i, Idx) and share.indices.count(i) == 1:
                    return i
        return None

    def rewritten(self, equation: Equation) -> list[Equation]:
        """Return an equation after the rules, with those that it needs; what it defines is known from then on."""
        layer = _LAYER.search(equation.tensor.name)
        self.layer, self.used, self.apart = layer.group() if layer else "", [], []
        right = self.walk(equation.right) if self.may_change(equation.right) else equation.right
        if self.used:
            right = self.names.apply(right, self.earlier)
        changed = equation if right == equation.right else Equation(equation.left, right)
        if changed is not equation:
            rules = tuple(dict.fromkeys(self.used))
            self.rewritings.append(Rewriting(equation, changed, rules, tuple(self.apart)))
        self.earlier.add(equation.tensor.name)
        if self.is_told(changed):
            self.matcher.definitions[equation.tensor.name] = changed
        return [*self.apart, changed]

    def may_change(self, right: Expr) -> bool:
        """Whether one of the functions of the rules occurs, by itself or by a name."""
        names = {entry.base.name for entry in entries(right)}
        told = names & self.matcher.definitions.keys() or any(name in names for name, _ in self.shares)
        return bool(told) or contains(right, exp, log, sigmoid, tanh, sympy_tanh)

    def is_told(self, equation: Equation) -> bool:
        """Whether an entry is looked at as what defines it: a function of the rules, a quotient by one, a mean."""
        right = equation.right
        if self.is_sum_by_shares(right):
            return True
        if isinstance(right, Mul):
            powers = [f for f in right.args if isinstance(f, Pow) and f.exp.is_negative]
            return any(isinstance(self.matcher.seen_as(Sum, f.base), Sum) for f in powers)
        return isinstance(right, exp | sigmoid | tanh) or (isinstance(right, Sum) and isinstance(right.args[0], exp))

    def is_sum_by_shares(self, right: Expr) -> bool:
        """Whether a right side is a number times Σ p …, with shares p."""
        whole = right.as_coeff_Mul()[1]
        return isinstance(whole, Sum) and any(self.axis_of(f) is not None for f in Mul.make_args(whole.args[0]))

    def is_mean(self, part: Any) -> bool:
        known = self.matcher.definitions.get(part.base.name) if isinstance(part, Entry) else None
        return known is not None and self.is_sum_by_shares(known.right)

    def walk(self, part: Any) -> Any:
        """Return an expression with the rules applied inside, then to itself until none fits."""
        if isinstance(part, Idx | Tensor | Entry) or not part.args:
            return part
        part = rebuild(part, [self.walk(arg) for arg in part.args])
        kinds = self.kinds_in(part)
        for rule, needed in _BY_HEAD.get(type(part), ()):
            after = self.applied(rule, part) if needed <= kinds else None
            if after is not None:
                self.used.append(rule)
                return self.walk(after)
        return part

    def kinds_in(self, part: Any) -> set[Any]:
        """Return what kinds of factors the terms of a sum, or a product, have: functions, by a name too, y and p."""
        found = set[Any]()
        for factor in _factors(part):
            base = factor.base if isinstance(factor, Pow) else factor
            known = self.matcher.definitions.get(base.base.name) if isinstance(base, Entry) else None
            found.add(type(base))
            if known is not None:
                found |= {type(f.base if isinstance(f, Pow) else f) for f in Mul.make_args(known.right)}
                found |= {Sum} if isinstance(known.right, Mul) else set()
            if isinstance(base, Entry):
                found |= {letter for letter in SINGLE if self.matcher.letters[letter](base)}
        return found

    def applied(self, rule: Rule, part: Any) -> Any:
        """Return an expression after a rule; None where that does not fit."""
        for meaning, others in self.found(rule.before, part):
            if rule.where is not None and not self.holds(*rule.where, meaning):
                continue
            after = self.with_totals(self.with_names(written(rule.after, meaning), part), meaning)
            return type(part)(after, *others) if others else after
        return None

    def holds(self, letter: Expr, definition: Expr, meaning: Meaning) -> bool:
        """Whether the entry that a letter stands for is defined as a formula with letters."""
        entry, wanted = meaning[letter], self.with_totals(written(definition, meaning), meaning)
        return canonical(self.matcher.seen_as(Expr, entry)) == canonical(wanted)

    def found(self, form: Any, part: Any) -> Iterator[tuple[Meaning, Any]]:
        if type(part) is not type(form):
            return
        if isinstance(form, Add):
            yield from self.matcher.terms(form, part, {})
        elif isinstance(form, Mul):
            yield from self.matcher.factors(form, part)
        else:
            yield from ((meaning, ()) for meaning in self.matcher.match(form, part, {}))

    def with_names(self, after: Expr, before: Expr) -> Expr:
        """Return an expression with each `Apart` as the entry of a tensor, which an equation of its own defines."""
        order = list(dict.fromkeys(i for entry in entries(before) for i in entry.indices))

        def entry(part: Basic) -> Expr | None:
            if not isinstance(part, Apart):
                return None
            right = part.args[0]
            known = next((new for new in self.apart if new.right == right), None)
            if known is None:
                indices = sorted(free_indices(right), key=order.index)
                known = Equation(self.new_tensor(indices)[tuple(indices)], right)
                self.apart.append(known)
            return known.left

        return transform(after, entry)

    def new_tensor(self, indices: Sequence[Idx]) -> Tensor:
        """Return a tensor with a name of its own: c², of layer 2."""
        name = self.program.fresh_name(f"c{self.layer}", self.taken)
        self.taken.add(name)
        return Tensor(name, [size_of(i) for i in indices])

    def with_totals(self, after: Expr, meaning: Meaning) -> Expr:
        """Return an expression with each `OverShares` as the sum along which the share p sums to 1."""
        i = self.axis_of(meaning.get(p))
        if i is None:
            return after
        other = fresh_index(i)

        def total(part: Basic) -> Expr | None:
            if not isinstance(part, OverShares):
                return None
            return sum_over(substitute(refresh(part.args[0]), {i: other}), [other])

        return transform(after, total)


def _factors(part: Any) -> Iterator[Any]:
    """Yield the factors of all terms of a sum, or those of a product."""
    for term in Add.make_args(part):
        yield from Mul.make_args(term)


def _needed(form: Any) -> frozenset[Any]:
    """Return the kinds of factors without which a form fits nothing."""
    if not isinstance(form, Add | Mul):
        return frozenset()
    bases = [f.base if isinstance(f, Pow) else f for f in _factors(form)]
    return frozenset(b if b in SINGLE else type(b) for b in bases if b in SINGLE or b.args)


_BY_HEAD: dict[type[Any], list[tuple[Rule, frozenset[Any]]]] = {}
for _rule in RULES:
    _BY_HEAD.setdefault(type(_rule.before), []).append((_rule, _needed(_rule.before)))
