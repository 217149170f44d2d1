"""Strided windows, pooling and lookups: their adjoints add up slices, with no mask over all pairs of places."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sympy import KroneckerDelta, Sum, exp, log

import symnn
from symnn.compiling import compile_program
from symnn.compiling.helpers import HELPERS
from symnn.errors import InputError
from symnn.language import Equation, Maximum, Program, Within, index, sizes, tensor
from symnn.proof import evaluate

MASKS = ("_inside", "np.equal", "_gather", "einsum")


def convolution(rank: int, stride: int, padding: int, dilation: int, taps: int = 3) -> Program:
    """y[n, o, i…] = Σ w[o, c, p…] x[n, c, s i + d p − P…]"""
    lengths = (9, 7)[:rank]
    outputs = [(length + 2 * padding - dilation * (taps - 1) - 1) // stride + 1 for length in lengths]
    n, o, c = index("n", 2), index("o", 3), index("c", 2)
    i = [index(name, size) for name, size in zip("ij", outputs, strict=False)]
    p = [index(name, taps) for name in "pq"[:rank]]
    where = [stride * a + dilation * b - padding for a, b in zip(i, p, strict=True)]
    x = tensor("x", (2, 2, *lengths), role="input")
    w, y = tensor("w", (3, 2, *[taps] * rank), role="parameter"), tensor("y", (2, 3, *outputs))
    body = w[(o, c, *p)] * x[(n, c, *where)]
    for e, length in zip(where, lengths, strict=True):
        body *= Within(e, length) if padding else 1
    return Program([Equation(y[(n, o, *i)], Sum(body, c, *p))])


def pooling(kind: Any, rank: int, width: int, stride: int) -> Program:
    lengths = (9, 7)[:rank]
    outputs = [(length - width) // stride + 1 for length in lengths]
    n, c = index("n", 2), index("c", 2)
    i = [index(name, size) for name, size in zip("ij", outputs, strict=False)]
    p = [index(name, width) for name in "pq"[:rank]]
    x, y = tensor("x", (2, 2, *lengths), role="input"), tensor("y", (2, 2, *outputs))
    entry = x[(n, c, *(stride * a + b for a, b in zip(i, p, strict=True)))]
    return Program([Equation(y[(n, c, *i)], kind(entry, *p))])


def checked(program: Program, of: str, wrt: list[str], given: dict[str, Any] | None = None) -> str:
    """Compare value and derivatives with the sums written out, in both types; return the code."""
    gradient = symnn.gradient(program, of=of, wrt=wrt, upstream="upstream")
    random = np.random.default_rng(0)
    tensors = sorted(gradient.program.inputs.items())
    values = {name: random.normal(size=[int(size) for size in t.shape]) for name, t in tensors} | (given or {})
    outputs = [of, *gradient.gradients.values()]
    compiled = compile_program(gradient.program, outputs)
    expected = evaluate(gradient.program, values)
    found, single = compiled(**values), compile_program(gradient.program, outputs, "float32")(**values)
    for name in outputs:
        assert found[name].shape == expected[name].shape
        np.testing.assert_allclose(found[name], expected[name].astype(float), rtol=1e-12, atol=1e-13)
        assert single[name].dtype == np.float32
    return compiled.source[compiled.source.index("def compute") :]


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("rank", [1, 2])
def test_convolutions_and_their_adjoints_have_no_masks(rank: int, stride: int, padding: int, dilation: int) -> None:
    source = checked(convolution(rank, stride, padding, dilation), "y", ["w", "x"])
    assert not any(mask in source for mask in MASKS)


@pytest.mark.parametrize(("width", "stride"), [(2, 2), (3, 2), (2, 1), (2, 3)])
@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("kind", [Maximum, Sum], ids=["max", "mean"])
def test_pooling_and_its_adjoint_have_no_masks(kind: Any, rank: int, width: int, stride: int) -> None:
    source = checked(pooling(kind, rank, width, stride), "y", ["x"])
    assert not any(mask in source for mask in MASKS)


def test_the_largest_of_a_window_share_its_derivative() -> None:
    program = pooling(Maximum, 1, 3, 3)
    gradient = symnn.gradient(program, of="y", wrt=["x"], upstream="upstream")
    x = np.zeros((2, 2, 9))
    x[0, 0, :3] = [5, 1, 5]
    found = gradient.compile()(x=x, upstream=np.ones((2, 2, 3)))[1]["x"]
    np.testing.assert_array_equal(found[0, 0, :3], [0.5, 0, 0.5])
    np.testing.assert_allclose(found[1], 1 / 3)


def test_strides_with_symbols_for_sizes() -> None:
    half, channels, filters = sizes("half channels filters")
    i, o, c, p = index("i", half), index("o", filters), index("c", channels), index("p", 3)
    x = tensor("x", (channels, 2 * half + 1), role="input")
    w, y = tensor("w", (filters, channels, 3), role="parameter"), tensor("y", (filters, half))
    program = Program([Equation(y[o, i], Sum(w[o, c, p] * x[c, 2 * i + p], c, p))])
    gradient = symnn.gradient(program, of="y", wrt=["x"], upstream="upstream")
    function = gradient.compile()
    assert not any(mask in function.source for mask in MASKS)
    random = np.random.default_rng(1)
    w_values, up = random.normal(size=(2, 3, 3)), random.normal(size=(2, 4))
    expected = np.zeros((3, 9))
    for place in range(4):
        expected[:, 2 * place : 2 * place + 3] += np.einsum("o,ocp->cp", up[:, place], w_values)
    np.testing.assert_allclose(
        function(w=w_values, x=random.normal(size=(3, 9)), upstream=up)[1]["x"], expected, rtol=1e-13
    )


def embedding(batch: bool) -> Program:
    """h[n, i, k] = E[t[n, i], k], and something after it."""
    n, i, k = index("n", 2), index("i", 4), index("k", 3)
    E = tensor("E", (5, 3), role="parameter")
    lead, at = ((2,), (n,)) if batch else ((), ())
    t, h, y = tensor("t", (*lead, 4), role="input"), tensor("h", (*lead, 4, 3)), tensor("y", (*lead, 4))
    taken = Equation(h[(*at, i, k)], E[t[(*at, i)], k])
    return Program([taken, Equation(y[(*at, i)], Sum(h[(*at, i, k)] ** 2, k))])


@pytest.mark.parametrize("batch", [False, True], ids=["one", "batch"])
def test_lookups_and_their_adjoints(batch: bool) -> None:
    places = np.array([[1, 4, 1, 0], [2, 2, 2, 1]])
    source = checked(embedding(batch), "y", ["E"], {"t": places if batch else places[0]})
    assert "E[t1]" in source
    assert "_scatter_add(5, t1, " in source
    assert not any(mask in source for mask in MASKS)


def test_an_entry_is_picked_from_each_row() -> None:
    n, t = index("n", 4), tensor("t", 4, role="input")
    P, C = tensor("P", (4, 5), role="parameter"), tensor("C", 4)
    checked(Program([Equation(C[n], P[n, t[n]] ** 2)]), "C", ["P"], {"t": np.array([0, 4, 2, 2])})
    k, column = index("k", 5), tensor("column", (4, 5))
    rows = Program([Equation(column[n, k], P[t[n], k] * P[n, k])])
    checked(rows, "column", ["P"], {"t": np.array([0, 3, 2, 2])})


@pytest.mark.parametrize("places", [[0, 1, 2, 5], [0, 1, -1, 2], [0, 1, 0.5, 2]])
def test_what_is_no_place_is_refused(places: list[float]) -> None:
    function = compile_program(embedding(False), ["y"])
    wrong = next(f"{place:g}" for place in places if place not in range(5))
    with pytest.raises(InputError, match=rf"^'t' has {wrong}: places in 'E' are whole numbers from 0 to 4$"):
        function(E=np.ones((5, 3)), t=places)
    assert function(E=np.ones((5, 3)), t=[0, 1, 2, 4.0])["y"].tolist() == [3, 3, 3, 3]


def test_terms_with_a_place_each_are_stacked() -> None:
    n, t, j = index("n", 2), index("t", 3), index("j", 4)
    a, b, c = (tensor(name, (2, 4), role="input") for name in "abc")
    H = tensor("H", (2, 3, 4))
    parts = [KroneckerDelta(t, place) * one[n, j] for place, one in enumerate((a, b, c))]
    source = checked(Program([Equation(H[n, t, j], parts[0] + parts[1] + parts[2])]), "H", ["a", "b", "c"])
    assert "H = np.stack((a, b, c), axis=1)" in source
    some = Program([Equation(H[n, t, j], parts[0] + 2 * parts[2] + exp(a[n, j]))])
    assert "_placed(1, 3, (0, 2), (a, 2*c))" in checked(some, "H", ["a", "c"])


def test_a_fixed_place_has_a_derivative_that_is_put_down_there() -> None:
    x, y = tensor("x", (3, 4), role="input"), tensor("y", 4)
    j = index("j", 4)
    assert "_placed(0, 3, " in checked(Program([Equation(y[j], x[0, j] * x[2, j])]), "y", ["x"])


def test_the_logarithm_of_a_bracket_gives_no_warning() -> None:
    i, j = index("i", 3), index("j", 3)
    M = tensor("M", (3, 3))
    compiled = compile_program(Program([Equation(M[i, j], log(Within(i - j, 3)))]), ["M"], "float32")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = compiled()["M"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.where(np.tri(3) > 0, 0, -np.inf))


def helper(name: str) -> Any:
    scope: dict[str, Any] = {"np": np}
    exec(HELPERS[name], scope)
    return scope[name]


@pytest.mark.parametrize(("start", "steps"), [(0, (2, 1)), (-1, (3, 2)), (2, (1, -1)), (-5, (2, 1)), (4, (2,))])
def test_overlap_adds_up_what_lies_inside(start: int, steps: tuple[int, ...]) -> None:
    array = np.random.default_rng(2).normal(size=(2, 4, 3) if len(steps) == 2 else (2, 4))
    expected = np.zeros((2, 7))
    for places in np.ndindex(array.shape[1:]):
        where = start + sum(step * place for step, place in zip(steps, places, strict=True))
        if 0 <= where < 7:
            expected[:, where] += array[(slice(None), *places)]
    axes = (1, 2) if len(steps) == 2 else (1,)
    np.testing.assert_allclose(helper("_overlap")(array, axes, 7, start, steps), expected)


def test_windows_are_multiplied_a_few_at_a_time() -> None:
    random = np.random.default_rng(3)
    windows, matrix = random.normal(size=(7, 3, 4, 6000)), random.normal(size=(5, 12))
    columns = windows.reshape(7, 12, 6000)
    np.testing.assert_allclose(helper("_window_product")(matrix, windows, 2), matrix @ columns, rtol=1e-10, atol=1e-10)
    other = random.normal(size=(7, 5, 6000))
    expected = np.einsum("ntp,nop->to", columns, other)
    np.testing.assert_allclose(helper("_window_sum")(windows, other), expected, rtol=1e-9, atol=1e-9)


def test_taps_are_reduced_slice_by_slice() -> None:
    array = np.random.default_rng(4).normal(size=(3, 2, 5, 3))
    np.testing.assert_array_equal(helper("_over_taps")(np.maximum, array, (1, 3)), array.max(axis=(1, 3)))
    np.testing.assert_allclose(helper("_over_taps")(np.add, array, (1, 3)), array.sum(axis=(1, 3)))


def test_a_derivative_that_is_zero_is_an_array_that_can_be_written() -> None:
    x, z, i = tensor("x", 3, role="input"), tensor("z", 3), index("i", 3)
    found = compile_program(Program([Equation(z[i], x[i] * 0)]), ["z"], "float32")()["z"]
    assert found.dtype == np.float32
    found += 1
