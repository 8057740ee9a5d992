"""Votes counted."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alc.annotations import Annotations
from alc.consensus.majority import Majority


def test_by_hand() -> None:
    log = Annotations(np.array([0, 1, 0, 0, 1]), np.array([0, 0, 1, 2, 1]), np.array([1, 2, 1, 0, 0]))
    belief = Majority().fuse(log, 2, 3)
    np.testing.assert_allclose(belief.distribution, [[1 / 3, 2 / 3, 0], [1 / 2, 0, 1 / 2]])
    assert belief.label.tolist() == [1, 0]  # of tied classes the lowest
    np.testing.assert_allclose(belief.confidence, [2 / 3, 1 / 2])


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 2)), max_size=30))
def test_it_is_what_the_counts_say(votes: list[tuple[int, int, int]]) -> None:
    first = Annotations.initial(np.array([2, 0, 1, 1, 0]))
    more = np.array(votes, dtype=np.int64).reshape(-1, 3)
    log = first.extended(Annotations(*more.T))
    belief = Majority().fuse(log, 5, 3)
    counts = log.counts(5, 3)
    np.testing.assert_array_equal(belief.label, counts.majority)
    np.testing.assert_allclose(belief.confidence, counts.counts.max(axis=1) / counts.counts.sum(axis=1))
