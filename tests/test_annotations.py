"""The log of votes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.annotations import INITIAL_ANNOTATOR, Annotations
from alc.errors import InputError


def test_log_by_hand() -> None:
    log = Annotations.initial(np.array([2, 0, 1])).extended(
        Annotations(np.array([1, 1]), np.array([7, 7]), np.array([2, 2]))
    )
    assert len(log) == 5
    np.testing.assert_array_equal(log.annotator, [INITIAL_ANNOTATOR] * 3 + [7, 7])
    np.testing.assert_array_equal(log.counts(3, 3).counts, [[0, 0, 1], [1, 0, 2], [0, 1, 0]])
    np.testing.assert_array_equal(log.counts(3, 3).majority, [2, 2, 1])


@given(seed=st.integers(0, 2**32 - 1), size=st.integers(0, 60))
@settings(max_examples=30, deadline=None)
def test_counts_match_add_at(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    labels, sample, label = rng.integers(0, 4, 10), rng.integers(0, 10, size), rng.integers(0, 4, size)
    log = Annotations.initial(labels).extended(Annotations(sample, rng.integers(1, 3, size), label))
    expected = np.zeros((10, 4), dtype=int)
    np.add.at(expected, (np.arange(10), labels), 1)
    np.add.at(expected, (sample, label), 1)
    np.testing.assert_array_equal(log.counts(10, 4).counts, expected)
    shuffled = rng.permutation(len(log))
    again = Annotations(log.sample[shuffled], log.annotator[shuffled], log.label[shuffled])
    np.testing.assert_array_equal(again.counts(10, 4).counts, expected)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([0, 1], [0], [0, 1]), r"column annotator has shape \(1,\) .*one per vote \(here 2\)"),
        (([0, 1], [0, 0], [0.0, 1.0]), "column label has shape .* dtype float64"),
        (([[0, 1]], [0], [0]), r"column sample has shape \(1, 2\)"),
        (([0, -1], [0, 0], [0, 1]), r"sample in row 1 is -1\. Allowed: 0 or more"),
        (([0, 1], [0, 0], [0, -3]), "label in row 1 is -3"),
    ],
)
def test_bad_columns_are_named(columns: tuple[Any, Any, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Annotations(*(np.asarray(column) for column in columns))


def test_votes_outside_the_data_set_are_named() -> None:
    log = Annotations(np.array([0, 4, 1]), np.zeros(3, dtype=int), np.array([0, 1, 5]))
    with pytest.raises(InputError, match=r"annotations: label: row 2 holds 5 .*0 to 2"):
        log.counts(5, 3)
    with pytest.raises(InputError, match=r"annotations: row 1 votes on sample 4\. Allowed: samples 0 to 2"):
        log.counts(3, 6)
    with pytest.raises(InputError, match="row 2 has no vote"):
        log.counts(5, 6)


def test_an_empty_log_has_no_counts() -> None:
    empty = np.array([], dtype=int)
    log = Annotations(empty, empty, empty)
    assert len(log) == 0
    with pytest.raises(InputError, match="annotations: label are empty"):
        log.counts(2, 2)
