"""Numbers to put into a network's equations: drawn by a seed, or read from a JSON file.

    {"W1": [[0.15, 0.2], [0.25, 0.3]], "b1": [0.35, 0.35], "x": [0.05, 0.1], "y": [0.01, 0.99], "learning_rate": 0.5}
"""

from __future__ import annotations

import json
import math
import random
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np
from sympy import Rational

from symnn.errors import DataError, InputError, suggest
from symnn.language import Fact
from symnn.networks import Network
from symnn.teaching.working import Working, work

MOST_PARAMETERS = 30
LEARNING_RATE = 0.5
LONGEST_FILE = 100_000
_LARGEST, _SMALLEST = 6, -30
"""Exponents of ten."""


def worked(network: Network, numbers: str | int) -> Working:
    """Return a network worked with numbers: forward, backward, and one step of gradient descent.

    Args:
        network: a network of at most 30 parameters, with sizes that are numbers.
        numbers: a seed, or the path of a JSON file with an array for each parameter, x and y; with
            "learning_rate" too, if it is not to be 0.5.

    Raises:
        InputError: for a network that is too large, and for numbers that do not fit.
        DataError: for a file that cannot be read, or is no JSON.

    >>> from symnn.networks import mlp
    >>> worked(mlp("1-1", activation="identity"), 1).as_dict()["values"]["z1"]
    [1.25]
    """
    _check_size(network)
    text = str(numbers).strip()
    values, rate = drawn_numbers(network, int(text)) if text.isdecimal() else read_numbers(network, text)
    return work(network, values, gradient=True, learning_rate=rate)


def _check_size(network: Network) -> None:
    shapes = _shapes(network)
    if any(not isinstance(size, int) for shape in shapes.values() for size in shape):
        raise InputError("numbers need sizes that are numbers, such as 2-3-1")
    count = sum(math.prod(shapes[name]) for name in network.parameters)
    if count > MOST_PARAMETERS:
        name = network.title.partition(" · ")[0]
        raise InputError(f"{name} has {count:,} parameters: numbers are for at most {MOST_PARAMETERS}")
    if "C" not in network.program.defined:
        raise InputError("numbers need a cost that is known: this network has none")


def _shapes(network: Network) -> dict[str, tuple[Any, ...]]:
    """The shape of each array that is needed, by name; a size that is no number stays a symbol."""
    inputs = network.program.inputs
    wanted = [*network.parameters, *(name for name in inputs if name not in network.parameters)]
    return {
        name: tuple(int(size) if size.is_Integer else size for size in inputs[name].shape)
        for name in wanted
        if name in inputs
    }


def drawn_numbers(network: Network, seed: int) -> tuple[dict[str, Any], float]:
    """Return short decimals for all that a network needs, by a seed, and the learning rate.

    Targets obey what the cost makes use of: one class is 1, the others 0.
    """
    chooser = random.Random(seed)
    values: dict[str, Any] = {}
    for name, shape in _shapes(network).items():
        tenths = [chooser.randint(-9, 9) or 1 for _ in range(math.prod(shape))]
        array = np.empty(len(tenths), dtype=object)
        array[:] = [Rational(n, 10) for n in tenths]
        values[name] = array.reshape(shape).tolist()
    for name, shape in _shapes(network).items():
        if network.program.inputs[name].role == "target":
            values[name] = _targets(network, name, math.prod(shape), chooser)
    return values, LEARNING_RATE


def _targets(network: Network, name: str, count: int, chooser: random.Random) -> list[Any]:
    known: list[Fact] = [fact for fact in network.program.facts if f"{name}[" in str(fact.left)]
    if known:
        one = chooser.randrange(count)
        return [int(place == one) for place in range(count)]
    if str(network.cost) == "hinge":
        return [chooser.choice((-1, 1)) for _ in range(count)]
    return [chooser.randint(0, 1) for _ in range(count)]


