"""An equation T[i, j] = right side, in index notation, checked when it is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sympy import (
    Dummy,
    Expr,
    Float,
    Heaviside,
    Idx,
    IndexedBase,
    Rational,
    S,
    Sum,
    Symbol,
    SympifyError,
    preorder_traversal,
)
from sympy.core.basic import Basic
from sympy.core.function import AppliedUndef
from sympy.core.sympify import _sympify
from sympy.matrices.expressions.matexpr import MatrixExpr

from symnn.errors import ProgramError
from symnn.language.display import Shown
from symnn.language.expressions import (
    body_and_bound,
    contains,
    entries,
    free_indices,
    index_bounds,
    is_binder,
    substitute,
    transform,
)
from symnn.language.functions import Step, Within, undefined_function
from symnn.language.matrices import MatrixOperation
from symnn.language.names import check_name
from symnn.language.tensors import Entry, ExampleCount, Tensor, same_size, size_of, tensor

_NOT_REAL = frozenset((S.Infinity, S.NegativeInfinity, S.ComplexInfinity, S.NaN, S.ImaginaryUnit))
_SHORT = 8
"""Decimals of more digits than this are measurements, not fractions."""


@dataclass(frozen=True, eq=True)
class Equation(Shown):
    """T[i…] = right side, for every value of the free indices i….

    Args:
        left: an entry of the tensor that is defined; its indices are distinct.
        right: any real SymPy expression of entries, numbers and sizes.

    >>> from symnn.language import index, sizes, tensor
    >>> n, d = sizes("n d"); j, k = index("j", n), index("k", d)
    >>> W, x, z = tensor("W", (n, d)), tensor("x", d), tensor("z", n)
    >>> print(Equation(z[j], Sum(W[j, k] * x[k], k)))
    z[j] = Sum(W[j, k]*x[k], k)

    Raises:
        ProgramError: with the equation in it, for free indices that differ, axes whose sizes disagree,
            an index that leaves its axis, or a left side that is no entry with distinct indices.
    """

    left: Entry
    right: Expr
    program: Any = field(default=None, compare=False)
    """The program in whose notation it is shown, if any."""

    def __init__(self, left: Any, right: Any, program: Any = None) -> None:
        object.__setattr__(self, "program", program)
        object.__setattr__(self, "left", left)
        object.__setattr__(self, "right", as_expression(right))
        if not isinstance(self.right, Expr) or isinstance(self.right, MatrixExpr):
            raise ProgramError(f"{self}: the right side is not a scalar SymPy expression")
        try:
            object.__setattr__(self, "right", _on_entry(self.right))
        except ProgramError as error:
            raise ProgramError(f"{left} = {self.right}: {error}") from None
        self._check()

    @property
    def tensor(self) -> Tensor:
        return self.left.base

    @property
    def indices(self) -> tuple[Idx, ...]:
        return self.left.indices

    def __str__(self) -> str:
        left, right = _with_letters(self.left, self.right)
        return f"{left} = {plain(right)}"

    __repr__ = __str__

    def _check(self) -> None:
        if not isinstance(self.left, Entry):
            raise ProgramError(f"{self}: the left side must be an entry of a tensor, such as z[j]")
        indices = self.indices
        if not all(isinstance(index, Idx) for index in indices) or len(set(indices)) != len(indices):
            raise ProgramError(f"{self}: the left side needs distinct plain indices")
        left, right = set(indices), free_indices(self.right)
        if extra := right - left:
            names = ", ".join(sorted(index.name for index in extra))
            raise ProgramError(f"{self}: index {names} is free on the right but not on the left")
        self._check_operations()
        bracketed = contains(self.right, Within)
        for entry in entries(self.right) | {self.left}:
            if len(entry.indices) != entry.base.rank:
                raise ProgramError(f"{self}: {entry.base.name} has {entry.base.rank} axes")
            for position, expression in enumerate(entry.indices):
                self._check_index(entry, position, expression, bracketed)

    def _check_operations(self) -> None:
        """A matrix operation whose result is a matrix stands alone, and the left side has its axes."""
        if not contains(self.right, MatrixOperation):
            return
        found = self.right if isinstance(self.right, MatrixOperation) else None
        nested = [o for o in self.right.atoms(MatrixOperation) if o is not found and o.rank]
        if nested:
            kind = type(nested[0]).__name__
            raise ProgramError(f"{self}: {kind} stands alone on a right side, as in V[i, j] = {kind}(S[p, q], p, q)")
        if found is None:
            return
        axes = [i for i in self.indices if i not in free_indices(found)]
        sizes = {size_of(i) for i in axes} | {size_of(found.bound[0])}
        if len(axes) != found.rank or not all(same_size(size, size_of(found.bound[0])) for size in sizes):
            shape = " × ".join(["1"] if not found.rank else [str(size_of(i)) for i in found.bound])
            raise ProgramError(f"{self}: the right side is {shape}, and the left side has {len(axes)} axes for it")

    def _check_index(self, entry: Entry, position: int, expression: Expr, bracketed: bool) -> None:
        size = entry.base.shape[position]
        if isinstance(expression, Entry):  # a lookup: what it finds is checked where the numbers are known
            return
        if isinstance(expression, Idx):
            if not same_size(size_of(expression), size):
                raise ProgramError(
                    f"{self}: index {expression} runs over {size_of(expression)}, "
                    f"axis {position + 1} of {entry.base.name} has size {size}"
                )
            return
        if bracketed:
            return
        try:
            low, high = index_bounds(expression)
        except ProgramError as error:
            raise ProgramError(f"{self}: {error}") from None
        if low.is_negative or (high - size + 1).is_positive:
            raise ProgramError(
                f"{self}: index {expression} runs from {low} to {high}, "
                f"axis {position + 1} of {entry.base.name} has size {size}"
            )


def as_expression(given: Any) -> Any:
    """Return a number as a SymPy number; a text stays a text, because SymPy would run it."""
    try:
        return _sympify(given)
    except SympifyError:
        return given


def _with_letters(*parts: Any) -> tuple[Any, ...]:
    """Return expressions in which every nameless index has a letter of its own."""
    if not all(isinstance(part, Basic) for part in parts):
        return parts
    found = [i for part in parts for i in preorder_traversal(part) if isinstance(i, Idx)]
    taken = {i.name for i in found if not isinstance(i.label, Dummy)}
    letters: dict[Any, Any] = {}
    for i in found:
        if isinstance(i.label, Dummy) and i not in letters:
            name = next(n for n in (i.name, *"ijklpqrstuvw", *(f"{i.name}{n}" for n in range(1, 99))) if n not in taken)
            taken.add(name)
            letters[i] = Idx(Symbol(name, integer=True), i.args[1])
    return tuple(substitute(part, letters) for part in parts)


def plain(expression: Any) -> str:
    """Return an expression in SymPy's own notation, with sums written short: Sum(W[j, k]*x[k], k)."""

    class Named(Symbol):
        """A sum that has been written already."""

    def shorten(part: Basic) -> Basic | None:
        if is_binder(part):
            body, bound = body_and_bound(part)
            inside = ", ".join([plain(body), *(index.name for index in bound)])
            return Symbol.__new__(Named, f"{type(part).__name__}({inside})")
        return None

    if not isinstance(expression, Basic):
        return str(expression)
    (expression,) = _with_letters(expression)
    try:
        return str(transform(expression, shorten))
    except ProgramError:
        return str(expression)


