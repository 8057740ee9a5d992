"""Confident learning as an order: cleanlab's, inside and outside of its set."""

from functools import partial
from typing import get_args

import numpy as np
import pytest
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

from alc.arrays import FloatArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.posteriors import PosteriorProtocol, Posteriors
from alc.selection import confident_learning as confident
from alc.selection.confident_learning import RankBy
from alc.selection.flagged import Rule
from alc.selection.scores import Score, self_confidence
from alc.selection.selector import Selector, needs_out_of_sample
from tests.selection.test_flagged import noisy

ADJUSTED: dict[str, Score] = {
    "self_confidence": confident.adjusted_self_confidence,
    "normalized_margin": confident.adjusted_normalized_margin,
}
EVERY: dict[str, Score] = {
    **{rule: partial(confident.confident_learning, flag=rule) for rule in get_args(Rule)},
    **ADJUSTED,
    "confidence_weighted_entropy": confident.confidence_weighted_entropy,
}


def problem(seed: int = 0, num_classes: int = 5) -> tuple[Posteriors, LabelCounts]:
    probs, label = noisy(400, num_classes, seed)
    return Posteriors.single(probs), LabelCounts.from_labels(label, num_classes)


@pytest.mark.parametrize("rule", get_args(Rule))
@pytest.mark.parametrize("rank_by", get_args(RankBy))
@pytest.mark.parametrize("seed", range(5))
def test_the_flagged_come_first_and_in_cleanlabs_order(rule: Rule, rank_by: RankBy, seed: int) -> None:
    posteriors, counts = problem(seed)
    score = confident.confident_learning(posteriors, counts, flag=rule, rank_by=rank_by)
    theirs = find_label_issues(
        counts.majority, posteriors.mean, filter_by=rule, return_indices_ranked_by=rank_by, n_jobs=1
    )
    order = np.argsort(-score, kind="stable")
    assert 20 < len(theirs) < 380
    np.testing.assert_array_equal(order[: len(theirs)], theirs)
    rest = order[len(theirs) :]
    quality = get_label_quality_scores(counts.majority, posteriors.mean, method=rank_by)
    assert (np.diff(quality[rest]) >= 0).all()
    assert score[theirs].min() >= 1 >= score[rest].max()


@pytest.mark.parametrize("method", ADJUSTED)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_adjusted_scores_are_cleanlabs(method: str, dtype: type) -> None:
    posteriors, counts = problem(1)
    posteriors = Posteriors.single(posteriors.mean.astype(dtype))
    theirs = get_label_quality_scores(counts.majority, posteriors.mean, method=method, adjust_pred_probs=True)
    np.testing.assert_allclose(ADJUSTED[method](posteriors, counts), 1 - theirs, atol=1e-6)
    assert np.ptp(theirs) > 0.1


def test_adjusted_by_hand() -> None:
    """Thresholds .8 and .4: .4 is added to class 1, so a row sums to 1.4."""
    posteriors = Posteriors.single(np.array([[0.8, 0.2], [0.6, 0.4]]))
    counts = LabelCounts.from_labels(np.array([0, 1]), 2)
    np.testing.assert_allclose(
        confident.adjusted_self_confidence(posteriors, counts), [1 - 0.8 / 1.4, 1 - 0.8 / 1.4], rtol=1e-12
    )
    np.testing.assert_allclose(
        confident.adjusted_normalized_margin(posteriors, counts), [(0.6 - 0.8 + 1.4) / 2.8, (0.6 - 0.8 + 1.4) / 2.8]
    )


def test_confidence_weighted_entropy_is_cleanlabs() -> None:
    posteriors, counts = problem(2)
    theirs = get_label_quality_scores(
        counts.majority, posteriors.mean, method="confidence_weighted_entropy", adjust_pred_probs=False
    )
    np.testing.assert_allclose(confident.confidence_weighted_entropy(posteriors, counts), 1 - theirs, atol=1e-12)


