"""What every consensus has in common, whatever it computes."""

import re
from typing import Any

import numpy as np
import pytest

from alc.annotations import Annotations
from alc.consensus.consensus import Belief, Consensus
from alc.consensus.crowdlab import Crowdlab
from alc.consensus.dawid_skene import DawidSkene
from alc.consensus.glad import Glad
from alc.consensus.majority import Majority
from alc.errors import InputError
from alc.posteriors import Posteriors
from tests.oracles.synthetic_votes import SyntheticVotes, one_coin_confusion, synthetic_votes

STEPS = 8
ALL: list[Consensus] = [
    Majority(),
    DawidSkene(iterations=STEPS),
    DawidSkene(one_coin=True, iterations=STEPS),
    Glad(iterations=2),
    Crowdlab(),
]
WEIGHING: list[Consensus] = [DawidSkene(), Glad()]


def name(consensus: object) -> str:
    return repr(consensus)


@pytest.fixture(scope="module")
def votes() -> SyntheticVotes:
    return synthetic_votes(np.random.default_rng(0), 80, one_coin_confusion(np.linspace(0.5, 0.95, 6), 4))


def fused(consensus: Consensus, annotations: Annotations, votes: SyntheticVotes) -> Belief:
    return consensus.fuse(annotations, len(votes), votes.num_classes, votes.posteriors)


@pytest.mark.parametrize("consensus", ALL, ids=name)
def test_a_belief_has_one_distribution_per_sample(consensus: Consensus, votes: SyntheticVotes) -> None:
    belief = fused(consensus, votes.annotations, votes)
    assert belief.distribution.shape == (80, 4)
    assert (belief.distribution >= 0).all()
    np.testing.assert_allclose(belief.distribution.sum(axis=1), 1)
    np.testing.assert_array_equal(belief.confidence, belief.distribution[np.arange(80), belief.label])
    assert len(belief) == 80


@pytest.mark.parametrize("consensus", ALL, ids=name)
def test_the_order_of_the_votes_and_the_names_of_the_annotators_do_not_matter(
    consensus: Consensus, votes: SyntheticVotes
) -> None:
    log = votes.annotations
    order = np.random.default_rng(1).permutation(len(log))
    renamed = np.array([90, 7, 55, 3, 21, 40])
    other = Annotations(log.sample[order], renamed[log.annotator[order]], log.label[order])
    belief, again = fused(consensus, log, votes), fused(consensus, other, votes)
    np.testing.assert_allclose(again.distribution, belief.distribution, atol=0.01)
    assert (again.label == belief.label).mean() > 0.99


@pytest.mark.parametrize("consensus", ALL, ids=name)
def test_permuted_samples_are_permuted_beliefs(consensus: Consensus, votes: SyntheticVotes) -> None:
    place = np.random.default_rng(2).permutation(len(votes))
    log = votes.annotations
    moved = Annotations(place[log.sample], log.annotator, log.label)
    probs = votes.posteriors.mean[np.argsort(place)]
    again = consensus.fuse(moved, len(votes), votes.num_classes, Posteriors.single(probs, protocol="cross_fit"))
    np.testing.assert_allclose(
        again.distribution[place], fused(consensus, log, votes).distribution, atol=0.01, err_msg=str(consensus)
    )


@pytest.mark.parametrize("consensus", ALL, ids=name)
def test_permuted_classes_are_permuted_beliefs(consensus: Consensus, votes: SyntheticVotes) -> None:
    place = np.array([2, 0, 3, 1])
    log = votes.annotations
    probs = votes.posteriors.mean[:, np.argsort(place)]
    again = consensus.fuse(
        Annotations(log.sample, log.annotator, place[log.label]),
        len(votes),
        votes.num_classes,
        Posteriors.single(probs, protocol="cross_fit"),
    )
    np.testing.assert_allclose(
        again.distribution[:, place], fused(consensus, log, votes).distribution, atol=0.01, err_msg=str(consensus)
    )


@pytest.mark.parametrize("consensus", ALL, ids=name)
def test_where_all_say_the_same_it_is_believed(consensus: Consensus, votes: SyntheticVotes) -> None:
    log = votes.annotations
    same = Annotations(log.sample, log.annotator, np.full(len(log), 2))
    belief = fused(consensus, same, votes)
    assert (belief.label == 2).all()
    assert belief.confidence.min() > 0.9


@pytest.mark.parametrize("consensus", ALL, ids=name)
def test_one_class_is_certain(consensus: Consensus, votes: SyntheticVotes) -> None:
    log = votes.annotations
    same = Annotations(log.sample, log.annotator, np.zeros(len(log), dtype=np.int64))
    posteriors = Posteriors.single(np.ones((len(votes), 1)), protocol="cross_fit")
    assert (consensus.fuse(same, len(votes), 1, posteriors).distribution == 1).all()


@pytest.mark.parametrize("consensus", ALL, ids=name)
def test_a_class_nobody_voted_for_is_believed_less_than_those_voted_for(
    consensus: Consensus, votes: SyntheticVotes
) -> None:
    uniform = Posteriors.single(np.full((len(votes), 6), 1 / 6), protocol="cross_fit")
    belief = consensus.fuse(votes.annotations, len(votes), 6, uniform)
    assert belief.distribution.shape == (80, 6)
    assert np.isfinite(belief.distribution).all()
    assert belief.distribution[:, 4:].max() < belief.distribution.max(axis=1).min()
    assert belief.label.max() < 4
    if isinstance(consensus, Majority | DawidSkene):
        assert (belief.distribution[:, 4:] == 0).all()


