"""The identities of The Matrix Cookbook as symnn and as SymPy's own `diff` derive them: a script, not a test.

    python tests/benchmarks/cookbook.py

Prints a Markdown table. What SymPy returns is judged by its numbers at random values, in any order of its
axes: right, wrong, silently zero, unevaluated (a Derivative is left), not computable, or what it raises.
"""

from __future__ import annotations

import collections
import itertools
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Derivative, ImmutableDenseMatrix, OneMatrix

sys.path.insert(0, str(Path(__file__).parents[1]))

from calculus.cookbook import IDENTITIES, Array, Identity

import symnn

SECONDS = 20
"""How long SymPy may take over one identity."""


HEADINGS = ("Value", "With", "Gradient", "Jacobian", "Hessian")


class OutOfTimeError(Exception):
    """SymPy took too long."""


def main() -> None:
    warnings.simplefilter("ignore")
    counts: collections.Counter[str] = collections.Counter()
    print("| equation | formula | by | symnn | SymPy |\n| --- | --- | --- | --- | --- |")
    for identity in IDENTITIES:
        verdict = judged(identity)
        counts[verdict.split("`")[0].strip()] += 1
        cells = (identity.number, code(identity.text), identity.wrt, closed_form(identity), verdict)
        print(f"| {' | '.join(cells)} |", flush=True)
    print(f"\n{len(IDENTITIES)} identities. SymPy {sympy.__version__}: ", end="")
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()))
    for identity in IDENTITIES:
        if identity.remark:
            print(f"- {identity.number}: {identity.remark}")


def code(text: str) -> str:
    escaped = text.replace("|", "\\|")
    return f"`{escaped}`"


def closed_form(identity: Identity) -> str:
    """Return symnn's derivative, in matrix form where there is one."""
    try:
        made = symnn.diff(identity.text, identity.wrt, identity.shapes, identity.symmetric, kind=identity.kind)
    except symnn.SymnnError as error:
        return f"{type(error).__name__}: {error}"
    lines = itertools.dropwhile(lambda line: line != "Value", made.text().splitlines())
    shown = itertools.takewhile(lambda line: line.startswith("  ") or line in HEADINGS, lines)
    derived = itertools.dropwhile(lambda line: line == "Value" or line.startswith("  "), shown)
    return "<br>".join(code(" ".join(line.split())) for line in derived if line not in HEADINGS)


def judged(identity: Identity) -> str:
    """Return what becomes of the identity in SymPy."""
    symbols, values = identity.symbols(), identity.values()
    try:
        with limited_time():
            found = identity.expression().diff(symbols[identity.wrt])
            if identity.kind == "hessian":
                found = found.diff(symbols[identity.wrt])
    except OutOfTimeError:
        return f"not done in {SECONDS} s"
    except Exception as error:  # whatever SymPy raises is the answer
        return f"raises `{type(error).__name__}`"
    if found.has(Derivative):
        return "unevaluated"
    expected = expected_of(identity, values)
    try:
        with limited_time():
            numbers = numbers_of(found, symbols, values)
    except Exception as error:  # an expression that SymPy itself cannot evaluate
        return f"not computable `{type(error).__name__}`"
    if identity.independent and numbers.ndim == 2:
        numbers = numbers + numbers.T - numbers * np.eye(len(numbers))  # (138), by hand: SymPy has no symmetric symbols
    if agrees(numbers, expected):
        return "right, once made symmetric by hand" if identity.wrt in identity.symmetric else "right"
    return "silently zero" if not np.any(numbers) else "wrong"


def expected_of(identity: Identity, values: Mapping[str, Array]) -> Array:
    """Return the book's right side in floats."""
    with mpmath.workdps(30):
        exact = {name: np.frompyfunc(mpmath.mpf, 1, 1)(array) for name, array in values.items()}
        return np.asarray(identity.book(**exact)).astype(float)


def numbers_of(found: Any, symbols: Mapping[str, Any], values: Mapping[str, Array]) -> Array:
    """Return the values of SymPy's expression."""
    given = {ones: ones.as_explicit() for ones in found.atoms(OneMatrix)}
    for name, symbol in symbols.items():
        array = values[name]
        given[symbol] = ImmutableDenseMatrix(array.reshape(symbol.shape)) if array.ndim else array[()]
    put_in = found.xreplace(given).doit()
    if hasattr(put_in, "as_explicit"):
        put_in = put_in.as_explicit().xreplace(given).doit()
    array = np.array(put_in.tolist() if hasattr(put_in, "tolist") else put_in, dtype=object)
    return np.array([float(sympy.N(number)) for number in array.ravel()]).reshape(array.shape)


def agrees(numbers: Array, expected: Array) -> bool:
    """Whether two arrays are the same but for axes of size 1 and the order of their axes."""
    one, other = np.squeeze(numbers), np.squeeze(expected)
    orders = itertools.permutations(range(one.ndim)) if one.ndim > 2 else [tuple(range(one.ndim))]
    candidates = [one.transpose(order) for order in orders]
    return any(each.shape == other.shape and np.allclose(each, other, rtol=1e-8, atol=1e-10) for each in candidates)


@contextmanager
def limited_time() -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise OutOfTimeError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


if __name__ == "__main__":
    main()
