"""A whole program as Python source: buffers, the loop over the examples, and what comes before and after it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from sympy import Expr, Symbol

from symnn.compiling.numba_copies import Copies
from symnn.compiling.numba_lowering import lowered
from symnn.compiling.numba_matrices import matrix_lines
from symnn.compiling.numba_orders import best_order, several_at_a_time
from symnn.compiling.numba_plan import Group, Plan, planned
from symnn.compiling.numba_source import INDENT, Kept, Nest
from symnn.compiling.numba_statements import SET
from symnn.compiling.numba_text import affine
from symnn.compiling.sizes import Shape, WholeQuotient, size_lines
from symnn.compiling.stepping import StepProgram
from symnn.language import Program, Tensor
from symnn.writing.write import writer_for

WORDS = ("n", "row", "rows", "start", "order", "size", "examples")
"""Names that the code needs itself, but for those that no tensor can have; they give way to a program's own."""


class ProgramCode:
    """The lines of code that compute tensors of a program.

    Args:
        program: the equations for a batch.
        wanted: the names of what is computed.
        dtype: float64 or float32.
        data: the names of inputs that are read by the row of an example in the whole data, not in the batch.
        boxed: the names of numbers that are kept in arrays of one entry.
    """

    def __init__(
        self,
        program: Program,
        wanted: Sequence[str],
        dtype: str,
        data: Collection[str] = (),
        boxed: Collection[str] = (),
    ) -> None:
        self.program, self.wanted, self.dtype = program, tuple(wanted), dtype
        self.statements = lowered(program, WORDS)
        kept = [name for name in wanted if name in program.defined]
        self.plan: Plan = planned(self.statements, program.inputs, kept)
        tensors = {**program.tensors, **{s.name: s.left.base for s in self.statements}}
        self.tensors: dict[str, Tensor] = tensors
        by_example = {s.name for s in self.statements if s.is_by_example}
        taken = {*tensors, *(str(s) for t in tensors.values() for z in t.shape for s in z.free_symbols)}
        words = {word: word + "_" * (word in taken) for word in WORDS}
        taken |= {*words.values(), "float32"}
        self.kept = Kept(dtype, self.plan.own, words, taken, by_example - self.plan.rows, set(data), set(boxed), {})
        self.copies = Copies(self.kept)
        writer = writer_for(program, "ascii")
        writer.base = 0  # as arrays count
        self.comments = {e.tensor.name: " = ".join(writer.equation(e)) for e in program}

    def overwrite(self, renewed: Mapping[str, str]) -> list[str]:
        """Let next values be kept where the values before are, wherever these are needed no more; return the others."""
        for name, new in renewed.items():
            if new not in self.kept.alias and self._may_overwrite(name, new):
                self.kept.alias[new] = name
        return [name for name, new in renewed.items() if self.kept.alias.get(new) != name]

    def _may_overwrite(self, name: str, new: str) -> bool:
        """Whether nothing reads a tensor after one statement sets its next value, or elsewhere in its loop."""
        order = [(group, s) for groups in self.plan.turns for group in groups for s in group.statements]
        made = [place for place, (_, statement) in enumerate(order) if statement.name == new]
        read = [place for place, (_, s) in enumerate(order) if any(e.base.name == name for e in s.used)]
        if len(made) != 1 or order[made[0]][1].operation != SET or max(read, default=-1) > made[0]:
            return False
        group, statement = order[made[0]]
        beside = [entry for s in group.statements for entry in s.used if entry.base.name == name]
        return all(entry.indices == statement.left.indices for entry in beside)

    def lines(self) -> list[str]:
        """Return the lines of all turns."""
        made: list[str] = []
        words = self.kept.words
        for time, groups in enumerate(self.plan.turns):
            if time % 2 == 0:
                made += [line for group in groups for line in self._group(group, made)]
                continue
            if not groups:
                continue
            before: list[str] = []
            body = [line for group in groups for line in self._group(group, before)]
            if any(f"[{words['row']}" in line for line in body):
                body = [
                    "{row} = {rows}[{n}]".format(**words),
                    "if not 0 <= {row} < {examples}: raise IndexError('order has a row that is none')".format(**words),
                    *body,
                ]
            made += [*before, f"for {words['n']} in range(m):", *(INDENT + line for line in body)]
        return made

    def _group(self, group: Group, before: list[str]) -> list[str]:
        """Return the lines of a group; copies of what stays in a loop over the examples are made before it."""
        first = group.statements[0]
        if not first.is_entrywise:
            return matrix_lines(first, self.kept, self.comments)
        if not group.is_sum:
            return Nest(group.statements, group.loops, self.kept, self.plan.scalars, self.comments).lines
        loops = best_order(first)
        statement, early, here = self.copies.reading_in_order(first, loops)
        before += [line for copy in early for line in Nest([copy], copy.loops, self.kept).lines]
        made = [line for copy in here for line in Nest([copy], copy.loops, self.kept).lines]
        for part, inner in several_at_a_time(statement, loops):
            made += Nest([part], inner, self.kept, self.plan.scalars, self.comments).lines
        return made

    def buffers(self, given: Collection[str]) -> list[str]:
        """Return the lines that make room for what is stored, but not for what is given."""
        made = []
        names = dict.fromkeys([*(s.name for s in self.statements), *self.copies.tensors])
        tensors = {**self.tensors, **self.copies.tensors}
        for name in names:
            tensor = tensors[name]
            if name in given or name in self.plan.scalars or name in self.kept.alias:
                continue
            shape = tensor.shape[1:] if name in self.kept.dropped else tensor.shape
            if not shape:
                continue
            sizes = ", ".join(affine(size, {}) for size in shape)
            sizes = f"({sizes})" if len(shape) > 1 else sizes
            made.append(f"{name} = np.empty({sizes}{'' if self.dtype == 'float64' else ', np.float32'})")
        return made

    def sizes(self, lines: Sequence[str], arguments: Sequence[str], tensors: Mapping[str, Tensor]) -> list[str]:
        """Return the lines that read the sizes which lines of code use from the shapes of arguments.

        Raises:
            CompileError: for a size that no argument tells.
        """
        words = set(re.findall(r"\w+", "\n".join(lines)))
        known = {symbol for t in self.tensors.values() for size in t.shape for symbol in size.free_symbols}
        wanted = [symbol for symbol in known if symbol.name in words]
        return [f"{symbol} = {_size(code)}" for symbol, code in size_lines(wanted, tensors, arguments)]


