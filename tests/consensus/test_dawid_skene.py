"""Dawid-Skene against crowd-kit called directly, and against the formula written out."""

from typing import Any

import numpy as np
import pytest

from alc.annotations import Annotations
from alc.arrays import FloatArray
from alc.consensus.crowd_kit import vote_frame
from alc.consensus.dawid_skene import DawidSkene
from tests.oracles.synthetic_votes import one_coin_confusion, synthetic_votes

CROWD = synthetic_votes(np.random.default_rng(5), 150, one_coin_confusion(np.linspace(0.4, 0.95, 5), 3))


@pytest.mark.parametrize("one_coin", [False, True])
@pytest.mark.filterwarnings("ignore")
def test_it_is_crowd_kits(one_coin: bool) -> None:
    from crowdkit.aggregation import DawidSkene as Theirs
    from crowdkit.aggregation import OneCoinDawidSkene

    theirs: Any = (OneCoinDawidSkene if one_coin else Theirs)(n_iter=12, tol=1e-4).fit(vote_frame(CROWD.annotations))
    belief = DawidSkene(one_coin=one_coin, iterations=12, tolerance=1e-4).fuse(CROWD.annotations, len(CROWD), 3)
    np.testing.assert_allclose(belief.distribution, theirs.probas_.loc[range(150), [0, 1, 2]], atol=1e-9)
    np.testing.assert_array_equal(belief.label, theirs.labels_.loc[range(150)])


def plain_dawid_skene(log: Annotations, num_samples: int, num_classes: int, steps: int) -> FloatArray:
    """Expectation maximisation written out vote by vote."""
    belief = log.counts(num_samples, num_classes).distribution
    for _ in range(steps):
        prior = belief.mean(axis=0)
        error = np.full((log.annotator.max() + 1, num_classes, num_classes), 1e-10)  # [annotator, true, said]
        for n, a, k in zip(log.sample, log.annotator, log.label, strict=True):
            error[a, :, k] += belief[n]
        error /= error.sum(axis=2, keepdims=True)
        logs = np.tile(np.log(prior), (num_samples, 1))
        for n, a, k in zip(log.sample, log.annotator, log.label, strict=True):
            logs[n] += np.log(error[a, :, k])
        belief = np.exp(logs - logs.max(axis=1, keepdims=True))
        belief /= belief.sum(axis=1, keepdims=True)
    return belief


def test_it_is_the_formula() -> None:
    belief = DawidSkene(iterations=4, tolerance=0.0).fuse(CROWD.annotations, len(CROWD), 3)
    np.testing.assert_allclose(belief.distribution, plain_dawid_skene(CROWD.annotations, len(CROWD), 3, 4), atol=1e-6)


def test_a_vote_of_somebody_who_named_one_class_only_says_nothing() -> None:
    """Its likelihood is 1 whatever the truth, which leaves the prior; the one-coin model does hear it."""
    log = CROWD.annotations.extended(Annotations(np.array([150]), np.array([9]), np.array([2])))
    full = DawidSkene(iterations=1).fuse(log, 151, 3)
    np.testing.assert_allclose(full.distribution[150], log.counts(151, 3).distribution.mean(axis=0), atol=1e-9)
    assert DawidSkene(one_coin=True, iterations=1).fuse(log, 151, 3).distribution[150, 2] > 0.99


def test_where_votes_are_many_it_is_nearly_the_exact_belief() -> None:
    crowd = synthetic_votes(
        np.random.default_rng(6), 1500, one_coin_confusion(np.full(5, 0.75), 3), votes_per_sample=5, concentration=50.0
    )
    belief = DawidSkene(one_coin=True, iterations=15).fuse(crowd.annotations, len(crowd), 3)
    assert abs(belief.confidence.mean() - (belief.label == crowd.truth).mean()) < 0.03
    assert np.abs(belief.distribution - crowd.exact).mean() < 0.03
