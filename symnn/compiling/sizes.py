"""Sizes: which array's shape tells them, and the lines of code that read them there.

An axis of size 2n + 1 tells n = (shape − 1)//2; that it is a whole number is checked at the door.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sympy import Expr, Integer, Symbol

from symnn.compiling.nodes import ArrayNode
from symnn.errors import CompileError
from symnn.language import Tensor


class Shape(ArrayNode):
    """array.shape[axis]"""

    def _numpycode(self, printer: Any) -> str:
        return f"{self.args[0].name}.shape[{self.args[1]}]"


class WholeQuotient(ArrayNode):
    """a // b"""

    def _numpycode(self, printer: Any) -> str:
        return f"({printer._print(self.args[0])})//({printer._print(self.args[1])})"


def size_lines(
    wanted: Iterable[Symbol], tensors: Mapping[str, Tensor], arguments: Sequence[str]
) -> list[tuple[Symbol, Expr]]:
    """Return a line for each wanted size, of the shapes of the arguments; and before it, those that it needs.

    Raises:
        CompileError: for a size that no argument tells.
    """
    needed = set(wanted)
    found, missing = _found(needed, tensors, arguments)
    while more := {s for code in found.values() for s in _sizes(code)} - needed:
        needed |= more
        found, missing = _found(needed, tensors, arguments)
    if missing:
        raise CompileError(f"no array tells the size '{sorted(map(str, missing))[0]}'")
    lines: dict[Symbol, Expr] = {}
    while left := sorted((s for s in found if s not in lines and _sizes(found[s]) <= lines.keys()), key=str):
        lines[left[0]] = found[left[0]]
    return list(lines.items())


def telling(wanted: Iterable[Symbol], tensors: Mapping[str, Tensor], arguments: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments, and after them the tensors that tell the sizes which these do not tell."""
    enough = list(arguments)
    for name in tensors:
        _, missing = _found(set(wanted), tensors, enough)
        if not missing:
            break
        if name not in enough and any(size.free_symbols & missing for size in tensors[name].shape):
            enough.append(name)
    return tuple(enough)


def solved(size: Expr, symbol: Symbol, length: Expr) -> tuple[Expr, Expr] | None:
    """Return (a, b) with symbol = a/b where size = length, for a size that is linear in the symbol."""
    coefficient = size.coeff(symbol)
    rest = (size - coefficient * symbol).expand()
    if coefficient == 0 or symbol in rest.free_symbols or symbol in coefficient.free_symbols:
        return None
    return length - rest, coefficient


def _sizes(code: Expr) -> set[Symbol]:
    """Return the sizes that the code of a size is computed from."""
    return {symbol for symbol in code.free_symbols if symbol.is_integer}


def _found(
    wanted: set[Symbol], tensors: Mapping[str, Tensor], arguments: Sequence[str]
) -> tuple[dict[Symbol, Expr], set[Symbol]]:
    """Return what tells each size, and the sizes that nothing tells."""
    places = [
        (size, Shape(Symbol(name, real=True), Integer(axis)))
        for name in arguments
        for axis, size in enumerate(tensors[name].shape)
    ]
    found: dict[Symbol, Expr] = {}
    for size, here in places:
        if size in wanted:
            found.setdefault(size, here)
    for size, here in places:
        unknown = size.free_symbols & (wanted - found.keys())
        solution = solved(size, symbol, here) if len(unknown) == 1 and (symbol := next(iter(unknown))) else None
        if solution is not None:
            found[symbol] = solution[0] if solution[1] == 1 else WholeQuotient(*solution)
    return found, wanted - found.keys()
