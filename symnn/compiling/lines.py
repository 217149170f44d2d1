"""From a program to lines of code: each equation lowered to whole arrays, and what several of them share."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sympy import Expr, Symbol

from symnn.compiling.lowering import lower
from symnn.compiling.merging import with_products_merged
from symnn.compiling.nodes import ArrayNode, Broadcast, Copy, Solve
from symnn.compiling.printing import ArrayPrinter
from symnn.compiling.rewriting import Rewriting
from symnn.compiling.sharing import Assignment, shared, with_sums_of_scaled
from symnn.compiling.softmax import with_one_exponential
from symnn.compiling.solving import with_solves
from symnn.compiling.widening import with_functions_widened
from symnn.language import Inverse, Program


def program_lines(
    program: Program, outputs: Sequence[str], printer: ArrayPrinter, numbers_outside: Collection[str] = ()
) -> tuple[list[Assignment], tuple[Rewriting, ...]]:
    """Return the lines, each a name and an expression on arrays, and what was rewritten in them.

    Args:
        program: the equations, without functions that need a formula.
        outputs: the names of what is returned: each a fresh array.
        printer: what rewritings are written by.
        numbers_outside: the names of tensors whose sums are multiplied by numbers after they were taken.
    """
    inverses = {e.tensor.name for e in program if isinstance(e.right, Inverse)}
    symmetric = {name for name, tensor in program.tensors.items() if tensor.is_symmetric}
    lowered = [
        (Symbol(e.tensor.name, real=True), lower(e, inverses, e.tensor.name in numbers_outside)) for e in program
    ]
    lines = with_solves(lowered, outputs, symmetric)
    before = dict(lowered)
    solutions = [(name, line) for name, line in lines if inverses and line.has(Solve) and line != before[name]]
    written = {name.name: f"{name} = {printer.doprint(line)}" for name, line in solutions}
    rewritings = tuple(Rewriting(e, written[e.tensor.name]) for e in program if e.tensor.name in written)
    taken = [*program.tensors, *(s.name for t in program.tensors.values() for z in t.shape for s in z.free_symbols)]
    lines = with_one_exponential(lines, outputs, {name: tensor.rank for name, tensor in program.tensors.items()})
    lines = with_functions_widened(with_products_merged(lines, program.inputs))
    lines = shared(with_sums_of_scaled(lines), taken)
    computed = {name.name for name, expression in lines if not _shares_memory(expression)}
    return [
        (name, Copy(expression) if name.name in outputs and _needs_copy(name.name, program, computed) else expression)
        for name, expression in lines
    ], rewritings


def _shares_memory(expression: Expr) -> bool:
    """Whether a value is a name, or a view of one, or something small that only looks large."""
    if isinstance(expression, Broadcast):
        return True
    if isinstance(expression, ArrayNode) and expression.is_view:
        return _shares_memory(expression.args[0])
    return isinstance(expression, Symbol)


def _needs_copy(name: str, program: Program, computed: set[str]) -> bool:
    """What is returned shares no memory with what was given, nor with another result."""
    return name not in computed and bool(program.find(name).rank)


def sizes_in(lines: Sequence[Assignment]) -> set[Symbol]:
    """Return the sizes that lines of code use and do not define."""
    used = set().union(*(expression.free_symbols for _, expression in lines)) if lines else set()
    return {symbol for symbol in used - {name for name, _ in lines} if symbol.is_integer}
