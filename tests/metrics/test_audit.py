"""Intervals of a random audit: hand-worked, against SciPy, and by simulation."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alc.errors import InputError
from alc.metrics.audit import audit_estimate, audits_needed, may_stop, stop_bound


def test_ends_by_hand() -> None:
    """One of two, drawn from three: no wrong or three wrong labels are impossible, one and two as likely as 2/3."""
    estimate = audit_estimate(1, 2, 3)
    assert (estimate.rate, estimate.lower, estimate.upper) == (0.5, 1 / 3, 2 / 3)


def test_nothing_and_everything_audited() -> None:
    nothing = audit_estimate(0, 0, 50)
    assert math.isnan(nothing.rate)
    assert (nothing.lower, nothing.upper) == (0, 1)
    everything = audit_estimate(7, 50, 50)
    assert everything.lower == everything.rate == everything.upper == 0.14


@pytest.mark.parametrize(("wrong", "audited"), [(0, 20), (3, 60), (20, 20), (150, 400)])
def test_a_large_population_matches_clopper_and_pearson(wrong: int, audited: int) -> None:
    ours = audit_estimate(wrong, audited, 4_000_000)
    theirs = stats.binomtest(wrong, audited).proportion_ci(0.95, "exact")
    assert ours.lower == pytest.approx(theirs.low, abs=2e-5)
    assert ours.upper == pytest.approx(theirs.high, abs=2e-5)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), population=st.integers(1, 60), confidence=st.sampled_from([0.8, 0.95, 0.99]))
def test_ends_match_scipy_by_trying_all(data: st.DataObject, population: int, confidence: float) -> None:
    audited = data.draw(st.integers(0, population))
    wrong = data.draw(st.integers(0, audited))
    tail = (1 - confidence) / 2
    possible = [
        k
        for k in range(wrong, population - audited + wrong + 1)
        if stats.hypergeom.cdf(wrong, population, k, audited) > tail
        and stats.hypergeom.sf(wrong - 1, population, k, audited) > tail
    ]
    estimate = audit_estimate(wrong, audited, population, confidence)
    assert estimate.lower * population == pytest.approx(min(possible))
    assert estimate.upper * population == pytest.approx(max(possible))


@pytest.mark.parametrize("wrong_in_all", [0, 3, 40, 200])
def test_the_interval_covers_and_the_estimate_is_unbiased(wrong_in_all: int) -> None:
    rng, population, audited = np.random.default_rng(0), 1000, 60
    drawn = rng.hypergeometric(wrong_in_all, population - wrong_in_all, audited, size=20_000)
    values, times = np.unique(drawn, return_counts=True)
    covered, mean = 0, 0.0
    for value, count in zip(values.tolist(), times.tolist(), strict=True):
        estimate = audit_estimate(value, audited, population)
        covered += count * (estimate.lower <= wrong_in_all / population <= estimate.upper)
        mean += count * estimate.rate
    assert covered / 20_000 >= 0.948
    assert mean / 20_000 == pytest.approx(wrong_in_all / population, abs=0.002)


def test_who_looks_often_stops_too_soon_at_most_as_often_as_said() -> None:
    """Twelve rounds of ten audited samples, the share of wrong labels just at the target: stopping is a mistake."""
    rng, population, target, campaigns = np.random.default_rng(1), 500, 0.08, 400
    stops = cache(lambda x, n, look: may_stop(x, n, population, target=target, look=look))
    upper = cache(lambda x, n: audit_estimate(x, n, population, 0.9).upper)
    population_wrong = np.arange(population) < target * population
    careless = stopped = 0
    for _ in range(campaigns):
        order = rng.permutation(population_wrong)
        wrong = [(int(order[: 10 * look].sum()), 10 * look, look) for look in range(1, 13)]
        stopped += any(stops(x, n, look) for x, n, look in wrong)
        careless += any(upper(x, n) < target for x, n, _ in wrong)
    assert stopped / campaigns <= 0.05
    assert careless / campaigns > 0.05  # what the correction is for


def test_stop_bound_grows_with_looks_and_shrinks_with_samples() -> None:
    assert stop_bound(0, 50, 1000, 1) == audit_estimate(0, 50, 1000).upper
    bounds = [stop_bound(1, 80, 1000, look) for look in range(1, 6)]
    assert bounds == sorted(bounds)
    assert stop_bound(1, 80, 1000, 1) > stop_bound(1, 160, 1000, 1)


def test_audits_needed_is_the_first_that_is_enough() -> None:
    need = audits_needed(800, target=0.05, look=2)
    assert may_stop(0, need, 800, target=0.05, look=2)
    assert not may_stop(0, need - 1, 800, target=0.05, look=2)


@pytest.mark.parametrize("numbers", [(3, 2, 10), (-1, 2, 10), (1, 11, 10), (0, 0, 0)])
def test_impossible_numbers_are_refused(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(InputError):
        audit_estimate(*numbers)
    with pytest.raises(InputError):
        audit_estimate(0, 1, 2, confidence=1.0)
    with pytest.raises(InputError):
        stop_bound(0, 1, 2, look=0)
