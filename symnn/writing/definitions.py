"""What the line under the equations says: the functions and symbols that were used, and nothing else.

Functions are defined by `formula` of symnn.language, the very definition that is compiled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from typing import Any

from sympy import Abs, Symbol, exp, preorder_traversal, sign

from symnn.language import (
    Elementwise,
    Fact,
    LogSumExp,
    Program,
    Tensor,
    formula,
    fresh_index_over,
    index,
    sizes,
    sum_over,
)
from symnn.views.matrix import MatrixEquation
from symnn.views.order import index_order
from symnn.views.tree import Apply, Norm1, Reduce, Softmax, Tree
from symnn.writing.adjoints import adjoint_definitions
from symnn.writing.dialects import Piece
from symnn.writing.expressions import ExpressionWriter
from symnn.writing.scope import Scope


def definitions(writer: ExpressionWriter, shown: Sequence[Any], program: Program, batch: bool) -> list[str]:
    """Return the definitions of the functions, reductions and adjoints that the shown equations use."""
    return [
        *_functions(writer, shown),
        *_whole_functions(writer, shown),
        *adjoint_definitions(writer, shown, program, batch),
    ]


def facts_text(writer: ExpressionWriter, facts: Iterable[Fact]) -> str:
    """Return what is known of the inputs and was used: ``using Σⱼ yⱼ = 1``."""
    written: list[str] = []
    for fact in facts:
        scope = Scope(chosen=writer.page.chosen).with_indices(sorted(_free(fact), key=index_order), writer.dialect)
        text = f"{writer.piece(fact.left, scope).text} = {writer.piece(fact.right, scope).text}"
        if text not in written:
            written.append(text)
    return ", ".join(written)


def _free(fact: Fact) -> set[Any]:
    from_left = fact.left.free_symbols | fact.right.free_symbols
    return {symbol for symbol in from_left if type(symbol).__name__ == "Idx"}


def _functions(writer: ExpressionWriter, shown: Iterable[Any]) -> list[str]:
    """Return the definition of each named function used, also of those used in a definition."""
    letter = next((letter for letter in "tuvwr" if letter not in writer.page.reserved), "t")
    variable, t = Symbol(letter, real=True), Piece(letter)
    used: dict[type[Elementwise], None] = {}
    met = [_met(one) for one in shown]
    pending = [f for functions in met for f in _named(functions)]
    written: list[str] = []
    notes: list[str] = []
    while pending:
        function = pending.pop(0)
        if function in used:
            continue
        used[function] = None
        meaning = formula(function, variable)
        if meaning is not None:
            pending[:0] = [f for f in _named(map(type, preorder_traversal(meaning))) if f not in used]
    for function in sorted(used, key=lambda f: (list(dict.fromkeys(g.root for g in used)).index(f.root), f.order)):
        meaning = formula(function, variable)
        if meaning is None:
            continue
        left, right = writer.apply(function, [t]).text, writer.piece(meaning, Scope()).text
        if left != right:
            written.append(f"{left} = {right}")
        if function.order and function.subgradient:
            notes.append(writer.dialect.phrase(function.subgradient))
    if any(sign in functions for functions in met):
        notes.append(f"{writer.apply(sign, [writer.dialect.number(0)]).text} = 0")
    return [*written, *dict.fromkeys(notes)]


def _met(shown: Any) -> list[Any]:
    """Return the functions that an equation is written with: closed forms have others than their equations."""
    if isinstance(shown, MatrixEquation):
        return [node.function for node in shown.right.walk() if isinstance(node, Apply)]
    return [type(part) for part in preorder_traversal(shown.right)]


def _named(functions: Iterable[Any]) -> list[type[Elementwise]]:
    found = [function for function in functions if issubclass(function, Elementwise)]
    return sorted(dict.fromkeys(found), key=lambda f: (f.order, f.__name__))


def _whole_functions(writer: ExpressionWriter, shown: Sequence[Any]) -> Iterator[str]:
    """Define softmax and the reductions, where the matrix view names them."""
    nodes = [node for one in shown if isinstance(one, MatrixEquation) for node in one.right.walk()]
    size = sizes("size")
    # The size of any t has no letter that a limit could be.
    writer = copy(writer)
    writer.limits = False
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
        yield writer.dialect.call("max", Piece("T")).text + writer.dialect.prose(" row by row")
    yield from _norm_of_matrix(writer, nodes)


def _norm_of_matrix(writer: ExpressionWriter, nodes: Iterable[Tree]) -> Iterator[str]:
    """Say which norm ‖T‖₁ of a matrix is meant: there is another one of that name."""
    if any(isinstance(node, Norm1) and node.body.columns is not None for node in nodes):
        rows, columns = sizes("rows columns")
        j, k = index("j", rows), index("k", columns)
        whole = Tensor("T", (rows, columns))
        total = writer.piece(sum_over(Abs(whole[j, k]), [j, k]), Scope()).text
        symbol = writer.dialect.symbol(writer.names.whole(whole), bold=True).text
        yield f"{writer.dialect.norm_one(symbol).text} = {total}"


def _by_row(writer: ExpressionWriter, by_row: bool) -> str:
    return writer.dialect.prose(" row by row") if by_row else ""
