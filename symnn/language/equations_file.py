"""A file of equations: a network, a cost or any other program as plain text.

    # logistic regression, one example
    input x: 2
    target y: 3
    parameter W: 3 x 2
    parameter b: 3
    z = W*x + b                              matrix form: the grammar of formulas
    L = logsumexp(z[k], k)                   or by entries: an index runs over the axis in which it stands
    a[j] = exp(z[j] - L)
    C = -y'*log(a)

One statement a line; a line goes on where a bracket is open; what follows # is a comment. Statements are

    input, target, parameter or hyperparameter NAME[, NAME]: SHAPE     shapes: 3, n, 3 x 2, n x (n - 1);
                                                                       nothing or "scalar" for a scalar
    symmetric parameter S: n x n
    hyperparameter lamda = 0.01              a number from here on
    index i: n - 2                           where its range does not follow from the axes
    function g(t) = log(1 + t^2)             of one variable, of each entry
    fact sum(y) = 1                          used to simplify, never differentiated
    NAME = FORMULA, or NAME[j, k] = FORMULA
    NAME = Layer(FORMULA, option=value)      what the caller's table of layers writes out as equations

`examples` is the size of the example axis. A name that is used is declared, or defined on a line before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sympy import Rational

from symnn.errors import ParseError, SymnnError
from symnn.language.axes import ONE, SCALAR, Axes
from symnn.language.declarations import Declared, checked_name
from symnn.language.defined_functions import elementwise
from symnn.language.equation import Equation
from symnn.language.expressions import tensors as tensors_in
from symnn.language.grammar import parse_tree
from symnn.language.layer_calls import LayerCall, expanded
from symnn.language.program import Fact, Program
from symnn.language.shapes import BoundIndex, Inference, Names
from symnn.language.syntax import Call, Item, Name, Node, Place, Source, postorder, refuse, refuse_shapes
from symnn.language.tensors import Tensor, size_of
from symnn.language.translation import Translation
from symnn.language.vocabulary import spelled

LONGEST_FILE = 200_000
ROLE_WORDS = ("input", "target", "parameter", "hyperparameter")

_STATEMENT = re.compile(
    r"(?P<symmetric>symmetric\s+)?(?P<word>input|target|parameter|hyperparameter|index|function|fact)\s+(?=[\w(-])"
)
_VALUE = re.compile(r"[^:=]*=")
_SOMETHING = re.compile(r"\S")
_EXAMPLES = {"=": "z = W*x + b or input x: n", ":": "index i: n - 2"}
_BRACKETS = {"(": 1, "[": 1, ")": -1, "]": -1}


def parse_program(
    text: str, source: str = "equations", layers: Mapping[str, LayerCall] | None = None, letters: bool = False
) -> Program:
    """Return the program that a text of equations writes.

    Args:
        text: see this module.
        source: the file's name, for errors.
        layers: what writes a layer out: `layers[word](inputs, options, suffix)` returns its equations and
            the name of its output. `inputs` is the tensor that the layer is applied to; `options` are
            numbers, sizes, tensors of the file, or else words; every name that it defines or takes as a
            parameter must end in `suffix`. The output is then renamed to the name on the left.
        letters: whether a hyperparameter with a value keeps its letter in the equations.

    >>> print(parse_program("input x: n\\nparameter W: 3 x n\\nz = W*x"))
    z[i] = Sum(W[i, j]*x[j], j)

    Raises:
        ParseError, ShapeError: with file, line and column; `context` is the line with a caret.
    """
    if not isinstance(text, str):
        raise ParseError(f"cannot read a {type(text).__name__}: a file of equations is text")
    if len(text) > LONGEST_FILE:
        raise ParseError(f"{source}: {len(text)} characters (accepted: at most {LONGEST_FILE})")
    return _File(Source(text, source), layers or {}, letters).program()


def hyperparameter_values(text: str, source: str = "equations") -> dict[str, Rational]:
    """Return the numbers that a text of equations gives to hyperparameters.

    >>> hyperparameter_values("input x: n\\nhyperparameter lamda = 0.01")
    {'lamda': 1/100}

    Raises:
        ParseError: as `parse_program`.
    """
    file = _File(Source(text, source), {}, False)
    for statement in statements(file.source):
        found = _STATEMENT.match(text, statement.start, statement.end)
        if found is not None and found["word"] == "hyperparameter":
            file.read(statement)
    return dict(file.values)


class _File:
    """What is declared and defined so far."""

    def __init__(self, source: Source, layers: Mapping[str, LayerCall], letters: bool) -> None:
        self.values: dict[str, Rational] = {}
        # Where letters are kept, the numbers that they stand for are only put into those of other letters.
        self.valued = Source(source.text, source.name, self.values)
        self.source, self.layers, self.letters = source if letters else self.valued, layers, letters
        self.declared = Declared()
        self.names = Names(
            sizes=self.declared.sizes,
            layers=tuple(layers),
            undeclared="; declare it, as in 'parameter {name}: n'",
        )
        self.inference = Inference(Axes(), self.names)
        words = map(spelled, re.findall(r"[^\W\d]\w*", source.text))
        self.translation = Translation(self.inference, {}, words)
        self.facts: list[Fact] = []
        self.own: list[str] = []

    @property
    def tensors(self) -> dict[str, Tensor]:
        return self.translation.tensors

    def program(self) -> Program:
        for statement in statements(self.source):
            self.read(statement)
        if not self.translation.equations:
            raise ParseError(f"{self.source.name}: there is no equation in it, such as z = W*x + b")
        return Program(self.translation.equations, self.facts).pruned(self.own)

    def read(self, place: Place) -> None:
        """Read one statement."""
        found = _STATEMENT.match(self.source.text, place.start, place.end)
        if found is None:
            self.equation(place)
        elif found["word"] == "hyperparameter" and _VALUE.match(self.source.text, found.end(), place.end):
            self.value(Place(self.source, found.end(), place.end))
        elif found["word"] in ROLE_WORDS:
            self.declaration(place, found["word"], bool(found["symmetric"]), found.end())
        elif found["symmetric"]:
            refuse(place, f"'symmetric' goes before {', '.join(ROLE_WORDS)}")
        else:
            reads: dict[str, Callable[[Place], None]] = {
                "index": self.index,
                "function": self.function,
                "fact": self.fact,
            }
            reads[found["word"]](Place(self.source, found.end(), place.end))
        if both := sorted(self.names.tensors.keys() & self.names.sizes.keys()):
            refuse(place, f"'{both[0]}' names both a size and a tensor")

    def parts(self, place: Place, between: str) -> tuple[Place, Place]:
        """Return what stands before and after the first `:` or `=` outside brackets."""
        text, depth = self.source.text, 0
        for at in range(place.start, place.end):
            depth += _BRACKETS.get(text[at], 0)
            if text[at] == between and depth == 0:
                after = _SOMETHING.search(text, at + 1, place.end)
                if after is None or not text[place.start : at].strip():
                    refuse(Place(self.source, at, at + 1), f"something is missing beside '{between}'")
                before = place.start + len(text[place.start : at].rstrip())
                return Place(self.source, place.start, before), Place(self.source, after.start(), place.end)
        refuse(place, f"'{place.text}' is no statement, such as {_EXAMPLES[between]}")

    def declaration(self, place: Place, role: str, symmetric: bool, start: int) -> None:
        """input x, y: n"""
        names, axes = Place(self.source, start, place.end), ()
        if ":" in self.source.text[start : place.end]:
            names, shape = self.parts(names, ":")
            axes = self.declared.read_axes(self.source, shape.start, shape.end)
        for written in re.finditer(r"[^,\s]+", self.source.text[names.start : names.end]):
            at = Place(self.source, names.start + written.start(), names.start + written.end())
            name = self.new_name(written[0], at)
            if symmetric and (len(axes) != 2 or axes[0] != axes[1]):
                shown = "×".join(map(str, axes)) or "a scalar"
                refuse_shapes(place, f"'{name}' is {shown}: only a square matrix is symmetric")
            self.know(Tensor(name, axes, role, symmetric))

    def value(self, place: Place) -> None:
        """hyperparameter lamda = 0.01"""
        left, right = self.parts(place, "=")
        name = self.new_name(left.text, left)
        tree = parse_tree(self.valued, right.start, right.end)
        self.inference.infer(tree)
        number = self.translation.value(tree).entry if tree in self.inference.numbers else None
        if not isinstance(number, Rational):
            refuse(right, f"'{right.text}' is no number such as 0.01 or 1/3")
        self.values[name] = number
        if self.letters:
            self.know(Tensor(name, (), "hyperparameter"))

    def new_name(self, name: str, place: Place) -> str:
        """Return a name that may be declared or defined here."""
        name = checked_name(name, place)
        if name in self.tensors or name in self.values:
            refuse(place, f"'{name}' is already {'defined' if name in self.defined() else 'declared'}")
        if name in self.names.sizes or name in self.names.functions:
            refuse(place, f"'{name}' is already the name of a {'size' if name in self.names.sizes else 'function'}")
        return name

    def defined(self) -> set[str]:
        return {equation.tensor.name for equation in self.translation.equations}

    def know(self, tensor: Tensor) -> None:
        self.tensors[tensor.name] = tensor
        self.names.tensors[tensor.name] = tuple(tensor.shape)

    def index(self, place: Place) -> None:
        """index i: n - 2"""
        names, size = self.parts(place, ":")
        for name in re.split(r"\s*,\s*", names.text):
            reach = self.declared.size(parse_tree(self.source, size.start, size.end))
            self.names.indices[checked_name(name, names)] = reach

    def function(self, place: Place) -> None:
        """function g(t) = log(1 + t^2)"""
        left, right = self.parts(place, "=")
        head = parse_tree(self.source, left.start, left.end)
        if not isinstance(head, Call) or len(head.arguments) != 1 or not isinstance(head.arguments[0], Name):
            refuse(left, f"'{left.text}' is no function of one variable, such as g(t)")
        name, variable = self.new_name(head.function, left), head.arguments[0].name
        if checked_name(variable, left) in self.tensors:
            refuse(left, f"'{variable}' is a tensor: choose another variable")
        alone = Names({variable: ()}, {}, dict(self.names.functions))
        inference = Inference(Axes(), alone)
        tree = parse_tree(self.source, right.start, right.end)
        inference.infer(tree)
        translation = Translation(inference, {variable: Tensor(variable, ())})
        entry = translation.value(tree).entry
        if translation.equations:
            refuse(right, "a function of one variable is made of numbers, its variable and functions of it")
        self.names.functions[name] = elementwise(name, translation.tensors[variable][()], entry)

    def fact(self, place: Place) -> None:
        """fact sum(y) = 1"""
        sides = []
        for side in self.parts(place, "="):
            tree = parse_tree(self.source, side.start, side.end)
            self.scalar(tree, [BoundIndex(name) for name in self.free_names(tree)], "a fact is about a scalar")
            sides.append(self.translation.value(tree).entry)
        self.facts.append(Fact(*sides))

    def free_names(self, tree: Node) -> list[str]:
        """The names in brackets that are neither tensors nor sizes: indices."""
        items = [node for node in postorder(tree) if isinstance(node, Item)]
        names = [part.name for item in items for index in item.indices for part in postorder(index)
                 if isinstance(part, Name) and part.name not in self.names.all()]  # fmt: skip
        return list(dict.fromkeys(names))

    def scalar(self, tree: Node, indices: list[BoundIndex], wanted: str) -> None:
        shape = self.inference.infer(tree, indices)
        if not self.inference.axes.is_scalar(shape):
            refuse_shapes(tree.place, f"{self.inference.said(tree)}, and {wanted}")

    def equation(self, place: Place) -> None:
        """z = W*x + b, z[j] = …, or z = Layer(x, option=value)"""
        left, right = self.parts(place, "=")
        head = parse_tree(self.source, left.start, left.end)
        if not isinstance(head, Name | Item):
            refuse(left, f"'{left.text}' cannot stand on the left: a name such as z is defined, or its entries z[j]")
        name = self.new_name(head.name, left)
        self.own.append(name)
        tree = parse_tree(self.source, right.start, right.end)
        if isinstance(tree, Call) and tree.function in self.layers and isinstance(head, Name):
            return self.layer(name, tree)
        if isinstance(head, Item):
            return self.entries(name, head, tree)
        rows, columns = self.inference.infer(tree)
        value = self.translation.value(tree)
        self.translation.result(name, value, tree.place)
        axes = tuple(map(self.inference.axes.resolve, (rows, columns)))
        self.names.tensors[name] = () if axes == SCALAR else axes[:1] if axes[1] == ONE else axes
        return None

    def entries(self, name: str, head: Item, tree: Node) -> None:
        """z[j] = sum(W[j, k]*x[k], k)"""
        indices = []
        for index in head.indices:
            if not isinstance(index, Name) or index.name in self.names.all():
                refuse(index.place, f"'{index.place.text}' is no plain index: the left side is written z[j] or P[i, j]")
            indices.append(self.names.index(index.name))
        if len({index.name for index in indices}) != len(indices):
            refuse(head.place, "the left side needs distinct indices")
        self.scalar(tree, indices, f"'{head.place.text}' is one entry")
        own = tuple(self.translation.index(bound, head.place) for bound in indices)
        self.translation.define(name, own, self.translation.value(tree).entry, tree.place)
        self.names.tensors[name] = tuple(map(size_of, own))

    def layer(self, name: str, call: Call) -> None:
        """z = Layer(x, option=value)"""
        if len(call.arguments) != 1:
            known = ", ".join(f"{option}=…" for option in getattr(self.layers[call.function], "options", ()))
            accepted = f"its options by name: {known}" if known else "options such as size=3"
            refuse(call.place, f"{call.function} takes one tensor, and then {accepted}")
        (argument,) = call.arguments
        options = {option: self.option(node) for option, node in call.options}
        try:
            equations = expanded(self.layers[call.function], self.input(argument), options, name)
        except SymnnError as error:
            if hasattr(error, "context"):
                raise
            refuse(call.place, str(error))
        for equation in equations:
            self.add(equation, call)

    def input(self, argument: Node) -> Tensor:
        """The tensor that a layer is applied to; a formula gets a name."""
        if isinstance(argument, Name) and argument.name in self.tensors:
            return self.tensors[argument.name]
        self.inference.infer(argument)
        value = self.translation.value(argument)
        return self.translation.named("x", value, argument.place).entry.base

    def option(self, node: Node) -> Any:
        """A number, a tensor, a size, or a word."""
        if isinstance(node, Name):
            known = {**self.names.sizes, **self.tensors}
            return known.get(node.name, node.name)
        return self.declared.number(node)

    def add(self, equation: Equation, call: Call) -> None:
        name = equation.tensor.name
        if name in self.tensors:
            refuse(call.place, f"{call.function} defines '{name}', which there is already")
        for tensor in sorted({equation.tensor, *tensors_in(equation.right)}, key=str):
            if tensor.name not in self.tensors:
                self.know(tensor)
        self.translation.equations.append(equation)


def statements(source: Source) -> Iterator[Place]:
    """Go over the statements of a file: a line each, or several where a bracket is open."""
    opened: list[int] = []
    first = last = -1
    comment = False
    for at, character in enumerate(f"{source.text}\n"):
        comment = character != "\n" and (comment or character == "#")
        if character == "\n" and first >= 0 and not opened:
            yield Place(source, first, last)
            first = -1
        if comment or character.isspace():
            continue
        first, last = at if first < 0 else first, at + 1
        if character in "([":
            opened.append(at)
        elif character in ")]" and opened:
            opened.pop()
    if opened:
        refuse(Place(source, opened[-1], opened[-1] + 1), f"'{source.text[opened[-1]]}' is not closed")
