"""GLAD against crowd-kit called directly."""

from typing import Any

import numpy as np
import pytest

from alc.annotations import Annotations
from alc.consensus.crowd_kit import vote_frame
from alc.consensus.glad import Glad
from tests.oracles.synthetic_votes import one_coin_confusion, synthetic_votes

CROWD = synthetic_votes(np.random.default_rng(7), 120, one_coin_confusion(np.linspace(0.4, 0.95, 5), 3))


@pytest.mark.filterwarnings("ignore")
def test_it_is_crowd_kits() -> None:
    from crowdkit.aggregation import GLAD

    theirs: Any = GLAD(n_iter=3, tol=1e-5).fit_predict_proba(vote_frame(CROWD.annotations))
    belief = Glad(iterations=3).fuse(CROWD.annotations, len(CROWD), 3)
    assert set(theirs.columns) == {0, 1, 2}  # all classes are voted for, so the priors are the same
    np.testing.assert_allclose(belief.distribution, theirs.loc[range(120), [0, 1, 2]], atol=1e-6)


def test_classes_nobody_voted_for_share_what_wrong_answers_leave() -> None:
    belief = Glad(iterations=3).fuse(CROWD.annotations, len(CROWD), 6)
    unnamed = belief.distribution[:, 3:]
    assert (unnamed > 0).all()
    np.testing.assert_allclose(unnamed, unnamed[:, :1].repeat(3, axis=1))


def test_a_contradicted_annotator_loses_against_a_confirmed_one() -> None:
    """Annotator 0 is always confirmed by a third, annotator 1 never; where the two are alone, 0 is believed."""
    sample = np.repeat(np.arange(21), 3)
    annotator = np.tile([0, 1, 2], 21)
    label = np.tile([0, 1, 0], 21)
    log = Annotations(sample, annotator, label)
    alone = Annotations(np.array([21, 21]), np.array([0, 1]), np.array([1, 0]))
    belief = Glad(iterations=5).fuse(log.extended(alone), 22, 2)
    assert belief.label[21] == 1
    assert belief.confidence[21] > 0.7
