"""CROWDLAB: a classifier and the annotators in one weighted mean, computed by cleanlab."""

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from alc.annotations import Annotations
from alc.arrays import FloatArray
from alc.consensus.consensus import Belief
from alc.consensus.requirements import held_out_probabilities
from alc.errors import InputError
from alc.posteriors import Posteriors

__all__ = ["Crowdlab", "vote_table"]


@dataclass(frozen=True)
class Crowdlab:
    """Goh, Tkachenko and Mueller (2022): (w_M p_n + Σ_a w_a v_a) / (w_M + Σ_a w_a), label and quality as of cleanlab.

    v_a puts P on the class voted for and (1 - P) / (C - 1) on every other, P the mean agreement with the consensus; w_a
    is how far annotator a agrees with the others, w_M how far the classifier agrees with the consensus, each against
    always naming the most frequent class.  Statistics come from samples with two votes or more.

    Label and confidence are ``consensus_label`` and ``consensus_quality_score`` of
    ``cleanlab.multiannotator.get_label_quality_multiannotator``.  It does not give the other classes' share, so the
    distribution is put together from the weights it does give, by the formula above.  cleanlab names the consensus
    first and estimates the weights anew for it, so in rare cases the label is not the most probable class.

    Annotators are best told apart by ids; where they are slots (first vote, second vote, ...) the weights are those of
    slots.  An annotator who shares no sample with another has the mean weight.  Classes nobody voted for have what the
    classifier and the wrong answers give them.

    Attributes:
        calibrate: Fit a temperature of the classifier to the shares of votes first (cleanlab's ``calibrate_probs``).

    Raises:
        InputError: No posteriors or in-sample ones, no sample with two votes, or somebody who voted twice on one.
    """

    calibrate: bool = False
    needs_posteriors: ClassVar[bool] = True
    needs_annotator_ids: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not isinstance(self.calibrate, bool):
            raise InputError(f"consensus.calibrate={self.calibrate!r}", allowed="true or false")

    def fuse(
        self, annotations: Annotations, num_samples: int, num_classes: int, posteriors: Posteriors | None = None
    ) -> Belief:
        """Weighted mean of classifier and votes."""
        annotations.counts(num_samples, num_classes)  # every sample has a vote, every vote is of a class
        probs = held_out_probabilities(posteriors, num_samples, num_classes, "crowdlab").astype(np.float64)
        votes = vote_table(annotations, num_samples)
        if not (np.isfinite(votes).sum(axis=1) > 1).any():
            raise InputError(
                "consensus=crowdlab: no sample has votes of two annotators, so nobody can be compared with anybody",
                allowed="one sample or more with two votes",
                fix="Ask about some samples first, or use consensus=posterior_fusion, which takes single votes",
            )
        if num_classes == 1:
            return Belief(np.ones((num_samples, 1)))
        result = self._result(votes, probs)
        label = result["label_quality"]["consensus_label"].to_numpy().astype(np.int64)
        return Belief(_distribution(votes, self._calibrated(votes, probs), result), chosen=label)

    def _result(self, votes: FloatArray, probs: FloatArray) -> dict[str, Any]:
        from cleanlab.multiannotator import get_label_quality_multiannotator

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that no two annotators agree on anything; the weights say it
            result: dict[str, Any] = get_label_quality_multiannotator(
                votes,
                probs,
                calibrate_probs=self.calibrate,
                return_detailed_quality=False,
                return_annotator_stats=False,
                return_weights=True,
                verbose=False,
            )
        return result

    def _calibrated(self, votes: FloatArray, probs: FloatArray) -> FloatArray:
        """The classifier's probabilities as cleanlab weighs them."""
        if not self.calibrate:
            return probs
        from cleanlab.internal.multiannotator_utils import find_best_temp_scaler, temp_scale_pred_probs

        return np.asarray(temp_scale_pred_probs(probs, find_best_temp_scaler(votes, probs)))


def vote_table(annotations: Annotations, num_samples: int) -> FloatArray:
    """Votes as cleanlab wants them, (N, A), NaN where an annotator said nothing; annotators in the order of their ids.

    Raises:
        InputError: An annotator voted twice on one sample, for which the table has one cell.
    """
    who, column = np.unique(annotations.annotator, return_inverse=True)
    cell = annotations.sample * len(who) + column
    first = np.unique(cell, return_index=True)[1]
    if len(first) < len(cell):
        again = np.setdiff1d(np.arange(len(cell)), first)[0]
        raise InputError(
            f"consensus=crowdlab: annotator {annotations.annotator[again]} voted more than once on the sample in row "
            f"{annotations.sample[again]}",
            allowed="one vote per annotator and sample",
        )
    table = np.full((num_samples, len(who)), np.nan)
    table[annotations.sample, column] = annotations.label
    return table


def _distribution(votes: FloatArray, probs: FloatArray, result: dict[str, Any]) -> FloatArray:
    """The weighted mean (N, C) with cleanlab's weights."""
    num_samples, num_classes = probs.shape
    quality, weight, model = result["label_quality"], result["annotator_weight"], result["model_weight"]
    shared = quality["num_annotations"].to_numpy() != 1
    agreement = float(quality["annotator_agreement"].to_numpy()[shared].mean())
    row, column = np.nonzero(np.isfinite(votes))
    named = np.zeros((num_samples, num_classes))  # weight of the votes for each class
    np.add.at(named, (row, votes[row, column].astype(np.int64)), weight[column])
    total = named.sum(axis=1, keepdims=True)
    other = (1 - agreement) / (num_classes - 1)
    fused = model * probs + agreement * named + other * (total - named)
    return np.asarray(fused / (model + total))
