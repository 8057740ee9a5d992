"""Label propagation against the dense inverse of the released code, written out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.features import Features
from alc.labels import LabelCounts
from alc.selection.by_features import FeatureSelector
from alc.selection.graph import Kernel, LabelPropagation, affinity, propagate


def problem(
    num_samples: int = 80, num_classes: int = 4, dim: int = 6, seed: int = 0
) -> tuple[Features, IntArray, IntArray]:
    """Features around one centre per class, labels with a fifth drawn anew, and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(num_classes, size=num_samples)
    values = 2 * rng.normal(size=(num_classes, dim))[truth] + rng.normal(size=(num_samples, dim))
    labels = np.where(rng.random(num_samples) < 0.2, rng.integers(num_classes, size=num_samples), truth)
    return Features(values, np.arange(num_samples)), labels, truth


def dense_graph(values: FloatArray, k: int, kernel: Kernel, sigma: float | None) -> FloatArray:
    """S, edge by edge."""
    x = values.astype(np.float64)
    distance = cdist(x, x, "cosine" if kernel == "cosine" else "euclidean")
    a = np.zeros_like(distance)
    for i, row in enumerate(distance):
        for j in [j for j in np.argsort(row) if j != i][:k]:
            width = x.shape[1] if sigma is None else sigma
            a[i, j] = 1 - row[j] / 2 if kernel == "cosine" else np.exp(-(row[j] ** 2) / (2 * width**2))
    w = (a + a.T) / 2
    d = w.sum(axis=1)
    d[d == 0] = 1
    return np.asarray(w / np.sqrt(d[:, None] * d[None]))


def dense_score(
    features: Features, counts: LabelCounts, k: int, alpha: float, kernel: Kernel, parts: Sequence[IntArray]
) -> FloatArray:
    """The released selector: invert once, hide each part in turn, diffuse, soften, compare."""
    n, c = counts.counts.shape
    inverse = np.linalg.inv(np.eye(n) - alpha * dense_graph(features.values, k, kernel, None))
    label, score = counts.counts.argmax(axis=1), np.empty(n)
    for part in parts:
        y = np.eye(c)[label]
        y[part] = 0
        z = inverse[part] @ (y / np.maximum(y.sum(axis=0), 1)) / 0.01
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        q = counts.counts[part] / counts.counts[part].sum(axis=1, keepdims=True)
        score[part] = -(q * np.log(p + 1e-12)).sum(axis=1) / np.log(c)
    return score


def test_propagate_between_two_samples() -> None:
    """On one edge S = [[0, 1], [1, 0]], so (I - a S)^-1 = [[1, a], [a, 1]] / (1 - a^2)."""
    graph = affinity(np.array([[1.0, 0.0], [1.0, 1.0]]), 1, "cosine")
    np.testing.assert_allclose(graph.toarray(), [[0, 1], [1, 0]])
    z = propagate(graph, np.array([1, 0]), 3, np.array([1]), 0.5)
    np.testing.assert_allclose(z, [[0, 0.5 / 0.75, 0]])


