"""What the line under the equations says: the functions and symbols that were used, and nothing else.

Functions are defined by `formula` of symnn.language, the very definition that is compiled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sympy import Expr, Symbol, exp, preorder_traversal, sign

from symnn.language import (
    Elementwise,
    Equation,
    Fact,
    LogSumExp,
    Program,
    Tensor,
    formula,
    fresh_index_over,
    index,
    sizes,
    sum_over,
    tensors,
)
from symnn.views.matrix import MatrixEquation
from symnn.views.tree import Reduce, Softmax
from symnn.writing.dialects import Piece
from symnn.writing.expressions import ExpressionWriter
from symnn.writing.names import mark_of_name
from symnn.writing.notation import Mark
from symnn.writing.scope import Scope

_MOST_BARS = 3


def definitions(writer: ExpressionWriter, shown: Sequence[Any], program: Program, batch: bool) -> list[str]:
    """Return the definitions of the functions, reductions and adjoints that the shown equations use."""
    return [
        *_functions(writer, [_right_of(one) for one in shown]),
        *_whole_functions(writer, shown),
        *_adjoints(writer, shown, program, batch),
    ]


def facts_text(writer: ExpressionWriter, facts: Iterable[Fact]) -> str:
    """Return what is known of the inputs and was used: ``using Σⱼ yⱼ = 1``."""
    written: list[str] = []
    for fact in facts:
        scope = Scope().with_indices(sorted(_free(fact), key=str), writer.dialect)
        text = f"{writer.piece(fact.left, scope).text} = {writer.piece(fact.right, scope).text}"
        if text not in written:
            written.append(text)
    return ", ".join(written)


def _free(fact: Fact) -> set[Any]:
    from_left = fact.left.free_symbols | fact.right.free_symbols
    return {symbol for symbol in from_left if type(symbol).__name__ == "Idx"}


def _right_of(shown: Any) -> Expr:
    return shown.equation.right if isinstance(shown, MatrixEquation) else shown.right


def _functions(writer: ExpressionWriter, expressions: Iterable[Expr]) -> list[str]:
    """Return the definition of each named function used, also of those used in a definition."""
    variable = Symbol("t", real=True)
    t = Piece("t")
    used: dict[type[Elementwise], None] = {}
    pending = [f for expression in expressions for f in _functions_in(expression)]
    written: list[str] = []
    notes: list[str] = []
    while pending:
        function = pending.pop(0)
        if function in used:
            continue
        used[function] = None
        meaning = formula(function, variable)
        if meaning is not None:
            pending[:0] = [f for f in _functions_in(meaning) if f not in used]
    for function in sorted(used, key=lambda f: (list(dict.fromkeys(g.root for g in used)).index(f.root), f.order)):
        meaning = formula(function, variable)
        if meaning is None:
            continue
        left, right = writer.apply(function, [t]).text, writer.piece(meaning, Scope()).text
        if left != right:
            written.append(f"{left} = {right}")
        if function.order and function.subgradient:
            notes.append(writer.dialect.phrase(function.subgradient))
    if any(part.func == sign for expression in expressions for part in preorder_traversal(expression)):
        notes.append(f"{writer.apply(sign, [writer.dialect.number(0)]).text} = 0")
    return [*written, *dict.fromkeys(notes)]


def _functions_in(expression: Expr) -> list[type[Elementwise]]:
    found = [type(part) for part in preorder_traversal(expression) if isinstance(part, Elementwise)]
    return sorted(dict.fromkeys(found), key=lambda f: (f.order, f.__name__))


def _whole_functions(writer: ExpressionWriter, shown: Sequence[Any]) -> Iterator[str]:
    """Define softmax and the reductions, where the matrix view names them."""
    nodes = [node for one in shown if isinstance(one, MatrixEquation) for node in one.right.walk()]
    size = sizes("size")
    t, j, k = Tensor("t", (size,)), index("j", size), fresh_index_over(size, "k")
    scope = Scope().with_indices([j], writer.dialect)
    parts = (t[j], t[k])
    softmaxes = [node for node in nodes if isinstance(node, Softmax)]
    if softmaxes:
        left = writer.dialect.softmax_entry(scope.letters[j])
        right = writer.piece(exp(parts[0]) / sum_over(exp(parts[1]), [k]), scope).text
        yield f"{left} = {right}" + _by_row(writer, any(node.columns is not None for node in softmaxes))
    for name, kind in (("logsumexp", LogSumExp),):
        found = [node for node in nodes if isinstance(node, Reduce) and issubclass(node.kind, kind)]
        if found:
            right = writer.piece(kind(parts[1], k), scope).text
            yield f"{writer.dialect.call(name, Piece('t')).text} = {right}" + _by_row(
                writer, any(node.by_row for node in found)
            )
    if any(isinstance(node, Reduce) and node.by_row and not issubclass(node.kind, LogSumExp) for node in nodes):
        yield writer.dialect.call("max", Piece("T")).text + writer.dialect.words(" row by row")


def _by_row(writer: ExpressionWriter, by_row: bool) -> str:
    return writer.dialect.words(" row by row") if by_row else ""


def _adjoints(writer: ExpressionWriter, shown: Sequence[Any], program: Program, batch: bool) -> list[str]:
    """Say what δ⁽ˡ⁾ and letters with a bar are."""
    present: dict[str, Tensor] = {}
    for one in shown:
        equation: Equation = one.equation if isinstance(one, MatrixEquation) else one
        for tensor in (equation.left.base, *sorted(tensors(equation.right), key=lambda t: t.name)):
            present.setdefault(tensor.name, tensor)
    whole = any(isinstance(one, MatrixEquation) for one in shown)
    deltas, bars = [], []
    for name in present:
        if name not in program.adjoints:
            continue
        mark = writer.names.marks[name]
        if mark.accent == "bar":
            bars.append(name)
        elif mark.of is None:
            deltas.append(name)
    layered = program.layered and deltas and all(_same_layer(program, name) for name in deltas)
    written = [
        _adjoint(writer, program, name, whole=whole, batch=batch, general=bool(layered))
        for name in sorted(deltas, key=_number)
    ]
    several = len(bars) > _MOST_BARS
    written.extend(
        _adjoint(writer, program, name, whole=whole, batch=batch, general=False)
        for name in (bars[:1] if several else bars)
    )
    if several:
        written[-1] += writer.dialect.words(", and likewise for every bar")
    return list(dict.fromkeys(written))


def _same_layer(program: Program, name: str) -> bool:
    """Whether delta2 is the adjoint of z2, as a general l may stand for the 2."""
    return bool(re.fullmatch(r"delta\d+", name)) and program.adjoints[name].wrt == "z" + name[5:]


def _number(name: str) -> int:
    digits = re.sub(r"\D", "", name)
    return int(digits) if digits else 0


def _adjoint(writer: ExpressionWriter, program: Program, name: str, *, whole: bool, batch: bool, general: bool) -> str:
    adjoint = program.adjoints[name]
    names, dialect = writer.names, writer.dialect
    tensor = names.tensors[name]
    known = names.tensors.get(adjoint.wrt)
    wrt = names.marks.get(adjoint.wrt) or mark_of_name(adjoint.wrt, program.layered)
    mark, of = names.of(tensor), names.numerator or names.marks.get(adjoint.of, Mark("C"))
    if whole and not batch:
        mark, wrt = names.whole(tensor), names.whole(known) if known is not None else wrt
    if general:
        mark, wrt = (Mark(m.letter, "l" if m.layer else "", "" if m.layer else "l", m.accent) for m in (mark, wrt))
    if not batch or not tensor.rank:
        left = dialect.symbol(mark, bold=whole and tensor.rank > 0).text
        return f"{left} = {dialect.flat(replace(wrt, of=of), bold=whole and tensor.rank > 0)}"
    row = dialect.example_derivative(of, wrt, whole)
    if not whole or tensor.rank != 2:
        return f"{dialect.symbol(mark, ['n']).text} = {row}"
    capital = replace(mark, letter=mark.letter.upper()) if len(mark.letter) == 1 else mark
    return (
        dialect.symbol(capital, bold=True).text + dialect.words(" has row ") + "n" + dialect.words(" equal to ") + row
    )
