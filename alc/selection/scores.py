"""Relabelling scores: functions of posteriors and label counts, one number per sample, higher = relabel sooner.

Any function ``(Posteriors, LabelCounts) -> (N,)`` is a score; there is no base class.  All of them use the mean over
members except :func:`bald`, and all look at one row at a time, so a sample's score changes only with its own votes.
"""

from collections.abc import Callable

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.errors import InputError
from alc.labels import LabelCounts
from alc.posteriors import Posteriors
from alc.selection.information import row_cross_entropy, row_entropy, runner_up, surprisal
from alc.selection.inputs import label_of, mean_of

__all__ = [
    "Score",
    "bald",
    "check_scores",
    "cross_entropy",
    "entropy",
    "joint",
    "joint_released",
    "normalized_margin",
    "self_confidence",
]

Score = Callable[[Posteriors, LabelCounts], FloatArray]
"""(N,) finite numbers, higher = relabel sooner."""


def check_scores(score: FloatArray | IntArray, sample_id: IntArray) -> FloatArray:
    """One finite number per sample, or an :class:`InputError` that names the samples without one."""
    if np.shape(score) != sample_id.shape:
        raise InputError(
            f"the score has shape {np.shape(score)}", allowed=f"one number per sample, shape {sample_id.shape}"
        )
    values: FloatArray = np.asarray(score) if np.issubdtype(score.dtype, np.floating) else score.astype(np.float64)
    finite = np.isfinite(values)
    if not finite.all():
        bad = np.flatnonzero(~finite)
        listed = ", ".join(f"{sample_id[row]} ({values[row]})" for row in bad[:5])
        raise InputError(
            f"the score of {bad.size} of {len(values)} samples is not finite: sample id {listed}"
            f"{f' and {bad.size - 5} more' if bad.size > 5 else ''}",
            allowed="finite numbers",
            fix="Check the posteriors of these samples",
        )
    return values


def cross_entropy(posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
    """Cross-entropy from the normalised label counts to the posterior: how noisy the labels look.

    CE(l, p) of Bernhardt et al. (2022), Eq. 3; divided by log C, as in the released code.  Range 0 to 27.6 / log C.

    >>> probs = Posteriors.single(np.array([[0.9, 0.1], [0.9, 0.1]]))
    >>> cross_entropy(probs, LabelCounts.from_labels(np.array([0, 1]), 2)).round(4)
    array([0.152 , 3.3219])
    """
    return check_scores(_cross_entropy(mean_of(posteriors, counts), counts), posteriors.sample_id)


def joint(posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
    """Cross-entropy minus posterior entropy: clear mislabels before ambiguous samples, which cost more votes to settle.

    Phi = CE(l, p) - H(p) of Bernhardt et al. (2022), Eq. 2, in units of log C.  The released code computes
    :func:`joint_released` instead.  Range -1 to 27.6 / log C; -1 is not reached.
    """
    probs = mean_of(posteriors, counts)
    score = _cross_entropy(probs, counts)
    score -= row_entropy(probs)
    return check_scores(score, posteriors.sample_id)


def joint_released(posteriors: Posteriors, counts: LabelCounts, *, margin: float = 0.30) -> FloatArray:
    """Cross-entropy minus the part of the posterior entropy above ``margin``, as the authors' released code has it.

    CE(l, p) - max(H(p) - margin, 0), in units of log C; 0.30 is also the paper's threshold of a difficult sample.
    With ``margin=0`` it is :func:`joint`, with ``margin=1`` it is :func:`cross_entropy`.
    """
    if not isinstance(margin, int | float) or not 0.0 <= margin <= 1.0:
        raise InputError(f"the entropy margin is {margin}", allowed="0 to 1, in units of log C", fix="Type margin=0.30")
    probs = mean_of(posteriors, counts)
    score = _cross_entropy(probs, counts)
    penalty = row_entropy(probs)
    penalty -= margin
    score -= np.maximum(penalty, 0.0, out=penalty)
    return check_scores(score, posteriors.sample_id)


def self_confidence(posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
    """One minus the probability of the majority label; 0 to 1.

    Northcutt et al. (2021).  cleanlab's ``self_confidence`` is the probability itself, where lower means worse.
    It orders single labels as :func:`cross_entropy` does.
    """
    probs = mean_of(posteriors, counts)
    score = probs[np.arange(len(probs)), label_of(counts)]
    return check_scores(np.subtract(1.0, score, out=score), posteriors.sample_id)


def normalized_margin(posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
    """How far the likeliest other class is ahead of the majority label; 0 (label certain) to 1 (another class certain).

    (p[other] - p[label] + 1) / 2.  Northcutt et al. (2021); cleanlab's ``normalized_margin`` is one minus this.
    """
    probs = mean_of(posteriors, counts)
    label = label_of(counts)
    score = runner_up(label, probs)
    score -= probs[np.arange(len(probs)), label]
    score += 1.0
    score *= 0.5
    return check_scores(score, posteriors.sample_id)


def entropy(posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
    """Posterior entropy H(p) in units of log C, 0 to 1: uncertainty sampling, blind to the labels.

    The paper's ambiguity term (Bernhardt et al. 2022, Eq. 4) taken alone.
    """
    return check_scores(row_entropy(mean_of(posteriors, counts)), posteriors.sample_id)


def bald(posteriors: Posteriors, counts: LabelCounts) -> FloatArray:
    """Mutual information between the class and the member that predicts it, in units of log C, 0 to 1.

    H(mean of members) - mean of H(member); Houlsby et al. (2011), Gal et al. (2017).  Blind to the labels.  The paper
    draws ten Monte-Carlo dropout members.

    Raises:
        InputError: There is one member only; the score would be 0 everywhere.
    """
    if posteriors.num_members == 1:
        raise InputError(
            "the bald score needs several members, these posteriors have one",
            allowed="M of 2 or more in posteriors (M, N, C)",
            fix="Use posteriors of several networks or Monte-Carlo dropout draws, or type selector=entropy",
        )
    score = row_entropy(mean_of(posteriors, counts))
    within = row_entropy(posteriors.probs[0])
    for member in posteriors.probs[1:]:
        within += row_entropy(member)
    within /= posteriors.num_members
    score -= within
    return check_scores(score, posteriors.sample_id)


def _cross_entropy(probs: FloatArray, counts: LabelCounts) -> FloatArray:
    return row_cross_entropy(counts.counts, probs) if counts.only_vote is None else surprisal(counts.only_vote, probs)
