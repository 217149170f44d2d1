"""A formula's tree, with its shapes, becomes index notation: entry by entry, with the sums that products are.

What cannot stand inside an expression (inverses, determinants, factors) becomes an equation with a
short name of its own, before the equation that uses it.
"""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sympy
from sympy import Add, Expr, Idx, Pow, Rational, Sum, exp, log

from symnn.errors import ProgramError, ShapeError
from symnn.language.axes import ONE, Axis
from symnn.language.constants import value as number_value
from symnn.language.equation import Equation
from symnn.language.expressions import LogSumExp, body_and_bound, free_indices, substitute
from symnn.language.functions import NAMED
from symnn.language.matrices import gives_symmetric
from symnn.language.parser import LARGEST_EXPONENT, LARGEST_NUMBER
from symnn.language.shapes import BoundIndex, Inference, whole_number
from symnn.language.syntax import (
    Binary,
    Call,
    Item,
    Name,
    Negative,
    Node,
    Number,
    Place,
    Transposed,
    postorder,
    refuse,
    refuse_shapes,
)
from symnn.language.tensors import Entry, Tensor, fresh_index_over, size_of
from symnn.language.translation_rules import FUNCTION_VALUES, inverse, log_determinant
from symnn.language.values import Indices, Value, combined, identity, place_of, product, scalar
from symnn.language.vocabulary import CONSTANTS, ELEMENTWISE

_NAMELESS = re.compile(r"\b_(?=[A-Za-z])")
"""SymPy's mark of an index that is only known by its hint."""
MOST_INDICES = 60
"""Each matrix product sums over one more."""
_LARGEST_RATIO = 400
"""In binary digits."""


