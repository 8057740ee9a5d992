"""The selector that ranks by features: by what a sample's neighbours are labelled."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from alc.arrays import FloatArray, IntArray
from alc.dynamics import TrainingDynamics
from alc.errors import InputError
from alc.features import Features
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection.scores import check_scores
from alc.selection.selector import Scoring

__all__ = ["FeatureScore", "FeatureSelector"]

FeatureScore = Callable[[Features, LabelCounts], FloatArray]
"""(N,) finite numbers, higher = relabel sooner."""


@dataclass(frozen=True)
class FeatureSelector(Scoring):
    """Ranks by a score of features and label counts; every sample at most once.

    Such a score is not row-local: a label that changes changes the scores of its neighbours.  The order is made once,
    from the labels at the start.

    Attributes:
        score: E.g. :class:`~alc.selection.knn.NeighbourDisagreement` or :class:`~alc.selection.graph.LabelPropagation`.
        features: Of the samples to rank, in their order; :meth:`bound` hands them over.
    """

    score: FeatureScore
    features: Features | None = None

    needs_features: ClassVar[bool] = True

    def bound(
        self, sample_id: IntArray, *, dynamics: TrainingDynamics | None = None, features: Features | None = None
    ) -> Self:
        """This rule for the samples ``sample_id`` (N,), by these features or by those it has; joined by id."""
        del dynamics
        return replace(self, features=self._required(features or self.features).aligned_to(sample_id))

    def scores(self, posteriors: Posteriors | None, counts: LabelCounts) -> FloatArray:
        """The score of every sample (N,); posteriors are not used.

        Raises:
            InputError: There are no features, they are of other samples, or a score is not finite.
        """
        del posteriors
        features = self._required(self.features)
        if len(features) != len(counts):
            raise InputError(
                f"features are of {len(features)} samples, label counts of {len(counts)}",
                allowed="the same samples in both",
                fix="Join them first with selector.bound(sample_id, features=...)",
            )
        return check_scores(self.score(features, counts), features.sample_id)

    def _required(self, features: Features | None) -> Features:
        if features is None:
            raise InputError(
                "this selector ranks by features and there are none",
                fix="Train with method.keep_features=true, give alc.features.Features(values, sample_id), "
                "or choose a selector that ranks by posteriors",
            )
        return features
