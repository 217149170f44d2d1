"""Shapes as they are written: n, 3 x 2, ("n", "n"), (1, "n"); and what an undeclared name may be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sympy import Expr, Integer, Symbol

from symnn.errors import BadNameError, ShapeError
from symnn.language.axes import ONE
from symnn.language.grammar import parse_tree
from symnn.language.names import check_name
from symnn.language.shapes import whole_number
from symnn.language.shorthand import LARGEST_SIZE
from symnn.language.syntax import Name, Negative, Node, Number, Place, Source, refuse
from symnn.language.tensors import check_size, examples, sizes
from symnn.language.vocabulary import is_word, spelled

_BETWEEN = re.compile(r"\s*[×,]\s*|\s+x\s+|(?<=[0-9])\s*x\s*(?=[0-9])")


@dataclass
class Declared:
    """The axes of tensors, by name, and the sizes that stand in them."""

    axes: dict[str, tuple[Expr, ...]] = field(default_factory=dict)
    sizes: dict[str, Expr] = field(default_factory=dict)

    def size(self, node: Node) -> Expr:
        """Return the size that a tree writes: a number, a word, or n - 1."""

        def meaning(part: Node) -> Expr:
            if not isinstance(part, Name):
                refuse(part.place, f"'{part.place.text}' is no size such as 3, n or n - 1")
            return self.word(part.name, part.place)

        made = whole_number(node, meaning)
        if made.is_positive is False or (made.is_Integer and made > LARGEST_SIZE):
            refuse(node.place, f"'{node.place.text}' is no size: a whole number from 1 to {LARGEST_SIZE} is accepted")
        return made

    def number(self, node: Node) -> Any:
        """Return a number, which may be a fraction, or else a size."""
        match node:
            case Number(value=number):
                return int(number) if number.is_Integer else float(number)
            case Negative(operand=Number()):
                return -self.number(node.operand)
        return self.size(node)

    def word(self, word: str, place: Place) -> Expr:
        """Return the symbol of a size's name."""
        if word == "examples":
            return self.sizes.setdefault(word, examples)
        checked_name(word, place)
        return self.sizes.setdefault(word, sizes(word))

    def read_axes(self, source: Source, start: int, end: int) -> tuple[Expr, ...]:
        """Return the axes that a part of a source writes: 3 x 2, n, or nothing for a scalar."""
        text = source.text[start:end]
        if text.strip() in ("", "scalar"):
            return ()
        found, at = [], start
        for between in [*_BETWEEN.finditer(source.text, start, end), None]:
            stop = end if between is None else between.start()
            found.append(self.size(parse_tree(source, at, stop)))
            at = stop if between is None else between.end()
        return tuple(found)


def declared_axes(shapes: Mapping[str, Any]) -> Declared:
    """Return the axes of each name: `"n"` and 3 are columns, `("n", 1)` too, `(1, "n")` is a row, `()` a scalar.

    >>> declared_axes({"A": ("n", "n"), "x": "n", "s": ()}).axes
    {'A': (n, n), 'x': (n,), 's': ()}

    Raises:
        ShapeError, ParseError: for what is no shape.
    """
    made = Declared()
    if not isinstance(shapes, Mapping):
        raise ShapeError(f"bad shapes {str(shapes)[:40]!r}: give each name its shape, as in {{'A': ('n', 'n')}}")
    for name, given in shapes.items():
        _check_declared(name)
        parts = tuple(given) if isinstance(given, tuple | list) else (given,)
        if isinstance(given, str):
            axes = made.read_axes(Source(given), 0, len(given))
        else:
            axes = tuple(_size(made, name, part) for part in parts)
        if axes and len(axes) <= 2 and axes[-1] == ONE:
            axes = () if axes[0] == ONE else axes[:-1]
        made.axes[name] = axes
    if both := sorted(made.axes.keys() & made.sizes.keys()):
        raise ShapeError(f"'{both[0]}' names both a size and a tensor")
    return made


def _size(declared: Declared, name: str, given: Any) -> Expr:
    if isinstance(given, str):
        return declared.size(parse_tree(Source(given)))
    if isinstance(given, bool):
        raise ShapeError(f"'{name}': bad size {given}")
    size = check_size(given)
    for symbol in size.free_symbols:
        known = declared.sizes.setdefault(check_name(symbol.name), symbol)
        if known != symbol:
            raise ShapeError(f"'{name}': two different sizes are called '{symbol.name}'")
    if isinstance(size, Integer) and size > LARGEST_SIZE:
        raise ShapeError(f"'{name}': size {size} is larger than {LARGEST_SIZE}")
    return size if not isinstance(size, Symbol) else declared.sizes[size.name]


def _check_declared(name: Any) -> None:
    check_name(name)
    if is_word(name):
        raise BadNameError(f"bad name '{name}': it is a word of the grammar of formulas; choose another")


def checked_name(name: str, place: Place) -> str:
    """Return a name that may be a tensor's or a size's, its Greek letters spelled, or refuse it where it stands."""
    name = spelled(name)
    if is_word(name):
        refuse(place, f"'{name}' is a word of the grammar of formulas; choose another name")
    try:
        return check_name(name)
    except BadNameError as error:
        if name == "lambda":
            refuse(place, "'lambda' is a word of Python; write lamda, which is printed as the Greek letter")
        refuse(place, str(error))
