"""WANN against the paper's rule written out with loops over scikit-learn's neighbours."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.features import Features
from alc.labels import LabelCounts
from alc.selection.by_features import FeatureSelector
from alc.selection.wann import WeightedAdaptiveNeighbours, needed_neighbours


def clusters(num_samples: int, seed: int, noise: float = 0.3) -> tuple[FloatArray, IntArray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, num_samples)
    label = np.where(rng.random(num_samples) < noise, rng.integers(0, 4, num_samples), truth)
    values = (3 * np.eye(4)[truth] + rng.normal(size=(num_samples, 4))).astype(np.float32)
    return values, label, label != truth


def plain(values: FloatArray, label: IntArray, k_min: int, k_max: int) -> list[float]:
    """One sample at a time; the vote of a sample leaves itself out."""
    _, index = NearestNeighbors(n_neighbors=k_max + 1).fit(values).kneighbors(values)
    others = [[int(j) for j in row if j != i][:k_max] for i, row in enumerate(index)]

    def needed(i: int) -> int:
        for k in range(k_min, k_max, 2):
            votes = Counter(int(label[j]) for j in others[i][:k])
            if min(c for c, n in votes.items() if n == max(votes.values())) == label[i]:
                return k
        return k_max

    k = [needed(i) for i in range(len(label))]
    scores = []
    for i in range(len(label)):
        voters = others[i][: k[others[i][0]]]
        mine = sum(1 / k[j] for j in voters if label[j] == label[i])
        scores.append(1 - mine / sum(1 / k[j] for j in voters))
    return scores


@pytest.mark.parametrize(("k_min", "k_max"), [(11, 51), (1, 7), (5, 5)])
@pytest.mark.parametrize("seed", range(3))
def test_the_rule_written_out(k_min: int, k_max: int, seed: int) -> None:
    values, label, _ = clusters(300, seed)
    counts = LabelCounts.from_labels(label, 4)
    ours = WeightedAdaptiveNeighbours(k_min, k_max)(Features(values, np.arange(300)), counts)
    np.testing.assert_allclose(ours, plain(values, label, k_min, k_max), atol=1e-12)


def test_wrong_labels_come_first() -> None:
    values, label, wrong = clusters(1000, 0)
    score = WeightedAdaptiveNeighbours()(Features(values, np.arange(1000)), LabelCounts.from_labels(label, 4))
    assert roc_auc_score(wrong, score) > 0.95


def test_needed_by_hand() -> None:
    """The label leads after 3, from the first, never; of equally frequent labels the lowest counts."""
    neighbour = np.array([[1, 0, 0, 1, 1], [2, 2, 0, 1, 1], [1, 1, 1, 1, 1], [1, 0, 2, 1, 1]])
    np.testing.assert_array_equal(needed_neighbours(neighbour, np.array([0, 2, 0, 0]), 1, 3), [3, 1, 5, 3])


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 80), st.integers(0, 1000))
def test_property(num_samples: int, seed: int) -> None:
    """Shares, also of fewer samples than neighbours, that turn with the classes and move with the rows."""
    values, label, _ = clusters(num_samples, seed)
    score = FeatureSelector(WeightedAdaptiveNeighbours(), Features(values, np.arange(num_samples)))
    shares = score.scores(None, LabelCounts.from_labels(label, 4))
    assert (shares >= -1e-12).all()
    assert (shares <= 1 + 1e-12).all()
    rows = np.random.default_rng(seed).permutation(num_samples)
    moved = WeightedAdaptiveNeighbours()(
        Features(values[rows], np.arange(num_samples)), LabelCounts.from_labels(label[rows], 4)
    )
    np.testing.assert_allclose(moved, shares[rows], atol=1e-12)


def test_all_of_one_class_agree() -> None:
    values, _, _ = clusters(60, 0)
    counts = LabelCounts.from_labels(np.zeros(60, dtype=int), 4)
    np.testing.assert_allclose(WeightedAdaptiveNeighbours()(Features(values, np.arange(60)), counts), 0, atol=1e-12)


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"k_min": 10}, "k_min is 10.*odd"),
        ({"k_max": 0}, "k_max is 0"),
        ({"k_min": True}, "k_min is True"),
        ({"k_min": 13, "k_max": 11}, "k_max is 11 and k_min 13"),
    ],
)
def test_impossible_numbers_are_refused(settings_: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        WeightedAdaptiveNeighbours(**settings_)


def test_one_sample_has_no_neighbours() -> None:
    with pytest.raises(InputError, match="two samples or more"):
        WeightedAdaptiveNeighbours()(
            Features(np.ones((1, 2)), np.arange(1)), LabelCounts.from_labels(np.zeros(1, dtype=int), 2)
        )
