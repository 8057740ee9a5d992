"""Generated images for tests: one coloured blob per class on noise, some of them blends of two classes."""

import colorsys
from dataclasses import dataclass

import numpy as np

from alc.arrays import FloatArray, IntArray, UInt8Array
from alc.errors import InputError
from alc.samples import SampleTable
from alc.seeding import stream
from alc.sources.dataset import ImageDataset
from alc.sources.images import ArrayImages
from alc.sources.tracks import LABELLED, PLUS_UNLABELLED, check_count

__all__ = ["SyntheticSource"]


@dataclass(frozen=True)
class SyntheticSource:
    """Small images a tiny network learns in seconds.

    Class c is a blob of its own hue at its own place on a circle.  An ``ambiguous`` fraction of the samples blends two
    classes with weights (w, 1 - w), w uniform in [0.55, 0.75]; their label distribution is that pair of weights, so
    pictures and annotators agree on what is hard.  All others are certain.  Test images are never blends.

    Attributes:
        samples: N.
        classes: C.
        size: Side of the images in pixels.
        test_samples: Images of the clean test set.
        ambiguous: Fraction of the samples that are blends.
        pixel_noise: Standard deviation of the background noise in grey levels.
        pool: Further images that nobody has labelled yet.
        unlabelled: Further images that a training may learn from without a label.
    """

    samples: int = 300
    classes: int = 3
    size: int = 16
    test_samples: int = 90
    ambiguous: float = 0.1
    pixel_noise: float = 20.0
    pool: int = 0
    unlabelled: int = 0

    def __post_init__(self) -> None:
        for name, least in (("classes", 2), ("size", 4), ("samples", self.classes), ("test_samples", self.classes)):
            value = getattr(self, name)
            if value < least:
                raise InputError(f"data.{name} is {value}", allowed=f"{least} or more")
        if self.pool < 0:
            raise InputError(f"data.pool is {self.pool}", allowed="0 or more")
        check_count(self.unlabelled)
        if not 0 <= self.ambiguous <= 1:
            raise InputError(f"data.ambiguous is {self.ambiguous}", allowed="0 to 1")

    def load(self, split_seed: int) -> ImageDataset:
        """Everything is drawn from the split seed."""
        rng = stream(split_seed, "synthetic")
        labels = rng.permutation(np.arange(self.samples) % self.classes)
        test_labels = rng.permutation(np.arange(self.test_samples) % self.classes)
        distribution = self._distribution(labels, rng)
        test_distribution = np.eye(self.classes)[test_labels]
        return ImageDataset(
            name="synthetic",
            images=ArrayImages(self._draw(distribution, rng)),
            samples=SampleTable(np.arange(self.samples), self._names, given=labels, reference=labels),
            distribution=distribution,
            test_images=ArrayImages(self._draw(test_distribution, rng)),
            test_labels=test_labels,
            description=f"{self.samples} generated {self.size}x{self.size} images of {self.classes} classes.",
            pool=self._pool(split_seed) if self.pool else None,
            unlabelled=self._unlabelled(split_seed) if self.unlabelled else None,
            track=PLUS_UNLABELLED if self.unlabelled else LABELLED,
        )

    def digests(self) -> dict[str, str]:
        """Empty: the images are generated."""
        return {}

    def image_digests(self) -> dict[str, str]:
        """Empty, too."""
        return {}

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(f"class_{label}" for label in range(self.classes))

    def _pool(self, split_seed: int) -> ImageDataset:
        rng = stream(split_seed, "synthetic pool")  # another stream: the samples do not depend on what lies beside them
        labels = rng.permutation(np.arange(self.pool) % self.classes)
        distribution = self._distribution(labels, rng)
        return ImageDataset(
            name="synthetic, further images",
            images=ArrayImages(self._draw(distribution, rng)),
            samples=SampleTable(self.samples + np.arange(self.pool), self._names, given=labels, reference=labels),
            distribution=distribution,
        )

    def _unlabelled(self, split_seed: int) -> ArrayImages:
        rng = stream(split_seed, "synthetic unlabelled")
        labels = rng.permutation(np.arange(self.unlabelled) % self.classes)
        return ArrayImages(self._draw(self._distribution(labels, rng), rng))

    def _distribution(self, labels: IntArray, rng: np.random.Generator) -> FloatArray:
        distribution = np.eye(self.classes)[labels]
        blends = rng.permutation(len(labels))[: round(self.ambiguous * len(labels))]
        weight = rng.uniform(0.55, 0.75, len(blends))
        other = (labels[blends] + rng.integers(1, self.classes, len(blends))) % self.classes
        distribution[blends, labels[blends]] = weight
        distribution[blends, other] = 1 - weight
        return distribution

    def _draw(self, distribution: FloatArray, rng: np.random.Generator) -> UInt8Array:
        angle = 2 * np.pi * np.arange(self.classes) / self.classes
        row, column = np.mgrid[: self.size, : self.size] / (self.size - 1) - 0.5
        squared = (row - 0.25 * np.sin(angle)[:, None, None]) ** 2 + (column - 0.25 * np.cos(angle)[:, None, None]) ** 2
        blob = np.exp(-squared / 0.04)
        hue = np.array([colorsys.hsv_to_rgb(c / self.classes, 0.8, 1.0) for c in range(self.classes)])
        pattern = 180 * blob[..., None] * hue[:, None, None, :]
        pictures = 40 + np.tensordot(distribution, pattern, axes=1)
        pictures += rng.normal(0, self.pixel_noise, pictures.shape)
        return np.asarray(np.clip(np.rint(pictures), 0, 255), dtype=np.uint8)
