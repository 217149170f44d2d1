"""The text of a stand-alone module: its header, the generated functions set out to be read, and what is around them."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from symnn.compiling import Compiled

WIDTH = 110
_NAMES = {"x": "X", "y": "Y"}


def header(
    *,
    title: str,
    version: str,
    dtype: str,
    arrays: Sequence[tuple[str, tuple[Any, ...], str]],
    equations: str,
    rewritten: str = "",
) -> str:
    """Return the module's docstring: what it is, what each array means, the equations, and what was rewritten."""
    shapes = [_shape(shape) for _, shape, _ in arrays]
    wide = max(*(len(name) for name, *_ in arrays), len("gradients"))
    room = max(len(shape) for shape in shapes)
    lines = [
        f"  {name:<{wide}}  {shape:<{room}}  {meaning}"
        for (name, _, meaning), shape in zip(arrays, shapes, strict=True)
    ]
    text = (
        f"The gradient of a neural network: {title}.\n\n"
        f"Written by symnn {version}, which derived the equations below and compiled them. It needs NumPy alone.\n\n"
        "    parameters = initial_parameters(seed=0)\n"
        "    cost, gradients = gradient(parameters, X, Y)\n"
        "    outputs = predict(parameters, X)\n"
        "    parameters = train(X, Y)\n\n"
        f"Arrays, of type {dtype}; m is the number of examples, and one example may be given without its axis\n"
        + "\n".join(lines)
        + f"\n  {'cost':<{wide}}  {'a number':<{room}}  C, averaged over the examples"
        + f"\n  {'gradients':<{wide}}  {'a dict':<{room}}  gradients[\"{arrays[2][0]}\"] = dC/d{arrays[2][0]}, "
        f"of the shape of {arrays[2][0]}, and so for each parameter\n\n"
        f"Equations\n{textwrap.indent(_without_title(equations), '  ')}"
    )
    if rewritten:
        text += f"\n\nRewritten so that digits are kept, each equal to what it was\n{_indented(rewritten)}"
    # The text stands between triple quotes: nothing in it may end them.
    return text.replace("\\", "\\\\").replace('"""', "'''").rstrip()


def _indented(lines: str) -> str:
    """Return lines, each indented by two more, and broken at spaces where it is too long."""
    made = []
    for line in lines.splitlines():
        own = " " * (len(line) - len(line.lstrip()) + 2)
        made += textwrap.wrap(line.strip(), WIDTH, initial_indent=own, subsequent_indent=own + "    ")
    return "\n".join(made)


def function_text(compiled: Compiled, name: str) -> str:
    """Return a compiled function under a name, spaced as Python is, each line with its equation."""
    _, _, body = compiled.source.rpartition("\ndef compute(")
    signature, *lines = body.rstrip("\n").splitlines()
    arguments = signature.removesuffix("):")
    written = [*_wrapped(f"def {name}({arguments}):", ""), f'    """{_DESCRIPTIONS[name]}"""']
    derived = False
    for line in lines:
        code, _, comment = line.strip().partition("  # ")
        target = code.partition(" = ")[0]
        if target in compiled.program.adjoints and target in compiled.program.defined and not derived:
            derived = True
            written += ["", "    # Backward: the derivative of the cost with respect to everything above"]
        written += _statement(_spaced(code), comment)
    return "\n".join(written) + "\n"


def module_text(
    *,
    header: str,
    helpers: Sequence[str],
    functions: Mapping[str, str],
    shapes: Mapping[str, Any],
    sizes: tuple[str, ...],
    drawn: Mapping[str, str],
    output: str,
    learning_rate: float,
    dtype: str,
    targets: str,
) -> str:
    """Return the whole module."""
    parameters = [name for name in shapes if name not in _NAMES]
    signature = "sizes, " if sizes else ""
    words = {
        "dtype": dtype,
        "shapes": "\n".join(f'    "{name}": {_code_shape(shape)},' for name, shape in shapes.items()),
        "parameters": ", ".join(parameters),
        "sizes": signature,
        "only_sizes": "sizes" if sizes else "",
        "about_sizes": f"\n\n    sizes: the numbers {', '.join(sizes)}, in this order.\n    " if sizes else "",
        "unpacked": f"    {', '.join(sizes)}{',' if len(sizes) == 1 else ''} = sizes\n" if sizes else "",
        "drawn": "\n".join(f'        "{name}": {code},' for name, code in drawn.items()),
        "generator": "    generator = np.random.default_rng(seed)\n"
        if any("generator" in code for code in drawn.values())
        else "",
        "output": output,
        "single": len(shapes["x"]) - 1,
        "rate": repr(learning_rate),
        "demonstration": _demonstration(shapes, sizes, targets),
    }
    surroundings = {name: _filled(template, words) for name, template in _TEMPLATES.items()}
    blocks = [
        f'"""{header}\n"""\n\nimport numpy as np\n',
        surroundings["constants"],
        surroundings["gradient"],
        surroundings["predict"],
        surroundings["initial_parameters"],
        surroundings["train"],
        functions["compute"],
        functions["forward"],
        functions["update"],
        surroundings["checked"],
        *(helper.strip("\n") + "\n" for helper in helpers),
        surroundings["main"],
    ]
    first, constants, *rest = blocks
    return first + "\n" + constants + "\n\n" + "\n\n".join(rest)


