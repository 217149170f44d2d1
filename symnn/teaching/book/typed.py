"""A formula as it was typed: its terms and factors keep their order, and nothing in it is worked out.

    exp(-z)/(1 + exp(-z))        e⁻ᶻ/(1 + e⁻ᶻ)
    (n1 + 1)*n2                  (n₁ + 1) n₂

What SymPy makes of a formula is equal to it, but in an order of its own; a chain of equations is read in the order
of its author.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from symnn.language.grammar import parse_tree
from symnn.language.syntax import Binary, Call, Item, Name, Negative, Node, Number, Source, Transposed
from symnn.language.vocabulary import ELEMENTWISE
from symnn.writing.characters import GREEK
from symnn.writing.dialects import Piece, Precedence, Text
from symnn.writing.marks import Mark

MarkOf = Callable[[str], Mark]
PRIME = "_prime"
"""After the name of a function, its derivative: phi_prime, phi_prime2."""


class NotWrittenError(Exception):
    """A function that has no writing of its own here."""


@dataclass(frozen=True)
class TypedWriter:
    """Writes the tree of a formula in a dialect.

    Attributes:
        dialect: how each construct is set.
        mark: the symbol of a name.
        bold: whether a name stands for a vector or a matrix.
        functions: names of functions that nothing more is known of: C(theta).
        flat: whether fractions are written in a line, as within a sentence.
    """

    dialect: Text
    mark: MarkOf
    bold: Callable[[str], bool]
    functions: frozenset[str] = frozenset()
    flat: bool = False

    def write(self, text: str) -> str:
        """Return a formula in writing.

        Raises:
            NotWrittenError: for a function that has no writing of its own here.
            ParseError: for what is no formula.
        """
        return self.piece(parse_tree(Source(text, functions=self.functions))).text

    def piece(self, node: Node) -> Piece:
        match node:
            case Number():
                return Piece(_digits(node))
            case Name():
                return self._name(node.name)
            case Item():
                indices = [self._index(one) for one in node.indices]
                symbol = self.mark(node.name)
                return self.dialect.symbol(_small(symbol) if len(indices) > 1 else symbol, indices)
            case Negative():
                inner = self.dialect.close(self.piece(node.operand), Precedence.BINDER)
                return Piece(self.dialect.minus + inner, Precedence.SUM)
            case Transposed():
                return self.dialect.transposed(self.piece(node.operand))
            case Binary():
                return self._binary(node)
            case Call():
                return self._call(node)
        raise NotWrittenError(type(node).__name__)

    def _name(self, name: str) -> Piece:
        if name == "pi":
            return Piece(self.dialect.pi)
        return self.dialect.symbol(self.mark(name), bold=self.bold(name))

    def _binary(self, node: Binary) -> Piece:
        if node.operator in ("+", "-"):
            sign = self.dialect.minus if node.operator == "-" else "+"
            right = self.dialect.close(self.piece(node.right), Precedence.BINDER)
            return Piece(f"{self.piece(node.left).text} {sign} {right}", Precedence.SUM)
        if node.operator in ("^", ".^"):
            base, exponent = self.piece(node.left), self.piece(node.right)
            return self.dialect.power(base, exponent, node.operator == ".^")
        if node.operator in (".*", "./"):
            sign = self.dialect.times if node.operator == ".*" else self.dialect.divide
            left, right = (self.dialect.close(self.piece(one), Precedence.HADAMARD) for one in node.parts)
            return Piece(f"{left} {sign} {right}", Precedence.HADAMARD)
        return self._product(node) if node.operator == "*" else self._quotient(node)

    def _product(self, node: Node) -> Piece:
        """Set factors in their order; a number stands close before what it multiplies, and a dot between two."""
        factors = _factors(node)
        if len(factors) == 1:
            return self.piece(factors[0])
        if isinstance(factors[0], Negative):
            inner = self._product_of([factors[0].operand, *factors[1:]])
            return Piece(self.dialect.minus + self.dialect.close(inner, Precedence.BINDER), Precedence.SUM)
        if not isinstance(factors[0], Number):
            return self._side_by_side(factors)
        rest = self._side_by_side(factors[1:])
        body = self.dialect.close(rest, Precedence.BINDER)
        if isinstance(factors[1], Number):
            return Piece(f"{_digits(factors[0])} {self.dialect.dot} {body}", Precedence.PRODUCT)
        return Piece(self.dialect.times_number(_digits(factors[0]), body), min(rest.precedence, Precedence.PRODUCT))

    def _side_by_side(self, factors: list[Node]) -> Piece:
        for place, factor in enumerate(factors[1:], 1):
            if isinstance(factor, Number):
                before, after = self._side_by_side(factors[:place]), self._side_by_side(factors[place:])
                least = Precedence.PRODUCT
                sides = self.dialect.close(before, least), self.dialect.close(after, least)
                return Piece(f" {self.dialect.dot} ".join(sides), Precedence.PRODUCT)
        return self.dialect.product([self._factor(factor) for factor in factors])

    def _factor(self, factor: Node) -> Piece:
        piece = self.piece(factor)
        return Piece(self.dialect.parentheses(piece.text)) if _is_bracketed(factor) else piece

    def _quotient(self, node: Binary) -> Piece:
        left, right = node.parts
        if isinstance(left, Number) and isinstance(right, Number):
            common = self.dialect.vulgar(int(left.value), int(right.value)) if _whole(left, right) else None
            return self.dialect.number(int(left.value), int(right.value)) if common else self._over([left], [right])
        return self._over(_factors(left), _factors(right))

    def _over(self, above: list[Node], below: list[Node]) -> Piece:
        """Set a quotient; a number in a product of several factors keeps its place in it."""
        over = [self._product_of(above)] if _has_number(above) else [self.piece(one) for one in above]
        under = [self._product_of(below)] if _has_number(below) else [self.piece(one) for one in below]
        return Text.fraction(self.dialect, over, under) if self.flat else self.dialect.fraction(over, under)

    def _product_of(self, factors: list[Node]) -> Piece:
        made = factors[0]
        for factor in factors[1:]:
            made = Binary(made.place.to(factor.place), "*", made, factor)
        return self._product(made)

    def _call(self, node: Call) -> Piece:
        name, arguments = node.function, node.arguments
        if node.options:
            raise NotWrittenError(name)
        if name == "sum" and node.bound:
            return self.dialect.total([self._index(one) for one in node.bound], self.piece(arguments[0]))
        if node.bound:
            raise NotWrittenError(name)
        inner = Piece(", ".join(self.piece(one).text for one in arguments))
        if len(arguments) == 1:
            inner = self.piece(arguments[0])
        root, _, primes = name.partition(PRIME)
        if root in self.functions:
            dashes = (self.dialect.prime * (int(primes or 1) if root != name else 0)).replace("′′", "″")
            return Piece(f"{self._name(root).text}{dashes}{self.dialect.parentheses(inner.text)}")
        if name in ("max", "min", "softmax"):
            return self.dialect.call(name, inner)
        if len(arguments) != 1 or (name not in ELEMENTWISE and name != "det"):
            raise NotWrittenError(name)
        return self._of_one(name, inner)

    def _of_one(self, name: str, inner: Piece) -> Piece:
        if name == "exp":
            return self.dialect.exponential(inner)
        if name in ("log", "det"):
            return self.dialect.named(name, inner)
        if name == "sqrt":
            return self.dialect.root(inner)
        if name == "abs":
            return self.dialect.absolute(inner.text)
        if name == "log_sigmoid":
            return self.dialect.named("log", self.dialect.call("sigmoid", inner))
        return self.dialect.call(GREEK.get(name, name), inner)

    def _index(self, node: Node) -> str:
        """Return an index such as i+p, close set."""
        match node:
            case Number():
                return _digits(node)
            case Name():
                return self.mark(node.name).letter
            case Binary(operator="+" | "-"):
                sign = self.dialect.minus if node.operator == "-" else "+"
                return f"{self._index(node.left)}{sign}{self._index(node.right)}"
        raise NotWrittenError(type(node).__name__)


def typed(
    text: str,
    dialect: Text,
    marks: Mapping[str, Mark],
    mark: MarkOf,
    shapes: Mapping[str, Any],
    functions: frozenset[str] = frozenset(),
    flat: bool = False,
) -> str:
    """Return a formula in writing, as it was typed.

    Args:
        text: the formula.
        dialect: how each construct is set.
        marks: the symbols that were chosen, by name.
        mark: the symbol of any other name.
        shapes: of the names that are no scalars.
        functions: names of functions that nothing more is known of.
        flat: whether fractions are written in a line.

    Raises:
        NotWrittenError: for a function that has no writing of its own here.
    """
    bold = dialect.notation.bold
    return TypedWriter(
        dialect, lambda n: marks.get(n) or mark(n), lambda n: bold and shapes.get(n, ()) != (), functions, flat
    ).write(text)


def _digits(node: Number) -> str:
    return node.place.text.strip("() ")


def _whole(*numbers: Number) -> bool:
    return all(number.value.is_Integer for number in numbers)


def _factors(node: Node) -> list[Node]:
    """Return the factors of a product, in their order; a product in brackets is one factor."""
    if isinstance(node, Binary) and node.operator == "*":
        sides = [[one] if _is_bracketed(one) else _factors(one) for one in node.parts]
        return [*sides[0], *sides[1]]
    return [node]


def _is_bracketed(node: Node) -> bool:
    """Whether a product stands in brackets of its own."""
    return isinstance(node, Binary) and node.operator == "*" and node.place.start < node.left.place.start


def _has_number(factors: list[Node]) -> bool:
    return len(factors) > 1 and any(isinstance(factor, Number) for factor in factors)


def _small(mark: Mark) -> Mark:
    """Return the symbol of an entry of a matrix: an entry of W is written w."""
    return Mark(mark.letter.lower() if len(mark.letter) == 1 else mark.letter, mark.layer, mark.subscript, mark.accent)
