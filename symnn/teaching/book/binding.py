"""The booklet: the chapters in derivations/, bound into one book.

A chapter is a script with a function `chapter()` that returns a `Chapter`; its file's name begins with its number.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import traceback
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType

import symnn
from symnn.errors import InputError, SymnnError
from symnn.teaching.book.book import Book
from symnn.teaching.book.chapter import Chapter
from symnn.teaching.book.latex import latex, pictures
from symnn.teaching.documents.latex_run import Typeset, typeset

TITLE = "The mathematics of neural networks, derived"
SUBTITLE = "Neurons, networks, cost, the hill, backpropagation and learning: every line checked by symnn"
_FILE = re.compile(r"(\d\d)_([a-z_]+)\.py")
_PREFACE = """
This booklet follows an essay, The Mathematics of Neural Networks: Opening the black box, which tells with circles,
lines and numbers what a neural network is, and leaves the calculus out. Here it is put back. Chapters 1 to 4 need
no calculus: where a derivative is met for the first time, a box says what it is. From chapter 5 on there is more
algebra, and every line of it has the name of the rule that it follows by.

No formula, number or picture in this booklet was typed where it could be computed. Each chapter is a program: it
builds a network as equations, derives what is shown from them, puts in the numbers, trains and draws. What it says
is checked while it is made: at the end of each chapter a box lists the checks, and where one of them fails, there
is no booklet.
"""
_SECONDS = 240.0


def chapters_folder() -> Path:
    """Return the folder of the chapters: beside the package, or where they were installed with it.

    Raises:
        SymnnError: where there is none.
    """
    try:
        installed = [Path(str(file.locate())) for file in metadata.files("symnn") or ()]
    except metadata.PackageNotFoundError:
        installed = []
    folders = [path.parent for path in installed if _FILE.fullmatch(path.name)]
    for folder in (Path(symnn.__file__).parent.parent / "derivations", *folders):
        if any(_FILE.fullmatch(path.name) for path in folder.glob("*.py")):
            return folder
    raise SymnnError("the chapters of the booklet are missing: they are in derivations/ beside symnn/")


def chapter_files() -> list[Path]:
    """Return the chapters' scripts, in order."""
    return sorted(path for path in chapters_folder().glob("*.py") if _FILE.fullmatch(path.name))


def chosen_files(which: Sequence[int]) -> list[Path]:
    """Return the scripts of the chapters with these numbers; all, where none is asked for.

    Raises:
        InputError: for a number that no chapter has.
    """
    found = chapter_files()
    numbers: dict[int, Path] = {}
    for path in found:
        other = numbers.setdefault(number_of(path), path)
        if other != path:
            raise InputError(f"two chapters have one number: {other.name} and {path.name}")
    for number in which:
        if number not in numbers:
            raise InputError(f"there is no chapter {number} (accepted: {', '.join(map(str, numbers))})")
    return [numbers[number] for number in dict.fromkeys(which)] if which else found


def number_of(path: Path) -> int:
    """Return the number with which the name of a chapter's script begins, or 0."""
    found = _FILE.fullmatch(path.name)
    return int(found[1]) if found else 0


def chapter_of(path: Path) -> Chapter:
    """Return the chapter that a script writes: it is run, and everything in it is checked."""
    name = f"symnn_derivations_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"'{path}' is no chapter (accepted: a Python file with a function chapter())")
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
        write = getattr(module, "chapter", None)
        if write is None:
            raise InputError("there is no function chapter() that returns a Chapter")
        made = write()
        if not isinstance(made, Chapter):
            raise InputError(f"chapter() returned a {type(made).__name__}, and not a Chapter")
    except Exception as error:
        raise SymnnError(f"{place_of(error, path)}{said_of(error)}") from error
    finally:
        del sys.modules[name]
    made.number = number_of(path)
    return made


def place_of(error: Exception, path: Path) -> str:
    """Return the file and the line of a script that an error is about."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == path]
    lines += [error.lineno] if isinstance(error, SyntaxError) and error.filename == str(path) else []
    return f"{path.name}, line {lines[-1]}: " if lines else f"{path.name}: "


def said_of(error: Exception) -> str:
    """Return what an error says, with its kind where it is none of symnn's own."""
    said = " ".join(str(error).split())
    return said if isinstance(error, SymnnError) else f"{type(error).__name__}: {said}"


def bound(chapters: Iterable[Chapter], title: str = "") -> Book:
    """Return the booklet of some chapters; with another title it is a book of one's own, without the preface."""
    if title:
        return Book(title, "", (), tuple(chapters))
    speaker = Chapter("")
    preface = tuple(speaker.parts(" ".join(one.split())) for one in _PREFACE.strip().split("\n\n"))
    return Book(TITLE, SUBTITLE, preface, tuple(chapters))


def book_pdf(book: Book) -> Typeset:
    """Return the book as a PDF, with LaTeX's log.

    Raises:
        SymnnError: where pdflatex is not installed, or fails.
    """
    return typeset(latex(book), _SECONDS, pictures(book))
