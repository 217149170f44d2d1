"""A derivation as a student writes it down: equations, one a line.

    # backward
    delta2 = (a2 - y) .* sigmoid'(z2)
    dC/dW2 = delta2 * a1'
    e = W2' * delta2                     a name of one's own, for later lines
    dW1[j, k] = delta1[j]*x[k]           by entries
           = x[k]*delta1[j]              equal to the line before
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from symnn.errors import ParseError
from symnn.language.equations_file import statements
from symnn.language.grammar import parse_tree
from symnn.language.syntax import Item, Name, Place, Source, refuse

LONGEST_TEXT = 50_000
MOST_LINES = 200
_DERIVATIVE = re.compile(r"[d∂]\s*(?P<of>\w+)\s*/\s*[d∂]\s*(?P<by>\w+)\s*(?P<indices>\[.*\])?\Z", re.DOTALL)
_DEPTH = {"(": 1, "[": 1, ")": -1, "]": -1}


@dataclass(frozen=True)
class OwnLine:
    """left = right, as it is written; on a line that goes on with "= …" the left side is that of the line before.

    Attributes:
        left: the name on the left side, and where it stands; None where a formula stands alone.
        head: the left side with its indices, where it has some.
        right: where the right side stands.
        goes_on: whether the left side is that of the line before.
    """

    left: str | None
    head: Item | None
    place: Place
    right: Place
    goes_on: bool = False

    @property
    def number(self) -> int:
        return self.right.line


def own_lines(source: Source, of: str) -> list[OwnLine]:
    """Return the lines of a text; `of` is what is differentiated, as it stands in dC/dW1.

    >>> text = "dW1 = delta1*x' = (x*delta1')'  # twice"
    >>> [(line.left, line.right.text, line.goes_on) for line in own_lines(Source(text), "C")]
    [('dW1', "delta1*x'", False), ('dW1', "(x*delta1')'", True)]

    Raises:
        FormulaError: for what is no such line.
        ParseError: for a text that is empty or too long.
    """
    called = source.name or "the text"
    if len(source.text) > LONGEST_TEXT:
        raise ParseError(f"{called}: {len(source.text)} characters (accepted: at most {LONGEST_TEXT})")
    found: list[OwnLine] = []
    for statement in statements(source):
        for line in _of_statement(statement, found[-1] if found else None, of):
            found.append(line)
        if len(found) > MOST_LINES:
            raise ParseError(f"{called}: more than {MOST_LINES} lines to check")
    if not found:
        raise ParseError(f"{called}: there is no line in it to check, such as dW1 = delta1 * x'")
    return found


def _of_statement(statement: Place, before: OwnLine | None, of: str) -> Iterator[OwnLine]:
    parts = list(_parts(statement))
    if len(parts) == 1:
        yield OwnLine(None, None, parts[0], parts[0])
        return
    first = parts[0]
    if first.start == first.end:
        if before is None or before.left is None:
            refuse(statement, "'=' goes on from the line before, and there is none with a left side")
        left, head, goes_on = before.left, before.head, True
    else:
        left, head, goes_on = (*_left(first, of), False)
    for right in parts[1:]:
        if right.start == right.end:
            refuse(Place(statement.source, right.start - 1, right.start), "something is missing beside '='")
        yield OwnLine(left, head, first, right, goes_on)
        goes_on = True


def _parts(statement: Place) -> Iterator[Place]:
    """Go over what stands between the equals signs outside brackets."""
    text, depth, start = statement.source.text, 0, statement.start
    comment = False
    for at in range(statement.start, statement.end + 1):
        character = text[at] if at < statement.end else "="
        comment = character != "\n" and (comment or character == "#") and at < statement.end
        depth += 0 if comment else _DEPTH.get(character, 0)
        if character == "=" and depth <= 0 and not comment:
            piece = text[start:at]
            first, last = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
            yield Place(statement.source, *((first, last) if piece.strip() else (at, at)))
            start = at + 1


def _left(place: Place, of: str) -> tuple[str, Item | None]:
    """Read a left side: dW1, dW1[j, k], dC/dW1 or dC/dW1[j, k]."""
    source = place.source
    written = _DERIVATIVE.match(source.text[place.start : place.end])
    if written is not None:
        if written["of"] != of:
            refuse(place, f"'{written['of']}' is not what is differentiated: d{of}/d{written['by']} is accepted")
        if written["indices"] is None:
            return f"d{written['by']}", None
        start = place.start + written.start("by")
        head = parse_tree(source, start, place.end)
        assert isinstance(head, Item)
        return f"d{written['by']}", head
    head = parse_tree(source, place.start, place.end)
    if not isinstance(head, Name | Item):
        refuse(place, f"'{place.text}' cannot stand on the left: a name such as delta1, dW1 or dW1[j, k] is accepted")
    return head.name, head if isinstance(head, Item) else None
