"""Several selectors by their ranks: scipy's ranks are the oracle."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from alc.arrays import FloatArray
from alc.dynamics import TrainingDynamics
from alc.errors import InputError
from alc.features import Features
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection import scores
from alc.selection.activelab import activelab
from alc.selection.by_features import FeatureSelector
from alc.selection.confident_learning import confident_learning
from alc.selection.dynamics import DynamicsSelector, aum
from alc.selection.knn import NeighbourDisagreement
from alc.selection.rank_ensemble import RankEnsemble, shared_ranks
from alc.selection.scores import Score
from alc.selection.selector import Random, Scoring, Selector, compares_members, needs_out_of_sample


def fixed(*values: float) -> Selector:
    """A selector that always gives these scores."""

    def score(posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
        return np.array(values)

    return Selector(score)


def problem(num_samples: int = 4) -> tuple[Posteriors, LabelCounts]:
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.ones(3), num_samples)
    return Posteriors.single(probs), LabelCounts.from_labels(rng.integers(0, 3, num_samples), 3)


def test_by_hand() -> None:
    """Ranks 1, 2, 3, 4 and 4, 1.5, 1.5, 3; the units of the scores do not count."""
    rules = [fixed(9, 8, 7, 0), fixed(-5, 0.1, 0.1, 0)]
    mean = RankEnsemble(rules).scores(*problem())
    np.testing.assert_allclose(mean, [-2.5, -1.75, -2.25, -3.5])
    reciprocal = RankEnsemble(rules, "reciprocal").scores(*problem())
    np.testing.assert_allclose(reciprocal[0], (1 / 61 + 1 / 64) / 2)
    np.testing.assert_allclose(reciprocal[1], (1 / 62 + 1 / 61.5) / 2)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40))
def test_shared_ranks_are_scipys(score: list[int]) -> None:
    values = np.array(score, dtype=np.float64)
    np.testing.assert_array_equal(shared_ranks(values), rankdata(-values))


def test_mean_orders_as_the_borda_count() -> None:
    posteriors, counts = problem(100)
    rules = [Selector(score) for score in (scores.cross_entropy, scores.entropy, scores.normalized_margin)]
    points = sum(
        (rule.scores(posteriors, counts)[:, None] > rule.scores(posteriors, counts)).sum(axis=1) for rule in rules
    )
    ensemble = RankEnsemble(rules).scores(posteriors, counts)
    np.testing.assert_allclose(ensemble, points / 3 - 100, atol=1e-9)


def test_equal_samples_stay_equal_wherever_they_stand() -> None:
    posteriors, counts = problem(50)
    twice = Posteriors.single(np.concatenate([posteriors.mean, posteriors.mean]))
    labels = LabelCounts.from_labels(np.concatenate([counts.majority, counts.majority]), 3)
    score = RankEnsemble([Selector(scores.cross_entropy), Selector(scores.entropy)]).scores(twice, labels)
    np.testing.assert_array_equal(score[:50], score[50:])


def test_an_ensemble_of_one_selector_twice_ranks_as_it_does() -> None:
    posteriors, counts = problem(50)
    for combine in ("mean", "reciprocal"):
        pair: Any = RankEnsemble([Selector(scores.cross_entropy)] * 2, combine)
        np.testing.assert_array_equal(
            np.argsort(pair.scores(posteriors, counts)), np.argsort(scores.cross_entropy(posteriors, counts))
        )


def evidence(num_samples: int) -> tuple[TrainingDynamics, Features]:
    rng = np.random.default_rng(1)
    loss, p_given, margin = rng.random((3, 4, num_samples))
    ids = np.arange(num_samples)
    return TrainingDynamics(loss, p_given, margin, loss < 0.5, ids), Features(rng.normal(size=(num_samples, 3)), ids)


def test_it_needs_what_any_of_them_needs() -> None:
    posteriors, counts = problem(30)
    dynamics, features = evidence(30)
    rules: list[Scoring] = [
        Selector(scores.cross_entropy), DynamicsSelector(aum), FeatureSelector(NeighbourDisagreement(3)),
    ]  # fmt: skip
    every, plain = RankEnsemble(rules), RankEnsemble([rules[0]] * 2)
    assert (every.needs_posteriors, every.needs_dynamics, every.needs_features) == (True, True, True)
    assert (plain.needs_posteriors, plain.needs_dynamics, plain.needs_features) == (True, False, False)
    assert not RankEnsemble(rules[1:]).needs_posteriors
    assert plain.bound(np.arange(30)) is plain
    bound = every.bound(np.arange(30), dynamics=dynamics, features=features)
    expected = -np.mean(
        [
            rankdata(-rule.bound(np.arange(30), dynamics=dynamics, features=features).scores(posteriors, counts))
            for rule in rules
        ],
        axis=0,
    )
    np.testing.assert_allclose(bound.scores(posteriors, counts), expected)
    with pytest.raises(InputError, match="ranks by training dynamics and there are none"):
        every.scores(posteriors, counts)


def test_what_its_selectors_refuse_is_known_beforehand() -> None:
    def strict(posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
        return confident_learning(posteriors, counts, flag="both")

    marked: Score = activelab
    assert compares_members(RankEnsemble([Selector(scores.joint), Selector(scores.bald)]))
    assert not compares_members(RankEnsemble([Selector(scores.joint)] * 2))
    assert needs_out_of_sample(RankEnsemble([Selector(scores.joint), Selector(marked)]))
    assert not needs_out_of_sample(RankEnsemble([Selector(scores.joint)] * 2))
    seen = Posteriors.single(problem(30)[0].mean, protocol="in_sample")
    with pytest.raises(InputError, match="posteriors=cross_fit"):
        RankEnsemble([Selector(scores.joint), Selector(strict)]).scores(seen, problem(30)[1])


@pytest.mark.parametrize(
    ("selectors", "combine", "message"),
    [
        ([fixed(1)], "mean", "two selectors or more"),
        ([], "mean", "two selectors or more"),
        ([fixed(1), Random()], "mean", r"selectors\[1\] is Random, which gives no scores"),
        ([fixed(1), fixed(2)], "men", r"combine is 'men'.*Did you mean 'mean'\?"),
    ],
)
def test_what_is_no_ensemble_is_refused(selectors: Any, combine: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        RankEnsemble(selectors, combine)
