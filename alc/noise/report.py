"""What noise was asked for and what came out."""

from dataclasses import dataclass

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.labels import check_labels

__all__ = ["NoiseReport", "measure"]


@dataclass(frozen=True, slots=True, eq=False)
class NoiseReport:
    """Requested and realised noise of one label vector.  Rates are fractions of labels with observed != true.

    Attributes:
        requested: Expected rate over all labels (for class-dependent noise the mean over the labels that were there, so
            it compares with ``realised``); None where nobody asked, as for labels that came noisy.
        realised: Rate of the labels as they are.
        per_class: (C,) realised rate of each true class; NaN for a class without samples.
        confusion: (C, C) counts, true x observed.
    """

    requested: float | None
    realised: float
    per_class: FloatArray
    confusion: IntArray

    @property
    def num_labels(self) -> int:
        """N."""
        return int(self.confusion.sum())

    @property
    def num_wrong(self) -> int:
        """How many labels differ from the true ones."""
        return self.num_labels - int(np.trace(self.confusion))

    def to_dict(self) -> dict[str, object]:
        """The report in plain Python for JSON; the rate of a class without samples is None."""
        return {
            "requested": self.requested,
            "realised": self.realised,
            "wrong": self.num_wrong,
            "labels": self.num_labels,
            "per_class": [None if np.isnan(rate) else float(rate) for rate in self.per_class],
            "confusion": self.confusion.tolist(),
        }

    def summary(self) -> str:
        """One line for the terminal, such as ``noise: requested 20.0 %, realised 19.97 % (287 of 1437 labels)``."""
        asked = ""
        if self.requested is not None:
            percent = 100 * self.requested
            asked = f"requested {percent:.{1 if abs(percent - round(percent, 1)) < 1e-6 else 2}f} %, "
        return f"noise: {asked}realised {100 * self.realised:.2f} % ({self.num_wrong} of {self.num_labels} labels)"


def measure(reference: IntArray, observed: IntArray, num_classes: int, requested: float | None = None) -> NoiseReport:
    """Compare observed labels (N,) with reference labels (N,).

    >>> report = measure(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 2, requested=0.2)
    >>> report.summary()
    'noise: requested 20.0 %, realised 25.00 % (1 of 4 labels)'
    >>> report.confusion.tolist(), report.per_class.tolist()
    ([[1, 1], [0, 2]], [0.5, 0.0])
    """
    reference = check_labels(reference, num_classes, "reference labels")
    observed = check_labels(observed, num_classes, "observed labels")
    if len(reference) != len(observed):
        raise InputError(
            f"{len(observed)} observed labels stand beside {len(reference)} reference labels", allowed="as many of each"
        )
    flat = np.bincount(reference * num_classes + observed, minlength=num_classes * num_classes)
    confusion = flat.reshape(num_classes, num_classes)
    members = confusion.sum(axis=1)
    wrong = members - confusion.diagonal()
    per_class = np.divide(wrong, members, out=np.full(num_classes, np.nan), where=members > 0)
    return NoiseReport(requested, float(wrong.sum() / len(reference)), per_class, confusion)
