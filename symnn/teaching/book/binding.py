"""The booklet: the chapters in derivations/, bound into one book.

A chapter is a script with a function `chapter()` that returns a `Chapter`; its file's name begins with its number.
"""

from __future__ import annotations

import importlib.util
import re
import sys
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


def chapter_files(folder: Path | None = None) -> list[Path]:
    """Return the chapters' scripts, in order."""
    folder = folder or chapters_folder()
    return sorted(path for path in folder.glob("*.py") if _FILE.fullmatch(path.name))


def chosen_files(which: Sequence[int], folder: Path | None = None) -> list[Path]:
    """Return the scripts of the chapters with these numbers; all, where none is asked for.

    Raises:
        InputError: for a number that no chapter has.
    """
    found = chapter_files(folder)
    numbers = {number_of(path): path for path in found}
    for number in which:
        if number not in numbers:
            raise InputError(f"there is no chapter {number} (accepted: {', '.join(map(str, numbers))})")
    return [numbers[number] for number in dict.fromkeys(which)] if which else found


def number_of(path: Path) -> int:
    """Return the number of a chapter's script."""
    found = _FILE.fullmatch(path.name)
    if found is None:
        raise InputError(f"'{path.name}' is no chapter (accepted: such as 01_neuron.py)")
    return int(found[1])


def chapter_of(path: Path) -> Chapter:
    """Return the chapter that a script writes: it is run, and everything in it is checked."""
    name = f"symnn_derivations_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[name]
    made = module.chapter()
    assert isinstance(made, Chapter)
    made.number = number_of(path)
    return made


def bound(chapters: Iterable[Chapter]) -> Book:
    """Return the book of some chapters."""
    speaker = Chapter("")
    preface = tuple(speaker.parts(" ".join(one.split())) for one in _PREFACE.strip().split("\n\n"))
    return Book(TITLE, SUBTITLE, preface, tuple(chapters))


def book_pdf(book: Book) -> Typeset:
    """Return the book as a PDF, with LaTeX's log.

    Raises:
        SymnnError: where pdflatex is not installed, or fails.
    """
    return typeset(latex(book), _SECONDS, pictures(book))
