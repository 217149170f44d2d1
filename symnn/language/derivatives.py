"""Derivatives that are not worked out yet: what stands on the lines of a derivation.

    Partial(u, U[p])   ∂u/∂U[p]: how an expression changes with one entry that it names, all else held fixed
    Total(T[i], U[p])  ∂T[i]/∂U[p]: how one tensor of a program changes with another, through every equation
                       between them

They are notation: the calculus works them out, and the proof evaluates them without it.
"""

from __future__ import annotations

from typing import Any

from sympy import Expr
from sympy.core.basic import Basic

from symnn.errors import ProgramError
from symnn.language.tensors import Entry


class Partial(Expr):
    """∂u/∂U[p…] of an expression u: the entry U[p…] varies wherever u names it, all other entries are held fixed.

    >>> from symnn.language import index, tensor
    >>> j, p = index("j", 3), index("p", 3); a = tensor("a", 3)
    >>> Partial(a[j] ** 2, a[p])
    Partial(a[j]**2, a[p])

    Raises:
        ProgramError: where `by` is no entry of a tensor.
    """

    is_commutative = True
    is_real = True

    def __new__(cls, of: Any, by: Any) -> Partial:
        if not isinstance(of, Basic) or not isinstance(by, Entry):
            raise ProgramError(f"{cls.__name__}({of}, {by}): a derivative is by an entry of a tensor, such as W[j, k]")
        return Expr.__new__(cls, of, by)

    @property
    def of(self) -> Expr:
        return self.args[0]

    @property
    def by(self) -> Entry:
        return self.args[1]

    def _sympystr(self, printer: Any) -> str:
        return f"{type(self).__name__}({printer.doprint(self.of)}, {printer.doprint(self.by)})"


class Total(Partial):
    """∂T[i…]/∂U[p…] of a tensor of a program, through every equation between U and T."""
