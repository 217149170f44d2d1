"""A book as one page of HTML that needs nothing else: formulas in MathML, pictures within."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from html import escape
from importlib.resources import files

from symnn.teaching.book.blocks import (
    Block,
    Bullets,
    Code,
    Command,
    Derivation,
    Display,
    Emphasis,
    Equations,
    Heading,
    Note,
    OnePage,
    Paragraph,
    Parts,
    Picture,
    Row,
    Statement,
    Table,
    Worked,
)
from symnn.teaching.book.book import Book, file_name
from symnn.teaching.book.chapter import Chapter
from symnn.teaching.book.maths import Maths
from symnn.teaching.documents.parts import flat, formulas
from symnn.teaching.page.standalone import scrolling, standalone
from symnn.teaching.working_pages import Row as WorkedRow
from symnn.writing.fragment import formula, fragment, sentence
from symnn.writing.steps import ShownStage
from symnn.writing.steps_pages import MARKS

_OPEN, _CLOSE = "\ue000", "\ue001"
_SIDE_BY_SIDE = 75
"""How many characters a line has for symbols and numbers beside each other; longer ones stand below."""


def html(book: Book) -> str:
    """Return the whole book as one document."""
    body = [
        f"<header><h1>{escape(book.title)}</h1><p>{escape(book.subtitle)}</p></header>",
        _contents(book),
        "<main>",
        '<section class="preface">',
        *(f"<p>{words(parts)}</p>" for parts in book.preface),
        *_legend(book),
        "</section>",
    ]
    for number, chapter in book.numbered():
        body += chapter_html(chapter, number)
    style = files(__package__).joinpath("book.css").read_text("utf-8")
    return standalone(book.title, scrolling("\n".join([*body, "</main>"])), style)


def _contents(book: Book) -> str:
    entries = "".join(
        f'<li value="{number}"><a href="#chapter-{number}">{escape(chapter.title)}</a></li>'
        for number, chapter in book.numbered()
    )
    return f'<nav aria-label="Contents"><ol>{entries}</ol></nav>'


def _legend(book: Book) -> Iterator[str]:
    for mark, said in book.legend():
        yield f'<p class="legend"><span class="mark">{MARKS[mark]}</span> {escape(said)}.</p>'


def chapter_html(chapter: Chapter, number: int) -> Iterator[str]:
    """Yield the parts of a chapter."""
    shown = f'<span class="number">{number}</span> ' if number else ""
    yield f'<article id="chapter-{number}"><h2>{shown}{escape(chapter.title)}</h2>'
    if chapter.lead:
        yield f'<p class="lead">{words(chapter.lead)}</p>'
    for block in chapter.blocks:
        yield from _block(block, number)
    for heading, which in (("Exercises", "task"), ("Solutions", "solution")):
        if chapter.exercises:
            yield f'<section class="{which}"><h3>{heading}</h3>'
            for place, exercise in enumerate(chapter.exercises, 1):
                inner = "".join(part for block in getattr(exercise, which) for part in _block(block, number))
                label = f"{number}.{place}" if number else str(place)
                yield f'<div class="exercise"><p class="label">{label}</p><div>{inner}</div></div>'
            yield "</section>"
    if chapter.held:
        items = "".join(f"<li>{words(one.parts)}</li>" for one in chapter.held)
        yield f'<section class="checked"><h3>What symnn checked</h3><ul>{items}</ul></section>'
    yield "</article>"


def words(parts: Parts) -> str:
    """Return a sentence as HTML."""
    # A formula's own reader keeps the comma after it on its line.
    written = sentence("".join(map(_part, parts)))
    return written.replace(_OPEN, "<em>").replace(_CLOSE, "</em>")


def _part(part: str | Maths | Emphasis) -> str:
    if isinstance(part, Maths):
        return f"${part.inline}$"
    literal = re.sub(r"([$_%&#{}])", r"\\\1", part if isinstance(part, str) else part.text)
    return literal if isinstance(part, str) else f"{_OPEN}{literal}{_CLOSE}"


def _block(block: Block, number: int) -> Iterator[str]:
    match block:
        case Heading():
            yield f"<h3>{escape(block.text)}</h3>"
        case Paragraph():
            yield f"<p>{words(block.parts)}</p>"
        case Bullets():
            yield f"<ul>{''.join(f'<li>{words(item)}</li>' for item in block.items)}</ul>"
        case Note():
            inner = "".join(f"<p>{words(one)}</p>" for one in block.paragraphs)
            yield f'<aside class="note"><h4>{escape(block.title)}</h4>{inner}</aside>'
        case Statement():
            shown = "".join(part for one in block.blocks for part in _block(one, number))
            yield f'<section class="note statement"><h4>{escape(block.title)}</h4>{shown}</section>'
        case Display():
            yield f'<div class="display scroll">{"".join(map(_row, block.rows))}</div>'
        case Equations():
            shown = "equations beside" if block.beside else "equations"
            yield f'<div class="{shown}">{fragment(block.page("mathml"))}</div>'
        case OnePage():
            inner = "".join(f"<p>{words(one)}</p>" for one in block.paragraphs)
            shown = f'<div class="equations">{fragment(block.page("mathml"))}</div>'
            yield f'<section class="onepage"><h4>{escape(block.title)}</h4>{inner}{shown}</section>'
        case Derivation():
            yield from map(_stage, block.stages("latex"))
        case Worked():
            yield _worked(block)
        case Table():
            yield _table(block)
        case Picture():
            yield _picture(block, number)
        case Command():
            yield f"<pre><code>$ {escape(block.line)}</code></pre>"
        case Code():
            lines = "\n".join(map(escape, block.lines))
            yield f'<pre class="python"><code>{lines}</code></pre>'
        case _:
            raise TypeError(type(block).__name__)


def _row(row: Row) -> str:
    left = formula(row.left.latex) if row.left else ""
    right = formula(f"{row.sign.latex} {row.right.latex}".strip())
    why = f'<span class="why">{words(row.why)}</span>' if row.why else ""
    return f'<div class="row"><span class="left">{left}</span><span>{right}</span>{why}</div>'


def _stage(stage: ShownStage) -> str:
    rows = [f"<h4>{formula(flat(stage.heading))}</h4>"]
    for step in stage.steps:
        left = formula(step.left) if step.left else ""
        said = " ".join(part for part in (step.why, f"({formulas(step.shapes)})" if step.shapes else "") if part)
        why = f"<br/>{sentence(said)}" if said else ""
        mark = f'<span class="mark">{MARKS.get(step.mark, "")}</span>' if step.mark else ""
        rows.append(
            f'<div class="row"><span class="left">{left}</span><span>{formula(f"= {step.right}")}</span>'
            f'<span class="why"><em>{escape(step.rule)}</em> {mark}{why}</span></div>'
        )
    return f'<div class="display derivation scroll">{"".join(rows)}</div>'


def _worked(block: Worked) -> str:
    latex, text = ([row for _, rows in block.sections(format) for row in rows] for format in ("latex", "text"))
    body = "".join(map(_worked_row, latex, text))
    return f'<div class="scroll"><table class="worked">{body}</table></div>'


def _worked_row(row: WorkedRow, text: WorkedRow) -> str:
    sign = r"\leftarrow" if row.is_update else "="
    between = [one for one in dict.fromkeys([text.substituted, text.between]) if one not in ("", text.result)]
    numbers = "<br/>".join(f"= {escape(one)}" for one in between)
    first, result = formula(f"{row.left} {sign} {row.symbols}"), f'<td class="result">= {escape(text.result)}</td>'
    if len(text.symbols) + max((len(one) for one in between), default=0) <= _SIDE_BY_SIDE:
        return f"<tr><td>{first}</td><td>{numbers}</td>{result}</tr>"
    return f'<tr><td colspan="3">{first}</td></tr><tr><td colspan="2" class="below">{numbers}</td>{result}</tr>'


def _table(block: Table) -> str:
    head = "".join(f'<th scope="col">{words(cell)}</th>' for cell in block.head)
    rows = "".join(f"<tr>{''.join(f'<td>{words(cell)}</td>' for cell in row)}</tr>" for row in block.rows)
    caption = f"<figcaption>{words(block.caption)}</figcaption>" if block.caption else ""
    return (
        f'<figure><div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        f"{caption}</figure>"
    )


def _picture(block: Picture, number: int) -> str:
    if block.tikz is not None:
        shown = block.content("svg").decode()
    else:
        data = base64.b64encode(block.content("png")).decode()
        shown = f'<img alt="{escape(block.described)}" src="data:image/png;base64,{data}"/>'
    caption = f"<figcaption>{words(block.caption)}</figcaption>" if block.caption else ""
    return f'<figure id="{file_name(number, block)}">{shown}{caption}</figure>'
