"""Documents through pdflatex, for tests: what its log complains of."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass

import pytest

from symnn.teaching.documents import typeset

WIDEST = 5.0
"""How far, in points, a line may stand out into the margin."""

needs_tex = pytest.mark.skipif(
    shutil.which("pdflatex") is None, reason="pdflatex is not installed: what documents look like is not tested"
)


@dataclass(frozen=True)
class Complaints:
    """What pdflatex said of a document."""

    pages: int
    wide: tuple[float, ...]
    high: tuple[float, ...]
    undefined: tuple[str, ...]


def complaints(latex: str) -> Complaints:
    """Return what pdflatex says of a document; a document that does not compile raises."""
    made = typeset(latex)
    assert made.pdf.startswith(b"%PDF-")
    return read_log(made.log)


def read_log(log: str) -> Complaints:
    """Return what is complained of in a log."""
    found = re.search(r"Output written on document.pdf \((\d+) page", log)
    assert found is not None
    wide = [float(width) for width in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    high = [float(height) for height in re.findall(r"Overfull \\vbox \(([\d.]+)pt", log)]
    undefined = re.findall(r"LaTeX Warning: .*undefined.*|multiply.defined", log)
    return Complaints(int(found[1]), tuple(w for w in wide if w > WIDEST), tuple(high), tuple(undefined))
