"""Linear algebra in loops: each matrix whole, by the routines that numba knows (it needs scipy for them)."""

from __future__ import annotations

from sympy import Idx

from symnn.compiling.numba_source import INDENT, Kept
from symnn.compiling.numba_statements import Statement
from symnn.compiling.numba_text import affine
from symnn.language import examples, size_of

_CALLS = {
    "Inverse": "np.linalg.inv",
    "Determinant": "np.linalg.det",
    "Cholesky": "np.linalg.cholesky",
    "LogDeterminant": "np.linalg.slogdet",
}


def matrix_lines(statement: Statement, kept: Kept, comments: dict[str, str]) -> list[str]:
    """Return the lines of a matrix operation, for each value of the indices around the matrix."""
    left, matrix = statement.left, statement.right
    names = {kept.own: kept.words["n"]}
    loops = [i for i in statement.indices if i != statement.own]
    for place, each in enumerate(loops):
        names[each] = kept.fresh(f"{each.name}{place or ''}")
    target, given = (kept.place(e.base, [names.get(i) or _whole(i) for i in e.indices]) for e in (left, matrix))
    call = f"{_CALLS[statement.operation]}({given})"
    body = [f"{target} = {call}"]
    if statement.operation == "LogDeterminant":
        sign, value = kept.fresh("sign"), kept.fresh("value")
        body = [f"{sign}, {value} = {call}", f"{target} = {value} if {sign} > 0 else np.nan*{value}"]
    if left.base.name in comments:
        body[-1] += f"  # {comments.pop(left.base.name)}"
    for each in reversed(loops):
        body = [f"for {names[each]} in range({affine(size_of(each), {})}):", *(INDENT + line for line in body)]
    return body


def _whole(an_index: Idx) -> str:
    """Return the slice of a whole axis: room for a batch is more than the last and smaller one needs."""
    size = size_of(an_index)
    return f":{affine(size, {})}" if examples in size.free_symbols else ":"
