"""The result of differentiating a program: again a program, and which of its equations are which."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from symnn.calculus.trace import Closing
from symnn.language import Equation, Fact, Program


@dataclass(frozen=True)
class Derivation:
    """A program with its gradient.

    Attributes:
        program: the equations needed, forward then backward; the gradient ∂of/∂wrt of a parameter
            `W1` is the tensor named `gradients["W1"]` and has the shape of `W1`.
        of: the name of what was differentiated.
        wrt: the names of what it was differentiated with respect to.
        gradients: for each name in `wrt`, the name of its adjoint; for a Hessian, for each pair of names.
        backward: the names of the tensors that the backward equations define, in order.
        upstream: the name of the upstream adjoint, where `of` is no scalar.
        facts: the facts that were used.
        trace: what the sweep did, adjoint by adjoint.
        parts: the derivations that this one was made of, in order: a Jacobian, of the gradient for an upstream
            adjoint; a Hessian, of the gradient and its Jacobians.
    """

    program: Program
    of: str
    wrt: tuple[str, ...]
    gradients: dict[Any, str]
    backward: tuple[str, ...]
    upstream: str | None = None
    facts: tuple[Fact, ...] = ()
    trace: tuple[Closing, ...] = field(default=(), compare=False, repr=False)
    parts: tuple[Derivation, ...] = field(default=(), compare=False, repr=False)

    @property
    def forward_equations(self) -> tuple[Equation, ...]:
        """The equations of the program that was differentiated, as far as they are needed."""
        return tuple(e for e in self.program if e.tensor.name not in self.backward)

    @property
    def backward_equations(self) -> tuple[Equation, ...]:
        """The equations of the gradient."""
        return tuple(e for e in self.program if e.tensor.name in self.backward)
