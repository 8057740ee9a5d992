"""How well a model's predictions fit given labels: one number per sample, whose mean over samples is the metric."""

from collections.abc import Callable

import numpy as np

from alc.arrays import FloatArray, IntArray

__all__ = ["METRICS", "SampleMetric", "accuracy", "log_likelihood", "top_2_accuracy"]

SampleMetric = Callable[[FloatArray, IntArray], FloatArray]
"""Probabilities (N, C) and labels (N,) to finite numbers (N,), higher = the model is better by that label."""

SMALLEST = 1e-12  # a probability of 0 for the label must not make a model infinitely bad


def accuracy(probs: FloatArray, labels: IntArray) -> FloatArray:
    """1 where the likeliest class is the label, else 0, (N,); of equally likely classes the lowest is predicted.

    >>> accuracy(np.array([[0.6, 0.4], [0.5, 0.5]]), np.array([1, 0]))
    array([0., 1.])
    """
    return np.asarray(probs.argmax(axis=1) == labels, dtype=np.float64)


def top_2_accuracy(probs: FloatArray, labels: IntArray) -> FloatArray:
    """1 where the label is among the two likeliest classes, else 0, (N,); of equally likely ones the lower come first.

    >>> top_2_accuracy(np.array([[0.6, 0.3, 0.1], [0.4, 0.3, 0.3]]), np.array([1, 2]))
    array([1., 0.])
    """
    rows = np.arange(len(labels))
    own = probs[rows, labels][:, None]
    before = (probs > own) | ((probs == own) & (np.arange(probs.shape[1]) < np.asarray(labels)[:, None]))
    return np.asarray(before.sum(axis=1) < 2, dtype=np.float64)


def log_likelihood(probs: FloatArray, labels: IntArray) -> FloatArray:
    """Logarithm of the label's probability in units of log C, (N,), -27.6 / log C to 0: minus the cross-entropy.

    Probabilities below 1e-12 count as 1e-12.

    >>> log_likelihood(np.array([[0.25, 0.75], [1.0, 0.0]]), np.array([0, 0]))
    array([-2.,  0.])
    """
    own = probs[np.arange(len(labels)), labels].astype(np.float64)
    return np.asarray(np.log(np.maximum(own, SMALLEST)) / np.log(probs.shape[1]))


METRICS: dict[str, SampleMetric] = {
    "accuracy": accuracy,
    "top_2_accuracy": top_2_accuracy,
    "log_likelihood": log_likelihood,
}
"""By name; all of them higher = better."""
