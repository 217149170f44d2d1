"""A formula's tree, written again in the grammar that it was read from: with no more brackets than it needs."""

from __future__ import annotations

import re

from sympy import Rational

from symnn.language.syntax import Binary, Call, Item, Name, Negative, Node, Number, Transposed

_BINDING = {"+": 10, "-": 10, "*": 20, "/": 20, ".*": 20, "./": 20, "^": 40, ".^": 40}
_SIGN, _TRANSPOSE, _ATOM = 30, 40, 50
_PRIMED = re.compile(r"(.+)_prime(\d?)\Z")


def spelling(node: Node) -> str:
    """Return a formula as text.

    >>> from symnn.language.grammar import parse_tree
    >>> from symnn.language.syntax import Source
    >>> spelling(parse_tree(Source("((W2)'*delta2).*(1-a1)")))
    "W2' * delta2 .* (1 - a1)"
    """
    return _written(node)[0]


def _written(node: Node) -> tuple[str, int]:
    """Return a part's text, and how strongly its outermost operator binds."""
    match node:
        case Number():
            return _number(node.value)
        case Name():
            return node.name, _ATOM
        case Item():
            return f"{node.name}[{', '.join(_tight(index) for index in node.indices)}]", _ATOM
        case Negative():
            return f"-{_closed(node.operand, _SIGN)}", _SIGN
        case Transposed():
            return f"{_closed(node.operand, _ATOM)}'", _TRANSPOSE
        case Call():
            return _call(node), _ATOM
        case Binary():
            return _binary(node)
    raise TypeError(node)


def _number(value: Rational) -> tuple[str, int]:
    if value.is_Integer:
        return str(value), _ATOM
    decimal = f"{float(value):.10g}"
    return (decimal, _ATOM) if Rational(decimal) == value and "e" not in decimal else (f"{value.p}/{value.q}", 20)


def _tight(node: Node) -> str:
    return _written(node)[0].replace(" ", "")


def _closed(node: Node, least: int) -> str:
    text, binding = _written(node)
    return text if binding >= least else f"({text})"


def _call(node: Call) -> str:
    primed = _PRIMED.match(node.function)
    name = node.function if primed is None else primed[1] + "'" * int(primed[2] or 1)
    arguments = [_written(argument)[0] for argument in node.arguments]
    options = [f"{option}={_written(value)[0]}" for option, value in node.options]
    return f"{name}({', '.join([*arguments, *options])})"


def _binary(node: Binary) -> tuple[str, int]:
    binding = _BINDING[node.operator]
    if node.operator in ("^", ".^"):
        return f"{_closed(node.left, _ATOM)}{node.operator}{_closed(node.right, _ATOM)}", _TRANSPOSE
    tight = node.operator in ("/", "./") and isinstance(node.right, Number)
    between = node.operator if tight else f" {node.operator} "
    left, right = _closed(node.left, binding), _closed(node.right, binding + 1)
    if right.startswith("-"):
        right = f"({right})"
    return f"{left}{between}{right}", binding
