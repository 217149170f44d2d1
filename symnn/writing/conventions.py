"""What a document says of its own notation: which way round vectors and gradients are, signs, numbers.

    Vectors are rows; numerator layout: ∂C/∂W has the shape of Wᵀ; indices count from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from symnn.errors import InputError, suggest
from symnn.language import examples, same_size
from symnn.views.matrix import MatrixEquation
from symnn.views.tree import Leaf, Ones, Product, Transposed
from symnn.writing.ascii import Ascii
from symnn.writing.dialects import Text
from symnn.writing.latex import Latex, MarkdownLatex
from symnn.writing.marks import Mark, read_mark
from symnn.writing.notation import Notation

DIALECTS: dict[str, Callable[[Notation], Text]] = {
    "text": Text, "ascii": Ascii, "latex": Latex, "markdown": MarkdownLatex,
}  # fmt: skip


def notation_statement(notation: Notation, format: str = "text", batch: bool = False) -> tuple[str, ...]:
    """Return all that a document says of its notation, one sentence each.

    Args:
        notation: the choices.
        format: text, ascii, latex or markdown; in the last two formulas stand between dollar signs.
        batch: whether there is a batch of examples.

    >>> notation_statement(Notation(cost="L", layers="bracket"))[1]
    'W^[l] belongs to layer l.'

    Raises:
        InputError: for an unknown format.
    """
    if format not in DIALECTS:
        raise InputError(f"unknown format '{format}'{suggest(format, DIALECTS)}")
    dialect = DIALECTS[format](notation)
    gradient = replace(Mark(notation.letter("weights").letter), of=notation.letter("cost"))
    ones = f"{dialect.inline(dialect.ones)} in a product is a column"
    said = (*_plain(notation, dialect, batch), *stated_choices(notation, dialect, "matrix", gradient, ones, True))
    return tuple(map(_sentence, said))


def stated_choices(
    notation: Notation,
    dialect: Text,
    view: str = "matrix",
    gradient: Mark | None = None,
    columns: str = "",
    numbers: bool = False,
) -> tuple[str, ...]:
    """Return what has to be said beside equations: the choices by which they would be read wrongly otherwise.

    Args:
        notation: the choices.
        dialect: how formulas are set.
        view: where no matrices are shown, nothing is said of them.
        gradient: a derivative ∂C/∂W that is shown, if one is.
        columns: what is a column where vectors are rows, in words: see `columns_among`.
        numbers: whether an index is a number, or is calculated with.
    """
    counted = (f"indices count from {notation.indices}",) if numbers and notation.indices is not None else ()
    return (*_chosen(notation, dialect, view, gradient, columns), *counted)


def columns_among(shown: Iterable[object], dialect: Text) -> str:
    """Say which vectors of the shown equations are columns in any notation: 1, and those of examples."""
    nodes = [node for one in shown if isinstance(one, MatrixEquation) for node in (one.left, *one.right.walk())]
    tensors = [node.tensor for node in nodes if isinstance(node, Leaf)]
    of_examples = any(tensor.rank == 1 and same_size(tensor.shape[0], examples) for tensor in tensors)
    factors = [factor for node in nodes if isinstance(node, Product) for factor in node.factors]
    ones = any(isinstance(f.body if isinstance(f, Transposed) else f, Ones) for f in factors)
    found = [f"{dialect.inline(dialect.ones)} in a product"] if ones else []
    found += ["what has an entry for each example"] if of_examples else []
    return " and ".join(found) + (" are columns" if len(found) == 2 else " is a column" if found else "")


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
    said = inline(dialect.symbol(cost).text) + " is the cost"
    if notation.output:
        said += f", and {inline(dialect.symbol(read_mark(notation.output), bold=True).text)} the output"
    yield said


def _chosen(
    notation: Notation, dialect: Text, view: str, gradient: Mark | None, columns: str = ""
) -> Iterator[str]:
    """What is said wherever it is not the default."""
    inline, symbol = dialect.inline, dialect.symbol(Mark("A"), bold=True)
    if notation.in_rows and view == "matrix":
        yield "vectors are rows" + (f", but {columns}" if columns else "")
    if notation.in_numerator_layout and view == "matrix" and gradient is not None:
        variable = dialect.symbol(replace(gradient, of=None), bold=True)
        slope = inline(dialect.flat(gradient, bold=True))
        yield "numerator layout: " + slope + " has the shape of " + inline(dialect.transposed(variable).text)
    if notation.transpose == "′" and view == "matrix":
        slope = inline(dialect.call("f", dialect.symbol(Mark("t")), 1).text)
        yield f"{inline(dialect.transposed(symbol).text)} is a transpose, and {slope} a derivative"


def _sentence(text: str) -> str:
    """Return a sentence that begins with a capital, unless it begins with a formula."""
    is_word = text.split(maxsplit=1)[0] in ("a", "indices", "numerator", "vectors")
    return (text[0].upper() + text[1:] if is_word else text) + "."
