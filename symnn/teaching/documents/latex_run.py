"""LaTeX run: a document in, a PDF out, in a folder of its own that is gone afterwards."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from symnn.errors import SymnnError

COMMAND = "pdflatex"
PACKAGES = ("texlive-latex-recommended", "texlive-pictures", "lmodern")
"""The packages of Debian that the documents need; texlive-latex-extra brings them all."""

_OPTIONS = ("-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "-file-line-error")
_PASSES = 2
_AGAIN = "Rerun to get"
_SECONDS = 120.0
# TeX breaks the lines of its log here by default, which tears its messages apart.
_SETTINGS = {"max_print_line": "1000", "openin_any": "p", "openout_any": "p", "SOURCE_DATE_EPOCH": "0"}


@dataclass(frozen=True)
class Typeset:
    """What pdflatex made of a document: the PDF, and the log of the last pass."""

    pdf: bytes
    log: str


def pdflatex() -> str:
    """Return the path of pdflatex.

    Raises:
        SymnnError: where it is not installed.
    """
    program = shutil.which(COMMAND)
    if program is None:
        raise SymnnError(
            f"{COMMAND} was not found, and a PDF is made with it: install TeX, on Debian with "
            f"'apt-get install {' '.join(PACKAGES)}', or write -o FILE.tex"
        )
    return program


def pdf_of(latex: str) -> bytes:
    """Return the PDF of a LaTeX document.

    Raises:
        SymnnError: where pdflatex is not installed, fails, or takes too long.
    """
    return typeset(latex).pdf


def typeset(latex: str, seconds: float = _SECONDS, files: Mapping[str, bytes] | None = None) -> Typeset:
    """Return the PDF of a LaTeX document with its log, after as many passes as its references need.

    Args:
        latex: the document, in ASCII.
        seconds: after how long pdflatex is stopped.
        files: what stands beside the document, such as pictures, by names relative to it.

    Raises:
        SymnnError: where pdflatex is not installed, fails, or takes too long.
    """
    program = pdflatex()
    with tempfile.TemporaryDirectory(prefix="symnn-") as folder:
        place = Path(folder)
        (place / "document.tex").write_text(latex, encoding="utf-8")
        for name, content in (files or {}).items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(content)
        log = ""
        for _ in range(_PASSES):
            log = _run(program, place, seconds)
        if _AGAIN in log:
            log = _run(program, place, seconds)
        return Typeset((place / "document.pdf").read_bytes(), log)


def _run(program: str, folder: Path, seconds: float) -> str:
    """Run pdflatex once, and return its log."""
    command = [program, *_OPTIONS, "document.tex"]
    environment = {**os.environ, **_SETTINGS}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise SymnnError(f"{COMMAND} was stopped after {seconds:g} s") from error
    except OSError as error:
        raise SymnnError(f"{COMMAND} could not be run: {(error.strerror or str(error)).lower()}") from error
    path = folder / "document.log"
    log = (path.read_bytes() if path.exists() else done.stdout).decode("utf-8", "replace")
    if done.returncode or not (folder / "document.pdf").exists():
        raise SymnnError(f"{COMMAND} failed: {_first_error(log)}")
    return log


def _first_error(log: str) -> str:
    """Return the first error of a log in one line, with the line of the document that it is about."""
    lines = log.splitlines()
    for place, line in enumerate(lines):
        missing = re.search(r"LaTeX Error: File [`'](.*?)' not found", line)
        if missing:
            return f"its file {missing[1]} is missing: on Debian, 'apt-get install {' '.join(PACKAGES)}'"
        found = re.match(r"(?:\./)?document\.tex:(\d+): (.*)", line)
        if found:
            at = next((text for text in lines[place + 1 : place + 8] if text.startswith("l.")), "")
            return f"line {found[1]}: {found[2].strip()}" + (f" ({at.strip()[:80]})" if at else "")
        if line.startswith("! "):
            return line[2:].strip()
    return "its log says nothing"
