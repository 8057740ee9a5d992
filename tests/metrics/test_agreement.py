import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alc.errors import InputError
from alc.metrics.agreement import competition_ranks, kendall_tau, spearman

SCORES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=9)


def test_by_hand() -> None:
    # Pairs of (a, b, c, d): ab and cd are swapped in the second list, four of six pairs agree.
    assert kendall_tau(np.array([4, 3, 2, 1.0]), np.array([3, 4, 1, 2.0])) == pytest.approx((4 - 2) / 6)
    assert spearman(np.array([4, 3, 2, 1.0]), np.array([3, 4, 1, 2.0])) == pytest.approx(1 - 6 * 4 / (4 * 15))
    # One pair of three is tied on the right: two agree, of sqrt(3 * 2) that could.
    assert kendall_tau(np.array([3, 2, 1.0]), np.array([2, 2, 1.0])) == pytest.approx(2 / np.sqrt(6))
    assert competition_ranks(np.array([0.7, 0.9, 0.7, 0.9, 0.1])).tolist() == [3, 1, 3, 1, 5]


@given(SCORES)
@settings(max_examples=60)
def test_agreement_matches_scipy(pairs: list[tuple[int, int]]) -> None:
    first, second = (np.array(each, dtype=float) for each in zip(*pairs, strict=True))
    tied = len(set(first)) == 1 or len(set(second)) == 1
    for ours, theirs in ((kendall_tau, stats.kendalltau), (spearman, stats.spearmanr)):
        if tied:
            assert np.isnan(ours(first, second))
        else:
            assert ours(first, second) == pytest.approx(theirs(first, second).statistic, abs=1e-12)


@given(SCORES)
@settings(max_examples=30)
def test_agreement_property(pairs: list[tuple[int, int]]) -> None:
    first, second = (np.array(each, dtype=float) for each in zip(*pairs, strict=True))
    for measure in (kendall_tau, spearman):
        value = measure(first, second)
        if np.isfinite(value):
            assert -1 <= value <= 1
            assert measure(second, first) == pytest.approx(value)
            assert measure(first, -second) == pytest.approx(-value)
            assert measure(first, first) == pytest.approx(1)


@pytest.mark.parametrize(
    ("first", "second"), [([1.0], [1.0]), ([1.0, 2.0], [1.0, 2.0, 3.0]), ([1.0, np.nan], [1.0, 2.0])]
)
def test_what_is_no_pair_of_rankings(first: list[float], second: list[float]) -> None:
    with pytest.raises(InputError):
        kendall_tau(np.array(first), np.array(second))
