"""The value of a formula at a point, straight from its tree: rows, columns, and an axis for each index that it names.

A slip is looked for among hundreds of formulas; each is tried here first, because it takes a fraction of a
millisecond. What is said to be right is proved afterwards.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Function, Integer

from symnn.errors import SymnnError
from symnn.language import Equation, Program, Tensor, fresh_index_over
from symnn.language.shapes import BoundIndex, whole_number
from symnn.language.syntax import Binary, Call, Item, Name, Negative, Node, Number, Transposed, postorder
from symnn.language.vocabulary import ELEMENTWISE
from symnn.proof import arithmetic_of
from symnn.proof.evaluation import Machine
from symnn.teaching.checking.answers import Reading, same_shape
from symnn.teaching.checking.known import Known
from symnn.teaching.checking.points import Point, concrete
from symnn.teaching.checking.tree_functions import OF_MATRICES, OVER

Array = NDArray[Any]
_NEAR, _TINY = 1e-7, 1e-12


class NoValueError(Exception):
    """A part of a formula that has no value here: it is not a number, or is not computed by this file."""


def value_of(known: Known, reading: Reading, point: Point) -> Array:
    """Return the value of a formula at a point, with the axes that it has.

    >>> from symnn.networks import mlp
    >>> from symnn.teaching.checking.answers import read, source_of
    >>> from symnn.teaching.checking.known import known_of
    >>> from symnn.teaching.checking.points import points
    >>> from symnn.language.syntax import Place
    >>> known = known_of(mlp("2-3-1").program, "C"); text = "delta1*x'"; source = source_of(known, text)
    >>> point = points(known)[0]
    >>> made = value_of(known, read(known, Place(source, 0, len(text))), point)
    >>> bool(abs(made - point.values["dW1"]).max() < 1e-12)
    True

    Raises:
        NoValueError: where there is none.
    """
    if reading.shape is None:
        raise NoValueError("its parts do not fit")
    try:
        with np.errstate(all="ignore"):
            made = _Values(known, reading, point).value()
    except (ValueError, IndexError, TypeError, KeyError, np.linalg.LinAlgError, MemoryError, SymnnError) as error:
        raise NoValueError(str(error)) from None
    if not np.all(np.isfinite(made)):
        raise NoValueError("it is no number")
    return made


def both_values(known: Known, reading: Reading, target: Tensor, point: Point) -> tuple[Array, Array]:
    """Return the value of a formula, and that of the tensor that it should be equal to.

    Raises:
        NoValueError: where there is none, or it has another shape.
    """
    right = np.asarray(point.values[target.name], dtype=float)
    mine = value_of(known, reading, point)
    if mine.size != right.size or not same_shape(reading.shape, target.shape):
        raise NoValueError("another shape")
    return mine.reshape(right.shape), right


def differ(mine: Array, right: Array) -> bool:
    """Whether two arrays differ by more than rounding."""
    largest = max(np.abs(right).max(initial=0), np.abs(mine).max(initial=0))
    return bool(np.any(np.abs(mine - right) > _NEAR * largest + _TINY))


def agrees(known: Known, reading: Reading, target: Tensor, point: Point) -> bool:
    """Whether a formula has the target's value at a point, as far as floats tell."""
    try:
        return not differ(*both_values(known, reading, target, point))
    except NoValueError:
        return False


def apart(known: Known, reading: Reading, target: Tensor, point: Point) -> bool:
    """Whether a formula has another value than the target at a point, for certain."""
    try:
        return differ(*both_values(known, reading, target, point))
    except NoValueError:
        return False


