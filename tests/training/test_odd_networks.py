"""Networks that are trained like any other: outputs that are numbers, parameters that the cost does not depend on."""

import numpy as np
import pytest

from symnn import Network
from symnn.compiling.backends import BACKENDS
from symnn.errors import InputError, ShapeError
from symnn.language import parse_program
from symnn.networks import LSTMCell, MultiHeadAttention, ProgramNetwork, unroll
from symnn.training import SGD, AdamW, train

random = np.random.default_rng(0)
X, Y = random.normal(size=(7, 1)), random.normal(size=(7, 1))

LINE = """
input x: 1
target y: {target}
parameter w
parameter b
a = w*x + b
C = sum((a - y).^2)/2
"""
UNUSED = """
input x: 1
target y: 1
parameter W: 1 x 1
parameter U: 2 x 2
parameter v: 2
h = U*v
a = W*x
C = sum((a - y).^2)/2
"""


@pytest.fixture(params=BACKENDS)
def backend(request):
    try:
        BACKENDS[request.param].check_installed()
    except InputError as error:
        pytest.skip(str(error))
    return request.param


def test_an_output_that_is_a_number_is_compared_with_a_target_of_one_entry(backend):
    net = ProgramNetwork(parse_program(LINE.format(target="1")))
    fit = train(net, X, Y, SGD(0.1), epochs=1, batch_size=7, backend=backend)
    before = net.initial_parameters(seed=fit.seed)
    error = before["w"] * X + before["b"] - Y
    np.testing.assert_allclose(fit.parameters["w"], before["w"] - 0.1 * np.mean(error * X), rtol=1e-12)
    np.testing.assert_allclose(fit.parameters["b"], before["b"] - 0.1 * np.mean(error), rtol=1e-12)
    residual = fit.parameters["w"] * X + fit.parameters["b"] - Y
    assert fit.cost_of(X, Y) == pytest.approx(np.mean(residual**2) / 2, rel=1e-12)
    assert fit.cost == pytest.approx(fit.cost_of(X, Y), rel=1e-12)


def test_a_target_of_another_size_than_the_output_is_refused():
    text = LINE.format(target="2").replace("a - y", "vector(1)*a - y")
    net = ProgramNetwork(parse_program(text))
    with pytest.raises(ShapeError, match=r"output 'a' has shape \(\), the target 'y' has shape \(2,\): as many"):
        train(net, X, Y)


@pytest.mark.parametrize("restarts", [1, 2])
def test_what_the_cost_does_not_depend_on_stays_as_it_is(restarts):
    net = ProgramNetwork(parse_program(UNUSED))
    fit = train(net, X, Y, SGD(0.1), epochs=2, batch_size=3, restarts=restarts)
    before = net.initial_parameters(seed=fit.seed)
    np.testing.assert_array_equal(fit.parameters["U"], before["U"])
    np.testing.assert_array_equal(fit.parameters["v"], before["v"])
    assert (fit.parameters["W"] != before["W"]).all()


def test_a_gate_that_forgets_what_was_never_known_only_decays():
    net = Network([unroll(LSTMCell(2, 3), steps=1)], cost="quadratic")
    data = random.normal(size=(6, 2)), random.normal(size=(6, 3))
    fit = train(net, *data, AdamW(0.1, weight_decay=0.5), epochs=1, batch_size=6)
    before = net.initial_parameters(seed=0)
    np.testing.assert_allclose(fit.parameters["W1_f"], 0.95 * before["W1_f"], rtol=1e-14)


def test_several_starts_of_a_network_with_a_gradient_that_is_nothing_but_zeros():
    # The bias of the keys moves no entry of a softmax: its gradient is 0 by the equations.
    net = Network([MultiHeadAttention((3, 4), 2)], cost="quadratic", example_weights=True)
    data = random.normal(size=(5, 12)), random.normal(size=(5, 12))
    settings = {"epochs": 2, "batch_size": 2, "example_weights": np.ones(5), "seed": 3}
    many = train(net, *data, SGD(0.1), restarts=3, **settings)
    for one in many.restarts:
        alone = train(net, *data, SGD(0.1), **{**settings, "seed": one["seed"]})
        assert alone.cost == pytest.approx(one["cost"], rel=1e-10)
