import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from alc.errors import InputError
from alc.metrics.calibration import brier_score, expected_calibration_error


def test_expected_calibration_error() -> None:
    probs = np.array([[0.95, 0.05], [0.95, 0.05], [0.35, 0.65], [0.35, 0.65]])
    labels = np.array([0, 1, 1, 1])  # 0.95 said and 0.5 right, 0.65 said and 1 right
    assert expected_calibration_error(probs, labels, num_bins=10) == pytest.approx((0.45 + 0.35) / 2)
    assert expected_calibration_error(probs, labels, num_bins=1) == pytest.approx(0.05)
    assert expected_calibration_error(np.eye(3), np.arange(3)) == 0
    with pytest.raises(InputError, match="0 bins"):
        expected_calibration_error(probs, labels, num_bins=0)


def test_brier_score() -> None:
    assert brier_score(np.array([[0.75, 0.25], [0.0, 1.0]]), np.array([0, 0])) == pytest.approx((0.125 + 2) / 2)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 60), st.integers(2, 5), st.integers(1, 20), st.integers(0, 10_000))
def test_calibration_matches_plain_code(num_samples: int, num_classes: int, num_bins: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    probs = rng.dirichlet(np.ones(num_classes), num_samples)
    labels = rng.integers(0, num_classes, num_samples)
    top, right = probs.max(axis=1), probs.argmax(axis=1) == labels
    error = 0.0
    for lower in range(num_bins):
        inside = (top > lower / num_bins) & (top <= (lower + 1) / num_bins)
        if inside.any():
            error += inside.mean() * abs(top[inside].mean() - right[inside].mean())
    assert expected_calibration_error(probs, labels, num_bins) == pytest.approx(error)
    assert 0 <= brier_score(probs, labels) <= 2
    one_hot = np.eye(num_classes)[labels]
    assert brier_score(probs, labels) == pytest.approx(((probs - one_hot) ** 2).sum(axis=1).mean())


def test_brier_score_matches_scikit_learn_on_two_classes() -> None:
    rng = np.random.default_rng(0)
    positive, labels = rng.random(50), rng.integers(0, 2, 50)
    theirs = brier_score_loss(labels, positive)
    assert brier_score(np.stack([1 - positive, positive], axis=1), labels) == pytest.approx(2 * theirs)
