"""What the sweep did, as it did it: every use of every tensor, and how each adjoint was closed.

The steps of a derivation are read from here (see symnn.calculus.steps), so that what is shown is what
was calculated.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sympy import Expr, Idx

from symnn.language import Entry, Equation, Fact, Tensor


@dataclass(frozen=True)
class Occurrence:
    """One occurrence U[e…] in a right side, and the derivative of the right side by it.

    Attributes:
        entry: U[e…].
        bound: the indices bound above it.
        part: the largest expression without sums in which it stands.
        factor: what multiplies that part on the way to it.
        local: ∂part/∂entry; the derivative of the right side is Σ over `bound` of factor · local.
    """

    entry: Entry
    bound: tuple[Idx, ...]
    part: Expr
    factor: Expr
    local: Expr

    @property
    def slope(self) -> Expr:
        return self.factor * self.local


@dataclass(frozen=True)
class Use:
    """What one occurrence U[e…] in T[i…] = R contributes to the adjoint of U.

    Attributes:
        equation: T[i…] = R, with indices of its own.
        cotangent: T̄[i…], as the sweep has it: an entry of an adjoint, or a constant.
        definition: what T̄ equals, where that was at hand.
        occurrence: the occurrence.
        slope: its derivative, with known right sides written by their names.
        product: T̄ · slope, shortened with the definition where that made it shorter.
        term: the contribution, in the indices of U's adjoint: deltas contracted.
    """

    equation: Equation
    cotangent: Expr
    definition: Expr | None
    occurrence: Occurrence
    slope: Expr
    product: Expr
    term: Expr


@dataclass(frozen=True)
class Closing:
    """How the adjoint of one tensor was closed: what was contributed, and how it was simplified.

    Attributes:
        tensor: U.
        axes: the indices of Ū.
        uses: every use of U that contributed.
        terms: the contributions; of a symmetric tensor, their symmetric parts.
        collected: their sum, like terms collected.
        named: the same, known right sides written by their names.
        known: the same, with known sums in their places.
        total: the same, without common numbers.
        made: what stands for Ū: an entry of a tensor of the program, or the total itself.
        facts: the facts that served.
    """

    tensor: Tensor
    axes: tuple[Idx, ...]
    uses: tuple[Use, ...]
    terms: tuple[Expr, ...]
    collected: Expr
    named: Expr
    known: Expr
    total: Expr
    made: Expr
    facts: tuple[Fact, ...] = field(default=())

    @property
    def adjoint(self) -> Tensor | None:
        """The tensor that holds the adjoint, where there is one."""
        return self.made.base if isinstance(self.made, Entry) and self.made != self.total else None
