"""A layer taken apart into two functions: forward, which hands over what backward needs, and backward.

    output, saved = forward(inputs…)        gradients = backward(saved, grad_output),   grad_output = ∂C/∂output
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, Integer

from symnn.calculus import Derivation, batched, differentiate
from symnn.compiling.checking import looked_up
from symnn.compiling.printing import ArrayPrinter
from symnn.compiling.statements import Statement, statements
from symnn.compiling.torch_printing import TorchPrinter
from symnn.errors import InputError, ProgramError
from symnn.language import Equation, Program, Tensor, examples, fresh_index_over

_ORDER = ("input", "target", "value", "hyperparameter", "adjoint", "parameter")
_DATA = ("input", "target")


@dataclass(frozen=True)
class LayerParts:
    """What a layer's code is put together from.

    Attributes:
        derivation: the equations, for a batch if that was asked for.
        arguments: the names of the inputs, data first.
        output: the name of what is computed.
        upstream: the name of the derivative of the cost by the output.
        gradients: for each name that is differentiated by, the name of its derivative.
        forward, backward: the lines of the two functions.
        sizes: the lines of `forward` that read sizes from shapes.
        saved: the names that `forward` hands over to `backward`; first sizes, then arrays.
        places: the inputs by which others are looked up, each with which one, and on which axis.
        helpers: the names of the helpers that the lines call.
        batch: whether the equations were batched after they were differentiated.
    """

    derivation: Derivation
    arguments: tuple[str, ...]
    output: str
    upstream: str
    gradients: dict[str, str]
    sizes: tuple[Statement, ...]
    forward: tuple[Statement, ...]
    backward: tuple[Statement, ...]
    saved_sizes: tuple[str, ...]
    saved: tuple[str, ...]
    places: dict[str, tuple[str, int]]
    helpers: tuple[str, ...]
    batch: bool

    @property
    def program(self) -> Program:
        return self.derivation.program

    def tensor(self, name: str) -> Tensor:
        return self.program.find(name)


def layer_parts(
    program: Program, of: str | None, wrt: Iterable[str] | None, batch: bool, dtype: str | None, stable: bool = True
) -> LayerParts:
    """Return the parts of a layer's code: NumPy's for a type, torch's where it is None."""
    of = program.equations[-1].tensor.name if of is None else program.find(of).name
    layer = program.pruned([of])
    wanted = _wanted(layer, of, wrt)
    derivation, upstream = _derivation(layer, of, wanted, batch)
    whole = derivation.program
    arguments = tuple(
        sorted((n for n in layer.inputs if n in whole.inputs), key=lambda n: _ORDER.index(layer.inputs[n].role))
    )
    printer = ArrayPrinter(dtype) if dtype is not None else TorchPrinter(like=wanted[0])
    outputs = [of, *derivation.gradients.values()]
    composite = {s for n in arguments for z in whole.inputs[n].shape if not z.is_Atom for s in z.free_symbols}
    made = statements(whole, outputs, printer, arguments, sorted(composite, key=str), stable)
    forward, backward = _split(made.lines, {e.tensor.name for e in derivation.forward_equations}, of, outputs[1:])
    needed = _used(backward) | set(outputs[1:])
    known = [s.name for s in made.sizes if s.name in needed]
    saved = [n for n in (*arguments, *(s.name for s in forward)) if n in needed]
    return LayerParts(
        derivation=derivation,
        arguments=arguments,
        output=of,
        upstream=upstream,
        gradients=dict(derivation.gradients),
        sizes=made.sizes,
        forward=forward,
        backward=backward,
        saved_sizes=tuple(known),
        saved=tuple(saved),
        places={name: (tensor.name, _axis(tensor, size)) for name, (tensor, size) in looked_up(whole).items()},
        helpers=tuple(sorted(printer.helpers)),
        batch=batch and not layer.names_examples,
    )


