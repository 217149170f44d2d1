"""Names, sizes, tensors and indices: what is refused, by the text of the errors."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from sympy import Float, Symbol

from symnn.errors import BadNameError, ProgramError, ShapeError, suggest
from symnn.language import LogSumExp, Maximum, Program, Tensor, examples, index, size_of, sizes, tensor
from symnn.language.names import RESERVED, check_name

BAD_NAMES = ["", "1x", "_x", "x_", "x__y", "x y", "x\n", "x;y", "é", "__import__('os')", "a" * 65, "x\x00", "W[0]"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_names_are_refused_everywhere(name: str) -> None:
    for make in (check_name, tensor, lambda given: index(given, 3)):
        with pytest.raises(BadNameError) as caught:
            make(name)
        assert str(caught.value).startswith("bad name ")
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 200


@pytest.mark.parametrize("name", [*sorted(RESERVED)[::7], "lambda", "def", "None"])
def test_words_of_generated_code_are_refused(name: str) -> None:
    with pytest.raises(BadNameError, match=f"^bad name '{name}': the word is needed in generated code"):
        tensor(name, 3)


@pytest.mark.parametrize("name", ["W", "W1", "W_Q", "a" * 64, "delta", "x2_y3"])
def test_good_names_pass(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "bad size 0: an axis is a positive whole number or a symbol from symnn.sizes"),
        (-2, "bad size -2: an axis is a positive whole number or a symbol from symnn.sizes"),
        (Float(2.5), "bad size 2.50000000000000: an axis is a positive whole number or a symbol from symnn.sizes"),
        (Symbol("n"), "bad size n: make its symbols with symnn.sizes"),
    ],
)
def test_bad_sizes_are_refused(size: Any, expected: str) -> None:
    for make in (lambda: tensor("W", (size, 2)), lambda: index("k", size)):
        with pytest.raises(ShapeError) as caught:
            make()
        assert str(caught.value) == expected


@pytest.mark.parametrize("size", ["n", "__import__('os')", "2+3", None, [2]])
def test_a_size_is_never_read_from_text(size: Any) -> None:
    with pytest.raises(ShapeError, match=r"^bad size"):
        index("k", size)


def test_the_number_of_indices_is_checked() -> None:
    with pytest.raises(ShapeError, match=r"^tensor 'W' has 2 axes, and was given 1 indices$"):
        tensor("W", (2, 3))[0]


def test_an_index_is_never_read_from_text() -> None:
    with pytest.raises(ShapeError, match="bad index"):
        tensor("W", 2)["__import__('os').getcwd()"]


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(ProgramError, match=r"^tensor 'W': unknown role 'weight' \(accepted: input, target, "):
        tensor("W", 2, role="weight")


def test_reductions_need_their_indices() -> None:
    x = tensor("x", 3)
    with pytest.raises(ProgramError, match=r"^LogSumExp needs the indices to reduce over, as in LogSumExp"):
        LogSumExp(x[0])
    with pytest.raises(ProgramError, match=r"^Maximum needs the indices"):
        Maximum(x[0], Symbol("k"))


def test_tensors_of_rank_zero_are_entries() -> None:
    mu = tensor("mu")
    assert isinstance(mu.base, Tensor)
    assert str(mu**2 + 1) == "mu**2 + 1"
    assert mu.is_real


def test_the_number_of_examples_is_a_size_of_its_own() -> None:
    assert examples != sizes("m")
    assert size_of(index("e", examples)) == examples
    assert pickle.loads(pickle.dumps(examples)) == examples


def test_tensors_survive_pickling() -> None:
    n = sizes("n")
    W = tensor("W", (n, 3), role="parameter")
    entry = W[index("j", n), 2]
    again = pickle.loads(pickle.dumps(entry))
    assert again == entry
    assert again.base.role == "parameter"


def test_suggestions() -> None:
    assert suggest("rleu", ["relu", "sigmoid"]) == " (did you mean 'relu'?)"
    assert suggest("zzz", ["relu", "sigmoid"]) == " (accepted: relu, sigmoid)"


def test_an_empty_program_is_a_program() -> None:
    assert len(Program([])) == 0
