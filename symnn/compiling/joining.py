"""Updates of one form, of several carried arrays, done at once: the arrays lie one behind the other in memory.

    subtract(W1, t1, W1), subtract(b1, t2, b1), …        becomes        subtract(all_W1, all_t1, all_W1)

A call costs as much as the work on a thousand numbers: what Adam does to a small network, for one.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.compiling.blas import LARGE
from symnn.compiling.in_place import Feed
from symnn.compiling.operations import Operation, Operations

Array = NDArray[Any]
_NAME = re.compile(r"(?<![\w.{])[^\W\d]\w*")


@dataclass(frozen=True)
class Update:
    """How one parameter, and what else is carried for it, is renewed: entry by entry.

    Attributes:
        operations: in their order.
        arrays: every array in them, in the order of first use: carried, computed before, or computed here.
        carried: for each carried array, its next value.
    """

    operations: tuple[Operation, ...]
    arrays: tuple[str, ...]
    carried: Mapping[str, str]

    @property
    def form(self) -> tuple[Any, ...]:
        """What it has in common with updates of the same form: everything but the names of its arrays."""
        places = {name: f"#{place}" for place, name in enumerate(self.arrays)}
        pairs = tuple((places[old], places[new]) for old, new in self.carried.items())
        return (*(_renamed(f"{o.name} = {o.code}", places) for o in self.operations), pairs)


def updates_of(
    operations: Sequence[Operation], values: Mapping[str, Any], renewed: Mapping[str, str]
) -> list[list[Update]]:
    """Return updates of one form, two or more of each form.

    Args:
        operations: all of a step's operations.
        values: an array for each name, of the shape that it has.
        renewed: for each carried array, the name of its next value.
    """
    places = {operation.name: place for place, operation in enumerate(operations)}
    entrywise = dict.fromkeys(o.name for o in operations if _is_entrywise(o, values))
    users: dict[str, set[str]] = {}
    for operation in operations:
        for name in operation.uses:
            users.setdefault(name, set()).add(operation.name)
    group = _Connected()
    for name in entrywise:
        operation = operations[places[name]]
        for used in operation.uses:
            if _is_array(values[used]) and (used in entrywise or used in renewed):
                group.join(name, used)
    order = {name: place for place, name in enumerate(renewed)}
    olds = {new: old for old, new in renewed.items()}
    found: dict[tuple[Any, ...], list[Update]] = {}
    others: set[str] = set()
    for names in sorted(group.groups(), key=lambda names: min((order[n] for n in names if n in order), default=0)):
        inside = [operations[place] for place in sorted(places[name] for name in names if name in places)]
        carried = {olds[name]: name for name in sorted(names) if name in olds}
        if carried and not _is_used_elsewhere(names, carried, users) and carried.keys() == names & renewed.keys():
            arrays = dict.fromkeys(n for o in inside for n in (*o.uses, o.name) if _is_array(values[n]))
            update = Update(tuple(inside), tuple(arrays), carried)
            if _may_be_written(update, places, operations, values) and not others & set(update.arrays):
                found.setdefault(update.form, []).append(update)
                others.update(update.arrays)
    return [updates for updates in found.values() if len(updates) > 1]


def together(updates: Sequence[Update]) -> list[tuple[str, ...]]:
    """Return the names of the carried arrays that lie one behind the other, for each place in the updates."""
    columns = zip(*(update.arrays for update in updates), strict=True)
    return [names for names in columns if names[0] in updates[0].carried]


def joined(
    operations: Operations,
    updates: Sequence[Update],
    feed: Feed,
    values: Mapping[str, Any],
    homes: Mapping[tuple[str, ...], Array],
    pairs: Collection[int] = (),
) -> tuple[Operations, Feed]:
    """Return the operations with updates of one form done at once, and what they then work on.

    Args:
        operations: all of a step's operations.
        updates: of one form.
        feed: what the operations work on.
        values: an array for each name, of the shape that it has.
        homes: for each of `together(updates)`, the array that they are parts of.
        pairs: the places of those that lie row by row beside the next one: see `views`. What is computed for such
            a pair is one array.
    """
    first = updates[0]
    made = {operation.name for update in updates for operation in update.operations}
    names = {name: _fresh(f"all_{name}", values) for name in first.arrays}
    arrays, targets = dict(feed.arrays), {}
    for parts in zip(*(update.arrays for update in updates), strict=True):
        if parts[0] in first.carried:
            arrays[names[parts[0]]] = homes[parts]
        elif parts[0] not in made:
            whole = np.zeros(sum(values[part].size for part in parts), values[parts[0]].dtype)
            arrays[names[parts[0]]] = whole
            shapes = [values[part].shape for part in parts]
            for place, (part, view) in enumerate(zip(parts, views(whole, shapes, pairs), strict=True)):
                targets[part] = _fresh(f"{part}_in_all", values)
                arrays[targets[part]] = block(whole, shapes, place) if place in pairs else view
    before = [replace(o, target=targets.get(o.name, o.target)) for o in operations.operations if o.name not in made]
    at_once = [
        replace(
            operation,
            name=names[operation.name],
            code=_renamed(operation.code, names),
            uses=tuple(names.get(used, used) for used in operation.uses),
            into=_renamed(operation.into or "", names),
            values=tuple(name for update in updates for name in update.operations[place].values),
        )
        for place, operation in enumerate(first.operations)
    ]
    gone = {old for update in updates for old in update.carried}
    renewed = {old: new for old, new in feed.renewed.items() if old not in gone}
    renewed |= {names[old]: names[new] for old, new in first.carried.items()}
    return Operations((*before, *at_once), operations.numbers), replace(feed, arrays=arrays, renewed=renewed)


def views(whole: Array, shapes: Sequence[tuple[int, ...]], pairs: Collection[int] = ()) -> list[Array]:
    """Return parts of a vector, one behind the other, in these shapes.

    Args:
        whole: the vector.
        shapes: of its parts.
        pairs: the places of matrices W, (rows, columns), that lie in rows [W b] with the next part b, (rows,).
    """
    places = zip(_starts(shapes), shapes, strict=True)
    parts = [whole[start : start + math.prod(shape)].reshape(shape) for start, shape in places]
    for place in pairs:
        both = block(whole, shapes, place)
        parts[place], parts[place + 1] = both[:, :-1], both[:, -1]
    return parts


def block(whole: Array, shapes: Sequence[tuple[int, ...]], place: int) -> Array:
    """Return the rows [W b] of a matrix and the next part of a vector."""
    start, (rows, columns) = _starts(shapes)[place], shapes[place]
    return whole[start : start + rows * (columns + 1)].reshape(rows, columns + 1)


def _starts(shapes: Sequence[tuple[int, ...]]) -> list[int]:
    return [0, *itertools.accumulate(math.prod(shape) for shape in shapes)][:-1]


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim > 0


def _is_entrywise(operation: Operation, values: Mapping[str, Any]) -> bool:
    """Whether an operation combines arrays of one shape, and numbers, entry by entry."""
    value = values[operation.name]
    if not operation.entrywise or not _is_array(value) or value.size >= LARGE:
        return False
    return all(np.shape(values[name]) in ((), value.shape) for name in operation.uses)


def _is_used_elsewhere(names: set[str], carried: Mapping[str, str], users: Mapping[str, set[str]]) -> bool:
    return any(users.get(name, set()) - names for name in names if name not in carried)


def _may_be_written(
    update: Update, places: Mapping[str, int], operations: Sequence[Operation], values: Mapping[str, Any]
) -> bool:
    """Whether what is computed before can be written where the update wants it."""
    inside = {operation.name for operation in update.operations}
    before = [name for name in update.arrays if name not in inside and name not in update.carried]
    return all(
        name in places and operations[places[name]].into is not None and values[name].flags.c_contiguous
        for name in before
    )


class _Connected:
    """Names that belong together."""

    def __init__(self) -> None:
        self.root: dict[str, str] = {}

    def find(self, name: str) -> str:
        while self.root.setdefault(name, name) != name:
            name = self.root[name]
        return name

    def join(self, one: str, other: str) -> None:
        self.root[self.find(one)] = self.find(other)

    def groups(self) -> list[set[str]]:
        found: dict[str, set[str]] = {}
        for name in list(self.root):
            found.setdefault(self.find(name), set()).add(name)
        return list(found.values())


def _renamed(text: str, names: Mapping[str, str]) -> str:
    # {out} is where a name goes, and none itself.
    return _NAME.sub(lambda found: names.get(found[0], found[0]), text)


def _fresh(name: str, taken: Mapping[str, Any]) -> str:
    while name in taken:
        name += "_"
    return name
