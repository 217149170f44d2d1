"""What the optimizers have in common: each is a rule, with numbers for its hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symnn.language import Program, Tensor
from symnn.training.optimizers.applying import Lines, Value, applied, counts_steps, single_assignments
from symnn.training.optimizers.rules import GRADIENT, PARAMETER, STEP, Rule, symbol
from symnn.training.optimizers.schedules import Schedule, schedule_of
from symnn.training.optimizers.update import Update, check_learning_rate
from symnn.training.optimizers.writing import Shown, assignments, letter, rows_of, values


class RuleOptimizer:
    """An optimizer that is a rule: `text` and `latex` write it, `update` applies it to parameters."""

    @property
    def rule(self) -> Rule:
        """What is done in a step, for any parameter θ with the gradient g."""
        raise NotImplementedError

    @property
    def values(self) -> Mapping[str, Value]:
        """A number or a schedule for each hyperparameter of the rule."""
        raise NotImplementedError

    @property
    def start(self) -> Mapping[str, float]:
        """What is carried and does not begin at 0."""
        return {}

    def update(self, parameters: Mapping[str, Tensor], gradients: Mapping[str, Tensor], program: Program) -> Update:
        """Return the rule as equations, for each parameter θ with the gradient dθ.

        Args:
            parameters: the tensors to change, by name.
            gradients: for each of them, the tensor ∂C/∂θ, of the same shape.
            program: the program that the equations will follow; new names are fresh in it.
        """
        return applied(self.rule, self.values, self.start, parameters, gradients, program)

    def text(self, ascii: bool = False) -> str:
        """Return the equations of a step for any parameter θ, with the values in them, as text."""
        return self._written("ascii" if ascii else "text")

    def latex(self) -> str:
        """Return the equations of a step for any parameter θ, with the values in them, as LaTeX: align* of amsmath."""
        return self._written("latex")

    def _repr_latex_(self) -> str:
        return f"$$\n\\begin{{aligned}}\n{self._lines('latex')}\n\\end{{aligned}}\n$$"

    def _lines(self, format: str) -> str:
        return assignments(self.rows(format), format)

    def rows(self, format: str = "text") -> tuple[tuple[str, str, str], ...]:
        """Return the equations of a step line by line, in text, ascii or latex: left side, sign, right side.

        >>> from symnn.training import SGD
        >>> SGD(learning_rate=0.5).rows()
        (('θ', '←', 'θ − η g'),)
        """
        once = single_assignments(self.rule, self.values)
        scalars = {*once.values, STEP, *(line.name for line in once.lines if not line.by_entry)}
        return tuple(rows_of(_shown(once), format, scalars))

    def _written(self, format: str) -> str:
        once = single_assignments(self.rule, self.values)
        theta, g = letter(PARAMETER, format), letter(GRADIENT, format)
        given = [f"{g} = {_GRADIENT[format].format(theta)}"]
        if counts_steps(self.rule, self.values):
            given.append(f"{letter(STEP, format)} = 1, 2, {_DOTS[format]}")
        given += values(once.values, format)
        started = [(name, self.start.get(name, 0.0)) for name in self.rule.state]
        begins = [f"{letter(name, format)} = {value:g}" for name, value in started]
        lines = self._lines(format)
        if format == "latex":
            where = f"where {', '.join(f'${one}$' for one in given)}"
            before = f"; before the first step {', '.join(f'${one}$' for one in begins)}" if begins else ""
            return f"\\begin{{align*}}\n{lines}\n\\end{{align*}}\n\n\\noindent {where}{before}.\n"
        before = f"\nbefore the first step {', '.join(begins)}" if begins else ""
        return f"{lines}\nwhere {', '.join(given)}{before}\n"


_GRADIENT = {"text": "∂C/∂{}", "ascii": "dC/d{}", "latex": r"\partial C/\partial {}"}
_DOTS = {"text": "…", "ascii": "...", "latex": r"\ldots"}


def learning_rate_of(given: Any) -> float | Schedule:
    """Return the learning rate that a number, a `Schedule`, a formula of t or a SymPy expression gives."""
    if isinstance(given, Schedule):
        return given
    if isinstance(given, str) or hasattr(given, "free_symbols"):
        made = schedule_of(given)
        return made if made.is_changing else float(made)
    return check_learning_rate(given)


def _shown(once: Lines) -> list[Shown]:
    """Return the assignments as they are shown, under their names in the rule; the step is counted without a word."""
    names = {line.symbol: symbol(line.name) for line in once.lines}
    carried = {line.name for line in once.lines if line.symbol in once.last.values()}
    return [
        Shown(line.name, line.right.xreplace(names), line.name in carried) for line in once.lines if line.name != STEP
    ]
