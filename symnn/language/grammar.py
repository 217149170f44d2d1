"""The grammar of formulas: a text becomes a tree, by one table of binding powers.

    A*x + b          matrix product, sum            x'         transpose
    x .* y, x ./ y   each entry by each entry       x .^ 2     each entry's power
    s^2, A^2, A^(-1) powers of scalars and square matrices
    W[j, k], x[i+p], E[t[i], k]   entries           f(x, y)    functions
    λ, θ_1           the names lamda, theta_1

From weak to strong: + and -; * / .* and ./; a sign; ^ .^ and '. Powers group to the right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NoReturn

from sympy import Rational

from symnn.language.syntax import Binary, Call, Item, Name, Negative, Node, Number, Place, Source, Transposed, refuse
from symnn.language.vocabulary import SYNONYMS, spelled

LONGEST_FORMULA = 2_000
DEEPEST_NESTING = 50
MOST_DIGITS = 40

_BINDING = {"+": 10, "-": 10, "*": 20, "/": 20, ".*": 20, "./": 20}
_SIGN = 30
_POWERS = {"^": "^", "**": "^", ".^": ".^", ".**": ".^"}

_TOKEN = re.compile(
    r"""(?P<space>(?:\s|\#[^\n]*)+)
      | (?P<number>(?:[0-9]+(?:\.(?![*/^])[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*|(?!σ\s*\()[α-ωϵϑϕµ](?:[0-9_][A-Za-z0-9_]*)?)
      | (?P<operator>\.\*\*|\.\*|\./|\.\^|\*\*|[-+*/^'()\[\],=:])""",
    re.VERBOSE,
)
_INSTEAD = {
    **dict.fromkeys("·×", "*"),
    **dict.fromkeys("⊙∘", ".*"),
    **dict.fromkeys("−–", "-"),
    **dict.fromkeys("’′ᵀ", "'"),
    **dict.fromkeys("{}", "( )"),
    "÷": "/",
    "²": "^2",
    "@": "*",
    "⊗": "kron(A, B)",
    ";": ", or a new line",
    "σ": "sigmoid(…)",
    **dict.fromkeys("⁽⁾", "layers as digits: W1"),
    "Σ": "sum(…)",
}


@dataclass(frozen=True)
class Token:
    """A number, a name, an operator, or the end of the text."""

    kind: str
    text: str
    place: Place


def parse_tree(source: Source, start: int = 0, end: int | None = None) -> Node:
    """Return the tree of the formula that stands in a source from `start` to before `end`.

    >>> parse_tree(Source("x'*A*x")).right.name
    'x'

    Raises:
        FormulaError: for anything else than one formula; the message names line and column.
    """
    reader = Reader(source, start, len(source.text) if end is None else end)
    tree = reader.expression()
    reader.finish()
    return tree


class Reader:
    """A part of a source, token after token, and the formulas in it."""

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.source, self.start, self.end, self.depth, self.position = source, start, end, 0, 0
        if not source.text[start:end].strip():
            refuse(Place(source, start, end), "there is no formula here")
        if end - start > LONGEST_FORMULA:
            refuse(
                Place(source, start, end),
                f"a formula of {end - start} characters (accepted: at most {LONGEST_FORMULA})",
            )
        self.tokens = self.read()

    def read(self) -> list[Token]:
        found: list[Token] = []
        at, end = self.start, self.end
        while at < end:
            match = _TOKEN.match(self.source.text, at, end)
            if match is None and self.source.text[at] == "σ" and "sigma" in self.source.functions:
                found.append(Token("name", "sigma", Place(self.source, at, at + 1)))
                at += 1
                continue
            if match is None:
                character = self.source.text[at]
                instead = f"; write {_INSTEAD[character]}" if character in _INSTEAD else ""
                refuse(Place(self.source, at, at + 1), f"unexpected character {character!r}{instead}")
            if match.lastgroup != "space":
                place = Place(self.source, at, match.end())
                text = spelled(match[0]) if match.lastgroup == "name" else match[0]
                found.append(Token(match.lastgroup or "", text, place))
            at = match.end()
        last = found[-1].place.end if found else self.start
        return [*found, Token("end", "", Place(self.source, last, last))]

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def next(self) -> Token:
        token = self.token
        self.position += token.kind != "end"
        return token

    def at(self, *operators: str) -> bool:
        return self.token.kind == "operator" and self.token.text in operators

    def expect(self, operator: str, opened: Token) -> Token:
        if not self.at(operator):
            if self.token.kind == "end":
                refuse(opened.place, f"'{opened.text}' is not closed")
            self.unexpected(f"'{operator}' is expected")
        return self.next()

    def finish(self) -> None:
        """Refuse anything that follows the formula."""
        if self.token.kind != "end":
            self.unexpected("one formula is accepted")

    def unexpected(self, wanted: str) -> NoReturn:
        token = self.token
        if token.kind in ("name", "number") or token.text == "(":
            refuse(token.place, f"an operator is missing before '{token.text}'")
        if token.text in (")", "]"):
            refuse(token.place, f"'{token.text}' closes nothing")
        if token.text == "[":
            refuse(token.place, "'[' may only follow a tensor's name, as in W[j, k]")
        refuse(token.place, f"'{token.text}' does not belong here: {wanted}")

    def expression(self, weakest: int = 0) -> Node:
        """Read operands and operators for as long as these bind more strongly than `weakest`."""
        self.deeper()
        left = self.signed()
        while self.token.kind == "operator" and _BINDING.get(self.token.text, -1) > weakest:
            operator = self.next().text
            right = self.expression(_BINDING[operator])
            left = Binary(left.place.to(right.place), operator, left, right)
        self.depth -= 1
        return left

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > 2 * DEEPEST_NESTING:
            refuse(self.token.place, f"more than {DEEPEST_NESTING} brackets or operations inside each other")

    def signs(self) -> tuple[bool, Place]:
        """Read any number of signs: whether they make a minus."""
        place, negative = self.token.place, False
        while self.at("+", "-"):
            negative ^= self.next().text == "-"
        return negative, place

    def signed(self) -> Node:
        negative, place = self.signs()
        operand = self.power()
        return Negative(place.to(operand.place), operand) if negative else operand

    def power(self) -> Node:
        """Read an operand and the powers and transposes after it."""
        node = self.operand()
        while self.at("'", *_POWERS):
            token = self.next()
            if token.text != "'":
                exponent = self.exponent()
                node = Binary(node.place.to(exponent.place), _POWERS[token.text], node, exponent)
            elif isinstance(node, Transposed):
                node = replace(node.operand, place=node.place.to(token.place))
            else:
                node = Transposed(node.place.to(token.place), node)
        return node

    def exponent(self) -> Node:
        """Read an exponent: what a transpose after it belongs to is the whole power."""
        self.deeper()
        negative, place = self.signs()
        node = self.operand()
        if self.at(*_POWERS):
            operator = _POWERS[self.next().text]
            above = self.exponent()
            node = Binary(node.place.to(above.place), operator, node, above)
        self.depth -= 1
        return Negative(place.to(node.place), node) if negative else node

    def operand(self) -> Node:
        token = self.next()
        if token.kind == "number":
            return Number(token.place, _number(token))
        if token.kind == "name":
            token = self.primed(token)
            if self.at("("):
                return self.call(token)
            if self.at("["):
                return self.item(token)
            number = self.source.numbers.get(token.text)
            return Name(token.place, token.text) if number is None else Number(token.place, number)
        if token.text == "(":
            inside = self.expression()
            return replace(inside, place=token.place.to(self.expect(")", token).place))
        if token.kind == "end":
            refuse(token.place, "the formula ends where a number, a name or '(' is expected")
        if token.text == "[":
            refuse(token.place, "'[' may only follow a tensor's name, as in W[j, k]")
        refuse(token.place, f"'{token.text}' stands where a number, a name or '(' is expected")

    def primed(self, name: Token) -> Token:
        """Read the primes of f'(z): of a function that has them, the name of its derivative."""
        ahead = self.position
        while self.tokens[ahead].text == "'":
            ahead += 1
        primes = ahead - self.position
        if not primes or self.tokens[ahead].text != "(" or name.text not in self.source.functions:
            return name
        self.position = ahead
        last = self.tokens[ahead - 1]
        return Token("name", f"{name.text}_prime{primes if primes > 1 else ''}", name.place.to(last.place))

    def item(self, name: Token) -> Node:
        opened = self.next()
        indices = [] if self.at("]") else [self.expression()]
        while self.at(","):
            self.next()
            indices.append(self.expression())
        return Item(name.place.to(self.expect("]", opened).place), name.text, tuple(indices))

    def call(self, name: Token) -> Node:
        opened, arguments, options = self.next(), [], []
        while not self.at(")"):
            following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
            if self.token.kind == "name" and following.text == "=":
                option = self.next().text
                self.next()
                options.append((option, self.expression()))
            elif options:
                refuse(self.token.place, "what has no name stands before the options")
            else:
                arguments.append(self.expression())
            if not self.at(","):
                break
            self.next()
        place = name.place.to(self.expect(")", opened).place)
        return Call(place, SYNONYMS.get(name.text, name.text), tuple(arguments), tuple(options))


def _number(token: Token) -> Rational:
    exponent = re.split("[eE]", token.text)[1:]
    if len(token.text) > MOST_DIGITS or (exponent and len(exponent[0].lstrip("+-")) > 2):
        refuse(token.place, f"a number of at most {MOST_DIGITS} characters is accepted, such as 2, 0.5 or 1e-3")
    exact = Fraction(token.text)
    return Rational(exact.numerator, exact.denominator)
