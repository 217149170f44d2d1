"""Worked numbers in a document: symbols, numbers in their places, the result, in three columns."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from symnn.errors import SymnnError
from symnn.networks import Network
from symnn.teaching.documents.breaking import breakable
from symnn.teaching.documents.parts import measured
from symnn.teaching.given_numbers import MOST_PARAMETERS, worked
from symnn.teaching.working import Working
from symnn.teaching.working_pages import Row
from symnn.writing import Notation
from symnn.writing.write import writer_for

DIGITS = 4
SEED = 0
_LONG = 18.0


def working_of(
    network: Network | None, numbers: str | int | Working | None, notation: Notation | None
) -> Working | None:
    """Return a network worked with numbers: those given, else drawn ones where the network is small enough.

    Raises:
        InputError: for numbers that were given and do not fit.
    """
    if isinstance(numbers, Working):
        return numbers.with_notation(notation) if notation is not None else numbers
    if network is None or (numbers is None and not _is_small(network)):
        return None
    try:
        working = worked(network, SEED if numbers is None else numbers)
    except SymnnError:
        # Numbers that nobody asked for are left out where there are none, as for a cost that is a letter.
        if numbers is not None:
            raise
        return None
    return working if notation is None else working.with_notation(notation)


def _is_small(network: Network) -> bool:
    shapes = network.parameters.values()
    return all(isinstance(size, int) for shape in shapes for size in shape) and (
        sum(math.prod(shape) for shape in shapes) <= MOST_PARAMETERS
    )


def working_lines(working: Working, numbers: str | int | Working | None) -> str:
    """Return a working as LaTeX; `numbers` is what was asked for."""
    seed = SEED if numbers is None else numbers if isinstance(numbers, int) else None
    blocks = [_given(working, "These numbers" if seed is None else f"Numbers drawn with seed {seed}")]
    for heading, rows in working.rows("latex", DIGITS):
        blocks.append(rf"\subsection{{{heading}}}")
        blocks.append(worked_lines(rows))
    return "\n\n".join(block for block in blocks if block)


def _given(working: Working, what: str) -> str:
    """Return the numbers that are put in, in matrices."""
    program = working.program
    writer = writer_for(working.derivation or program, "latex", working.notation)
    said = []
    for name, tensor in program.inputs.items():
        symbol = writer.dialect.symbol(writer.names.whole(tensor), bold=tensor.rank > 0).text
        array = np.asarray(working.values[name], dtype=float)
        said.append(f"${symbol} = {_matrix(array.T if writer.names.is_turned(tensor) else array)}$")
    lead = f"{what} are put into the equations, and one step of gradient descent is made; shown are {DIGITS} digits."
    return rf"{{\raggedright {lead}\par\vspace{{4pt}}{', '.join(said)}.\par}}"


def _matrix(array: NDArray[np.float64]) -> str:
    if array.ndim == 0 or array.size == 1:
        return f"{array.reshape(()):.{DIGITS}g}"
    rows = array if array.ndim == 2 else array[:, None]
    lines = r" \\ ".join(" & ".join(f"{number:.{DIGITS}g}" for number in row) for row in rows)
    return rf"\begin{{pmatrix}} {lines} \end{{pmatrix}}"


def worked_lines(rows: Sequence[Row]) -> str:
    """Return rows of a working under each other: symbols, numbers in their places, results."""
    lines = [measured(row.left for row in rows)]
    for row in rows:
        sign = r"\leftarrow" if row.is_update else "="
        steps = [step for step in (row.substituted, row.between) if step and step not in (row.symbols, row.result)]
        numbers = r"\newline ".join(rf"$= {breakable(step, _LONG)}$" for step in dict.fromkeys(steps))
        lines.append(
            rf"\workline{{{row.left}}}{{{sign}}}{{{breakable(row.symbols, _LONG)}}}{{{numbers}}}{{{row.result}}}"
        )
    return "\n".join(lines)
