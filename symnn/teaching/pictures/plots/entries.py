"""Which parameters a landscape is of: names such as W1[1,2], or those that training moved most."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import InputError, suggest
from symnn.teaching.pictures.plots.landscape import Entry

Array = NDArray[Any]

_ENTRY = re.compile(r"\s*(?P<name>[^\W\d]\w*)\s*(?:\[(?P<places>[^\[\]]*)\])?\s*(?:,|\Z)")
_PLACE = re.compile(r"\s*[0-9]{1,9}\s*\Z")


def read_entries(text: str, parameters: Mapping[str, Array]) -> tuple[Entry, ...]:
    """Return the one or two entries that a text names.

    >>> import numpy
    >>> [str(entry) for entry in read_entries("W1[1,2], b1[1]", {"W1": numpy.eye(2), "b1": numpy.ones(2)})]
    ['W1[1,2]', 'b1[1]']

    Raises:
        InputError: for what is no such text, a name that there is not, or a place outside the array.
    """
    entries: list[Entry] = []
    at = 0
    while at < len(text) or not entries:
        found = _ENTRY.match(text, at)
        if found is None or not found[0]:
            raise InputError(f"bad parameter {text!r} (accepted: such as W1[1,2], or two, such as W1[1,2],b1[1])")
        entries.append(_entry(found["name"], found["places"], parameters))
        at = found.end()
    if len(entries) > 2:
        raise InputError(f"{len(entries)} parameters in {text!r}: a hill has one or two")
    if len(set(entries)) < len(entries):
        raise InputError(f"{entries[0]} is given twice: a hill of two parameters needs two")
    return tuple(entries)


def _entry(name: str, places: str | None, parameters: Mapping[str, Array]) -> Entry:
    if name not in parameters:
        raise InputError(f"unknown parameter {name!r}{suggest(name, parameters)}")
    shape = np.shape(parameters[name])
    texts = [] if places is None else places.split(",")
    called = f"{name} has shape ({', '.join(map(str, shape))})"
    example = f"{name}[{','.join('1' for _ in shape)}]" if shape else name
    if len(texts) != len(shape) or not all(_PLACE.match(text) for text in texts):
        shown = name if places is None else f"{name}[{places}]"
        raise InputError(f"bad entry {shown!r}: {called} (accepted: such as {example}; places count from 1)")
    numbers = tuple(int(text) for text in texts)
    for number, size in zip(numbers, shape, strict=True):
        if not 1 <= number <= size:
            raise InputError(f"no entry {name}[{places}]: {called}, and places count from 1")
    return Entry(name, numbers)


def most_moved(count: int, before: Mapping[str, Array], after: Mapping[str, Array]) -> tuple[Entry, ...]:
    """Return the entries that differ most between two sets of parameters, the most moved first.

    >>> import numpy
    >>> [str(entry) for entry in most_moved(1, {"w": numpy.array([1.0, 2.0])}, {"w": numpy.array([1.5, 4.0])})]
    ['w[2]']

    Raises:
        InputError: where there are fewer entries.
    """
    found = []
    for name, array in after.items():
        moved = np.abs(np.asarray(array) - np.asarray(before[name])).reshape(-1)
        # Only the largest of each array can be among the largest of all.
        for position in np.argsort(-moved, kind="stable")[:count]:
            places = np.unravel_index(int(position), np.shape(array))
            found.append((float(moved[position]), Entry(name, tuple(int(place) + 1 for place in places))))
    if len(found) < count:
        raise InputError(f"the network has {len(found)} parameter{'s' * (len(found) != 1)}, {count} are needed")
    found.sort(key=lambda pair: -pair[0])
    return tuple(entry for _, entry in found[:count])
