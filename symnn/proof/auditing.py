"""An audit of a derivation: every equation of the gradient, every fact and every step, each with a verdict.

The forward equations are what is meant: they define their tensors. Every backward equation claims that its
tensor is ∂of/∂U, and is compared with that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from sympy import Expr, Integer

from symnn.calculus import Derivation
from symnn.calculus.steps import Stage, row_stages, stages_of
from symnn.language import Elementwise, Equation, Tensor, Total, examples, free_indices, tensors
from symnn.language.functions import formula
from symnn.proof.checker import EXACT, TO_DIGITS, UNCHECKED, WRONG, Checker, Verdict
from symnn.proof.code import LIMIT
from symnn.proof.matrix_forms import matrix_verdict
from symnn.views import matrix_equation

EQUATION, FORM, FACT, STEP, BATCH, CODE = "equation", "matrix form", "fact", "step", "equation for a batch", "code"


_PLURALS = {
    EQUATION: "equations",
    FORM: "matrix forms",
    FACT: "facts",
    STEP: "steps",
    BATCH: "equations for a batch",
}


@dataclass(frozen=True)
class AuditLine:
    """One thing that was checked.

    Attributes:
        name: what it is: ∂C/∂W1, or ∂C/∂W1, line 4: contraction of deltas.
        kind: equation, matrix form, fact, step, equation for a batch, or code.
        verdict: what the check says.
        equation: the equation, of a line that is one.
        rule: the rule, of a step.
    """

    name: str
    kind: str
    verdict: Verdict
    equation: Equation | None = None
    rule: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.verdict}"


@dataclass(frozen=True)
class Audit:
    """What was checked of a derivation.

    >>> from sympy import Sum
    >>> from symnn.calculus import differentiate
    >>> from symnn.language import Program, index, tensor
    >>> i = index("i", 3); w, C = tensor("w", 3, role="parameter"), tensor("C")
    >>> print(audit(differentiate(Program([Equation(C, Sum(w[i] ** 2, i))]))))
    1 equation: 1 exact; 1 matrix form: 1 exact; 5 steps: 5 exact
    """

    derivation: Derivation
    lines: tuple[AuditLine, ...]
    code: float | None = field(default=None)
    """The largest relative error of the compiled function."""

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong

    @property
    def wrong(self) -> tuple[AuditLine, ...]:
        """The lines that are wrong, in order."""
        return tuple(line for line in self.lines if line.verdict.kind == WRONG)

    def of_kind(self, kind: str) -> tuple[AuditLine, ...]:
        return tuple(line for line in self.lines if line.kind == kind)

    def count(self, kind: str, lines: Sequence[AuditLine] | None = None) -> int:
        """Return how many lines have a verdict of a kind."""
        return sum(line.verdict.kind == kind for line in (self.lines if lines is None else lines))

    @property
    def summary(self) -> str:
        """One line: 27 equations: 25 exact, 2 to 50 digits; compiled code within 3e-16."""
        parts = [self._counted(kind) for kind in (EQUATION, FORM, FACT, STEP, BATCH) if self.of_kind(kind)]
        if self.code is not None:
            parts.append(f"compiled code within {self.code:.0e}" if self.code else "compiled code without error")
        return "; ".join(parts) or "nothing to check"

    def _counted(self, kind: str) -> str:
        lines = self.of_kind(kind)
        words = ((EXACT, "exact"), (TO_DIGITS, "to 50 digits"), (WRONG, "WRONG"), (UNCHECKED, "unchecked"))
        counts = [f"{n} {word}" for one, word in words if (n := self.count(one, lines))]
        return f"{len(lines)} {kind if len(lines) == 1 else _PLURALS[kind]}: {', '.join(counts)}"

    def with_batch(self, batch: Audit) -> Audit:
        """Return the audit with the equations of a batch beside those of one example."""
        kinds = {EQUATION: BATCH, FORM: FORM}
        lines = [
            replace(line, name=f"{line.name}, for a batch", kind=kinds[line.kind])
            for line in batch.lines
            if line.kind in kinds
        ]
        return replace(self, lines=(*self.lines, *lines))

    def with_code(self, errors: Mapping[str, float]) -> Audit:
        """Return the audit with the relative errors of the compiled function, by tensor."""
        found = []
        for name, error in errors.items():
            if not error <= LIMIT:
                verdict = Verdict(WRONG, f"relative error {error:.1g} (at most {LIMIT:.0g} is right)")
                found.append(AuditLine(f"compiled code, {name}", CODE, verdict))
        return replace(self, lines=(*self.lines, *found), code=max(errors.values(), default=None))

    def __str__(self) -> str:
        return "\n".join([*map(str, self.wrong), self.summary])


def audit(derivation: Derivation, seed: int = 0, steps: bool = True, each_example: bool = False) -> Audit:
    """Return the audit of a derivation.

    Args:
        derivation: a gradient, a Jacobian or a Hessian.
        seed: the random points follow from it.
        steps: whether every line of every step is checked too.
        each_example: whether it is a batch made after differentiating: δ is each example's own ∂Cₙ/∂zₙ.
    """
    auditor = Auditor(derivation, seed, each_example)
    lines = [*auditor.equations(), *auditor.forms(), *auditor.facts()]
    if steps and not each_example:
        lines += auditor.steps()
    return Audit(derivation, tuple(lines))


class Auditor:
    """Checks one derivation, line by line."""

    def __init__(self, derivation: Derivation, seed: int = 0, each_example: bool = False) -> None:
        self.derivation, self.seed, self.each_example = derivation, seed, each_example
        self.program = derivation.program
        self.checker = Checker(self.program, derivation.of, derivation.upstream, seed)
        self.claims = {made: (a.of, a.wrt) for made, a in self.program.adjoints.items() if made in derivation.backward}

    def equations(self) -> Iterator[AuditLine]:
        """Check every adjoint's equation; one that is wrong is put right for those after it."""
        for equation in self.program:
            name = equation.tensor.name
            if name not in self.derivation.backward:
                continue
            claim = self.claim(equation)
            if claim is None:
                continue  # a tensor that is no derivative: its equation defines it
            verdict = self.checker.equal(claim, equation.right, equation.indices)
            if verdict.kind == WRONG:
                self.checker.correct(name, claim, equation.indices)
            yield AuditLine(self.heading(*self.claims[name]), EQUATION, verdict, equation)

    def forms(self) -> Iterator[AuditLine]:
        """Check the matrix form of every adjoint's equation that has one: it is what is printed."""
        for equation in self.program:
            name = equation.tensor.name
            if name not in self.derivation.backward or not equation.tensor.rank or has_undefined(equation.right):
                continue
            matrix = matrix_equation(equation)
            if matrix is not None:
                heading = self.heading(*self.claims[name]) if name in self.claims else name
                verdict = matrix_verdict(self.checker, equation, matrix.right)
                yield AuditLine(f"{heading}, matrix form", FORM, verdict, equation)

    def heading(self, of: str, wrt: str) -> str:
        return f"∂{of}/∂{wrt}"

    def claim(self, equation: Equation) -> Expr | None:
        """Return what an adjoint's equation says that its tensor is, in the equation's indices."""
        if equation.tensor.name not in self.claims:
            return None
        of, wrt = (self.program.tensors.get(name) for name in self.claims[equation.tensor.name])
        if of is None:
            return None
        if wrt is None:  # nothing depends on it
            return Integer(0)
        indices, rows = equation.indices, equation.tensor.rank - wrt.rank
        if rows == of.rank and of.rank:
            return Total(of[indices[:rows]], wrt[indices[rows:]])
        slope = self._checker_of(of).adjoint(wrt, indices)
        return slope * self._examples(equation)

    def _checker_of(self, of: Tensor) -> Checker:
        """Return a checker that knows the upstream adjoint of a tensor."""
        if of.name == self.derivation.of:
            return self.checker
        names = (made for made, a in self.program.adjoints.items() if a.of == a.wrt == of.name)
        upstream = next((made for made in names if made in self.program.inputs), None)
        return Checker(self.program, of.name, upstream, self.seed)

    def _examples(self, equation: Equation) -> Expr:
        """By how much an adjoint of a batch exceeds the derivative of the mean cost: δ is each example's own."""
        if not self.each_example or self.derivation.upstream is not None:
            return Integer(1)
        name, tensor = equation.tensor.name, equation.tensor
        _, wrt = self.claims[name]
        used = any(name in {t.name for t in tensors(other.right)} for other in self.program)
        own = tensor.rank and tensor.shape[0] == examples and (used or wrt in self.program.defined)
        return examples if own else Integer(1)

    def facts(self) -> Iterator[AuditLine]:
        """Check the facts that were derived: those of inputs are declared, and hold of what is drawn."""
        for fact in self.derivation.facts:
            if all(tensor.name in self.program.inputs for tensor in tensors(fact.left)):
                continue
            if any(tensor.name not in self.program.tensors for tensor in tensors(fact.left)):
                continue
            indices = tuple(sorted(free_indices(fact.left) | free_indices(fact.right), key=str))
            yield AuditLine(str(fact), FACT, self.checker.equal(fact.left, fact.right, indices))

    def steps(self) -> Iterator[AuditLine]:
        """Check every line of every stage of the derivation, and of those that it was made of."""
        for part in self.derivation.parts:
            yield from Auditor(part, self.seed).ready.steps()
        if not self.derivation.parts and self.derivation.trace:
            yield from self._lines(stages_of(self.derivation))
        elif len(self.derivation.parts) == 1:
            yield from self._lines(row_stages(self.derivation))

    def _lines(self, stages: Iterable[Stage]) -> Iterator[AuditLine]:
        for stage in stages:
            name = self.heading(self.derivation.of, stage.tensor.name)
            for place, (inference, verdict) in enumerate(zip(stage.inferences, self.stage(stage), strict=True), 1):
                yield AuditLine(f"{name}, line {place}: {inference.rule}", STEP, verdict, rule=inference.rule)

    def stage(self, stage: Stage) -> list[Verdict]:
        """Return a verdict for each line of a stage: whether it equals what stands on the left of its chain."""
        return check_stage(self.checker, stage)

    @cached_property
    def ready(self) -> Auditor:
        """This, after all equations were checked, and those that are wrong put right."""
        for _ in self.equations():
            pass
        return self


def has_undefined(expression: Expr) -> bool:
    """Whether an undefined function occurs: a matrix form with one cannot be evaluated."""
    return any(formula(type(part), part.args[0]) is None for part in expression.atoms(Elementwise))


def check_stage(checker: Checker, stage: Stage) -> list[Verdict]:
    """Return a verdict for each line of a stage of the steps.

    For a symmetric tensor, lines may say different things of (p, q) and (q, p): their symmetric parts are compared.
    """
    return [line_verdict(checker, stage, left, inference.right) for left, inference in stage.lines]


def line_verdict(checker: Checker, stage: Stage, left: Expr, right: Expr) -> Verdict:
    """Return whether one line of a stage holds: whether it equals what stands on the left of its chain."""
    return checker.equal(left, right, stage.equation.indices, stage.tensor.is_symmetric)


__all__ = ["Audit", "AuditLine", "Auditor", "audit", "check_stage", "line_verdict"]
