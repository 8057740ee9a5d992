"""The paper's CIFAR-10H benchmark: 5,000 images, all ambiguous ones among them, in the released code's order."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from alc.arrays import IntArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.sources.cifar10h import cifar10h_dataset, cifar10h_digests, find_counts, read_counts
from alc.sources.dataset import ImageDataset
from alc.sources.tracks import check_track

__all__ = ["Cifar10HPaperSource", "PaperTrack", "paper_subset"]

PaperTrack = Literal["paper", "plus_test", "plus_train"]


@dataclass(frozen=True)
class Cifar10HPaperSource:
    """CIFAR-10H as the paper's experiments use it (Bernhardt et al. 2022, §4; the subset is in its released code only).

    Everything but the choice of images is as in ``cifar10h``.  The subset does not depend on the split seed.

    Three tracks say which images a training may learn from: ``paper``, the subset alone; ``plus_test``, the other
    CIFAR-10 test images without labels besides; ``plus_train``, the train images without labels as well.  The clean
    test set are train images, so ``plus_train`` needs ``test_subset`` to have one: those images stay out of training.

    Attributes:
        root: Folder with CIFAR-10 (see ``cifar10``) and ``cifar10h-counts.npy``.
        samples: How many images; 5,000 in every configuration of the paper.
        subset_seed: Seed of the choice and of its order; 1234 in the released code.
        test_subset: Random subset of the 50,000 clean images, by the split seed; None for all.
        track: Which images there are to learn from.
        unlabelled: So many of those without labels, at random by the split seed; None for all.
        download: Fetch what is missing, checksummed.
    """

    root: str
    samples: int = 5000
    subset_seed: int = 1234
    test_subset: int | None = None
    track: PaperTrack = "paper"
    unlabelled: int | None = None
    download: bool = False

    def __post_init__(self) -> None:
        check_track(self.track, get_args(PaperTrack), self.unlabelled)

    def load(self, split_seed: int) -> ImageDataset:
        """``sample_id`` is the image's number in the CIFAR-10 test set, in the released order."""
        counts = read_counts(find_counts(self.root, download=self.download))
        return cifar10h_dataset(
            "cifar10h_paper",
            self.root,
            counts,
            paper_subset(counts, self.samples, self.subset_seed),
            split_seed,
            test_subset=self.test_subset,
            download=self.download,
            track=self.track,
            unlabelled=self.unlabelled,
        )

    def digests(self) -> dict[str, str]:
        """The counts file and the CIFAR-10 files."""
        return cifar10h_digests(self.root, download=self.download)

    def image_digests(self) -> dict[str, str]:
        """The same: the counts decide which images are taken."""
        return self.digests()


def paper_subset(counts: LabelCounts, samples: int, seed: int) -> IntArray:
    """Rows of the subset: every ambiguous image, filled up at random from the others, then shuffled.

    Ambiguous means a normalised entropy above 0.30 (454 images).  The fill is drawn without replacement from the
    remaining rows in ascending order, and the same legacy Mersenne-Twister stream then shuffles [ambiguous, fill].
    If there are more ambiguous images than ``samples``, the first of them are taken.
    """
    if isinstance(samples, bool) or not isinstance(samples, int) or not 1 <= samples <= len(counts):
        raise InputError(f"data.samples is {samples!r}", allowed=f"1 to {len(counts)}", fix="Type data.samples=5000")
    legacy = np.random.RandomState(seed)
    ambiguous = counts.is_ambiguous()
    hard = np.flatnonzero(ambiguous)[:samples]
    fill = legacy.choice(np.flatnonzero(~ambiguous), samples - len(hard), replace=False)
    subset = np.concatenate([hard, fill])
    legacy.shuffle(subset)
    return subset
