"""Writing files so that nothing half-written is ever left: a temporary file, then one rename."""

from __future__ import annotations

import os
from pathlib import Path

from symnn.errors import OutputError


def check_writable(path: str | Path) -> Path:
    """Return the path if a file can be written there, and leave nothing behind.

    Raises:
        OutputError: where the folder is missing or cannot be written to, or the path is a folder.
    """
    path = Path(path)
    if path.is_dir():
        raise OutputError(f"cannot write {str(path)!r}: it is a folder")
    if not path.parent.is_dir():
        raise OutputError(f"cannot write {str(path)!r}: there is no folder {str(path.parent)!r}")
    if path.exists() and not os.access(path, os.W_OK):
        raise OutputError(f"cannot write {str(path)!r}: permission denied")
    probe = _beside(path)
    try:
        probe.open("xb").close()
        probe.unlink()
    except OSError as error:
        raise OutputError(f"cannot write {str(path)!r}: {(error.strerror or str(error)).lower()}") from error
    return path


def write_atomically(path: str | Path, content: bytes | str) -> None:
    """Write the whole file or nothing.

    Raises:
        OutputError: where it cannot be written.
    """
    path = Path(path)
    temporary = _beside(path)
    try:
        with temporary.open("xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.replace(temporary, path)
    except OSError as error:
        raise OutputError(f"cannot write {str(path)!r}: {(error.strerror or str(error)).lower()}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    # Short, because the name of the file itself may be as long as the file system allows.
    return path.with_name(f".symnn-{os.getpid()}.tmp")
