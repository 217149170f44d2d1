"""What the modules of a layer have in common: the header, the check of shapes, lines with their equations."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from sympy import Expr

from symnn.compiling.statements import Statement
from symnn.errors import InputError
from symnn.language import examples
from symnn.training.layer_parts import LayerParts, composite_shapes
from symnn.training.module import _version
from symnn.training.module_text import WIDTH, _shape, _spaced, _statement, _terms, _wrapped, _wrapped_words
from symnn.writing import write

_MEANING = {
    "input": "input",
    "target": "target",
    "parameter": "parameter",
    "hyperparameter": "hyperparameter",
    "value": "given",
    "adjoint": "given",
}

EXPECT = '''
def _expect(name, found, shape, sizes):
    """Compare a shape with the one that is needed, where a letter is whatever the first array says."""
    expected = tuple(sizes.get(size, size) for size in shape)
    pairs = list(zip(expected, found))
    if len(found) != len(shape) or any(size != length for size, length in pairs if isinstance(size, int)):
        raise ValueError(f"{name} has shape {tuple(found)}, and {expected} is needed")
    sizes.update((size, length) for size, length in pairs if isinstance(size, str))
'''


def header(parts: LayerParts, name: str, *, needs: str, usage: Sequence[str], arrays: str) -> str:
    """Return the docstring of a module: what it computes, its arrays, and the equations."""
    rows = [(n, _shape(parts.tensor(n).shape), _meaning(parts, n)) for n in parts.arguments]
    output = parts.tensor(parts.output)
    rows.append((parts.output, _shape(output.shape) if output.rank else "a number", _output_meaning(parts)))
    rows.append(("grad_output", rows[-1][1], f"dC/d{parts.output}, for any cost C that {parts.output} goes into"))
    wide, room = max(len(n) for n, *_ in rows), max(len(shape) for _, shape, _ in rows)
    equations = write(parts.derivation, batch=parts.batch)
    lines = [
        f"{name}: {parts.output} from {_listed(parts.arguments)}, and the gradient of any cost C "
        f"given grad_output = dC/d{parts.output}.",
        "",
        f"Written by symnn {_version()}, which derived the equations below and compiled them. {needs}",
        "",
        *(f"    {line}" for line in usage),
        "",
        f"Arrays{arrays}{_examples(parts)}",
        *(f"  {n:<{wide}}  {shape:<{room}}  {meaning}" for n, shape, meaning in rows),
        "",
        "Equations, in which C is that cost and a bar stands for its derivative: "
        f"that of {parts.output} is grad_output",
        *(f"  {wrapped}" for line in equations.splitlines() for wrapped in _wrapped_words(line)),
    ]
    # The text stands between triple quotes: nothing in it may end them.
    return "\n".join(lines).replace("\\", "\\\\").replace('"""', "'''").rstrip()


def _meaning(parts: LayerParts, name: str) -> str:
    tensor = parts.tensor(name)
    role = _MEANING[tensor.role]
    if name in parts.places:
        other, axis = parts.places[name]
        return f"{role}: whole numbers, places on axis {axis} of {other}"
    return f"{role}, symmetric" if tensor.is_symmetric else role


def _output_meaning(parts: LayerParts) -> str:
    mean = parts.batch and not parts.tensor(parts.output).rank
    return "output, averaged over the examples" if mean else "output"


def _examples(parts: LayerParts) -> str:
    return "; m is the number of examples" if parts.batch or parts.program.names_examples else ""


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def refuse_names(parts: LayerParts, words: Iterable[str]) -> None:
    """Raise where a tensor or a size has a name that the module needs itself."""
    program = parts.program
    names = {s.name for t in program.tensors.values() for z in t.shape for s in z.free_symbols} | program.tensors.keys()
    if found := sorted(names & set(words)):
        raise InputError(f"bad name '{found[0]}': the word is needed in the generated module; choose another")


def lines_of(statements: Iterable[Statement], indent: str) -> list[str]:
    """Return lines of code, each with its equation."""
    written = []
    for statement in statements:
        for line in _statement(_spaced(str(statement)), statement.equation):
            written += [indent[4:] + part for part in _broken(line)]
    return written


