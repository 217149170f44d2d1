"""Code that writes into arrays that exist already: buffers for what a step computes, and what is carried itself.

    def step(rows):
        take_x(rows, 0, x, "clip")
        dot(x, t1, z1)
        add(z1, b1, z1)  # z1[n,j] = sum_k x[n,k] W1[j,k] + b1[j]
        …
        subtract(W1, t9, W1)  # W1_new[j,k] = W1[j,k] - (eta/m) sum_n delta1[n,j] x[n,k]

One trial of the operations, on the arrays that the step will have, tells the shape of each result, and what is a
view of what. What stays the same from step to step (views, η/m) is made once; an array that is not needed any more
lends its memory to the next one of its shape; functions are bound to names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.compiling.blas import Accumulation, accumulations, gemm, quick
from symnn.compiling.operations import Operation, Operations

Array = NDArray[Any]

_NAME = re.compile(r"[^\W\d]\w*")
_NOTE = re.compile(r"  # (.*)$", re.MULTILINE)
_FUNCTION = re.compile(r"\bnp\.([a-z_0-9]+(?:\.[a-z]+)?)\(")


@dataclass(frozen=True)
class InPlace:
    """A step bound to its arrays.

    Attributes:
        step: takes it on the examples with these numbers, and returns what was asked for.
        code: what runs: what is made once, and the step; after a line, the names of what has its value by then.
        equations: gives the equation of each name.
    """

    step: Callable[[Array], Any]
    code: str
    equations: Callable[[], Mapping[str, str]]

    @cached_property
    def source(self) -> str:
        """The code, each line with the equation that it computes."""
        return _NOTE.sub(self._note, self.code)

    def _note(self, note: re.Match[str]) -> str:
        equations = self.equations()
        names = [name for name in note[1].split() if name in equations]
        likewise = f", and likewise {', '.join(names[1:])}" if len(names) > 1 else ""
        return f"  # {equations[names[0]]}{likewise}" if names else ""


@dataclass(frozen=True)
class Feed:
    """What a step works on.

    Attributes:
        arrays: every array that it uses, by name, and numbers such as m.
        fixed: the names of those that stay the same from step to step.
        renewed: for each array that is carried from step to step, the name of its next value.
        data: for each array that a batch is brought together in, all examples, one behind the other.
        returned: the name of what a step returns, if anything.
        dtype: float64 or float32.
    """

    arrays: Mapping[str, Any]
    fixed: frozenset[str]
    renewed: Mapping[str, str]
    data: Mapping[str, Array]
    returned: str | None
    dtype: str


def bind(
    operations: Operations, feed: Feed, helpers: Mapping[str, Any], equations: Callable[[], Mapping[str, str]]
) -> InPlace:
    """Return a step that changes the carried arrays in place.

    Args:
        operations: what is computed.
        feed: the arrays.
        helpers: functions that the code calls, by name, beside NumPy's.
        equations: gives the equation of each name that has one: they are notes in the source.
    """
    writer = _Writer(trial := Trial(operations, feed, helpers))
    for place, operation in enumerate(trial.operations):
        writer.write(operation, place)
    return writer.compiled(helpers, equations)


class Trial:
    """The operations, run once: what each gives, whose memory that is, and where it is used last."""

    def __init__(self, operations: Operations, feed: Feed, helpers: Mapping[str, Any]) -> None:
        self.feed = feed
        number = np.dtype(feed.dtype).type
        self.numbers = {name: np.array(float(Fraction(code)), number) for name, code in operations.numbers.items()}
        self.values: dict[str, Any] = {**helpers, "np": np, **feed.arrays, **self.numbers}
        self.owner = {name: name for name in self.values}
        """For each array, the name of the one that has the memory: its own, or what it is a view of."""
        with np.errstate(all="ignore"):
            for operation in operations.operations:
                self.values[operation.name] = eval(operation.code, self.values)  # symnn's own text
                self.owner[operation.name] = self._owner(operation)
        self.accumulations = accumulations(operations.operations, self.values, feed.renewed)
        gone = {name for accumulation in self.accumulations.values() for name in accumulation.gone}
        self.operations = [operation for operation in operations.operations if operation.name not in gone]
        self.last: dict[str, int] = {}
        for place, operation in enumerate(self.operations):
            found = self.accumulations.get(operation.name, operation)
            for name in (operation.name, *found.uses):
                self.last[self.owner[name]] = place
        for name in (*feed.renewed.values(), *filter(None, [feed.returned])):
            self.last[self.owner[name]] = len(self.operations)
        self.ends: dict[int, list[str]] = {}
        """For each operation, what is not needed any more after it."""
        for name, place in self.last.items():
            self.ends.setdefault(place, []).append(name)

    def _owner(self, operation: Operation) -> str:
        value = self.values[operation.name]
        if isinstance(value, np.ndarray):
            for name in operation.uses:
                other = self.values[name]
                if isinstance(other, np.ndarray) and np.may_share_memory(value, other):
                    return self.owner[name]
        return operation.name


class _Writer:
    """Chooses an array for each result, and writes the code."""

    def __init__(self, trial: Trial) -> None:
        self.trial, self.feed = trial, trial.feed
        self.carried = {new: old for old, new in self.feed.renewed.items()}
        self.fixed = {*self.feed.fixed, *trial.numbers}
        self.lasting = {*self.feed.arrays, *trial.numbers}
        """The names of what exists from the beginning, and stays where it is."""
        self.holder: dict[str, str] = {}
        """For each result in a buffer: which."""
        self.tenant: dict[str, str] = {}
        """For each buffer: whose values it holds now."""
        self.free: dict[tuple[Any, ...], list[str]] = {}
        """The buffers of each layout that hold nothing that is needed."""
        self.once: list[str] = []
        self.each: list[str] = []
        self.singles: dict[str, str] = {}
        self.home: dict[str, str] = {}
        self.names: dict[str, list[str]] = {}
        self.bound: dict[str, Any] = {}
        self.into_carried: set[str] = set()
        self.turned: dict[str, str] = {}

    def write(self, operation: Operation, place: int) -> None:
        """Write one operation."""
        name, value = operation.name, self.trial.values[operation.name]
        is_fixed = set(operation.uses) <= self.fixed
        if is_fixed and (not isinstance(value, np.ndarray) or not value.ndim) and not isinstance(value, int):
            self._make_once(operation, f"np.asarray({operation.code}, np.{self.feed.dtype})")
        elif is_fixed or (self.trial.owner[name] != name and self.trial.owner[name] in self.lasting):
            self._make_once(operation, operation.code, is_fixed)
        elif operation.into is None or not isinstance(value, np.ndarray):
            self._line(f"{name} = {operation.code}", operation)
        else:
            self._write_into(operation, place)
        for owner in self.trial.ends.get(place, ()):
            buffer = self.holder.get(owner)
            if buffer is not None and self.tenant.get(buffer) == owner:
                del self.tenant[buffer]
                self.free.setdefault(_layout(self.trial.values[buffer]), []).append(buffer)

    def _make_once(self, operation: Operation, code: str, is_fixed: bool = True) -> None:
        self.once.append(f"{operation.name} = {code}")
        self.lasting.add(operation.name)
        if is_fixed:
            self.fixed.add(operation.name)

    def _write_into(self, operation: Operation, place: int) -> None:
        name = operation.name
        if name in self.trial.accumulations:
            self._accumulate(operation, self.trial.accumulations[name])
            return
        if operation.target is not None:
            self._alias(name, operation.target)
        elif operation.entrywise and self._may_renew(name, place):
            self.into_carried.add(name)
            self._alias(name, self.carried[name])
        else:
            self._choose_buffer(operation, place)
        code = quick(operation, self.trial.values, self._made)
        self._line(code.format(out=name if name not in self.into_carried else self.carried[name]), operation)

    def _accumulate(self, operation: Operation, accumulation: Accumulation) -> None:
        """W − s A B, written into W by one call of BLAS."""
        self.bound["gemm"] = gemm(self.feed.dtype)
        scale = accumulation.scale
        factor = "-1.0" if scale is None else f"-float({scale})"
        # What a step computes, such as the learning rate of this step, is another number in the next.
        factor = self._made(f"minus_{scale}", factor) if scale in self.fixed else factor
        self._line(accumulation.written(self.trial.values, self._transposed, factor), operation)
        self.into_carried.add(operation.name)
        self._alias(operation.name, accumulation.target)

    def _transposed(self, name: str) -> str:
        if self.trial.owner.get(name, name) not in self.lasting:
            return f"{name}.T"
        if name not in self.turned:
            self.turned[name] = self._fresh(f"{name}_T")
            self.once.append(f"{self.turned[name]} = {name}.T")
        return self.turned[name]

    def _may_renew(self, name: str, place: int) -> bool:
        """Whether a next value may be written over the last: nothing reads that any more."""
        old = self.carried.get(name)
        if old is None:
            return False
        same = self.trial.values[old].shape == self.trial.values[name].shape
        return bool(same) and self.trial.last.get(self.trial.owner[old], -1) <= place

    def _choose_buffer(self, operation: Operation, place: int) -> None:
        name, value = operation.name, self.trial.values[operation.name]
        buffer = self._operand(operation, value, place) if operation.entrywise else None
        if buffer is None:
            free = self.free.get(_layout(value))
            buffer = free.pop() if free else None
        if buffer is None:
            order = ', order="F"' if value.flags.f_contiguous and not value.flags.c_contiguous else ""
            self._alias(name, f"np.empty({value.shape}, np.{value.dtype}{order})#{name}")
            buffer = name
        else:
            self._alias(name, buffer)
        self.holder[name], self.tenant[buffer] = buffer, name

    def _operand(self, operation: Operation, value: Array, place: int) -> str | None:
        """Return the buffer of an operand that is not needed any more, and has the shape of the result."""
        for name in operation.uses:
            owner = self.trial.owner[name]
            buffer = self.holder.get(owner)
            ends = name == owner and self.trial.last[owner] == place and self.tenant.get(buffer or "") == owner
            if ends and _layout(self.trial.values[owner]) == _layout(value):
                return buffer
        return None

    def _alias(self, name: str, other: str) -> None:
        """Let a name stand for an array that exists: one line names all that have their turn in it."""
        home = self.home.get(other, other)
        if home not in self.names:
            self.once.append(home)
        self.home[name] = home
        self.names.setdefault(home, []).append(name)
        self.lasting.add(name)

    def _made(self, name: str, code: str) -> str:
        """Return the name of something that is made once, such as a vector of ones."""
        if name not in self.singles:
            self.singles[name] = self._fresh(name)
            self.once.append(f"{self.singles[name]} = {code}")
        return self.singles[name]

    def _shown(self, line: str) -> str:
        """Return a line of what is made once: of one that stands for memory, all names that have their turn in it."""
        if line not in self.names:
            return line
        used = [name for name in self.names[line] if name in self.used]
        return " = ".join([*used, line.partition("#")[0]]) if used else ""

    @cached_property
    def used(self) -> set[str]:
        """Every name in the step and in what is made once for it."""
        return {name for line in (*self.each, *self.once) for name in _NAME.findall(line.partition("#")[0])}

    def _line(self, code: str, operation: Operation) -> None:
        code = _FUNCTION.sub(lambda call: f"{self._function(call[1])}(", code)
        self.each.append(f"{code}  # {' '.join(operation.values)}" if operation.values else code)

    def _function(self, path: str) -> str:
        found: Any = np
        for part in path.split("."):
            found = getattr(found, part)
        name = next((known for known, function in self.bound.items() if function is found), None)
        if name is None:
            name = self._fresh(path.replace(".", "_"))
            self.bound[name] = found
            self.once.insert(0, f"{name} = np.{path}")
        return name

    def _fresh(self, name: str) -> str:
        while name in self.trial.values or name in self.bound:
            name += "_"
        return name

    def compiled(self, helpers: Mapping[str, Any], equations: Callable[[], Mapping[str, str]]) -> InPlace:
        """Return the step, compiled."""
        for old, new in self.feed.renewed.items():
            if new not in self.into_carried:
                self._line(f"np.copyto({old}, {new})", Operation(old, "", ()))
        arrays = {name: array for name, array in self.feed.arrays.items() if name in self.used}
        gathers = {self._fresh(f"take_{name}"): name for name in self.feed.data if name in self.used}
        rows = self._fresh("rows")
        returned = [] if self.feed.returned is None else [f"return {self.feed.returned}"]
        lines = [
            f"def begin({', '.join([*gathers, *arrays])}):",
            *(
                f"    {name} = np.array({number.item()!r}, np.{number.dtype})"
                for name, number in self.trial.numbers.items()
            ),
            *(f"    {line}" for line in map(self._shown, self.once) if line),
            "",
            f"    def step({rows}):",
            # "clip" is the mode in which nothing is copied first.
            *(f"        {take}({rows}, 0, {name}, 'clip')" for take, name in gathers.items()),
            *(f"        {line}" for line in [*self.each, *returned]),
            "",
            "    return step",
        ]
        source = "\n".join(lines) + "\n"
        namespace: dict[str, Any] = {"np": np, **helpers}
        if "gemm" in self.bound:
            namespace["gemm"] = self.bound["gemm"]
        takes = {take: self.feed.data[name].take for take, name in gathers.items()}
        exec(compile(source, "<step>", "exec"), namespace)  # symnn's own text
        return InPlace(namespace["begin"](**takes, **arrays), source, equations)


def _layout(array: Array) -> tuple[Any, ...]:
    """What arrays have in common that can lend each other their memory."""
    return array.shape, array.strides, array.dtype


def defined(helpers: Collection[str], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return helper functions by name, from their texts."""
    namespace: dict[str, Any] = {"np": np}
    for name in helpers:
        exec(texts[name], namespace)  # symnn's own text, from the table of helpers
    return {name: namespace[name] for name in helpers}
