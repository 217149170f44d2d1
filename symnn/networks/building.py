"""From layers to one program: names get the layer's number, and layers for one example are batched where needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Abs, Expr, Rational, Sum, Symbol

from symnn.calculus import batch_program
from symnn.errors import InputError, ProgramError, suggest
from symnn.language import (
    Entry,
    Equation,
    Fact,
    Program,
    Tensor,
    examples,
    index,
    same_size,
    tensor,
    transform,
)
from symnn.language.collecting import uncollected
from symnn.networks.costs import Cost
from symnn.networks.layers import Layer


@dataclass(frozen=True)
class Built:
    """The program of a network, its output, and the names of the parameters of each layer."""

    program: Program
    output: str
    owners: tuple[dict[str, str], ...]
    """For each layer, its own names of its parameters by the names in the program; shared ones are the owner's."""


@uncollected()
def build(
    layers: Sequence[Layer], cost: Cost | None, l1: Any, l2: Any, weights: str | None = None, mask: str | None = None
) -> Built:
    """Return the program of a network.

    Args:
        weights, mask: names for the weights of the examples and for the mask of the targets, where there are any.

    Raises:
        ProgramError, InputError: for layers that do not fit together, or are not layers.
    """
    if not layers:
        raise InputError("a network needs at least one layer")
    for layer in layers:
        if not isinstance(layer, Layer):
            raise InputError(f"{layer!r} is not a layer (subclass symnn.Layer)")
    if layers[0].inputs is None:
        raise InputError(f"the first layer, {type(layers[0]).__name__}, needs the shape of its input (inputs)")
    names_examples = any(layer.batched for layer in layers)
    inputs = Tensor("x", _shape(layers[0].inputs), "input")
    equations: list[Equation] = []
    owners: list[dict[str, str]] = []
    known: dict[str, Tensor] = {}
    current = inputs
    for number, layer in enumerate(layers, 1):
        _check_shared(layers, number, known)
        own, current, parameters = _layer_equations(layer, number, current, names_examples, known)
        equations += own
        owners.append(parameters)
    facts: list[Fact] = []
    if cost is not None and not cost.undefined:
        y = Tensor("y", current.shape, "target")
        matrices = [t for t in Program(equations).inputs.values() if t.role == "parameter" and t.rank > 1]
        averaging, mean = _mean(cost, current, y, weights if names_examples else None, mask, Program(equations))
        equations += [*averaging, Equation(tensor("C"), mean + penalty(matrices, l1, l2))]
        facts = cost.facts(y)
    elif l1 or l2:
        raise InputError("a penalty on the weights needs a cost")
    elif weights or mask:
        raise InputError("weights of examples and masks need a cost that is no mere letter, such as cost='quadratic'")
    return Built(Program(equations, facts, layered=True), current.name, tuple(owners))


def _mean(
    cost: Cost, output: Tensor, y: Tensor, weights: str | None, mask: str | None, program: Program
) -> tuple[list[Equation], Expr]:
    """Return the cost of one example or, of tensors with the example axis, its mean, and the equations it needs."""
    factors = [] if mask is None else [Tensor(mask, y.shape, "target")]
    if weights is None:
        right = cost.right_side(output, y, factors)
        return [], right / examples if program.names_examples else right
    s, total = Tensor(weights, (examples,), "hyperparameter"), tensor(program.fresh_name("S"), (), "hyperparameter")
    n = index("n", examples)
    return [Equation(total, Sum(s[n], n))], cost.right_side(output, y, [s, *factors]) / total


def penalty(weights: Sequence[Tensor], l1: Any, l2: Any) -> Expr:
    """Return λ₁ Σ|w| + (λ₂/2) Σ w² over all weights (biases are left out)."""
    total: Expr = Rational(0)
    absolute, square = _strength(l1, "l1"), _strength(l2, "l2") / 2
    if absolute == square == 0:
        return total
    for weight in weights:
        axes = tuple(index("jkpq"[n], size) for n, size in enumerate(weight.shape))
        total += absolute * Sum(Abs(weight[axes]), *axes) + square * Sum(weight[axes] ** 2, *axes)
    return total


def _strength(given: Any, name: str) -> Expr:
    if isinstance(given, Symbol | Entry):
        return tensor(str(given), (), role="hyperparameter") if isinstance(given, Symbol) else given
    try:
        value = Rational(str(given))
    except (TypeError, ValueError):
        raise InputError(f"bad penalty {name}={given!r}: a number that is not negative") from None
    if value.is_finite is not True or value < 0:
        raise InputError(f"bad penalty {name}={given!r}: a number that is not negative")
    return value


def _shape(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, tuple | list) else (given,)


def _layer_equations(
    layer: Layer, number: int, inputs: Tensor, names_examples: bool, known: dict[str, Tensor]
) -> tuple[list[Equation], Tensor, dict[str, str]]:
    """Return a layer's equations with its number in their names, its output, and its parameters' names.

    `known` has the parameters of the layers before, and gets this layer's own.
    """
    has_axis = bool(inputs.rank) and inputs.shape[0] == examples
    shape = inputs.shape[1:] if has_axis else inputs.shape
    _check_fit(layer, number, shape)
    seen = Tensor(inputs.name, (examples, *shape) if layer.batched else shape, "input" if number == 1 else "value")
    try:
        own = list(layer.equations(seen))
    except NotImplementedError as missing:
        raise InputError(str(missing)) from None
    if not own:
        raise ProgramError(f"layer {number} ({type(layer).__name__}) has no equations")
    program = Program(own)
    declared = dict(layer.parameters())
    used = {name: t for name, t in program.inputs.items() if t.role == "parameter"}
    _check_parameters(layer, declared, used)
    output = own[-1].tensor.name
    if names_examples and not layer.batched:
        roles = Program([Equation(e.left, _as_input(e.right, seen)) for e in own])
        program = batch_program(roles)
    owned = _owned(layer, number, used, known)
    renamed = [_numbered(e, number, layer.shared, inputs) for e in program]
    made = next(e.tensor for e in renamed if e.tensor.name == with_number(output, number))
    _check_output(layer, number, made)
    return renamed, made, owned


