"""A program as lines of code that other text is put around: the code of `compile_program`, line by line."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sympy import Symbol
from sympy.printing.codeprinter import PrintMethodNotImplementedError

from symnn.compiling.formulas import as_defined, with_formulas
from symnn.compiling.lines import program_lines
from symnn.compiling.printing import ArrayPrinter
from symnn.compiling.sizes import size_lines
from symnn.compiling.stable import stable as stabilized
from symnn.errors import CompileError
from symnn.language import Program
from symnn.writing.write import writer_for


@dataclass(frozen=True)
class Statement:
    """name = code, and the equation that it computes, if it is one's value."""

    name: str
    code: str
    equation: str = ""

    def __str__(self) -> str:
        return f"{self.name} = {self.code}"

    @cached_property
    def uses(self) -> frozenset[str]:
        """Every name in the code.

        >>> sorted(Statement("y", "np.exp(x) + b").uses)
        ['b', 'np', 'x']
        """
        return names_in(self.code)


def names_in(code: str) -> frozenset[str]:
    """Return every name in an expression of Python."""
    return frozenset(node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name))


@dataclass(frozen=True)
class Statements:
    """The lines of a program: first those that read sizes from the shapes of arrays, then one for each value."""

    program: Program
    sizes: tuple[Statement, ...]
    lines: tuple[Statement, ...]


def statements(
    program: Program,
    outputs: Sequence[str],
    printer: ArrayPrinter,
    shaped: Sequence[str],
    more: Sequence[Symbol] = (),
    stable: bool = True,
) -> Statements:
    """Return the lines of code that compute tensors of a program.

    Args:
        program: the equations, for one example or for a batch, as they stand.
        outputs: the names of what is computed: each a fresh array.
        printer: says what each operation is called.
        shaped: the names of the arrays from whose shapes sizes are read.
        more: sizes to be read whether or not a line needs them.
        stable: whether formulas are rewritten so that they keep their digits.

    Raises:
        CompileError: for a function without code, and for a size that no array tells.
    """
    needed = (stabilized(program)[0] if stable else as_defined(program)).pruned(outputs)
    try:
        lines, _ = program_lines(with_formulas(needed), outputs, printer)
        used = {s for _, line in lines for s in line.free_symbols if s.is_integer} | set(more)
        told = size_lines(used - {name for name, _ in lines}, needed.tensors, shaped)
        sizes = tuple(Statement(str(name), str(printer.doprint(expression))) for name, expression in told)
        writer = writer_for(needed, "ascii")
        writer.base = 0  # as arrays count
        equations = {e.tensor.name: " = ".join(writer.equation(e)) for e in needed}
        code = [Statement(str(name), str(printer.doprint(line)), equations.get(str(name), "")) for name, line in lines]
    except PrintMethodNotImplementedError as error:
        function = str(error).partition(": ")[2].partition("\n")[0]
        raise CompileError(f"code for {function} is not known") from None
    return Statements(needed, sizes, tuple(code))
