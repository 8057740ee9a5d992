"""Confident learning as scores: the flagged samples first, and cleanlab's other label-quality scores turned round."""

from typing import Literal, get_args

import numpy as np

from alc.arrays import FloatArray
from alc.errors import InputError, did_you_mean
from alc.labels import LabelCounts, normalised_entropy
from alc.posteriors import Posteriors
from alc.selection.flagged import Rule, check_rule, class_thresholds, flagged
from alc.selection.information import row_blocks, runner_up
from alc.selection.inputs import label_of, mean_of, out_of_sample
from alc.selection.scores import check_scores

__all__ = [
    "RankBy",
    "adjusted_normalized_margin",
    "adjusted_self_confidence",
    "confidence_weighted_entropy",
    "confident_learning",
]

RankBy = Literal["self_confidence", "normalized_margin"]

SMALLEST = 1e-6  # cleanlab's lower bound of what something is divided by


@out_of_sample
def confident_learning(
    posteriors: Posteriors, counts: LabelCounts, *, flag: Rule, rank_by: RankBy = "self_confidence"
) -> FloatArray:
    """Flagged labels first, each part by its label quality; 0 to 2, above 1 what is flagged.

    f + q, with f = 1 for labels that confident learning takes to be wrong (:func:`~alc.selection.flagged.flagged`) and
    q = 1 - p[label] or (p[other] - p[label] + 1) / 2.  Northcutt, Jiang and Chuang (2021); the flagged part is
    ``cleanlab.filter.find_label_issues(filter_by=flag, return_indices_ranked_by=rank_by)``.  Not row-local: a class's
    thresholds are means over the data.  Thresholds adapt to a model that is too sure or too unsure of a class as a
    whole.  One-hot posteriors leave one value for all flagged and one for all others: then ties are broken at random.

    Args:
        posteriors: Of models that had not seen the labels.
        counts: Votes; what is judged is the majority.
        flag: Rule of the flagged set.
        rank_by: Order within each part.
    """
    check_rule(flag)
    if rank_by not in get_args(RankBy):
        hint = did_you_mean(str(rank_by), get_args(RankBy))
        raise InputError(f"rank_by is {rank_by!r}", allowed=", ".join(get_args(RankBy)), fix=hint)
    probs, label = mean_of(posteriors, counts), label_of(counts)
    own = probs[np.arange(len(label)), label].astype(np.float64)  # 2 - p in single precision would lose small p
    score = 1 - own if rank_by == "self_confidence" else (runner_up(label, probs) - own + 1) / 2
    score += flagged(probs, label, flag)
    return check_scores(score, posteriors.sample_id)


def adjusted_self_confidence(posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
    """One minus the label's probability after each class's mean self-confidence is taken off; 0 to 1.

    a = (p - t + max t) / sum of these over classes, t the thresholds of confident learning; score 1 - a[label].
    A class that the model is unsure of as a whole, often a rare one, is no longer suspicious for that alone.  Northcutt
    et al. (2021), section 5; ``cleanlab.rank.get_label_quality_scores(adjust_pred_probs=True)`` is one minus this.
    Not row-local.  A class that nobody was given has, as in cleanlab, the threshold 2, which flattens all scores.
    """
    probs, label = mean_of(posteriors, counts), label_of(counts)
    thresholds = class_thresholds(probs, label)
    own = probs[np.arange(len(label)), label] + (thresholds.max() - thresholds)[label]
    return check_scores(1 - own / _total(thresholds), posteriors.sample_id)


def adjusted_normalized_margin(posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
    """(a[other] - a[label] + 1) / 2 of the same adjusted probabilities, 0 to 1; the largest other class counts.

    ``cleanlab.rank.get_label_quality_scores(method="normalized_margin", adjust_pred_probs=True)`` is one minus this;
    see :func:`adjusted_self_confidence`.
    """
    probs, label = mean_of(posteriors, counts), label_of(counts)
    thresholds = class_thresholds(probs, label)
    shift = (thresholds.max() - thresholds).astype(probs.dtype)
    other = np.empty(len(label), dtype=probs.dtype)
    for rows in row_blocks(*probs.shape):
        other[rows] = runner_up(label[rows], probs[rows] + shift)
    own = probs[np.arange(len(label)), label] + shift[label]
    return check_scores(((other - own) / _total(thresholds) + 1) / 2, posteriors.sample_id)


def confidence_weighted_entropy(posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
    """One minus log(1 + r) / r with r = H(p) / p[label], H in units of log C; 0 to 1.

    Kuan and Mueller (2022); cleanlab's ``confidence_weighted_entropy`` is one minus this.  Uncertain posteriors and
    improbable labels both raise it.  H and p[label] count as 1e-6 or more.  cleanlab bounds p[label] alone, and where H
    is 0 its quality falls from nearly 1 to 0: the surest right labels would come first, and one-hot posteriors would
    rank nothing.  Here they rank the labels they contradict before all others.
    """
    probs, label = mean_of(posteriors, counts), label_of(counts)
    ratio = np.empty(len(label))
    for rows in row_blocks(*probs.shape):
        ratio[rows] = normalised_entropy(probs[rows])
    np.maximum(ratio, SMALLEST, out=ratio)
    ratio /= np.maximum(probs[np.arange(len(label)), label], SMALLEST)
    return check_scores(1 - np.log1p(ratio) / ratio, posteriors.sample_id)


def _total(thresholds: FloatArray) -> float:
    """Sum of a row of adjusted probabilities before it is scaled: the same for all, since theirs is 1."""
    return float(1 + (thresholds.max() - thresholds).sum())
