"""Which letter each index is written with: chosen only here, when an equation is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sympy import Expr, Idx

from symnn.language import Entry, Tensor, entries
from symnn.language import tensors as tensors_in
from symnn.views.matrix import MatrixEquation
from symnn.writing.dialects import Text

_LETTERS = "ijklprstuvabcdefghmnoqwxyz"
_PAGE_LETTERS = {"n": "nrsuvt", "h": "hasuvt"}
"""What keeps one letter through a page: the example and the head, and what they are called where that is taken."""


@dataclass(frozen=True)
class PageLetters:
    """What the letters of indices have to heed on one page.

    Attributes:
        reserved: letters that no index is written with: those of the page's tensors and sizes.
        chosen: for n and h, the letter that stands for it through the page.
    """

    reserved: frozenset[str] = frozenset()
    chosen: Mapping[str, str] = field(default_factory=dict)

    def of(self, equations: Iterable[Any], shapes_of: Iterable[Tensor] = ()) -> PageLetters:
        """Return what is to be heeded on a page with these equations, and these tensors' shapes, beside the rest."""
        shown = [one.equation if isinstance(one, MatrixEquation) else one for one in equations]
        tensors = {tensor for one in shown for tensor in (one.left.base, *tensors_in(one.right))}
        sizes = {symbol.name for tensor in shapes_of for size in tensor.shape for symbol in size.free_symbols}
        scalars = {s.name for one in shown for s in one.right.free_symbols if not isinstance(s, Idx | Entry)}
        names = sizes | scalars | {tensor.name for tensor in tensors} | {tensor.name.lower() for tensor in tensors}
        taken = self.reserved | {name for name in names if len(name) == 1}
        chosen: dict[str, str] = {}
        for hint, letters in _PAGE_LETTERS.items():
            free = [letter for letter in letters if letter not in taken and letter not in chosen.values()]
            if hint in taken and free:
                chosen[hint] = free[0]
        return PageLetters(frozenset(taken), chosen)


@dataclass(frozen=True)
class Scope:
    """The letters of the indices in sight, and what no other index may be called.

    Attributes:
        letters: the letter of each index.
        taken: letters that are in use.
        first: the indices of the left side, in order.
        chosen: for n and h, what they are called where they are taken.
        fixed: indices that have their letters from elsewhere, as on other lines of a derivation.
    """

    letters: dict[Idx, str] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    first: tuple[Idx, ...] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[Idx, str] = field(default_factory=dict)

    def with_indices(self, indices: Sequence[Idx], dialect: Text) -> Scope:
        """Return the scope with more indices in it, each with a letter of its own."""
        letters, taken = dict(self.letters), {*self.taken, *self.chosen.values()}
        for one in indices:
            if one in self.fixed:
                letters[one] = self.fixed[one]
                taken.add(self.fixed[one])
                continue
            hint = one.name[:1].lower()
            wanted = self.chosen.get(hint, hint)
            if wanted != hint and wanted not in letters.values() and dialect.index_letters(wanted):
                letters[one] = wanted
                continue
            # The next letter after the one wanted: where j is taken, k.
            start = _LETTERS.index(hint) if dialect.index_letters(hint) and hint in _LETTERS else 2
            candidates = [hint, *_LETTERS[start:], *_LETTERS[:start], *_LETTERS.upper()]
            letter = next((c for c in candidates if c not in taken and dialect.index_letters(c)), one.name)
            letters[one] = letter
            taken.add(letter)
        return Scope(letters, frozenset(taken), self.first, self.chosen, self.fixed)


def scope_of(left: Entry, right: Expr, dialect: Text, page: PageLetters | None = None) -> Scope:
    """Return the letters of an equation's free indices: sizes and scalars in it keep their own letters."""
    taken = {s.name for s in right.free_symbols if not isinstance(s, Idx | Entry) and len(s.name) == 1}
    page = page or PageLetters()
    taken |= page.reserved | {entry.base.name for entry in entries(right) if not entry.indices}
    taken |= {entry.base.name.lower() for entry in entries(right) | {left}}
    free = tuple(index for index in left.indices if isinstance(index, Idx))
    return Scope({}, frozenset(taken), free, page.chosen).with_indices(free, dialect)