def test_confidence_weighted_entropy_of_certain_posteriors_ranks_what_they_contradict_first() -> None:
    """cleanlab's falls to 0, the worst quality, for the surest right labels."""
    posteriors = Posteriors.single(np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.4]]))
    counts = LabelCounts.from_labels(np.array([0, 0, 0]), 2)
    right, wrong, unsure = confident.confidence_weighted_entropy(posteriors, counts)
    assert right < 1e-6
    assert wrong > 0.3
    assert unsure > right
    theirs = get_label_quality_scores(counts.majority, posteriors.mean, method="confidence_weighted_entropy")
    assert theirs[0] == 0


def one_hot() -> tuple[Posteriors, LabelCounts, np.ndarray]:
    _, label = noisy(300, 3, 5)
    contradicted = np.arange(300) % 4 == 0
    probs: FloatArray = np.eye(3)[np.where(contradicted, (label + 1) % 3, label)]
    return Posteriors.single(probs), LabelCounts.from_labels(label, 3), contradicted


@pytest.mark.parametrize("name", EVERY)
def test_one_hot_posteriors_rank_what_they_contradict_first(name: str) -> None:
    posteriors, counts, contradicted = one_hot()
    score = EVERY[name](posteriors, counts)
    assert score[contradicted].min() > score[~contradicted].max()


def test_uncalibrated_posteriors_leave_the_flagged_order_as_it_is_by_temperature() -> None:
    """Thresholds are means of the same sharpened probabilities: twice too sure, much the same set is flagged."""
    posteriors, counts = problem(3)
    sharp = posteriors.mean**3
    sharper = Posteriors.single(sharp / sharp.sum(axis=1, keepdims=True))
    calm, sure = (
        confident.confident_learning(each, counts, flag="prune_by_noise_rate") > 1 for each in (posteriors, sharper)
    )
    assert (calm & sure).sum() > 0.9 * max(calm.sum(), sure.sum())


@pytest.mark.parametrize("protocol", ["in_sample", "mc_dropout", "ensemble"])
def test_posteriors_that_saw_the_labels_are_refused(protocol: PosteriorProtocol) -> None:
    posteriors, counts = problem()
    seen = Posteriors.single(posteriors.mean, protocol=protocol)
    with pytest.raises(InputError, match=rf"had not seen the labels, and these are {protocol}.*posteriors=cross_fit"):
        confident.confident_learning(seen, counts, flag="both")
    unseen = Posteriors.single(posteriors.mean, protocol="cross_fit")
    assert len(confident.confident_learning(unseen, counts, flag="both")) == 400
    assert len(confident.adjusted_self_confidence(seen, counts)) == 400


def test_it_is_known_beforehand_who_refuses() -> None:
    assert needs_out_of_sample(Selector(EVERY["both"]))
    assert not needs_out_of_sample(Selector(self_confidence))


@pytest.mark.parametrize("name", EVERY)
def test_one_class_and_other_samples_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="one class"):
        EVERY[name](Posteriors.single(np.ones((3, 1))), LabelCounts(np.ones((3, 1), dtype=int)))
    with pytest.raises(InputError, match="400 samples and 5 classes"):
        EVERY[name](problem()[0], LabelCounts.from_labels(np.zeros(399, dtype=int), 5))


def test_settings_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="flag is 'no'"):
        confident.confident_learning(*problem(), flag="no")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"rank_by is 'self_confidenc'.*Did you mean 'self_confidence'"):
        confident.confident_learning(*problem(), flag="both", rank_by="self_confidenc")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", EVERY)
def test_votes_count_by_their_majority_and_inputs_stay(name: str) -> None:
    posteriors, counts = problem()
    votes = LabelCounts(3 * counts.counts + 1)
    before = posteriors.probs.copy()
    np.testing.assert_array_equal(EVERY[name](posteriors, votes), EVERY[name](posteriors, counts))
    np.testing.assert_array_equal(posteriors.probs, before)