@pytest.mark.parametrize("consensus", ALL, ids=name)
def test_an_annotator_with_a_single_vote_breaks_nothing(consensus: Consensus, votes: SyntheticVotes) -> None:
    single = Annotations(np.array([5]), np.array([77]), np.array([1]))
    before = fused(consensus, votes.annotations, votes)
    belief = fused(consensus, votes.annotations.extended(single), votes)
    others = np.arange(80) != 5
    assert (belief.label == before.label)[others].mean() > 0.93
    assert np.abs(belief.distribution - before.distribution)[others].mean() < 0.05
    assert np.isfinite(belief.distribution[5]).all()


@pytest.mark.parametrize("consensus", ALL, ids=name)
def test_samples_without_votes_are_refused(consensus: Consensus, votes: SyntheticVotes) -> None:
    with pytest.raises(InputError, match=r"row 80 has no vote \(2 such rows\).*at least one vote per sample"):
        consensus.fuse(votes.annotations, 82, 4, votes.posteriors)
    nothing = np.array([], dtype=np.int64)
    with pytest.raises(InputError, match="at least one sample"):
        consensus.fuse(Annotations(nothing, nothing, nothing), 3, 4, votes.posteriors)


@pytest.mark.parametrize("consensus", ALL, ids=name)
def test_votes_of_other_classes_or_samples_are_refused(consensus: Consensus, votes: SyntheticVotes) -> None:
    with pytest.raises(InputError, match=r"annotations: label: row \d+ holds 3"):
        consensus.fuse(votes.annotations, len(votes), 3, votes.posteriors)
    with pytest.raises(InputError, match="votes on sample 79"):
        consensus.fuse(votes.annotations, 60, 4, votes.posteriors)


@pytest.mark.parametrize("consensus", WEIGHING, ids=name)
def test_without_annotator_ids_those_who_weigh_annotators_refuse(consensus: Consensus, votes: SyntheticVotes) -> None:
    labels = votes.truth
    assert consensus.needs_annotator_ids
    message = "all 80 votes carry the annotator id 0.*data.batch_order=file for CIFAR-10N.*consensus=majority"
    with pytest.raises(InputError, match=message):
        consensus.fuse(Annotations.initial(labels), len(labels), 4, None)


@pytest.mark.parametrize("consensus", WEIGHING, ids=name)
def test_a_missing_library_is_told_with_what_to_install(
    consensus: Consensus, votes: SyntheticVotes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "crowdkit", None)
    with pytest.raises(InputError, match=re.escape("pip install 'alc[crowd]'")):
        fused(consensus, votes.annotations, votes)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DawidSkene(iterations=0), "consensus.iterations=0"),
        (lambda: Glad(iterations=True), "consensus.iterations=True"),
        (lambda: Glad(tolerance=-1.0), "consensus.tolerance=-1.0"),
        (lambda: DawidSkene(tolerance=float("nan")), "consensus.tolerance=nan"),
        (lambda: DawidSkene(one_coin="yes"), "consensus.one_coin='yes'"),  # type: ignore[arg-type]
        (lambda: Crowdlab(calibrate=1), "consensus.calibrate=1"),  # type: ignore[arg-type]
        (lambda: Belief(np.array([[0.5, 0.6]])), "the belief: row 0"),
        (lambda: Belief(np.array([[0.5, 0.5]]), np.array([2])), "consensus labels: row 0 holds 2"),
    ],
)
def test_bad_settings_are_named(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_the_most_probable_class_is_the_label_unless_another_was_chosen() -> None:
    distribution = np.array([[0.3, 0.7], [0.5, 0.5]])
    assert Belief(distribution).label.tolist() == [1, 0]
    chosen = Belief(distribution, np.array([0, 1]))
    assert chosen.label.tolist() == [0, 1]
    assert chosen.confidence.tolist() == [0.3, 0.5]


def test_weighing_annotators_beats_counting_them_where_they_differ() -> None:
    """Four who guess outvote two who know; only ids can tell."""
    accuracy = np.array([0.3, 0.3, 0.3, 0.3, 0.95, 0.95])
    crowd = synthetic_votes(np.random.default_rng(3), 250, one_coin_confusion(accuracy, 4), votes_per_sample=6)
    right = {name(each): (fused(each, crowd.annotations, crowd).label == crowd.truth).mean() for each in ALL}
    for each in ALL[1:4]:
        assert right[name(each)] > right[name(Majority())] + 0.02


def test_the_synthetic_posteriors_and_the_exact_belief_are_calibrated() -> None:
    crowd = synthetic_votes(np.random.default_rng(4), 20_000, one_coin_confusion(np.array([0.5, 0.7, 0.9]), 3))
    for belief in (crowd.posteriors.mean, crowd.exact):
        confidence, right = belief.max(axis=1), belief.argmax(axis=1) == crowd.truth
        for low in (0.4, 0.6, 0.8):
            bin_ = (confidence > low) & (confidence <= low + 0.2)
            assert abs(confidence[bin_].mean() - right[bin_].mean()) < 4 * 0.5 / np.sqrt(bin_.sum())
    assert (crowd.exact.argmax(axis=1) == crowd.truth).mean() > (
        crowd.posteriors.mean.argmax(axis=1) == crowd.truth
    ).mean()
