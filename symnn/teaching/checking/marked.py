"""What is said of a formula, or of several lines, that were judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symnn.calculus import Derivation
from symnn.language import Equation, Program, Tensor, fresh_index_over
from symnn.teaching.checking.answers import same_shape
from symnn.teaching.checking.explaining import Counterexample, Slip
from symnn.teaching.checking.known import shape_text
from symnn.teaching.checking.proving import EXACT, TO_DIGITS, UNCHECKED, WRONG
from symnn.writing import Notation
from symnn.writing.aligning import after
from symnn.writing.characters import ascii_text
from symnn.writing.sections import page_of
from symnn.writing.write import writer_for

__all__ = ["DEFINITION", "EXACT", "TO_DIGITS", "UNCHECKED", "WRONG", "CheckResult", "CheckedLine"]

DEFINITION = "definition"
_SAID = {EXACT: "exact", TO_DIGITS: "to 50 digits"}


@dataclass(frozen=True)
class CheckedLine:
    """One line, judged.

    Attributes:
        number: where it stands in its text.
        written: the right side, as it is written.
        target: what it should be equal to.
        verdict: exact, digits, wrong, unchecked, or definition (of a name of the student's own).
        shape: the shape of the right side, or None where its parts do not fit.
        problem: where they do not fit, what does not, and `picture` points at it.
        counterexample: an entry in which the two sides differ.
        slip: what explains a wrong line.
        equation: the line as it was understood, where its shape is right.
    """

    number: int
    written: str
    target: Tensor
    verdict: str
    shape: tuple[Any, ...] | None = None
    problem: str = ""
    picture: str = ""
    counterexample: Counterexample | None = None
    slip: Slip | None = None
    equation: Equation | None = None

    @property
    def is_right(self) -> bool:
        return self.verdict in _SAID

    @property
    def shapes(self) -> tuple[str, str | None]:
        """The shapes of what is right and of what was written, as they are said; None where there is none."""
        right = shape_text(self.target.shape)
        if self.shape is None or same_shape(self.shape, self.target.shape):
            return right, None if self.shape is None else right
        return right, shape_text(self.shape)


@dataclass(frozen=True)
class CheckResult:
    """The lines, judged.

    Attributes:
        lines: each line.
        derivation: where they were judged.
        missing: the derivative that was asked for, where no line says it.
        notation: how they are written.
    """

    lines: tuple[CheckedLine, ...]
    derivation: Derivation
    missing: Tensor | None = None
    notation: Notation | None = None

    @property
    def wrong(self) -> tuple[CheckedLine, ...]:
        """The lines that are not right, and are no definitions."""
        return tuple(line for line in self.lines if not line.is_right and line.verdict != DEFINITION)

    @property
    def is_right(self) -> bool:
        """Whether every line is right."""
        return not self.wrong and self.missing is None

    @property
    def first_wrong(self) -> CheckedLine | None:
        return self.wrong[0] if self.wrong else None

    @property
    def verdict(self) -> str:
        """exact or digits where all is right, else what is said of the first line that is not."""
        if self.wrong:
            return self.wrong[0].verdict
        return TO_DIGITS if any(line.verdict == TO_DIGITS for line in self.lines) else EXACT

    @property
    def shapes(self) -> tuple[str, str | None]:
        """The shape of each side, of the first line that is wrong, else of the last."""
        return (self.first_wrong or self.lines[-1]).shapes

    @property
    def slip(self) -> Slip | None:
        """What explains the first line that is wrong."""
        return self.wrong[0].slip if self.wrong else None

    def __str__(self) -> str:
        return self.text()

    def text(self, ascii: bool = False) -> str:
        """Return what is said of every line."""
        form = "ascii" if ascii else "text"
        said = [part for line in self.lines for part in self._said(line, form, len(self.lines) > 1)]
        said += self._summary(form)
        text = "\n".join(said)
        return ascii_text(text) if ascii else text

    def described(self, ascii: bool = False) -> dict[str, Any]:
        """Return the same as plain data."""
        form = "ascii" if ascii else "text"
        return {
            "right": self.is_right,
            "verdict": self.verdict,
            "first_wrong": None if self.first_wrong is None else self.first_wrong.number,
            "lines": [self._described(line, form) for line in self.lines],
            "text": self.text(ascii),
        }

    def left(self, tensor: Tensor, form: str = "text") -> str:
        """Return a derivative in writing: ∂C/∂W⁽¹⁾."""
        axes = tuple(fresh_index_over(size, "jkpq"[n % 4]) for n, size in enumerate(tensor.shape))
        return self._written(Equation(tensor[axes], 0), form).partition(" = ")[0]

    def _written(self, equation: Equation, form: str) -> str:
        page = page_of(Program([equation]), writer_for(self.derivation, form, self.notation), view="matrix")
        (line,) = [line for section in page.sections for line in section.lines]
        return f"{line.left} = {line.right}{after(line, form)}"

    def _line(self, line: CheckedLine, form: str) -> str:
        """Return a line as it was understood, or else as it was written."""
        written = "" if line.equation is None else self._written(line.equation, form)
        if written and "(index form" not in written:
            return written
        return f"{self.left(line.target, form)} = {line.written}"

    def _said(self, line: CheckedLine, form: str, many: bool) -> list[str]:
        before = f"line {line.number}: " if many else ""
        right, mine = line.shapes
        if line.is_right:
            return [f"{before}right: {self._line(line, form)}   ({right}, {_SAID[line.verdict]})"]
        if line.verdict == DEFINITION:
            return [f"{before}taken: {self._line(line, form)}   ({mine}, a name of its own)"]
        if line.verdict == UNCHECKED:
            return [f"{before}cannot be checked: {self._line(line, form)}", f"  {line.problem}"]
        said = [f"{before}wrong: {self.left(line.target, form)} is not {line.written}"]
        if line.problem:
            said += [f"  {line.problem}", *(f"    {part}" for part in line.picture.splitlines())]
        mine = mine or "none, its parts do not fit"
        said.append(f"  shapes: left {self.left(line.target, form)}: {right}; right: {mine}")
        if line.counterexample is not None:
            said.append(f"  for example, {line.counterexample.text()}")
        if line.slip is not None:
            said.append(f"  likely slip, {line.slip.kind}: {line.slip.said}; right is {line.slip.formula}")
        return said

    def _summary(self, form: str) -> list[str]:
        said = []
        if self.wrong and len(self.lines) > 1:
            first = self.wrong[0]
            later = [str(line.number) for line in self.lines if line.number > first.number and line.is_right]
            also = f"; in {'itself' if len(later) == 1 else 'themselves'} right: {', '.join(later)}" if later else ""
            said.append(f"line {first.number} is the first wrong one{also}")
        elif len(self.lines) > 1:
            judged = sum(line.is_right for line in self.lines)
            said.append(f"{'the line is' if judged == 1 else f'all {judged} lines are'} right")
        if self.missing is not None:
            said.append(f"no line says what {self.left(self.missing, form)} is")
        return said

    def _described(self, line: CheckedLine, form: str) -> dict[str, Any]:
        right, mine = line.shapes
        slip, apart = line.slip, line.counterexample
        return {
            "line": line.number,
            "left": self.left(line.target, form),
            "written": line.written,
            "right": None if line.verdict in (DEFINITION, UNCHECKED) else line.is_right,
            "verdict": line.verdict,
            "shapes": {"left": right, "right": mine},
            "problem": line.problem or None,
            "counterexample": None
            if apart is None
            else {"entry": list(apart.entry), "yours": apart.yours, "right": apart.right, "given": apart.given},
            "slip": None if slip is None else {"kind": slip.kind, "said": slip.said, "formula": slip.formula},
        }
