"""ActiveLab against cleanlab: annotators with ids, annotators that are all alike, and one vote each."""

import numpy as np
import pytest
from cleanlab.multiannotator import get_active_learning_scores

from alc.annotations import Annotations
from alc.arrays import FloatArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection.activelab import activelab, activelab_of_annotators
from alc.selection.scores import self_confidence
from tests.selection.test_temperature import mended, voted

__all__ = ["mended"]


def logged(votes: FloatArray) -> Annotations:
    row, who = np.nonzero(np.isfinite(votes))
    return Annotations(row, 3 * who + 1, votes[row, who].astype(int))


@pytest.mark.usefixtures("mended")
@pytest.mark.filterwarnings("ignore:breaking ties")
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("num_classes", [2, 5])
def test_annotators_with_ids_are_cleanlabs(seed: int, num_classes: int) -> None:
    probs, votes, _ = voted(120, num_classes, seed)
    theirs, _ = get_active_learning_scores(votes, probs)
    ours = activelab_of_annotators(Posteriors.single(probs), logged(votes))
    np.testing.assert_allclose(ours, 1 - theirs, atol=1e-10)
    assert np.ptp(theirs) > 0.1


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("seed", range(5))
def test_votes_of_nobody_in_particular_are_cleanlabs_where_annotators_are_alike(seed: int) -> None:
    """Every row five times, its votes handed on by one annotator each time: all agree with the others equally often."""
    probs, votes, counts = voted(60, 4, seed)
    turned = np.concatenate([np.roll(votes, turn, axis=1) for turn in range(5)])
    theirs, _ = get_active_learning_scores(turned, np.tile(probs, (5, 1)))
    ours = activelab(Posteriors.single(probs), LabelCounts(counts))
    np.testing.assert_allclose(np.tile(ours, 5), 1 - theirs, atol=1e-10)


def test_one_vote_each_is_cleanlabs_and_orders_as_self_confidence() -> None:
    probs, votes, _ = voted(100, 4, 0)
    label = votes[:, 0].astype(int)
    posteriors, counts = Posteriors.single(probs), LabelCounts.from_labels(label, 4)
    theirs, _ = get_active_learning_scores(votes[:, :1], probs)
    ours = activelab(posteriors, counts)
    np.testing.assert_allclose(ours, 1 - theirs, atol=1e-12)
    np.testing.assert_array_equal(np.argsort(ours), np.argsort(self_confidence(posteriors, counts)))
    np.testing.assert_array_equal(ours, activelab(posteriors, LabelCounts(counts.counts)))
    np.testing.assert_array_equal(ours, activelab_of_annotators(posteriors, Annotations.initial(label)))


def test_by_hand() -> None:
    """One vote each of two classes: q is .9 and .4, all weights are 1."""
    posteriors = Posteriors.single(np.array([[0.9, 0.1], [0.6, 0.4]]))
    score = activelab(posteriors, LabelCounts.from_labels(np.array([0, 1]), 2))
    np.testing.assert_allclose(score, [1 - (2 * 0.9 + 0.5) / 3, 1 - (2 * 0.4 + 0.5) / 3])


def test_agreeing_votes_settle_and_disagreeing_ones_do_not() -> None:
    probs, _, _ = voted(200, 3, 1)
    label = probs.argmax(axis=1)
    counts = np.eye(3, dtype=int)[label] * 2
    counts[0] = [4, 4, 0]
    counts[1] = np.eye(3, dtype=int)[label[1]]
    score = activelab(Posteriors.single(probs), LabelCounts(counts))
    assert score[0] == score.max()
    assert score[1] > np.median(score[2:])


def test_somebody_who_shares_no_sample_gets_the_mean_weight() -> None:
    probs, votes, _ = voted(80, 3, 2)
    lonely = np.full((80, 6), np.nan)
    lonely[:, :5] = votes
    lonely[:5, :5] = np.nan
    lonely[:5, 5] = 1
    assert np.isfinite(activelab_of_annotators(Posteriors.single(probs), logged(lonely))).all()


def test_contradictory_one_hot_posteriors_leave_finite_scores() -> None:
    """The model names another class than all votes: its weight falls to nearly nothing and the votes decide."""
    label = np.arange(60) % 3
    posteriors = Posteriors.single(np.eye(3)[(label + 1) % 3])
    counts = np.eye(3, dtype=int)[label] * 3
    counts[0] += np.eye(3, dtype=int)[(label[0] + 1) % 3]
    score = activelab(posteriors, LabelCounts(counts))
    assert np.isfinite(score).all()
    assert score[0] == score.max()


def test_votes_of_one_class_only() -> None:
    probs, _, _ = voted(30, 3, 4)
    counts = np.zeros((30, 3), dtype=int)
    counts[:, 1] = 1 + np.arange(30) % 3
    score = activelab(Posteriors.single(probs), LabelCounts(counts))
    assert np.isfinite(score).all()


def test_in_sample_posteriors_are_refused() -> None:
    probs, votes, counts = voted(30, 3, 5)
    seen = Posteriors.single(probs, protocol="in_sample")
    with pytest.raises(InputError, match=r"activelab needs posteriors of models.*in_sample.*posteriors=cross_fit"):
        activelab(seen, LabelCounts(counts))
    with pytest.raises(InputError, match="posteriors=cross_fit"):
        activelab_of_annotators(seen, logged(votes))


def test_one_class_is_refused() -> None:
    with pytest.raises(InputError, match="one class"):
        activelab(Posteriors.single(np.ones((3, 1))), LabelCounts(np.full((3, 1), 2)))
