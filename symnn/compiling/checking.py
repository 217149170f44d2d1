"""What comes in, checked at the door: names, shapes, types, and that what others are looked up by is in range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from sympy import Expr, Integer, Symbol

from symnn.compiling.sizes import solved
from symnn.errors import InputError, ShapeError, suggest
from symnn.language import Entry, Program, Tensor, entries, lookups


def checked(
    places: Mapping[str, tuple[Tensor, Expr]],
    tensors: Mapping[str, Tensor],
    arguments: Sequence[str],
    arrays: Mapping[str, Any],
    dtype: str,
) -> list[Any]:
    """Return the arguments of a program's function in order, as arrays and NumPy scalars of its type.

    A Python float would leave the type to NumPy's functions: np.exp(2.0) is a float64.

    Args:
        places: what `looked_up` says of the program.
        tensors: the tensors that may be given, by name.
        arguments: the names of those that are needed, in order.
        arrays: what is given.
        dtype: float64 or float32.

    Raises:
        InputError: for an array that is missing, unknown or not of numbers, or places that lie outside.
        ShapeError: for sizes that disagree.
    """
    for name in arrays:
        if name not in arguments:
            raise InputError(f"unknown array '{name}'{suggest(name, arguments)}")
    sizes: dict[Symbol, Integer] = {}
    values: dict[str, Any] = {}
    for name in arguments:
        if name not in arrays:
            raise InputError(f"array '{name}' is missing (needed: {', '.join(arguments)})")
        values[name] = _array(arrays[name], tensors[name], sizes, dtype)
    for name, (tensor, size) in places.items():
        if name in values:
            values[name] = _places(name, values[name], tensor, size.xreplace(sizes))
    return list(values.values())


def looked_up(program: Program) -> dict[str, tuple[Tensor, Expr]]:
    """Return the tensors by which others are looked up, each with the one looked up, and the size of that axis."""
    found: dict[str, tuple[Tensor, Expr]] = {}
    for equation in program:
        if not lookups(equation.right):
            continue
        for entry in entries(equation.right):
            for index, size in zip(entry.indices, entry.base.shape, strict=True):
                if isinstance(index, Entry):
                    found.setdefault(index.base.name, (entry.base, size))
    return found


def _array(given: Any, tensor: Tensor, sizes: dict[Symbol, Integer], dtype: str) -> Any:
    try:
        if np.iscomplexobj(given):
            raise InputError(f"'{tensor.name}' has complex numbers: real ones are needed")
        array = np.asarray(given, dtype=dtype)
    except (TypeError, ValueError):
        raise InputError(f"'{tensor.name}' is not an array of numbers") from None
    expected = tuple(size if size.is_Integer else size.xreplace(sizes) for size in tensor.shape)
    if array.ndim != len(expected):
        raise ShapeError(f"'{tensor.name}' has shape {array.shape}; expected {_shown(tensor.shape)}")
    if 0 in array.shape:
        raise ShapeError(f"'{tensor.name}' has shape {array.shape}: an axis of length 0 (no examples?)")
    for found, size in zip(array.shape, expected, strict=True):
        if size.is_Integer and int(size) == found:
            continue
        size = size.xreplace(sizes)
        if isinstance(size, Symbol):
            sizes[size] = Integer(found)
        elif len(size.free_symbols) == 1:
            _learn(size, found, sizes, tensor)
        elif size.is_Integer and int(size) != found:
            raise ShapeError(f"'{tensor.name}' has shape {array.shape}; expected {_shown(expected)}")
    return array if array.ndim else array[()]


def _learn(size: Expr, found: int, sizes: dict[Symbol, Integer], tensor: Tensor) -> None:
    """Remember what an axis of size 2n + 1 says of n, which is a positive whole number."""
    (symbol,) = size.free_symbols
    solution = solved(size, symbol, Integer(found))
    if solution is None:
        return
    value = solution[0] / solution[1]
    if not (value.is_Integer and value > 0):
        raise ShapeError(f"'{tensor.name}' has an axis of length {found}, which is no {size} for a whole {symbol}")
    sizes[symbol] = value


def _places(name: str, values: Any, tensor: Tensor, size: Expr) -> Any:
    """Return the values, unless one of them is no place on the axis that is looked up."""
    array = np.asarray(values)
    most = int(size) if size.is_Integer else np.inf
    wrong = array[(array != np.floor(array)) | (array < 0) | (array >= most)]
    if wrong.size:
        raise InputError(
            f"'{name}' has {wrong.flat[0]:g}: places in '{tensor.name}' are whole numbers from 0 to {size - 1}"
        )
    return values


def _shown(shape: Iterable[Any]) -> str:
    sizes = [str(size) for size in shape]
    return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"
