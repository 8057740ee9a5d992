"""Labels, label distributions and label counts: what they say and what they refuse."""

import copy
import pickle
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy

from alc.errors import InputError
from alc.labels import LabelCounts, check_label_distribution, check_labels, normalised_entropy

COUNTS = np.array([[3, 1, 0], [1, 1, 0], [0, 0, 5], [2, 2, 2]])


def test_check_labels_gives_int64() -> None:
    for labels in (np.array([2, 0], dtype=np.uint8), np.array([2.0, 0.0]), np.array([2, 0])):
        checked = check_labels(labels, 3)
        assert checked.dtype == np.int64
        np.testing.assert_array_equal(checked, [2, 0])
        assert not np.shares_memory(checked, labels)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 3, -1], r"given labels: row 2 holds 3 \(2 such rows\)\. Allowed: class indices 0 to 2"),
        ([0, -1], r"row 1 holds -1 \(1 such rows\)"),
        ([0.0, np.nan, np.nan], r"row 1 holds nan \(2 such rows\)\. Allowed: class indices 0 to 2"),
        ([0.0, 1.5], "row 1 holds 1.5"),
        ([0.0, np.inf], "row 1 holds inf"),
        ([0.0, 1e300], "row 1 holds 1e"),
        (["cat", "dog"], "dtype <U3, row 0 holds 'cat'"),
        (np.array([0, None, 1], dtype=object), "dtype object, row 1 holds None"),
        ([True, False], "dtype bool"),
        ([[0, 1]], r"shape \(1, 2\)"),
        (1, r"shape \(\)"),
        ([], "are empty"),
    ],
)
def test_check_labels_names_row_and_value(labels: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        check_labels(np.asarray(labels), 3, "given labels")
    assert str(caught.value).startswith("given labels")


def test_check_label_distribution_normalises() -> None:
    rows = check_label_distribution(np.array([[0.5, 0.50004], [1, 0]], dtype=np.float32))
    assert rows.dtype == np.float64
    np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=1e-15)


@pytest.mark.parametrize(
    ("distribution", "message"),
    [
        ([[1.0, 0.0], [0.6, 0.6]], r"crowd: row 1 is \[0\.6 0\.6\] \(1 such rows\)\. Allowed: finite, non-negative"),
        ([[1.5, -0.5], [0.0, 0.0]], r"row 0 is .* \(2 such rows\)"),
        ([[np.nan, 1.0]], "row 0 is .*nan"),
        ([[np.inf, 0.0]], "row 0 is .*inf"),
        ([0.5, 0.5], r"crowd has shape \(2,\)"),
        (np.empty((0, 3)), r"crowd has shape \(0, 3\)"),
        (np.empty((3, 0)), r"crowd has shape \(3, 0\)"),
    ],
)
def test_check_label_distribution_names_the_row(distribution: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_label_distribution(np.asarray(distribution), "crowd")


def test_normalised_entropy() -> None:
    rows = np.array([[0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0], [0.5, 0.5, 0, 0]])
    np.testing.assert_allclose(normalised_entropy(rows), [1, 0, 0.5])
    np.testing.assert_array_equal(normalised_entropy(np.ones((2, 1))), [0, 0])


@given(seed=st.integers(0, 2**32 - 1), num_classes=st.integers(2, 12))
@settings(max_examples=30, deadline=None)
def test_normalised_entropy_matches_scipy(seed: int, num_classes: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.full(num_classes, 0.3), 10)
    ours = normalised_entropy(rows)
    np.testing.assert_allclose(ours, entropy(rows, axis=1, base=num_classes), atol=1e-12)
    np.testing.assert_allclose(ours, normalised_entropy(rows[:, rng.permutation(num_classes)]), atol=1e-12)
    assert ((ours >= 0) & (ours <= 1 + 1e-12)).all()


def test_counts_by_hand() -> None:
    counts = LabelCounts(COUNTS)
    assert (len(counts), counts.num_classes) == (4, 3)
    np.testing.assert_array_equal(counts.majority, [0, 0, 2, 0])
    np.testing.assert_array_equal(counts.is_tied, [False, True, False, True])
    np.testing.assert_allclose(counts.distribution[:2], [[0.75, 0.25, 0], [0.5, 0.5, 0]])
    third = np.log(2) / np.log(3)
    np.testing.assert_allclose(counts.entropy()[1:], [third, 0, 1], atol=1e-12)
    np.testing.assert_array_equal(counts.is_ambiguous(), [True, True, False, True])
    np.testing.assert_array_equal(counts.is_ambiguous(threshold=0.7), [False, False, False, True])


def test_ambiguity_is_strictly_above_the_threshold() -> None:
    counts = LabelCounts(COUNTS)
    assert not counts.is_ambiguous(threshold=float(counts.entropy()[0]))[0]


def test_with_answers_adds_each_pair() -> None:
    counts = LabelCounts(COUNTS)
    more = counts.with_answers(np.array([1, 1, 1, 2]), np.array([2, 2, 0, 0]))
    np.testing.assert_array_equal(more.counts, COUNTS + np.array([[0, 0, 0], [1, 0, 2], [1, 0, 0], [0, 0, 0]]))
    np.testing.assert_array_equal(counts.counts, COUNTS)


def test_from_labels() -> None:
    counts = LabelCounts.from_labels(np.array([2, 0, 2]), 4)
    np.testing.assert_array_equal(counts.counts, [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]])
    np.testing.assert_array_equal(counts.majority, [2, 0, 2])
    assert not counts.is_tied.any()
    assert not counts.entropy().any()


