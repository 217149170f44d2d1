"""Small arrays on which a layer's module checks itself: how large they are, and what they are filled with."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from sympy import Integer, Pow, Sum, log, preorder_traversal

from symnn.errors import CompileError
from symnn.language import Entry, MatrixOperation, Program, body_and_bound, examples
from symnn.training.layer_parts import LayerParts

NORMAL, POSITIVE, SYMMETRIC, PLACES, SUMMING = "normal", "positive", "symmetric", "places", "summing"


@dataclass(frozen=True)
class Sample:
    """An array of a shape, filled in a way.

    Attributes:
        shape: its shape.
        kind: normal; positive; symmetric (positive definite); places, below `most`; or summing to `total` along `axis`.
    """

    shape: tuple[int, ...]
    kind: str
    most: int = 1
    axis: int = 0
    total: float = 1.0

    @property
    def from_one(self) -> str:
        """The code that follows an array that sums to 1 along the axis: it brings the sums to the total."""
        if self.total > 0:
            return "" if self.total == 1 else f" * {self.total!r}"
        return f" - {(1 - self.total) / self.shape[self.axis]!r}"


def samples(parts: LayerParts) -> dict[str, Sample]:
    """Return a sample for each argument of a layer.

    Raises:
        CompileError: where no small sizes give every tensor one.
    """
    program = parts.program
    numbers = _sizes(program)
    kind = POSITIVE if _needs_positive(program) else NORMAL
    known = _known_sums(parts)
    found = {}
    for name in parts.arguments:
        tensor = program.find(name)
        shape = tuple(int(size.xreplace(numbers)) for size in tensor.shape)
        if name in parts.places:
            other, axis = parts.places[name]
            found[name] = Sample(shape, PLACES, int(program.find(other).shape[axis].xreplace(numbers)))
        elif name in known:
            axis, total = known[name]
            found[name] = Sample(shape, SUMMING, axis=axis, total=total)
        else:
            found[name] = Sample(shape, SYMMETRIC if tensor.is_symmetric else kind)
    return found


def _known_sums(parts: LayerParts) -> dict[str, tuple[int, float]]:
    """Return the axis and the value of each sum that a fact states of an argument: the gradient makes use of it."""
    found = {}
    for fact in parts.program.facts:
        if not isinstance(fact.left, Sum) or not fact.right.is_number:
            continue
        body, bound = body_and_bound(fact.left)
        if isinstance(body, Entry) and len(bound) == 1 and body.indices.count(bound[0]) == 1:
            found[body.base.name] = (body.indices.index(bound[0]), float(fact.right))
    # Of what is differentiated by, no fact is made use of.
    return {name: place for name, place in found.items() if name not in parts.gradients}


def _sizes(program: Program) -> dict[Any, Integer]:
    """Return small numbers for the sizes that are letters, such that every axis has a positive length."""
    axes = [size for tensor in program.tensors.values() for size in tensor.shape]
    letters = sorted({s for size in axes for s in size.free_symbols}, key=str)
    chooser = random.Random(0)
    for _ in range(1000):
        numbers = {s: Integer(2 if s == examples else chooser.randint(2, 6)) for s in letters}
        lengths = [size.xreplace(numbers) for size in axes]
        if all(length.is_Integer and length > 0 for length in lengths):
            return numbers
    raise CompileError(f"no small numbers {', '.join(map(str, letters))} give every tensor a size")


def _needs_positive(program: Program) -> bool:
    """Whether there is something that not every number has: a logarithm, a root, the inverse of a matrix."""
    parts = [part for equation in program for part in preorder_traversal(equation.right)]
    return any(
        isinstance(part, log | MatrixOperation) or (isinstance(part, Pow) and not part.exp.is_integer) for part in parts
    )