def _broken(line: str) -> list[str]:
    """Return a line as it is, or broken at its matrix products, or else at its methods, where it is too long."""
    left, equals, right = line.partition(" = ")
    if len(line) <= WIDTH or not equals or line.lstrip().startswith("#"):
        return [line]
    parts = _terms(right, " @ ") or _methods(right)
    inner = " " * (len(left) - len(left.lstrip()) + 4)
    return [f"{left} = (", *(inner + part for part in parts), f"{inner[4:]})"] if len(parts) > 1 else [line]


def _methods(code: str) -> list[str]:
    """Return a chain of calls, each method on its own: a.reshape(2, 3), .transpose(1, 0)."""
    depth, places = 0, [0]
    for place, character in enumerate(code):
        depth += (character in "([") - (character in ")]")
        if depth == 0 and code[place : place + 2] == ")." and code[place + 2 : place + 3].isalpha():
            places.append(place + 1)
    return [code[start:end] for start, end in zip(places, [*places[1:], len(code)], strict=True)]


def names_as_tuple(names: Sequence[str]) -> str:
    """Return names as the left side of an assignment: `x, y`, and `(x,)` for one."""
    return f"({names[0]},)" if len(names) == 1 else ", ".join(names)


def returned(names: str) -> list[str]:
    """Return the lines of a return statement; in parentheses only where it needs more than one."""
    line = f"        return {names}"
    if len(line) <= WIDTH:
        return [line]
    if not names.endswith(")"):
        return _wrapped(f"return ({names})", "        ")
    # A call alone: a comma after it in parentheses would make a tuple of one.
    called, _, inside = names[:-1].partition("(")
    arguments = textwrap.wrap(inside, WIDTH - 12, break_on_hyphens=False)
    return [f"        return {called}(", *(f"            {part}" for part in arguments), "        )"]


def shape_code(shape: Sequence[Expr]) -> str:
    """Return a shape as code: numbers, and a text for an axis whose length the arrays tell."""
    axes = ", ".join(str(size) if size.is_Integer else f'"{size}"' for size in shape)
    return f"({axes},)" if len(shape) == 1 else f"({axes})"


def composite_checks(parts: LayerParts, indent: str) -> list[str]:
    """Return lines that check the axes of lengths such as 2n + 1, once n is known."""
    known = {statement.name for statement in parts.sizes}
    lines = []
    for name, shape in composite_shapes(parts).items():
        if all(s.name in known for size in shape for s in size.free_symbols if not size.is_Atom):
            axes = [size if not size.is_Atom or size.is_Integer or size.name in known else None for size in shape]
            written = ", ".join(f"{name}.shape[{n}]" if axis is None else str(axis) for n, axis in enumerate(axes))
            needed = f"({written},)" if len(axes) == 1 else f"({written})"
            lines.append(f'{indent}_expect("{name}", {name}.shape, {needed}, {{}})')
    return lines


def shapes_table(parts: LayerParts) -> list[str]:
    """Return the lines of a dict of shapes, and of another of places if there are any."""
    note = f"  # {examples}, the number of examples, and any other letter is whatever the arrays say"
    lines = [f"SHAPES = {{{note}" if _has_letters(parts) else "SHAPES = {"]
    lines += [f'    "{name}": {shape_code(parts.tensor(name).shape)},' for name in parts.arguments]
    lines.append("}")
    if parts.places:
        lines.append("PLACES = {  # whole numbers: which array is looked up by them, and on which axis")
        lines += [f'    "{name}": ("{other}", {axis}),' for name, (other, axis) in parts.places.items()]
        lines.append("}")
    return lines


def _has_letters(parts: LayerParts) -> bool:
    return any(size.free_symbols for name in parts.arguments for size in parts.tensor(name).shape)


def gradient_meaning(parts: LayerParts) -> str:
    """Return what a dict of gradients holds, by the example of the first."""
    name = next(iter(parts.gradients))
    return f'gradients["{name}"] is dC/d{name}, of the shape of {name}'


def blocks(*parts: Any) -> str:
    """Return parts of a module with two empty lines between them."""
    return "\n\n\n".join(part.strip("\n") for part in parts if part) + "\n"
