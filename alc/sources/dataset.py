"""What every source gives: images, their samples, what annotators would say, and a clean test set if there is one."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from alc.annotations import Annotations
from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.labels import check_label_distribution, check_labels
from alc.samples import SampleTable
from alc.sources.findings import Finding
from alc.sources.images import Images
from alc.sources.parts import JoinedImages
from alc.sources.tracks import LABELLED

__all__ = ["ImageDataset", "Source", "one_hot"]


def one_hot(labels: IntArray, num_classes: int) -> FloatArray:
    """Label distribution (N, C) of annotators who always give ``labels`` (N,).

    >>> one_hot(np.array([1, 0]), 2)
    array([[0., 1.],
           [1., 0.]])
    """
    distribution = np.zeros((len(labels), num_classes))
    distribution[np.arange(len(labels)), labels] = 1.0
    return distribution


@dataclass(frozen=True, eq=False)
class ImageDataset:
    """N images whose labels are doubted, and what is known beside them.

    Attributes:
        name: Short name of the data set.
        images: The N images, in the order of ``samples``.
        samples: Who is who: ids, labels as they came, the reference label where one is known.
        distribution: (N, C) what simulated annotators answer from, or None: then only people can be asked.
        test_images: Images with trusted labels, never noised; None where there are none.
        test_labels: Their classes.
        annotations: Who gave which label, by row, where the source tells; None elsewhere.
        ids_fix: What to type so that annotator ids are people; empty where they are, or where nothing helps.
        published: (N,) a second truth beside the reference, e.g. CIFAR-10's own label beside the human majority.
        description: One or two sentences for reports: what this is and what to bear in mind when quoting numbers.
        pool: Further images of the same kind that nobody is taken to have labelled yet; None where there are none.
        findings: Image files that were left out or converted, by path.
        unlabelled: Images that trainings may learn from without a label; never samples, and never test images.
        track: What a result is to be filed under: which images there were to learn from.  Results of different tracks
            are not to be compared as if they were of one.
    """

    name: str
    images: Images
    samples: SampleTable
    distribution: FloatArray | None = None
    test_images: Images | None = None
    test_labels: IntArray | None = None
    published: IntArray | None = None
    annotations: Annotations | None = None
    ids_fix: str = ""
    description: str = ""
    pool: "ImageDataset | None" = None
    findings: tuple[Finding, ...] = ()
    unlabelled: Images | None = None
    track: str = LABELLED

    def __post_init__(self) -> None:
        num_samples, num_classes = len(self.samples), self.num_classes
        if len(self.images) != num_samples:
            raise InputError(f"{self.name}: {len(self.images)} images for {num_samples} labels", allowed="as many")
        if self.distribution is not None:
            checked = check_label_distribution(self.distribution, f"{self.name}: label distribution")
            if checked.shape != (num_samples, num_classes):
                raise InputError(
                    f"{self.name}: label distribution has shape {checked.shape}",
                    allowed=f"{(num_samples, num_classes)}, one row per sample and one column per class",
                )
            object.__setattr__(self, "distribution", checked)
        if self.published is not None:
            published = check_labels(self.published, num_classes, f"{self.name}: published labels")
            if len(published) != num_samples:
                raise InputError(f"{self.name}: {len(published)} published labels", allowed=f"{num_samples}")
            object.__setattr__(self, "published", published)
        if self.annotations is not None and len(self.annotations):
            check_labels(self.annotations.label, num_classes, f"{self.name}: labels of annotations")
            if int(self.annotations.sample.max()) >= num_samples:
                raise InputError(
                    f"{self.name}: an annotation is of row {self.annotations.sample.max()}",
                    allowed=f"rows 0 to {num_samples - 1}",
                )
        if (self.test_images is None) != (self.test_labels is None):
            raise InputError(f"{self.name}: test images and test labels", allowed="both or neither")
        if self.test_images is not None and self.test_labels is not None:
            labels = check_labels(self.test_labels, num_classes, f"{self.name}: test labels")
            if len(labels) != len(self.test_images):
                raise InputError(f"{self.name}: {len(self.test_images)} test images for {len(labels)} test labels")
            object.__setattr__(self, "test_labels", labels)

        if self.pool is not None and np.intersect1d(self.pool.samples.sample_id, self.samples.sample_id).size:
            raise InputError(f"{self.name}: samples of the pool are among those with labels", allowed="other ids")

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def learnable(self) -> Images:
        """Images of the samples, then those without labels: what can be learned from without any label."""
        return self.images if self.unlabelled is None else JoinedImages(self.images, self.unlabelled)

    @property
    def num_classes(self) -> int:
        """C."""
        return self.samples.num_classes


class Source(Protocol):
    """A place data come from; the files of ``conf/data`` each fill one in."""

    def load(self, split_seed: int) -> ImageDataset:
        """Read and check everything; whatever is drawn (a held-out part, a subset) follows ``split_seed`` alone."""
        ...

    def digests(self) -> dict[str, str]:
        """SHA-256 of every input by file name; a folder counts by the listing of its files' names, sizes and digests.

        Empty for data that ship inside a dependency or are generated.
        """
        ...

    def image_digests(self) -> dict[str, str]:
        """SHA-256 of what decides the images and their order, labels aside where they come apart from them.

        What learns from the images alone is done again when these change, and not when somebody corrects a label.  A
        digest under a dotted key of the config stands in the place of its value.
        """
        ...
