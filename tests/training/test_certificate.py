"""The certificate of a training: known Hessians, known saddles and plateaus, and finite differences of the cost."""

import numpy as np
import pytest
from scipy.sparse.linalg import LinearOperator, eigsh

import symnn
from symnn.errors import InputError
from symnn.networks import BatchNorm, Dense, Network, mlp
from symnn.training import SGD, Fit, targets_of, train
from symnn.training.certificate import Certificate, certified
from symnn.training.curvature import Curvature, lanczos, whole_spectrum
from symnn.training.examples import encoded


def at(net, parameters, X, Y, rate=0.0):
    """A fit with parameters of our choice."""
    X, Y = np.asarray(X, float), np.asarray(Y, float)
    targets = targets_of(Y, Y.shape[1], net.cost, net.activations[-1])
    parameters = {name: np.asarray(value, float) for name, value in parameters.items()}
    fit = Fit(net, parameters, targets, 0.0, [], learning_rate=rate)
    return fit.certify(X, Y)


def cost_by_hand(parameters, X, Y, l2):
    """½ mean Σ(a − y)² + ½ λ Σ W² of a tanh-identity network, written out."""
    a = np.tanh(X @ parameters["W1"].T + parameters["b1"]) @ parameters["W2"].T + parameters["b2"]
    return 0.5 * np.mean(np.sum((a - Y) ** 2, axis=1)) + l2 / 2 * sum(
        np.sum(parameters[name] ** 2) for name in ("W1", "W2")
    )


def differences(cost, parameters, step=1e-4):
    """Gradient and Hessian of a cost, by central differences of its values alone."""
    names, shapes = list(parameters), [value.shape for value in parameters.values()]
    flat = np.concatenate([value.reshape(-1) for value in parameters.values()])

    def value(vector):
        parts = np.split(vector, np.cumsum([np.prod(shape, dtype=int) for shape in shapes])[:-1])
        return cost({n: part.reshape(shape) for n, part, shape in zip(names, parts, shapes, strict=True)})

    units = step * np.eye(len(flat))
    gradient = np.array([(value(flat + u) - value(flat - u)) / (2 * step) for u in units])
    hessian = np.array(
        [
            [
                (value(flat + u + v) - value(flat + u - v) - value(flat - u + v) + value(flat - u - v)) / (4 * step**2)
                for v in units
            ]
            for u in units
        ]
    )
    return gradient, hessian


@pytest.fixture
def smooth():
    random = np.random.default_rng(3)
    net = mlp("2-3-1", activation=["tanh", "identity"], cost="quadratic", l2=0.05)
    X, Y = random.normal(size=(30, 2)), random.normal(size=(30, 1))
    return net, {n: random.normal(size=s) for n, s in net.parameters.items()}, X, Y


def curvature_of(net, parameters, X, Y):
    targets = targets_of(Y, Y.shape[1], net.cost, net.activations[-1])
    part = encoded(net, net.gradient().batched, targets, X, Y).ready(net, "float64")
    return Curvature(net, parameters, part)


def test_gradient_and_hessian_are_those_of_finite_differences_of_the_cost_with_its_penalty(smooth):
    net, parameters, X, Y = smooth
    gradient, hessian = differences(lambda given: cost_by_hand(given, X, Y, 0.05), parameters)
    found = at(net, parameters, X, Y)
    values = np.linalg.eigvalsh(hessian)
    assert found.cost == pytest.approx(cost_by_hand(parameters, X, Y, 0.05), rel=1e-12)
    assert found.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-6)
    assert (found.smallest, found.largest) == pytest.approx((values[0], values[-1]), abs=1e-5)
    assert found.largest_learning_rate == pytest.approx(2 / values[-1], rel=1e-5)
    assert (found.parameters, found.whole, found.verdict) == (13, True, "not stationary")


def test_a_linear_neuron_with_quadratic_cost_has_the_hessian_of_least_squares():
    # H = mean of (x, 1)(x, 1)ᵀ, whatever the parameters
    X = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0], [-1.0, 1.0]])
    Y = X @ [[2.0], [-1.0]] + 0.5 + np.array([[0.1], [-0.1], [0.2], [0.0]])
    extended = np.hstack([X, np.ones((4, 1))])
    values = np.linalg.eigvalsh(extended.T @ extended / 4)
    best = np.linalg.lstsq(extended, Y, rcond=None)[0][:, 0]
    found = at(mlp("2-1", activation="identity"), {"W1": best[None, :2], "b1": best[2:]}, X, Y)
    assert found.verdict == "minimum"
    assert (found.smallest, found.largest) == pytest.approx((values[0], values[-1]), rel=1e-12)
    assert found.flat == 0
    assert found.margin > 1e6
    assert "A minimum: " in str(found)


