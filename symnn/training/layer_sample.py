"""Small arrays on which a layer's module checks itself: how large they are, and what they are filled with."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from sympy import Integer, Pow, log, preorder_traversal

from symnn.errors import CompileError
from symnn.language import MatrixOperation, Program, examples
from symnn.training.layer_parts import LayerParts

NORMAL, POSITIVE, SYMMETRIC, PLACES = "normal", "positive", "symmetric", "places"


@dataclass(frozen=True)
class Sample:
    """An array of a shape, filled in a way: normal, positive, symmetric (positive definite), places below `most`."""

    shape: tuple[int, ...]
    kind: str
    most: int = 1


def samples(parts: LayerParts) -> dict[str, Sample]:
    """Return a sample for each argument of a layer.

    Raises:
        CompileError: where no small sizes give every tensor one.
    """
    program = parts.program
    numbers = _sizes(program)
    kind = POSITIVE if _needs_positive(program) else NORMAL
    found = {}
    for name in parts.arguments:
        tensor = program.find(name)
        shape = tuple(int(size.xreplace(numbers)) for size in tensor.shape)
        if name in parts.places:
            other, axis = parts.places[name]
            found[name] = Sample(shape, PLACES, int(program.find(other).shape[axis].xreplace(numbers)))
        else:
            found[name] = Sample(shape, SYMMETRIC if tensor.is_symmetric else kind)
    return found


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
