"""Tracks: which images a training may learn from beside the samples, without a label, and what that is called."""

import numpy as np

from alc.arrays import IntArray
from alc.errors import InputError, did_you_mean
from alc.seeding import stream
from alc.sources.split import random_subset

__all__ = ["LABELLED", "PLUS_UNLABELLED", "check_count", "check_track", "further_rows"]

LABELLED = "labelled"
"""Samples only: what a data set without a choice of tracks is."""
PLUS_UNLABELLED = "plus_unlabelled"
"""Samples and further images without labels, in data sets that only say how many."""


def check_track(track: str, allowed: tuple[str, ...], unlabelled: int | None) -> None:
    """Refuse a track that is none, and a number of images for the first, which has none without a label."""
    if track not in allowed:
        raise InputError(f"data.track is {track!r}", allowed=", ".join(allowed), fix=did_you_mean(str(track), allowed))
    if track == allowed[0] and unlabelled is not None:
        raise InputError(
            f"data.unlabelled is {unlabelled!r} with data.track={track}, which has no images without labels",
            fix=f"Type data.track={allowed[-1]}, or data.unlabelled=null",
        )


def check_count(unlabelled: int, most: float = float("inf")) -> None:
    """Refuse what is no number of images; ``most`` is the largest."""
    if isinstance(unlabelled, bool) or not isinstance(unlabelled, int) or not 0 <= unlabelled <= most:
        bound = f"from 0 to {most:g}" if most < float("inf") else "of 0 or more"
        raise InputError(f"data.unlabelled is {unlabelled!r}", allowed=f"a whole number {bound}")


def further_rows(candidates: IntArray, unlabelled: int | None, split_seed: int) -> IntArray:
    """``unlabelled`` of the rows (K,) that may be learned from without a label, by the split seed; None takes all."""
    chosen = random_subset(len(candidates), unlabelled, stream(split_seed, "unlabelled"), "data.unlabelled")
    return np.asarray(candidates)[chosen]
