"""The reverse sweep: the chain rule on every equation, from the last to the first.

    T̄[i…] = Σ of what every use of T contributes,       T̄ = ∂(of)/∂T

Every adjoint is an equation of the new program, which is a program like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sympy import Expr, Idx, Integer

from symnn.calculus.canonical import add_terms, content
from symnn.calculus.chain_rule import contributions
from symnn.calculus.derivation import Derivation
from symnn.calculus.facts import Facts
from symnn.calculus.folding import Names
from symnn.calculus.inlining import inlined
from symnn.calculus.normal_form import companions, normal_form
from symnn.calculus.trace import Closing, Use
from symnn.errors import CalculusError, ProgramError
from symnn.language import (
    Adjoint,
    Equation,
    Program,
    Tensor,
    entries,
    fresh_index_over,
    lookups,
    refresh,
    substitute,
    tensors,
)
from symnn.language.collecting import uncollected
from symnn.language.names import is_error_name, is_name

_PRE_ACTIVATION = re.compile(r"z(\d+(?:_\d+)?)\Z")


@uncollected()
def differentiate(
    program: Program,
    of: str = "C",
    wrt: Iterable[str] | None = None,
    upstream: str | None = None,
    may_be_zero: bool = False,
    called: Mapping[str, str] | None = None,
) -> Derivation:
    """Return the gradient of a tensor as a program.

        T̄[p…] = Σ_uses Σ_{i…, k…} Ū[i…] (∂u/∂occurrence) δ(p, e)…

    Args:
        program: the equations; they are put in normal form first.
        of: what to differentiate. Where it is no scalar, its upstream adjoint is an input.
        wrt: with respect to what; by default every parameter that the program uses.
        upstream: the name of the upstream adjoint; by default a fresh one. A scalar given one is
            multiplied by it.
        may_be_zero: whether a gradient that is zero throughout is an answer, not an error.
        called: names for the derivatives by some of `wrt`.

    Raises:
        ProgramError: for a tensor that is not there.
        CalculusError: where `of` does not depend on any of `wrt`, or an expression has no derivative.

    Source: Griewank and Walther, Evaluating Derivatives (2008), chapter 3, on index expressions as in
        Laue, Mitterreiter and Giesen, NeurIPS 2018.

    >>> from sympy import Sum
    >>> from symnn.language import index, tensor
    >>> i = index("i", 3); w, C = tensor("w", 3, role="parameter"), tensor("C")
    >>> print(differentiate(Program([Equation(C, Sum(w[i] ** 2, i))])).program["dw"])
    dw[i] = 2*w[i]
    """
    program.find(of)
    names = _wanted(program, wrt)
    _refuse_facts_about(program, names)
    # What earlier adjoints are derivatives of is kept, because it is spoken of.
    spoken_of = {adjoint.of for adjoint in program.adjoints.values()}
    normal = normal_form(program)
    beside = [tensor.name for tensor in companions(normal).values()]
    needed = normal.pruned([of, *spoken_of, *beside])
    return _Sweep(needed, program, of, names, upstream, may_be_zero, called or {}).result()


def _wanted(program: Program, wrt: Iterable[str] | None) -> tuple[str, ...]:
    if wrt is None:
        names = tuple(n for n, t in program.inputs.items() if t.role == "parameter")
        if not names:
            raise ProgramError("the program has no parameters: say what to differentiate with respect to (wrt=[...])")
        return names
    names = (wrt,) if isinstance(wrt, str) else tuple(dict.fromkeys(wrt))
    for name in names:
        program.find(name)
    looked_up = {tensor.name for equation in program for tensor in lookups(equation.right)}
    if whole := looked_up & set(names):
        name = sorted(whole)[0]
        raise CalculusError(f"'{name}' holds whole numbers, by which others are looked up: it has no derivative")
    return names


def _refuse_facts_about(program: Program, names: Iterable[str]) -> None:
    """A gradient that was simplified by a fact about y cannot be differentiated by y."""
    about = {tensor.name for fact in program.facts for tensor in tensors(fact.left)}
    if program.adjoints and (both := about & set(names)):
        name = sorted(both)[0]
        raise CalculusError(
            f"the program was simplified using a fact about '{name}': differentiate by it without facts"
        )


class _Sweep:
    """The state of one reverse sweep: what has been contributed to each adjoint so far."""

    def __init__(
        self,
        program: Program,
        whole: Program,
        of: str,
        wrt: tuple[str, ...],
        upstream: str | None,
        may_be_zero: bool,
        called: Mapping[str, str],
    ) -> None:
        self.called = called
        self.program, self.target, self.wrt = program, whole.find(of), wrt
        self.may_be_zero = may_be_zero
        self.tensors = {name: whole.find(name) for name in wrt}
        self.taken = set(whole.tensors)
        self.facts = Facts.of(program, fixed=wrt)
        self.folds = Names(program)
        self.letters = program.letters()
        self.companions = companions(program)
        self.active = self._active()
        self.terms: dict[str, list[Expr]] = {}
        self.uses: dict[str, list[Use]] = {}
        self.trace: list[Closing] = []
        self.axes: dict[str, tuple[Idx, ...]] = {}
        self.names: dict[str, str] = {}
        self.equations: list[Equation] = []
        self.upstream = None if not self.target.rank and upstream is None else self._upstream(upstream)
        if self.upstream is not None:
            self.taken.add(self.upstream.name)

    def _active(self) -> set[str]:
        """The tensors that depend on what the derivative is taken by."""
        depends = set(self.wrt)
        for equation in self.program:
            if any(tensor.name in depends for tensor in tensors(equation.right)):
                depends.add(equation.tensor.name)
        if self.target.name not in depends and not self.may_be_zero:
            raise CalculusError(
                f"'{self.target.name}' does not depend on {', '.join(self.wrt)}: the derivative is zero"
            )
        return depends

    def _upstream(self, name: str | None) -> Tensor:
        wanted = name or self._adjoint_name(self.target.name)
        # Never symmetric: what comes from above need not be, and a unit seed is not.
        return Tensor(self.program.fresh_name(wanted, self.taken), self.target.shape, "adjoint")

    def result(self) -> Derivation:
        self._seed()
        for equation in reversed(self.program.equations):
            name = equation.tensor.name
            if name in self.active and name in self.terms:
                adjoint, definition = self._adjoint(equation.tensor)
                if adjoint != 0:
                    self._pull_back(equation, adjoint, definition)
        for name in self.wrt:
            if name not in self.names:
                self._adjoint(self.tensors[name], keep=True)
        return self._derivation()

    def _seed(self) -> None:
        axes = self._axes(self.target)
        self.terms[self.target.name] = [Integer(1) if self.upstream is None else self.upstream[axes]]

    def _axes(self, tensor: Tensor) -> tuple[Idx, ...]:
        """The indices in which a tensor's adjoint is collected."""
        if tensor.name not in self.axes:
            hints = self.letters.get(tensor.name, ())
            names = [hints[n].name if hints else "ijklpq"[n % 6] for n in range(tensor.rank)]
            self.axes[tensor.name] = tuple(
                fresh_index_over(size, hint) for size, hint in zip(tensor.shape, names, strict=True)
            )
        return self.axes[tensor.name]

    def _adjoint(self, tensor: Tensor, keep: bool = False) -> tuple[Expr, Expr | None]:
        """Close the adjoint of a tensor: return what stands for it, and what it equals."""
        axes = self._axes(tensor)
        terms = self.terms.get(tensor.name, [])
        if tensor.is_symmetric:
            terms = _symmetrised(terms, axes)
        before = len(self.facts.used)
        collected = add_terms(terms)
        named = self.folds.apply(collected)
        known = self.facts.apply(named)
        total = content(known)
        made = self._name_for(tensor, axes, total, keep or tensor.name in self.wrt)
        used, uses = tuple(self.facts.used[before:]), tuple(self.uses.get(tensor.name, ()))
        self.trace.append(Closing(tensor, axes, uses, tuple(terms), collected, named, known, total, made, used))
        return made, total if made is not total else None

    def _name_for(self, tensor: Tensor, axes: tuple[Idx, ...], total: Expr, wanted: bool) -> Expr:
        """Return what stands for an adjoint: itself where it is a constant or given, else a tensor of its own."""
        constant = not entries(total) and not total.free_symbols - {*axes, *tensor.free_symbols} and not axes
        given = self.upstream is not None and tensor == self.target
        if not wanted and (constant or given or total == 0):
            return total
        name = self.program.fresh_name(self._adjoint_name(tensor.name), self.taken)
        made = tensor.like(name, role="adjoint")[axes]
        self.names[tensor.name] = name
        self.taken.add(name)
        self.equations.append(Equation(made, total))
        self.facts.define(self.equations[-1])
        return made

    def _adjoint_name(self, name: str) -> str:
        if name in self.called:
            return self.called[name]
        match = _PRE_ACTIVATION.match(name) if self.program.layered else None
        if match:
            return f"delta{match[1]}"
        return f"d{name}" if is_name(f"d{name}") else f"d_{name}"

    def _pull_back(self, equation: Equation, adjoint: Expr, definition: Expr | None) -> None:
        beside = self.companions.get(equation.tensor.name)
        for part in contributions(equation, adjoint, definition, self._axes, self.active, beside):
            self.terms.setdefault(part.tensor.name, []).append(part.use.term)
            self.uses.setdefault(part.tensor.name, []).append(part.use)

    def _derivation(self) -> Derivation:
        gradients = {name: self.names[name] for name in self.wrt}
        of = self.target.name
        adjoints = {made: Adjoint(of, name) for name, made in self.names.items()}
        if self.upstream is not None:
            adjoints[self.upstream.name] = Adjoint(of, of)
        backward = inlined(self.equations, keep={*gradients.values(), *self._deltas()})
        backward = _needed(backward, set(gradients.values()))
        forward = self._needed_forward(backward)
        kept = {e.tensor.name for e in backward} | self.program.adjoints.keys()
        kept |= {self.upstream.name} if self.upstream is not None else set()
        program = Program(
            (*forward, *backward),
            self.program.facts,
            self.program.layered,
            {**self.program.adjoints, **{n: a for n, a in adjoints.items() if n in kept}},
        )
        order = tuple(e.tensor.name for e in backward)
        used = tuple(self.facts.used)
        upstream = self.upstream and self.upstream.name
        return Derivation(program, of, self.wrt, gradients, order, upstream, used, tuple(self.trace))

    def _deltas(self) -> set[str]:
        return {n for n in self.names.values() if self.program.layered and is_error_name(n)}

    def _needed_forward(self, backward: Iterable[Equation]) -> tuple[Equation, ...]:
        wanted = {tensor.name for equation in backward for tensor in tensors(equation.right)} | {self.target.name}
        wanted |= {a.of for a in self.program.adjoints.values()} & self.program.defined.keys()
        return self.program.pruned(wanted).equations


