"""A chapter as a script: it prints its mathematics, and writes its pictures.

    python derivations/01_neuron.py              pictures in the folder pictures
    python derivations/01_neuron.py FOLDER       pictures there

Its pictures' names begin with the number of its file, if that has one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from symnn.errors import InputError, SymnnError
from symnn.teaching.book.binding import number_of, place_of
from symnn.teaching.book.book import file_name, pictures_of
from symnn.teaching.book.chapter import Chapter
from symnn.teaching.book.text import text

FOLDER = "pictures"


def run(chapter: Callable[[], Chapter]) -> None:
    """Write a chapter: text to standard output, pictures into the folder that is named first."""
    if len(sys.argv) > 2 or any(argument.startswith("-") for argument in sys.argv[1:]):
        print(f"usage: python {sys.argv[0]} [FOLDER]", file=sys.stderr)
        sys.exit(2)
    script, folder = Path(sys.argv[0]), Path(sys.argv[1] if len(sys.argv) > 1 else FOLDER)
    try:
        if folder.exists() and not folder.is_dir():
            raise InputError(f"'{folder}' is no folder: pictures are written into one")
        made = chapter()
        print(text(made, number_of(script)))
        for picture in pictures_of(made):
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{file_name(number_of(script), picture)}.svg"
            path.write_bytes(picture.content("svg"))
            print(f"wrote {path}")
    except (SymnnError, OSError) as error:
        print(f"Error: {place_of(error, script)}{error}", file=sys.stderr)
        sys.exit(1)
