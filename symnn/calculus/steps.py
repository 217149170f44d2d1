"""The steps of a derivation, as a teacher writes them on the board: each line follows from the one before by a rule.

    ∂C/∂aₖ = Σⱼ ∂C/∂zⱼ · ∂zⱼ/∂aₖ                chain rule
           = Σⱼ δⱼ Σₗ wⱼₗ ∂aₗ/∂aₖ               definition of δ, sum rule
           = Σⱼ δⱼ Σₗ wⱼₗ [l = k]               Kronecker delta
           = Σⱼ δⱼ wⱼₖ                          contraction of deltas

They are read from the trace of the sweep (symnn.calculus.trace): there is no second differentiator here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from sympy import Add, Expr, Idx, Integer, KroneckerDelta, Mul, Sum

from symnn.calculus import reasons as say
from symnn.calculus.canonical import canonical
from symnn.calculus.derivation import Derivation
from symnn.calculus.reasons import Words
from symnn.calculus.trace import Closing, Use
from symnn.errors import CalculusError, suggest
from symnn.language import (
    Entry,
    Equation,
    Partial,
    Reduction,
    Tensor,
    Total,
    body_and_bound,
    fresh_index,
    refresh,
    substitute,
    sum_over,
    tensors,
    transform,
)
from symnn.language.names import is_error_name

BRIEF, USUAL, FULL = 1, 2, 3
DETAILS = (BRIEF, USUAL, FULL)


@dataclass(frozen=True)
class Inference:
    """One line of a derivation: what stands on the left equals `right`, by a rule.

    Attributes:
        rule: the name of the rule.
        right: an expression in index notation, with derivatives that are not worked out yet.
        why: one sentence: text and, between it, expressions and tensors.
        detail: from which level of detail the line is shown: 1 brief, 2 usual, 3 full.
        left: what stands on the left, where that is not what the stage is about: a part of it.
    """

    rule: str
    right: Expr
    why: Words
    detail: int = USUAL
    left: Expr | None = None


@dataclass(frozen=True)
class Stage:
    """How the adjoint of one tensor is found.

    Attributes:
        tensor: the tensor U.
        left: ∂of/∂U[p…]; with an upstream adjoint, Σ upstream · ∂of/∂U[p…].
        inferences: the lines; each equals `left`, or its own left side.
        equation: what is found: the adjoint's equation.
        wanted: whether this is what was asked for.
    """

    tensor: Tensor
    left: Expr
    inferences: tuple[Inference, ...]
    equation: Equation
    wanted: bool = False

    @property
    def lines(self) -> tuple[tuple[Expr, Inference], ...]:
        """Each line with what stands on the left of its chain, also where that is written on an earlier line."""
        left, found = self.left, []
        for inference in self.inferences:
            left = left if inference.left is None else inference.left
            found.append((left, inference))
        return tuple(found)


def stages_of(derivation: Derivation, wrt: str | Iterable[str] | None = None) -> tuple[Stage, ...]:
    """Return the stages of the derivative by one or more names, in the order in which they are derived.

    Args:
        derivation: what was derived.
        wrt: names that it was differentiated by; by default all of them.

    Raises:
        CalculusError: for a name that it was not differentiated by, and where nothing was recorded.

    >>> from sympy import Sum
    >>> from symnn.calculus import differentiate
    >>> from symnn.language import Program, index, tensor
    >>> i = index("i", 3); w, C = tensor("w", 3, role="parameter"), tensor("C")
    >>> (stage,) = stages_of(differentiate(Program([Equation(C, Sum(w[i] ** 2, i))])))
    >>> [inference.rule for inference in stage.inferences]
    ['substitution', 'sum rule', 'power rule', 'Kronecker delta', 'contraction of deltas']
    """
    names = derivation.wrt if wrt is None else (wrt,) if isinstance(wrt, str) else tuple(wrt)
    for name in names:
        if name not in derivation.wrt:
            raise CalculusError(f"no derivative with respect to '{name}'{suggest(str(name), derivation.wrt)}")
    if not derivation.trace:
        raise CalculusError("nothing was recorded of this derivation: its steps cannot be shown")
    return _Telling(derivation, names).stages()


def row_stages(derivation: Derivation, wrt: Iterable[str] | None = None) -> tuple[Stage, ...]:
    """Return the stages that lead from the gradient for an upstream adjoint to the Jacobian: its rows.

        J[a…, p…] = Ū[p…] for the upstream adjoint that is 1 at a… and 0 elsewhere

    Args:
        derivation: a Jacobian; its part is the gradient for an upstream adjoint.
        wrt: names that it was differentiated by; by default all of them.
    """
    names = derivation.wrt if wrt is None else tuple(wrt)
    program, of = derivation.program, derivation.program.find(derivation.of)
    wanted = {derivation.gradients[name]: name for name in names if name in derivation.gradients}
    by = {made: adjoint.wrt for made, adjoint in program.adjoints.items()}
    found = []
    for equation in program.pruned(wanted):
        name = equation.tensor.name
        if name not in derivation.backward or name not in by or by[name] not in program.tensors:
            continue
        tensor = program.find(by[name])
        if tuple(equation.tensor.shape) != (*of.shape, *tensor.shape):
            continue
        rows, columns = equation.indices[: of.rank], equation.indices[of.rank :]
        why = ("The upstream adjoint that is 1 for one entry of ", of, " and 0 for all others gives that entry's row; "
               "its deltas are contracted.")  # fmt: skip
        line = Inference("one row at a time", equation.right, why, BRIEF)
        found.append(Stage(tensor, Total(of[rows], tensor[columns]), (line,), equation, name in wanted))
    return tuple(found)


def batch_stages(derivation: Derivation, wrt: Iterable[str] | None = None) -> tuple[Stage, ...]:
    """Return the stages that lead from one example to a batch: the derivative of a mean is the mean of the derivatives.

    Args:
        derivation: the derivation for a batch.
        wrt: names that it was differentiated by; by default all of them.
    """
    found = []
    for name in derivation.wrt if wrt is None else wrt:
        equation = derivation.program[derivation.gradients[name]]
        tensor, of = derivation.program.find(name), derivation.program.find(derivation.of)
        why = ("So far ", of, " was the cost of one example. For a batch it is the mean of their costs, and the "
               "derivative of a mean is the mean of the derivatives.")  # fmt: skip
        line = Inference("mean over the examples", equation.right, why, BRIEF)
        found.append(Stage(tensor, Total(of[()], tensor[equation.indices]), (line,), equation, True))
    return tuple(found)


class _Telling:
    """Tells the trace of one derivation, as far as some of its gradients need it."""

    def __init__(self, derivation: Derivation, names: Sequence[str]) -> None:
        self.derivation, self.names = derivation, names
        self.program = derivation.program
        self.closings = {closing.tensor.name: closing for closing in derivation.trace}
        self.of = self.program.find(derivation.of)
        self.adjoints = {c.adjoint.name: c.tensor for c in derivation.trace if c.adjoint is not None}

    def stages(self) -> tuple[Stage, ...]:
        needed, waiting = set(), list(self.names)
        while waiting:
            name = waiting.pop()
            if name in needed or (name == self.of.name and name not in self.names):
                continue
            needed.add(name)
            waiting += [use.equation.tensor.name for use in self.closings[name].uses]
        return tuple(self.stage(c) for c in self.derivation.trace if c.tensor.name in needed)

    def stage(self, closing: Closing) -> Stage:
        """Return how one adjoint is found."""
        left = self.total(closing.tensor[closing.axes])
        lines = _Lines(left)
        self._uses(closing, lines)
        self._simplification(closing, lines)
        equation = self._equation(closing)
        if equation.right != closing.total:
            lines.add("substitution", equation.right, ("What was found before is put in.",), BRIEF)
        wanted = closing.tensor.name in self.names
        self._naming(closing, equation, lines, wanted)
        return Stage(closing.tensor, left, tuple(lines.inferences), equation, wanted)

    def total(self, entry: Entry) -> Expr:
        """∂of/∂U[p…], or Σ upstream · ∂of/∂U[p…]."""
        if self.derivation.upstream is None:
            return Total(self.of[()], entry)
        from_above = Tensor(self.derivation.upstream, self.of.shape, "adjoint")
        axes = self._axes(self.of)
        return sum_over(from_above[axes] * Total(self.of[axes], entry), axes)

    def _what(self) -> Any:
        """What is differentiated, in words: of a tensor with an upstream adjoint, whatever cost stands above it."""
        return self.of if self.derivation.upstream is None else "The cost"

    def _axes(self, tensor: Tensor) -> tuple[Idx, ...]:
        return tuple(map(fresh_index, self.program[tensor.name].indices))

    def shown(self, expression: Expr) -> Expr:
        """Return an expression in which an adjoint that has no name on the page is written as a derivative."""
        kept = self.derivation.backward

        def name(part: Any) -> Any:
            if isinstance(part, Entry) and part.base.name in self.adjoints and part.base.name not in kept:
                return self.total(self.adjoints[part.base.name][part.indices])
            return None

        hidden = any(tensor.name in self.adjoints and tensor.name not in kept for tensor in tensors(expression))
        return transform(expression, name) if hidden else expression

    def _uses(self, closing: Closing, lines: _Lines) -> None:
        """Add the chain rule over every use, and what each use gives."""
        groups = [list(uses) for _, uses in groupby(closing.uses, key=lambda use: use.equation)]
        by = closing.tensor[closing.axes]
        if not groups:
            lines.add("constant", closing.total, (self._what(), " does not depend on ", closing.tensor, "."), BRIEF)
            return
        paths = [self._path(uses[0], by) for uses in groups]
        through = [uses[0].equation for uses in groups]
        if through != [through[0]] or through[0].tensor != self.of or self.derivation.upstream is not None:
            lines.add("chain rule", Add(*paths), say.through(self._what(), closing.tensor, through), BRIEF)
        for uses, path in zip(groups, paths, strict=True):
            if len(groups) > 1:
                lines.start(path)
            self._one_path(uses, by, lines)
        if len(groups) > 1:
            lines.start(lines.whole)
            added = self.shown(Add(*(use.term for use in closing.uses)))
            lines.add("adding up", added, ("The shares are added.",), BRIEF, True)

    def _path(self, use: Use, by: Entry) -> Expr:
        """Σ ∂of/∂T[i…] · ∂T[i…]/∂U[p…]"""
        return self._over(use, self._above(use) * Partial(use.equation.left, by))

    def _above(self, use: Use) -> Expr:
        """The derivative of what is differentiated by T[i…]."""
        left = use.equation.left
        if _is_delta(use.cotangent):
            return self.total(left)
        if left.base == self.of:
            return use.cotangent
        return self.total(left) if self.derivation.upstream is None else self.shown(use.cotangent)

    def _over(self, use: Use, body: Expr) -> Expr:
        return sum_over(body, use.equation.indices)

    def _one_path(self, uses: Sequence[Use], by: Entry, lines: _Lines) -> None:
        """Add the lines from ∂T/∂U to what it contributes."""
        use = uses[0]
        equation, cotangent = use.equation, self.shown(use.cotangent)
        if cotangent != self._above(use):
            body = self._over(use, cotangent * Partial(equation.left, by))
            rule = "definition of δ" if _is_delta(cotangent) else "found before"
            lines.add(rule, body, say.known(self._above(use), cotangent), FULL)
        is_primitive = isinstance(equation.right, Reduction)
        if not is_primitive:
            body = self._over(use, cotangent * Partial(equation.right, by))
            lines.add("substitution", body, ("The definition of ", equation.tensor, " is put in."))
        parts = {(o.bound, o.factor, o.part): None for o in (u.occurrence for u in uses)}
        inside = Add(*(sum_over(f * Partial(part, by), bound) for bound, f, part in parts))
        rule, why = say.reduction_rule(equation.right) if is_primitive else say.sum_rule(equation.right, by)
        lines.add(rule, self._over(use, cotangent * inside), why)
        self._locally(uses, by, cotangent, lines)

    def _locally(self, uses: Sequence[Use], by: Entry, cotangent: Expr, lines: _Lines) -> None:
        """Add the derivative of the scalar parts, the deltas, and their contraction."""
        first = uses[0]

        def put(outside: Expr, value: Callable[[Use], Expr], end: Callable[[Entry], Expr]) -> Expr:
            inside = Add(*(sum_over(value(u) * end(u.occurrence.entry), u.occurrence.bound) for u in uses))
            return self._over(first, outside * inside)

        def independent(entry: Entry) -> Expr:
            return Partial(entry, by) if by.indices else Integer(1)

        def contribution(end: Callable[[Entry], Expr]) -> Expr:
            return put(Integer(1), product, end) if is_shorter else put(cotangent, lambda u: u.slope, end)

        def product(use: Use) -> Expr:
            return self.shown(use.product)

        occurrences = [use.occurrence for use in uses]
        is_shorter = any(use.product != use.cotangent * use.slope for use in uses)
        rule, why = say.local_rule(occurrences)
        lines.add(rule, put(cotangent, lambda u: u.occurrence.slope, independent), why)
        if any(use.slope != use.occurrence.slope for use in uses):
            named = put(cotangent, lambda u: u.slope, independent)
            lines.add("known name", named, say.named(first.equation), USUAL)
        if is_shorter:
            put_in = put(Integer(1), lambda u: self.shown(u.definition or u.cotangent) * u.slope, independent)
            lines.add("substitution", put_in, say.known(self._above(first), cotangent), USUAL)
            lines.add("cancelling", contribution(independent), say.cancelled(first.equation))
        if by.indices:
            deltas = contribution(lambda entry: _deltas(entry, by))
            lines.add("Kronecker delta", deltas, say.independent(occurrences[0].entry, by))
        rule = "contraction of deltas" if by.indices else "distributive law"
        lines.add(rule, self.shown(Add(*(use.term for use in uses))), say.contracted(occurrences, by), BRIEF)

    def _simplification(self, closing: Closing, lines: _Lines) -> None:
        """Add what was done with the sum of all contributions."""
        shown = self.shown
        if closing.tensor.is_symmetric:
            lines.add("symmetric part", shown(Add(*closing.terms)), say.symmetric(closing.tensor), BRIEF, True)
        lines.add("like terms", shown(closing.collected), ("Like terms are added.",))
        lines.add("known name", shown(closing.named), say.folded(closing, self.program))
        declared = any(fact in self.program.facts for fact in closing.facts)
        rule = "declared fact" if declared else "derived fact"
        lines.add(rule, shown(closing.known), say.fact(closing.facts), BRIEF)
        lines.add("common factor", shown(closing.total), ("Numbers that all terms share are taken out, or cancel.",))

    def _equation(self, closing: Closing) -> Equation:
        """The adjoint's equation as the program has it; of one that was put into others, as it was."""
        tensor = closing.adjoint
        if tensor is not None and tensor.name in self.derivation.backward:
            found = self.program[tensor.name]
            if found.tensor == tensor:
                own = dict(zip(found.indices, closing.axes, strict=True))
                return Equation(tensor[closing.axes], substitute(refresh(found.right), own))
        left = closing.tensor.like(f"d_{closing.tensor.name}", role="adjoint") if tensor is None else tensor
        return Equation(left[closing.axes], self.shown(closing.total))

    def _naming(self, closing: Closing, equation: Equation, lines: _Lines, wanted: bool) -> None:
        """Add the line that gives the adjoint its name, where it has one on the page."""
        name = equation.tensor.name
        if wanted or name not in self.derivation.backward or closing.total == closing.made:
            return
        rule = "definition of δ" if is_error_name(name) else "naming"
        lines.add(rule, equation.left, say.naming(equation.left, closing.tensor), BRIEF)


