"""Short texts: architectures such as 784-30-10, and values such as W1=2,0.2,1 b1=1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sympy import Integer, Rational

from symnn.errors import BadNameError, ParseError
from symnn.language.names import check_name
from symnn.language.tensors import sizes

LARGEST_SIZE = 10_000_000
MOST_LAYERS = 10_000

_WHOLE = re.compile(r"[0-9]+\Z")
_NUMBERED = re.compile(r"([A-Za-z]+)_?([0-9]+)\Z")
_LETTERS = re.compile(r"[A-Za-z]+\Z")
_ELLIPSES = ("...", "…")
_GENERAL = re.compile(r"([A-Za-z]+)_?0-(?:\.\.\.|…)-\1_?L\Z")
_OF_THE_NETWORK = re.compile(r"([WbzasL][0-9]+|x|y|C|m|delta[0-9]+)\Z")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?\Z")
_RATIO = re.compile(r"[+-]?[0-9]{1,40}/[0-9]{1,40}\Z")


@dataclass(frozen=True)
class Architecture:
    """The sizes of a network's layers, from the input to the output.

    Attributes:
        sizes: positive whole numbers or size symbols; of the general network, the first and the last.
        general: whether it is n0-…-nL, a network of any number of layers.
    """

    sizes: tuple[Any, ...]
    general: bool = False

    @property
    def text(self) -> str:
        """The architecture as it is written: 784-30-10."""
        return ("-…-" if self.general else "-").join(str(size) for size in self.sizes)

    def __str__(self) -> str:
        return self.text


def parse_architecture(text: str) -> Architecture:
    """Return the architecture that a text writes: sizes, from the input to the output, with hyphens between.

    >>> parse_architecture("784-30-10").sizes
    (784, 30, 10)
    >>> parse_architecture("n0-...-nL").general
    True

    Raises:
        ParseError: where a size is neither a positive whole number nor a name such as n0.
    """
    if not isinstance(text, str) or not text.strip():
        raise ParseError(f"bad architecture {text!r}: write the sizes of the layers, such as 784-30-10")
    written = text.strip()
    if found := _GENERAL.match(written):
        return Architecture((_symbol(text, f"{found[1]}0"), _symbol(text, f"{found[1]}L")), general=True)
    parts = [part.strip() for part in written.split("-")]
    if any(ellipsis in written for ellipsis in _ELLIPSES):
        raise ParseError(f"bad architecture {_shown(text)}: the general network is written n0-...-nL")
    if len(parts) < 2:
        raise ParseError(f"bad architecture {_shown(text)}: an input and an output size are needed, such as 784-30-10")
    if len(parts) > MOST_LAYERS:
        raise ParseError(f"bad architecture {_shown(text)}: {len(parts)} sizes (accepted: at most {MOST_LAYERS})")
    symbolic = all(_LETTERS.match(part) or _NUMBERED.match(part) for part in parts)
    return Architecture(tuple(_size(text, part, symbolic) for part in parts))


def parse_assignments(text: str) -> dict[str, list[Any]]:
    """Return the values that a text gives to names, exactly; `;` separates the rows of a matrix.

    >>> parse_assignments("W1=2,0.2,1 b1=1")
    {'W1': [2, 1/5, 1], 'b1': [1]}
    >>> parse_assignments("W1=.15,.20;.25,.30")
    {'W1': [[3/20, 1/5], [1/4, 3/10]]}

    Raises:
        ParseError: for anything that is not name=number,number… with spaces between.
    """
    if not isinstance(text, str) or not text.strip():
        raise ParseError(f"no values in {text!r}: write them as W1=2,0.2,1 b1=1")
    found: dict[str, list[Any]] = {}
    for part in re.sub(r"\s*([=,;])\s*", r"\1", text.strip()).split():
        name, equals, values = part.partition("=")
        if not equals or not name or not values:
            raise ParseError(f"cannot read {_shown(part)}: write values as W1=2,0.2,1 b1=1")
        try:
            check_name(name)
        except BadNameError as error:
            raise ParseError(str(error)) from None
        if name in found:
            raise ParseError(f"'{name}' is given twice")
        rows = [[_number(name, number) for number in row.split(",")] for row in values.split(";")]
        if len({len(row) for row in rows}) != 1:
            lengths = ", ".join(str(len(row)) for row in rows)
            raise ParseError(f"the rows of '{name}' differ in length: {lengths}")
        found[name] = rows if ";" in values else rows[0]
    return found


def _size(text: str, part: str, symbolic: bool) -> Any:
    if _WHOLE.match(part):
        digits = part.lstrip("0")
        if not digits:
            _refuse_size(text, part)
        if len(digits) > 8 or int(digits) > LARGEST_SIZE:
            raise ParseError(f"bad architecture {_shown(text)}: {_shown(part)} is larger than {LARGEST_SIZE}")
        return Integer(int(digits))
    numbered = _NUMBERED.match(part)
    if numbered:
        return _symbol(text, numbered[1] + numbered[2])
    return _symbol(text, part) if symbolic else _refuse_size(text, part)


def _symbol(text: str, name: str) -> Any:
    if _OF_THE_NETWORK.match(name):
        raise ParseError(f"bad architecture {_shown(text)}: '{name}' means something else in a network; name it n0")
    try:
        return sizes(check_name(name))
    except BadNameError as error:
        raise ParseError(f"bad architecture {_shown(text)}: {error}") from None


def _refuse_size(text: str, part: str) -> Any:
    wrong = f"{_shown(part)} is no size" if part else "a size is missing"
    raise ParseError(
        f"bad architecture {_shown(text)}: {wrong} (accepted: a positive whole number, or a name such as n0)"
    )


def _number(name: str, written: str) -> Any:
    if len(written) > 80 or not (_DECIMAL.match(written) or _RATIO.match(written)):
        raise ParseError(f"'{name}': {_shown(written)} is not a number such as 2, 0.5 or 1e-3")
    try:
        exact = Fraction(written)
    except ZeroDivisionError:
        raise ParseError(f"'{name}': {_shown(written)} divides by zero") from None
    return Rational(exact.numerator, exact.denominator)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