class Translation:
    """The equations that formulas with common names become.

    Args:
        inference: the shapes of every node, and the axes of every name.
        tensors: the tensors by name.
        taken: further names that no new tensor may have.
    """

    def __init__(self, inference: Inference, tensors: dict[str, Tensor], taken: Iterable[str] = ()) -> None:
        self.inference, self.axes, self.tensors, self.taken = inference, inference.axes, tensors, set(taken)
        self.equations: list[Equation] = []
        self.before = 0
        self.notes: dict[str, None] = {}
        self.values: dict[Node, Value] = {}
        self.used: set[Node] = set()
        self.indices: dict[BoundIndex, Idx] = {}
        self.known: dict[tuple[Any, str], Entry] = {}

    def value(self, tree: Node) -> Value:
        """Return what a tree is in index notation; its shapes are inferred already."""
        self.before = len(self.equations)
        for node in postorder(tree):
            try:
                self.values[node] = self._value(node)
            except (ShapeError, ProgramError) as error:
                if hasattr(error, "context"):
                    raise
                refuse_shapes(node.place, str(error))
            except (TypeError, ValueError, ArithmeticError, AttributeError, NotImplementedError):
                refuse(node.place, f"'{node.place.text}' has no meaning as a formula")
            if node in self.inference.numbers:
                self.check_number(node, self.values[node].entry)
            if len(self.values[node].entry.atoms(Idx)) > MOST_INDICES:
                refuse(node.place, f"more than {MOST_INDICES} indices in one formula: define a part of it by itself")
        return self.use(tree)

    def use(self, node: Node) -> Value:
        """Return a node's value, with new indices where it is used for a second time."""
        if node in self.used:
            return self.values[node].copy()
        self.used.add(node)
        return self.values[node]

    def note(self, said: str) -> None:
        self.notes.setdefault(said)

    def rows(self, node: Node) -> Axis:
        return self.axes.resolve(self.inference.shapes[node][0])

    def columns(self, node: Node) -> Axis:
        return self.axes.resolve(self.inference.shapes[node][1])

    def is_scalar(self, node: Node) -> bool:
        return self.axes.is_scalar(self.inference.shapes[node])

    def is_square(self, node: Node) -> bool:
        return bool(self.rows(node) == self.columns(node))

    def over(self, axis: Axis, place: Place, hint: str = "i") -> Indices:
        """Return new indices that run over an axis: none over one of size 1, several over a grouped one."""
        found = self.axes.resolve(axis)
        if found == ONE:
            return ()
        if not self.axes.is_known(found):
            refuse(place, f"the size of '{place.text}' does not follow from the formula: give it, as in eye(n)")
        return tuple(fresh_index_over(part, hint) for part in (found if isinstance(found, tuple) else (found,)))

    def index(self, bound: BoundIndex, place: Place) -> Idx:
        """Return the index that a name in brackets stands for."""
        if bound not in self.indices:
            if not self.axes.is_known(bound.axis):
                refuse(place, f"how far index '{bound.name}' runs does not follow from the axes in which it stands")
            self.indices[bound] = fresh_index_over(self.axes.size(bound.axis), bound.name)
        return self.indices[bound]

    def fresh_name(self, wanted: str) -> str:
        """Return a name that nothing has yet: V, V2, V3."""
        names = {*self.tensors, *self.taken, *self.inference.names.all(), *self.inference.names.functions}
        names |= {equation.tensor.name for equation in self.equations}
        names |= {str(letter) for letter in self.axes.letters.values()}
        candidates = (wanted if number == 1 else f"{wanted}{number}" for number in itertools.count(1))
        return next(name for name in candidates if name not in names)

    def define(self, name: str, indices: Indices, right: Expr, place: Place) -> Entry:
        """Add the equation name[indices] = right, and return its left side."""
        made = Tensor(name, tuple(map(size_of, indices)), "value", gives_symmetric(right))
        try:
            self.equations.append(Equation(made[indices], right))
        except (ProgramError, ShapeError) as error:
            refuse(place, _NAMELESS.sub("", str(error).rpartition(": ")[2]))
        self.tensors[name] = made
        return made[indices]

    def result(self, name: str, value: Value, place: Place) -> None:
        """Define a tensor to be a value: a row has an axis of size 1 before its own."""
        own, entry = (*value.rows, *value.columns), value.entry
        last = self.equations[-1] if len(self.equations) > self.before else None
        if last is not None and isinstance(entry, Entry) and entry.base == last.tensor and entry.indices == own:
            # The whole formula is an operation that stands alone: f = det(S).
            del self.equations[-1], self.tensors[last.tensor.name]
            made = self.define(name, last.indices, last.right, place)
            self.known = {key: made if entry.base == last.tensor else entry for key, entry in self.known.items()}
            return
        first = (fresh_index_over(ONE, "r"),) if value.columns and not value.rows else ()
        lettered = _lettered(value)
        self.define(name, (*first, *lettered.rows, *lettered.columns), lettered.entry, place)

    def named(self, hint: str, value: Value, place: Place) -> Value:
        """Return a value as an entry: of the tensor that it is, or of a new one that is defined to be it."""
        if isinstance(value.entry, Entry) and all(isinstance(index, Idx) for index in value.entry.indices):
            return value
        made = _lettered(value)
        own = (*made.rows, *made.columns)
        others = tuple(sorted(free_indices(made.entry) - frozenset(own), key=lambda index: index.name))
        return made.with_entry(self.define(self.fresh_name(hint), (*others, *own), made.entry, place))

    def check_number(self, node: Node, entry: Expr) -> None:
        """Refuse a number that is not real, or so large that SymPy would not end."""
        too_long = any(max(r.p.bit_length(), r.q.bit_length()) > _LARGEST_RATIO for r in entry.atoms(Rational))
        try:
            fits = not too_long and (bool(entry.free_symbols) or abs(number_value(entry)) <= LARGEST_NUMBER)
        except (OverflowError, ValueError, ZeroDivisionError, TypeError):
            fits = False
        if not fits:
            refuse(node.place, f"'{node.place.text}' is too large, or no real number")

    def check_exponent(self, node: Node, exponent: Expr) -> None:
        # SymPy multiplies 2**(10**9) out, also where it hides in (2*x)**(10**9).
        if any(abs(number) > LARGEST_EXPONENT for number in exponent.atoms(Rational)):
            refuse(node.place, f"a number above {LARGEST_EXPONENT} in an exponent")

    def _value(self, node: Node) -> Value:
        match node:
            case Number():
                return scalar(node.value)
            case Name():
                return self._name(node)
            case Item():
                return scalar(self.item(node, self.inference.scopes[node]))
            case Negative():
                value = self.use(node.operand)
                return value.with_entry(-value.entry)
            case Transposed():
                return self.use(node.operand).transposed()
            case Binary():
                return _BINARY[node.operator](self, node)
            case Call():
                return self._call(node)
        raise TypeError(node)

    def _name(self, node: Name) -> Value:
        names = self.inference.names
        if node.name in names.tensors:
            return self._tensor(node, names.tensors[node.name])
        if node.name == "eye":
            return identity(self.over(self.rows(node), node.place), self.over(self.rows(node), node.place, "j"))
        return scalar(names.sizes[node.name] if node.name in names.sizes else CONSTANTS[node.name])

    def _tensor(self, node: Name, axes: tuple[Axis, ...]) -> Value:
        """An entry; a tensor's own grouped axis is one axis for each part, a size that is grouped by others is one."""
        groups: list[Indices] = []
        places: list[Expr] = []
        for axis, hint in zip(axes, "ij", strict=False):
            indices = self.over(axis, node.place, hint)
            groups.append(indices)
            places += indices if isinstance(axis, tuple) else [place_of(indices)]
        rows, columns, *_ = (*groups, (), ())
        return Value(rows, columns, self.tensors[node.name][tuple(places)])

    def item(self, node: Item, scope: Mapping[str, BoundIndex]) -> Entry:
        """Return an entry that is written with its indices."""
        return self.tensors[node.name][tuple(self.in_brackets(index, scope) for index in node.indices)]

    def in_brackets(self, node: Node, scope: Mapping[str, BoundIndex]) -> Expr:
        def meaning(part: Node) -> Expr:
            if isinstance(part, Item):
                return self.item(part, scope)
            name = getattr(part, "name", "")
            return self.index(scope[name], part.place) if name in scope else self.inference.names.sizes[name]

        return whole_number(node, meaning)

    def _call(self, node: Call) -> Value:
        if node.function in FUNCTION_VALUES and node.function not in self.inference.names.functions:
            return FUNCTION_VALUES[node.function](self, node)
        (argument,) = node.arguments
        if node.function == "log" and isinstance(argument, Call) and argument.function == "det":
            self.note("log(det(A)) is the log-determinant of A, for a positive determinant")
            return scalar(log_determinant(self, argument.arguments[0]))
        function = self.inference.names.functions.get(node.function) or ELEMENTWISE[node.function]
        value = self.use(argument)
        if function is exp and value.entry.has(log):
            self.check_exponent(argument, value.entry)
        stable = self._logarithm(value.entry) if function is log else None
        return value.with_entry(function(value.entry) if stable is None else stable)

    def _logarithm(self, entry: Expr) -> Expr | None:
        """Return the logarithm of a sum of exponentials as a function whose code does not overflow."""
        if isinstance(entry, Sum):
            body, bound = body_and_bound(entry)
            if isinstance(body, exp):
                self.note("log(sum(exp(x))) is logsumexp(x)")
                return LogSumExp(body.args[0], *bound)
        if isinstance(entry, Add) and len(entry.args) == 2 and entry.args[0] == 1 and isinstance(entry.args[1], exp):
            self.note("log(1 + exp(t)) is softplus(t)")
            return NAMED["softplus"](entry.args[1].args[0])
        return None