def test_the_remembered_label_can_not_go_stale() -> None:
    labels = np.array([2, 0, 2])
    counts = LabelCounts.from_labels(labels, 3)
    labels[0] = 1
    counts.majority[0] = 1
    np.testing.assert_array_equal(counts.majority, [2, 0, 2])
    with pytest.raises(ValueError, match="read-only"):
        counts.counts[0, 0] = 5
    changed = counts.with_answers(np.array([0, 0]), np.array([1, 1]))
    assert changed.only_vote is None
    np.testing.assert_array_equal(changed.majority, [1, 0, 2])


def test_whole_floats_and_truth_values_are_votes() -> None:
    votes: list[Any] = [COUNTS.astype(np.float64), COUNTS > 0]
    for counts in votes:
        checked = LabelCounts(counts).counts
        assert checked.dtype == np.int64
        np.testing.assert_array_equal(checked, counts)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([[1, 0], [0, 0], [0, 0]], r"row 1 has no vote \(2 such rows\)\. Allowed: at least one .* Drop those samples"),
        ([[1, 0], [3, -1]], r"row 1, class 1 holds -1\. Allowed: 0 or more"),
        ([[1.0, 0.5]], r"row 0, class 1 holds 0\.5 \(1 such votes\)\. Allowed: whole numbers"),
        ([[1.0, 0.0], [np.nan, np.inf]], r"row 1, class 0 holds nan \(2 such votes\)"),
        ([["1", "0"]], "dtype <U1"),
        ([1, 0], r"shape \(2,\)"),
        (np.empty((0, 2), dtype=int), r"shape \(0, 2\)"),
    ],
)
def test_counts_refuse(counts: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        LabelCounts(np.asarray(counts))


@given(seed=st.integers(0, 2**32 - 1), num_classes=st.integers(2, 5))
@settings(max_examples=40, deadline=None)
def test_label_counts_property(seed: int, num_classes: int) -> None:
    rng = np.random.default_rng(seed)
    counts = LabelCounts(
        rng.integers(0, 4, (12, num_classes)) + np.eye(num_classes, dtype=int)[rng.integers(0, num_classes, 12)]
    )
    np.testing.assert_allclose(counts.distribution.sum(axis=1), 1)
    rows = np.arange(12)
    assert (counts.counts[rows, counts.majority] == counts.counts.max(axis=1)).all()
    reversed_majority = num_classes - 1 - LabelCounts(counts.counts[:, ::-1]).majority
    np.testing.assert_array_equal(reversed_majority != counts.majority, counts.is_tied)
    permutation = rng.permutation(12)
    np.testing.assert_array_equal(LabelCounts(counts.counts[permutation]).majority, counts.majority[permutation])
    settled = counts.with_answers(np.repeat(rows, 20), np.repeat(counts.majority, 20))
    np.testing.assert_array_equal(settled.majority, counts.majority)
    assert not settled.is_tied.any()


def test_one_vote_each_is_held_without_a_table() -> None:
    """A million labels of a thousand classes: the dense table of whole numbers would take 8 GB."""
    counts = LabelCounts.from_labels(np.arange(1_000_000) % 1000, 1000)
    assert (len(counts), counts.num_classes, counts.shape) == (1_000_000, 1000, (1_000_000, 1000))
    tracemalloc.start()
    labels = counts.majority
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
    np.testing.assert_array_equal(labels[-2:], [998, 999])


def test_the_table_of_one_vote_each_is_made_once() -> None:
    counts = LabelCounts.from_labels(np.array([2, 0]), 3)
    np.testing.assert_array_equal(counts.counts, [[0, 0, 1], [1, 0, 0]])
    assert counts.counts is counts.counts
    assert counts.counts.dtype == np.int64


@pytest.mark.parametrize("counts", [LabelCounts(COUNTS), LabelCounts.from_labels(np.array([2, 0]), 3)])
def test_counts_do_not_change_and_travel(counts: LabelCounts) -> None:
    with pytest.raises(AttributeError, match="do not change"):
        counts.num_classes = 4
    for again in (pickle.loads(pickle.dumps(counts)), copy.deepcopy(counts)):
        np.testing.assert_array_equal(again.counts, counts.counts)
        assert (again.only_vote is None) == (counts.only_vote is None)
