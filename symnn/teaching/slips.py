"""Slips that students make: each function proposes what a formula would be without one of them.

A proposal is one change at one place. Whether it is right is for the proof to say; the order is that of
plausibility.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sympy import Integer, Rational, exp

from symnn.language import Elementwise, Entry, Tensor
from symnn.language.syntax import Binary, Call, Item, Name, Negative, Node, Number, Transposed
from symnn.teaching.answers import Reading, plain_shape, same_shape
from symnn.teaching.known import Known
from symnn.teaching.spelling import spelling
from symnn.teaching.tree_edits import (
    added,
    call,
    factors,
    flipped,
    items_of,
    joined,
    name,
    nodes_of,
    product,
    relettered,
    replaced,
    terms,
    times,
    turned,
)

_LAYERED = re.compile(r"(?P<stem>[A-Za-z_]*?[A-Za-z])(?P<layer>\d+)\Z")


@dataclass(frozen=True)
class Proposal:
    """A formula that is changed at one place: the kind of the slip, what is said of it, and the tree without it."""

    kind: str
    said: str
    tree: Node


@dataclass(frozen=True)
class Case:
    """A formula that is wrong, and what is known where it stands."""

    known: Known
    reading: Reading
    target: Tensor

    @property
    def tree(self) -> Node:
        return self.reading.tree

    @property
    def by_entries(self) -> bool:
        """Whether it is written with indices."""
        return self.reading.indices is not None

    def nodes(self) -> list[Node]:
        return nodes_of(self.tree)

    def is_scalar(self, node: Node) -> bool:
        """Whether a part is known to be a scalar."""
        shape = self.reading.shapes.shapes.get(node)
        return shape is not None and self.reading.shapes.axes.is_scalar(shape)

    def has_shape(self, node: Node, shape: Any) -> bool:
        """Whether a part is known to have a shape; a product of more than that, as a column by a row, has not."""
        found = self.reading.shapes.shapes.get(node)
        if found is None:
            return False
        rows, columns = map(self.reading.shapes.axes.size, found)
        return same_shape(plain_shape(rows, columns), shape)

    def slopes(self) -> list[tuple[str, str, str]]:
        """For each activation a = f(z): the function's name, z, and a."""
        found = []
        for equation in self.known.program:
            right = equation.right
            if isinstance(right, Elementwise) and type(right).order == 0 and isinstance(right.args[0], Entry):
                found.append((type(right).__name__, right.args[0].name, equation.tensor.name))
        return found

    def softmaxes(self) -> list[tuple[str, str]]:
        """For each softmax: its argument's name, and its own."""
        found = []
        for equation in self.known.program:
            if isinstance(equation.right, exp) and equation.tensor.name in self.known.names and equation.tensor.rank:
                argument = [e.name for e in equation.right.args[0].atoms(Entry) if e.base.rank == equation.tensor.rank]
                found += [(each, equation.tensor.name) for each in argument[:1]]
        return found

    def changed(self, kind: str, old: Node, new: Node, said: str = "") -> Proposal:
        """Propose another part in the place of one."""
        written = said or f"{spelling(new)} instead of {spelling(old)}"
        return Proposal(kind, written, replaced(self.tree, old, new))


def transposes(case: Case) -> Iterator[Proposal]:
    """x*delta1' or delta1*x for delta1*x'; W[j, i] for W[i, j]."""
    if not case.is_scalar(case.tree):
        yield Proposal("transpose", "the whole is transposed", turned(case.tree))
    if case.by_entries and case.reading.head is not None and len(case.reading.head.indices) == 2:
        first, second = (index.name for index in case.reading.indices or ())
        letters = {first: second, second: first}
        yield Proposal("transpose", f"{first} and {second} are exchanged", relettered(case.tree, letters))
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


def derivatives(case: Case) -> Iterator[Proposal]:
    """A factor f'(z) that is missing, too many, of another function, or taken at another place."""
    for node in case.nodes():
        if isinstance(node, Call) and len(node.arguments) == 1:
            yield from _other_derivatives(case, node)
    for node in case.nodes():
        yield from _fewer(case, node)
    for function, at, _ in case.slopes():
        if case.by_entries:
            for node in case.nodes():
                yield from _slope_of_entry(case, node, function, at)
            continue
        shape = case.known.names[at].shape if at in case.known.names else ()
        nodes = [node for node in case.nodes() if not isinstance(node, Number)]
        for node in sorted(nodes, key=lambda each: not case.has_shape(each, shape)):
            slope = call(f"{function}_prime", name(at, node.place))
            yield case.changed("derivative", node, product(node, slope, ".*"), f"{spelling(slope)} is missing")