def _lettered(value: Value) -> Value:
    """Return the value with indices that are written i for rows and j for columns."""
    rows = tuple(fresh_index_over(size_of(index), "i") for index in value.rows)
    columns = tuple(fresh_index_over(size_of(index), "j") for index in value.columns)
    letters = dict(zip((*value.rows, *value.columns), (*rows, *columns), strict=True))
    return Value(rows, columns, substitute(value.entry, letters))


def _entrywise(operation: Callable[[Expr, Expr], Expr]) -> Callable[[Translation, Binary], Value]:
    def translate(translation: Translation, node: Binary) -> Value:
        return combined(translation.use(node.left), translation.use(node.right), operation)

    return translate


def _multiplied(translation: Translation, node: Binary) -> Value:
    left, right = translation.use(node.left), translation.use(node.right)
    if translation.is_scalar(node.left) or translation.is_scalar(node.right):
        return combined(left, right, operator.mul)
    return product(left, right)


def _divided(translation: Translation, node: Binary) -> Value:
    right = translation.use(node.right)
    if right.entry.is_zero:
        refuse(node.right.place, "division by zero")
    return combined(translation.use(node.left), right, operator.truediv)


def _power(translation: Translation, node: Binary) -> Value:
    if node.operator == "^" and not translation.is_scalar(node.left):
        return _matrix_power(translation, node)
    base, exponent = translation.use(node.left), translation.use(node.right)
    translation.check_exponent(node.right, exponent.entry)
    if base.entry.is_zero and not exponent.entry.is_positive:
        refuse(node.place, "division by zero")
    made = combined(base, exponent, Pow)
    if any(max(r.p.bit_length(), r.q.bit_length()) > _LARGEST_RATIO for r in made.entry.atoms(Rational)):
        refuse(node.place, f"'{node.place.text}' has more digits than are accepted")
    return made


def _matrix_power(translation: Translation, node: Binary) -> Value:
    times = int(sympy.Integer(translation.values[node.right].entry))
    if times == 0:
        rows = translation.rows(node.left)
        return identity(translation.over(rows, node.place), translation.over(rows, node.place, "j"))
    if times < 0:
        translation.note("A^(-k) is inv(A)^k")
    base = inverse(translation, node.left) if times < 0 else translation.use(node.left)
    made = base
    for _ in range(abs(times) - 1):
        made = product(made, base.copy())
    return made


_BINARY: dict[str, Callable[[Translation, Binary], Value]] = {
    "+": _entrywise(operator.add),
    "-": _entrywise(operator.sub),
    ".*": _entrywise(operator.mul),
    "*": _multiplied,
    "/": _divided,
    "./": _divided,
    "^": _power,
    ".^": _power,
}
