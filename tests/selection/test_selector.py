import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alc.arrays import FloatArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection import scores
from alc.selection.oracle import Oracle
from alc.selection.selector import Random, SelectionRule, Selector, best_first


def fixed(*values: float) -> tuple[Selector, Posteriors, LabelCounts]:
    """A selector whose scores are given, over samples with ids 10, 11, ..."""
    num_samples = len(values)
    posteriors = Posteriors(np.full((1, num_samples, 2), 0.5), np.arange(num_samples) + 10)
    counts = LabelCounts.from_labels(np.zeros(num_samples, dtype=int), 2)
    return Selector(lambda _posteriors, _counts: np.array(values)), posteriors, counts


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_rank_puts_the_highest_score_first_and_gives_rows() -> None:
    selector, posteriors, counts = fixed(0.1, -3.0, 0.7, 0.2)
    np.testing.assert_array_equal(selector.rank(posteriors, counts, rng=rng()), [2, 3, 0, 1])


def test_rank_leaves_out_what_is_excluded() -> None:
    selector, posteriors, counts = fixed(0.1, -3.0, 0.7, 0.2)
    exclude = np.array([False, False, True, False])
    np.testing.assert_array_equal(selector.rank(posteriors, counts, rng=rng(), exclude=exclude), [3, 0, 1])
    np.testing.assert_array_equal(np.sort(Random().rank(None, counts, rng=rng(), exclude=exclude)), [0, 1, 3])
    assert len(selector.rank(posteriors, counts, rng=rng(), exclude=np.ones(4, dtype=bool))) == 0


def test_non_finite_scores_name_the_samples() -> None:
    selector, posteriors, counts = fixed(0.1, np.nan, 0.7, -np.inf)
    with pytest.raises(InputError, match=r"2 of 4 .* 11 \(nan\), 13 \(-inf\)"):
        selector.rank(posteriors, counts, rng=rng())


def test_selector_without_posteriors_says_what_to_do() -> None:
    selector, _, counts = fixed(0.1, 0.2)
    with pytest.raises(InputError, match="selector=random"):
        selector.rank(None, counts, rng=rng())


@pytest.mark.parametrize("exclude", [np.zeros(3, dtype=bool), np.zeros(2, dtype=int)])
def test_exclude_must_be_one_truth_value_per_sample(exclude: np.ndarray) -> None:
    selector, posteriors, counts = fixed(0.1, 0.2)
    with pytest.raises(InputError, match="exclude"):
        selector.rank(posteriors, counts, rng=rng(), exclude=exclude)


def test_ties_are_broken_at_random_and_evenly() -> None:
    selector, posteriors, counts = fixed(0.5, 1.0, 0.5, 0.5)
    generator = rng()
    orders = np.array([selector.rank(posteriors, counts, rng=generator) for _ in range(3000)])
    assert (orders[:, 0] == 1).all()
    second = np.bincount(orders[:, 1], minlength=4) / 3000
    np.testing.assert_allclose(second, [1 / 3, 0, 1 / 3, 1 / 3], atol=0.04)


def test_random_is_uniform() -> None:
    counts, generator = fixed(0, 0, 0, 0)[2], rng()
    orders = np.array([Random().rank(None, counts, rng=generator) for _ in range(4000)])
    first_place = np.bincount(orders[:, 0], minlength=4) / 4000
    np.testing.assert_allclose(first_place, 0.25, atol=0.04)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.5, 0.5, 1.0, -2.0]), min_size=1, max_size=30), st.integers(0, 1000))
def test_best_first_property(values: list[float], seed: int) -> None:
    score: FloatArray = np.array(values, dtype=np.float32)
    exclude = np.random.default_rng(seed).random(len(score)) < 0.3
    rows = best_first(score, rng=rng(seed), exclude=exclude)
    np.testing.assert_array_equal(np.sort(rows), np.flatnonzero(~exclude))
    assert (np.diff(score[rows]) <= 0).all()
    np.testing.assert_array_equal(rows, best_first(score, rng=rng(seed), exclude=exclude))


def test_every_selector_is_called_alike() -> None:
    probs = rng().dirichlet(np.ones(3), 20)
    posteriors = Posteriors.single(probs)
    counts = LabelCounts.from_labels(rng().integers(0, 3, 20), 3)
    rules: list[SelectionRule] = [Selector(scores.joint), Random(), Oracle(repeats=True), Oracle(repeats=False)]
    for rule in rules:
        rows = rule.rank(
            posteriors if rule.needs_posteriors else None,
            counts,
            rng=rng(),
            distribution=probs if rule.needs_distribution else None,
        )
        np.testing.assert_array_equal(np.sort(rows), np.arange(20))
    assert [rule.repeats for rule in rules] == [False, False, True, False]
