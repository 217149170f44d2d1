"""Labels: an index that stands first in every tensor that has it is a label, and what is left are matrices.

    q[h, i, e] = Σₖ W[h, k, e] x[i, k]         →   q⁽ʰ⁾ = x W⁽ʰ⁾
    o[i, k]    = Σ A[h, i, e] V[h, e, k]       →   o = Σₕ A⁽ʰ⁾ V⁽ʰ⁾

So the heads of attention have a matrix view: h is the same in a whole equation, or is summed over at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sympy import Add, Expr, Idx, Integer, S, Sum, Symbol
from sympy.core.basic import Basic

from symnn.language import (
    Adjoint,
    Entry,
    Equation,
    Program,
    body_and_bound,
    entries,
    free_indices,
    is_binder,
    same_size,
    size_of,
    sum_over,
    transform,
)
from symnn.views.families import RunningSum

_RANK = 3
_LETTERS = "hsuvrt"
"""What a label is called where its own letter is a tensor's or a size's."""


@dataclass(frozen=True)
class Labelling:
    """A program whose first axis is a label.

    Attributes:
        program: the equations for one value of the label.
        letter: the label's letter.
        count: how many values it has.
        labels: for the name of each tensor with the label, the tensor that it is a slice of.
    """

    program: Program
    letter: str = ""
    count: Expr = S.Zero
    labels: dict[str, str] = field(default_factory=dict)


def labelled(program: Program) -> Labelling:
    """Return a program with its label taken off; one that has none is returned as it is.

    >>> from sympy import Sum
    >>> from symnn.language import index, tensor
    >>> h, i, k = index("h", 4), index("i", 3), index("k", 2)
    >>> q, W, x = tensor("q", (4, 3, 2)), tensor("W", (4, 3, 2)), tensor("x", (3, 2))
    >>> print(labelled(Program([Equation(q[h, i, k], W[h, i, k] * x[i, k])])).program)
    q_h[i, k] = W_h[i, k]*x[i, k]
    """
    ranks = {tensor.rank for tensor in program.tensors.values()}
    if not ranks or max(ranks) != _RANK:
        return Labelling(program)
    try:
        return _Labels(program).result()
    except _NoLabelError:
        return Labelling(program)


class _NoLabelError(Exception):
    """The first axis is no label."""


class _Labels:
    """The tensors with the label in front."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.marked = {name for name, tensor in program.tensors.items() if tensor.rank == _RANK}
        while self._grows():
            pass
        sizes = [program.tensors[name].shape[0] for name in self.marked]
        if not all(same_size(size, sizes[0]) for size in sizes):
            raise _NoLabelError
        self.count = sizes[0]
        self.letter = self._letter()
        marked = [name for name in program.tensors if name in self.marked]
        self.names = {name: program.fresh_name(f"{name}_{self.letter}") for name in marked}

    def result(self) -> Labelling:
        equations = [self._one_value(equation) for equation in self.program]
        adjoints = dict(self.program.adjoints)
        for name, made in self.names.items():
            if name in adjoints:
                adjoint = adjoints[name]
                adjoints[made] = Adjoint(adjoint.of, self.names.get(adjoint.wrt, adjoint.wrt))
        made_program = Program(equations, self.program.facts, self.program.layered, adjoints)
        labels = {made: name for name, made in self.names.items()}
        return Labelling(made_program, self.letter, self.count, labels)

    def _grows(self) -> bool:
        """Mark every tensor that has the label in front beside one that has; refuse one that has it elsewhere."""
        before = len(self.marked)
        for equation in self.program:
            found = [equation.left, *entries(equation.right)]
            heads = {entry.indices[0] for entry in found if entry.base.name in self.marked}
            if not all(isinstance(head, Idx) for head in heads):
                raise _NoLabelError
            for entry in found:
                if any(free_indices(place) & heads for place in entry.indices[1:]):
                    raise _NoLabelError
                if entry.indices and entry.indices[0] in heads:
                    self.marked.add(entry.base.name)
        return len(self.marked) > before

    def _letter(self) -> str:
        for equation in self.program:
            if equation.tensor.name in self.marked:
                return self._free_letter(str(equation.indices[0].name))
        raise _NoLabelError

    def _free_letter(self, wanted: str) -> str:
        """Return a letter that no tensor and no size has."""
        tensors = self.program.tensors
        taken = {*tensors, *(symbol.name for t in tensors.values() for size in t.shape for symbol in size.free_symbols)}
        return next((letter for letter in (wanted, *_LETTERS) if letter not in taken), wanted)

    def _one_value(self, equation: Equation) -> Equation:
        own = equation.indices[0] if equation.tensor.name in self.marked else None
        right = _under_one_sum(self._sliced(equation.right, own))
        if own is not None and own in free_indices(right):
            raise _NoLabelError
        return Equation(self._slice(equation.left), right)

    def _slice(self, entry: Entry) -> Entry:
        if entry.base.name not in self.marked:
            return entry
        base = entry.base.like(self.names[entry.base.name], shape=entry.base.shape[1:])
        return base[entry.indices[1:]]

    def _sliced(self, expression: Expr, own: Idx | None) -> Any:
        def change(part: Basic) -> Basic | None:
            if isinstance(part, Entry):
                if part.base.name in self.marked and own is not None and part.indices[0] != own:
                    raise _NoLabelError
                return self._slice(part)
            if not is_binder(part):
                return None
            body, bound = body_and_bound(part)
            heads = [i for i in bound if any(e.indices[0] == i for e in entries(body) if e.base.name in self.marked)]
            if not heads:
                return None
            if own is not None or len(heads) > 1 or not isinstance(part, Sum):
                raise _NoLabelError
            inner = sum_over(self._sliced(body, heads[0]), [i for i in bound if i not in heads])
            if heads[0] in free_indices(inner):
                raise _NoLabelError
            return RunningSum(inner, Symbol(self.letter, integer=True), Integer(1), size_of(heads[0]))

        return transform(expression, change)


def _under_one_sum(expression: Expr) -> Any:
    """Return a sum of sums over the label as one."""
    sums = [term for term in Add.make_args(expression) if isinstance(term, RunningSum)]
    if len(sums) < 2:
        return expression
    others = [term for term in Add.make_args(expression) if term not in sums]
    return Add(*others, RunningSum(Add(*(term.body for term in sums)), *sums[0].args[1:]))
