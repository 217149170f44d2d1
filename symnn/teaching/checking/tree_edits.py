"""Small changes to a formula's tree: each returns a new tree, and leaves the old one as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sympy import Integer, Rational

from symnn.language.syntax import Binary, Call, Item, Name, Negative, Node, Number, Place, Transposed, postorder

ENTRYWISE = ("+", "-", ".*", "./")


def replaced(tree: Node, old: Node, new: Node) -> Node:
    """Return a tree with one of its nodes replaced; nodes are told apart by identity, not by what they say."""
    if tree is old:
        return new
    made: dict[Node, Node] = {old: new}
    for node in postorder(tree):
        if node not in made and any(part in made for part in node.parts):
            made[node] = _with_parts(node, made)
    return made.get(tree, tree)


def _with_parts(node: Node, made: dict[Node, Node]) -> Node:
    match node:
        case Negative() | Transposed():
            return replace(node, operand=made.get(node.operand, node.operand))
        case Binary():
            return replace(node, left=made.get(node.left, node.left), right=made.get(node.right, node.right))
        case Call():
            return replace(node, arguments=tuple(made.get(each, each) for each in node.arguments))
    return node


def turned(node: Node) -> Node:
    """Return the transpose of a part, with the transposes at its leaves: (A*b)' is b'*A'."""
    match node:
        case Number():
            return node
        case Transposed():
            return node.operand
        case Negative():
            return replace(node, operand=turned(node.operand))
        case Binary(operator="*"):
            return replace(node, left=turned(node.right), right=turned(node.left))
        case Binary(operator=operator) if operator in ENTRYWISE:
            return replace(node, left=turned(node.left), right=turned(node.right))
        case Binary(operator="/"):
            return replace(node, left=turned(node.left))
    return Transposed(node.place, node)


def flipped(node: Node) -> Node:
    """Return A' for A, and A for A'."""
    return node.operand if isinstance(node, Transposed) else Transposed(node.place, node)


def factors(node: Node, operators: Sequence[str] = (".*", "*")) -> list[tuple[str, Node]]:
    """Return the factors of a product, each with the operator before it."""
    if isinstance(node, Binary) and node.operator in operators:
        right = factors(node.right, operators) if node.operator == ".*" else [(node.operator, node.right)]
        first = (node.operator, right[0][1])
        return [*factors(node.left, operators), first, *right[1:]]
    return [("", node)]


def joined(parts: Sequence[tuple[str, Node]]) -> Node:
    """Return the product of factors."""
    made = parts[0][1]
    for operator, part in parts[1:]:
        made = Binary(made.place, operator, made, part)
    return made


def terms(node: Node, sign: int = 1) -> list[tuple[int, Node]]:
    """Return the terms of a sum, each with its sign."""
    if isinstance(node, Binary) and node.operator in "+-":
        return [*terms(node.left, sign), *terms(node.right, sign if node.operator == "+" else -sign)]
    if isinstance(node, Negative):
        return terms(node.operand, -sign)
    return [(sign, node)]


def added(parts: Sequence[tuple[int, Node]]) -> Node:
    """Return the sum of terms with signs."""
    sign, made = parts[0]
    made = made if sign > 0 else Negative(made.place, made)
    for sign, part in parts[1:]:
        made = Binary(made.place, "+" if sign > 0 else "-", made, part)
    return made


def times(node: Node, number: Rational) -> Node:
    """Return a multiple of a part; a number in front of it is multiplied."""
    place = node.place
    if number == 1:
        return node
    parts = factors(node)
    for at, (operator, part) in enumerate(parts):
        if isinstance(part, Number):
            value = part.value * number
            rest = [*parts[:at], *parts[at + 1 :]] if value == 1 and len(parts) > 1 and at + 1 < len(parts) else []
            if rest:
                return joined([("", rest[0][1]), *rest[1:]])
            return joined([*parts[:at], (operator, Number(place, value)), *parts[at + 1 :]])
    if isinstance(node, Binary) and node.operator == "/" and isinstance(node.right, Number):
        value = node.right.value / number
        return node.left if value == 1 else Binary(place, "/", node.left, Number(place, value))
    if number == -1:
        first = parts[0][1]
        if isinstance(first, Negative):
            return joined([("", first.operand), *parts[1:]])
        return Negative(place, node)
    if number.is_Integer:
        return Binary(place, "*", Number(place, number), node)
    if number.p == 1:
        return Binary(place, "/", node, Number(place, Integer(number.q)))
    return Binary(place, "*", Number(place, number), node)


def product(left: Node, right: Node, operator: str = "*") -> Binary:
    return Binary(left.place, operator, left, right)


def name(word: str, place: Place) -> Name:
    return Name(place, word)


def call(function: str, argument: Node) -> Call:
    return Call(argument.place, function, (argument,))


def nodes_of(tree: Node, most: int = 40) -> list[Node]:
    """Return the parts of a formula, the whole first; the indices of entries and of sums are no parts."""
    return list(reversed([*postorder(tree)]))[:most]


def items_of(tree: Node) -> Iterator[Item]:
    return (node for node in postorder(tree) if isinstance(node, Item))


def names_in(tree: Node) -> list[str]:
    """Return the names of tensors and functions in a formula, in order of first use."""
    return list(dict.fromkeys(node.name for node in postorder(tree) if isinstance(node, Name | Item)))


def relettered(tree: Node, letters: Mapping[str, str]) -> Node:
    """Return a formula of entries with other letters for its indices."""
    made = tree
    for item in items_of(tree):
        indices = tuple(_renamed(index, letters) for index in item.indices)
        made = replaced(made, item, replace(item, indices=indices))
    return made


def _renamed(index: Node, letters: Mapping[str, str]) -> Node:
    for part in postorder(index):
        if isinstance(part, Name) and part.name in letters:
            index = replaced(index, part, replace(part, name=letters[part.name]))
    return index
