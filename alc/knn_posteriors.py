"""Class probabilities from features alone: how the nearest neighbours of another fold are labelled."""

import numpy as np
import numpy.typing as npt

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.features import Features
from alc.folds import assign_folds
from alc.labels import check_labels
from alc.posteriors import Posteriors
from alc.selection.neighbours import BLOCK_ELEMENTS, largest, unit_rows

__all__ = ["knn_posteriors"]


def knn_posteriors(
    features: Features,
    labels: IntArray,
    k: int,
    folds: int,
    rng: np.random.Generator,
    *,
    num_classes: int,
    prior: float = 1.0,
    group: npt.NDArray[np.generic] | None = None,
) -> Posteriors:
    """Cross-fitted k-nearest-neighbour probabilities: no sample votes for one of its own fold, so none for itself.

    The k samples of the other folds with the largest cosine vote with their labels; the class frequencies of those
    folds count as ``prior`` further votes, so that ten equal neighbours are no certainty.  Without them (``prior=0``)
    it is scikit-learn's ``KNeighborsClassifier(metric="cosine")`` in ``cross_val_predict``.  The labels are
    cross-fitted; whether the features are is up to the network that made them.

    Args:
        features: Of N samples.
        labels: (N,) given labels.
        k: Neighbours.
        folds: How many folds.
        rng: Who goes to which fold.
        num_classes: C.
        prior: Votes of the class frequencies, 0 or more.
        group: (N,) e.g. the patient: no sample votes for another of its group.

    Returns:
        One member of the protocol ``cross_fit``, (1, N, C).

    Raises:
        InputError: Labels that do not fit, a k, number of folds or prior that is none, or too few samples for them.
    """
    labels = check_labels(labels, num_classes)
    if len(labels) != len(features):
        raise InputError(
            f"there are {len(labels)} labels and {len(features)} features", allowed="as many, in one order"
        )
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise InputError(f"k is {k!r}", allowed="a whole number of 1 or more")
    if isinstance(prior, bool) or not isinstance(prior, int | float) or not 0 <= prior < np.inf:
        raise InputError(f"prior is {prior!r}", allowed="0 votes or more")
    fold = assign_folds(labels, folds, rng, group)
    points = unit_rows(features.values)
    probs = np.empty((len(labels), num_classes), dtype=np.float32)
    for held_out in range(folds):
        rows, others = np.flatnonzero(fold == held_out), np.flatnonzero(fold != held_out)
        if len(others) < k:
            raise InputError(
                f"{k} nearest neighbours are asked for, and {folds} folds leave {len(others)} samples to search",
                allowed=f"1 to {len(others)}",
            )
        votes = _votes(points[rows], points[others], labels[others], k, num_classes)
        frequency = np.bincount(labels[others], minlength=num_classes) / len(others)
        probs[rows] = (votes + prior * frequency) / (k + prior)
    details = {"kind": "knn", "k": k, "num_folds": folds, "prior": prior, "grouped": group is not None}
    return Posteriors(probs[None], features.sample_id, "cross_fit", features.source, details)


def _votes(queries: FloatArray, points: FloatArray, labels: IntArray, k: int, num_classes: int) -> FloatArray:
    """How many of the k nearest points (P, D) of every query (Q, D) have each label: (Q, C)."""
    votes = np.empty((len(queries), num_classes))
    step = max(1, BLOCK_ELEMENTS // len(points))
    for start in range(0, len(queries), step):
        nearest = largest(queries[start : start + step] @ points.T, k)
        offset = num_classes * np.arange(len(nearest))[:, None]
        counted = np.bincount((offset + labels[nearest]).ravel(), minlength=len(nearest) * num_classes)
        votes[start : start + step] = counted.reshape(-1, num_classes)
    return votes
