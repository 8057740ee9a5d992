"""Whether probabilities mean what they say."""

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError

__all__ = ["brier_score", "expected_calibration_error"]


def expected_calibration_error(probs: FloatArray, labels: IntArray, num_bins: int = 15) -> float:
    """Mean gap between confidence and accuracy, over bins of the top probability, 0 to 1.

    Naeini et al. (2015), Guo et al. (2017): ``num_bins`` bins of equal width, closed on the right, weighted by the
    share of samples in them.  The value depends on the bins; quote their number.

    Args:
        probs: (N, C), rows sum to 1.
        labels: (N,) class indices.
        num_bins: How many bins between 0 and 1.

    >>> expected_calibration_error(np.array([[0.75, 0.25], [0.75, 0.25]]), np.array([0, 1]))
    0.25
    """
    if num_bins < 1:
        raise InputError(f"calibration with {num_bins} bins", allowed="1 bin or more")
    confidence = np.asarray(probs.max(axis=1), dtype=np.float64)
    correct = probs.argmax(axis=1) == labels
    bin_of = np.clip(np.ceil(confidence * num_bins).astype(np.int64) - 1, 0, num_bins - 1)
    gap = np.bincount(bin_of, weights=confidence - correct, minlength=num_bins)
    return float(np.abs(gap).sum() / len(labels))


def brier_score(probs: FloatArray, labels: IntArray) -> float:
    """Mean squared distance between the probabilities (N, C) and the one-hot labels (N,), 0 to 2.

    Brier (1950), summed over classes; for two classes it is twice the binary score of the textbooks.

    >>> brier_score(np.array([[0.75, 0.25]]), np.array([0]))
    0.125
    """
    given = probs[np.arange(len(probs)), labels]
    squares = np.einsum("nc,nc->n", probs, probs)
    return float(np.mean(squares - 2.0 * given + 1.0, dtype=np.float64))