def read_numbers(network: Network, path: str) -> tuple[dict[str, Any], float]:
    """Return the numbers in a JSON file, and its learning rate.

    Raises:
        InputError: for names or shapes that are not the network's, and for what is no finite number.
        DataError: for a file that cannot be read, or is no JSON.
    """
    found = _json(path)
    name = Path(path).name
    if not isinstance(found, dict):
        raise InputError(f'{name}: an object with an array for each name is needed, such as {{"W1": [[0.1, 0.2]], …}}')
    shapes = _shapes(network)
    for key in found:
        if key not in shapes and key != "learning_rate":
            raise InputError(f"{name}: unknown name '{key}'{suggest(key, [*shapes, 'learning_rate'])}")
    missing = [key for key in shapes if key not in found]
    if missing:
        listed = ", ".join(f"{key} ({_written(shapes[key])})" for key in missing)
        raise InputError(f"{name}: no numbers for {listed}")
    rate = _number(name, "learning_rate", found.pop("learning_rate", LEARNING_RATE))
    if rate <= 0:
        raise InputError(f"{name}: learning_rate is {float(rate):g}; a positive number is needed")
    return {key: _shaped(name, key, given, shapes[key]) for key, given in found.items()}, float(rate)


def _json(path: str) -> Any:
    try:
        with Path(path).open("rb") as file:
            text = file.read(LONGEST_FILE + 1)
    except OSError as error:
        hint = " (--numbers takes a seed, such as 7, or a JSON file)"
        raise DataError(f"cannot read {path!r}: {(error.strerror or str(error)).lower()}{hint}") from None
    if len(text) > LONGEST_FILE:
        raise DataError(f"{path!r} is longer than {LONGEST_FILE:,} bytes: it is no file of numbers for a small network")
    try:
        # Decimals stay what they are written as: 0.1 is one tenth.
        return json.loads(
            text.decode("utf-8-sig"), parse_float=Decimal, parse_constant=str, object_pairs_hook=_without_repetition
        )
    except UnicodeDecodeError:
        raise DataError(f"cannot read {path!r}: it is no text") from None
    except (ValueError, InvalidOperation, RecursionError) as error:
        raise DataError(f"{path!r} is no JSON: {error}") from None


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise InputError(f"'{name}' is given twice in the file of numbers")
        found[name] = value
    return found


def _shaped(file: str, name: str, given: Any, shape: tuple[int, ...]) -> Any:
    """Return nested lists of exact numbers in a shape; a flat list does as well as rows."""
    flat, found = _flattened(given)
    if len(flat) != math.prod(shape) or (found != shape and len(found) > 1):
        raise InputError(f"{file}: '{name}' is {_written(found)}; {_written(shape)} is needed")
    array = np.empty(len(flat), dtype=object)
    array[:] = [_number(file, name, number) for number in flat]
    return array.reshape(shape).tolist()


def _flattened(given: Any) -> tuple[list[Any], tuple[int, ...]]:
    """Return the numbers of nested lists, and their shape; of rows that differ in length, a shape that fits nothing."""
    if not isinstance(given, list):
        return [given], ()
    parts = [_flattened(part) for part in given]
    inner = {shape for _, shape in parts}
    flat = [number for numbers, _ in parts for number in numbers]
    return flat, (len(given), *(inner.pop() if len(inner) == 1 else (-1,) if inner else ()))


def _number(file: str, name: str, given: Any) -> Any:
    if isinstance(given, bool) or not isinstance(given, int | float | Decimal):
        raise InputError(f"{file}: '{name}' has {str(given)[:40]!r}, which is no finite number")
    # As a fraction, 1e-999999999 would fill the memory.
    size = Decimal(given).adjusted() if given else 0
    if size > _LARGEST or (size == _LARGEST and abs(given) > 10**_LARGEST):
        raise InputError(f"{file}: '{name}' has {str(given)[:40]}; numbers up to 1e{_LARGEST} can be worked by hand")
    if size < _SMALLEST:
        raise InputError(f"{file}: '{name}' has {str(given)[:40]}; numbers from 1e{_SMALLEST} on can be worked by hand")
    return Rational(str(given))


def _written(shape: tuple[int, ...]) -> str:
    if any(size < 0 for size in shape):
        return "in rows of different lengths"
    return "×".join(map(str, shape)) if shape else "one number"

