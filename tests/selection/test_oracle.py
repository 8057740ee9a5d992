from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.arrays import FloatArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.selection.oracle import Oracle, expected_relabels


def expected_by_recursion(q: Sequence[float], seen: frozenset[int], depth: int = 0) -> float:
    """One answer, and if it disagrees with all that was seen (at most three times), everything again."""
    if depth == 3:
        return 1.0
    others = set(range(len(q))) - seen
    return 1.0 + sum(q[c] * expected_by_recursion(q, seen | {c}, depth + 1) for c in others)


def distributions(num_samples: int, num_classes: int, seed: int) -> FloatArray:
    rng = np.random.default_rng(seed)
    votes = rng.multinomial(50, rng.dirichlet(np.full(num_classes, 0.3), num_samples))
    return np.asarray(votes / 50)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 6), st.integers(0, 10_000))
def test_expected_relabels_matches_the_recursion(num_classes: int, seed: int) -> None:
    q = distributions(8, num_classes, seed)
    label = np.random.default_rng(seed).integers(0, num_classes, len(q))
    expected = [expected_by_recursion(list(row), frozenset({c})) for row, c in zip(q, label.tolist(), strict=True)]
    np.testing.assert_allclose(expected_relabels(label, q), expected, rtol=1e-12)


def test_expected_relabels() -> None:
    q = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.5, 0.25, 0.25]])
    # third row: 1 + (1/4 + 1/4) + 2 * 1/16; a third disagreement is impossible with three classes
    np.testing.assert_array_equal(expected_relabels(np.array([0, 1, 0]), q), [1, 2, 1.625])


def test_score_table() -> None:
    q = np.array([[1.0, 0.0, 0.0], [0.5, 0.25, 0.25]])
    table = Oracle.score_table(q)
    np.testing.assert_array_equal(table[0], [0, 0.5, 0.5])
    np.testing.assert_allclose(table[1], [0.5 / 1.625, 0.75 / 2.0, 0.75 / 2.0])


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 30), st.integers(2, 10), st.integers(0, 10_000))
def test_score_table_property(num_samples: int, num_classes: int, seed: int) -> None:
    q = distributions(num_samples, num_classes, seed)
    table = Oracle.score_table(q)
    assert table.shape == q.shape
    assert table.min() >= 0
    assert table.max() <= 0.5 + 1e-12
    for label in range(num_classes):
        column = np.full(num_samples, label)
        np.testing.assert_allclose(table[:, label], (1 - q[:, label]) / expected_relabels(column, q), atol=1e-12)


def test_score_table_of_many_rows() -> None:
    q = distributions(40_000, 10, 0)
    np.testing.assert_array_equal(Oracle.score_table(q)[-5:], Oracle.score_table(q[-5:]))


def test_rank_asks_clear_errors_first_then_ambiguous_then_right_ones() -> None:
    q = np.array([[1.0, 0.0, 0.0], [0.4, 0.3, 0.3], [0.0, 1.0, 0.0], [0.1, 0.9, 0.0]])
    counts = LabelCounts.from_labels(np.array([0, 0, 0, 0]), 3)
    for repeats in (True, False):
        rows = Oracle(repeats).rank(None, counts, rng=np.random.default_rng(0), distribution=q)
        np.testing.assert_array_equal(rows, [2, 3, 1, 0])
    exclude = np.array([False, False, True, False])
    rows = Oracle(repeats=False).rank(None, counts, rng=np.random.default_rng(0), distribution=q, exclude=exclude)
    np.testing.assert_array_equal(rows, [3, 1, 0])


def test_rank_needs_the_distribution_of_these_samples() -> None:
    counts = LabelCounts.from_labels(np.array([0, 1]), 2)
    with pytest.raises(InputError, match="true label distribution"):
        Oracle(repeats=False).rank(None, counts, rng=np.random.default_rng(0))
    with pytest.raises(InputError, match=r"\(1, 2\)"):
        Oracle(repeats=False).rank(None, counts, rng=np.random.default_rng(0), distribution=np.ones((1, 2)) / 2)