def _owned(layer: Layer, number: int, used: dict[str, Tensor], known: dict[str, Tensor]) -> dict[str, str]:
    """Return a layer's own names of the parameters that are its own; those that it shares must fit their owner's."""
    for own, name in layer.shared.items():
        if own not in used:
            raise ProgramError(
                f"layer {number} ({type(layer).__name__}) shares '{own}', which its equations do not use"
            )
        here, there = used[own].shape, known[name].shape
        if not _same_shape(here, there):
            turned = " (its transpose would fit)" if _same_shape(here, tuple(reversed(there))) else ""
            raise ProgramError(
                f"layer {number} ({type(layer).__name__}) needs {_shown(here)} for its {own}, "
                f"and '{name}' is {_shown(there)}{turned}"
            )
    owned = {with_number(name, number): name for name in used if name not in layer.shared}
    if twice := [name for name in owned if name in known]:
        raise ProgramError(
            f"layer {number} ({type(layer).__name__}): its parameter '{owned[twice[0]]}' would be "
            f"'{twice[0]}', which an earlier layer has: name it otherwise"
        )
    known.update({name: used[own] for name, own in owned.items()})
    return owned


def _check_shared(layers: Sequence[Layer], number: int, known: dict[str, Tensor]) -> None:
    """Raise InputError unless the parameters that a layer shares are those of the layers before it."""
    layer = layers[number - 1]
    where = f"layer {number} ({type(layer).__name__})"
    for inner in getattr(layer, "layers", ()):
        if inner.shared and not layer.shared:
            one = next(iter(inner.shared.values()))
            raise InputError(f"{where}: a layer inside it shares '{one}', which only the layers of a network can do")
    for name in layer.shared.values():
        if name in known:
            continue
        for later in range(number, len(layers) + 1):
            if name in (with_number(own, later) for own in layers[later - 1].parameters()):
                of = "itself" if later == number else f"layer {later}"
                raise InputError(f"{where} shares '{name}' of {of}: only an earlier layer's parameters can be shared")
        nearest = suggest(name, known) if known else " (no layer before it has parameters)"
        raise InputError(f"{where} shares '{name}', and no layer before it has that parameter{nearest}")


def with_number(name: str, number: int) -> str:
    """Return a layer's own name with the layer's number in it, before what stands below: W2, W2_Q, gamma2_1.

    >>> with_number("W", 2), with_number("gamma_1", 2)
    ('W2', 'gamma2_1')
    """
    word, mark, below = name.partition("_")
    return f"{word}{number}{mark}{below}"


def _as_input(right: Expr, seen: Tensor) -> Expr:
    """Mark a layer's input as data, so that it is given the example axis."""
    marked = seen.like(role="input")

    def change(part: Any) -> Any:
        return marked[part.indices] if isinstance(part, Entry) and part.base == seen else None

    return transform(right, change)


def _numbered(equation: Equation, number: int, shared: Mapping[str, str], inputs: Tensor) -> Equation:
    def change(part: Any) -> Any:
        if not isinstance(part, Entry):
            return None
        base = part.base
        if base.name == inputs.name:
            return base.like(role=inputs.role)[part.indices]
        return base.like(shared.get(base.name, with_number(base.name, number)))[part.indices]

    return Equation(change(equation.left), transform(equation.right, change))


def _check_fit(layer: Layer, number: int, shape: tuple[Any, ...]) -> None:
    if layer.inputs is None:
        return
    wanted = tuple(map(_size, _shape(layer.inputs)))
    if not _same_shape(wanted, shape):
        raise ProgramError(
            f"layer {number} ({type(layer).__name__}) takes {_shown(wanted)} inputs and is given {_shown(shape)}"
        )


def _check_output(layer: Layer, number: int, made: Tensor) -> None:
    shape = made.shape[1:] if made.rank and made.shape[0] == examples else made.shape
    if layer.outputs is None:
        return
    wanted = tuple(map(_size, _shape(layer.outputs)))
    if not _same_shape(wanted, shape):
        raise ProgramError(
            f"layer {number} ({type(layer).__name__}) says that it has {_shown(wanted)} outputs, "
            f"and its last equation has {_shown(tuple(shape))}"
        )


def _check_parameters(layer: Layer, declared: dict[str, Any], used: dict[str, Tensor]) -> None:
    if not declared:
        return
    name = type(layer).__name__
    if extra := declared.keys() ^ used.keys():
        one = sorted(extra)[0]
        where = "its equations do not use it" if one in declared else "parameters() does not name it"
        raise ProgramError(f"{name}: parameter '{one}': {where}")
    for one, given in declared.items():
        wanted = tuple(map(_size, _shape(given)))
        if not _same_shape(wanted, used[one].shape):
            raise ProgramError(f"{name}: parameter '{one}' has shape {_shown(used[one].shape)}, not {_shown(wanted)}")


def _same_shape(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return len(one) == len(other) and all(map(same_size, one, other))


def _size(given: Any) -> Any:
    return Rational(given) if isinstance(given, int) else given


def _shown(shape: Any) -> str:
    return " × ".join(map(str, shape)) or "no axes"
