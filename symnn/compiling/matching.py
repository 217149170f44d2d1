"""Formulas with letters: whether an expression has the form c − c σ(u), and what u and c then stand for.

A sum may have further terms, a product further factors; an entry is looked at as what its equation says it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

from sympy import Add, Mul, Pow, Sum, Tuple
from sympy.core.basic import Basic

from symnn.language import (
    Entry,
    Equation,
    Reduction,
    body_and_bound,
    rebind,
    rebuild,
    refresh,
    substitute,
)

Meaning = Mapping[Any, Any]
"""What each letter stands for; an index of a form stands for all indices that a sum binds."""


@dataclass
class Matcher:
    """Finds what the letters of a form stand for.

    Attributes:
        letters: every letter, with whether it may stand for an expression.
        single: letters that stand for one term or factor; any other takes all that is left.
        definitions: for each name, the equation that says what an entry is.
    """

    letters: Mapping[Any, Callable[[Any], bool]]
    single: Collection[Any] = ()
    definitions: dict[str, Equation] = field(default_factory=dict)

    def seen_as(self, kind: type[Basic], expression: Any) -> Any:
        """Return an expression, or, of an entry that is defined as something of a kind, what it is defined as."""
        known = self.definitions.get(expression.base.name) if isinstance(expression, Entry) else None
        if known is None or not isinstance(known.right, kind):
            return expression
        return substitute(refresh(known.right), dict(zip(known.indices, expression.indices, strict=True)))

    def match(self, form: Any, expression: Any, known: Meaning) -> Iterator[Meaning]:
        """Yield every meaning of the letters, beside those that are known, that makes the form the expression."""
        if form in self.letters:
            if known.get(form, expression) == expression and self.letters[form](expression):
                yield {**known, form: expression}
        elif isinstance(form, Mul):
            yield from self._term(form, expression, known)
        elif isinstance(form, Add):
            whole = self.seen_as(Add, expression)
            yield from (meaning for meaning, rest in self.terms(form, whole, known) if not rest)
        elif isinstance(form, Pow) and form.exp in self.letters:
            base, exponent = expression.as_base_exp()
            for meaning in self.match(form.exp, exponent, known):
                yield from self.match(form.base, base, meaning)
        elif isinstance(form, Sum):
            whole = self.seen_as(Sum, expression)
            if isinstance(whole, Sum):
                (inner, (letter,)), (body, bound) = body_and_bound(form), body_and_bound(whole)
                yield from self.match(inner, body, {**known, letter: bound})
        elif form.args:
            whole = self.seen_as(type(form), expression)
            if type(whole) is type(form):
                yield from self._each(form.args, whole.args, known)
        elif form == expression:
            yield known

    def terms(self, form: Add, expression: Any, known: Meaning) -> Iterator[tuple[Meaning, Sequence[Any]]]:
        """Yield meanings that make a form some of the terms of a sum, with the other terms."""
        # What says most comes first: a letter by itself is then known, or takes all that is left.
        forms = sorted(form.args, key=lambda part: (part in self.letters, not self._functions(part)))
        yield from self._terms(forms, Add.make_args(expression), known)

    def factors(self, form: Mul, expression: Any) -> Iterator[tuple[Meaning, Sequence[Any]]]:
        """Yield meanings that make a form some of the factors of a product, with the other factors."""
        parts = [f for part in Mul.make_args(expression) for f in Mul.make_args(self.seen_as(Mul, part))]
        forms = sorted(form.args, key=lambda f: not isinstance(f, Pow))  # its letter is in the other factor too
        for chosen in permutations(range(len(parts)), len(forms)):
            for meaning in self._each(forms, [parts[place] for place in chosen], {}):
                yield meaning, [part for place, part in enumerate(parts) if place not in chosen]

    def _each(self, forms: Sequence[Any], parts: Sequence[Any], known: Meaning) -> Iterator[Meaning]:
        if not forms:
            yield known
            return
        for meaning in self.match(forms[0], parts[0], known):
            yield from self._each(forms[1:], parts[1:], meaning)

    def _terms(
        self, forms: Sequence[Any], terms: Sequence[Any], known: Meaning
    ) -> Iterator[tuple[Meaning, Sequence[Any]]]:
        if not forms:
            yield known, terms
            return
        first, *others = forms
        if first in self.letters and first not in known and not others:
            for meaning in self.match(first, Add(*terms), known) if terms else ():
                yield meaning, ()
            return
        for place, term in enumerate(terms):
            for meaning in self.match(first, term, known):
                yield from self._terms(others, [*terms[:place], *terms[place + 1 :]], meaning)

    def _term(self, form: Any, term: Any, known: Meaning) -> Iterator[Meaning]:
        """A term such as −c f(u): a letter that is not known yet takes all factors that are left."""
        functions = self._functions(form)
        others = [f for f in Mul.make_args(form) if f not in functions]
        for chosen in permutations(Mul.make_args(term), len(functions)):
            for meaning in self._each(functions, chosen, known):
                free = [f for f in others if f in self.letters and f not in meaning]
                rest = term / Mul(*chosen, *(meaning.get(f, f) for f in others if f not in free))
                if free:
                    yield from self.match(free[0], rest, meaning)
                elif rest == 1:
                    yield meaning

    def _functions(self, form: Any) -> list[Any]:
        """Return the factors of a term that are single factors of what it stands for."""
        factors = Mul.make_args(form)
        return [f for f in factors if f in self.single or not (f.is_number or f in self.letters)]


def written(form: Any, meaning: Meaning) -> Any:
    """Return a form with what its letters stand for in their places."""
    if form in meaning:
        return meaning[form]
    if not form.args:
        return form
    if isinstance(form, Sum | Reduction):
        body, bound = body_and_bound(form)
        return rebind(form, written(body, meaning), [i for index in bound for i in meaning[index]])
    if isinstance(form, Tuple):
        return form
    return rebuild(form, [written(arg, meaning) for arg in form.args])
