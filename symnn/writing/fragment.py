"""A page as a fragment of HTML: headings, equations in MathML under each other, what follows them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from symnn.writing.aligning import WIDTH, aligned
from symnn.writing.latex import Latex
from symnn.writing.mathml import Element, math, token
from symnn.writing.mathml_reader import read, read_words
from symnn.writing.sections import Page, Section
from symnn.writing.spoken import spoken

_POINTS = frozenset(",.;:)")


class ScreenLatex(Latex):
    """LaTeX of which MathML is made: a screen has no end, and nothing is set small."""

    has_pages = False


def formula(latex: str, display: bool = False) -> str:
    r"""Return a formula as a `<math>` element with its alternative text.

    >>> formula(r"\bm{x}^{2}")
    '<math alttext="x squared"><msup><mi>𝐱</mi><mn>2</mn></msup></math>'

    Args:
        latex: as this package writes it.
        display: whether it stands in a line of its own.

    Raises:
        InputError: for LaTeX that this package does not write.
    """
    element = read(latex)
    return math(element, display, spoken(element))


def sentence(text: str) -> str:
    """Return a sentence with formulas between dollar signs: words escaped, formulas as `<math>` elements.

    >>> sentence("the sum over $k$ & no more")
    'the sum over <math alttext="k"><mi>k</mi></math> &amp; no more'

    Raises:
        InputError: for LaTeX that this package does not write.
    """
    found = read_words(text)
    parts: list[str] = []
    for place, part in enumerate(found):
        before, after = found[place - 1 : place], found[place + 1 : place + 2]
        if isinstance(part, str):
            moved = part[:1] in _POINTS and bool(before)
            parts.append(escape(part[moved:], quote=False))
        else:
            # A line does not end between a formula and the comma after it: the comma is put into the formula.
            point = after[0][0] if after and isinstance(after[0], str) and after[0][0] in _POINTS else ""
            whole = Element("mrow", (part, token("mtext", point))) if point else part
            parts.append(math(whole, spoken=spoken(part)))
    return "".join(parts)


def listed(formulas: Sequence[str]) -> str:
    """Return formulas in a line of words; one that ends in words closes its dollars itself."""
    return sentence(", ".join(f"${one}$".replace("$$", "") for one in formulas))


def equations(section: Section, width: float = WIDTH) -> str:
    """Return a section's equations, aligned at their signs; a long one breaks."""
    return formula(rf"\begin{{aligned}}{aligned(section, width=width)}\end{{aligned}}", True)


def said(definitions: Sequence[str], facts: str) -> list[str]:
    """Return paragraphs on what symbols mean, and what is known and was used."""
    return [
        *([f"<p>where {listed(definitions)}</p>"] if definitions else []),
        *([f"<p>using {formula(facts)}</p>"] if facts else []),
    ]


def fragment(page: Page) -> str:
    """Return a page as a fragment of HTML, to be put into any document."""
    blocks = [f"<h2>{escape(page.title, quote=False)}</h2>"] if page.title else []
    for section in page.sections:
        blocks.extend([f"<h3>{escape(section.heading, quote=False)}</h3>"] if section.heading else [])
        blocks.append(equations(section))
    blocks.extend(said(page.definitions, page.facts))
    if page.count:
        blocks.append(f"<p>{escape(page.count, quote=False)}: {listed(page.shapes)}</p>")
    if page.choices:
        blocks.append(f"<p>notation: {sentence('; '.join(page.choices))}</p>")
    blocks.extend(f"<p>{escape(note, quote=False)}</p>" for note in page.notes)
    return "\n".join(blocks) + "\n"
