"""Slips that students make: each function proposes what a formula would be without one of them.

A proposal is one change at one place. Whether it is right is for the proof to say; the order is that of
plausibility.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from sympy import Integer, Rational

from symnn.language.syntax import Binary, Call, Item, Name, Negative, Number
from symnn.teaching.checking.chain_slips import derivatives, missing_factors, softmax
from symnn.teaching.checking.known import Known
from symnn.teaching.checking.slip_cases import Case, Proposal
from symnn.teaching.checking.spelling import spelling
from symnn.teaching.checking.tree_edits import (
    added,
    call,
    flipped,
    items_of,
    name,
    product,
    relettered,
    terms,
    times,
    turned,
)

_LAYERED = re.compile(r"(?P<stem>[A-Za-z_]*?[A-Za-z])(?P<layer>\d+)\Z")


def transposes(case: Case) -> Iterator[Proposal]:
    """x*delta1' or delta1*x for delta1*x'; W[j, i] for W[i, j]."""
    if not case.is_scalar(case.tree):
        yield Proposal("transpose", "the whole is transposed", turned(case.tree))
    if case.by_entries and case.reading.head is not None and len(case.reading.head.indices) == 2:
        j, k = (index.name for index in case.reading.indices or ())
        yield Proposal("transpose", f"{j} and {k} are exchanged", relettered(case.tree, {j: k, k: j}))
    for node in case.nodes():
        if isinstance(node, Item) and len(node.indices) == 2:
            yield case.changed("transpose", node, replace(node, indices=node.indices[::-1]))
    for node in reversed(case.nodes()):
        if not isinstance(node, Number | Item) and not case.is_scalar(node):
            yield case.changed("transpose", node, flipped(node))
    for node in case.nodes():
        if isinstance(node, Binary) and node.operator == "*":
            for one, other in ((node.left, node.right), (node.right, node.left)):
                for first, second in itertools.product((one, flipped(one)), (other, flipped(other))):
                    made = replace(node, left=first, right=second)
                    kind = "transpose" if (first, second) != (one, other) else "order"
                    yield case.changed(kind, node, made)


def signs(case: Case) -> Iterator[Proposal]:
    """y - a2 for a2 - y, a minus that is missing or too many."""
    for node in case.nodes():
        if isinstance(node, Binary) and node.operator in "+-":
            yield case.changed("sign", node, replace(node, operator="-" if node.operator == "+" else "+"))
        if isinstance(node, Negative):
            yield case.changed("sign", node, node.operand)
    for node in case.nodes():
        if isinstance(node, Binary) and node.operator == "-":
            yield case.changed("sign", node, replace(node, left=node.right, right=node.left))
    yield Proposal("sign", "a minus before the whole is missing", times(case.tree, Rational(-1)))


def layers(case: Case) -> Iterator[Proposal]:
    """a1 for a2, W1 for W2, z1 for z2, delta1 for delta2."""
    for node in case.nodes():
        if isinstance(node, Name | Item):
            for other in _other_layers(case.known, node.name):
                yield case.changed("layer", node, replace(node, name=other), f"{other} instead of {node.name}")


def _other_layers(known: Known, word: str) -> list[str]:
    word = "a0" if word == "x" and "a0" in known.names else word
    found = _LAYERED.match(word)
    if found is None:
        return []
    same = [n for n in known.names if (m := _LAYERED.match(n)) and m["stem"] == found["stem"] and n != word]
    return ["x" if each == "a0" else each for each in same]


def products(case: Case) -> Iterator[Proposal]:
    """* for .* and .* for *"""
    for node in case.nodes():
        if isinstance(node, Binary) and node.operator in ("*", ".*"):
            other = ".*" if node.operator == "*" else "*"
            yield case.changed("product", node, replace(node, operator=other), f"{other} instead of {node.operator}")


def sums(case: Case) -> Iterator[Proposal]:
    """A sum that is forgotten, or too many."""
    if letters := case.reading.free:
        for node in [*reversed(case.nodes())]:
            if set(letters) <= {i.name for item in items_of(node) for i in item.indices if isinstance(i, Name)}:
                made = Call(node.place, "sum", (node, *(name(letter, node.place) for letter in letters)))
                yield case.changed("sum", node, made, f"the sum over {', '.join(letters)} is missing")
    for node in case.nodes():
        if isinstance(node, Call) and node.function in ("sum", "rowsum", "colsum") and not node.bound:
            yield case.changed("sum", node, node.arguments[0])
        elif isinstance(node, Binary) and node.operator == "*" and isinstance(node.left, Call) and not node.left.bound:
            yield case.changed("sum", node, replace(node, operator=".*", left=node.left.arguments[0]))
        if not case.by_entries and not isinstance(node, Number) and not case.is_scalar(node):
            yield case.changed("sum", node, call("sum", node))
            yield case.changed("sum", node, call("rowsum", node))
            yield case.changed("sum", node, turned(call("colsum", node)))


def constants(case: Case) -> Iterator[Proposal]:
    """A factor 2 or 1/2 or a size that is missing or too many: of the whole, of a term, in a number."""
    sizes = [size for size in case.target.shape if size.is_Integer and size > 2]
    for tensor in case.known.names.values():
        sizes += [size for size in tensor.shape if size.is_Integer and size > 2]
    numbers = [Rational(2), Rational(1, 2)]
    for size in dict.fromkeys(sizes):
        numbers += [Rational(size), Rational(1, size)]
    for number in numbers:
        yield Proposal("factor", f"a factor {number} is missing", times(case.tree, number))
    parts = terms(case.tree)
    for at, (sign, part) in enumerate(parts):
        for number in numbers if len(parts) > 1 else ():
            other = [*parts[:at], (sign, times(part, number)), *parts[at + 1 :]]
            yield Proposal("factor", f"{spelling(times(part, number))} instead of {spelling(part)}", added(other))
    for node in case.nodes():
        if isinstance(node, Number):
            for number in numbers:
                yield case.changed("factor", node, replace(node, value=node.value * number))
    for word in case.known.sizes:
        size = name(word, case.tree.place)
        yield Proposal("factor", f"a factor {word} is missing", product(size, case.tree))
        yield Proposal("factor", f"a factor {word} is too many", product(case.tree, size, "/"))


def powers(case: Case) -> Iterator[Proposal]:
    """A square that is missing or too many, an inverse that is missing or too many."""
    for node in case.nodes():
        if isinstance(node, Binary) and node.operator in ("^", ".^"):
            yield case.changed("power", node, node.left)
        elif not isinstance(node, Number):
            yield case.changed("power", node, product(node, Number(node.place, Integer(2)), ".^"))
        if isinstance(node, Call) and node.function == "inv":
            yield case.changed("inverse", node, node.arguments[0])
        elif not isinstance(node, Number | Item) and not case.is_scalar(node) and not case.by_entries:
            yield case.changed("inverse", node, call("inv", node))


def missing_terms(case: Case) -> Iterator[Proposal]:
    """A' beside A, for a matrix that is not symmetric; a term that is too many."""
    for node in case.nodes():
        if isinstance(node, Binary) and node.operator == "*" and isinstance(node.left, Number):
            both = times(product(node.right, flipped(node.right), "+"), node.left.value / 2)
            yield case.changed("term", node, both, f"{spelling(node.right)} need not be symmetric")
    for node in case.nodes():
        if not isinstance(node, Number | Item) and not case.is_scalar(node) and not case.by_entries:
            both = product(node, flipped(node), "+")
            yield case.changed("term", node, both, f"{spelling(flipped(node))} is missing beside {spelling(node)}")
            half = times(both, Rational(1, 2))
            yield case.changed("term", node, half, f"{spelling(node)} need not be symmetric")
    parts = terms(case.tree)
    for at, (_, part) in enumerate(parts):
        if len(parts) > 1:
            yield Proposal("term", f"{spelling(part)} is too many", added([*parts[:at], *parts[at + 1 :]]))


KINDS: tuple[Callable[[Case], Iterator[Proposal]], ...] = (
    transposes,
    signs,
    layers,
    products,
    softmax,
    derivatives,
    sums,
    powers,
    constants,
    missing_terms,
    missing_factors,
)
"""Each kind of slip, the likeliest first."""
