"""The tables of formulas derived by hand, right and wrong, are right and wrong by torch too."""

from __future__ import annotations

import numpy as np
import pytest
from teaching.formulas_by_hand import RIGHT, SUBJECTS, WRONG

pytest.importorskip("torch", reason="torch is not installed")

from teaching.by_numpy import OF_FORMULAS, computed, of_formula, of_network

IN_MATRICES = [(*row[:3], True) for row in RIGHT if "[" not in row[2]]
IN_MATRICES += [(*row[:3], False) for row in WRONG if "[" not in row[2]]


@pytest.mark.parametrize(("subject", "wrt", "formula", "is_right"), IN_MATRICES)
def test_the_tables_agree_with_torch(subject, wrt, formula, is_right):
    given, options = SUBJECTS[subject]
    agreed = []
    for seed in range(1, 20):
        values = of_formula(given, seed) if given in OF_FORMULAS else of_network(given, options, seed)
        right = values[f"d{wrt}"]
        right = right.reshape(-1, 1) if right.ndim < 2 else right
        try:
            mine = computed(formula, values)
        except ValueError:
            agreed.append(False)
        else:
            agreed.append(mine.shape == right.shape and bool(np.allclose(mine, right, rtol=1e-9, atol=1e-12)))
    assert all(agreed) if is_right else not all(agreed)
