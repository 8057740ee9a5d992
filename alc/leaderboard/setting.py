"""A setting: how answers become labels and when to stop asking; every selector is compared within one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alc.adjudication import Adaptive, Adjudication, FixedAnswers
from alc.arrays import IntArray
from alc.consensus.consensus import Consensus
from alc.consensus.fused_state import FusedState
from alc.consensus.majority import Majority
from alc.consensus.posterior_fusion import PosteriorFusion
from alc.consensus.vote_law import VoteLaw
from alc.consensus.vote_law_fit import Votes
from alc.errors import InputError
from alc.posteriors import Posteriors
from alc.simulation.opinion import FusedOpinion, MajorityOpinion, Opinion, StartLabel, check_start
from alc.simulation.periodic_opinion import PeriodicOpinion

__all__ = ["Setting"]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Consensus, start label and stopping rule; random order and ceiling of a setting share all three.

    Attributes:
        consensus: What makes labels of votes.
        adjudication: When a question is closed.
        start: Label of a sample nobody was asked about: the one it came with, or the likeliest once model and label are
            fused (by ``fusion``).
        fusion: The posterior fusion that start labels and fused selectors use; ``consensus`` itself where it is one.
        every: Annotations between two looks of a consensus that can not be updated vote by vote (Dawid-Skene, GLAD,
            CROWDLAB).
    """

    consensus: Consensus
    adjudication: Adjudication
    start: StartLabel = "given"
    fusion: PosteriorFusion
    every: int = 100

    def __post_init__(self) -> None:
        check_start(self.start)
        if isinstance(self.adjudication, Adaptive) and not isinstance(self.consensus, PosteriorFusion):
            raise InputError(
                "adjudication=adaptive with a consensus that only counts votes",
                allowed="consensus=posterior_fusion, whose confidence it goes by",
            )
        if not self.adjudication.keeps_initial_votes:
            raise InputError(
                "an adjudication that throws the first label away",
                allowed="until_majority, fixed with keeps_initial_votes=true, adaptive",
            )
        if self.every < 1:
            raise InputError(f"every={self.every}", allowed="a whole number of 1 annotation or more")

    @property
    def is_fused(self) -> bool:
        """Whether what is believed changes with every answer."""
        return isinstance(self.consensus, PosteriorFusion)

    @property
    def needs_fusion(self) -> bool:
        """Whether posteriors are combined with votes, which those trained on the votes must not be."""
        return self.is_fused or self.start == "fused" or self.consensus.needs_posteriors

    @property
    def consensus_name(self) -> str:
        """E.g. ``posterior_fusion``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self.consensus).__name__).lower()

    @property
    def stopping_name(self) -> str:
        """E.g. ``until_majority``, ``fixed_2``, ``adaptive_0.01``."""
        if isinstance(self.adjudication, Adaptive):
            return f"adaptive_{self.adjudication.promised_error:g}"
        if isinstance(self.adjudication, FixedAnswers):
            return f"fixed_{self.adjudication.answers}"
        return "until_majority"

    def initial_state(self, posteriors: Posteriors | None, given: IntArray) -> FusedState:
        """What is believed before the first answer; the same for every selector and panel.

        Raises:
            InputError: The posteriors have seen the labels.
        """
        nobody = np.empty(0, dtype=np.int64)
        return self._fuses.state(posteriors, Votes(given, nobody, nobody))

    def start_labels(self, state: FusedState | None, given: IntArray) -> IntArray:
        """Labels (N,) before the first answer."""
        if self.start == "given":
            return given
        assert state is not None
        return state.label

    def opinion(
        self,
        posteriors: Posteriors | None,
        given: IntArray,
        num_classes: int,
        state: FusedState | None,
        laws: Sequence[tuple[int, VoteLaw]] | None = None,
    ) -> Opinion:
        """A fresh opinion for one simulation; ``laws`` of votes take the place of estimates."""
        if self.is_fused:
            assert posteriors is not None
            return FusedOpinion(self._fuses, posteriors, given, start=self.start, initial=state, laws=laws)
        labels = self.start_labels(state, given)
        if isinstance(self.consensus, Majority):
            return MajorityOpinion(labels, num_classes)
        return PeriodicOpinion(self.consensus, posteriors, labels, num_classes, every=self.every)

    @property
    def _fuses(self) -> PosteriorFusion:
        return self.consensus if isinstance(self.consensus, PosteriorFusion) else self.fusion
