r"""A notation in a file: `course.toml`.

    [notation]
    cost = "L"
    output = "ŷ"
    layers = "bracket"
"""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from symnn.errors import InputError, suggest
from symnn.writing.notation import LETTERS, Notation, read_mark

LONGEST = 80
"""How much of a text from outside is said."""
LARGEST = 100_000
"""The largest file that is read, in bytes."""

ACCEPTED = tuple(one.name for one in fields(Notation))


def read_notation(path: str | Path) -> Notation:
    """Return the notation that a TOML file describes, in a table [notation] or by itself.

    Args:
        path: the file; its keys are the arguments of `Notation`.

    Raises:
        InputError: for what is no such file, and for a key or a value that there is not.
    """
    name = Path(path).name
    table = _table(name, _text(path))
    unknown = next((key for key in table if key not in ACCEPTED), None)
    if unknown is not None:
        raise InputError(f"{_shown(name)}: unknown key {_shown(unknown)!r}{suggest(unknown, ACCEPTED)}")
    try:
        return _made(table, _shown(name))
    except InputError:
        # One wrong value is said with its key; two letters that are one, with both.
        for key, value in table.items():
            if not (isinstance(value, str) and key in LETTERS and _is_symbol(value)):
                _made({key: value}, f"{_shown(name)}: {key}")
        raise


def _text(path: str | Path) -> str:
    # Of a long path the end says which file it is.
    shown = _shown(str(path) if len(str(path)) <= LONGEST else Path(path).name)
    try:
        with Path(path).open("rb") as file:
            given = file.read(LARGEST + 1)
    except (OSError, ValueError) as problem:
        why = "it is no file" if Path(str(path).replace("\0", "")).is_dir() else "it cannot be read"
        missing = isinstance(problem, FileNotFoundError)
        raise InputError(f"--notation {shown}: {'there is no such file' if missing else why}") from problem
    if len(given) > LARGEST:
        raise InputError(f"--notation {shown}: the file is too large for a notation (at most {LARGEST:,} bytes)")
    try:
        return given.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError(f"--notation {shown}: the file is no text in UTF-8") from problem


def _table(name: str, text: str) -> dict[str, Any]:
    try:
        whole = tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as problem:
        why = _shown(str(problem)) or type(problem).__name__
        raise InputError(f"{_shown(name)}: this is no TOML: {why}") from problem
    table = whole.get("notation", whole)
    if not isinstance(table, dict):
        raise InputError(f"{_shown(name)}: notation is {_shown(repr(table))} (accepted: a table [notation])")
    beside = [key for key in whole if key != "notation"] if "notation" in whole else []
    if beside:
        raise InputError(f"{_shown(name)}: {_shown(beside[0])!r} stands outside of the table [notation]")
    return table


def _made(table: dict[str, Any], where: str) -> Notation:
    """Return the notation with these choices; what is wrong with them is said with where they stand."""
    try:
        return Notation(**table)
    except InputError as problem:
        raise InputError(f"{where}: {str(problem).removeprefix('notation: ')}") from problem


def _is_symbol(text: str) -> bool:
    try:
        read_mark(text)
    except InputError:
        return False
    return True


def _shown(text: str) -> str:
    """Return a text from outside on one line, and not too long."""
    line = "".join(letter if letter.isprintable() else "�" for letter in " ".join(text.split()))
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
