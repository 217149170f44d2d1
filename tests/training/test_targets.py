"""Labels become columns and come back; what cannot be told apart is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symnn.errors import DataError, InputError, ShapeError
from symnn.training import targets_of


@given(st.lists(st.sampled_from("abcd"), min_size=1), st.sampled_from(["sigmoid", "tanh", "softmax"]))
def test_decoding_an_encoding_gives_the_labels(labels, activation):
    targets = targets_of(["a", "b", "c", "d"], 4, "quadratic", activation)
    encoded = targets.encode(labels)
    assert targets.decode(encoded).tolist() == labels
    assert targets.accuracy(encoded, encoded) == 1.0


@pytest.mark.parametrize(
    ("cost", "activation", "low"),
    [
        ("quadratic", "sigmoid", 0),
        ("quadratic", "tanh", -1),
        ("hinge", "identity", -1),
        ("cross_entropy", "softmax", 0),
    ],
)
def test_low_and_high_targets(cost, activation, low):
    targets = targets_of([3, 5, 9], 3, cost, activation)
    assert targets.encode([5]).tolist() == [[low, 1, low]]


def test_one_output_tells_two_classes_apart_at_the_middle():
    targets = targets_of(["no", "yes"], 1, "quadratic", "sigmoid")
    assert targets.encode(["yes", "no"]).tolist() == [[1], [0]]
    assert targets.decode(np.array([[0.4], [0.6]])).tolist() == ["no", "yes"]
    hinge = targets_of([0, 1], 1, "hinge", "identity")
    assert hinge.decode(np.array([[-0.1], [0.1]])).tolist() == [0, 1]


def test_columns_of_zero_and_one_are_classes():
    targets = targets_of([[1, 0, 0], [0, 0, 1]], 3, "quadratic", "sigmoid")
    assert targets.classes == (0, 1, 2)
    assert targets.decode(np.array([[0.1, 0.7, 0.2]])).tolist() == [1]


def test_a_column_is_predicted_as_a_column():
    assert targets_of([[0], [1]], 1, "quadratic", "sigmoid").decode(np.array([[0.9]])).tolist() == [[1]]
    assert targets_of([0, 1], 1, "quadratic", "sigmoid").decode(np.array([[0.9]])).tolist() == [1]


def test_hinge_columns_of_zero_and_one_become_minus_one_and_one():
    targets = targets_of([[1, 0], [0, 1]], 2, "hinge", "identity")
    assert targets.encode([[1, 0], [0, 1]]).tolist() == [[1, -1], [-1, 1]]


def test_values_stay_values():
    targets = targets_of([0.5, 1.5, 7.25], 1, "quadratic", "identity")
    assert targets.classes is None
    assert targets.encode([2.5]).tolist() == [[2.5]]
    assert targets.decode(np.array([[2.5]])).tolist() == [2.5]
    assert targets.accuracy(np.array([[2.5]]), np.array([[2.5]])) is None


def test_soft_columns_stay_values():
    assert targets_of([[0.5, 0.5], [0.1, 0.9]], 2, "cross_entropy", "softmax").classes is None


def test_probabilities_sum_to_one():
    targets = targets_of([0, 1, 2], 3, "quadratic", "sigmoid")
    found = targets.probability(np.array([[0.2, 0.2, 0.4], [0.0, 0.0, 0.0]]))
    assert found == pytest.approx(np.array([[0.25, 0.25, 0.5], [1 / 3, 1 / 3, 1 / 3]]))
    one = targets_of(["a", "b"], 1, "quadratic", "tanh").probability(np.array([[0.5]]))
    assert one.tolist() == [[0.25, 0.75]]


def test_what_is_no_probability_is_refused():
    with pytest.raises(InputError, match="outputs of identity are not between 0 and 1"):
        targets_of([0, 1], 1, "hinge", "identity").probability(np.array([[3.0]]))
    with pytest.raises(InputError, match="trained on values"):
        targets_of([0.1, 0.2], 1, "quadratic", "sigmoid").probability(np.array([[3.0]]))


@pytest.mark.parametrize(
    ("Y", "outputs", "error", "message"),
    [
        (["a", "a"], 2, DataError, r"Y has one class only \('a'\)"),
        (["a", "b"], 3, ShapeError, r"Y has 2 classes \(a, b\), the network has 3 outputs"),
        (list(range(12)), 10, ShapeError, r"Y has 12 classes \(0, 1, 2, 3, 4, 5, …\), the network has 10 outputs"),
        ([0.5, 1.0], 2, ShapeError, "Y has one value an example, the network has 2 outputs"),
        ([[1.0, 2.0]], 3, ShapeError, "Y has 2 columns, the network has 3 outputs"),
        ([0.0, float("nan")], 1, DataError, "not finite, in row 2"),
        ([], 1, DataError, "Y is empty"),
        ([[1], [1, 2]], 1, ShapeError, "rows of different lengths"),
        ([None, 1], 1, DataError, "entries of type object"),
        ([1j, 2j], 1, DataError, "entries of type complex128"),
    ],
)
def test_bad_targets_are_refused(Y, outputs, error, message):
    with pytest.raises(error, match=message):
        targets_of(Y, outputs, "quadratic", "sigmoid")


def test_the_hinge_cost_refuses_other_columns():
    with pytest.raises(DataError, match="the hinge cost wants targets −1 and 1"):
        targets_of([[0.5, 2.0]], 2, "hinge", "identity")


def test_a_label_never_seen_is_named():
    targets = targets_of(["a", "b"], 1, "quadratic", "sigmoid")
    with pytest.raises(DataError, match=r"the label 'c' was never seen in training \(known: a, b\)"):
        targets.encode(["a", "c"])


def test_whole_numbers_may_lack_a_class():
    assert targets_of([0, 1, 3], 10, "quadratic", "sigmoid").classes == tuple(range(10))
