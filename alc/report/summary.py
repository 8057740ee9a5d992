"""What a page says above its list: how noisy the labels look, overall, by class and by pair of classes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.metrics.confident_joint import confident_joint

__all__ = ["ClassRow", "Pair", "Summary", "reach", "summarise"]


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class: its labels, and what the model thinks of them.

    Attributes:
        index: The class.
        labels: How many samples were given it.
        disagrees: For how many of them the model suggests another class.
        noise: Estimated share of them that is wrong, 0 to 1: off the diagonal of the confident joint.
        instead: The class suggested most often in its place, or None.
    """

    index: int
    labels: int
    disagrees: int
    noise: float
    instead: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """So many samples were given one class and the model suggests another."""

    given: int
    suggested: int
    count: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Of all samples that have labels and probabilities.

    Attributes:
        samples: N.
        disagrees: How many the model would label otherwise.
        noise: Estimated share of wrong labels by the confident joint, 0 to 1.
        expected_noise: Mean of 1 - p(given), 0 to 1: the share of wrong labels if the probabilities were calibrated.
        classes: One row per class that occurs, noisiest first.
        pairs: All pairs that occur, most frequent first.
    """

    samples: int
    disagrees: int
    noise: float
    expected_noise: float
    classes: Sequence[ClassRow]
    pairs: Sequence[Pair]


def summarise(probs: FloatArray, given: IntArray) -> Summary:
    """The summary of probabilities (N, C) and given labels (N,)."""
    num_classes = probs.shape[1]
    suggested = probs.argmax(axis=1)
    joint = confident_joint(probs, given)
    counts = np.bincount(given * num_classes + suggested, minlength=num_classes**2).reshape(num_classes, num_classes)
    size = counts.sum(axis=1)
    off = counts.copy()
    np.fill_diagonal(off, 0)
    share = 1 - joint.diagonal() / np.maximum(joint.sum(axis=1), 1e-300)
    classes = [
        ClassRow(c, int(size[c]), int(off[c].sum()), float(share[c]), int(off[c].argmax()) if off[c].any() else None)
        for c in np.flatnonzero(size).tolist()
    ]
    pairs = [Pair(int(i), int(j), int(off[i, j])) for i, j in np.argwhere(off)]
    return Summary(
        samples=len(given),
        disagrees=int(off.sum()),
        noise=float(1 - np.trace(joint)),
        expected_noise=float(1 - probs[np.arange(len(given)), given].mean(dtype=np.float64)),
        classes=sorted(classes, key=lambda row: -row.noise),
        pairs=sorted(pairs, key=lambda pair: -pair.count),
    )


def reach(cost: FloatArray, budget: int) -> int:
    """How many samples, in this order, a budget of annotations is expected to settle; ``cost`` is that of each (N,).

    >>> reach(np.array([1.5, 1.5, 1.0]), 3)
    2
    """
    return int(np.searchsorted(np.cumsum(cost, dtype=np.float64), budget, side="right"))