def test_classes_count_by_their_size() -> None:
    """A middle sample between one neighbour of class 0 and two of class 1 sees both classes alike."""
    star = np.array([[0.0, 1.0], [-1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    graph = affinity(star, 3, "cosine")
    full = graph.toarray()
    np.testing.assert_allclose(full, dense_graph(star, 3, "cosine", None), atol=1e-12)
    z = propagate(graph, np.array([0, 0, 1, 1]), 2, np.array([0]), 0.9)
    known = np.array([[0, 0], [1, 0], [0, 0.5], [0, 0.5]])
    np.testing.assert_allclose(z, (np.linalg.inv(np.eye(4) - 0.9 * full) @ known)[:1], rtol=1e-7)


def test_a_class_that_only_hidden_samples_carry_has_nothing() -> None:
    features, labels, _ = problem(20, 3)
    labels[:] = np.arange(20) % 2
    labels[4] = 2
    z = propagate(affinity(features.values, 5, "cosine"), labels, 3, np.array([4, 5]), 0.9)
    assert (z[:, 2] == 0).all()
    assert (z[:, :2] > 0).all()


@pytest.mark.parametrize(("kernel", "sigma"), [("cosine", None), ("gaussian", None), ("gaussian", 0.7)])
def test_affinity_matches_edge_by_edge(kernel: Kernel, sigma: float | None) -> None:
    features = problem()[0]
    graph = affinity(features.values, 7, kernel, sigma)
    np.testing.assert_allclose(graph.toarray(), dense_graph(features.values, 7, kernel, sigma), atol=1e-6)
    assert graph.nnz <= 2 * 7 * 80
    assert (graph.diagonal() == 0).all()


@pytest.mark.parametrize("kernel", ["cosine", "gaussian"])
@pytest.mark.parametrize("alpha", [0.9, 0.5, 0.99])
def test_score_matches_the_dense_inverse(kernel: Kernel, alpha: float) -> None:
    features, labels, _ = problem(150)
    counts = LabelCounts.from_labels(labels, 4)
    parts = np.array_split(np.random.RandomState(1234).permutation(150), 10)
    expected = dense_score(features, counts, 12, alpha, kernel, parts)
    score = LabelPropagation(alpha=alpha, kernel=kernel)(features, counts)
    np.testing.assert_allclose(score, expected, rtol=1e-5, atol=1e-6)


def test_released_option_matches_the_dense_inverse() -> None:
    """N // 200 neighbours, and parts of N // 200 samples in the order of RandomState(1234)."""
    features, labels, _ = problem(430, seed=3)
    counts = LabelCounts.from_labels(labels, 4)
    order = np.random.RandomState(1234).permutation(430)
    parts = [order[start : start + 2] for start in range(0, 430, 2)]
    score = LabelPropagation(k=None, chunks=None)(features, counts)
    np.testing.assert_allclose(score, dense_score(features, counts, 2, 0.9, "cosine", parts), rtol=1e-5, atol=1e-6)


def test_several_votes_count_by_their_shares() -> None:
    features, labels, _ = problem(50)
    votes = np.random.default_rng(0).multinomial(5, np.full(4, 0.25), 50)
    votes[np.arange(50), labels] += 6
    parts = np.array_split(np.random.RandomState(1234).permutation(50), 10)
    score = LabelPropagation(k=5)(features, LabelCounts(votes))
    expected = dense_score(features, LabelCounts(votes), 5, 0.9, "cosine", parts)
    np.testing.assert_allclose(score, expected, rtol=1e-5, atol=1e-6)


def test_wrong_labels_come_first() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(4), 40)
    labels = truth.copy()
    wrong = rng.permutation(160)[:30]
    labels[wrong] = (labels[wrong] + 1) % 4
    features = Features(np.eye(4)[truth] * 10 + rng.normal(size=(160, 4)), np.arange(160))
    rows = FeatureSelector(LabelPropagation(), features).rank(None, LabelCounts.from_labels(labels, 4), rng=rng)
    assert set(rows[:30].tolist()) == set(wrong.tolist())


@pytest.mark.parametrize("num_samples", [2, 3, 9])
def test_few_samples_are_hidden_one_by_one(num_samples: int) -> None:
    features, labels, _ = problem(num_samples, 2)
    score = LabelPropagation(k=1)(features, LabelCounts.from_labels(labels, 2))
    assert np.isfinite(score).all()


def test_islands_and_edges_without_weight() -> None:
    """Opposite vectors: the cosine weight is 0, so no label travels and every class is as likely."""
    features = Features(np.array([[1.0, 0.0], [-1.0, 0.0]]), np.arange(2))
    score = LabelPropagation(k=1)(features, LabelCounts.from_labels(np.array([0, 1]), 2))
    np.testing.assert_allclose(score, 1.0, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(5, 40), st.integers(2, 5), st.integers(1, 4), st.integers(0, 10_000))
def test_propagate_property(num_samples: int, num_classes: int, k: int, seed: int) -> None:
    """The solution satisfies the system, is not negative, and permuting rows permutes it."""
    rng = np.random.default_rng(seed)
    features, labels, _ = problem(num_samples, num_classes, seed=seed)
    hidden = rng.permutation(num_samples)[: max(1, num_samples // 4)]
    graph = affinity(features.values, k, "cosine")
    z = propagate(graph, labels, num_classes, hidden, 0.9)
    known = np.eye(num_classes)[labels]
    known[hidden] = 0
    known /= np.maximum(known.sum(axis=0), 1)
    exact = np.linalg.solve(np.eye(num_samples) - 0.9 * graph.toarray(), known)
    np.testing.assert_allclose(z, exact[hidden], atol=1e-7)
    assert z.min() >= -1e-7

    order = rng.permutation(num_samples)
    place = np.argsort(order)
    moved = propagate(affinity(features.values[order], k, "cosine"), labels[order], num_classes, place[hidden], 0.9)
    np.testing.assert_allclose(moved, z, atol=1e-6)
    classes = rng.permutation(num_classes)
    renamed = propagate(graph, classes[labels], num_classes, hidden, 0.9)
    np.testing.assert_allclose(renamed[:, classes], z, atol=1e-7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, r"k is 0\. Allowed: a whole number of 1 or more, or null for N // 200"),
        ({"k": 2.0}, r"k is 2\.0"),
        ({"chunks": 1}, r"chunks is 1\. Allowed: a whole number of 2 or more"),
        ({"alpha": 1.0}, r"alpha is 1\.0\. Allowed: a number between 0 and 1"),
        ({"alpha": "a"}, "alpha is 'a'"),
        ({"kernel": "cosin"}, r"kernel is 'cosin'.*Did you mean 'cosine'"),
        ({"temperature": 0}, "temperature is 0"),
        ({"temperature": None}, "temperature is None"),
        ({"sigma": -1.0}, r"sigma is -1\.0"),
        ({"sigma": float("nan")}, "sigma is nan"),
    ],
)
def test_bad_options_are_refused_when_built(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        LabelPropagation(**options)


def test_more_neighbours_than_samples() -> None:
    features, labels, _ = problem(10)
    with pytest.raises(InputError, match="12 nearest neighbours are asked for 10 samples"):
        LabelPropagation()(features, LabelCounts.from_labels(labels, 4))
