"""Majority vote: the paper's consensus."""

from dataclasses import dataclass
from typing import ClassVar

from alc.annotations import Annotations
from alc.consensus.consensus import Belief
from alc.posteriors import Posteriors

__all__ = ["Majority"]


@dataclass(frozen=True)
class Majority:
    """Every vote counts the same: the belief is the share of votes of each class (Bernhardt et al. 2022, Algorithm 1).

    The label is the class with the most votes, of tied ones the lowest; a simulation keeps the label there was instead,
    which the votes alone do not tell.  The confidence is a share of votes and no calibrated probability: one vote has
    confidence 1.

    >>> import numpy as np
    >>> votes = Annotations(sample=np.array([0, 0, 0, 1]), annotator=np.arange(4), label=np.array([2, 1, 2, 0]))
    >>> belief = Majority().fuse(votes, num_samples=2, num_classes=3)
    >>> belief.label, belief.confidence.round(3)
    (array([2, 0]), array([0.667, 1.   ]))
    """

    needs_posteriors: ClassVar[bool] = False
    needs_annotator_ids: ClassVar[bool] = False

    def fuse(
        self, annotations: Annotations, num_samples: int, num_classes: int, posteriors: Posteriors | None = None
    ) -> Belief:
        """Votes as fractions."""
        return Belief(annotations.counts(num_samples, num_classes).distribution)
