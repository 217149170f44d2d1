"""What MathML says of a row and LaTeX does not: what is a product, an application, an index; which minus is a sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from symnn.writing.mathml import APPLY, SEPARATOR, TIMES, Element, token

_FACTORS = frozenset(["factor", "number", "bracket", "function", "differential", "sum"])
_ENDS = frozenset(["factor", "number", "bracket"])


class Item(NamedTuple):
    """An element with the part that it plays in a row."""

    element: Element
    part: str
    """A factor, a bracket, a function, a sign, a relation, a point, a sum, a ∂, words or space."""
    is_close: bool = False
    """Whether nothing stood between it and what is before."""


def finished(items: Sequence[Item], indices: bool) -> list[Element]:
    """Return a row's elements with what LaTeX does not say: products, applications, signs in front."""
    made: list[Element] = []
    before: Item | None = None
    for item in items:
        if before is not None:
            made.extend(_between(before, item, indices))
        element = item.element
        if element.tag == "mo" and element.text in "+−±" and (before is None or before.part not in (*_ENDS, "words")):
            element = element.with_attribute("form", "prefix")
        if element.tag == "mo" and element.text == "/":
            element = replace(element, attributes=(("lspace", "0.1em"), ("rspace", "0.1em")))
        made.append(element)
        if item.part != "space":
            before = item
    return made


def _between(before: Item, item: Item, indices: bool) -> list[Element]:
    """Return what stands unseen between two things."""
    if item.part not in _FACTORS or before.part not in (*_ENDS, "function"):
        return []
    if indices:
        return [token("mo", SEPARATOR)] if before.part != "function" else [token("mo", APPLY)]
    thin = token("mspace", "", width="0.167em")
    is_name = _is_name(before.element)
    if item.part == "bracket" and item.is_close and before.part not in ("number", "bracket"):
        return [token("mo", APPLY)]
    if before.part == "function":
        return [token("mo", APPLY), thin] if item.part != "bracket" else [token("mo", APPLY)]
    apart = is_name or item.part == "function" or "mfrac" in (before.element.tag, item.element.tag)
    return [token("mo", TIMES), thin] if apart else [token("mo", TIMES)]


def _is_name(element: Element) -> bool:
    return element.tag == "mi" and len(element.text) > 1


def scripted(found: Item, below: Element | None, above: Element | None, beside: bool) -> Item:
    """Return an item with its scripts: those of a sum stand above and below, unless they are to stand beside."""
    base, part = found.element, found.part
    if part == "function" and base.text in ("max", "min", "lim", "sup", "inf", "arg") and above is None:
        base = token("mo", base.text, form="prefix", movablelimits="true", lspace="0", rspace="0.167em")
        part = "sum"
    names = ("msub", "msup", "msubsup") if beside or part != "sum" else ("munder", "mover", "munderover")
    if below is not None and above is not None:
        return found._replace(element=Element(names[2], (base, below, above)), part=part)
    script = below if below is not None else above
    assert script is not None
    return found._replace(element=Element(names[0 if below is not None else 1], (base, script)), part=part)


def layer_mark(script: Element) -> Element:
    """Return the mark of a layer, (1) or [1], as one token."""
    if [part.tag for part in script.children] == ["mo", "mn", "mo"] and script.children[0].text in ("(", "["):
        return token("mtext", "".join(part.text for part in script.children))
    return script
