"""Architectures and values given as text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Integer, Rational

from symnn.errors import ParseError
from symnn.language import Architecture, parse_architecture, parse_assignments, sizes

n0, n1, n2, last, d, h, c = sizes("n0 n1 n2 nL d h c")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("784-30-10", (784, 30, 10)),
        (" 2 - 3 ", (2, 3)),
        ("10000000-1", (10_000_000, 1)),
        ("n0-n1-n2", (n0, n1, n2)),
        ("n_0-n_1", (n0, n1)),
        ("2-n1-3", (2, n1, 3)),
        ("d-h-c", (d, h, c)),
    ],
)
def test_architectures(text: str, expected: tuple[Any, ...]) -> None:
    made = parse_architecture(text)
    assert made == Architecture(expected)
    assert not made.general
    assert made.text == str(made) == text.replace(" ", "").replace("_", "")
    assert all(isinstance(size, Integer) or size.is_positive for size in made.sizes)


@pytest.mark.parametrize("text", ["n0-...-nL", "n0-…-nL", "n_0-…-n_L"])
def test_the_general_architecture(text: str) -> None:
    made = parse_architecture(text)
    assert (made.sizes, made.general, made.text) == ((n0, last), True, "n0-…-nL")


_ACCEPTED = "(accepted: a positive whole number, or a name such as n0)"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2-x", f"bad architecture '2-x': 'x' is no size {_ACCEPTED}"),
        ("0-3", f"bad architecture '0-3': '0' is no size {_ACCEPTED}"),
        ("5", "bad architecture '5': an input and an output size are needed, such as 784-30-10"),
        ("", "bad architecture '': write the sizes of the layers, such as 784-30-10"),
        ("-1-2", f"bad architecture '-1-2': a size is missing {_ACCEPTED}"),
        ("2--3", f"bad architecture '2--3': a size is missing {_ACCEPTED}"),
        ("2-3-", f"bad architecture '2-3-': a size is missing {_ACCEPTED}"),
        ("2-3.5", f"bad architecture '2-3.5': '3.5' is no size {_ACCEPTED}"),
        ("10000001-2", "bad architecture '10000001-2': '10000001' is larger than 10000000"),
        ("²-3", f"bad architecture '²-3': '²' is no size {_ACCEPTED}"),
        ("2-...-3", "bad architecture '2-...-3': the general network is written n0-...-nL"),
        ("n0-...-n3", "bad architecture 'n0-...-n3': the general network is written n0-...-nL"),
        ("n0-x", "bad architecture 'n0-x': 'x' means something else in a network; name it n0"),
        ("2-W1", "bad architecture '2-W1': 'W1' means something else in a network; name it n0"),
        ("exp-log", "bad architecture 'exp-log': bad name 'exp': the word is needed in generated code; choose another"),
        ("__import__('os')-2", f"bad architecture \"__import__('os')-2\": \"__import__('os')\" is no size {_ACCEPTED}"),
    ],
)
def test_bad_architectures(text: str, problem: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_architecture(text)
    assert str(caught.value) == problem


@pytest.mark.parametrize("text", ["9" * 6000 + "-1", "1-" * 20_000 + "1", None, "2-\x00", "2\n3", "٣-2"])
def test_extreme_architectures_get_one_short_line(text: Any) -> None:
    with pytest.raises(ParseError) as caught:
        parse_architecture(text)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 300


def test_values_are_exact() -> None:
    assert parse_assignments("W1=2,0.2,1 b1=1 x=0.5,0.9,-1e-1") == {
        "W1": [2, Rational(1, 5), 1],
        "b1": [1],
        "x": [Rational(1, 2), Rational(9, 10), Rational(-1, 10)],
    }


def test_rows_and_spaces() -> None:
    expected = {"W1": [[Rational(3, 20), Rational(1, 5)], [Rational(1, 4), Rational(3, 10)]], "b": [Rational(1, 3)]}
    assert parse_assignments("W1=.15,.20;.25,.30 b=1/3") == expected
    assert parse_assignments(" W1 = .15, .20 ; .25 , .30\nb = 1/3 ") == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no values in '': write them as W1=2,0.2,1 b1=1"),
        ("W1", "cannot read 'W1': write values as W1=2,0.2,1 b1=1"),
        ("W1=", "cannot read 'W1=': write values as W1=2,0.2,1 b1=1"),
        ("=3", "cannot read '=3': write values as W1=2,0.2,1 b1=1"),
        ("W1=1,,2", "'W1': '' is not a number such as 2, 0.5 or 1e-3"),
        ("W1=a", "'W1': 'a' is not a number such as 2, 0.5 or 1e-3"),
        ("W1==1", "'W1': '=1' is not a number such as 2, 0.5 or 1e-3"),
        ("x=nan", "'x': 'nan' is not a number such as 2, 0.5 or 1e-3"),
        ("x=1e400", "'x': '1e400' is not a number such as 2, 0.5 or 1e-3"),
        ("x=1/0", "'x': '1/0' divides by zero"),
        ("W1=1 W1=2", "'W1' is given twice"),
        ("W1=1,2;3", "the rows of 'W1' differ in length: 2, 1"),
        ("exp=1", "bad name 'exp': the word is needed in generated code; choose another"),
    ],
)
def test_bad_values(text: str, problem: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_assignments(text)
    assert str(caught.value) == problem


@given(st.text(alphabet="Wx19=,;. -/en_'()", max_size=25) | st.text(max_size=15))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    for read in (parse_architecture, parse_assignments):
        try:
            read(text)
        except ParseError as error:
            assert len(str(error).splitlines()) == 1  # noqa: PT017
