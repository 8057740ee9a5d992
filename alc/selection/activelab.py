"""ActiveLab: which label is worth another vote, by what votes and model say together and how much that weighs."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from alc.annotations import Annotations
from alc.arrays import FloatArray, IntArray
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection.information import row_blocks
from alc.selection.inputs import label_of, mean_of, out_of_sample
from alc.selection.scores import check_scores
from alc.selection.temperature import best_temperature, tempered

__all__ = ["activelab", "activelab_of_annotators"]

SMALLEST = 1e-6  # cleanlab's lower bound of weights and of the error of the most frequent class


@out_of_sample
def activelab(posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
    """One minus ActiveLab's score, with votes of nobody in particular; 0 to 1.

    s = (W q + w / C) / (W + w), Goh and Mueller (2023), lowest asked next: q is the CROWDLAB quality of the consensus
    (Goh et al. 2022), W the weight of model and votes of the sample, w that of one vote, so that a sample with little
    behind it is drawn to 1 / C.  ``cleanlab.multiannotator.get_active_learning_scores``, which this equals where all
    annotators agree with the others equally often; where their ids are known use :func:`activelab_of_annotators`.

    With *one vote each* nobody can be compared with anybody: all weights are 1, as in cleanlab, and
    s = (2 p[label] + 1 / C) / 3 orders as :func:`~alc.selection.scores.self_confidence` does.  Not row-local.

    Args:
        posteriors: Of models that had not seen the votes; their temperature is fitted to the votes where some sample
            has two.
        counts: Votes.
    """
    probs = mean_of(posteriors, counts)
    if counts.only_vote is not None or not _is_shared(counts.counts):
        label = label_of(counts)
        quality = probs[np.arange(len(label)), label].astype(np.float64)
        return check_scores(1 - (2 * quality + 1 / counts.num_classes) / 3, posteriors.sample_id)
    row, label = np.nonzero(counts.counts)
    votes = _Votes(row, label, np.zeros(len(row), dtype=np.int64), counts.counts[row, label])
    return check_scores(1 - _score(probs, counts.counts, votes), posteriors.sample_id)


def activelab_of_annotators(posteriors: Posteriors, annotations: Annotations) -> FloatArray:
    """The same with a weight for every annotator, by how often others agree with them; 0 to 1.

    Args:
        posteriors: As in :func:`activelab`.
        annotations: Votes with annotator ids; every sample has one or more.
    """
    counts = annotations.counts(len(posteriors), posteriors.num_classes)
    if not _is_shared(counts.counts):
        return activelab(posteriors, counts)
    return _of_annotators(posteriors, counts, annotations)


@out_of_sample
def _of_annotators(posteriors: Posteriors, counts: LabelCounts, annotations: Annotations) -> FloatArray:
    who = np.unique(annotations.annotator, return_inverse=True)[1]
    votes = _Votes(annotations.sample, annotations.label, who, np.ones(len(annotations), dtype=np.int64))
    return check_scores(1 - _score(mean_of(posteriors, counts), counts.counts, votes), posteriors.sample_id)


def _is_shared(counts: IntArray) -> bool:
    return bool((counts.sum(axis=1) > 1).any())


@dataclass(frozen=True)
class _Votes:
    """K votes: on which sample, for which class, by whom (0 to A - 1), and how many of the kind."""

    sample: IntArray
    label: IntArray
    who: IntArray
    times: IntArray

    def agreement(self, counts: IntArray) -> FloatArray:
        """How often others agree with each annotator (A,); the mean where they share no sample with anybody."""
        others = self.times * (counts.sum(axis=1)[self.sample] - 1)
        agree = self.times * (counts[self.sample, self.label] - 1)
        asked = np.bincount(self.who, weights=others)
        share = np.bincount(self.who, weights=agree) / np.maximum(asked, 1)
        return np.asarray(np.where(asked > 0, share, share[asked > 0].mean()))

    def weighted(self, weight: FloatArray, counts: IntArray) -> FloatArray:
        """Weight of the votes for each class, (N, C)."""
        if len(weight) == 1:
            return np.asarray(weight[0] * counts)
        cell = self.sample * counts.shape[1] + self.label
        total = np.bincount(cell, weights=weight[self.who] * self.times, minlength=counts.size)
        return np.asarray(total.reshape(counts.shape))


def _score(probs: FloatArray, counts: IntArray, votes: _Votes) -> FloatArray:
    """ActiveLab's own score (N,), lower = ask sooner."""
    num_classes, rows = probs.shape[1], np.arange(len(probs))
    probs = tempered(probs, best_temperature(probs, counts))
    agreement, predicted, majority = votes.agreement(counts), probs.argmax(axis=1), _majority(counts, probs)
    weights = _weights(predicted, counts, majority, agreement)
    label = _likeliest(probs, votes.weighted(weights.annotator, counts), weights, majority)
    # Weighed anew by the label that was found; the arg max of that is, as in cleanlab, not looked at.
    weights = _weights(predicted, counts, label, agreement)
    named = votes.weighted(weights.annotator, counts)
    voted = named.sum(axis=1)
    other = (1 - weights.share) / (num_classes - 1)
    total, mean = voted + weights.model, weights.annotator.mean()
    quality = weights.model * probs[rows, label] + (weights.share - other) * named[rows, label] + other * voted
    return np.asarray((quality + mean / num_classes) / (total + mean))


class _Weights(NamedTuple):
    """Of the annotators (A,) and of the model, and how often votes agree with the consensus."""

    annotator: FloatArray
    model: float
    share: float


def _weights(predicted: IntArray, counts: IntArray, label: IntArray, agreement: FloatArray) -> _Weights:
    """What CROWDLAB gives a consensus ``label`` (N,); only samples of two votes or more speak."""
    number = counts.sum(axis=1)
    shared = number > 1
    share = float((counts[np.arange(len(label)), label][shared] / number[shared]).mean())
    chance = max(1 - np.bincount(label[shared]).max() / int(shared.sum()), SMALLEST)
    error = float((predicted != label)[shared].mean())
    model = max(1 - error / chance, SMALLEST) * float(np.sqrt(number.mean()))
    return _Weights(np.maximum(1 - (1 - agreement) / chance, SMALLEST), model, share)


def _likeliest(probs: FloatArray, named: FloatArray, weights: _Weights, otherwise: IntArray) -> IntArray:
    """The class with the most weight of model and votes (N,), ``otherwise`` where several have it."""
    gain = weights.share - (1 - weights.share) / (probs.shape[1] - 1)
    label = np.empty(len(probs), dtype=np.int64)
    for rows in row_blocks(*probs.shape):
        fused = gain * named[rows]
        fused += weights.model * probs[rows]
        found = fused.argmax(axis=1)
        is_tied = (fused == fused[np.arange(len(fused)), found][:, None]).sum(axis=1) > 1
        label[rows] = np.where(is_tied, otherwise[rows], found)
    return label


def _majority(counts: IntArray, probs: FloatArray) -> IntArray:
    """Class with the most votes (N,); of tied ones the likeliest, then the rarest among all votes, then the first."""
    label, total = np.empty(len(probs), dtype=np.int64), counts.sum(axis=0)
    for rows in row_blocks(*probs.shape):
        votes = counts[rows]
        best = np.where(votes == votes.max(axis=1, keepdims=True), probs[rows], -1.0)
        equal = best == best.max(axis=1, keepdims=True)
        label[rows] = np.where(equal, total, np.iinfo(np.int64).max).argmin(axis=1)
    return label
