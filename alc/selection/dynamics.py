"""Scores from training dynamics: how hard the network found each given label while it was trained on it.

They cost no forward pass, and they are in-sample evidence: the network was told to believe the label, and a wrong one
is learned late, with a small margin, or is lost again.  Each looks at the epochs in which a sample was trained on;
after cross-fitting they are means over the trainings that saw it.  They speak of the labels of that training, so
answers that come in later do not change them.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.dynamics import TrainingDynamics
from alc.errors import InputError
from alc.features import Features
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection.scores import check_scores
from alc.selection.selector import Scoring

__all__ = ["DynamicsScore", "DynamicsSelector", "aum", "forgetting", "low_confidence", "mean_loss", "variability"]

DynamicsScore = Callable[[TrainingDynamics], FloatArray]
"""(N,) numbers, higher = relabel sooner; NaN for a sample that was never trained on."""


def aum(dynamics: TrainingDynamics) -> FloatArray:
    """Minus the area under the margin, in units of logits, any sign.

    AUM = mean over epochs of (logit of the given label - largest other logit), Pleiss et al. (2020), Eq. 1 and 2.
    There a low AUM means a wrong label, so the sign is turned.  Their threshold, from samples of an extra class, is not
    needed to rank.
    """
    return np.negative(_mean(dynamics.margin))


def mean_loss(dynamics: TrainingDynamics) -> FloatArray:
    """Mean over epochs of the cross-entropy of the given label, in nats, 0 or more.

    The small-loss criterion (Arpit et al. 2017: wrong labels are learned later) averaged over training, as in O2U-Net
    (Huang et al. 2019).  They take the epochs of a cyclic learning rate and first subtract each epoch's mean over the
    samples, which changes the order only where samples were not trained on in the same epochs.
    """
    return _mean(dynamics.loss)


def forgetting(dynamics: TrainingDynamics) -> FloatArray:
    """Forgetting events: how often a sample that was classified as its given label no longer is, a whole number.

    Toneva et al. (2019), Definition 1: right in one presentation and wrong in the next.  A sample that was never right
    has no event by that definition; as in their released ordering it counts as many as it had presentations, more than
    any other can have.
    """
    seen = np.isfinite(dynamics.loss)
    presentations = seen.sum(axis=0)
    was_right = np.zeros(seen.shape[1], dtype=np.bool_)
    ever_right, events = was_right.copy(), np.zeros(seen.shape[1])
    for present, right in zip(seen, np.asarray(dynamics.correct, dtype=np.bool_), strict=True):
        events += present & was_right & ~right
        was_right = np.where(present, right, was_right)
        ever_right |= present & right
    events = np.where(ever_right, events, presentations)
    return np.where(presentations > 0, events, np.nan)


def low_confidence(dynamics: TrainingDynamics) -> FloatArray:
    """One minus the mean over epochs of the given label's probability, 0 to 1.

    Swayamdipta et al. (2020), dataset cartography, Eq. 1: their confidence is that mean; wrong labels gather where it
    is low.
    """
    return np.subtract(1.0, _mean(dynamics.p_given))


def variability(dynamics: TrainingDynamics) -> FloatArray:
    """Standard deviation over epochs of the given label's probability, 0 to 0.5: ambiguous samples first.

    Swayamdipta et al. (2020), Eq. 2.  Labels that are clearly wrong have a low confidence *and* a low variability, so
    this finds what is worth a second opinion rather than what is wrong.
    """
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # NaN of never seen is meant
        return np.asarray(np.nanstd(dynamics.p_given, axis=0, dtype=np.float64))


def _mean(records: FloatArray) -> FloatArray:
    """Mean over the epochs in which each sample was trained on, (E, N) -> (N,)."""
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        return np.asarray(np.nanmean(records, axis=0, dtype=np.float64))


@dataclass(frozen=True)
class DynamicsSelector(Scoring):
    """Ranks by a score of training dynamics, which :meth:`bound` hands over; every sample at most once.

    Attributes:
        score: One of this module, or any function of the same shape.
        dynamics: Of the samples to rank, in their order.
    """

    score: DynamicsScore
    dynamics: TrainingDynamics | None = None

    needs_dynamics: ClassVar[bool] = True

    def bound(
        self, sample_id: IntArray, *, dynamics: TrainingDynamics | None = None, features: Features | None = None
    ) -> Self:
        """This rule for the samples ``sample_id`` (N,), by these dynamics or by those it has; joined by id."""
        del features
        return replace(self, dynamics=self._required(dynamics or self.dynamics).aligned_to(sample_id))

    def scores(self, posteriors: Posteriors | None, counts: LabelCounts) -> FloatArray:
        """The score of every sample (N,); posteriors are not used, and of the counts only how many they are.

        Raises:
            InputError: There are no dynamics, they are of other samples, or some sample was never trained on.
        """
        del posteriors
        dynamics = self._required(self.dynamics)
        if len(dynamics.sample_id) != len(counts):
            raise InputError(
                f"training dynamics are of {len(dynamics.sample_id)} samples, label counts of {len(counts)}",
                allowed="the same samples in both",
                fix="Join them first with selector.bound(sample_id, dynamics=...)",
            )
        if dynamics.num_epochs == 0:
            raise InputError("training dynamics have no epoch", allowed="one epoch or more")
        never = dynamics.sample_id[~np.isfinite(dynamics.loss).any(axis=0)]
        if len(never):
            raise InputError(
                f"{len(never)} of {len(counts)} samples were never trained on: sample id "
                f"{', '.join(map(str, never[:5]))}{f' and {len(never) - 5} more' if len(never) > 5 else ''}",
                allowed="records of one epoch or more for every sample",
                fix="Train for whole epochs on all samples, or choose a selector that ranks by posteriors",
            )
        return check_scores(self.score(dynamics), dynamics.sample_id)

    def _required(self, dynamics: TrainingDynamics | None) -> TrainingDynamics:
        if dynamics is None:
            raise InputError(
                "this selector ranks by training dynamics and there are none",
                fix="Train with callbacks.dynamics=true, or choose a selector that ranks by posteriors",
            )
        return dynamics
