"""Worksheets: a sheet of questions with blanks and a key with worked solutions, all of them from a seed."""

from __future__ import annotations

from symnn.errors import InputError, suggest
from symnn.teaching.worksheets.latex_sheet import latex_sheet
from symnn.teaching.worksheets.setting import FORMATS, Setting
from symnn.teaching.worksheets.sheet import KINDS, MOST_QUESTIONS, Worksheet, worksheet
from symnn.teaching.worksheets.text_sheet import text_sheet
from symnn.writing import Notation

__all__ = ["FORMATS", "KINDS", "MOST_QUESTIONS", "Worksheet", "worksheet", "write_worksheet"]


def write_worksheet(
    sheet: Worksheet, format: str = "text", *, key: bool = False, notation: Notation | None = None
) -> str:
    """Return a worksheet, or its key, in a format.

    Args:
        sheet: what `worksheet` returned.
        format: text, ascii, markdown or latex (a whole document).
        key: whether to write the key instead of the sheet.
        notation: choices of writing.

    Raises:
        InputError: for an unknown format, and a notation in which vectors are rows.

    >>> print(write_worksheet(worksheet("2-2-1", seed=7)).splitlines()[0])
    Backpropagation: a worksheet
    """
    if format not in FORMATS:
        raise InputError(f"unknown format '{format}'{suggest(format, FORMATS)}")
    setting = Setting(format, notation or Notation())
    return latex_sheet(sheet, setting, key) if format == "latex" else text_sheet(sheet, setting, key)