def _size(code: Expr) -> str:
    """Return the code of a size that is read from shapes."""
    if isinstance(code, Shape):
        return f"{code.args[0].name}.shape[{code.args[1]}]"
    if isinstance(code, WholeQuotient):
        return f"({_size(code.args[0])})//({_size(code.args[1])})"
    put = {part: Symbol(_size(part), integer=True) for part in code.atoms(Shape)}
    return str(code.xreplace(put))


def function_source(
    program: Program, arguments: Sequence[str], outputs: Sequence[str], tensors: Mapping[str, Tensor], dtype: str
) -> str:
    """Return the source of `compute`, which takes the arguments and returns the outputs."""
    code = ProgramCode(program, outputs, dtype)
    body = code.lines()
    lines = [*code.buffers(arguments), *body]
    results = [n if n in program.defined or not tensors[n].rank else f"{n}.copy()" for n in outputs]
    lines = [*code.sizes(lines, arguments, tensors), *lines, f"return ({', '.join(results)},)"]
    return _written(f"def compute({', '.join(arguments)}):", lines, dtype)


def steps_source(program: Program, step: StepProgram, settings: Sequence[str]) -> str:
    """Return the source of `take`, which takes the steps of an order and changes what is carried in place."""
    carried, dtype = list(step.renewed), step.dtype
    numbers = [name for name in carried if step.program.find(name).rank == 0]
    code = ProgramCode(program, step.wanted, dtype, step.data, numbers)
    late = code.overwrite(step.renewed)
    body = [*code.lines(), *(f"{name}[:] = {step.renewed[name]}" for name in late)]
    arguments = [*carried, *settings, *step.data]
    buffers = code.buffers(arguments)
    sizes = code.sizes([*buffers, *body], arguments, step.program.tensors)
    words, zero = code.kept.words, "0.0" if dtype == "float64" else "float32(0.0)"
    lines = [
        *(line for line in sizes if not line.startswith("m = ")),
        f"{words['examples']} = {step.data[0]}.shape[0]",
        "m = min({size}, len({order}))".format(**words),
        *buffers,
        f"{step.cost} = {zero}",
        "for {start} in range(0, len({order}), {size}):".format(**words),
        INDENT + "{rows} = {order}[{start} : {start} + {size}]".format(**words),
        INDENT + f"m = len({words['rows']})",
        *(INDENT + line for line in body),
        INDENT + f"if not math.isfinite({step.cost}): break",
        f"return {step.cost}",
    ]
    return _written(f"def take({words['order']}, {words['size']}, {', '.join(arguments)}):", lines, dtype)


def _written(head: str, lines: Sequence[str], dtype: str) -> str:
    imports = ["import math", "import numpy as np", *(["from numpy import float32"] if dtype == "float32" else [])]
    return "\n".join([*imports, "", "", head, *(INDENT + line for line in lines), ""])
