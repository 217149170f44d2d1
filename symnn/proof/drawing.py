"""Random inputs of a program, on which it is checked: small sizes, and numbers that respect what is declared.

Facts (Σⱼ y[j] = 1) hold of what is drawn, tensors by which others are looked up hold whole numbers, and
matrices that are inverted or decomposed are positive definite where numbers are real.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sympy import Integer, KroneckerDelta, Rational, Sum, Symbol, preorder_traversal

from symnn.errors import CalculusError
from symnn.language import Entry, MatrixOperation, Program, Tensor, body_and_bound, entries, size_of
from symnn.proof.residues import PRIME, Residue, number

Numbers = dict[str, list[Any]]

FINENESS = 2**24
"""Real numbers are drawn as whole multiples of 1/FINENESS: floats hold them exactly."""
MOST_NUMBERS = 300_000
WAYS = ("normal", "positive", "narrow", "unit", "large")
"""How real numbers are drawn, one way after the other until every value is finite."""


@dataclass(frozen=True)
class Description:
    """What the inputs of a program are like.

    Attributes:
        shapes: the shape of each input, in numbers.
        sums: for an input, the axis along which its entries add up to a number, and that number.
        places: for an input of whole numbers, how many values there are.
        matrices: the inputs whose last two axes are square matrices that are inverted or decomposed.
        symmetric: the inputs that are symmetric.
    """

    shapes: dict[str, tuple[int, ...]]
    sums: dict[str, tuple[int, Fraction]]
    places: dict[str, int]
    matrices: frozenset[str]
    symmetric: frozenset[str]


def describe(program: Program, tensors: Mapping[str, Tensor], sizes: Mapping[Symbol, Integer]) -> Description:
    """Return what the inputs of a program are like.

    Args:
        program: where they are used.
        tensors: the inputs.
        sizes: a number for each size symbol.

    Raises:
        CalculusError: for more numbers than are computed with one by one.
    """
    shapes = {name: tuple(int(size.xreplace(sizes)) for size in t.shape) for name, t in tensors.items()}
    count = sum(map(math.prod, shapes.values()))
    if count > MOST_NUMBERS:
        raise CalculusError(f"{count} numbers are too many to check one by one (at most {MOST_NUMBERS})")
    expressions = [equation.right for equation in program]
    operations = [op for right in expressions if right.has(MatrixOperation) for op in right.atoms(MatrixOperation)]
    bodies = frozenset(op.body.base.name for op in operations if isinstance(op.body, Entry))
    symmetric = frozenset(name for name, tensor in tensors.items() if tensor.is_symmetric)
    return Description(shapes, _sums(program, tensors), _places(expressions, sizes), bodies, symmetric)


def small_sizes(program: Program, more: Iterable[Tensor] = ()) -> dict[Symbol, Integer]:
    """Return a small number for each size symbol, different ones where that is possible.

    Raises:
        CalculusError: where no small numbers give every axis a length.
    """
    axes = [size for tensor in (*program.tensors.values(), *more) for size in tensor.shape]
    axes += [size_of(i) for equation in program for i in equation.indices]
    letters = sorted({s for size in axes for s in size.free_symbols}, key=str)
    chooser = random.Random(0)
    tries = itertools.chain(
        [list(range(2, 2 + len(letters)))], ([chooser.randint(2, 6) for _ in letters] for _ in range(2000))
    )
    for values in tries:
        numbers = {s: Integer(value) for s, value in zip(letters, values, strict=True)}
        lengths = [size.xreplace(numbers) for size in axes]
        if all(length.is_Integer and length > 0 for length in lengths):
            return numbers
    raise CalculusError(f"no small numbers {', '.join(map(str, letters))} give every tensor a size")


def _sums(program: Program, tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, Fraction]]:
    found = {}
    for fact in program.facts:
        body, bound = body_and_bound(fact.left) if isinstance(fact.left, Sum) else (fact.left, ())
        if not isinstance(body, Entry) or body.base.name not in tensors:
            continue
        if len(bound) != 1 or not isinstance(fact.right, Rational) or body.indices.count(bound[0]) != 1:
            raise CalculusError(f"the fact {fact} is not of a kind that random numbers can be given")
        total = Fraction(int(fact.right.p), int(fact.right.q))
        found[body.base.name] = (body.indices.index(bound[0]), total)
    return found


def _places(expressions: Iterable[Any], sizes: Mapping[Symbol, Integer]) -> dict[str, int]:
    """Return, for each tensor of whole numbers, how many places there are where it is used to look up."""
    found: dict[str, int] = {}

    def note(name: str, size: Any) -> None:
        count = int(size.xreplace(sizes))
        found[name] = min(count, found.get(name, count))

    for expression in expressions:
        for entry in entries(expression):
            for place, axis in zip(entry.indices, entry.base.shape, strict=True):
                if isinstance(place, Entry):
                    note(place.base.name, axis)
        for delta in _deltas(expression):
            for place, other in (delta.args, delta.args[::-1]):
                if isinstance(place, Entry) and not isinstance(other, Entry) and getattr(other, "upper", None):
                    note(place.base.name, size_of(other))
    return found


def _deltas(expression: Any) -> list[Any]:
    if not expression.has(KroneckerDelta):
        return []
    return [part for part in preorder_traversal(expression) if isinstance(part, KroneckerDelta)]


def random_residues(given: Description, seed: Any, only: Iterable[str] | None = None) -> Numbers:
    """Return residues for each input, or for some of them."""
    made: Numbers = {}
    for name in given.shapes if only is None else only:
        shape, chooser = given.shapes[name], random.Random(f"{seed} {name}")
        count = math.prod(shape)
        if name in given.places:
            made[name] = [number(chooser.randrange(given.places[name])) for _ in range(count)]
            continue
        made[name] = [Residue(chooser.randrange(1, PRIME)) for _ in range(count)]
        _arrange(made[name], given, name, number)
    return made


def random_numbers(given: Description, seed: Any, way: str) -> Numbers:
    """Return real numbers for each input, as fractions of few digits, drawn in one of the `WAYS`."""
    made: Numbers = {}
    for name, shape in given.shapes.items():
        chooser, count = random.Random(f"{seed} {way} {name}"), math.prod(shape)
        if name in given.places:
            made[name] = [Fraction(chooser.randrange(given.places[name])) for _ in range(count)]
            continue
        chosen = "unit" if name in given.sums else way
        made[name] = [Fraction(round(_draw(chooser, chosen) * FINENESS), FINENESS) for _ in range(count)]
        _arrange(made[name], given, name, Fraction)
        if name in given.matrices and name not in given.sums:
            _make_positive(made[name], shape[-1], name in given.symmetric)
    return made


def _draw(chooser: random.Random, way: str) -> float:
    if way == "normal":
        return chooser.gauss(0, 1)
    low, high = {"positive": (0.2, 2), "narrow": (-0.4, 0.4), "unit": (0.05, 0.95), "large": (1.1, 4)}[way]
    return chooser.uniform(low, high)


def _arrange(numbers: list[Any], given: Description, name: str, make: Any) -> None:
    """Bring numbers to what is declared: along an axis they add up to a total; a matrix is symmetric."""
    shape = given.shapes[name]
    if name in given.symmetric:
        size = shape[-1]
        for position in range(len(numbers)):
            rest, column = divmod(position, size)
            before, row = divmod(rest, size)
            numbers[position] = numbers[(before * size + max(row, column)) * size + min(row, column)]
    if name in given.sums:
        axis, total = given.sums[name]
        stride = math.prod(shape[axis + 1 :])
        for start in range(len(numbers)):
            if start // stride % shape[axis] == 0:
                line = range(start, start + stride * shape[axis], stride)
                _share_out(numbers, line, make(total))


def _share_out(numbers: list[Any], line: range, total: Any) -> None:
    """Scale the numbers on a line so that they add up to the total; for a total of 0, shift them."""
    added = sum((numbers[place] for place in line[1:]), numbers[line[0]])
    for place in line:
        if total == 0:
            numbers[place] = numbers[place] - added / make_like(numbers[place], len(line))
        else:
            numbers[place] = numbers[place] * total / added


def make_like(one: Any, value: int) -> Any:
    """Return a whole number of the same kind as another number."""
    return number(value) if isinstance(one, Residue) else Fraction(value)


def _make_positive(numbers: list[Fraction], size: int, symmetric: bool) -> None:
    """Turn square matrices into ones whose diagonal outweighs the rest: positive definite ones."""
    for position in range(len(numbers)):
        rest, column = divmod(position, size)
        row = rest % size
        if row == column:
            numbers[position] = abs(numbers[position]) + 2
        else:
            shrunk = max(Fraction(-1), min(Fraction(1), numbers[position])) / size
            numbers[position] = shrunk
