import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from alc.figures.steps import legend_columns, spread


@settings(max_examples=50)
@given(st.lists(st.floats(0, 10), min_size=1, max_size=12), st.floats(0.01, 2.0))
def test_spread_property(values: list[float], gap: float) -> None:
    heights = spread(np.array(values), gap, 0.0, 10.0)
    gap = min(gap, 10.0 / max(len(values) - 1, 1))
    order = np.argsort(values, kind="stable")
    assert np.all(np.diff(heights[order]) >= gap - 1e-9)
    assert heights.min() >= -1e-9
    assert heights.max() <= 10 + 1e-9


def test_spread_leaves_distant_values_alone() -> None:
    np.testing.assert_array_equal(spread(np.array([5.0, 1.0, 9.0]), 1.0, 0.0, 10.0), [5.0, 1.0, 9.0])


def test_spread_matches_scipy() -> None:
    rng = np.random.default_rng(3)
    for _ in range(5):
        values = np.sort(rng.random(6) * 4)
        shifted = isotonic_regression(values - 0.7 * np.arange(6)).x
        np.testing.assert_allclose(spread(values, 0.7, -9.0, 9.0), shifted + 0.7 * np.arange(6))


def test_long_names_get_fewer_columns() -> None:
    assert legend_columns(["joint  0.9", "random  0.8", "oracle  0.9"], 4.8) == 3
    assert legend_columns(["a name that goes on and on and on  0.9", "random  0.8"], 4.8) == 1
    assert legend_columns(["x" * 500], 4.8) == 1
