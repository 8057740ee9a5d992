"""The temperature of posteriors against cleanlab's search, given the counts it means to have."""

import numpy as np
import pytest
from cleanlab.internal import multiannotator_utils
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from alc.arrays import FloatArray, IntArray
from alc.selection.temperature import best_temperature, tempered


def voted(num_samples: int, num_classes: int, seed: int) -> tuple[FloatArray, FloatArray, IntArray]:
    """Posteriors, votes of five annotators (N, 5) with NaN for none, and the votes' counts."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, num_classes, num_samples)
    logits = rng.normal(size=(num_samples, num_classes))
    logits[np.arange(num_samples), truth] += rng.uniform(0.5, 4)
    powers = np.exp(logits * rng.uniform(0.3, 3))
    votes = np.where(
        rng.random((num_samples, 5)) < 0.8, truth[:, None], rng.integers(0, num_classes, (num_samples, 5))
    ).astype(float)
    votes[:, 1:][rng.random((num_samples, 4)) < 0.5] = np.nan
    counts = np.stack([(votes == c).sum(axis=1) for c in range(num_classes)], axis=1)
    return powers / powers.sum(axis=1, keepdims=True), votes, counts


@pytest.fixture
def mended(monkeypatch: pytest.MonkeyPatch) -> None:
    """cleanlab 2.9 counts votes by class only where they are integers, and keeps them as floats beside NaN."""
    count = multiannotator_utils.value_counts
    monkeypatch.setattr(multiannotator_utils, "value_counts", lambda x, **k: count(np.asarray(x).astype(int), **k))


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("seed", range(20))
def test_the_temperature_is_cleanlabs_on_the_right_counts(seed: int) -> None:
    probs, votes, counts = voted(150, 4, seed)
    assert best_temperature(probs, counts) == pytest.approx(multiannotator_utils.find_best_temp_scaler(votes, probs))


def test_cleanlab_counts_votes_for_the_first_classes() -> None:
    """Remove the fixture above, and the note in the docstring, when this fails."""
    counts = multiannotator_utils.value_counts(np.array([2.0, 3.0, 3.0]), num_classes=4)
    np.testing.assert_array_equal(counts, [1, 2, 0, 0])


def loss(temperature: float, probs: FloatArray, counts: IntArray) -> float:
    share = counts / counts.sum(axis=1, keepdims=True)
    return float(-(share * np.log(tempered(probs, temperature))).sum(axis=1).mean())


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 8), st.integers(0, 1000))
def test_no_temperature_nearby_is_much_better(num_classes: int, seed: int) -> None:
    probs, _, counts = voted(200, num_classes, seed)
    found = minimize_scalar(loss, bounds=(0.1, 7.25), args=(probs, counts), method="bounded")
    ours = best_temperature(probs, counts)
    assert loss(ours, probs, counts) <= found.fun * 1.005


def test_single_precision_finds_the_same() -> None:
    probs, _, counts = voted(500, 6, 3)
    assert best_temperature(probs.astype(np.float32), counts) == best_temperature(probs, counts)


def test_one_hot_posteriors_stay_as_they_are() -> None:
    probs = np.eye(3)[[0, 1, 2, 0]]
    counts = np.array([[2, 0, 0], [0, 1, 1], [0, 0, 1], [0, 3, 0]])
    assert best_temperature(probs, counts) == 1
    np.testing.assert_allclose(tempered(probs, 1.0), probs, atol=1e-12)


def test_tempered_by_hand() -> None:
    np.testing.assert_allclose(tempered(np.array([[0.9, 0.1]]), 2.0), [[0.75, 0.25]])  # square roots: 3 to 1
