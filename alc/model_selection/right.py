"""Which model a list of scores chooses, whether that is the right one, and from when on it stays so."""

from collections.abc import Sequence

import numpy as np

from alc.arrays import BoolArray, FloatArray

__all__ = ["chosen", "is_right", "settled_after"]


def chosen(scores: FloatArray, models: Sequence[str]) -> list[str]:
    """The models with the highest score (M,): one, or all those that share it."""
    return [name for name, score in zip(models, scores, strict=True) if score == scores.max()]


def is_right(scores: FloatArray, true_scores: FloatArray) -> BoolArray:
    """Whether scores (..., M) choose a model that is best by the true scores (M,).

    Right means that whichever of the models sharing the highest score is taken, none has a higher true score.  So a tie
    between the best model and a worse one is not right, and where several are equally good any of them is.

    >>> is_right(np.array([[0.5, 0.4, 0.3], [0.5, 0.5, 0.3], [0.4, 0.5, 0.6]]), np.array([0.9, 0.8, 0.9]))
    array([ True, False,  True])
    """
    best = true_scores == true_scores.max()
    if best.all():
        return np.ones(scores.shape[:-1], dtype=np.bool_)
    return np.asarray(scores[..., best].max(axis=-1) > scores[..., ~best].max(axis=-1))


def settled_after(right: BoolArray) -> int | None:
    """First index of ``right`` (K,) from which on all are true; None if the last one is not.

    >>> settled_after(np.array([False, True, False, True, True]))
    3
    """
    wrong = np.flatnonzero(~right)
    if not wrong.size:
        return 0
    return int(wrong[-1]) + 1 if right[-1] else None