_DESCRIPTIONS = {
    "compute": "C and its gradient for a batch: the equations, in order.",
    "forward": "The output for a batch: the forward equations, in order.",
    "update": "One step of gradient descent.",
}


def _statement(code: str, comment: str) -> list[str]:
    """Return a line of a function with its equation behind it, or above where that would be too long."""
    if comment and len(code) + len(comment) + 8 <= WIDTH:
        return [f"    {code}  # {comment}"]
    above = textwrap.wrap(comment, WIDTH - 6) if comment else []
    return [*(f"    # {line}" for line in above), *_wrapped(code, "    ")]


def _spaced(code: str) -> str:
    """Return a statement with spaces around its operators; none around a power's."""
    return code if code.startswith("return") else ast.unparse(ast.parse(code)).replace(" ** ", "**")


def _wrapped(code: str, indent: str) -> list[str]:
    """Return code on lines that are not too long, broken at commas in its outermost parentheses or at + and −."""
    if len(indent + code) <= WIDTH:
        return [indent + code]
    left, _, right = code.partition(" = ")
    terms = _terms(right, " + ", " - ") or _terms(right, " * ")
    if terms:
        return [f"{indent}{left} = (", *(f"{indent}    {term}" for term in terms), f"{indent})"]
    opened = re.match(r"(def \w+\(|return \()(.*)(\):|\))\Z", code)
    if opened is None:
        return [indent + code]
    inside = textwrap.wrap(opened[2].rstrip(",") + ",", WIDTH - len(indent) - 4, break_on_hyphens=False)
    return [indent + opened[1], *(f"{indent}    {line}" for line in inside), indent + opened[3]]


def _terms(code: str, *signs: str) -> list[str]:
    """Return the parts of a sum or product, each with its sign in front; none, if there is only one."""
    places, depth = [0], 0
    for place, character in enumerate(code):
        depth += (character in "([") - (character in ")]")
        if depth == 0 and code[place : place + 3] in signs:
            places.append(place + 1)
    parts = [code[a:b].strip() for a, b in zip(places, [*places[1:], len(code)], strict=True)]
    return parts if len(parts) > 1 else []


def _shape(shape: Sequence[Any]) -> str:
    written = ", ".join(map(str, shape))
    return f"({written},)" if len(shape) == 1 else f"({written})"


def _code_shape(shape: Sequence[Any]) -> str:
    """Return a shape as code: numbers, and a text for a size that the arrays tell."""
    axes = ", ".join(str(size) if size.is_Integer else f'"{size}"' if size.is_Symbol else "None" for size in shape)
    return f"({axes},)" if len(shape) == 1 else f"({axes})"


def _without_title(equations: str) -> str:
    lines = equations.splitlines()
    kept = [line for line in lines[1:] if " has the shape of its variable" not in line]
    return "\n".join(wrapped for line in kept for wrapped in _wrapped_words(line))


def _wrapped_words(line: str) -> list[str]:
    if not line.startswith("where "):
        return [line]
    return textwrap.wrap(line, WIDTH, subsequent_indent="      ", break_on_hyphens=False)


