"""How good a set of labels is, measured against the truth."""

from typing import NamedTuple

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.labels import normalised_entropy

__all__ = [
    "RemainingErrors",
    "label_accuracy",
    "remaining_mislabelled",
    "total_variation",
    "total_variation_per_sample",
]


class RemainingErrors(NamedTuple):
    """Numbers of mislabelled samples."""

    clear: int
    ambiguous: int


def label_accuracy(labels: IntArray, reference: IntArray) -> float:
    """Fraction of labels (N,) that equal the reference (N,): the objective of Bernhardt et al. (2022), Eq. 1.

    >>> label_accuracy(np.array([0, 1, 1, 2]), np.array([0, 1, 2, 2]))
    0.75
    """
    return float(np.mean(np.asarray(labels) == np.asarray(reference)))


def total_variation_per_sample(distribution: FloatArray, votes: IntArray | FloatArray) -> FloatArray:
    """Half the absolute difference between true and voted distributions, (N, C) twice -> (N,), 0 to 1.

    Args:
        distribution: True label distribution; rows sum to 1.
        votes: Label counts or their distribution; rows are normalised here.

    >>> total_variation_per_sample(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([[2, 0], [3, 1]]))
    array([0.5 , 0.25])
    """
    difference = votes / votes.sum(axis=1, keepdims=True)
    difference -= distribution
    np.abs(difference, out=difference)
    return np.asarray(0.5 * np.einsum("nc->n", difference))


def total_variation(distribution: FloatArray, votes: IntArray | FloatArray) -> float:
    """Mean over samples of :func:`total_variation_per_sample`, 0 to 1: it also sees an honest spread of votes."""
    return float(total_variation_per_sample(distribution, votes).mean())


def remaining_mislabelled(
    labels: IntArray, reference: IntArray, distribution: FloatArray, threshold: float = 0.30
) -> RemainingErrors:
    """Wrong labels (N,), split by whether humans agree on the sample.

    A sample is ambiguous if the entropy of its true label distribution (N, C), in units of log C, is strictly above
    ``threshold``; 0.30 is the paper's definition of a difficult sample (Bernhardt et al. 2022, Methods).

    >>> remaining_mislabelled(np.array([0, 0, 0]), np.array([1, 1, 0]), np.array([[0.0, 1.0], [0.4, 0.6], [1.0, 0.0]]))
    RemainingErrors(clear=1, ambiguous=1)
    """
    wrong = np.flatnonzero(np.asarray(labels) != np.asarray(reference))
    ambiguous = int((normalised_entropy(distribution[wrong]) > threshold).sum())
    return RemainingErrors(len(wrong) - ambiguous, ambiguous)
