"""Parts that two statements have in common, whatever their indices are called: they are computed once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sympy import Expr, Function, Idx, Piecewise, Pow, Symbol, preorder_traversal
from sympy.core.basic import Basic

from symnn.calculus.canonical import canonical
from symnn.compiling.nodes import ArrayNode
from symnn.compiling.numba_statements import SET, Statement, is_bracket
from symnn.language import Entry, Step, Tensor, Within, entries, examples, free_indices, rebuild, size_of, substitute

Key = tuple[Expr, tuple[Expr, ...]]


class Parts:
    """Expressions, and the entries that equal them."""

    def __init__(self) -> None:
        self.known: dict[Key, tuple[Tensor, tuple[int, ...]]] = {}

    def learn(self, part: Expr, entry: Entry) -> None:
        """Remember that an entry, whose indices are the free ones of the part, equals it."""
        key, order = signature(part)
        if set(order) == set(entry.indices):
            self.known.setdefault(key, (entry.base, tuple(order.index(i) for i in entry.indices)))

    def find(self, part: Expr) -> Entry | None:
        """Return the entry that equals a part, if one is known."""
        if not self.known:
            return None
        key, order = signature(part)
        found = self.known.get(key)
        return None if found is None else found[0][tuple(order[place] for place in found[1])]


def signature(part: Expr) -> tuple[Key, list[Idx]]:
    """Return an expression with its free indices named by their place, their sizes, and the indices themselves."""
    free = free_indices(part)
    found = sorted(entries(part), key=lambda e: (e.base.name, str(e)))
    seen = dict.fromkeys(i for entry in found for place in entry.indices for i in _plainly(place) if i in free)
    order = [*seen, *sorted(free - seen.keys(), key=str)]
    places = {i: Idx(Symbol(f"f{n}", integer=True), size_of(i)) for n, i in enumerate(order)}
    return (canonical(substitute(part, places)), tuple(size_of(i) for i in order)), order


def _plainly(place: Basic) -> list[Idx]:
    return [i for i in preorder_traversal(place) if isinstance(i, Idx)]


def with_shared_parts(statements: Sequence[Statement], fresh: Callable[[str], str]) -> list[Statement]:
    """Return the statements with every costly function of the same argument computed by one statement alone."""
    counts: dict[Key, set[int]] = {}
    for place, statement in enumerate(statements):
        for part in _costly(statement.right):
            counts.setdefault(signature(part)[0], set()).add(place)
    wanted = {key for key, places in counts.items() if len(places) > 1}
    wholes, made = Parts(), list[Statement]()
    complete = {s.name for s in statements} - {s.name for s in statements if s.operation != SET}
    for statement in statements:
        original = statement.right
        if statement.is_entrywise:
            statement = replace(statement, right=_shared(statement, statement.right, wanted, wholes, made, fresh))
        made.append(statement)
        if statement.name in complete:
            for right in {original, statement.right}:
                if _is_costly(right, sums=True):
                    wholes.learn(right, statement.left)
    return made


def _shared(
    statement: Statement,
    part: Basic,
    wanted: set[Key],
    wholes: Parts,
    made: list[Statement],
    fresh: Callable[[str], str],
) -> Basic:
    if isinstance(part, Entry | Idx | Tensor) or not part.args or _is_guarded(part):
        return part
    if isinstance(part, Expr) and _is_costly(part, sums=True) and (known := wholes.find(part)) is not None:
        return known
    inner = rebuild(part, [_shared(statement, arg, wanted, wholes, made, fresh) for arg in part.args])
    if not (isinstance(part, Expr) and _is_costly(part)):
        return inner
    key, order = signature(part)
    if key not in wanted or (part == statement.right and statement.operation == SET):
        return inner
    axes = sorted(order, key=lambda i: (size_of(i) != examples, statement.indices.index(i)))
    entry = Tensor(fresh("t"), tuple(size_of(i) for i in axes), "value")[tuple(axes)]
    made.append(Statement(entry, SET, inner, tuple(axes), (), statement.equation))
    wholes.learn(part, entry)
    return entry


def _costly(part: Basic) -> list[Expr]:
    """Return the costly parts of an expression that are computed wherever it is."""
    if isinstance(part, Entry | Idx | Tensor) or not part.args or _is_guarded(part):
        return []
    inside = [found for arg in part.args for found in _costly(arg)]
    return [*inside, part] if isinstance(part, Expr) and _is_costly(part) else inside


def _is_guarded(part: Basic) -> bool:
    """Whether some of a part may not be looked at: a bracket says that it is outside."""
    return isinstance(part, Piecewise) or any(is_bracket(arg) for arg in part.args)


def _is_costly(part: Basic, sums: bool = False) -> bool:
    """Whether a part is a function of plain entries, so that each of its values is needed and takes time."""
    if isinstance(part, Step | Within | Entry | Tensor) or not entries(part):
        return False
    kinds = (Function, ArrayNode, Pow) if not sums else (Function, ArrayNode, Pow, Expr)
    if not isinstance(part, kinds) or (not sums and isinstance(part, Pow) and part.exp.is_integer and part.exp > 0):
        return False
    if sums and not any(_is_costly(p) for p in preorder_traversal(part)):
        return False
    plain = all(isinstance(i, Idx) for e in entries(part) for i in e.indices)
    return plain and free_indices(part) <= {i for e in entries(part) for i in e.indices}
