"""A derivation as one page of HTML that needs nothing else: no network, no fonts, no program to install."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symnn.gradients import Gradient
from symnn.networks import Network
from symnn.steps import Steps
from symnn.teaching.page.content import Content, drawing_of, model_of, parts_of, results_of
from symnn.teaching.page.document import html, part_html
from symnn.teaching.page.numbers import SEED, numbers_html, small_working
from symnn.teaching.working import Working
from symnn.writing import Notation
from symnn.writing.fragment import listed

MOST_BYTES = 290_000
"""A page is not to be larger: of a long derivation fewer lines are shown, then fewer views."""
DETAILS = (2, 1)
_AROUND, _MARK = 400, 60
"""What stands around a view, and what a proof's mark takes."""
_LEFT_OUT = "<p>It is left out here, so that the page stays small: ask for this view with --view or --batch.</p>"


def page(
    subject: Gradient,
    *,
    network: Network | None = None,
    numbers: Working | None = None,
    notation: Notation | None = None,
    names: Sequence[str] = (),
    batch: bool = False,
    proof: bool | None = None,
) -> str:
    """Return a page that shows a gradient and how it is derived.

    Args:
        subject: the gradient of a network, of a program or of a formula.
        network: the network, to be drawn.
        numbers: a working with given numbers; by default, of a network of at most 30 parameters, with some
            that are drawn.
        notation: choices of writing.
        names: with respect to what the derivation is shown; by default everything.
        batch: whether the derivation ends with the mean over a batch of examples.
        proof: whether every line is checked, and marked; by default where that takes a few seconds.

    Raises:
        InputError, CalculusError: for a name that there is no derivative by.
    """
    subject = replace(subject, notation=notation) if notation else subject
    model, definitions = model_of(subject, subject.notation)
    title, _, subtitle = subject.title.partition(" · ")
    content = Content(
        title or "A derivative", subtitle, model, definitions, diagram=drawing_of(network, numbers)
    )
    results = [*results_of(subject)]
    working = numbers or (None if batch else small_working(network))
    if working is not None:
        drawn = "" if numbers else f", drawn by seed {SEED}"
        shown = working.with_notation(subject.notation) if subject.notation else working
        results.insert(1, (f"With numbers{drawn}", numbers_html(shown)))
    for detail in DETAILS:
        # Whether there is room is found without the proof, which takes its time.
        steps = subject.steps(*names, detail=detail, proof=False, batch=batch)
        content = _with_steps(content, steps, definitions, tuple(results[:1]))
        size = _size(html(content)) + _MARK * sum(len(part.lines) for part in content.parts)
        if size <= MOST_BYTES:
            break
    if steps.is_quickly_checked if proof is None else proof:
        content = _with_steps(content, replace(steps, proof=True), definitions, tuple(results[:1]))
    content, size = _shortened(content, size)
    return html(replace(content, results=_as_room_is(results, MOST_BYTES - size)))


def _with_steps(
    content: Content, steps: Steps, definitions: Sequence[str], results: tuple[tuple[str, str], ...]
) -> Content:
    shown = steps.shown("latex")
    said = dict.fromkeys([*definitions, *(listed([text]) for text in shown.definitions)])
    return replace(content, definitions=tuple(said), parts=parts_of(steps, shown), results=results)


def _as_room_is(results: Sequence[tuple[str, str]], room: int) -> tuple[tuple[str, str], ...]:
    """Return the results in the views for which there is room; the first one is there."""
    found = list(results[:1])
    for heading, text in results[1:]:
        room -= _size(text) + _AROUND
        found.append((heading, text if room > 0 else _LEFT_OUT))
        room += 0 if room > 0 else _size(text)
    return tuple(found)


def _shortened(content: Content, size: int) -> tuple[Content, int]:
    """Return as much of the derivation as there is room for, from its beginning, and how large the page then is."""
    kept = list(content.parts)
    while len(kept) > 1 and size > MOST_BYTES:
        size -= _size(part_html(kept.pop()))
    return replace(content, parts=tuple(kept), left_out=len(content.parts) - len(kept)), size


def _size(text: str) -> int:
    return len(text.encode())
