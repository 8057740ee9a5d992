"""Accuracy of several models on the same test images, overall and by class."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from alc.arrays import IntArray
from alc.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ALL", "accuracy_by_class", "changes"]

ALL = "all"
"""Name of the row over all classes."""


def accuracy_by_class(
    labels: IntArray, predicted: Mapping[str, IntArray], class_names: Sequence[str]
) -> "pd.DataFrame":
    """Share of test images that each model classifies correctly; a class without images has none (NaN).

    Columns: class, images, then for each model ``<model>`` (accuracy, 0 to 1) and ``<model>_correct`` (a count).  The
    first row is over all images, :data:`ALL`; the others are the classes in their order.

    Args:
        labels: (n,) clean test labels.
        predicted: Model -> (n,) predicted classes.
        class_names: C names.

    >>> guesses = {"before": np.array([0, 0, 0]), "after": np.array([0, 1, 0])}
    >>> accuracy_by_class(np.array([0, 1, 1]), guesses, ["a", "b"])[["class", "images", "before", "after_correct"]]
      class  images    before  after_correct
    0   all       3  0.333333              2
    1     a       1  1.000000              1
    2     b       2  0.000000              1
    """
    import pandas as pd

    for model, guesses in predicted.items():
        if guesses.shape != labels.shape:
            raise InputError(
                f"{model}: predictions of {len(guesses)} test images, labels of {len(labels)}",
                allowed="the same test images in the same order",
            )
    size = np.bincount(labels, minlength=len(class_names))
    columns: dict[str, object] = {"class": [ALL, *class_names], "images": [len(labels), *size]}
    for model, guesses in predicted.items():
        right = np.bincount(labels[guesses == labels], minlength=len(class_names))
        counts, of = np.array([right.sum(), *right]), np.array([len(labels), *size])
        columns[model] = np.divide(counts, of, out=np.full(len(of), np.nan), where=of > 0)
        columns[f"{model}_correct"] = counts
    return pd.DataFrame(columns)


def changes(labels: IntArray, before: IntArray, after: IntArray) -> dict[str, int]:
    """How many test images became right and how many wrong: what a difference of accuracies does not tell.

    >>> changes(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([1, 1, 1]))
    {'became_right': 1, 'became_wrong': 1}
    """
    was, now = before == labels, after == labels
    return {"became_right": int((~was & now).sum()), "became_wrong": int((was & ~now).sum())}
