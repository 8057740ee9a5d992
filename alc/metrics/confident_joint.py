"""Confident learning: how many labels of each class belong to each other class, as far as confident predictions say."""

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.labels import check_labels

__all__ = ["confident_joint", "confident_noise_rate"]

BLOCK_ELEMENTS = 1 << 20
CLOSE = 1e-6
"""How far below its threshold a probability still counts, since thresholds are means that round."""


def confident_joint(probs: FloatArray, given: IntArray) -> FloatArray:
    """Estimated joint distribution of given and true label, (C, C): rows given, columns true; sums to 1.

    Northcutt, Jiang and Chuang (2021, JAIR 70), Eqs. 1 and 3.  The threshold of a class is the mean probability of that
    class among samples given it; a sample counts for the likeliest class of those that reach their thresholds, or not
    at all; rows are then scaled to the number of labels of each class.  cleanlab takes the likeliest of all classes
    where several reach theirs, and rounds the scaled rows to whole samples.  As there, every class keeps at least one
    right label, and a class that nobody was given has an empty row and column.

    Args:
        probs: (N, C) probabilities, of models that had not seen the labels; others underestimate the noise.
        given: (N,) labels.

    >>> probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.1, 0.9], [0.3, 0.7]])
    >>> confident_joint(probs, np.array([0, 0, 0, 1, 1])).round(3)
    array([[0.4, 0.2],
           [0. , 0.4]])
    """
    num_classes = probs.shape[1]
    given = check_labels(given, num_classes, "given labels")
    size = np.bincount(given, minlength=num_classes)
    own = np.bincount(given, weights=probs[np.arange(len(given)), given], minlength=num_classes)
    threshold = np.where(size > 0, own / np.maximum(size, 1), np.inf).astype(probs.dtype)
    pairs = np.zeros(num_classes**2, dtype=np.int64)
    step = max(1, BLOCK_ELEMENTS // num_classes)
    for start in range(0, len(given), step):
        rows = slice(start, start + step)
        reaches = probs[rows] >= threshold - CLOSE
        likeliest = np.where(reaches, probs[rows], -1).argmax(axis=1)
        counted = reaches.any(axis=1)
        pairs += np.bincount(given[rows][counted] * num_classes + likeliest[counted], minlength=num_classes**2)
    joint = pairs.reshape(num_classes, num_classes).astype(np.float64)
    np.fill_diagonal(joint, np.maximum(joint.diagonal(), size > 0))
    joint *= (size / np.maximum(joint.sum(axis=1), 1))[:, None]
    return np.asarray(joint / joint.sum())


def confident_noise_rate(probs: FloatArray, given: IntArray) -> float:
    """Share of labels that :func:`confident_joint` has off its diagonal, 0 to 1."""
    return float(1 - np.trace(confident_joint(probs, given)))
