from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.metrics.label_quality import (
    label_accuracy,
    remaining_mislabelled,
    total_variation,
    total_variation_per_sample,
)

RELEASED = Path(__file__).parents[1] / "fixtures" / "simulation_n1000.npz"


def test_label_accuracy() -> None:
    assert label_accuracy(np.array([0, 1, 2, 2]), np.array([0, 1, 2, 0])) == 0.75


def test_total_variation() -> None:
    truth = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]])
    votes = np.array([[0, 2, 0], [1, 0, 1]])
    np.testing.assert_allclose(total_variation_per_sample(truth, votes), [1.0, 0.5])
    assert total_variation(truth, votes) == 0.75
    assert total_variation(truth, truth) == 0


def test_remaining_mislabelled_splits_strictly_above_the_threshold() -> None:
    truth = np.array([[1.0, 0.0], [0.9, 0.1], [0.5, 0.5], [0.5, 0.5]])
    reference, labels = np.array([0, 0, 0, 1]), np.array([1, 1, 1, 1])
    assert remaining_mislabelled(labels, reference, truth) == (1, 2)
    assert remaining_mislabelled(labels, reference, truth, threshold=0.5) == (2, 1)
    assert remaining_mislabelled(labels, reference, truth, threshold=1.0) == (3, 0)
    assert remaining_mislabelled(reference, reference, truth) == (0, 0)


@pytest.mark.parametrize(
    ("name", "accuracy", "variation", "remaining"),
    [("ce", 98.4, 0.141281, (1, 15)), ("joint", 97.7, 0.148601, (3, 20)), ("bald", 97.1, 0.151748, (17, 12))],
)
def test_metrics_match_the_released_runs(
    name: str, accuracy: float, variation: float, remaining: tuple[int, int]
) -> None:
    with np.load(RELEASED) as file:
        human, final = file["label_counts"], file[f"{name}_final_counts"]
        last_variation = file[f"{name}_avg_total_variation"][-1]
    truth, labels = human / human.sum(axis=1, keepdims=True), final.argmax(axis=1)
    assert 100 * label_accuracy(labels, human.argmax(axis=1)) == pytest.approx(accuracy)
    assert total_variation(truth, final) == pytest.approx(variation, abs=5e-7)
    assert total_variation(truth, final) == pytest.approx(last_variation, abs=1e-12)
    assert remaining_mislabelled(labels, human.argmax(axis=1), truth) == remaining


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 20), st.integers(2, 6), st.integers(0, 10_000))
def test_total_variation_property(num_samples: int, num_classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet(np.ones(num_classes), (2, num_samples))
    distance = total_variation_per_sample(p, q)
    assert ((distance >= 0) & (distance <= 1)).all()
    np.testing.assert_allclose(distance, total_variation_per_sample(q, p), atol=1e-12)
    # the largest difference over all sets of classes is reached where p exceeds q
    np.testing.assert_allclose(distance, np.maximum(p - q, 0).sum(axis=1), atol=1e-12)
