"""What a document says of its own notation: which way round vectors and gradients are, signs, numbers.

    Vectors are rows; numerator layout: ∂C/∂W has the shape of Wᵀ; indices count from 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symnn.writing.dialects import Text
from symnn.writing.marks import Mark
from symnn.writing.notation import Notation


def notation_sentences(notation: Notation, dialect: Text, batch: bool = False) -> tuple[str, ...]:
    """Return all that a document says of its notation, one sentence each, set for a dialect."""
    gradient = replace(Mark(notation.letter("weights").letter), of=notation.letter("cost"))
    said = (*_plain(notation, dialect, batch), *_chosen(notation, dialect, "matrix", gradient))
    return tuple(map(_sentence, said))


def stated_choices(
    notation: Notation, dialect: Text, view: str = "matrix", gradient: Mark | None = None
) -> tuple[str, ...]:
    """Return what has to be said beside equations: the choices by which they would be read wrongly otherwise.

    Args:
        notation: the choices.
        dialect: how formulas are set.
        view: where no matrices are shown, nothing is said of them.
        gradient: a derivative ∂C/∂W that is shown, if one is.
    """
    return tuple(_chosen(notation, dialect, view, gradient))


def _plain(notation: Notation, dialect: Text, batch: bool) -> Iterator[str]:
    """What is said in every document."""
    inline, weights, cost = dialect.inline, notation.letter("weights"), notation.letter("cost")
    if not notation.in_rows:
        yield "vectors are columns" + (", and a capital is a batch with one example a row" if batch else "")
    layer = replace(weights, subscript="l") if notation.layers == "subscript" else replace(weights, layer="l")
    yield inline(dialect.symbol(layer, bold=True).text) + " belongs to layer " + inline("l")
    yield inline(dialect.times) + " is the elementwise product"
    if not notation.in_numerator_layout:
        yield "a gradient has the shape of its variable"
    yield inline(dialect.symbol(cost).text) + " is the cost"


def _chosen(notation: Notation, dialect: Text, view: str, gradient: Mark | None) -> Iterator[str]:
    """What is said wherever it is not the default."""
    inline, symbol = dialect.inline, dialect.symbol(Mark("A"), bold=True)
    if notation.in_rows and view == "matrix":
        yield "vectors are rows, and in a product " + inline(dialect.ones) + " is a column"
    if notation.in_numerator_layout and view == "matrix" and gradient is not None:
        variable = dialect.symbol(replace(gradient, of=None), bold=True)
        slope = inline(dialect.flat(gradient, bold=True))
        yield "numerator layout: " + slope + " has the shape of " + inline(dialect.transposed(variable).text)
    if notation.transpose == "′" and view == "matrix":
        slope = inline(dialect.call("f", dialect.symbol(Mark("t")), 1).text)
        yield f"{inline(dialect.transposed(symbol).text)} is a transpose, and {slope} a derivative"
    if notation.indices is not None:
        yield f"indices count from {notation.indices}"


def _sentence(text: str) -> str:
    """Return a sentence that begins with a capital, unless it begins with a formula."""
    return (text[0].upper() + text[1:] if "a" <= text[0] <= "z" and text[1].isalpha() else text) + "."
