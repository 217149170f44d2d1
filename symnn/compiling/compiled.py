"""A program as a function: its equations, lowered to lines on whole arrays, of which a backend makes code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from symnn.compiling.checking import checked, looked_up
from symnn.compiling.formulas import as_defined, with_formulas
from symnn.compiling.lines import program_lines, sizes_in
from symnn.compiling.lowered import Code, Lowered, Maker
from symnn.compiling.numpy_function import numpy_function
from symnn.compiling.outer import with_vectors
from symnn.compiling.printing import ArrayPrinter
from symnn.compiling.rewriting import Rewriting, described
from symnn.compiling.sizes import size_lines, telling
from symnn.compiling.stable import stable as stabilized
from symnn.errors import CompileError, InputError, suggest
from symnn.language import Program, Tensor
from symnn.language.collecting import uncollected

DTYPES = ("float64", "float32")
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
        code: what the backend made.
        rewritings: equations that were rewritten so that they keep their digits, before and after.
        tensors: every tensor of the program, and those that are given only to tell a size.
    """

    program: Program
    arguments: tuple[str, ...]
    outputs: tuple[str, ...]
    dtype: str
    code: Code
    rewritings: tuple[Rewriting, ...]
    tensors: Mapping[str, Tensor]

    @property
    def raw(self) -> Callable[..., tuple[Any, ...]]:
        """The function itself: arrays in, in order; a tuple out; nothing is checked."""
        return self.code.raw

    @property
    def helpers(self) -> tuple[str, ...]:
        """The names of the helpers that it calls, beside NumPy."""
        return self.code.helpers

    @cached_property
    def source(self) -> str:
        """The code of `raw`, each line with the equation that it computes, and of the helpers that it calls.

        What was rewritten so that it keeps its digits stands above.
        """
        said = self.rewritten_text("ascii").splitlines()
        above = [f"# {line}".rstrip() for line in ["Rewritten so that digits are kept:", *said]] if said else []
        return "".join(f"{line}\n" for line in above) + self.code.source()

    def rewritten_text(self, format: str = "text") -> str:
        """Return what was rewritten so that it keeps its digits, before and after, and why.

        >>> from sympy import log
        >>> from symnn.language import NAMED, Equation, tensor
        >>> z, C = tensor("z"), tensor("C")
        >>> print(compile_program(Program([Equation(C, log(NAMED["sigmoid"](z)))]), ["C"]).rewritten_text())
        C = log σ(z)
          becomes −softplus(−z)
          (the logarithm is of what is 0 or 1 but for a few digits)
        """
        return described(self.rewritings, format)

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


@uncollected()
def compile_program(
    program: Program,
    outputs: Sequence[str],
    dtype: str = "float64",
    release: bool = False,
    known: Mapping[str, Tensor] = MappingProxyType({}),
    make: Maker = numpy_function,
    stable: bool = True,
) -> Compiled:
    """Return a function for a program.

    Args:
        program: the equations, for one example or for a batch, as they stand.
        outputs: the names of the tensors to return.
        dtype: float64 or float32; what comes in is converted, and what goes out has it.
        release: whether the code gives memory back as soon as it can: faster for large arrays, less pretty;
            long code always does.
        known: further tensors that may be given, if a size is told by nothing else.
        make: what makes the code: a backend's `function` (`symnn.compiling.backends`).
        stable: whether formulas are rewritten so that they keep their digits (`Compiled.rewritings`); if not, every
            function is computed as it is defined, to show what goes wrong.

    Raises:
        CompileError: for an undefined function, a size that no array tells, or an unknown type.

    >>> from sympy import Sum
    >>> from symnn.language import Equation, index, tensor
    >>> i = index("i", 2); x, s = tensor("x", 2, role="input"), tensor("s")
    >>> float(compile_program(Program([Equation(s, Sum(x[i] ** 2, i))]), ["s"])(x=[3, 4])["s"])
    25.0
    """
    lowered, rewritings = lowered_program(program, outputs, dtype, release, known, stable)
    code = make(lowered)
    return Compiled(lowered.program, lowered.arguments, lowered.outputs, dtype, code, rewritings, lowered.tensors)


@uncollected()
def lowered_program(
    program: Program,
    outputs: Sequence[str],
    dtype: str,
    release: bool = False,
    known: Mapping[str, Tensor] = MappingProxyType({}),
    stable: bool = True,
) -> tuple[Lowered, tuple[Rewriting, ...]]:
    """Return a program's lines on whole arrays, and what was rewritten: see `compile_program`."""
    if dtype not in DTYPES:
        raise InputError(f"unknown dtype {dtype!r}{suggest(str(dtype), DTYPES)}")
    for name in outputs:
        program.find(name)
    rewritten, rewritings = stabilized(program) if stable else (as_defined(program), ())
    needed, products = with_vectors(rewritten.pruned(outputs), outputs)
    inputs = sorted(needed.inputs.values(), key=lambda t: _ROLE_ORDER.index(t.role))
    arguments = tuple(dict.fromkeys([t.name for t in inputs] + [n for n in outputs if n not in needed.defined]))
    lines, solutions = program_lines(with_formulas(needed), outputs, ArrayPrinter(dtype))
    tensors = {**known, **program.inputs, **needed.tensors}
    arguments = telling(sizes_in(lines), tensors, arguments)
    sizes = size_lines(sizes_in(lines), tensors, arguments)
    used = set().union(*(expression.free_symbols for _, expression in lines)) if lines else set()
    given = {name for name, _ in (*lines, *sizes)} | {Symbol(name, real=True) for name in arguments}
    if strange := used - given:
        raise CompileError(f"'{sorted(map(str, strange))[0]}' is neither given nor defined")
    lowered = Lowered(needed, arguments, tuple(outputs), dtype, tuple(lines), tuple(sizes), tensors, release)
    return lowered, (*rewritings, *products, *solutions)
