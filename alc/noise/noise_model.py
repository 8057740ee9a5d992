"""What every option of ``conf/noise`` can do, and the one that does nothing."""

from dataclasses import dataclass
from typing import Protocol

from alc.arrays import FloatArray, IntArray
from alc.labels import check_labels
from alc.noise.report import NoiseReport, measure

__all__ = ["NoNoise", "NoiseModel"]


class NoiseModel(Protocol):
    """Turns reference labels into the labels a training will see.  Made once, before any training."""

    def apply(
        self, labels: IntArray, num_classes: int, distribution: FloatArray | None, seed: int
    ) -> tuple[IntArray, NoiseReport]:
        """Corrupt labels.

        Args:
            labels: (N,) reference labels (for :class:`NoNoise` the given ones).
            num_classes: C.
            distribution: (N, C) how humans label each sample, or None where nobody counted.
            seed: ``seeds.noise``.

        Returns:
            Observed labels (N,) and the report.
        """
        ...

    def digests(self) -> dict[str, str]:
        """Name and SHA-256 of every input file the noise depends on, for the identity of a run."""
        ...


@dataclass(frozen=True)
class NoNoise:
    """Leaves the labels as they are: for clean data, and for data that come with noise of their own."""

    def apply(
        self, labels: IntArray, num_classes: int, distribution: FloatArray | None, seed: int
    ) -> tuple[IntArray, NoiseReport]:
        """The labels unchanged; the report counts no added noise (compare with a truth by ``measure``)."""
        del distribution, seed
        labels = check_labels(labels, num_classes)
        return labels, measure(labels, labels, num_classes, requested=0.0)

    def digests(self) -> dict[str, str]:
        """None: no file is read."""
        return {}