def _symmetrised(terms: Iterable[Expr], axes: tuple[Idx, ...]) -> list[Expr]:
    """Return G = (T + Tᵀ)/2: the gradient by a symmetric S is the symmetric G with dC = tr(G dS)."""
    *_, row, column = axes
    spare = fresh_index_over(row.upper + 1, row.name)

    def turned(term: Expr) -> Expr:
        return substitute(substitute(substitute(refresh(term), {row: spare}), {column: row}), {spare: column})

    return [half for term in terms for half in (term / 2, turned(term) / 2)]


def _needed(equations: list[Equation], wanted: set[str]) -> list[Equation]:
    """Return the equations that the wanted tensors need, each gradient as soon as it can be had."""
    needed, kept = set(wanted), []
    for equation in reversed(equations):
        if equation.tensor.name in needed:
            kept.append(equation)
            needed.update(tensor.name for tensor in tensors(equation.right))
    kept.reverse()
    names = {e.tensor.name for e in kept}
    needs = {e.tensor.name: {t.name for t in tensors(e.right)} & names for e in kept}
    used = set().union(*needs.values()) if needs else set()
    inner = [e for e in kept if e.tensor.name in used]
    places = {e.tensor.name: place for place, e in enumerate(inner, 1)}
    ready: dict[int, list[Equation]] = {}
    for equation in kept:
        if (name := equation.tensor.name) not in used:
            ready.setdefault(max((places[other] for other in needs[name]), default=0), []).append(equation)
    ordered = ready.get(0, [])
    for place, equation in enumerate(inner, 1):
        ordered += [equation, *ready.get(place, ())]
    return ordered
