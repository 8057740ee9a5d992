"""Opinions: the labels of all samples in the course of a simulation, as a consensus of the votes so far sees them."""

from collections.abc import Sequence
from typing import Literal, Protocol, get_args

import numpy as np

from alc.arrays import BoolArray, FloatArray, IntArray
from alc.consensus.fused_state import FusedState
from alc.consensus.posterior_fusion import PosteriorFusion
from alc.consensus.vote_law import VoteLaw
from alc.consensus.vote_law_fit import Votes
from alc.errors import InputError
from alc.posteriors import Posteriors

__all__ = ["DOUBLING", "FusedOpinion", "MajorityOpinion", "Opinion", "StartLabel", "check_start"]

StartLabel = Literal["given", "fused"]
"""Which label a sample has before anybody is asked: the one it came with, or the likeliest given the model."""

DOUBLING = (100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200)
"""Annotations after which the law of votes is estimated again: what is learned halves as the votes double."""


def check_start(start: object) -> None:
    """Refuse unknown start labels."""
    if start not in get_args(StartLabel):
        raise InputError(f"the start label is {start!r}", allowed=", ".join(get_args(StartLabel)))


class Opinion(Protocol):
    """What a simulation holds of all samples; it changes with every answer."""

    label: IntArray
    """(N,) labels now."""

    @property
    def state(self) -> FusedState | None:
        """The fused state, where there is one."""

    def answer(self, row: int, vote: int, who: int = 1) -> None:
        """Take in one vote, by an annotator of that id."""

    def is_strict(self, row: int) -> bool:
        """Whether one class holds strictly more votes about a sample than every other."""

    def close(self, row: int) -> None:
        """The question about a sample is settled."""

    def renew(self, spent: int) -> bool:
        """Look at all votes afresh if that is due after so many annotations; whether labels may have changed."""


class MajorityOpinion:
    """The label is the majority of the votes when a question is closed; a tie keeps the label there was.

    Args:
        given: (N,) labels at the start, one vote each.
        num_classes: C.
    """

    state: FusedState | None = None

    def __init__(self, given: IntArray, num_classes: int) -> None:
        self.label = np.array(given)
        self._counts = np.zeros((len(given), num_classes), dtype=np.int32)
        self._counts[np.arange(len(given)), given] = 1

    def answer(self, row: int, vote: int, who: int = 1) -> None:
        """Count it."""
        self._counts[row, vote] += 1

    def is_strict(self, row: int) -> bool:
        """Whether the majority is strict."""
        votes = self._counts[row]
        return int((votes == votes.max()).sum()) == 1

    def close(self, row: int) -> None:
        """The label becomes the majority, if there is one."""
        if self.is_strict(row):
            self.label[row] = self._counts[row].argmax()

    def renew(self, spent: int) -> bool:
        """Counts are never stale."""
        return False


class FusedOpinion:
    """The label is the likeliest class given posteriors and votes, with the law of votes estimated as they come in.

    Args:
        fusion: The consensus.
        posteriors: Cross-fitted; none that saw a vote.
        given: (N,) labels the samples came with.
        start: Whether a sample nobody was asked about has its given or its fused label.
        renew_at: Annotations after which the law of votes is estimated again, ascending.
        initial: A state to begin with, where it is known already: it is the same in every simulation.
        laws: Laws of votes to take over in the place of estimates, as (annotations spent, law).
    """

    def __init__(
        self,
        fusion: PosteriorFusion,
        posteriors: Posteriors,
        given: IntArray,
        *,
        start: StartLabel,
        renew_at: Sequence[int] = DOUBLING,
        initial: FusedState | None = None,
        laws: Sequence[tuple[int, VoteLaw]] | None = None,
    ) -> None:
        check_start(start)
        self._fusion, self._posteriors, self._given = fusion, posteriors, np.asarray(given)
        self._rows: list[int] = []
        self._votes: list[int] = []
        nobody = np.empty(0, dtype=np.int64)
        known = initial or fusion.state(posteriors, Votes(self._given, nobody, nobody))
        self.state: FusedState = known.copy_of(np.arange(len(given)))
        self._follows: BoolArray = np.full(len(given), start == "fused")
        self.label = np.where(self._follows, self.state.label, self._given)
        self._counts = np.zeros(self.state.belief.shape, dtype=np.int32)
        self._counts[np.arange(len(given)), self._given] = 1
        self._renew_at = list(renew_at) if laws is None else [spent for spent, _ in laws]
        self._known = None if laws is None else dict(laws)
        self.laws: list[tuple[int, VoteLaw]] = []

    def answer(self, row: int, vote: int, who: int = 1) -> None:
        """Fuse it."""
        self._rows.append(row)
        self._votes.append(vote)
        self._counts[row, vote] += 1
        self.state.answer(np.array([row]), np.array([vote]))
        self._follows[row] = True
        self.label[row] = self.state.belief[row].argmax()

    def is_strict(self, row: int) -> bool:
        """Whether the majority of votes, the given one among them, is strict."""
        votes = self._counts[row]
        return int((votes == votes.max()).sum()) == 1

    def close(self, row: int) -> None:
        """A fused label is up to date with every answer."""

    def renew(self, spent: int) -> bool:
        """Estimate the law of votes again, if due, and look at all samples under it.

        The estimate is sound as long as who was asked depended on posteriors and votes alone.  What asks by the truth
        has to bring ``laws``: where only wrong labels are asked about, all labels come to look wrong.
        """
        if self._fusion.estimate == "fixed" or not self._renew_at or spent < self._renew_at[0]:
            return False
        due = self._renew_at[0]
        self._renew_at = [each for each in self._renew_at if each > spent]
        votes = Votes(self._given, np.array(self._rows), np.array(self._votes))
        known = None if self._known is None else self._known[due]
        self.state = self._fusion.state(self._posteriors, votes, start=self.state.law, law=known)
        self.laws.append((due, self.state.law))
        self.label = np.where(self._follows, self.state.label, self._given)
        return True

    @property
    def confidence(self) -> FloatArray:
        """Probability (N,) of the likeliest class."""
        return self.state.confidence
