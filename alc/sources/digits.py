"""scikit-learn's handwritten digits: the embedded default, 1,797 real 8x8 images with their true digits."""

from dataclasses import dataclass

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.samples import SampleTable
from alc.seeding import stream
from alc.sources.dataset import ImageDataset
from alc.sources.images import ArrayImages
from alc.sources.split import stratified_holdout
from alc.sources.tracks import LABELLED, PLUS_UNLABELLED, check_count, further_rows

__all__ = ["DigitsSource", "knn_confusion"]


@dataclass(frozen=True)
class DigitsSource:
    """The digits of ``sklearn.datasets.load_digits`` (UCI Optical Recognition of Handwritten Digits, its test part).

    Pixels 0..16 are scaled to 0..255.  ``test_fraction`` of every class is held out by the split seed as a clean test
    set before any noise.  The reference label is the true digit, and exact.

    *Annotators are simulated*: nobody was asked about these images.  They follow a class-confusion model
    (:func:`knn_confusion`): shown a digit i, an annotator says j with probability ``T[i, j]``, whatever the image.
    The confusions are those of a k-nearest-neighbour classifier of the pixels, the level is set: averaged over the
    samples an annotator is right with probability ``annotator_accuracy``.

    Attributes:
        test_fraction: Part of every class that becomes the clean test set.
        annotator_accuracy: Mean over the samples of the probability of the true digit.
        neighbours: k of the classifier whose confusions the annotators take over.
        unlabelled: So many of the others, at random by the split seed, are no samples but images without a label.
    """

    test_fraction: float = 0.2
    annotator_accuracy: float = 0.95
    neighbours: int = 10
    unlabelled: int = 0

    def load(self, split_seed: int) -> ImageDataset:
        """1,438 samples and 359 test images at the default fraction; ``sample_id`` is the row in ``load_digits``."""
        from sklearn.datasets import load_digits

        bunch = load_digits()
        pixels = np.rint(bunch.images * (255 / 16)).astype(np.uint8)
        digits = np.asarray(bunch.target, dtype=np.int64)
        kept, held = stratified_holdout(digits, self.test_fraction, stream(split_seed, "split"))
        check_count(self.unlabelled, most=len(kept) // 2)
        further = further_rows(kept, self.unlabelled, split_seed) if self.unlabelled else kept[:0]
        kept = np.setdiff1d(kept, further)
        true = digits[kept]
        confusion = knn_confusion(pixels[kept].reshape(len(kept), -1), true, self.neighbours, self.annotator_accuracy)
        return ImageDataset(
            name="digits",
            images=ArrayImages(pixels[kept]),
            samples=SampleTable(kept, tuple("0123456789"), given=true, reference=true),
            distribution=confusion[true],
            test_images=ArrayImages(pixels[held]),
            test_labels=digits[held],
            description=(
                f"scikit-learn's handwritten digits, 8x8, {len(kept)} samples and {len(held)} clean test images. "
                f"Annotators are simulated: right {self.annotator_accuracy:.0%} of the time on average, with the "
                f"confusions of a {self.neighbours}-NN classifier."
            ),
            unlabelled=ArrayImages(pixels[further]) if len(further) else None,
            track=PLUS_UNLABELLED if len(further) else LABELLED,
        )

    def digests(self) -> dict[str, str]:
        """Empty: the images ship inside scikit-learn."""
        return {}

    def image_digests(self) -> dict[str, str]:
        """Empty, too."""
        return {}


def knn_confusion(features: FloatArray, labels: IntArray, neighbours: int, accuracy: float) -> FloatArray:
    """Row-stochastic confusion (C, C) with the pattern of a k-NN classifier and a set mean accuracy.

    ``V[i, j]`` is the leave-one-out vote mass: the mean, over the samples of class i, of the fraction of their k
    nearest other samples (Euclidean) that are of class j.  The result is ``T[i, j] = a * V[i, j]`` off the diagonal,
    so a class's error rate is proportional to the classifier's own, and ``a`` makes the mean over the samples of
    ``T[y, y]`` equal ``accuracy``.

    Args:
        features: (N, D).
        labels: (N,) true classes 0..C-1, each present.
        neighbours: k.
        accuracy: In (0, 1]; 1 gives annotators who never err.
    """
    from sklearn.neighbors import NearestNeighbors

    if not 0 < accuracy <= 1:
        raise InputError(f"data.annotator_accuracy is {accuracy}", allowed="above 0, at most 1", fix="Type e.g. 0.95")
    if not 1 <= neighbours < len(labels):
        raise InputError(f"data.neighbours is {neighbours}", allowed=f"1 to {len(labels) - 1}", fix="Type e.g. 10")
    model = NearestNeighbors(n_neighbors=neighbours).fit(features.astype(np.float64))
    nearest = model.kneighbors(return_distance=False)  # without an argument a sample is not its own neighbour
    num_classes = int(labels.max()) + 1
    pairs = np.repeat(labels, neighbours) * num_classes + labels[nearest].ravel()
    votes = np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes).astype(np.float64)
    votes /= votes.sum(axis=1, keepdims=True)
    np.fill_diagonal(votes, 0.0)
    mean_error = votes.sum(axis=1)[labels].mean()
    confusion = votes * ((1 - accuracy) / mean_error if mean_error > 0 else 0.0)
    diagonal = 1 - confusion.sum(axis=1)
    if (diagonal <= confusion.max(axis=1)).any():
        raise InputError(
            f"data.annotator_accuracy {accuracy} leaves a class whose true label is not the likeliest answer",
            allowed="values nearer to 1",
        )
    np.fill_diagonal(confusion, diagonal)
    return confusion
