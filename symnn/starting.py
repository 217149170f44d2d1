"""What Ctrl-C does while the command `symnn` is still importing: one line and exit code 130, and no traceback.

It is imported before everything else, for whatever imports `symnn.cli` imports the whole package first.
Where Python runs anything but that command, importing this changes nothing.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

INTERRUPTED = 130


def started() -> None:
    """Give Ctrl-C its usual meaning again: from here on the command line catches it."""
    if signal.getsignal(signal.SIGINT) is _stop:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _stop(*_: Any) -> NoReturn:
    # An exception here would come out of the middle of an import, which may take it for a missing module.
    os.write(2, b"symnn: error: interrupted\n")
    os._exit(INTERRUPTED)


if Path(*sys.argv[:1]).stem == "symnn" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _stop)
