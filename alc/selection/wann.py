"""WANN: a vote of the nearest neighbours, each as reliable as its own neighbourhood makes it."""

from dataclasses import dataclass

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.features import Features
from alc.labels import LabelCounts
from alc.selection.neighbours import nearest_neighbours

__all__ = ["WeightedAdaptiveNeighbours", "needed_neighbours"]


@dataclass(frozen=True)
class WeightedAdaptiveNeighbours:
    """Share of the reliability among a sample's neighbours that speaks for other labels than its own, 0 to 1.

    Di Salvo et al. (2024, WANN): eta = 1 / k is the reliability of a label, k the smallest odd number from ``k_min`` up
    whose k nearest neighbours have the label as their most frequent one, ``k_max`` where none has; a sample is voted on
    by as many neighbours as its nearest one needs, each with its eta.  The score is 1 - (eta of those with the same
    label) / (eta of all).  Euclidean distances, as in the authors' code, which predicts test images; here the sample
    itself is left out of its vote.  Of equally frequent labels the lowest counts, as there.  Not row-local.

    Attributes:
        k_min: Odd; with fewer than k_max other samples, all of them are the most there is.
        k_max: Odd.
    """

    k_min: int = 11
    k_max: int = 51

    def __post_init__(self) -> None:
        for name in ("k_min", "k_max"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1 or value % 2 == 0:
                raise InputError(f"{name} is {value!r}", allowed="an odd number of 1 or more")
        if self.k_max < self.k_min:
            raise InputError(f"k_max is {self.k_max} and k_min {self.k_min}", allowed="k_max of k_min or more")

    def __call__(self, features: Features, counts: LabelCounts) -> FloatArray:
        """The score of every sample (N,)."""
        label, most = counts.majority, min(self.k_max, max(1, len(features) - 1))
        index, distance = nearest_neighbours(features.values, most, "euclidean")
        index = np.take_along_axis(index, np.lexsort((index, distance)), axis=1)  # of equal distances the lower row
        same = label[index] == label[:, None]
        needed = needed_neighbours(label[index], label, min(self.k_min, most), counts.num_classes)
        weight = (1 / needed)[index]
        weight[np.arange(most) >= needed[index[:, 0], None]] = 0
        return np.asarray(1 - np.einsum("nk,nk->n", weight, same) / weight.sum(axis=1))


def needed_neighbours(neighbour: IntArray, label: IntArray, least: int, num_classes: int) -> IntArray:
    """How many neighbours it takes until the most frequent of their labels is the sample's own, (N,).

    ``least``, ``least`` + 2, ... are tried; all K where none will do.

    Args:
        neighbour: (N, K) labels of the neighbours, nearest first.
        label: (N,) the samples' own.
        least: The fewest.
        num_classes: C.

    >>> needed_neighbours(np.array([[1, 0, 0, 1, 1]]), np.array([0]), 1, 2)
    array([3])
    """
    most = neighbour.shape[1]
    needed = np.full(len(label), most)
    waiting = np.arange(len(label))
    for k in range(least, most, 2):
        offset = num_classes * np.arange(len(waiting))[:, None]
        votes = np.bincount((offset + neighbour[waiting, :k]).ravel(), minlength=len(waiting) * num_classes)
        right = votes.reshape(-1, num_classes).argmax(axis=1) == label[waiting]
        needed[waiting[right]] = k
        waiting = waiting[~right]
    return needed
