"""Axes, indices and tensors: what equations are about.

A tensor is a SymPy `IndexedBase` with a shape and a role; an entry of it, `W[j, k]`, is a SymPy
`Indexed`. An axis is its size (a number or a symbol); an index is a SymPy `Idx` that runs over one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sympy import Dummy, Expr, Idx, Indexed, IndexedBase, Integer, Symbol, SympifyError, Tuple, expand, false, true
from sympy.core.symbol import Str
from sympy.core.sympify import _sympify

from symnn.errors import ProgramError, ShapeError
from symnn.language.names import check_name

ROLES = ("input", "target", "parameter", "value", "adjoint", "hyperparameter")


class Entry(Indexed):
    """One entry `T[i, j]` of a tensor; a tensor of rank 0 has the single entry `T[()]`."""

    is_real = True
    is_commutative = True

    def __new__(cls, base: Tensor, *indices: Any) -> Entry:
        checked = [index if isinstance(index, Expr) else _checked_index(index) for index in indices]
        if base.is_symmetric and all(isinstance(index, Idx) for index in checked[-2:]):
            # S[j, i] is S[i, j]: one way to write it, so that equal terms are seen to be equal.
            checked[-2:] = sorted(checked[-2:], key=_place_in_order)
        return Expr.__new__(cls, base, *checked)

    def _hashable_content(self) -> tuple[Any, ...]:
        return tuple(self._args)

    @property
    def name(self) -> str:
        return str(self.base)

    @property
    def free_symbols(self) -> set[Any]:
        return {self}.union(*(index.free_symbols for index in self.indices))

    def _eval_derivative(self, wrt: Any) -> Expr:
        # Derivatives are taken with respect to dummies that stand for entries: see symnn.calculus.
        return Integer(int(self == wrt))

    def _sympystr(self, printer: Any) -> str:
        inside = ", ".join(printer.doprint(index) for index in self.indices)
        return f"{self.base.name}[{inside}]" if self.indices else str(self.base.name)


def _place_in_order(an_index: Idx) -> tuple[str, int]:
    return an_index.name, getattr(an_index.label, "dummy_index", 0)


class Tensor(IndexedBase):
    """A named real tensor: `args` are its label, its shape, its role, and whether it is symmetric.

    A symmetric tensor is so in its last two axes, which have one size.
    """

    is_real = True

    def __new__(cls, label: Any, shape: Any, role: Any = "value", symmetric: Any = False) -> Tensor:
        symbol = Symbol(check_name(str(label)), real=True)
        if str(role) not in ROLES:
            raise ProgramError(f"tensor '{symbol}': unknown role {str(role)!r} (accepted: {', '.join(ROLES)})")
        sizes = Tuple(*(check_size(size) for size in shape))
        if symmetric and (len(sizes) < 2 or not same_size(*sizes[-2:])):
            raise ShapeError(f"tensor '{symbol}': only a square matrix is symmetric, not one of shape {sizes}")
        made = Expr.__new__(cls, symbol, sizes, Str(str(role)), true if symmetric else false)
        made._shape, made._offset, made._strides, made._name = sizes, Integer(0), None, symbol.name
        return made

    def _hashable_content(self) -> tuple[Any, ...]:
        return tuple(self._args)

    @property
    def role(self) -> str:
        return str(self.args[2].name)

    @property
    def is_symmetric(self) -> bool:
        """Whether T[…, i, j] = T[…, j, i]."""
        return self.args[3] is true

    def like(self, name: str | None = None, shape: Any = None, role: str | None = None) -> Tensor:
        """Return the same tensor under another name, with another shape, or in another role."""
        given = (self.name if name is None else name, self.shape if shape is None else shape)
        return Tensor(*given, self.role if role is None else role, self.is_symmetric)

    @property
    def rank(self) -> int:
        return len(self.shape)

    def __getitem__(self, indices: Any, **_: Any) -> Entry:
        given = tuple(indices) if isinstance(indices, tuple | list | Tuple) else (indices,)
        if len(given) != self.rank:
            raise ShapeError(f"tensor '{self.name}' has {self.rank} axes, and was given {len(given)} indices")
        return Entry(self, *given)


def check_size(size: Any) -> Expr:
    """Return the size of an axis: a positive integer, a symbol made by `sizes`, or arithmetic of them."""
    try:
        value = _sympify(size)  # the strict one: SymPy's other one runs what a text says
    except SympifyError:
        raise ShapeError(
            f"bad size {str(size)[:40]!r}: an axis is a positive whole number or a symbol from symnn.sizes"
        ) from None
    if not isinstance(value, Expr) or value.is_integer is False or value.is_positive is False:
        raise ShapeError(f"bad size {size}: an axis is a positive whole number or a symbol from symnn.sizes")
    if value.is_integer is None:
        raise ShapeError(f"bad size {size}: make its symbols with symnn.sizes")
    return value


def _checked_index(given: Any) -> Expr:
    try:
        value = _sympify(given)
    except SympifyError:
        value = None
    if not isinstance(value, Expr):
        raise ShapeError(f"bad index {str(given)[:40]!r}: make indices with symnn.index(name, size)")
    return value


def tensor(name: str, shape: Any = (), role: str = "value", symmetric: bool = False) -> Any:
    """Return a tensor; one of rank 0 is returned as its only entry, ready to stand in an expression.

    Args:
        name: letters, digits and single underscores.
        shape: a size or a tuple of sizes, each a positive integer or a symbol from `sizes`.
        role: input, target, parameter, value, adjoint or hyperparameter.
        symmetric: whether it is a symmetric matrix: its gradient is then symmetric too.

    >>> n, d = sizes("n d"); j, k = index("j", n), index("k", d)
    >>> tensor("W", (n, d), role="parameter")[j, k]
    W[j, k]
    >>> tensor("mu") + 1
    mu + 1

    Raises:
        BadNameError, ShapeError, ProgramError: for a bad name, size or role.
    """
    shape = tuple(shape) if isinstance(shape, tuple | list | Tuple) else (shape,)
    made = Tensor(name, shape, role, symmetric)
    return made if shape else made[()]


def sizes(names: str) -> Any:
    """Return symbols for the sizes of axes: positive integers.

    >>> sizes("n d")
    (n, d)
    """
    made = tuple(Symbol(check_name(name), integer=True, positive=True) for name in names.replace(",", " ").split())
    return made if len(made) != 1 else made[0]


class ExampleCount(Symbol):
    """The number of examples in a batch: a size of its own class, so that no user's `m` is taken for it."""

    def __new__(cls) -> ExampleCount:
        return Symbol.__new__(cls, "m", integer=True, positive=True)

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]:
        return (), {}


