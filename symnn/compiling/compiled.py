"""A program as a NumPy function: `sympy.lambdify` with symnn's printer, its lines handed over as `cse`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from sympy import Expr, Symbol, Tuple, lambdify
from sympy.printing.codeprinter import PrintMethodNotImplementedError

from symnn.compiling.checking import checked, looked_up
from symnn.compiling.formulas import with_formulas
from symnn.compiling.helpers import HELPERS
from symnn.compiling.lowering import lower
from symnn.compiling.memory import keep_freed_memory
from symnn.compiling.merging import with_products_merged
from symnn.compiling.nodes import ArrayNode, Broadcast, Copy, Solve
from symnn.compiling.outer import with_vectors
from symnn.compiling.printing import ArrayPrinter
from symnn.compiling.sharing import Assignment, shared, with_releases, with_sums_of_scaled
from symnn.compiling.sizes import size_lines, telling
from symnn.compiling.softmax import with_one_exponential
from symnn.compiling.solving import with_solves
from symnn.compiling.stable import Rewriting, stable
from symnn.compiling.widening import with_functions_widened
from symnn.errors import CompileError, InputError, suggest
from symnn.language import Inverse, Program, Tensor
from symnn.writing.write import writer_for

DTYPES = ("float64", "float32")
_MANY_LINES = 100
"""Code so long is not read as a whole, and its arrays are more than the cache holds."""
_ROLE_ORDER = ("parameter", "hyperparameter", "adjoint", "value", "input", "target")


@dataclass(frozen=True)
class Compiled:
    """A compiled program.

    What it returns are fresh arrays, each of its tensor's shape and of the program's type; a scalar is a
    NumPy scalar of that type.

    Attributes:
        program: the equations that were compiled, after the stable rewritings.
        arguments: the names of its input arrays, in order.
        outputs: the names of what it returns, in order.
        raw: the function itself: arrays in, in order; a tuple out; nothing is checked.
        helpers: the names of the helpers that it calls, beside NumPy.
        rewritings: equations that were rewritten so that they keep their digits, before and after.
        tensors: every tensor of the program, and those that are given only to tell a size.
    """

    program: Program
    arguments: tuple[str, ...]
    outputs: tuple[str, ...]
    dtype: str
    raw: Callable[..., tuple[Any, ...]]
    rewritings: tuple[Rewriting, ...]
    helpers: tuple[str, ...]
    tensors: Mapping[str, Tensor]

    @cached_property
    def source(self) -> str:
        """The code of `raw`, each line with the equation that it computes, and of the helpers that it calls."""
        writer = writer_for(self.program, "ascii")
        writer.base = 0  # as arrays count
        comments = {e.tensor.name: " = ".join(writer.equation(e)) for e in self.program}
        body = []
        for line in inspect.getsource(self.raw).replace("_lambdifygenerated", "compute", 1).splitlines():
            comment = comments.get(line.strip().partition(" = ")[0])
            body.append(f"{line}  # {comment}" if comment else line)
        helpers = "".join(f"\n{HELPERS[name]}" for name in self.helpers)
        return "import numpy as np\n" + helpers + "\n\n" + "\n".join(body) + "\n"

    def __call__(self, /, **arrays: Any) -> dict[str, Any]:
        """Return each output by name: an array, or a NumPy scalar, of the program's type.

        Raises:
            InputError: for an array that is missing or unknown.
            ShapeError: for sizes that disagree.
        """
        number = np.dtype(self.dtype).type
        results = zip(self.outputs, self.raw(*self.checked(arrays)), strict=True)
        return {name: value if np.ndim(value) else number(value) for name, value in results}

    def checked(self, arrays: Mapping[str, Any]) -> list[Any]:
        """Return the arrays in order, in the program's type, after checking names, shapes and places."""
        return checked(self.looked_up, self.tensors, self.arguments, arrays, self.dtype)

    @cached_property
    def looked_up(self) -> dict[str, tuple[Tensor, Expr]]:
        """The tensors that hold places, each with the one looked up by it, and the size of that axis."""
        return looked_up(self.program)


