"""k-NN label disagreement: how many of a sample's nearest neighbours in feature space are labelled otherwise."""

from dataclasses import dataclass

from alc.arrays import FloatArray
from alc.errors import InputError
from alc.features import Features
from alc.labels import LabelCounts
from alc.selection.neighbours import nearest_neighbours

__all__ = ["NeighbourDisagreement"]


@dataclass(frozen=True)
class NeighbourDisagreement:
    """Share of the k nearest neighbours by cosine whose majority label differs from the sample's own, 0 to 1.

    The vote of Zhu et al. (2022, SimiFeat) without its estimate of the noise rate, which is not needed to rank; the
    authors' code weighs neighbours alike too and also takes k = 10.  The sample itself is no neighbour (there it counts
    as its own).  Of k + 1 possible values many are equal: ties are broken at random.

    Attributes:
        k: Neighbours; below the size of the smallest class.
    """

    k: int = 10

    def __post_init__(self) -> None:
        if isinstance(self.k, bool) or not isinstance(self.k, int) or self.k < 1:
            raise InputError(f"k is {self.k!r}", allowed="a whole number of 1 or more")

    def __call__(self, features: Features, counts: LabelCounts) -> FloatArray:
        """The share for every sample (N,)."""
        label = counts.majority
        index, _ = nearest_neighbours(features.values, self.k)
        disagrees: FloatArray = (label[index] != label[:, None]).mean(axis=1)
        return disagrees
