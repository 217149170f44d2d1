"""The piece that a step changed: two lines of a derivation compared as trees.

    Σⱼ ∂C/∂zⱼ ∂zⱼ/∂wₖ   →   Σⱼ [δⱼ] ∂zⱼ/∂wₖ

What the new line has and the old one has not is "changed"; what of the old one goes is "leaving".
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from symnn.writing.mathml import TOKENS, Element

CHANGED, LEAVING = "changed", "leaving"
_SMALL = 4
"""What has no more letters and signs than this is marked as a whole."""
_ROWS = frozenset(["mrow", "msqrt", "mtd", "mtr", "mtable", "math"])
_PREFIXED = frozenset("+−±")


def compared(old: Element, new: Element) -> tuple[Element, Element]:
    r"""Return both lines, the old one with what leaves marked, the new one with what changed.

    >>> from symnn.writing.mathml import markup
    >>> from symnn.writing.mathml_reader import read
    >>> markup(compared(read(r"a + b c"), read(r"a + d c"))[1])
    '<mrow><mi>a</mi><mo>+</mo><mi class="changed">d</mi><mo>\u2062</mo><mi>c</mi></mrow>'
    """
    if old == new:
        return old, new
    return _element(old, new)


def _element(old: Element, new: Element) -> tuple[Element, Element]:
    """Return two unequal elements with the marks in them, or on them."""
    small = new.tag not in _ROWS and max(old.letters(), new.letters()) <= _SMALL
    if old.tag != new.tag or new.tag in TOKENS or small:
        # A row without brackets is no thing of its own: what is in it is compared even if it is all there is.
        if "mrow" in (old.tag, new.tag) and old.tag != new.tag:
            return _rows_of(old, new)
        return _marked(old, LEAVING), _marked(new, CHANGED)
    if new.tag in _ROWS:
        return _rows_of(old, new)
    pairs = list(zip(old.children, new.children, strict=True))
    if not any(one == other for one, other in pairs) and new.tag != "mfrac":
        return _marked(old, LEAVING), _marked(new, CHANGED)
    parts = [(one, other) if one == other else _element(one, other) for one, other in pairs]
    return _with(old, [one for one, _ in parts]), _with(new, [other for _, other in parts])


def _rows_of(old: Element, new: Element) -> tuple[Element, Element]:
    before, after = _children(old), _children(new)
    seen = [[n for n, child in enumerate(row) if not child.is_invisible] for row in (before, after)]
    visible = [[row[n] for n in places] for row, places in zip((before, after), seen, strict=True)]
    gone: dict[int, Element | None] = {}
    come: dict[int, Element | None] = {}
    keys = [[repr(child) for child in row] for row in visible]
    for what, first, last, start, end in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        pairs = _paired(visible[0][first:last], visible[1][start:end])
        for place in range(first, last):
            gone[seen[0][place]] = pairs[place - first][0] if pairs else None
        for place in range(start, end):
            come[seen[1][place]] = pairs[place - start][1] if pairs else None
    if len(come) == len(visible[1]) and all(part is None for part in come.values()):
        return _marked(old, LEAVING), _marked(new, CHANGED)
    return _rebuilt(old, before, gone, LEAVING), _rebuilt(new, after, come, CHANGED)


def _paired(old: Sequence[Element], new: Sequence[Element]) -> list[tuple[Element, Element]]:
    """Return elements that stand for each other, compared; nothing where they do not."""
    if [one.tag for one in old] != [one.tag for one in new] or any(one.tag in TOKENS for one in new):
        return []
    return [_element(one, other) for one, other in zip(old, new, strict=True)]


def _children(element: Element) -> tuple[Element, ...]:
    return element.children if element.tag in _ROWS else (element,)


def _rebuilt(
    element: Element, children: Sequence[Element], marked: dict[int, Element | None], mark: str
) -> Element:
    """Return a row in which runs of what is marked stand together."""
    made: list[Element] = []
    run: list[Element] = []
    held: list[Element] = []
    for place, child in enumerate(children):
        if place in marked and marked[place] is None:
            run.extend([*held, child] if run else [child])
            made.extend(held if len(run) == 1 else [])
            held = []
        elif run and child.is_invisible:
            held.append(child)
        else:
            made.extend([*_run(run, mark), *held, marked.get(place) or child])
            run, held = [], []
    made.extend([*_run(run, mark), *held])
    return _with(element, made) if element.tag in _ROWS else Element("mrow", tuple(made))


def _run(run: Sequence[Element], mark: str) -> list[Element]:
    if len(run) < 2:
        return [_marked(one, mark) for one in run]
    first, *rest = run
    if first.tag == "mo" and first.text in _PREFIXED and not first.attributes:
        # First in a row of its own it would be a sign in front.
        first = first.with_attribute("form", "infix")
    return [Element("mrow", (first, *rest), "", (("class", mark),))]


def _marked(element: Element, mark: str) -> Element:
    return element.with_attribute("class", mark)


def _with(element: Element, children: Sequence[Element]) -> Element:
    return Element(element.tag, tuple(children), element.text, element.attributes)
