"""Several selectors as one: by the ranks they give, since their scores are in different units."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self, get_args

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.dynamics import TrainingDynamics
from alc.errors import InputError, did_you_mean
from alc.features import Features
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection.selector import Scoring

__all__ = ["Combine", "RankEnsemble", "shared_ranks"]

Combine = Literal["mean", "reciprocal"]

DEPTH = 60
"""What Cormack et al. add to every rank, so that the very first ones do not decide alone."""


@dataclass(frozen=True)
class RankEnsemble(Scoring):
    """Ranks by the ranks that several selectors give; every sample at most once.

    ``mean``: minus the mean rank, -N to -1, which orders as the Borda count does (a point for every sample ranked
    behind).  ``reciprocal``: mean of 1 / (60 + rank), Cormack et al. (2009), to which the first ranks matter most.
    Samples that a selector scores alike share the mean of their ranks, so nothing depends on an order among them; only
    samples that are alike in the end are ordered at random.  Not row-local: a rank compares with all others.

    Attributes:
        selectors: Two or more that score, of any kind; what any of them needs the ensemble needs.
        combine: How.
    """

    selectors: Sequence[Scoring]
    combine: Combine = "mean"

    def __post_init__(self) -> None:
        if self.combine not in get_args(Combine):
            hint = did_you_mean(str(self.combine), get_args(Combine))
            raise InputError(f"combine is {self.combine!r}", allowed=", ".join(get_args(Combine)), fix=hint)
        if not isinstance(self.selectors, Sequence) or len(self.selectors) < 2:
            raise InputError(f"selectors is {self.selectors!r}", allowed="a list of two selectors or more")
        for place, rule in enumerate(self.selectors):
            if not isinstance(rule, Scoring):
                raise InputError(
                    f"selectors[{place}] is {type(rule).__name__}, which gives no scores to rank by",
                    allowed="selectors that score posteriors, training dynamics or features",
                )
        object.__setattr__(self, "selectors", tuple(self.selectors))

    @property
    def needs_posteriors(self) -> bool:  # type: ignore[override]
        """Whether any of them does."""
        return any(rule.needs_posteriors for rule in self.selectors)

    @property
    def needs_dynamics(self) -> bool:  # type: ignore[override]
        """Whether any of them does."""
        return any(rule.needs_dynamics for rule in self.selectors)

    @property
    def needs_features(self) -> bool:  # type: ignore[override]
        """Whether any of them does."""
        return any(rule.needs_features for rule in self.selectors)

    def bound(
        self, sample_id: IntArray, *, dynamics: TrainingDynamics | None = None, features: Features | None = None
    ) -> Self:
        """The ensemble of the selectors bound to these."""
        bound = tuple(rule.bound(sample_id, dynamics=dynamics, features=features) for rule in self.selectors)
        if all(new is old for new, old in zip(bound, self.selectors, strict=True)):
            return self
        return replace(self, selectors=bound)

    def scores(self, posteriors: Posteriors | None, counts: LabelCounts) -> FloatArray:
        """The combined score of every sample (N,); what a selector lacks is its own error."""
        total = np.zeros(len(counts))
        for rule in self.selectors:
            rank = shared_ranks(rule.scores(posteriors, counts))
            total += -rank if self.combine == "mean" else 1 / (DEPTH + rank)
        return np.asarray(total / len(self.selectors))


def shared_ranks(score: FloatArray) -> FloatArray:
    """Rank of every score (N,) from 1, the highest first; equal scores share the mean of their ranks.

    >>> shared_ranks(np.array([0.5, 0.9, 0.5]))
    array([2.5, 1. , 2.5])
    """
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    length = np.diff(np.append(starts, len(score)))
    rank = np.empty(len(score))
    rank[order] = np.repeat(starts + (length + 1) / 2, length)
    return rank
