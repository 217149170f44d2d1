"""What symnn says when something is wrong: one clear line, and never a traceback for bad input."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SymnnError(Exception):
    """The work failed: something that was well asked for could not be done (exit code 1)."""

    exit_code = 1


class InputError(SymnnError):
    """What was given is not acceptable (exit code 2)."""

    exit_code = 2


class BadNameError(InputError):
    """A name that symnn cannot print and compile safely."""


class ParseError(InputError):
    """A text that is not a formula of symnn's small language."""


class ProgramError(InputError):
    """An equation or a program that is not well formed; the message shows the equation."""


class ShapeError(InputError):
    """Arrays or axes whose sizes disagree."""


class DataError(InputError):
    """A data set that cannot be learned from as it is."""


class CalculusError(SymnnError):
    """A derivative that cannot be taken."""


class CompileError(SymnnError):
    """A program that cannot be turned into code."""


class OutputError(SymnnError):
    """A file that cannot be written."""


def suggest(given: str, accepted: Iterable[str]) -> str:
    """Return `` (did you mean 'relu'?)`` for the nearest accepted word, or the accepted words.

    >>> suggest("rleu", ["relu", "sigmoid"])
    " (did you mean 'relu'?)"
    """
    words = list(accepted)
    close = difflib.get_close_matches(given, words, n=1, cutoff=0.6)
    return f" (did you mean '{close[0]}'?)" if close else f" (accepted: {', '.join(words)})"