def test_away_from_the_minimum_it_is_not_stationary_and_says_what_a_step_gains():
    X, Y = np.array([[1.0], [-1.0]]), np.array([[1.0], [-1.0]])
    # C = ½ ((w − 1)² + b²): at w = 2, b = 0 the gradient is (1, 0), and η = 0.01 gains about 0.01
    found = at(mlp("1-1", activation="identity"), {"W1": [[2.0]], "b1": [0.0]}, X, Y, rate=0.01)
    assert (found.verdict, found.gradient_norm) == ("not stationary", pytest.approx(1.0))
    assert found.decrease == pytest.approx(0.01)
    assert str(found).endswith("a step would still lower the cost by about 0.01.")


def test_a_linear_network_at_the_origin_is_at_a_saddle():
    # C = ½ mean (v w x − y)² of x = y = ±1: H = [[0, −1], [−1, 0]] for (w, v), and 1 for the last bias
    X, Y = np.array([[1.0], [-1.0]]), np.array([[1.0], [-1.0]])
    net = mlp("1-1-1", activation="identity")
    found = at(net, {name: np.zeros(shape) for name, shape in net.parameters.items()}, X, Y)
    assert (found.verdict, found.gradient_norm) == ("saddle", 0.0)
    assert (found.smallest, found.largest) == pytest.approx((-1.0, 1.0), abs=1e-12)
    assert str(found).startswith("A saddle: the gradient's norm is 0, but the smallest eigenvalue of the Hessian is")


def test_a_deeper_linear_network_is_flat_to_second_order_at_the_origin():
    X, Y = np.array([[1.0], [-1.0]]), np.array([[1.0], [-1.0]])
    net = mlp("1-1-1-1", activation="identity")
    found = at(net, {name: np.zeros(shape) for name, shape in net.parameters.items()}, X, Y)
    # all that is left is the last bias, C = ½ (b² + 1)
    assert (found.verdict, found.flat, found.smallest) == ("flat minimum", 5, 0.0)


def test_a_saturated_sigmoid_is_on_a_plateau():
    net = mlp("1-1", activation="sigmoid")
    found = at(net, {"W1": [[0.0]], "b1": [-40.0]}, [[0.0], [1.0]], [[1.0], [1.0]])
    assert found.verdict == "plateau"
    assert found.cost == pytest.approx(0.5)
    assert str(found).startswith("A plateau: ")


def test_relu_units_that_are_off_make_a_minimum_flat():
    net = mlp("1-2-1", activation=["relu", "identity"])
    parameters = {"W1": [[1.0], [1.0]], "b1": [-9.0, -9.0], "W2": [[1.0, 1.0]], "b2": [0.5]}
    found = at(net, parameters, [[0.0], [1.0]], [[0.0], [1.0]])
    # only the last bias is left: λ = 1 once, and six exact zeros
    assert (found.verdict, found.flat, found.largest) == ("flat minimum", 6, pytest.approx(1.0))
    assert "6 flat directions" in str(found)


def test_training_with_a_penalty_ends_in_a_strict_minimum_that_certify_names():
    random = np.random.default_rng(0)
    X = random.normal(size=(40, 2))
    Y = (X[:, :1] - X[:, 1:] > 0).astype(float)
    net = mlp("2-1", activation="sigmoid", cost="binary_cross_entropy", l2=0.1)
    fit = train(net, X, Y, SGD(learning_rate=1.0), epochs=400, batch_size=40)
    found = fit.certify()
    assert found == fit.certify(X, Y)
    assert (found.verdict, found.flat, found.learning_rate) == ("minimum", 0, 1.0)
    assert found.distance < 1e-4
    assert train(net, X, Y, SGD(learning_rate=1.0), epochs=2).certify().verdict == "not stationary"


def test_lbfgs_ends_in_a_strict_minimum_of_a_penalised_cost_whose_step_size_it_does_not_say():
    data = symnn.load_data("moons")
    net = mlp("2-3-1", activation=["tanh", "sigmoid"], cost="binary_cross_entropy", l2=0.01)
    # a penalty on the weights alone leaves the biases to the data
    found = train(net, data.X, data.y, "lbfgs", epochs=1000).certify()
    assert (found.verdict, found.flat, found.learning_rate) == ("minimum", 0, 0.0)
    assert found.gradient_norm < 1e-6
    assert found.smallest > found.smallest_error


def test_the_verdict_does_not_depend_on_the_unit_of_the_cost():
    X, Y = np.array([[1.0], [-1.0]]), np.array([[1.0], [-1.0]])
    for factor in ("1e6", "1e-6"):
        net = mlp("1-1-1", activation="identity", cost=f"{factor}*(a - y)^2")
        zeros = {name: np.zeros(shape) for name, shape in net.parameters.items()}
        assert at(net, zeros, X, Y).verdict == "saddle"


def test_weights_of_the_examples_weigh_the_hessian():
    X, Y = np.array([[1.0], [2.0], [5.0]]), np.array([[1.0], [2.0], [0.3]])
    net = mlp("1-1", activation="identity", example_weights=True)
    fit = train(net, X, Y, SGD(learning_rate=0.1), epochs=1, example_weights=[3.0, 1.0, 0.0])
    extended = np.array([[1.0, 1.0], [2.0, 1.0]])
    expected = np.linalg.eigvalsh(extended.T @ np.diag([0.75, 0.25]) @ extended)
    assert (fit.certify().smallest, fit.certify().largest) == pytest.approx((expected[0], expected[-1]))


