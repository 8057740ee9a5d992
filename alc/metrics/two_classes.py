"""How well predictions of two classes fit clean labels; the second class is the positive one, e.g. Opacity."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.metrics.ranking import auroc, average_precision

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TWO_CLASS_METRICS", "two_class_metrics", "two_class_table"]

TWO_CLASS_METRICS = ("auroc", "average_precision", "f1", "balanced_accuracy", "sensitivity", "specificity")


def two_class_metrics(labels: IntArray, probs: FloatArray) -> dict[str, float]:
    """The metrics of :data:`TWO_CLASS_METRICS` by name, each 0 to 1, higher = better; NaN where undefined.

    AUROC and average precision are of the probability of the positive class; the others of the likelier class, where
    equally likely ones count as negative.  F1 is 0 where nothing positive is predicted or there is none; the balanced
    accuracy is the mean of sensitivity and specificity.

    Args:
        labels: (n,) clean labels, 0 or 1.
        probs: (n, 2) predicted probabilities.

    >>> scores = two_class_metrics(np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.8, 0.2]]))
    >>> scores["auroc"], scores["f1"], scores["sensitivity"], scores["specificity"]
    (0.75, 0.5, 0.5, 0.5)
    """
    labels, probs = np.asarray(labels), np.asarray(probs, dtype=np.float64)
    if probs.shape != (len(labels), 2):
        raise InputError(f"{len(labels)} labels and probabilities of shape {probs.shape}", allowed="(n,) and (n, 2)")
    positive, said = labels == 1, probs.argmax(axis=1) == 1
    hit, either = int((positive & said).sum()), int(positive.sum()) + int(said.sum())
    sensitivity, specificity = _share(said[positive]), _share(~said[~positive])
    return {
        "auroc": auroc(positive, probs[:, 1]),
        "average_precision": average_precision(positive, probs[:, 1]),
        "f1": 2 * hit / either if either else 0.0,
        "balanced_accuracy": (sensitivity + specificity) / 2,
        "sensitivity": sensitivity,
        "specificity": specificity,
    }


def two_class_table(labels: IntArray, probs: Mapping[str, FloatArray], class_names: Sequence[str]) -> "pd.DataFrame":
    """One row per metric, with the positive class, and one column per model.

    Args:
        labels: (n,) clean labels.
        probs: Model -> (n, 2).
        class_names: Names of both classes.
    """
    import pandas as pd

    columns = {model: two_class_metrics(labels, each) for model, each in probs.items()}
    table = {model: [scores[name] for name in TWO_CLASS_METRICS] for model, scores in columns.items()}
    return pd.DataFrame({"metric": TWO_CLASS_METRICS, "positive": class_names[1], **table})


def _share(hits: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> float:
    return float(hits.mean()) if hits.size else float("nan")