def _wanted(layer: Program, of: str, wrt: Iterable[str] | None) -> tuple[str, ...]:
    """Return what to differentiate by: inputs and parameters, if nothing is said."""
    places = looked_up(layer)
    if wrt is None:
        able = {name: tensor.role for name, tensor in layer.inputs.items() if name not in places}
        names = [n for n, role in able.items() if role in ("input", "parameter")]
        names = names or [n for n, role in able.items() if role == "value"]
    else:
        names = [wrt] if isinstance(wrt, str) else list(dict.fromkeys(wrt))
    for name in names:
        if name not in layer.inputs:
            layer.find(name)
            raise InputError(f"'{name}' is no input of the layer: accepted: {', '.join(layer.inputs)}")
    if not names:
        raise ProgramError(f"'{of}' depends on no input and no parameter: there is nothing to differentiate by")
    return tuple(sorted(names, key=lambda n: _ORDER.index(layer.inputs[n].role)))


def _derivation(layer: Program, of: str, wrt: Sequence[str], batch: bool) -> tuple[Derivation, str]:
    """Return the gradient given an upstream adjoint, and the adjoint's name."""
    wanted = layer.fresh_name("grad_output")
    derivation = differentiate(layer, of, wrt, wanted)
    upstream = derivation.upstream or wanted
    if not batch or layer.names_examples:
        return derivation, upstream
    if not any(tensor.role in _DATA for tensor in layer.inputs.values()):
        raise InputError("no tensor has the role 'input' or 'target', a row an example: write one example")
    if any(s.name == examples.name for t in layer.tensors.values() for z in t.shape for s in z.free_symbols):
        raise InputError(f"bad name '{examples}': it is the number of examples; choose another, or write one example")
    if derivation.program.find(of).rank:
        derivation = _with_rows(batched(derivation), Integer(1))
        if examples not in derivation.program.find(of).shape:
            raise InputError(f"'{of}' is the same for all examples: write one example")
        return derivation, upstream
    # A scalar is the mean of all examples, and what comes from above is one number: no row an example.
    one = derivation.program
    adjoints = {name: adjoint for name, adjoint in one.adjoints.items() if name != upstream}
    mean = replace(derivation, program=Program(one, one.facts, one.layered, adjoints), upstream=None)
    return _with_rows(batched(mean), 1 / examples), upstream


def _with_rows(derivation: Derivation, share: Expr) -> Derivation:
    """Give a row an example also to those derivatives by data that are the same for each, such as zero."""
    program = derivation.program
    shapes: dict[str, Any] = {
        made: program.find(name).shape for name, made in derivation.gradients.items() if name in program.tensors
    }
    equations = []
    for equation in program:
        shape: Any = shapes.get(equation.tensor.name, equation.tensor.shape)
        if len(shape) > equation.tensor.rank:
            row = fresh_index_over(examples, "n")
            left = equation.tensor.like(shape=shape)[(row, *equation.indices)]
            equation = Equation(left, share * equation.right)
        equations.append(equation)
    return replace(derivation, program=Program(equations, program.facts, program.layered, program.adjoints))


def _split(
    lines: Sequence[Statement], forward: set[str], output: str, gradients: Sequence[str]
) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
    """Return the lines up to the last of the forward equations', and the others; none that nobody needs."""
    place = max((n for n, line in enumerate(lines, 1) if line.name in forward), default=0)
    needed = {output, *gradients}
    kept: set[int] = set()
    for number in reversed(range(len(lines))):
        if lines[number].name in needed:
            kept.add(number)
            needed |= lines[number].uses
    return (
        tuple(line for n, line in enumerate(lines) if n in kept and n < place),
        tuple(line for n, line in enumerate(lines) if n in kept and n >= place),
    )


def _used(lines: Iterable[Statement]) -> set[str]:
    return set().union(*(line.uses for line in lines))


def _axis(tensor: Tensor, size: Expr) -> int:
    return [bool(axis == size) for axis in tensor.shape].index(True)


def needs(parts: LayerParts) -> dict[str, frozenset[str]]:
    """Return, for each line of `backward`, the names by which one must differentiate for it to be needed."""
    needed: dict[str, set[str]] = {made: {name} for name, made in parts.gradients.items()}
    for line in reversed(parts.backward):
        for used in line.uses:
            needed.setdefault(used, set()).update(needed.get(line.name, ()))
    return {line.name: frozenset(needed[line.name]) for line in parts.backward}


def composite_shapes(parts: LayerParts) -> dict[str, tuple[Any, ...]]:
    """Return the shapes of those arguments that have an axis such as 2n + 1, which is to be checked."""
    shapes = {name: parts.tensor(name).shape for name in parts.arguments}
    return {name: shape for name, shape in shapes.items() if any(not size.is_Atom for size in shape)}
