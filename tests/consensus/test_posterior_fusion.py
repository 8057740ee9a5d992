"""Posterior fusion: what it believes, what it refuses, and that it keeps its promise on independent votes."""

import numpy as np
import pytest

from alc.annotations import Annotations
from alc.arrays import FloatArray, IntArray
from alc.consensus.posterior_fusion import PosteriorFusion, votes_of
from alc.consensus.vote_law_fit import Votes
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.posteriors import PosteriorProtocol, Posteriors

NOBODY = np.empty(0, dtype=np.int64)


def posteriors(probs: FloatArray, protocol: PosteriorProtocol = "cross_fit") -> Posteriors:
    return Posteriors(probs[None], np.arange(len(probs)), protocol)


def independent(
    rng: np.random.Generator, num_samples: int, reliability: float
) -> tuple[FloatArray, IntArray, IntArray]:
    """Calibrated posteriors, the truth drawn from them, and a table of 8 answers that are independent given it."""
    probs = rng.dirichlet(np.full(4, 0.3), size=num_samples)
    truth = (probs.cumsum(axis=1) < rng.random((num_samples, 1))).sum(axis=1).clip(max=3)
    other = (truth[:, None] + rng.integers(1, 4, size=(num_samples, 8))) % 4
    return probs, truth, np.where(rng.random((num_samples, 8)) < reliability, truth[:, None], other)


def test_two_witnesses_by_hand() -> None:
    """With both levels alike and wrong votes spread evenly it is Bayes' rule for three independent witnesses."""
    fusion = PosteriorFusion(
        temperature=1.0,
        reliability=(0.8, 0.8),
        given_reliability=(0.6, 0.6),
        spread=1 - 1e-9,
        floor=1e-9,
        estimate="fixed",
    )
    state = fusion.state(posteriors(np.array([[0.7, 0.3]])), Votes(np.array([1]), np.array([0]), np.array([1])))
    first, second = 0.7 * 0.4 * 0.2, 0.3 * 0.6 * 0.8
    assert state.belief[0, 1] == pytest.approx(second / (first + second), abs=1e-6)


@pytest.mark.parametrize("protocol", ["in_sample", "mc_dropout", "ensemble"])
def test_posteriors_that_saw_the_votes_are_refused(protocol: PosteriorProtocol) -> None:
    given = np.array([0, 1])
    seen = posteriors(np.array([[0.9, 0.1], [0.2, 0.8]]), protocol)
    with pytest.raises(InputError, match="posteriors=cross_fit"):
        PosteriorFusion().fuse(Annotations.initial(given), 2, 2, seen)
    with pytest.raises(InputError, match="posteriors=cross_fit"):
        PosteriorFusion().fuse_counts(seen, LabelCounts.from_labels(given, 2))


def test_nobody_is_fused_without_a_model_or_with_one_class() -> None:
    with pytest.raises(InputError, match="posteriors=cross_fit"):
        PosteriorFusion().fuse(Annotations.initial(np.array([0])), 1, 2)
    with pytest.raises(InputError, match="one class"):
        PosteriorFusion().fuse(Annotations.initial(np.array([0])), 1, 1, posteriors(np.array([[1.0]])))


@pytest.mark.parametrize(
    "wrong",
    [
        {"floor": 0.0},
        {"spread": 1.0},
        {"temperature": 0.0},
        {"estimate": "guess"},
        {"reliability": (0.9,)},
        {"given_reliability": (0.9, 1.0)},
    ],
)
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        PosteriorFusion(**wrong)  # type: ignore[arg-type]


def test_one_hot_posteriors_do_not_make_it_certain() -> None:
    """A model that is certain and right 70 % of the time, and labels right 80 % of the time."""
    rng = np.random.default_rng(1)
    truth = rng.integers(5, size=4000)
    guess = np.where(rng.random(4000) < 0.7, truth, rng.integers(5, size=4000))
    given = np.where(rng.random(4000) < 0.8, truth, rng.integers(5, size=4000))
    state = PosteriorFusion().state(posteriors(np.eye(5)[guess]), Votes(given, NOBODY, NOBODY))
    differ = guess != given
    assert state.confidence[differ].max() < 0.95
    assert state.confidence.max() < 0.995
    # One label each can not tell a good model from good labels; a few answers can.
    row = rng.choice(4000, 300, replace=False)
    answer = np.where(rng.random(300) < 0.95, truth[row], rng.integers(5, size=300))
    known = PosteriorFusion().state(posteriors(np.eye(5)[guess]), Votes(given, row, answer))
    assert known.confidence.mean() == pytest.approx((known.label == truth).mean(), abs=0.05)


def test_uniform_posteriors_leave_the_labels_alone() -> None:
    given = np.arange(40) % 4
    state = PosteriorFusion().state(posteriors(np.full((40, 4), 0.25)), Votes(given, NOBODY, NOBODY))
    assert state.label.tolist() == given.tolist()


def test_the_error_stays_below_the_promise_on_independent_votes() -> None:
    rng = np.random.default_rng(5)
    probs, truth, answers = independent(rng, 4000, 0.85)
    given = np.where(rng.random(4000) < 0.8, truth, (truth + rng.integers(1, 4, size=4000)) % 4)
    row, answer = np.repeat(np.arange(4000), 3), answers[:, :3].ravel()
    state = PosteriorFusion().state(posteriors(probs), Votes(given, row, answer))
    for promised in (0.01, 0.03, 0.1):
        settled = state.confidence >= 1 - promised
        assert settled.sum() > 500
        realised = (state.label != truth)[settled].mean()
        assert realised <= promised


def test_classes_nobody_votes_for_stay_possible() -> None:
    probs = np.tile([0.1, 0.1, 0.8], (60, 1))
    given = np.zeros(60, dtype=np.int64)
    belief = PosteriorFusion().fuse(Annotations.initial(given), 60, 3, posteriors(probs))
    assert np.isfinite(belief.distribution).all()
    assert (belief.distribution > 0).all()


def test_counts_and_annotations_agree() -> None:
    rng = np.random.default_rng(2)
    probs = rng.dirichlet(np.ones(3), size=30)
    given = rng.integers(3, size=30)
    extra = Annotations(np.array([4, 4, 7]), np.array([1, 2, 1]), np.array([given[4], (given[4] + 1) % 3, given[7]]))
    votes = Annotations.initial(given).extended(extra)
    fusion = PosteriorFusion(estimate="fixed")
    belief = fusion.fuse(votes, 30, 3, posteriors(probs))
    counted = fusion.fuse_counts(posteriors(probs), votes.counts(30, 3))
    assert counted == pytest.approx(belief.distribution)


def test_votes_of_annotations() -> None:
    votes = votes_of(Annotations(np.array([1, 0, 1, 0]), np.array([3, 2, 0, 0]), np.array([2, 1, 0, 0])), 2)
    assert votes.given.tolist() == [0, 0]
    assert sorted(zip(votes.row.tolist(), votes.answer.tolist(), strict=True)) == [(0, 1), (1, 2)]
    with pytest.raises(InputError, match="row 1"):
        votes_of(Annotations.initial(np.array([0])), 2)
