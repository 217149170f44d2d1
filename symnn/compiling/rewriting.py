"""What was rewritten before it is compiled: equations before and after, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from symnn.compiling.rules import Rule
from symnn.language import Equation, Program
from symnn.writing.expressions import ExpressionWriter
from symnn.writing.write import writer_for


@dataclass(frozen=True)
class Rewriting:
    """One equation before and after a rewriting: an equation again, or code where it is solved, not multiplied.

    Attributes:
        before: the equation.
        after: what is computed instead.
        rules: the rules by which they are equal, in the order in which they were used.
        apart: equations that stand before it then.
        among: all equations before, and those apart: they say how its symbols are written.
    """

    before: Equation
    after: Equation | str
    rules: tuple[Rule, ...] = ()
    apart: tuple[Equation, ...] = ()
    among: Program | None = None

    def __str__(self) -> str:
        return f"{self.before}\n  becomes {self.after}"


def described(rewritings: Iterable[Rewriting], format: str = "text") -> str:
    """Return rewritings as they are printed, each with why: nothing where nothing was rewritten.

    Args:
        rewritings: what was rewritten.
        format: text or ascii.
    """
    lines: list[str] = []
    writer: ExpressionWriter | None = None
    for one in rewritings:
        if isinstance(one.after, str) or one.among is None:
            continue
        if writer is None:
            writer = writer_for(one.among, format)
            writer.base = 0  # as arrays count
        (left, before), (_, after) = writer.equation(one.before), writer.equation(one.after)
        reasons = "; ".join(dict.fromkeys(rule.why for rule in one.rules))
        reasons = reasons.replace("−", "-") if format == "ascii" else reasons
        lines += [f"{left} = {before}", f"  becomes {after}"]
        lines += [f"  with {' = '.join(writer.equation(new))}" for new in one.apart]
        lines.append(f"  ({reasons})")
    return "\n".join(lines)
