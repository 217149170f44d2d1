"""What stands between a program and its code: lines on whole arrays, and what a backend makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from symnn.compiling.sharing import Assignment
from symnn.language import Program, Tensor
from symnn.writing.write import writer_for


@dataclass(frozen=True)
class Lowered:
    """A program as lines on whole arrays: what a backend makes a function of.

    Attributes:
        program: the equations, after the stable rewritings, pruned to what the outputs need.
        arguments: the names of the arrays that the function takes, in order.
        outputs: the names of what it returns, in order, as fresh arrays.
        dtype: float64 or float32, of all that comes in and goes out.
        lines: a name and an expression on arrays each, in order (`symnn.compiling.nodes`).
        sizes: the lines before them, that read sizes from the shapes of the arguments.
        tensors: every tensor by name.
        release: whether memory is to be given back as soon as it can be: faster for large arrays, less pretty.
    """

    program: Program
    arguments: tuple[str, ...]
    outputs: tuple[str, ...]
    dtype: str
    lines: tuple[Assignment, ...]
    sizes: tuple[Assignment, ...]
    tensors: Mapping[str, Tensor]
    release: bool = False

    @cached_property
    def equations(self) -> dict[str, str]:
        """What each equation says, by the name that it defines: for comments."""
        writer = writer_for(self.program, "ascii")
        writer.base = 0  # as arrays count
        return {e.tensor.name: " = ".join(writer.equation(e)) for e in self.program}

    def commented(self, code: str) -> str:
        """Return code with the equation that it computes behind each line `name = …`."""
        said = [(line, self.equations.get(line.strip().partition(" = ")[0])) for line in code.splitlines()]
        return "\n".join(f"{line}  # {equation}" if equation else line for line, equation in said)


@dataclass(frozen=True)
class Code:
    """What a backend makes of a lowered program.

    Attributes:
        raw: NumPy arrays in, in order; a tuple of fresh ones out; nothing is checked.
        source: returns the text of what runs.
        helpers: the names of the helpers that it calls.
    """

    raw: Callable[..., tuple[Any, ...]]
    source: Callable[[], str]
    helpers: tuple[str, ...] = ()


Maker = Callable[[Lowered], Code]
"""How a backend makes code of a lowered program."""
