"""What a formula is once it is read: a tree whose nodes know where they stand, and errors that point there.

Each walk over a tree goes through `postorder`, which needs no recursion: a formula may be a long chain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from sympy import Rational

from symnn.errors import ParseError, ShapeError

_WIDEST_PICTURE = 100
_LONGEST_PIECE = 60


class FormulaError(ParseError):
    """A formula that cannot be read; `context` is its line with a caret below the column."""

    context: str = ""


class FormulaShapeError(ShapeError):
    """A formula whose shapes cannot agree; `context` is its line with a caret below the column."""

    context: str = ""


@dataclass(frozen=True)
class Source:
    """A text that formulas stand in, the name of the file if it is one, and the numbers that names stand for in it.

    Of `functions` a prime before the bracket is the derivative: f'(z).
    """

    text: str
    name: str | None = None
    numbers: Mapping[str, Rational] = field(default_factory=dict, compare=False)
    functions: frozenset[str] = field(default=frozenset(), compare=False)


@dataclass(frozen=True)
class Place:
    """The part of a source from `start` to before `end`."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """What stands there, on one line, and shortened where it is long."""
        piece = self.source.text[self.start : min(self.end, self.start + 2 * _LONGEST_PIECE)]
        lines = (line.partition("#")[0] for line in piece.splitlines())
        written = " ".join(" ".join(lines).split())
        return written if len(written) <= _LONGEST_PIECE else f"{written[: _LONGEST_PIECE - 3]}..."

    @property
    def line(self) -> int:
        return self.source.text.count("\n", 0, self.start) + 1

    @property
    def column(self) -> int:
        return self.start - self.source.text.rfind("\n", 0, self.start)

    def to(self, other: Place) -> Place:
        """Return the place from here to the end of another one."""
        return Place(self.source, self.start, max(self.end, other.end))

    def picture(self) -> str:
        """Return the line with a caret below the column."""
        first = self.source.text.rfind("\n", 0, self.start) + 1
        last = self.source.text.find("\n", first)
        return caret(self.source.text[first : last if last >= 0 else None], self.start - first + 1)


def caret(line: str, column: int) -> str:
    """Return two lines: the text, and a caret below a column (counted from 1).

    >>> print(caret("A*(x + y", 3))
    A*(x + y
      ^
    """
    start = max(0, column - 1 - _WIDEST_PICTURE // 2)
    shown = line[start : start + _WIDEST_PICTURE].replace("\t", " ")
    return f"{shown}\n{' ' * (column - 1 - start)}^"


def refuse(place: Place, problem: str) -> NoReturn:
    """Raise the error that says what is wrong at a place, and where that is."""
    error = FormulaError(_with_place(place, problem, None))
    error.context = place.picture()
    raise error


def refuse_shapes(place: Place, problem: str) -> NoReturn:
    """Raise the error that says which shapes do not go together in the expression at a place."""
    error = FormulaShapeError(_with_place(place, problem, place.text))
    error.context = place.picture()
    raise error


def _with_place(place: Place, problem: str, inside: str | None) -> str:
    within = "" if inside is None else f"in '{inside}'"
    if place.source.name is not None:
        return f"{place.source.name}:{place.line}:{place.column}: {problem}{within and f' ({within})'}"
    return f"{problem} ({within and f'{within}, '}line {place.line} column {place.column})"


@dataclass(frozen=True, eq=False)
class Node:
    """A part of a formula. Nodes are compared by identity: equal parts at two places are two nodes."""

    place: Place

    @property
    def parts(self) -> tuple[Node, ...]:
        """The formulas that it is made of."""
        return ()


@dataclass(frozen=True, eq=False)
class Number(Node):
    """A number, exact: 0.1 is 1/10."""

    value: Rational


@dataclass(frozen=True, eq=False)
class Name(Node):
    """A tensor, an index or a size."""

    name: str


@dataclass(frozen=True, eq=False)
class Item(Node):
    """An entry W[j, k]; its indices are formulas of their own kind: j, i + p, 2*i, or a lookup t[i]."""

    name: str
    indices: tuple[Node, ...]


@dataclass(frozen=True, eq=False)
class Negative(Node):
    """-x"""

    operand: Node

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, eq=False)
class Transposed(Node):
    """x'"""

    operand: Node

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, eq=False)
class Binary(Node):
    """x operator y, where the operator is one of + - * / .* ./ ^ .^"""

    operator: str
    left: Node
    right: Node

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.left, self.right)


BINDERS = ("sum", "logsumexp", "maximum", "softmax", "mean")
"""Functions of a vector or a matrix that may also be told the indices to go over: sum(x[j], j)."""


@dataclass(frozen=True, eq=False)
class Call(Node):
    """f(x, …, option=value, …)"""

    function: str
    arguments: tuple[Node, ...]
    options: tuple[tuple[str, Node], ...] = ()

    @property
    def bound(self) -> tuple[Node, ...]:
        """The names of the indices that it goes over, as in sum(x[j], j)."""
        return self.arguments[1:] if self.function in BINDERS else ()

    @property
    def parts(self) -> tuple[Node, ...]:
        if self.function in ("within", "eye"):
            return ()
        return self.arguments[:1] if self.bound or self.function in ("vector", "matrix") else self.arguments

    @property
    def sizes(self) -> tuple[Node, ...]:
        """The sizes that it is given, as in eye(n) or vector(1, n)."""
        if self.function == "eye":
            return self.arguments
        return self.arguments[1:] if self.function in ("vector", "matrix") else ()


def postorder(tree: Node) -> Iterator[Node]:
    """Go over a tree, each node after its parts."""
    stack: list[tuple[Node, bool]] = [(tree, False)]
    while stack:
        node, ready = stack.pop()
        if ready or not node.parts:
            yield node
        else:
            stack.append((node, True))
            stack.extend((part, False) for part in reversed(node.parts))
