"""A derivation, step by step, as people use it: printed, proved, handed to a document.

    gradient.steps("W1")      ∂C/∂w = … from the chain rule to the matrix form, each line with its rule
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from math import prod
from typing import Any

from sympy import Expr

from symnn.calculus import Derivation, batched
from symnn.calculus.steps import DETAILS, USUAL, Inference, Stage, at_detail, batch_stages, row_stages, stages_of
from symnn.errors import InputError
from symnn.proof import Auditor, decides_by_sign, line_verdict, matrix_verdict
from symnn.views import MatrixEquation, closed_forms, matrix_equation
from symnn.views.tree import Tree
from symnn.writing import Notation
from symnn.writing.steps import CLOSED_FORM, MATRIX_FORM, ShownSteps, shown_steps
from symnn.writing.steps_pages import steps_page

NOT_CHECKED = "the lines are many, or large: they were not checked; --proof, or proof=True, does it"
_QUICK = 150_000
"""Lines times entries that are proved in a few seconds."""
_MORE_POINTS = 10
"""How many more random points are needed where signs decide, about."""

Section = tuple[Derivation, tuple[Stage, ...]]


@dataclass(frozen=True, repr=False)
class Steps:
    """The steps of the derivative by one or more names.

    Attributes:
        derivation: what was derived.
        wrt: the names.
        detail: 1 brief, 2 as a teacher writes it, 3 every rule on a line of its own.
        title: the first line.
        notation: choices of writing.

    >>> from sympy import Sum
    >>> from symnn.language import Equation, Program, index, tensor
    >>> from symnn.gradients import gradient
    >>> i = index("i", 3); w, C = tensor("w", 3, role="parameter"), tensor("C")
    >>> print(gradient(Program([Equation(C, Sum(w[i] ** 2, i))])).steps("w", detail=1))
    Given
      C = Σᵢ wᵢ²
    <BLANKLINE>
    1  ∂C/∂w
       ∂C/∂wᵢ = 2wᵢ   substitution, sum rule, power rule, Kronecker delta, contraction of deltas ✓
                  Of the sum over j only the term with j = i is left. (w 3)
       ∂C/∂w  = 2w    index to matrix form ✓
    ...
    """

    derivation: Derivation
    wrt: tuple[str, ...]
    detail: int = USUAL
    title: str = ""
    notation: Notation | None = None
    notes: tuple[str, ...] = field(default=())
    closed: bool = False
    """Whether results are shown in closed form too, as those of formulas are."""
    proof: bool | None = None
    """Whether each line is checked, and marked with what the check says; by default where that takes seconds."""
    batch: bool = False
    """Whether the mean over a batch of examples is taken at the end."""

    def __post_init__(self) -> None:
        if self.detail not in DETAILS:
            raise InputError(f"detail {self.detail!r}: accepted are 1 (brief), 2 (usual), 3 (every rule)")

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """Each derivation that this one is made of, and its stages with every line."""
        found = list(_sections(self.derivation, self.wrt))
        if self.batch and self.derivation.upstream is None and not self.derivation.program.names_examples:
            whole = batched(self.derivation)
            found = [(d, tuple(replace(s, wanted=False) for s in stages)) for d, stages in found]
            found.append((whole, batch_stages(whole, self.wrt)))
        return tuple(found)

    @cached_property
    def is_quickly_checked(self) -> bool:
        """Whether the proof of all lines takes a few seconds: few lines, few entries, and no signs that decide."""
        program = self.derivation.program
        lines = sum(len(stage.inferences) for _, stages in self.sections for stage in stages)
        results = set(self.derivation.gradients.values())
        known = [t for name, t in program.tensors.items() if t.role != "parameter" and name not in results]
        entries = sum(int(prod(size for size in tensor.shape if size.is_Integer)) for tensor in known)
        branches = any(decides_by_sign(equation.right) for equation in program)
        return lines * entries * (_MORE_POINTS if branches else 1) <= _QUICK

    @cached_property
    def is_checked(self) -> bool:
        """Whether lines are checked."""
        return self.is_quickly_checked if self.proof is None else self.proof

    @property
    def is_wrong(self) -> bool:
        """Whether a line that was shown does not follow."""
        return "WRONG" in self._marks.values()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages, with the lines of the chosen detail."""
        return tuple(at_detail(stage, self.detail) for _, stages in self.sections for stage in stages)

    def shown(self, format: str = "text") -> ShownSteps:
        """Return the steps in writing, as data: format is text, ascii, markdown, latex or mathml."""
        shown = [
            shown_steps(
                derivation, [at_detail(stage, self.detail) for stage in stages], format=format,
                notation=_with_letters(derivation, self.notation), mark=partial(self._mark, derivation),
                closed=self.closed,
            )
            for derivation, stages in self.sections
        ]  # fmt: skip
        return ShownSteps(
            self.notation.titled(self.title) if self.notation else self.title,
            tuple(dict.fromkeys(line for one in shown for line in one.given)),
            tuple(stage for one in shown for stage in one.stages),
            tuple(dict.fromkeys(text for one in shown for text in one.definitions)),
            ", ".join(dict.fromkeys(one.facts for one in shown if one.facts)),
            self.notes if self.is_checked or self.proof is False else (*self.notes, NOT_CHECKED),
        )

    def write(self, format: str = "text") -> str:
        """Return the steps in a format: text, ascii, markdown or latex."""
        return steps_page(self.shown(format), format)

    def text(self, ascii: bool = False) -> str:
        """Return the steps as text."""
        return self.write("ascii" if ascii else "text")

    def latex(self) -> str:
        """Return the steps as a LaTeX fragment: align* with amsmath and bm."""
        return self.write("latex")

    def markdown(self) -> str:
        """Return the steps as Markdown, with formulas between dollar signs."""
        return self.write("markdown")

    def with_notation(self, notation: Notation | None) -> Steps:
        """Return the same steps, written in another notation."""
        return replace(self, notation=notation)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        lines = sum(len(stage.inferences) for stage in self.stages)
        return f"<Steps of {self.derivation.of} by {', '.join(self.wrt)}: {len(self.stages)} stages, {lines} lines>"

    def _repr_latex_(self) -> str:
        return self.latex()

    @cached_property
    def _auditors(self) -> dict[int, Auditor]:
        return {}

    def _mark(self, derivation: Derivation, stage: Stage, left: Expr, inference: Inference) -> str:
        """Return what the proof says of a line that follows from the left side of its chain."""
        if not self.is_checked:
            return ""
        key = (id(derivation), stage.tensor.name, left, inference)
        if key not in self._marks:
            self._marks[key] = self._checked(derivation, stage, left, inference)
        return self._marks[key]

    @cached_property
    def _marks(self) -> dict[Any, str]:
        return {}

    def _checked(self, derivation: Derivation, stage: Stage, left: Expr, inference: Inference) -> str:
        if id(derivation) not in self._auditors:
            is_batch = self.batch and derivation.program.names_examples
            self._auditors[id(derivation)] = Auditor(derivation, each_example=is_batch).ready
        checker = self._auditors[id(derivation)].checker
        tree = _tree(derivation, stage, inference)
        if tree is not None:
            return matrix_verdict(checker, stage.equation, tree).mark
        return line_verdict(checker, stage, left, inference.right).mark


