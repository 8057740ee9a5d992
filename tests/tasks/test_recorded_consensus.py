"""Dawid-Skene, GLAD and CROWDLAB on the recorded votes of a data set, from end to end."""

import os
from dataclasses import replace

import numpy as np
import pytest

from alc.adjudication import UntilMajority
from alc.annotations import Annotations
from alc.annotators.recorded import RecordedAnnotator
from alc.consensus.consensus import Consensus
from alc.consensus.crowdlab import Crowdlab
from alc.consensus.dawid_skene import DawidSkene
from alc.consensus.glad import Glad
from alc.consensus.majority import Majority
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.samples import SampleTable
from alc.simulation.budget import Budget
from alc.simulation.simulator import simulate_order
from alc.sources.cifar10n import Cifar10NSource
from alc.sources.dataset import ImageDataset
from alc.sources.images import ArrayImages
from alc.tasks.recorded_consensus import recorded_consensus
from tests.oracles.synthetic_votes import SyntheticVotes, one_coin_confusion, synthetic_votes

CROWD = synthetic_votes(np.random.default_rng(0), 150, one_coin_confusion(np.linspace(0.45, 0.95, 8), 4))
ALL: list[Consensus] = [Majority(), DawidSkene(iterations=8), DawidSkene(one_coin=True), Glad(iterations=2), Crowdlab()]


def dataset(crowd: SyntheticVotes, ids_fix: str = "") -> ImageDataset:
    """Like CIFAR-10N: three votes an image, the first of them its label, ids that are not rows."""
    log = crowd.annotations
    ids = np.arange(len(crowd))[::-1] * 3 + 2
    names = tuple("abcd")
    return ImageDataset(
        name="crowd",
        images=ArrayImages(np.zeros((len(crowd), 2, 2, 3), dtype=np.uint8)),
        samples=SampleTable(ids, names, given=log.label[::3], reference=crowd.truth),
        annotations=Annotations(log.sample, log.annotator + 1, log.label),
        ids_fix=ids_fix,
    )


@pytest.mark.parametrize("consensus", ALL, ids=repr)
def test_each_fuses_the_recorded_votes(consensus: Consensus) -> None:
    data = dataset(CROWD)
    order = np.random.default_rng(1).permutation(len(data))  # posteriors are joined by id, not by position
    posteriors = Posteriors.single(CROWD.posteriors.mean[order], data.samples.sample_id[order], "cross_fit")
    belief = recorded_consensus(data, consensus, posteriors)
    direct = consensus.fuse(CROWD.annotations, len(CROWD), 4, CROWD.posteriors)
    np.testing.assert_allclose(belief.distribution, direct.distribution)
    assert (belief.label == CROWD.truth).mean() > (data.samples.given == CROWD.truth).mean() + 0.05


def test_votes_without_ids_of_people_are_refused_where_people_are_weighed() -> None:
    slots = dataset(CROWD, ids_fix="Type data.batch_order=file or image_order")
    for consensus in (DawidSkene(), Glad()):
        with pytest.raises(InputError, match=r"only slots.*data.batch_order=file or image_order.*consensus=majority"):
            recorded_consensus(slots, consensus)
    assert len(recorded_consensus(slots, Majority())) == 150
    assert len(recorded_consensus(slots, Crowdlab(), replace(CROWD.posteriors, sample_id=slots.samples.sample_id)))


def test_in_sample_posteriors_and_data_without_votes_are_refused() -> None:
    data = dataset(CROWD)
    in_sample = Posteriors.single(CROWD.posteriors.mean, data.samples.sample_id, "in_sample")
    with pytest.raises(InputError, match=r"posteriors=cross_fit"):
        recorded_consensus(data, Crowdlab(), in_sample)
    with pytest.raises(InputError, match=r"'crowd' has no recorded votes for DawidSkene to fuse.*data=cifar10n"):
        recorded_consensus(replace(data, annotations=None), DawidSkene())


# ---- the published data


def cifar10n(**options: object) -> ImageDataset:
    root = os.environ.get("ALC_DATA_ROOT")
    if root is None:
        pytest.fail("set ALC_DATA_ROOT to the folder with the data")
    return Cifar10NSource(root, test_subset=10, **options).load(0)  # type: ignore[arg-type]


@pytest.mark.reproduction
def test_cifar10n_by_majority_and_its_workers() -> None:
    """10,000 images, three votes each by 742 people, 40 votes each: too few for a confusion matrix each."""
    data = cifar10n(labels="random1", batch_order="image_order", subset=10_000)
    truth = data.samples.reference
    right = {
        repr(each): (recorded_consensus(data, each).label == truth).mean()
        for each in (Majority(), DawidSkene(), DawidSkene(one_coin=True))
    }
    assert right[repr(Majority())] == pytest.approx(0.910, abs=0.002)
    assert right[repr(DawidSkene(one_coin=True))] == pytest.approx(0.910, abs=0.003)
    assert right[repr(DawidSkene())] == pytest.approx(0.885, abs=0.005)


@pytest.mark.reproduction
def test_cifar10n_replayed_leaves_wrong_labels_nobody_is_left_to_correct() -> None:
    data = cifar10n(labels="random1")
    initial = LabelCounts.from_labels(data.samples.given, 10)
    assert data.distribution is not None
    annotator = RecordedAnnotator(
        data.distribution, data.samples.sample_id, 0, annotations=data.annotations, initial=data.samples.given
    )
    trajectory = simulate_order(
        np.arange(50_000),
        initial,
        annotator,
        budget=200_000,
        rule=Budget(annotations=200_000),
        adjudication=UntilMajority(),
    )
    assert trajectory.is_exhausted
    assert trajectory.num_requests == 50_000
    wrong = np.flatnonzero(data.samples.given != data.samples.reference)
    share = np.isin(wrong, trajectory.unresolved).mean()
    assert share == pytest.approx(0.240, abs=0.002)
    assert (trajectory.final_labels() == data.samples.reference).mean() == pytest.approx(0.913, abs=0.002)
