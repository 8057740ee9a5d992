"""Estimate the vote law from votes alone, by a likelihood that knows that labels are noisy."""

from dataclasses import dataclass

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.consensus.vote_law import VoteLaw, tempered

__all__ = ["VOTE_LAW_WIDTHS", "Votes", "fit_vote_law", "log_joint", "vote_log_likelihood"]

VOTE_LAW_WIDTHS = np.array([0.5, 1.5, 2.0, 0.7, 0.7, 0.5, 0.7, 1.0])
"""Standard deviations of the normal priors around the expected law, in the units of :meth:`VoteLaw.vector`."""


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
    probs: FloatArray,
    votes: Votes,
    expected: VoteLaw,
    *,
    floor: float,
    start: VoteLaw | None = None,
    most_unasked: int = 2000,
    rng: np.random.Generator,
) -> VoteLaw:
    """The law under which the votes are likeliest, held near an expected one (maximum a posteriori).

    The class of every sample is summed over, so no label counts as true: that is what a calibration on noisy labels
    gets wrong.  Who was asked may depend on posteriors and earlier votes, not on anything else, and then the choice
    drops out of the likelihood.  Samples with no answer say little each: of more than ``most_unasked`` a random part is
    taken, with weights.

    Args:
        probs: (N, C) cross-fitted posteriors: of models that have not seen these votes.
        votes: The label each sample came with, and the answers.
        expected: Centre of the priors, whose widths are :data:`VOTE_LAW_WIDTHS`.
        floor: Uniform share of the tempered posteriors.
        start: Where the search begins, e.g. an earlier estimate.
        most_unasked: Most samples without an answer that are looked at.
        rng: Chooses them.
    """
    from scipy.optimize import minimize

    asked = np.zeros(len(probs), dtype=np.bool_)
    asked[votes.row] = True
    unasked = np.flatnonzero(~asked)
    chosen = rng.choice(unasked, most_unasked, replace=False) if len(unasked) > most_unasked else unasked
    rows = np.concatenate([np.flatnonzero(asked), chosen])
    weight = np.ones(len(rows))
    weight[len(rows) - len(chosen) :] = len(unasked) / max(len(chosen), 1)
    part, some = probs[rows], votes.of_rows(rows)
    centre = expected.vector()

    def loss(vector: FloatArray) -> float:
        likelihood = float(weight @ vote_log_likelihood(VoteLaw.of(vector), part, some, floor))
        return 0.5 * float((((vector - centre) / VOTE_LAW_WIDTHS) ** 2).sum()) - likelihood

    bounds = [(-2.5, 2.5), (-12, 6), (-4, 20), *[(-5.0, 7.0)] * 4, (-5.0, 3.0)]
    found = minimize(loss, (start or expected).vector(), method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-7})
    return VoteLaw.of(found.x)
