"""Estimate the vote law from votes alone, by a likelihood that knows that labels are noisy."""

from dataclasses import dataclass, replace

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.consensus.vote_law import VoteLaw, tempered

__all__ = ["VOTE_LAW_WIDTHS", "Votes", "fit_vote_law", "log_joint", "vote_log_likelihood"]

VOTE_LAW_WIDTHS = np.array([0.5, 1.5, 2.0, 0.7, 0.7, 0.5, 0.7, 1.0])
"""Standard deviations of the normal priors around the expected law, in the units of :meth:`VoteLaw.vector`."""


MOST_ROWS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """All votes about N samples: the label each came with (N,), and K answers as (row, label) pairs."""

    given: IntArray
    row: IntArray
    answer: IntArray

    def of_rows(self, rows: IntArray) -> "Votes":
        """The votes about some rows, which get the numbers 0, 1, ... in the order given."""
        place = np.full(len(self.given), -1)
        place[rows] = np.arange(len(rows))
        kept = place[self.row] >= 0
        return Votes(self.given[rows], place[self.row[kept]], self.answer[kept])


def log_joint(law: VoteLaw, probs: FloatArray, votes: Votes, floor: float) -> tuple[FloatArray, FloatArray]:
    """Log P(level, class, votes) of every sample (N, 2, C), and the tempered posteriors (N, C) it is made of."""
    pi = tempered(probs, law.temperature, floor)
    joint = law.prior(pi)
    joint += law.log_likelihood(pi, votes.given, is_given=True)
    if len(votes.row):
        np.add.at(joint, votes.row, law.log_likelihood(pi[votes.row], votes.answer, is_given=False))
    return joint, pi


def vote_log_likelihood(law: VoteLaw, probs: FloatArray, votes: Votes, floor: float) -> FloatArray:
    """Log chance of each sample's votes (N,), its class and its level summed over."""
    joint, _ = log_joint(law, probs, votes, floor)
    flat = joint.reshape(len(joint), -1)
    most = flat.max(axis=1)
    return np.asarray(most + np.log(np.exp(flat - most[:, None]).sum(axis=1)))


def fit_vote_law(
    probs: FloatArray, votes: Votes, expected: VoteLaw, *, floor: float, start: VoteLaw | None = None
) -> VoteLaw:
    """The law under which the answers are likeliest, given the labels the samples came with (maximum a posteriori).

    The class of every sample is summed over, so no label counts as true: that is what a calibration on noisy labels
    gets wrong.  What is maximised is the likelihood of the answers *given* posterior and first label, log P(label,
    answers) - log P(label), held near an expected law.  The joint likelihood would rather explain the first labels,
    which are many, and a wrong label on an image that the model finds hard is explained best by a model that is right
    about the wrong class: on the design data the labels so fused were worse than under constants guessed beforehand.
    Who was asked may depend on posteriors and earlier votes, not on anything else, and then the choice drops out.

    Only the temperature is first estimated from the labels the samples came with, all else as expected: models differ
    more than people do, and no answer is needed to see it.  Without answers that is all.

    Args:
        probs: (N, C) cross-fitted posteriors: of models that have not seen these votes.
        votes: The label each sample came with, and the answers.
        expected: Centre of the priors, whose widths are :data:`VOTE_LAW_WIDTHS`.
        floor: Uniform share of the tempered posteriors.
        start: Where the search begins, e.g. an earlier estimate.
    """
    from scipy.optimize import minimize

    expected = replace(expected, temperature=_temperature(probs, votes.given, expected, floor))
    if not len(votes.row):
        return expected
    rows = np.unique(votes.row)
    part, some = probs[rows], votes.of_rows(rows)
    before = Votes(some.given, some.row[:0], some.answer[:0])
    centre = expected.vector()

    def loss(vector: FloatArray) -> float:
        law = VoteLaw.of(vector)
        joint, first = (vote_log_likelihood(law, part, each, floor) for each in (some, before))
        return 0.5 * float((((vector - centre) / VOTE_LAW_WIDTHS) ** 2).sum()) - float((joint - first).sum())

    bounds = [(-2.5, 2.5), (-12, 6), (-4, 20), *[(-5.0, 7.0)] * 4, (-5.0, 4.0)]
    found = minimize(loss, (start or expected).vector(), method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-7})
    return VoteLaw.of(found.x)


def _temperature(probs: FloatArray, given: IntArray, expected: VoteLaw, floor: float) -> float:
    """The temperature under which the first labels are likeliest, all else as expected; of at most 2,000 samples."""
    from scipy.optimize import minimize_scalar

    rows = np.unique(np.linspace(0, len(given) - 1, MOST_ROWS).round().astype(np.int64))
    nobody = np.empty(0, dtype=np.int64)
    part, first = probs[rows], Votes(given[rows], nobody, nobody)
    centre, width = float(np.log(expected.temperature)), float(VOTE_LAW_WIDTHS[0])

    def loss(log_temperature: float) -> float:
        law = replace(expected, temperature=float(np.exp(log_temperature)))
        return 0.5 * ((log_temperature - centre) / width) ** 2 - float(
            vote_log_likelihood(law, part, first, floor).sum()
        )

    found = minimize_scalar(loss, bounds=(-2.0, 2.5), method="bounded", options={"xatol": 0.01})
    return float(np.exp(found.x))