def _decimal(number: Float) -> Expr:
    """Return a short decimal as the fraction that was meant: 1e-5 is 1/100000."""
    digits = repr(float(number)).partition("e")[0].strip("-").replace(".", "").strip("0")
    return Rational(repr(float(number))) if len(digits) <= _SHORT else number


def _on_entry(expression: Expr) -> Expr:
    """Return the expression in symnn's own terms: real symbols, its own undefined functions, brackets."""

    def enter(part: Basic) -> Basic | None:
        if isinstance(part, AppliedUndef):
            if len(part.args) != 1:
                raise ProgramError(f"{part}: an undefined function takes one argument")
            return undefined_function(part.func.__name__)(transform(part.args[0], enter))
        if isinstance(part, Sum):
            body_and_bound(part)
        if isinstance(part, Float):
            return _decimal(part)
        if isinstance(part, Heaviside):
            return Step(transform(part.args[0], enter))
        if isinstance(part, Entry | Idx):
            return part
        if part in _NOT_REAL:
            raise ProgramError(f"{part} is not a real, finite number")
        if isinstance(part, IndexedBase):
            shown = ", ".join("ijklpq"[: getattr(part, "rank", 1)])
            raise ProgramError(f"{part}: the right side needs entries of tensors, such as {part}[{shown}]")
        if isinstance(part, Symbol) and not part.is_integer:
            check_name(part.name)
            return tensor(part.name, (), role="hyperparameter")
        if isinstance(part, Symbol):
            check_name(part.name)
        return None

    return expression if _is_entered(expression) else transform(expression, enter)


@lru_cache(maxsize=65536)
def _is_entered(part: Basic) -> bool:
    """Whether an expression is in symnn's own terms already, as all that the calculus makes is."""
    if isinstance(part, Entry | Idx):
        return True
    if isinstance(part, IndexedBase) or part in _NOT_REAL:
        return False
    if isinstance(part, AppliedUndef | Float | Heaviside | Symbol | Sum) and not _is_whole_sum(part):
        return isinstance(part, ExampleCount)
    return all(_is_entered(arg) for arg in part.args)


def _is_whole_sum(part: Basic) -> bool:
    """Whether a sum runs over whole axes (any other is refused elsewhere) and has nothing to enter."""
    return isinstance(part, Sum) and bool(body_and_bound(part)) and _is_entered(part.args[0])
