"""A worksheet as text and as Markdown."""

from __future__ import annotations

import textwrap

from symnn.teaching.working_pages import text_of
from symnn.teaching.worksheets.content import (
    Block,
    Given,
    Items,
    Lines,
    Question,
    Room,
    Sentence,
    Table,
    Worked,
)
from symnn.teaching.worksheets.head import TITLES, about, equations_of, introduction, title
from symnn.teaching.worksheets.models import Model
from symnn.teaching.worksheets.setting import Setting, joined
from symnn.teaching.worksheets.sheet import Worksheet
from symnn.writing.characters import ascii_text, width

WIDTH = 100
_LINE = "_" * 90


def text_sheet(sheet: Worksheet, setting: Setting, key: bool) -> str:
    """Return a sheet, or its key, as text or Markdown."""
    is_markdown = setting.format == "markdown"
    head = title(sheet, key)
    lines = [f"# {head}", "", about(sheet)] if is_markdown else [head, about(sheet)]
    if not key:
        blank = "\\_" if is_markdown else "_"
        lines += ["", f"Name: {blank * 36}   Date: {blank * 16}"]
    for sentence in introduction(sheet, setting, key):
        lines += ["", *_filled(sentence, is_markdown)]
    for number, question in enumerate(sheet.questions, 1):
        lines += ["", "", *_question(number, question, sheet, setting, key)]
    made = "\n".join(line.rstrip() for line in lines) + "\n"
    return ascii_text(made) if setting.format == "ascii" else made


def _question(number: int, question: Question, sheet: Worksheet, setting: Setting, key: bool) -> list[str]:
    heading = f"{number}. {TITLES[question.kind]}"
    lines = [f"## {heading}" if setting.format == "markdown" else heading]
    if said := equations_of(question, sheet, setting, key):
        lines += ["", *_filled(f"Here {joined(setting, said)}.", not setting.is_plain)]
    for block in question.solution if key else question.task:
        made = _block(block, question.model, setting)
        lines += ["", *made] if made else []
    return lines


def _block(block: Block, model: Model, setting: Setting) -> list[str]:
    is_markdown = setting.format == "markdown"
    if isinstance(block, Sentence):
        return _filled(setting.inline(block.parts, model), is_markdown)
    if isinstance(block, Items):
        made = []
        for place, item in enumerate(block.items):
            text = setting.inline(item, model)
            letter = "" if block.first is None else f"({letter_of(place + block.first)}) "
            made += [f"- {letter}{text}"] if is_markdown else _filled(text, False, f"  {letter}")
        return made
    if isinstance(block, Lines | Given):
        return _equations(block, model, setting)
    if isinstance(block, Table):
        return _table(block, model, setting)
    if isinstance(block, Worked):
        rows = setting.rows(block)
        worked = text_of(rows, (), (), setting.format == "ascii").rstrip("\n").split("\n")
        return ["```text", *worked, "```"] if is_markdown else worked
    if isinstance(block, Room):
        return ["&nbsp;" if is_markdown else _LINE, ""] * block.lines
    raise TypeError(type(block).__name__)


def _equations(block: Lines | Given, model: Model, setting: Setting) -> list[str]:
    is_numbered = isinstance(block, Lines) and block.numbered
    if not setting.is_plain:
        made = []
        for place, equation in enumerate(block.equations, 1):
            made += [(f"({place}) " if is_numbered else "") + setting.marked(equation, model), ""]
        return made[:-1]
    sides = [(setting.formula(e.left, model), setting.formula(e.right, model)) for e in block.equations]
    widest = max(width(left) for left, _ in sides)
    return [
        (f"  ({place}) " if is_numbered else "  ") + left + " " * (widest - width(left)) + f" = {right}"
        for place, (left, right) in enumerate(sides, 1)
    ]


def _table(block: Table, model: Model, setting: Setting) -> list[str]:
    cells = [[setting.inline(cell, model) for cell in row] for row in (block.head, *block.rows)]
    if setting.format == "markdown":
        head, *rows = [f"| {' | '.join(row)} |" for row in cells]
        return [head, "|" + " --- |" * len(block.head), *rows]
    widths = [max(width(row[n]) for row in cells) for n in range(len(block.head))]
    made = ["  " + "   ".join(c + " " * (w - width(c)) for c, w in zip(row, widths, strict=True)) for row in cells]
    return [made[0], "  " + "-" * (sum(widths) + 3 * (len(widths) - 1)), *made[1:]]


def _filled(text: str, is_markdown: bool, opening: str = "") -> list[str]:
    """Return a paragraph in lines that are not too long."""
    if is_markdown:
        return [opening + text]
    return textwrap.wrap(
        text, WIDTH, initial_indent=opening, subsequent_indent=" " * len(opening), break_long_words=False
    )


def letter_of(place: int) -> str:
    """Return a, b, …"""
    return "abcdefghijklmnopqrstuvwxyz"[place % 26] * (place // 26 + 1)
