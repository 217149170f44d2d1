"""Stable rewritings of a program: the same values by formulas that keep their digits, as equations before and after.

    a = σ(z),  C = −y log a      becomes      C = y softplus(−z)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from sympy import Add, Expr, Idx, Mul, Pow, Sum, exp, log
from sympy import tanh as sympy_tanh
from sympy.core.basic import Basic

from symnn.calculus.canonical import canonical
from symnn.calculus.facts import Facts
from symnn.calculus.folding import Names
from symnn.compiling.matching import Matcher, Meaning, written
from symnn.compiling.rewriting import Rewriting
from symnn.compiling.rules import (
    LETTERS,
    RULES,
    SINGLE,
    Apart,
    Distributed,
    Logit,
    LogShare,
    OverShares,
    Rule,
    label,
    mean,
    p,
    steep,
    w,
    y,
)
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

_LAYER = re.compile(r"\d+\Z")
_LETTERS = "cefghqrtu"


def stable(program: Program) -> tuple[Program, tuple[Rewriting, ...]]:
    """Return the program with every formula that loses digits rewritten by the rules, and what was rewritten."""
    work = _Stabilizer(program)
    found = [(equation, work.rewritten(equation)) for equation in program]
    after = _of(program, (one for _, equations in found for one in equations))
    if not work.rewritings:
        return after, ()
    among = _of(program, (one for before, equations in found for one in (*equations[:-1], before)))
    return after, tuple(replace(one, among=among) for one in work.rewritings)


def _of(program: Program, equations: Iterable[Equation]) -> Program:
    return Program(equations, program.facts, program.layered, program.adjoints)


class _Stabilizer:
    """Applies the rules to equation after equation, and knows what was defined before."""

    def __init__(self, program: Program) -> None:
        self.program = program
        logarithms = {e.tensor.name for e in program if isinstance(e.right, LogSumExp)}

        def is_plain(part: Any) -> bool:
            names = {entry.base.name for entry in entries(part)}
            return bool(names) and not names & logarithms

        own = {p: self.is_share, label: self.is_label, steep: self.is_steep, w: is_plain, mean: self.is_mean}
        letters = {**LETTERS, **own}
        self.matcher = Matcher(letters, SINGLE)
        self.earlier: set[str] = set()
        self.rewritings: list[Rewriting] = []
        self.used: list[Rule] = []
        self.apart: list[Equation] = []
        """Of the equation that is looked at; in `ever_apart`, of all so far."""
        self.ever_apart: list[Equation] = []
        self.taken: set[str] = set()

    @cached_property
    def names(self) -> Names:
        return Names(self.program)

    @cached_property
    def sums_to_one(self) -> set[tuple[str, int]]:
        """The tensors that sum to 1 along an axis, each with that axis."""
        if not any(isinstance(equation.right, exp) for equation in self.program):
            return set()
        return {place for place, fact in Facts.of(self.program, ()).known.items() if fact.right == 1}

    @cached_property
    def shares(self) -> set[tuple[str, int]]:
        """Those that are defined: as exp(z − L), for nothing is declared of what is computed."""
        return {(name, axis) for name, axis in self.sums_to_one if name in self.program.defined}

    def axis_of(self, share: Any) -> Idx | None:
        """Return the index over which entries such as this one sum to 1."""
        if isinstance(share, Entry):
            for axis, i in enumerate(share.indices):
                if (share.base.name, axis) in self.shares and isinstance(i, Idx) and share.indices.count(i) == 1:
                    return i
        return None

    def rewritten(self, equation: Equation) -> list[Equation]:
        """Return an equation after the rules, with those that it needs; what it defines is known from then on."""
        self.used, self.apart = [], []
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
        if self.is_sum_by_shares(right) or self.has_quotients(right):
            return True
        if isinstance(right, Mul):
            powers = [f for f in right.args if isinstance(f, Pow) and f.exp.is_negative]
            return any(isinstance(self.matcher.seen_as(Sum, f.base), Sum) for f in powers)
        return isinstance(right, exp | sigmoid | tanh) or (isinstance(right, Sum) and isinstance(right.args[0], exp))

    def is_sum_by_shares(self, right: Expr) -> bool:
        """Whether a right side is a number times Σ p …, with shares p."""
        whole = right.as_coeff_Mul()[1]
        return isinstance(whole, Sum) and any(self.axis_of(f) is not None for f in Mul.make_args(whole.args[0]))

    def is_share(self, part: Any) -> bool:
        return self.axis_of(part) is not None

    def is_label(self, part: Any) -> bool:
        return self.matcher.letters[y](part) and any(name == part.base.name for name, _ in self.sums_to_one)

    def is_steep(self, part: Any) -> bool:
        return isinstance(part, Entry) and part.base.name in self.matcher.definitions and self.has_quotients(
            self.matcher.definitions[part.base.name].right
        )

    def has_quotients(self, right: Expr) -> bool:
        """Whether a sum has terms with 1/p or 1/(1 − p)."""
        powers = [f for f in _factors(right) if isinstance(f, Pow) and f.exp.is_negative]
        return any(self.is_share(f.base) or self.matcher.seen_as(Add, f.base) != f.base for f in powers)

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
            after = self.with_totals(self.with_names(written(rule.after, meaning), part, meaning), meaning)
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

    def with_names(self, after: Expr, before: Expr, meaning: Meaning) -> Expr:
        """Return an expression with each `Apart` as the entry of a tensor, which an equation of its own defines."""
        order = list(dict.fromkeys(i for entry in entries(before) for i in entry.indices))

        def entry(part: Basic) -> Expr | None:
            if not isinstance(part, Apart):
                return None
            right = self.with_totals(transform(part.args[0], entry), meaning)
            indices = sorted(free_indices(right), key=order.index)
            known = self.named(right, indices)
            if known is None:
                equation = Equation(self.new_tensor(right, indices)[tuple(indices)], right)
                self.apart.append(equation)
                self.ever_apart.append(equation)
                known = equation.left
                if len(part.args) > 1:
                    self.matcher.definitions[equation.tensor.name] = Equation(known, part.args[1])
            return known

        return transform(after, entry)

    def named(self, right: Expr, indices: Sequence[Idx]) -> Expr | None:
        """Return the entry that an equation, set apart before, defines as an expression."""
        for known in self.ever_apart:
            if len(known.indices) == len(indices):
                here = dict(zip(known.indices, indices, strict=True))
                if canonical(substitute(refresh(known.right), here)) == canonical(right):
                    return known.tensor[tuple(indices)]
        return None

    def new_tensor(self, right: Expr, indices: Sequence[Idx]) -> Tensor:
        """Return a tensor with a name of its own: c², of layer 2, then e², …"""
        found = [_LAYER.search(entry.base.name) for entry in entries(right)]
        layer = max((layer.group() for layer in found if layer), key=int, default="")
        free = [f"{letter}{layer}" for letter in _LETTERS]
        names = (self.program.fresh_name(name, self.taken) for name in free)
        name = next((name for name in names if name in free), None) or self.program.fresh_name(free[0], self.taken)
        self.taken.add(name)
        return Tensor(name, [size_of(i) for i in indices])

    def with_totals(self, after: Expr, meaning: Meaning) -> Expr:
        """Return an expression with each `OverShares` as the sum along which the share p sums to 1."""
        i = self.axis_of(meaning.get(p))
        if i is None:
            return after

        other = fresh_index(i)

        def moved(part: Basic) -> Any:
            return substitute(refresh(transform(part, total)), {i: other})

        def total(part: Basic) -> Expr | None:
            if isinstance(part, OverShares):
                return sum_over(moved(part.args[0]), [other])
            if isinstance(part, log) and isinstance(part.args[0], OverShares):
                return LogSumExp(moved(part.args[0].args[0].args[0]), other)
            if isinstance(part, LogShare | Logit):
                terms = Add.make_args(self.matcher.seen_as(exp, part.args[0]).args[0])
                return Add(*(t for t in terms if isinstance(part, LogShare) or i in free_indices(t)))
            if isinstance(part, Distributed):
                return self.distributed(*part.args)
            return None

        return transform(after, total)

    def distributed(self, product: Expr) -> Expr:
        """Return a product of which one factor is defined as a sum with quotients, term by term."""
        whole = next(f for f in product.args if self.is_steep(f))
        terms = Add.make_args(self.matcher.seen_as(Basic, whole))
        return Add(*(term * product / whole for term in terms))


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
