"""How the command line ends: whatever goes wrong is one line on standard error and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from symnn.errors import SymnnError
from symnn.starting import INTERRUPTED, started

TRACEBACK = "SYMNN_TRACEBACK"
# Since click 8.2, `symnn` alone is an error that shows the help; before, it is none.
_HELP_WANTED: tuple[type[click.ClickException], ...] = tuple(
    getattr(click.exceptions, name) for name in ("NoArgsIsHelpError",) if hasattr(click.exceptions, name)
)


class Commands(click.Group):
    """A group of commands that never shows a traceback (set SYMNN_TRACEBACK=1 to see one).

    Exit codes: 0 done, 1 the work failed, 2 bad usage or bad input, 130 interrupted.
    """

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line, and exit unless `standalone_mode` is off."""
        started()
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            sys.stdout.flush()
        except BrokenPipeError:
            _close_quietly()
        except _HELP_WANTED as error:
            error.show()
            sys.exit(error.exit_code)
        except Exception as error:
            if os.environ.get(TRACEBACK):
                raise
            fail(*described(error), getattr(error, "context", ""))
        sys.exit(code if isinstance(code, int) else 0)


def described(error: BaseException) -> tuple[str, int]:
    """Return what to say of an error, and the exit code."""
    if isinstance(error, SymnnError):
        return str(error), error.exit_code
    if isinstance(error, click.Abort):
        return "interrupted", INTERRUPTED
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx is not None else "symnn"
        return f"{error.format_message().rstrip('.')} (see {command} --help)", error.exit_code
    if isinstance(error, click.ClickException):
        return error.format_message(), error.exit_code
    if isinstance(error, OSError):
        where = f": {error.filename!r}" if error.filename is not None else ""
        return f"{error.strerror or error}{where}", 1
    name = type(error).__name__
    return f"unexpected {name}: {error} (set {TRACEBACK}=1 to see where, and please report it)", 1


def fail(message: str, code: int, picture: str = "") -> NoReturn:
    """Say what went wrong, in one line, and exit; a picture of the place may follow."""
    click.echo(f"symnn: error: {one_line(message)}", err=True)
    for line in picture.splitlines():
        click.echo("  " + "".join(c if c.isprintable() else "�" for c in line), err=True)
    sys.exit(code)


def one_line(text: str, longest: int = 600) -> str:
    """Return text on one line, without control characters: it may quote a hostile file.

    >>> one_line("two\\nlines")
    'two lines'
    """
    line = " ".join(text.split())
    line = "".join(character if character.isprintable() else "�" for character in line)
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _close_quietly() -> NoReturn:
    # What reads our output has gone; without this, Python complains while it shuts down.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)
