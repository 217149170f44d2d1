"""The grammar: which tree a text is, and where its parts stand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symnn.errors import ParseError
from symnn.language.grammar import parse_tree
from symnn.language.syntax import (
    Binary,
    Call,
    Item,
    Name,
    Negative,
    Node,
    Number,
    Source,
    Transposed,
    caret,
    postorder,
)


def shown(node: Node) -> str:
    """A tree with a bracket around every operation."""
    match node:
        case Number():
            return node.place.text.strip("()")
        case Name():
            return node.name
        case Item():
            return f"{node.name}[{', '.join(map(shown, node.indices))}]"
        case Negative():
            return f"(-{shown(node.operand)})"
        case Transposed():
            return f"({shown(node.operand)}')"
        case Binary():
            return f"({shown(node.left)} {node.operator} {shown(node.right)})"
        case Call():
            options = [f"{name}={shown(value)}" for name, value in node.options]
            return f"{node.function}({', '.join([*map(shown, node.arguments), *options])})"
    raise AssertionError(node)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("x'*A*x", "(((x') * A) * x)"),
        ("a - b - c", "((a - b) - c)"),
        ("a + b*c", "(a + (b * c))"),
        ("a/b*c", "((a / b) * c)"),
        ("a.*b./c", "((a .* b) ./ c)"),
        ("-x^2", "(-(x ^ 2))"),
        ("-x*y", "((-x) * y)"),
        ("2*-x", "(2 * (-x))"),
        ("--x", "x"),
        ("2^3^2", "(2 ^ (3 ^ 2))"),
        ("x**-2", "(x ^ (-2))"),
        ("A^2'", "((A ^ 2)')"),
        ("A'^2", "((A') ^ 2)"),
        ("x.^2'", "((x .^ 2)')"),
        ("x''", "x"),
        ("(A + B)'", "((A + B)')"),
        ("2.*x", "(2 .* x)"),
        ("2.5*x + .5 + 1e-3", "(((2.5 * x) + .5) + 1e-3)"),
        ("1./x", "(1 ./ x)"),
        ("W[j, k + 1]*E[t[i], k]", "(W[j, (k + 1)] * E[t[i], k])"),
        ("sum(x[j], j)", "sum(x[j], j)"),
        ("trace(A)", "tr(A)"),
        ("f(x, size=3, kind=relu)", "f(x, size=3, kind=relu)"),
        ("A*(x\n  + y)  # a comment", "(A * (x + y))"),
    ],
)
def test_tree(text: str, tree: str) -> None:
    assert shown(parse_tree(Source(text))) == tree


def test_parts_know_their_places() -> None:
    tree = parse_tree(Source("A*x +\n  (B*y)'"))
    (product,) = [node for node in postorder(tree) if isinstance(node, Binary) and node.place.text == "(B*y)"]
    assert (product.place.line, product.place.column) == (2, 3)
    assert tree.place.text == "A*x + (B*y)'"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("f(a=1, x)", "what has no name stands before the options (line 1 column 8)"),
        ("[1, 2]", "'[' may only follow a tensor's name, as in W[j, k] (line 1 column 1)"),
        ("f(x)[1]", "'[' may only follow a tensor's name, as in W[j, k] (line 1 column 5)"),
        ("x[1", "'[' is not closed (line 1 column 2)"),
        ("1e999", "a number of at most 40 characters is accepted, such as 2, 0.5 or 1e-3 (line 1 column 1)"),
        ("a +\n * b", "'*' stands where a number, a name or '(' is expected (line 2 column 2)"),
        ("x, y", "',' does not belong here: one formula is accepted (line 1 column 2)"),
    ],
)
def test_errors_name_line_and_column(text: str, error: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_tree(Source(text))
    assert str(caught.value) == error


def test_a_named_source_stands_before_the_place() -> None:
    with pytest.raises(ParseError) as caught:
        parse_tree(Source("x = \ny +* 2", "net.txt"), 5, 11)
    assert str(caught.value) == "net.txt:2:4: '*' stands where a number, a name or '(' is expected"
    assert getattr(caught.value, "context", "") == "y +* 2\n   ^"


def test_a_caret_far_to_the_right_keeps_its_column() -> None:
    line, mark = caret("x" * 500 + "é", 501).splitlines()
    assert line[len(mark) - 1] == "é"
    assert len(line) <= 100


@given(st.text(alphabet="xAé1.2^*/+-'()[], =#\n\te", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_tree_or_one_line(text: str) -> None:
    written = tree_or_error(text)
    assert len(written.splitlines()) == 1
    if "(line" not in written:
        assert tree_or_error(written) == written


def tree_or_error(text: str) -> str:
    try:
        return shown(parse_tree(Source(text)))
    except ParseError as error:
        return str(error)


def test_numbers_are_exact() -> None:
    numbers = [node for node in postorder(parse_tree(Source("2.5 + .1 + 1e-3"))) if isinstance(node, Number)]
    assert [str(number.value) for number in numbers] == ["5/2", "1/10", "1/1000"]


def test_a_prime_before_the_bracket_of_a_function_is_its_derivative() -> None:
    functions = frozenset({"f", "sigma"})

    def called(text: str) -> str:
        tree = parse_tree(Source(text, functions=functions))
        assert isinstance(tree, Call)
        assert tree.place.text == text
        return tree.function

    assert [called(text) for text in ("f(z)", "f'(z)", "f''(z)", "σ(z)", "σ'(z)")] == [
        "f", "f_prime", "f_prime2", "sigma", "sigma_prime",
    ]  # fmt: skip
    product = parse_tree(Source("f'*(z)", functions=functions))
    assert isinstance(product, Binary)
    assert isinstance(product.left, Transposed)
    assert isinstance(parse_tree(Source("f'", functions=functions)), Transposed)
    for source in (Source("A'(z)", functions=functions), Source("f'(z)")):
        with pytest.raises(ParseError, match="an operator is missing before"):
            parse_tree(source)
