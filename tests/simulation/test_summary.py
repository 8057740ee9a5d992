"""Means, bands, levels and savings over seeds."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alc.errors import InputError
from alc.simulation.replay import Curves
from alc.simulation.summary import METRICS, band, reach, saving, spread, stacked


def curves(*values: float) -> Curves:
    curve = np.array(values)
    return Curves(curve, 10 * curve, 20 * curve, 30 * curve)


def test_stacked_holds_the_last_value_and_cuts_at_the_budget() -> None:
    seeds = [curves(0.1, 0.2, 0.3, 0.4, 0.5), curves(0.1, 0.6), curves(0.1, 0.2, 0.3)]
    np.testing.assert_allclose(
        stacked(seeds, "label_accuracy", 3), [[0.1, 0.2, 0.3, 0.4], [0.1, 0.6, 0.6, 0.6], [0.1, 0.2, 0.3, 0.3]]
    )
    factors = [stacked(seeds, metric, 3)[0, 0] / 0.1 for metric in METRICS]
    np.testing.assert_allclose(factors, [1, 10, 20, 30])


@given(seed=st.integers(0, 2**32 - 1), num_seeds=st.integers(2, 9), confidence=st.sampled_from([0.5, 0.9, 0.95]))
@settings(max_examples=25, deadline=None)
def test_band_matches_scipy(seed: int, num_seeds: int, confidence: float) -> None:
    values = np.random.default_rng(seed).normal(size=(num_seeds, 4))
    ours = band(values, confidence=confidence)
    low, high = stats.t.interval(confidence, num_seeds - 1, loc=values.mean(axis=0), scale=stats.sem(values, axis=0))
    np.testing.assert_allclose(ours.mean, values.mean(axis=0))
    np.testing.assert_allclose(ours.low, low)
    np.testing.assert_allclose(ours.high, high)


def test_normal_band_is_the_released_one() -> None:
    values = np.random.default_rng(0).normal(size=(3, 5))
    ours = band(values, interval="normal")
    half = 1.96 * values.std(axis=0) / np.sqrt(3)
    np.testing.assert_allclose(ours.high - ours.mean, half, rtol=1e-4)
    np.testing.assert_allclose(ours.mean - ours.low, half, rtol=1e-4)


def test_one_seed_has_no_band() -> None:
    ours = band(np.array([[0.1, 0.2]]))
    np.testing.assert_array_equal(ours.mean, [0.1, 0.2])
    assert np.isnan(ours.low).all()
    assert np.isnan(ours.high).all()


@pytest.mark.parametrize("num_seeds", [1, 3])
@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"confidence": 95}, r"simulation\.confidence=95\. Allowed: above 0 and below 1"),
        ({"confidence": 0.0}, r"simulation\.confidence=0\.0"),
        ({"confidence": float("nan")}, r"simulation\.confidence=nan"),
        ({"interval": "sd"}, r"simulation\.interval='sd' is unknown\. Allowed: t, normal"),
    ],
)
def test_bad_settings_are_named_however_many_seeds(num_seeds: int, settings_: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        band(np.zeros((num_seeds, 2)), **settings_)


def test_spread() -> None:
    assert spread([1.0, 2.0, 6.0]) == {
        "mean": 3.0,
        "sd": pytest.approx(np.sqrt(7)),
        "min": 1.0,
        "max": 6.0,
        "values": [1.0, 2.0, 6.0],
    }
    assert spread([0.5])["sd"] is None


def test_reach() -> None:
    assert reach([10, None, 30, 20]) == {
        "median": 20.0,
        "min": 10,
        "max": 30,
        "reached": 3,
        "seeds": 4,
        "values": [10, None, 30, 20],
    }
    nowhere = reach([None, None])
    assert (nowhere["median"], nowhere["min"], nowhere["max"], nowhere["reached"]) == (None, None, None, 0)


def test_saving_is_paired_by_seed() -> None:
    made = saving([100, 90, None, 50, 40], [50, 30, 10, None, 0])
    assert made == {"median": 2.5, "min": 2.0, "max": 3.0, "pairs": 2, "seeds": 5}
    nothing = saving([None, 5], [3, None])
    assert (nothing["median"], nothing["min"], nothing["pairs"]) == (None, None, 0)
    with pytest.raises(ValueError, match=r"shorter|longer"):
        saving([1], [1, 2])
