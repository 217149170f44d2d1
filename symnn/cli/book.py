"""`symnn book -o book.pdf`: the chapters of derivations/, run, checked and bound."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from symnn.cli.options import echo_json, json_option, output_option
from symnn.errors import InputError
from symnn.teaching.book.binding import book_pdf, bound, chapter_of, chosen_files
from symnn.teaching.book.book import Book
from symnn.teaching.book.chapter import Chapter
from symnn.teaching.book.html import html
from symnn.teaching.book.latex import latex, pictures
from symnn.teaching.book.text import text
from symnn.teaching.documents import pdflatex
from symnn.teaching.pictures.plots.style import check_matplotlib
from symnn.training import check_writable, write_atomically

_ENDINGS = (".pdf", ".tex", ".html", ".txt")


@click.command("book")
@click.argument("scripts", nargs=-1, metavar="[SCRIPT.py]...")
@click.option("--chapter", "which", type=int, multiple=True, metavar="N", help="Only this chapter; may be repeated.")
@click.option("--title", default="", help="Of a book of your own.")
@output_option(f"The booklet ({', '.join(_ENDINGS)}); beside a .tex its pictures are put into a folder.")
@json_option
def book_command(
    scripts: tuple[str, ...], which: tuple[int, ...], title: str, output: str | None, as_json: bool
) -> None:
    """Bind the booklet: an essay's journey from a neuron to learning, with the mathematics put back.

    Each chapter is a script in derivations/ that derives its formulas, computes its numbers and draws its pictures.
    What it says is checked while it is made: where a check fails, there is no booklet. Given SCRIPTs, these are bound
    instead: chapters of your own, each a file with a function chapter() that returns a symnn.teaching.book.Chapter.
    """
    ending = _ending(output)
    assert output is not None
    check_writable(output)
    check_matplotlib()
    if ending == ".pdf":
        pdflatex()
    chapters: list[Chapter] = []
    for path in _files(scripts, which):
        if sys.stderr.isatty():
            click.echo(f"{path.stem} ...", err=True)
        chapters.append(chapter_of(path))
    book = bound(chapters, title or (chapters[0].title if scripts else ""))
    _write(book, output, ending)
    said = {
        "title": book.title, "chapters": [chapter.title for chapter in book.chapters],
        "exercises": sum(len(chapter.exercises) for chapter in book.chapters), "checks": book.checks, "output": output,
    }  # fmt: skip
    if as_json:
        echo_json(said)
        return
    for number, chapter in book.numbered():
        click.echo(f"{number}  {chapter.title}: {len(chapter.checked)} checks")
    click.echo(f"{book.checks} checks, and every line of the derivations, hold\nwrote {output}")


def _files(scripts: tuple[str, ...], which: tuple[int, ...]) -> list[Path]:
    if not scripts:
        return chosen_files(which)
    if which:
        raise InputError("--chapter is for the booklet, and not for scripts of your own")
    for name in scripts:
        if not Path(name).is_file():
            raise InputError(f"there is no file {name!r} (accepted: a Python file with a function chapter())")
    return [Path(name).resolve() for name in scripts]


def _ending(output: str | None) -> str:
    if output is None:
        raise InputError("the booklet is a file: give -o book.pdf (or .tex, .html, .txt)")
    ending = Path(output).suffix.lower()
    if ending not in _ENDINGS:
        raise InputError(f"-o {output!r}: the booklet is {', '.join(_ENDINGS)}")
    return ending


def _write(book: Book, output: str, ending: str) -> None:
    if ending == ".pdf":
        write_atomically(output, book_pdf(book).pdf)
    elif ending == ".html":
        write_atomically(output, html(book).encode())
    elif ending == ".txt":
        whole = "\n\n".join(text(chapter, number) for number, chapter in book.numbered())
        write_atomically(output, whole.encode())
    else:
        for name, content in pictures(book).items():
            path = Path(output).parent / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(str(path), content)
        write_atomically(output, latex(book).encode())

