"""Scaling: mean 0 and deviation 1, or 0 to 1; constant columns do no harm."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from symnn.errors import DataError, InputError
from symnn.training import Scaling

TABLES = arrays(float, (7, 3), elements=st.floats(-1e6, 1e6, allow_subnormal=False))


@given(TABLES, st.sampled_from(["standard", "unit", "none"]), st.booleans())
def test_undo_inverts_apply_and_everything_is_finite(X, name, together):
    scaling = Scaling.fitted(X, name, together)
    scaled = scaling.apply(X)
    assert np.isfinite(scaled).all()
    assert scaling.undo(scaled) == pytest.approx(X, rel=1e-9, abs=1e-9 * (1 + np.abs(X).max()))


@given(TABLES)
def test_unit_is_between_zero_and_one(X):
    scaled = Scaling.fitted(X, "unit").apply(X)
    assert scaled.min() >= 0
    assert scaled.max() <= 1


def test_standard_has_mean_zero_and_deviation_one():
    X = np.random.default_rng(0).normal(5, 3, (100, 2))
    scaled = Scaling.fitted(X, "standard").apply(X)
    assert scaled.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert scaled.std(axis=0) == pytest.approx([1, 1])


def test_a_constant_column_becomes_zero_even_when_its_mean_is_rounded():
    X = np.full((10, 1), 0.1)
    assert Scaling.fitted(X, "standard").spread == (1.0,)
    assert np.abs(Scaling.fitted(X, "standard").apply(X)).max() < 1e-15


def test_images_share_one_range():
    scaling = Scaling.fitted(np.array([[0, 16], [0, 8]]), "unit", together=True)
    assert scaling.apply(np.array([[4, 4]])).tolist() == [[0.25, 0.25]]


def test_dtype_is_kept():
    assert Scaling.fitted(np.eye(2), "standard").apply(np.eye(2), "float32").dtype == np.float32


def test_bad_scaling_is_refused():
    with pytest.raises(InputError, match=r"unknown scale 'stndard' \(did you mean 'standard'\?\)"):
        Scaling.fitted(np.eye(2), "stndard")
    with pytest.raises(DataError, match="column 1 of X has values too large to scale"):
        Scaling.fitted(np.array([[1e308, 0], [-1e308, 0]]), "standard")