def _tree(derivation: Derivation, stage: Stage, inference: Inference) -> Tree | None:
    """Return the matrix expression of a line that has one."""
    if inference.rule == CLOSED_FORM:
        (main,), _ = closed_forms(derivation.program, [stage.equation.tensor.name])
        return main.right if isinstance(main, MatrixEquation) else None
    found = matrix_equation(stage.equation) if inference.rule == MATRIX_FORM else None
    return None if found is None else found.right


def _with_letters(derivation: Derivation, notation: Notation | None) -> Notation | None:
    """Return a notation with letters for a gradient that is differentiated again, and for what comes from above."""
    if derivation.of not in derivation.program.adjoints:
        return notation
    given = notation or Notation()
    taken = {name.lower() for name in derivation.program.tensors}
    letters = [letter for letter in "guhrv" if letter not in taken]
    names = dict(zip([derivation.of, *([derivation.upstream] if derivation.upstream else [])], letters, strict=False))
    return replace(given, names={**names, **given.names})


def _sections(derivation: Derivation, wrt: Iterable[str]) -> Iterator[Section]:
    """Yield the derivations that one is made of, with their stages, in order."""
    names = [name for name in wrt if name in derivation.wrt]
    if not derivation.parts:
        yield derivation, stages_of(derivation, names)
        return
    for part in derivation.parts:
        is_jacobian = len(part.parts) == 1
        for inner, stages in _sections(part, names):
            # On the way to a Jacobian or a Hessian, gradients are no results.
            yield inner, stages if is_jacobian and inner is part else tuple(replace(s, wanted=False) for s in stages)
    if len(derivation.parts) == 1:
        yield derivation, row_stages(derivation, names)

