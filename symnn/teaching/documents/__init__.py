"""Documents: an article, slides or a one-page summary of a derivation, in LaTeX and as PDF."""

from __future__ import annotations

from collections.abc import Callable

from symnn.errors import InputError, suggest
from symnn.gradients import Gradient
from symnn.networks import Network
from symnn.teaching.documents.article import article
from symnn.teaching.documents.content import Content, content_of
from symnn.teaching.documents.latex_run import pdf_of, pdflatex, typeset
from symnn.teaching.documents.slides import slides
from symnn.teaching.documents.summary import summary
from symnn.teaching.working import Working
from symnn.writing import VIEWS, Notation

__all__ = ["STYLES", "document", "pdf_of", "pdflatex", "typeset"]

_STYLES: dict[str, Callable[[Content], str]] = {"article": article, "slides": slides, "summary": summary}
STYLES = tuple(_STYLES)
"""What a document may be: article, slides, summary."""


def document(
    gradient: Gradient,
    style: str = "article",
    *,
    notation: Notation | None = None,
    network: Network | None = None,
    batch: bool = False,
    views: tuple[str, ...] = VIEWS,
    numbers: str | int | Working | None = None,
    proof: bool | None = None,
) -> str:
    r"""Return a whole LaTeX document on a gradient, for pdflatex.

    Args:
        gradient: what `net.gradient()`, `symnn.gradient` or `symnn.diff` returned.
        style: article, slides or summary.
        notation: choices of writing; by default the gradient's own.
        network: the network that it is the gradient of: the document then has its diagram.
        batch: whether the equations are those of a batch of m examples.
        views: the views in which an article shows the results.
        numbers: a seed or the path of a JSON file, for numbers that are put into the equations, or what
            `worked` made of them; by default those of a seed, where the network has at most 30 parameters.
        proof: whether every line is checked, and marked; by default where that takes a moment.

    Raises:
        InputError: for an unknown style or view.

    >>> import symnn
    >>> document(symnn.mlp("2-3-1").gradient(), "summary").splitlines()[0]
    '\\documentclass[a4paper,11pt]{article}'
    """
    if style not in _STYLES:
        raise InputError(f"unknown style '{style}'{suggest(style, STYLES)}")
    for view in views:
        if view not in VIEWS:
            raise InputError(f"unknown view '{view}'{suggest(view, VIEWS)}")
    content = content_of(gradient, notation=notation, network=network, batch=batch, views=views, numbers=numbers,
                         proof=proof)  # fmt: skip
    return _STYLES[style](content)
