"""What every consensus is given, and what it returns."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from alc.annotations import Annotations
from alc.arrays import FloatArray, IntArray
from alc.labels import check_label_distribution, check_labels
from alc.posteriors import Posteriors

__all__ = ["Belief", "Consensus"]


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """What is believed about N samples once all evidence is fused.

    Attributes:
        distribution: (N, C) probability of each class being true; rows sum to 1.
        chosen: (N,) the consensus labels where the method names them itself, else None: then it is the most probable
            class, of equal ones the lowest.

    >>> belief = Belief(np.array([[0.2, 0.8], [0.5, 0.5]]))
    >>> belief.label, belief.confidence
    (array([1, 0]), array([0.8, 0.5]))
    """

    distribution: FloatArray
    chosen: IntArray | None = None

    def __post_init__(self) -> None:
        distribution = check_label_distribution(self.distribution, "the belief")
        object.__setattr__(self, "distribution", distribution)
        if self.chosen is not None:
            object.__setattr__(self, "chosen", check_labels(self.chosen, distribution.shape[1], "consensus labels"))

    def __len__(self) -> int:
        return len(self.distribution)

    @property
    def label(self) -> IntArray:
        """Consensus label of every sample (N,)."""
        return np.asarray(self.distribution.argmax(axis=1)) if self.chosen is None else self.chosen

    @property
    def confidence(self) -> FloatArray:
        """Believed probability (N,) that the consensus label is right, 0 to 1; low = ask about it sooner."""
        return np.asarray(self.distribution[np.arange(len(self)), self.label])


class Consensus(Protocol):
    """A way to fuse votes, and posteriors where it wants them; the files of ``conf/consensus`` each fill one in."""

    needs_posteriors: ClassVar[bool]
    """Whether it takes part of its evidence from a model that has not seen the votes."""
    needs_annotator_ids: ClassVar[bool]
    """Whether it means nothing where the votes of one person can not be told from those of another."""

    def fuse(
        self, annotations: Annotations, num_samples: int, num_classes: int, posteriors: Posteriors | None = None
    ) -> Belief:
        """The belief about every sample.

        Args:
            annotations: All votes, the initial labels among them; every sample needs one.
            num_samples: N.
            num_classes: C.
            posteriors: Of the N samples in the order of their rows; not looked at unless ``needs_posteriors``.
        """
        ...
