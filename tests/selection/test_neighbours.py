"""Nearest neighbours and the share of them that is labelled otherwise."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_distances, euclidean_distances
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from alc.arrays import FloatArray
from alc.errors import InputError
from alc.features import Features
from alc.labels import LabelCounts
from alc.selection import neighbours
from alc.selection.by_features import FeatureSelector
from alc.selection.knn import NeighbourDisagreement
from alc.selection.neighbours import Metric, nearest_neighbours, unit_rows


def points(num_samples: int = 60, dim: int = 4, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).normal(size=(num_samples, dim)).astype(np.float32)


def sorted_by_distance(index: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(distance, axis=1)
    return np.take_along_axis(index, order, axis=1), np.take_along_axis(distance, order, axis=1)


def test_nearest_neighbours() -> None:
    line = np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0], [10.0, 0.0]])
    index, distance = sorted_by_distance(*nearest_neighbours(line, 2, "euclidean"))
    assert index.tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]
    assert distance.tolist() == [[1, 3], [1, 2], [2, 3], [7, 9]]
    clock = np.array([[5.0, 0.0], [1.0, 1.0], [0.0, 2.0], [-3.0, 0.0]])
    index, distance = sorted_by_distance(*nearest_neighbours(clock, 3))
    np.testing.assert_allclose(distance[0], [1 - np.sqrt(0.5), 1, 2], atol=1e-7)
    assert index[0].tolist() == [1, 2, 3]


@pytest.mark.parametrize(("metric", "block"), product(["cosine", "euclidean"], [7, 1 << 24]))
def test_nearest_neighbours_matches_scikit_learn(metric: Metric, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "BLOCK_ELEMENTS", block)  # also with one row at a time
    values = points() + (1 if metric == "cosine" else 5)  # off the origin
    index, distance = sorted_by_distance(*nearest_neighbours(values, 6, metric))
    peer = NearestNeighbors(n_neighbors=6, algorithm="brute", metric=metric).fit(values.astype(float))
    theirs_distance, theirs = peer.kneighbors()
    np.testing.assert_array_equal(index, theirs)
    np.testing.assert_allclose(distance, theirs_distance, atol=2e-7)


@pytest.mark.parametrize("num_samples", [128, 137, 300])
def test_many_samples_are_searched_in_groups(num_samples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    values = points(num_samples, 5)
    index, _ = sorted_by_distance(*nearest_neighbours(values, 3))
    monkeypatch.setattr(neighbours, "GROUP", num_samples)  # one group: a partition of whole rows
    plain, _ = sorted_by_distance(*nearest_neighbours(values, 3))
    np.testing.assert_array_equal(index, plain)
    np.testing.assert_array_equal(index, np.argsort(cosine_distances(values) + 3 * np.eye(num_samples), axis=1)[:, :3])


def test_far_from_the_origin_the_search_stays_exact() -> None:
    values = points().astype(np.float64) + 1000
    index, _ = sorted_by_distance(*nearest_neighbours(values.astype(np.float32), 3, "euclidean"))
    theirs = np.argsort(euclidean_distances(values) + np.diag(np.full(60, np.inf)), axis=1)[:, :3]
    assert (index == theirs).mean() > 0.98  # float32 at 1000 holds three decimals


def test_copies_are_neighbours_and_oneself_is_not() -> None:
    values = np.repeat(np.eye(2, dtype=np.float32), 3, axis=0)
    index, distance = nearest_neighbours(values, 2)
    assert [sorted(each) for each in index.tolist()] == [[1, 2], [0, 2], [0, 1], [4, 5], [3, 5], [3, 4]]
    np.testing.assert_array_equal(distance, 0)


def test_rows_of_zeros_and_of_huge_or_tiny_numbers() -> None:
    values = np.array([[0, 0], [1e30, 1e30], [1e-30, 0], [1, 1.1]], dtype=np.float32)
    np.testing.assert_allclose(unit_rows(values)[1:3], [[np.sqrt(0.5)] * 2, [1, 0]], rtol=1e-6)
    _, distance = nearest_neighbours(values, 3)
    np.testing.assert_allclose(np.sort(distance[0]), [1, 1, 1])
    assert np.isfinite(distance).all()


@pytest.mark.parametrize("k", [0, 5, 6])
def test_impossible_k(k: int) -> None:
    with pytest.raises(InputError, match=rf"{k} nearest neighbours are asked for 5 samples\. Allowed: 1 to 4"):
        nearest_neighbours(points(5), k)
    with pytest.raises(InputError, match="two samples or more"):
        nearest_neighbours(points(1), k)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 40), st.integers(1, 6), st.sampled_from(["cosine", "euclidean"]), st.integers(0, 10_000))
def test_nearest_neighbours_property(num_samples: int, dim: int, metric: Metric, seed: int) -> None:
    """No other sample is nearer than the farthest of the k, by the full matrix in double precision."""
    values = points(num_samples, dim, seed)
    k = int(np.random.default_rng(seed).integers(1, num_samples))
    index, distance = nearest_neighbours(values, k, metric)
    full = (cosine_distances if metric == "cosine" else euclidean_distances)(values.astype(np.float64))
    np.fill_diagonal(full, np.inf)
    np.testing.assert_allclose(np.sort(distance, axis=1), np.sort(full, axis=1)[:, :k], atol=2e-6)
    assert all(len(set(row)) == k and i not in row for i, row in enumerate(index.tolist()))


# ---- the score


def test_disagreement() -> None:
    values = np.array([[1, 0], [1, 0.1], [1, 0.2], [0, 1], [0.1, 1], [0.2, 1]], dtype=np.float32)
    counts = LabelCounts.from_labels(np.array([0, 0, 1, 1, 1, 1]), 2)
    score = NeighbourDisagreement(k=2)(Features(values, np.arange(6)), counts)
    np.testing.assert_array_equal(score, [0.5, 0.5, 1.0, 0.0, 0.0, 0.0])


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 15), st.integers(2, 5), st.integers(0, 10_000))
def test_disagreement_matches_scikit_learn(k: int, num_classes: int, seed: int) -> None:
    """One minus the leave-one-out vote share of the own label."""
    rng = np.random.default_rng(seed)
    values, labels = points(30, 3, seed), rng.integers(num_classes, size=30)
    score = NeighbourDisagreement(k)(Features(values, np.arange(30)), LabelCounts.from_labels(labels, num_classes))
    for i in range(30):
        rest = np.arange(30) != i
        peer = KNeighborsClassifier(k, metric="cosine", algorithm="brute").fit(values[rest], labels[rest])
        votes = dict(zip(peer.classes_, peer.predict_proba(values[i : i + 1])[0], strict=True))
        assert score[i] == pytest.approx(1 - votes.get(labels[i], 0.0), abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_disagreement_property(seed: int) -> None:
    """Between 0 and 1, moves with the rows, and does not care how classes are numbered."""
    rng = np.random.default_rng(seed)
    values, labels = points(40, 5, seed), rng.integers(3, size=40)
    score, ids = NeighbourDisagreement(7), np.arange(40)
    result = score(Features(values, ids), LabelCounts.from_labels(labels, 3))
    order = rng.permutation(40)
    moved = score(Features(values[order], ids), LabelCounts.from_labels(rng.permutation(3)[labels[order]], 3))
    np.testing.assert_array_equal(moved, result[order])
    assert ((result >= 0) & (result <= 1)).all()


def test_disagreement_ranks_wrong_labels_of_separate_clusters_first() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(4), 30)
    labels = truth.copy()
    wrong = rng.permutation(120)[:20]
    labels[wrong] = (labels[wrong] + 1) % 4
    values = np.eye(4)[truth] * 10 + rng.normal(size=(120, 4))
    selector = FeatureSelector(NeighbourDisagreement(), Features(values, np.arange(120)))
    rows = selector.rank(None, LabelCounts.from_labels(labels, 4), rng=rng)
    assert set(rows[:20].tolist()) == set(wrong.tolist())


@pytest.mark.parametrize("k", [0, -1, 2.5, "10", True])
def test_bad_k_is_refused_when_built(k: Any) -> None:
    with pytest.raises(InputError, match=rf"k is {k!r}"):
        NeighbourDisagreement(k)


# ---- the selector


def test_the_selector_joins_by_id() -> None:
    values, ids = points(20), np.random.default_rng(0).permutation(100)[:20]
    counts = LabelCounts.from_labels(np.arange(20) % 3, 3)
    selector = FeatureSelector(NeighbourDisagreement(4))
    assert selector.features is None
    assert (selector.needs_features, selector.needs_dynamics, selector.needs_posteriors) == (True, False, False)
    made = selector.bound(ids, features=Features(values, ids)).scores(None, counts)
    order = np.random.default_rng(1).permutation(20)
    shuffled = selector.bound(ids, features=Features(values[order], ids[order]))
    np.testing.assert_array_equal(shuffled.scores(None, counts), made)
    np.testing.assert_array_equal(shuffled.bound(ids).scores(None, counts), made)  # the features it has


def test_what_does_not_fit_is_named() -> None:
    selector, counts = FeatureSelector(NeighbourDisagreement()), LabelCounts.from_labels(np.arange(20) % 3, 3)
    with pytest.raises(InputError, match="ranks by features and there are none"):
        selector.scores(None, counts)
    with pytest.raises(InputError, match="ranks by features and there are none"):
        selector.bound(np.arange(20))
    with pytest.raises(InputError, match="features are of 12 samples, label counts of 20"):
        FeatureSelector(NeighbourDisagreement(), Features(points(12), np.arange(12))).scores(None, counts)
    with pytest.raises(InputError, match="features lack 8 of 20 samples, the first is id 12"):
        selector.bound(np.arange(20), features=Features(points(12), np.arange(12)))
