"""Annotations: the stored truth of who said what, one row per vote."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from alc.arrays import IntArray
from alc.errors import InputError
from alc.labels import LabelCounts, check_labels

__all__ = ["INITIAL_ANNOTATOR", "Annotations"]

INITIAL_ANNOTATOR = 0
"""Annotator id of the labels a data set came with."""


@dataclass(frozen=True, slots=True, eq=False)
class Annotations:
    """An append-only log of K votes in long form; one annotator may answer a sample twice, so counts are only a view.

    Attributes:
        sample: (K,) row of the sample in its data set.
        annotator: (K,) who; :data:`INITIAL_ANNOTATOR` is the label the data came with.
        label: (K,) the class voted for.
    """

    sample: IntArray
    annotator: IntArray
    label: IntArray

    def __post_init__(self) -> None:
        for name in ("sample", "annotator", "label"):
            column = np.asarray(getattr(self, name))
            if column.ndim != 1 or not np.issubdtype(column.dtype, np.integer) or len(column) != len(self.sample):
                raise InputError(
                    f"annotations: column {name} has shape {column.shape} and dtype {column.dtype}",
                    allowed=f"whole numbers, one per vote (here {len(self.sample)})",
                )
            if column.size and column.min() < 0:
                raise InputError(
                    f"annotations: {name} in row {int(column.argmin())} is {column.min()}", allowed="0 or more"
                )
            object.__setattr__(self, name, column.astype(np.int64))

    @classmethod
    def initial(cls, labels: IntArray) -> Self:
        """The log of a data set as it came: one vote per sample by :data:`INITIAL_ANNOTATOR`."""
        labels = np.asarray(labels)
        return cls(np.arange(len(labels)), np.full(len(labels), INITIAL_ANNOTATOR), labels)

    def __len__(self) -> int:
        return len(self.sample)

    def extended(self, other: "Annotations") -> "Annotations":
        """This log followed by another."""
        columns = ("sample", "annotator", "label")
        return Annotations(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in columns))

    def counts(self, num_samples: int, num_classes: int) -> LabelCounts:
        """Votes per sample and class; every sample needs at least one."""
        check_labels(self.label, num_classes, "annotations: label")
        if int(self.sample.max()) >= num_samples:
            raise InputError(
                f"annotations: row {int(self.sample.argmax())} votes on sample {self.sample.max()}",
                allowed=f"samples 0 to {num_samples - 1}",
            )
        flat = np.bincount(self.sample * num_classes + self.label, minlength=num_samples * num_classes)
        return LabelCounts(flat.reshape(num_samples, num_classes))
