"""What the parameters of a program start with follows from where they stand in its equations."""

import numpy as np
import pytest

from symnn import parse_program
from symnn.networks import ProgramNetwork

HEADER = "input x: 400\ntarget y\n"


def first(text, name):
    return ProgramNetwork(parse_program(f"{HEADER}{text}\nC = (a - y)^2")).initial_parameters(seed=0)[name]


@pytest.mark.parametrize(
    ("text", "name", "spread"),
    [
        ("parameter w: 400\na = w'*x", "w", 400**-0.5),
        ("parameter W: 300 x 400\na = sum(relu(W*x))^2", "W", 400**-0.5),
        ("parameter w: 400\nh = w.*x\na = sum(h)", "w", 1),
        ("parameter w: 100\nh[i] = relu(sum(w[p]*x[i + p], p))\na = sum(h)", "w", 0.1),
        ("parameter K: 20 x 25 x 30\nparameter u: 20\n"
         "h[f] = sum(sum(K[f, p, q]*x[f + p]*x[f + 2*q], p), q)\na = u'*h", "K", 750**-0.5),
        ("parameter u: 400\nparameter v: 400\na = sum(u.*v)*sum(x)", "v", 400**-0.5),
        ("parameter b: 400\na = sum(x + 2*b)^2 + sum(b.^2)", "b", 0),
        ("parameter b\na = tanh(sum(x) - b)", "b", 0),
    ],
)  # fmt: skip
def test_what_multiplies_is_drawn_and_what_is_added_is_zero(text, name, spread):
    value = first(text, name)
    assert np.abs(value.mean()) <= 0.2 * spread
    assert value.std() == pytest.approx(spread, rel=0.2)


@pytest.mark.parametrize(
    "text",
    [
        "parameter gamma_1: 400\na = sum(gamma_1.*x)",
        "parameter s\na = sum(x)/s",
        "parameter s: 400\na = sum(log(s).*x)^2",
        "parameter s: 400\na = sum(sqrt(s)) + sum(x)",
    ],
)
def test_what_must_not_be_zero_and_what_scales_start_at_one(text):
    name = text.split()[1].strip(":")
    np.testing.assert_array_equal(first(text, name), np.ones_like(first(text, name)))


def test_a_symmetric_matrix_starts_as_the_identity():
    text = "symmetric parameter S: 400 x 400\na = x'*inv(S)*x"
    np.testing.assert_array_equal(first(text, "S"), np.eye(400))
