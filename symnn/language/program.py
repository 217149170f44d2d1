"""A program: an ordered list of equations in which every tensor is defined once, before it is used."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sympy import Expr, Idx

from symnn.errors import ProgramError, suggest
from symnn.language.display import Shown
from symnn.language.equation import Equation, as_expression, plain
from symnn.language.expressions import entries, tensors
from symnn.language.tensors import Tensor, examples, same_size


@dataclass(frozen=True)
class Fact:
    """An equation that holds of what a program is given, such as Σⱼ y[j] = 1: `left` may be replaced by `right`.

    A fact is used to simplify, and is said where it is used; it is never differentiated.
    """

    left: Expr
    right: Expr

    def __post_init__(self) -> None:
        object.__setattr__(self, "left", as_expression(self.left))
        object.__setattr__(self, "right", as_expression(self.right))

    def __str__(self) -> str:
        return f"{plain(self.left)} = {plain(self.right)}"


@dataclass(frozen=True)
class Adjoint:
    """What an adjoint tensor is the derivative of, and with respect to what: ∂of/∂wrt."""

    of: str
    wrt: str


@dataclass(frozen=True, repr=False)
class Program(Shown):
    """An ordered, single-assignment list of equations.

    Args:
        equations: each tensor is defined once, and before it is used. What is used and never defined
            is an input of the program.
        facts: what is known of the inputs (see `Fact`).
        layered: whether digits at the end of a name count layers: `W1` is then W⁽¹⁾.
        adjoints: for each tensor that is a derivative, what it is the derivative of.

    >>> from sympy import Sum
    >>> from symnn.language import index, sizes, tensor
    >>> n = sizes("n"); i = index("i", n)
    >>> x, s = tensor("x", n, role="input"), tensor("s")
    >>> print(Program([Equation(s, Sum(x[i] ** 2, i))]))
    s = Sum(x[i]**2, i)

    Raises:
        ProgramError: with the offending equation in it.
    """

    equations: tuple[Equation, ...]
    facts: tuple[Fact, ...] = ()
    layered: bool = False
    adjoints: dict[str, Adjoint] = field(default_factory=dict)

    def __init__(
        self,
        equations: Iterable[Equation],
        facts: Iterable[Fact] = (),
        layered: bool = False,
        adjoints: dict[str, Adjoint] | None = None,
    ) -> None:
        object.__setattr__(self, "equations", tuple(equations))
        object.__setattr__(self, "facts", tuple(facts))
        object.__setattr__(self, "layered", layered)
        object.__setattr__(self, "adjoints", dict(adjoints or {}))
        self._check()

    def __iter__(self) -> Iterator[Equation]:
        return iter(self.equations)

    def __len__(self) -> int:
        return len(self.equations)

    def __str__(self) -> str:
        return "\n".join(str(equation) for equation in self.equations)

    __repr__ = __str__

    def __getitem__(self, name: str) -> Equation:
        if name not in self._by_name:
            raise ProgramError(f"no equation defines '{name}'{suggest(name, self.defined)}")
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Equation]:
        return {equation.tensor.name: equation for equation in self.equations}

    @cached_property
    def defined(self) -> dict[str, Tensor]:
        """The tensors that the program defines, by name, in order."""
        return {equation.tensor.name: equation.tensor for equation in self.equations}

    @cached_property
    def inputs(self) -> dict[str, Tensor]:
        """The tensors that the program uses and does not define, by name, in order of first use."""
        defined = self.defined
        found: dict[str, Tensor] = {}
        for equation in self.equations:
            for tensor in sorted(tensors(equation.right), key=lambda t: (t.role != "parameter", t.name)):
                if tensor.name not in defined:
                    found.setdefault(tensor.name, tensor)
        return found

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        """Every tensor of the program, by name."""
        return {**self.inputs, **self.defined}

    @cached_property
    def names_examples(self) -> bool:
        """Whether some tensor has the example axis: such a program is for a whole batch as it stands."""
        return any(examples in tensor.shape for tensor in self.tensors.values())

    def find(self, name: str) -> Tensor:
        """Return a tensor by its name, or raise with the nearest name there is."""
        found = self.tensors.get(name)
        if found is None:
            raise ProgramError(f"no tensor '{name}' in the program{suggest(name, self.tensors)}")
        return found

    def extended(self, equations: Iterable[Equation], adjoints: dict[str, Adjoint] | None = None) -> Program:
        """Return the program with more equations after its own."""
        return Program((*self.equations, *equations), self.facts, self.layered, {**self.adjoints, **(adjoints or {})})

    def pruned(self, wanted: Iterable[str]) -> Program:
        """Return the program with only the equations that the wanted tensors need."""
        needed, kept = set(wanted), []
        for equation in reversed(self.equations):
            if equation.tensor.name in needed:
                kept.append(equation)
                needed.update(tensor.name for tensor in tensors(equation.right))
        return Program(reversed(kept), self.facts, self.layered, self.adjoints)

    def with_derivative(self, of: str, wrt: str, order: int = 1, name: str | None = None) -> Program:
        """Return the program with ∂of/∂wrt (or a higher derivative) as one more equation, for later ones to use.

        See `symnn.calculus.with_derivative`, which does it: the calculus stands above this folder.
        """
        return _derivatives[0](self, of, wrt, order, name)

    def fresh_name(self, wanted: str, taken: Collection[str] = ()) -> str:
        """Return `wanted`, or the first of `wanted_2`, `wanted_3`, … that names nothing in the program."""
        candidates = (wanted if n == 1 else f"{wanted}_{n}" for n in itertools.count(1))
        return next(name for name in candidates if name not in self._names and name not in taken)

    @cached_property
    def _names(self) -> frozenset[str]:
        """Every name in the program, those of sizes too."""
        sizes = {symbol.name for t in self.tensors.values() for size in t.shape for symbol in size.free_symbols}
        return frozenset(sizes | self.tensors.keys())

    def letters(self) -> dict[str, tuple[Idx, ...]]:
        """For each tensor, the indices with which it is first written: its axes' letters."""
        found: dict[str, tuple[Idx, ...]] = {}
        for equation in self.equations:
            for entry in (equation.left, *sorted(entries(equation.right), key=str)):
                if all(isinstance(index, Idx) for index in entry.indices):
                    found.setdefault(entry.base.name, entry.indices)
        return found

    def _check(self) -> None:
        defined: dict[str, Equation] = {}
        used: dict[str, tuple[Tensor, Equation]] = {}
        for equation in self.equations:
            if not isinstance(equation, Equation):
                raise ProgramError(f"{equation!r} is not an Equation")
            name = equation.tensor.name
            for tensor in tensors(equation.right):
                known = used.setdefault(tensor.name, (tensor, equation))[0]
                _check_same_shape(known, tensor, equation)
                if tensor.name == name:
                    raise ProgramError(f"{equation}: '{name}' is used in its own definition")
                if tensor.name in defined:
                    _check_same_shape(defined[tensor.name].tensor, tensor, equation)
            if name in defined:
                raise ProgramError(f"{equation}: '{name}' is already defined by {defined[name]}")
            if name in used:
                raise ProgramError(f"{used[name][1]}: '{name}' is used before its definition {equation}")
            defined[name] = equation
        self._check_sizes_are_not_tensors({**defined, **used})
        for fact in self.facts:
            if computed := sorted(t.name for t in tensors(fact.left) if t.name in defined):
                raise ProgramError(f"fact {fact}: '{computed[0]}' is computed: a fact is about what is given")

    def _check_sizes_are_not_tensors(self, named: dict[str, Any]) -> None:
        symbols = {s for tensor in self.tensors.values() for size in tensor.shape for s in size.free_symbols}
        for symbol in symbols:
            if symbol.name in named:
                raise ProgramError(f"'{symbol.name}' names both a size and a tensor")
            if examples in symbols and symbol.name == examples.name and symbol != examples:
                raise ProgramError(f"'{symbol.name}' is the number of examples: give the other size another name")


_derivatives: list[Callable[[Program, str, str, int, str | None], Program]] = []


def differentiate_with(function: Callable[[Program, str, str, int, str | None], Program]) -> None:
    """Say what `Program.with_derivative` calls."""
    _derivatives[:] = [function]


def _check_same_shape(known: Tensor, given: Tensor, equation: Equation) -> None:
    if known == given:
        return
    if len(known.shape) != len(given.shape) or not all(map(same_size, known.shape, given.shape)):
        raise ProgramError(
            f"{equation}: '{given.name}' has shape {tuple(given.shape)} here and {tuple(known.shape)} before"
        )
