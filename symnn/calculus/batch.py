"""From one example to a batch: data-dependent tensors get a leading example axis n.

The equations are differentiated for one example, and batched after: δ[n, j] is each example's own
∂Cₙ/∂zₙ, and the average stands where textbooks put it, in ∂C/∂W = (1/m) Σₙ δ[n, j] a[n, k].
Where the examples have weights s, it is C = Σₙ s[n] Cₙ / S with S = Σₙ s[n]: 1/m becomes s[n]/S.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from sympy import Add, Expr, Idx, Integer, expand_mul
from sympy.core.basic import Basic

from symnn.calculus.canonical import add_terms, tidy_sum
from symnn.calculus.derivation import Derivation
from symnn.language import (
    Entry,
    Equation,
    Fact,
    Program,
    Tensor,
    body_and_bound,
    contains,
    examples,
    fresh_index_over,
    is_binder,
    rebind,
    rebuild,
    refresh,
    sum_over,
    tensors,
)
from symnn.language.collecting import uncollected


def batched(derivation: Derivation, average: bool | None = None, weights: str | None = None) -> Derivation:
    """Return the derivation for a batch of m examples; one that names the example axis is returned as it is.

    The cost and the adjoints of what is the same for all examples (the parameters) are averaged over
    the examples; where an upstream adjoint is given, they are summed, unless `average` is set.
    Penalties are not averaged. `weights` is a name for the weights of the examples, where they have any.
    """
    program = derivation.program
    if program.names_examples:
        return derivation
    averaged = {derivation.of} | {a.of for a in program.adjoints.values() if not program.find(a.of).rank}
    mean = derivation.upstream is None if average is None else average
    lifted = batch_program(program, averaged, mean, weights)
    return Derivation(
        lifted,
        derivation.of,
        derivation.wrt,
        derivation.gradients,
        derivation.backward,
        derivation.upstream,
        derivation.facts,
        derivation.trace,
    )


@uncollected()
def batch_program(
    program: Program, averaged: Iterable[str] = (), average: bool = True, weights: str | None = None
) -> Program:
    """Return a program for a batch: `averaged` names the tensors that are one for the whole batch.

    Args:
        average: whether those are means over the examples, and not sums.
        weights: a name for the weights of the examples in these means: an input of shape (m,).
    """
    return _Batch(program, set(averaged), average, weights).result()


class _Batch:
    """One example's equations, rewritten for m of them."""

    def __init__(self, program: Program, averaged: set[str], average: bool, weights: str | None) -> None:
        self.program = program
        self.weights = Tensor(weights, (examples,), "hyperparameter") if average and weights is not None else None
        self.total = Tensor(program.fresh_name("S"), (), "hyperparameter")[()]
        self.factor = Integer(1) if not average else 1 / (examples if self.weights is None else self.total)
        self.lifted = {
            name: tensor.like(shape=(examples, *tensor.shape))
            for name, tensor in program.inputs.items()
            if tensor.role in ("input", "target") or name in program.adjoints
        }
        for equation in program:
            name, tensor = equation.tensor.name, equation.tensor
            used = any(t.name in self.lifted for t in tensors(equation.right))
            if (used or self._is_by_data(name)) and not self._is_one(name, averaged):
                self.lifted[name] = tensor.like(shape=(examples, *tensor.shape))

    @cached_property
    def results(self) -> set[str]:
        """The derivatives by the data: they have the factor 1/m of the mean cost; δ, each example's own, has not."""
        used = {tensor.name for equation in self.program for tensor in tensors(equation.right)}
        adjoints = self.program.adjoints.items()
        return {name for name, a in adjoints if a.wrt in self.program.inputs and name not in used}

    def _is_by_data(self, name: str) -> bool:
        """Whether a tensor is a derivative by data: each example has its own, though all may be equal."""
        adjoint = self.program.adjoints.get(name)
        return adjoint is not None and adjoint.wrt in self.lifted

    def _is_one(self, name: str, averaged: set[str]) -> bool:
        """Whether a tensor is one for the batch: a cost, or the adjoint of what is the same for all examples."""
        adjoint = self.program.adjoints.get(name)
        return (name in averaged and not self.program.find(name).rank) or (
            adjoint is not None and adjoint.wrt not in self.lifted and adjoint.wrt in self.program.tensors
        )

    def result(self) -> Program:
        equations = [self._equation(equation) for equation in self.program]
        equations = self._with_total(equations)
        facts = [Fact(self._lift(f.left, fresh_index_over(examples, "n")), f.right) for f in self.program.facts]
        return Program(equations, facts, self.program.layered, self.program.adjoints)

    def _with_total(self, equations: list[Equation]) -> list[Equation]:
        """Define the sum S of the weights before it is used."""
        place = next((p for p, e in enumerate(equations) if self.total.base in tensors(e.right)), None)
        if self.weights is None or place is None:
            return equations
        n = fresh_index_over(examples, "n")
        return [*equations[:place], Equation(self.total, sum_over(self.weights[n], [n])), *equations[place:]]

    def _share(self, n: Idx) -> Expr:
        """How much an example counts, but for the factor that is the same for all."""
        return Integer(1) if self.weights is None else self.weights[n]

    def _equation(self, equation: Equation) -> Equation:
        n = fresh_index_over(examples, "n")
        if equation.tensor.name in self.lifted:
            left = self.lifted[equation.tensor.name][(n, *equation.indices)]
            share = self.factor * self._share(n) if equation.tensor.name in self.results else 1
            return Equation(left, share * self._lift(equation.right, n))
        if not any(tensor.name in self.lifted for tensor in tensors(equation.right)):
            return equation
        right = expand_mul(equation.right, deep=False) if contains(equation.right, Add) else equation.right
        return Equation(equation.left, add_terms(self._mean(term, n) for term in Add.make_args(right)))

    def _mean(self, term: Expr, n: Idx) -> Expr:
        if not any(tensor.name in self.lifted for tensor in tensors(term)):
            return term
        return self.factor * tidy_sum(self._share(n) * self._lift(refresh(term), n), [n])

    def _lift(self, part: Basic, n: Idx) -> Basic:
        if isinstance(part, Entry):
            lifted = self.lifted.get(part.base.name)
            places = [self._lift(index, n) for index in part.indices]
            return part.base[tuple(places)] if lifted is None else lifted[(n, *places)]
        if isinstance(part, Idx | Tensor) or not part.args:
            return part
        if is_binder(part):
            body, bound = body_and_bound(part)
            return rebind(part, self._lift(body, n), bound)
        return rebuild(part, [self._lift(arg, n) for arg in part.args])
