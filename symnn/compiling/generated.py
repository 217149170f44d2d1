"""Lowered lines as a Python function: `sympy.lambdify` with a printer of ours, the lines handed over as `cse`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from sympy import Symbol, Tuple, lambdify
from sympy.printing.codeprinter import PrintMethodNotImplementedError

from symnn.compiling.lowered import Lowered
from symnn.compiling.printing import ArrayPrinter
from symnn.compiling.sharing import with_releases
from symnn.errors import CompileError

_MANY_LINES = 100
"""Code so long is not read as a whole, and its arrays are more than the cache holds."""


def generated(
    lowered: Lowered, printer: ArrayPrinter, modules: Mapping[str, Any], helpers: Mapping[str, str], library: str
) -> Callable[..., tuple[Any, ...]]:
    """Return the function of the library's own arrays that computes the lines.

    Args:
        lowered: the lines.
        printer: says what each operation is called.
        modules: what the code's global names are, such as `np`.
        helpers: the texts of the functions that it may call, by name.
        library: what an error calls the code.

    Raises:
        CompileError: for a function that the printer does not know.
    """
    symbols = [Symbol(name, real=True) for name in lowered.arguments]
    results = Tuple(*(Symbol(name, real=True) for name in lowered.outputs))
    release = lowered.release or len(lowered.lines) > _MANY_LINES
    lines = with_releases(lowered.lines, lowered.outputs) if release else lowered.lines
    hook = _Hook([*lowered.sizes, *lines], results)
    made: Callable[..., tuple[Any, ...]]
    try:
        made = lambdify(symbols, results, modules=[dict(modules)], printer=printer, cse=hook)
    except PrintMethodNotImplementedError as error:
        function = str(error).partition(": ")[2].partition("\n")[0]
        raise CompileError(f"{library} code for {function} is not known") from None
    for helper in printer.helpers:
        exec(helpers[helper], made.__globals__)  # symnn's own text, from a table of helpers
    return made


def source_of(
    function: Callable[..., Any], lowered: Lowered, imports: str, helpers: Mapping[str, str], used: tuple[str, ...]
) -> str:
    """Return the text of a generated function, each line with its equation, and of the helpers that it calls."""
    code = lowered.commented(inspect.getsource(function).replace("_lambdifygenerated", "compute", 1))
    return f"{imports}\n" + "".join(f"\n{helpers[name]}" for name in used) + f"\n\n{code}\n"


class _Hook:
    """Hands the program's lines to `lambdify` as its common subexpressions: the graph is the sharing."""

    def __init__(self, lines: list[tuple[Any, Any]], results: Tuple) -> None:
        self.lines, self.results = lines, results

    def __call__(self, _: Any) -> tuple[list[tuple[Any, Any]], Any]:
        return self.lines, self.results
