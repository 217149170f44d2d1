"""A chapter's prose: sentences with formulas and values in their places, and the lines of a displayed chain.

    "Here $a = sigmoid(z)$ is {a:.2f}, its *activation*."
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any

from symnn.errors import InputError
from symnn.teaching.book.blocks import Emphasis, Parts, Row
from symnn.teaching.book.maths import SIGNS, Language, Maths, number_text

_EMPHASIS = re.compile(r"\*([^*]+)\*")
_DOLLARS = re.compile(r"\$([^$]+)\$")
_NUMERIC = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(%?)")


def parts_of(text: str, language: Language, values: Mapping[str, Any]) -> Parts:
    """Return a sentence with its formulas and values in their places."""
    found: list[str | Maths | Emphasis] = []
    for place, piece in enumerate(_DOLLARS.split(text)):
        if place % 2:
            found.append(language.read(filled(piece, values)))
        else:
            found.extend(fields(piece, values))
    return joined(found)


def row_of(given: str | tuple[str, str], language: Language, values: Mapping[str, Any]) -> Row:
    """Return a line of a displayed chain: a formula, or a formula and why."""
    text, why = (given, "") if isinstance(given, str) else given
    text = filled(text, values).strip()
    first = text.split(" ", 1)[0]
    left, sign, right = ("", first, text[len(first) :].strip()) if first in SIGNS else _sides(text)
    shown = language.read(left) if left else None
    parts = parts_of(why, language, values) if why else ()
    return Row(shown, Maths(sign, SIGNS[sign]) if sign else Maths("", ""), language.read(right), parts)


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text: an empty line parts them."""
    return [" ".join(one.split()) for one in re.split(r"\n\s*\n", text.strip())]


def fields(text: str, values: Mapping[str, Any]) -> list[str | Maths | Emphasis]:
    """Return a text with values for its {fields}, and *emphasis*."""
    found: list[str | Maths | Emphasis] = []
    for literal, name, form, _ in Formatter().parse(text):
        pieces = _EMPHASIS.split(literal)
        found.extend(Emphasis(piece) if place % 2 else piece for place, piece in enumerate(pieces))
        if name is not None:
            try:
                value, _ = Formatter().get_field(name, (), values)
            except (KeyError, IndexError, AttributeError):
                raise InputError(f"no value is given for {{{name}}} in '{text.strip()}'") from None
            if isinstance(value, Maths):
                found.append(value)
            else:
                shown = format(value, form or "")
                found.extend(numeral(shown) or (shown,))
    return [part for part in found if part != ""]


def numeral(text: str) -> Parts:
    """Return a formatted number with its minus sign and its power of ten as mathematics has them; else nothing."""
    number = _NUMERIC.fullmatch(text)
    if number is None:
        return ()
    shown = number_text(text.removesuffix("%"))
    percent = "\u00a0%" if number[1] else ""
    # Without a power of ten a number is text, so that those of a table are all set alike.
    return joined([shown, percent] if "·" in shown.text else [shown.text + percent])


def filled(text: str, values: Mapping[str, Any]) -> str:
    """Return a formula with numbers for its {fields}."""
    return text.format(**values) if "{" in text else text


def joined(parts: Sequence[str | Maths | Emphasis]) -> Parts:
    """Return parts with words that follow each other as one."""
    found: list[str | Maths | Emphasis] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part)
    return tuple(found)


def _sides(text: str) -> tuple[str, str, str]:
    """Return left side, sign, right side; a formula without a sign is a right side alone."""
    found = re.search(rf" ([{''.join(sign for sign in SIGNS if sign not in ',·')}]) ", text)
    return (text[: found.start()], found[1], text[found.end() :]) if found else ("", "", text)
