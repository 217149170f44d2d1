"""CSV files with a header: numbers in every column but the target's, or a line that says where not."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symnn.errors import DataError, suggest

Array = NDArray[Any]

_DELIMITERS = ",;\t"
_MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "?", "-"))


@dataclass(frozen=True)
class Table:
    """A header, rows of text, and the line in the file where each row ends."""

    path: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def position(self, column: str) -> int:
        """Return where a column stands.

        Raises:
            DataError: with the nearest column there is.
        """
        if column not in self.header:
            raise DataError(f"{self.path}: no column {column!r}{suggest(column, self.header)}")
        return self.header.index(column)

    def numbers(self, columns: Sequence[str]) -> Array:
        """Return the columns as numbers, (rows, columns).

        Raises:
            DataError: for text and for missing or infinite values, with row and column.
        """
        positions = [self.position(column) for column in columns]
        made = np.empty((len(self.rows), len(positions)))
        for number, row in enumerate(self.rows):
            cells = [row[position] for position in positions]
            try:
                if any("_" in cell for cell in cells):  # Python's float() would read 1_000
                    raise ValueError
                made[number] = [float(cell) for cell in cells]
            except ValueError:
                self._refuse(number, columns, cells)
        if not np.isfinite(made).all():
            number, position = (int(i) for i in np.argwhere(~np.isfinite(made))[0])
            cells = [self.rows[number][p] for p in positions]
            self._refuse(number, columns[position:], cells[position:])
        return made

    def text(self, column: str) -> tuple[str, ...]:
        """Return a column as text.

        Raises:
            DataError: for a missing value, with row and column.
        """
        position = self.position(column)
        for number, row in enumerate(self.rows):
            if row[position].lower() in _MISSING:
                raise DataError(f"{self._place(number, column)}: the value is missing")
        return tuple(row[position] for row in self.rows)

    def is_numeric(self, column: str) -> bool:
        """Whether every value of the column reads as a number."""
        position = self.position(column)
        return all(_is_number(row[position]) for row in self.rows)

    def is_blank(self, column: str) -> bool:
        """Whether every value of the column is missing."""
        position = self.position(column)
        return all(row[position].lower() in _MISSING for row in self.rows)

    def _place(self, number: int, column: str) -> str:
        return f"{self.path}, row {number + 1} (line {self.lines[number]}), column {column!r}"

    def _refuse(self, number: int, columns: Sequence[str], cells: Sequence[str]) -> None:
        for column, cell in zip(columns, cells, strict=True):
            if cell.lower() in _MISSING:
                raise DataError(f"{self._place(number, column)}: the value is missing")
            if not _is_number(cell):
                raise DataError(
                    f"{self._place(number, column)}: {_short(cell)} is not a number "
                    "(only the target's column may hold text)"
                )
            if not np.isfinite(float(cell)):
                raise DataError(f"{self._place(number, column)}: {_short(cell)} is not finite")


def read_table(path: Path) -> Table:
    """Read a CSV file with a header, in UTF-8, separated by commas, semicolons or tabs.

    Raises:
        DataError: for an empty file, no rows, ragged rows, columns without a name or with the same
            name, and for a file that is not text in UTF-8.
    """
    shown = path.name
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{shown}: not a text file in UTF-8 (byte {error.start + 1})") from error
    except OSError as error:
        raise DataError(f"cannot read {str(path)!r}: {(error.strerror or str(error)).lower()}") from error
    if not text.strip():
        raise DataError(f"{shown}: the file is empty")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), skipinitialspace=True)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(tuple(cell.strip() for cell in row))
                lines.append(reader.line_num)
    except csv.Error as error:
        raise DataError(f"{shown}, line {reader.line_num}: {error}") from error
    header = rows[0]
    _check_header(shown, header)
    if len(rows) == 1:
        raise DataError(f"{shown}: a header and no rows")
    for number, cells in enumerate(rows[1:], start=1):
        if len(cells) != len(header):
            raise DataError(
                f"{shown}, row {number} (line {lines[number]}): {len(cells)} values, the header names {len(header)}"
            )
    return Table(shown, header, tuple(rows[1:]), tuple(lines[1:]))


def _delimiter(text: str) -> str:
    first = next(line for line in text.splitlines() if line.strip())
    outside = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=outside.count)


def _check_header(shown: str, header: tuple[str, ...]) -> None:
    for position, name in enumerate(header):
        if not name:
            raise DataError(f"{shown}: column {position + 1} has no name in the header")
        if name in header[:position]:
            raise DataError(f"{shown}: two columns are called {name!r}")
    if all(_is_number(name) for name in header):
        raise DataError(f"{shown}: the first line holds numbers; it should name the columns")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def _short(cell: str) -> str:
    return repr(cell if len(cell) <= 40 else cell[:40] + "…")
