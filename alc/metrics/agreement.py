"""Whether two lists of scores put the same things in the same order."""

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError

__all__ = ["competition_ranks", "kendall_tau", "spearman"]


def kendall_tau(first: FloatArray, second: FloatArray) -> float:
    """Kendall's tau-b of two lists of scores (K,): 1 for the same order, -1 for the opposite one.

    Pairs in the same order less pairs in opposite order, over the geometric mean of the numbers of pairs that the one
    and the other list tell apart (Kendall 1945; tau-b, as in SciPy).  A pair that is tied in one list counts neither
    way, so a list with ties agrees perfectly only with one that has the same ties.  NaN where a list is all tied.

    >>> kendall_tau(np.array([0.9, 0.8, 0.7]), np.array([3.0, 1.0, 2.0])).__round__(4)
    0.3333
    """
    first, second = _pair(first, second)
    upper = np.triu_indices(len(first), k=1)
    a, b = (np.sign(scores[upper[0]] - scores[upper[1]]) for scores in (first, second))
    told_apart = float((a != 0).sum()) * float((b != 0).sum())
    return float((a * b).sum() / np.sqrt(told_apart)) if told_apart else float("nan")


def spearman(first: FloatArray, second: FloatArray) -> float:
    """Spearman's rank correlation of two lists of scores (K,), -1 to 1; ties get the mean of their ranks.

    NaN where a list is all tied.

    >>> spearman(np.array([0.9, 0.8, 0.7]), np.array([3.0, 1.0, 2.0]))
    0.5
    """
    first, second = (_middle_ranks(scores) for scores in _pair(first, second))
    first, second = first - first.mean(), second - second.mean()
    length = np.sqrt((first @ first) * (second @ second))
    return float(np.clip(first @ second / length, -1, 1)) if length > 0 else float("nan")


def competition_ranks(scores: FloatArray) -> IntArray:
    """Places (K,) from 1 for the highest score; equal scores share the better place, the next ones are left out.

    >>> competition_ranks(np.array([0.5, 0.9, 0.5, 0.1]))
    array([2, 1, 2, 4])
    """
    scores = np.asarray(scores)
    return 1 + np.searchsorted(np.sort(-scores), -scores, side="left").astype(np.int64)


def _middle_ranks(scores: FloatArray) -> FloatArray:
    ordered = np.sort(scores)
    return np.asarray((np.searchsorted(ordered, scores, "left") + np.searchsorted(ordered, scores, "right") + 1) / 2)


def _pair(first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    first, second = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if first.shape != second.shape or first.ndim != 1 or first.size < 2:
        raise InputError(
            f"scores have shapes {first.shape} and {second.shape}", allowed="two lists of the same two scores or more"
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise InputError("a score is not finite", allowed="finite scores")
    return first, second