class _Lines:
    """The lines of one stage: a line that says the same as the one before is left out."""

    def __init__(self, whole: Expr) -> None:
        self.whole, self.last = whole, whole
        self.left: Expr | None = None
        self.inferences: list[Inference] = []

    def start(self, left: Expr) -> None:
        """Begin a chain of lines with a left side of its own."""
        self.left, self.last = left, left

    def add(self, rule: str, right: Expr, why: Words, detail: int = USUAL, always: bool = False) -> None:
        if not always and (right == self.last or _compared(right) == _compared(self.last)):
            return
        self.inferences.append(Inference(rule, right, why, detail, self.left))
        self.left, self.last = None, right


def _compared(expression: Expr) -> Expr:
    """Return an expression for comparing: numbers before sums, bound indices named by their places."""
    terms = []
    for term in Add.make_args(expression):
        number, factors = Integer(1), []
        for factor in Mul.make_args(term):
            inner = Integer(1)
            if isinstance(factor, Sum):
                body, bound = body_and_bound(factor)
                inner, rest = body.as_coeff_Mul()
                factor = sum_over(rest, bound)
            number *= inner
            factors.append(factor)
        terms.append(number * Mul(*factors))
    return canonical(Add(*terms))


def _deltas(entry: Entry, by: Entry) -> Expr:
    """∂U[e…]/∂U[p…] = Π [e = p]"""
    return Mul(*(KroneckerDelta(p, e) for p, e in zip(by.indices, entry.indices, strict=True)))


def _is_delta(cotangent: Expr) -> bool:
    return isinstance(cotangent, Entry) and is_error_name(cotangent.base.name)


def at_detail(stage: Stage, detail: int) -> Stage:
    """Return a stage with the lines of a level of detail; a line that is shown names the rules of those left out."""
    kept: list[Inference] = []
    rules: list[str] = []
    left: Expr | None = None
    for inference in stage.inferences:
        left = left if inference.left is None else inference.left
        rules.append(inference.rule)
        if inference.detail > detail and inference is not stage.inferences[-1]:
            continue
        joined = ", ".join(dict.fromkeys(rules))
        kept.append(replace(inference, rule=joined, left=left))
        rules, left = [], None
    return replace(stage, inferences=tuple(kept))

