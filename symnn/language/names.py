"""The one rule for names: a name becomes code and LaTeX, so only plain identifiers are let in.

SymPy's `lambdify` runs, and its LaTeX printer prints verbatim, whatever stands in a name. Every
tensor, size, index and function therefore passes `check_name` when it is made.
"""

from __future__ import annotations

import keyword
import re

from symnn.errors import BadNameError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*\Z")
_LONGEST = 64

# Words that generated code uses itself: an argument called `exp` would shadow the function.
RESERVED = frozenset(
    """
    numpy np math scipy exp log sqrt abs sign sin cos tan sinh cosh tanh asin acos atan erf expm1 log1p
    logaddexp maximum minimum add subtract multiply divide negative square power where tensordot einsum
    matmul as_strided float int len range sum max min print open eval exec input_shape parameters compute
    """.split()  # noqa: SIM905 - a list of words reads better as words
)


def check_name(name: str) -> str:
    """Return `name` if it may name a tensor, a size, an index or a function.

    A name is a letter, then letters and digits, with single underscores between (at most 64
    characters), and neither a Python keyword nor a word that generated code needs.

    >>> check_name("W_Q")
    'W_Q'
    >>> check_name("__import__('os')")
    Traceback (most recent call last):
    symnn.errors.BadNameError: bad name "__import__('os')": use letters, digits and single underscores, \
starting with a letter

    Raises:
        BadNameError: for anything else.
    """
    if not isinstance(name, str) or not _NAME.match(name):
        shown = name if isinstance(name, str) and len(name) <= _LONGEST else f"{str(name)[:_LONGEST]}..."
        raise BadNameError(f"bad name {shown!r}: use letters, digits and single underscores, starting with a letter")
    if len(name) > _LONGEST:
        raise BadNameError(f"bad name '{name[:_LONGEST]}...': more than {_LONGEST} characters")
    if keyword.iskeyword(name) or name in RESERVED:
        raise BadNameError(f"bad name '{name}': the word is needed in generated code; choose another")
    return name


def is_name(name: str) -> bool:
    """Whether `check_name` accepts a name."""
    try:
        check_name(name)
    except BadNameError:
        return False
    return True


def is_error_name(name: str) -> bool:
    """Whether an adjoint has the name of a layer's error, δ⁽ˡ⁾ = ∂C/∂z⁽ˡ⁾.

    >>> is_error_name("delta2"), is_error_name("dW2")
    (True, False)
    """
    return name.startswith("delta")
