"""Jacobians and Hessians against torch, block by block; derivatives as equations that are differentiated again."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Sum, sin

import symnn
from symnn import Equation, Program, index, tensor

NAMES = ("W1", "b1", "W2", "b2")


def test_every_block_of_a_network_s_hessian_against_torch():
    torch = pytest.importorskip("torch")
    net = symnn.mlp("3-4-2", activation="tanh")
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=shape) for name, shape in net.parameters.items()}
    x, y = rng.normal(size=3), rng.normal(size=2)
    blocks = symnn.hessian(net.program).compile()(**arrays, x=x, y=y)
    tx, ty = torch.tensor(x), torch.tensor(y)

    def cost(W1, b1, W2, b2):
        a = torch.tanh(W2 @ torch.tanh(W1 @ tx + b1) + b2)
        return ((a - ty) ** 2).sum() / 2

    expected = torch.autograd.functional.hessian(cost, tuple(torch.tensor(arrays[name]) for name in NAMES))
    for i, one in enumerate(NAMES):
        for j, other in enumerate(NAMES):
            np.testing.assert_allclose(blocks[one, other], expected[i][j].numpy(), atol=1e-12)


def test_a_hessian_times_a_direction_is_the_product():
    i, j = index("i", 3), index("j", 3)
    x, A, f = tensor("x", 3, "parameter"), tensor("A", (3, 3)), tensor("f")
    program = Program([Equation(f, sin(Sum(x[i] * A[i, j] * x[j], i, j)))])
    rng = np.random.default_rng(1)
    arrays = {"x": rng.normal(size=3), "A": rng.normal(size=(3, 3))}
    H = symnn.hessian(program, "f").compile()(**arrays)["x", "x"]
    v = rng.normal(size=3)
    product = symnn.hessian_vector_product(program, "f").compile()(**arrays, vx=v)[1]["x"]
    np.testing.assert_allclose(H @ v, product, rtol=1e-12)


def test_axes_of_size_one_are_left_out_of_a_named_derivative():
    net = symnn.mlp("1-3-1", activation="tanh", cost=None)
    program = net.program.with_derivative("a2", "x", order=2, name="u_xx")
    assert program.find("u_xx").rank == 0
    wide = symnn.mlp("2-3-1", activation="tanh", cost=None).program.with_derivative("a2", "x")
    assert wide.find("a2_x").shape == (2,)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"order": 0}, "a positive whole number is needed"),
        ({"name": "W1"}, "'W1' is the name of a tensor already"),
        ({"wrt": "y"}, "no tensor 'y'"),
    ],
)
def test_bad_derivatives(wanted, message):
    net = symnn.mlp("1-3-1", activation="tanh", cost=None)
    with pytest.raises(symnn.SymnnError, match=message):
        net.program.with_derivative(**{"of": "a2", "wrt": "x", **wanted})


def test_the_hessian_is_of_a_scalar():
    i = index("i", 2)
    program = Program([Equation(tensor("h", 2)[i], tensor("x", 2)[i] ** 2)])
    with pytest.raises(symnn.SymnnError, match="'h' has axes: the Hessian is of a scalar"):
        symnn.hessian(program, "h", "x")
    with pytest.raises(symnn.SymnnError, match="no derivative with respect to 'y'"):
        symnn.jacobian(program, "h", "x")["y"]