def test_many_examples_are_gone_through_in_parts_with_the_same_result(smooth, monkeypatch):
    net, parameters, X, Y = smooth
    X, Y = np.tile(X, (5, 1))[:143], np.tile(Y, (5, 1))[:143]
    whole = certified(curvature_of(net, parameters, X, Y))
    monkeypatch.setattr("symnn.training.curvature._CACHED", 1)
    parts = certified(curvature_of(net, parameters, X, Y))
    assert parts.cost == pytest.approx(whole.cost, rel=1e-12)
    assert (parts.smallest, parts.largest) == pytest.approx((whole.smallest, whole.largest), rel=1e-9)


def test_lanczos_finds_the_ends_that_arpack_finds():
    random = np.random.default_rng(1)
    net = mlp("10-30-3", activation=["sigmoid", "softmax"], cost="cross_entropy", l2=1e-3)
    X, Y = random.normal(size=(50, 10)), np.eye(3)[random.integers(0, 3, 50)]
    curvature = curvature_of(net, net.initial_parameters(seed=1), X, Y)
    found = curvature.extremes
    operator = LinearOperator((curvature.size, curvature.size), matvec=curvature.times, dtype=float)
    low, high = (
        eigsh(operator, k=1, which=which, return_eigenvectors=False, v0=np.ones(curvature.size))[0]
        for which in ("SA", "LA")
    )
    assert (curvature.size, found.whole, found.flat) == (423, False, None)
    assert found.largest == pytest.approx(high, abs=1e-5 * high)
    assert found.smallest == pytest.approx(low, abs=1e-5 * high)


@pytest.mark.parametrize("size", [1, 2, 7, 60])
def test_an_eigenvalue_lies_within_the_error_of_what_is_found(size):
    random = np.random.default_rng(size)
    matrix = random.normal(size=(size, size))
    matrix = matrix + matrix.T
    values = np.linalg.eigvalsh(matrix)
    for found in (whole_spectrum(matrix), lanczos(lambda v: matrix @ v, size)):
        assert (found.smallest, found.largest) == pytest.approx((values[0], values[-1]), abs=1e-9)
        assert np.abs(values - found.smallest).min() <= found.smallest_error
        assert np.abs(values - found.largest).min() <= found.largest_error


def test_lanczos_ends_where_a_few_products_span_all_there_is():
    # a multiple of the identity, a projection, nothing at all
    for matrix, ends in ((2 * np.eye(50), (2, 2)), (np.diag([5.0] + [0.0] * 49), (0, 5)), (np.zeros((50, 50)), (0, 0))):
        found = lanczos(lambda v, matrix=matrix: matrix @ v, 50)
        assert (found.smallest, found.largest) == pytest.approx(ends, abs=1e-12)


def test_parameters_that_are_not_finite_have_no_stationary_point():
    found = at(mlp("1-1", activation="identity"), {"W1": [[np.inf]], "b1": [0.0]}, [[1.0]], [[1.0]])
    assert str(found) == "Not stationary: the cost, its gradient or its Hessian is not finite here."


def test_a_certificate_is_frozen():
    found = Certificate("saddle", 2.0, 1.0, 0.0, -1.0, 1.0, 0.0, 0.0, True, 0, 2, 1.0)
    with pytest.raises(AttributeError):
        found.verdict = "minimum"  # type: ignore[misc]


def test_examples_are_needed_where_none_are_at_hand(smooth):
    net, parameters, X, Y = smooth
    fit = Fit(net, parameters, targets_of(Y, 1, "quadratic", "identity"), 0.0, [])
    with pytest.raises(InputError, match="does not hold the examples that it learned from: give X and Y"):
        fit.certify()
    with pytest.raises(InputError, match="X and Y belong together"):
        fit.certify(X)


def test_a_network_of_ones_own_layers_is_certified_too():
    net = Network([Dense(2, 3, "tanh"), Dense(3, 2, "softmax")], cost="cross_entropy", l2=0.01)
    data = symnn.load_data("moons")
    found = train(net, data.X, data.y, epochs=2).certify()
    assert found.parameters == 17
    assert np.isfinite(found.margin)


def test_a_cost_of_the_batch_as_a_whole_is_not_taken_apart(monkeypatch):
    # the statistics of a normalized batch are those of all examples
    monkeypatch.setattr("symnn.training.curvature._CACHED", 1)
    random = np.random.default_rng(2)
    net = Network([Dense(1, 2, "tanh"), BatchNorm(2), Dense(2, 1, "identity")], cost="quadratic")
    X, Y = random.normal(size=(150, 1)), random.normal(size=(150, 1))
    parameters = {name: random.normal(size=shape) for name, shape in net.parameters.items()}
    gradient, hessian = differences(lambda given: net.evaluate(given, X, Y)["C"], parameters)
    values = np.linalg.eigvalsh(hessian)
    found = at(net, parameters, X, Y)
    assert found.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-6)
    assert (found.smallest, found.largest) == pytest.approx((values[0], values[-1]), abs=1e-5)
