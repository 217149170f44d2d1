"""Which letter each index is written with: chosen only here, when an equation is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sympy import Expr, Idx

from symnn.language import Entry, entries
from symnn.writing.dialects import Text

_LETTERS = "ijklprstuvabcdefghmnoqwxyz"


@dataclass(frozen=True)
class Scope:
    """The letters of the indices in sight, and what no other index may be called.

    Attributes:
        letters: the letter of each index.
        taken: letters that are in use.
        first: the indices of the left side, in order.
    """

    letters: dict[Idx, str] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    first: tuple[Idx, ...] = ()

    def with_indices(self, indices: Sequence[Idx], dialect: Text) -> Scope:
        """Return the scope with more indices in it, each with a letter of its own."""
        letters, taken = dict(self.letters), set(self.taken)
        for one in indices:
            hint = one.name[:1].lower()
            # The next letter after the one wanted: where j is taken, k.
            start = _LETTERS.index(hint) if dialect.index_letters(hint) and hint in _LETTERS else 2
            candidates = [hint, *_LETTERS[start:], *_LETTERS[:start], *_LETTERS.upper()]
            letter = next((c for c in candidates if c not in taken and dialect.index_letters(c)), one.name)
            letters[one] = letter
            taken.add(letter)
        return Scope(letters, frozenset(taken), self.first)


def scope_of(left: Entry, right: Expr, dialect: Text, reserved: frozenset[str] = frozenset()) -> Scope:
    """Return the letters of an equation's free indices: sizes and scalars in it keep their own letters."""
    taken = {s.name for s in right.free_symbols if not isinstance(s, Idx | Entry) and len(s.name) == 1}
    taken |= reserved | {entry.base.name for entry in entries(right) if not entry.indices}
    taken |= {entry.base.name.lower() for entry in entries(right) | {left}}
    free = tuple(index for index in left.indices if isinstance(index, Idx))
    return Scope({}, frozenset(taken), free).with_indices(free, dialect)
