"""Facts: sums whose value is known, declared on what is given or derived from definitions.

A declared fact, such as Σⱼ y[j] = 1 for class targets, holds of the data and is said where it is
used. A derived one, such as Σ(x − μ) = 0 where μ is the mean, holds by the equations themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sympy import Add, Expr, Idx, Integer, Mul, Sum, Symbol, exp, expand_mul
from sympy.core.basic import Basic

from symnn.calculus.canonical import add_terms, canonical, tidy_sum
from symnn.language import (
    Entry,
    Equation,
    Fact,
    LogSumExp,
    Program,
    Tensor,
    body_and_bound,
    entries,
    free_indices,
    fresh_index,
    has_binder,
    is_binder,
    rebind,
    rebuild,
    refresh,
    size_of,
    substitute,
    sum_over,
    transform,
)


@dataclass
class Facts:
    """The facts of a program, by tensor and summed axis; `used` collects those that served."""

    known: dict[tuple[str, int], Fact] = field(default_factory=dict)
    used: list[Fact] = field(default_factory=list)
    definitions: dict[str, Equation] = field(default_factory=dict)
    """The adjoints so far that are sums of terms without sums: what they add up to may be known."""
    sums: dict[Expr, tuple[Tensor, tuple[int, ...], Expr]] = field(default_factory=dict)
    """The adjoints so far that are a number times a sum: the sum, when it is met again, has a name."""

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
            return self._vanishing(term)
        fact = self.known.get(place)
        if fact is None:
            return self._by_definition(term, *place)
        if fact not in self.used and fact.right.is_number:
            self.used.append(fact)
        return _instance(fact, term)

    def _vanishing(self, term: Sum) -> Expr:
        """Return 0 where one factor alone has an index of the sum, and adds up to 0 over it."""
        body, bound = body_and_bound(term)
        factors = Mul.make_args(body)
        for an_index in bound:
            having = [factor for factor in factors if an_index in free_indices(factor)]
            fact = self.known.get(_place(sum_over(having[0], [an_index])) or ("", 0)) if len(having) == 1 else None
            if fact is not None and fact.right == 0:
                return Integer(0)
        return term

    def define(self, equation: Equation) -> None:
        """Remember an adjoint, if what its terms add up to may be known."""
        right = equation.right
        if isinstance(right, Add) and not has_binder(right):
            self.definitions[equation.tensor.name] = equation
        if not self.known:
            return
        coefficient, rest = right.as_coeff_Mul()
        if isinstance(rest, Sum):
            key, order = _signature(rest)
            if set(order) == set(equation.indices):
                places = tuple(order.index(i) for i in equation.indices)
                self.sums[key] = (equation.tensor, places, 1 / coefficient)
        used = list(self.used)
        for an_index in equation.indices:
            if self._has_known(right, an_index) and self._named(self._value(right, an_index)) == 0:
                self._know(equation, an_index, 0)
        self.used[:] = used

    def _has_known(self, right: Expr, an_index: Idx) -> bool:
        """Whether some entry has an index at a place over which its sum is known: else nothing can be found."""
        return any(
            (entry.base.name, place) in self.known
            for entry in entries(right)
            for place, e in enumerate(entry.indices)
            if e == an_index
        )

    def _named(self, expression: Expr) -> Expr:
        """Return a sum of terms with every sum that is an adjoint written by its name."""

        def name(part: Basic) -> Basic | None:
            if not isinstance(part, Sum):
                return None
            key, order = _signature(part)
            if key not in self.sums:
                return part
            tensor, places, factor = self.sums[key]
            return factor * tensor[tuple(order[p] for p in places)]

        return add_terms([transform(expression, name)])

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


def _signature(term: Sum) -> tuple[Expr, list[Idx]]:
    """Return a sum with its free indices named by where they stand, and those indices in that order."""
    order: list[Idx] = []
    free = free_indices(term)
    for entry in sorted(entries(term), key=lambda e: (e.base.name, len(e.indices))):
        order.extend(i for i in entry.indices if i in free and i not in order)
    places = {i: Idx(Symbol(f"f{n}", integer=True), size_of(i)) for n, i in enumerate(order)}
    return canonical(substitute(refresh(term), places)), order


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