def _other_derivatives(case: Case, node: Call) -> Iterator[Proposal]:
    argument = node.arguments[0]
    for function, z, a in case.slopes():
        if not isinstance(argument, Name | Item):
            continue
        short = function == "sigmoid" and node.function.startswith("sigma")
        here = "sigma_prime" if short else f"{function}_prime"
        if argument.name == z and node.function != here:
            yield case.changed("derivative", node, replace(node, function=here))
        if argument.name == a:
            yield case.changed("derivative", node, replace(node, function=here, arguments=(replace(argument, name=z),)))


def _fewer(case: Case, node: Node) -> Iterator[Proposal]:
    """Leave out a factor, or two that stand for one derivative: a .* (1 - a)."""
    parts = factors(node)
    if len(parts) < 2:
        return
    for first, last in [(n, n + 1) for n in range(len(parts))] + [(n, n + 2) for n in range(len(parts) - 1)]:
        left = [*parts[:first], *parts[last:]]
        if not left:
            continue
        gone = joined([("", parts[first][1]), *parts[first + 1 : last]])
        kind = "derivative" if _is_slope(gone) else "factor"
        yield case.changed(kind, node, joined([("", left[0][1]), *left[1:]]), f"{spelling(gone)} is too many")
        for function, z, _ in case.slopes() if kind == "derivative" and not case.by_entries else ():
            slope = call(f"{function}_prime", name(z, node.place))
            other = [*parts[:first], (parts[first][0], slope), *parts[last:]]
            yield case.changed(kind, node, joined(other), f"{spelling(slope)} instead of {spelling(gone)}")


def _is_slope(node: Node) -> bool:
    """Whether a factor is written as a derivative: f'(z), a .* (1 - a), 1 - a.^2."""
    if isinstance(node, Call):
        return node.function.endswith("_prime")
    inside = [part for _, part in factors(node)]
    return any(
        isinstance(part, Binary) and part.operator == "-" and isinstance(part.left, Number) for part in inside
    ) or any(isinstance(part, Call) and part.function.endswith("_prime") for part in inside)


def _slope_of_entry(case: Case, node: Node, function: str, at: str) -> Iterator[Proposal]:
    letters = {index.name for index in case.reading.indices or ()}
    letters |= {i.name for item in items_of(case.tree) for i in item.indices if isinstance(i, Name)}
    if isinstance(node, Number):
        return
    for letter in sorted(letters):
        entry = Item(node.place, at, (name(letter, node.place),))
        slope = call(f"{function}_prime", entry)
        yield case.changed("derivative", node, product(node, slope), f"{spelling(slope)} is missing")


def softmax(case: Case) -> Iterator[Proposal]:
    """The derivative of softmax taken entry by entry, a .* (1 - a), where it is diag(a) - a*a'."""
    for z, a in case.softmaxes():
        for node in case.nodes():
            parts = factors(node, (".*",))
            own = [n for n, (_, part) in enumerate(parts) if _is_of_softmax(part, z, a)]
            rest = [each for n, each in enumerate(parts) if n not in own]
            if not own or not rest:
                continue
            left = joined([("", rest[0][1]), *rest[1:]])
            s = name(a, node.place)
            jacobian = product(call("diag", s), product(s, Transposed(s.place, s)), "-")
            said = f"softmax has the Jacobian {spelling(jacobian)}, and no derivative of each entry alone"
            yield case.changed("softmax", node, left, said)
            yield case.changed("softmax", node, product(jacobian, left), said)


def _is_of_softmax(part: Node, z: str, a: str) -> bool:
    text = spelling(part).replace(" ", "")
    inside = {f"{a}", f"(1-{a})", f"1-{a}", f"{a}.*(1-{a})"}
    return text in inside or text.endswith(f"'({z})")


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
        elif not case.by_entries and not isinstance(node, Number) and not case.is_scalar(node):
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


def missing_factors(case: Case) -> Iterator[Proposal]:
    """A factor of the chain rule that is missing: x', W2'."""
    if case.by_entries:
        return
    place = case.tree.place
    for word, tensor in case.known.names.items():
        if tensor.rank in (1, 2):
            factor = name(word, place)
            for made in (
                product(case.tree, flipped(factor)),
                product(flipped(factor), case.tree),
                product(case.tree, factor, ".*"),
                product(factor, case.tree),
                product(case.tree, factor),
            ):
                missing = made.right if made.left is case.tree else made.left
                yield Proposal("missing factor", f"{spelling(missing)} is missing", made)
    for word, tensor in case.known.names.items():
        if tensor.rank == 2 and tensor.role == "parameter":
            for node in case.nodes()[1:]:
                factor = flipped(name(word, place))
                if not isinstance(node, Number):
                    said = f"{spelling(factor)} is missing"
                    yield case.changed("missing factor", node, product(factor, node), said)


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
