"""What is known where a formula is judged: every equation of a derivation, every adjoint, and their names.

    delta1, dz1    ∂C/∂z⁽¹⁾        da1    ∂C/∂a⁽¹⁾        dW1    ∂C/∂W⁽¹⁾        a0    x
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sympy import Expr

from symnn.calculus import Derivation, differentiate, normal_form
from symnn.errors import InputError, suggest
from symnn.language import NAMED, Elementwise, Program, Tensor, lookups, prime, tensors
from symnn.language.names import is_error_name, is_name
from symnn.language.vocabulary import is_word
from symnn.proof.checker import decides_by_sign

MOST_PRIMES = 2
_PRE_ACTIVATION = re.compile(r"z(\d+(?:_\d+)?)\Z")


@dataclass(frozen=True, eq=False)
class Known:
    """A derivation with every adjoint in it.

    Attributes:
        program: the forward equations, and an equation for each adjoint.
        of: what is differentiated.
        adjoints: for the name of each tensor, the name of its adjoint in the program.
        names: the tensor that each name of a formula means; some tensors have several names.
        functions: functions of one variable, and their derivatives, by the names that a formula writes.
    """

    program: Program
    of: str
    adjoints: dict[str, str]
    names: dict[str, Tensor] = field(default_factory=dict)
    functions: dict[str, type[Elementwise]] = field(default_factory=dict)

    @property
    def derivation(self) -> Derivation:
        """The derivation as it is written: every adjoint is ∂C/∂T, and δ where a layer's has that name."""
        shown = {wrt: made for wrt, made in self.adjoints.items() if not is_error_name(made)}
        return Derivation(self.program, self.of, tuple(shown), shown, tuple(self.adjoints.values()))

    @cached_property
    def has_branches(self) -> bool:
        """Whether the sign of something decides what is computed."""
        return any(decides_by_sign(equation.right) for equation in self.program)

    @property
    def sizes(self) -> dict[str, Expr]:
        """The sizes that are letters."""
        axes = [size for tensor in self.program.tensors.values() for size in tensor.shape]
        return {symbol.name: symbol for size in axes for symbol in size.free_symbols}

    def gradient_of(self, name: str) -> Tensor:
        """Return the adjoint of a tensor.

        Raises:
            InputError: for a name that has none.
        """
        own = self.names[name].name if name in self.names else name
        if own not in self.adjoints:
            known = [each for each in self.adjoints if each in self.names]
            raise InputError(f"there is no ∂{self.of}/∂{name}{suggest(name, known)}")
        return self.program.find(self.adjoints[own])


def known_of(program: Program, of: str, upstream: str | None = None, wrt: str | None = None) -> Known:
    """Return what is known of a program and of the derivatives of one of its tensors, by every other.

    Args:
        program: the equations.
        of: what is differentiated.
        upstream: the name of its upstream adjoint, where it is no scalar.
        wrt: a name that is differentiated by, although facts that hold of it could simplify the others.

    >>> from symnn.networks import mlp
    >>> sorted(known_of(mlp("2-3-1").program, "C").adjoints)
    ['W1', 'W2', 'a1', 'a2', 'b1', 'b2', 'x', 'y', 'z1', 'z2']
    """
    normal = normal_form(program)
    needed = normal.pruned([of])
    stated = {tensor.name for fact in program.facts for tensor in tensors(fact.left)} - {wrt}
    looked_up = {tensor.name for equation in normal for tensor in lookups(equation.right)}
    # What the normal form names is no name of the reader's.
    by = [name for name in program.tensors if name in needed.tensors and name not in {of, *stated, *looked_up}]
    if wrt in program.tensors and wrt not in (*by, of):
        by.append(str(wrt))
    found = differentiate(program, of, by, upstream, may_be_zero=True)
    whole = Program(
        (*normal.equations, *(e for e in found.program if e.tensor.name in found.backward)),
        program.facts,
        found.program.layered,
        found.program.adjoints,
    )
    return with_names(Known(whole, of, dict(found.gradients)))


def known_of_derivation(derivation: Derivation) -> Known:
    """Return what a derivation itself knows: its equations, and the gradients that it was asked for."""
    return with_names(Known(derivation.program, derivation.of, dict(derivation.gradients)))


def with_names(known: Known) -> Known:
    """Return the same with the names that formulas may use."""
    program = known.program
    names: dict[str, Tensor] = {n: t for n, t in program.tensors.items() if not is_word(n)}
    for name, made in known.adjoints.items():
        names.setdefault(f"d{name}" if is_name(f"d{name}") else f"d_{name}", program.find(made))
        layer = _PRE_ACTIVATION.match(name)
        if layer is not None:
            names.setdefault(f"delta{layer[1]}", program.find(made))
    if program.layered and "x" in names:
        names.setdefault("a0", names["x"])
    functions = {n: f for n, f in functions_of(program).items() if n not in names and n not in known.sizes}
    return Known(program, known.of, known.adjoints, names, functions)


def functions_of(program: Program) -> dict[str, type[Elementwise]]:
    """Return the functions that a formula may call beside those of the grammar: derivatives, and the program's own."""
    own = [type(f) for equation in program for f in equation.right.atoms(Elementwise)]
    roots: dict[str, Any] = {**NAMED, "sigma": NAMED["sigmoid"], **{f.root.__name__: f.root for f in own}}
    found: dict[str, type[Elementwise]] = {}
    for name, root in roots.items():
        if not is_word(name):
            found[name] = root
        for order in range(1, MOST_PRIMES + 1):
            found[f"{name}_prime{order if order > 1 else ''}"] = prime(root, order)
    return found


def shape_text(shape: tuple[Any, ...] | Any) -> str:
    """Return a tensor's shape as it is said: 3×2, 3, or scalar.

    >>> shape_text((3, 2)), shape_text(())
    ('3×2', 'scalar')
    """
    return "×".join(f"({size})" if getattr(size, "is_Add", False) else str(size) for size in shape) or "scalar"


def primable(functions: Mapping[str, Any]) -> frozenset[str]:
    """Return the functions that a formula may write with a prime."""
    return frozenset(name.removesuffix("_prime") for name in functions if name.endswith("_prime"))
