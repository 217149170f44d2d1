"""A page's HTML: every part of it, its style and its script, and the policy that lets nothing else in."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from symnn.teaching.page.content import Content, Line, Part
from symnn.teaching.page.standalone import scrolling, standalone
from symnn.writing.fragment import sentence
from symnn.writing.mathml import Element, math, row, token
from symnn.writing.mathml_reader import in_a_line, read
from symnn.writing.spoken import spoken

_WIDE = 11
"""A left side with more letters and signs than this stands on a line of its own."""
_MARKS = {"exact": "checked exactly", "50 digits": "checked to 50 digits", "wrong": "this line is wrong"}


def html(content: Content) -> str:
    """Return the whole document."""
    style, script = (files(__package__).joinpath(name).read_text("utf-8") for name in ("style.css", "script.js"))
    return standalone(f"{content.title}: the derivation", "\n".join(_body(content)), style, script)


def _body(content: Content) -> list[str]:
    steps = sum(len(part.lines) for part in content.parts)
    return [
        '<a class="skip" href="#derivation">To the derivation</a>',
        '<div class="sheet">',
        "<header><div>",
        f"<h1>{escape(content.title)}</h1>",
        f"<p>{escape(content.subtitle)}</p>" if content.subtitle else "",
        '</div><button class="theme" type="button">Dark</button></header>',
        *_aside(content),
        "<main>",
        *_model(content),
        *(_derivation(content) if steps else []),
        *_results(content),
        "</main>",
        "</div>",
        *(_bar() if steps else []),
    ]


def _aside(content: Content) -> list[str]:
    links = [
        f'<li><a href="#{_anchor(place)}"{" class=wanted" if part.shown.wanted else ""}>'
        f"{_heading(part)}</a></li>"
        for place, part in enumerate(content.parts, 1)
    ]
    drawing = f"<figure>{content.diagram}</figure>" if content.diagram else ""
    listing = f'<h2 id="stages">The derivatives in order</h2><ol>{"".join(links)}</ol>'
    stages = f'<nav class="stages" aria-labelledby="stages">{listing}</nav>'
    return [f"<aside>{drawing}{stages if links else ''}</aside>"] if drawing or links else []


def _model(content: Content) -> list[str]:
    defined = "".join(f"<li>{one}</li>" for one in content.definitions)
    return [
        '<section aria-labelledby="model"><h2 id="model">What is given</h2>',
        f'<div class="scroll">{content.model}</div>',
        f'<p class="note">where</p><ul class="definitions">{defined}</ul>' if defined else "",
        "</section>",
    ]


def _derivation(content: Content) -> list[str]:
    written = ['<section aria-labelledby="derivation"><h2 id="derivation" tabindex="-1">The derivation</h2>']
    written.append('<p class="note unseen">Arrow keys go from step to step; so do the buttons at the end.</p>')
    number = 1
    for place, part in enumerate(content.parts, 1):
        written.append(part_html(part, place, number))
        number += len(part.lines)
    if content.left_out:
        more = "One more derivative is" if content.left_out == 1 else f"{content.left_out} more derivatives are"
        written.append(
            f'<p class="note">{more} found by the same rules, and left out so that the page stays small: '
            "symnn steps prints them all.</p>"
        )
    return [*written, "</section>"]


def part_html(part: Part, place: int = 1, first: int = 1) -> str:
    """Return how one derivative is found; its steps are numbered from the first."""
    steps = "".join(_step(number, line) for number, line in enumerate(part.lines, first))
    return (
        f'<section class="stage" id="{_anchor(place)}"><h3>{_heading(part)}</h3>'
        f'<ol class="steps">{steps}</ol></section>'
    )


def _anchor(place: int) -> str:
    return f"part-{place}"


def _heading(part: Part) -> str:
    found = in_a_line(read(part.shown.heading))
    return math(found, spoken=spoken(found))


def _step(number: int, line: Line) -> str:
    shown = line.shown
    left = f'<div class="left">{_display(line.left)}</div>' if line.left is not None else ""
    wide = " wide" if line.left is not None and line.left.letters() > _WIDE else ""
    equation = row([token("mo", "=", form="infix"), *_in_row(line.right)])
    mark = ""
    if shown.mark:
        kind = shown.mark if shown.mark in ("wrong", "unchecked") else ""
        said = escape(_MARKS.get(shown.mark, shown.mark))
        mark = f'<span class="mark {kind}"><span class="said">{said}</span></span>'
    by = f'<p class="by"><span class="rule">{escape(shown.rule)}</span>{mark}</p>'
    why = f'<p class="why">{sentence(shown.why)}</p>'
    shapes = f'<p class="shapes">shapes: {escape(line.shapes)}</p>' if line.shapes else ""
    return (
        f'<li class="step{wide}" id="step-{number}" data-names="{escape(" ".join(line.names))}">{left}'
        f'<div class="line"><div class="scroll">{_display(equation)}</div>{by}</div>'
        f'<div class="reason">{why}{shapes}</div></li>'
    )


def _in_row(element: Element) -> tuple[Element, ...]:
    return element.children if element.tag == "mrow" and not element.attributes else (element,)


def _display(element: Element) -> str:
    return math(element, True, spoken(element))


def _results(content: Content) -> list[str]:
    written = ['<section aria-labelledby="result"><h2 id="result">The result</h2>']
    for place, (heading, text) in enumerate(content.results):
        written.append(
            f"<details{' open' if not place else ''}><summary>{escape(heading)}</summary>{scrolling(text)}</details>"
        )
    return [*written, "</section>"]


def _bar() -> list[str]:
    return [
        '<div class="bar" role="region" aria-label="Steps"><div>',
        '<button class="back" type="button">Back</button><button class="next" type="button">Next</button>',
        '<p class="where"></p>',
        '<button class="everything" type="button" aria-pressed="false">Show all</button>',
        '</div><p class="unseen live" aria-live="polite"></p></div>',
    ]
