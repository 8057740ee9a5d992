"""How good labels are class by class: where a third of one class is wrong, an overall rate hides it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ClassQuality", "class_quality", "class_quality_table", "sensitivity_and_specificity"]


class ClassQuality(NamedTuple):
    """Shares (C,) of wrong labels, 0 to 1; NaN for a class without samples.

    Attributes:
        wrong_by_true: Of the samples of a true class, how many have another label: 1 minus the labels' recall.
        wrong_by_given: Of the samples with a label, how many are of another true class: 1 minus its precision.
        size_by_true: (C,) samples of each true class.
        size_by_given: (C,) samples with each label.
    """

    wrong_by_true: FloatArray
    wrong_by_given: FloatArray
    size_by_true: IntArray
    size_by_given: IntArray


def class_quality(labels: IntArray, reference: IntArray, num_classes: int) -> ClassQuality:
    """Wrong labels (N,) by true and by given class, against the reference (N,).

    >>> quality = class_quality(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), 2)
    >>> quality.wrong_by_true.tolist(), quality.wrong_by_given.round(3).tolist()
    ([0.0, 0.5], [0.333, 0.0])
    """
    labels, reference = np.asarray(labels), np.asarray(reference)
    if labels.shape != reference.shape:
        raise InputError(f"{len(labels)} labels and {len(reference)} reference labels", allowed="one each per sample")
    wrong = labels != reference
    shares, sizes = [], []
    for classes in (reference, labels):
        size = np.bincount(classes, minlength=num_classes)
        count = np.bincount(classes[wrong], minlength=num_classes)
        shares.append(np.divide(count, size, out=np.full(num_classes, np.nan), where=size > 0))
        sizes.append(size)
    return ClassQuality(shares[0], shares[1], sizes[0], sizes[1])


def class_quality_table(labels: IntArray, reference: IntArray, class_names: Sequence[str]) -> "pd.DataFrame":
    """One row per class: class, true (how many), wrong_by_true, given (how many), wrong_by_given."""
    import pandas as pd

    quality = class_quality(labels, reference, len(class_names))
    return pd.DataFrame(
        {
            "class": class_names,
            "true": quality.size_by_true,
            "wrong_by_true": quality.wrong_by_true,
            "given": quality.size_by_given,
            "wrong_by_given": quality.wrong_by_given,
        }
    )


def sensitivity_and_specificity(labels: IntArray, reference: IntArray) -> tuple[float, float]:
    """Of labels (N,) of two classes: the share of true 1 labelled 1, and of true 0 labelled 0.

    NoisyCXR's labels have 0.66 and 0.94 (Bernhardt et al. 2022, Table 3).

    >>> sensitivity_and_specificity(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]))
    (0.5, 1.0)
    """
    missed, false_alarm = class_quality(labels, reference, 2).wrong_by_true[[1, 0]]
    return float(1 - missed), float(1 - false_alarm)
