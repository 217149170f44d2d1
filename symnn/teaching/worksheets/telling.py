"""What questions have to say of their network: which layers, which activations, which cost, which numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from symnn.teaching.worksheets.decimals import decimal
from symnn.teaching.worksheets.parts import Formula, Matrix, Numbers, Part, Relation, Say
from symnn.teaching.worksheets.subject import Subject
from symnn.views import MatrixEquation, matrix_equations
from symnn.views.tree import Leaf

_WORDS = {
    "identity": "the identity", "sigmoid": "the sigmoid", "softmax": "softmax", "tanh": "tanh", "relu": "relu",
}  # fmt: skip


def described(subject: Subject) -> Say:
    """Return a sentence on the network."""
    sizes = "-".join(map(str, subject.sizes))
    *hidden, last = subject.activations
    cost = subject.cost.replace("_", " ")
    article = "an" if cost[0] in "aeiou" else "the"
    parts: list[Part] = [f"A {sizes} network"]
    if not hidden:
        parts.append(f" has {_activation(last)} as activation")
    elif set(hidden) == {last}:
        parts.append(f" has {_activation(last)} as activation in every layer")
    elif len(set(hidden)) == 1:
        where = "the hidden layer" if len(hidden) == 1 else "the hidden layers"
        parts.append(f" has {_activation(hidden[0])} in {where} and {_activation(last)} at the output")
    else:
        named = ", ".join(f"{_activation(name)} in layer {n}" for n, name in enumerate(subject.activations, 1))
        parts.append(f" has {named}")
    parts.append(f", and {article} {cost} cost.")
    return Say(tuple(parts))


def _activation(name: str) -> str:
    return _WORDS.get(name, name.replace("_", " "))


def forward_lines(subject: Subject) -> tuple[Relation, ...]:
    """Return the forward equations in matrices."""
    forward = [e for e in subject.network.program if True]
    shown = [one for one in matrix_equations(type(subject.program)(forward)) if isinstance(one, MatrixEquation)]
    return tuple(Relation(Matrix(one.left), Matrix(one.right)) for one in shown)


def given(subject: Subject, values: Mapping[str, Any], names: Iterable[str], places: int | None = None) -> list[Formula]:
    """Return W = (1 2; 0 1) for each name."""
    return [Relation(Matrix(Leaf(subject.tensor(name))), numbers(values[name], places)) for name in names]


def numbers(array: Any, places: int | None = None) -> Numbers:
    """Return an array as a column or a matrix of decimals."""
    cells = np.asarray(array, dtype=object)
    cells = cells.reshape((1, 1) if cells.ndim == 0 else (len(cells), -1))
    return Numbers(tuple(tuple(decimal(number, places) for number in row) for row in cells))


def exact(number: Any) -> Fraction:
    """Return a decimal as the fraction that it is."""
    return Fraction(str(number))
