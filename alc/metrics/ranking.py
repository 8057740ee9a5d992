"""How well a score finds label errors, from (N,) truth values and (N,) scores, higher = more suspicious.

Tied scores are one threshold, as in scikit-learn: no result depends on the order in which the samples stand.
"""

import numpy as np

from alc.arrays import BoolArray, FloatArray, IntArray
from alc.errors import InputError

__all__ = ["auroc", "average_precision", "precision_at_k"]


def average_precision(is_error: BoolArray, score: FloatArray) -> float:
    """Area under the precision-recall steps: sum over thresholds of (recall gained) x (precision there), 0 to 1.

    A random score has about the error rate.  NaN where there is no error to find (scikit-learn warns and says 0).

    >>> round(average_precision(np.array([False, True, True]), np.array([0.5, 0.9, 0.1])), 4)
    0.8333
    """
    errors, found = _cumulative(is_error, score)
    if errors[-1] == 0:
        return float("nan")
    gained = np.diff(errors, prepend=0)
    return float((gained * (errors / found)).sum() / errors[-1])


def auroc(is_error: BoolArray, score: FloatArray) -> float:
    """Probability that an error scores above a correct label, ties counted half; 0 to 1, 0.5 for a random score.

    NaN where all labels are right or all are wrong.

    >>> auroc(np.array([False, True, True]), np.array([0.5, 0.9, 0.5]))
    0.75
    """
    errors, found = _cumulative(is_error, score)
    correct = found - errors
    if errors[-1] == 0 or correct[-1] == 0:
        return float("nan")
    gained = np.diff(correct, prepend=0)
    errors_above = errors - np.diff(errors, prepend=0) / 2
    return float((gained * errors_above).sum() / (float(errors[-1]) * float(correct[-1])))


def precision_at_k(is_error: BoolArray, score: FloatArray, k: int) -> float:
    """Expected fraction of errors among the ``k`` highest scores, 0 to 1; ties at the border are broken at random.

    >>> precision_at_k(np.array([True, False, True, False]), np.array([0.9, 0.5, 0.5, 0.1]), k=2)
    0.75
    """
    num_samples = len(np.asarray(score))
    if not 1 <= k <= num_samples:
        raise InputError(f"precision at k={k} of {num_samples} samples", allowed=f"k from 1 to {num_samples}")
    errors, found = _cumulative(is_error, score)
    border = int(np.searchsorted(found, k))
    errors_before, found_before = (errors[border - 1], found[border - 1]) if border else (0, 0)
    share = (k - found_before) / (found[border] - found_before)
    return float((errors_before + share * (errors[border] - errors_before)) / k)


def _cumulative(is_error: BoolArray, score: FloatArray) -> tuple[IntArray, IntArray]:
    """Numbers of errors and of samples at or above each distinct score, from the highest down."""
    is_error, score = np.asarray(is_error), np.asarray(score)
    if is_error.shape != score.shape or score.ndim != 1 or score.size == 0 or is_error.dtype != np.bool_:
        raise InputError(
            f"is_error has shape {is_error.shape} and dtype {is_error.dtype}, score has shape {score.shape}",
            allowed="one True or False and one score per sample, shape (N,)",
        )
    if np.isnan(score).any():
        raise InputError(f"the score of row {int(np.isnan(score).argmax())} is NaN", allowed="numbers")
    order = np.argsort(score)[::-1]
    falling = score[order]
    last_of_tie = np.append(np.flatnonzero(falling[1:] != falling[:-1]), len(falling) - 1)
    return np.cumsum(is_error[order])[last_of_tie], last_of_tie + 1
