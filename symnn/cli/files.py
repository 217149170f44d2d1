"""Files of equations on the command line: wherever an architecture may stand, a file may."""

from __future__ import annotations

from pathlib import Path

from sympy import Rational

from symnn.errors import DataError, InputError
from symnn.language import Program
from symnn.language.equations_file import LONGEST_FILE, hyperparameter_values
from symnn.networks import ProgramNetwork, parse_program

ENDINGS = (".txt", ".sym", ".eq", ".symnn")


def is_file(subject: str) -> bool:
    """Whether an argument names a file of equations, and no architecture.

    >>> is_file("net.txt"), is_file("2-3-1")
    (True, False)
    """
    path = Path(subject)
    try:
        return path.suffix in ENDINGS or path.is_file()
    except OSError:  # too long for a name: an architecture of thousands of layers
        return False


def read_text(path: str) -> str:
    """Return the text of a file of equations.

    Raises:
        DataError: for a file that cannot be read, or is no text.
    """
    try:
        with Path(path).open("rb") as file:
            return file.read(LONGEST_FILE + 1).decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"cannot read {path!r}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"cannot read {path!r}: it is no text (byte {error.start} is not UTF-8)") from None


def read_program(path: str) -> Program:
    """Return the program of a file of equations; errors name the file, the line and the column."""
    return parse_program(read_text(path), Path(path).name)


def read_network(path: str) -> ProgramNetwork:
    """Return the network of a file of equations, which says its activations and its cost itself."""
    text, name = read_text(path), Path(path).name
    return ProgramNetwork(parse_program(text, name), name, text=text)


def read_with_letters(path: str) -> tuple[Program, str]:
    """Return a file's program, with letters for hyperparameters that have a value, and a text that says the values.

    Where a number is needed, as for a size or a layer's option, the letters are numbers in all equations.
    """
    text, name = read_text(path), Path(path).name
    values = ", ".join(f"{letter} = {_written(value)}" for letter, value in hyperparameter_values(text, name).items())
    try:
        return parse_program(text, name, letters=True), values
    except InputError:
        return parse_program(text, name), values


def _written(value: Rational) -> str:
    """Return a number as a decimal where it has few digits, else as a fraction."""
    decimal = f"{float(value):.6g}"
    return decimal if Rational(decimal) == value else str(value)
