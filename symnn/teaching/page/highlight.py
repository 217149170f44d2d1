"""The piece that a step changed: two lines of a derivation compared as trees.

    Σⱼ ∂C/∂zⱼ ∂zⱼ/∂wₖ   →   Σⱼ [δⱼ] ∂zⱼ/∂wₖ

What the new line has and the old one has not is "changed"; what of the old one goes is "leaving".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise

from symnn.writing.mathml import TOKENS, Element

CHANGED, LEAVING = "changed", "leaving"
_SMALL = 4
"""What has no more letters and signs than this is marked as a whole."""
_ROWS = frozenset(["mrow", "msqrt", "mtd", "mtr", "mtable", "math"])
_PREFIXED = frozenset("+−±")

Path = tuple[int, ...]


@dataclass(frozen=True)
class Span:
    """A run of an element's children, from `start` to before `stop`; without them, the element itself.

    `path` leads to the element: which child, which child of that, and so on.
    """

    path: Path
    start: int = 0
    stop: int = 0


def compared(old: Element, new: Element) -> tuple[list[Span], list[Span]]:
    r"""Return what leaves the old line, and what is changed in the new one.

    >>> from symnn.writing.mathml_reader import read
    >>> compared(read(r"a + b c"), read(r"a + d c"))
    ([Span(path=(), start=2, stop=3)], [Span(path=(), start=2, stop=3)])
    """
    return _Comparison().of(_bare(old), _bare(new))


def marked(element: Element, changed: Iterable[Span], leaving: Iterable[Span] = ()) -> Element:
    r"""Return a formula with the classes "changed" and "leaving" on what they are.

    >>> from symnn.writing.mathml import markup
    >>> from symnn.writing.mathml_reader import read
    >>> markup(marked(read("a + b"), [Span((), 2, 3)]))
    '<mrow><mi>a</mi><mo>+</mo><mi class="changed">b</mi></mrow>'
    """
    return _marked(element, (), {CHANGED: list(changed), LEAVING: list(leaving)})


class _Comparison:
    """Compares two trees, and notes where they differ."""

    def __init__(self) -> None:
        self.leaving: list[Span] = []
        self.changed: list[Span] = []

    def of(self, old: Element, new: Element) -> tuple[list[Span], list[Span]]:
        if old != new:
            self.elements(old, new, (), ())
        return self.leaving, self.changed

    def whole(self, before: Path, after: Path) -> None:
        self.leaving.append(Span(before))
        self.changed.append(Span(after))

    def elements(self, old: Element, new: Element, before: Path, after: Path) -> None:
        """Note where two unequal elements differ, or that they do as wholes."""
        if old.tag in _ROWS or new.tag in _ROWS:
            if old.tag == new.tag or "mrow" in (old.tag, new.tag):
                self.rows(old, new, before, after)
            else:
                self.whole(before, after)
            return
        small = max(old.letters(), new.letters()) <= _SMALL
        pairs = list(zip(old.children, new.children, strict=False))
        same = any(one == other for one, other in pairs) or new.tag == "mfrac"
        if old.tag != new.tag or new.tag in TOKENS or small or not same:
            self.whole(before, after)
            return
        for place, (one, other) in enumerate(pairs):
            if one != other:
                self.elements(one, other, (*before, place), (*after, place))

    def rows(self, old: Element, new: Element, before: Path, after: Path) -> None:
        """Note which children of two rows differ; one thing alone is a row of one."""
        rows = [element.children if element.tag in _ROWS else (element,) for element in (old, new)]
        places = [[n for n, child in enumerate(row) if not child.is_invisible] for row in rows]
        shown = [[row[n] for n in found] for row, found in zip(rows, places, strict=True)]
        keys = [[repr(child) for child in row] for row in shown]
        met = False
        spans: list[tuple[list[Span], Span]] = []
        for what, first, last, start, end in SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes():
            if what == "equal":
                met = True
            elif _stand_for_each_other(shown[0][first:last], shown[1][start:end]):
                met = True
                for n, (one, other) in enumerate(zip(shown[0][first:last], shown[1][start:end], strict=True)):
                    self.elements(one, other, (*before, places[0][first + n]), (*after, places[1][start + n]))
            else:
                if last > first:
                    spans.append((self.leaving, _span(old, before, places[0][first], places[0][last - 1] + 1)))
                if end > start:
                    spans.append((self.changed, _span(new, after, places[1][start], places[1][end - 1] + 1)))
        if not met:
            self.whole(before, after)
            return
        for found, span in spans:
            found.append(span)


def _bare(element: Element) -> Element:
    """Return an element without what is said of its operators: a bracket is the same, high or low."""
    kept = () if element.tag == "mo" else element.attributes
    return replace(element, attributes=kept, children=tuple(map(_bare, element.children)))


def _span(element: Element, path: Path, start: int, stop: int) -> Span:
    return Span(path, start, stop) if element.tag in _ROWS else Span(path)


def _stand_for_each_other(old: Sequence[Element], new: Sequence[Element]) -> bool:
    """Whether elements are of the same kinds, so that each is compared with one."""
    return [one.tag for one in old] == [one.tag for one in new] and not any(one.tag in TOKENS for one in new)


def _marked(element: Element, path: Path, spans: dict[str, list[Span]]) -> Element:
    children = [_marked(child, (*path, place), spans) for place, child in enumerate(element.children)]
    own = {kind: [s for s in found if s.path == path and s.stop] for kind, found in spans.items()}
    made = replace(element, children=tuple(_in_runs(children, own)))
    kinds = [kind for kind, found in spans.items() if Span(path) in found]
    return _with_class(made, kinds)


def _in_runs(children: Sequence[Element], spans: dict[str, list[Span]]) -> list[Element]:
    """Return a row's children with runs of what is changed in rows of their own, and in them what leaves."""
    cuts = {0, len(children)} | {edge for s in spans[CHANGED] for edge in (s.start, s.stop)}
    edges = sorted(cuts)
    made: list[Element] = []
    for start, stop in pairwise(edges):
        inner: list[Element] = []
        place = start
        for span in sorted(spans[LEAVING], key=lambda s: s.start):
            first, last = max(span.start, start), min(span.stop, stop)
            if first < last:
                inner += [*children[place:first], *_run(children[first:last], LEAVING)]
                place = last
        inner += children[place:stop]
        made += _run(inner, CHANGED) if _is_within(spans[CHANGED], start, stop) else inner
    return made


def _is_within(spans: Iterable[Span], start: int, stop: int) -> bool:
    return any(span.start <= start and stop <= span.stop for span in spans)


def _run(run: Sequence[Element], kind: str) -> list[Element]:
    """Return elements as one, marked."""
    if len(run) == 1:
        return [_with_class(run[0], [kind])]
    first, *rest = run
    if first.tag == "mo" and first.text in _PREFIXED and not first.attributes:
        # First in a row of its own it would be a sign in front.
        first = first.with_attribute("form", "infix")
    return [Element("mrow", (first, *rest), "", (("class", kind),))]


def _with_class(element: Element, kinds: Sequence[str]) -> Element:
    if not kinds:
        return element
    before = dict(element.attributes).get("class", "").split()
    return element.with_attribute("class", " ".join(dict.fromkeys([*before, *kinds])))