examples = ExampleCount()
"""The size of the example axis of a batch: a tensor whose first axis is `examples` has a row an example."""


def index(name: str, size: Any) -> Idx:
    """Return an index that runs over an axis of the given size, from 0.

    >>> index("k", 3).upper
    2
    """
    return Idx(Symbol(check_name(name), integer=True), check_size(size))


def fresh_index(like: Idx) -> Idx:
    """Return a new index over the axis of `like`, different from every index there is."""
    return _index(like.name, like.args[1:])


def fresh_index_over(size: Expr, hint: str = "i") -> Idx:
    """Return a new index over an axis of the given size."""
    return _index(hint, (_run(size),))


def _index(name: str, run: tuple[Tuple, ...]) -> Idx:
    """Return a nameless index as `Idx` makes it, without checking again what was checked for the axis."""
    made = Expr.__new__(Idx, Dummy(name, integer=True), *run)
    made._assumptions["finite"] = made._assumptions["real"] = True
    return made


@lru_cache(maxsize=4096)
def _run(size: Expr) -> Tuple:
    return Tuple(Integer(0), size - 1)


@lru_cache(maxsize=65536)
def size_of(an_index: Idx) -> Expr:
    """Return the size of the axis that an index runs over."""
    if an_index.upper is None:
        raise ProgramError(f"index '{an_index}' has no size: make it with symnn.index(name, size)")
    return an_index.upper - an_index.lower + 1


def same_size(one: Expr, other: Expr) -> bool:
    """Whether two sizes, symbolic ones too, are equal."""
    return one == other or expand(one - other) == 0
