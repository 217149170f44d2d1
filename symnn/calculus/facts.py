"""Facts: sums whose value is known, declared on what is given or derived from definitions.

A declared fact, such as Σⱼ y[j] = 1 for class targets, holds of the data and is said where it is
used. A derived one, such as Σ(x − μ) = 0 where μ is the mean, holds by the equations themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sympy import Add, Expr, Idx, Sum, exp, expand_mul
from sympy.core.basic import Basic

from symnn.calculus.canonical import add_terms, tidy_sum
from symnn.language import (
    Entry,
    Equation,
    Fact,
    LogSumExp,
    Program,
    Tensor,
    body_and_bound,
    free_indices,
    fresh_index,
    has_binder,
    is_binder,
    rebind,
    rebuild,
    substitute,
    sum_over,
)


@dataclass
class Facts:
    """The facts of a program, by tensor and summed axis; `used` collects those that served."""

    known: dict[tuple[str, int], Fact] = field(default_factory=dict)
    used: list[Fact] = field(default_factory=list)
    definitions: dict[str, Equation] = field(default_factory=dict)
    """The adjoints so far that are sums of terms without sums: what they add up to may be known."""

    @classmethod
    def of(cls, program: Program, fixed: Iterable[str]) -> Facts:
        """Return what is known in a program; nothing declared is used of the tensors in `fixed`.

        Those are the tensors with respect to which a derivative is taken.
        """
        facts, excluded = cls(), set(fixed)
        for fact in program.facts:
            place = _place(fact.left)
            if place and place[0] not in excluded:
                facts.known[place] = fact
        sums: dict[str, Equation] = {}
        for equation in program:
            facts._learn(equation, sums)
        return facts

    def _learn(self, equation: Equation, sums: dict[str, Equation]) -> None:
        """Derive facts from one definition: means, what is left after a mean is taken off, softmax."""
        right = equation.right
        if isinstance(right, LogSumExp):
            sums[equation.tensor.name] = equation
            return
        coefficient, rest = _constant_factor(right)
        place = _place(rest)
        if place and coefficient != 0 and free_indices(equation.left) <= free_indices(rest):
            self.known.setdefault(place, Fact(rest, equation.left / coefficient))
        elif isinstance(right, Add) and not has_binder(right):
            for an_index in equation.indices:
                if self._value(right, an_index) == 0:
                    self._know(equation, an_index, 0)
        elif isinstance(right, exp):
            self._learn_softmax(equation, sums)

    def _learn_softmax(self, equation: Equation, sums: dict[str, Equation]) -> None:
        """s = exp(z − L) with L = log Σ exp z sums to 1."""
        exponent = equation.right.args[0]
        for entry in exponent.atoms(Entry):
            definition = sums.get(entry.base.name)
            if definition is None:
                continue
            body, bound = body_and_bound(definition.right)
            others = [i for i in equation.indices if i not in free_indices(entry)]
            if len(bound) != 1 or len(others) != 1:
                continue
            here = substitute(body, {bound[0]: others[0], **dict(zip(definition.indices, entry.indices, strict=True))})
            if exponent == here - entry:
                self._know(equation, others[0], 1)

    def _know(self, equation: Equation, an_index: Idx, value: int) -> None:
        place = (equation.tensor.name, equation.indices.index(an_index))
        self.known.setdefault(place, Fact(sum_over(equation.left, [an_index]), Add(value)))

    def _value(self, body: Expr, an_index: Idx) -> Expr:
        """Σ body over an index, as far as it is known."""
        return add_terms(self._one(tidy_sum(term, [an_index])) for term in Add.make_args(expand_mul(body)))

    def apply(self, expression: Expr) -> Expr:
        """Return the expression with every known sum replaced by its value."""
        if not self.known or not expression.has(Sum):
            return expression
        return self._walk(expression)

    def _walk(self, part: Basic) -> Basic:
        if isinstance(part, Sum):
            body, bound = body_and_bound(part)
            body = self._walk(body)
            whole = self._one(rebind(part, body, bound))
            if isinstance(body, Add):
                terms = [tidy_sum(term, bound) for term in body.args]
                known = [self._walk(term) for term in terms]
                if known != terms:
                    return add_terms(known)
            return whole
        if isinstance(part, Idx | Tensor) or not part.args or is_binder(part):
            return part
        return rebuild(part, [self._walk(arg) for arg in part.args])

    def _one(self, term: Expr) -> Expr:
        """Return a single sum's value where it is known; any other expression as it is."""
        if not isinstance(term, Sum):
            return term if not term.has(Sum) or not term.args else rebuild(term, [self._one(a) for a in term.args])
        place = _place(term)
        if place is None:
            return term
        fact = self.known.get(place)
        if fact is None:
            return self._by_definition(term, *place)
        if fact not in self.used and fact.right.is_number:
            self.used.append(fact)
        return _instance(fact, term)

    def define(self, equation: Equation) -> None:
        """Remember an adjoint, if what its terms add up to may be known."""
        if isinstance(equation.right, Add) and not has_binder(equation.right):
            self.definitions[equation.tensor.name] = equation

    def _by_definition(self, term: Sum, name: str, axis: int) -> Expr:
        """Return Σ T as the sums of T's terms, if the value of one of them is known."""
        definition = self.definitions.get(name)
        if definition is None:
            return term
        entry, bound = body_and_bound(term)
        right = substitute(definition.right, dict(zip(definition.indices, entry.indices, strict=True)))
        terms = [tidy_sum(part, bound) for part in Add.make_args(expand_mul(right))]
        before = len(self.used)
        known = [self._one(part) for part in terms]
        return add_terms(known) if len(self.used) > before or known != terms else term


def _constant_factor(right: Expr) -> tuple[Expr, Expr]:
    """Split off what has no entries: c Σ… into (c, Σ…)."""
    constant, rest = right.as_independent(Entry, Sum)
    return constant, rest


def _place(expression: Expr) -> tuple[str, int] | None:
    """Where a sum Σₖ T[…, k, …] of a single tensor along one axis stands: (T, the axis)."""
    if not isinstance(expression, Sum):
        return None
    body, bound = body_and_bound(expression)
    if len(bound) != 1 or not isinstance(body, Entry) or body.indices.count(bound[0]) != 1:
        return None
    if any(bound[0] in free_indices(e) for e in body.indices if e != bound[0]):
        return None
    return body.base.name, body.indices.index(bound[0])


def _instance(fact: Fact, term: Expr) -> Expr:
    """Return the value of a fact at the indices of one sum."""
    known, _ = body_and_bound(fact.left)
    here, _ = body_and_bound(term)
    pairs = {k: h for k, h in zip(known.indices, here.indices, strict=True) if isinstance(k, Idx)}
    # Indices of the fact are renamed first, so that none is taken for one of the term's.
    fresh = {k: fresh_index(k) for k in pairs}
    return substitute(substitute(fact.right, fresh), {fresh[k]: h for k, h in pairs.items()})
