"""Evaluate a Program entry by entry, in floats or with many digits: slow, plain, and easy to trust."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Integer, Symbol, linsolve

from symnn.errors import ShapeError
from symnn.language import Program, Tensor
from symnn.language import tensors as tensors_in
from symnn.proof.arithmetic import Arithmetic, arithmetic_of
from symnn.proof.interpreter import Interpreter

Array = NDArray[Any]


def evaluate(
    program: Program,
    values: Mapping[str, Any],
    arithmetic: str = "float",
    digits: int = 50,
    wanted: Iterable[str] | None = None,
) -> dict[str, Array]:
    """Return the value of every tensor that the program defines, by name.

    Args:
        program: its equations are computed in order.
        values: an array (a number for a tensor of rank 0) for each input; other names are not looked
            at. Size symbols are found from the arrays' shapes, or may be given here by name.
        arithmetic: "float", or "mpmath" for numbers of many digits.
        digits: how many digits are right, with "mpmath".
        wanted: compute only what these tensors need.

    Returns:
        Arrays of floats or (dtype object) of mpmath's numbers; of shape () for a tensor of rank 0.

    >>> from sympy import Sum
    >>> from symnn.language import Equation, index, sizes, tensor
    >>> n = sizes("n"); k = index("k", n); x, s = tensor("x", n), tensor("s")
    >>> evaluate(Program([Equation(s, Sum(x[k] ** 2, k))]), {"x": [3.0, 4.0]})["s"]
    array(25.)

    Raises:
        ShapeError: for a value that is missing or has another shape than its tensor.
        CalculusError: for a function that is undefined, or that cannot be computed.
    """
    chosen = program if wanted is None else program.pruned(wanted)
    machine = Machine(chosen, values, arithmetic_of(arithmetic, digits))
    machine.run()
    return {name: machine.array(name) for name in chosen.defined}


class Machine:
    """A program, prepared for arrays of certain shapes, that can be run again after an entry is changed."""

    def __init__(self, program: Program, values: Mapping[str, Any], arithmetic: Arithmetic) -> None:
        self.program, self.arithmetic = program, arithmetic
        arrays = {name: _array(name, tensor, values) for name, tensor in program.inputs.items()}
        self.sizes = bind_sizes(program, arrays, values)
        self.data = {name: [arithmetic.convert(x) for x in array.ravel()] for name, array in arrays.items()}
        interpreter = Interpreter(arithmetic, self.sizes, self.data)
        self.shapes = {
            name: tuple(interpreter.size(size) for size in tensor.shape) for name, tensor in program.tensors.items()
        }
        self.computations = {equation.tensor.name: interpreter.prepare(equation) for equation in program}

    def run(self) -> None:
        """Compute every equation from the inputs as they are now."""
        for compute in self.computations.values():
            compute()

    def runner(self, changed: str) -> Callable[[], None]:
        """Return a function that computes only the equations that depend on one input."""
        reached, steps = {changed}, []
        for equation in self.program:
            if any(tensor.name in reached for tensor in tensors_in(equation.right)):
                reached.add(equation.tensor.name)
                steps.append(self.computations[equation.tensor.name])

        def run() -> None:
            for compute in steps:
                compute()

        return run

    def array(self, name: str) -> Array:
        """Return a tensor's values as an array."""
        return to_array(self.data[name], self.shapes[name])


def to_array(numbers: list[Any], shape: tuple[int, ...]) -> Array:
    """Return numbers in row-major order as an array: of floats, or of mpmath's numbers."""
    floats = all(isinstance(number, float) for number in numbers)
    made = np.empty(len(numbers), dtype=float if floats else object)
    made[:] = numbers
    return made.reshape(shape)


def bind_sizes(program: Program, arrays: Mapping[str, Array], values: Mapping[str, Any]) -> dict[Symbol, Integer]:
    """Return the value of every size symbol, from the shapes of the arrays.

    Raises:
        ShapeError: where shapes disagree, or leave a size undetermined.
    """
    equations: list[tuple[str, Any, int]] = []
    for name, tensor in program.inputs.items():
        if arrays[name].ndim != tensor.rank:
            raise ShapeError(f"'{name}' has shape {arrays[name].shape}; its axes are {tuple(tensor.shape)}")
        equations += [(name, size, given) for size, given in zip(tensor.shape, arrays[name].shape, strict=True)]
    symbols = {symbol for tensor in program.tensors.values() for size in tensor.shape for symbol in size.free_symbols}
    symbols |= {symbol for equation in program for symbol in equation.right.atoms(Symbol) if symbol.is_positive}
    bound = {symbol: Integer(int(values[symbol.name])) for symbol in symbols if symbol.name in values}
    for _, size, given in equations:
        if isinstance(size, Symbol):
            bound.setdefault(size, Integer(given))
    for _, size, given in equations:
        unknown = (size.free_symbols & symbols) - bound.keys()
        if len(unknown) == 1:
            (symbol,) = unknown
            found = next(iter(linsolve([size.xreplace(bound) - given], symbol)), (None,))[0]
            if found is not None and found.is_Integer and found > 0:
                bound[symbol] = found
    for name, size, given in equations:
        if missing := sorted(str(symbol) for symbol in size.free_symbols - bound.keys()):
            raise ShapeError(f"the arrays do not determine the size {', '.join(missing)}: give it among the values")
        if size.xreplace(bound) != given:
            known = ", ".join(f"{symbol} = {value}" for symbol, value in sorted(bound.items(), key=str))
            told = f" with {known}" if known and size.free_symbols else ""
            raise ShapeError(f"'{name}' has shape {arrays[name].shape}; an axis of it is {size}{told}")
    return bound


def _array(name: str, tensor: Tensor, values: Mapping[str, Any]) -> Array:
    if name not in values:
        raise ShapeError(f"no value is given for '{name}', an input of the program")
    given = values[name]
    try:
        made = np.asarray(given, dtype=None if isinstance(given, np.ndarray) else object)
    except ValueError:
        raise ShapeError(f"'{name}': rows of different lengths") from None
    if made.ndim != tensor.rank:
        raise ShapeError(f"'{name}' has shape {made.shape}; its axes are {tuple(tensor.shape)}")
    return made