class _Values:
    """One formula at one point: every value has an axis for each index, then rows, then columns."""

    def __init__(self, known: Known, reading: Reading, point: Point) -> None:
        self.known, self.reading, self.point, self.shapes = known, reading, point, reading.shapes
        bound = [index for found in self.shapes.bound.values() for index in found]
        self.indices: list[BoundIndex] = list(dict.fromkeys([*(reading.indices or ()), *bound]))
        self.lengths = [point.size(self.shapes.axes.size(index.axis)) for index in self.indices]
        self.values: dict[Node, Array] = {}

    def value(self) -> Array:
        for node in postorder(self.reading.tree):
            self.values[node] = self.of(node)
        made = self.values[self.reading.tree]
        if self.reading.indices is None:
            rows, columns = self.shapes.shapes[self.reading.tree]
            lengths = [self.point.size(self.shapes.axes.size(axis)) for axis in (rows, columns)]
            shape = tuple(self.point.size(size) for size in self.reading.shape or ())
            return np.broadcast_to(made.reshape(made.shape[-2:]), lengths).reshape(shape)
        count = len(self.reading.indices)
        full = np.broadcast_to(made, (*self.lengths[:count], *([1] * (made.ndim - count))))
        return full.reshape(tuple(self.lengths[:count]))

    def plain(self, matrix: Any) -> Array:
        """Return rows and columns as a value that depends on no index."""
        array = np.asarray(matrix, dtype=float)
        if array.ndim > 2:
            raise NoValueError("more than two axes")
        array = array.reshape((*array.shape, *[1] * (2 - array.ndim)))
        return array.reshape((*[1] * len(self.indices), *array.shape))

    def of(self, node: Node) -> Array:
        match node:
            case Number():
                return self.plain(float(node.value))
            case Name():
                return self.name(node)
            case Item():
                return self.item(node)
            case Negative():
                return -self.values[node.operand]
            case Transposed():
                return np.swapaxes(self.values[node.operand], -1, -2)
            case Binary():
                return self.binary(node)
            case Call():
                return self.call(node)
        raise NoValueError("unknown")

    def length(self, axis: Any) -> int:
        return self.point.size(self.shapes.axes.size(axis))

    def name(self, node: Name) -> Array:
        if node.name in self.known.names:
            return self.plain(self.point.values[self.known.names[node.name].name])
        if node.name in self.known.sizes:
            return self.plain(self.point.size(self.known.sizes[node.name]))
        if node.name == "eye":
            return self.plain(np.eye(self.length(self.shapes.shapes[node][0])))
        return self.plain(np.pi)

    def grid(self, index: BoundIndex) -> Array:
        """Return an index as a value: 0, 1, 2… along its own axis."""
        place = self.indices.index(index)
        shape = [1] * (len(self.indices) + 2)
        shape[place] = self.lengths[place]
        return np.arange(self.lengths[place]).reshape(shape)

    def place(self, node: Node, scope: Any) -> Array:
        if isinstance(node, Item):
            return self.entry(node, scope).astype(int)

        def meaning(part: Node) -> Any:
            name = getattr(part, "name", "")
            return _Whole(self.grid(scope[name]) if name in scope else self.point.size(self.known.sizes[name]))

        found: Any = whole_number(node, meaning)
        return found.array if isinstance(found, _Whole) else np.array(int(found))

    def entry(self, node: Item, scope: Any) -> Array:
        array = np.asarray(self.point.values[self.known.names[node.name].name], dtype=float)
        places = [self.place(index, scope) for index in node.indices]
        if any(np.any(each < 0) for each in places):
            raise NoValueError("outside")
        shape = [1] * (len(self.indices) + 2)
        return array[tuple(np.broadcast_arrays(*places))] if places else array.reshape(shape)

    def item(self, node: Item) -> Array:
        found = self.entry(node, self.shapes.scopes[node])
        return found.reshape([1] * (len(self.indices) + 2)) if found.ndim == 0 else found

    def binary(self, node: Binary) -> Array:
        left, right = self.values[node.left], self.values[node.right]
        match node.operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case ".*":
                return left * right
            case "/" | "./":
                return left / right
            case ".^":
                return np.power(left, right)
            case "*":
                scalar = (1, 1) in (left.shape[-2:], right.shape[-2:])
                return left * right if scalar else left @ right
        if left.shape[-2:] == (1, 1):
            return np.power(left, right)
        return np.linalg.matrix_power(left, int(right.reshape(-1)[0]))

    def call(self, node: Call) -> Array:
        name = node.function
        if name in self.known.functions or name in ELEMENTWISE:
            function = self.known.functions.get(name) or ELEMENTWISE[name]
            return _applied(function, self.values[node.arguments[0]])
        if name in ("vector", "matrix"):
            lengths = [self.length(axis) for axis in self.shapes.shapes[node]]
            return np.broadcast_to(self.values[node.arguments[0]], (*[1] * len(self.indices), *lengths))
        if name == "eye":
            return self.plain(np.eye(self.length(self.shapes.shapes[node][0])))
        if node.bound:
            return self.over(node)
        if name not in OF_MATRICES:
            raise NoValueError(name)
        return OF_MATRICES[name](*(self.values[part] for part in node.arguments))

    def over(self, node: Call) -> Array:
        """A sum, a mean or a maximum over named indices."""
        bound = self.shapes.bound[node]
        axes = tuple(self.indices.index(index) for index in bound)
        shape = list(self.values[node.arguments[0]].shape)
        for axis in axes:
            shape[axis] = self.lengths[axis]
        full = np.broadcast_to(self.values[node.arguments[0]], shape)
        return OVER[node.function](full, axes)


class _Whole:
    """An index as an array, with the arithmetic of `whole_number`."""

    def __init__(self, array: Any) -> None:
        self.array = np.asarray(array)

    def __neg__(self) -> _Whole:
        return _Whole(-self.array)

    def __add__(self, other: Any) -> _Whole:
        return _Whole(self.array + _array(other))

    def __sub__(self, other: Any) -> _Whole:
        return _Whole(self.array - _array(other))

    def __mul__(self, other: Any) -> _Whole:
        return _Whole(self.array * _array(other))

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: Any) -> _Whole:
        return _Whole(_array(other) - self.array)


def _array(given: Any) -> Any:
    return given.array if isinstance(given, _Whole) else int(given)


def _applied(function: Any, argument: Array) -> Array:
    """Return a function of every entry, by the equation that defines it."""
    flat = np.ascontiguousarray(argument, dtype=float)
    if not flat.size:
        return flat
    machine = _machine(function, flat.size)
    machine.data["t"][:] = flat.ravel().tolist()
    machine.run()
    return machine.array("u").astype(float).reshape(flat.shape)


@lru_cache(maxsize=256)
def _machine(function: Any, size: int) -> Machine:
    """Return u[i] = f(t[i]), prepared."""
    chosen = concrete(function) if hasattr(function, "root") else function
    index = fresh_index_over(Integer(size))
    given, made = Tensor("t", (size,)), Tensor("u", (size,))
    program = Program([Equation(made[index], _expression(chosen, given[index]))])
    return Machine(program, {"t": np.zeros(size)}, arithmetic_of("float"))


def _expression(function: Any, entry: Any) -> Any:
    made = function(entry)
    return made if isinstance(made, Function) or made.free_symbols else made + 0 * entry
