"""Slips with the chain rule: derivatives of activations, and factors that are missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sympy import Integer

from symnn.language.syntax import Binary, Call, Item, Name, Node, Number, Transposed
from symnn.teaching.checking.slip_cases import Case, Proposal
from symnn.teaching.checking.spelling import spelling
from symnn.teaching.checking.tree_edits import call, factors, flipped, items_of, joined, name, product


def derivatives(case: Case) -> Iterator[Proposal]:
    """A factor f'(z) that is missing, too many, of another function, or taken at another place."""
    for node in case.nodes():
        if isinstance(node, Call) and len(node.arguments) == 1:
            yield from _other_derivatives(case, node)
    for function, z, a in case.slopes():
        for node in case.nodes():
            if isinstance(node, Name | Item) and node.name == a:
                yield case.changed("derivative", node, call(f"{function}_prime", replace(node, name=z)))
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
            if case.known.names[a].rank > 1:
                said = "each row of softmax has a Jacobian of its own"
                yield case.changed("softmax", node, _of_each_row(s, left), said)
                continue
            jacobian = product(call("diag", s), product(s, Transposed(s.place, s)), "-")
            said = f"softmax has the Jacobian {spelling(jacobian)}, and no derivative of each entry alone"
            yield case.changed("softmax", node, left, said)
            yield case.changed("softmax", node, product(jacobian, left), said)


def _of_each_row(s: Node, left: Node) -> Node:
    """P .* (D - rowsum(P .* D)*vector(1)')"""
    ones = Transposed(s.place, call("vector", Number(s.place, Integer(1))))
    return product(s, product(left, product(call("rowsum", product(s, left, ".*")), ones), "-"), ".*")


def _is_of_softmax(part: Node, z: str, a: str) -> bool:
    text = spelling(part).replace(" ", "")
    inside = {f"{a}", f"(1-{a})", f"1-{a}", f"{a}.*(1-{a})"}
    return text in inside or text.endswith(f"'({z})")


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
            turned_round = flipped(name(word, place))
            for node in case.nodes()[1:]:
                if not isinstance(node, Number):
                    said = f"{spelling(turned_round)} is missing"
                    yield case.changed("missing factor", node, product(turned_round, node), said)