def compile_program(
    program: Program,
    outputs: Sequence[str],
    dtype: str = "float64",
    release: bool = False,
    known: Mapping[str, Tensor] = MappingProxyType({}),
) -> Compiled:
    """Return a NumPy function for a program.

    Args:
        program: the equations, for one example or for a batch, as they stand.
        outputs: the names of the tensors to return.
        dtype: float64 or float32; what comes in is converted, and what goes out has it.
        release: whether the code gives memory back as soon as it can: faster for large arrays, less pretty;
            long code always does.
        known: further tensors that may be given, if a size is told by nothing else.

    Raises:
        CompileError: for an undefined function, a size that no array tells, or an unknown type.

    >>> from sympy import Sum
    >>> from symnn.language import Equation, index, tensor
    >>> i = index("i", 2); x, s = tensor("x", 2, role="input"), tensor("s")
    >>> float(compile_program(Program([Equation(s, Sum(x[i] ** 2, i))]), ["s"])(x=[3, 4])["s"])
    25.0
    """
    keep_freed_memory()
    if dtype not in DTYPES:
        raise InputError(f"unknown dtype {dtype!r}{suggest(str(dtype), DTYPES)}")
    for name in outputs:
        program.find(name)
    rewritten, rewritings = stable(program)
    needed, products = with_vectors(rewritten.pruned(outputs), outputs)
    inputs = sorted(needed.inputs.values(), key=lambda t: _ROLE_ORDER.index(t.role))
    arguments = tuple(dict.fromkeys([t.name for t in inputs] + [n for n in outputs if n not in needed.defined]))
    printer = ArrayPrinter(dtype)
    lines, solutions = program_lines(with_formulas(needed), outputs, printer)
    tensors = {**known, **program.inputs, **needed.tensors}
    arguments = telling(_sizes_in(lines), tensors, arguments)
    raw = _function(tensors, arguments, lines, outputs, printer, release)
    helpers = tuple(sorted(printer.helpers))
    changed = (*rewritings, *products, *solutions)
    return Compiled(needed, arguments, tuple(outputs), dtype, raw, changed, helpers, tensors)


def program_lines(
    program: Program, outputs: Sequence[str], printer: ArrayPrinter
) -> tuple[list[Assignment], tuple[Rewriting, ...]]:
    inverses = {e.tensor.name for e in program if isinstance(e.right, Inverse)}
    symmetric = {name for name, tensor in program.tensors.items() if tensor.is_symmetric}
    lowered = [(Symbol(e.tensor.name, real=True), lower(e, inverses)) for e in program]
    lines = with_solves(lowered, outputs, symmetric)
    before = dict(lowered)
    solutions = [(name, line) for name, line in lines if line.has(Solve) and line != before[name]]
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


def _sizes_in(lines: Sequence[Assignment]) -> set[Symbol]:
    """Return the sizes that lines of code use and do not define."""
    used = set().union(*(expression.free_symbols for _, expression in lines)) if lines else set()
    return {symbol for symbol in used - {name for name, _ in lines} if symbol.is_integer}


def _function(
    tensors: Mapping[str, Tensor],
    arguments: Sequence[str],
    lines: Sequence[Assignment],
    outputs: Sequence[str],
    printer: ArrayPrinter,
    release: bool,
) -> Callable[..., tuple[Any, ...]]:
    used = set().union(*(expression.free_symbols for _, expression in lines)) if lines else set()
    names = {name for name, _ in lines}
    sizes = size_lines(_sizes_in(lines), tensors, arguments)
    symbols = [Symbol(name, real=True) for name in arguments]
    if strange := used - names - set(symbols) - {symbol for symbol, _ in sizes}:
        raise CompileError(f"'{sorted(map(str, strange))[0]}' is neither given nor defined")
    results = Tuple(*(Symbol(name, real=True) for name in outputs))
    namespace: dict[str, Any] = {"np": np}
    release = release or len(lines) > _MANY_LINES
    hook = _Hook([*sizes, *(with_releases(lines, outputs) if release else lines)], results)
    made: Callable[..., tuple[Any, ...]]
    try:
        made = lambdify(symbols, results, modules=[namespace], printer=printer, cse=hook)
    except PrintMethodNotImplementedError as error:
        function = str(error).partition(": ")[2].partition("\n")[0]
        raise CompileError(f"NumPy code for {function} is not known") from None
    for helper in printer.helpers:
        exec(HELPERS[helper], made.__globals__)  # symnn's own text, from the table of helpers
    return made


class _Hook:
    """Hands the program's lines to `lambdify` as its common subexpressions: the graph is the sharing."""

    def __init__(self, lines: list[tuple[Any, Any]], results: Tuple) -> None:
        self.lines, self.results = lines, results

    def __call__(self, _: Any) -> tuple[list[tuple[Any, Any]], Any]:
        return self.lines, self.results
