"""The fused state: what posteriors and all votes so far say about every sample, brought up to date vote by vote."""

from dataclasses import dataclass

import numpy as np

from alc.arrays import FloatArray, IntArray
from alc.consensus.vote_law import VoteLaw
from alc.consensus.vote_law_fit import Votes, log_joint

__all__ = ["FusedState", "joint_of", "marginal"]


def joint_of(log_joint: FloatArray) -> FloatArray:
    """Log P(level, class, votes) -> P(level, class | votes), (K, L, C) -> (K, L, C); each sums to 1."""
    most = log_joint.max(axis=(1, 2), keepdims=True)
    joint = np.exp(log_joint - most)
    joint /= joint.sum(axis=(1, 2), keepdims=True)
    return np.asarray(joint)


def marginal(log_joint: FloatArray) -> FloatArray:
    """Log P(level, class, votes) -> P(class | votes), (K, L, C) -> (K, C): the level is summed over."""
    return np.asarray(joint_of(log_joint).sum(axis=1))


@dataclass(slots=True, eq=False)
class FusedState:
    """P(level, class | posteriors, votes) of N samples under one vote law.

    Attributes:
        law: The vote law.
        pi: (N, C) tempered posteriors.
        log_joint: (N, 2, C) log P(level, class, votes); :meth:`answer` changes it in place.
        belief: (N, C) P(class | votes), kept up to date.
    """

    law: VoteLaw
    pi: FloatArray
    log_joint: FloatArray
    belief: FloatArray

    @classmethod
    def of(cls, law: VoteLaw, probs: FloatArray, votes: Votes, floor: float) -> "FusedState":
        """The state after these votes, from cross-fitted posteriors (N, C)."""
        joint, pi = log_joint(law, probs, votes, floor)
        return cls(law, pi, joint, marginal(joint))

    def answer(self, row: IntArray, vote: IntArray) -> None:
        """Take in one vote each about the samples of ``row`` (K,), every row at most once."""
        self.log_joint[row] += self.law.log_likelihood(self.pi[row], vote, is_given=False)
        self.belief[row] = marginal(self.log_joint[row])

    def copy_of(self, row: IntArray) -> "FusedState":
        """The samples of some rows (K,), which may repeat, as a state of their own."""
        return FusedState(self.law, self.pi[row], self.log_joint[row].copy(), self.belief[row].copy())

    @property
    def label(self) -> IntArray:
        """Likeliest class (N,)."""
        return np.asarray(self.belief.argmax(axis=1))

    @property
    def confidence(self) -> FloatArray:
        """Its probability (N,): one minus the chance that :attr:`label` is wrong."""
        return np.asarray(self.belief.max(axis=1))
