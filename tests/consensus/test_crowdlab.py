"""CROWDLAB against cleanlab called directly, and against the formula by hand."""

from typing import Any

import numpy as np
import pytest

from alc.annotations import Annotations
from alc.consensus.crowdlab import Crowdlab, vote_table
from alc.errors import InputError
from alc.posteriors import PosteriorProtocol, Posteriors
from tests.oracles.synthetic_votes import one_coin_confusion, synthetic_votes

CROWD = synthetic_votes(
    np.random.default_rng(8), 200, one_coin_confusion(np.linspace(0.4, 0.95, 7), 4), votes_per_sample=3
)


def cleanlabs(votes: Any, probs: Any, **options: Any) -> Any:
    from cleanlab.multiannotator import get_label_quality_multiannotator

    return get_label_quality_multiannotator(votes, probs, verbose=False, **options)


@pytest.mark.parametrize("calibrate", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_label_and_quality_are_cleanlabs(seed: int, calibrate: bool) -> None:
    """Also with samples of one, two and three votes."""
    rng = np.random.default_rng(seed)
    log = CROWD.annotations
    kept = (rng.random(len(log)) < 0.7) | (np.arange(len(log)) % 3 == 0)
    log = Annotations(log.sample[kept], log.annotator[kept], log.label[kept])
    probs = CROWD.posteriors.mean
    theirs = cleanlabs(vote_table(log, len(CROWD)), probs, calibrate_probs=calibrate)["label_quality"]
    belief = Crowdlab(calibrate=calibrate).fuse(log, len(CROWD), 4, CROWD.posteriors)
    np.testing.assert_array_equal(belief.label, theirs["consensus_label"])
    np.testing.assert_allclose(belief.confidence, theirs["consensus_quality_score"], rtol=1e-9)


def test_the_other_classes_have_what_cleanlab_weighs_inside() -> None:
    from cleanlab.multiannotator import _get_consensus_stats

    votes, probs = vote_table(CROWD.annotations, len(CROWD)), CROWD.posteriors.mean
    belief = Crowdlab().fuse(CROWD.annotations, len(CROWD), 4, CROWD.posteriors)
    number = np.isfinite(votes).sum(axis=1)
    inside = _get_consensus_stats(votes, probs, number, belief.label, verbose=False)[2]
    np.testing.assert_allclose(belief.distribution, inside, rtol=1e-9)


def test_by_hand() -> None:
    """Two annotators who agree on 3 of 4 samples; a classifier that is right where they do."""
    log = Annotations(np.repeat(np.arange(4), 2), np.tile([0, 1], 4), np.array([0, 0, 1, 1, 0, 0, 0, 1]))
    probs = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]])
    belief = Crowdlab().fuse(log, 4, 2, Posteriors.single(probs, protocol="cross_fit"))
    # Consensus 0 1 0 1, the tie broken by the classifier.  Naming one class always errs on half of the samples, the
    # annotators disagree on a quarter: w_a = 1 - (1/4) / (1/2) = 1/2; the classifier never errs: w_M = sqrt(2).
    # Mean agreement with the consensus is (1 + 1 + 1 + 1/2) / 4 = 7/8.
    weight, model, agreement = 0.5, np.sqrt(2), 7 / 8
    first = (model * probs[0] + 2 * weight * np.array([agreement, 1 - agreement])) / (model + 2 * weight)
    last = (model * probs[3] + weight * np.array([1.0, 1.0])) / (model + 2 * weight)
    np.testing.assert_allclose(belief.distribution[[0, 3]], [first, last])
    assert belief.label.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("protocol", ["in_sample", "mc_dropout", "ensemble"])
def test_a_model_that_has_seen_the_votes_is_refused(protocol: PosteriorProtocol) -> None:
    posteriors = Posteriors.single(CROWD.posteriors.mean, protocol=protocol)
    with pytest.raises(InputError, match=f"{protocol} posteriors.*every vote would count twice.*posteriors=cross_fit"):
        Crowdlab().fuse(CROWD.annotations, len(CROWD), 4, posteriors)


def test_no_posteriors_and_those_of_others_are_refused() -> None:
    with pytest.raises(InputError, match=r"was given no posteriors.*posteriors=cross_fit"):
        Crowdlab().fuse(CROWD.annotations, len(CROWD), 4, None)
    other = Posteriors.single(CROWD.posteriors.mean[:-1], protocol="cross_fit")
    with pytest.raises(InputError, match="the posteriors are of 199 samples and 4 classes, the votes of 200 and 4"):
        Crowdlab().fuse(CROWD.annotations, len(CROWD), 4, other)


def test_single_votes_only_are_refused() -> None:
    posteriors = Posteriors.single(CROWD.posteriors.mean, protocol="external")
    single = Annotations(np.arange(200), np.arange(200) % 5, CROWD.truth)
    with pytest.raises(InputError, match="no sample has votes of two annotators"):
        Crowdlab().fuse(single, 200, 4, posteriors)


def test_two_votes_of_one_annotator_on_one_sample_are_refused() -> None:
    again = CROWD.annotations.extended(CROWD.annotations)
    with pytest.raises(InputError, match=r"annotator \d voted more than once on the sample in row 0"):
        Crowdlab().fuse(again, 200, 4, CROWD.posteriors)


def test_an_annotator_with_one_vote_of_its_own_has_the_mean_weight() -> None:
    """A sample of one vote by somebody who shares no sample: classifier and vote are weighed as usual."""
    log = CROWD.annotations.extended(Annotations(np.array([200]), np.array([50]), np.array([1])))
    probs = np.concatenate([CROWD.posteriors.mean, np.full((1, 4), 0.25)])
    belief = Crowdlab().fuse(log, 201, 4, Posteriors.single(probs, protocol="cross_fit"))
    assert belief.label[200] == 1
    assert 0.25 < belief.confidence[200] < 1
