"""Lines under headings, and their numbers: (1), (2), … through a page, or (1.1), (1.2), … by its headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from symnn.language import Tensor
from symnn.writing.notation import Notation

_NOT_IN_LABELS = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True)
class Line:
    """One equation in writing; `condition` is a formula after it, t = 1, …, T, and `remark` are words.

    `number` is its number, if it has one, and `label` the name by which it is referred to.
    """

    left: str
    right: str
    remark: str = ""
    condition: str = ""
    number: str = ""
    label: str = ""


@dataclass(frozen=True)
class Section:
    """Equations under a heading."""

    heading: str
    lines: tuple[Line, ...]
    derivatives: bool = False


def numbered(sections: Sequence[Section], notation: Notation) -> tuple[Section, ...]:
    """Return sections whose equations have the numbers that a notation asks for."""
    if notation.equations == "none":
        return tuple(sections)
    made, count = [], 0
    for place, section in enumerate(sections, 1):
        lines = []
        for within, line in enumerate(section.lines, 1):
            count += 1
            number = f"{place}.{within}" if notation.equations == "sections" else str(count)
            lines.append(replace(line, number=number, label=notation.labels + (line.label or number)))
        made.append(replace(section, lines=tuple(lines)))
    return tuple(made)


def label_of(tensor: Tensor, places: Sequence[Any]) -> str:
    """Return the name by which an equation is referred to: dW1, and dW1-0-2 for an entry with numbers."""
    numbers = [str(place) for place in places if place.is_Integer]
    return _NOT_IN_LABELS.sub("-", "-".join([str(tensor.name), *numbers])).strip("-")
