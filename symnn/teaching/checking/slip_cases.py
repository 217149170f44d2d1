"""A formula that is wrong, and proposals of what it would be without a slip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import exp

from symnn.language import Elementwise, Entry, Tensor
from symnn.language.syntax import Node
from symnn.teaching.checking.answers import Reading, plain_shape, same_shape
from symnn.teaching.checking.known import Known
from symnn.teaching.checking.spelling import spelling
from symnn.teaching.checking.tree_edits import nodes_of, replaced


@dataclass(frozen=True)
class Proposal:
    """A formula that is changed at one place: the kind of the slip, what is said of it, and the tree without it."""

    kind: str
    said: str
    tree: Node


@dataclass(frozen=True)
class Case:
    """A formula that is wrong, and what is known where it stands."""

    known: Known
    reading: Reading
    target: Tensor

    @property
    def tree(self) -> Node:
        return self.reading.tree

    @property
    def by_entries(self) -> bool:
        """Whether it is written with indices."""
        return self.reading.indices is not None

    def nodes(self) -> list[Node]:
        return nodes_of(self.tree)

    def is_scalar(self, node: Node) -> bool:
        """Whether a part is known to be a scalar."""
        shape = self.reading.shapes.shapes.get(node)
        return shape is not None and self.reading.shapes.axes.is_scalar(shape)

    def has_shape(self, node: Node, shape: Any) -> bool:
        """Whether a part is known to have a shape; a product of more than that, as a column by a row, has not."""
        found = self.reading.shapes.shapes.get(node)
        if found is None:
            return False
        rows, columns = map(self.reading.shapes.axes.size, found)
        return same_shape(plain_shape(rows, columns), shape)

    def slopes(self) -> list[tuple[str, str, str]]:
        """For each activation a = f(z): the function's name, z, and a."""
        found = []
        for equation in self.known.program:
            right = equation.right
            if isinstance(right, Elementwise) and type(right).order == 0 and isinstance(right.args[0], Entry):
                found.append((type(right).__name__, right.args[0].name, equation.tensor.name))
        return found

    def softmaxes(self) -> list[tuple[str, str]]:
        """For each softmax: its argument's name, and its own."""
        found = []
        for equation in self.known.program:
            if isinstance(equation.right, exp) and equation.tensor.name in self.known.names and equation.tensor.rank:
                argument = [e.name for e in equation.right.args[0].atoms(Entry) if e.base.rank == equation.tensor.rank]
                found += [(each, equation.tensor.name) for each in argument[:1]]
        return found

    def changed(self, kind: str, old: Node, new: Node, said: str = "") -> Proposal:
        """Propose another part in the place of one."""
        written = said or f"{spelling(new)} instead of {spelling(old)}"
        return Proposal(kind, written, replaced(self.tree, old, new))