def _demonstration(shapes: Mapping[str, Any], sizes: tuple[str, ...], targets: str) -> str:
    """Return the lines that make a toy data set: a fixed random linear rule decides on the targets."""
    inputs, outputs = shapes["x"][1:], shapes["y"][1:]
    lines = ["generator = np.random.default_rng(0)"]
    if sizes:
        numbers = [4, *[6] * (len(sizes) - 2), 3] if len(sizes) > 1 else [3]
        lines.append(f"sizes = {', '.join(sizes)}{',' if len(sizes) == 1 else ''} = {', '.join(map(str, numbers))}"
                     + ("," if len(sizes) == 1 else ""))  # fmt: skip
    width = " * ".join(map(str, inputs))
    lines.append(f"X = generator.standard_normal((100, {', '.join(map(str, inputs))})) * np.sqrt(4 / ({width}))"
                 if "*" in width else
                 f"X = generator.standard_normal((100, {width})) * np.sqrt(4 / {width})")  # fmt: skip
    if "scores" in targets:
        flat = "X.reshape(100, -1)" if len(inputs) > 1 else "X"
        lines.append(f"scores = {flat} @ generator.standard_normal(({width}, {outputs[0]}))")
    lines.append(f"Y = {targets}")
    return "\n".join(f"    {line}" for line in lines)


def _filled(template: str, words: Mapping[str, Any]) -> str:
    return re.sub(r"<(\w+)>", lambda found: str(words[found[1]]), template).lstrip("\n")


_TEMPLATES = {
    "constants": '''
DTYPE = np.<dtype>
SHAPES = {  # m, the number of examples, and any other letter is whatever the arrays say
<shapes>
}
PARAMETERS = [name for name in SHAPES if name not in ("x", "y")]
''',
    "gradient": '''
def gradient(parameters, X, Y):
    """Return the cost, averaged over the examples, and a dict of its derivatives by each parameter."""
    cost, *derivatives = compute(**_checked(parameters, x=X, y=Y))
    return float(cost), dict(zip(PARAMETERS, derivatives, strict=True))
''',
    "predict": '''
def predict(parameters, X):
    """Return the output <output>, one example a row; for a single example, its output."""
    (outputs,) = forward(**_checked(parameters, x=X))
    return outputs[0] if np.ndim(X) == <single> else outputs
''',
    "initial_parameters": '''
def initial_parameters(<sizes>seed=0):
    """Return first values of all parameters; one seed, one set of values.<about_sizes>"""
<unpacked><generator>    parameters = {
<drawn>
    }
    return {name: value.astype(DTYPE) for name, value in parameters.items()}
''',
    "train": '''
def train(X, Y, <sizes>learning_rate=<rate>, epochs=30, batch_size=10, seed=0, report=None):
    """Return parameters trained by minibatch gradient descent, each epoch in a fresh random order.

    report: called after each epoch with its number and the cost of all examples.
    """
    X, Y = np.asarray(X, DTYPE), np.asarray(Y, DTYPE)
    parameters = initial_parameters(<sizes>seed)
    generator = np.random.default_rng([seed, 1])
    for epoch in range(1, epochs + 1):
        order = generator.permutation(len(X))
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            with np.errstate(all="ignore"):
                cost, gradients = gradient(parameters, X[rows], Y[rows])
                renewed = update(*parameters.values(), learning_rate, *gradients.values())
            if not np.isfinite(cost):
                raise FloatingPointError(f"epoch {epoch}: the cost is not finite (learn more slowly)")
            parameters = dict(zip(PARAMETERS, renewed, strict=True))
        if report is not None:
            report(epoch, gradient(parameters, X, Y)[0])
    return parameters
''',
    "checked": '''
def _checked(parameters, **data):
    """Return all arrays by name, in one type; a shape that does not fit is an error that says which."""
    if set(parameters) != set(PARAMETERS):
        raise ValueError(f"parameters {list(parameters)} were given, {PARAMETERS} are needed")
    sizes, arrays = {}, {}
    for name, value in {**parameters, **data}.items():
        array, shape = np.asarray(value, dtype=DTYPE), SHAPES[name]
        if name in data and array.ndim == len(shape) - 1:
            array = array[None]
        expected = tuple(sizes.get(size, size) for size in shape)
        axes = list(zip(expected, array.shape, strict=True)) if array.ndim == len(shape) else [(0, 1)]
        if any(size != found for size, found in axes if isinstance(size, int)):
            raise ValueError(f"{name} has shape {array.shape}, and {expected} is needed")
        sizes.update(axis for axis in axes if isinstance(axis[0], str))
        arrays[name] = array
    return arrays
''',
    "main": '''
if __name__ == "__main__":
    # A demonstration on made-up data: a fixed random rule decides on the targets.
<demonstration>
    print(f"at first: cost {gradient(initial_parameters(<only_sizes>), X, Y)[0]:.6f}")
    train(X, Y, <sizes>epochs=10, report=lambda epoch, cost: print(f"epoch {epoch:>2}: cost {cost:.6f}"))
''',
}
