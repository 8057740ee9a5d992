"""An opinion that looks at all votes from time to time, for a consensus that can not be updated vote by vote."""

import numpy as np

from alc.annotations import INITIAL_ANNOTATOR, Annotations
from alc.arrays import IntArray
from alc.consensus.consensus import Consensus
from alc.consensus.fused_state import FusedState
from alc.posteriors import Posteriors
from alc.simulation.opinion import MajorityOpinion

__all__ = ["PeriodicOpinion"]


class PeriodicOpinion:
    """Labels are those of a consensus over all votes, computed anew every so many annotations; in between they stay.

    Whether a question is closed is decided by counting votes.

    Args:
        consensus: What makes labels of annotations.
        posteriors: For a consensus that wants them.
        given: (N,) labels at the start, the vote of the initial annotator.
        num_classes: C.
        every: Annotations between two looks.
    """

    state: FusedState | None = None

    def __init__(
        self, consensus: Consensus, posteriors: Posteriors | None, given: IntArray, num_classes: int, *, every: int
    ) -> None:
        self._consensus, self._posteriors, self._every, self._due = consensus, posteriors, every, every
        self._counts, self._num_classes = MajorityOpinion(given, num_classes), num_classes
        self._given = np.asarray(given)
        self.label = np.array(given)
        self._rows: list[int] = []
        self._votes: list[int] = []
        self._who: list[int] = []

    def answer(self, row: int, vote: int, who: int = INITIAL_ANNOTATOR + 1) -> None:
        """Note who said what."""
        self._counts.answer(row, vote)
        self._rows.append(row)
        self._votes.append(vote)
        self._who.append(who)

    def is_strict(self, row: int) -> bool:
        """Whether the majority of votes is strict."""
        return self._counts.is_strict(row)

    def close(self, row: int) -> None:
        """Labels wait for the next look."""

    def renew(self, spent: int) -> bool:
        """Let the consensus look at all votes, if that is due."""
        if spent < self._due:
            return False
        self._due = spent + self._every
        answered = Annotations(np.array(self._rows), np.array(self._who), np.array(self._votes))
        votes = Annotations.initial(self._given).extended(answered)
        self.label = self._consensus.fuse(votes, len(self._given), self._num_classes, self._posteriors).label
        return True
