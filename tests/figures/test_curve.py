import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.errors import InputError
from alc.figures.curve import BINS, MANY_POINTS, Curve, curves_of


def curve(mean: np.ndarray, seeds: int = 3) -> Curve:
    return Curve("joint", np.arange(len(mean)), mean, mean - 0.1, mean + 0.1, seeds)


def test_curves_are_the_rows_of_the_table(curves: pd.DataFrame) -> None:
    shuffled = curves.sample(frac=1, random_state=1)
    for found in curves_of(shuffled, "label_accuracy"):
        rows = curves[(curves["selector"] == found.selector) & (curves["metric"] == "label_accuracy")]
        np.testing.assert_array_equal(found.annotations, rows["annotations"])
        np.testing.assert_array_equal(found.mean, rows["mean"])
        np.testing.assert_array_equal(found.high, rows["high"])
        assert found.seeds == 3


def test_area_by_hand() -> None:
    steps = Curve("x", np.array([0, 1, 4]), np.array([0.0, 0.3, 1.0]), np.zeros(3), np.ones(3), 1)
    assert steps.area == pytest.approx((1 * 0.0 + 3 * 0.3) / 4)  # the earlier value holds
    assert curve(np.array([0.5])).area == 0.5


def test_short_curves_are_not_thinned() -> None:
    full = curve(np.linspace(0, 1, MANY_POINTS))
    assert full.thinned() is full


def test_repeated_steps_are_dropped_without_a_trace() -> None:
    mean = np.repeat(np.linspace(0, 1, 100), 1000)
    thin = curve(mean).thinned()
    assert len(thin.annotations) <= 101
    back = thin.mean[np.searchsorted(thin.annotations, np.arange(len(mean)), side="right") - 1]
    np.testing.assert_array_equal(back, mean)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(MANY_POINTS + 1, 30_000), st.booleans())
def test_thinning_property(seed: int, size: int, noisy: bool) -> None:
    rng = np.random.default_rng(seed)
    mean = rng.random(size) if noisy else np.sort(rng.random(size))
    full = curve(mean)
    thin = full.thinned()
    assert len(thin.annotations) <= 12 * BINS  # first, last, and two extremes of three columns, whose rows may differ
    assert (thin.annotations[0], thin.annotations[-1]) == (0, size - 1)
    np.testing.assert_array_equal(thin.mean, mean[thin.annotations])  # points are kept, none is made up
    assert np.all(np.diff(thin.annotations) <= 2 * -(-size // BINS))
    slices = np.arange(size) * BINS // size
    kept = slices[thin.annotations]
    for part in (0, BINS // 2, BINS - 1):  # a slice, one pixel wide, spans the same values
        assert thin.mean[kept == part].min() == mean[slices == part].min()
        assert thin.mean[kept == part].max() == mean[slices == part].max()


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("mean", 93.9, "not percent"),
        ("mean", np.nan, "finite numbers"),
        ("mean", -0.1, "fractions from 0 to 1"),
        ("low", np.nan, "low = "),
        ("annotations", -1, "whole numbers"),
        ("annotations", 2.5, "whole numbers"),
        ("annotations", 1, "occurs twice"),
    ],
)
def test_bad_values_are_named(curves: pd.DataFrame, column: str, value: float, message: str) -> None:
    curves = curves.astype({"annotations": float})
    curves.loc[4, column] = value
    with pytest.raises(InputError, match=message) as error:
        curves_of(curves, "label_accuracy")
    assert "'random'" in str(error.value)


def test_text_where_numbers_belong(curves: pd.DataFrame) -> None:
    curves["mean"] = curves["mean"].astype(object)
    curves.loc[0, "mean"] = "high"
    with pytest.raises(InputError, match="mean = 'high'"):
        curves_of(curves, "label_accuracy")


def test_missing_parts_are_named(curves: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="no column mean, seeds"):
        curves_of(curves.drop(columns=["mean", "seeds"]), "label_accuracy")
    with pytest.raises(InputError, match="no rows"):
        curves_of(curves.iloc[:0], "label_accuracy")
    with pytest.raises(InputError, match=r"'regret'.*label_accuracy"):
        curves_of(curves, "regret")
    curves.loc[3, "selector"] = None
    with pytest.raises(InputError, match="without a selector"):
        curves_of(curves, "label_accuracy")
