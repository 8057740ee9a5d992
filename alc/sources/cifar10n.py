"""CIFAR-10N: the CIFAR-10 train images with labels by three paid annotators each."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from alc.annotations import Annotations
from alc.arrays import IntArray
from alc.errors import InputError, did_you_mean
from alc.samples import SampleTable
from alc.seeding import stream
from alc.sources.cifar10 import image_note
from alc.sources.cifar10_files import CLASS_NAMES, find_cifar10
from alc.sources.cifar10n_files import BatchOrder, find_labels, find_workers, read_labels, read_workers
from alc.sources.dataset import ImageDataset, one_hot
from alc.sources.inputs import file_digests
from alc.sources.split import random_subset
from alc.sources.tracks import check_track, further_rows

__all__ = ["Cifar10NSource", "NoisyLabels", "NoisyTrack"]

NoisyTrack = Literal["subset", "plus_train"]
"""Which images a training may learn from: those of the subset, or other train images without labels besides."""

NoisyLabels = Literal["worse", "aggregate", "random1", "random2", "random3"]
FIELD: dict[NoisyLabels, str] = {
    "worse": "worse_label",
    "aggregate": "aggre_label",
    "random1": "random_label1",
    "random2": "random_label2",
    "random3": "random_label3",
}


@dataclass(frozen=True)
class Cifar10NSource:
    """CIFAR-10N (Wei et al. 2022, ICLR): real human label noise on CIFAR-10's 50,000 train images.

    The reference label is CIFAR-10's own.  Simulated annotators answer from the fractions of an image's three votes,
    the only humans asked.  Where two of the three erred alike, the annotators mostly err too, so that even the oracle
    ends near 91 % (the aggregate has 9.03 % wrong); ``clean_votes`` adds a better annotator.

    Which worker gave which label is in a second file, in batches of ten images, and it is not certain which: row b is
    taken for the images 10 b to 10 b + 9 (``file``, as in TensorFlow Datasets) or for ``image_order[10 b : 10 b + 10]``
    (``image_order``, the order of the authors' other label file).  In neither do the labels of one worker resemble each
    other more than those of different workers, so no order is the default: then the annotators are the three slots.

    Attributes:
        root: Folder with CIFAR-10 (see ``cifar10``) and ``CIFAR-10_human.pt``.
        labels: The noisy labels; ``worse`` is a wrong vote wherever there is one, ``aggregate`` the majority.
        batch_order: How batches are read to give ``annotations`` worker ids (the published id plus 1); None for slots.
        clean_votes: Votes for CIFAR-10's own label beside the three, 0 or more.
        subset: Random subset of the train images, by the split seed; None for all.
        test_subset: Random subset of the 10,000 clean test images; None for all.
        track: Which images there are to learn from.
        unlabelled: So many train images without labels, at random by the split seed; None for all outside the subset.
        download: Fetch CIFAR-10 (not the labels) when ``root`` holds no copy.
    """

    root: str
    labels: NoisyLabels = "worse"
    batch_order: BatchOrder | None = None
    clean_votes: int = 0
    subset: int | None = None
    test_subset: int | None = None
    track: NoisyTrack = "subset"
    unlabelled: int | None = None
    download: bool = False

    def __post_init__(self) -> None:
        check_track(self.track, get_args(NoisyTrack), self.unlabelled)
        _check_word("data.labels", self.labels, get_args(NoisyLabels))
        if self.batch_order is not None:
            _check_word("data.batch_order", self.batch_order, get_args(BatchOrder))
        if isinstance(self.clean_votes, bool) or not isinstance(self.clean_votes, int) or self.clean_votes < 0:
            raise InputError(f"data.clean_votes is {self.clean_votes!r}", allowed="a whole number of 0 or more")

    def load(self, split_seed: int) -> ImageDataset:
        """``sample_id`` is the image's number in the CIFAR-10 train set."""
        files, path = find_cifar10(self.root, download=self.download), find_labels(self.root)
        train, test, human = files.read("train"), files.read("test"), read_labels(path)
        clean = human["clean_label"]
        if not np.array_equal(clean, train.labels):
            same = (
                f"{(clean == train.labels).mean():.0%} agree" if len(clean) == len(train.labels) else "another number"
            )
            raise InputError(
                f"{path}: its {len(clean)} clean labels are not those of the {len(train.labels)} CIFAR-10 train images "
                f"below {self.root!r} ({same})",
                allowed="CIFAR-10 train images in their original order",
            )
        workers = find_workers(self.root, self.batch_order)
        annotator = read_workers(workers, len(clean)) if workers else np.tile(np.arange(3), (len(clean), 1))
        rows = random_subset(len(clean), self.subset, stream(split_seed, "subset"), "data.subset")
        votes = np.stack([human[f"random_label{slot}"] for slot in (1, 2, 3)], axis=1)[rows]
        test_rows = random_subset(
            len(test.labels), self.test_subset, stream(split_seed, "test_subset"), "data.test_subset"
        )
        further = None
        if self.track == "plus_train":
            further = train.images(further_rows(self._others(rows, len(clean)), self.unlabelled, split_seed))
        given, images = human[FIELD[self.labels]][rows], train.images(rows)
        counts = sum((one_hot(vote, 10) for vote in votes.T), self.clean_votes * one_hot(clean[rows], 10))
        return ImageDataset(
            name="cifar10n",
            images=images,
            samples=SampleTable(rows, CLASS_NAMES, given=given, reference=clean[rows]),
            distribution=counts / (3 + self.clean_votes),
            test_images=test.images(test_rows),
            test_labels=test.labels[test_rows],
            annotations=_annotations(votes, annotator[rows]),
            ids_fix="" if workers else "Type data.batch_order=file or image_order",
            description=f"CIFAR-10N, {self.labels} labels: {len(rows)} CIFAR-10 train images, reference = CIFAR-10's "
            f"own label, annotators answer like the three people asked{self._better()}"
            + (f"; {len(further)} further train images without labels." if further is not None else ".")
            + image_note(images),
            unlabelled=further,
            track=self.track,
        )

    @staticmethod
    def _others(rows: IntArray, number: int) -> IntArray:
        others = np.setdiff1d(np.arange(number), rows)
        if not len(others):
            raise InputError(
                "data.track is plus_train and data.subset null: there is no train image outside the subset",
                fix="Type e.g. data.subset=10000, or data.track=subset",
            )
        return others

    def _better(self) -> str:
        return f" and {self.clean_votes} who know the reference" if self.clean_votes else ""

    def digests(self) -> dict[str, str]:
        """The label file, the files of the workers where they are read, and the CIFAR-10 files."""
        own = [find_labels(self.root), *find_workers(self.root, self.batch_order)]
        return file_digests([*own, *find_cifar10(self.root, download=self.download).paths()])

    def image_digests(self) -> dict[str, str]:
        """The CIFAR-10 files."""
        return file_digests(find_cifar10(self.root, download=self.download).paths())


def _annotations(votes: IntArray, annotator: IntArray) -> Annotations:
    """The log of three votes per row; ids begin with 1, as 0 is the label the data came with."""
    return Annotations(np.repeat(np.arange(len(votes)), votes.shape[1]), annotator.ravel() + 1, votes.ravel())


def _check_word(key: str, value: object, words: tuple[str, ...]) -> None:
    if value not in words:
        raise InputError(f"{key} is {value!r}", allowed=", ".join(words), fix=did_you_mean(str(value), words))
